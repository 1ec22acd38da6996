"""What whoever runs the server may set, and the limits that protect it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from cica_graph.model.terms import BASE


@dataclass(frozen=True)
class Limits:
    """What one query, one connection and one process may take.

    :ivar seconds: how long a query may run before its process is killed.
    :ivar memory: bytes that a query's process may ask for beyond what it began with.
    :ivar rows: rows of a table, or triples of a graph; what is beyond is cut off, and the answer says so.
    :ivar size: bytes of an answer; likewise. A graph is measured as N-Triples.
    :ivar body: bytes of a request's body; more is 413.
    :ivar head: bytes of a request line with its headers; more is 431.
    :ivar patience: seconds that a client may take to send a head, to send a body, or to take what it was sent.
    :ivar idle: seconds that a connection is kept open between two requests.
    :ivar connections: open connections of one process; beyond that the one that has kept it waiting longest is closed.
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


@dataclass(frozen=True)
class Lanes:
    """How many queries run at once in one process, and how many wait.

    :ivar quick: queries that run their first :attr:`turn`. One, as there are as many workers as cores, and each query
        process soon has a copy of the graph of its own: the engine counts references to what it reads.
    :ivar turn: seconds; a query that needs longer starts again among the long ones.
    :ivar long: queries that take longer than a turn.
    :ivar waiting: how many wait for a place, in either lane; one more, and the first of them is answered 503.
    """

    quick: int = 1
    turn: float = 0.25
    long: int = 1
    waiting: int = 128


@dataclass(frozen=True)
class Settings:
    """What a server is started with.

    :ivar project: directory of the project; the shipped one when None.
    :ivar folder: a folder of Oxigraph, or that ``build --store`` filled, to serve in place of a project's data.
    :ivar port: 0 for any that is free.
    :ivar workers: processes that answer, each with query processes of its own.
    :ivar address: under which people reach the server, with a slash at its end; made from host and port when empty.
    :ivar public: the address if it was given: pages that name their own address are made for it.
    :ivar base: what the IRIs of pages, of their data, of the API and of SPARQL are put below.
    :ivar watch: seconds between two looks at whether the data have changed; 0 for never.
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
    lanes: Lanes = field(default_factory=Lanes)
