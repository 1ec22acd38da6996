"""The Correlates of War IGO data in both layouts: spells, missing codes, disagreements and refused files."""

from __future__ import annotations

import csv
import gzip
import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import pyoxigraph as ox
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from cica_graph import Graph
from cica_graph.cli import cli
from cica_graph.imports.cow_igo import COLUMNS, NAMES, SOURCE, CowActors, convert, runs
from cica_graph.imports.cow_igo_cells import Cells, known_organizations, known_states, read
from cica_graph.imports.cow_igo_coverage import coverage
from cica_graph.model import edtf
from cica_graph.model.errors import UsageError, ValidationFailed
from cica_graph.model.terms import CG, CONCEPT, DCAT, DCTERMS, ID, RDF_TYPE, local
from cica_graph.pipeline import build
from cica_graph.project.source_files import Project
from cica_graph.store.store import Store

HERE = Path(__file__).parent / "fixtures" / "imports"
STATES, IGOS = HERE / "state-year.csv", HERE / "igo-year.csv"
ROLES = {"member": "1", "associate": "2", "observer": "3"}
Spell = tuple[int, int, str, int, int]  # organization, state, status, first and last year


@pytest.fixture(scope="session")
def known(graph: Graph) -> CowActors:
    return CowActors.of(graph.store)


@pytest.fixture(scope="session")
def cow(root: Path) -> Path:
    path = root.parent / "shared" / "facts" / "cow"
    if not path.is_dir():
        pytest.skip("../shared/facts/cow is not there: the data of Correlates of War are not part of the repository")
    return path


