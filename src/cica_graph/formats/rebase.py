"""Replacement of the canonical base of IRIs by another base, for a site at another address.

All data and all computation use canonical IRIs, below :data:`~cica_graph.model.terms.BASE`. Another base replaces it
only in the bytes of the output.

Replacing bytes is correct for every text format written here, RDF or not. These formats split an IRI below the base
only at the end of a prefix, and the prefix is below the base too. No format escapes a character of either base. So
reading a rebased file gives the same terms as rebasing each term. Packed formats are different: the values in a
Parquet file and the files in a ZIP file are rebased before they are packed.
"""

from __future__ import annotations

import re
from functools import cache
from typing import AnyStr, Final
from urllib.parse import urlsplit

from cica_graph.model.errors import UsageError
from cica_graph.model.terms import BASE

# After one of the following characters, the base is part of another IRI, such as the address of an archived copy. An
# ampersand is not among them: XML writes it as "&amp;", so files and terms would differ.
_BEGINS: Final = r"(?<![/=?#:+])"
_CANONICAL: Final = _BEGINS + re.escape(BASE)
_TEXT: Final = re.compile(_CANONICAL)
_BYTES: Final = re.compile(_CANONICAL.encode())
_HOST: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{1,5})?")
_PATH: Final = re.compile(r"(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*/")


@cache
def check(base: str) -> str:
    """Return the base for IRIs, if every format can hold it without escapes.

    It must be an absolute IRI like ``https://example.org/graphs/cica/``: http or https, a host with an optional port,
    and a path of letters, digits, ``-``, ``.``, ``_`` and ``~`` in which no part begins with a dot.

    :raises UsageError: the base is anything else.
    """
    parts = urlsplit(base) if base.isascii() and base.isprintable() and not set(base) & set("[] ") else None
    if parts is None:
        wrong = "it has a character that is not allowed"
    elif not base.startswith(("http://", "https://")):
        wrong = "it does not begin with http:// or https://"
    elif "?" in base or "#" in base:
        wrong = "it has a query or a fragment"
    elif "@" in parts.netloc:
        wrong = "it has a user name"
    elif not _HOST.fullmatch(parts.netloc) or ".." in parts.netloc or int(parts.netloc.partition(":")[2] or 0) > 65535:
        wrong = f"{parts.netloc!r} is not a host and port"
    elif not base.endswith("/"):
        wrong = "it does not end in /"
    elif not _PATH.fullmatch(parts.path):
        wrong = (
            "its path has an empty part, a part that begins with a dot, or a character other than a-z A-Z 0-9 - . _ ~"
        )
    elif base != BASE and (base.startswith(BASE) or BASE.startswith(base)):
        wrong = f"it and {BASE} overlap, so their IRIs could not be distinguished"
    else:
        return base
    raise UsageError(f"{base!r} is not a base for IRIs: {wrong}. Give one like https://example.org/graphs/cica/")


def rebase(data: AnyStr, base: str) -> AnyStr:
    """Return a text, or the content of a file, with another base in each canonical IRI.

    This changes each IRI that begins with the canonical base, in terms, literals, cells and pages. An IRI that only
    contains the canonical base, percent-encoded or not, belongs to another site and stays. Rebasing again to the same
    base changes nothing. Content that is not UTF-8 text, such as a picture, is returned unchanged.

    :raises UsageError: the base is not valid, see :func:`check`.
    """
    if base == BASE:
        return data
    check(base)
    if isinstance(data, str):
        return _TEXT.sub(base, data)
    return _BYTES.sub(base.encode(), data) if _is_text(data) else data


def canonical(text: str, base: str) -> str:
    """Return a text, such as a query, with the canonical base in each IRI below another base.

    This is the inverse of :func:`rebase`. It is exact for IRIs that are written out, in terms, prefixes and literals.
    Neither function finds an IRI that is composed from parts or has escapes. There is no ambiguity, because no IRI of
    the graph begins with the other base. Canonical IRIs stay.

    :raises UsageError: the base is not valid, see :func:`check`.
    """
    return text if base == BASE else re.sub(_BEGINS + re.escape(check(base)), BASE, text)


def _is_text(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return b"\0" not in data
