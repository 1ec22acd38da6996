"""State that all endpoints of one web process share."""

from __future__ import annotations

from dataclasses import dataclass, field

from cica_graph.serve.config import Settings
from cica_graph.serve.metrics import Metrics, ProcessCounters
from cica_graph.serve.pool.answer_cache import AnswerCache
from cica_graph.serve.pool.scheduler import Scheduler
from cica_graph.serve.release import Release
from cica_graph.serve.site_archive import PendingArchive


@dataclass
class AppState:
    """State of one web process. A process serves a single release, so nothing in its state becomes outdated.

    :ivar scheduler: runs queries in workers, which can be killed.
    :ivar metrics: the counters of all processes.
    :ivar counters: the counters of this process.
    :ivar archive: the files of the site; None if the server has no pages.
    :ivar unsent: bytes of long answers that clients have not read yet.
    :ivar leaving: True after another release has taken over; the process ends with its last connection.
    """

    settings: Settings
    release: Release
    scheduler: Scheduler
    metrics: Metrics
    counters: ProcessCounters
    archive: PendingArchive | None = None
    cache: AnswerCache = field(default_factory=AnswerCache)
    unsent: int = 0
    leaving: bool = False