@pytest.fixture(scope="session")
def imported(cow: Path, known: CowActors, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Both layouts, each first once."""
    folder = tmp_path_factory.mktemp("cow")
    files = cow / "igo_year_format3.csv.gz", cow / "state_year_format3.csv.gz"
    convert(files, known, folder / "igo-year")
    convert(files[::-1], known, folder / "state-year")
    return {name: folder / name / NAMES[0] for name in ("igo-year", "state-year")}


def statements(path: Path) -> dict[str, dict[str, list[str]]]:
    said: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for quad in ox.parse(path=path, format=ox.RdfFormat.TURTLE):
        assert isinstance(quad.subject, ox.NamedNode)
        assert isinstance(quad.object, ox.NamedNode | ox.Literal)
        said[quad.subject.value][quad.predicate.value].append(quad.object.value)
    return said


def spells(path: Path, known: CowActors) -> Iterator[Spell]:
    """Read spells from a graph, with the first and the last certain year."""
    ionum = {iri: n for n, iri in known.organizations.items()}
    ccode = {iri: n for n, iri in known.states.items()}
    said = statements(path)
    for iri, about in said.items():
        if CG + "cow" in about:
            (ionum if CG + "Organization" in about[RDF_TYPE] else ccode)[iri] = int(about[CG + "cow"][0])
    for about in said.values():
        if CG + "Membership" in about[RDF_TYPE]:
            seen = [int(text) for text in about[CG + "attestedOn"]]
            first = edtf.span(about[CG + "start"][0])[1].year if about[CG + "start"] else min(seen)
            last = edtf.span(about[CG + "end"][0])[0].year if about[CG + "end"] else max(seen)
            role = ROLES[local(about[CG + "role"][0])]
            yield ionum[about[CG + "organization"][0]], ccode[about[CG + "member"][0]], role, first, last


# ---- The real data ---------------------------------------------------------------------


def test_every_spell_of_the_534_organizations_row_by_row(
    cow: Path, known: CowActors, imported: dict[str, Path]
) -> None:
    found = list(spells(imported["igo-year"], known))
    with (cow / "igo_membership_spells_long.csv").open(encoding="utf-8") as file:
        wanted = [
            (int(r["ionum"]), int(r["ccode"]), r["status_code"], int(r["first_year"]), int(r["last_year"]))
            for r in csv.DictReader(file)
        ]
    assert len(wanted) == 18_927
    # In these years the organization has no row, so it did not exist; the list counts them as years of membership.
    pauses = {110: (1990, 2001), 1050: (1870, 1905)}
    parts = [part for spell in wanted for part in parted(spell, pauses)]
    assert len(parts) == 18_936
    assert sorted(found) == sorted(parts)
    assert len({ionum for ionum, *_ in found}) == 534


def parted(spell: Spell, pauses: dict[int, tuple[int, int]]) -> list[Spell]:
    """Return a spell without the years in which its organization did not exist."""
    ionum, ccode, status, first, last = spell
    if ionum not in pauses or not first < pauses[ionum][0] <= pauses[ionum][1] < last:
        return [spell]
    begin, end = pauses[ionum]
    return [(ionum, ccode, status, first, begin - 1), (ionum, ccode, status, end + 1, last)]


def test_every_pair_of_states_in_2012(cow: Path, known: CowActors, imported: dict[str, Path]) -> None:
    members = defaultdict[int, set[int]](set)
    for ionum, ccode, role, first, last in spells(imported["state-year"], known):
        if role == "1" and first <= 2012 <= last:
            members[ccode].add(ionum)
    with (cow / "derived_dyads_2012.csv").open(encoding="utf-8") as file:
        wanted = {
            frozenset((int(r["ccode1"]), int(r["ccode2"]))): int(r["joint_full_memberships"])
            for r in csv.DictReader(file)
        }
    assert len(wanted) == 18_915
    states = {ccode for pair in wanted for ccode in pair}
    assert {frozenset(pair): len(members[pair[0]] & members[pair[1]]) for pair in combinations(states, 2)} == wanted


def test_every_cell_on_which_the_layouts_disagree(cow: Path, imported: dict[str, Path]) -> None:
    """Compute the same from the files in another way: each cell of a status separately."""
    ionum = {organization.acronym.casefold(): n for n, organization in known_organizations().items()}
    ccode = {name: n for name, (n, _) in known_states().items()}
    said: dict[str, dict[tuple[int, int, int], str]] = {"igo-year": {}, "state-year": {}}
    there: dict[str, set[tuple[int, int]]] = {"igo-year": set(), "state-year": set()}
    for layout, name in (("igo-year", "igo_year_format3.csv.gz"), ("state-year", "state_year_format3.csv.gz")):
        with gzip.open(cow / name, "rt", encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                year = int(row["year"])
                mine = int(row["ionum" if layout == "igo-year" else "ccode"])
                there[layout].add((mine, year))
                for column, cell in row.items():
                    if cell in ("1", "2", "3"):
                        if layout == "igo-year" and column in ccode:
                            said[layout][mine, ccode[column], year] = cell
                        elif layout == "state-year" and column in ionum:
                            said[layout][ionum[column], mine, year] = cell
    differing, one_sided = set[tuple[int, int, int]](), set[tuple[int, int, int]]()
    for key in said["igo-year"].keys() | said["state-year"].keys():
        if said["igo-year"].get(key) != said["state-year"].get(key):
            both = (key[0], key[2]) in there["igo-year"] and (key[1], key[2]) in there["state-year"]
            (differing if both else one_sided).add(key)
    assert (len(differing), len(one_sided)) == (2_728, 123)
    for layout, path in imported.items():
        with path.with_name(NAMES[1]).open(encoding="utf-8") as file:
            rows = list(csv.DictReader(file, delimiter="\t"))
        other = ({*imported} - {layout}).pop()
        assert list(rows[0]) == [*COLUMNS, layout, other]
        keys = [(int(r["ionum"]), int(r["ccode"]), int(r["year"])) for r in rows]
        assert len(keys) == len({*keys})
        assert {k for k, r in zip(keys, rows, strict=True) if "no row" not in (r[layout], r[other])} == differing
        assert {k for k, r in zip(keys, rows, strict=True) if "no row" in (r[layout], r[other])} == one_sided
        for key, row in zip(keys, rows, strict=True):
            for name in (layout, other):
                assert (row[name] if row[name] in ("1", "2", "3") else None) == said[name].get(key)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak of memory is read as Linux tells it")
def test_time_and_memory(cow: Path, tmp_path: Path) -> None:
    """The whole command with both files, within 20 s of processor time and 400 MB."""
    code = (
        "import json, re, sys, time\nfrom pathlib import Path\nfrom cica_graph.cli import cli\n"
        "cli(['import', 'cow_igo', *sys.argv[2:], '-o', sys.argv[1]], standalone_mode=False)\n"
        "peak = re.search(r'VmHWM:\\s+(\\d+) kB', Path('/proc/self/status').read_text())[1]\n"
        "print(json.dumps([time.process_time(), int(peak) * 1024]))"
    )
    files = [str(cow / f"{name}_year_format3.csv.gz") for name in ("state", "igo")]
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path), *files], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    seconds, memory = json.loads(done.stdout)
    assert seconds < 20
    assert memory < 400_000_000


def test_states_and_organizations_are_known_or_declared(
    root: Path, known: CowActors, imported: dict[str, Path]
) -> None:
    numbers_of = {
        path.name: re.findall(r"cg:cow (\d+)", path.read_text("utf-8")) for path in (root / "data").rglob("*.ttl")
    }
    assert len(known.states) == len(numbers_of.pop("states.ttl")) >= 206
    assert len(known.organizations) == sum(map(len, numbers_of.values())) >= 39
    said = statements(imported["igo-year"])
    ours = {*known.states.values(), *known.organizations.values()}
    declared = {iri for iri, about in said.items() if {CG + "State", CG + "Organization"} & {*about[RDF_TYPE]}}
    named = {iri for about in said.values() for part in ("member", "organization") for iri in about[CG + part]}
    assert not declared & ours
    lived = {iri for about in said.values() for iri in about[CG + "lifeOf"]}
    assert (named | lived) - ours == declared
    numbers = Counter(about[CG + "cow"][0] for iri, about in said.items() if iri in declared)
    assert all(iri.rpartition("/")[2] in numbers for iri in declared)
    assert ID + "org/cica" in named
    assert ID + "state/AUH" in named


# ---- What cells say --------------------------------------------------------------------


def stated(path: Path) -> dict[str, tuple[str, ...]]:
    """Return role, start, end and attestations of each membership."""
    return {
        iri.removeprefix(ID + "membership/cow/"): (
            local(about[CG + "role"][0]),
            *(" ".join(about[CG + name]) for name in ("start", "end", "attestedOn")),
        )
        for iri, about in statements(path).items()
        if CG + "Membership" in about[RDF_TYPE]
    }


def test_both_layouts_become_spells(known: CowActors, tmp_path: Path) -> None:
    convert([STATES], known, tmp_path)
    assert stated(tmp_path / NAMES[0]) == {
        "1345-651-1": ("observer", "1950", "1950", ""), "1345-651-2": ("member", "1951", "", "1951"),
        "1345-750-1": ("member", "[1950..1951]", "", "1951"), "3450-651-1": ("member", "1945", "1946", ""),
        "3450-651-2": ("member", "1948", "", "1951"), "3450-750-1": ("observer", "[1950..1951]", "", "1951"),
        "4400-300-1": ("associate", "1947", "", "1947"), "4400-651-1": ("member", "1945", "", "1951"),
        "4400-750-1": ("member", "[1945..1948]", "", "1949"), "4400-750-2": ("member", "[1945..1951]", "", "1951"),
        "4410-300-1": ("member", "[1945..1947]", "", "1947"), "4410-651-1": ("member", "[1945..1946]", "[1947..1950]", ""),
        "4410-651-2": ("member", "[1945..1950]", "1950", ""), "4410-750-1": ("member", "[1945..1948]", "", "1949"),
        "4410-750-2": ("member", "[1945..1951]", "", "1951"),
    }  # fmt: skip
    convert([IGOS], known, tmp_path)
    assert stated(tmp_path / NAMES[0]) == {
        "4400-300-1": ("associate", "1947", "", "1947"), "4400-651-1": ("member", "1945", "", "1951"),
        "4400-750-1": ("member", "[1945..1948]", "", "1949"), "4400-750-2": ("member", "[1945..1951]", "", "1951"),
        # From 1948 to 1950 the organization has no row, so it did not exist.
        "4410-300-1": ("member", "[1945..1947]", "1947", ""), "4410-651-1": ("member", "[1945..1946]", "1946", ""),
        "4410-750-1": ("member", "1951", "", "1951"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("cells", "found"),
    [
        ("0 1 1 0", [("member", "1991", "1992", "")]),
        ("0 1 2 3", [("member", "1991", "1991", ""), ("associate", "1992", "1992", ""), ("observer", "1993", "", "1993")]),
        ("0 -9 1 0", [("member", "[1991..1992]", "1992", "")]),
        ("0 1 -9 0", [("member", "1991", "[1991..1992]", "")]),
        ("0 1 -9 -9", [("member", "1991", "", "1991")]),
        ("0 - 1 0", [("member", "[1991..1992]", "1992", "")]),  # no row: outside the state system
        ("1 - 1 0", [("member", "[1945..1990]", "[1990..1992]", ""), ("member", "[1945..1992]", "1992", "")]),
        ("3 - 1 0", [("observer", "[1945..1990]", "[1990..1991]", ""), ("member", "[1991..1992]", "1992", "")]),
        ("1 -1 1 0", [("member", "[1945..1990]", "1992", "")]),  # an organization without a row breaks no run
        ("-1 1 1 1", [("member", "[1945..1991]", "", "1993")]),
        ("0 0 -9 -1", []),
    ],
)  # fmt: skip
def test_cell_without_a_code_does_not_mean_no_membership(
    cells: str, found: list[tuple[str, str, str, str]], known: CowActors, tmp_path: Path
) -> None:
    """The organization is the UN, founded in 1945 in the dataset; another state shows that it still exists."""
    path = tmp_path / "cells.csv"
    years = [
        f"651,{year},egypt,{cell}" for year, cell in zip(range(1990, 1994), cells.split(), strict=True) if cell != "-"
    ]
    path.write_text("\n".join(["ccode,year,state,UN", *years, *(f"2,{y},usa,0" for y in range(1990, 1994))]) + "\n")
    convert([path], known, tmp_path)
    assert list(stated(tmp_path / NAMES[0]).values()) == found


def test_an_organization_that_has_ended_ends_its_spells(known: CowActors, tmp_path: Path) -> None:
    """The dataset has AMSC from 1966 to 1977, and ITC to 1990, though its rows end before."""
    number = {o.acronym: n for n, o in known_organizations().items()}
    path = tmp_path / "ended.csv"
    rows = [f"AMSC,,{y},1,,,{number['AMSC']}" for y in range(1966, 1978)]
    rows += [f"ITC,,{y},1,,,{number['ITC']}" for y in range(1956, 1986)]
    rows += [f"UN,,{y},1,,,4400" for y in range(1956, 2000)]
    path.write_text("\n".join(["ioname,orgname,year,egypt,india,sdate,ionum", *rows]) + "\n")
    convert([path], known, tmp_path)
    found = stated(tmp_path / NAMES[0])
    assert found[f"{number['AMSC']}-651-1"] == ("member", "1966", "1977", "")
    assert found[f"{number['ITC']}-651-1"] == ("member", "1956", "[1985..1990]", "")
    assert found["4400-651-1"] == ("member", "[1945..1956]", "", "1999")


def test_result_does_not_depend_on_the_order_of_rows_and_columns(known: CowActors, tmp_path: Path) -> None:
    convert([STATES], known, tmp_path / "a")
    with STATES.open(encoding="utf-8") as file:
        rows = [row[::-1] for row in csv.reader(file)]
    path = tmp_path / STATES.name
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([rows[0], *rows[:0:-1]])
    convert([path], known, tmp_path / "b")
    assert (tmp_path / "a" / NAMES[0]).read_bytes() == (tmp_path / "b" / NAMES[0]).read_bytes()


codes = st.lists(st.sampled_from(["0", "1", "2", "3", "-9", "-1", "none"]), min_size=1, max_size=12)


@settings(deadline=None)
@given(codes)
def test_every_coded_year_is_in_exactly_one_spell(cells: list[str]) -> None:
    """No spell is certain in a year with another code."""
    series = {1990 + n: cell for n, cell in enumerate(cells) if cell != "none"}
    if not series:
        return
    file = Cells(Path("x"), "state-year", (4400,), [])
    number = {"0": 0, "1": 1, "2": 2, "3": 3, "-9": 4, "-1": 6}
    file.rows[2] = {year: bytes([number[cell]]) for year, cell in series.items()}
    found = list(runs(file))
    for year, cell in series.items():
        holding = [r for r in found if r.first <= year <= r.last]
        if cell in ("1", "2", "3"):
            assert [r.status for r in holding] == [number[cell]]
        else:
            assert not holding or (cell == "-1" and len(holding) == 1)
    for run in found:
        assert (run.begun or 0) <= run.first <= run.last <= (run.ended or 9999)
        for year in range(run.begun or run.first, (run.ended or run.last) + 1):
            assert series.get(year, "-1") in (str(run.status), "-9", "-1")


# ---- What is written -------------------------------------------------------------------


def test_provenance_with_version_and_citation(known: CowActors, tmp_path: Path) -> None:
    convert([STATES], known, tmp_path)
    said = statements(tmp_path / NAMES[0])
    graph, document = said["https://w3id.org/cica-graph/graph/cow-igo"], said[SOURCE.section("document")]
    assert graph[RDF_TYPE] == [DCAT + "Dataset"]
    assert graph["http://www.w3.org/ns/prov#wasDerivedFrom"] == [SOURCE.section("document")]
    assert document[DCAT + "version"] == ["3.0"]
    assert "doi:10.1177/0022343319881175" in document[DCTERMS + "bibliographicCitation"][0]
    assert CG + "accurateAsOf" not in document  # it would attest what is silent at the end
    assert said[SOURCE.section("state-year")][DCTERMS + "title"] == ["state-year format 3: state-year.csv"]
    cited = {iri for about in said.values() for iri in about[DCTERMS + "source"]}
    assert cited == {SOURCE.section("state-year"), SOURCE.section("state-system")}
    assert graph[CG + "reports"] == [SOURCE.section("document")]
    assert {about[CG + "role"][0] for about in said.values() if about[CG + "role"]} == {CONCEPT + r for r in ROLES}


def test_an_import_passes_the_shapes_of_a_project(root: Path, known: CowActors, tmp_path: Path) -> None:
    """Except for a true contradiction: COW has CICA's observers in 1950 here, and CICA was founded in 1999."""
    from cica_graph.pipeline import build
    from cica_graph.project.source_files import Project
    from test_import_wikidata import bare_project

    project = bare_project(root, tmp_path)
    convert([STATES], known, project / "data" / "imports")
    _, findings = build.check(Project.at(project))
    assert {f.rule for f in findings} == {"before-founding"}
    assert {re.sub(r"^.*/cow/|-\d+$", "", f.subject.split()[0]) for f in findings} == {"1345-651", "1345-750"}


def test_equal_cow_numbers_do_not_merge_things() -> None:
    def thing(name: str, kind: str) -> list[ox.Triple]:
        iri = ox.NamedNode(ID + name)
        return [ox.Triple(iri, ox.NamedNode(RDF_TYPE), ox.NamedNode(CG + kind)),
                ox.Triple(iri, ox.NamedNode(CG + "cow"), ox.Literal(2))]  # fmt: skip

    known = CowActors.of(Store.from_triples([*thing("state/USA", "State"), *thing("org/x", "Organization")]))
    assert (known.state(2), known.organization(2)) == (ID + "state/USA", ID + "org/x")
    known = CowActors.of(Store.from_triples([*thing("state/USA", "State"), *thing("state/CAN", "State")]))
    assert known.state(2) == ID + "state/cow/2"


@pytest.mark.parametrize("how", ["gz", "crlf", "bom", "utf-16", "upper"])
def test_any_wrapping_reads_the_same(how: str, known: CowActors, tmp_path: Path) -> None:
    data, path = STATES.read_bytes(), tmp_path / STATES.name
    if how == "gz":
        path = path.with_suffix(".csv.gz")
    path.write_bytes({
        "gz": gzip.compress(data), "crlf": data.replace(b"\n", b"\r\n"), "bom": b"\xef\xbb\xbf" + data,
        "utf-16": data.decode().encode("utf-16"), "upper": data.replace(b"ccode,year", b"CCODE,Year"),
    }[how])  # fmt: skip
    a, b = read(STATES), read(path)
    assert (a.layout, a.columns, a.rows) == (b.layout, b.columns, b.rows)


# ---- What is refused ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("member,organization\nKAZ,UN\n", "neither layout"), ("ccode,year,state\n2,1990,usa\n", "no column of version 3.0"),
        ("ccode,year,UN,un\n2,1990,1,1\n", "several columns 'un'"), ("ccode,year,UN\n", "a header and no rows"), ("", "is empty"),
    ],
)  # fmt: skip
def test_another_table_is_refused(data: str, words: str, known: CowActors, tmp_path: Path) -> None:
    path = tmp_path / "wrong.csv"
    path.write_text(data, "utf-8")
    with pytest.raises(UsageError, match=words):
        convert([path], known, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("row", "line", "words"),
    [
        ("2,1990", 3, "it has 2 cells, but the header has 3"), ("2,1990,7", 3, "'7' is not a status"), ("2,1990,", 3, "'' is not a status"),
        ("2,0,1", 3, "'0' is not a year from 1816 to 2100"), ("2,9999,1", 3, "is not a year"), ("2,199x,1", 3, "is not a year"),
        ("two,1990,1", 3, "'two' is not a ccode"), ("0,1990,1", 3, "is not a ccode"), ("-2,1990,1", 3, "is not a ccode"),
        ("1,1989,0", 3, "there is another row of ccode 1 in 1989, which differs"), ("2,1990,1\0", 3, "is not a status"),
        ("2,1990," + "1" * 20_000_000, 3, "longer than 1,048,576 characters"), ('2,1990,"1', 3, "unexpected end of data"),
        (b"2,1990,\xff", 3, "is not a status"), ("2,1990,²", 3, "is not a status"), ("²,1990,1", 3, "is not a ccode"),
    ],
)  # fmt: skip
def test_a_row_that_cannot_be_read_stops_the_import(
    row: str | bytes, line: int, words: str, known: CowActors, tmp_path: Path
) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(b"ccode,year,UN\n1,1989,1\n" + (row if isinstance(row, bytes) else row.encode()) + b"\n")
    with pytest.raises(ValidationFailed, match="1 row cannot be read") as raised:
        convert([path], known, tmp_path / "out")
    (finding,) = raised.value.findings
    assert (finding.file, finding.line) == (str(path), line)
    assert words in finding.message
    assert not (tmp_path / "out").exists()


