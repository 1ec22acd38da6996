"""The downloads: CSVW tables, networks, scripts, data frames and checksums, each read by a tool for its format."""

from __future__ import annotations

import csv
import io
import json
import os
import random
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
import threading
import zipfile
from collections import Counter
from collections.abc import Iterator
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import networkx as nx
import polars as pl
import pyoxigraph as ox
import pytest
import rdflib
from click.testing import CliRunner
from csvw import CSVW
from hypothesis import given
from hypothesis import strategies as st

from cica_graph import Graph, open_graph, queries
from cica_graph.cli import cli
from cica_graph.formats.checksums import checksums
from cica_graph.formats.turtle import turtle
from cica_graph.model.errors import UsageError
from cica_graph.model.terms import CG, CONCEPT, EDTF, GRAPH, ID, PREFIXES, RDF_TYPE, XSD
from cica_graph.pipeline import build
from cica_graph.project.source_files import Project
from cica_graph.publish.export import graphml, tables
from cica_graph.publish.export.downloads import downloads
from cica_graph.publish.export.export import FORMATS, SHAPES, SUFFIX, TOOLS, export
from cica_graph.publish.export.memberships import membership_rows, standing_rows
from cica_graph.publish.export.overlaps import overlaps
from cica_graph.publish.export.parquet import parquet
from cica_graph.publish.export.update import BATCH, update
from cica_graph.store.store import Store, snapshot_graph, value
from conftest import Engines, share

DAY = date(2012, 6, 13)
SKOS = PREFIXES["skos"]
DESCRIPTION = json.loads(Path(tables.__file__).with_name(tables.METADATA).read_bytes())
SCHEMAS = {table["url"].removesuffix(".csv"): table["tableSchema"] for table in DESCRIPTION["tables"]}
BINARY = ("csvw", "parquet")


@pytest.fixture(scope="module")
def graph() -> Graph:
    """A separate graph, because other tests add days to the shared one."""
    return open_graph()


@pytest.fixture(scope="module")
def few_graph(few: Project) -> Graph:
    """The same for the project with a few organizations."""
    return open_graph(few.root)


@pytest.fixture(scope="module")
def files(few_graph: Graph) -> dict[str, bytes]:
    """The downloads of a few organizations. Those of the shipped graph are in its site."""
    return downloads(few_graph, DAY)


def unpacked(graph: Graph, made: Path) -> Path:
    for name, data in tables.tables(graph.store, DAY).items():
        (made / name).write_bytes(data)
    return made


@pytest.fixture(scope="module")
def folder(graph: Graph, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tables of the shipped graph, unpacked."""
    return unpacked(graph, tmp_path_factory.mktemp("tables"))


@pytest.fixture(scope="module")
def few_folder(few_graph: Graph, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tables of a few organizations, unpacked."""
    return unpacked(few_graph, tmp_path_factory.mktemp("few-tables"))


def columns(name: str) -> list[str]:
    return [column["name"] for column in SCHEMAS[name]["columns"] if not column.get("virtual")]


def sheet(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode(), newline=""), strict=True))


def named(iri: str) -> ox.NamedNode:
    return ox.NamedNode(iri)


def hostile(text: str) -> Store:
    """Return a store in which a state, its membership and the organization are called so."""
    graph, store = named(GRAPH + "hostile"), Store()
    label, kind = named(SKOS + "prefLabel"), named(RDF_TYPE)
    state, organization, spell = (named(ID + name) for name in ("state/XXA", "org/x", "membership/x-XXA-1"))
    name = ox.Literal(text, language="en")
    said: list[tuple[ox.NamedNode, ox.NamedNode, ox.NamedNode | ox.Literal]] = [
        (state, kind, named(CG + "State")),
        (state, label, name),
        (organization, kind, named(CG + "Organization")),
        (organization, label, name),
        (spell, kind, named(CG + "Membership")),
        (spell, named(CG + "member"), state),
        (spell, named(CG + "organization"), organization),
        (spell, named(CG + "role"), named(CONCEPT + "member")),
        (spell, named(CG + "start"), ox.Literal("1999?", datatype=named(EDTF))),
    ]
    store.add_quads(ox.Quad(*triple, graph) for triple in said)
    return store


def canonical(quads: Iterator[ox.Quad] | list[ox.Quad]) -> ox.Dataset:
    found = ox.Dataset(quads)
    found.canonicalize(ox.CanonicalizationAlgorithm.UNSTABLE)
    return found


def parsed(data: bytes, form: ox.RdfFormat) -> ox.Dataset:
    return canonical(ox.parse(data, format=form, base_iri="http://base.example/"))


# ---- Tables --------------------------------------------------------------------------------------


def test_the_description_names_every_query_and_column() -> None:
    assert sorted([*(q.name for q in queries.folder("tables")), "memberships", "overlaps"]) == sorted(SCHEMAS)
    assert len(SCHEMAS) == 18
    store = Store()
    for query in queries.folder("tables"):
        solutions = store.query(query.text)
        assert isinstance(solutions, ox.QuerySolutions)
        assert [v.value for v in solutions.variables] == columns(query.name)


