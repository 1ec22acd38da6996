"""The endpoint's page: a form that works without scripts, the cookbook to begin with, and what a query gave.

Links are relative, so that the page is right under whatever address it is reached.
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

# What the form offers beside a table on the page. The form is a link, and so are they.
TABLES: Final = (("csv", "CSV"), ("tsv", "TSV"), ("json", "JSON"), ("xml", "XML"))
GRAPHS: Final = (("turtle", "Turtle"), ("ntriples", "N-Triples"), ("jsonld", "JSON-LD"), ("rdfxml", "RDF/XML"))


class Cell(NamedTuple):
    """What a cell of a table shows.

    :ivar iri: what it stands for, or empty.
    :ivar label: what that is called, or empty.
    :ivar language: of the text, or empty.
    """

    text: str
    iri: str = ""
    label: str = ""
    language: str = ""

    @property
    def link(self) -> bool:
        """Whether the IRI is one that is safe to follow."""
        return self.iri.startswith(("https://", "http://"))


@dataclass(frozen=True)
class Shown:
    """What a query gave: the columns and rows of a table, or the truth, or a graph as Turtle."""

    columns: Sequence[str] = ()
    rows: Sequence[Sequence[Cell]] = ()
    truth: bool | None = None
    turtle: str = ""


@dataclass(frozen=True)
class Example:
    """A query of the cookbook, with the link that runs it and the day that it is about, if any."""

    name: str
    title: str
    text: str
    on: str
    link: str


@cache
def examples(base: str) -> tuple[Example, ...]:
    """Return the queries of the cookbook; those that need the snapshot of a day, with that of their parameter."""
    found = []
    for query in queries.folder("cookbook"):
        on = query.default("asOf") if query.snapshot else ""
        text = rebase(query.text, base)
        found.append(Example(query.name, query.title, text, on, link(text, on)))
    return tuple(found)


def link(query: str, on: str = "", sets: Parameters = (), form: str = "") -> str:
    """Return the address, relative to that of the page, that runs a query."""
    pairs = [("query", query), *([("on", on)] if on else []), *sets, *([("format", form)] if form else [])]
    return "sparql?" + urlencode(pairs)


def empty(example: str, base: str) -> str:
    """Return the page before a query is asked, with an example in the form or the first of the cookbook."""
    known = {e.name: e for e in examples(base)}
    chosen = known.get(example) or known["members-on"]
    return _render(chosen.text, chosen.on, base)


def answered(query: str, on: str, sets: Parameters, shown: Shown, cut: str, base: str) -> str:
    """Return the page with what a query gave; ``cut`` says why that is not everything.

    The page speaks of the query in IRIs below the base, in links too, where they are encoded.
    """
    query, sets = rebase(query, base), [(kind, rebase(name, base)) for kind, name in sets]
    offers = GRAPHS if shown.turtle else TABLES[2:] if shown.truth is not None else TABLES
    links = [(words, link(query, on, sets, name)) for name, words in offers]
    return _render(query, on, base, shown=shown, cut=cut, links=links)


def failed(query: str, on: str, detail: str, base: str) -> str:
    """Return the page with why a query was not answered."""
    return _render(query, on, base, error=detail)


def description(address: str) -> str:
    """Return the query that describes the endpoint of a server."""
    return queries.shipped("serve", "service").bind(endpoint=ox.NamedNode(address + "sparql"))


def _render(query: str, on: str, base: str, **values: object) -> str:
    page = {"shown": None, "cut": "", "links": (), "error": "", **values}
    return templates.render("sparql.html", query=query, on=on, examples=examples(base), **page)
