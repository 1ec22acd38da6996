"""Proofs: the reasons of an answer, on the command line, in Python and as JSON."""

from __future__ import annotations

import csv
import io
import json
from datetime import date
from pathlib import Path

import lxml.html
import pytest
from click.testing import CliRunner
from rdflib import PROV, Literal, URIRef
from rdflib import Graph as RdfGraph

from cica_graph import Graph, NotFound
from cica_graph.cli import cli
from cica_graph.evidence.why import Proof
from cica_graph.model.terms import ID

CASES = [
    ("JOR", "CICA", "2008-06-01", "possible", {"lasting"}, set()),
    ("JOR", "CICA", "2012-06-13", "certain", {"begun", "lasting"}, set()),
    ("JOR", "CICA", "2007-12-31", "no", {"lasting"}, {"not begun"}),
    ("JOR", "CICA", "2026-11-30", "presumed", {"begun"}, set()),
    ("UZB", "CSTO", "2013-01-01", "no", {"begun"}, {"over"}),
    ("KAZ", "EurAsEC", "2026-01-01", "no", {"begun"}, {"life", "over"}),
    ("FRA", "CICA", "1900-01-01", "no", set(), {"life"}),
]


def rules(proof: Proof) -> tuple[set[str], set[str]]:
    return {leaf.rule for leaf in proof.supporting}, {leaf.rule for leaf in proof.opposing}


@pytest.mark.parametrize(("member", "organization", "on", "answer", "supporting", "opposing"), CASES)
def test_reasons_follow_from_the_evidence(
    graph: Graph, member: str, organization: str, on: str, answer: str, supporting: set[str], opposing: set[str]
) -> None:
    proof = graph.why(member, organization, on=on)
    assert (proof.answer, proof.on) == (answer, date.fromisoformat(on))
    assert rules(proof) == (supporting, opposing)


def test_every_reason_applies_to_the_day_and_names_a_source(graph: Graph) -> None:
    for member, organization, on, *_ in CASES:
        proof = graph.why(member, organization, on=on)
        for leaf in (*proof.supporting, *proof.opposing):
            day = date.fromisoformat(on)
            outside = leaf.rule == "life"
            applies = (leaf.first is None or leaf.first <= day) and (leaf.last is None or day <= leaf.last)
            assert applies != outside
            assert leaf.source
            assert leaf.node


def test_the_answer_is_that_of_members(graph: Graph) -> None:
    for on in ("2003-01-01", "2012-06-13", "2026-11-30"):
        for membership in graph.members("CICA", on=on):
            assert graph.why(membership.code, "CICA", on=on).answer == membership.certainty


def test_json_has_the_file_and_line_of_each_reason() -> None:
    result = CliRunner().invoke(cli, ["why", "JOR", "CICA", "--on", "2012-06-13", "--format", "json"])
    document = json.loads(result.stdout)
    assert (document["answer"], document["role"], document["contested"]) == ("certain", "member", False)
    assert document["considered"] >= len({row["source"] for row in document["reasons"]})
    assert {row["file"] for row in document["reasons"]} == {"data/cica.ttl"}
    assert all(row["line"] > 0 for row in document["reasons"])


def test_an_unknown_name_is_an_error(graph: Graph) -> None:
    with pytest.raises(NotFound, match="unknown"):
        graph.why("Atlantis", "CICA")
    with pytest.raises(NotFound, match="role"):
        graph.why("JOR", "CICA", role="emperor")


def run(*arguments: str) -> str:
    result = CliRunner().invoke(cli, ["why", *arguments], catch_exceptions=False)
    assert result.exit_code == 0
    return result.output


def test_the_sources_of_an_answer_are_printed_once_each() -> None:
    text = run("JOR", "CICA", "--on", "2008-06-01")
    assert "it began between 2008-01-01 and 2008-12-31." in text
    assert text.count("cica-profile") == 1


def test_two_organizations_give_their_overlap_unless_a_role_is_given() -> None:
    text = run("CICA", "CSTO", "--on", "2012-06-13")
    assert "Members of CSTO that are members of CICA on 2012-06-13: 5 of 7." in text
    assert "Armenia     no: the list of cica-profile for the day leaves it out" in text
    assert len(text.splitlines()) == 9
    assert "League of Arab States is certainly an observer of CICA" in run(
        "LAS", "CICA", "--role", "observer", "--on", "2012-06-13"
    )


