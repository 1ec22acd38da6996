"""What is published, described: for catalogs of data, for crawlers, for search engines and for language models.

A name is the graph's own and does not change with the host: the catalog is ``https://w3id.org/cica-graph/catalog``,
which leads to ``catalog.ttl`` and ``catalog.jsonld``, and whatever the catalog names itself is a fragment of that,
``catalog#dataset`` the whole graph and ``catalog#file=download/0.1.0/cica-graph.ttl`` a file. A named graph keeps its
name. An address, of a file or a page, is below the one that the site is published at. There are no blank nodes.

Every number is counted in the graph that is published, every size and checksum is that of the file.
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
    """Return the files that describe a published graph, by their paths below the root of the site.

    ``catalog.ttl`` and ``catalog.jsonld`` say the same in DCAT 3 (https://www.w3.org/TR/vocab-dcat-3/), by DCAT-AP
    3.0.1, with VoID and PROV-O; ``.well-known/void`` has the VoID of it (https://www.w3.org/TR/void/). Beside them are
    ``sitemap.xml``, ``robots.txt``, ``llms.txt`` (https://llmstxt.org/) and the project's own ``CITATION.cff``.

    ``files`` are those of the site by path, of which some are offered for download: what is below ``download/``, but
    for ``download/latest/``, which is the same again, and the named graphs, such as ``graph/cica.ttl``. ``pages`` are
    the paths of HTML pages. ``base`` is the address of the site, which the catalog, the sitemap and the rest give.

    What a project is called, its version and its date are those of its CITATION.cff. The description was last changed
    on the day of ``SOURCE_DATE_EPOCH`` if that is set (https://reproducible-builds.org/specs/source-date-epoch/), else
    on the day of the version; no clock is read.

    :raises UsageError: ``base`` is no base, see ``rebase.check``, or ``SOURCE_DATE_EPOCH`` no time.
    :raises ProjectError: the project's CITATION.cff cannot be read.
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
    """Return the dataset in the words of https://schema.org/Dataset, for the script element of a page.

    It says what the catalog says, in a context that search engines know and nobody here fetches. Texts are as they
    stand in the data: whoever puts them into a page escapes them.

    :raises UsageError: as :func:`catalog`.
    :raises ProjectError: as :func:`catalog`.
    """
    check(base)
    described = dcat(graph, citation.read(graph.built.project.citation), base)
    said = SubjectIndex(
        Store.from_triples(
            [*described, *distributions(files, _graphs(graph), SubjectIndex(Store.from_triples(described)), base)]
        )
    )

    def every(predicate: str) -> list[str]:
        return said.values(DATASET, predicate)

    agents = [
        {"@type": "Organization", "@id": a, "name": said.one(a, _FOAF + "name")} for a in every(DCTERMS + "creator")
    ]
    found: dict[str, list[Any]] = {
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
        "temporalCoverage": [_interval(said, period) for period in every(DCTERMS + "temporal")],
        "spatialCoverage": [{"@type": "Place", "name": said.one(p, _LABEL)} for p in every(DCTERMS + "spatial")],
        "distribution": [_download(said, file) for file in every(DCAT + "distribution")],
    }
    head = {"@context": "https://schema.org", "@type": "Dataset", "@id": DATASET, "isAccessibleForFree": True}
    return head | {key: values[0] if len(values) == 1 else values for key, values in found.items() if values}


def _interval(said: SubjectIndex, period: str) -> str:
    """Return a period as ISO 8601 has it, with ``..`` for a side that is not known."""
    return "/".join(said.one(period, DCAT + side) or ".." for side in ("startDate", "endDate"))


def _download(said: SubjectIndex, file: str) -> dict[str, str]:
    return {
        "@type": "DataDownload",
        "@id": file,
        "name": said.one(file, DCTERMS + "description"),
        "contentUrl": said.one(file, DCAT + "downloadURL"),
        "encodingFormat": said.one(file, DCAT + "mediaType").partition("/media-types/")[2],
        "contentSize": said.one(file, DCAT + "byteSize") + " B",
        "sha256": said.one(said.one(file, SPDX + "checksum"), SPDX + "checksumValue"),
    }


def _document(cited: Citation) -> Iterator[ox.Triple]:
    """Yield what a VoID file says of itself, https://www.w3.org/TR/void/#void-file."""
    this = ox.NamedNode(f"{BASE}.well-known/void")
    yield ox.Triple(this, ox.NamedNode(RDF_TYPE), ox.NamedNode(VOID + "DatasetDescription"))
    yield ox.Triple(this, ox.NamedNode(DCTERMS + "title"), english(f"Description of {cited.title}"))
    yield ox.Triple(this, ox.NamedNode(_FOAF + "primaryTopic"), ALL)


def _graphs(graph: Graph) -> dict[str, str]:
    """Return the named graphs by the paths of their files."""
    return {path: iri for iri, path in paths.assign(filter(None, map(paths.page, graph.store.graphs()))).items()}
