"""Files for crawlers and language models: sitemap, robots.txt, llms.txt."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.robotparser import RobotFileParser

import pytest

import published
from cica_graph import Graph, open_graph, queries
from cica_graph.model.terms import BASE
from cica_graph.project.source_files import Project
from cica_graph.publish.catalog import sitemap
from cica_graph.publish.catalog.catalog import catalog
from cica_graph.publish.catalog.distributions import Download
from published import assert_valid, locations, sections


@pytest.fixture(scope="module")
def graph(few: Project) -> Graph:
    """A separate graph, because other tests add days to the shared one."""
    return open_graph(few.root)


@pytest.fixture(scope="module")
def files(graph: Graph) -> dict[str, Download]:
    return {path: Download.of(data) for path, data in published.contents(graph).items()}


@pytest.fixture(scope="module")
def pages(graph: Graph) -> list[str]:
    return published.pages(graph)


@pytest.fixture(scope="module")
def made(graph: Graph, files: Mapping[str, Download], pages: list[str]) -> dict[str, bytes]:
    return catalog(graph, files, pages)


def test_the_sitemap_is_valid_and_lists_every_page(made: Mapping[str, bytes], pages: list[str]) -> None:
    assert_valid(made["sitemap.xml"])
    listed = locations(made["sitemap.xml"], "urlset")
    assert set(listed) == {BASE} | {BASE + page for page in pages if page not in ("index.html", "404.html")}
    assert listed == sorted(set(listed))


def test_special_characters_in_addresses_and_xml_are_escaped() -> None:
    odd = ["a b&c.html", "<x>'\".html", "é/Ж.html", "index.html", "deep/index.html", "myindex.html", "q?x#y.html"]
    data = sitemap.sitemap([*odd, odd[0]], "https://example.org/a/")["sitemap.xml"]
    assert_valid(data)
    assert set(locations(data, "urlset")) == {
        "https://example.org/a/" + rest
        for rest in ("", "deep/", "myindex.html", "a%20b%26c.html", "%3Cx%3E%27%22.html", "%C3%A9/%D0%96.html", "q%3Fx%23y.html")
    }  # fmt: skip
    assert data.isascii()


def test_more_pages_than_one_file_may_hold_get_an_index(monkeypatch: pytest.MonkeyPatch) -> None:
    many = [f"id/state/S{i:06}.html" for i in range(100_001)]
    found = sitemap.sitemap(many, BASE)
    names = ["sitemap-1.xml", "sitemap-2.xml", "sitemap-3.xml"]
    assert list(found) == ["sitemap.xml", *names]
    assert locations(found["sitemap.xml"], "sitemapindex") == [BASE + name for name in names]
    parts = [locations(found[name], "urlset") for name in names]
    assert [len(part) for part in parts] == [50_000, 50_000, 1]
    assert [loc for part in parts for loc in part] == [BASE + page for page in many]
    assert_valid(found["sitemap-3.xml"])
    monkeypatch.setattr(sitemap, "MOST_BYTES", 10_000)
    found = sitemap.sitemap(many[:1000], BASE)
    assert all(len(data) <= 10_000 for name, data in found.items())
    assert sum(len(locations(data, "urlset")) for name, data in found.items() if name != "sitemap.xml") == 1000


def test_robots_may_read_everything_and_find_the_sitemap(graph: Graph, made: Mapping[str, bytes]) -> None:
    parser = RobotFileParser()
    parser.parse(made["robots.txt"].decode().splitlines())
    assert parser.can_fetch("AnyBot", BASE + "id/org/cica.html")
    assert parser.site_maps() == [BASE + "sitemap.xml"]
    bare = catalog(graph, {}, ["404.html"])
    assert "sitemap.xml" not in bare
    assert b"Sitemap" not in bare["robots.txt"]


def test_text_for_language_models_links_only_to_existing_files(
    graph: Graph, made: Mapping[str, bytes], files: Mapping[str, Download], pages: list[str]
) -> None:
    text = made["llms.txt"].decode()
    found = sections(text)
    assert list(found) == ["Pages", "Organizations", "Data", "Queries", "Optional"]
    there = {BASE + path for path in (*files, *pages, *made)}
    assert {address for links in found.values() for _, address, _ in links} <= there
    assert len(found["Organizations"]) == 63
    assert (
        "CICA, Conference on Interaction and Confidence-Building Measures in Asia",
        BASE + "id/org/cica.html",
        "24 members on 2012-06-13",
    ) in found["Organizations"]
    assert {name for name, _, _ in found["Queries"]} == {
        "Query cookbook",
        *(q.name for q in queries.folder("cookbook")),
    }
    assert "compare.html" not in text  # not among these pages
    assert len(text) < 20_000
