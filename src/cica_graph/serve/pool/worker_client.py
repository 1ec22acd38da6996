"""Client of a query worker, in the web process: it sends jobs, receives replies, and kills the worker."""

from __future__ import annotations

import array
import asyncio
import os
import socket
from collections.abc import Callable
from typing import Final

from cica_graph.serve.pool.messages import LENGTH, PART, Reply, decode_reply

_GRACE: Final = 0.1  # seconds from the start of a job in which it may finish after its client has disconnected


class NoReply(Exception):
    """The job has no reply."""


class TimeLimitExceeded(NoReply):
    """The job exceeded its time limit."""


class WorkerDied(NoReply):
    """The worker ended during the job: it ran out of memory or stack, or it was killed."""


class WorkerClient:
    """Client of one worker, which runs one job at a time.

    :ivar alive: False after the worker has ended or was killed.
    """

    def __init__(self, end: socket.socket, kill: Callable[[], None]) -> None:
        self.alive = True
        self._end = end
        self._kill = kill
        self._loop = asyncio.get_running_loop()
        self._reply: asyncio.Future[Reply] | None = None
        self._data = bytearray()
        self._file: int | None = None
        end.setblocking(False)
        self._loop.add_reader(end.fileno(), self._readable)

    async def run(self, message: bytes, seconds: float) -> Reply:
        """Send a job and wait for its reply.

        :raises TimeLimitExceeded: the job took longer than ``seconds``; the worker is killed.
        :raises WorkerDied: the worker ended.
        :raises asyncio.CancelledError: the caller was cancelled. The worker is killed unless the job finishes within a
            moment, because a new worker costs more than a short query and is slower at first.
        """
        reply: asyncio.Future[Reply] = self._loop.create_future()
        self._reply = reply
        begin = self._loop.time()
        timer = self._loop.call_at(begin + seconds, self._kill_with, TimeLimitExceeded())
        try:
            await self._loop.sock_sendall(self._end, message)
            return await reply
        except OSError as error:
            self._kill_with(WorkerDied())
            raise WorkerDied from error
        except asyncio.CancelledError:
            if reply.cancelled() or not reply.done():
                await self._discard_reply(begin + _GRACE)
            elif reply.exception() is None:  # the reply came in the same moment
                reply.result().close()
            raise
        finally:
            timer.cancel()
            self._reply = None

    async def _discard_reply(self, until: float) -> None:
        """Discard a reply that comes in time; otherwise kill the worker."""
        self._reply = late = self._loop.create_future()
        timer = self._loop.call_at(until, self._kill_with, WorkerDied())
        try:
            (await late).close()
        except NoReply:
            return
        except asyncio.CancelledError:
            self._kill_with(WorkerDied())
            raise
        finally:
            timer.cancel()

    def close(self) -> None:
        """Close the connection to the worker; the worker ends when it has no job."""
        if not self.alive:
            return
        self.alive = False
        self._loop.remove_reader(self._end.fileno())
        self._end.close()
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _kill_with(self, failure: NoReply) -> None:
        if self.alive:
            self._kill()
        self._ended(failure)

    def _ended(self, failure: NoReply) -> None:
        self.close()
        if self._reply is not None and not self._reply.done():
            self._reply.set_exception(failure)

    def _readable(self) -> None:
        try:
            data, control, _, _ = self._end.recvmsg(PART, socket.CMSG_SPACE(4))
        except BlockingIOError:
            return
        except OSError:
            data, control = b"", []
        for _, _, descriptors in control:
            self._file = array.array("i", descriptors)[0]
        if not data or self._reply is None:  # the worker has ended: it sends nothing without a job
            self._ended(WorkerDied())
            return
        self._data += data
        size = int.from_bytes(self._data[:LENGTH], "big")
        if len(self._data) >= LENGTH + size and not self._reply.done():
            self._reply.set_result(decode_reply(bytes(self._data[LENGTH:]), self._file))
            self._data.clear()
            self._file = None
