"""Wikidata's "member of" statements, from JSON and RDF: written as spells, or omitted with a reason."""

from __future__ import annotations

import bz2
import csv
import gzip
import json
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from cica_graph import Graph
from cica_graph.cli import cli
from cica_graph.files import atomic
from cica_graph.files.streams import ReadProblem
from cica_graph.imports.wikidata import NAMES, convert, roles, statements
from cica_graph.imports.wikidata_memberships import WikidataActors
from cica_graph.model import edtf
from cica_graph.model.errors import UsageError, ValidationFailed
from cica_graph.model.terms import CG, ID
from cica_graph.pipeline import build
from cica_graph.project.source_files import Project
from cica_graph.wikidata import quickstatements
from cica_graph.wikidata.statement import Statement, WikiTime, hull

FIVE = ("Q30", "Q31", "Q347", "Q884", "Q235")
ODD = Path(__file__).parent / "fixtures" / "wikidata" / "odd.json"
ODD_NT = ODD.with_suffix(".nt")


@pytest.fixture(scope="session")
def suite(root: Path) -> Path:
    path = root.parent / "shared" / "suites" / "wikidata"
    if not path.is_dir():
        pytest.skip("../shared/suites/wikidata is not there: the real entities are not part of the repository")
    return path


@pytest.fixture(scope="session")
def known(graph: Graph) -> WikidataActors:
    return WikidataActors.of(graph.store)


def read(path: Path) -> tuple[dict[str, Statement], list[ReadProblem]]:
    found = list(statements(path))
    kept = {s.id: s for s in found if isinstance(s, Statement)}
    return kept, [p for p in found if isinstance(p, ReadProblem)]


def five(suite: Path) -> dict[str, Statement]:
    return {id_: s for qid in FIVE for id_, s in read(suite / "json" / f"{qid}.json")[0].items()}


# ---- The five real entities -------------------------------------------------


def test_five_real_entities_are_read_completely_from_json(suite: Path) -> None:
    found = five(suite)
    assert len(found) == 78
    assert sum(bool(s.start) for s in found.values()) == 37
    assert sum(bool(s.end) for s in found.values()) == 1
    assert Counter(t.precision for s in found.values() for t in (*s.start, *s.end)) == {11: 31, 9: 7}
    assert Counter(s.subject for s in found.values()) == {"Q30": 22, "Q31": 21, "Q347": 17, "Q884": 15, "Q235": 3}
    assert {s.rank for s in found.values()} == {"normal"}
    assert [s.qualifiers for s in found.values() if s.qualifiers] == [{"P31": ("Q13341593",)}]
    assert found["q30$d2d5411f-46a6-1397-94bf-a54e29bf107b"].label == "United States of America"


def test_turtle_gives_the_same_result_as_json(suite: Path) -> None:
    """It has no value nodes, so no precision: each date is read as the widest that its text allows."""
    from_json, (from_turtle, problems) = five(suite), read(suite / "derived" / "countries-5.ttl")
    assert problems == []
    assert from_turtle.keys() == from_json.keys()
    for id_, s in from_json.items():
        other = from_turtle[id_]
        assert same(other) == same(s)
        for mine, theirs in ((s.start, other.start), (s.end, other.end)):
            assert len(mine) == len(theirs)
            for a, b in zip(mine, theirs, strict=True):
                exact, wide = (edtf.span(t) for t in (a.edtf() or "", b.edtf() or ""))
                assert wide[0] <= exact[0] <= exact[1] <= wide[1]


def test_with_value_nodes_precision_is_the_same_too(suite: Path, tmp_path: Path) -> None:
    from_json = five(suite)
    path = tmp_path / "full.nt"
    lines = [
        f"{q.subject} {q.predicate} {q.object} ."
        for q in ox.parse(path=suite / "derived" / "countries-5.ttl", format=ox.RdfFormat.TURTLE)
    ]
    for number, (id_, s) in enumerate(from_json.items()):
        for name, times in (("P580", s.start), ("P582", s.end)):
            for time in times:
                lines += value_node(id_, name, time, f"v{number}{name}")
    path.write_text("\n".join(reversed(lines)) + "\n", "utf-8")  # the nodes may come in any order
    from_rdf, problems = read(path)
    assert problems == []
    assert {id_: told(s) for id_, s in from_rdf.items()} == {id_: told(s) for id_, s in from_json.items()}


