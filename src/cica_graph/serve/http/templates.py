"""HTML pages of the server, in the page frame of the site. All values are escaped."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Environment


@cache
def _environment() -> Environment:
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=ChoiceLoader([PackageLoader("cica_graph.serve"), PackageLoader("cica_graph.publish.site")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render(template: str, **values: object) -> str:
    """Return a page; the value ``root`` is the relative path from its address to the root of the server."""
    return _environment().get_template(template).render({"root": "", **values})


def load() -> None:
    """Load all templates, so that processes that are forked later share them."""
    from jinja2 import PackageLoader

    for name in PackageLoader("cica_graph.serve").list_templates():
        _environment().get_template(name)