def test_one_organization_that_is_not_recorded_has_no_number() -> None:
    text = run("UN", "OSCE", "--on", "1973-03-01")
    assert "Members of OSCE that are members of UN on 1973-03-01: not recorded of not recorded." in text


def test_a_claim_has_its_verdict_and_the_members_counted() -> None:
    text = run("claim:csto")
    assert "The claim csto is confirmed. It claims 5 of 7 (cica-profile, section overlaps)." in text
    assert "The claim is in data/cica.ttl:" in text
    assert "Tajikistan" in text
    assert "CICA has 16 members at launch on 2012-06-13." in run("launch")


def test_a_number_of_the_graph_has_the_members_counted() -> None:
    text = run("finding:cica-observer-organizations-2012-06-13")
    assert "CICA has 3 to 5 observer organizations on 2012-06-13." in text
    assert len(text.splitlines()) == 7


def test_a_resource_has_each_statement_with_its_file_or_step() -> None:
    document = json.loads(run("membership:csto-UZB-1", "--format", "json"))
    by_property = {row["property"].rpartition("#")[2]: row for row in document["statements"]}
    assert by_property["end"]["value"] == "2012-12-19"
    assert by_property["end"]["file"] == "data/organizations/csto.ttl"
    assert by_property["end"]["line"] > 0
    assert by_property["end"]["step"] is None
    assert [by_property[name]["step"] for name in ("latestEnd", "standing", "inRole")] == ["bound", "settle", "reason"]
    assert by_property["latestEnd"]["file"] is None


def test_why_not_explains_an_answer_about_one_role() -> None:
    result = CliRunner().invoke(cli, ["why-not", "ARM", "CICA", "--on", "2012-06-13"])
    assert "Armenia is not a member of CICA on 2012-06-13: the list of cica-profile" in result.output
    result = CliRunner().invoke(cli, ["why-not", "ARM", "CICA", "--on", "2020-01-01"])
    assert "no source covers the day (nearest: 2012-06-13 and 2022-10-13)" in result.output


def test_turtle_derives_a_verdict_from_answers_and_reports_with_primary_sources() -> None:
    triples = RdfGraph().parse(data=run("claim:csto", "--format", "ttl"), format="turtle")
    audit, answer = URIRef(ID + "claim/csto#audit"), URIRef(ID + "answer/KAZ-csto-member-2012-06-13")
    derived = set(triples.transitive_objects(audit, PROV.wasDerivedFrom))
    assert {answer, URIRef(ID + "finding/cica-csto-2012-06-13"), URIRef(ID + "membership/csto-KAZ-1#cow")} <= derived
    assert triples.value(answer, PROV.value) == Literal("certain")
    section = URIRef("https://w3id.org/cica-graph/doc/cow-igo-v3#memberships")
    assert (URIRef(ID + "membership/csto-KAZ-1#cow"), PROV.hadPrimarySource, section) in triples


def test_csv_has_one_row_for_each_reason() -> None:
    rows = list(csv.DictReader(io.StringIO(run("CICA", "CSTO", "--on", "2012-06-13", "--format", "csv"))))
    assert {row["answer"] for row in rows} == {"certain", "no", "not recorded"} - {"not recorded"}
    assert all(row["file"] and row["node"] and row["source"] for row in rows)


@pytest.mark.parametrize("name", ["claim:x", "x:y", "http://example.org/x", "nobody"])
def test_a_resource_without_statements_is_an_error(graph: Graph, name: str) -> None:
    result = CliRunner().invoke(cli, ["why", name])
    assert isinstance(result.exception, NotFound)
    with pytest.raises(NotFound):
        graph.why_verdict(name)


def test_the_page_of_an_organization_has_the_reason_for_each_answer(site: Path) -> None:
    page = lxml.html.fromstring((site / "id" / "org" / "cica.html").read_text("utf-8"))
    (details,) = (each for each in page.iter("details") if "Reasons" in (each.findtext("summary") or ""))
    assert details.findtext("summary") == "Reasons for each answer on 2012-06-13"
    rows = {str(d.xpath("normalize-space(dt)")): str(d.xpath("normalize-space(dd)")) for d in details.iter("div")}
    assert len(rows) >= 24
    assert rows["Jordan"] == "certain: begun by 2008-12-31 (editors), lasting until 2022-10-13 (newsaz-cica-2022)"
