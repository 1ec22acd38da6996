"""Signals as bytes in a pipe, so that a ``select`` loop can wait for them together with everything else."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterable


class SignalPipe:
    """Catches signals for as long as the process runs.

    :ivar descriptor: readable when a signal has arrived.
    """

    def __init__(self, signals: Iterable[signal.Signals]) -> None:
        self.descriptor, self._write = os.pipe()
        os.set_blocking(self.descriptor, False)
        os.set_blocking(self._write, False)
        for each in signals:
            signal.signal(each, lambda *_: None)  # Python writes to the pipe only for signals with a handler
        signal.set_wakeup_fd(self._write, warn_on_full_buffer=False)

    def read(self) -> set[int]:
        """Return the signals that have arrived since the last call."""
        try:
            return set(os.read(self.descriptor, 4096))
        except BlockingIOError:
            return set()


def reap() -> dict[int, int]:
    """Collect the child processes that have ended since the last call; return their exit codes by process id."""
    codes: dict[int, int] = {}
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return codes
        if pid == 0:
            return codes
        codes[pid] = os.waitstatus_to_exitcode(status)
