"""Fields of a request: URL parameters, form fields, the body."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request

from cica_graph.serve.config import Limits
from cica_graph.serve.http.problem import Problem

FORM: Final = "application/x-www-form-urlencoded"
_MAX_FIELDS: Final = 1000

Fields = dict[str, list[str]]


def one(fields: Fields, name: str) -> str:
    """Return the last value of a field; empty if the field is missing."""
    return fields[name][-1] if name in fields else ""


def fields(encoded: bytes) -> Fields:
    """Parse a query string or a form.

    :raises Problem: it is not UTF-8, or has too many fields.
    """
    result: Fields = defaultdict(list)
    try:
        # Latin-1 keeps each byte as one character, in both directions, because bytes in give no bytes above ASCII out.
        pairs = parse_qsl(
            encoded.decode("latin-1"), keep_blank_values=True, max_num_fields=_MAX_FIELDS, encoding="latin-1"
        )
    except ValueError as error:
        raise Problem(400, f"Too many parameters (maximum {_MAX_FIELDS:,}).") from error
    for name, value in pairs:
        key = text(name.encode("latin-1"), "The name of a parameter")
        result[key].append(text(value.encode("latin-1"), "The value of a parameter"))
    return result


def text(data: bytes, subject: str) -> str:
    """Decode UTF-8; ``subject`` names the data in the error.

    :raises Problem: the data are not UTF-8.
    """
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise Problem(400, f"{subject} is not UTF-8: byte {error.start} is 0x{data[error.start]:02X}.") from error


def content_type(request: Request) -> tuple[str, str]:
    """Return the media type of the body and its charset, in lower case; empty if missing."""
    media, *parameters = (part.strip().lower() for part in request.headers.get("content-type", "").split(";"))
    charsets = [p.removeprefix("charset=").strip('"') for p in parameters if p.startswith("charset=")]
    return media, charsets[0] if charsets else ""


async def body(request: Request, limits: Limits) -> bytes:
    """Return the body. It is not decompressed, so a few bytes cannot become many.

    :raises Problem: it is compressed, too large, too slow, or incomplete.
    """
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding != "identity":
        raise Problem(415, "The body is compressed. Send it without compression.", {"Accept-Encoding": "identity"})
    length = request.headers.get("content-length", "")
    too_large = Problem(413, f"The body is too large (maximum {limits.body:,} bytes).")
    if length.isdigit() and int(length) > limits.body:
        raise too_large
    data = bytearray()
    try:
        async with asyncio.timeout(limits.patience):
            async for part in request.stream():
                data += part
                if len(data) > limits.body:
                    raise too_large
    except TimeoutError as error:
        raise Problem(408, f"The body was not complete after {limits.patience:.0f} seconds.") from error
    except ClientDisconnect as error:
        raise Problem(400, "The client disconnected before the body was complete.") from error
    return bytes(data)
