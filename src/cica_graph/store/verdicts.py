"""Results of ``store check``, which are saved in the cache.

A query is refused if it needs a job for which the engine gave wrong answers.
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

LOOKUPS: Final = {"lookup", "one day", "reading"}  # the jobs that count nothing
_INSTEAD: Final = "`overlaps` and `panel` are computed on this machine, from the memberships"


@dataclass(frozen=True)
class Verdicts:
    """Results of ``store check`` for one store.

    :ivar server: Server header of the engine at that time.
    :ivar wrong: descriptions of the wrong answers, by job.
    """

    server: str
    wrong: dict[str, str]


def save(url: str, found: Verdicts) -> None:
    """Save the results for the store at an address."""
    path = _path(url)
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(vars(found)), "utf-8")


def load(url: str, server: str) -> Verdicts | None:
    """Return the saved results for the store at an address, or None if it has another Server header now."""
    with suppress(OSError, ValueError, TypeError):
        found = Verdicts(**json.loads(_path(url).read_text("utf-8")))
        return found if found.server == server else None
    return None


def refuse_untrusted(query: str, url: str, server: str, trusted: bool) -> None:
    """Raise an error if the engine gives wrong answers to such a query, or is not known to give correct ones.

    :raises QueryError: the query is refused.
    """
    found = load(url, server)
    wrong = dict(found.wrong) if found else {}
    for job in wrong.keys() & LOOKUPS:
        raise QueryError(f"the store at {url} gives wrong answers even to simple queries ({job}: {wrong[job]})")
    if not guard.Analysis.of(query).aggregates:
        return
    if found is None and not trusted:
        raise QueryError(
            f"the query counts or groups, and {server} is known to give wrong answers to such queries; "
            f"run `cica-graph store check {url}` to test this server. {_INSTEAD}"
        )
    for job, how in wrong.items():
        raise QueryError(
            f"the query counts or groups, and the store at {url} gives wrong answers to such queries ({job}: {how}). "
            f"{_INSTEAD}; or export the graph and query it on this machine"
        )


def _path(url: str) -> Path:
    return cache.directory() / f"store-check-{hashlib.blake2b(url.encode(), digest_size=12).hexdigest()}.json"
