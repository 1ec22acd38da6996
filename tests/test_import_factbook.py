"""The World Factbook's lists of participation: statuses in brackets, attested on the day of the snapshot."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from datetime import date
from pathlib import Path

import pyoxigraph as ox
import pytest
from click.testing import CliRunner

from cica_graph import Graph
from cica_graph.cli import cli
from cica_graph.compare import sources
from cica_graph.imports import factbook
from cica_graph.imports.factbook import LEFT_OUT, FactbookOutcome, convert, items, role
from cica_graph.model.errors import UsageError
from cica_graph.model.terms import CG, DCAT, DCTERMS, GRAPH, ID, RDF_TYPE, SKOS, local

TABLE = Path(__file__).parent / "fixtures" / "imports" / "factbook.csv"
D2015, D2026 = date(2015, 10, 26), date(2026, 5, 17)
Said = dict[str, dict[str, list[str]]]


@pytest.fixture(scope="session")
def snapshots(root: Path) -> Path:
    path = root.parent / "shared" / "datasets" / "factbook_org_participation_2015_2026.csv"
    if not path.is_file():
        pytest.skip("../shared/datasets is not there: the two snapshots are not part of the repository")
    return path


def statements(path: Path) -> Said:
    said: Said = defaultdict(lambda: defaultdict(list))
    for quad in ox.parse(path=path, format=ox.RdfFormat.TURTLE):
        assert isinstance(quad.subject, ox.NamedNode)
        assert isinstance(quad.object, ox.NamedNode | ox.Literal)
        said[quad.subject.value][quad.predicate.value].append(quad.object.value)
    return said


def memberships(said: Said) -> list[tuple[str, str, str]]:
    return sorted(
        (local(about[CG + "organization"][0]), local(about[CG + "member"][0]), local(about[CG + "role"][0]))
        for about in said.values()
        if CG + "Membership" in about[RDF_TYPE]
    )


def run(graph: Graph, folder: Path, path: Path = TABLE) -> FactbookOutcome:
    return convert([path], graph.names, folder)


def test_each_day_is_a_separate_graph(graph: Graph, tmp_path: Path) -> None:
    outcome = run(graph, tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "factbook-2015-10-26.ttl", "factbook-2026-05-17.ttl", LEFT_OUT,
    ]  # fmt: skip
    assert memberships(statements(tmp_path / "factbook-2015-10-26.ttl")) == [
        ("au", "GIN", "member"), ("cica", "KAZ", "member"), ("cica", "KHM", "member"), ("cica", "KHM", "observer"),
        ("cis", "UKR", "associate"), ("eiti", "CAF", "member"), ("g-9", "BGR", "member"), ("g-9", "HUN", "member"),
        ("g-9", "ROU", "member"), ("imf", "sv", "member"), ("oecd", "BRA", "partner"), ("un", "eu", "observer"),
        ("upu", "GRL", "member"),
    ]  # fmt: skip
    assert memberships(statements(tmp_path / "factbook-2026-05-17.ttl")) == [
        ("cica", "KAZ", "member"), ("eaeu", "UZB", "observer"), ("unesco", "MOZ", "member"),
    ]  # fmt: skip
    assert outcome.memberships == {D2015: 13, D2026: 3}
    assert (outcome.rows, outcome.kept, outcome.repeated, outcome.left_out.total(), outcome.faults) == (24, 18, 2, 6, 4)
    assert outcome.kept == outcome.memberships.total() + outcome.repeated
    assert outcome.joined == {"AU", "CICA", "CIS", "EAEU", "UN"}


def test_omitted_rows_are_listed_with_line_and_reason(graph: Graph, tmp_path: Path) -> None:
    run(graph, tmp_path)
    rows = [line.split("\t")[1:] for line in (tmp_path / LEFT_OUT).read_text("utf-8").splitlines()]
    assert rows == [
        ["line", "reason", "country", "organization", "status"],
        ["15", "takes part through organizations of its own and not as a state", "KAZ", "ITUC", "NGOs"],
        ["16", "takes part in none", "CCK", "none", "member"],
        ["17", "no country has the code 'zz'", "zz", "UN", "member"],
        ["18", "no role is known for the status 'guest of honour'; add it to factbook-statuses.csv", "KAZ", "UN", "guest of honour"],
        ["19", "'2015-10-32' is not a day; write YYYY-MM-DD, for example 2012-06-13, or 'today'", "", "", ""],
        ["20", "it has 3 cells, but the header has 5", "", "", ""],
    ]  # fmt: skip


def test_memberships_are_attested_only_on_the_day_of_the_factbook(graph: Graph, tmp_path: Path) -> None:
    run(graph, tmp_path)
    closed = date(2026, 2, 4)  # the lists of the second are of this day or older, so they attest no day
    for day, bounds, on_day, in_2020 in (
        (D2015, (None, D2015, D2015, None), "certain", "presumed"),  # after the list, and before it
        (D2026, (None, closed, None, None), "presumed", "possible"),
    ):
        side = sources.read(str(tmp_path / f"factbook-{day}.ttl"), graph.built)
        assert {tuple(m.bounds) for m in side.memberships} == {bounds}
        assert {m.bounds.holds(day) for m in side.memberships} == {on_day}
        assert {m.bounds.holds(date(2020, 1, 1)) for m in side.memberships} == {in_2020}


def test_suspension_is_not_a_role_and_the_status_of_the_source_is_a_note(graph: Graph, tmp_path: Path) -> None:
    run(graph, tmp_path)
    path = tmp_path / "factbook-2015-10-26.ttl"
    side = sources.read(str(path), graph.built)
    suspended = {(local(m.organization), m.role) for m in side.memberships if m.suspensions}
    assert suspended == {("au", "member"), ("eiti", "member")}
    said = statements(path)
    notes = {local(iri): about[SKOS + "note"] for iri, about in said.items() if about[SKOS + "note"]}
    assert notes == {
        "au-GIN-1": ["Listed as 'suspended'."], "eiti-CAF-1": ["Listed as 'compliant country', 'suspended'."],
        "oecd-BRA-1": ["Listed as 'Enhanced Engagement'."],
        "cis-UKR-1": ["Listed as 'participating member, has not signed the 1993 CIS charter'."],
    }  # fmt: skip


def test_unknown_actors_are_declared_with_their_most_frequent_name(graph: Graph, tmp_path: Path) -> None:
    run(graph, tmp_path)
    said = statements(tmp_path / "factbook-2015-10-26.ttl")
    nine = said[ID + "org/factbook/g-9"]
    assert (nine[SKOS + "notation"], nine[SKOS + "prefLabel"], nine[SKOS + "altLabel"]) == (["G-9"], ["G-9"], ["G- 9"])
    assert said[ID + "state/GRL"][SKOS + "prefLabel"] == ["Greenland"]
    assert said[ID + "state/GRL"][CG + "iso3"] == ["GRL"]
    assert said[ID + "state/factbook/sv"][SKOS + "prefLabel"] == ["Svalbard"]
    assert ID + "state/KAZ" not in said
    assert ID + "org/eu" not in said


def test_country_without_an_iso_code_is_found_by_its_name(graph: Graph, tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("gec_code,org_abbreviation,snapshot_date\nkv,IMF,2015-10-26\n", "utf-8")
    run(graph, tmp_path / "out", path)
    said = statements(tmp_path / "out" / "factbook-2015-10-26.ttl")
    assert memberships(said) == [("imf", "XKX", "member")]
    assert ID + "state/XKX" not in said


def test_provenance_with_version_and_citation(graph: Graph, tmp_path: Path) -> None:
    run(graph, tmp_path)
    said = statements(tmp_path / "factbook-2026-05-17.ttl")
    document = said["https://w3id.org/cica-graph/doc/factbook-2026-05-17#document"]
    assert document[DCAT + "version"] == ["2026-05-17"]
    assert document[CG + "accurateAsOf"] == ["../2026-02-04"]  # the publisher had closed the book by then
    assert "World Factbook" in document[DCTERMS + "bibliographicCitation"][0]
    assert said[GRAPH + "factbook-2026-05-17"][DCTERMS + "license"] == [
        "https://creativecommons.org/publicdomain/zero/1.0/"
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ADB, APEC, CICA (observer)", [("ADB", ()), ("APEC", ()), ("CICA", ("observer",))]),
        ("ADB; UN", [("ADB", ()), ("UN", ())]), ("<p>ADB, &nbsp; UN</p>", [("ADB", ()), ("UN", ())]),
        ("CIS (associate member, has not ratified), UN", [("CIS", ("associate member, has not ratified",)), ("UN", ())]),
        ("OECD (enhanced engagement, OIF (observer), UN", [("OECD", ("enhanced engagement",)), ("OIF", ("observer",)), ("UN", ())]),
        ("ADB,, UN,", [("ADB", ()), ("UN", ())]), ("", []), (" , ", []), ("UN ()", [("UN", ())]),
    ],
)  # fmt: skip
def test_list_is_split(text: str, found: list[tuple[str, tuple[str, ...]]]) -> None:
    assert list(items(text)) == found


def test_statuses_are_roles_of_the_scheme_or_have_a_reason(graph: Graph) -> None:
    for status, row in factbook._statuses().items():
        assert status == status.casefold()
        assert bool(row["role"]) != bool(row["reason"])
        assert not row["role"] or row["role"] in graph.roles()
    assert role(["observer", "suspended"]) == ("observer", True, "")
    assert role([]) == ("member", False, "")


def test_country_files_give_the_same_result_as_a_table(graph: Graph, tmp_path: Path) -> None:
    def country(name: str, text: str) -> Path:
        path = tmp_path / name
        path.write_text(
            json.dumps({"Government": {"International organization participation": {"text": text}}}), "utf-8"
        )
        return path

    files = [country("kz.json", "CICA, ITUC (NGOs)"), country("cb-cambodia.json", "CICA, CICA (observer)")]
    with pytest.raises(UsageError, match="say it with --as-of"):
        convert(files, graph.names, tmp_path / "out")
    outcome = convert(files, graph.names, tmp_path / "out", as_of=D2015.isoformat())
    assert memberships(statements(tmp_path / "out" / "factbook-2015-10-26.ttl")) == [
        ("cica", "KAZ", "member"), ("cica", "KHM", "member"), ("cica", "KHM", "observer"),
    ]  # fmt: skip
    assert outcome.left_out == {"takes part through organizations of its own and not as a state": 1}
    odd = [tmp_path / "xx.json", tmp_path / "af.json", tmp_path / "al.json"]
    odd[0].write_text("[" * 100_000, "utf-8")
    odd[1].write_text("[]", "utf-8")
    odd[2].write_bytes(b"\xff\xfe\xff")
    outcome = convert([*files, *odd], graph.names, tmp_path / "out", as_of=D2015.isoformat())
    assert outcome.faults == 3
    assert (outcome.rows, outcome.kept) == (7, 3)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("member,organization\nKAZ,UN\n", "has no column 'gec_code'"), ("gec_code,org_abbreviation\nkz,UN\n", "no column 'snapshot_date'"),
        ("gec_code,org_abbreviation,snapshot_date\n", "nothing that .* holds is a membership"), ("", "is empty"),
        ("gec_code,org_abbreviation,snapshot_date\nzz,UN,2015-10-26\n", "a membership: no country has the code 'zz'"),
        ("gec_code,org_abbreviation,snapshot_date\nkz,UN,0000-01-01\n", "'0000-01-01' is not a day"),
        ("gec_code,org_abbreviation,snapshot_date\nkz,UN\0,2015-10-26\n", "a NUL byte"),
        ("gec_code,org_abbreviation,snapshot_date\n" + "".join(f"kz,UN,{1900 + n}-01-01\n" for n in range(101)), "101 days"),
    ],
)  # fmt: skip
def test_file_that_is_not_a_snapshot_is_refused(data: str, words: str, graph: Graph, tmp_path: Path) -> None:
    path = tmp_path / "wrong.csv"
    path.write_text(data, "utf-8")
    with pytest.raises(UsageError, match=words):
        run(graph, tmp_path / "out", path)
    assert not (tmp_path / "out").exists()


def test_the_two_real_snapshots(graph: Graph, snapshots: Path, tmp_path: Path) -> None:
    outcome = run(graph, tmp_path, snapshots)
    assert (outcome.rows, outcome.kept, outcome.repeated, outcome.faults) == (21_504, 20_653, 3, 1)
    assert outcome.memberships == {D2015: 10_170, D2026: 10_480}
    assert outcome.joined == {
        "APEC", "ASEAN", "AU", "BIMSTEC", "BSEC", "CAN", "CARICOM", "CEMAC", "CEPGL", "CICA", "CIS", "COMESA", "CSTO",
        "EAC", "EAEU", "EBRD", "ECO", "ECOWAS", "EIB", "EU", "EurAsEC", "GCC", "GUAM", "ICGLR", "IGAD", "INTERPOL", "IOM",
        "LAS", "MERCOSUR", "NATO", "OAS", "OIC", "OSCE", "PIF", "SAARC", "SADC", "SCO", "SELEC", "SICA", "UN", "UNASUR",
        "WCO",
    }  # fmt: skip
    said = statements(tmp_path / "factbook-2015-10-26.ttl")
    members = [who for what, who, how in memberships(said) if (what, how) == ("cica", "member")]
    assert len(members) == 23
    assert "BDI" in members  # an error of the Factbook: it lists Burundi as a member
    assert "PSE" not in members
    assert Counter(how for what, _, how in memberships(said) if what == "cica")["observer"] == 10


def test_an_import_passes_the_shapes_of_a_project_but_where_it_contradicts_itself(
    root: Path, graph: Graph, tmp_path: Path
) -> None:
    from cica_graph.pipeline import build
    from cica_graph.project.source_files import Project
    from test_import_wikidata import bare_project

    project = bare_project(root, tmp_path)
    convert([TABLE], graph.names, tmp_path / "out")
    (project / "data" / "factbook.ttl").write_bytes((tmp_path / "out" / "factbook-2015-10-26.ttl").read_bytes())
    assert build.check(Project.at(project))[1] == []
    built, findings = build.check(Project.at(project), on=D2015)
    assert findings == []
    # It lists Cambodia twice, as member and as observer, so neither is certain.
    assert Graph(built).why("KHM", "CICA", on=D2015).answer == "disputed"


def test_command_reports_its_results(tmp_path: Path) -> None:
    ran = CliRunner().invoke(cli, ["import", "factbook", str(TABLE), "-o", str(tmp_path)])
    assert ran.exit_code == 1  # four entries could not be read
    assert "24 entries read, 18 kept, 6 left out" in ran.stderr
    assert re.search(r"13 memberships in .*factbook-2015-10-26\.ttl", ran.stderr)
    assert "organizations of the project: AU, CICA, CIS, EAEU, UN" in ran.stderr
    assert "  1: no role is known for the status ...; add it to factbook-statuses.csv" in ran.stderr
