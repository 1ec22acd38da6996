"""Forked processes that keep only the descriptors they need.

``multiprocessing`` is not used: its forked children inherit every open descriptor.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
import traceback
from collections.abc import Callable, Iterable
from typing import Final, NoReturn

HANDLED: Final = (signal.SIGCHLD, signal.SIGHUP, signal.SIGINT, signal.SIGTERM)


def fork(run: Callable[[], None], keep: Iterable[int], *, mute: bool = False) -> int:
    """Start a process that runs a function and ends; return its process id.

    :param keep: descriptors that stay open in it, in addition to the three standard ones.
    :param mute: also redirect its standard output and standard error to the null device.
    """
    pid = os.fork()
    if pid == 0:
        _child(run, keep, mute)
    return pid


def _child(run: Callable[[], None], keep: Iterable[int], mute: bool) -> NoReturn:
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        for each in HANDLED:
            signal.signal(each, signal.SIG_DFL)
        _close_all_except(keep)
        null = os.open(os.devnull, os.O_RDWR)
        for standard in (0, 1, 2) if mute else (0,):
            os.dup2(null, standard)
        os.close(null)
        run()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        # Not sys.exit: it would run the exit handlers and flush the buffers of the parent process.
        sys.stderr.flush()
        os._exit(code)


def _close_all_except(keep: Iterable[int]) -> None:
    """Close inherited descriptors: a copy of a client's connection would stay open after the server closes it."""
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    begin = 3
    for descriptor in sorted(keep):
        os.closerange(begin, descriptor)
        begin = descriptor + 1
    os.closerange(begin, limit if limit != resource.RLIM_INFINITY else 1 << 16)