@pytest.mark.parametrize("name", [name for name in SCHEMAS if name != "overlaps"])  # which no query gives
def test_a_table_reads_back_as_the_rows_of_its_query(graph: Graph, folder: Path, name: str) -> None:
    data = (folder / f"{name}.csv").read_bytes()
    found = sheet(data)
    query = queries.shipped(*(("select", "spells") if name == "memberships" else ("tables", name)))
    marks = {c["name"]: c["separator"] for c in SCHEMAS[name]["columns"] if "separator" in c}

    def plain(row: dict[str, str]) -> tuple[object, ...]:
        return tuple(
            tuple(sorted(row[c].split(marks[c]))) if c in marks and row[c] else row[c] or () for c in columns(name)
        )

    rows = [dict.fromkeys(columns(name), "") for _ in graph.store.select(query.text)]
    for row, terms in zip(rows, graph.store.select(query.text), strict=True):
        row |= {column: value(term) for column, term in terms.items()}
    assert Counter(map(plain, found)) == Counter(map(plain, rows))
    assert data.splitlines(keepends=True)[0] == ",".join(columns(name)).encode() + b"\r\n"
    key = SCHEMAS[name]["primaryKey"]
    keys = [tuple(row[k] for k in ([key] if isinstance(key, str) else key)) for row in found]
    assert keys == sorted(set(keys))
    assert len(found) >= 6


@pytest.mark.filterwarnings("ignore:Dataset:DeprecationWarning")  # rdflib uses its own deprecated functions
@pytest.mark.parametrize("name", [*(q.name for q in queries.folder("tables")), "nodes"])
def test_both_engines_give_the_same_rows(few_engines: Engines, name: str) -> None:
    query = queries.shipped("tables" if name in SCHEMAS else "select", name)

    def tidy(lines: Counter[Any]) -> Counter[Any]:  # either may join parts in any order
        return Counter(
            tuple(c and (sorted(c[0].split()), *c[1:]) for c in line).__repr__() for line in lines.elements()
        )

    found = few_engines.in_pyoxigraph(query.text)
    assert tidy(found) == tidy(few_engines.in_rdflib(query.text))
    assert found


def test_states_have_their_codes_and_names_their_kind(folder: Path) -> None:
    rows = {row["code"]: row for row in sheet((folder / "states.csv").read_bytes())}
    assert {c: rows["KAZ"][c] for c in ("iso2", "iso3", "m49", "cow", "wikidata", "label_ru")} == {
        "iso2": "KZ", "iso3": "KAZ", "m49": "398", "cow": "705", "wikidata": "Q232", "label_ru": "Казахстан",
    }  # fmt: skip
    assert (rows["XNC"]["iso2"], rows["XNC"]["iso3"], rows["AFG"]["m49"]) == ("", "", "004")
    names = sheet((folder / "names.csv").read_bytes())
    assert {row["status"] for row in names} == {"label", "alias", "source"}
    turkey = {(r["name"], r["language"], r["status"]) for r in names if r["thing"] == ID + "state/TUR"}
    assert ("Turkey", "en", "source") in turkey
    assert all(bool(row["naming"]) == (row["status"] == "source") for row in names)


def test_overlaps_and_audit_agree_with_the_graph(graph: Graph, folder: Path) -> None:
    rows = sheet((folder / "overlaps.csv").read_bytes())
    keys = [(row["organization_iri"], row["counterpart_iri"]) for row in rows]
    assert keys == sorted(set(keys))
    found = {(r["organization"], r["counterpart"]): r for r in rows}
    every = graph.all_overlaps(on=DAY)
    assert set(found) == {(other.organization, other.other) for other in every}
    for other in every:
        row = found[other.organization, other.other]
        counts = tuple(int(row[name]) for name in ("count", "at_most", "total", "total_at_most"))
        assert counts == (other.shared, other.shared_at_most, other.total, other.total_at_most)
        assert tuple(row["missing"].split()) == other.missing
        assert row["as_of"] == DAY.isoformat()
    verdicts = {
        r["claim"]: (r["verdict"], r["finds"], r["at_most"]) for r in sheet((folder / "audit.csv").read_bytes())
    }
    assert verdicts == {
        a.claim: (a.verdict, *("" if n is None else str(n) for n in (a.found, a.found_at_most))) for a in graph.audit()
    }


