"""Results of SPARQL queries in the formats of the W3C, for every interface: commands, server and API.

JSON: https://www.w3.org/TR/sparql11-results-json/, XML: https://www.w3.org/TR/rdf-sparql-XMLres/,
CSV and TSV: https://www.w3.org/TR/sparql11-results-csv-tsv/. Terms of RDF 1.2 are written as in the drafts of SPARQL
1.2. Turtle: the vocabulary for result sets of the W3C's test suites.

The engine has a writer too, but it can only be stopped in the middle of a row. These writers give the same
bytes row by row, so a table can end after any row and still be complete. A test compares the two. They differ only in
characters that XML does not allow: the engine writes them, and these writers refuse.
"""

from __future__ import annotations

import json
import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from json.encoder import encode_basestring
from typing import Final

import pyoxigraph as ox

from cica_graph.formats import tables
from cica_graph.formats.text import to_json
from cica_graph.formats.turtle import serialize
from cica_graph.model.errors import UsageError
from cica_graph.model.terms import PREFIXES, RDF_TYPE, XSD
from cica_graph.store.store import Result, Term

FORMATS: Final = ("json", "xml", "csv", "tsv")
RS: Final = "http://www.w3.org/2001/sw/DataAccess/tests/result-set#"

Cells = Iterable[Term | None]
_STRING: Final = XSD + "string"
_PARTS: Final = ("subject", "predicate", "object")


def render(result: Result, form: str) -> str:
    """Return the result of a SELECT or ASK query in one of :data:`FORMATS`, or as ``ttl``.

    JSON is indented and safe to print on a terminal.

    :raises UsageError: XML cannot hold a character of a value.
    """
    if form == "ttl":
        return _turtle(result)
    if result.truth is not None:
        text = truth(result.truth, form)
    else:
        writer = WRITERS[form](result.columns)
        rows = (writer.row([row.get(name) for name in result.columns]) for row in result.rows)
        text = "".join([writer.head(), *rows, writer.tail("")])
    return to_json(json.loads(text)) if form == "json" else text


def truth(value: bool, form: str) -> str:
    """Return the answer to an ASK query. CSV and TSV have no form for it and get the bare word."""
    word = "true" if value else "false"
    if form == "json":
        return f'{{"head":{{}},"boolean":{word}}}'
    return f"{_XML}<head></head><boolean>{word}</boolean></sparql>" if form == "xml" else word + "\n"


def records(result: Result) -> list[tables.Record]:
    """Return the rows of a SELECT query as plain texts, for a table that a spreadsheet can open."""
    return [{n: _plain(row[n]) if n in row else None for n in result.columns} for row in result.rows]


def brief(result: Result) -> list[tables.Record]:
    """Return the rows for a table that people read: prefixed names for IRIs, bare text for literals."""
    if result.truth is not None:
        return [{"answer": "yes" if result.truth else "no"}]
    return [{n: prefixed(row[n]) if n in row else None for n in result.columns} for row in result.rows]


def prefixed(term: Term) -> str:
    """Return an IRI with its prefix, and any other term as its text."""
    if not isinstance(term, ox.NamedNode):
        return str(term) if isinstance(term, ox.Triple) else _plain(term)
    fitting = [(len(ns), prefix, ns) for prefix, ns in PREFIXES.items() if term.value.startswith(ns)]
    if not fitting:
        return term.value
    _, prefix, namespace = max(fitting)
    return f"{prefix}:{term.value.removeprefix(namespace)}"


class ResultWriter(ABC):
    """Writer for one format, given the names of the columns."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = names

    @abstractmethod
    def head(self) -> str:
        """Return what comes before the rows."""

    @abstractmethod
    def row(self, cells: Cells) -> str:
        """Return one row."""

    @abstractmethod
    def tail(self, note: str) -> str:
        """Return what comes after the rows. A note that is not empty says that rows are missing."""


class _JsonResults(ResultWriter):
    """A note is the member ``truncated`` of the outermost object.

    Most readers ignore it. Oxigraph's reader gives every row and then raises an error.
    """

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(names)
        self._keys = [encode_basestring(name) + ":" for name in names]
        self._comma = ""

    def head(self) -> str:
        return f'{{"head":{{"vars":[{",".join(map(encode_basestring, self.names))}]}},"results":{{"bindings":['

    def row(self, cells: Cells) -> str:
        members = [k + _json(term) for k, term in zip(self._keys, cells, strict=True) if term is not None]
        comma, self._comma = self._comma, ","
        return f"{comma}{{{','.join(members)}}}"

    def tail(self, note: str) -> str:
        return "]}" + (f',"truncated":{encode_basestring(note)}' if note else "") + "}"


def _json(term: Term) -> str:
    if isinstance(term, ox.NamedNode):
        return f'{{"type":"uri","value":{encode_basestring(term.value)}}}'
    if isinstance(term, ox.Literal):
        text = f'{{"type":"literal","value":{encode_basestring(term.value)}'
        if term.language:
            way = f',"its:dir":"{term.direction}"' if term.direction else ""
            return f'{text},"xml:lang":"{term.language}"{way}}}'
        kind = term.datatype.value
        return text + ("}" if kind == _STRING else f',"datatype":{encode_basestring(kind)}}}')
    if isinstance(term, ox.BlankNode):
        return f'{{"type":"bnode","value":"{term.value}"}}'
    members = ",".join(f'"{name}":{_json(part)}' for name, part in zip(_PARTS, term, strict=True))
    return f'{{"type":"triple","value":{{{members}}}}}'


class _XmlResults(ResultWriter):
    """A note is a comment at the end."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(names)
        self._tags = [f'<binding name="{name}">' for name in names]

    def head(self) -> str:
        variables = "".join(f'<variable name="{name}"/>' for name in self.names)
        return f"{_XML}<head>{variables}</head><results>"

    def row(self, cells: Cells) -> str:
        bound = [
            f"{tag}{_xml(term)}</binding>" for tag, term in zip(self._tags, cells, strict=True) if term is not None
        ]
        return f"<result>{''.join(bound)}</result>"

    def tail(self, note: str) -> str:
        return "</results>" + (f"<!-- {note} -->" if note else "") + "</sparql>"