def test_duplicate_row_is_counted(known: CowActors, tmp_path: Path) -> None:
    path = tmp_path / STATES.name
    path.write_text(STATES.read_text("utf-8") + "651,1946,egypt,1,1,-1,1\n", "utf-8")
    assert convert([path], known, tmp_path / "a").cells.repeated == 1
    convert([STATES], known, tmp_path / "b")
    assert (tmp_path / "a" / NAMES[0]).read_bytes() == (tmp_path / "b" / NAMES[0]).read_bytes()


def test_a_file_that_is_cut_off_is_refused(cow: Path, known: CowActors, tmp_path: Path) -> None:
    path = tmp_path / "cut.csv.gz"
    path.write_bytes((cow / "igo_year_format3.csv.gz").read_bytes()[:100_000])
    with pytest.raises(ValidationFailed) as raised:
        convert([path], known, tmp_path / "out")
    assert "rest of the file cannot be read: Compressed file ended" in raised.value.findings[0].message


def test_files_of_one_layout_or_too_many_are_refused(known: CowActors, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="are both state-year"):
        convert([STATES, STATES], known, tmp_path)
    with pytest.raises(UsageError, match="one of each layout"):
        convert([STATES, IGOS, IGOS], known, tmp_path)


def test_unknown_columns_of_a_later_version_are_kept_or_reported(known: CowActors, tmp_path: Path) -> None:
    path = tmp_path / "later.csv"
    path.write_text("ioname,longorgname,year,egypt,atlantis,sdate,ionum\nNEW,New One,2015,1,1,2015,9001\n", "utf-8")
    outcome = convert([path], known, tmp_path)
    assert outcome.cells.unknown == ["atlantis"]
    said = statements(tmp_path / NAMES[0])[ID + "org/cow/9001"]
    assert said["http://www.w3.org/2004/02/skos/core#prefLabel"] == ["New One"]
    path.write_text("ccode,year,state,UN,NEW\n999,2015,atlantis,1,1\n", "utf-8")
    assert convert([path], known, tmp_path).cells.unknown == ["new"]
    assert "atlantis" in (tmp_path / NAMES[0]).read_text("utf-8")


