"""Literals: the texts that each datatype allows, and findings for the others in every kind of file."""

from __future__ import annotations

import shutil
from pathlib import Path

import pyoxigraph as ox
import pytest

from cica_graph.model.literals import fault
from cica_graph.model.terms import EDTF, RDF, XSD
from cica_graph.pipeline import build
from cica_graph.project import source_files
from cica_graph.project.positions import places
from cica_graph.project.source_files import Project

ROOT = Path(__file__).resolve().parents[1]
TURTLE = ROOT.parent / "shared" / "suites" / "w3c-rdf-tests" / "rdf" / "rdf11" / "rdf-turtle"
RIGHT = {
    "boolean": ["true", "false", "1", "0"],
    "decimal": ["1.5", "-.5", "+1.", "007"],
    "double": ["1e5", "1.5E-3", "INF", "-INF", "NaN"],
    "integer": ["5", "+5", "-0", "9" * 5000],
    "byte": ["-128", "0000000000000000000000127"],
    "unsignedLong": ["18446744073709551615"],
    "date": ["2004-02-29", "2000-02-29", "-0044-03-15", "12004-01-01", "2004-10-22Z", "2004-10-22+14:00"],
    "dateTime": ["2004-10-22T09:30:00", "2004-10-22T24:00:00Z", "2004-10-22T09:30:00.5-05:00"],
    "dateTimeStamp": ["2004-10-22T09:30:00Z"],
    "time": ["09:30:00", "24:00:00"],
    "gYear": ["2004", "-0044", "12004", "2004Z"],
    "gYearMonth": ["2004-10"],
    "gMonthDay": ["--02-29", "--12-31"],
    "duration": ["P1Y2M3DT4H5M6.5S", "-P1D", "PT1S"],
    "hexBinary": ["", "0fB7"],
    "base64Binary": ["", "AAAA", "AA==", "AAA="],
    "anyURI": ["", "https://example.org/a%20b", "../x#y"],
    "language": ["en", "zh-Hant-TW"],
    "NCName": ["é", "a-b.c"],
    "token": ["", "a b"],
    "unknown": ["anything"],
}
WRONG = {
    "boolean": ["True", "yes", "", "10"],
    "decimal": ["1e5", "1,5", ".", "", "٣"],
    "double": ["nan", "1e", "infinity"],
    "integer": ["abc", "1_000", " 5", "5 ", "1.0", "", "٣"],
    "byte": ["128", "9" * 5000],
    "positiveInteger": ["0", "-1"],
    "unsignedLong": ["18446744073709551616", "-1"],
    "date": ["2004-13-45", "2004-02-30", "1900-02-29", "04-10-22", "31/12/1999", "2004", "2004-10-22+14:30", "012004-01-01"],
    "dateTime": ["2004-10-22", "2004-10-22 09:30:00", "2004-10-22T25:00:00", "2004-04-31T00:00:00Z", "2004-10-22T24:00:01"],
    "dateTimeStamp": ["2004-10-22T09:30:00"],
    "time": ["9:30", "24:30:00"],
    "gYear": ["04", "c. 1999", "2004-10", "012004"],
    "gYearMonth": ["2004-13", "2004"],
    "gMonthDay": ["--02-30", "--11-31", "12-31"],
    "duration": ["P", "PT", "1Y", "P1YT", "P1S"],
    "hexBinary": ["0FB", "xx"],
    "base64Binary": ["AAA", "A===", "AB=="],
    "anyURI": ["http://a b", "http://a/%zz", "<http://a>"],
    "language": ["en_US", "abcdefghi", ""],
    "NCName": ["1a", "a:b", ""],
    "token": [" a", "a  b", "a\tb"],
    "string": ["a\x00b", "\x1f", "\ufffe"],
}  # fmt: skip


def test_a_datatype_allows_only_its_texts() -> None:
    assert [(name, text) for name, texts in RIGHT.items() for text in texts if fault(text, XSD + name)] == []
    assert [(name, text) for name, texts in WRONG.items() for text in texts if not fault(text, XSD + name)] == []
    assert max(len(fault(text, XSD + name)) for name, texts in WRONG.items() for text in texts) < 200


