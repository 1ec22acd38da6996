"""HTML of a page, from its template."""

from __future__ import annotations

import json
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Final

from cica_graph.publish.site.page import Page
from cica_graph.publish.site.page_table import PageLink

if TYPE_CHECKING:
    from jinja2 import Environment

    from cica_graph.publish.charts import Chart

_CELLS: Final = 50_000  # kept for each depth of pages: about 200 bytes each


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader(__package__),
        autoescape=True,  # data is text, never markup
        undefined=StrictUndefined,  # a misspelt name is an error, not an empty text
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["data"] = _data
    environment.filters["chart"] = _chart
    return environment


def _data(value: dict[str, Any]) -> str:
    """Return JSON for a script element. No text in it can end the element."""
    from markupsafe import Markup

    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))


def _chart(chart: Chart) -> str:
    """Return a chart as inline SVG. The chart has already escaped all its texts."""
    from markupsafe import Markup

    return Markup(chart.svg(inline=True).decode())


def render(page: Page, site: dict[str, Any]) -> bytes:
    """Return a page as HTML; ``site`` contains the values that all pages share."""
    values = _values(page.root)
    return _environment().get_template(page.template).render(page=page, root=page.root, **values, **site).encode()


@cache
def _values(root: str) -> dict[str, Any]:
    """Return what the templates call on all pages with the same path to the root.

    Most cells of a site occur on many pages, so the HTML of a cell is kept.
    """

    def href(link: PageLink) -> str:
        """Return the target of a link from this page, or an empty text if it has none."""
        if link.path.startswith("file:"):
            return root + link.path.removeprefix("file:")
        if link.path:
            path, mark, fragment = link.path.partition("#")
            return f"{root}{path}.html{mark}{fragment}"
        return link.iri if link.outside else ""

    macros: Any = _environment().get_template("macros.html").make_module({"href": href})
    return {"href": href, "known_cell": lru_cache(_CELLS, typed=True)(macros.cell), "zip": zip}
