"""Addresses of the files of a site."""

from __future__ import annotations

from urllib.parse import quote


def url(base: str, path: str) -> str:
    """Return the address of a file by its path below the root of the site, percent-encoded."""
    return base + quote(path)
