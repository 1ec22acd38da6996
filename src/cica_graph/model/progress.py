"""Callbacks by which long work reports its progress."""

from __future__ import annotations

from collections.abc import Callable

OnStep = Callable[[str], None]  # the name of the step that begins
OnProgress = Callable[[int, int], None]  # done and total, in bytes or another unit; the total is 0 if it is unknown


def share(on_progress: OnProgress | None, number: int, count: int) -> OnProgress | None:
    """Return a callback for one of several files, which reports its progress as a share of all; files count equally."""
    if on_progress is None:
        return None
    return lambda done, total: on_progress(number * total + done, count * total)
