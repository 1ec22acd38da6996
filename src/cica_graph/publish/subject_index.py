"""Index of the statements of a graph by subject and by object.

>>> from cica_graph import open_graph
>>> index = SubjectIndex(open_graph().store)
>>> index.one("https://w3id.org/cica-graph/id/org/cica", "http://www.w3.org/2004/02/skos/core#notation")
'CICA'
>>> index.path("https://w3id.org/cica-graph/doc/cica-profile#members")
'doc/cica-profile'
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property
from typing import Final

import pyoxigraph as ox

from cica_graph.formats import jsonld
from cica_graph.formats.turtle import ordered, serialize, tidy
from cica_graph.model.terms import CG, DCTERMS, ID, RDF_TYPE
from cica_graph.publish import paths
from cica_graph.store.store import Store, Term, value

FINDING: Final = ID + "finding/"
_PART_OF: Final = (CG + "organization", CG + "member", CG + "suspends", DCTERMS + "isPartOf", CG + "remarksOn")

_Statement = tuple[str, Term]


class SubjectIndex:
    """The statements of a graph without day snapshots. Keys are IRIs and labels of blank nodes."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._about = defaultdict[str, list[_Statement]](list)
        self._mentions = defaultdict[str, list[tuple[str, str]]](list)
        self._triples = defaultdict[str, list[ox.Triple]](list)
        self._objects = defaultdict[tuple[str, str], list[Term]](list)
        for t in store.triples():
            subject = value(t.subject)
            predicate, obj = t.predicate.value, t.object
            self._about[subject].append((predicate, obj))
            self._triples[subject].append(t)
            self._objects[subject, predicate].append(obj)
            if isinstance(obj, ox.NamedNode):
                self._mentions[obj.value].append((predicate, subject))

    def __iter__(self) -> Iterator[str]:
        return iter(self._about)

    def __contains__(self, iri: str) -> bool:
        return iri in self._about

    def about(self, iri: str) -> list[_Statement]:
        """Return predicate and object of each statement about a subject, sorted."""
        return self._about.get(iri, [])

    def mentions(self, iri: str) -> list[tuple[str, str]]:
        """Return predicate and subject of each statement with this object, sorted by subject."""
        return sorted(self._mentions.get(iri, []), key=lambda mention: mention[::-1])

    def objects(self, iri: str, predicate: str) -> list[Term]:
        """Return the values of a property, sorted."""
        return self._objects.get((iri, predicate), [])

    def values(self, iri: str, predicate: str) -> list[str]:
        """Return the values of a property as texts, sorted."""
        return [value(o) for o in self.objects(iri, predicate)]

    def one(self, iri: str, predicate: str) -> str:
        """Return the first value of a property as text; empty: no value."""
        return next(iter(self.values(iri, predicate)), "")

    def subjects(self, iri: str, *predicates: str) -> list[str]:
        """Return the subjects that refer to an object with one of the properties, sorted."""
        return sorted({s for p, s in self.mentions(iri) if p in predicates})

    def classes(self, iri: str) -> set[str]:
        """Return the IRIs of the classes of a subject."""
        return set(self.values(iri, RDF_TYPE))

    def of_class(self, iri: str) -> list[str]:
        """Return the members of a class, sorted."""
        return self.subjects(iri, RDF_TYPE)

    def stated(self, iri: str) -> list[tuple[str, Term, tuple[str, ...]]]:
        """Return predicate, object and named graphs of each statement about a subject, sorted.

        The graphs show whether a statement is authored or computed. Day snapshots are ignored.
        """
        triples, graphs = self._triples.get(iri, ()), self._store.graphs_by_statement()
        return [(t.predicate.value, t.object, tuple(sorted(graphs[t]))) for t in triples]

    def describe(self, iri: str) -> list[ox.Triple]:
        """Return all statements about a subject, then those about its parts.

        The parts of a state or organization are its memberships. The parts of a membership are its suspensions. The
        parts of a source are its sections, with the remarks on them. Parts of parts are included.
        """
        found = dict.fromkeys([iri])
        for thing in (todo := [iri]):
            parts = [part for part in self.subjects(thing, *_PART_OF) if part not in found]
            found |= dict.fromkeys(parts)
            todo += parts
        return [t for thing in found for t in self._triples.get(thing, ())]

    def paths(self) -> dict[str, list[str]]:
        """Return the subjects of each page by path (see :mod:`paths`), the main subject first.

        Every subject in the folders has a page, except findings: each pair of organizations has several for each day.
        Terms of vocabularies, blank nodes and pipeline steps have no page either.
        """
        return self._paths

    def path(self, iri: str) -> str | None:
        """Return the path of the page that shows a subject, or None."""
        return self._path_of.get(paths.page(iri))

    def document(self, path: str) -> list[ox.Triple]:
        """Return the statements of a page, in the order of the files.

        :raises KeyError: the path is unknown.
        """
        return ordered(dict.fromkeys(t for iri in self._paths[path] for t in self.describe(iri)))

    def files(self, path: str) -> dict[str, bytes]:
        """Return the data of a page as Turtle, N-Triples and JSON-LD, by path.

        :raises KeyError: the path is unknown.
        :raises UsageError: JSON-LD cannot express an IRI.
        """
        triples = self.document(path)
        return {
            f"{path}.ttl": tidy(serialize(triples, ox.RdfFormat.TURTLE)),
            f"{path}.nt": serialize(triples, ox.RdfFormat.N_TRIPLES),
            f"{path}.jsonld": jsonld.document(triples),
        }

    @cached_property
    def _path_of(self) -> dict[str, str]:
        return paths.assign(page for iri in self if (page := paths.page(iri)) and not iri.startswith(FINDING))

    @cached_property
    def _paths(self) -> dict[str, list[str]]:
        found = defaultdict[str, list[str]](list)
        for iri in sorted(self, key=lambda iri: (not iri.endswith("#document"), iri)):
            if path := self.path(iri):
                found[path].append(iri)
        return dict(sorted(found.items()))
