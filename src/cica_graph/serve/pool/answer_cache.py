"""Cache of short answers, in the memory of one web process."""

from __future__ import annotations

from typing import Final, NamedTuple

from cachetools import LRUCache

from cica_graph.serve.pool.messages import Job, ReplyHead

CAPACITY: Final = 16 << 20  # bytes of all bodies and jobs together
_OVERHEAD: Final = 1000  # bytes of an entry in addition to its texts, approximately


class CachedAnswer(NamedTuple):
    """An answer, and the bytes of memory that its entry takes."""

    head: ReplyHead
    body: bytes
    size: int


class AnswerCache:
    """Answers by job; when it is full, it drops the least recently used. It is valid for one release."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._answers: LRUCache[Job, CachedAnswer] = LRUCache(capacity, getsizeof=lambda answer: answer.size)

    def get(self, job: Job) -> CachedAnswer | None:
        """Return the answer to a job, or None if it is not in the cache."""
        return self._answers.get(job)

    def put(self, job: Job, head: ReplyHead, body: bytes) -> None:
        """Add an answer."""
        size = len(repr(job)) + len(body) + _OVERHEAD
        if size <= self._answers.maxsize:
            self._answers[job] = CachedAnswer(head, body, size)
