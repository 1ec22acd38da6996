"""The files of a project, and the parsers that turn them into quads.

A project is a directory with ``data/`` and optionally ``ontology/``, ``shapes/`` and ``CITATION.cff``; the package
provides missing ones. Each Turtle file is one named graph. Its header gives the name: ``g:cica a dcat:Dataset``.
Link files are SSSOM TSV (https://mapping-commons.github.io/sssom/) and become ``schema:sameAs`` triples in a graph with
the name of the file.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from urllib.parse import quote

import pyoxigraph as ox

from cica_graph.model import edtf, literals
from cica_graph.model.errors import Finding, ProjectError
from cica_graph.model.terms import DCAT, DCTERMS, EDTF, GRAPH, RDF_TYPE, SCHEMA, SHAPE, XSD
from cica_graph.project import sssom
from cica_graph.project.positions import Positions, line_of, long_token, new_syntax

MAX_BYTES = 64 * 1024 * 1024  # one file; a larger one is a mistake or an attack
CITATION = "CITATION.cff"
CONCORDANCE = "data/concordance.tsv"
_TYPE, _DATASET = ox.NamedNode(RDF_TYPE), ox.NamedNode(DCAT + "Dataset")


def shipped() -> Path:
    """Return the directory with the ontology, data and shapes that come with this package."""
    package = Path(__file__).resolve().parents[1]
    inside = package / "shipped"
    return inside if inside.is_dir() else package.parents[1]


@dataclass(frozen=True)
class SourceFile:
    """One file of a project, read once."""

    path: Path
    name: str
    content: bytes = field(repr=False)

    @cached_property
    def digest(self) -> str:
        """BLAKE2b of name and content: a renamed file is another input, because findings contain its name."""
        return hashlib.blake2b(os.fsencode(self.name) + b"\0" + self.content, digest_size=20).hexdigest()

    def text(self) -> tuple[str, Finding | None]:
        """Return the content as text without byte order mark, and a finding if it is not UTF-8."""
        try:
            return self.content.decode("utf-8-sig"), None
        except UnicodeDecodeError as error:
            before = self.content[: error.start].decode("utf-8", "replace")
            line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
            return "", Finding(
                self.name,
                line,
                column,
                "encoding",
                "",
                f"byte 0x{self.content[error.start]:02X} is not UTF-8, so the file was not read",
                "save the file as UTF-8",
            )


@dataclass(frozen=True)
class Project:
    """The files of one project directory."""

    root: Path
    ontology: tuple[SourceFile, ...]
    data: tuple[SourceFile, ...]
    links: tuple[SourceFile, ...]
    shapes: tuple[SourceFile, ...]
    citation: SourceFile

    @classmethod
    def at(cls, directory: str | Path | None = None) -> Project:
        """Return the project in a directory (default: the shipped project).

        :raises ProjectError: the directory or its ``data/`` does not exist, or a file cannot be read.
        """
        root = shipped() if directory is None else Path(directory)
        if not root.is_dir():
            raise ProjectError(f"{root} is not a directory. Give the directory that contains data/.")
        if not (root / "data").is_dir():
            raise ProjectError(f"{root} has no data/ directory. Create it with one Turtle file in it.")
        data = _files(root, "data", "*.ttl")
        if not data:
            raise ProjectError(f"{root / 'data'} contains no .ttl file. Put one there.")
        own = {name: root if (root / name).is_dir() else shipped() for name in ("ontology", "shapes")}
        return cls(
            root=root,
            ontology=_files(own["ontology"], "ontology", "*.ttl"),
            data=data,
            links=_files(root, "data", "*.sssom.tsv"),
            shapes=_files(own["shapes"], "shapes", "*.ttl"),
            citation=read((cited if (cited := root / CITATION).is_file() else shipped() / CITATION), CITATION),
        )

    @cached_property
    def concordance(self) -> SourceFile:
        """The codes of organizations in datasets, from the project or else from the package.

        :raises ProjectError: the file cannot be read.
        """
        own = self.root / CONCORDANCE
        return read(own if own.is_file() else shipped() / CONCORDANCE, CONCORDANCE)

    @property
    def graph_files(self) -> tuple[SourceFile, ...]:
        """The files that make up the authored graph."""
        return self.ontology + self.data + self.links


def _files(root: Path, folder: str, pattern: str) -> tuple[SourceFile, ...]:
    found = []
    for path in sorted((root / folder).rglob(pattern), key=lambda p: p.relative_to(root).as_posix()):
        name = path.relative_to(root).as_posix()
        if any(part.startswith(".") for part in path.relative_to(root).parts) or not path.is_file():
            continue
        found.append(read(path, name))
    return tuple(found)


def read(path: Path, name: str) -> SourceFile:
    """Return one file with its content.

    :raises ProjectError: the file cannot be read or is too large.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ProjectError(f"{path} is larger than {MAX_BYTES >> 20} MiB. Split it.")
        return SourceFile(path, name, path.read_bytes())
    except OSError as error:
        raise ProjectError(f"{path} cannot be read: {error.strerror}") from error


