"""Description of a published graph for data catalogs, crawlers, search engines and language models.

Names do not change with the host. The catalog is ``https://w3id.org/cica-graph/catalog``, which leads to
``catalog.ttl`` and ``catalog.jsonld``. Its own terms are fragments of that IRI: ``catalog#dataset`` is the whole graph,
and ``catalog#file=download/0.1.0/cica-graph.ttl`` is a file. Named graphs keep their names. Addresses of files and
pages are below the address of the site. There are no blank nodes.

All numbers are counted in the published graph. All sizes and checksums are those of the files.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

import pyoxigraph as ox

from cica_graph import queries
from cica_graph.formats import jsonld
from cica_graph.formats.rebase import check
from cica_graph.formats.turtle import turtle
from cica_graph.graph import Graph
from cica_graph.model.terms import BASE, DCAT, DCTERMS, PREFIXES, RDF_TYPE, SKOS
from cica_graph.project import citation
from cica_graph.project.citation import Citation
from cica_graph.publish import paths
from cica_graph.publish.catalog.dcat import ALL, dcat, english
from cica_graph.publish.catalog.distributions import DATASET, SPDX, VOID, Download, distributions
from cica_graph.publish.catalog.guide import llms, robots
from cica_graph.publish.catalog.sitemap import sitemap
from cica_graph.publish.subject_index import SubjectIndex
from cica_graph.store.store import Store

_FOAF: Final = PREFIXES["foaf"]
_LABEL: Final = SKOS + "prefLabel"


def catalog(graph: Graph, files: Mapping[str, Download], pages: Collection[str], base: str = BASE) -> dict[str, bytes]:
    """Return the files that describe a published graph, by path below the root of the site.

    ``catalog.ttl`` and ``catalog.jsonld`` contain the same description in DCAT 3
    (https://www.w3.org/TR/vocab-dcat-3/), following DCAT-AP 3.0.1, with VoID and PROV-O. ``.well-known/void`` contains
    its VoID part (https://www.w3.org/TR/void/). The other files are ``sitemap.xml``, ``robots.txt``, ``llms.txt``
    (https://llmstxt.org/) and the ``CITATION.cff`` of the project.

    Title, version and date come from CITATION.cff. The modification date is the day of ``SOURCE_DATE_EPOCH`` if that
    is set (https://reproducible-builds.org/specs/source-date-epoch/), or else the day of the version. The clock is
    never read.

    :param files: all files of the site by path. The catalog offers those below ``download/``, except its copy
        ``download/latest/``, and the named graphs, such as ``graph/cica.ttl``.
    :param pages: paths of the HTML pages.
    :param base: address of the site, used in all links.
    :raises UsageError: ``base`` is not valid, see ``rebase.check``, or ``SOURCE_DATE_EPOCH`` is not a time.
    :raises ProjectError: the CITATION.cff of the project cannot be read.
    """
    check(base)
    cited = citation.read(graph.built.project.citation)
    void = graph.store.construct(queries.shipped("export", "void").bind(title=english(cited.title)))
    described = [*void, *dcat(graph, cited, base)]
    offered = list(distributions(files, _graphs(graph), SubjectIndex(Store.from_triples(described)), base))
    everything = dict.fromkeys([*described, *offered])
    maps = sitemap(pages, base)
    dumps = [t for t in offered if t.predicate.value == VOID + "dataDump"]
    return {
        "catalog.ttl": turtle(everything),
        "catalog.jsonld": jsonld.document(everything),
        ".well-known/void": turtle([*void, *dumps, *_document(cited)]),
        **maps,
        "robots.txt": robots(base, "sitemap.xml" in maps),
        "llms.txt": llms(graph, cited, files, pages, base),
        "CITATION.cff": graph.built.project.citation.content,
    }


def dataset_jsonld(graph: Graph, files: Mapping[str, Download], base: str = BASE) -> dict[str, Any]:
    """Return the dataset as https://schema.org/Dataset, for the script element of a page.

    It has the content of the catalog. Its context is https://schema.org, which search engines know without fetching
    it. Texts are not escaped: escape them when you write them to a page.

    :raises UsageError: as :func:`catalog`.
    :raises ProjectError: as :func:`catalog`.
    """
    check(base)
    described = dcat(graph, citation.read(graph.built.project.citation), base)
    index = SubjectIndex(
        Store.from_triples(
            [*described, *distributions(files, _graphs(graph), SubjectIndex(Store.from_triples(described)), base)]
        )
    )

    def every(predicate: str) -> list[str]:
        return index.values(DATASET, predicate)

    agents = [
        {"@type": "Organization", "@id": a, "name": index.one(a, _FOAF + "name")} for a in every(DCTERMS + "creator")
    ]
    properties: dict[str, list[Any]] = {
        "name": every(DCTERMS + "title"),
        "description": every(DCTERMS + "description"),
        "identifier": every(DCTERMS + "identifier"),
        "url": every(DCAT + "landingPage"),
        "version": every(DCAT + "version"),
        "datePublished": every(DCTERMS + "issued"),
        "dateModified": every(DCTERMS + "modified"),
        "license": every(DCTERMS + "license"),
        "keywords": every(DCAT + "keyword"),
        "creator": agents,
        "publisher": agents,
        "temporalCoverage": [_interval(index, period) for period in every(DCTERMS + "temporal")],
        "spatialCoverage": [{"@type": "Place", "name": index.one(p, _LABEL)} for p in every(DCTERMS + "spatial")],
        "distribution": [_download(index, file) for file in every(DCAT + "distribution")],
    }
    head = {"@context": "https://schema.org", "@type": "Dataset", "@id": DATASET, "isAccessibleForFree": True}
    return head | {key: values[0] if len(values) == 1 else values for key, values in properties.items() if values}


def _interval(index: SubjectIndex, period: str) -> str:
    """Return a period in ISO 8601, with ``..`` for an unknown side."""
    return "/".join(index.one(period, DCAT + side) or ".." for side in ("startDate", "endDate"))


def _download(index: SubjectIndex, file: str) -> dict[str, str]:
    return {
        "@type": "DataDownload",
        "@id": file,
        "name": index.one(file, DCTERMS + "description"),
        "contentUrl": index.one(file, DCAT + "downloadURL"),
        "encodingFormat": index.one(file, DCAT + "mediaType").partition("/media-types/")[2],
        "contentSize": index.one(file, DCAT + "byteSize") + " B",
        "sha256": index.one(index.one(file, SPDX + "checksum"), SPDX + "checksumValue"),
    }


def _document(cited: Citation) -> Iterator[ox.Triple]:
    """Yield the description of the VoID file itself, https://www.w3.org/TR/void/#void-file."""
    this = ox.NamedNode(f"{BASE}.well-known/void")
    yield ox.Triple(this, ox.NamedNode(RDF_TYPE), ox.NamedNode(VOID + "DatasetDescription"))
    yield ox.Triple(this, ox.NamedNode(DCTERMS + "title"), english(f"Description of {cited.title}"))
    yield ox.Triple(this, ox.NamedNode(_FOAF + "primaryTopic"), ALL)


def _graphs(graph: Graph) -> dict[str, str]:
    """Return the named graphs by the path of their files."""
    return {path: iri for iri, path in paths.assign(filter(None, map(paths.page, graph.store.graphs()))).items()}
