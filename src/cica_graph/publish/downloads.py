"""What lies in a folder of downloads: the whole graph in every format; and each named graph in a file of its own."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from importlib.util import find_spec
from typing import Final

import pyoxigraph as ox

from cica_graph import build
from cica_graph.errors import Misuse
from cica_graph.graph import Graph
from cica_graph.publish.export import FORMATS, SHAPES, export
from cica_graph.publish.output import SUFFIX
from cica_graph.publish.statements import ordered, serialize, turtle
from cica_graph.publish.tables import bundle, tables
from cica_graph.steps import derive
from cica_graph.store import SNAPSHOT, Store
from cica_graph.terms import BASE, GRAPH

_SHAPE: Final = {shape: f"cica-graph-{shape}.{'json' if shape == 'popolo' else 'ttl'}" for shape in SHAPES}
_TOOL: Final = {
    "csvw": "cica-graph-csvw.zip",
    "graphml": "memberships.graphml",
    "graphml-shared": "shared-members.graphml",
    "parquet": "spells.parquet",
    "update": "load.ru",
}
_NAME: Final = re.compile(r"[^\W_][\w.~-]*(/[^\W_][\w.~-]*)*")


def downloads(graph: Graph, day: date, tell: Callable[[str], None] = lambda _: None) -> dict[str, bytes]:
    """Return the files of one folder of downloads, by their names in it.

    ``cica-graph.*`` is the graph in each of ``FORMATS`` and ``cica-graph-<shape>.*`` in each of ``SHAPES``; those of
    ``TOOLS`` have names of their own, and ``tables/`` is the CSV bundle unpacked. What is about one day is about the
    given one, which is derived unless it is there. ``tell`` is told in a sentence what had to be left out.

    :raises Misuse: a term that one of the formats cannot write.
    """
    store = graph.store
    if day not in derive.days(store):
        build.add_day(graph.built, day)
    wanted = {form: f"cica-graph.{SUFFIX[form]}" for form in FORMATS} | _SHAPE | _TOOL
    if find_spec("polars") is None:
        tell(f"{wanted.pop('parquet')} is left out, since polars is not installed: pip install 'cica-graph[frames]'")
    sheets = tables(store, day)
    made = {wanted.pop("csv"): sheets["memberships.csv"], wanted.pop("csvw"): bundle(sheets)}  # not to be made twice
    made |= {name: export(store, form, day) for form, name in wanted.items()}
    return made | {f"tables/{name}": data for name, data in sheets.items()}


def graphs(store: Store) -> dict[str, bytes]:
    """Return each named graph but the snapshots of single days as Turtle and N-Triples.

    The path is that of the graph's IRI: ``graph/cica.ttl``, ``graph/cica.nt``.

    :raises Misuse: a graph's name makes no path below ``graph/``.
    """
    made = {}
    for iri in store.graphs():
        if iri.startswith(SNAPSHOT):
            continue
        if not (iri.startswith(GRAPH) and _NAME.fullmatch(iri.removeprefix(GRAPH))):
            raise Misuse(f"graph <{iri}> cannot be a file; name it <{GRAPH}...>, with letters, digits, '-' and '.'")
        path, triples = iri.removeprefix(BASE), store.graph(ox.NamedNode(iri))
        made[f"{path}.ttl"] = turtle(triples)
        made[f"{path}.nt"] = serialize(ordered(triples), ox.RdfFormat.N_TRIPLES)
    return made
