"""What every route of the server knows."""

from __future__ import annotations

from dataclasses import dataclass, field

from cica_graph.serve.config import Settings
from cica_graph.serve.pool.answer_cache import Kept
from cica_graph.serve.pool.counters import Counters, Row
from cica_graph.serve.pool.scheduler import Queries
from cica_graph.serve.release import Edition
from cica_graph.serve.site_archive import Awaited


@dataclass
class Site:
    """One process of the server. It serves one edition for as long as it lives, so nothing that it knows grows old.

    :ivar queries: runs SPARQL, in processes that can be killed.
    :ivar files: the files of the site; None where there are none.
    :ivar held: bytes of long answers that clients have not taken yet.
    :ivar leaving: whether another edition has taken over; the process ends when its last connection has.
    """

    settings: Settings
    edition: Edition
    queries: Queries
    counters: Counters
    row: Row
    files: Awaited | None = None
    kept: Kept = field(default_factory=Kept)
    held: int = 0
    leaving: bool = False
