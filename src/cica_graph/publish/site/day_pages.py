"""Pages and tables of the site for any day, for a server."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from cica_graph import queries
from cica_graph.model.errors import NotFound
from cica_graph.publish.site.build import common
from cica_graph.publish.site.page import Page
from cica_graph.publish.site.pages import cookbook, lists, subjects
from cica_graph.publish.site.render import render
from cica_graph.publish.site.view import SiteView

_HTML, _CSV = ".html", ".csv"


def file(view: SiteView, path: str, day: date, data: Iterable[str] = ()) -> bytes | None:
    """Return a page, a table of a page or the results of a query for a day. None: the path is not such a file.

    :param data: suffixes of the data files of the page.
    :raises NotFound: the table has no rows on that day.
    """
    dated = view.on(day)
    stem = path.removesuffix(_HTML).removesuffix(_CSV).removesuffix(".json")
    query = next((q for q in queries.folder("cookbook") if stem == f"query/{q.name}"), None)
    if query is not None and not path.endswith(_HTML):
        return cookbook.results(dated, query).get(path)
    page = cookbook.recipe(dated, query) if query is not None else _page(dated, stem)
    if page is None:
        return None
    page = replace(page, on=day.isoformat(), data=tuple(data))
    if path == page.path + _HTML:
        return render(page, common(dated))
    tables = {page.csv_path(table): table for table in page.tables.values()}
    if path not in tables:
        raise NotFound(f"{path} has no rows for {day}")
    return tables[path].csv()


def _page(view: SiteView, stem: str) -> Page | None:
    for name in (stem, stem.rpartition(".")[0]):  # id/org/cica.overlaps.csv is a table of id/org/cica
        if name in lists.DAY_PAGES:
            return lists.DAY_PAGES[name](view)
        if name in view.index.paths():
            return subjects.page(view, name)
    return None
