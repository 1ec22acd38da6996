"""Formats of files and answers: suffix, name and media types, in one table for pages, catalog, server and downloads."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Final, NamedTuple


class Format(NamedTuple):
    """A format of files.

    :ivar name: its name in a sentence.
    :ivar type: its media type, from https://www.iana.org/assignments/media-types/ where it is registered.
    :ivar eu: its code in the EU's table of file types, or empty.
    :ivar text: True for text, which is always UTF-8.
    :ivar names: its names in options and in ``?format=``, the usual one first; only for formats of RDF.
    :ivar aliases: other media types by which clients of SPARQL request it.
    """

    name: str
    type: str
    eu: str = ""
    text: bool = True
    names: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()


@cache
def formats() -> dict[str, Format]:
    """Return every format by its suffix, without the dot."""
    table = json.loads(files(__package__).joinpath("formats.json").read_text("utf-8"))
    return {
        suffix: Format(**(row | {key: tuple(row.get(key, ())) for key in ("names", "aliases")}))
        for suffix, row in table.items()
    }


def format_of(path: str) -> Format:
    """Return the format of a file by the suffix of its name."""
    return formats().get(path.rpartition(".")[2], Format("data", "application/octet-stream", text=False))


HTML: Final = formats()["html"].type

# Formats of SPARQL results, https://www.w3.org/TR/sparql11-protocol/#query-success, with their media types.
RESULT_TYPES: Final = {
    "json": "application/sparql-results+json",
    "xml": "application/sparql-results+xml",
    "csv": formats()["csv"].type,
    "tsv": formats()["tsv"].type,
}
# Media type to format of results. The default is first, and aliases that clients use are last.
RESULTS: Final[dict[str, str]] = {media: form for form, media in RESULT_TYPES.items()} | {
    "application/json": "json",
    "application/xml": "xml",
    "text/xml": "xml",
}

_GRAPHS: Final = [formats()[suffix] for suffix in ("ttl", "nt", "jsonld", "trig", "nq", "rdf")]
# Media type to format of graphs, in the same order.
GRAPHS: Final[dict[str, str]] = {kind.type: kind.names[0] for kind in _GRAPHS} | {
    alias: kind.names[0] for kind in _GRAPHS for alias in kind.aliases
}

# Values of ?format=, for links, which cannot set Accept: the media type for results and that for graphs.
NAMES: Final[dict[str, tuple[str, str]]] = {
    "html": (HTML, HTML),
    "json": (RESULT_TYPES["json"], formats()["jsonld"].type),
    "xml": (RESULT_TYPES["xml"], formats()["rdf"].type),
    "csv": (RESULT_TYPES["csv"], ""),
    "tsv": (RESULT_TYPES["tsv"], ""),
    **{name: ("", kind.type) for kind in _GRAPHS for name in kind.names},
}

# Formats of the page and the data of a thing, by suffix, with the media types that lead to them. The default is first.
DOCUMENTS: Final[dict[str, tuple[str, ...]]] = {
    "html": (HTML, "application/xhtml+xml"),
    "ttl": (formats()["ttl"].type,),
    "jsonld": (formats()["jsonld"].type, formats()["json"].type),
    "nt": (formats()["nt"].type,),
    "rdf": (formats()["rdf"].type,),
    "csv": (formats()["csv"].type,),
    "json": (formats()["json"].type, RESULT_TYPES["json"]),
}


def with_charset(media: str) -> str:
    """Return the value of Content-Type for a media type; text is UTF-8."""
    return f"{media}; charset=utf-8" if media.startswith("text/") else media
