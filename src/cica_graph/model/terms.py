"""Prefixes, and the few terms that code uses by name.

The terms are strings, because rdflib and pyoxigraph each have their own classes for terms.
"""

from __future__ import annotations

from typing import Final

BASE: Final = "https://w3id.org/cica-graph/"
CG: Final = BASE + "ns#"
CONCEPT: Final = BASE + "concept/"
ID: Final = BASE + "id/"
GRAPH: Final = BASE + "graph/"
SHAPE: Final = BASE + "shape/"

RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS: Final = "http://www.w3.org/2000/01/rdf-schema#"
OWL: Final = "http://www.w3.org/2002/07/owl#"
XSD: Final = "http://www.w3.org/2001/XMLSchema#"
SKOS: Final = "http://www.w3.org/2004/02/skos/core#"
DCTERMS: Final = "http://purl.org/dc/terms/"
DCAT: Final = "http://www.w3.org/ns/dcat#"
PROV: Final = "http://www.w3.org/ns/prov#"
SCHEMA: Final = "https://schema.org/"

RDF_TYPE: Final = RDF + "type"
XSD_DATE: Final = XSD + "date"
EDTF: Final = "http://id.loc.gov/datatypes/edtf/EDTF"

# All prefixes that a project's files may use and that every export uses, in the order in which they are printed.
PREFIXES: Final[dict[str, str]] = {
    "c": CONCEPT,
    "cg": CG,
    "claim": ID + "claim/",
    "dcat": DCAT,
    "dcterms": DCTERMS,
    "doc": BASE + "doc/",
    "edtf": "http://id.loc.gov/datatypes/edtf/",
    "event": ID + "event/",
    "finding": ID + "finding/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "g": GRAPH,
    "instrument": ID + "instrument/",
    "membership": ID + "membership/",
    "org": "http://www.w3.org/ns/org#",
    "organ": ID + "organ/",
    "organization": ID + "org/",
    "owl": OWL,
    "person": ID + "person/",
    "prov": PROV,
    "qb": "http://purl.org/linked-data/cube#",
    "rdf": RDF,
    "rdfs": RDFS,
    "schema": SCHEMA,
    "situation": ID + "situation/",
    "skos": SKOS,
    "spdx": "http://spdx.org/rdf/terms#",
    "state": ID + "state/",
    "vann": "http://purl.org/vocab/vann/",
    "void": "http://rdfs.org/ns/void#",
    "wd": "http://www.wikidata.org/entity/",
    "xsd": XSD,
}


def local(iri: str) -> str:
    """Return the last part of an IRI, after the last ``#`` or ``/``."""
    return iri.rstrip("/#").replace("#", "/").rpartition("/")[2]
