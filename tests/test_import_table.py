"""Import of any table of memberships."""

from __future__ import annotations

import csv
import gzip
import io
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pyoxigraph as ox
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cica_graph import Graph
from cica_graph.cli import cli
from cica_graph.compare import differences, sources
from cica_graph.files import external_sort
from cica_graph.imports.table import About, TableOutcome, convert, slug
from cica_graph.imports.table_names import Resolver, decisions, roles
from cica_graph.model import edtf
from cica_graph.model.errors import UsageError
from cica_graph.model.terms import CG, DCAT, DCTERMS, GRAPH, ID, RDF_TYPE, local
from cica_graph.project.source_files import Project
from cica_graph.reconcile.catalog import Catalog
from cica_graph.reconcile.query import ReconcileQuery
from cica_graph.reconcile.search import Search

MAP = {"member": "Country", "organization": "Body", "start": "Since", "end": "Until", "source": "Where"}
HEADER = "Country,Body,Role,Since,Until,Where\n"


@pytest.fixture(scope="session")
def resolver(graph: Graph) -> Resolver:
    return Resolver(graph.store)


def run(
    folder: Path, resolver: Resolver, data: str | bytes, columns: Mapping[str, str] = MAP, about: About | None = None
) -> TableOutcome:
    path = folder / "rows.csv"
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    outcome = convert(path, resolver, folder / "out", columns=columns, about=about or About())
    assert outcome.rows == outcome.kept + outcome.rejected.total()
    assert len(rejects(folder)) == outcome.rejected.total()
    return outcome


