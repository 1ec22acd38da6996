"""Messages between a web process and a query worker: a job and its reply.

A message is its length (four bytes) and that many bytes. A long answer comes as a file: the message carries
its descriptor (SCM_RIGHTS), so that a client that reads slowly does not occupy the worker.
"""

from __future__ import annotations

import json
import os
import socket
from typing import Final, NamedTuple

from cica_graph.serve.pool.call import Call
from cica_graph.serve.pool.spooled_output import SpooledOutput

LENGTH: Final = 4  # bytes before a message that give its length
PART: Final = 1 << 16  # bytes read at a time; for more, the allocator asks the system each time
_ENCODE_JOB: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_ENCODE_HEAD: Final = json.JSONEncoder(separators=(",", ":")).encode


class SparqlQuery(NamedTuple):
    """A SPARQL query of a request.

    :ivar results: the media type for a table or a boolean; empty if the client accepts none that we have.
    :ivar graph: the media type for a graph, in the same way.
    :ivar default: the graphs that form the default graph; None if the request does not name any.
    :ivar named: the named graphs, in the same way.
    :ivar on: a day as YYYY-MM-DD; its snapshot is part of the default graph. Empty for no day.
    """

    query: str
    results: str
    graph: str
    default: tuple[str, ...] | None = None
    named: tuple[str, ...] | None = None
    on: str = ""


Job = SparqlQuery | Call


class ReplyHead(NamedTuple):
    """The status and properties of an answer.

    :ivar truncated: why the body is not the whole answer; or empty.
    :ivar cacheable: True if the same job would give the same answer again.
    """

    status: int
    media_type: str
    truncated: str = ""
    cacheable: bool = False


class Reply(NamedTuple):
    """An answer. If it is long, its body is in a file, which the receiver must close."""

    head: ReplyHead
    body: bytes
    file: int | None

    def close(self) -> None:
        """Close the file."""
        if self.file is not None:
            os.close(self.file)


def encode_job(job: Job) -> bytes:
    """Return a job as a message: a query is a JSON array, a call an object."""
    return _with_length(_ENCODE_JOB(job._asdict() if isinstance(job, Call) else job).encode())


def decode_job(data: bytes) -> Job:
    """Return the job in a message without its length."""
    job = json.loads(data)
    if isinstance(job, dict):
        return Call(job["name"], tuple((name, value) for name, value in job["values"]))
    query, results, graph, default, named, on = job
    return SparqlQuery(query, results, graph, _tuple(default), _tuple(named), on)


def decode_reply(data: bytes, file: int | None) -> Reply:
    """Return the reply in a message without its length, with the file that came with it."""
    head, _, body = data.partition(b"\n")
    return Reply(ReplyHead(*json.loads(head)), body, file)


def receive(end: socket.socket) -> bytes:
    """Return the next message without its length; empty if the other side has closed its end."""
    data = b""
    while len(data) < LENGTH or len(data) < LENGTH + int.from_bytes(data[:LENGTH], "big"):
        part = end.recv(PART)
        if not part:
            return b""
        data += part
    return data[LENGTH:]


def send_reply(end: socket.socket, head: ReplyHead, output: SpooledOutput) -> None:
    """Send an answer, as bytes or as a file."""
    message = _with_length(_ENCODE_HEAD(head).encode() + b"\n" + output.content())
    if output.file is None:
        end.sendall(message)
    else:
        output.file.flush()
        socket.send_fds(end, [message], [output.file.fileno()])


def _with_length(data: bytes) -> bytes:
    return len(data).to_bytes(LENGTH, "big") + data


def _tuple(names: list[str] | None) -> tuple[str, ...] | None:
    return None if names is None else tuple(names)
