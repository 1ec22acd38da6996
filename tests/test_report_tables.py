from __future__ import annotations

import csv
import io
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from cica_graph.files.table_writer import guard
from cica_graph.formats.tables import FORMATS, Record, Value, render, show
from cica_graph.model.errors import UsageError

COLUMNS = ["member", "label", "role", "since", "holds", "attested", "suspended", "sources"]
HEADINGS = {"attested": "last attested"}
RECORDS: list[Record] = [
    {
        "member": "KAZ",
        "label": "Kazakhstan",
        "role": "member",
        "since": "1992-10-05",
        "holds": "certain",
        "attested": "2012-06-13",
        "suspended": False,
        "sources": ["cica-profile#members", "cica-documents#almaty-act"],
        "spells": 1,
    },
    {
        "member": "IRN",
        "label": "Iran, Islamic Republic of",
        "role": "member",
        "since": "1999-09-14",
        "holds": "possible",
        "attested": "2012-06-13",
        "suspended": True,
        "sources": ["cica-profile#members"],
        "spells": 12,
    },
    {"member": "CHN", "label": "中国 [bold]:smile:[/bold]", "role": "observer", "since": None, "sources": []},
]

text = st.text(st.characters(exclude_categories=[]), max_size=20)
printable = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
values: st.SearchStrategy[Value] = st.one_of(
    st.none(), st.booleans(), st.integers(), printable, st.lists(printable, max_size=3)
)
tables = st.lists(st.fixed_dictionaries({"a": values, "b": values}), max_size=5)


def said(value: Value, *, in_line: bool = False) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    word = " ".join(value) if isinstance(value, list) else value
    return guard(re.sub("[\t\r\n]+", " ", word) if in_line else word)


def shown(records: list[Record], columns: list[str], width: int, title: str | None = None) -> list[str]:
    file = io.StringIO()
    console = Console(file=file, width=width, force_terminal=False)
    show(records, columns, console=console, headings=HEADINGS, title=title, caption=title)
    return file.getvalue().splitlines()


def test_plain_table() -> None:
    assert render(RECORDS, ["member", "label", "suspended", "spells"], "table", headings={"label": "name"}) == (
        "member  name                       suspended  spells\n"
        "KAZ     Kazakhstan                                 1\n"
        "IRN     Iran, Islamic Republic of  yes            12\n"
        "CHN     中国 [bold]:smile:[/bold]\n"
    )


def test_plain_table_folds_only_when_given_a_width() -> None:
    whole = render(RECORDS, COLUMNS, "table").splitlines()
    assert len(whole) == len(RECORDS) + 1
    assert max(map(cell_len, whole)) > 100
    folded = render(RECORDS, COLUMNS, "table", width=90).splitlines()
    assert max(map(cell_len, folded)) <= 90
    assert "1999-09-14" in "\n".join(folded)


@given(st.lists(st.fixed_dictionaries({"a": text, "b": text}), max_size=4))
def test_plain_table_is_one_safe_line_a_record(records: list[Record]) -> None:
    lines = render(records, ["a", "b"], "table").splitlines()
    assert len(lines) == len(records) + 1
    assert not [line for line in lines if line != line.rstrip(" ") or re.search("[\x00-\x1f\x7f-\x9f]", line)]


def test_csv_and_tsv() -> None:
    records: list[Record] = [{"a": 'say "x", y', "b": ["=1+1", "z"]}, {"a": "one\ttwo\nthree", "b": -5}]
    assert render(records, ["a", "b"], "csv") == 'a,b\n"say ""x"", y",\'=1+1 z\n"one\ttwo\nthree",-5\n'
    assert render(records, ["a", "b"], "tsv") == 'a\tb\n"say ""x"", y"\t\'=1+1 z\none two three\t-5\n'


@given(tables)
def test_csv_reads_back(records: list[Record]) -> None:
    for columns in (["a", "b"], ["b"]):
        rows = list(csv.reader(io.StringIO(render(records, columns, "csv"), newline=""), strict=True))
        assert rows == [columns, *([said(record[c]) for c in columns] for record in records)]


@given(tables)
def test_tsv_reads_back(records: list[Record]) -> None:
    head, *rows, end = (written := render(records, ["a", "b"], "tsv")).split("\n")
    assert (head, end) == ("a\tb", "")
    assert len(rows) == len(records)
    expected = [[said(record[c], in_line=True) for c in ("a", "b")] for record in records]
    assert list(csv.reader(io.StringIO(written, newline=""), delimiter="\t", strict=True))[1:] == expected


@given(st.lists(st.dictionaries(text, st.one_of(values, text)), max_size=4))
def test_json_reads_back_with_every_key_in_order(records: list[Record]) -> None:
    rows = json.loads(render(records, [], "json").encode())
    assert rows == records
    assert [list(row) for row in rows] == [list(record) for record in records]


@pytest.mark.parametrize("form", ["ttl", "yaml"])
def test_no_such_form(form: str) -> None:
    with pytest.raises(UsageError, match="table, csv, tsv, json"):
        render(RECORDS, COLUMNS, form)


@pytest.mark.parametrize("form", [form for form in FORMATS if form != "ttl"])
def test_no_records(form: str) -> None:
    written = render([], ["a", "b"], form)
    assert written == {"table": "a  b\n", "csv": "a,b\n", "tsv": "a\tb\n", "json": "[]\n"}[form]


def test_terminal_table_at_80_columns() -> None:
    lines = shown(RECORDS, COLUMNS, 80)
    assert max(map(cell_len, lines)) <= 80
    table = "\n".join(lines)
    # Codes and dates are complete; the label and the sources are shortened.
    for word in ("member", "suspended", "KAZ", "observer", "1992-10-05", "2012-06-13", "certain", "yes"):
        assert word in table
    assert "cica-profile#members" not in table
    assert "Iran, Islamic" not in table


def test_terminal_table_shows_data_unchanged() -> None:
    records: list[Record] = [{"n": 5, "label": "[red]x[/red] :smile: \x1b[31m"}, {"n": 40, "label": "y"}]
    lines = shown(records, ["n", "label"], 80, title="[bold]\x07[/bold]")
    assert lines[0].strip() == lines[-1].strip() == "[bold]\\x07[/bold]"
    assert [line.rstrip() for line in lines[3:-1]] == [r" 5  [red]x[/red] :smile: \x1b[31m", "40  y"]


@given(
    st.lists(st.fixed_dictionaries({"a": text, "b": text, "c": st.integers(0, 9)}), max_size=3),
    st.integers(8, 60),
)
def test_terminal_table_is_complete_and_fits(records: list[Record], width: int) -> None:
    lines = shown(records, ["a", "b", "c"], width)
    assert max(map(cell_len, lines)) <= width
    digits = [c for line in lines for c in line[-1:] if c.isdigit()]
    assert len(digits) >= len(records)
    folded = "".join("".join(lines).split())
    for record in records:
        for letter in re.findall("[A-Za-z0-9]", f"{record['a']}{record['b']}"):
            assert letter in folded
