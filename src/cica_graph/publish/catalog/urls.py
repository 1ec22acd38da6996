"""Where the files of a site are on the web."""

from __future__ import annotations

from urllib.parse import quote


def url(base: str, path: str) -> str:
    """Return the address of a file by its path below the root of the site; what an address cannot hold is escaped."""
    return base + quote(path)
