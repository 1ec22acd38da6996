"""The process that runs queries, one after the other, and can be killed at any time.

It is forked with the graph in memory, or opens a folder that is only read. It has one end of a socket and nothing else
that is open. A message either way is its length (four bytes) and that many bytes; an answer that is long comes as
a file, whose descriptor goes with the message (SCM_RIGHTS), so that a slow reader does not hold the process.
"""

from __future__ import annotations

import json
import resource
import signal
import socket
from itertools import count
from typing import Final

from cica_graph.formats.rebase import canonical
from cica_graph.model.terms import BASE
from cica_graph.serve.config import Limits, Settings
from cica_graph.serve.execute import run_operation
from cica_graph.serve.execute.sparql import Head, Job, answer
from cica_graph.serve.pool.call import Call
from cica_graph.serve.pool.network_sandbox import go_offline
from cica_graph.serve.pool.spooled_output import Rebased, Sink
from cica_graph.serve.release import Edition

LENGTH: Final = 4  # bytes before a message that say how long it is
_ENCODE: Final = json.JSONEncoder(separators=(",", ":")).encode
_PART: Final = 1 << 16  # bytes read at a time
_LOOK: Final = 50  # queries between two looks at the memory in use
GRACE: Final = 1.0  # seconds after which a process that should have been killed ends by itself


def work(end: socket.socket, edition: Edition, settings: Settings) -> None:
    """Answer until the other side closes its end, or so much memory is left over that a new process is better."""
    store, limits = edition.open_store(), settings.limits
    restrict(limits)
    begin = _address_space() or 0
    for number in count(1):
        if number % _LOOK == 0 and (_address_space() or 0) - begin > limits.memory // 4:
            return
        message = receive(end)
        if not message:
            return
        # If nobody is left to kill it: what a timer that nothing handles does to a process is to end it.
        signal.setitimer(signal.ITIMER_REAL, limits.seconds + GRACE)
        question, sink = _question(message), Sink()
        if settings.base != BASE:
            question, sink = below(question, settings.base), Rebased(settings.base)
        if isinstance(question, Call):
            head = run_operation.answer(edition, limits, question, sink)
        else:
            head = answer(store, question, limits, sink)
        _send(end, head, sink)
        sink.close()
        signal.setitimer(signal.ITIMER_REAL, 0)


def restrict(limits: Limits) -> None:
    """Give up what a query does not need: memory beyond the limit, large files, dumps of its memory, the network."""
    go_offline()
    for sign in (signal.SIGALRM, signal.SIGTERM):
        signal.signal(sign, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the whole group; the server decides who ends
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _limit(resource.RLIMIT_FSIZE, 4 * limits.size + (1 << 20))  # XML has many bytes for one of N-Triples
    if (used := _address_space()) is not None:
        _limit(resource.RLIMIT_AS, used + limits.memory)


def _limit(what: int, most: int) -> None:
    _, hard = resource.getrlimit(what)
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(what, (most, most))


def _address_space() -> int | None:
    """Return the bytes of address space in use; None where the system does not tell, or does not limit it either."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123  # not a file of anybody's
            return int(file.read().split()[0]) * resource.getpagesize()
    except OSError:
        return None


def receive(end: socket.socket) -> bytes:
    """Return the next message; nothing when the other side has closed its end."""
    data = b""
    while len(data) < LENGTH or len(data) < LENGTH + int.from_bytes(data[:LENGTH], "big"):
        part = end.recv(_PART)
        if not part:
            return b""
        data += part
    return data[LENGTH:]


def _question(message: bytes) -> Job | Call:
    question = json.loads(message)
    if isinstance(question, dict):
        return Call(question["name"], tuple((name, value) for name, value in question["values"]))
    query, results, graph, default, named, on = question
    return Job(query, results, graph, _tuple(default), _tuple(named), on)


def below(question: Job | Call, base: str) -> Job | Call:
    """Return a question that is put in IRIs below a base, in canonical ones."""
    if isinstance(question, Call):
        return question._replace(values=tuple((name, canonical(value, base)) for name, value in question.values))
    default, named = (
        None if names is None else tuple(canonical(name, base) for name in names)
        for names in (question.default, question.named)
    )
    return question._replace(query=canonical(question.query, base), default=default, named=named)


def _tuple(names: list[str] | None) -> tuple[str, ...] | None:
    return None if names is None else tuple(names)


def _send(end: socket.socket, head: Head, sink: Sink) -> None:
    message = _ENCODE(head).encode() + b"\n" + sink.content()
    message = len(message).to_bytes(LENGTH, "big") + message
    if sink.file is None:
        end.sendall(message)
    else:
        sink.file.flush()
        socket.send_fds(end, [message], [sink.file.fileno()])
