"""Templates, and the bytes of a page."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

from cica_graph.publish.site.page import Page
from cica_graph.publish.site.page_table import PageLink

if TYPE_CHECKING:
    from jinja2 import Environment

    from cica_graph.publish.charts import Chart


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader(__package__),
        autoescape=True,  # whatever is data is text
        undefined=StrictUndefined,  # a slip of the pen is an error, not an empty place
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["data"] = _data
    environment.filters["picture"] = _picture
    return environment


def _data(value: dict[str, Any]) -> str:
    """Return JSON that may stand in a script element: nothing in it can end the element."""
    from markupsafe import Markup

    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))


def _picture(chart: Chart) -> str:
    """Return a picture to stand in the page: it is our own drawing, and every text in it is escaped there."""
    from markupsafe import Markup

    return Markup(chart.svg(inline=True).decode())


def render(page: Page, site: dict[str, Any]) -> bytes:
    """Return a page as HTML; ``site`` is what all pages are given."""
    template = _environment().get_template(page.template)

    def href(link: PageLink) -> str:
        """Return where a link leads from this page, or nothing when there is nowhere to go."""
        if link.path.startswith("file:"):
            return page.root + link.path.removeprefix("file:")
        if link.path:
            path, mark, fragment = link.path.partition("#")
            return f"{page.root}{path}.html{mark}{fragment}"
        return link.iri if link.outside else ""

    return template.render(page=page, href=href, root=page.root, **site).encode()