def test_table_has_only_the_largest_overlaps_of_an_organization(graph: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cica_graph.publish.export.overlaps.MOST", 3)
    store = Store()
    store.restore(graph.store.dump())
    rows = overlaps(store, DAY)
    assert set(Counter(row["organization"] for row in rows).values()) == {3}
    assert [row["counterpart"] for row in rows if row["organization"] == "CICA"] == ["IOM", "OIC", "UN"]


@pytest.fixture
def brief(monkeypatch: pytest.MonkeyPatch) -> None:
    """Omit slow downloads that the test does not need."""
    monkeypatch.setattr("cica_graph.publish.export.downloads.FORMATS", ("nquads", "csv"))
    monkeypatch.setattr("cica_graph.publish.export.downloads._SHAPE", {})


@pytest.mark.usefixtures("brief")
def test_overlaps_are_computed_for_another_day(few: Project) -> None:
    day = date(2003, 6, 1)
    graph = open_graph(few.root)
    build.add_day(graph.built, day)
    made = downloads(graph, day)
    rows = sheet(made["tables/overlaps.csv"])
    assert {row["as_of"] for row in rows} == {"2003-06-01"}
    assert len(rows) > 20
    assert snapshot_graph(day).value in made["cica-graph.nq"].decode()
    assert "on 2003-06-01" in made["shared-members.graphml"].decode()


def validate(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("csvwvalidate")), "--verbose", str(folder / tables.METADATA)]
    return subprocess.run(command, capture_output=True, text=True)


