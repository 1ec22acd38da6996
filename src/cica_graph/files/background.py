"""Work in a forked process, which has a copy of the memory of this one."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

T = TypeVar("T")


def in_background(work: Callable[[], T]) -> Callable[[], T]:
    """Start a function in a forked process, and return a function that waits for its result.

    The function cannot change the memory of this process. If a process cannot be forked safely, or fails, the waiting
    function runs it here instead, so that its exception is raised here.
    """
    if not _safe():
        return work
    import multiprocessing  # here, because this module is imported at every start

    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_send, args=(theirs, work), daemon=True)
    process.start()
    theirs.close()

    def wait() -> T:
        try:
            result: T = ours.recv()
        except EOFError:
            return work()
        finally:
            ours.close()
            process.join()
        return result

    return wait


def finish_later(work: Callable[[], None]) -> None:
    """Start a function in a forked process, which this process waits for when it ends.

    If a process cannot be forked safely, the function runs here and now.
    """
    if _safe():
        import multiprocessing

        multiprocessing.get_context("fork").Process(target=work).start()
    else:
        work()


def _safe() -> bool:
    """Return False if a thread of a library may hold a lock, which would stay locked in the copy."""
    try:
        return sum(1 for _ in Path("/proc/self/task").iterdir()) <= threading.active_count()
    except OSError:  # not Linux
        return False


def _send(pipe: Connection, work: Callable[[], T]) -> None:
    try:
        result = work()
    except Exception:
        return  # the pipe closes, and the waiting function sees that
    pipe.send(result)
