"""Scheduler: which query runs now, which waits, and which is refused.

Every query first runs in a worker for short queries, for one time slice. A query that needs longer is stopped there and
starts again in a worker for long queries. A short query therefore gets a worker within one time slice, even if many
long queries run.

The query that has waited longest runs first. This changes while queries overrun their time slice, and for a second
after that: the newest runs first then. In such a flood the queries that came with it are refused, and a query that
comes later does not wait behind them.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from cica_graph.serve.config import Limits, Scheduling
from cica_graph.serve.pool.messages import Job, Reply, encode_job
from cica_graph.serve.pool.worker_client import NoReply, TimeLimitExceeded, WorkerClient, WorkerDied

StartWorker = Callable[[bool], WorkerClient]  # the argument is True for a worker for long queries

_FLOOD: Final = 1.0  # seconds, see _WorkerPool
MIN_WAIT: Final = 5.0  # seconds that a query may wait for a worker, or the time limit of the workers if that is longer


class QueueFull(NoReply):
    """No worker became free in time."""


class Scheduler:
    """Runs queries in workers."""

    def __init__(self, start: StartWorker, limits: Limits, scheduling: Scheduling) -> None:
        time_slice = min(scheduling.time_slice, limits.seconds)
        self._short = _WorkerPool(scheduling.short, scheduling.queue, time_slice, _FLOOD, lambda: start(False))
        self._long = _WorkerPool(scheduling.long, scheduling.queue, limits.seconds, 0.0, lambda: start(True))

    async def run(self, job: Job) -> Reply:
        """Return the reply to a job.

        :raises TimeLimitExceeded: the job exceeded the time limit.
        :raises WorkerDied: the worker ended, twice.
        :raises QueueFull: too many jobs wait.
        """
        message = encode_job(job)
        try:
            return await self._short.run(message)
        except (TimeLimitExceeded, WorkerDied):
            return await self._long.run(message)

    @property
    def waiting(self) -> int:
        """Number of jobs that wait for a worker."""
        return len(self._short.queue) + len(self._long.queue)

    def close(self) -> None:
        """Close the idle workers."""
        for pool in (self._short, self._long):
            while pool.idle:
                pool.idle.pop().close()


class _WorkerPool:
    """Workers with a time limit, and the queue in front of them.

    :param workers: how many run at the same time.
    :param waiting: length of the queue.
    :param flood: seconds after a job that exceeded the limit in which the newest job runs first.
    """

    def __init__(
        self, workers: int, waiting: int, seconds: float, flood: float, start: Callable[[], WorkerClient]
    ) -> None:
        self.idle: list[WorkerClient] = []
        self.queue: OrderedDict[asyncio.Future[None], None] = OrderedDict()  # the oldest first
        self._free = workers
        self._waiting, self._seconds, self._flood, self._start = waiting, seconds, flood, start
        self._flood_until = 0.0

    async def run(self, message: bytes) -> Reply:
        if self._free:
            self._free -= 1
        else:
            await self._wait()
        try:
            worker = self._worker()
            try:
                return await worker.run(message, self._seconds)
            except TimeLimitExceeded:
                self._flood_until = asyncio.get_running_loop().time() + self._flood
                raise
            finally:
                # A new worker starts now, so that the next job does not have to wait for it.
                self.idle.append(worker if worker.alive else self._started())
        finally:
            self._release()

    def _worker(self) -> WorkerClient:
        while self.idle:
            worker = self.idle.pop()
            if worker.alive:
                return worker
        return self._started()

    def _started(self) -> WorkerClient:
        try:
            return self._start()
        except OSError as error:  # no descriptors are left, or the fork server has ended
            raise WorkerDied from error

    async def _wait(self) -> None:
        """Wait until a worker is released to this task."""
        loop = asyncio.get_running_loop()
        if len(self.queue) >= self._waiting:
            self._refuse(next(iter(self.queue)))
        place: asyncio.Future[None] = loop.create_future()
        self.queue[place] = None
        timer = loop.call_later(max(self._seconds, MIN_WAIT), self._refuse, place)
        try:
            await place
        except asyncio.CancelledError:
            if place in self.queue:
                del self.queue[place]
            elif not place.cancelled() and place.exception() is None:
                self._release()  # a worker was released to this task in the same moment
            raise
        finally:
            timer.cancel()

    def _refuse(self, place: asyncio.Future[None]) -> None:
        if place in self.queue:
            del self.queue[place]
            if not place.done():
                place.set_exception(QueueFull())

    def _release(self) -> None:
        """Let the next job in the queue run."""
        flood = asyncio.get_running_loop().time() < self._flood_until
        while self.queue:
            place, _ = self.queue.popitem(last=flood)
            if not place.done():
                place.set_result(None)
                return
        self._free += 1
