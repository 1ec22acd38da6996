"""Tables as text, row by row, so that a table can end anywhere and still be whole.

The engine's own writer can only be stopped in the middle of a row. What is written here is what it writes, and a test
compares the two; but for characters that XML does not know, which it lets through and this refuses.

JSON: https://www.w3.org/TR/sparql11-results-json/, XML: https://www.w3.org/TR/rdf-sparql-XMLres/,
CSV and TSV: https://www.w3.org/TR/sparql11-results-csv-tsv/. Terms of RDF 1.2 are as in the drafts of SPARQL 1.2.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from json.encoder import encode_basestring
from typing import Final

import pyoxigraph as ox

from cica_graph.model.errors import UsageError
from cica_graph.model.terms import XSD
from cica_graph.store.store import Term

Cells = Iterable[Term | None]
_STRING: Final = XSD + "string"
_PARTS: Final = ("subject", "predicate", "object")


class Writer(ABC):
    """Writes one form of table, from the names of its columns."""

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
        """Return what comes after the rows; a note, unless it is empty, says that there would be more."""


class _Json(Writer):
    """A note is the member ``truncated`` of the outermost object.

    Most readers pass over it. That of Oxigraph gives every row and then says that it did not expect it.
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


class _Xml(Writer):
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
_EDGES: Final = re.compile(r"^[ \t\n]+|[ \t\n]+\Z")  # readers may take what stands there for layout
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
        raise UsageError(f"a value has the character U+{ord(found[0]):04X}, which XML cannot hold; ask for JSON")
    return _EDGES.sub(lambda m: "".join(f"&#{ord(c)};" for c in m[0]), text.translate(_MARKUP))


class _Csv(Writer):
    """Values as they are, RFC 4180 quotes. A note is a last record that begins with ``#``.

    A value that a spreadsheet would run, such as ``=1+1``, is not changed: the format forbids it (section 3.2).
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


class _Tsv(Writer):
    """Terms as Turtle writes them. A note is a text in the first column of a last row."""

    def head(self) -> str:
        return "\t".join("?" + name for name in self.names) + "\n"

    def row(self, cells: Cells) -> str:
        return "\t".join(["" if term is None else _tsv(term) for term in cells]) + "\n"

    def tail(self, note: str) -> str:
        return _tsv(ox.Literal(f"# {note}")) + "\t" * (len(self.names) - 1) + "\n" if note else ""


# What Turtle reads back as the same literal without quotes, https://www.w3.org/TR/turtle/#abbrev.
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


WRITERS: Final[dict[str, type[Writer]]] = {"json": _Json, "xml": _Xml, "csv": _Csv, "tsv": _Tsv}


def truth(value: bool, form: str) -> str:
    """Return the answer to an ASK query; CSV and TSV have no form of their own for it, and get the bare word."""
    word = "true" if value else "false"
    if form == "json":
        return f'{{"head":{{}},"boolean":{word}}}'
    return f"{_XML}<head></head><boolean>{word}</boolean></sparql>" if form == "xml" else word + "\n"
