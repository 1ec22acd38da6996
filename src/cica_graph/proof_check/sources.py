"""The files against which proofs are checked, read with rdflib."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from functools import cached_property
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from rdflib import Graph
    from rdflib.term import Node

Window = tuple[float, float]  # first and last day as ordinals, infinite if unknown

_CG: Final = "https://w3id.org/cica-graph/ns#"
_C: Final = "https://w3id.org/cica-graph/concept/"
_DCTERMS: Final = "http://purl.org/dc/terms/"
_SKOS: Final = "http://www.w3.org/2004/02/skos/core#"
_RDF_TYPE: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
_FAR: Final = date(2100, 1, 1).toordinal()
_ALWAYS: Final = (-inf, inf)


class Entry(NamedTuple):
    """Report of one source: four days, and the membership or report that states them.

    It had not begun before ``opens`` and had begun by ``begun``; it lasted until ``lasts`` at least, and ``closes`` at
    most.
    """

    source: str
    node: str
    role: str
    opens: float
    begun: float
    lasts: float
    closes: float


class Cover(NamedTuple):
    """The days on which a source names everybody who has a role."""

    node: str
    source: str
    organization: str
    role: str
    first: float
    last: float
    among: str
    unknown: frozenset[str]


class Sources:
    """The files against which proofs are checked.

    :ivar statements: the statements of all files.
    """

    def __init__(self, files: Iterable[Path]) -> None:
        """Read the files of the data and of the vocabulary."""
        from rdflib import Graph

        self.statements = Graph()
        self._edited = dict[str, float]()
        self._voices = set[str]()
        for path in files:
            one = Graph().parse(path, format="turtle")
            self.statements += one
            for _, _, day in one.triples((None, _iri(_CG + "editedUntil"), None)):
                for organization in _subjects(one, "Organization"):
                    self._edited[organization] = _window(str(day))[1]
            if next(one.triples((None, _iri(_CG + "reports"), None)), None):
                self._voices |= set(_subjects(one, "Membership"))

    def values(self, subject: str, name: str) -> list[str]:
        """Return the values of a property, sorted."""
        return sorted(str(o) for o in self.statements.objects(_iri(subject), _iri(name)))

    def one(self, subject: str, name: str) -> str:
        """Return the first value of a property in the vocabulary, or an empty text."""
        return next(iter(self.values(subject, _CG + name)), "")

    def subjects(self, name: str, value: str) -> list[str]:
        """Return the subjects that have a value of a property, sorted."""
        return sorted(str(s) for s in self.statements.subjects(_iri(name), _iri(value)))

    def of_class(self, name: str) -> list[str]:
        """Return the members of a class of the vocabulary, sorted."""
        return sorted(_subjects(self.statements, name))

    def edited_until(self, organization: str) -> float:
        """Return the last day for which the editors speak."""
        return self._edited.get(organization, inf)

    def life(self, actor: str) -> Window:
        """Return the first and last possible day of a state or organization."""
        start, end = self.one(actor, "start"), self.one(actor, "end")
        return _window(start)[0] if start else -inf, _window(end)[1] if end else inf

    def broadest(self, role: str) -> str:
        """Return the local name of the broadest role above a role."""
        above = self.values(role, _SKOS + "broader")
        return self.broadest(above[0]) if above else role.removeprefix(_C)

    def excluded(self, role: str) -> set[str]:
        """Return the roles that nobody has together with a role."""
        return {
            each.removeprefix(_C)
            for each in self.values(_C + role, _CG + "excludes") + self.subjects(_CG + "excludes", _C + role)
        }

    def document(self, section: str) -> str:
        """Return the source of a section, or the source of which that one is a copy."""
        documents = self.values(section, _DCTERMS + "isPartOf")
        return (self.one(documents[0], "copyOf") or documents[0]) if documents else ""

    def speaks(self, node: str) -> dict[str, str]:
        """Return the days for which the sources of a node speak, empty if unknown."""
        found = dict[str, str]()
        for section in self.values(node, _DCTERMS + "source"):
            for document in self.values(section, _DCTERMS + "isPartOf"):
                source = self.document(section)
                found[source] = max(self.one(document, "accurateAsOf"), found.get(source, ""))
        return found

    @cached_property
    def nodes(self) -> dict[tuple[str, str], list[str]]:
        """The memberships and reports about each member and organization."""
        found = dict[tuple[str, str], list[str]]()
        for node in self.of_class("Membership") + self.of_class("Report"):
            about = self.one(node, "of") or node
            pair = self.one(about, "member"), self.one(about, "organization")
            if all(pair) and self.role(node):
                found.setdefault(pair, []).append(node)
        return found

    def role(self, node: str) -> str:
        """Return the broadest role of a membership or report."""
        role = self.one(node, "role") or self.one(self.one(node, "of"), "role")
        return self.broadest(role) if role else ""

    @cached_property
    def _horizon(self) -> float:
        """The last day for which any source speaks, or on which a membership is stated to have begun."""
        each = [node for nodes in self.nodes.values() for node in nodes]
        sections = {section for node in each for section in self.values(node, _DCTERMS + "source")}
        documents = {document for section in sections for document in self.values(section, _DCTERMS + "isPartOf")}
        texts = {self.one(document, "accurateAsOf") for document in documents}
        texts |= {text for node in each for text in (self.one(node, "start"), *self.values(node, _CG + "attestedOn"))}
        days = [-inf, *(last for text in texts if text and (last := _window(text)[1]) < inf)]
        return max(days)

    @cached_property
    def covers(self) -> list[Cover]:
        """The coverages."""
        found = list[Cover]()
        for node in self.of_class("Coverage"):
            start, end, day = (self.one(node, name) for name in ("start", "end", "attestedOn"))
            first, last = (_window(start)[0], _window(end)[1]) if start and end else _window(day)
            unknown = frozenset(self.values(node, _CG + "unknownFor"))
            for section in self.values(node, _CG + "unknownAmong"):
                lives = [
                    life for life in self.of_class("Lifetime") if section in self.values(life, _DCTERMS + "source")
                ]
                unknown |= {actor for life in lives for actor in self.values(life, _CG + "lifeOf")}
            for section in self.values(node, _DCTERMS + "source"):
                for organization in self.values(node, _CG + "covers"):
                    for role in self.values(node, _CG + "coversRole"):
                        found.append(
                            Cover(
                                node, self.document(section), organization, self.broadest(role), first, last,
                                self.one(node, "among"), unknown,
                            )
                        )  # fmt: skip
        return [c for c in dict.fromkeys(found) if -inf < c.first <= c.last < inf]

    def entries(self, member: str, organization: str) -> list[Entry]:
        """Return what each source, and the editors, report about a member and an organization."""
        if (member, organization) not in self._entries:  # a proof of many numbers asks again and again
            self._entries[member, organization] = self._entries_of(member, organization)
        return self._entries[member, organization]

    @cached_property
    def _entries(self) -> dict[tuple[str, str], list[Entry]]:
        return {}

    def _entries_of(self, member: str, organization: str) -> list[Entry]:
        found = set[Entry]()
        for node in self.nodes.get((member, organization), ()):
            speaks = self.speaks(node)
            own = [(source, [day] if day else []) for source, day in speaks.items()]
            if not self.one(node, "of") and node not in self._voices and not self.rejected(node):
                own.append(("editors", [day for day in speaks.values() if day]))
            found |= {self._entry(source, node, member, organization, days) for source, days in own}
        return sorted(found)

    def rejected(self, node: str) -> bool:
        """Return whether the editors reject a report: it is about no membership of theirs."""
        return _CG + "Report" in self.values(node, _RDF_TYPE) and not self.one(node, "of")

    def _entry(self, source: str, node: str, member: str, organization: str, speaks: Sequence[str]) -> Entry:
        role = self.role(node)
        opens, begun, lasts, closes = -inf, inf, -inf, inf
        if start := self.one(node, "start"):
            opens, begun = _window(start)
            lasts = opens
        end = _window(self.one(node, "end")) if self.one(node, "end") else None
        if end and end[0] <= (self._horizon if speaks else max(self._horizon, _FAR)):
            begun, lasts, closes = min(begun, end[1]), max(lasts, end[0]), end[1]
            speaks = ()
        for first, last in map(_window, [*self.values(node, _CG + "attestedOn"), *speaks]):
            begun, lasts = min(begun, last), max(lasts, first)
        covers = [c for c in self.covers if (c.organization, c.source, c.role) == (organization, source, role)]
        earliest, latest = min((c.first for c in covers), default=inf), max((c.last for c in covers), default=-inf)
        if opens == earliest:
            opens = -inf
        for gap in (c for c in covers if member in c.unknown):
            if gap.last + 1 == opens:
                opens = -inf if gap.first <= earliest else gap.first
            if gap.first - 1 == closes:
                closes = inf if gap.last >= latest else gap.last
        return Entry(source, node, role, opens, begun, lasts, closes)

    def populated(self, among: str, member: str) -> list[Window]:
        """Return the days on which a member belongs to the population of a coverage."""
        if not among:
            return [_ALWAYS]
        lives = [n for n in self.of_class("Lifetime") if among in self.values(n, _DCTERMS + "source")]
        return [self.life(n) for n in lives if self.one(n, "lifeOf") == member]


def _iri(text: str) -> Node:
    from rdflib import URIRef

    return URIRef(text)


def _subjects(graph: Graph, name: str) -> Iterator[str]:
    from rdflib import URIRef

    found = graph.subjects(URIRef(_RDF_TYPE), URIRef(_CG + name))
    return (str(node) for node in found if isinstance(node, URIRef))


def _window(text: str) -> Window:
    """Return the first and last day that a date can mean (EDTF), or no bounds if it cannot be read."""
    first, slash, last = text.partition("/")
    if slash:
        return (
            -inf if first in ("", "..") else _window(first)[0],
            inf if last in ("", "..") else _window(last)[1],
        )
    if between := re.fullmatch(r"\[([\d-]+)\.\.([\d-]+)\]", text):
        return _window(between[1])[0], _window(between[2])[1]
    match = re.fullmatch(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?", text)
    if match is None:
        return _ALWAYS
    year, month, day = (int(part) if part else 0 for part in match.groups())
    try:
        last_month = month or 12
        opens = date(year, month or 1, day or 1)
        return opens.toordinal(), date(year, last_month, day or monthrange(year, last_month)[1]).toordinal()
    except ValueError:
        return _ALWAYS