def test_all_78_statements_come_back_from_our_own_wikidata_form(
    suite: Path, known: WikidataActors, tmp_path: Path
) -> None:
    convert([suite / "json" / f"{qid}.json" for qid in FIVE], known, tmp_path)
    back, problems = read(tmp_path / "wikidata-statements.nt")
    assert problems == []
    stated = five(suite)
    assert len(back) == 78
    for id_, s in stated.items():
        assert (told(back[id_]), back[id_].start, back[id_].end, back[id_].label) == (told(s), s.start, s.end, s.label)


def test_every_odd_statement_comes_back_too(tmp_path: Path, known: WikidataActors) -> None:
    convert([ODD], known, tmp_path)
    stated, _ = read(ODD)
    back, _ = read(tmp_path / "wikidata-statements.nt")
    assert back.keys() == stated.keys()
    for id_, s in stated.items():
        assert (same(back[id_]), set(back[id_].start), set(back[id_].end)) == (same(s), set(s.start), set(s.end))


def value_node(id_: str, name: str, time: WikiTime, key: str) -> list[str]:
    w, wb, xsd = "http://www.wikidata.org/", "http://wikiba.se/ontology#", "http://www.w3.org/2001/XMLSchema#"
    node = f"<{w}value/{key}>"
    text = time.time.lstrip("+").replace("-00", "-01")
    return [
        f"<{w}entity/statement/{id_.replace('$', '-', 1)}> <{w}prop/qualifier/value/{name}> {node} .",
        f'{node} <{wb}timeValue> "{text}"^^<{xsd}dateTime> .',
        f'{node} <{wb}timePrecision> "{time.precision}"^^<{xsd}integer> .',
        f"{node} <{wb}timeCalendarModel> <{w}entity/{time.calendar}> .",
    ]


def same(s: Statement) -> tuple[object, ...]:
    return s.id, s.subject, s.object, s.kind, s.rank, s.qualifiers, s.references, s.cited


def told(s: Statement) -> tuple[object, ...]:
    return *same(s), *([(t.kind, t.edtf(), t.precision, t.calendar) for t in times] for times in (s.start, s.end))


def test_an_import_of_the_five_passes_the_shapes_of_a_project(suite: Path, root: Path, tmp_path: Path) -> None:
    """Except for a true contradiction: Wikidata has Belgium in the European Union since 1957, and the Union began in 1993."""
    files = [suite / "json" / f"{qid}.json" for qid in FIVE]
    project = bare_project(root, tmp_path)
    for as_of in (None, date(2016, 6, 30)):
        outcome = convert(
            files, WikidataActors.of(build.graph(Project.at(project)).store), project / "data" / "imports", as_of=as_of
        )
        assert (outcome.statements, outcome.dated, outcome.undated, outcome.kept_out.total()) == (78, 12, 0, 66)
        _, findings = build.check(Project.at(project))
        assert [(f.rule, f.subject.split()[0].removeprefix(ID)) for f in findings] == [
            ("before-founding", "membership/wikidata/q31-E7D5FD4A-39CA-4D87-85FE-0E276F871017")
        ]
        assert findings[0].line > 0


def bare_project(root: Path, tmp_path: Path) -> Path:
    """The data that an import needs: states, organizations without their memberships, links."""
    project = tmp_path / "project"
    shutil.copytree(root / "data" / "links", project / "data" / "links")
    for name in ("states.ttl", "sources.ttl", "handbook.ttl"):
        shutil.copy(root / "data" / name, project / "data" / name)
    triples: list[ox.Triple] = []
    wanted = {CG + name for name in ("Organization", "Source", "Section")}
    data = root / "data"
    for path in (data / "bodies.ttl", data / "cica.ttl", *sorted((data / "organizations").glob("*.ttl"))):
        said = [q.triple for q in ox.parse(path=path, format=ox.RdfFormat.TURTLE)]
        kept = {t.subject for t in said if isinstance(t.object, ox.NamedNode) and t.object.value in wanted}
        triples += [t for t in said if t.subject in kept]
    head = (
        "<https://w3id.org/cica-graph/graph/organizations> a <http://www.w3.org/ns/dcat#Dataset> ;\n"
        '  <http://purl.org/dc/terms/title> "Organizations"@en ;\n'
        "  <http://purl.org/dc/terms/license> <https://creativecommons.org/licenses/by/4.0/> .\n"
    )
    text = ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES)
    assert text is not None
    (project / "data" / "organizations.ttl").write_text(head + text.decode(), "utf-8")
    return project


