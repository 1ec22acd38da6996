"""Panels have the same numbers as single answers, in every format, with a valid dictionary."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import polars
import pytest

from cica_graph import Graph, queries
from cica_graph.memberships.panels import Batch, Panel
from cica_graph.model.errors import NotFound, UsageError
from cica_graph.model.results import PANEL_KINDS
from cica_graph.model.terms import CG
from cica_graph.pipeline.steps import derive
from cica_graph.project.source_files import Project
from cica_graph.publish.export import panel as publish
from cica_graph.store.store import day_literal, value
from commands import run, spawn

FIXTURES = Path(__file__).parent / "fixtures" / "spells"
YEARS = (1992, 2008, 2012, 2015, 2024)


def rows(panel: Panel) -> list[dict[str, object]]:
    names = [column.name for column in panel.columns]
    return [
        dict(zip(names, row, strict=True)) for batch in panel.batches() for row in zip(*batch.values(), strict=True)
    ]


def valid(metadata: Path) -> bool:
    """Return the result of the validator of the csvw package."""
    validator = str(Path(sys.executable).with_name("csvwvalidate"))
    return subprocess.run([validator, str(metadata)], capture_output=True).returncode == 0


# ---- The numbers ------------------------------------------------------------------------------


@pytest.mark.parametrize("organization", ["CICA", "LAS", "OSCE"])
def test_an_organization_has_as_many_members_as_the_query_finds(graph: Graph, organization: str) -> None:
    found = graph.query("size-by-year", organization=organization, since="1945", until="2030")
    expected = {int(value(r["year"])): (int(value(r["members"])), int(value(r["atMost"]))) for r in found.rows}
    panel = [row for row in rows(graph.panel("org-year", since=1945, until=2030)) if row["code"] == organization]
    assert len(panel) == 86
    assert {r["year"]: (r["member"], r["member_at_most"]) for r in panel if r["member_at_most"]} == expected


def test_number_of_organizations_of_a_state_agrees_with_its_memberships(graph: Graph) -> None:
    panel = graph.panel("state-year", since=2012, until=2012, roles=["member", "observer", "founding-member", "any"])
    by_code = {row["code"]: row for row in rows(panel)}
    assert len(by_code) == 236
    for code in ("KAZ", "UZB", "SYR", "QAT", "PSE"):
        spells = graph.memberships(code, on="2012-12-31")
        for role, wide in (("member", {"member", "founding-member"}), ("observer", {"observer"}), ("founding-member", {"founding-member"}), ("any", None)):  # fmt: skip
            chosen = [s for s in spells if wide is None or s.role in wide]
            name, row = role.replace("-", "_"), by_code[code]
            assert row[name] == len({s.code for s in chosen if s.certainty == "certain"}), (code, role)
            assert row[f"{name}_at_most"] == len({s.code for s in chosen}), (code, role)
            suspended = {s.code for s in chosen if s.certainty == "certain" and s.suspended}
            assert row[f"{name}_suspended"] == len(suspended), (code, role)
    assert by_code["SYR"]["member_suspended"] == 2


@pytest.mark.parametrize("year", YEARS)
def test_two_states_share_as_many_organizations_as_sparql_counts(few_graph: Graph, year: int) -> None:
    graph, day = few_graph, date(year, 12, 31)
    derive.snapshot(graph.store, day)
    query = queries.read("dyads", (FIXTURES / "dyads.rq").read_text("utf-8")).bind(asOf=day_literal(day))
    theirs = {
        (graph.names[value(r["one"])].code, graph.names[value(r["two"])].code, value(r["link"])): int(
            value(r["shared"])
        )
        for r in graph.store.select(query, day)
    }
    panel = graph.panel("dyad-year", since=year, until=year)
    found = rows(panel)
    assert len(found) == 236 * 235 // 2
    for row in found:
        one, two = str(row["code_1"]), str(row["code_2"])
        assert one < two
        for link, end in ((CG + "memberOf", ""), (CG + "possiblyMemberOf", "_at_most")):
            assert row[f"member_both{end}"] == theirs.get((one, two, link), 0)
            assert row[f"member_1{end}"] == theirs.get((one, one, link), 0)
            assert row[f"member_2{end}"] == theirs.get((two, two, link), 0)


@pytest.mark.parametrize("year", YEARS)
def test_number_of_shared_members_agrees_with_the_overlap(graph: Graph, year: int) -> None:
    pairs = {(r["code_1"], r["code_2"]): r for r in rows(graph.panel("org-dyad-year", since=year, until=year))}
    assert len(pairs) == 64 * 63 // 2
    for overlap in graph.overlaps("CICA", "CSTO", "EurAsEC", "UN", "EAEU", "ASEAN", on=f"{year}-12-31"):
        first, second = sorted(("CICA", overlap.other))
        row, other = pairs[first, second], "1" if first == overlap.other else "2"
        assert (row["member_both"], row["member_both_at_most"]) == (overlap.shared, overlap.shared_at_most)
        assert (row[f"member_{other}"], row[f"member_{other}_at_most"]) == (overlap.total, overlap.total_at_most)


def test_year_can_mean_any_day_of_the_year(graph: Graph) -> None:
    """Uzbekistan left the CSTO on 19 December 2012. The list of October 2022 has Palestine, so CICA has 24 all year."""
    last, whole = (
        {row["code"]: row for row in rows(graph.panel("org-year", since=2012, until=2012, any_day=any_day))}
        for any_day in (False, True)
    )
    assert (last["CSTO"]["member"], whole["CSTO"]["member"]) == (6, 7)
    assert (last["CICA"]["member"], whole["CICA"]["member"]) == (24, 24)
    recorded = [code for code in last if last[code]["member"] is not None]
    assert all(int(str(whole[code]["member"])) >= int(str(last[code]["member"])) for code in recorded)


def test_a_count_of_members_that_are_not_recorded_is_empty(graph: Graph) -> None:
    found = {row["code"]: row for row in rows(graph.panel("org-year", since=2012, until=2012, roles=["applicant"]))}
    assert graph.record("LAS", on="2012-12-31", role="applicant") == "not recorded"
    assert [found["LAS"][f"applicant{level}"] for level in ("", "_presumed", "_at_most")] == [None, None, None]
    assert found["EAEU"]["applicant"] == 0, "it was founded later"


def test_rows_are_balanced_and_sorted_and_have_codes(graph: Graph) -> None:
    found = rows(graph.panel("state-year", since=2010, until=2012))
    keys = [(row["year"], row["code"]) for row in found]
    assert keys == sorted(set(keys))
    assert len(keys) == 3 * 236
    kazakhstan = next(row for row in found if row["code"] == "KAZ")
    assert {n: kazakhstan[n] for n in ("label", "iso3", "m49", "cow", "wikidata")} == {
        "label": "Kazakhstan", "iso3": "KAZ", "m49": "398", "cow": 705, "wikidata": "Q232",
    }  # fmt: skip
    assert next(row for row in found if row["code"] == "AFG")["m49"] == "004"
    north_cyprus = next(row for row in found if row["code"] == "XNC")
    assert (north_cyprus["iso3"], north_cyprus["member"]) == (None, 0)


def test_default_years_are_the_years_of_the_data(graph: Graph) -> None:
    panel = graph.panel("org-year")
    assert panel.years == graph.arrays.years()
    assert (panel.years[0], panel.years[-1]) == (1920, 2026)


# ---- The layout of igoR -------------------------------------------------------------------------


def test_the_columns_are_those_of_igor(graph: Graph) -> None:
    panel = graph.panel("dyad-year", since=2012, until=2012, layout="igor")
    names = [column.name for column in panel.columns]
    assert names[:6] == ["dyadid", "ccode1", "statenme1", "ccode2", "statenme2", "year"]
    codes = sorted(a.code for a in graph.names.actors.values() if a.kind == "organization")
    assert names[6:] == [code.lower() for code in codes]
    without_number = (
        "ABW AIA ASM BMU COK CUW CYM ESH GUM HKG MNP MSR MTQ NCL NFK NIU PRI PSE PYF REU SUN SXM TCA TKL VAT VGB WLF"
    )
    assert panel.left_out == (*without_number.split(), "XKX", "XNC", "YUG")
    found = rows(panel)
    assert len(found) == 206 * 205 // 2
    assert all(r["dyadid"] == 1000 * int(str(r["ccode1"])) + int(str(r["ccode2"])) for r in found)
    assert [r["dyadid"] for r in found] == sorted(int(str(r["dyadid"])) for r in found)
    (pair,) = (r for r in found if (r["ccode1"], r["ccode2"]) == (704, 705))  # Uzbekistan and Kazakhstan
    assert (pair["cica"], pair["csto"], pair["sco"], pair["un"]) == (1, 1, 1, 1)
    (other,) = (r for r in found if (r["ccode1"], r["ccode2"]) == (700, 705))  # Afghanistan and Kazakhstan
    assert other["csto"] == 0  # a source names every member
    assert pair["las"] == 0  # the handbook names every member of the League of Arab States in 2012
    assert pair["rcc"] == -9  # its list of the members of the Regional Cooperation Council is cut


def test_ones_and_unknowns_of_igor_are_the_counts_of_the_panel(graph: Graph) -> None:
    by_code = {row["code"]: row["cow"] for row in rows(graph.panel("state-year", since=2015, until=2015))}
    counts = {
        frozenset((by_code[row["code_1"]], by_code[row["code_2"]])): (row["member_both"], row["member_both_at_most"])
        for row in rows(graph.panel("dyad-year", since=2015, until=2015, any_day=True))
    }
    panel = graph.panel("dyad-year", since=2015, until=2015, layout="igor")
    organizations = [column.name for column in panel.columns[6:]]
    seen = set()
    for row in rows(panel):
        codes = [row[name] for name in organizations]
        seen |= set(codes)
        ones = codes.count(1)
        certain, most = counts[frozenset((row["ccode1"], row["ccode2"]))]
        assert ones == certain
        assert isinstance(most, int)
        assert ones + codes.count(-9) >= most  # a pair without records is also -9
    assert seen == {0, 1, -9}


# ---- Files --------------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=[*PANEL_KINDS, "igor"])
def small(request: pytest.FixtureRequest, graph: Graph) -> Panel:
    """The first rows of two years of each panel: a validator takes its time."""
    kind, layout = ("dyad-year", "igor") if request.param == "igor" else (request.param, None)
    whole = graph.panel(kind, since=2012, until=2013, layout=layout)

    def first(year: int) -> Iterator[Batch]:
        for batch in whole._of_year(year):
            yield {name: column[:200] for name, column in batch.items()}

    return replace(whole, _of_year=first)


def test_all_formats_have_the_same_content_and_a_valid_dictionary(small: Panel, tmp_path: Path) -> None:
    frame = small.to_frame()
    assert frame.rows() == [tuple(row.values()) for row in rows(small)]
    assert all(str(frame.schema[c.name]) == {"integer": "Int64", "string": "String"}[c.datatype] for c in small.columns)
    for form in publish.FORMATS:
        publish.write(small, form, tmp_path / f"p.{form}")
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(
        name for form in publish.FORMATS for name in (f"p.{form}", f"p.{form}-metadata.json")
    )
    assert polars.read_parquet(tmp_path / "p.parquet").equals(frame)
    assert polars.read_csv(tmp_path / "p.csv", schema=frame.schema).equals(frame)
    lines = (tmp_path / "p.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line) for line in lines] == rows(small)
    assert valid(tmp_path / "p.csv-metadata.json")


def test_a_validator_finds_what_the_dictionary_rules_out(graph: Graph, tmp_path: Path) -> None:
    file = tmp_path / "p.csv"
    metadata = publish.write(graph.panel("org-year", since=2012, until=2012), "csv", file)
    good = file.read_text("utf-8")
    for wrong in (
        good.replace(",24,", ",many,", 1),
        good.replace("CSTO", "CICA", 1),
        good.replace("year,", "jahr,", 1),
    ):
        assert wrong != good
        file.write_text(wrong, "utf-8")
        assert not valid(metadata)
    file.write_text(good, "utf-8")
    assert valid(metadata)


def test_every_column_is_explained_and_the_key_is_one(small: Panel) -> None:
    words = json.loads(publish.dictionary(small, "csv", "p.csv"))
    assert words["url"] == "p.csv"
    columns = words["tableSchema"]["columns"]
    assert [c["name"] for c in columns] == [c.name for c in small.columns]
    assert all(c["dc:description"].endswith(".") for c in columns)
    key = words["tableSchema"]["primaryKey"]
    keys = [tuple(row[name] for name in key) for row in rows(small)]
    assert len(set(keys)) == len(keys)


def test_parquet_carries_its_dictionary(graph: Graph, tmp_path: Path) -> None:
    metadata = publish.write(graph.panel("org-year", since=2012, until=2012), "parquet", tmp_path / "p.parquet")
    assert polars.read_parquet_metadata(tmp_path / "p.parquet")["csvw"].encode() == metadata.read_bytes()
    assert json.loads(metadata.read_bytes())["dc:format"] == "application/vnd.apache.parquet"


def test_panel_has_the_same_bytes_in_every_process(few: Project, tmp_path: Path) -> None:
    for form in publish.FORMATS:
        made = set()
        for seed, threads in (("1", "1"), ("2", "2")):
            file = tmp_path / f"{seed}.{form}"
            options = ["--from", "2011", "--to", "2012", "-o", str(file), "--project", str(few.root)]
            done = spawn("panel", "dyad-year", *options, PYTHONHASHSEED=seed, POLARS_MAX_THREADS=threads)
            assert done.returncode == 0, done.stderr
            made.add(file.read_bytes().replace(f"{seed}.{form}".encode(), b""))
        assert len(made) == 1, form


def test_a_panel_that_cannot_be_made_whole_is_not_made(graph: Graph, tmp_path: Path) -> None:
    def breaking(year: int) -> Iterator[Batch]:
        if year == 2013:
            raise RuntimeError("in the middle")
        yield from good._of_year(year)

    good = graph.panel("org-year", since=2012, until=2013)
    for form in publish.FORMATS:
        file = tmp_path / f"p.{form}"
        file.write_bytes(b"before")
        with pytest.raises(Exception, match="in the middle"):
            publish.write(replace(good, _of_year=breaking), form, file)
        assert file.read_bytes() == b"before"
    assert len(list(tmp_path.iterdir())) == 3


def test_no_cell_of_csv_is_a_formula(graph: Graph) -> None:
    good = graph.panel("org-year", since=2012, until=2012)

    def hostile(year: int) -> Iterator[Batch]:
        for batch in good._of_year(year):
            yield batch | {"label": ['=HYPERLINK("x")', *batch["label"][1:]]}

    text = b"".join(publish.chunks(replace(good, _of_year=hostile), "csv")).decode()
    assert next(csv.DictReader(io.StringIO(text)))["label"] == '\'=HYPERLINK("x")'


def test_memory_does_not_grow_with_the_years(few: Project, tmp_path: Path) -> None:
    """As lists, the rows of the longer one would take some hundred megabytes."""
    code = (
        "import resource, sys; from cica_graph.cli import cli\n"
        "cli(['panel', 'dyad-year', '--to', '2024', '--from', *sys.argv[1:]], standalone_mode=False)\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)"
    )
    for form in ("csv", "parquet"):
        peaks = []
        for first in ("2023", "2000"):
            options = [first, "-o", str(tmp_path / f"p.{form}"), "--project", str(few.root)]
            done = subprocess.run([sys.executable, "-c", code, *options], capture_output=True, text=True, check=True)
            peaks.append(int(done.stdout))
        assert peaks[1] < peaks[0] + 40, form


# ---- The command ----------------------------------------------------------------------------------


def test_stdout_has_the_same_bytes_as_a_file(tmp_path: Path) -> None:
    for form in ("csv", "jsonl"):
        done = run("panel", "org-year", "--from", "2012", "--to", "2012", "--format", form)
        file = tmp_path / f"p.{form}"
        assert run("panel", "org-year", "--from", "2012", "--to", "2012", "-o", file).returncode == 0
        assert done.stdout == file.read_text("utf-8")
        assert done.stderr == "Organizations by year, and how many members they have, 2012 to 2012\n"


def test_default_output_is_a_table() -> None:
    done = run("panel", "org-year", "--from", "2012", "--to", "2012", "--roles", "member, observer")
    assert done.returncode == 0
    assert done.stdout.splitlines()[2].split()[:2] == ["2012", "APEC"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["org-years"], "is not one of 'org-year', 'state-year', 'dyad-year', 'org-dyad-year'"),
        (["org-year", "--from", "2013", "--to", "2012"], "The years 2013 to 2012 are not valid"),
        (["org-year", "--to", "10000"], "The years 1920 to 10000 are not valid"),
        (["org-year", "--roles", "membre"], "unknown role 'membre'; the roles are applicant,"),
        (["org-year", "--roles", "member,"], "unknown role ''"),
        (["org-year", "--layout", "igor"], "The layout igor is only for the panel dyad-year and the role member"),
        (
            ["dyad-year", "--layout", "igor", "--roles", "observer"],
            "The layout igor is only for the panel dyad-year and the role member",
        ),
        (["org-year", "--format", "parquet"], "Parquet is binary. Use -o FILE."),
        (["org-year", "--format", "table", "-o", "x.txt"], "A FILE cannot be a table"),
        (["org-year", "-o", "x.xlsx"], "Unknown format of x.xlsx"),
        (["org-year", "-o", "no-such-folder/x.csv"], "no-such-folder"),
    ],
)
def test_invalid_arguments_are_refused_with_a_reason(arguments: list[str], said: str) -> None:
    done = run("panel", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_without_polars_the_rest_works_and_the_reason_is_given(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['polars'] = None\n"
        "from cica_graph.cli import main; sys.argv = ['cica-graph', 'panel', 'org-year', '--from', '2012', '-o', sys.argv[1]]; main()"
    )
    for form, status in (("csv", 0), ("jsonl", 0), ("parquet", 2)):
        done = subprocess.run([sys.executable, "-c", code, str(tmp_path / f"p.{form}")], capture_output=True, text=True)
        assert done.returncode == status, done.stderr
    assert "error: A data frame needs polars, which is not installed: pip install 'cica-graph[frames]'" in done.stderr
    assert sorted(p.suffix for p in tmp_path.iterdir()) == [".csv", ".json", ".json", ".jsonl"]


def test_heavy_modules_are_not_imported_before_use() -> None:
    code = "import sys; import cica_graph.cli; print([m for m in ('numpy', 'polars', 'threadpoolctl') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "[]\n"
    code = "import sys, cica_graph; cica_graph.open_graph().overlaps('CICA', on='2012-06-13'); print('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "False\n"


def test_duckdb_reads_a_file_a_year_as_one_table_as_the_documents_show(
    graph: Graph, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import duckdb

    text = (root / "docs" / "scale.md").read_text("utf-8")
    (query,) = re.findall(r"^```sql\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    shown = [tuple(map(int, row)) for row in re.findall(r"^\| (\d{4}) \| (\d+) \| (\d+) \|$", text, re.MULTILINE)]
    (tmp_path / "panel").mkdir()
    counted = []
    for year, *_ in shown:
        panel = graph.panel("dyad-year", since=year, until=year)
        publish.write(panel, "parquet", tmp_path / "panel" / f"{year}.parquet")
        shared = [n for batch in panel.batches() for n in batch["member_both"] if isinstance(n, int) and n]
        counted.append((year, len(shared), max(shared)))
    monkeypatch.chdir(tmp_path)
    found = duckdb.sql(query)
    assert found is not None
    assert found.fetchall() == counted == shown


# ---- In Python ------------------------------------------------------------------------------------


def test_usage_errors_in_python(graph: Graph) -> None:
    with pytest.raises(UsageError, match=r"Unknown panel 'igo-year'\. The panels are org-year, state-year"):
        graph.panel("igo-year")
    with pytest.raises(UsageError, match="The layout igor is only for"):
        graph.panel("dyad-year", layout="cow")
    with pytest.raises(NotFound, match="unknown role 'membre'"):
        graph.panel("org-year", roles=["membre"])


def test_single_state_gives_a_panel_without_rows(tmp_path: Path) -> None:
    from cica_graph import open_graph

    (tmp_path / "data").mkdir()
    head = "@prefix cg: <https://w3id.org/cica-graph/ns#> . @prefix dcat: <http://www.w3.org/ns/dcat#> .\n"
    said = "<https://w3id.org/cica-graph/graph/one> a dcat:Dataset . <https://w3id.org/cica-graph/id/state/ONE> a cg:State ."
    (tmp_path / "data" / "one.ttl").write_text(head + said, "utf-8")
    for layout in (None, "igor"):
        panel = open_graph(tmp_path).panel("dyad-year", since=2012, until=2013, layout=layout)
        assert panel.to_frame().shape == (0, len(panel.columns))
        for form in publish.FORMATS:
            publish.write(panel, form, tmp_path / f"p.{form}")
        assert valid(tmp_path / "p.csv-metadata.json")
        assert polars.read_parquet(tmp_path / "p.parquet").columns == [column.name for column in panel.columns]


def test_organizations_that_a_layout_cannot_tell_apart_are_refused(tmp_path: Path) -> None:
    from cica_graph import open_graph

    (tmp_path / "data").mkdir()
    head = "@prefix cg: <https://w3id.org/cica-graph/ns#> . @prefix dcat: <http://www.w3.org/ns/dcat#> .\n"
    said = "<https://w3id.org/cica-graph/graph/one> a dcat:Dataset . <https://w3id.org/cica-graph/id/org/Year> a cg:Organization ."
    (tmp_path / "data" / "one.ttl").write_text(head + said, "utf-8")
    with pytest.raises(UsageError, match="Two columns would have the same name"):
        open_graph(tmp_path).panel("dyad-year", since=2012, until=2013, layout="igor")
