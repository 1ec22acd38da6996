"""The graph as bytes, in seven formats; equal graphs give equal bytes.

Nothing here depends on the order of insertion, the hash seed or the platform: statements are sorted before
they are written, by graph, subject, predicate (``rdf:type`` first) and object, each as its N-Triples text.
Lines end in LF, but for CSV, and every format but CSV reads back as the same graph.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
import secrets
from collections.abc import Callable, Iterable
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, NoReturn

import pyoxigraph as ox

from cica_graph import queries
from cica_graph.errors import CicaGraphError, Misuse
from cica_graph.store import Store, Term
from cica_graph.terms import PREFIXES, RDF, RDF_TYPE, XSD

FORMATS: Final[tuple[str, ...]] = ("turtle", "trig", "ntriples", "nquads", "jsonld", "rdfxml", "csv")
Node = dict[str, Any]  # a JSON object


def export(store: Store, form: str) -> bytes:
    """Return the graph in one of :data:`FORMATS`, as UTF-8 without byte order mark.

    ``turtle``, ``ntriples``, ``rdfxml`` and ``jsonld`` hold what is true without naming a day, ``trig`` and
    ``nquads`` every named graph with the snapshots of single days, ``csv`` one row a membership spell.

    :raises Misuse: no such format, or a graph with a term that the format cannot write.
    """
    writers: dict[str, Callable[[Store], bytes]] = {
        "turtle": lambda s: _turtle(_text(_triples(s), ox.RdfFormat.TURTLE)),
        "trig": lambda s: _turtle(_text(_quads(s), ox.RdfFormat.TRIG)),
        "ntriples": lambda s: _text(_triples(s), ox.RdfFormat.N_TRIPLES),
        "nquads": lambda s: _text(_quads(s), ox.RdfFormat.N_QUADS),
        "jsonld": _jsonld,
        "rdfxml": _rdfxml,
        "csv": _csv,
    }
    if form not in writers:
        raise Misuse(f"there is no format {form!r}; the formats are {', '.join(FORMATS)}")
    return writers[form](store)


def write(data: bytes, path: Path) -> None:
    """Write a file whole or not at all: what stood there before stays until the new content is on the disk.

    The file's mode is that of any new file. The directory must exist.

    :raises OSError: the file could not be written; nothing is left behind.
    """
    # Not tempfile: its files are for their owner only, and the umask cannot be read without setting it.
    draft = path.with_name(f".{path.name}.{secrets.token_hex(6)}.tmp")
    try:
        with draft.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


# ---- Order -------------------------------------------------------------------------------
def _place(s: Term, p: ox.NamedNode, o: Term) -> tuple[str, str, str]:
    return str(s), "" if p.value == RDF_TYPE else str(p), str(o)


def _triples(store: Store) -> list[ox.Triple]:
    return sorted(store.triples(), key=lambda t: _place(*t))


def _quads(store: Store) -> list[ox.Quad]:
    return sorted(store.quads(), key=lambda q: (str(q.graph_name), *_place(*q.triple)))


def _text(statements: list[ox.Triple] | list[ox.Quad], form: ox.RdfFormat) -> bytes:
    prefixes = PREFIXES if form not in (ox.RdfFormat.N_TRIPLES, ox.RdfFormat.N_QUADS) else None
    data = ox.serialize(statements, format=form, prefixes=prefixes)
    assert data is not None  # it is None only when a file is given to write to
    return data


# ---- Turtle and TriG ---------------------------------------------------------------------

_HEADER = re.compile(rb"(?:@prefix [^\n]*\n)*")
_TEXT_OR_IRI = re.compile(rb'"(?:[^"\\]|\\.)*"|<[^>]*>')
_PREFIX = re.compile(rb"(?<![\w:.\\-])([a-z]+):")


def _turtle(data: bytes) -> bytes:
    """Keep of the prefixes that the serializer declares the ones that the text uses, in our own order."""
    body = data[_HEADER.match(data).end() :]  # type: ignore[union-attr]  # matches nothing at all, too
    used = {name.decode() for name in _PREFIX.findall(_TEXT_OR_IRI.sub(b" ", body))}
    header = "".join(f"@prefix {name}: <{iri}> .\n" for name, iri in PREFIXES.items() if name in used)
    return (header + "\n" if header else "").encode() + body


# ---- RDF/XML -----------------------------------------------------------------------------

_ROOT = re.compile(rb"<rdf:RDF[^>]*>")
_TAG = re.compile(rb"<([a-z]+):")
# https://www.w3.org/TR/xml/#NT-NameStartChar and NT-NameChar, without the colon
_START = (
    r"A-Z_a-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c\u200d\u2070-\u218f"
    r"\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
_NAME = re.compile(rf"[{_START}][{_START}0-9.\u00b7\u0300-\u036f\u203f\u2040-]*\Z")
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
# https://www.w3.org/TR/rdf-syntax-grammar/#section-Namespace: names that mean something else as an element.
_SYNTAX = re.compile(
    re.escape(RDF)
    + "(RDF|ID|about|parseType|resource|nodeID|datatype|li|Description|aboutEach|aboutEachPrefix|bagID)"
)


def _rdfxml(store: Store) -> bytes:
    triples = _triples(store)
    for t in triples:
        _check_xml(t)
    data = _text(triples, ox.RdfFormat.RDF_XML)
    # An XML reader turns a bare CR into LF (https://www.w3.org/TR/xml/#sec-line-ends); all are in values.
    data = data.replace(b"\r", b"&#13;")
    used = {name.decode() for name in _TAG.findall(data)}
    names = "".join(f'\n\txmlns:{name}="{iri}"' for name, iri in PREFIXES.items() if name in used)
    return _ROOT.sub(lambda _: f"<rdf:RDF{names}>".encode(), data, count=1) + b"\n"


def _check_xml(t: ox.Triple) -> None:
    """Refuse what RDF/XML has no way to write; other readers would reject the file, or misread it."""
    s, p, o = t
    elements = [p.value] + ([o.value] if p.value == RDF_TYPE and isinstance(o, ox.NamedNode) else [])
    for iri in elements:
        if _SYNTAX.fullmatch(iri) or not _NAME.search(iri):
            raise Misuse(
                f"<{iri}> cannot be the name of an XML element; export to another format than rdfxml"
            )
    for term in (s, o):
        if isinstance(term, ox.BlankNode) and not _NAME.match(term.value):
            raise Misuse(f"blank node {term} cannot be named in XML; export to another format than rdfxml")
    if isinstance(o, ox.Literal) and (found := _NOT_XML.search(o.value)):
        code = f"U+{ord(found[0]):04X}"
        raise Misuse(
            f"{s} {p} has a value with {code}, which XML cannot hold; export to another format than rdfxml"
        )
    _refuse_rdf12(t, "rdfxml")


def _refuse_rdf12(t: ox.Triple, form: str) -> None:
    if isinstance(t.object, ox.Triple) or (
        isinstance(t.object, ox.Literal) and t.object.direction is not None
    ):
        raise Misuse(
            f"{t.subject} {t.predicate} has a value of RDF 1.2, which {form} is not written with here"
        )


# ---- JSON-LD -----------------------------------------------------------------------------


def _jsonld(store: Store) -> bytes:
    """JSON-LD 1.1 (https://www.w3.org/TR/json-ld11/) with its context in the document.

    One node a subject, put together here in expanded form, since ``from_rdf`` would parse the graph again.
    The nodes of each class then go through ``pyld``'s framing (https://www.w3.org/TR/json-ld11-framing/),
    which compacts them: ``{"@type": class, "@embed": "@never"}``. The classes come in the order of the
    context, then those it does not name, by IRI, then nodes without class; a node with several classes
    stands under the first of them. 30,000 triples take about two seconds.

    Integers and booleans are JSON's own where that loses nothing.
    """
    from pyld import jsonld  # slow to import and needed by this format only

    context = json.loads(files(__package__).joinpath("context.jsonld").read_text("utf-8"))["@context"]
    ranks = _ranks(context)
    triples = _triples(store)
    _check_jsonld(triples, context)
    # Framing renames blank nodes in each call and takes the text "@null" for nothing: both go in disguise.
    mask = "masked:"
    while any(mask in part.value for t in triples for part in t):
        mask = "x" + mask
    groups: dict[tuple[int, str], list[Node]] = {}
    for node in _nodes(triples, mask):
        kinds = node.get("@type") or [""]
        groups.setdefault(
            min((ranks.get(k, len(ranks)) if k else len(ranks) + 1, k) for k in kinds), []
        ).append(node)
    graph: list[Node] = []
    for (_, kind), nodes in sorted(groups.items(), key=lambda item: item[0]):
        frame: Node = {"@context": context, "@embed": "@never"} | ({"@type": kind} if kind else {})
        options = {"documentLoader": refuse, "omitGraph": False, "pruneBlankNodeIdentifiers": False}
        framed = jsonld.frame(nodes, frame, options)["@graph"]
        graph += [node for node in framed if len(node) > 1]  # a bare id was only referred to
    text = json.dumps({"@context": context, "@graph": graph}, ensure_ascii=False, indent=2) + "\n"
    return text.replace(f'"{mask}null"', '"@null"').replace(f'"{mask}_:', '"_:').encode()


def refuse(url: str, options: object = None) -> NoReturn:
    """Stand in for pyld's document loader: a context is part of the document, and nothing is fetched.

    :raises CicaGraphError: always.
    """
    raise CicaGraphError(f"the context {url} is not fetched; put the context itself into the document")


def _check_jsonld(triples: list[ox.Triple], context: Node) -> None:
    """Refuse an IRI such as ``c:x``, here short for another, and what is newer than the format."""
    for t in triples:
        _refuse_rdf12(t, "jsonld")
    terms = {part for t in triples for part in t}
    for iri in sorted(
        {term.datatype.value if isinstance(term, ox.Literal) else term.value for term in terms}
    ):
        if str(context.get(iri.partition(":")[0], "")).endswith(("/", "#")):
            raise Misuse(f"<{iri}> begins like a prefix of the context; export to another format than jsonld")


def _ranks(context: Node) -> dict[str, int]:
    terms = [iri for name, iri in context.items() if name[0].isupper()]
    return {context[iri.split(":")[0]] + iri.split(":")[1]: rank for rank, iri in enumerate(terms)}


def _nodes(triples: Iterable[ox.Triple], mask: str) -> Iterable[Node]:
    nodes: dict[str, Node] = {}
    for t in triples:
        name = _value(t.subject, mask)["@id"]
        node = nodes.setdefault(name, {"@id": name})
        if t.predicate.value == RDF_TYPE and not isinstance(t.object, ox.Literal):
            node.setdefault("@type", []).append(_value(t.object, mask)["@id"])
        else:
            node.setdefault(t.predicate.value, []).append(_value(t.object, mask))
    for node in nodes.values():
        for values in node.values():
            if isinstance(values, list) and isinstance(values[0], dict):
                values.sort(
                    key=lambda v: v.get("@language", "")
                )  # so that the keys of language maps are in order
    return nodes.values()


def _value(term: Term, mask: str) -> Node:
    if isinstance(term, ox.NamedNode):
        return {"@id": term.value}
    if not isinstance(term, ox.Literal):
        return {"@id": f"{mask}{term}"}
    text = term.value
    value: Node = {"@value": f"{mask}null" if text == "@null" else text}
    if term.language:
        value["@language"] = term.language
    elif (kind := term.datatype.value) != XSD + "string":
        value["@type"] = kind
        if kind == XSD + "boolean" and text in ("true", "false"):
            value["@value"] = text == "true"
        elif kind == XSD + "integer" and re.fullmatch(r"0|-?[1-9][0-9]{0,14}", text, re.ASCII):
            value["@value"] = int(
                text
            )  # JSON's numbers are exact up to 2**53, about nine with fifteen noughts
    return value


# ---- CSV ---------------------------------------------------------------------------------

_COLUMNS: Final = (
    "membership,organization,organization_label,member,member_label,kind,iso2,iso3,m49,cow,role,spell,start,end,"
    "earliest_start,latest_start,earliest_end,latest_end,suspensions,sources"
)
_PARTS: Final = {"suspensions": ";", "sources": " "}


def _csv(store: Store) -> bytes:
    """One row a membership spell (https://www.rfc-editor.org/rfc/rfc4180, so lines end in CRLF).

    ``start`` and ``end`` are EDTF as stated, the four bounds are days. ``suspensions`` are EDTF intervals,
    ``2011-11-12/2023-05-07``, with ``..`` for a side that no source gives, joined by ``;``. ``kind``, the
    codes and ``cow`` are the member's. No cell is a formula to a spreadsheet: one that begins with ``=``,
    ``+``, ``-``, ``@``, a tab or a carriage return, as none of ours does, gets a single quote in front.
    """
    out = io.StringIO(newline="")
    writer, columns = csv.writer(out), _COLUMNS.split(",")
    writer.writerow(columns)
    for row in store.select(queries.shipped("select", "spells").text):
        cells = {name: term.value for name, term in row.items() if isinstance(term, ox.Literal)}
        for name, mark in _PARTS.items():  # an engine may join them in any order
            cells[name] = mark.join(sorted(cells.get(name, "").split(mark)))
        writer.writerow([_inert(cells.get(name, "")) for name in columns])
    return out.getvalue().encode()


def _inert(cell: str) -> str:
    return "'" + cell if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell
