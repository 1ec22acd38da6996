"""What a request carries, whatever it asks for: its parameters, its form, its body."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request

from cica_graph.serve.config import Limits
from cica_graph.serve.http.problem import Problem

FORM: Final = "application/x-www-form-urlencoded"
_MOST_FIELDS: Final = 1000

Fields = dict[str, list[str]]


def one(fields: Fields, name: str) -> str:
    """Return the value of a field, the last of several; an empty text if it is not there."""
    return fields[name][-1] if name in fields else ""


def fields(encoded: bytes) -> Fields:
    """Read a query string, or a form.

    :raises Problem: it is not UTF-8, or has too many fields.
    """
    found: Fields = defaultdict(list)
    try:
        # Each byte as the character of its number, and back: of bytes the function gives none beyond ASCII.
        pairs = parse_qsl(
            encoded.decode("latin-1"), keep_blank_values=True, max_num_fields=_MOST_FIELDS, encoding="latin-1"
        )
    except ValueError as error:
        raise Problem(400, f"The request has more than {_MOST_FIELDS} parameters.") from error
    for name, value in pairs:
        found[text(name.encode("latin-1"), "The name of a parameter")].append(
            text(value.encode("latin-1"), "A parameter")
        )
    return found


def text(data: bytes, what: str) -> str:
    """Read bytes as UTF-8; ``what`` says in the error what they are.

    :raises Problem: they are not.
    """
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise Problem(400, f"{what} is not UTF-8: byte {error.start} is 0x{data[error.start]:02X}.") from error


def content_type(request: Request) -> tuple[str, str]:
    """Return the media type of the body and its charset, in small letters; empty where there is none."""
    media, *parameters = (part.strip().lower() for part in request.headers.get("content-type", "").split(";"))
    charsets = [p.removeprefix("charset=").strip('"') for p in parameters if p.startswith("charset=")]
    return media, charsets[0] if charsets else ""


async def body(request: Request, limits: Limits) -> bytes:
    """Return the body; it is not unpacked, so that a few bytes cannot become many.

    :raises Problem: it is packed, too large, too slow, or cut off.
    """
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding != "identity":
        raise Problem(415, "The body is compressed; send it as it is.", {"Accept-Encoding": "identity"})
    said = request.headers.get("content-length", "")
    too_large = Problem(413, f"The body has more than {limits.body:,} bytes.")
    if said.isdigit() and int(said) > limits.body:
        raise too_large
    data = bytearray()
    try:
        async with asyncio.timeout(limits.patience):
            async for part in request.stream():
                data += part
                if len(data) > limits.body:
                    raise too_large
    except TimeoutError as error:
        raise Problem(408, f"The body did not come within {limits.patience:.0f} seconds.") from error
    except ClientDisconnect as error:
        raise Problem(400, "The client went away while it sent the body.") from error
    return bytes(data)
