"""The command line: output, messages and exit codes. A few commands run in real processes."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pyoxigraph as ox
import pytest
import rdflib

from cica_graph.project.source_files import Project, shipped
from commands import run, spawn

DAY = ("--on", "2012-06-13")


@cache
def rows(*arguments: str) -> list[dict[str, object]]:
    done = run(*arguments, "--format", "json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)  # type: ignore[no-any-return]


MEMBER_KEYS = [
    "member",
    "code",
    "label",
    "kind",
    "role",
    "start",
    "end",
    "certainty",
    "suspended",
    "last_attested",
    "sources",
]
OVERLAP_KEYS = [
    "other", "shared", "shared_presumed", "shared_at_most", "total", "total_presumed", "total_at_most", "both", "missing",
]  # fmt: skip
AUDIT_KEYS = [
    "claim", "organization", "population", "on", "claimed", "claimed_total", "found", "found_presumed", "found_at_most", "verdict",
    "independent", "section",
]  # fmt: skip


def test_members_as_json() -> None:
    found = rows("members", "CICA", *DAY)
    assert len(found) == 24
    assert all(list(row) == MEMBER_KEYS for row in found)
    assert {row["certainty"] for row in found} == {"certain"}


def test_overlaps_as_json() -> None:
    (row,) = rows("overlaps", "cica", "odkb", *DAY)
    assert list(row) == OVERLAP_KEYS
    assert (row["other"], row["shared"], row["total"], row["missing"]) == ("CSTO", 5, 7, ["ARM", "BLR"])


def test_audit_of_more_than_three_days_counts_them() -> None:
    assert run("audit").stderr.startswith(
        "Audit of 426 claims about 37 days from 1979-12-31 to 2012-07-16: 238 confirmed"
    )
    assert run("audit", "--on", "1979-12-31").stderr.startswith("Audit of 1 claim about 1979-12-31: 1 undetermined")


def test_audit_as_json() -> None:
    found = rows("audit")
    assert all(list(row) == AUDIT_KEYS for row in found)
    csto = next(row for row in found if row["population"] == "CSTO" and row["organization"] == "CICA")
    assert (csto["organization"], csto["on"], csto["claimed"], csto["claimed_total"], csto["found"]) == (
        "CICA",
        "2012-06-13",
        5,
        7,
        5,
    )
    assert csto["independent"] is True


def test_memberships_as_json() -> None:
    found = rows("memberships", "Jordan", "--on", "2008-06-01")
    assert {row["code"]: row["certainty"] for row in found}["CICA"] == "possible"


@pytest.mark.parametrize("command", [("members", "CICA", *DAY), ("overlaps", "CICA", *DAY), ("audit",), ("queries",)])
@pytest.mark.parametrize(("form", "mark"), [("csv", ","), ("tsv", "\t")])
def test_csv_and_tsv_contain_the_same_as_json(command: tuple[str, ...], form: str, mark: str) -> None:
    done = run(*command, "--format", form)
    table = list(csv.DictReader(io.StringIO(done.stdout), delimiter=mark))
    data = rows(*command)
    assert len(table) == len(data) > 0
    assert list(table[0]) == list(data[0])


@pytest.mark.parametrize(
    "command", [("members", "CICA", *DAY), ("memberships", "KAZ", *DAY), ("overlaps", "CICA", "CIS", *DAY), ("audit",)]
)
def test_ttl_parses_and_is_about_the_same_things(command: tuple[str, ...]) -> None:
    done = run(*command, "--format", "ttl")
    graph = rdflib.Graph().parse(data=done.stdout, format="turtle")
    expected = len(rows(*command))
    assert expected >= {"members": 24, "memberships": 11, "overlaps": 1, "audit": 15}[command[0]]
    kind = {"overlaps": "Overlap", "audit": "Audit"}.get(command[0], "Membership")
    assert (
        len(set(graph.subjects(rdflib.RDF.type, rdflib.URIRef(f"https://w3id.org/cica-graph/ns#{kind}")))) == expected
    )


def test_output_is_on_stdout_and_messages_are_on_stderr() -> None:
    done = spawn("members", "CICA", *DAY)
    assert done.stderr == "CICA members on 2012-06-13: 24 certain\n"
    assert done.stdout.splitlines()[0].split()[:2] == ["code", "name"]
    assert len(done.stdout.splitlines()) == 25
    assert "\x1b" not in done.stdout


def test_the_day_is_always_shown() -> None:
    for command in (("members", "CICA"), ("memberships", "KAZ"), ("overlaps", "CICA")):
        assert f" on {run(*command, '--on', '2011-02-03').stderr.split(' on ')[1][:10]}" == " on 2011-02-03"


def on_a_terminal(*arguments: str, columns: int) -> str:
    """Return the output on a terminal of this width."""
    main, worker = pty.openpty()
    env = {**os.environ, "COLUMNS": str(columns), "TERM": "dumb", "NO_COLOR": "1"}
    with subprocess.Popen(
        [sys.executable, "-m", "cica_graph", *arguments], stdout=worker, stderr=subprocess.DEVNULL, env=env
    ) as process:
        os.close(worker)
        shown = b""
        while True:
            try:
                part = os.read(main, 65536)
            except OSError:  # Linux says EIO when the other side has closed
                break
            if not part:
                break
            shown += part
        process.wait()
    os.close(main)
    return shown.decode()


@pytest.mark.parametrize(
    "command",
    [("members", "CICA", *DAY), ("overlaps", "CICA", *DAY), ("audit",), ("queries",), ("memberships", "KAZ", *DAY)],
)
def test_a_terminal_of_80_columns_shows_a_table_that_fits(command: tuple[str, ...]) -> None:
    from rich.cells import cell_len

    shown = on_a_terminal(*command, columns=80)
    assert shown.strip()
    assert max(cell_len(line) for line in shown.replace("\r", "").splitlines()) <= 80


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("members",), "Missing argument"),
        (("members", "CICAA"), "did you mean CICA"),
        (("members", "KAZ"), "is the state Kazakhstan"),
        (("members", "CICA", "--on", "13.6.2012"), "write YYYY-MM-DD"),
        (("members", "CICA", "--role", "friend"), "the roles are"),
        (("members", "CICA", "--project", "/nowhere"), "not a directory"),
        (("members", "CICA", "--format", "xls"), "xls"),
        (("overlaps", "CICA", "NATOO"), "unknown organization"),
        (("query", "no-such"), "unknown query"),
        (("query", "no-such.rq"), "no-such.rq"),
        (("query", "actors", "-p", "nonsense"), "KEY=VALUE"),
        (("query", "actors", "-p", "no=1"), "no parameter"),
        (("query", "-", "-p", "x=1"), "no parameter"),
        (("export", "docx"), "docx"),
        (("build", "--out", "/proc/self/status"), "was not made by `build`"),
        (("frobnicate",), "No such command"),
    ],
)
def test_usage_error_exits_with_2_and_gives_a_hint(arguments: tuple[str, ...], says: str) -> None:
    done = run(*arguments, stdin="SELECT * { ?s ?p ?o }")
    assert done.returncode == 2, done.stderr
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_check_finds_no_fault_in_the_shipped_data() -> None:
    done = run("check")
    assert (done.returncode, done.stdout) == (0, "")
    assert "no findings" in done.stderr
    assert "audit: 238 confirmed, 76 consistent, 1 contradicted, 14 unchecked, 97 undetermined" in done.stderr


@pytest.fixture
def wrong(few: Project, tmp_path: Path) -> Path:
    shutil.copytree(few.root / "data", tmp_path / "p" / "data")
    file = tmp_path / "p" / "data" / "cica.ttl"
    text = file.read_text("utf-8")
    start = text.index("m:cica-THA-2 a cg:Membership")
    end = text.index("cg:start", start)
    file.write_text(
        text[:start] + text[start:end].replace("cg:role c:member", "cg:role c:friend") + text[end:], "utf-8"
    )
    return tmp_path / "p"


def test_check_of_wrong_data_exits_with_1_and_gives_positions(wrong: Path) -> None:
    done = run("check", "--project", str(wrong))
    assert done.returncode == 1
    line = (wrong / "data" / "cica.ttl").read_text("utf-8").split("c:friend")[0].count("\n") + 1
    assert f"data/cica.ttl:{line}:" in done.stdout
    assert "membership cica-THA-2:" in done.stdout


@pytest.mark.parametrize("form", ["text", "github", "sarif", "junit", "json", "ttl"])
def test_check_writes_six_formats(wrong: Path, form: str) -> None:
    done = run("check", "--project", str(wrong), "--format", form)
    assert done.returncode == 1
    assert "cica-THA-2" in done.stdout or "file=data/cica.ttl,line=" in done.stdout
    if form in ("sarif", "json"):
        json.loads(done.stdout)


def test_export_to_a_file_and_to_stdout_are_the_same(tmp_path: Path) -> None:
    file = tmp_path / "graph.nq"
    assert run("export", "nquads", "-o", str(file)).returncode == 0
    assert run("export", "nquads").stdout.encode() == file.read_bytes()
    assert len(list(ox.parse(path=str(file)))) > 22_000


def test_export_of_a_day_has_its_snapshot() -> None:
    assert "graph/asof/2003-06-01" in run("export", "nquads", "--on", "2003-06-01").stdout


@pytest.mark.parametrize("form", ["json", "csv", "tsv", "ttl", "table"])
def test_a_query_from_stdin(form: str) -> None:
    text = "SELECT ?state ?label { ?state cg:iso3 'KAZ' ; skos:prefLabel ?label FILTER(LANG(?label) = 'en') }"
    done = run("query", "-", "--format", form, stdin=text)
    assert done.returncode == 0, done.stderr
    assert "Kazakhstan" in done.stdout
    if form == "json":
        (binding,) = json.loads(done.stdout)["results"]["bindings"]
        assert binding["label"] == {"type": "literal", "value": "Kazakhstan", "xml:lang": "en"}
        parsed = ox.parse_query_results(done.stdout, format=ox.QueryResultsFormat.JSON)
        assert isinstance(parsed, ox.QuerySolutions)
        assert len(list(parsed)) == 1
    if form == "tsv":
        parsed = ox.parse_query_results(done.stdout, format=ox.QueryResultsFormat.TSV)
        assert isinstance(parsed, ox.QuerySolutions)
        assert [str(row["label"]) for row in parsed] == ['"Kazakhstan"@en']


def test_a_query_from_a_file_with_a_parameter(tmp_path: Path) -> None:
    file = tmp_path / "mine.rq"
    file.write_text(
        "# How many members.\n# param org cg:Organization\n# param asOf xsd:date\n# needs the snapshot\n"
        'SELECT (COUNT(*) AS ?n) { VALUES ?org { organization:cica } VALUES ?asOf { "2012-06-13"^^xsd:date } ?who cg:memberOf ?org }',
        "utf-8",
    )
    done = run("query", str(file), "-p", "org=csto", "-p", "asOf=2013-06-01", "--format", "csv")
    assert done.stdout == "n\n6\n"


def test_ask_and_construct(tmp_path: Path) -> None:
    assert json.loads(run("query", "-", "--format", "json", stdin="ASK { ?s a cg:State }").stdout)["boolean"] is True
    assert run("query", "-", stdin="ASK { ?s a cg:Unheard }").stdout.split() == ["answer", "no"]
    made = run("query", "-", "--format", "ttl", stdin="CONSTRUCT { ?s a cg:State } { ?s a cg:State }").stdout
    stated = (shipped() / "data" / "states.ttl").read_text("utf-8")
    declared = set(re.findall(r"^s:\w+ a cg:(?:State|Territory)\b", stated, re.MULTILINE))
    assert len(rdflib.Graph().parse(data=made, format="turtle")) == len(declared) >= 236
    done = run("query", "-", "--format", "csv", stdin="CONSTRUCT { ?s a cg:State } { ?s a cg:State }")
    assert done.returncode == 2


def test_closed_output_pipe_is_not_an_error() -> None:
    done = subprocess.run(
        f"{sys.executable} -m cica_graph export ntriples | head -1", shell=True, capture_output=True, text=True
    )
    assert done.stdout.startswith("<")
    assert done.stderr == ""


def test_command_works_in_any_directory(tmp_path: Path) -> None:
    done = spawn("members", "CICA", *DAY, "--format", "json", cwd=tmp_path)
    assert len(json.loads(done.stdout)) == 24
    assert list(tmp_path.iterdir()) == []


def test_terminal_without_unicode_does_not_cause_an_error() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "cica_graph", "members", "CICA", *DAY],
        capture_output=True, env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert b"Traceback" not in done.stderr


def test_errors_leave_a_process_with_their_exit_code(wrong: Path) -> None:
    done = spawn("members", "CICAA")
    assert (done.returncode, done.stdout, "did you mean CICA" in done.stderr) == (2, "", True)
    assert spawn("check", "--project", wrong).returncode == 1


def test_version_and_help() -> None:
    assert run("--version").stdout == "cica-graph 0.1.0\n"
    for command in ("", "build", "check", "members", "memberships", "overlaps", "audit", "query", "queries", "export"):
        done = run(*([command] if command else []), "--help")
        assert done.returncode == 0
        assert max(len(line) for line in done.stdout.splitlines()) <= 100


def test_export_contains_other_files_only_on_request(tmp_path: Path) -> None:
    other = tmp_path / "flags.ttl"
    other.write_text(
        "<https://w3id.org/cica-graph/graph/flags> a <http://www.w3.org/ns/dcat#Dataset> . "
        "<https://w3id.org/cica-graph/id/state/KAZ> <https://schema.org/image> <https://flags.example/kz.svg> .",
        "utf-8",
    )
    assert "flags.example" not in run("export", "nquads").stdout
    assert "graph/flags" in run("export", "nquads", "--include", str(other)).stdout
    other.write_text("not Turtle", "utf-8")
    done = run("export", "nquads", "--include", str(other))
    assert (done.returncode, done.stdout) == (1, "")
    assert run("export", "nquads", "--include", str(tmp_path / "none.ttl")).returncode == 2
    assert run("export", "nquads", "--include", str(shipped() / "data" / "states.ttl")).returncode == 1


def test_all_overlaps_in_one_call() -> None:
    found = rows("overlaps", "--all-organizations", *DAY)
    assert all(list(row) == ["organization", *OVERLAP_KEYS] for row in found)
    ours = [{"organization": "CICA", **row} for row in rows("overlaps", "CICA", *DAY)]
    assert [row for row in found if row["organization"] == "CICA"] == ours
    done = run("overlaps", "--all-organizations", *DAY)
    organizations = {row["organization"] for row in found}
    assert len(organizations) >= 55
    assert done.stderr == (
        f"Members that each organization shares with others on 2012-06-13: {len(organizations)} organizations\n"
    )
    assert len(done.stdout.splitlines()) == len(found) + 1
    graph = rdflib.Graph().parse(
        data=run("overlaps", "--all-organizations", *DAY, "--format", "ttl").stdout, format="turtle"
    )
    kind = rdflib.URIRef("https://w3id.org/cica-graph/ns#Overlap")
    assert len(set(graph.subjects(rdflib.RDF.type, kind))) == len(found)


def test_overlaps_by_year_put_equal_years_in_one_row() -> None:
    found = rows("overlaps", "CICA", "EurAsEC", "--by", "year", "--from", "2001", "--to", "2016")
    assert all(list(row) == ["from_year", "to_year", *OVERLAP_KEYS] for row in found)
    assert [(r["from_year"], r["to_year"], r["shared"], r["total"]) for r in found] == [
        (2001, 2001, None, 5), (2002, 2005, 4, 5), (2006, 2014, 5, 6), (2015, 2016, 0, 0),
    ]  # fmt: skip
    done = run("overlaps", "CICA", "EurAsEC", "--by", "year", "--from", "2001", "--to", "2016")
    assert done.stdout.splitlines()[2].split()[:7] == ["EurAsEC", "2002", "to", "2005", "4", "of", "5"]


def test_overlaps_of_every_year_and_every_organization() -> None:
    found = rows("overlaps", "--by", "year", "--from", "2011", "--to", "2013")
    assert found == rows("overlaps", "--all-organizations", "--by", "year", "--from", "2011", "--to", "2013")
    assert list(found[0])[:3] == ["from_year", "to_year", "organization"]
    one = rows("overlaps", "CSTO", "--by", "year", "--from", "2011", "--to", "2013")
    assert [
        {k: v for k, v in row.items() if k != "organization"} for row in found if row["organization"] == "CSTO"
    ] == one
    whole = rows("overlaps", "CICA", "CSTO", "--by", "year", "--from", "2012", "--to", "2012", "--any-day")
    assert [(row["shared"], row["total"]) for row in whole] == [(5, 7)]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "Give either an ORGANIZATION or --all-organizations."),
        (("CICA", "--all-organizations"), "Give either an ORGANIZATION or --all-organizations."),
        (("CICA", "--by", "year", "--on", "2012-06-13"), "--on cannot be combined with --by"),
        (("CICA", "--by", "year", "--format", "ttl"), "--format ttl cannot be combined with --by"),
        (("CICA", "--from", "2012"), "--from requires --by"),
        (("CICA", "--any-day"), "--any-day requires --by"),
        (("CICA", "--by", "year", "--from", "2012", "--to", "2011"), "The years 2012 to 2011 are not valid"),
    ],
)
def test_invalid_overlaps_are_refused(arguments: tuple[str, ...], said: str) -> None:
    done = run("overlaps", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr


@pytest.mark.parametrize("name", ["on", "query", "self"])
def test_unknown_parameter_of_a_query_is_refused(name: str) -> None:
    done = run("query", "actors", "-p", f"{name}=x")
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)
    assert f"'{name}'" in done.stderr
