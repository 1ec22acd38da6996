"""Answers that were given before, as long as there is room: the least used goes first."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from cica_graph.serve.answer import Head, Job

ROOM: Final = 16 << 20  # bytes of all bodies and questions together, in one process
_OVERHEAD: Final = 1000  # bytes of an entry beside its texts, roughly


class Kept:
    """Answers by question. They hold for one edition, and so as long as the process does."""

    def __init__(self, room: int = ROOM) -> None:
        self._answers: OrderedDict[Job, tuple[Head, bytes]] = OrderedDict()
        self._room = room

    def get(self, job: Job) -> tuple[Head, bytes] | None:
        """Return the answer to a question, if it is known."""
        found = self._answers.get(job)
        if found is not None:
            self._answers.move_to_end(job)
        return found

    def keep(self, job: Job, head: Head, body: bytes) -> None:
        """Remember an answer, and forget others for it."""
        if job not in self._answers:
            self._answers[job] = head, body
            self._room -= _size(job, body)
        while self._room < 0:
            old, (_, gone) = self._answers.popitem(last=False)
            self._room += _size(old, gone)


def _size(job: Job, body: bytes) -> int:
    return len(job.query) + len(body) + _OVERHEAD
