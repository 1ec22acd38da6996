"""Sitemap of a site for crawlers, https://www.sitemaps.org/protocol.html."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final
from xml.sax.saxutils import escape

from cica_graph.publish.catalog.urls import url

MOST_URLS: Final = 50_000  # in one file, by the protocol
MOST_BYTES: Final = 50 << 20
_ENDS: Final = 200  # bytes for the text before and after the entries
_INDEX: Final = re.compile(r"(?<![^/])index\.html\Z")
_HEAD: Final = '<?xml version="1.0" encoding="UTF-8"?>\n<{0} xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'


def sitemap(pages: Iterable[str], base: str) -> dict[str, bytes]:
    """Return ``sitemap.xml``; for many pages an index of ``sitemap-1.xml`` and so on; without pages no files.

    ``index.html`` is listed as its folder, and ``404.html`` is omitted. Entries have no date, because the data do not
    contain the time of the last change of a page.
    """
    listed = sorted({url(base, _INDEX.sub("", page)) for page in pages if page != "404.html"})
    parts = list(_parts(_entry("url", address) for address in listed))
    if not parts:
        return {}
    if len(parts) == 1:
        return {"sitemap.xml": _document("urlset", parts[0])}
    files = {f"sitemap-{number}.xml": _document("urlset", part) for number, part in enumerate(parts, 1)}
    return {"sitemap.xml": _document("sitemapindex", [_entry("sitemap", url(base, name)) for name in files])} | files


def _entry(kind: str, address: str) -> str:
    return f"<{kind}><loc>{escape(address)}</loc></{kind}>\n"


def _document(kind: str, entries: list[str]) -> bytes:
    return (_HEAD.format(kind) + "".join(entries) + f"</{kind}>\n").encode()


def _parts(entries: Iterable[str]) -> Iterator[list[str]]:
    """Yield the entries in parts that fit into one file. Addresses are ASCII, so a character is a byte."""
    part, room = list[str](), MOST_BYTES - _ENDS
    for entry in entries:
        if part and (len(part) == MOST_URLS or len(entry) > room):
            yield part
            part, room = [], MOST_BYTES - _ENDS
        part.append(entry)
        room -= len(entry)
    if part:
        yield part