# ---- Odd statements ----------------------------------------------------------


def test_every_oddity_is_read_or_reported(tmp_path: Path, known: WikidataActors) -> None:
    outcome = convert([ODD], known, tmp_path)
    assert (outcome.statements, outcome.dated, outcome.undated, outcome.repeated) == (26, 16, 5, 1)
    assert outcome.kept_out == {
        "deprecated": 1, "has somevalue as the organization": 1, "has novalue as the organization": 1,
        "no role is known for Q...; add it to wikidata-roles.csv": 1, "neither end is linked": 1,
    }  # fmt: skip
    stated = starts(tmp_path)
    assert stated == {
        "Q148-doubled": "2001-06-15", "Q232-century": "[1901..2000]", "Q232-day": "1992-03-02", "Q232-decade": "199X",
        "Q232-month": "1991-12", "Q232-year": "1992", "Q265-first": "1994", "Q265-no-end": "2001-06-15",
        "Q265-second": "2006-08-16", "Q265-some-end": "1992", "Q399-again": "1992-03-02", "Q813-day-00": "1992-11",
        "Q813-julian": "1992-12-01", "Q813-month-00": "2001", "Q813-two-starts": "[1992-01-30..1992-07-08]",
    }  # fmt: skip
    with (tmp_path / NAMES[3]).open(encoding="utf-8", newline="") as file:
        told = [(row["line"], row["problem"]) for row in csv.DictReader(file, delimiter="\t")]
    assert [(int(line), re.sub(r"^\S+ statement |:.*", "", text)) for line, text in told] == [
        (3, "Q813$year-zero"), (3, "Q813$bce"), (3, "Q813$two-starts"), (3, "Q813$julian"), (4, "Q265$no-such-day"),
        (5, "Q399$no-main has no 'snaktype'"), (5, "Q399$bad-rank cannot be read"),
        (8, "Q4242 redirects to Q232, which has its statements"), (9, "Q999999999 is missing"),
        (10, "'kazakhstan' is not the id of an item, which is Q and a number"), (13, "the line is not JSON"),
        (14, "the key 'id' is repeated in one object; the last value is used"),
    ]  # fmt: skip
    rows = (tmp_path / NAMES[2]).read_text("utf-8").splitlines()
    assert rows[-1].split("\t")[:8] == [
        "Q1000001", "Nobody", "Q1000002", "", "+2001-00-00T00:00:00Z/9", "", "normal", "Q1000001$unlinked"
    ]  # fmt: skip


def starts(folder: Path) -> dict[str, str]:
    quads = ox.parse(path=folder / NAMES[0], format=ox.RdfFormat.TURTLE)
    return {
        q.subject.value.rpartition("/")[2]: q.object.value
        for q in quads
        if q.predicate.value == CG + "start"
        and isinstance(q.subject, ox.NamedNode)
        and isinstance(q.object, ox.Literal)
    }


def test_rank_references_and_repeated_statements_are_kept(tmp_path: Path, known: WikidataActors) -> None:
    convert([ODD], known, tmp_path)
    text = (tmp_path / NAMES[0]).read_text("utf-8")
    day = text[text.index("membership:Q232-day a") :].split(" .\n")[0]
    assert "wikibase:rank wikibase:PreferredRank" in day
    assert "dcterms:references wd:Q1065 , <https://example.org/members>" in day
    assert '"Q399$again" , "Q399$twice"' in text
    assert '"1999"^^edtf:EDTF' in text
    assert text.index("Q265-first") < text.index("Q265-second")
    assert "cg:spell 2" in text


