"""``robots.txt`` and ``llms.txt``: instructions for programs that read the site."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Any

from cica_graph import queries
from cica_graph.graph import Graph
from cica_graph.model.terms import BASE
from cica_graph.pipeline.steps import derive
from cica_graph.project.citation import Citation
from cica_graph.publish.catalog.distributions import LATEST
from cica_graph.publish.catalog.urls import url
from cica_graph.publish.export.downloads import describe

if TYPE_CHECKING:
    from jinja2 import Environment

_MARKDOWN = re.compile(r"[\\`*_\[\]<>&#]")
_GAP = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029]+")


class _Address(str):
    """Text that is not escaped."""


def robots(base: str, mapped: bool) -> bytes:
    """Return ``robots.txt`` (https://www.rfc-editor.org/rfc/rfc9309), which allows everything.

    Crawlers read it at the root of a host only. Below another path it has no effect.

    :param mapped: True if there is a sitemap.
    """
    return _render("robots.txt", base, mapped=mapped)


def llms(graph: Graph, cited: Citation, files: Collection[str], pages: Collection[str], base: str) -> bytes:
    """Return ``llms.txt`` (https://llmstxt.org/): a summary of the site with links to pages, data and queries.

    It links only to pages in ``pages`` and files in ``files``. Text from the data is on one line, with Markdown
    characters escaped.
    """
    offered = sorted(path.removeprefix(LATEST) for path in files if path.startswith(LATEST))
    day = max(map(str, derive.days(graph.store)), default="")
    cookbook = [(f"query/{q.name}.html", q.name, q.title.rstrip(".")) for q in queries.folder("cookbook")]
    return _render(
        "llms.txt",
        base,
        title=cited.title,
        summary=cited.abstract,
        version=cited.version,
        day=day,
        root=_Address(base),
        there={*files, *pages, "catalog.ttl", "catalog.jsonld", "CITATION.cff"},
        organizations=list(_organizations(graph, day)),
        data=[
            (LATEST + name, name, describe(name)) for name in offered if not name.endswith(".csv") or "/" not in name
        ],
        queries=cookbook,
    )


def _organizations(graph: Graph, day: str) -> Iterator[tuple[str, str, str]]:
    """Yield path, name and description of each organization, sorted by acronym."""
    known = derive.members(graph.store, date.fromisoformat(day)) if day else None
    actors = [actor for actor in graph.names.actors.values() if actor.kind == "organization"]
    for actor in sorted(actors, key=lambda a: (a.code.casefold(), a.iri)):
        about = "members and their sources"
        if known:
            recorded = actor.iri in known.possible or graph.record(actor.iri, on=day) != "not recorded"
            about = f"{known.size(actor.iri)} members on {day}" if recorded else f"members not recorded on {day}"
        yield f"{actor.iri.removeprefix(BASE)}.html", f"{actor.code}, {actor.label}", about


def _render(template: str, base: str, **values: Any) -> bytes:
    values["url"] = lambda path: _Address(url(base, path))
    return _environment().get_template(template).render(**values).encode()


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader(__package__),
        finalize=_plain,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _plain(text: object) -> object:
    """Return a text on one line, with Markdown characters escaped."""
    if isinstance(text, _Address) or not isinstance(text, str):
        return text
    return _MARKDOWN.sub(r"\\\g<0>", _GAP.sub(" ", text).strip())
