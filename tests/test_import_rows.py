"""Realistic tables with faults: each fault is reported with its line, and the good rows are kept."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cica_graph.files import external_sort, streams, table_reader
from cica_graph.files.external_sort import Sorter
from cica_graph.files.table_reader import BadRow, TableRow, open_table
from cica_graph.model.errors import UsageError

Read = list[tuple[int, list[str], str]]


def read(path: Path, data: bytes | str) -> tuple[list[str], Read]:
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    with open_table(path) as found:
        return found.header, [(r.line, r.cells, r.reason if isinstance(r, BadRow) else "") for r in found.rows]


SIMPLE = ["a", "b"], [(2, ["1", "é"], ""), (3, ["2", "ü"], "")]


@pytest.mark.parametrize(
    "data",
    [
        "a,b\n1,é\n2,ü\n", "a,b\r\n1,é\r\n2,ü\r\n", "a,b\r1,é\r2,ü\r", "a,b\n1,é\n2,ü", "a;b\n1;é\n2;ü\n",
        "a\tb\n1\té\n2\tü\n", "\ufeffa,b\n1,é\n2,ü\n", '\ufeff"a","b"\n"1","é"\n"2","ü"\n', " a , b\n1,é\n2,ü\n",
        "a,b\n1,é\n2,ü\n".encode("utf-16"), b"\xfe\xff" + "a,b\r\n1,é\r\n2,ü\r\n".encode("utf-16-be"),
    ],
)  # fmt: skip
def test_any_writing_of_a_table_reads_the_same(data: bytes | str, tmp_path: Path) -> None:
    assert read(tmp_path / "t.csv", data) == SIMPLE
    raw = data if isinstance(data, bytes) else data.encode()
    assert read(tmp_path / "t.csv.gz", gzip.compress(raw, mtime=0)) == SIMPLE
    assert read(tmp_path / "t.csv.bz2", bz2.compress(raw)) == SIMPLE


def test_file_named_tsv_is_split_at_tabs_only(tmp_path: Path) -> None:
    assert read(tmp_path / "t.tsv", "a,x,y\tb\n1\t2\n")[1] == [(2, ["1", "2"], "")]


@pytest.mark.parametrize(
    ("data", "found"),
    [
        ("a,b\n1\n2,3\n", [(2, ["1"], "it has 1 cell, but the header has 2"), (3, ["2", "3"], "")]),
        ("a,b\n1,2,3\n", [(2, ["1", "2", "3"], "it has 3 cells, but the header has 2")]),
        ("a,b\n\n1,2\n\n", [(3, ["1", "2"], "")]),  # an empty line is not a row
        ('a,b\n1,"x\ny"\n2,3\n', [(2, ["1", "x\ny"], ""), (4, ["2", "3"], "")]),
        ('a,b\n1,"x\n2,3\n4,5\n', [(2, ['1,"x'], "a quotation mark is not closed"), (3, ["2", "3"], ""),
                                   (4, ["4", "5"], "")]),
        ('a,b\n1,"x\n2,3\n4,"y\n5,6\n', [(2, ['1,"x'], "a quotation mark is not closed"),
                                        (3, ["2", "3"], ""), (4, ['4,"y'], "a quotation mark is not closed"),
                                        (5, ["5", "6"], "")]),
        ('a,b\n1,"x', [(2, ['1,"x'], "the row cannot be read: unexpected end of data")]),
        ('a,b\n1,"x"y\n2,3\n', [(2, ['1,"x"y'], "the row cannot be read: ',' expected after '\"'"),
                                (3, ["2", "3"], "")]),
        ("a,b\n1,\0\n", [(2, ["1", "\0"], "")]),  # the reader of the cells reports the odd ones that it needs
        (b"a,b\n1,\xe9\n", [(2, ["1", "\udce9"], "")]),
    ],
)  # fmt: skip
def test_each_fault_costs_its_own_row(data: bytes | str, found: Read, tmp_path: Path) -> None:
    assert read(tmp_path / "t.csv", data)[1] == found


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("t.csv", "", "is empty"), ("t.csv", "\n\n", "is empty"), ("t.csv", "a,b\n1,é\n".encode("utf-16-le"), "not UTF-8 text"),
        ("t.csv", b"a\xe9,b\n", "not UTF-8 text"), ("t.csv", b"PK\x03\x04\x14\x00", "workbook"),
        ("t.csv", gzip.compress(b"a,b\n", mtime=0), "the suffix .gz"), ("t.csv.gz", b"a,b\n", "Not a gzipped file"),
        ("t.csv.bz2", b"a,b\n", "Invalid data stream"), ("t.csv", '"a,b\n1,2\n', "no valid header"),
        ("t.csv", "a" * 2_000_000, "longer than 1,048,576 characters"), ("t.csv.gz", gzip.compress(b"a,b\n", mtime=0)[:12], "ended before"),
    ],
)  # fmt: skip
def test_file_that_is_not_a_table_is_refused(name: str, data: bytes | str, words: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=words) as raised:
        read(tmp_path / name, data)
    assert str(tmp_path / name) in str(raised.value)


def test_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file"), open_table(tmp_path / "t.csv"):
        pass


def test_error_for_a_missing_or_duplicate_column_lists_the_columns(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,a," + ",".join(f"column{n}" for n in range(100)) + "\n", "utf-8")
    with open_table(path) as found:
        for name in ("a", "b"):
            with pytest.raises(
                UsageError,
                match=rf"has (no column|2 columns) '{name}'; its columns are: a, a, column0.*\(102 columns\)",
            ):
                found.column(name)
        assert found.column("column1") == 3


def test_truncated_or_damaged_file_is_reported_and_the_beginning_is_read(tmp_path: Path) -> None:
    lines = "".join(f"{n},{n * 7919 % 104729}\n" for n in range(50_000))
    packed = gzip.compress(b"a,b\n" + lines.encode(), mtime=0)
    _, found = read(tmp_path / "cut.csv.gz", packed[: len(packed) // 2])
    assert len(found) > 1000
    assert all(not reason for *_, reason in found[:-1])
    assert "the rest of the file cannot be read: Compressed file ended" in found[-1][2]
    assert found[-1][0] == len(found) + 1
    damaged = bytearray(packed)
    damaged[len(packed) // 2 : len(packed) // 2 + 20] = bytes(20)
    _, found = read(tmp_path / "damaged.csv.gz", bytes(damaged))
    assert "the rest of the file cannot be read" in found[-1][2]


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress], ids=["gz", "bz2"])
def test_decompression_bomb_is_not_unpacked(pack: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "FREE", 1 << 20)  # the real one lets 64 MiB pass
    assert callable(pack)
    path = tmp_path / ("bomb.csv.gz" if pack is gzip.compress else "bomb.csv.bz2")
    _, found = read(path, pack(b"a,b\n" + b"1,2\n" * 3_000_000))
    assert "unpacks to more than 400 times its size" in found[-1][2]
    assert len(found) < 3_000_000 / 2


@pytest.mark.parametrize("lines", [100_000, pytest.param(1_000_000, marks=pytest.mark.soak)])
def test_memory_does_not_grow_with_a_cell_a_row_or_an_open_quotation_mark(tmp_path: Path, lines: int) -> None:
    path = tmp_path / "large.csv"
    with path.open("w") as file:
        file.write("a,b\n1," + "x" * 20 * lines + "\n2,3\n")  # a cell longer than the limit
        file.write('4,"' + "y\n" * lines + '"\n')  # a row of very many lines
        file.write('5,"z\n6,7\n')
    tracemalloc.start()
    good, bad = [], 0
    with open_table(path) as found:
        for row in found.rows:
            if isinstance(row, TableRow):
                good.append((row.line, row.cells))
            else:
                bad += 1
                assert sum(map(len, row.cells)) <= table_reader.SHOWN
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert good == [(3, ["2", "3"]), (lines + 6, ["6", "7"])]
    assert bad == 1 + lines + 1 + 1
    assert peak < 12_000_000


def test_reading_again_has_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file full of open quotation marks would be read again and again; each of its lines is still reported."""
    monkeypatch.setattr(table_reader, "MAX_AGAIN", 5_000)
    _, found = read(tmp_path / "t.csv", "a,b\n" + '"x,y\n1,2\n' * 1000)
    assert [line for line, *_ in found] == list(range(2, 2002))
    assert {reason for *_, reason in found} >= {"", "a quotation mark is not closed"}
    assert any("part of the quoted cell that begins in line" in reason for *_, reason in found)


