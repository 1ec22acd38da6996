"""Settings of a server, and the limits that protect it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from cica_graph.model.terms import BASE


@dataclass(frozen=True)
class Limits:
    """Limits on a query, on a connection and on a process.

    :ivar seconds: run time of a query; after that its worker is killed.
    :ivar memory: bytes that a worker may allocate in addition to what it has at the start.
    :ivar rows: rows of a table, or triples of a graph; a longer answer is truncated, with a note.
    :ivar size: bytes of an answer; a larger one is truncated in the same way. A graph is measured as N-Triples.
        An operation of the API gets :attr:`uncut`, because its rows belong together.
    :ivar body: bytes of a request body; a larger one gives status 413.
    :ivar head: bytes of a request line and its headers; a larger one gives status 431.
    :ivar patience: seconds that a client may take to send a head, to send a body, or to read an answer.
    :ivar idle: seconds that a connection stays open between two requests.
    :ivar connections: open connections of one process. Above that, the server closes the connection that has been
        waiting for its client for the longest time.
    """

    seconds: float = 10.0
    memory: int = 512 << 20
    rows: int = 100_000
    size: int = 16 << 20
    body: int = 1 << 20
    head: int = 64 << 10
    patience: float = 10.0
    idle: int = 5
    connections: int = 512

    @property
    def uncut(self) -> int:
        """Bytes of an answer that is never cut, such as the panel of all pairs of states in a year."""
        return 4 * self.size


@dataclass(frozen=True)
class Scheduling:
    """How many queries run at the same time in one process, and how many wait.

    :ivar short: workers for the first :attr:`time_slice` of each query. The default is one, because there are as many
        web processes as cores, and each worker soon has its own copy of the graph: the engine counts references.
    :ivar time_slice: seconds; a query that needs longer is stopped and starts again in a worker for long queries.
    :ivar long: workers for long queries.
    :ivar queue: queries that wait for a worker, separately for short and long ones. When the queue is full, the query
        that has waited longest gets status 503.
    """

    short: int = 1
    time_slice: float = 0.25
    long: int = 1
    queue: int = 128


@dataclass(frozen=True)
class Settings:
    """Settings of a server.

    :ivar project: directory of the project; None for the project that is part of the package.
    :ivar folder: directory of an Oxigraph store, or one that ``build --store`` filled, to serve instead of a project.
    :ivar port: TCP port; 0 for any free port.
    :ivar workers: number of web processes; each has its own query workers.
    :ivar address: public address of the server, ending with a slash; if empty, it is made from host and port.
    :ivar public: the address if the user gave one: pages that contain their own address use it.
    :ivar base: base of the IRIs in pages, data, API and SPARQL.
    :ivar watch: seconds between two checks for changed data; 0 for never.
    """

    project: Path | None = None
    folder: Path | None = None
    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 1
    address: str = ""
    public: str = ""
    base: str = BASE
    watch: float = 2.0
    limits: Limits = field(default_factory=Limits)
    scheduling: Scheduling = field(default_factory=Scheduling)
