from __future__ import annotations

import json
import os
import re
import unicodedata
from pathlib import Path
from urllib.parse import unquote

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from rdflib import Graph, Namespace, URIRef
from rdflib.namespace import RDF

from cica_graph.formats.findings import FORMATS, name, render
from cica_graph.model.errors import Finding, UsageError
from cica_graph.model.terms import ID, SHAPE

GOLDEN = Path(__file__).parent / "golden" / "report"
SH = Namespace("http://www.w3.org/ns/shacl#")
PROV = Namespace("http://www.w3.org/ns/prov#")

FINDINGS = [
    Finding(
        "data/organizations/shanghai sco, draft.ttl",
        12,
        3,
        "label",
        ID + "org/sco",
        'Said "100%",\nin {braces},\x1b[31m \u202eand in Arabic: كازاخستان <&>',
        "Take out what is not text: \x07.",
    ),
    Finding(
        "data/cica.ttl",
        41,
        5,
        "membership-member",
        ID + "membership/cica-THA-1",
        "A membership has exactly one member.",
        "State cg:member once.",
    ),
    Finding("data/states.ttl", 0, 0, "state-iso3", ID + "state/KAZ", "A code is three capital letters."),
    Finding("", 0, 0, "audit-total", ID + "claim/members-total", "The claim says 24, the graph 23."),
]
EXTENSIONS = {"text": "txt", "github": "txt", "sarif": "sarif", "junit": "xml", "json": "json", "ttl": "ttl"}

text = st.text(st.characters(exclude_categories=[]), max_size=20)
findings = st.lists(
    st.builds(Finding, text, st.integers(0, 99), st.integers(0, 99), text, text, text, text), max_size=4
)


