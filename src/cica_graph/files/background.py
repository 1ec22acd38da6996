"""Work in a process beside this one, which has all that is in memory here without being sent it."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")


def beside(work: Callable[[], T]) -> Callable[[], T]:
    """Begin some work in a forked process, and return how to wait for what it returns.

    What the work changes in memory stays there. Where a process cannot be forked safely, or fails, the wait is the
    work: what went wrong there goes wrong here, where it can be said.
    """
    if not _safe():
        return work
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_send, args=(theirs, work), daemon=True)
    process.start()
    theirs.close()

    def wait() -> T:
        try:
            found: T = ours.recv()
        except EOFError:
            return work()
        finally:
            ours.close()
            process.join()
        return found

    return wait


def _safe() -> bool:
    """Tell whether to fork: a lock that a thread of some library holds would stay locked in the copy for ever."""
    try:
        return sum(1 for _ in Path("/proc/self/task").iterdir()) <= threading.active_count()
    except OSError:  # no Linux
        return False


def _send(pipe: Connection, work: Callable[[], T]) -> None:
    try:
        found = work()
    except Exception:
        return  # the pipe ends here, and the one who waits sees it
    pipe.send(found)
