"""Kinds of files, by the ending of their names: one table for the catalog, the pages and the servers."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import NamedTuple


class Format(NamedTuple):
    """A kind of file.

    :ivar name: what it is called.
    :ivar type: its media type, as https://www.iana.org/assignments/media-types/ has it where it is there.
    :ivar eu: its code in the EU's table of file types, or nothing.
    :ivar text: True for text, which is UTF-8 here.
    """

    name: str
    type: str
    eu: str = ""
    text: bool = True


@cache
def formats() -> dict[str, Format]:
    """Return every format by its suffix, without the dot."""
    table = json.loads(files(__package__).joinpath("formats.json").read_text("utf-8"))
    return {suffix: Format(**said) for suffix, said in table.items()}


def format_of(path: str) -> Format:
    """Return the format of a file, which its name tells."""
    return formats().get(path.rpartition(".")[2], Format("data", "application/octet-stream", text=False))
