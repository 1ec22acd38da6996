"""The command `match`."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Sequence
from pathlib import Path

import pytest

import commands

TABLE = """\
country,year,code,note
Zaire,1980,,"a, b"
Zaire,2010,,
Kazakhstan,2012-06-13,398,-5
Korea,2000,,
Congo,2000,180,"two
lines"
Soviet Union,1985,,
Nowhere,,,
,,,
"""
ADDED = ["match_iri", "match_code", "match_label", "match_score", "match_status", "match_reason"]


def run(*arguments: str) -> commands.Done:
    return commands.run("match", *arguments)


def rows(text: str, delimiter: str = ",") -> list[dict[str, str]]:
    return list(csv.DictReader(text.splitlines(keepends=True), delimiter=delimiter))


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "names.csv"
    path.write_text(TABLE, "utf-8")
    return path


def test_matches_are_written_to_new_columns(table: Path) -> None:
    done = run(str(table), "--column", "country", "--on-column", "year", "--property", "m49=code", "--add", "iso2")
    found = rows(done.stdout)
    assert list(found[0]) == ["country", "year", "code", "note", *ADDED, "match_iso2"]
    assert [{k: r[k] for k in ("country", "year", "code", "note")} for r in found] == rows(TABLE)
    assert [(r["match_code"], r["match_status"], r["match_iso2"]) for r in found] == [
        ("COD", "match", "CD"), ("", "weak", ""), ("KAZ", "match", "KZ"), ("", "ambiguous", ""), ("COD", "match", "CD"),
        ("SUN", "match", ""), ("", "none", ""), ("", "none", ""),
    ]  # fmt: skip
    assert found[2]["match_iri"] == "https://w3id.org/cica-graph/id/state/KAZ"
    assert found[1]["match_reason"].endswith("called 'Zaire' only until 1997-05-17")
    assert found[3]["match_reason"] == "KOR (South Korea), 80 | PRK (North Korea), 80"
    assert done.stderr == "8 rows: 4 match, 1 ambiguous, 1 weak, 2 none\n"
    assert done.returncode == 0


def test_added_memberships_are_those_on_the_day(table: Path) -> None:
    add = ["--add", "memberOf", "--add", "joined:org/cica", "--add", "label", "--language", "ru"]
    kazakhstan = rows(run(str(table), "--column", "country", "--on", "1992-06-01", *add).stdout)[2]
    assert "Organisation of Islamic Cooperation" not in kazakhstan["match_memberOf"]
    assert "Economic Cooperation Organization" not in kazakhstan["match_memberOf"]
    assert kazakhstan["match_joined:org/cica"] == "2002-06-04"
    assert (kazakhstan["match_label"], kazakhstan["match_label_ru"]) == ("Kazakhstan", "Казахстан")


def test_the_output_file_is_complete_and_has_the_format_of_the_input(tmp_path: Path) -> None:
    table, out = tmp_path / "names.tsv.gz", tmp_path / "new" / "out.tsv"
    table.write_bytes(gzip.compress("who\twhere\nCICA\tAlmaty, Astana\nКазахстан\t\n".encode()))
    done = run(str(table), "--column", "who", "-o", str(out))
    assert (done.stdout, done.returncode) == ("", 0)
    found = rows(out.read_text("utf-8"), "\t")
    assert [(r["where"], r["match_code"]) for r in found] == [("Almaty, Astana", "CICA"), ("", "KAZ")]
    assert [p.name for p in out.parent.iterdir()] == ["out.tsv"]


def test_a_type_excludes_the_other_and_a_prefix_renames_the_columns(table: Path) -> None:
    found = rows(run(str(table), "--column", "country", "--type", "organization", "--prefix", "x ").stdout)
    assert {r["x status"] for r in found} <= {"none", "weak"}


def test_a_column_of_codes_is_enough(table: Path) -> None:
    found = rows(run(str(table), "--property", "m49=code").stdout)
    assert [r["match_code"] for r in found] == ["", "", "KAZ", "", "COD", "", "", ""]


def test_bad_rows_are_reported_and_skipped(tmp_path: Path) -> None:
    table = tmp_path / "names.csv"
    table.write_bytes(b"name,x\nKazakhstan,1\nshort\nRussia,2\nT\xfcrkei,3\n")
    done = run(str(table), "--column", "name")
    assert [r["match_code"] for r in rows(done.stdout)] == ["KAZ", "RUS"]
    assert f"{table}:3: " in done.stderr
    assert f"{table}:5: it has byte 0xFC, which is not UTF-8; the row was skipped" in done.stderr
    assert done.returncode == 1


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--column", "nation"], "has no column 'nation'"),
        ([], "give the column of names with --column"),
        (["--column", "country", "--on", "soon"], "'soon' is not a date"),
        (["--column", "country", "--on", "2012", "--on-column", "year"], "--on cannot be combined with --on-column"),
        (["--column", "country", "--property", "code"], "is not PROPERTY=COLUMN"),
        (["--column", "country", "--property", "shoe=code"], "unknown property 'shoe'"),
        (["--column", "country", "--add", "shoe"], "unknown property 'shoe'"),
        (["--column", "country", "--add", "code"], "'match_code' would occur twice"),
        (["--column", "country", "--property", "m49=number"], "has no column 'number'"),
    ],
)  # fmt: skip
def test_invalid_options_are_refused_with_a_message(table: Path, arguments: Sequence[str], says: str) -> None:
    done = run(str(table), *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_columns_are_not_written_twice(table: Path, tmp_path: Path) -> None:
    once = tmp_path / "once.csv"
    run(str(table), "--column", "country", "-o", str(once))
    done = run(str(once), "--column", "country")
    assert done.returncode == 2
    assert "already has a column 'match_code'; choose another --prefix" in done.stderr
    assert run(str(once), "--column", "country", "--prefix", "again_").returncode == 0
    assert run(str(tmp_path / "none.csv"), "--column", "x").returncode == 2


def test_the_same_table_gives_the_same_bytes(table: Path) -> None:
    command = ["match", str(table), "--column", "country", "--add", "name"]
    outputs = {commands.spawn(*command, PYTHONHASHSEED=seed).stdout for seed in ("1", "2")}
    assert len(outputs) == 1
    assert outputs != {""}
