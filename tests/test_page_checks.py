"""Checks of pages: populations as data, brackets, pairs of pages, arithmetic, dates and figures."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import pytest

from cica_graph import Graph, queries
from cica_graph.model.results import PageCheck
from cica_graph.model.terms import local
from cica_graph.pipeline import build
from cica_graph.pipeline.steps.validate import to_rdflib
from cica_graph.project.source_files import Project
from cica_graph.publish.export.errata import errata_csv, errata_markdown
from conftest import from_pyoxigraph, from_rdflib

FIXTURES = Path(__file__).parent / "fixtures"
BASE = "https://w3id.org/cica-graph/id/"


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    return graph_of_pages(tmp_path_factory.mktemp("pages"), f"{BASE}claim/")


def graph_of_pages(folder: Path, claims: str) -> Graph:
    """Return the graph of the pages, in which the IRI of each claim begins with the given namespace."""
    project = folder / "project"
    shutil.copytree(FIXTURES / "base", project)
    text = (FIXTURES / "pages" / "pages.ttl").read_text(encoding="utf-8")
    (project / "data" / "pages.ttl").write_text(text.replace(f"<{BASE}claim/>", f"<{claims}>"), encoding="utf-8")
    return Graph(build.graph(Project.at(project), in_memory=True))


def of(graph: Graph, aspect: str) -> dict[str, PageCheck]:
    return {local(check.check): check for check in graph.page_checks() if check.aspect == aspect}


@pytest.mark.parametrize(
    "claim", ["east", "late", "outside", "suspended", "since-2000", "founders"]
)  # fmt: skip
def test_a_population_of_a_project_is_counted_without_new_code(pages: Graph, claim: str) -> None:
    audit = next(a for a in pages.audit() if a.claim == f"{BASE}claim/blue-{claim}")
    assert (audit.verdict, audit.found) == ("confirmed", audit.claimed)


def test_a_bracket_is_read_in_its_meaning(pages: Graph) -> None:
    brackets = of(pages, "bracket")
    right, otherwise, wrong = (
        brackets[name] for name in ("red-blue-not-in-this", "blue-red-not-in-other", "red-green-in-both")
    )
    assert (right.verdict, right.finds) == ("confirmed", "the names are right")
    assert (otherwise.verdict, otherwise.reason) == ("undetermined", "bracket-fits-otherwise")
    assert otherwise.finds.endswith("the names are right if they are members of both")
    assert (wrong.verdict, wrong.finds) == ("contradicted", "wrong: Aland")


def test_numbers_are_compared_with_the_lists_of_both_pages(pages: Graph) -> None:
    lists = of(pages, "lists")
    assert lists["red-blue-lists"].verdict == "confirmed"
    assert (lists["blue-red-lists"].verdict, lists["blue-red-lists"].finds) == (
        "contradicted",
        "2 of 2 by the lists of members",
    )
    assert lists["beta-lists"].verdict == "unchecked"  # the base project has no lists of pages


def test_two_pages_of_a_pair_agree_or_differ(pages: Graph) -> None:
    assert {check.verdict for check in of(pages, "pair").values()} == {"contradicted"}


def test_an_overlap_that_one_page_leaves_out_is_a_finding_of_that_page(pages: Graph) -> None:
    found = [(c.organization, c.says, c.verdict) for c in of(pages, "one-sided").values()]
    assert found == [("GREEN", "no overlap with RED", "omitted")]


def test_a_pair_that_neither_page_lists_is_on_both_pages(pages: Graph) -> None:
    found = [(c.organization, c.says) for c in pages.page_checks() if c.aspect == "unlisted"]
    assert found == [("BLUE", "no overlap with GREEN"), ("GREEN", "no overlap with BLUE")]


def test_parts_that_exceed_the_number_contradict_it(pages: Graph) -> None:
    assert {name: c.verdict for name, c in of(pages, "sum").items()} == {
        "blue-members-sum": "confirmed",
        "red-members-sum": "contradicted",
    }


def test_dates_are_compared_with_the_graph_and_with_other_pages(pages: Graph) -> None:
    assert {name: c.verdict for name, c in of(pages, "date").items()} == {
        "blue-joined-date": "confirmed",
        "red-joined-date": "contradicted",
        "blue-joined-pages": "undetermined",
        "red-joined-pages": "undetermined",
    }


def test_the_same_figure_on_two_pages_is_a_finding(pages: Graph) -> None:
    assert {c.reason for c in of(pages, "figure").values()} == {"same-figure"}


def test_errata_name_the_page_and_what_was_found(pages: Graph) -> None:
    table = errata_csv(pages.store).decode()
    assert "RED,Page of RED,bracket," in table
    assert "Page of BLUE,lists" in table
    assert "## Page of GREEN\n\n- one-sided: the page gives" in errata_markdown(pages.store).decode()


def test_claims_that_are_parts_of_a_page_have_the_same_checks(pages: Graph, tmp_path: Path) -> None:
    """An IRI has one ``#`` only, so the name of a check contains the last part of the IRI of the claim."""
    parts = graph_of_pages(tmp_path, f"{BASE}claim/all#")
    checks, same = (
        {(c.check, c.verdict) for c in graph.page_checks() if c.check != c.claim} for graph in (pages, parts)
    )
    assert len(checks) > 15
    assert same == checks
    assert {audit.claim.partition("#")[2] for audit in parts.audit()} >= {"red-blue", "green-members"}


