"""The description of what is published: true, whole, and as catalogs and crawlers want it."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from pathlib import Path

import lxml.etree
import lxml.html
import pyoxigraph as ox
import pytest
import rdflib
from pyshacl import validate
from rdflib import DCAT, RDF, SH, VOID, Graph, Namespace, URIRef
from rdflib.compare import to_isomorphic

import cica_graph
from cica_graph.publish import catalog
from cica_graph.terms import BASE

ROOT = Path(__file__).resolve().parents[1]
SUITES = ROOT.parent / "shared" / "suites"
SPDX = Namespace("http://spdx.org/rdf/terms#")

# What DCAT-AP recommends and this says nothing on, with the reason.
UNSAID = {
    "http://purl.org/dc/terms/spatial": "organizations of the whole world are in it",
    "http://www.w3.org/ns/dcat#themeTaxonomy": "themes are not taken from the EU's table",
    "http://www.w3.org/ns/dcat#theme": "themes are not taken from the EU's table",
    "http://purl.org/dc/terms/type": "the EU's tables of kinds of publisher and of licence are not ours to speak in",
    "http://data.europa.eu/r5r/availability": "nothing is promised about a host",
    "http://purl.org/dc/terms/format": "the media type says it",
    "http://purl.org/dc/terms/language": "files hold names in six languages; the dataset says English",
    "http://www.w3.org/2006/vcard/ns#hasEmail": "there is no address to write to",
    "http://purl.org/dc/terms/rights": "the licence says it",
    "http://purl.org/dc/terms/accrualPeriodicity": "there is no rhythm of releases",
    "http://www.w3.org/ns/dcat#service": "the files are not a service",
    "http://www.w3.org/ns/adms#status": "one release, complete",
}


@pytest.fixture(scope="module")
def described(site: Path) -> Graph:
    return Graph().parse(site / "catalog.ttl")


@pytest.mark.skipif(not SUITES.is_dir(), reason="the shapes of DCAT-AP are not here")
def test_it_conforms_to_dcat_ap(described: Graph) -> None:
    shapes = Graph()
    for name in (
        "3.0.1-shacl/dcat-ap-SHACL.ttl", "3.0.1-html-shacl/shapes.ttl", "3.0.1-html-shacl/shapes_recommended.ttl",
        "3.0.1-html-shacl/range.ttl",
    ):  # fmt: skip
        shapes.parse(SUITES / "dcat-ap" / name)
    _, report, _ = validate(described, shacl_graph=shapes)
    assert isinstance(report, Graph)
    found = Counter(
        (str(report.value(r, SH.resultSeverity)).rpartition("#")[2], str(report.value(r, SH.resultPath)))
        for r in report.subjects(RDF.type, SH.ValidationResult)
    )
    assert [key for key in found if key[0] == "Violation"] == []
    assert {path for _, path in found} <= set(UNSAID)
    shapes.remove((None, SH.severity, None))  # the shapes do find something where something is missing
    broken = Graph() + described
    broken.remove((URIRef(catalog.DATASET), rdflib.DCTERMS.title, None))
    assert not validate(broken, shacl_graph=shapes)[0]


def test_every_distribution_is_there_with_its_size_and_checksum(site: Path, described: Graph) -> None:
    files = list(described.subjects(RDF.type, DCAT.Distribution))
    assert len(files) > 30
    for file in files:
        path = site / str(described.value(file, DCAT.downloadURL)).removeprefix(BASE)
        data = path.read_bytes()
        assert int(str(described.value(file, DCAT.byteSize))) == len(data)
        checksum = described.value(file, SPDX.checksum)
        assert str(described.value(checksum, SPDX.checksumValue)) == hashlib.sha256(data).hexdigest()
        assert str(described.value(file, DCAT.mediaType)).rpartition("media-types/")[2] in catalog.MEDIA.values()
    there = {p.relative_to(site) for p in (site / "download").rglob("*") if p.is_file() and "latest" not in p.parts}
    assert len(there) == len(files)


def test_the_counts_of_void_are_true(graph: cica_graph.Graph, described: Graph) -> None:
    triples = graph.store.triples()
    whole = URIRef(catalog.DATASET)
    assert int(str(described.value(whole, VOID.triples))) == len(triples)
    assert int(str(described.value(whole, VOID.distinctSubjects))) == len({t.subject for t in triples})
    assert int(str(described.value(whole, VOID.distinctObjects))) == len({t.object for t in triples})
    parts = {
        str(described.value(p, VOID.property)): int(str(described.value(p, VOID.triples)))
        for p in described.objects(whole, VOID.propertyPartition)
    }
    assert parts == dict(Counter(t.predicate.value for t in triples))
    assert sum(parts.values()) == len(triples)
    classes = {
        str(described.value(p, VOID["class"])): int(str(described.value(p, VOID.entities)))
        for p in described.objects(whole, VOID.classPartition)
    }
    typed = Counter(
        t.object.value for t in triples if t.predicate.value == str(RDF.type) and isinstance(t.object, ox.NamedNode)
    )
    assert classes == dict(typed)
    linksets = set(described.subjects(RDF.type, VOID.Linkset))
    assert {str(described.value(s, VOID.linkPredicate)) for s in linksets} == {"https://schema.org/sameAs"}
    assert len(linksets) == 3


def test_nothing_is_without_a_name(described: Graph) -> None:
    assert not [s for s, _, o in described if isinstance(s, rdflib.BNode) or isinstance(o, rdflib.BNode)]


@pytest.mark.filterwarnings("ignore:(ConjunctiveGraph|Dataset.default_context) is:DeprecationWarning")
def test_json_ld_says_the_same(site: Path, described: Graph) -> None:
    assert to_isomorphic(Graph().parse(site / "catalog.jsonld")) == to_isomorphic(described)
    void = Graph().parse(site / ".well-known" / "void", format="turtle")
    assert set(void) <= set(described)
    assert len(void) > 500


@pytest.mark.skipif(not SUITES.is_dir(), reason="the schema of sitemaps is not here")
def test_the_sitemap_is_valid_and_lists_every_page(site: Path) -> None:
    schema = lxml.etree.XMLSchema(lxml.etree.parse(SUITES / "sitemap" / "sitemap.xsd"))
    document = lxml.etree.parse(site / "sitemap.xml")
    schema.assertValid(document)
    listed = {e.text for e in document.iter("{*}loc")}
    pages = {p.relative_to(site).as_posix() for p in site.rglob("*.html")}
    assert listed == {BASE + page for page in pages}


def test_a_sitemap_too_large_is_split() -> None:
    pages = [f"id/x/{n}.html" for n in range(120_001)]
    made = catalog.sitemap(pages, "https://example.org/a&b/")
    assert list(made) == ["sitemap.xml", "sitemap-1.xml", "sitemap-2.xml", "sitemap-3.xml"]
    index = lxml.etree.fromstring(made["sitemap.xml"])
    assert [e.text for e in index.iter("{*}loc")] == [f"https://example.org/a&b/sitemap-{n}.xml" for n in (1, 2, 3)]
    parts = [lxml.etree.fromstring(made[f"sitemap-{n}.xml"]) for n in (1, 2, 3)]
    assert [len(part) for part in parts] == [50_000, 50_000, 20_001]


def test_a_page_for_language_models(site: Path) -> None:
    text = (site / "llms.txt").read_text("utf-8")
    assert text.startswith("# cica-graph\n\n> ")
    for address in [line.partition("](")[2].partition(")")[0] for line in text.splitlines() if line.startswith("- [")]:
        assert (site / address.removeprefix(BASE)).is_file(), address
    assert text.count("/query/") == 35


def test_the_dataset_for_search_engines(site: Path) -> None:
    root = lxml.html.parse(site / "data.html").getroot()
    said = json.loads(root.find(".//script[@type='application/ld+json']").text)
    assert said["@type"] == "Dataset"
    assert len(said["distribution"]) > 30


def test_the_time_is_that_of_the_release(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    assert catalog.modified(catalog.citation()).value == "2026-11-25"
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    assert catalog.modified(catalog.citation()).value == "1970-01-01T00:00:00Z"
