"""Exporters: functions that write a graph in one format each, registered as ``cica_graph.exports``."""

from __future__ import annotations

import re
from datetime import date
from functools import partial
from typing import Final, Protocol

import pyoxigraph as ox

from cica_graph import queries
from cica_graph.formats.jsonld import to_jsonld
from cica_graph.formats.rdfxml import rdfxml
from cica_graph.formats.turtle import serialize, tidy, turtle
from cica_graph.model.errors import UsageError
from cica_graph.model.terms import PREFIXES
from cica_graph.pipeline.steps import derive
from cica_graph.publish.export import graphml
from cica_graph.publish.export.errata import errata_csv, errata_markdown
from cica_graph.publish.export.memberships import memberships_csv
from cica_graph.publish.export.parquet import parquet
from cica_graph.publish.export.popolo import popolo
from cica_graph.publish.export.tables import bundle, tables
from cica_graph.publish.export.update import update
from cica_graph.store.store import Store, day_literal

_PREFIX: Final = re.compile(r"^PREFIX\s+(\w+):\s*<([^>]+)>", re.MULTILINE)


class Exporter(Protocol):
    """Writer of a graph in one format.

    Another package adds a format ``NAME`` to ``cica-graph export NAME`` by an entry point of that name in the group
    ``cica_graph.exports``.
    """

    def __call__(self, store: Store, day: date | None, /) -> bytes:
        """Return a graph as the content of a file; equal graphs give equal bytes.

        The snapshot of the day is in the store if the caller has one. A format that needs no day ignores it.

        :raises UsageError: the format needs a day, or cannot write a term.
        """


def to_turtle(store: Store, day: date | None) -> bytes:
    """Return the default graph as Turtle."""
    return tidy(serialize(store.triples(), ox.RdfFormat.TURTLE))


def to_trig(store: Store, day: date | None) -> bytes:
    """Return every graph as TriG."""
    return tidy(serialize(store.quads(), ox.RdfFormat.TRIG))


def to_ntriples(store: Store, day: date | None) -> bytes:
    """Return the default graph as N-Triples."""
    return serialize(store.triples(), ox.RdfFormat.N_TRIPLES)


def to_nquads(store: Store, day: date | None) -> bytes:
    """Return every graph as N-Quads."""
    return serialize(store.quads(), ox.RdfFormat.N_QUADS)


def to_json_ld(store: Store, day: date | None) -> bytes:
    """Return the default graph as JSON-LD."""
    return to_jsonld(store)


def to_rdf_xml(store: Store, day: date | None) -> bytes:
    """Return the default graph as RDF/XML."""
    return rdfxml(store)


def to_memberships_csv(store: Store, day: date | None) -> bytes:
    """Return the memberships as CSV, one row each."""
    return memberships_csv(store)


def to_popolo(store: Store, day: date | None) -> bytes:
    """Return the graph as Popolo JSON."""
    return popolo(store)


def to_csvw(store: Store, day: date | None) -> bytes:
    """Return the tables with their description as a ZIP file, counted on the day."""
    return bundle(tables(store, day or _latest(store, "csvw")))


def to_graphml(store: Store, day: date | None) -> bytes:
    """Return the memberships as a network in GraphML."""
    return graphml.memberships(store)


def to_graphml_shared(store: Store, day: date | None) -> bytes:
    """Return the organizations, joined by the members that they share on the day, in GraphML."""
    return graphml.shared_members(store, day or _latest(store, "graphml-shared"))


def to_parquet(store: Store, day: date | None) -> bytes:
    """Return the memberships as Parquet."""
    return parquet(store)


def to_errata(store: Store, day: date | None) -> bytes:
    """Return the statements of pages that an editor should look at, as CSV."""
    return errata_csv(store)


def to_errata_markdown(store: Store, day: date | None) -> bytes:
    """Return the statements of pages that an editor should look at, as Markdown."""
    return errata_markdown(store)


def to_update(store: Store, day: date | None) -> bytes:
    """Return a SPARQL update that loads every graph."""
    return update(store)


def _constructed(name: str, store: Store, day: date | None) -> bytes:
    """Return the Turtle that the query ``queries/export/NAME.rq`` constructs."""
    query = queries.shipped("export", name)
    text = query.text
    if query.snapshot:
        if day is None:
            raise UsageError(f"{query.name} describes one day. Name the day, as in --on 2012-06-13")
        text = query.bind(asOf=day_literal(day))
    triples = store.construct(text, day if query.snapshot else None)
    return turtle(triples, PREFIXES | dict(_PREFIX.findall(text)))


to_org, to_schema, to_wikidata, to_fao, to_void = (
    partial(_constructed, name) for name in ("org", "schema", "wikidata", "fao", "void")
)


def _latest(store: Store, form: str) -> date:
    days = derive.days(store)
    if not days:
        raise UsageError(f"{form} counts members on one day. Name the day, as in --on 2012-06-13")
    return days[-1]