@pytest.mark.parametrize("name", [query.name for query in queries.folder("audit")])
def test_a_check_gives_the_same_in_both_engines(pages: Graph, name: str) -> None:
    if name in ("units",):
        return  # the project has no organs that are members
    text = queries.shipped("audit", name).text
    ours = from_pyoxigraph(pages.store.query(text))
    assert ours
    assert from_rdflib(to_rdflib(pages.store.triples()).query(text)) == ours


@pytest.mark.parametrize("name", ["audit", "independent", "listed"])
def test_a_comparison_gives_the_same_in_both_engines(pages: Graph, name: str) -> None:
    text = queries.shipped("derive", name).text
    assert from_rdflib(to_rdflib(pages.store.triples()).query(text)) == from_pyoxigraph(pages.store.query(text))


def test_the_handbook_has_only_the_known_faults(graph: Graph) -> None:
    checks = {check.check: check for check in graph.page_checks()}.values()
    by_aspect = {
        aspect: Counter(c.verdict for c in checks if c.aspect == aspect) for aspect in {c.aspect for c in checks}
    }
    assert by_aspect["lists"]["confirmed"] == 171
    assert by_aspect["bracket"]["contradicted"] == 4
    assert by_aspect["one-sided"] == {"omitted": 27}
    assert by_aspect["unlisted"] == {"omitted": 17}
    assert by_aspect["pair"] == {"confirmed": 66}
    assert {local(c.check) for c in checks if c.verdict == "contradicted"} == {
        "cis-csto-not-in-other", "apec-picp-in-both", "comesa-coi-not-in-this",
        "oco-apec-in-both", "coi-un-lists", "ameripol-un-unit", "guam-uzbekistan-founder-date",
        "sarpcco-seychelles-in-sadc-date", "sadc-madagascar-suspended-date", "comesa-coi",
    }  # fmt: skip
    assert all(
        c.page == c.check.partition("#")[0] + "#document"
        for c in checks
        if c.aspect not in ("unlisted", "count", "overlap")
    )
    pages_left_out = {c.page for c in checks if c.aspect == "one-sided"}
    assert len(pages_left_out) == 12


def test_the_verdicts_on_the_profile_of_cica_are_unchanged(graph: Graph) -> None:
    verdicts = Counter(a.verdict for a in graph.audit() if "cica-profile" in a.section)
    assert verdicts == {"confirmed": 11, "consistent": 3, "undetermined": 1}