def test_rdf_nodes_come_in_any_order(tmp_path: Path) -> None:
    found, problems = read(ODD_NT)
    day = found["Q232$day"]
    assert (day.rank, day.label, day.object_label, day.line) == ("preferred", "Kazakhstan", "United Nations", 17)
    assert (day.references, day.cited) == (1, ("Q1065", "https://example.org/members"))
    assert [str(t) for t in day.start] == ["+1992-03-02T00:00:00Z/11"]
    assert found["Q232$year"].start[0].edtf() == "1992"
    assert (found["Q232$unstated"].start[0].precision, found["Q232$unstated"].start[0].edtf()) == (None, "1991-12")
    assert {i for i, s in found.items() if s.kind == "somevalue"} == {"Q232$unknown-thing", "Q232$genid"}
    assert {i for i, s in found.items() if s.kind == "novalue"} == {"Q232$nothing"}
    assert (found["Q813$bce"].rank, found["Q813$bce"].start[0].time) == ("deprecated", "-0044-03-15T00:00:00Z")
    assert found["Q813$redirect"].object == "Q81299"
    assert found["Q813$no-end"].end == (WikiTime("novalue"),)
    assert found["Q813$some-end"].end == (WikiTime("somevalue"),)
    assert [(p.line, p.message.partition(":")[0]) for p in problems] == [
        (64, "the line is not a triple"), (62, "Q4242 redirects to Q81299, which is used"),
        (63, "P463 statement Q1$orphan belongs to no item, so it is not known who is a member"),
    ]  # fmt: skip
    turtle = tmp_path / "odd.ttl"
    turtle.write_text("".join(ODD_NT.read_text("utf-8").splitlines(keepends=True)[:-2]), "utf-8")
    again, _ = read(turtle)
    assert {i: told(s) for i, s in again.items()} == {i: told(s) for i, s in found.items()}


# ---- Files that are odd --------------------------------------------------------


@pytest.mark.parametrize("source", [ODD, ODD_NT], ids=["json", "nt"])
@pytest.mark.parametrize("how", ["bom", "crlf", "gz", "bz2"])
def test_any_wrapping_reads_the_same(source: Path, how: str, tmp_path: Path) -> None:
    data = source.read_bytes()
    path = tmp_path / source.name
    if how == "bom":
        path.write_bytes(b"\xef\xbb\xbf" + data)
    elif how == "crlf":
        path.write_bytes(data.replace(b"\n", b"\r\n"))
    else:
        path = tmp_path / f"{source.name}.{how}"
        path.write_bytes((gzip if how == "gz" else bz2).compress(data))
    assert read(path) == read(source)


