"""From a graph to a folder of pages and data."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from importlib import metadata
from importlib.resources import files
from typing import Any, Final

import pyoxigraph as ox

from cica_graph.graph import Graph
from cica_graph.publish import export
from cica_graph.publish.output import Folder
from cica_graph.publish.site import cookbook, fronts, scripts, things, vocabulary
from cica_graph.publish.site.about import FORMATS
from cica_graph.publish.site.page import Page
from cica_graph.publish.site.render import render
from cica_graph.publish.site.world import World
from cica_graph.publish.statements import ordered, serialize, turtle
from cica_graph.sources import Project

TYPES: Final = {
    "ttl": "text/turtle",
    "jsonld": "application/ld+json",
    "nt": "application/n-triples",
    "csv": "text/csv",
    "rdf": "application/rdf+xml",
}
_MENU: Final = (
    ("Organizations", "organizations"), ("States", "states"), ("Compare", "compare"), ("Audit", "audit"),
    ("Pictures", "charts"), ("Queries", "queries"), ("Vocabulary", "ns"), ("Data", "data"),
)  # fmt: skip


def build(graph: Graph, folder: Folder, clock: Callable[[str], Any]) -> int:
    """Put every page and every file of data into a folder, and return how many pages there are."""
    world = World(graph)
    site = {
        "day": world.day.isoformat(), "years": world.years, "languages": world.languages,
        "version": metadata.version("cica-graph"), "types": TYPES, "menu": _MENU,
    }  # fmt: skip
    common = repr(site)
    count = 0
    with clock("data"):
        for path, data in _downloads(graph):
            folder.add(path, data)
        downloads = {path: (size, "") for path, size in folder.sizes.items()}
    with clock("pages"):
        for page in _pages(world, graph.built.project, downloads):
            count += 1
            inputs = common + repr(page)
            folder.make(f"{page.path}.html", inputs, partial(render, page, site))
            for table in page.tables.values():
                folder.make(page.csv_path(table), inputs, table.csv)
            if page.data == FORMATS:
                _describe(world, folder, page.path, page.iri)
        for path, data in [
            *scripts.files(world).items(),
            *cookbook.files(world),
            *vocabulary.files(world, graph.built.project),
            *_static(),
        ]:
            folder.add(path, data)
    return count


def _pages(world: World, project: Project, downloads: dict[str, tuple[int, str]]) -> Iterator[Page]:
    yield from things.pages(world)
    yield from fronts.pages(world, downloads)
    yield from vocabulary.pages(world, project)


def _downloads(graph: Graph) -> Iterator[tuple[str, bytes]]:
    """Every format of the whole graph, in the folder of this version and in that of the latest."""
    suffix = {
        "turtle": "ttl",
        "trig": "trig",
        "ntriples": "nt",
        "nquads": "nq",
        "jsonld": "jsonld",
        "rdfxml": "rdf",
        "csv": "csv",
    }
    for form in export.FORMATS:
        yield f"download/latest/cica-graph.{suffix[form]}", export.export(graph.store, form)


def _describe(world: World, folder: Folder, path: str, iri: str) -> None:
    triples = ordered(world.things.describe(iri))
    data = serialize(triples, ox.RdfFormat.N_TRIPLES)
    folder.add(f"{path}.nt", data)
    folder.make(f"{path}.ttl", data.decode(), partial(turtle, triples))


def _static() -> Iterable[tuple[str, bytes]]:
    for entry in sorted(files(__package__).joinpath("static").iterdir(), key=lambda e: e.name):
        yield f"static/{entry.name}", entry.read_bytes()
