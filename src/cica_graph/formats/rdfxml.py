"""Writer for RDF/XML, https://www.w3.org/TR/rdf-syntax-grammar/, with clear errors for values that XML cannot hold."""

from __future__ import annotations

import re

import pyoxigraph as ox

from cica_graph.formats.turtle import refuse_rdf12, serialize
from cica_graph.model.errors import UsageError
from cica_graph.model.terms import PREFIXES, RDF, RDF_TYPE
from cica_graph.store.store import Store

_ROOT = re.compile(rb"<rdf:RDF[^>]*>")
_TAG = re.compile(rb"<([a-z]+):")
# https://www.w3.org/TR/xml/#NT-NameStartChar and NT-NameChar, without the colon
_START = (
    r"A-Z_a-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c\u200d\u2070-\u218f"
    r"\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
_NAME = re.compile(rf"[{_START}][{_START}0-9.\u00b7\u0300-\u036f\u203f\u2040-]*\Z")
# https://www.w3.org/TR/xml/#NT-Char: characters that are not allowed in XML, even escaped
NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
# https://www.w3.org/TR/rdf-syntax-grammar/#section-Namespace: names with another meaning as elements.
_SYNTAX = re.compile(
    re.escape(RDF) + "(RDF|ID|about|parseType|resource|nodeID|datatype|li|Description|aboutEach|aboutEachPrefix|bagID)"
)


def rdfxml(store: Store) -> bytes:
    """Return the triples of a store as RDF/XML.

    :raises UsageError: a term that XML cannot hold.
    """
    return document(store.triples())


def document(triples: list[ox.Triple]) -> bytes:
    """Return triples as RDF/XML, in their order.

    :raises UsageError: as :func:`rdfxml`.
    """
    _check_names(triples)
    for t in triples:
        _check_xml(t)
    data = serialize(triples, ox.RdfFormat.RDF_XML)
    # An XML reader turns a bare CR into LF (https://www.w3.org/TR/xml/#sec-line-ends). Every CR is in a value.
    data = data.replace(b"\r", b"&#13;")
    used = {name.decode() for name in _TAG.findall(data)}
    names = "".join(f'\n\txmlns:{name}="{iri}"' for name, iri in PREFIXES.items() if name in used)
    return _ROOT.sub(lambda _: f"<rdf:RDF{names}>".encode(), data, count=1) + b"\n"


def _check_names(triples: list[ox.Triple]) -> None:
    """Refuse a property or a class that cannot be the name of an element."""
    kinds = {o.value for _, p, o in triples if p.value == RDF_TYPE and isinstance(o, ox.NamedNode)}
    for iri in sorted(kinds | {t.predicate.value for t in triples}):
        if _SYNTAX.fullmatch(iri) or not _NAME.search(iri):
            raise UsageError(f"<{iri}> cannot be the name of an XML element. Export to another format than rdfxml.")


def _check_xml(t: ox.Triple) -> None:
    """Refuse values that RDF/XML cannot express: other readers would reject or misread the file."""
    s, p, o = t
    for term in (s, o):
        if isinstance(term, ox.BlankNode) and not _NAME.match(term.value):
            raise UsageError(f"Blank node {term} cannot be named in XML. Export to another format than rdfxml.")
    if isinstance(o, ox.Literal) and (found := NOT_XML.search(o.value)):
        code = f"U+{ord(found[0]):04X}"
        raise UsageError(
            f"{s} {p} has a value with {code}, which XML cannot hold. Export to another format than rdfxml."
        )
    refuse_rdf12(t, "rdfxml")
