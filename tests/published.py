"""Contents of a site, for tests of the files that describe it."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pyoxigraph as ox
import pytest
from lxml import etree

from cica_graph import Graph, queries
from cica_graph.formats.turtle import turtle
from cica_graph.model.terms import GRAPH
from cica_graph.publish.export.downloads import downloads
from cica_graph.publish.subject_index import SubjectIndex

SUITES = Path(__file__).parents[2] / "shared" / "suites"
DAY = date(2012, 6, 13)
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
LINK = re.compile(r"- \[((?:[^\[\]\\]|\\.)+)\]\((https?://[^\s()]+)\): (.+)")
FRONT = ("index", "organizations", "audit", "queries", "data", "ns", "404")


def contents(graph: Graph) -> dict[str, bytes]:
    """Downloads of the site: the folder of the version, the folder of the latest version, and each graph."""
    found = {
        f"download/{folder}/{name}": data
        for name, data in downloads(graph, DAY).items()
        for folder in ("0.1.0", "latest")
    }
    for name in graph.store.graphs():
        found[f"graph/{name.removeprefix(GRAPH)}.ttl"] = turtle(graph.store.graph(ox.NamedNode(name)))
    return found


def pages(graph: Graph) -> list[str]:
    """The paths of its pages."""
    cookbook = [f"query/{query.name}" for query in queries.folder("cookbook")]
    return [f"{path}.html" for path in (*FRONT, *SubjectIndex(graph.store).paths(), *cookbook)]


def locations(data: bytes, kind: str) -> list[str]:
    root = etree.fromstring(data)
    assert root.tag == f"{SITEMAP}{kind}"
    return [str(loc.text) for loc in root.iter(f"{SITEMAP}loc")]


def assert_valid(data: bytes) -> None:
    if not SUITES.is_dir():
        pytest.skip("the schema of sitemaps is not here: it stands in ../shared/suites/sitemap")
    schema = etree.XMLSchema(etree.parse(SUITES / "sitemap" / "sitemap.xsd"))
    schema.assertValid(etree.fromstring(data))


def sections(text: str) -> dict[str, list[tuple[str, str, str]]]:
    """Read a text as https://llmstxt.org/ describes it."""
    assert re.match(r"# .+\n\n> .+\n\n", text)
    assert len(re.findall(r"^# ", text, re.MULTILINE)) == 1
    found = {}
    for part in text.split("\n## ")[1:]:
        heading, _, rest = part.partition("\n\n")
        lines = [line for line in rest.splitlines() if line]
        links = [m.groups() for line in lines if (m := LINK.fullmatch(line))]
        assert len(links) == len(lines) > 0, rest
        found[heading] = [(a, b, c) for a, b, c in links]
    return found