@pytest.mark.parametrize("name", ["odd.json.gz", "odd.nt.gz", "odd.ttl.gz"])
def test_truncated_file_is_reported_and_the_beginning_is_imported(name: str, tmp_path: Path) -> None:
    source = ODD if "json" in name else ODD_NT
    lines = source.read_bytes().splitlines(keepends=True)[: 5 if "json" in name else -2]
    noise = b"".join(f"# {i * 7919 % 104729:x}{i * 104729 % 7919:x}\n".encode() for i in range(20_000))
    path = tmp_path / name
    packed = gzip.compress(b"".join(lines) + (b"" if "json" in name else noise))
    path.write_bytes(packed[: -len(packed) // 3 if "json" not in name else -20])
    found, problems = read(path)
    assert any("the rest of the file cannot be read" in p.message for p in problems)
    assert len(problems) == len(set(problems))
    assert found


def test_a_label_of_20_megabytes_is_read(tmp_path: Path) -> None:
    line = json.loads(ODD.read_text("utf-8").splitlines()[1].rstrip(","))
    line["labels"]["en"]["value"] = "x" * 20_000_000
    path = tmp_path / "large.json"
    path.write_text("[\n" + json.dumps(line) + "\n]\n", "utf-8")
    found, problems = read(path)
    assert len(found) == 8
    assert problems == []


@pytest.mark.parametrize("suffix", [".nt", ".ttl"])
def test_truthy_statements_alone_are_refused(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"truthy{suffix}"
    w = "http://www.wikidata.org/"
    path.write_text(f"<{w}entity/Q232> <{w}prop/direct/P463> <{w}entity/Q1065> .\n", "utf-8")
    with pytest.raises(UsageError, match="only truthy statements, which have no dates and no ranks; use the full dump"):
        read(path)


def test_a_file_of_no_known_kind_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_text("members\n", "utf-8")
    with pytest.raises(UsageError, match=r"must end in \.json, \.nt or \.ttl"):
        read(path)
    path.write_bytes(ODD.read_bytes())
    assert read(path) == read(ODD)


def test_real_dump_lines_with_bugs_are_read_with_their_numbers(suite: Path, tmp_path: Path) -> None:
    """In its faulty form, empty maps are lists, which does no harm; none of its entities is a member of anything."""
    source = suite / "wdtk" / "mock-dump-with-bugs.json"
    assert read(source) == ({}, [])
    lines = source.read_text("utf-8").splitlines()
    statement = json.loads(ODD.read_text("utf-8").splitlines()[1].rstrip(","))["claims"]["P463"][0]
    entity = json.loads(lines[2].rstrip(","))
    assert entity["labels"] == []
    entity["claims"]["P463"] = [statement]
    lines[2], lines[3] = json.dumps(entity) + ",", lines[3][:-20]
    path = tmp_path / "bugs.json"
    path.write_text("\n".join(lines), "utf-8")
    found, problems = read(path)
    assert [(s.subject, s.line) for s in found.values()] == [("Q8", 3)]
    assert [p.line for p in problems] == [4]
    assert read(suite / "wdtk" / "wbgetentities-1234567890-missing.json")[1][0].message.endswith("or never existed")


# ---- What is written -------------------------------------------------------------


def test_dump_attests_memberships_only_with_a_day(tmp_path: Path, known: WikidataActors) -> None:
    convert([ODD], known, tmp_path)
    assert "accurateAsOf" not in (tmp_path / NAMES[0]).read_text("utf-8")
    assert "membership:Q399-undated a" in (tmp_path / NAMES[1]).read_text("utf-8")
    outcome = convert([ODD], known, tmp_path, as_of=date(2016, 6, 30))
    text = (tmp_path / NAMES[0]).read_text("utf-8")
    assert 'cg:accurateAsOf "2016-06-30"^^edtf:EDTF' in text
    assert (outcome.dated, outcome.undated) == (21, 0)
    some_end = text[text.index("membership:Q265-some-end a") :].split(" .\n")[0]
    assert '[1992-01-01..2016-06-30]"^^edtf:EDTF' in some_end  # it has ended, so that day must not attest it


def test_the_same_input_gives_the_same_bytes(tmp_path: Path, known: WikidataActors) -> None:
    for name in ("a", "b"):
        convert([ODD, ODD_NT], known, tmp_path / name)
    for name in NAMES:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_interrupted_import_leaves_the_old_files(
    tmp_path: Path, known: WikidataActors, monkeypatch: pytest.MonkeyPatch
) -> None:
    convert([ODD], known, tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def stops(*_: object) -> Iterator[Any]:
        yield next(iter(statements(ODD)))
        raise KeyboardInterrupt

    monkeypatch.setattr("cica_graph.imports.wikidata.statements", stops)
    with pytest.raises(KeyboardInterrupt):
        convert([ODD], known, tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_several_files_appear_together(tmp_path: Path) -> None:
    with atomic.text_files(tmp_path / "a", tmp_path / "b") as (a, b):
        a.write("1")
        b.write("2")
        assert not (tmp_path / "a").exists()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a", "b"]


def test_import_without_readable_lines_writes_no_files(tmp_path: Path, known: WikidataActors) -> None:
    broken = tmp_path / "broken.json"
    broken.write_text("[\n{]\n]\n", "utf-8")
    with pytest.raises(ValidationFailed, match="nothing was written"):
        convert([broken], known, tmp_path / "out")
    assert not list((tmp_path / "out").iterdir())


def test_two_files_of_one_name_are_refused(tmp_path: Path, known: WikidataActors) -> None:
    with pytest.raises(UsageError, match="give each file once"):
        convert([ODD, ODD], known, tmp_path)


def test_id_that_is_linked_to_two_things_is_omitted(tmp_path: Path, known: WikidataActors) -> None:
    doubtful = WikidataActors(known.members, known.organizations, frozenset({"Q232"}))
    assert convert([ODD], doubtful, tmp_path).kept_out["Q... is linked to two things"] == 5


def test_roles_are_concepts_of_the_scheme(graph: Graph) -> None:
    assert set(roles().values()) <= set(graph.roles())


def test_command_reports_its_results(tmp_path: Path) -> None:
    ran = CliRunner().invoke(cli, ["import", "wikidata", str(ODD), "-o", str(tmp_path / "out")])
    assert ran.exit_code == 0
    assert f"{ODD}:13: the line is not JSON" in ran.stderr
    assert "26 statements, 12 problems" in ran.stderr
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == sorted(NAMES)
    many = tmp_path / "many.json"
    many.write_text(ODD.read_text("utf-8") + "{]\n" * 30, "utf-8")
    ran = CliRunner().invoke(cli, ["import", "wikidata", str(many), "-o", str(tmp_path / "out")])
    assert "... and 22 more" in ran.stderr


# ---- Times ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("time", "precision", "edtf"),
    [
        ("+2004-10-22T00:00:00Z", 11, "2004-10-22"), ("+2004-10-00T00:00:00Z", 10, "2004-10"),
        ("+2004-10-22T00:00:00Z", 14, "2004-10-22"), ("+2004-10-22T00:00:00Z", 9, "2004"),
        ("+2004-00-00T00:00:00Z", 11, "2004"), ("+2004-10-00T00:00:00Z", 11, "2004-10"),
        ("+2013-00-00T00:00:00Z", 8, "201X"), ("+2000-00-00T00:00:00Z", 7, "[1901..2000]"),
        ("+1901-00-00T00:00:00Z", 7, "[1901..2000]"), ("+1900-00-00T00:00:00Z", 7, "[1801..1900]"),
        ("+2000-00-00T00:00:00Z", 6, "[1001..2000]"), ("+2004-00-00T00:00:00Z", 5, None),
        ("+2004-01-01T00:00:00Z", None, "2004"), ("+2004-02-01T00:00:00Z", None, "2004-02"),
        ("+2004-02-02T00:00:00Z", None, "2004-02-02"), ("+0000-00-00T00:00:00Z", 9, None),
        ("-0044-03-15T00:00:00Z", 11, None), ("+0005-00-00T00:00:00Z", 8, "000X"), ("+2004-02-30T00:00:00Z", 11, None),
        ("+2004-13-01T00:00:00Z", 10, None), ("+00000002004-10-22T00:00:00Z", 11, "2004-10-22"),
        ("+12004-00-00T00:00:00Z", 9, None), ("+9950-00-00T00:00:00Z", 7, None), ("yesterday", 11, None),
    ],
)  # fmt: skip
def test_a_time_as_edtf(time: str, precision: int | None, edtf: str | None) -> None:
    assert WikiTime("value", time, precision).edtf() == edtf


days = st.dates(date(10, 1, 1), date(9000, 12, 31))  # up to the last millennium that dates can hold whole


@given(days, st.integers(6, 14))
def test_span_of_a_time_contains_its_day(day: date, precision: int) -> None:
    text = WikiTime("value", f"+{day.isoformat()}T00:00:00Z", precision).edtf()
    assert text is not None
    first, last = edtf.span(text)
    assert first <= day <= last


@given(days, st.sampled_from([6, 7, 8, 9, 10, 11]))
def test_edtf_to_quickstatements_and_back(day: date, precision: int) -> None:
    text = WikiTime("value", f"+{day.isoformat()}T00:00:00Z", precision).edtf()
    assert text is not None
    written = quickstatements.time(text)
    assert written is not None
    time, _, given_precision = written.partition("/")
    assert WikiTime("value", time, int(given_precision)).edtf() == text
    assert int(given_precision) == precision


@given(st.lists(days.map(date.isoformat), min_size=1, max_size=3))
def test_hull_contains_every_day(texts: list[str]) -> None:
    first, last = edtf.span(hull(texts))
    assert (first.isoformat(), last.isoformat()) == (min(texts), max(texts))