_XML: Final = '<?xml version="1.0"?><sparql xmlns="http://www.w3.org/2005/sparql-results#">'
_ITS: Final = ' xmlns:its="http://www.w3.org/2005/11/its" its:version="2.0"'
_NOT_XML: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_EDGES: Final = re.compile(r"^[ \t\n]+|[ \t\n]+\Z")  # a reader may drop them as layout
_MARKUP: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;", "\r": "&#13;"})


def _xml(term: Term) -> str:
    if isinstance(term, ox.NamedNode):
        return f"<uri>{_escape(term.value)}</uri>"
    if isinstance(term, ox.Literal):
        kind = term.datatype.value
        note = "" if kind == _STRING else f' datatype="{_escape(kind)}"'
        if term.language:
            way = f' its:dir="{term.direction}"{_ITS}' if term.direction else ""
            note = f' xml:lang="{term.language}"{way}'
        return f"<literal{note}>{_escape(term.value)}</literal>"
    if isinstance(term, ox.BlankNode):
        return f"<bnode>{term.value}</bnode>"
    return f"<triple>{''.join(f'<{n}>{_xml(part)}</{n}>' for n, part in zip(_PARTS, term, strict=True))}</triple>"


def _escape(text: str) -> str:
    if found := _NOT_XML.search(text):
        raise UsageError(f"A value contains the character U+{ord(found[0]):04X}, which XML cannot hold. Choose JSON.")
    return _EDGES.sub(lambda m: "".join(f"&#{ord(c)};" for c in m[0]), text.translate(_MARKUP))


class _CsvResults(ResultWriter):
    """Plain values with the quotes of RFC 4180. A note is a last record that begins with ``#``.

    A value that a spreadsheet would run, such as ``=1+1``, stays unchanged: the format forbids changes (section 3.2).
    """

    def head(self) -> str:
        return ",".join(self.names) + "\r\n"

    def row(self, cells: Cells) -> str:
        return ",".join(["" if term is None else _csv(_plain(term)) for term in cells]) + "\r\n"

    def tail(self, note: str) -> str:
        return _csv(f"# {note}") + "," * (len(self.names) - 1) + "\r\n" if note else ""


_QUOTED: Final = re.compile('[",\r\n]')


def _csv(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if _QUOTED.search(text) else text


def _plain(term: Term) -> str:
    if isinstance(term, ox.Triple):
        return " ".join(map(_plain, term))
    return f"_:{term.value}" if isinstance(term, ox.BlankNode) else term.value


class _TsvResults(ResultWriter):
    """Terms as in Turtle. A note is a text in the first column of a last row."""

    def head(self) -> str:
        return "\t".join("?" + name for name in self.names) + "\n"

    def row(self, cells: Cells) -> str:
        return "\t".join(["" if term is None else _tsv(term) for term in cells]) + "\n"

    def tail(self, note: str) -> str:
        return _tsv(ox.Literal(f"# {note}")) + "\t" * (len(self.names) - 1) + "\n" if note else ""


# Literals that Turtle writes without quotes, https://www.w3.org/TR/turtle/#abbrev.
_BARE: Final = {
    XSD + "boolean": re.compile(r"true|false"),
    XSD + "integer": re.compile(r"[+-]?[0-9]+", re.ASCII),
    XSD + "decimal": re.compile(r"[+-]?[0-9]*\.[0-9]+", re.ASCII),
    XSD + "double": re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)[eE][+-]?[0-9]+", re.ASCII),
}


def _tsv(term: Term) -> str:
    if isinstance(term, ox.Literal):
        bare = _BARE.get(term.datatype.value)
        if bare is not None and bare.fullmatch(term.value):
            return term.value
    if isinstance(term, ox.Triple):
        return f"<<( {' '.join(map(_tsv, term))} )>>"
    return str(term)


WRITERS: Final[dict[str, type[ResultWriter]]] = {
    "json": _JsonResults,
    "xml": _XmlResults,
    "csv": _CsvResults,
    "tsv": _TsvResults,
}


def _turtle(result: Result) -> str:
    def rs(name: str) -> ox.NamedNode:
        return ox.NamedNode(RS + name)

    top, kind = ox.BlankNode("result"), ox.NamedNode(RDF_TYPE)
    triples = [ox.Triple(top, kind, rs("ResultSet"))]
    if result.truth is not None:
        triples.append(ox.Triple(top, rs("boolean"), ox.Literal(result.truth)))
    triples += [ox.Triple(top, rs("resultVariable"), ox.Literal(name)) for name in result.columns]
    for number, row in enumerate(result.rows, 1):
        solution = ox.BlankNode(f"row{number}")
        triples += [
            ox.Triple(top, rs("solution"), solution),
            ox.Triple(solution, rs("index"), ox.Literal(number)),
        ]
        for name in result.columns:
            if name in row:
                cell = ox.BlankNode(f"row{number}-{name}")
                triples += [
                    ox.Triple(solution, rs("binding"), cell),
                    ox.Triple(cell, rs("variable"), ox.Literal(name)),
                    ox.Triple(cell, rs("value"), row[name]),
                ]
    return serialize(triples, ox.RdfFormat.TURTLE, {"rs": RS}).decode()