def rejects(folder: Path) -> list[list[str]]:
    with (folder / "out" / "table-rows-rejects.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))[1:]


def statements(folder: Path) -> dict[str, dict[str, list[str]]]:
    said: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for quad in ox.parse(path=folder / "out" / "table-rows.ttl", format=ox.RdfFormat.TURTLE):
        assert isinstance(quad.subject, ox.NamedNode)
        assert isinstance(quad.object, ox.NamedNode | ox.Literal)
        said[quad.subject.value][quad.predicate.value].append(quad.object.value)
    return said


def memberships(folder: Path) -> list[tuple[str, ...]]:
    said = statements(folder)
    return [
        (
            local(iri), local(about[CG + "organization"][0]), local(about[CG + "member"][0]),
            local(about[CG + "role"][0]), *(" ".join(about[CG + name]) for name in ("start", "end")),
            "; ".join(sorted(said[s][DCTERMS + "title"][0] for s in about[DCTERMS + "source"])),
        )
        for iri, about in said.items()
        if CG + "Membership" in about[RDF_TYPE]
    ]  # fmt: skip


# ---- What is kept ----------------------------------------------------------------------


def test_rows_become_memberships_in_order_of_time(tmp_path: Path, resolver: Resolver) -> None:
    outcome = run(tmp_path, resolver, HEADER
        + "Uzbekistan,CSTO,,2006-08-16,2012-12-19,page 3\nРоссия,ШОС,founding member,2001-06-15,,\n"
        + "UZB,Collective Security Treaty Organization,member,1994,1999,\nuz,csto,observer,2003,2004,page 3\n"
        + "Q265,CSTO,,2006-08-16,2012-12-19,https://example.org/\nuzbekistan,CSTO,NA,2006-08-16,2012-12-19,page 3\n")  # fmt: skip
    assert memberships(tmp_path) == [
        ("csto-UZB-1", "csto", "UZB", "member", "1994", "1999", "Rows of rows.csv"),
        ("csto-UZB-2", "csto", "UZB", "observer", "2003", "2004", "page 3"),
        ("csto-UZB-3", "csto", "UZB", "member", "2006-08-16", "2012-12-19", "https://example.org/; page 3"),
        ("sco-RUS-1", "sco", "RUS", "founding-member", "2001-06-15", "", "Rows of rows.csv"),
    ]
    assert (outcome.rows, outcome.kept, outcome.memberships) == (6, 6, 4)
    assert outcome.unused == []
    said = statements(tmp_path)
    pages = [
        about["http://xmlns.com/foaf/0.1/page"] for about in said.values() if about["http://xmlns.com/foaf/0.1/page"]
    ]
    assert pages == [["https://example.org/"]]


def test_the_order_of_rows_does_not_matter(tmp_path: Path, resolver: Resolver) -> None:
    rows = [
        f"{who},{what},,{1990 + n % 9},,s{n % 3}\n" for n, (who, what) in enumerate([("KAZ", "UN"), ("RUS", "CIS")] * 9)
    ]
    run(tmp_path, resolver, HEADER + "".join(rows))
    before = (tmp_path / "out" / "table-rows.ttl").read_text("utf-8")
    random.Random(1).shuffle(rows)
    run(tmp_path, resolver, HEADER + "".join(rows))
    after = (tmp_path / "out" / "table-rows.ttl").read_text("utf-8")
    digest = re.compile("sha256:[0-9a-f]{64}")  # the name of the file, which differs
    assert digest.search(before)
    assert digest.sub("", before) == digest.sub("", after)


@pytest.mark.parametrize(
    ("start", "end", "stated"),
    [
        ("2004", "", ("2004", "")), ("2004-10", "2005", ("2004-10", "2005")), ("2004.0", "NaN", ("2004", "")),
        ("2004-10-22 00:00:00", "NULL", ("2004-10-22", "")), ("2004-10-22T00:00:00Z", "present", ("2004-10-22", "")),
        ("2004-10-22T00:00", "Ongoing", ("2004-10-22", "")), ("2004?", "-", ("2004?", "")), ("[1990..1992]", "199X", ("[1990..1992]", "199X")),
        ("", "2005", ("", "2005")), ("n/a", ".", ("", "")), ("2004", "2004-02", ("2004", "2004-02")),
    ],
)  # fmt: skip
def test_dates_as_people_write_them(
    start: str, end: str, stated: tuple[str, str], tmp_path: Path, resolver: Resolver
) -> None:
    run(tmp_path, resolver, HEADER + f"KAZ,UN,,{start},{end},\n")
    assert memberships(tmp_path)[0][4:6] == stated


def test_the_code_of_namibia_is_not_an_empty_cell(tmp_path: Path, resolver: Resolver) -> None:
    run(tmp_path, resolver, HEADER + "NA,UN,NA,NA,NA,NA\n")
    assert memberships(tmp_path) == [("un-NAM-1", "un", "NAM", "member", "", "", "NA")]


def test_a_role_has_all_its_names(graph: Graph) -> None:
    found = roles(graph.store)
    assert set(found.values()) == set(graph.roles())
    assert (found["observer"], found["наблюдатель"], found["founding member"]) == (
        "observer",
        "observer",
        "founding-member",
    )


@pytest.mark.parametrize("name", ["members.csv", "Members.CSV.gz", "members.tsv.bz2", "члены.csv", "a/b.csv"])
def test_outputs_are_named_by_the_table(name: str) -> None:
    assert re.fullmatch(r"table-[a-z0-9-]+", slug(Path(name)))


def test_provenance_with_version_and_citation(tmp_path: Path, resolver: Resolver) -> None:
    about = About(
        "My list", "Me (2020): My list.", "https://creativecommons.org/licenses/by/4.0/", "2.1", date(2020, 1, 1)
    )
    run(tmp_path, resolver, HEADER + "KAZ,UN,,1992,,\n", about=about)
    said = statements(tmp_path)
    graph, document = said[GRAPH + "table-rows"], said["https://w3id.org/cica-graph/doc/table-rows#document"]
    assert graph[DCTERMS + "title"] == document[DCTERMS + "title"] == ["My list"]
    assert graph[DCTERMS + "license"] == ["https://creativecommons.org/licenses/by/4.0/"]
    assert document[DCTERMS + "bibliographicCitation"] == ["Me (2020): My list."]
    assert (document[DCAT + "version"], document[CG + "accurateAsOf"]) == (["2.1"], ["2020-01-01"])


def test_an_import_passes_the_shapes_of_a_project(root: Path, tmp_path: Path, resolver: Resolver) -> None:
    from cica_graph.pipeline import build
    from test_import_wikidata import bare_project

    project = bare_project(root, tmp_path)
    run(
        tmp_path,
        resolver,
        HEADER + "KAZ,CICA,observer,1999-10,2002-06-03,p. 1\nKAZ,CICA,,2002-06-04,,\nLAS,UN,observer,1950,,\n",
    )
    (project / "data" / "rows.ttl").write_bytes((tmp_path / "out" / "table-rows.ttl").read_bytes())
    assert build.check(Project.at(project))[1] == []


def test_a_source_of_any_text_is_written_safely(tmp_path: Path, resolver: Resolver) -> None:
    odd = [
        'a "quoted" one',
        "back\\slash",
        "<https://example.org/>",
        "https://example.org/a b",
        "https://example.org/<>",
        "two\nlines",
        "é\u202e😀",
    ]
    with (tmp_path / "rows.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["member", "organization", "source"], *(["KAZ", "UN", text] for text in odd)])
    run(tmp_path, resolver, (tmp_path / "rows.csv").read_bytes(), columns={})
    assert memberships(tmp_path)[0][6] == "; ".join(sorted(odd))


NAMES_AND_DATES = [
    # name, its certain match, date, the memberships that the date allows
    ("Viet-Nam", "VNM", "1980.0", "1980"), ("Czech Rep.", "CZE", "NA", ""), ("Gambia, The", "GMB", "2012-06-13 00:00:00", "2012-06-13"),
    ("http://www.wikidata.org/entity/Q232", "KAZ", "2012-06-13T18:30:00+06:00", "2012-06-13"), ("https://www.wikidata.org/wiki/Q232", "KAZ", "NaT", ""), ("q232", "KAZ", "None", ""),
    ("https://example.org/Q232", "", "1980", "1980"),
    ("Kazakstan", "KAZ", "1995?", "1995?"), ("NA", "NAM", "n/a", ""), ("Korea, Republic of", "KOR", " 1991-09 ", "1991-09"),
    ("Kingdom of Tonga", "TON", "[2000..2002]", "[2000..2002]"), ("Myanmar/Burma", "MMR", "-", ""), ("état du koweït", "KWT", "NULL", ""),
    ("Soviet Union", "SUN", "1980", "1980"), ("Korea", "", "1980", "1980"), ("Congo", "COG", "1980", "1980"), ("Kazahkstan", "", "1980", "1980"),
    ("860", "", "1980", "1980"), ("Nowhere", "", "1980", "1980"), ("Viet Nam", "VNM", "08/10/1980", None), ("Laos", "LAO", "22/10/1980", "1980-10-22"), ("Tonga", "TON", "1980/1990", None),
    ("Nauru", "NRU", "1980.5", None), ("Chad", "TCD", "soon", None),
]  # fmt: skip


def test_match_and_import_table_read_the_same_names_and_dates(tmp_path: Path) -> None:
    """A name is certain for both or for neither; a date is read by both or by neither."""
    table = tmp_path / "rows.csv"
    with table.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(["member", "organization", "start"])
        out.writerows([name, "UN", start] for name, _, start, _ in NAMES_AND_DATES)
    matched = CliRunner().invoke(cli, ["match", str(table), "--column", "member", "--type", "state"])
    assert matched.exit_code == 0, matched.output
    assert [row["match_code"] for row in csv.DictReader(io.StringIO(matched.stdout, newline=""))] == [
        code for _, code, _, _ in NAMES_AND_DATES
    ]
    dated = CliRunner().invoke(cli, ["match", str(table), "--column", "member", "--on-column", "start"])
    for row, (name, code, _, stated) in zip(
        csv.DictReader(io.StringIO(dated.stdout, newline="")), NAMES_AND_DATES, strict=True
    ):
        assert row["match_code"] == ("" if stated is None else code), name
    done = CliRunner().invoke(cli, ["import", "table", str(table), "-o", str(tmp_path / "out")])
    assert done.exit_code == 1, done.output
    assert {(member, start) for _, _, member, _, start, _, _ in memberships(tmp_path)} == {
        (code, stated) for _, code, _, stated in NAMES_AND_DATES if code and stated is not None
    }
    with (tmp_path / "out" / "table-rows-unresolved.tsv").open(encoding="utf-8", newline="") as file:
        assert {row["name"] for row in csv.DictReader(file, delimiter="\t")} == {
            name for name, code, _, _ in NAMES_AND_DATES if not code
        }


def test_a_number_of_two_schemes_is_ambiguous(tmp_path: Path, resolver: Resolver) -> None:
    run(tmp_path, resolver, HEADER + "860,UN,,1992,,\n398,UN,,1992,,\n")
    ((_, reason, *_),) = rejects(tmp_path)
    assert reason.startswith("'860' is ambiguous: ")
    assert "(m49 860)" in reason
    assert "(cow 860)" in reason
    assert [m[2] for m in memberships(tmp_path)] == ["KAZ"]


def test_table_and_service_agree_on_every_certain_name(graph: Graph, resolver: Resolver) -> None:
    search = Search(Catalog(graph.store))
    for entity in search.catalog.by_iri.values():
        for name, _ in entity.thing.names:
            found = search.candidates(ReconcileQuery((name,)))
            sure = found[0].entity.thing.iri if found and found[0].sure else entity.thing.iri
            assert resolver.find("member", name)[0] in ("", sure), name


# ---- What is rejected ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("Kazahkstan,UN,,1992,,", "unknown state or organization 'Kazahkstan'"), ("KAZ,ANZUS,,1992,,", "unknown organization 'ANZUS'"),
        ("KAZ,RUS,,1992,,", "'RUS' is the state Russia, not an organization"),
        ("Atlantis,ANZUS,king,199,,", "unknown state or organization 'Atlantis'; unknown organization 'ANZUS'; unknown role 'king'; the start '199' is not a date"),
        (",UN,,1992,,", "the member is empty"), ("KAZ, ,,1992,,", "the organization is empty"), ("KAZ,UN,king,1992,,", "unknown role 'king'"),
        ("KAZ,UN,,08/10/1992,,", "the start '08/10/1992' could be '1992-10-08' or '1992-08-10'; give the order with --dates dmy"),
        ("KAZ,UN,,1992,22.10.93,", "the end '22.10.93' is not a date; write the year with four digits"), ("KAZ,UN,,0000,,", "the start '0000' is not a date: no calendar has that day"),
        ("KAZ,UN,,1992-02-30,,", "the start '1992-02-30' is not a date: no calendar has that day"), ("KAZ,UN,,1992-13,,", "is not a date"),
        ("KAZ,UN,,present,,", "the start 'present' is not a date"), ("KAZ,UN,,1992/1993,,", "is not one date"), ("KAZ,UN,,1992.5,,", "is not a date"),
        ("KAZ,UN,,1993,1992,", "the start '1993' is after the end '1992'"), ("KAZ,UN,,1992-03-02,1992-02,", "is after the end"),
        ("KAZ,UN,,before 1992,,", "gives only a limit"), ("KAZ,UN,,1992,", "it has 5 cells, but the header has 6"), ("KAZ,UN,,1992,,,", "it has 7 cells"),
        ("KAZ\0,UN,,1992,,", "the member contains a NUL byte"), (b"T\xfcrkiye,UN,,1945,,", "the member contains byte 0xFC, which is not UTF-8"),
        ('KAZ,UN,,1992,,"open', "the row cannot be read: unexpected end of data"), ("KAZ,UN,,1992,," + "x" * 1001, "the source has 1,001 characters (maximum 1,000)"),
        ("KAZ,UN,,1992,," + "x" * 200_000, "field larger than field limit"), ("K" * 20_000_000 + ",UN,,1992,,", "longer than 1,048,576 characters"),
    ],
)  # fmt: skip
def test_a_rejected_row_is_written_with_its_line_and_reason(
    row: str | bytes, reason: str, tmp_path: Path, resolver: Resolver
) -> None:
    data = row if isinstance(row, bytes) else row.encode()
    outcome = run(tmp_path, resolver, HEADER.encode() + b"RUS,CIS,,1991,,\n" + data + b"\n")
    assert (outcome.rows, outcome.kept) == (2, 1)
    ((line, said, *cells),) = rejects(tmp_path)
    assert line == "3"
    assert reason in said
    assert "".join(cells)[:1] == data.decode("utf-8", "backslashreplace").lstrip(",")[:1]
    assert memberships(tmp_path) == [("cis-RUS-1", "cis", "RUS", "member", "1991", "", "Rows of rows.csv")]


