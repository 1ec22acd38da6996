"""DCAT distributions of the files of a site: address, format, size and checksum."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from typing import Final, NamedTuple
from urllib.parse import quote

import pyoxigraph as ox

from cica_graph.formats.media_types import format_of
from cica_graph.model.terms import BASE, DCAT, DCTERMS, PREFIXES, RDF_TYPE, SKOS, XSD
from cica_graph.publish.catalog.urls import url
from cica_graph.publish.export.downloads import describe
from cica_graph.publish.subject_index import SubjectIndex

CATALOG: Final = BASE + "catalog"
DATASET: Final = CATALOG + "#dataset"
SPDX: Final = PREFIXES["spdx"]
VOID: Final = PREFIXES["void"]

LATEST: Final = "download/latest/"
_TRIPLES: Final = (".ttl", ".nt", ".jsonld", ".rdf")  # quads contain day snapshots, which are not part of the dataset
_IANA: Final = "https://www.iana.org/assignments/media-types/"
_EU: Final = "http://publications.europa.eu/resource/authority/file-type/"
_SHA256: Final = SPDX + "checksumAlgorithm_sha256"


class Download(NamedTuple):
    """Size in bytes and SHA-256 (hexadecimal) of a published file."""

    size: int
    sha256: str

    @classmethod
    def of(cls, content: bytes) -> Download:
        """Return size and checksum of a content."""
        return cls(len(content), hashlib.sha256(content).hexdigest())


def distributions(
    downloads: Mapping[str, Download], graphs: Mapping[str, str], described: SubjectIndex, base: str
) -> Iterator[ox.Triple]:
    """Yield a ``dcat:Distribution`` for each download, and ``void:dataDump`` for each file with a complete dataset.

    A file of triples belongs to a named graph if its path without suffix is in ``graphs``. A file below ``download/``
    belongs to the whole dataset; its copy in ``download/latest/`` and all other files are ignored.

    :param described: the datasets of DCAT and VoID, with their titles and licences.
    """
    for path in sorted(downloads):
        stem = path.rpartition(".")[0]
        graph = graphs.get(stem, "") if path.endswith(_TRIPLES) else ""
        if not graph and (not path.startswith("download/") or path.startswith(LATEST)):
            continue
        whole = path.endswith(_TRIPLES) and stem.startswith("download/") and stem.endswith("/cica-graph")
        dataset = graph or DATASET
        kinds = described.classes(dataset)
        if (graph or whole) and VOID + "Dataset" in kinds:
            yield _triple(dataset, VOID + "dataDump", url(base, path))
        if DCAT + "Dataset" in kinds:
            for statement in _distribution(dataset, path, downloads[path], described, base):
                yield _triple(*statement)


def _distribution(
    dataset: str, path: str, file: Download, described: SubjectIndex, base: str
) -> Iterator[tuple[str, str, str | ox.Literal]]:
    this, checksum = f"{CATALOG}#file={quote(path)}", f"{CATALOG}#checksum={quote(path)}"
    kind, inside = format_of(path), "/".join(path.split("/")[2:])
    yield dataset, DCAT + "distribution", this
    yield this, RDF_TYPE, DCAT + "Distribution"
    yield this, DCTERMS + "title", ox.Literal(path)
    yield this, DCAT + "accessURL", url(base, path)
    yield this, DCAT + "downloadURL", url(base, path)
    yield this, DCAT + "mediaType", _IANA + kind.type
    yield _IANA + kind.type, RDF_TYPE, DCTERMS + "MediaType"
    yield this, DCAT + "byteSize", ox.Literal(str(file.size), datatype=ox.NamedNode(XSD + "nonNegativeInteger"))
    yield this, SPDX + "checksum", checksum
    yield checksum, RDF_TYPE, SPDX + "Checksum"
    yield checksum, SPDX + "algorithm", _SHA256
    yield _SHA256, RDF_TYPE, SPDX + "ChecksumAlgorithm"
    yield checksum, SPDX + "checksumValue", ox.Literal(file.sha256, datatype=ox.NamedNode(XSD + "hexBinary"))
    if kind.eu:
        yield this, DCTERMS + "format", _EU + kind.eu
        yield _EU + kind.eu, RDF_TYPE, DCTERMS + "MediaTypeOrExtent"
        yield _EU + kind.eu, SKOS + "inScheme", _EU.removesuffix("/")
    title = described.one(dataset, DCTERMS + "title")
    description = describe(inside) if dataset == DATASET else f"{title}, as {kind.name}"
    yield this, DCTERMS + "description", ox.Literal(description, language="en")
    for licence in described.values(dataset, DCTERMS + "license")[:1]:  # DCAT-AP allows one
        yield this, DCTERMS + "license", licence
    name = "cica-graph.ttl" if dataset != DATASET else inside
    for standard in next(standards for pattern, standards in _standards().items() if fnmatchcase(name, pattern)):
        yield this, DCTERMS + "conformsTo", standard
        yield standard, RDF_TYPE, DCTERMS + "Standard"


def _triple(subject: str, predicate: str, obj: str | ox.Literal) -> ox.Triple:
    return ox.Triple(ox.NamedNode(subject), ox.NamedNode(predicate), ox.NamedNode(obj) if isinstance(obj, str) else obj)


@cache
def _standards() -> dict[str, list[str]]:
    """Return the standards of a file by patterns of its name; the first pattern that fits applies."""
    found: dict[str, list[str]] = json.loads(files(__package__).joinpath("conforms.json").read_text("utf-8"))
    return found
