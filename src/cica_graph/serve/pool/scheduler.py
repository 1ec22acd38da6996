"""Who may run a query now, who waits, and who is sent away.

Every query has a first turn in the quick lane. One that needs longer is stopped there and starts again in the long
lane, which has fewer places. So whatever the long ones do, a query that takes a moment finds a place within a turn.

Who has waited longest goes first, until queries overrun their turn. Then there is a flood, for as long as they do and a
moment more, and the newest goes first: those that came with it are sent away, and whoever comes after it does not wait
behind it.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from cica_graph.serve.config import Lanes, Limits
from cica_graph.serve.pool.worker_client import Died, Failed, QueryProcess, Question, Reply, TooLong, message

Start = Callable[[bool], QueryProcess]  # takes whether the process is for long queries

_FLOOD: Final = 1.0  # seconds, see _Lane
_PATIENCE: Final = 5.0  # seconds that one waits at least before it is sent away


class Busy(Failed):
    """No place was free, and none in time."""


class Queries:
    """Runs queries in processes of their own."""

    def __init__(self, start: Start, limits: Limits, lanes: Lanes) -> None:
        turn = min(lanes.turn, limits.seconds)
        self._quick = _Lane(lanes.quick, lanes.waiting, turn, _FLOOD, lambda: start(False))
        self._long = _Lane(lanes.long, lanes.waiting, limits.seconds, 0.0, lambda: start(True))

    async def run(self, asked: Question) -> Reply:
        """Return the answer to a question.

        :raises TooLong: it ran longer than it may.
        :raises Died: its process ended, twice.
        :raises Busy: too many others.
        """
        question = message(asked)
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
    """Places for queries that may run for some seconds, and a queue before them.

    :ivar flood: seconds for which the newest goes first, after a query that overran its time.
    """

    def __init__(
        self, places: int, waiting: int, seconds: float, flood: float, start: Callable[[], QueryProcess]
    ) -> None:
        self.idle: list[QueryProcess] = []
        self.queue: OrderedDict[asyncio.Future[None], None] = OrderedDict()  # who waits, the oldest first
        self._free = places
        self._waiting, self._seconds, self._flood, self._start = waiting, seconds, flood, start
        self._flood_until = 0.0

    async def run(self, question: bytes) -> Reply:
        if self._free:
            self._free -= 1
        else:
            await self._wait()
        try:
            process = self._process()
            try:
                return await process.ask(question, self._seconds)
            except TooLong:
                self._flood_until = asyncio.get_running_loop().time() + self._flood
                raise
            finally:
                # Another is begun at once, so that the next query need not wait for it.
                self.idle.append(process if process.alive else self._started())
        finally:
            self._leave()

    def _process(self) -> QueryProcess:
        while self.idle:
            process = self.idle.pop()
            if process.alive:
                return process
        return self._started()

    def _started(self) -> QueryProcess:
        try:
            return self._start()
        except OSError as error:  # out of descriptors, or the parent that forks is gone
            raise Died from error

    async def _wait(self) -> None:
        """Wait for a place that somebody leaves."""
        loop = asyncio.get_running_loop()
        if len(self.queue) >= self._waiting:
            self._send_away(next(iter(self.queue)))
        place: asyncio.Future[None] = loop.create_future()
        self.queue[place] = None
        timer = loop.call_later(max(self._seconds, _PATIENCE), self._send_away, place)
        try:
            await place
        except asyncio.CancelledError:
            if place in self.queue:
                del self.queue[place]
            elif not place.cancelled() and place.exception() is None:
                self._leave()  # it was given a place in the same moment
            raise
        finally:
            timer.cancel()

    def _send_away(self, place: asyncio.Future[None]) -> None:
        if place in self.queue:
            del self.queue[place]
            if not place.done():
                place.set_exception(Busy())

    def _leave(self) -> None:
        """Give the place to one who waits."""
        flood = asyncio.get_running_loop().time() < self._flood_until
        while self.queue:
            place, _ = self.queue.popitem(last=flood)
            if not place.done():
                place.set_result(None)
                return
        self._free += 1