def test_invalid_bytes_in_unused_columns_are_harmless(tmp_path: Path, resolver: Resolver) -> None:
    run(tmp_path, resolver, b"member,organization,notes\nKAZ,UN,\xe9\0\n", columns={})
    assert len(memberships(tmp_path)) == 1


def test_corrected_rejects_can_be_imported_again(tmp_path: Path, resolver: Resolver) -> None:
    first = run(tmp_path, resolver, HEADER + 'Kazahkstan,UN,,1992,,"a, ""b"""\nKAZ,CIS,,1991-13,,\nKAZ,CICA,,2002,,\n')
    assert (first.kept, first.rejected.total()) == (1, 2)
    path = tmp_path / "out" / "table-rows-rejects.csv"
    text = path.read_text("utf-8").replace("Kazahkstan,UN", "Kazakhstan,UN").replace("1991-13,", "1991-12,")
    (tmp_path / "again").mkdir()
    again = run(tmp_path / "again", resolver, text)
    assert (again.kept, again.rejected.total()) == (2, 0)
    assert [m[5:] for m in memberships(tmp_path / "again")] == [("", "Rows of rows.csv"), ("", 'a, "b"')]
    third = run(tmp_path / "again", resolver, path.read_text("utf-8"))
    assert third.rejected.total() == 2
    assert (tmp_path / "again" / "out" / "table-rows-rejects.csv").read_text("utf-8").splitlines()[
        0
    ] == "line,reason," + HEADER.strip()


