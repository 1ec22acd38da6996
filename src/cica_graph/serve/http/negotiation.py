"""Content negotiation: the Accept header, https://www.rfc-editor.org/rfc/rfc9110#section-12.5.1.

Our own code: the parser of werkzeug splits quoted values at commas, and takes 0.6 s for a header of 80 kB.

>>> choose("text/html;q=0.5, text/turtle", ["text/html", "text/turtle"])
'text/turtle'
>>> choose("text/*;q=0, */*", ["text/html", "application/ld+json"])
'application/ld+json'
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from cica_graph.formats.media_types import GRAPHS, HTML, RESULTS

# A quoted value may hold a comma or a semicolon.
_PART = re.compile(r'(?:[^,"]|"(?:[^"\\]|\\.)*+"?)++')
_PARAMETER = re.compile(r'(?:[^;"]|"(?:[^"\\]|\\.)*+"?)++')
_RANGE = re.compile(r"([!#$%&'*+.^_`|~\w-]+)/([!#$%&'*+.^_`|~\w-]+)\Z", re.ASCII)
_WEIGHT = re.compile(r"q\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\Z", re.IGNORECASE | re.ASCII)

_MAX_RANGES = 100  # of one header; the rest is ignored

Ranges = list[tuple[str, str, float]]


def choose(accept: str | None, offers: Sequence[str]) -> str | None:
    """Return the offer with the highest weight, the first of equals, or None if all are refused.

    A missing header accepts everything. The most specific range that matches an offer gives its weight. Parameters
    other than ``q`` are ignored, and so is a part of the header that is not a media range. A header without any media
    range counts as missing.
    """
    ranges = _ranges(accept) if accept else []
    if not ranges:
        return offers[0]
    best, chosen = 0.0, None
    for offer in offers:
        weight = _weight(offer, ranges)
        if weight > best:
            best, chosen = weight, offer
    return chosen


def _weight(offer: str, ranges: Ranges) -> float:
    kind, _, name = offer.partition("/")
    found = {specific: weight for k, n, weight in ranges if (specific := _fits(k, n, kind, name))}
    return found[max(found)] if found else 0.0


def _fits(kind: str, name: str, offered_kind: str, offered_name: str) -> int:
    """Return how specific a range is that matches the offer, or 0 if it does not match."""
    if (kind, name) == (offered_kind, offered_name):
        return 3
    if (kind, name) == (offered_kind, "*"):
        return 2
    return int((kind, name) == ("*", "*"))


def _ranges(accept: str) -> Ranges:
    ranges = []
    for part in islice(_PART.finditer(accept), _MAX_RANGES):
        media, *parameters = [p.strip() for p in _PARAMETER.findall(part[0])] or [""]
        if match := _RANGE.match(media.lower()):
            weights = [w[1] for p in parameters if (w := _WEIGHT.match(p))]
            ranges.append((match[1], match[2], float(weights[0]) if weights else 1.0))
    return ranges


class Accepted(NamedTuple):
    """The media types that a client accepts for results and for a graph, because only the engine knows which it is.

    :ivar results: for the answer to SELECT or ASK; empty if the client accepts none that there is.
    :ivar graph: for the answer to CONSTRUCT or DESCRIBE; empty in the same case.
    """

    results: str
    graph: str

    @property
    def wants_page(self) -> bool:
        """True if the client is a browser."""
        return HTML in self


def accepted_types(accept: str | None) -> Accepted:
    """Return the media types that an Accept header prefers."""
    return _types(accept) if accept is None or len(accept) < 400 else _types.__wrapped__(accept)


# Clients send the same few headers again and again; long ones are not worth the memory.
@lru_cache(maxsize=256)
def _types(accept: str | None) -> Accepted:
    return Accepted(choose(accept, [*RESULTS, HTML]) or "", choose(accept, [*GRAPHS, HTML]) or "")


def offered(graph: bool) -> str:
    """Return the media types for graphs, or for results, as words for an error."""
    return ", ".join([*(GRAPHS if graph else RESULTS), HTML])
