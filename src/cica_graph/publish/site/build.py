"""Build of a site: all pages and data files of a graph."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from importlib import metadata, resources
from typing import Any, Final

import pyoxigraph as ox

from cica_graph.files import cache
from cica_graph.files.background import in_background
from cica_graph.formats import jsonld, rdfxml
from cica_graph.formats.media_types import formats
from cica_graph.formats.turtle import serialize, tidy
from cica_graph.graph import Graph
from cica_graph.model.errors import UsageError
from cica_graph.model.terms import BASE
from cica_graph.pipeline.build import add_day
from cica_graph.pipeline.steps import derive
from cica_graph.publish.catalog.catalog import catalog
from cica_graph.publish.catalog.distributions import Download
from cica_graph.publish.catalog.hosting import hosting, mount
from cica_graph.publish.charts.chart import Chart
from cica_graph.publish.export.downloads import downloads
from cica_graph.publish.output import Output
from cica_graph.publish.site import script_data
from cica_graph.publish.site.page import Page
from cica_graph.publish.site.pages import chart_page, cookbook, lists, subjects, vocabulary
from cica_graph.publish.site.pages.subject_page import FORMATS
from cica_graph.publish.site.render import render
from cica_graph.publish.site.view import SiteView

_MENU: Final = (
    ("Organizations", "organizations"), ("States", "states"), ("Compare", "compare"), ("Audit", "audit"),
    ("Charts", "charts"), ("Queries", "queries"), ("Vocabulary", "ns"), ("Data", "data"),
)  # fmt: skip


def build(
    graph: Graph,
    folder: Output,
    clock: Callable[[str], Any],
    host: str | None = None,
    on_progress: Callable[[str], None] = lambda _: None,
) -> int:
    """Write all pages and data files to a folder, and return the number of pages.

    :param host: address at which the folder will be served, see ``hosting``.
    :param on_progress: receives a message for each file that cannot be written.
    :raises UsageError: ``host`` is not an address.
    """
    view = _view(graph)
    made = in_background(partial(downloads, graph, view.day, on_progress, folder.base))
    site = common(view)
    everywhere = repr(site)
    paths = list(view.index.paths())

    def put(page: Page) -> None:
        if page.data == FORMATS:
            page = replace(page, data=_describe(view, folder, page.path, page.iri))
        inputs = everywhere + repr(page)
        folder.make(f"{page.path}.html", inputs, partial(render, page, site))
        for table in page.tables.values():
            folder.make(page.csv_path(table), inputs, table.csv)

    def put_subjects(paths: Iterable[str]) -> None:
        for path in paths:
            put(subjects.page(view, path))

    with clock("charts"):
        charts = chart_page.drawn(view)
    with clock("pages"):
        wait = folder.beside(partial(put_subjects, paths[1::2]))
        put_subjects(paths[::2])
        wait()
    with clock("data"):
        release = f"download/{site['version']}"
        for name, data in made().items():
            folder.add(f"{release}/{name}", data)
            folder.again(f"download/latest/{name}", f"{release}/{name}")
        files = {path: file for path, file in _files(folder).items() if path.startswith(f"{release}/")}
    # A host shows 404.html at any depth, so it needs absolute links. On disk, relative links work.
    at = mount(folder.base, host) if host or folder.base != BASE else ""
    with clock("pages"):
        for page in (
            *lists.pages(view, files, host or BASE),
            *vocabulary.pages(view, graph.built.project),
            chart_page.page(charts),
            missing(at),
        ):
            put(page)
            paths.append(page.path)
        for path, data in (*_data_files(view, charts), *_static()):
            folder.add(path, data)
        described = catalog(graph, _files(folder), [f"{path}.html" for path in paths], host or BASE)
        for path, data in {**described, **hosting(folder.base, host)}.items():
            folder.add(path, data)
    return len(paths)


def _view(graph: Graph) -> SiteView:
    """Return the view of a graph, which then has the snapshot of the day of the site."""
    view = SiteView(graph)
    if view.day not in derive.days(graph.store):
        add_day(graph.built, view.day)
    return view


def _data_files(view: SiteView, charts: list[Chart]) -> Iterator[tuple[str, bytes]]:
    yield from script_data.files(view).items()
    yield from cookbook.files(view)
    yield from chart_page.files(charts)
    yield from vocabulary.files(view, view.graph.built.project)


def common(view: SiteView) -> dict[str, Any]:
    """Return the values that the templates of all pages use, see ``render``."""
    return {
        "day": view.day.isoformat(), "years": view.years, "languages": view.languages,
        "version": metadata.version("cica-graph"), "menu": _MENU,
        "types": {suffix: kind.type for suffix, kind in formats().items()},
    }  # fmt: skip


def missing(root: str) -> Page:
    """Return the "Not found" page. ``root`` is the path to the home page from the address that shows it."""
    return Page("404", "missing.html", "Not found", lead="This page does not exist.", mount=root)


def _files(folder: Output) -> dict[str, Download]:
    return {path: Download(folder.sizes[path], digest) for path, digest in folder.sums.items()}


def _describe(view: SiteView, folder: Output, path: str, iri: str) -> tuple[str, ...]:
    """Write the data files of a page, and return their suffixes. RDF/XML is omitted if XML cannot hold a value.

    The data of a subject are its statements. The data of a named graph are all statements in that graph.
    """
    graph = ox.NamedNode(iri)
    triples = view.graph.store.graph(graph) if path.startswith("graph/") else view.index.document(path)
    data = serialize(triples, ox.RdfFormat.N_TRIPLES)
    same = cache.digest([data.decode()])
    folder.add(f"{path}.nt", data)
    folder.make(f"{path}.ttl", same, lambda: tidy(serialize(triples, ox.RdfFormat.TURTLE)))
    folder.make(f"{path}.jsonld", same, lambda: jsonld.document(triples))
    try:
        folder.make(f"{path}.rdf", same, lambda: rdfxml.document(triples))
    except UsageError:
        return tuple(suffix for suffix in FORMATS if suffix != "rdf")
    return FORMATS


def _static() -> Iterable[tuple[str, bytes]]:
    for entry in sorted(resources.files(__package__).joinpath("static").iterdir(), key=lambda e: e.name):
        yield f"static/{entry.name}", entry.read_bytes()
