"""Which of the media types on offer a client wants: the Accept header, RFC 9110 section 12.5.1.

>>> choose("text/html;q=0.5, text/turtle", ["text/html", "text/turtle"])
'text/turtle'
>>> choose("text/*;q=0, */*", ["text/html", "application/ld+json"])
'application/ld+json'
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice

# A quoted value may hold a comma or a semicolon.
_PART = re.compile(r'(?:[^,"]|"(?:[^"\\]|\\.)*+"?)++')
_PARAMETER = re.compile(r'(?:[^;"]|"(?:[^"\\]|\\.)*+"?)++')
_RANGE = re.compile(r"([!#$%&'*+.^_`|~\w-]+)/([!#$%&'*+.^_`|~\w-]+)\Z", re.ASCII)
_WEIGHT = re.compile(r"q\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\Z", re.IGNORECASE | re.ASCII)

_MOST = 100  # ranges of a header that are looked at; nobody means more

Ranges = list[tuple[str, str, float]]


def choose(accept: str | None, offers: Sequence[str]) -> str | None:
    """Return the media type that is wanted most, the first of equals; None when every one is refused.

    A missing header wants anything. The most specific range that fits an offer gives its weight; parameters other than
    ``q`` are not looked at. A part of the header that is not a media range is passed over, and a header that
    has no other parts counts as missing.
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
    """Return how specific a range is that fits the offer, 0 when it does not fit."""
    if (kind, name) == (offered_kind, offered_name):
        return 3
    if (kind, name) == (offered_kind, "*"):
        return 2
    return int((kind, name) == ("*", "*"))


def _ranges(accept: str) -> Ranges:
    ranges = []
    for part in islice(_PART.finditer(accept), _MOST):
        media, *parameters = [p.strip() for p in _PARAMETER.findall(part[0])] or [""]
        if match := _RANGE.match(media.lower()):
            weights = [w[1] for p in parameters if (w := _WEIGHT.match(p))]
            ranges.append((match[1], match[2], float(weights[0]) if weights else 1.0))
    return ranges
