"""The catalog of a site: checked with external shapes and schemas, counted again, and with hostile input."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from importlib.resources import files as resources
from pathlib import Path
from typing import Any, NoReturn

import lxml.html
import pyoxigraph as ox
import pyshacl
import pytest
import rdflib
from lxml import etree
from pyld import jsonld
from rdflib import RDF, URIRef
from rdflib.namespace import DCAT, DCTERMS, FOAF, PROV, SH, SKOS, VOID

import published
from cica_graph import Graph, open_graph, queries
from cica_graph.formats.media_types import format_of
from cica_graph.formats.rebase import rebase
from cica_graph.model.errors import UsageError
from cica_graph.model.terms import BASE, CG, GRAPH, ID, RDF_TYPE
from cica_graph.pipeline.build import StepTimer
from cica_graph.project.source_files import CITATION, Project
from cica_graph.publish.catalog import catalog as module
from cica_graph.publish.catalog.catalog import catalog, dataset_jsonld
from cica_graph.publish.catalog.distributions import DATASET, Download
from cica_graph.publish.output import Folder
from cica_graph.publish.site.build import build
from cica_graph.publish.subject_index import SubjectIndex
from cica_graph.store.store import Store, value
from conftest import Engines
from published import SUITES, assert_valid, locations, sections

HERE = Path(__file__).parent
SPDX = rdflib.Namespace("http://spdx.org/rdf/terms#")
NAMES = rdflib.Graph().namespace_manager
NAMES.bind("spdx", SPDX)
NAMES.bind("dcatap", "http://data.europa.eu/r5r/")
WHOLE = URIRef(DATASET)
VERSION = URIRef(str(DCAT) + "version")  # DCAT 3; rdflib's list of terms is of DCAT 2
HOSTILE = "<script>alert(1)</script> \"quoted\" \\ ]( [x](javascript:y) `a` &amp; ''' VALUES ?home { } "


@pytest.fixture(autouse=True)
def _no_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)


@pytest.fixture(scope="module")
def graph() -> Graph:
    """A separate graph, because other tests add days to the shared one."""
    return open_graph()


@pytest.fixture(scope="module")
def contents(graph: Graph) -> dict[str, bytes]:
    return published.contents(graph)


@pytest.fixture(scope="module")
def files(contents: Mapping[str, bytes]) -> dict[str, Download]:
    return {path: Download.of(data) for path, data in contents.items()}


@pytest.fixture(scope="module")
def pages(graph: Graph) -> list[str]:
    return published.pages(graph)


@pytest.fixture(scope="module")
def made(graph: Graph, files: Mapping[str, Download], pages: list[str]) -> dict[str, bytes]:
    return catalog(graph, files, pages)


@pytest.fixture(scope="module")
def described(made: Mapping[str, bytes]) -> rdflib.Graph:
    return rdflib.Graph().parse(data=made["catalog.ttl"], format="turtle")


@pytest.fixture(scope="module")
def few_described(few: Project) -> rdflib.Graph:
    """The catalog of a few organizations: pyshacl takes its time."""
    graph = open_graph(few.root)
    files = {path: Download.of(data) for path, data in published.contents(graph).items()}
    made = catalog(graph, files, published.pages(graph))
    return rdflib.Graph().parse(data=made["catalog.ttl"], format="turtle")


def number(graph: rdflib.Graph, subject: URIRef, predicate: URIRef) -> int:
    (found,) = graph.objects(subject, predicate)
    return int(str(found))


def triples(data: bytes, form: ox.RdfFormat = ox.RdfFormat.TURTLE) -> set[ox.Triple]:
    return {quad.triple for quad in ox.parse(data, format=form)}


def refuse(url: str, options: object = None) -> NoReturn:
    raise AssertionError(f"{url} would be fetched")


# ---- DCAT ----------------------------------------------------------------------------------------


def shapes(*names: str) -> rdflib.Graph:
    if not SUITES.is_dir():
        pytest.skip("the shapes of DCAT-AP are not here: they stand in ../shared/suites/dcat-ap")
    found = rdflib.Graph()
    for name in names:
        found.parse(SUITES / "dcat-ap" / name)
    # The release names property shapes that it does not have; pyshacl stops at them.
    for shape, prop in list(found.subject_objects(SH.property)):
        if found.value(prop, SH.path) is None:
            found.remove((shape, SH.property, prop))
    return found


def results(data: rdflib.Graph, *names: str) -> Counter[tuple[str, str, str]]:
    """Return the number of findings by kind of thing and property."""
    _, report, _ = pyshacl.validate(data, shacl_graph=shapes(*names))
    assert isinstance(report, rdflib.Graph)
    found = Counter[tuple[str, str, str]]()
    for result in report.subjects(RDF.type, SH.ValidationResult):
        severity, path, node = (report.value(result, p) for p in (SH.resultSeverity, SH.resultPath, SH.focusNode))
        kind = min(NAMES.curie(str(kind)) for kind in data.objects(node, RDF.type))
        found[str(severity).rpartition("#")[2], kind, NAMES.curie(str(path))] += 1
    return found


VALID = [
    ("3.0.1-shacl/dcat-ap-SHACL.ttl", "3.0.1-shacl/ranges.ttl"),
    ("3.0.1-html-shacl/shapes.ttl",),
    ("3.0.1-html-shacl/range.ttl",),
    ("3.0.1-html-shacl/deprecateduris.ttl",),
]


@pytest.mark.parametrize("names", VALID, ids=lambda names: names[0])
def test_the_catalog_conforms_to_dcat_ap(few_described: rdflib.Graph, names: tuple[str, ...]) -> None:
    assert results(few_described, *names) == {}


def test_shapes_find_missing_values(few_described: rdflib.Graph) -> None:
    broken = rdflib.Graph()
    for triple in few_described:
        if triple[1] not in (DCTERMS.description, DCAT.accessURL, SPDX.checksumValue):
            broken.add(triple)
    files = len(set(few_described.subjects(RDF.type, DCAT.Distribution)))
    assert files > 50
    datasets = len(set(few_described.subjects(RDF.type, DCAT.Dataset)))
    found = results(broken, *VALID[0])
    assert found["Violation", "dcat:Distribution", "dcat:accessURL"] == files
    assert found["Violation", "spdx:Checksum", "spdx:checksumValue"] == files
    missing = sum(n for (_, _, path), n in found.items() if path == "dcterms:description")
    assert missing == datasets + 1  # and the catalog


def test_omitted_recommended_properties_are_documented(described: rdflib.Graph, root: Path) -> None:
    found = results(described, "3.0.1-html-shacl/shapes_recommended.ttl")
    told = set()
    for line in (
        (root / "docs" / "publish.md").read_text("utf-8").split("### DCAT-AP")[1].split("\n## ")[0].splitlines()
    ):
        if line.startswith("| `"):
            kind, properties, _ = line.strip("| ").split(" | ")
            told |= {(kind.strip("`"), name) for name in re.findall(r"`([^`]+)`", properties)}
    assert {severity for severity, _, _ in found} == {"Warning"}
    assert {(kind, path) for _, kind, path in found} == told


def test_there_is_a_dataset_for_the_whole_and_for_each_graph_that_a_file_declares(
    graph: Graph, described: rdflib.Graph
) -> None:
    declared = {
        name
        for name in graph.store.graphs()
        if any(
            str(t.subject) == f"<{name}>" and value(t.object) == str(DCAT.Dataset)
            for t in graph.store.graph(ox.NamedNode(name))
        )
    }
    assert len(declared) == 67
    assert {str(s) for s in described.subjects(RDF.type, DCAT.Dataset)} == declared | {DATASET}
    assert set(described.objects(URIRef(BASE + "catalog"), DCAT.dataset)) == set(
        described.subjects(RDF.type, DCAT.Dataset)
    )
    for name in declared:
        header = {
            (t.predicate.value, value(t.object))
            for t in graph.store.graph(ox.NamedNode(name))
            if t.subject == ox.NamedNode(name)
        }
        said = {(str(p), str(o)) for p, o in described.predicate_objects(URIRef(name))}
        assert header <= said


def test_coverage_is_that_of_the_memberships(graph: Graph, described: rdflib.Graph) -> None:
    index = SubjectIndex(graph.store)
    memberships = index.of_class(CG + "Membership")
    starts = [d for m in memberships for d in index.values(m, CG + "earliestStart")]
    standings = [s for m in memberships for s in index.values(m, CG + "standing")]
    ends = [d for s in standings for d in index.values(s, CG + "earliestEnd")]
    period = described.value(WHOLE, DCTERMS.temporal)
    assert str(described.value(period, DCAT.startDate)) == min(starts) == "1945-03-22"
    assert (
        str(described.value(period, DCAT.endDate)) == max(ends) == "2026-10-09"
    )  # the day of a source that lists the EU
    cica = described.value(URIRef(GRAPH + "cica"), DCTERMS.temporal)
    assert str(described.value(cica, DCAT.startDate)) == "2002-06-04"
    assert str(described.value(cica, DCAT.endDate)) == "2024-03-20"  # the day of a source that lists the observers
    for name, regions in (("ecowas", {"africa"}), ("gcc", {"asia", "africa"})):  # Morocco is invited to the GCC
        found = {str(o) for o in described.objects(URIRef(GRAPH + name), DCTERMS.spatial)}
        assert found == {BASE + "concept/" + region for region in regions}
    assert {str(described.value(o, SKOS.prefLabel)) for o in described.objects(WHOLE, DCTERMS.spatial)} == {
        "Africa", "Americas", "Asia", "Europe", "Oceania",
    }  # fmt: skip
    assert set(described.objects(URIRef(GRAPH + "schemes"), DCTERMS.temporal)) == set()


def test_every_file_has_its_size_and_checksum(described: rdflib.Graph, contents: Mapping[str, bytes]) -> None:
    sums = {}
    for file in described.subjects(RDF.type, DCAT.Distribution):
        assert isinstance(file, URIRef)
        (dataset,) = described.subjects(DCAT.distribution, file)
        path = str(described.value(file, DCAT.downloadURL)).removeprefix(BASE)
        checksum = described.value(file, SPDX.checksum)
        assert described.value(checksum, SPDX.algorithm) == SPDX.checksumAlgorithm_sha256
        sums[path] = (number(described, file, DCAT.byteSize), str(described.value(checksum, SPDX.checksumValue)))
        assert str(dataset) == (BASE + path.removesuffix(".ttl") if path.startswith("graph/") else DATASET)
        licences = set(described.objects(dataset, DCTERMS.license))
        assert set(described.objects(file, DCTERMS.license)) == licences
        assert len(licences) == 1
    declared = {str(d) for d in described.subjects(RDF.type, DCAT.Dataset)}
    offered = {
        path for path in contents if path.startswith("download/0.1.0/") or BASE + path.removesuffix(".ttl") in declared
    }
    assert {p for p in contents if p.startswith("graph/")} - offered == {
        f"graph/{n}.ttl"
        for n in ("asof/2012-06-13", "audit", "bounds", "findings", "inferred", "provenance", "standings")
    }
    assert sums == {p: (len(contents[p]), hashlib.sha256(contents[p]).hexdigest()) for p in offered}


def test_every_file_of_the_downloads_has_a_format_that_is_known(files: Mapping[str, Download]) -> None:
    for path in files:
        assert format_of(path).type != "application/octet-stream", path
    assert format_of("what/ever").type == "application/octet-stream"


def test_files_conform_to_their_vocabularies(described: rdflib.Graph) -> None:
    def standards(path: str) -> set[str]:
        return {str(o) for o in described.objects(URIRef(f"{BASE}catalog#file={path}"), DCTERMS.conformsTo)}

    ours = {BASE + "ns", BASE + "shapes"}
    assert standards("download/0.1.0/cica-graph.trig") == standards("graph/cica.ttl") == ours
    assert standards("download/0.1.0/tables/actors.csv") == {"https://www.w3.org/TR/tabular-metadata/"}
    assert standards("download/0.1.0/cica-graph-org.ttl") == {
        "http://www.w3.org/ns/org#",
        "http://www.w3.org/2006/time#",
    }
    assert standards("download/0.1.0/spells.parquet") == set()


def test_origin_of_each_graph_is_the_one_that_the_steps_recorded(graph: Graph, described: rdflib.Graph) -> None:
    recorded = {
        tuple(value(part) for part in t)
        for t in graph.store.graph(ox.NamedNode(GRAPH + "provenance"))
        if t.predicate.value in (str(PROV.wasGeneratedBy), str(PROV.wasDerivedFrom))
    }
    made = {s for s, p, _ in recorded if p == str(PROV.wasGeneratedBy)}
    assert len(made) == 6
    said = {
        (str(s), str(p), str(o))
        for s, p, o in described
        if str(s) in made and p in (PROV.wasGeneratedBy, PROV.wasDerivedFrom)
    }
    assert said == recorded
    for step in described.objects(None, PROV.wasGeneratedBy):
        assert (step, RDF.type, PROV.Activity) in described


def test_there_are_no_blank_nodes_and_fragments_are_of_own_documents(
    made: Mapping[str, bytes], files: Mapping[str, Download]
) -> None:
    for name in ("catalog.ttl", ".well-known/void"):
        for t in triples(made[name]):
            assert not isinstance(t.subject, ox.BlankNode)
            assert not isinstance(t.object, ox.BlankNode)
            assert isinstance(t.subject, ox.NamedNode)
            document, mark, _ = t.subject.value.partition("#")
            if mark and document.startswith(BASE):
                assert document == BASE + "catalog" or document.removeprefix(BASE) + ".ttl" in files


# ---- VoID ----------------------------------------------------------------------------------------


def test_every_number_agrees_with_a_count(graph: Graph, described: rdflib.Graph) -> None:
    stated = graph.store.triples()
    kinds = [t for t in stated if t.predicate.value == RDF_TYPE]
    counted = {
        VOID.triples: len(stated),
        VOID.distinctSubjects: len({t.subject for t in stated}),
        VOID.distinctObjects: len({t.object for t in stated}),
        VOID.properties: len({t.predicate for t in stated}),
        VOID.classes: len({t.object for t in kinds}),
        VOID.entities: len({t.subject for t in stated if value(t.subject).startswith(ID)}),
    }
    assert {p: number(described, WHOLE, p) for p in counted} == counted
    assert str(described.value(WHOLE, VOID.uriSpace)) == ID
    spaces = {
        re.sub(r"[^/#]+$", "", value(term)) for term in [*(t.predicate for t in stated), *(t.object for t in kinds)]
    }
    assert {str(o) for o in described.objects(WHOLE, VOID.vocabulary)} == spaces
    for example in described.objects(WHOLE, VOID.exampleResource):
        assert str(example) in {value(t.subject) for t in stated}


def test_the_partitions_are_complete(graph: Graph, described: rdflib.Graph) -> None:
    stated = graph.store.triples()
    by_property = Counter(t.predicate.value for t in stated)
    by_class = {t.object: set[Any]() for t in stated if t.predicate.value == RDF_TYPE}
    for t in stated:
        if t.predicate.value == RDF_TYPE and isinstance(t.subject, ox.NamedNode):
            by_class[t.object].add(t.subject)

    def parts(kind: URIRef, of: URIRef, count: URIRef) -> dict[str, int]:
        found = {
            str(described.value(p, of)): number(described, URIRef(str(p)), count)
            for p in described.objects(WHOLE, kind)
        }
        assert len(found) == len(set(described.objects(WHOLE, kind)))
        return found

    properties = parts(VOID.propertyPartition, VOID.property, VOID.triples)
    assert properties == by_property
    assert sum(properties.values()) == number(described, WHOLE, VOID.triples)
    classes = parts(VOID.classPartition, VOID["class"], VOID.entities)
    assert classes == {value(kind): len(things) for kind, things in by_class.items()}
    assert 0 in classes.values()  # blank nodes of the vocabulary are not entities


def test_every_graph_is_a_subset_with_its_size_and_every_link_is_counted(graph: Graph, described: rdflib.Graph) -> None:
    subsets = set(described.objects(WHOLE, VOID.subset))
    graphs = {n for n in graph.store.graphs() if "/asof/" not in n}
    assert {str(s) for s in subsets if (s, RDF.type, VOID.Linkset) not in described} == graphs
    for name in graphs:
        assert number(described, URIRef(name), VOID.triples) == len(graph.store.graph(ox.NamedNode(name)))
    links = Counter(
        re.sub(r"[^/#]+/?$", "", value(t.object))
        for t in graph.store.triples()
        if t.predicate.value.endswith("/sameAs")
    )
    found = {}
    for linkset in described.subjects(RDF.type, VOID.Linkset):
        assert linkset in subsets
        assert described.value(linkset, VOID.subjectsTarget) == WHOLE
        found[str(described.value(described.value(linkset, VOID.objectsTarget), VOID.uriSpace))] = number(
            described, URIRef(str(linkset)), VOID.triples
        )
    assert found == links
    assert set(found) == {
        "http://www.wikidata.org/entity/",
        "http://publications.europa.eu/resource/authority/country/",
        "https://sws.geonames.org/",
    }


def test_dump_contains_exactly_its_dataset(
    graph: Graph, described: rdflib.Graph, contents: Mapping[str, bytes]
) -> None:
    dumps = {str(o).removeprefix(BASE) for o in described.objects(WHOLE, VOID.dataDump)}
    assert dumps == {f"download/0.1.0/cica-graph.{suffix}" for suffix in ("ttl", "nt", "jsonld", "rdf")}
    size = number(described, WHOLE, VOID.triples)
    forms = {
        "ttl": ox.RdfFormat.TURTLE,
        "nt": ox.RdfFormat.N_TRIPLES,
        "rdf": ox.RdfFormat.RDF_XML,
        "jsonld": ox.RdfFormat.JSON_LD,
    }
    for path in dumps:
        assert len(set(ox.parse(contents[path], format=forms[path.rpartition(".")[2]]))) == size
    for dataset, dump in described.subject_objects(VOID.dataDump):
        if dataset != WHOLE:
            assert str(dump) == f"{dataset}.ttl"
            assert number(described, URIRef(str(dataset)), VOID.triples) == len(
                triples(contents[str(dump).removeprefix(BASE)])
            )


def test_well_known_file_describes_itself_and_agrees_with_the_catalog(made: Mapping[str, bytes]) -> None:
    own = triples(made[".well-known/void"]) - triples(made["catalog.ttl"])
    this = BASE + ".well-known/void"
    assert {value(t.subject) for t in own} == {this}
    assert {(t.predicate.value, value(t.object)) for t in own} >= {
        (RDF_TYPE, str(VOID.DatasetDescription)),
        (str(FOAF.primaryTopic), DATASET),
    }


@pytest.mark.filterwarnings("ignore:Dataset:DeprecationWarning")  # rdflib uses its own deprecated functions
def test_both_engines_give_the_same_triples(tmp_path: Path) -> None:
    engines, query = Engines(open_graph(project(tmp_path))), queries.shipped("catalog", "dcat")
    for text in (query.text, query.bind(title=ox.Literal("A"), version=ox.Literal("1"), home=ox.NamedNode(BASE))):
        found = engines.in_pyoxigraph(text)
        assert found == engines.in_rdflib(text)
        assert len(found) > 100


# ---- The site itself -----------------------------------------------------------------------------


def test_catalog_of_the_site_describes_its_files(site: Path) -> None:
    said = rdflib.Graph().parse(site / "catalog.ttl")
    sums = {}
    for file in said.subjects(RDF.type, DCAT.Distribution):
        checksum = said.value(said.value(file, SPDX.checksum), SPDX.checksumValue)
        sums[str(said.value(file, DCAT.downloadURL)).removeprefix(BASE)] = (
            int(str(said.value(file, DCAT.byteSize))),
            str(checksum),
        )
    for path, found in sums.items():
        data = (site / path).read_bytes()
        assert found == (len(data), hashlib.sha256(data).hexdigest()), path
    (release,) = (p for p in (site / "download").iterdir() if p.name != "latest")
    assert {
        f"download/{release.name}/{p.relative_to(release).as_posix()}" for p in release.rglob("*") if p.is_file()
    } == {path for path in sums if path.startswith("download/")}
    assert {p.suffix for p in map(Path, sums) if p.parts[:2] == ("graph", "cica" + p.suffix)} == {
        ".ttl",
        ".nt",
        ".jsonld",
        ".rdf",
    }
    for dataset, dump in said.subject_objects(VOID.dataDump):
        if str(dump).endswith(".nt"):
            lines = (site / str(dump).removeprefix(BASE)).read_bytes().splitlines()
            assert len(lines) == number(said, URIRef(str(dataset)), VOID.triples)


def test_sitemap_has_every_page_and_links_of_the_guide_resolve(site: Path) -> None:
    assert_valid((site / "sitemap.xml").read_bytes())
    pages = {p.relative_to(site).as_posix() for p in site.rglob("*.html")}
    listed = locations((site / "sitemap.xml").read_bytes(), "urlset")
    assert set(listed) == {BASE + page for page in pages - {"404.html", "index.html"}} | {BASE}
    found = sections((site / "llms.txt").read_text("utf-8"))
    for links in found.values():
        for _, address, _ in links:
            assert (site / address.removeprefix(BASE)).is_file(), address
    assert len(found["Pages"]) == 9
    assert len(found["Queries"]) == 1 + len(list(queries.folder("cookbook")))


def test_the_page_of_downloads_has_the_dataset_for_search_engines(site: Path) -> None:
    root = lxml.html.parse(site / "data.html").getroot()
    said = json.loads(root.find(".//script[@type='application/ld+json']").text)
    assert (said["@type"], said["@id"]) == ("Dataset", DATASET)
    for file in said["distribution"]:
        data = (site / file["contentUrl"].removeprefix(BASE)).read_bytes()
        assert file["sha256"] == hashlib.sha256(data).hexdigest()


def test_site_at_another_address_gives_its_address(tmp_path: Path) -> None:
    host, out = "https://example.org/graphs/cica/", tmp_path / "site"
    with Folder(out).open() as folder:
        build(open_graph(project(tmp_path / "project")), folder, StepTimer(), host)
    said = rdflib.Graph().parse(out / "catalog.ttl")
    files = {str(said.value(f, DCAT.downloadURL)) for f in said.subjects(RDF.type, DCAT.Distribution)}
    assert len(files) > 30
    assert all((out / file.removeprefix(host)).is_file() for file in files)
    assert host + "id/org/alpha.html" in locations((out / "sitemap.xml").read_bytes(), "urlset")
    (page,) = re.findall(r'"contentUrl": "(https://[^"]+/cica-graph\.ttl)"', (out / "data.html").read_text("utf-8"))
    assert page in files
    assert (WHOLE, RDF.type, DCAT.Dataset) in said


@pytest.mark.parametrize("name", ["catalog.ttl", "catalog.jsonld", ".well-known/void"])
def test_all_formats_agree_below_another_base(made: Mapping[str, bytes], name: str) -> None:
    base = "https://example.org/graphs/cica/"
    form = ox.RdfFormat.JSON_LD if name.endswith("jsonld") else ox.RdfFormat.TURTLE

    def moved(term: object) -> str:
        return rebase(str(term), base)

    found = {(str(t.subject), str(t.predicate), str(t.object)) for t in triples(rebase(made[name], base), form)}
    assert found == {(moved(t.subject), moved(t.predicate), moved(t.object)) for t in triples(made[name], form)}


# ---- JSON-LD and schema.org ----------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")  # rdflib, of itself
@pytest.mark.filterwarnings("ignore:Dataset:DeprecationWarning")
def test_the_json_ld_is_the_same_graph_in_three_readers_without_network(made: Mapping[str, bytes]) -> None:
    data, wanted = made["catalog.jsonld"], triples(made["catalog.ttl"])
    assert triples(data, ox.RdfFormat.JSON_LD) == wanted
    options = {"documentLoader": refuse, "format": "application/n-quads"}
    assert triples(jsonld.to_rdf(json.loads(data), options).encode(), ox.RdfFormat.N_QUADS) == wanted
    turtle = rdflib.Graph().parse(data=made["catalog.ttl"], format="turtle")
    assert set(rdflib.Graph().parse(data=data, format="json-ld")) == set(turtle)


def test_page_describes_the_dataset_as_the_catalog_does(
    graph: Graph, described: rdflib.Graph, files: Mapping[str, Download]
) -> None:
    offered = {path: file for path, file in files.items() if path.startswith("download/0.1.0/")}
    said = dataset_jsonld(graph, offered)
    assert (said["@context"], said["@type"], said["@id"]) == ("https://schema.org", "Dataset", DATASET)
    for key, predicate in (("name", DCTERMS.title), ("description", DCTERMS.description), ("version", VERSION)):
        assert said[key] == str(described.value(WHOLE, predicate))
    assert 50 <= len(said["description"]) <= 5000  # the limits of search engines
    assert said["temporalCoverage"].startswith("1945-03-22/20")
    assert set(said["keywords"]) == {str(o) for o in described.objects(WHOLE, DCAT.keyword)}
    assert said["creator"]["name"] == said["publisher"]["name"] == "The cica-graph authors"
    assert {d["contentUrl"]: (d["contentSize"], d["sha256"]) for d in said["distribution"]} == {
        BASE + path: (f"{file.size} B", file.sha256) for path, file in offered.items()
    }
    assert all(d["name"] and "/" in d["encodingFormat"] for d in said["distribution"])
    # Every key is a term of schema.org, for a reader that knows its context.
    expanded = jsonld.expand(said | {"@context": {"@vocab": "https://schema.org/"}}, {"documentLoader": refuse})
    assert {key for key in expanded[0] if not key.startswith("@")} == {
        f"https://schema.org/{key}" for key in said if not key.startswith("@")
    }


def test_the_citation_is_the_file_of_the_project(made: Mapping[str, bytes], root: Path) -> None:
    assert made["CITATION.cff"] == (root / "CITATION.cff").read_bytes()


# ---- Another project, another base, another day --------------------------------------------------


def project(folder: Path, cff: str = "", header: str = "") -> Path:
    shutil.copytree(HERE / "fixtures" / "base", folder, dirs_exist_ok=True)
    shutil.copytree(HERE / "fixtures" / "shapes", folder, dirs_exist_ok=True)
    if cff:
        (folder / CITATION).write_text(cff, "utf-8")
    if header:
        (folder / "data" / "extra.ttl").write_text(header, "utf-8")
    return folder


def test_project_is_described_by_its_own_citation(tmp_path: Path) -> None:
    cff = "\n".join(
        [
            "title: Unions of the sea",
            "authors:",
            "  - {given-names: Ada, name-particle: de, family-names: Marsh}",
            "  - name: The Shore",
            "contact: [{family-names: Marsh, email: ada marsh@example.org}]",
            "version: 1.10",
            "keywords: [sea]",
        ]
    )
    graph = open_graph(project(tmp_path, cff))
    made = catalog(graph, {}, [])
    said = rdflib.Graph().parse(data=made["catalog.ttl"], format="turtle")
    assert str(said.value(WHOLE, DCTERMS.title)) == str(said.value(WHOLE, DCTERMS.description)) == "Unions of the sea"
    assert str(said.value(WHOLE, VERSION)) == "1.10"
    assert str(said.value(said.value(WHOLE, DCTERMS.publisher), FOAF.name)) == "Ada de Marsh, The Shore"
    assert set(said.objects(WHOLE, DCTERMS.issued)) == set(said.objects(WHOLE, DCTERMS.modified)) == set()
    vcard = rdflib.Namespace("http://www.w3.org/2006/vcard/ns#")
    contact = said.value(WHOLE, DCAT.contactPoint)
    assert said.value(contact, vcard.hasEmail) == URIRef("mailto:ada%20marsh@example.org")
    assert made["CITATION.cff"] == cff.encode()
    assert results(said, *VALID[0]) == results(said, *VALID[1]) == {}
    assert made["llms.txt"].decode().startswith("# Unions of the sea\n\n> Unions of the sea\n")


def test_project_without_a_citation_is_described_by_the_shipped_one(tmp_path: Path, root: Path) -> None:
    found = Project.at(project(tmp_path)).citation
    assert (found.path, found.name) == (root / CITATION, CITATION)


def test_an_address_follows_the_base_and_a_name_does_not(graph: Graph, files: Mapping[str, Download]) -> None:
    base = "https://example.org/mirror/"
    made = catalog(graph, files, ["index.html"], base)
    said = rdflib.Graph().parse(data=made["catalog.ttl"], format="turtle")
    assert set(said.subjects(RDF.type, DCAT.Catalog)) == {URIRef(BASE + "catalog")}
    for predicate in (DCAT.downloadURL, DCAT.accessURL, VOID.dataDump, DCAT.landingPage, FOAF.homepage):
        assert all(str(o).startswith(base) for o in said.objects(None, predicate)), predicate
    assert locations(made["sitemap.xml"], "urlset") == [base]
    assert f"Sitemap: {base}sitemap.xml" in made["robots.txt"].decode()
    assert all(
        address.startswith(base) for links in sections(made["llms.txt"].decode()).values() for _, address, _ in links
    )


@pytest.mark.parametrize(
    "base",
    ["", "example.org/", "https://example.org", "ftp://example.org/", "https:///x/", "https://e.org/?q=/", "https://e.org/#/",
     "https://e.org/a b/", 'https://e.org/">/', "https://e.org/é/", "https://[::/", "javascript:alert(1)/",
     BASE + "below/", "https://w3id.org/"],
)  # fmt: skip
def test_invalid_address_of_a_site_is_refused(graph: Graph, base: str) -> None:
    for make in (lambda: catalog(graph, {}, [], base), lambda: dataset_jsonld(graph, {}, base)):
        with pytest.raises(UsageError, match="is not a base for IRIs"):
            make()


def test_the_day_of_the_last_change_is_that_of_the_build_or_of_the_version(
    graph: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = dataset_jsonld(graph, {})
    assert said["dateModified"] == said["datePublished"] == "2026-11-25"
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1800000000")
    monkeypatch.setenv("TZ", "Pacific/Kiritimati")
    time.tzset()
    try:
        said = dataset_jsonld(graph, {})
    finally:
        monkeypatch.undo()
        time.tzset()
    assert (said["dateModified"], said["datePublished"]) == ("2027-01-15", "2026-11-25")


@pytest.mark.parametrize("seconds", ["now", "1.5", "-99999999999999", "9" * 30])
def test_invalid_time_is_refused(graph: Graph, monkeypatch: pytest.MonkeyPatch, seconds: str) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", seconds)
    with pytest.raises(UsageError, match="SOURCE_DATE_EPOCH"):
        catalog(graph, {}, [])


# ---- Harm and sameness ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    text = json.dumps(HOSTILE + "\n## Injected\n\n- [free](https://evil.example/): money\u2028\u202e]]>")
    header = f"""
        @prefix cg: <{CG}> . @prefix dcat: <{DCAT}> . @prefix dcterms: <{DCTERMS}> . @prefix skos: <{SKOS}> .
        <{GRAPH}extra> a dcat:Dataset ; dcterms:title {text}@en ; dcterms:description {text} .
        <{ID}org/evil> a cg:Organization ; skos:prefLabel {text}@en ; skos:notation {text} .
    """
    folder = tmp_path_factory.mktemp("hostile")
    cff = f"title: {text}\nabstract: {text}\nauthors: [{{name: {text}}}]\nkeywords: [{text}]\nversion: {text}\n"
    return open_graph(project(folder, cff, header))


def test_hostile_title_stays_text(hostile: Graph) -> None:
    pages = ["id/org/evil.html", "organizations.html"]
    odd = Download.of(b"")
    files = {"download/latest/]( x.ttl": odd, 'download/1/]( "<x.ttl': odd, "graph/extra.ttl": odd}
    made = catalog(hostile, files, pages)
    said = rdflib.Graph().parse(data=made["catalog.ttl"], format="turtle")
    title = said.value(WHOLE, DCTERMS.title)
    assert str(title).startswith("<script>")
    assert "Injected" in str(title)
    assert len(set(said.objects(WHOLE, DCTERMS.title))) == 1
    assert set(said.objects(WHOLE, DCAT.landingPage)) == {URIRef(BASE)}
    assert "\n" in str(said.value(URIRef(GRAPH + "extra"), DCTERMS.title))  # data are data
    assert triples(made["catalog.jsonld"], ox.RdfFormat.JSON_LD) == triples(made["catalog.ttl"])
    assert triples(made[".well-known/void"])
    etree.fromstring(made["sitemap.xml"])
    text = made["llms.txt"].decode()
    found = sections(text)
    assert "Injected" not in found
    assert {address for links in found.values() for _, address, _ in links} == {
        BASE + path
        for path in ("organizations.html", "id/org/evil.html", "catalog.ttl", "catalog.jsonld", "CITATION.cff",
                     "download/latest/%5D%28%20x.ttl")
    }  # fmt: skip
    assert not re.search(r"(?<!\\)<script", text)
    assert not re.search(r"(?<!\\)`", text)
    assert json.loads(json.dumps(dataset_jsonld(hostile, files)))["name"] == str(title)


def test_order_of_the_arguments_does_not_change_the_output(
    graph: Graph, made: Mapping[str, bytes], files: Mapping[str, Download], pages: list[str]
) -> None:
    again = catalog(graph, dict(reversed([*files.items()])), [*reversed(pages), pages[0]])
    assert again == made


def test_output_does_not_depend_on_hash_seed_time_zone_and_locale(tmp_path: Path) -> None:
    code = (
        "import sys; from cica_graph import open_graph\n"
        "from cica_graph.publish.catalog.catalog import catalog, dataset_jsonld\n"
        "from cica_graph.publish.catalog.distributions import Download\n"
        "graph = open_graph(sys.argv[1]); one = Download.of(b'x')\n"
        "files = {f'download/0.1.0/cica-graph.{s}': one for s in ('ttl', 'nt', 'trig')} | {'graph/gamma.ttl': one}\n"
        "made = catalog(graph, files, ['index.html', 'id/org/alpha.html', 'organizations.html'])\n"
        "sys.stdout.write(repr((sorted(made.items()), dataset_jsonld(graph, files))))"
    )
    command = [sys.executable, "-c", code, str(project(tmp_path))]
    outputs = {
        subprocess.run(command, env=os.environ | env, check=True, capture_output=True).stdout
        for env in (
            {"PYTHONHASHSEED": "1", "TZ": "UTC", "LC_ALL": "C"},
            {"PYTHONHASHSEED": "2", "TZ": "Asia/Tokyo", "LC_ALL": "C.UTF-8"},
        )
    }
    assert len(outputs) == 1
    assert len(outputs.pop()) > 10_000


def test_catalog_takes_under_two_seconds(graph: Graph, files: Mapping[str, Download], pages: list[str]) -> None:
    """0.7 s of a processor for 67 datasets when measured; the bound leaves room for slow machines, not for a slow query."""

    def seconds(make: Callable[[], object]) -> float:
        start = time.process_time()
        make()
        return time.process_time() - start

    assert min(seconds(lambda: catalog(graph, files, pages)) for _ in range(3)) < 2


def test_a_file_of_any_name_has_a_format_and_standards() -> None:
    for path in ("x.unknown", "x", "", "a.b/c", ".hidden"):
        assert format_of(path)[:4] == ("data", "application/octet-stream", "", False)
    table = json.loads(resources(module.__package__).joinpath("conforms.json").read_text("utf-8"))
    assert list(table)[-1] == "*"


def test_graph_is_unchanged(graph: Graph, files: Mapping[str, Download]) -> None:
    before = graph.store.dump()
    catalog(graph, files, [])
    assert graph.store.dump() == before
    assert isinstance(graph.store, Store)