# ---- The command ---------------------------------------------------------------------------


def test_command_reports_its_results(tmp_path: Path) -> None:
    ran = CliRunner().invoke(cli, ["import", "cow_igo", str(STATES), str(IGOS), "-o", str(tmp_path / "out")])
    assert ran.exit_code == 0
    assert ran.stdout == ""
    assert "15 memberships, 1944 to 1951, in" in ran.stderr
    assert "4 organizations, 3 of them in the project" in ran.stderr
    assert "1 cell with another membership in" in ran.stderr
    assert "and 3 cells of which only one of the files has a row" in ran.stderr
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == sorted(NAMES)


def test_fault_is_reported_with_its_line_and_no_file_is_written(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("ccode,year,UN\n2,1990,1\n2,1991,x\n", "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "cica_graph", "import", "cow_igo", str(path), "-o", str(tmp_path / "out")],
        capture_output=True, text=True, env=os.environ,
    )  # fmt: skip
    assert done.returncode == 1
    assert f"{path}:3: 'x' is not a status, which is 0, 1, 2, 3, -9 or -1" in done.stderr
    assert "nothing was written" in done.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("seed", ["0", "1"])
def test_output_does_not_depend_on_hash_seed_and_time_zone(seed: str, tmp_path: Path) -> None:
    env = {**os.environ, "PYTHONHASHSEED": seed, "TZ": "Asia/Almaty", "LC_ALL": "C"}
    command = [sys.executable, "-m", "cica_graph", "import", "cow_igo", str(STATES), str(IGOS), "-o"]
    subprocess.run([*command, str(tmp_path / "a")], check=True, capture_output=True, env=env)
    CliRunner().invoke(cli, ["import", "cow_igo", str(STATES), str(IGOS), "-o", str(tmp_path / "b")])
    for name in NAMES:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    shutil.rmtree(tmp_path / "a")


# ---- What the data cover ---------------------------------------------------------------

CELLS = """ccode,year,state,UN,CICA
2,2004,usa,1,0
732,2004,southkorea,1,0
2,2005,usa,1,-9
732,2005,southkorea,1,-9
2,2006,usa,1,0
732,2006,southkorea,-9,1
2,2007,usa,1,0
732,2007,southkorea,1,1
"""


def test_in_years_without_data_about_an_organization_every_state_is_unknown(known: CowActors, tmp_path: Path) -> None:
    path = tmp_path / "cells.csv"
    path.write_text(CELLS)
    system, covered = coverage(read(path))
    assert system == [(2, 2004, 2007), (732, 2004, 2007)]
    assert covered == [
        (1345, 2004, 2004, ()), (1345, 2005, 2005, None), (1345, 2006, 2007, ()),
        (4400, 2004, 2005, ()), (4400, 2006, 2006, (732,)), (4400, 2007, 2007, ()),
    ]  # fmt: skip


def test_a_missing_cell_is_not_recorded_and_a_zero_means_no(
    root: Path, graph: Graph, known: CowActors, tmp_path: Path
) -> None:
    path = tmp_path / "cells.csv"
    path.write_text(CELLS)
    convert([path], known, tmp_path)
    built = build.imported_graph(Project.at(root), [tmp_path / NAMES[0]])
    assert built.findings == []
    answers = {
        (member, organization, year): Graph(built).why(member, organization, on=f"{year}-07-01").answer
        for member in ("USA", "KOR")
        for organization in ("UN", "CICA")
        for year in (2004, 2005, 2006, 2007)
    }
    assert [answers["USA", "CICA", year] for year in range(2004, 2008)] == ["no", "not recorded", "no", "no"]
    # From a missing cell on it may have begun.
    assert [answers["KOR", "CICA", year] for year in range(2004, 2007)] == ["no", "possible", "possible"]
    assert answers["KOR", "UN", 2006] == "possible"
    assert answers["USA", "UN", 2005] == "certain"


def test_a_year_without_rows_of_any_state_does_not_end_a_membership(known: CowActors, tmp_path: Path) -> None:
    path = tmp_path / "cells.csv"
    path.write_text("ccode,year,state,UN\n2,1990,usa,1\n2,1992,usa,1\n2,1993,usa,-1\n2,1994,usa,1\n")
    convert([path], known, tmp_path)
    assert [spell[1:3] for spell in stated(tmp_path / NAMES[0]).values()] == [
        ("[1945..1990]", "[1990..1992]"), ("[1945..1992]", "1992"), ("1994", ""),
    ]  # fmt: skip
