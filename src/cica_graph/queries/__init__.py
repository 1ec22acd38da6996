"""Reader of the query files.

The first comment lines of a file give its title and its parameters::

    # The members of one organization on one day.
    # param org  cg:Organization
    # param asOf xsd:date

Each parameter has a default value in the outermost group, so the file runs unchanged in any engine:
``VALUES ?asOf { "2012-06-13"^^xsd:date }``. ``Query.bind`` replaces this value with a term, which prevents injection.
Do not put a parameter inside OPTIONAL or UNION: engines do not see it there, and return no rows without an error.
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
    """A query file.

    :ivar params: type of each parameter, by name.
    :ivar snapshot: True if the query needs the snapshot of a day.
    """

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
        for start, end, term in sorted(slots, key=lambda slot: slot[0], reverse=True):  # a value may look like a slot
            text = f"{text[:start]} {term} {text[end:]}"
        return text

    def default(self, name: str) -> str:
        """Return the default value of a parameter as text. A literal is returned without quotes and type.

        :raises QueryError: the query has no such parameter.
        """
        slot = self._slot(name)
        value = self.text[slot.end(1) : slot.start(2)].strip()
        return value.split('"')[1] if value.startswith('"') else value

    def _slot(self, name: str) -> re.Match[str]:
        if name not in self.params:
            known = ", ".join(self.params) or "none"
            raise QueryError(f"query {self.name} has no parameter {name!r}; its parameters are: {known}")
        slot = re.search(_SLOT.format(name=name), self.text)
        if slot is None:
            raise QueryError(f"query {self.name} declares {name!r} but has no VALUES ?{name} {{ ... }} for it")
        return slot


def read(name: str, text: str) -> Query:
    """Return the query in a text, with the title and parameters of its first comment lines."""
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
    """Return a query of this package, from a directory of ``queries/`` and a name without suffix."""
    text = files(__name__).joinpath(folder, f"{name}.rq").read_text("utf-8")
    return read(name, text)


def folder(name: str) -> Iterator[Query]:
    """Yield the queries in a directory of ``queries/``, sorted by name."""
    for entry in sorted(files(__name__).joinpath(name).iterdir(), key=lambda e: e.name):
        if entry.name.endswith(".rq"):
            yield read(entry.name.removesuffix(".rq"), entry.read_text("utf-8"))


def near(name: str, known: Iterable[str]) -> str:
    """Return ``; did you mean ...?`` if known names are similar to a name, else an empty text."""
    close = get_close_matches(name, sorted(known), n=2)
    return f"; did you mean {' or '.join(close)}?" if close else ""
