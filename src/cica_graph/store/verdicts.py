"""Which jobs an engine was found to do rightly, kept in the cache beside what was computed before.

``store check`` leaves here what it found; a query that needs a job which the engine does wrongly is refused.
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

LOOKUPS: Final = {"lookup", "one day", "reading"}  # the jobs that do not count
_INSTEAD: Final = "`overlaps` and `panel` count here, from the memberships"


@dataclass(frozen=True)
class Verdicts:
    """What ``store check`` found.

    :ivar server: what the engine called itself then.
    :ivar wrong: the jobs that it does wrongly, and how.
    """

    server: str
    wrong: dict[str, str]


def save(url: str, found: Verdicts) -> None:
    """Keep what was found of the store at an address."""
    path = _path(url)
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(vars(found)), "utf-8")


def load(url: str, server: str) -> Verdicts | None:
    """Return what was found of the store at an address, if it still calls itself so."""
    with suppress(OSError, ValueError, TypeError):
        found = Verdicts(**json.loads(_path(url).read_text("utf-8")))
        return found if found.server == server else None
    return None


def refuse_untrusted(query: str, url: str, server: str, trusted: bool) -> None:
    """Let a query pass, or refuse one with a job that the engine does wrongly, or is not known to do rightly.

    :raises QueryError: it is refused.
    """
    found = load(url, server)
    wrong = dict(found.wrong) if found else {}
    for job in wrong.keys() & LOOKUPS:
        raise QueryError(f"the store at {url} gives wrong answers even where nothing is counted ({job}: {wrong[job]})")
    if not guard.Analysis.of(query).aggregates:
        return
    if found is None and not trusted:
        raise QueryError(
            f"the query counts or groups, which {server} has been seen to do wrongly, without a word; "
            f"`cica-graph store check {url}` finds out whether this one does. {_INSTEAD}"
        )
    for job, how in wrong.items():
        raise QueryError(
            f"the query counts or groups, which the store at {url} does wrongly ({job}: {how}). {_INSTEAD}, or export "
            "the graph and ask it here"
        )


def _path(url: str) -> Path:
    return cache.directory() / f"store-check-{hashlib.blake2b(url.encode(), digest_size=12).hexdigest()}.json"
