"""What is published, described for catalogs and crawlers: DCAT 3, VoID, a sitemap, llms.txt.

The description is one graph, at ``catalog``: the catalog, the dataset and its distributions are fragments of it, so
that each is found where its IRI leads. Times are those of the release, as ``CITATION.cff`` has it, or
``SOURCE_DATE_EPOCH`` (https://reproducible-builds.org/specs/source-date-epoch/) where that is set, never the clock's.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any, Final
from xml.sax.saxutils import escape

import pyoxigraph as ox

from cica_graph import queries, sources
from cica_graph.graph import Graph
from cica_graph.publish.downloads import describe
from cica_graph.publish.jsonld import document
from cica_graph.publish.statements import turtle
from cica_graph.store import SNAPSHOT
from cica_graph.terms import BASE, CG, DCAT, DCTERMS, ID, PREFIXES, RDF_TYPE, XSD

CATALOG: Final = BASE + "catalog#catalog"
DATASET: Final = BASE + "catalog#dataset"
_VOID: Final = "http://rdfs.org/ns/void#"
_SPDX: Final = "http://spdx.org/rdf/terms#"
_VCARD: Final = "http://www.w3.org/2006/vcard/ns#"
_EU: Final = "http://publications.europa.eu/resource/authority/"
_KNOWN: Final = PREFIXES | {"void": _VOID, "spdx": _SPDX, "vcard": _VCARD}
_LICENCE: Final = "https://creativecommons.org/licenses/by/4.0/"
MEDIA: Final = {
    ".ttl": "text/turtle", ".trig": "application/trig", ".nt": "application/n-triples", ".nq": "application/n-quads",
    ".jsonld": "application/ld+json", ".rdf": "application/rdf+xml", ".csv": "text/csv", ".json": "application/json",
    ".zip": "application/zip", ".graphml": "application/xml", ".parquet": "application/vnd.apache.parquet",
    ".ru": "application/sparql-update",
}  # fmt: skip
_MOST: Final = 50_000  # addresses in one sitemap, https://www.sitemaps.org/protocol.html


class Description:
    """Statements in the making."""

    def __init__(self) -> None:
        self.triples: list[ox.Triple] = []

    def say(self, subject: str, **values: Any) -> None:
        """State values of properties, named as ``prefix_name``; a text with a scheme is an IRI."""
        for key, value in values.items():
            prefix, _, name = key.partition("_")
            for one in value if isinstance(value, list) else [value]:
                self.add(subject, _KNOWN[prefix] + name, one)

    def add(self, subject: str, predicate: str, value: Any) -> None:
        """State one value."""
        self.triples.append(ox.Triple(ox.NamedNode(subject), ox.NamedNode(predicate), _term(value)))


def _term(value: Any) -> ox.NamedNode | ox.Literal:
    if isinstance(value, ox.NamedNode | ox.Literal):
        return value
    if isinstance(value, str) and value.startswith(("http://", "https://", "mailto:")):
        return ox.NamedNode(value)
    if isinstance(value, str):
        return ox.Literal(value, language="en")
    return ox.Literal(value)


def catalog(
    graph: Graph, sums: Mapping[str, str], sizes: Mapping[str, int], pages: Sequence[str], base: str = BASE
) -> dict[str, bytes]:
    """Return the files that describe a published folder, by their paths.

    :param sums: path and SHA-256 of each file to download; those of ``latest`` are left out, as the same again.
    :param sizes: path and bytes of the same.
    :param pages: paths of the pages, with suffix.
    :param base: where the folder is, for the sitemap and llms.txt, whose addresses are those of pages.
    """
    cited = citation()
    files = {path: sums[path] for path in sorted(sums) if path.startswith("download/") and "/latest/" not in path}
    said = [*_dcat(graph, cited, files, sizes), *void(graph)]
    return {
        "catalog.ttl": turtle(said, _KNOWN),
        "catalog.jsonld": document(said),
        ".well-known/void": turtle(void(graph), _KNOWN),
        **sitemap(pages, base),
        "robots.txt": f"User-agent: *\nAllow: /\n\nSitemap: {base}sitemap.xml\n".encode(),
        "llms.txt": _llms(graph, cited, files, base),
        "CITATION.cff": (sources.shipped() / "CITATION.cff").read_bytes(),
    }


def citation() -> dict[str, str]:
    """Return what ``CITATION.cff`` says in one line: title, version, date-released, abstract."""
    text = (sources.shipped() / "CITATION.cff").read_text("utf-8")
    said = dict(re.findall(r'^([a-z-]+): "?(.+?)"?$', text, re.MULTILINE))
    abstract = re.search(r"^abstract: >-\n((?:  .+\n)+)", text, re.MULTILINE)
    return said | {"abstract": " ".join(abstract[1].split()) if abstract else said["title"]}


def _dcat(
    graph: Graph, cited: Mapping[str, str], files: Mapping[str, str], sizes: Mapping[str, int]
) -> list[ox.Triple]:
    """DCAT 3 (https://www.w3.org/TR/vocab-dcat-3/), with all that DCAT-AP 3.0.1 asks for."""
    d = Description()
    released, changed = ox.Literal(cited["date-released"], datatype=ox.NamedNode(XSD + "date")), modified(cited)
    publisher, contact = BASE + "catalog#publisher", BASE + "catalog#contact"
    title, text = cited["title"].partition(":")[0], cited["abstract"]
    english, access = _EU + "language/ENG", _EU + "access-right/PUBLIC"
    d.say(publisher, rdf_type=PREFIXES["foaf"] + "Agent", foaf_name="The cica-graph authors", foaf_homepage=BASE)
    d.say(contact, rdf_type=_VCARD + "Organization", vcard_fn="The cica-graph authors", vcard_hasURL=BASE)
    d.say(
        CATALOG, rdf_type=DCAT + "Catalog", dcterms_title=title, dcterms_description=text, dcterms_publisher=publisher,
        dcterms_license=_LICENCE, dcterms_language=english, dcterms_issued=released, dcterms_modified=changed,
        foaf_homepage=BASE, dcat_dataset=DATASET,
    )  # fmt: skip
    d.say(
        DATASET, rdf_type=DCAT + "Dataset", dcterms_title=cited["title"], dcterms_description=text,
        dcterms_publisher=publisher, dcterms_creator=publisher, dcterms_license=_LICENCE, dcterms_language=english,
        dcterms_issued=released, dcterms_modified=changed, dcterms_accessRights=access,
        dcterms_identifier=ox.Literal(DATASET),
        dcat_contactPoint=contact, dcat_landingPage=BASE, dcat_version=ox.Literal(cited["version"]),
        dcat_keyword=["international organizations", "memberships", "CICA", "linked data"],
        dcterms_conformsTo=[CG.removesuffix("#"), BASE + "shapes"], dcterms_temporal=BASE + "catalog#period",
        prov_wasDerivedFrom=_cited(graph),
    )  # fmt: skip
    # What these are is said as well, since whoever reads the description may not look them up.
    kinds = (
        (_LICENCE, DCTERMS + "LicenseDocument"),
        (english, DCTERMS + "LinguisticSystem"),
        (access, DCTERMS + "RightsStatement"),
        (CG.removesuffix("#"), DCTERMS + "Standard"),
        (BASE + "shapes", DCTERMS + "Standard"),
        (BASE, PREFIXES["foaf"] + "Document"),
        (contact, _VCARD + "Kind"),
        (_SPDX + "checksumAlgorithm_sha256", _SPDX + "ChecksumAlgorithm"),
    )
    for thing, kind in kinds:
        d.say(thing, rdf_type=kind)
    first, last = _period(graph)
    d.say(BASE + "catalog#period", rdf_type=DCTERMS + "PeriodOfTime", dcat_startDate=first, dcat_endDate=last)
    for path, digest in files.items():
        name = path.split("/", 2)[2]
        here = f"{BASE}catalog#{name.replace('/', '-')}"
        media = "https://www.iana.org/assignments/media-types/" + MEDIA[PurePosixPath(name).suffix]
        d.say(media, rdf_type=DCTERMS + "MediaType")
        d.say(
            here, rdf_type=DCAT + "Distribution", dcterms_title=name, dcterms_description=describe(name),
            dcterms_license=_LICENCE, dcat_accessURL=BASE + path, dcat_downloadURL=BASE + path, dcat_mediaType=media,
            dcterms_issued=released, dcterms_modified=changed, spdx_checksum=here + "-sha256",
            dcat_byteSize=ox.Literal(str(sizes[path]), datatype=ox.NamedNode(XSD + "nonNegativeInteger")),
        )  # fmt: skip
        d.say(
            here + "-sha256", rdf_type=_SPDX + "Checksum", spdx_algorithm=_SPDX + "checksumAlgorithm_sha256",
            spdx_checksumValue=ox.Literal(digest, datatype=ox.NamedNode(XSD + "hexBinary")),
        )  # fmt: skip
        d.say(DATASET, dcat_distribution=here)
        if name.endswith((".nt", ".ttl")) and name.startswith("cica-graph."):
            d.say(DATASET, void_dataDump=BASE + path)
    return d.triples


def modified(cited: Mapping[str, str]) -> ox.Literal:
    """Return the time of the last change: ``SOURCE_DATE_EPOCH``, else the day of the release."""
    seconds = os.environ.get("SOURCE_DATE_EPOCH", "")
    if seconds.isdigit():
        moment = datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return ox.Literal(moment, datatype=ox.NamedNode(XSD + "dateTime"))
    return ox.Literal(cited["date-released"], datatype=ox.NamedNode(XSD + "date"))


def _cited(graph: Graph) -> list[str]:
    """The documents that the data were read from."""
    wanted = ox.NamedNode(CG + "Source")
    return sorted(
        t.subject.value
        for t in graph.store.triples()
        if t.predicate.value == RDF_TYPE and t.object == wanted and isinstance(t.subject, ox.NamedNode)
    )


def _period(graph: Graph) -> tuple[ox.Literal, ox.Literal]:
    """The first day that something of it holds on, and the last that a source speaks for."""
    days = [t.object for t in graph.store.triples() if t.predicate.value in (CG + "earliestStart", CG + "earliestEnd")]
    found = sorted((o for o in days if isinstance(o, ox.Literal)), key=lambda o: o.value)
    nothing = ox.Literal("0001-01-01", datatype=ox.NamedNode(XSD + "date"))
    return (found[0], found[-1]) if found else (nothing, nothing)


def void(graph: Graph) -> list[ox.Triple]:
    """Return the dataset in VoID (https://www.w3.org/TR/void/): counts, partitions, named graphs, linksets.

    The linksets and the sizes of graphs are those of `export void`; this adds how many things there are of each
    class and how many statements with each property.
    """
    d = Description()
    d.triples += graph.store.construct(queries.shipped("export", "void").text)
    classes, properties = Counter[str](), Counter[str]()
    triples = graph.store.triples()
    for t in triples:
        properties[t.predicate.value] += 1
        if t.predicate.value == RDF_TYPE and isinstance(t.object, ox.NamedNode):
            classes[t.object.value] += 1
    entities = len(
        {t.subject for t in triples if isinstance(t.subject, ox.NamedNode) and t.subject.value.startswith(ID)}
    )
    d.say(DATASET, void_entities=entities, void_exampleResource=[ID + "org/cica", ID + "state/KAZ"])
    for kind, count, key in (("class", classes, "entities"), ("property", properties, "triples")):
        for place, (term, n) in enumerate(sorted(count.items()), 1):
            part = f"{BASE}catalog#{kind}-{place}"
            d.add(DATASET, f"{_VOID}{kind}Partition", part)
            d.add(part, RDF_TYPE, _VOID + "Dataset")
            d.add(part, f"{_VOID}{kind}", ox.NamedNode(term))
            d.add(part, _VOID + key, n)
    for iri in graph.store.graphs():
        if not iri.startswith(SNAPSHOT):
            d.say(DATASET, dcterms_hasPart=iri)
    return sorted(set(d.triples), key=str)


def dataset_jsonld(files: Iterable[str]) -> dict[str, Any]:
    """Return the dataset as search engines for data read it, https://schema.org/Dataset."""
    cited = citation()
    return {
        "@context": "https://schema.org", "@type": "Dataset", "@id": DATASET, "name": cited["title"],
        "description": cited["abstract"], "version": cited["version"], "datePublished": cited["date-released"],
        "license": _LICENCE, "url": BASE, "isAccessibleForFree": True,
        "creator": {"@type": "Organization", "name": "The cica-graph authors"},
        "distribution": [
            {
                "@type": "DataDownload", "contentUrl": BASE + path, "name": describe(path.split("/", 2)[2]),
                "encodingFormat": MEDIA[PurePosixPath(path).suffix],
            }
            for path in sorted(files)
        ],
    }  # fmt: skip


def sitemap(pages: Sequence[str], base: str) -> dict[str, bytes]:
    """Return the sitemap of all pages, in parts with an index when there are more than fit in one."""
    parts = [pages[i : i + _MOST] for i in range(0, len(pages), _MOST)] or [[]]
    if len(parts) == 1:
        return {"sitemap.xml": _urls("urlset", "url", [base + page for page in pages])}
    named = {f"sitemap-{n}.xml": _urls("urlset", "url", [base + p for p in part]) for n, part in enumerate(parts, 1)}
    return {"sitemap.xml": _urls("sitemapindex", "sitemap", [base + name for name in named]), **named}


def _urls(root: str, element: str, addresses: Iterable[str]) -> bytes:
    lines = "".join(f"<{element}><loc>{escape(address)}</loc></{element}>\n" for address in addresses)
    space = "http://www.sitemaps.org/schemas/sitemap/0.9"
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} xmlns="{space}">\n{lines}</{root}>\n'.encode()


def _llms(graph: Graph, cited: Mapping[str, str], files: Mapping[str, str], base: str) -> bytes:
    """A page for language models, https://llmstxt.org/."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("cica_graph.publish"), undefined=StrictUndefined, trim_blocks=True, autoescape=False
    )
    organizations = sorted((a for a in graph.names.actors.values() if a.kind == "organization"), key=lambda a: a.code)
    return (
        environment.get_template("llms.txt")
        .render(
            cited=cited, base=base, iri_base=BASE,
            organizations=[(a.code, _line(a.label), a.iri) for a in organizations],
            queries=[(q.name, q.title) for q in queries.folder("cookbook")],
            files=[(path, describe(path.split("/", 2)[2])) for path in files if "/tables/" not in path],
        )
        .encode()
    )  # fmt: skip


def _line(text: str) -> str:
    """Return a text on one line, in which nothing is markup of a link."""
    return re.sub(r"[\[\]()<>`]", "", " ".join(text.split()))
