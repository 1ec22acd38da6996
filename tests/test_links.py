"""The tables of links: valid for the SSSOM tool, and valid by the further rules of this project."""

from __future__ import annotations

import csv
import os
import re
import subprocess
from pathlib import Path

import pyoxigraph as ox
import pytest

from cica_graph import Graph
from cica_graph.model.terms import ID, SKOS

ROOT = Path(__file__).resolve().parents[1]
TABLES = sorted((ROOT / "data" / "links").glob("*.sssom.tsv"))
COLUMNS = [
    "subject_id", "subject_label", "predicate_id", "object_id", "object_label", "mapping_justification",
    "confidence", "author_label", "mapping_date", "mapping_tool", "comment",
]  # fmt: skip
LABELLED = {"eu-countries", "geonames"}  # tables in which every object has a label
OBJECTS = {
    "eu-countries": r"http://publications\.europa\.eu/resource/authority/country/[A-Z0-9]{3}",
    "geonames": r"https://sws\.geonames\.org/[1-9][0-9]*/",
    "wikidata": r"http://www\.wikidata\.org/entity/Q[1-9][0-9]*",
}


def name(path: Path) -> str:
    return path.name.partition(".")[0]


def head(path: Path) -> list[str]:
    return [line[1:] for line in path.read_text("utf-8").splitlines() if line.startswith("#")]


def rows(path: Path) -> list[dict[str, str]]:
    lines = [line for line in path.read_text("utf-8").splitlines() if not line.startswith("#")]
    return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


def curies(path: Path) -> dict[str, str]:
    found = (re.fullmatch(r"   (\w+): (\S+)", line) for line in head(path))
    return {match[1]: match[2] for match in found if match}


def iri(path: Path, curie: str) -> str:
    prefix, _, rest = curie.partition(":")
    return curies(path)[prefix] + rest


def test_tables_of_links_have_the_known_sizes() -> None:
    states = {name(path): sum(row["subject_id"].startswith("cgs:") for row in rows(path)) for path in TABLES}
    assert states == {"eu-countries": 195, "geonames": 195, "wikidata": 196}
    assert {name(path) for path in TABLES if len(rows(path)) > states[name(path)]} == {"wikidata"}


def test_each_wikidata_id_that_the_facts_give_is_linked() -> None:
    source = ROOT.parent / "shared" / "facts" / "present" / "organizations.csv"
    if not source.is_file():
        pytest.skip(f"{source} is not there: data of others is kept beside the project, not in it")
    with source.open(encoding="utf-8", newline="") as file:
        given = {
            (f"cgo:{row['acronym'].lower()}", f"wd:{row['wikidata']}")
            for row in csv.DictReader(file)
            if row["wikidata"]
        }
    linked = {(row["subject_id"], row["object_id"]) for row in rows(ROOT / "data" / "links" / "wikidata.sssom.tsv")}
    assert len(given) >= 24
    assert given <= linked


@pytest.mark.parametrize("path", TABLES, ids=name)
def test_sssom_validates(path: Path) -> None:
    tool = Path(os.environ.get("SSSOM", ROOT / ".venv-sssom" / "bin" / "sssom"))
    if not tool.is_file():
        pytest.skip("no sssom: it brings other versions of our libraries, so put it in .venv-sssom or name it in SSSOM")
    done = subprocess.run([tool, "validate", path], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert not re.search("error|invalid|warning", done.stdout + done.stderr, re.IGNORECASE)


@pytest.mark.parametrize("path", TABLES, ids=name)
def test_a_table_is_whole_sorted_and_each_thing_has_one_link(path: Path) -> None:
    text, found = path.read_text("utf-8"), rows(path)
    assert text.endswith("\n")
    assert "\r" not in text
    assert list(found[0]) == COLUMNS
    assert not [row for row in found if None in row or None in row.values()]
    assert [row["subject_id"] for row in found] == sorted({row["subject_id"] for row in found})
    assert len({row["object_id"] for row in found}) == len(found)
    metadata = {line.split(":")[0].strip() for line in head(path)}
    assert metadata >= {"mapping_set_id", "mapping_set_version", "mapping_set_title", "license", "mapping_date"}


@pytest.mark.parametrize("path", TABLES, ids=name)
def test_every_cell_is_of_its_kind(path: Path) -> None:
    used = set()
    for row in rows(path):
        used |= {row[c].partition(":")[0] for c in ("subject_id", "predicate_id", "object_id", "mapping_justification")}
        assert re.fullmatch(OBJECTS[name(path)], iri(path, row["object_id"])), row
        assert row["predicate_id"] == "schema:sameAs"
        assert 0.8 <= float(row["confidence"]) < 1
        assert re.fullmatch(r"semapv:\w+", row["mapping_justification"])
        assert re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", row["mapping_date"])
        assert row["author_label"]
        assert row["object_label"] or name(path) not in LABELLED
    assert used == set(curies(path))


@pytest.mark.parametrize("path", TABLES, ids=name)
def test_every_subject_exists_and_has_its_label(path: Path, graph: Graph) -> None:
    for row in rows(path):
        subject = iri(path, row["subject_id"])
        assert subject.startswith(ID)
        labels = [str(t.object) for t in graph.store.about([subject]) if t.predicate.value == SKOS + "prefLabel"]
        assert f'"{row["subject_label"]}"@en' in labels, row


def test_a_code_in_the_eu_table_is_the_iso_code() -> None:
    for row in rows(ROOT / "data" / "links" / "eu-countries.sssom.tsv"):
        assert row["subject_id"].removeprefix("cgs:") == row["object_id"].removeprefix("eucountry:")


def test_only_wikidatas_ids_are_names_of_things(graph: Graph) -> None:
    assert graph.members("Q7768", on="2012-06-13")  # ASEAN
    with pytest.raises(Exception, match="1149361"):
        graph.members("1149361", on="2012-06-13")


def test_eu_table_contains_every_linked_concept() -> None:
    source = ROOT.parent / "shared" / "suites" / "rdf" / "countries-skos.rdf"
    if not source.is_file():
        pytest.skip(f"{source} is not there: data of others is kept beside the project, not in it")
    labels, current = {}, set()
    for quad in ox.parse(source.read_bytes(), format=ox.RdfFormat.RDF_XML):
        if quad.predicate.value == SKOS + "prefLabel" and isinstance(quad.object, ox.Literal):
            labels[str(quad.subject), quad.object.language] = quad.object.value
        elif quad.predicate.value.endswith("/deprecated") and quad.object == ox.Literal("false"):
            current.add(str(quad.subject))
    path = ROOT / "data" / "links" / "eu-countries.sssom.tsv"
    for row in rows(path):
        concept = f"<{iri(path, row['object_id'])}>"
        assert (labels[concept, "en"], concept in current) == (row["object_label"], True)


def test_geonames_ids_are_those_of_the_rows_with_the_same_code() -> None:
    source = ROOT.parent / "shared" / "datasets" / "country-codes.csv"
    if not source.is_file():
        pytest.skip(f"{source} is not there: data of others is kept beside the project, not in it")
    with source.open(encoding="utf-8", newline="") as file:
        ids = {row["ISO3166-1-Alpha-3"]: row["Geoname ID"] for row in csv.DictReader(file)}
    for row in rows(ROOT / "data" / "links" / "geonames.sssom.tsv"):
        assert row["object_id"] == f"geonames:{ids[row['subject_id'].removeprefix('cgs:')]}/"
