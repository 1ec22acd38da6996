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
    """Return a page from a template and what it shows; ``root`` leads from its address to that of the server."""
    return _environment().get_template(template).render({"root": "", **values})


def load() -> None:
    """Load all templates now, so that processes forked from this one share them."""
    from jinja2 import PackageLoader

    for name in PackageLoader("cica_graph.serve").list_templates():
        _environment().get_template(name)