def test_the_engine_agrees_about_the_texts_that_it_reads() -> None:
    """pyoxigraph casts the text to the datatype; it has no other way to show whether a literal is well-typed."""
    store = ox.Store()
    for table, valid in ((RIGHT, True), (WRONG, False)):
        for name in ("boolean", "decimal", "double", "integer", "date", "dateTime", "time"):
            # The engine has 64 bits for an integer, reads these texts, and some calendar days with too many digits.
            for text in set(table[name]) - {"9" * 5000, "nan", "infinity", " 5", "5 ", "012004-01-01"}:
                answer = store.query(f'ASK {{ FILTER(BOUND(?x)) BIND(<{XSD}{name}>("{text}") AS ?x) }}')
                assert isinstance(answer, ox.QueryBoolean)
                solutions = store.query(f'SELECT (<{XSD}{name}>("{text}") AS ?x) {{}}')
                assert isinstance(solutions, ox.QuerySolutions)
                assert (next(iter(solutions))["x"] is not None) == valid, (name, text)


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        ("1984-1X", True), ("2004/2006", True), ("../2006", True), ("2004/..", True), ("[..1990]", True),
        ("{1960,1961-12}", True), ("Y17000", True), ("1985-04-12T23:20:30Z", True), ("2001-21", True),
        ("garbage", False), ("2004-13-45", False), ("/", False), ("..", False), ("2004//2006", False), ("[]", False),
        ("2004-02-30/2005", False), ("", False), ("31/12/1999", False), ("1985-04-12T25", False),
    ],
)  # fmt: skip
def test_edtf(text: str, valid: bool) -> None:
    assert (fault(text, EDTF) == "") == valid


def test_datatypes_of_rdf() -> None:
    assert fault('{"a": [1]}', RDF + "JSON") == fault("<a/>x", RDF + "XMLLiteral") == ""
    assert fault("{", RDF + "JSON")
    assert fault("[" * 100_000, RDF + "JSON")
    assert fault("<a>", RDF + "XMLLiteral")
    assert fault("x", RDF + "langString")


HEAD = """@prefix xsd: <http://www.w3.org/2001/XMLSchema#> . @prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix dcterms: <http://purl.org/dc/terms/> .
<https://w3id.org/cica-graph/graph/zz> a dcat:Dataset ; dcterms:title "A case"@en ;
    dcterms:license <https://creativecommons.org/licenses/by/4.0/> .
"""


def test_a_wrong_literal_is_found_in_every_kind_of_file(tmp_path: Path) -> None:
    shutil.copytree(Path(__file__).parent / "fixtures" / "base", tmp_path / "p")
    for folder in ("ontology", "shapes"):
        shutil.copytree(ROOT / folder, tmp_path / "p" / folder)
    wrong = '<https://w3id.org/cica-graph/id/state/AAA> skos:note\n  "x" , "abc"^^xsd:integer .\n'
    for folder in ("data", "ontology", "shapes"):
        (tmp_path / "p" / folder / "zz.ttl").write_text(HEAD.replace("graph/zz", f"graph/zz-{folder}") + wrong)
    findings = build.check(Project.at(tmp_path / "p"))[1]
    found = {(f.file, f.line, f.column) for f in findings if f.rule == "literal"}
    assert found == {(f"{folder}/zz.ttl", 6, 9) for folder in ("data", "ontology", "shapes")}


def test_places_follow_the_order_of_the_parser() -> None:
    files = [
        path for folder in ("data", "ontology", "shapes", "tests/fixtures") for path in ROOT.glob(f"{folder}/**/*.ttl")
    ]
    files += sorted(TURTLE.glob("*.ttl"))
    compared = 0
    for path in files:
        text, damage = source_files.SourceFile(path, path.name, path.read_bytes()).text()
        triples = list(ox_triples(text))
        if damage is not None or (triples and triples[-1] is None):
            continue
        found = list(places(text))
        assert len(found) == len(triples), path
        for triple, (_, at) in zip(triples, found, strict=True):
            assert triple is not None
            word = text[at : at + 400]
            if isinstance(triple.object, ox.Literal) and word[0] in "\"'":
                value = triple.object.value
                assert "\\" in word or word.lstrip("\"'").startswith(value.lstrip("\"'")[:300]), (path, triple, word)
            elif isinstance(triple.object, ox.Literal):
                assert word.startswith(triple.object.value), (path, triple, word)
            elif isinstance(triple.object, ox.BlankNode) and triple.predicate.value != RDF + "rest":
                assert word[0] in "[_(", (path, triple, word)
            elif isinstance(triple.object, ox.NamedNode) and not triple.predicate.value.startswith(RDF):
                assert word[0] in "<(" or ":" in word, (path, triple, word)
        compared += len(triples)
    assert compared > 30_000


def ox_triples(text: str) -> list[ox.Triple | None]:
    """The triples of a text; None at the end if it has an error."""
    found: list[ox.Triple | None] = []
    try:
        for quad in ox.parse(text, format=ox.RdfFormat.TURTLE, base_iri="http://example.org/a/"):
            found.append(quad.triple)
    except SyntaxError:
        found.append(None)
    return found
