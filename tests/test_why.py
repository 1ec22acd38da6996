"""Proofs: the reasons of an answer, on the command line, in Python and as JSON."""

from __future__ import annotations

import json
from datetime import date

import pytest
from click.testing import CliRunner

from cica_graph import Graph, NotFound
from cica_graph.cli import cli
from cica_graph.evidence.why import Proof

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