@dataclass
class Parsed:
    """The result of parsing one file: a named graph, its quads, and the faults of the text.

    :ivar lines: of a table, the line of each subject.
    :ivar placed: number of the first quads that have positions: those before the first syntax error.
    """

    file: SourceFile
    graph: ox.NamedNode
    quads: list[ox.Quad]
    findings: list[Finding]
    lines: dict[str, int] = field(default_factory=dict)
    placed: int = 0

    @cached_property
    def positions(self) -> Positions:
        """The positions of the statements of a Turtle file."""
        return Positions(self.file.text()[0], (quad.triple for quad in self.quads[: self.placed]))

    def fault(self, rule: str, message: str, hint: str, place: tuple[int, int] = (1, 1), subject: str = "") -> None:
        """Add a finding about a line and a column of the file."""
        self.findings.append(Finding(self.file.name, *place, rule, subject, message, hint))


def parse(file: SourceFile) -> Parsed:
    """Return the statements of one file, Turtle or SSSOM by its name.

    Each syntax error is a finding with line and column. The other statements of the file are still read.
    """
    parsed = Parsed(file, ox.NamedNode(GRAPH + _in_iri(file.path.name.partition(".")[0])), [], [])
    text, damage = file.text()
    if damage is not None:
        parsed.findings.append(damage)
    elif file.name.endswith(".tsv"):
        _sssom(text, parsed)
    else:
        triples = _triples(text, parsed)
        _name_graph(triples, parsed)
        _add(triples, parsed)
    return parsed


def parse_shapes(file: SourceFile) -> Parsed:
    """Return the statements of a file of shapes, which has no dataset header."""
    parsed = Parsed(file, ox.NamedNode(SHAPE.rstrip("/")), [], [])
    text, damage = file.text()
    if damage is not None:
        parsed.findings.append(damage)
    _add(_triples(text, parsed), parsed)
    return parsed


def _in_iri(name: str) -> str:
    """Return a name of a file as part of an IRI: an IRI has no spaces and no bytes that are not UTF-8, for example."""
    return re.sub(r"[^\w.~-]", lambda found: quote(os.fsencode(found[0]), safe=""), name)


def _triples(text: str, parsed: Parsed) -> list[ox.Triple]:
    """Return the triples of a Turtle text. Its syntax errors become findings."""
    triples: list[ox.Triple] = []
    errors, new = 0, False
    for item in turtle(text):
        if isinstance(item, SyntaxError):
            errors += 1
            if errors <= _MOST:
                parsed.fault("syntax", _plain(str(item.msg)), _SYNTAX_HINT, (item.lineno or 0, item.offset or 0))
        elif isinstance(item.object, ox.Triple) or getattr(item.object, "direction", None):
            new = True  # the places end here
        else:
            triples.append(item)
            parsed.placed += not (errors or new)
    if new:
        place = line_of(text, new_syntax(text))
        parsed.fault("syntax", "statements about statements, and text with a direction, are RDF 1.2", _NEW_HINT, place)
    if errors > _MOST:
        parsed.fault("syntax", f"the file has {errors:,} syntax errors; the first {_MOST} are listed", _SYNTAX_HINT)
    return triples


def _name_graph(triples: list[ox.Triple], parsed: Parsed) -> None:
    """Take the name of the graph from the dataset header. A missing or repeated header becomes a finding."""
    headers = sorted(
        str(t.subject.value)
        for t in triples
        if t.predicate == _TYPE and t.object == _DATASET and isinstance(t.subject, ox.NamedNode)
    )
    if len(headers) == 1:
        parsed.graph = ox.NamedNode(headers[0])
    elif not parsed.findings:
        what = "no dataset header" if not headers else f"{len(headers)} dataset headers ({', '.join(headers)})"
        parsed.fault(
            "dataset-header",
            f"the file has {what}, so its graph has no unique name",
            f'state once: <{parsed.graph.value}> a dcat:Dataset ; dcterms:title "..."@en .',
        )


