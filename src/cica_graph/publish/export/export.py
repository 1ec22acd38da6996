"""The graph as bytes: in seven formats, in the shapes that others give such data, and for others' tools.

Equal graphs give equal bytes. Lines end in LF, but for CSV, and every format but CSV reads back as the same graph. A
shape holds what the other vocabulary has words for, and the query that makes it (``queries/export``) says what stays
behind.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from cica_graph import queries
from cica_graph.files import atomic
from cica_graph.formats.jsonld import to_jsonld
from cica_graph.formats.rdfxml import rdfxml
from cica_graph.formats.turtle import serialize, tidy, turtle
from cica_graph.model.errors import UsageError
from cica_graph.model.terms import PREFIXES
from cica_graph.pipeline.steps import derive
from cica_graph.publish.export import graphml
from cica_graph.publish.export.parquet import parquet
from cica_graph.publish.export.popolo import popolo
from cica_graph.publish.export.spells import spells_csv
from cica_graph.publish.export.tables import bundle, tables
from cica_graph.publish.export.update import update
from cica_graph.store.store import Store, day_literal

FORMATS: Final[tuple[str, ...]] = ("turtle", "trig", "ntriples", "nquads", "jsonld", "rdfxml", "csv")
SUFFIX: Final = {
    "turtle": "ttl",
    "trig": "trig",
    "ntriples": "nt",
    "nquads": "nq",
    "jsonld": "jsonld",
    "rdfxml": "rdf",
    "csv": "csv",
}
SHAPES: Final[tuple[str, ...]] = ("org", "schema", "wikidata", "fao", "popolo", "void")
TOOLS: Final[tuple[str, ...]] = ("csvw", "graphml", "graphml-shared", "parquet", "update")
_PREFIX = re.compile(r"^PREFIX\s+(\w+):\s*<([^>]+)>", re.MULTILINE)


def export(store: Store, form: str, day: date | None = None) -> bytes:
    """Return the graph in one of :data:`FORMATS`, :data:`SHAPES` or :data:`TOOLS`, as UTF-8 without byte order mark.

    ``turtle``, ``ntriples``, ``rdfxml`` and ``jsonld`` hold what is true without naming a day, ``trig`` and
    ``nquads`` every named graph with the snapshots of single days, ``csv`` one row a membership spell.

    Of the shapes, ``popolo`` is JSON and the others are Turtle. ``fao`` is about one day, which must be given.

    Of those for tools, ``csvw`` is a ZIP file of tables and ``parquet`` is binary; ``graphml`` has memberships as
    edges, ``graphml-shared`` shared members; ``update`` is a script that loads every named graph. ``csvw`` and
    ``graphml-shared`` count on one day, the latest that claims are about when none is given.

    A day's snapshot, or counts, must be in the store; nothing else takes notice of the day.

    :raises UsageError: no such format, no day where one is needed, or a term that the format cannot write.
    """
    writers: dict[str, Callable[[Store], bytes]] = {
        "turtle": lambda s: tidy(serialize(s.triples(), ox.RdfFormat.TURTLE)),
        "trig": lambda s: tidy(serialize(s.quads(), ox.RdfFormat.TRIG)),
        "ntriples": lambda s: serialize(s.triples(), ox.RdfFormat.N_TRIPLES),
        "nquads": lambda s: serialize(s.quads(), ox.RdfFormat.N_QUADS),
        "jsonld": to_jsonld,
        "rdfxml": rdfxml,
        "csv": spells_csv,
        "popolo": popolo,
        "csvw": lambda s: bundle(tables(s, day or _latest(s, form))),
        "graphml": graphml.memberships,
        "graphml-shared": lambda s: graphml.shared_members(s, day or _latest(s, form)),
        "parquet": parquet,
        "update": update,
    }
    if form in writers:
        return writers[form](store)
    if form not in SHAPES:
        raise UsageError(f"there is no format {form!r}; the formats are {', '.join(FORMATS + SHAPES + TOOLS)}")
    return _constructed(store, queries.shipped("export", form), day)


def _latest(store: Store, form: str) -> date:
    days = derive.days(store)
    if not days:
        raise UsageError(f"{form} counts on one day, and no claim is about any; give the day, as in --on 2012-06-13")
    return days[-1]


def _constructed(store: Store, query: queries.Query, day: date | None) -> bytes:
    text = query.text
    if query.snapshot:
        if day is None:
            raise UsageError(f"{query.name} holds what is true on one day; give the day, as in --on 2012-06-13")
        text = query.bind(asOf=day_literal(day))
    triples = store.construct(text, day if query.snapshot else None)
    return turtle(triples, PREFIXES | dict(_PREFIX.findall(text)))


def write(data: bytes, path: Path) -> None:
    """Write a file whole or not at all: see ``atomic.binary_files``.

    :raises OSError: the file could not be written; nothing is left behind.
    """
    with atomic.binary_files(path) as (file,):
        file.write(data)
