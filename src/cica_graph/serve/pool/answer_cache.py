"""Answers that were given before, as long as there is room: the least used goes first."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from cica_graph.serve.execute.sparql import Head
from cica_graph.serve.pool.worker_client import Question

ROOM: Final = 16 << 20  # bytes of all bodies and questions together, in one process
_OVERHEAD: Final = 1000  # bytes of an entry beside its texts, roughly


class Kept:
    """Answers by question. They hold for one edition, and so as long as the process does."""

    def __init__(self, room: int = ROOM) -> None:
        self._answers: OrderedDict[Question, tuple[Head, bytes]] = OrderedDict()
        self._room = room

    def get(self, question: Question) -> tuple[Head, bytes] | None:
        """Return the answer to a question, if it is known."""
        found = self._answers.get(question)
        if found is not None:
            self._answers.move_to_end(question)
        return found

    def keep(self, question: Question, head: Head, body: bytes) -> None:
        """Remember an answer, and forget others for it."""
        if question not in self._answers:
            self._answers[question] = head, body
            self._room -= _size(question, body)
        while self._room < 0:
            old, (_, gone) = self._answers.popitem(last=False)
            self._room += _size(old, gone)


def _size(question: Question, body: bytes) -> int:
    return len(repr(question)) + len(body) + _OVERHEAD
