"""Processes that begin as a copy of this one, and keep nothing open that is not meant for them."""

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
    """Start a process that runs a function and ends, and return its number.

    :param keep: the descriptors that stay open in it, beside the three standard ones.
    :param mute: whether it has no standard output and error either.
    """
    pid = os.fork()
    if pid == 0:
        _child(run, keep, mute)
    return pid


def _child(run: Callable[[], None], keep: Iterable[int], mute: bool) -> NoReturn:
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        for sign in HANDLED:
            signal.signal(sign, signal.SIG_DFL)
        _close_all_but(keep)
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
        # Not sys.exit: what the parent has open and wants done at its end is the parent's.
        sys.stderr.flush()
        os._exit(code)


def _close_all_but(keep: Iterable[int]) -> None:
    """Close what was inherited: a copy of a client's connection would keep it open after the server has closed it."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    begin = 3
    for descriptor in sorted(keep):
        os.closerange(begin, descriptor)
        begin = descriptor + 1
    os.closerange(begin, most if most != resource.RLIM_INFINITY else 1 << 16)
