"""Verdicts about engines: the jobs with wrong answers, stored in the cache by ``store check``.

A query that needs such a job is refused.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cica_graph.files import cache
from cica_graph.model.errors import QueryError
from cica_graph.queries import guard

LOOKUPS: Final = {"lookup", "one day", "reading"}  # the jobs without counting
_INSTEAD: Final = "Use `overlaps` or `panel`, which count locally"


@dataclass(frozen=True)
class Verdicts:
    """The result of ``store check``.

    :ivar server: the Server header of the engine at that time.
    :ivar wrong: the jobs with a wrong answer, each with a description of the fault.
    """

    server: str
    wrong: dict[str, str]


def save(url: str, found: Verdicts) -> None:
    """Save the verdicts about the store at an address."""
    path = _path(url)
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(vars(found)), "utf-8")


def load(url: str, server: str) -> Verdicts | None:
    """Return the verdicts about the store at an address, or None if its Server header has changed."""
    with suppress(OSError, ValueError, TypeError):
        found = Verdicts(**json.loads(_path(url).read_text("utf-8")))
        return found if found.server == server else None
    return None


def refuse_untrusted(query: str, url: str, server: str, trusted: bool) -> None:
    """Check that the engine answers a query correctly.

    :raises QueryError: the query needs a job that the engine does incorrectly, or that was never checked.
    """
    found = load(url, server)
    wrong = dict(found.wrong) if found else {}
    for job in wrong.keys() & LOOKUPS:
        raise QueryError(f"The store at {url} gives wrong answers even without counting ({job}: {wrong[job]}).")
    if not guard.Analysis.of(query).aggregates:
        return
    if found is None and not trusted:
        raise QueryError(
            f"The query counts or groups. Some versions of {server} do that incorrectly and give no error. "
            f"`cica-graph store check {url}` tests this one. {_INSTEAD}."
        )
    for job, how in wrong.items():
        raise QueryError(
            f"The query counts or groups, which the store at {url} does incorrectly ({job}: {how}). {_INSTEAD}, or "
            "export the graph and query it locally."
        )


def _path(url: str) -> Path:
    return cache.directory() / f"store-check-{hashlib.blake2b(url.encode(), digest_size=12).hexdigest()}.json"