def test_a_table_with_tabs_has_rejects_with_tabs(tmp_path: Path, resolver: Resolver) -> None:
    path = tmp_path / "rows.tsv"
    path.write_text("member\torganization\nAtlantis\tUN\n", "utf-8")
    outcome = convert(path, resolver, tmp_path / "out", columns={})
    assert outcome.written[1].read_text("utf-8").splitlines()[1].split("\t") == [
        "2", "unknown state or organization 'Atlantis'", "Atlantis", "UN",
    ]  # fmt: skip


def test_the_number_of_counted_reasons_is_limited(tmp_path: Path, resolver: Resolver) -> None:
    words = ("".join(chr(97 + n // 26**k % 26) for k in range(3)) for n in range(300))
    outcome = run(
        tmp_path, resolver, HEADER + "".join(f"it's \"{w} {w},UN,,1990,,\n".replace('"', '""') for w in words)
    )
    assert len(outcome.rejected) <= 51


# ---- Names ----------------------------------------------------------------------------


def test_unknown_names_are_listed_with_suggestions(tmp_path: Path, resolver: Resolver) -> None:
    outcome = run(tmp_path, resolver, HEADER
        + "Nowhere,UN,,1990,,\nKazahkstan,UN,,1990,,\nKazahkstan,CIS,,1990,,\nKAZ,Unitde Natoins,,1990,,\nKAZ,UN,member state,1990,,\n")  # fmt: skip
    with (tmp_path / "out" / "table-rows-unresolved.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    assert [(r["part"], r["name"], r["rows"], r["first_line"], r["use"]) for r in rows] == [
        ("member", "Kazahkstan", "2", "3", ""), ("member", "Nowhere", "1", "2", ""), ("organization", "Unitde Natoins", "1", "5", ""),
        ("role", "member state", "1", "6", ""),
    ]  # fmt: skip
    assert "did you mean KAZ (Kazakhstan)" in rows[0]["reason"]
    assert "did you mean UN (United Nations)" in rows[2]["reason"]
    assert "the roles are applicant, associate" in rows[3]["reason"]
    assert (outcome.name_count, outcome.names[0]) == (4, (2, rows[0]["reason"]))


def test_decisions_are_used(tmp_path: Path, graph: Graph, resolver: Resolver) -> None:
    data = HEADER + "Holland,UN,,1945,,\nHOLLAND,The Union,full member,1993,,\n"
    assert run(tmp_path, resolver, data).kept == 0
    path = tmp_path / "out" / "table-rows-unresolved.tsv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    meant = {"Holland": "NLD", "HOLLAND": "", "The Union": "European Union", "full member": "member"}
    decided = tmp_path / "decided.csv"
    with decided.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, list(rows[0]))
        writer.writeheader()
        writer.writerows({**row, "use": meant[row["name"]]} for row in rows)
    again = Resolver(graph.store)
    again.decide(decisions(decided, resolver))
    assert run(tmp_path, again, data).kept == 2
    assert [m[1:5] for m in memberships(tmp_path)] == [("eu", "NLD", "member", "1993"), ("un", "NLD", "member", "1945")]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("part,name,use\nmember,Holland,NDL\n", r"decided\.csv:2: unknown state or organization 'NDL'; did you mean"),
        ("part,name,use\nstate,Holland,NLD\n", "decided.csv:2: 'state' is not one of: member, organization, role"), ("part,name\n", "no column 'use'"),
        ("part,name,use\nmember,Holland\n", "decided.csv:2: it has 2 cells"),
    ],
)  # fmt: skip
def test_invalid_decisions_are_refused(data: str, words: str, tmp_path: Path, resolver: Resolver) -> None:
    path = tmp_path / "decided.csv"
    path.write_text(data, "utf-8")
    with pytest.raises(UsageError, match=words):
        decisions(path, resolver)