def test_a_csvw_validator_accepts_the_bundle(folder: Path) -> None:
    done = validate(folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "OK" in done.stdout


@pytest.mark.parametrize(
    ("table", "old", "new"),
    [
        ("memberships.csv", b"1989-01-01", b"1989-01-32"),  # no such day
        ("memberships.csv", b"/id/org/csto,", b"/id/org/nowhere,"),  # a foreign key that leads nowhere
        ("memberships.csv", b"doc/cow-igo-v3#memberships", b"doc/cow-igo-v3#lost"),  # and one in a list
        ("states.csv", b"/id/state/AGO,", b"/id/state/AFG,"),  # a key twice
        ("states.csv", b",label_ar", b",label_xx"),  # a column that is not described
        ("overlaps.csv", b",2012-06-13,5,", b",2012-06-13,five,"),  # no number
        ("names.csv", b",Turkey,en,source,", b",,en,source,"),  # required
    ],
)
def test_the_validator_finds_what_is_wrong(
    few_folder: Path, tmp_path: Path, table: str, old: bytes, new: bytes
) -> None:
    shutil.copytree(few_folder, tmp_path, dirs_exist_ok=True)
    data = (few_folder / table).read_bytes()
    assert old in data
    (tmp_path / table).write_bytes(data.replace(old, new, 1))
    assert validate(tmp_path).returncode != 0


def csv2rdf(metadata: Path) -> Iterator[rdflib.graph._TripleType]:
    """Yield what https://www.w3.org/TR/csv2rdf/ makes of tables in minimal mode, read and expanded by the csvw package.

    No available converter implements the whole Recommendation: csvw supports only JSON, and csvwlib and
    rdf-parser-csvw do not support lists and named datatypes.
    """
    for table in CSVW(str(metadata)).tables:
        for row in table.iterdicts(strict=True) if not table.suppressOutput else ():
            for column in table.tableSchema.columns:
                cell = row.get(column.header)
                if column.suppressOutput or (not column.virtual and cell in (None, [])):
                    continue
                about, says, links = (column.inherit(f"{name}Url") for name in ("about", "property", "value"))
                subject, predicate = (rdflib.URIRef(table.expand(url, row, 0)) for url in (about, says))
                if links:
                    yield subject, predicate, rdflib.URIRef(table.expand(links, row, 0))
                    continue
                kind = column.inherit("datatype")
                text = str(cell) if kind is None else kind.formatted(cell)
                if kind and kind.base == "datetime":
                    text = re.sub(r"\+00:00$", "Z", text)  # csvw writes UTC as an offset
                if column.lang != "und":
                    yield subject, predicate, rdflib.Literal(text, lang=column.lang)
                    continue
                base = {None: "string", "datetime": "dateTime"}.get(kind and kind.base, kind and kind.base)
                iri = (kind and kind.at_props.get("id")) or XSD + base
                yield subject, predicate, rdflib.Literal(text, datatype=rdflib.URIRef(iri), normalize=False)


# Properties that the tables contain completely: every such statement about a thing of the class is read back. Labels
# are those in the six languages that have a column.
WHOLE = {
    "Organization": ["kind", "start", "end", "earliestStart", "latestEnd", "cow", "region", "purpose", "method"],
    "State": ["iso2", "iso3", "m49", "cow", "region", "territoryIn"],
    "Organ": ["organOf"],
    "Membership": ["member", "organization", "role", "spell", "start", "end", "earliestStart", "latestStart", "earliestEnd", "latestEnd"],
    "Standing": ["earliestStart", "latestStart", "earliestEnd", "latestEnd", "openEnded", "disputed"],
    "Suspension": ["suspends", "start", "end", "latestStart", "latestEnd"],
    "Instrument": ["kind", "force", "date", "adoptedBy", "topic", "providesFor"],
    "Event": ["kind", "date", "organizedBy", "concerns", "topic"],
    "Audit": ["claim", "finding", "verdict", "reason", "independent"],
    "Source": ["accurateAsOf", "takenAt"],
}  # fmt: skip


def test_tables_contain_only_statements_of_the_graph(few_graph: Graph, few_folder: Path) -> None:
    from cica_graph.pipeline.steps.validate import to_rdflib

    ours, found = set(to_rdflib(few_graph.store.triples())), set(csv2rdf(few_folder / tables.METADATA))
    assert found - ours == set()
    assert len(found) > 7_000

    def missing(kind: str, predicates: set[rdflib.URIRef]) -> set[object]:
        things = {s for s, p, o in ours if str(p) == RDF_TYPE and str(o) == CG + kind}
        assert things, kind
        return {t for t in ours - found if t[0] in things and t[1] in predicates}

    for kind, names in WHOLE.items():
        assert missing(kind, {rdflib.URIRef(CG + name) for name in names}) == set()
    everywhere = {rdflib.URIRef(PREFIXES["dcterms"] + "source"), rdflib.URIRef(CG + "fact")}
    assert {t for t in ours - found if t[1] in everywhere} == set()
    for kind in ("State", "Organization"):
        assert missing(kind, {rdflib.URIRef(SKOS + "prefLabel"), rdflib.URIRef(PREFIXES["schema"] + "sameAs")}) == set()


def test_the_bundle_becomes_a_database(folder: Path, tmp_path: Path) -> None:
    """Conversion with the tool csvw2sqlite: tables, types, and lists as separate tables."""
    target = tmp_path / "cica.sqlite"
    command = [str(Path(sys.executable).with_name("csvw2sqlite")), str(folder / tables.METADATA), str(target)]
    subprocess.run(command, check=True, capture_output=True)
    with sqlite3.connect(target) as database:
        (count,) = database.execute("""
            SELECT count(*) FROM "memberships.csv" m JOIN "states.csv" s ON m.member_iri = s.state
            JOIN "standings.csv" t ON t.membership = m.membership
            WHERE m.organization = 'CICA' AND t.latest_start <= '2012-06-13' AND t.earliest_end >= '2012-06-13'
              AND t.disputed IS NULL AND m.role LIKE '%member'""").fetchone()
    database.close()
    assert count == 24


def test_description_gives_the_licence_and_defines_edtf() -> None:
    assert DESCRIPTION["dc:license"]["@id"] == "https://creativecommons.org/licenses/by/4.0/"
    assert DESCRIPTION["dc:title"].startswith("cica-graph")
    assert all(table["dc:title"] for table in DESCRIPTION["tables"])
    edtf = [c for s in SCHEMAS.values() for c in s["columns"] if c.get("datatype") == {"@id": EDTF, "base": "string"}]
    assert len(edtf) == 9
    assert all("EDTF" in column["dc:description"] for column in edtf)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_table_runs_in_a_spreadsheet(start: str) -> None:
    formula = f"{start}HYPERLINK(1)"
    made = tables.tables(hostile(formula), DAY)
    cells = {
        (name, cell)
        for name, data in made.items()
        if name != tables.METADATA
        for row in sheet(data)
        for cell in row.values()
    }
    assert {(n, c) for n, c in cells if c.endswith("HYPERLINK(1)")} == {
        (f"{name}.csv", f"'{formula}") for name in ("actors", "states", "organizations", "memberships", "names")
    }
    assert not [cell for _, cell in cells if cell.startswith(start)]


@share(0.5)
@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_any_label_reads_back(text: str) -> None:
    row = sheet(tables.tables(hostile(text), DAY)["states.csv"])[0]
    assert row["label_en"] in (text, f"'{text}")


def test_first_of_two_values_is_kept_if_one_is_expected() -> None:
    store, state = hostile("Name"), named(ID + "state/XXA")
    code = named(CG + "iso2")
    store.add_quads(ox.Quad(state, code, ox.Literal(text), named(GRAPH + "x")) for text in ("XB", "XA"))
    assert [row["iso2"] for row in sheet(tables.tables(store, DAY)["states.csv"])] == ["XA"]


def test_zip_file_contains_the_bundle_without_a_time_of_creation(graph: Graph, folder: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(export(graph.store, "csvw"))) as archive:
        assert archive.testzip() is None
        assert {i.filename: archive.read(i) for i in archive.infolist()} == {
            p.name: p.read_bytes() for p in folder.iterdir()
        }
        assert {i.date_time for i in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {(i.create_system, i.external_attr >> 16, i.compress_type) for i in archive.infolist()} == {
            (3, 0o644, 0)
        }


@pytest.mark.skipif(shutil.which("unzip") is None, reason="unzip is not installed")
def test_another_tool_reads_the_zip_file(few_graph: Graph, few_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "bundle.zip").write_bytes(export(few_graph.store, "csvw", DAY))
    subprocess.run(["unzip", "-q", "bundle.zip", "-d", "out"], cwd=tmp_path, check=True)
    assert {p.name: p.read_bytes() for p in (tmp_path / "out").iterdir()} == {
        p.name: p.read_bytes() for p in few_folder.iterdir()
    }


# ---- Networks ------------------------------------------------------------------------------------


def network(data: bytes) -> Any:
    found = nx.read_graphml(io.BytesIO(data))
    assert re.fullmatch(rb"<\?xml[^>]*>\n<graphml .*</graphml>\n", data, re.DOTALL)
    assert all(re.fullmatch(r"[A-Za-z0-9]+", node) for node in found)  # NMTOKEN, as GraphML's schema asks
    return found


def test_memberships_are_edges_that_networkx_reads(graph: Graph) -> None:
    found = network(export(graph.store, "graphml"))
    rows = membership_rows(graph.store)
    assert isinstance(found, nx.MultiDiGraph)
    assert found.number_of_nodes() == len(graph.names.actors) == 328
    assert found.number_of_edges() == len(rows) == 1712
    edges = {data["iri"]: (s, t, data) for s, t, data in found.edges(data=True)}
    for row in rows:
        source, target, data = edges[row["membership"]]
        ends = found.nodes[source], found.nodes[target]
        assert [end["iri"] for end in ends] == [row["member_iri"], row["organization_iri"]]
        for name in ("role", "start", "end", "earliest_start", "latest_start", "earliest_end", "latest_end"):
            assert data.get(name, "") == row[name]
        assert data["spell"] == int(row["spell"])
    kazakhstan = next(data for _, data in found.nodes(data=True) if data.get("code") == "KAZ")
    assert kazakhstan == {
        "iri": ID + "state/KAZ", "label": "Kazakhstan", "kind": "state", "code": "KAZ", "iso2": "KZ", "iso3": "KAZ", "m49": "398", "cow": "705",
    }  # fmt: skip


def test_organizations_are_joined_by_how_many_members_they_share(graph: Graph) -> None:
    found = network(export(graph.store, "graphml-shared", DAY))
    codes = nx.get_node_attributes(found, "code")
    weights = {frozenset((codes[a], codes[b])): data for a, b, data in found.edges(data=True)}
    assert not found.is_directed()
    assert found.number_of_nodes() == 64
    expected = {
        frozenset((o.organization, o.other)): (o.shared, o.shared_at_most)
        for o in graph.all_overlaps(on=DAY)
        if o.shared_presumed
    }
    assert {pair: (d["weight"], d["weight_at_most"]) for pair, d in weights.items()} == expected
    assert weights[frozenset(("CICA", "CIS"))]["weight"] == 6
    cica = next(data for _, data in found.nodes(data=True) if data["code"] == "CICA")
    assert (cica["members"], cica["members_at_most"], type(cica["members"])) == (24, 24, int)


@share(0.5)
@given(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
    | st.sampled_from(["]]>", "<a&b>\"'", "\r\n\r", " x "])
)
def test_any_label_is_written_or_refused(text: str) -> None:
    store = hostile(text)
    if re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", text):
        with pytest.raises(UsageError, match="XML cannot hold"):
            graphml.memberships(store)
        return
    found = nx.read_graphml(io.BytesIO(graphml.memberships(store)))
    assert {data.get("label", "") for _, data in found.nodes(data=True)} == {text}


def test_member_without_statements_is_a_node() -> None:
    store = Store()
    spell = named(ID + "membership/x-y-1")
    said = {RDF_TYPE: CG + "Membership", CG + "member": "urn:x:y", CG + "organization": "urn:x:x"}
    store.add_quads(ox.Quad(spell, named(p), named(o), named(GRAPH + "x")) for p, o in said.items())
    found = network(graphml.memberships(store))
    assert sorted(data["iri"] for _, data in found.nodes(data=True)) == ["urn:x:x", "urn:x:y"]
    store.add_quads([ox.Quad(spell, named(CG + "spell"), ox.Literal("one"), named(GRAPH + "x"))])
    with pytest.raises(UsageError, match="membership/x-y-1 has the spell 'one', which is not a whole number"):
        graphml.memberships(store)


# ---- Update --------------------------------------------------------------------------------------


def test_the_script_loads_the_same_quads(few_graph: Graph) -> None:
    script, store = update(few_graph.store).decode(), ox.Store()
    store.update(script)
    wanted = canonical(ox.parse(export(few_graph.store, "nquads"), format=ox.RdfFormat.N_QUADS))
    assert canonical(list(store)) == wanted
    assert len(wanted) > 22_000
    store.add(ox.Quad(named("urn:x:s"), named("urn:x:p"), named("urn:x:o"), named(GRAPH + "cica")))
    apart = ox.Quad(named("urn:x:s"), named("urn:x:p"), named("urn:x:o"), named("urn:x:other"))
    store.add(apart)
    store.update(script)  # replaces only the statements of its graphs
    assert apart in store
    store.remove(apart)
    assert canonical(list(store)) == wanted


def test_each_operation_can_be_sent_alone_and_is_below_a_megabyte(graph: Graph) -> None:
    operations = update(graph.store).split(b"\n;\n")
    assert max(map(len, operations)) < 1_000_000
    store = ox.Store()
    for operation in operations:
        store.update(operation.decode())
    assert len(store) == len(graph.store.quads())


def test_a_graph_of_more_than_a_megabyte_is_cut_into_batches() -> None:
    store, text = Store(), "x" * 300_000
    store.add_quads(
        ox.Quad(named(f"urn:x:{n}"), named("urn:x:p"), ox.Literal(text + str(n)), named(GRAPH + "x")) for n in range(7)
    )
    script = update(store)
    inserts = [part for part in script.split(b"\n;\n") if part.startswith(b"INSERT")]
    assert [part.count(b"<urn:x:p>") for part in inserts] == [2, 2, 2, 1]
    assert max(map(len, inserts)) < BATCH + 200
    read = ox.Store()
    read.update(script.decode())
    assert canonical(list(read)) == canonical(store.quads())


LITERALS = st.builds(
    lambda text, tag: ox.Literal(text, language=tag) if tag else ox.Literal(text),
    st.text(st.characters(exclude_categories=["Cs"]))
    | st.sampled_from(
        [
            "\\u0041",
            "\\\\u0041",
            "\\U0000",
            "\x010000",
            "\\u12345678",
            "\\U00000041",
            "a\\",
            '"""',
            "};\n;\nDROP ALL",
            "# x",
            "?x $y",
            "\\\\\\u0022",
        ]
    ),
    st.sampled_from(["", "en", "zh-Hant"]),
)


@pytest.mark.filterwarnings("ignore:Dataset:DeprecationWarning")  # rdflib uses its own deprecated functions
@share(0.5)
@given(st.lists(LITERALS, min_size=1, max_size=4))
def test_any_value_comes_through_both_engines(values: list[ox.Literal]) -> None:
    store, graph = Store(), named(GRAPH + "x")
    blank = ox.BlankNode("b1")
    store.add_quads(ox.Quad(blank, named("urn:x:p"), value, graph) for value in values)
    store.add_quads(ox.Quad(named("urn:x:s"), named("urn:x:p"), value, graph) for value in values)
    store.add_quads([ox.Quad(named("urn:x:s"), named("urn:x:q"), blank, named(GRAPH + "y"))])
    script = update(store).decode()
    read = ox.Store()
    read.update(script)
    assert canonical(list(read)) == canonical(store.quads())
    assert in_rdflib(script) == canonical(store.quads())


def in_rdflib(script: str) -> ox.Dataset:
    dataset = rdflib.Dataset()
    dataset.update(script)
    text = "".join(
        f"{s.n3()} {p.n3()} {o.n3()} {g.n3()} .\n" if not isinstance(o, rdflib.Literal) else _quad(s, p, o, g)
        for s, p, o, g in dataset.quads()
        if g is not None
    )
    return canonical(ox.parse(text, format=ox.RdfFormat.N_QUADS))


def _quad(s: Any, p: Any, o: rdflib.Literal, g: Any) -> str:
    """Write a literal as N-Quads, because rdflib's n3() has short forms for some."""
    literal = (
        ox.Literal(str(o), language=o.language)
        if o.language
        else ox.Literal(str(o), datatype=named(str(o.datatype or XSD + "string")))
    )
    return f"{s.n3()} {p.n3()} {literal} {g.n3()} .\n"


@pytest.mark.filterwarnings("ignore:Dataset:DeprecationWarning")
def test_rdflib_loads_real_graphs(graph: Graph) -> None:
    """Three graphs and the vocabulary's blank nodes: rdflib reads about 160 statements of an update in a second."""
    store = Store()
    wanted = {GRAPH + name for name in ("csto", "eaeu")}
    store.add_quads(q for q in graph.store.quads() if value(q.graph_name) in wanted)  # type: ignore[arg-type]
    audits = sorted(graph.store.graph(named(GRAPH + "audit")), key=str)[:150]
    store.add_quads(ox.Quad(t.subject, t.predicate, t.object, named(GRAPH + "audit")) for t in audits)
    store.add_quads(
        q for q in graph.store.quads() if isinstance(q.subject, ox.BlankNode) or isinstance(q.object, ox.BlankNode)
    )
    assert in_rdflib(update(store).decode()) == canonical(store.quads())
    assert len(store.quads()) > 300


# ---- Parquet -------------------------------------------------------------------------------------


def test_parquet_has_the_rows_of_the_table_with_types(graph: Graph) -> None:
    data = parquet(graph.store)
    frame = pl.read_parquet(io.BytesIO(data))
    types = dict(frame.schema)
    assert types["earliest_start"] == types["latest_end"] == pl.Date
    assert types["spell"] == types["cow"] == pl.Int64
    assert types["sources"] == types["suspensions"] == pl.List(pl.String)
    assert types["start"] == types["m49"] == pl.String
    rows = standing_rows(graph.store)
    assert {row["membership"] for row in rows} == {row["membership"] for row in membership_rows(graph.store)}
    for theirs, ours in zip(frame.to_dicts(), rows, strict=True):
        joined = {"suspensions": ";".join(theirs["suspensions"]), "sources": " ".join(theirs["sources"])}
        joined |= {name: "true" if theirs[name] else "" for name in ("open_ended", "disputed")}
        assert {n: "" if v is None else str(v) for n, v in (theirs | joined).items()} == ours
    held = frame.filter(
        pl.col("organization") == "CICA",
        pl.col("role").str.ends_with("member"),
        pl.col("latest_start") <= DAY,
        pl.col("earliest_end") >= DAY,
        ~pl.col("disputed"),
    )
    assert len(held) == 24
    about = pl.read_parquet_metadata(io.BytesIO(data))
    assert about["license"] == "https://creativecommons.org/licenses/by/4.0/"
    assert about["citation"].startswith("cica-graph, https://w3id.org/cica-graph/")


@pytest.mark.usefixtures("brief")
def test_parquet_without_polars_names_the_missing_package(graph: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "polars", None)
    with pytest.raises(UsageError, match=r"polars, which is not installed: pip install 'cica-graph\[frames\]'"):
        export(graph.store, "parquet")
    told: list[str] = []
    made = downloads(graph, DAY, told.append)
    assert "spells.parquet" not in made
    assert "load.ru" in made
    assert told == ["spells.parquet is omitted because polars is not installed: pip install 'cica-graph[frames]'"]


@pytest.mark.parametrize(("name", "text"), [("spell", "first"), ("cow", "9" * 30), ("latestStart", "2012-13-01")])
def test_parquet_refuses_what_its_types_cannot_hold(name: str, text: str) -> None:
    store = hostile("Name")
    thing = named(ID + ("state/XXA" if name == "cow" else "membership/x-XXA-1"))
    membership = named(ID + "membership/x-XXA-1")
    store.add_quads([ox.Quad(thing, named(CG + name), ox.Literal(text), named(GRAPH + "x"))])
    store.add_quads([ox.Quad(membership, named(CG + "standing"), membership, named(GRAPH + "standings"))])
    with pytest.raises(UsageError, match=f"membership/x-XXA-1 has .* '{text}', which a typed column cannot hold"):
        parquet(store)


# ---- Checksums, and the folder -----------------------------------------------------------


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="sha256sum is not installed")
def test_sha256sum_checks_the_checksums(files: dict[str, bytes], tmp_path: Path) -> None:
    odd = {"a b.txt": b"1", "back\\slash": b"2", "new\nline": b"3", "cr\rx": b"4", "Ünï.txt": b"", "*star": b"5"}
    some = {name: data for name, data in files.items() if len(data) < 1_000_000} | odd
    for name, data in some.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)
    lines = checksums({name: sha256(data).hexdigest() for name, data in some.items()})
    (tmp_path / "SHA256SUMS").write_bytes(lines)
    done = subprocess.run(["sha256sum", "-c", "--strict", "SHA256SUMS"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count(": OK") == len(some)
    (tmp_path / "load.ru" if "load.ru" in some else tmp_path / "a b.txt").write_bytes(b"changed")
    done = subprocess.run(["sha256sum", "-c", "SHA256SUMS"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 1


def test_the_folder_has_every_format(few_graph: Graph, files: dict[str, bytes]) -> None:
    tabular = {f"tables/{name}" for name in [tables.METADATA, *(f"{name}.csv" for name in SCHEMAS)]}
    assert tabular < files.keys()
    assert (
        len(files.keys() - tabular) == len({*FORMATS, *SHAPES, *TOOLS} - {"errata", "errata-md"}) == 18
    )  # which the site has elsewhere
    assert all(files.values())
    for form, name in (
        *((form, f"cica-graph.{suffix}") for form, suffix in SUFFIX.items() if form != "jsonld"),
        *((shape, f"cica-graph-{shape}.{'json' if shape == 'popolo' else 'ttl'}") for shape in SHAPES),
        ("csvw", "cica-graph-csvw.zip"), ("graphml", "memberships.graphml"), ("graphml-shared", "shared-members.graphml"),
        ("parquet", "spells.parquet"), ("update", "load.ru"),
    ):  # fmt: skip
        assert files[name] == export(few_graph.store, form, DAY), name


RDF_FILES = {
    ".ttl": ("turtle", ox.RdfFormat.TURTLE),
    ".nt": ("ntriples", ox.RdfFormat.N_TRIPLES),
    ".rdf": ("rdfxml", ox.RdfFormat.RDF_XML),
}


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[object]]:
    """A proxy for every request, and the requests that it received."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        seen: list[object] = []

        def accept() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                seen.append(connection.getsockname())
                connection.close()

        threading.Thread(target=accept, daemon=True).start()
        for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy", "ftp_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{server.getsockname()[1]}")
        yield seen
        server.shutdown(socket.SHUT_RDWR)


@pytest.mark.skipif(shutil.which("rapper") is None, reason="rapper is not installed; Debian has it in raptor2-utils")
def test_rapper_reads_what_pyoxigraph_reads_and_fetches_nothing(
    few_graph: Graph, files: dict[str, bytes], tmp_path: Path, no_network: list[object]
) -> None:
    count = 0
    each = {f"{iri}.ttl": turtle(few_graph.store.graph(named(iri))) for iri in few_graph.store.graphs()}
    for name, data in (files | each).items():
        if (form := RDF_FILES.get(Path(name).suffix)) is None:
            continue
        (tmp_path / "file").write_bytes(data)
        command = ["rapper", "-q", "-i", form[0], "-o", "ntriples", "file", "http://base.example/"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True)
        assert (done.returncode, done.stderr) == (0, b""), name
        assert parsed(done.stdout, ox.RdfFormat.N_TRIPLES) == parsed(data, form[1]), name
        count += 1
    assert count == 8 + len(few_graph.store.graphs())
    assert no_network == []


@pytest.mark.skipif(shutil.which("rapper") is None, reason="rapper is not installed; Debian has it in raptor2-utils")
def test_rapper_accepts_the_downloads_of_the_shipped_graph(site: Path) -> None:
    files = sorted(path for path in (site / "download" / "latest").rglob("*") if path.suffix in RDF_FILES)
    for path in files:
        form = RDF_FILES[path.suffix]
        command = ["rapper", "-q", "-i", form[0], "-o", "ntriples", str(path), "http://base.example/"]
        done = subprocess.run(command, capture_output=True)
        assert (done.returncode, done.stderr) == (0, b""), path
        assert done.stdout.count(b"\n") == sum(1 for _ in ox.parse(path=path, format=form[1])), path
    assert len(files) == 8


@pytest.mark.parametrize(
    "name",
    ["cica-graph.ttl", "cica-graph.nt", "cica-graph.rdf", *(f"cica-graph-{s}.ttl" for s in SHAPES if s != "popolo")],
)
def test_rdflib_reads_what_pyoxigraph_reads(
    files: dict[str, bytes], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rdflib, "NORMALIZE_LITERALS", False)  # or "01" would be read as "1"
    form, ours = RDF_FILES[Path(name).suffix]
    read = rdflib.Graph().parse(data=files[name], format={"ntriples": "nt", "rdfxml": "xml"}.get(form, form))
    assert parsed(read.serialize(format="nt", encoding="utf-8"), ox.RdfFormat.N_TRIPLES) == parsed(files[name], ours)
    assert len(read) > 100


# ---- The same bytes, and the command line --------------------------------------------------------

_SCRIPT = """
import hashlib, sys
from cica_graph import open_graph
from cica_graph.publish.export.export import TOOLS, export
store = open_graph(sys.argv[1]).store
made = {form: export(store, form) for form in TOOLS}
print({name: hashlib.sha256(data).hexdigest() for name, data in sorted(made.items())})
"""


def test_output_does_not_depend_on_hash_seed_directory_and_time(few: Project) -> None:
    seen = set()
    for seed, zone, threads in (("0", "Asia/Almaty", "1"), ("7", "America/New_York", "4")):
        path = os.pathsep.join(p for p in sys.path if p)
        own = {"PYTHONHASHSEED": seed, "PYTHONPATH": path, "TZ": zone, "LC_ALL": "C", "POLARS_MAX_THREADS": threads}
        command = [sys.executable, "-c", _SCRIPT, str(few.root)]
        done = subprocess.run(command, env=os.environ | own, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        seen.add(done.stdout)
    assert len(seen) == 1


def test_output_does_not_depend_on_the_order_of_insertion(few_graph: Graph) -> None:
    quads = few_graph.store.quads()
    random.Random(3).shuffle(quads)
    other = Store()
    for start in range(0, len(quads), 500):
        other.add_quads(quads[start : start + 500])
    for form in TOOLS:
        assert export(other, form, DAY) == export(few_graph.store, form, DAY), form


@pytest.mark.parametrize("form", TOOLS)
def test_the_command_writes_every_tool_s_format(few: Project, few_graph: Graph, tmp_path: Path, form: str) -> None:
    target = tmp_path / "out"
    command = ["export", form, "-o", str(target), "--project", str(few.root)]
    done = CliRunner().invoke(cli, command)
    assert done.exit_code == 0, done.output
    assert target.read_bytes() == export(few_graph.store, form, DAY)


@pytest.mark.parametrize("form", BINARY)
def test_binary_does_not_go_to_a_terminal(form: str) -> None:
    ours, theirs = os.openpty()
    try:
        command = [sys.executable, "-m", "cica_graph", "export", form]
        done = subprocess.run(command, stdout=theirs, stderr=subprocess.PIPE, text=True)
    finally:
        os.close(theirs)
        os.close(ours)
    assert (done.returncode, "is binary; use -o FILE" in done.stderr) == (2, True)


@pytest.mark.parametrize("form", ["csvw", "graphml-shared"])
def test_format_that_counts_on_a_day_requires_one_without_claims(form: str) -> None:
    with pytest.raises(UsageError, match=f"{form} counts members on one day. Name the day"):
        export(hostile("Name"), form)
    assert export(hostile("Name"), form, DAY)
