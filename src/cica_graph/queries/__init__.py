"""Reader of query files.

The first comment lines of a file give its title and its parameters::

    # The members of one organization on one day.
    # param org  cg:Organization
    # param asOf xsd:date

A parameter is in the outermost group with an example value, so the file runs unchanged in any engine:
``VALUES ?asOf { "2012-06-13"^^xsd:date }``. Binding replaces this value by a term, never by pasted text. Inside
OPTIONAL or UNION, engines would ignore a parameter without an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from importlib.resources import files

import pyoxigraph as ox

from cica_graph.model.errors import QueryError

_PARAM = re.compile(r"#\s*param\s+(\w+)\s+(\S+)\s*(.*)")
_SLOT = r"(VALUES\s+\?{name}\s*\{{)[^}}]*(\}})"


@dataclass(frozen=True)
class Query:
    """One query file."""

    name: str
    text: str
    title: str
    params: Mapping[str, str]
    snapshot: bool

    def bind(self, **values: ox.NamedNode | ox.Literal) -> str:
        """Return the text with parameters set.

        :raises QueryError: the query has no such parameter.
        """
        slots = []
        for name, term in values.items():
            slot = self._slot(name)
            slots.append((slot.end(1), slot.start(2), term))
        text = self.text
        for start, end, term in sorted(slots, key=lambda slot: slot[0], reverse=True):  # a value may look like one
            text = f"{text[:start]} {term} {text[end:]}"
        return text

    def default(self, name: str) -> str:
        """Return the text of a parameter's value in the file: for a literal, without quotes and type.

        :raises QueryError: the query has no such parameter.
        """
        slot = self._slot(name)
        value = self.text[slot.end(1) : slot.start(2)].strip()
        return value.split('"')[1] if value.startswith('"') else value

    def _slot(self, name: str) -> re.Match[str]:
        if name not in self.params:
            known = ", ".join(self.params) or "none"
            raise QueryError(f"query {self.name} has no parameter {name!r}; its parameters: {known}")
        slot = re.search(_SLOT.format(name=name), self.text)
        if slot is None:
            raise QueryError(f"query {self.name} declares {name!r} but has no VALUES ?{name} {{ ... }} for it")
        return slot


def read(name: str, text: str) -> Query:
    """Return the query in a text, with its title and parameters."""
    params: dict[str, str] = {}
    title = []
    snapshot = False
    for line in text.splitlines():
        if not line.startswith("#"):
            break
        if match := _PARAM.match(line):
            params[match[1]] = match[2]
        elif line.lstrip("# ").startswith("needs the snapshot"):
            snapshot = True
        elif not params:
            title.append(line.lstrip("# ").strip())
    return Query(name, text, " ".join(title).strip(), params, snapshot)


def shipped(folder: str, name: str) -> Query:
    """Return one query of the package, by its directory in ``queries/`` and its name without suffix."""
    text = files(__name__).joinpath(folder, f"{name}.rq").read_text("utf-8")
    return read(name, text)


def folder(name: str) -> Iterator[Query]:
    """Yield the queries of one directory, sorted by name."""
    for entry in sorted(files(__name__).joinpath(name).iterdir(), key=lambda e: e.name):
        if entry.name.endswith(".rq"):
            yield read(entry.name.removesuffix(".rq"), entry.read_text("utf-8"))


def near(name: str, known: Iterable[str]) -> str:
    """Return ``; did you mean ...?`` for a name that is similar to a known one, else an empty text."""
    close = get_close_matches(name, sorted(known), n=2)
    return f"; did you mean {' or '.join(close)}?" if close else ""