# ---- Columns --------------------------------------------------------------------------


def test_columns_are_found_by_the_name_of_their_part_in_any_case(tmp_path: Path, resolver: Resolver) -> None:
    outcome = run(tmp_path, resolver, "Member, ORGANISATION ,Start,x\nKAZ,UN,1992,y\n", columns={})
    assert outcome.columns == {"member": "Member", "organization": "ORGANISATION", "start": "Start"}
    assert outcome.unused == ["x"]


@pytest.mark.parametrize(
    ("header", "columns", "words"),
    [
        ("a,b", {}, r"no column 'member'; give it with --map member=COLUMN. The columns are: a, b"), ("member,b", {}, "no column 'organization'"),
        ("a,b", {"member": "a", "organization": "c"}, "no column 'c'; its columns are: a, b"), ("member,organization,start,start", {}, "2 columns 'start'"),
        ("", {}, "is empty"),
    ],
)  # fmt: skip
def test_missing_columns_are_reported(
    header: str, columns: dict[str, str], words: str, tmp_path: Path, resolver: Resolver
) -> None:
    with pytest.raises(UsageError, match=words):
        run(tmp_path, resolver, header + "\n", columns=columns)
    assert not (tmp_path / "out").exists()


# ---- Whatever the table -----------------------------------------------------------------