def _add(triples: list[ox.Triple], parsed: Parsed) -> None:
    """Add the quads of a file. A literal with a text that its datatype does not allow becomes a finding."""
    parsed.quads = [ox.Quad(t.subject, t.predicate, t.object, parsed.graph) for t in _labelled(triples, parsed)]
    for s, p, o, _ in parsed.quads:
        if not isinstance(o, ox.Literal) or isinstance(s, ox.Triple):
            continue
        message = literals.fault(o.value, XSD + "string" if o.language else o.datatype.value)
        if not message:
            continue
        place = parsed.positions.exact(s.value, p.value, o.value) or parsed.positions.find(s.value, p.value)
        rule, hint = ("date", edtf.HINT) if o.datatype.value == EDTF else ("literal", _LITERAL_HINT)
        parsed.fault(rule, message, hint, place, s.value if isinstance(s, ox.NamedNode) else "")


def turtle(text: str) -> Iterator[ox.Triple | SyntaxError]:
    """Yield the triples and the syntax errors of a Turtle text in order. The parser continues after a syntax error.

    It ends at a literal or an IRI that is too long for the parser.
    """
    reader = iter(ox.parse(text, format=ox.RdfFormat.TURTLE))
    while True:
        try:
            quad = next(reader)
        except StopIteration:
            return
        except SyntaxError as error:
            yield error
        except MemoryError:  # the parser holds one token at a time
            line, column = line_of(text, long_token(text, _LONGEST_TOKEN // 4))
            message = f": a literal, an IRI or a comment is larger than {_LONGEST_TOKEN >> 20} MiB; the file ends here"
            yield SyntaxError(message, (None, line, column, None))
            return
        else:
            yield quad.triple


_SYNTAX_HINT = "correct the Turtle here; the statement with the error was not read"
_NEW_HINT = "write a resource that has the statement's subject, predicate and object; such statements were not read"
_LITERAL_HINT = "correct the text, or give it the datatype that fits"
_LONGEST_TOKEN = 16 * 1024 * 1024  # bytes, in the parser
_MOST = 100  # syntax errors of a file that are listed


def _plain(message: str) -> str:
    """Return the parser's message without its line numbers: a finding has fields for them."""
    _, _, rest = message.partition(": ")
    return (rest or message)[:300]


def _labelled(triples: list[ox.Triple], parsed: Parsed) -> Iterator[ox.Triple]:
    """Yield the triples with blank nodes named by graph, file and order: unique in a store, and equal in each run."""
    names: dict[str, ox.BlankNode] = {}
    key = parsed.graph.value.encode() + b"\0" + os.fsencode(parsed.file.name)
    file = hashlib.blake2b(key, digest_size=6).hexdigest()

    def label(term: ox.NamedNode | ox.BlankNode) -> ox.NamedNode | ox.BlankNode:
        if isinstance(term, ox.BlankNode):
            return names.setdefault(term.value, ox.BlankNode(f"b{file}-{len(names) + 1}"))
        return term

    for t in triples:
        if isinstance(t.subject, ox.BlankNode) or isinstance(t.object, ox.BlankNode):
            subject = label(t.subject)  # type: ignore[arg-type]  # no triple term is the subject of a triple
            yield ox.Triple(subject, t.predicate, label(t.object) if isinstance(t.object, ox.BlankNode) else t.object)
        else:
            yield t


def _sssom(text: str, parsed: Parsed) -> None:
    """Turn the mappings of an SSSOM table into quads."""
    graph, table = parsed.graph, sssom.read(text, parsed.file.name)
    if table.complete:
        title, licence = table.text("mapping_set_title") or "Links", table.text("license")
        about: list[tuple[ox.NamedNode, ox.NamedNode | ox.Literal]]
        about = [(_TYPE, _DATASET), (ox.NamedNode(DCTERMS + "title"), ox.Literal(title, language="en"))]
        try:
            term = ox.NamedNode(licence) if licence.startswith("http") else ox.Literal(licence, language="en")
            about += [(ox.NamedNode(DCTERMS + "license"), term)] if licence else []
        except ValueError:
            table.fault(1, 1, f"license {licence[:80]!r} is not an IRI", "write the IRI of the licence alone")
        parsed.quads += [ox.Quad(graph, predicate, o, graph) for predicate, o in about]
    for row in table.rows:
        ids = table.ids(row)
        if ids is None or not table.states_link(row, ids):
            continue
        parsed.lines.setdefault(ids[0], row.line)
        if ids[1] == SCHEMA + "sameAs" or ids[1].endswith("Match"):
            parsed.quads.append(ox.Quad(ox.NamedNode(ids[0]), ox.NamedNode(ids[1]), ox.NamedNode(ids[2]), graph))
        else:
            table.fault(
                row.line,
                row.column("predicate_id"),
                f"predicate {row.cells['predicate_id']} is not allowed for links",
                "use schema:sameAs for things, skos:...Match for concepts",
            )
    parsed.findings += sorted(table.findings)