cells = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=6)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.lists(cells, min_size=3, max_size=3), max_size=6), st.sampled_from(",\t;"))
def test_output_of_the_csv_module_is_read_back(tmp_path: Path, said: list[list[str]], delimiter: str) -> None:
    text = io.StringIO(newline="")
    written = csv.writer(text, delimiter=delimiter, quoting=csv.QUOTE_ALL)
    written.writerows([["one", "two", "three"], *said])
    header, found = read(tmp_path / "t.csv", text.getvalue())
    assert header == ["one", "two", "three"]
    assert [row for _, row, _ in found] == said
    assert not any(reason for *_, reason in found)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.binary(max_size=60))
def test_any_bytes_are_a_table_or_refused(tmp_path: Path, data: bytes) -> None:
    try:
        _, found = read(tmp_path / "t.csv", b"a,b\n" + data)
    except UsageError:
        return
    assert [line for line, *_ in found] == sorted(line for line, *_ in found)


def test_any_number_of_rows_is_sorted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(external_sort, "IN_MEMORY", 100)
    with Sorter() as some:
        for n in range(1_234):
            some.add((n * 7919 % 1000, "x"))
        assert list(some) == sorted((n * 7919 % 1000, "x") for n in range(1_234))
        assert list(some) == list(some)
    with Sorter() as none:
        assert list(none) == []