@pytest.mark.parametrize("form", FORMATS)
def test_golden(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """To accept a change: GOLDEN=1 pytest, and read the diff."""
    monkeypatch.setattr("importlib.metadata.version", lambda _: "1.2.3")
    file = GOLDEN / f"findings-{form}.{EXTENSIONS[form]}"
    written = render(FINDINGS, form)
    if os.environ.get("GOLDEN"):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(written.encode())
    assert written == file.read_bytes().decode()


@pytest.mark.parametrize("form", FORMATS)
def test_order_of_arrival_does_not_matter(form: str) -> None:
    assert render(FINDINGS[::-1], form) == render(FINDINGS, form)


def test_reports_without_findings() -> None:
    assert render([], "text") == render([], "github") == ""
    assert json.loads(render([], "json")) == []
    assert json.loads(render([], "sarif"))["runs"][0]["results"] == []
    graph = Graph().parse(data=render([], "ttl"), format="turtle")
    assert [str(o) for o in graph.objects(None, SH.conforms)] == ["true"]
    [case] = etree.fromstring(render([], "junit").encode())
    assert (case.get("name"), len(case)) == ("no findings", 0)


def test_no_such_form() -> None:
    with pytest.raises(UsageError, match="text, github, sarif, junit, json, ttl"):
        render([], "yaml")


@pytest.mark.parametrize(
    ("iri", "short"),
    [
        ("https://w3id.org/cica-graph/id/membership/cica-THA-1", "membership cica-THA-1"),
        ("https://w3id.org/cica-graph/id/org/cica", "organization cica"),
        ("https://w3id.org/cica-graph/id/state/KAZ", "state KAZ"),
        ("https://w3id.org/cica-graph/doc/cica-profile#general", "section cica-profile#general"),
        ("https://w3id.org/cica-graph/doc/cica-profile#document", "source cica-profile"),
        ("https://w3id.org/cica-graph/doc/cica-profile", "source cica-profile"),
        ("https://w3id.org/cica-graph/ns#memberOf", "cg:memberOf"),
        ("https://w3id.org/cica-graph/concept/member", "c:member"),
        ("https://w3id.org/cica-graph/graph/cica", "graph cica"),
        ("https://w3id.org/cica-graph/graph/asof/2012-06-13", "graph asof/2012-06-13"),
        ("http://www.w3.org/2004/02/skos/core#prefLabel", "skos:prefLabel"),
        ("http://www.w3.org/2004/02/skos/core#", "http://www.w3.org/2004/02/skos/core#"),
        ("https://example.org/x", "https://example.org/x"),
        ("", ""),
    ],
)
def test_name(iri: str, short: str) -> None:
    assert name(iri) == short


@given(findings)
def test_text_from_files_cannot_drive_a_terminal(found: list[Finding]) -> None:
    for form in ("text", "github", "json", "sarif"):
        written = render(found, form)
        assert not [c for c in written if c != "\n" and unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp")]
        assert not set(written) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
    assert len(render(found, "text").splitlines()) == len(found) + sum(bool(f.hint) for f in found)
    assert len(render(found, "github").splitlines()) == len(found)


@given(findings)
def test_github_reads_back_what_was_written(found: list[Finding]) -> None:
    placed = sorted(f for f in found if f.line and re.fullmatch("[ -~\r\n]*", f.file + f.message + f.hint))
    lines = render(placed, "github").splitlines()
    for finding, line in zip(placed, lines, strict=True):
        match = re.fullmatch("::error (.*?)::(.*)", line)
        assert match
        pairs = [pair.partition("=") for pair in match[1].split(",")]
        properties = {key: unquote(value) for key, _, value in pairs}
        assert properties.get("file", "") == finding.file
        assert properties["line"] == str(finding.line)
        assert unquote(match[2]) == "\n".join(part for part in (finding.message, finding.hint) if part)


@given(findings)
def test_json_round_trip(found: list[Finding]) -> None:
    render(found, "json").encode()
    rows = json.loads(render(found, "json"))
    assert [Finding(**row) for row in rows] == sorted(found)
    assert all(list(row) == ["file", "line", "column", "rule", "subject", "message", "hint"] for row in rows)


def test_sarif_has_what_the_standard_requires() -> None:
    # The numbers are sections of SARIF 2.1.0.
    log = json.loads(render(FINDINGS, "sarif"))
    assert log["version"] == "2.1.0"  # 3.13.2
    [run] = log["runs"]  # 3.13.4
    driver = run["tool"]["driver"]  # 3.14.6, 3.18.2
    assert driver["name"] == "cica-graph"  # 3.19.8
    assert re.fullmatch(r"\d+(\.\d+){2}.*", driver["version"])
    ids = [rule["id"] for rule in driver["rules"]]  # 3.49.3
    assert ids == sorted(set(ids))
    assert run["columnKind"] == "unicodeCodePoints"  # 3.14.17
    assert len(run["results"]) == len(FINDINGS)
    for result, finding in zip(run["results"], sorted(FINDINGS), strict=True):
        assert ids[result["ruleIndex"]] == result["ruleId"] == finding.rule  # 3.27.5, 3.27.6
        assert result["level"] == "error"  # 3.27.10
        said = result["message"]["text"]  # 3.11.8
        assert said.replace("{{", "{").replace("}}", "}") == finding.message  # 3.11.5
        [location] = result["locations"]
        assert location["logicalLocations"] == [{"fullyQualifiedName": finding.subject}]  # 3.33.5
        assert ("physicalLocation" in location) == bool(finding.file)
        if finding.file:
            physical = location["physicalLocation"]
            artifact = physical["artifactLocation"]  # 3.4.3, 3.4.4
            assert artifact["uriBaseId"] == "%SRCROOT%"
            assert re.fullmatch(r"(?:[\w.~/-]|%[0-9A-F]{2})+", artifact["uri"], re.ASCII)
            assert unquote(artifact["uri"]) == finding.file
            assert ("region" in physical) == bool(finding.line)
            if finding.line:
                assert physical["region"] == {"startLine": finding.line, "startColumn": finding.column}


@given(findings)
def test_sarif_is_utf8_json_for_any_findings(found: list[Finding]) -> None:
    [run] = json.loads(render(found, "sarif").encode())["runs"]
    assert [r["ruleId"] for r in run["results"]] == [f.rule for f in sorted(found)]


def test_junit_counts() -> None:
    suite = etree.fromstring(render(FINDINGS, "junit").encode())
    assert (suite.tag, suite.get("name")) == ("testsuite", "cica-graph check")
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("4", "4", "0")
    cases = suite.findall("testcase")
    assert [case.get("classname") for case in cases] == [f.file or "cica-graph" for f in sorted(FINDINGS)]
    assert cases[0].get("name") == "audit-total claim members-total"
    assert [case[0].get("type") for case in cases] == [f.rule for f in sorted(FINDINGS)]


@given(findings)
def test_junit_is_xml_for_any_findings(found: list[Finding]) -> None:
    suite = etree.fromstring(render(found, "junit").encode())
    assert len(suite) == max(1, len(found))


def test_ttl_is_a_validation_report() -> None:
    graph = Graph().parse(data=render(FINDINGS, "ttl"), format="turtle")
    [report] = graph.subjects(RDF.type, SH.ValidationReport)
    assert [str(o) for o in graph.objects(report, SH.conforms)] == ["false"]
    results = list(graph.objects(report, SH.result))
    assert len(results) == len(FINDINGS)
    assert {str(graph.value(r, SH.focusNode)) for r in results} == {f.subject for f in FINDINGS}
    assert {str(graph.value(r, SH.resultMessage)) for r in results} == {f.message for f in FINDINGS}
    assert {graph.value(r, SH.sourceShape) for r in results} == {URIRef(SHAPE + f.rule) for f in FINDINGS}
    assert {graph.value(r, SH.resultSeverity) for r in results} == {SH.Violation}
    places = {str(o) for o in graph.objects(None, PROV.atLocation)}
    assert {"data/cica.ttl:41:5", "data/states.ttl"} < places
    assert len(places) == 3


@given(findings)
def test_ttl_parses_for_any_findings(found: list[Finding]) -> None:
    written = render(found, "ttl")
    triples = list(ox.parse(written, format=ox.RdfFormat.TURTLE))
    assert len(Graph().parse(data=written, format="turtle")) == len(triples)
    assert sum(str(t.predicate.value) == str(SH.result) for t in triples) == len(found)
    assert not [t for t in triples if isinstance(t.subject, ox.BlankNode)]
