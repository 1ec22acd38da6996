"""Who may run a query now, who waits, and who is sent away.

Every query has a first turn in the quick lane. One that needs longer is stopped there and starts again in the long lane,
which has fewer places. So whatever the long ones do, a query that takes a moment finds a place within a turn. In
the quick lane the newest goes first: under a flood, those that have waited longest are sent away, and whoever comes
after it does not wait behind it. In the long lane the oldest goes first.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from cica_graph.serve.answer import Job
from cica_graph.serve.query_process import Died, Failed, QueryProcess, Reply, TooLong, message
from cica_graph.serve.settings import Lanes, Limits

Start = Callable[[bool], QueryProcess]  # takes whether the process is for long queries


class Busy(Failed):
    """No place was free, and none in time."""


class Queries:
    """Runs queries in processes of their own."""

    def __init__(self, start: Start, limits: Limits, lanes: Lanes) -> None:
        self._quick = _Lane(lanes.quick, lanes.waiting, min(lanes.turn, limits.seconds), lambda: start(False), newest=True)
        self._long = _Lane(lanes.long, lanes.waiting, limits.seconds, lambda: start(True), newest=False)

    async def run(self, job: Job) -> Reply:
        """Return the answer to a query.

        :raises TooLong: it ran longer than it may.
        :raises Died: its process ended, twice.
        :raises Busy: too many others.
        """
        question = message(job)
        try:
            return await self._quick.run(question)
        except (TooLong, Died):
            return await self._long.run(question)

    @property
    def waiting(self) -> int:
        """How many queries wait for a place."""
        return len(self._quick.queue) + len(self._long.queue)

    def close(self) -> None:
        """Let all processes go that have nothing to do."""
        for lane in (self._quick, self._long):
            while lane.idle:
                lane.idle.pop().close()


class _Lane:
    def __init__(
        self, places: int, waiting: int, seconds: float, start: Callable[[], QueryProcess], *, newest: bool
    ) -> None:
        self.idle: list[QueryProcess] = []
        self.queue: deque[asyncio.Future[None]] = deque()
        self._free = places
        self._waiting, self._seconds, self._start, self._newest = waiting, seconds, start, newest

    async def run(self, question: bytes) -> Reply:
        if self._free:
            self._free -= 1
        else:
            await self._wait()
        try:
            process = self._process()
            try:
                return await process.ask(question, self._seconds)
            finally:
                if process.alive:
                    self.idle.append(process)
        finally:
            self._leave()

    def _process(self) -> QueryProcess:
        while self.idle:
            process = self.idle.pop()
            if process.alive:
                return process
        try:
            return self._start()
        except OSError as error:  # out of descriptors, or the parent that forks is gone
            raise Died from error

    async def _wait(self) -> None:
        """Wait for a place that somebody leaves."""
        if len(self.queue) >= self._waiting:
            if not self._newest:
                raise Busy
            self.queue.popleft().set_exception(Busy())
        loop = asyncio.get_running_loop()
        place: asyncio.Future[None] = loop.create_future()
        self.queue.append(place)
        timer = loop.call_later(max(self._seconds, 1.0), self._give_up, place)
        try:
            await place
        except asyncio.CancelledError:
            if place in self.queue:
                self.queue.remove(place)
            elif not place.cancelled() and place.exception() is None:  # it was given a place in the same moment
                self._leave()
            raise
        finally:
            timer.cancel()

    def _give_up(self, place: asyncio.Future[None]) -> None:
        if place in self.queue:
            self.queue.remove(place)
            place.set_exception(Busy())

    def _leave(self) -> None:
        """Give the place to one who waits."""
        while self.queue:
            place = self.queue.pop() if self._newest else self.queue.popleft()
            if not place.done():
                place.set_result(None)
                return
        self._free += 1
