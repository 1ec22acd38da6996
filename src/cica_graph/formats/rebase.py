"""Canonical base to served base: a site whose IRIs are its own addresses, for those who host one of their own.

Files hold canonical IRIs, below :data:`~cica_graph.model.terms.BASE`, and everything is computed with them.
Another base is put in their place at the edge, in the bytes of what is written.

Bytes are right for every text format written here, RDF or not. None of them breaks up an IRI below the base but at the
end of a prefix, which is itself below the base; and neither base has a character that any of them would escape. So
reading a rebased file gives the terms that rebasing each term gives. They are not right for what is packed: the values
of a Parquet file and the parts of a ZIP file are rebased before they go into it.
"""

from __future__ import annotations

import re
from functools import cache
from typing import AnyStr, Final
from urllib.parse import urlsplit

from cica_graph.model.errors import UsageError
from cica_graph.model.terms import BASE

# After one of these characters it is a part of another IRI, such as an archived copy's or a service's with a query.
_BEGINS: Final = r"(?<![/=?&#:+])"
_CANONICAL: Final = _BEGINS + re.escape(BASE)
_TEXT: Final = re.compile(_CANONICAL)
_BYTES: Final = re.compile(_CANONICAL.encode())
_HOST: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{1,5})?")
_PATH: Final = re.compile(r"(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*/")


@cache
def check(base: str) -> str:
    """Return a base for IRIs as it was given, if every format can hold it as it is.

    It is an absolute IRI like ``https://example.org/graphs/cica/``: http or https, a host and perhaps a port, and a
    path of letters, digits, ``-``, ``.``, ``_`` and ``~`` in which no part begins with a dot.

    :raises UsageError: anything else, with what is wrong.
    """
    parts = urlsplit(base) if base.isascii() and base.isprintable() and not set(base) & set("[] ") else None
    if parts is None:
        wrong = "it has a character that is not allowed in it"
    elif not base.startswith(("http://", "https://")):
        wrong = "it does not begin with http:// or https://"
    elif "?" in base or "#" in base:
        wrong = "it has a query or a fragment"
    elif "@" in parts.netloc:
        wrong = "it has a user's name in it"
    elif not _HOST.fullmatch(parts.netloc) or ".." in parts.netloc or int(parts.netloc.partition(":")[2] or 0) > 65535:
        wrong = f"{parts.netloc!r} is not a host and port"
    elif not base.endswith("/"):
        wrong = "it does not end in /"
    elif not _PATH.fullmatch(parts.path):
        wrong = (
            "its path has an empty part, a part that begins with a dot, or a character other than a-z A-Z 0-9 - . _ ~"
        )
    elif base != BASE and (base.startswith(BASE) or BASE.startswith(base)):
        wrong = f"{BASE} and it lie one below the other, so that IRIs of the two could not be told apart"
    else:
        return base
    raise UsageError(f"{base!r} is no base for IRIs: {wrong}; give one like https://example.org/graphs/cica/")


def rebase(data: AnyStr, base: str) -> AnyStr:
    """Return a text, or the content of a file, with another base in each canonical IRI.

    That is each IRI that begins with the canonical base, whether a term or text within a literal, a cell or a page. An
    IRI that has the canonical one somewhere inside, percent-encoded or not, is somebody else's and stays. Rebasing
    again to the same base changes nothing. Content that is not text in UTF-8, such as a picture, is returned as it is.

    :raises UsageError: the base is none, see :func:`check`.
    """
    if base == BASE:
        return data
    check(base)
    if isinstance(data, str):
        return _TEXT.sub(base, data)
    return _BYTES.sub(base.encode(), data) if _is_text(data) else data


def canonical(text: str, base: str) -> str:
    """Return what somebody says in IRIs below another base, such as a query, with the canonical one in each.

    The way back of :func:`rebase`, and exact for IRIs that are written out, in terms, prefixes and literals alike. One
    that is put together from parts, or written with escapes, is found in neither direction. Nothing else can be meant:
    no IRI of the graph begins with the other base, and canonical ones stay.

    :raises UsageError: the base is none, see :func:`check`.
    """
    return text if base == BASE else re.sub(_BEGINS + re.escape(check(base)), BASE, text)


def _is_text(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return b"\0" not in data