WORDS = st.sampled_from(
    [
        "KAZ",
        "Kazakhstan",
        "RUS",
        "UN",
        "CIS",
        "Atlantis",
        "",
        "1991",
        "1993-02",
        "1990-13",
        "member",
        '"',
        "a\nb",
        "x,y",
    ]
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(st.lists(st.lists(WORDS, min_size=3, max_size=7), max_size=8), st.booleans())
def test_every_row_is_accepted_or_rejected(
    tmp_path: Path, resolver: Resolver, said: list[list[str]], quoted: bool
) -> None:
    with (tmp_path / "rows.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL).writerows(
            [HEADER.strip().split(","), *said]
        )
    outcome = run(tmp_path, resolver, (tmp_path / "rows.csv").read_bytes())
    assert outcome.rows >= len(said)  # a faulty row of two lines is two faulty rows
    good = 0
    for row in said:
        if len(row) == 6 and {row[0]} <= {"KAZ", "Kazakhstan", "RUS", "UN", "CIS"} and row[1] in ("UN", "CIS"):
            fits = row[2] in ("member", "") and all(d in ("", "1991", "1993-02") for d in row[3:5])
            good += fits and not (row[3] and row[4] and edtf.span(row[3])[0] > edtf.span(row[4])[1])
    assert outcome.kept == good


def test_many_rows_are_sorted_on_the_disk(tmp_path: Path, resolver: Resolver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(external_sort, "IN_MEMORY", 50)
    rows = [f"KAZ,{what},,{1900 + n % 100},,s{n}\n" for n in range(400) for what in ("UN", "CIS")]
    outcome = run(tmp_path, resolver, HEADER + "".join(rows))
    assert (outcome.kept, outcome.memberships) == (800, 200)
    found = memberships(tmp_path)
    assert [m[4] for m in found] == [str(1900 + n) for n in range(100)] * 2
    assert all(len(m[6].split("; ")) == 4 for m in found)


# ---- The command ------------------------------------------------------------------------


def write(path: Path, rows: int) -> None:
    states, some = ["Kazakhstan", "Russia", "China", "Türkiye", "India"], random.Random(rows)
    with path.open("w", encoding="utf-8") as file:
        file.write(HEADER)
        for n in range(rows):
            day = date.fromordinal(710_000 + some.randrange(20_000))
            who = some.choice(states) if n % 50 else f"Nowhere {n}"
            file.write(f"{who},{some.choice(['UN', 'CICA', 'SCO'])},,{day},{day.year + 3},source {n % 100}\n")


def command(path: Path, out: Path) -> list[str]:
    maps = [f"--map={part}={heading}" for part, heading in MAP.items()]
    return [sys.executable, "-m", "cica_graph", "import", "table", str(path), "-o", str(out), *maps]


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak of memory is read as Linux tells it")
@pytest.mark.parametrize(
    ("sizes", "growth"),
    [((8_000, 20_000), 2_500_000), pytest.param((100_000, 300_000), 8_000_000, marks=pytest.mark.soak)],
)
def test_memory_does_not_grow_with_the_table(tmp_path: Path, sizes: tuple[int, int], growth: int) -> None:
    """The smaller table is large enough to be sorted on the disk, which has buffers of a fixed size."""
    code = (
        "import re, sys\nfrom pathlib import Path\nfrom cica_graph.cli import cli\n"
        "from cica_graph.files import external_sort\nexternal_sort.IN_MEMORY = 4_000\n"
        "try: cli(sys.argv[1:], standalone_mode=False)\n"
        "finally: print(re.search(r'VmHWM:\\s+(\\d+) kB', Path('/proc/self/status').read_text())[1])"
    )
    peaks = []
    for rows in sizes:
        write(tmp_path / "rows.csv", rows)
        run = [sys.executable, "-c", code, *command(tmp_path / "rows.csv", tmp_path / "out")[3:]]
        done = subprocess.run(run, capture_output=True, text=True)
        assert f"{rows:,} rows read, {rows * 49 // 50:,} kept, {rows // 50:,} rejected" in done.stderr
        peaks.append(int(done.stdout) * 1024)
    assert peaks[1] < peaks[0] + growth
    assert peaks[1] < 200_000_000


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_interrupted_import_leaves_the_earlier_files(how: signal.Signals, tmp_path: Path) -> None:
    out, path = tmp_path / "out", tmp_path / "rows.csv"
    write(path, 3)
    subprocess.run(command(path, out), capture_output=True)
    before = {p.name: p.read_bytes() for p in out.iterdir()}
    assert len(before) == 3
    write(path, 60_000)
    for moment in (0, 0.3, 0.8, 1.6):
        before_it = {*out.iterdir()}
        process = subprocess.Popen(command(path, out), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        while {*out.iterdir()} == before_it and process.poll() is None:
            time.sleep(0.01)
        time.sleep(moment)
        process.send_signal(how)
        _, said = process.communicate(timeout=60)
        after = {p.name: p.read_bytes() for p in out.iterdir() if not p.name.startswith(".")}
        if process.returncode == 1:  # the machine was quick, or the signal late: then all three are new
            assert after.keys() == before.keys()
            assert len(after["table-rows.ttl"]) > 1_000_000
            break
        assert after == before
        assert b"Traceback" not in said
        if how != signal.SIGKILL:
            assert [p.name for p in out.iterdir() if p.name.startswith(".")] == []


def test_output_does_not_depend_on_hash_seed_and_time_zone(tmp_path: Path) -> None:
    write(tmp_path / "rows.csv", 500)
    for seed in ("0", "1"):
        env = {**os.environ, "PYTHONHASHSEED": seed, "TZ": "Asia/Almaty", "LC_ALL": "C"}
        subprocess.run(command(tmp_path / "rows.csv", tmp_path / seed), capture_output=True, env=env)
    for path in (tmp_path / "0").iterdir():
        assert path.read_bytes() == (tmp_path / "1" / path.name).read_bytes()


def test_the_command_prints_a_summary(tmp_path: Path) -> None:
    path = tmp_path / "My members.csv.gz"
    path.write_bytes(
        gzip.compress((HEADER + "KAZ,UN,,1992-03-02,,\nKAZ,UN,,1992-03-02,,\nAtlan\x1btis,UN,,1,,\n").encode())
    )
    args = [
        "import",
        "table",
        str(path),
        "-o",
        str(tmp_path / "out"),
        *(a for p in MAP.items() for a in ("--map", "=".join(p))),
    ]
    ran = CliRunner().invoke(cli, args)
    assert ran.exit_code == 1
    assert ran.stdout == ""
    assert "member is 'Country', organization is 'Body', role is 'Role', start is 'Since'" in ran.stderr
    assert "3 rows read, 2 kept, 1 rejected" in ran.stderr
    assert "1 membership in" in ran.stderr
    assert "1 repeated row" in ran.stderr
    assert "\x1b" not in ran.stderr
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == [
        "table-my-members-rejects.csv", "table-my-members-unresolved.tsv", "table-my-members.ttl",
    ]  # fmt: skip
    clean = tmp_path / "clean.csv"
    clean.write_text("member,organisation\nKAZ,UN\n", "utf-8")
    assert CliRunner().invoke(cli, ["import", "table", str(clean), "-o", str(tmp_path / "out")]).exit_code == 0


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["rows.csv", "--map", "who=a"], "'who=a' is not PART=COLUMN; the parts are member, organization"),
        (["rows.csv", "--map", "member"], "is not PART=COLUMN"), (["rows.csv", "x/rows.csv"], "two files would both be written as table-rows.ttl"),
        (["nothing.csv"], "nothing.csv cannot be read: No such file"), (["rows.csv", "--licence", "a b"], "'a b' is not an IRI"),
    ],
)  # fmt: skip
def test_invalid_input_is_refused_with_a_message(args: list[str], words: str, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("member,organization\nKAZ,UN\n", "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "cica_graph", "import", "table", *args], capture_output=True, text=True, cwd=tmp_path
    )
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "imports").exists()


def test_a_table_is_compared_with_ours(graph: Graph, tmp_path: Path, resolver: Resolver) -> None:
    run(tmp_path, resolver, HEADER + "KAZ,CICA,,2006,,\nTHA,CICA,,2004-10-22,,\nUZB,CSTO,,2002,2011,\n")
    side = sources.read(str(tmp_path / "out" / "table-rows.ttl"), graph.built)
    found = differences.compare(differences.scope(sources.read("ours", graph.built), side))
    differing = {(local(d.member), local(d.organization), d.kind): (d.here, d.there) for d in found}
    assert differing["KAZ", "cica", "start-differs"] == ("2002-06-04", "2006")
    assert differing["UZB", "csto", "start-differs"] == ("2006-08-16", "2002")
    assert ("THA", "cica", "start-differs") not in differing
    assert side.memberships[0].iri == ID + "membership/table-rows/cica-KAZ-1"
