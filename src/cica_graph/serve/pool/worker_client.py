"""The server's side of a query process: ask it, and kill it."""

from __future__ import annotations

import array
import asyncio
import json
import os
import socket
from collections.abc import Callable
from typing import NamedTuple

from cica_graph.serve.execute.sparql import Head, Job
from cica_graph.serve.execute.worker import LENGTH
from cica_graph.serve.pool.call import Call

_ENCODE = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
Question = Job | Call

_PART = 1 << 16  # bytes read at a time; for more, the allocator asks the system each time
_MOMENT = 0.1  # seconds of a query, within which it may end by itself when nobody waits for it any more


class Failed(Exception):
    """There is no answer."""


class TooLong(Failed):
    """The query ran longer than it may."""


class Died(Failed):
    """The process ended while it ran the query: out of memory or stack, or somebody killed it."""


class Reply(NamedTuple):
    """An answer: its head, and its body as bytes or, when it is long, as the descriptor of a file to be closed."""

    head: Head
    body: bytes
    file: int | None

    def close(self) -> None:
        """Let go of the file."""
        if self.file is not None:
            os.close(self.file)


def message(question: Question) -> bytes:
    """Return a question as it is sent: a query as an array, a call as an object."""
    data = _ENCODE(question._asdict() if isinstance(question, Call) else question).encode()
    return len(data).to_bytes(LENGTH, "big") + data


class QueryProcess:
    """One query process, which answers one question at a time.

    :ivar alive: False once it is known to have ended, or was killed.
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

    async def ask(self, question: bytes, seconds: float) -> Reply:
        """Send a question and wait for the reply.

        :raises TooLong: it took more seconds; the process is killed.
        :raises Died: the process ended.
        :raises asyncio.CancelledError: nobody waits for the reply any more; the process is killed, unless the query
            ends in a moment: a new process would cost more, and be slower for a while.
        """
        reply: asyncio.Future[Reply] = self._loop.create_future()
        self._reply = reply
        begin = self._loop.time()
        timer = self._loop.call_at(begin + seconds, self._end_with, TooLong())
        try:
            await self._loop.sock_sendall(self._end, question)
            return await reply
        except OSError as error:
            self._end_with(Died())
            raise Died from error
        except asyncio.CancelledError:
            if reply.cancelled() or not reply.done():
                await self._late(begin + _MOMENT)
            elif reply.exception() is None:  # both in the same moment
                reply.result().close()
            raise
        finally:
            timer.cancel()
            self._reply = None

    async def _late(self, until: float) -> None:
        """Throw the reply away that comes in time, else kill the process."""
        self._reply = late = self._loop.create_future()
        timer = self._loop.call_at(until, self._end_with, Died())
        try:
            (await late).close()
        except Failed:
            return
        except asyncio.CancelledError:
            self._end_with(Died())
            raise
        finally:
            timer.cancel()

    def close(self) -> None:
        """Let the process go; it ends when it has nothing to do."""
        if not self.alive:
            return
        self.alive = False
        self._loop.remove_reader(self._end.fileno())
        self._end.close()
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _end_with(self, failure: Failed) -> None:
        if self.alive:
            self._kill()
        self._ended(failure)

    def _ended(self, failure: Failed) -> None:
        self.close()
        if self._reply is not None and not self._reply.done():
            self._reply.set_exception(failure)

    def _readable(self) -> None:
        try:
            data, control, _, _ = self._end.recvmsg(_PART, socket.CMSG_SPACE(4))
        except BlockingIOError:
            return
        except OSError:
            data, control = b"", []
        for _, _, descriptors in control:
            self._file = array.array("i", descriptors)[0]
        if not data or self._reply is None:  # it has ended; none speaks without being asked
            self._ended(Died())
            return
        self._data += data
        size = int.from_bytes(self._data[:LENGTH], "big")
        if len(self._data) >= LENGTH + size and not self._reply.done():
            head, _, body = bytes(self._data[LENGTH:]).partition(b"\n")
            self._reply.set_result(Reply(Head(*json.loads(head)), body, self._file))
            self._data.clear()
            self._file = None
