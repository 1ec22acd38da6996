"""Query worker: a process that runs one job after another, and can be killed at any time.

It is forked with the graph in memory, or opens a directory read-only. Its only open descriptor is one end of a socket.
"""

from __future__ import annotations

import resource
import signal
import socket
from itertools import count
from pathlib import Path
from typing import Final

from cica_graph.formats.rebase import canonical, rebase
from cica_graph.model.terms import BASE
from cica_graph.serve.config import Limits, Settings
from cica_graph.serve.execute import run_operation
from cica_graph.serve.execute.sparql import execute
from cica_graph.serve.pool.call import Call
from cica_graph.serve.pool.messages import Job, decode_job, receive, send_reply
from cica_graph.serve.pool.network_sandbox import forbid_sockets
from cica_graph.serve.pool.spooled_output import SpooledOutput
from cica_graph.serve.release import Release

_CHECK: Final = 50  # jobs between two checks of the memory in use
GRACE: Final = 1.0  # seconds after the time limit when a worker that nobody has killed ends itself


class RebasedOutput(SpooledOutput):
    """Output with another base in its IRIs. Each part that is written is text, and contains whole IRIs."""

    def __init__(self, base: str) -> None:
        super().__init__()
        self._base = base

    def write(self, part: str | bytes) -> None:
        """Append text (as UTF-8) or bytes."""
        super().write(rebase(part if isinstance(part, str) else part.decode(), self._base))


def work(end: socket.socket, release: Release, settings: Settings) -> None:
    """Run jobs until the other side closes its end, or until so much memory is in use that a new worker is better."""
    store, limits, base = release.open_store(), settings.limits, settings.base
    restrict(limits)
    begin = _address_space() or 0
    for number in count(1):
        if number % _CHECK == 0 and (_address_space() or 0) - begin > limits.memory // 4:
            return
        message = receive(end)
        if not message:
            return
        # In case no process is left to kill it: the default action of this timer ends the process.
        signal.setitimer(signal.ITIMER_REAL, limits.seconds + GRACE)
        job, output = decode_job(message), SpooledOutput()
        if base != BASE:
            job, output = canonical_job(job, base), RebasedOutput(base)
        if isinstance(job, Call):
            head = run_operation.answer(release, limits, job, output)
        else:
            head = execute(store, job, limits, output, base)
        send_reply(end, head, output)
        output.close()
        signal.setitimer(signal.ITIMER_REAL, 0)


def restrict(limits: Limits) -> None:
    """Give up what a query does not need: memory above the limit, large files, core dumps, the network."""
    forbid_sockets()
    for each in (signal.SIGALRM, signal.SIGTERM):
        signal.signal(each, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the whole group; the supervisor decides who ends
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _limit(resource.RLIMIT_FSIZE, limits.uncut + (1 << 20))  # also for XML, which is longer than N-Triples
    if (used := _address_space()) is not None:
        _limit(resource.RLIMIT_AS, used + limits.memory)


def _limit(kind: int, maximum: int) -> None:
    _, hard = resource.getrlimit(kind)
    maximum = maximum if hard == resource.RLIM_INFINITY else min(maximum, hard)
    resource.setrlimit(kind, (maximum, maximum))


def _address_space() -> int | None:
    """Return the bytes of address space in use; None on systems that do not report it (they do not limit it either)."""
    try:
        return int(Path("/proc/self/statm").read_text("ascii").split()[0]) * resource.getpagesize()
    except OSError:
        return None


def canonical_job(job: Job, base: str) -> Job:
    """Return a job with canonical IRIs in place of IRIs under another base."""
    if isinstance(job, Call):
        return job._replace(values=tuple((name, canonical(value, base)) for name, value in job.values))
    default, named = (
        None if names is None else tuple(canonical(name, base) for name in names) for names in (job.default, job.named)
    )
    return job._replace(query=canonical(job.query, base), default=default, named=named)
