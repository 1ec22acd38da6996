"""The forms that an answer may take, their media types, and the names that ``?format=`` knows them by.

An answer is a table (SELECT), a truth (ASK) or a graph (CONSTRUCT, DESCRIBE), and which one it is only the engine can
tell. So a request is read as a :class:`Wanted`: one form for tables and truths, and one for graphs.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final, NamedTuple

from cica_graph.serve.http.negotiation import choose

HTML: Final = "text/html"

# Media type to form, the one that is given to those who do not mind first. Other names that clients ask by follow.
RESULTS: Final[dict[str, str]] = {
    "application/sparql-results+json": "json",
    "application/sparql-results+xml": "xml",
    "text/csv": "csv",
    "text/tab-separated-values": "tsv",
    "application/json": "json",
    "application/xml": "xml",
    "text/xml": "xml",
}
GRAPHS: Final[dict[str, str]] = {
    "text/turtle": "turtle",
    "application/n-triples": "ntriples",
    "application/ld+json": "jsonld",
    "application/trig": "trig",
    "application/n-quads": "nquads",
    "application/rdf+xml": "rdfxml",
    "application/json": "jsonld",
    "application/x-turtle": "turtle",
    "application/turtle": "turtle",
    "text/plain": "ntriples",
    "application/xml": "rdfxml",
    "text/xml": "rdfxml",
}

# What ?format= may say: the media type for tables and that for graphs. Browsers cannot set Accept, so links need it.
NAMES: Final[dict[str, tuple[str, str]]] = {
    "html": (HTML, HTML),
    "json": ("application/sparql-results+json", "application/ld+json"),
    "xml": ("application/sparql-results+xml", "application/rdf+xml"),
    "csv": ("text/csv", ""),
    "tsv": ("text/tab-separated-values", ""),
    "turtle": ("", "text/turtle"),
    "ntriples": ("", "application/n-triples"),
    "jsonld": ("", "application/ld+json"),
    "trig": ("", "application/trig"),
    "nquads": ("", "application/n-quads"),
    "rdfxml": ("", "application/rdf+xml"),
    "ttl": ("", "text/turtle"),
    "n3": ("", "text/turtle"),
    "nt": ("", "application/n-triples"),
    "nq": ("", "application/n-quads"),
    "json-ld": ("", "application/ld+json"),
    "rdf": ("", "application/rdf+xml"),
    "rdf+xml": ("", "application/rdf+xml"),
}


class Wanted(NamedTuple):
    """The media types wanted for a table or truth and for a graph; empty where none of ours is."""

    results: str
    graph: str

    @property
    def for_people(self) -> bool:
        """Whether it is a browser that asks."""
        return HTML in self


# Clients send the same few headers all the time; long ones are not worth their room.
@lru_cache(maxsize=256)
def _accepted(accept: str | None) -> Wanted:
    return Wanted(choose(accept, [*RESULTS, HTML]) or "", choose(accept, [*GRAPHS, HTML]) or "")


def accepted(accept: str | None) -> Wanted:
    """Return what an Accept header wants."""
    return _accepted(accept) if accept is None or len(accept) < 400 else _accepted.__wrapped__(accept)


def media_types(graph: bool) -> str:
    """Return the media types for graphs, or for tables and truths, as words for an error."""
    return ", ".join([*(GRAPHS if graph else RESULTS), HTML])
