"""Paths of pages: the path of the files of a subject, below the root of the published folder, without suffix.

The path is the IRI below the base, without its fragment, if all file systems and web hosts accept it as a file name:
``id/org/cica``, ``doc/cica-profile``, ``graph/asof/2012-06-13``. Such a path

- begins with one of :data:`FOLDERS`, which contain only such files;
- contains only the letters A to Z, digits, ``-`` and ``_`` in each part, and dots before digits in the last part. So it
  contains no ``..``, no ``%2F`` and no suffix, and the file of one subject is never the folder of another;
- has at most 100 characters in a part, and 200 in total;
- has no part that is a device name in Windows (``con``, ``com1``) or ``index``, which hosts show for the folder;
- differs from each other path by more than upper and lower case, because many file systems ignore case. If two paths
  differ by case only, the last in order (the one in lower case) keeps its name.

All other paths consist of the first folders of the IRI, its readable characters and 128 bits of its SHA-256, as in
``id/org/a-2fb~0123456789abcdef0123456789abcdef``. Only these paths contain a ``~``, so the two kinds never collide.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from hashlib import sha256
from typing import Final

from cica_graph.model.terms import BASE

FOLDERS: Final = ("id", "concept", "doc", "graph")

_FOLDER = re.compile(r"[A-Za-z0-9_-]{1,100}")
_NAME = re.compile(r"(?=.{1,100}\Z)[A-Za-z0-9_-]+(\.[0-9][A-Za-z0-9_-]*)*")
_TAKEN = {"index", "con", "prn", "aux", "nul", *(port + digit for port in ("com", "lpt") for digit in "0123456789")}
_LONGEST = 200


def page(iri: str) -> str:
    """Return the IRI of the page that shows a subject; empty: the subject cannot have a page."""
    folder, _, rest = iri.removeprefix(BASE).partition("/")
    return iri.partition("#")[0] if iri.startswith(BASE) and folder in FOLDERS and rest else ""


def assign(pages: Iterable[str]) -> dict[str, str]:
    """Return the path of each page. No two paths are equal on any file system."""
    by_name = defaultdict[str, list[str]](list)
    for iri in sorted(set(pages)):
        by_name[iri.lower()].append(iri)
    found: dict[str, str] = {}
    for *others, last in by_name.values():
        found |= {iri: _made_up(iri) for iri in others} | {last: _own(last) or _made_up(last)}
    return found


def _own(iri: str) -> str:
    path = iri.removeprefix(BASE)
    *folders, name = path.split("/")
    safe = len(path) <= _LONGEST and all(map(_FOLDER.fullmatch, folders)) and _NAME.fullmatch(name)
    return path if safe and _TAKEN.isdisjoint(part.lower().partition(".")[0] for part in (*folders, name)) else ""


def _made_up(iri: str) -> str:
    folder, _, rest = iri.removeprefix(BASE).partition("/")
    kind, _, name = rest.partition("/")
    if name and _FOLDER.fullmatch(kind) and kind.lower() not in _TAKEN:
        folder, rest = f"{folder}/{kind}", name
    readable = re.sub(r"[^a-z0-9]+", "-", rest.lower())[:40].strip("-") or "thing"
    return f"{folder}/{readable}~{sha256(iri.encode()).hexdigest()[:32]}"
