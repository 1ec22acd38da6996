"""SPARQL page: a form that works without scripts, examples from the cookbook, and the answer of a query.

Its links are relative, so the page is right under any address.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final, NamedTuple
from urllib.parse import urlencode

import pyoxigraph as ox

from cica_graph import queries
from cica_graph.formats.rebase import rebase
from cica_graph.serve.http import templates

Parameters = Sequence[tuple[str, str]]

# Formats that the page links to, in addition to the answer on the page.
TABLES: Final = (("csv", "CSV"), ("tsv", "TSV"), ("json", "JSON"), ("xml", "XML"))
GRAPHS: Final = (("turtle", "Turtle"), ("ntriples", "N-Triples"), ("jsonld", "JSON-LD"), ("rdfxml", "RDF/XML"))


class Cell(NamedTuple):
    """A cell of a table on the page.

    :ivar iri: the IRI that the cell shows; or empty.
    :ivar label: the label of that IRI; or empty.
    :ivar language: language tag of the text; or empty.
    """

    text: str
    iri: str = ""
    label: str = ""
    language: str = ""

    @property
    def link(self) -> bool:
        """True if the IRI is safe to follow."""
        return self.iri.startswith(("https://", "http://"))


@dataclass(frozen=True)
class Shown:
    """The answer of a query: the columns and rows of a table, or a boolean, or a graph as Turtle."""

    columns: Sequence[str] = ()
    rows: Sequence[Sequence[Cell]] = ()
    boolean: bool | None = None
    turtle: str = ""


@dataclass(frozen=True)
class Example:
    """A query of the cookbook, with its day, if it has one, and the link that runs it."""

    name: str
    title: str
    text: str
    on: str
    link: str


@cache
def examples(base: str) -> tuple[Example, ...]:
    """Return the queries of the cookbook; a query that needs a snapshot has the day of its parameter."""
    result = []
    for query in queries.folder("cookbook"):
        on = query.default("asOf") if query.snapshot else ""
        text = rebase(query.text, base)
        result.append(Example(query.name, query.title, text, on, link(text, on)))
    return tuple(result)


def link(query: str, on: str = "", dataset: Parameters = (), form: str = "") -> str:
    """Return the address that runs a query, relative to the page."""
    pairs = [("query", query), *([("on", on)] if on else []), *dataset, *([("format", form)] if form else [])]
    return "sparql?" + urlencode(pairs)


def empty(example: str, base: str) -> str:
    """Return the page without an answer; its form contains an example, by default the first of the cookbook."""
    by_name = {e.name: e for e in examples(base)}
    chosen = by_name.get(example) or by_name["members-on"]
    return _render(chosen.text, chosen.on, base)


def answered(query: str, on: str, dataset: Parameters, shown: Shown, note: str, base: str) -> str:
    """Return the page with an answer; ``note`` is empty, or explains why the answer is not complete.

    The query on the page has IRIs under the base; in links, where they are encoded, too.
    """
    query, dataset = rebase(query, base), [(kind, rebase(name, base)) for kind, name in dataset]
    offers = GRAPHS if shown.turtle else TABLES[2:] if shown.boolean is not None else TABLES
    links = [(name, link(query, on, dataset, form)) for form, name in offers]
    return _render(query, on, base, shown=shown, note=note, links=links)


def failed(query: str, on: str, detail: str, base: str) -> str:
    """Return the page with an error."""
    return _render(query, on, base, error=detail)


def description(address: str) -> str:
    """Return the query that describes the endpoint of a server."""
    return queries.shipped("serve", "service").bind(endpoint=ox.NamedNode(address + "sparql"))


def _render(query: str, on: str, base: str, **values: object) -> str:
    page = {"shown": None, "note": "", "links": (), "error": "", **values}
    return templates.render("sparql.html", query=query, on=on, examples=examples(base), **page)
