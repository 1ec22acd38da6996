"""Links compared with datasets: wrong ids are found, and choices are reported as choices."""

from __future__ import annotations

from pathlib import Path

import pytest

from cica_graph import Graph
from cica_graph.linking import link_set
from cica_graph.linking.candidate import Candidate, target
from cica_graph.linking.check import LinkReport, check
from cica_graph.linking.dataset import Dataset, candidates
from cica_graph.linking.matcher import Thing, things

FIXTURES = Path(__file__).parent / "fixtures" / "link"
SHARED = Path(__file__).resolve().parents[2] / "shared"
HEAD = (
    "# curie_map:\n#   cgo: https://w3id.org/cica-graph/id/org/\n#   cgs: https://w3id.org/cica-graph/id/state/\n"
    "#   wd: http://www.wikidata.org/entity/\n#   schema: https://schema.org/\n"
    "subject_id\tpredicate_id\tobject_id\tconfidence\tcomment\n"
)


@pytest.fixture(scope="module")
def ours(graph: Graph) -> list[Thing]:
    return things(graph.store, exclude="wikidata")


def row(subject: str, object_: str, confidence: float = 0.99, comment: str = "") -> str:
    return f"{subject}\tschema:sameAs\t{object_}\t{confidence}\t{comment}\n"


def checked(ours: list[Thing], rows: str, dataset: str = "items.json", *, complete: bool = False) -> LinkReport:
    links = link_set.parse(HEAD + rows, "l.sssom.tsv")
    assert links.findings == ()
    found = candidates(Dataset(str(FIXTURES / dataset), target("wikidata")))
    theirs = [c for c in found if isinstance(c, Candidate)]
    return check([links], ours, theirs, target("wikidata"), complete=complete)


def told(done: LinkReport) -> list[tuple[int, str, bool]]:
    return [(d.line, d.rule, d.wrong) for d in done.doubts]


def test_correct_links_have_no_findings(ours: list[Thing]) -> None:
    rows = row("cgs:KAZ", "wd:Q232") + row("cgo:osce", "wd:Q81299") + row("cgs:GEO", "wd:Q230")
    done = checked(ours, rows)
    assert (done.doubts, done.links, done.seen) == ((), 3, 3)


def test_planted_wrong_ids_are_found(ours: list[Thing]) -> None:
    rows = row("cgo:osce", "wd:Q41550") + row("cgo:sco", "wd:Q133255") + row("cgo:gcc", "wd:Q80985")
    done = checked(ours, rows + row("cgo:asean", "wd:Q476033"), complete=True)
    assert told(done) == [(7, "label", True), (8, "label", True), (9, "label", True), (10, "missing", True)]
    osce, sco, gcc, asean = done.doubts
    assert osce.message == (
        "wd:Q41550 is 'Organisation for Economic Co-operation and Development', and no name of "
        "Organization for Security and Co-operation in Europe"
    )
    assert "wd:Q81299 'Organization for Security and Co-operation in Europe' fits" in osce.hint
    assert "wd:Q485207" in sco.hint
    assert "'Alder'" in gcc.message
    assert asean.message == "the dataset has no wd:Q476033"


def test_missing_id_is_an_error_only_in_a_complete_dataset(ours: list[Thing]) -> None:
    done = checked(ours, row("cgs:AFG", "wd:Q889"))
    assert (done.doubts, done.seen) == ((), 0)
    assert told(checked(ours, row("cgs:AFG", "wd:Q889"), complete=True)) == [(7, "missing", True)]


def test_choices_are_reported_as_choices(ours: list[Thing]) -> None:
    rows = row("cgs:DNK", "wd:Q35", 0.9, "Q35, the country, is chosen") + row("cgs:VAT", "wd:Q237", 0.9, "Vatican City")
    done = checked(ours, rows)
    assert told(done) == [(7, "choice", False), (8, "choice", False)]
    assert done.doubts[0].message == "wd:Q35 was chosen for Denmark: Q35, the country, is chosen"


def test_undocumented_choice_is_reported(ours: list[Thing]) -> None:
    (doubt,) = checked(ours, row("cgs:DNK", "wd:Q35")).doubts
    assert (doubt.rule, doubt.wrong) == ("choice", False)
    assert "wd:Q756617 'Kingdom of Denmark' has the codes of Denmark too" in doubt.message


def test_a_name_of_another_thing_and_its_code(ours: list[Thing]) -> None:
    done = checked(ours, row("cgs:UZB", "wd:Q232"))
    assert told(done) == [(7, "code", True), (7, "label", True)]
    assert "has iso3 KAZ, and Uzbekistan has UZB" in done.doubts[0].message
    assert "which is a name of Kazakhstan" in done.doubts[1].message


def test_a_wrong_type(ours: list[Thing]) -> None:
    assert told(checked(ours, row("cgs:GEO", "wd:Q1428"))) == [(7, "type", True)]


def test_redirects_circular_redirects_and_deleted_items(ours: list[Thing]) -> None:
    rows = row("cgs:KAZ", "wd:Q1002") + row("cgs:UZB", "wd:Q1000") + row("cgs:AFG", "wd:Q889")
    done = checked(ours, rows, "redirects.ttl")
    assert [(d.line, d.rule) for d in done.doubts] == [(7, "redirect"), (8, "redirect"), (9, "deprecated")]
    assert done.doubts[0].hint == "link to wd:Q232"
    assert "redirects in a circle" in done.doubts[1].message
    assert told(checked(ours, row("cgs:KAZ", "wd:Q9"), "hostile.json"))[0] == (7, "deleted", True)


def test_shared_ids_and_invalid_ids_are_doubtful(ours: list[Thing]) -> None:
    rows = row("cgs:KAZ", "wd:Q232") + row("cgs:KAZ", "wd:Q230") + row("cgs:GEO", "wd:Q230") + row("cgs:XXX", "wd:Q35")
    done = checked(ours, rows + row("cgs:FRA", "wd:France"))
    rules = [(d.line, d.rule) for d in done.doubts]
    assert {(7, "several"), (8, "several"), (8, "shared"), (9, "shared"), (10, "id"), (11, "id")} <= set(rules)
    assert "wd:France is not an id of Wikidata" in done.doubts[-1].message


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared data sets are not beside this checkout")
@pytest.mark.parametrize(
    ("dataset", "to", "seen"),
    [("datasets/country-codes.csv", "wikidata", 194), ("suites/rdf/countries-skos.rdf", "eu", 195)],
)
def test_shipped_links_have_no_findings(graph: Graph, root: Path, dataset: str, to: str, seen: int) -> None:
    into = target(to)
    links = link_set.read(root / "data" / "links" / f"{into.file}.sssom.tsv", f"{into.file}.sssom.tsv")
    theirs = [c for c in candidates(Dataset(str(SHARED / dataset), into)) if isinstance(c, Candidate)]
    done = check([links], things(graph.store, exclude=to), theirs, into)
    assert done.seen == seen
    assert [d for d in done.doubts if d.wrong] == []
    chosen = {d.subject.rpartition("/")[2] for d in done.doubts}
    assert chosen == ({"eaeu", "DNK", "VAT"} if to == "wikidata" else {"VAT"})
