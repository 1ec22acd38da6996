"""Where the files of a site are on the web."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

from cica_graph.errors import Misuse


def check(base: str) -> None:
    """Refuse what is not the address of a folder on the web.

    :raises Misuse: it is not absolute, has a query or fragment, or does not end in a slash.
    """
    try:
        parts = urlsplit(base)
        whole = parts.scheme in ("http", "https") and parts.hostname and not parts.query and not parts.fragment
    except ValueError:
        whole = False
    if not whole or not base.endswith("/") or quote(base, safe="/:@[]%!$&'()*+,;=") != base:
        raise Misuse(f"{base!r} is not the address of a site; give one such as https://example.org/graph/")


def url(base: str, path: str) -> str:
    """Return the address of a file by its path below the root of the site; what an address cannot hold is escaped."""
    return base + quote(path)
