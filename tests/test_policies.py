"""Policies: which sources are heard, which settle disputes, and how the rest counts; the list of sources."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from cica_graph import Graph, queries
from cica_graph.cli import cli
from cica_graph.model.errors import NotFound, UsageError
from cica_graph.operations.guarantee import gaps
from cica_graph.pipeline import build
from cica_graph.project.source_files import Project

DAY = "2012-06-13"


def codes(graph: Graph, organization: str, on: str = DAY) -> dict[str, str]:
    return {m.code: m.certainty for m in graph.members(organization, on=on)}


def test_the_default_policy_is_the_graph_itself(graph: Graph) -> None:
    assert graph.under() is graph
    assert graph.under(prefer=["editors"], disputed="apart") is graph


def test_editors_settle_a_dispute_unless_nobody_does(graph: Graph) -> None:
    assert codes(graph, "CSTO")["UZB"] == "certain"
    assert codes(graph.under(prefer=["none"]), "CSTO")["UZB"] == "disputed"
    assert codes(graph.under(prefer=["none"], disputed="in"), "CSTO")["UZB"] == "certain"
    assert "UZB" not in codes(graph.under(prefer=["none"], disputed="out"), "CSTO")


def test_only_one_source_is_heard(graph: Graph) -> None:
    heard = graph.under(only=["cow-igo-v3"])
    assert sorted(codes(heard, "CSTO")) == ["ARM", "BLR", "KAZ", "KGZ", "RUS", "TJK"]
    assert {m.start for m in heard.members("CSTO", on=DAY)} == {"2002"}
    assert heard.record("SCO", on="2026-01-01") == "not recorded"  # a coverage of another source is not heard
    overlap = heard.overlaps("CICA", "CSTO", on=DAY)[0]
    assert (overlap.shared, overlap.total) == (4, 6)


def test_counts_lie_between_disputes_in_and_out(graph: Graph) -> None:
    least, most = (graph.under(prefer=["none"], disputed=word) for word in ("out", "in"))
    for organization in ("CICA", "CSTO", "OIC", "UN"):
        certain = [
            {code for code, answer in codes(each, organization).items() if answer == "certain"}
            for each in (least, graph, most)
        ]
        assert certain[0] <= certain[1] <= certain[2]


def test_a_panel_follows_the_policy(graph: Graph) -> None:
    frames = [
        each.panel("org-year", since=2012, until=2012, any_day=True)
        for each in (graph, graph.under(only=["cow-igo-v3"]))
    ]
    counts = [
        {code: count for b in frame.batches() for code, count in zip(b["code"], b["member"], strict=True)}
        for frame in frames
    ]
    assert (counts[0]["CSTO"], counts[1]["CSTO"]) == (7, 6)
    assert counts[1]["TURKPA"] is None  # the source does not speak of it


def test_an_unknown_source_is_an_error_with_suggestions(graph: Graph) -> None:
    with pytest.raises(NotFound, match=r"Unknown source 'cow-igo-v2'. Did you mean cow-igo-v3"):
        graph.under(only=["cow-igo-v2"])
    with pytest.raises(UsageError, match="apart, in, out"):
        graph.under(disputed="maybe")


def test_options_of_the_commands_name_sources(root: Path) -> None:
    done = CliRunner().invoke(
        cli, ["members", "CSTO", "--on", DAY, "--only", "cow-igo-v3,tass-2012-06-28", "--prefer", "none", "--format", "json",
              "--project", str(root)],
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    assert {row["certainty"] for row in json.loads(done.stdout)} <= {"certain", "disputed"}


def test_json_is_null_where_no_source_speaks_of_the_members(root: Path) -> None:
    for arguments, expected in (
        (["TURKPA", "--on", "2010-01-01", "--only", "cow-igo-v3"], None), (["EU", "--on", "1990-01-01"], []),
    ):  # fmt: skip
        done = CliRunner().invoke(cli, ["members", *arguments, "--format", "json", "--project", str(root)])
        assert done.exit_code == 0, done.output
        assert json.loads(done.stdout) == expected


def test_an_end_later_than_any_source_speaks_is_not_an_end(root: Path, tmp_path: Path) -> None:
    table = tmp_path / "ends.csv"
    table.write_text("member,organization,start,end\nKAZ,EU,2002,9999-12-31\nBLR,EU,2002,2009\n")
    done = CliRunner().invoke(
        cli, ["import", "table", str(table), "-o", str(tmp_path / "out"), "--as-of", "2014-12-31"]
    )
    assert done.exit_code == 0, done.output
    built = build.imported_graph(Project.at(root), [tmp_path / "out" / "table-ends.ttl"])
    assert codes(Graph(built), "EU", "2500-01-01") == {"KAZ": "presumed"}


def test_sources_are_listed_with_their_day_and_number_of_memberships(root: Path) -> None:
    done = CliRunner().invoke(cli, ["sources", "--format", "json", "--project", str(root)])
    found = {row["source"]: row for row in json.loads(done.stdout)}
    assert found["cow-igo-v3"]["speaks_for"] == "2014-12-31"
    assert found["cow-igo-v3"]["kind"] == "compiled"
    assert found["cow-igo-v3"]["memberships"] > 400


def test_old_lost_and_single_sources_are_listed_by_organization(root: Path) -> None:
    done = CliRunner().invoke(
        cli, ["sources", "--stale", "--on", "2026-11-30", "--format", "json", "--project", str(root)]
    )
    found = {(row["organization"], row["problem"]): row for row in json.loads(done.stdout)}
    cica = found["CICA", "old"]
    assert cica["memberships"] == cica["of"]
    assert cica["last_attested"] < "2024-12-01"
    assert "tass-sco-2025" in found["SCO", "single"]["sources"]
    early = CliRunner().invoke(
        cli, ["sources", "--stale", "--on", "2014-01-01", "--format", "json", "--project", str(root)]
    )
    then = {(row["organization"], row["problem"]): row for row in json.loads(early.stdout)}
    assert then["CICA", "old"]["memberships"] < cica["memberships"]


@pytest.mark.parametrize(
    ("pattern", "lacking"),
    [
        ("?w cg:memberOf organization:cica", []),
        ("VALUES ?o { organization:cica organization:csto } ?w cg:memberOf ?o ; skos:prefLabel ?l", []),
        ("?w cg:memberOf organization:csto FILTER NOT EXISTS { ?w cg:memberOf organization:cica }", []),
        ("?w cg:memberOf organization:csto MINUS { ?w cg:memberOf organization:las }", ["?w cg:memberOf organization:las"]),
        ("?w cg:memberOf ?o", ["?w cg:memberOf ?o"]),
        ("?w cg:memberOf ?o OPTIONAL { VALUES ?o { organization:cica } ?w a ?c }", ["?w cg:memberOf ?o"]),
        ("{ VALUES ?o { organization:cica } } UNION { ?w cg:memberOf ?o }", ["?w cg:memberOf ?o"]),
        ("{ SELECT ?w { VALUES ?o { organization:cica } ?w a ?c } } ?w cg:memberOf ?o", ["?w cg:memberOf ?o"]),
        ("?w cg:possiblyMemberOf organization:cica", ["?w cg:possiblyMemberOf organization:cica"]),
        ("?w cg:iso3 ?code", ["?w cg:iso3 ?code"]),
        ("?w ?relation organization:cica", ["?w ?relation organization:cica"]),
    ],
)  # fmt: skip
def test_a_query_is_complete_if_sources_name_every_member(graph: Graph, pattern: str, lacking: list[str]) -> None:
    query = queries.read("given", f"SELECT ?w {{ {pattern} }}")
    assert [gap.pattern for gap in gaps(graph, query, date(2012, 6, 13))] == lacking


def test_a_query_about_a_day_without_a_list_is_not_guaranteed(graph: Graph) -> None:
    query = queries.read("given", "SELECT ?w { ?w cg:memberOf organization:cica }")
    (gap,) = gaps(graph, query, date(2020, 6, 13))
    assert gap.reason == "no source names every member of CICA on 2020-06-13"
