"""Signals as bytes in a pipe, so that one loop waits for them together with everything else."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterable


class Signs:
    """Catches signals until it is closed. Its descriptor can be read when one has come.

    :ivar descriptor: for ``select`` and its like.
    """

    def __init__(self, signals: Iterable[signal.Signals]) -> None:
        self.descriptor, self._write = os.pipe()
        os.set_blocking(self.descriptor, False)
        os.set_blocking(self._write, False)
        for sign in signals:
            signal.signal(sign, lambda *_: None)  # without a handler of its own, a signal writes nothing
        signal.set_wakeup_fd(self._write, warn_on_full_buffer=False)

    def read(self) -> set[int]:
        """Return the signals that came since the last time."""
        try:
            return set(os.read(self.descriptor, 4096))
        except BlockingIOError:
            return set()


def ended() -> dict[int, int]:
    """Return the children that have ended and were not returned before, with their exit codes."""
    found: dict[int, int] = {}
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return found
        if pid == 0:
            return found
        found[pid] = os.waitstatus_to_exitcode(status)
