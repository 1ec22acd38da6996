"""Check of the internal links of a built site."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from posixpath import dirname, join, normpath
from urllib.parse import unquote

_LINK = re.compile(r'<[a-z][^>]*? (?:href|src|action)="([^"]*)"')
_ID = re.compile(r'<[a-z][^>]*? id="([^"]*)"')
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|//")


def broken(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the page and the link for each broken internal link: the file or the anchor does not exist.

    Reads the HTML that the templates of this package write: attributes in double quotes, and ``id`` for anchors.
    External links are not checked.
    """
    pages = {path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in sorted(folder.rglob("*.html"))}
    anchors = {path: set(_ID.findall(text)) for path, text in pages.items()}
    there = set(pages)
    for page, text in pages.items():
        for link in dict.fromkeys(map(unescape, _LINK.findall(text))):
            if _SCHEME.match(link) or (page == "404.html" and link.startswith("/")):
                continue
            path, _, fragment = link.partition("#")
            path = unquote(path.partition("?")[0])
            target = normpath(join(dirname(page), path)) if path else page
            if target not in there and not target.startswith("..") and (folder / target).is_file():
                there.add(target)
            if target not in there or (fragment and unquote(fragment) not in anchors.get(target, ())):
                yield page, link
