"""P463 statements of Wikidata in RDF: N-Triples and Turtle.

The form is that of the dumps, https://www.mediawiki.org/wiki/Wikibase/Indexing/RDF_Dump_Format: an item points with
``p:P463`` at a statement node, which has its value at ``ps:``, qualifiers at ``pq:`` and, with their precision, at
``pqv:``. Nodes come in any order and value nodes are shared, so the file is read three times: for the P463 statements,
for their nodes, and for the values, references, labels and redirects of the nodes. Memory grows by about two
kilobytes a P463 statement, and does not grow with the rest of the file.

Only the lines of N-Triples that are needed are parsed: an invalid line elsewhere is not reported.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from cica_graph.files.streams import MAX_LINE, ReadProblem, opened, read_rdf
from cica_graph.model.errors import UsageError
from cica_graph.model.progress import OnProgress, share
from cica_graph.model.terms import OWL, PROV, RDF_TYPE, RDFS
from cica_graph.wikidata.statement import GREGORIAN, Kind, Statement, WikiTime

_W: Final = "http://www.wikidata.org/"
_ENTITY, _STATEMENT = _W + "entity/", _W + "entity/statement/"
_P, _PS, _WDT, _NONE = _W + "prop/P463", _W + "prop/statement/P463", _W + "prop/direct/P463", _W + "prop/novalue/"
_PQ, _PQV = _W + "prop/qualifier/", _W + "prop/qualifier/value/"
_URL, _STATED_IN = _W + "prop/reference/P854", _W + "prop/reference/P248"
_WIKIBASE: Final = "http://wikiba.se/ontology#"
_RANKS: Final = {f"{_WIKIBASE}{name.capitalize()}Rank": name for name in ("preferred", "normal", "deprecated")}
_BOM: Final = b"\xef\xbb\xbf"
_PASSES: Final = 3
_QID = re.compile(re.escape(_ENTITY) + r"(Q[1-9][0-9]*)", re.ASCII)
_DATETIME = re.compile(r"([+-]?)([0-9]{4,})(-[0-9]{2}-[0-9]{2}T[0-9:]+?)(?:Z|\+00:00)", re.ASCII)

Line = tuple[int, ox.Triple]
Keep = Callable[[bytes, bytes], bool]  # subject and predicate as N-Triples write them


@dataclass
class _Value:
    time: str = ""
    precision: int | None = None
    calendar: str = GREGORIAN


@dataclass
class _Node:
    """The data of one statement node."""

    line: int
    subjects: list[str] = field(default_factory=list)
    values: list[ox.Triple] = field(default_factory=list)
    rank: str = "normal"
    simple: dict[str, list[object]] = field(default_factory=dict)  # pq:, by property
    full: dict[str, list[str]] = field(default_factory=dict)  # pqv:, IRIs of value nodes
    none: set[str] = field(default_factory=set)  # properties that have no value
    references: list[str] = field(default_factory=list)


def statements(path: Path, *, turtle: bool, on_progress: OnProgress | None = None) -> Iterator[Statement | ReadProblem]:
    """Yield the statements of a file in the order of the file, and a problem for each part that cannot be read.

    :raises UsageError: the file does not exist, or has truthy statements only.
    """
    return _Reader(path, turtle, on_progress).statements()


class _Reader:
    """The three passes over a file, and the data that they collect."""

    def __init__(self, path: Path, turtle: bool, on_progress: OnProgress | None) -> None:
        self._path, self._on_progress = path, on_progress
        self._read = _turtle if turtle else _ntriples
        self._reported = set[ReadProblem]()
        self._nodes = dict[str, _Node]()
        self._values = dict[str, _Value]()
        self._cited = dict[str, set[str]]()
        self._labels = dict[str, str]()
        self._redirects = dict[str, str]()

    def statements(self) -> Iterator[Statement | ReadProblem]:
        yield from self._find_nodes()
        keys = {f"<{node}>".encode() for node in self._nodes}
        for found in self._triples(1, lambda subject, _: subject in keys):
            if isinstance(found, ReadProblem):
                yield found
            else:
                _note(self._nodes[_iri(found[1].subject)], found[1])
        yield from self._find_values()
        for iri, node in self._nodes.items():
            yield _statement(iri, node, self._values, self._cited, self._labels, self._redirects)

    def _triples(self, number: int, keep: Keep) -> Iterator[Line | ReadProblem]:
        """Yield the triples of one pass, and each problem once in all passes."""
        for found in self._read(self._path, keep, share(self._on_progress, number, _PASSES)):
            if not isinstance(found, ReadProblem):
                yield found
            elif found not in self._reported:
                self._reported.add(found)
                yield found

    def _find_nodes(self) -> Iterator[ReadProblem]:
        """Find the statement nodes of P463."""
        predicates, truthy = {f"<{iri}>".encode() for iri in (_P, _PS, _WDT)}, False
        for found in self._triples(0, lambda _, predicate: predicate in predicates):
            if isinstance(found, ReadProblem):
                yield found
                continue
            line, triple = found
            if triple.predicate.value == _WDT:
                truthy = True
                continue
            node = _iri(triple.object) if triple.predicate.value == _P else _iri(triple.subject)
            if not node.startswith(_STATEMENT):
                yield ReadProblem(line, f"{node or triple.object} is not a statement node of Wikidata")
                continue
            known = self._nodes.setdefault(node, _Node(line))
            if triple.predicate.value == _P:
                known.line = line
                known.subjects.append(_iri(triple.subject))
        if truthy and not self._nodes:
            raise UsageError(
                f"{self._path} has only truthy statements, which have no dates and no ranks; use the full dump "
                "(https://dumps.wikimedia.org/wikidatawiki/entities/, latest-all, not latest-truthy)"
            )

    def _find_values(self) -> Iterator[ReadProblem]:
        """Find the values, references, labels and redirects that the statement nodes name."""
        nodes, things = self._nodes.values(), set[str]()
        for node in nodes:
            self._values |= {iri: _Value() for many in node.full.values() for iri in many}
            self._cited |= {iri: set() for iri in node.references}
            things |= {*node.subjects, *(_iri(t.object) for t in node.values)}
        keys = {f"<{iri}>".encode() for iri in (*self._values, *self._cited)}
        named = {f"<{iri}>".encode() for iri in things if iri}
        labelled = {f"<{iri}>".encode() for iri in (RDFS + "label", OWL + "sameAs")}
        for found in self._triples(2, lambda s, p: s in keys or (p in labelled and s in named)):
            if isinstance(found, ReadProblem):
                yield found
                continue
            line, triple = found
            subject, predicate, o = _iri(triple.subject), triple.predicate.value, triple.object
            if subject in self._values:
                if problem := _value(self._values[subject], triple, line):
                    yield problem
            elif subject in self._cited and predicate in (_URL, _STATED_IN):
                self._cited[subject].add(_short(o))
            elif predicate == RDFS + "label" and isinstance(o, ox.Literal) and o.language == "en":
                self._labels[subject] = o.value
            elif predicate == OWL + "sameAs":
                self._redirects[subject] = _short(o)
                yield ReadProblem(line, f"{_short(triple.subject)} redirects to {_short(o)}, which is used")


def _note(node: _Node, triple: ox.Triple) -> None:
    predicate, o = triple.predicate.value, triple.object
    if predicate == _PS:
        node.values.append(triple)
    elif predicate == _WIKIBASE + "rank":
        node.rank = _RANKS.get(_iri(o), _iri(o))
    elif predicate.startswith(_PQV):
        node.full.setdefault(predicate.removeprefix(_PQV), []).append(_iri(o))
    elif predicate.startswith(_PQ) and "/" not in predicate.removeprefix(_PQ):
        node.simple.setdefault(predicate.removeprefix(_PQ), []).append(o)
    elif predicate == RDF_TYPE and _iri(o).startswith(_NONE):
        node.none.add(_iri(o).removeprefix(_NONE))
    elif predicate == PROV + "wasDerivedFrom":
        node.references.append(_iri(o))


def _value(value: _Value, triple: ox.Triple, line: int) -> ReadProblem | None:
    name, text = triple.predicate.value.removeprefix(_WIKIBASE), _text(triple.object)
    if name == "timeValue":
        value.time = text
    elif name == "timeCalendarModel":
        value.calendar = text.rpartition("/")[2]
    elif name == "timePrecision":
        if not re.fullmatch(r"\+?[0-9]{1,2}", text, re.ASCII):
            return ReadProblem(line, f"{text!r} is not a precision of a time, which is 0 to 14")
        value.precision = int(text)
    return None


def _statement(
    iri: str, node: _Node, values: dict[str, _Value], cited: dict[str, set[str]], labels: dict[str, str],
    redirects: dict[str, str],
) -> Statement | ReadProblem:  # fmt: skip
    name = iri.removeprefix(_STATEMENT).replace("-", "$", 1)
    subjects = sorted({found[1] for s in node.subjects if (found := _QID.fullmatch(s))})
    if len(subjects) != 1:
        whose = "no item" if not subjects else f"{len(subjects)} items"
        return ReadProblem(node.line, f"P463 statement {name} belongs to {whose}, so it is not known who is a member")
    if node.rank not in _RANKS.values():
        return ReadProblem(node.line, f"P463 statement {name} cannot be read: {node.rank!r} is not a rank")
    kind: Kind = "value"
    about: str | None = None
    objects = sorted({str(t.object): t.object for t in node.values}.values(), key=str)
    if len(objects) > 1:
        return ReadProblem(node.line, f"P463 statement {name} has {len(objects)} values; a statement has one")
    if not objects:
        if "P463" not in node.none:
            return ReadProblem(node.line, f"P463 statement {name} has no value")
        kind = "novalue"
    elif _unknown(objects[0]):
        kind = "somevalue"
    else:
        found = _QID.fullmatch(redirects.get(_iri(objects[0]), _iri(objects[0])))
        about = redirects.get(_iri(objects[0])) or (found[1] if found else None)
        if about is None:
            return ReadProblem(node.line, f"P463 statement {name} cannot be read: {objects[0]} is not an item")
    subject = subjects[0]
    others = sorted(({*node.simple, *node.none} | set(node.full)) - {"P580", "P582", "P463"})
    return Statement(
        id=name,
        subject=redirects.get(_ENTITY + subject, subject),
        object=about,
        kind=kind,
        rank=node.rank,
        start=_times(node, "P580", values),
        end=_times(node, "P582", values),
        qualifiers={p: tuple(str(_any(node, p, values, v)) for v in _given(node, p)) for p in others},
        references=len(set(node.references)),
        cited=tuple(sorted({c for r in node.references for c in cited[r]})),
        line=node.line,
        label=labels.get(_ENTITY + subject, ""),
        object_label=labels.get(_iri(objects[0]), "") if objects else "",
    )


def _given(node: _Node, name: str) -> list[object]:
    return [*node.simple.get(name, []), *([None] if name in node.none else [])]


def _times(node: _Node, name: str, values: dict[str, _Value]) -> tuple[WikiTime, ...]:
    """Return the dates at one qualifier: a value node has more than the simple value."""
    full = [values[iri] for iri in node.full.get(name, []) if values[iri].time]
    times = {WikiTime("value", v.time, v.precision, v.calendar) for v in full}
    for o in _given(node, name):
        if o is None:
            times.add(WikiTime("novalue"))
        elif _unknown(o):
            times.add(WikiTime("somevalue"))
        elif _text(o) not in {v.time for v in full}:
            times.add(WikiTime("value", _text(o)))
    return tuple(sorted(times, key=lambda t: (t.kind, t.time, t.precision or 0)))


def _any(node: _Node, name: str, values: dict[str, _Value], o: object) -> str:
    if o is None:
        return "novalue"
    if _unknown(o):
        return "somevalue"
    text = _text(o)
    for iri in node.full.get(name, []):
        if text and values[iri].time == text:
            return str(WikiTime("value", text, values[iri].precision))
    return _short(o) if isinstance(o, ox.NamedNode) else text


def _unknown(o: object) -> bool:
    """Return whether a term is an unknown value: a blank node, or an IRI that replaces it in newer dumps."""
    return isinstance(o, ox.BlankNode) or "/.well-known/genid/" in _iri(o)


def _iri(term: object) -> str:
    return term.value if isinstance(term, ox.NamedNode) else ""


def _short(term: object) -> str:
    """Return a Q-id for an item, else the text of the term."""
    found = _QID.fullmatch(_iri(term))
    return found[1] if found else _text(term)


def _text(term: object) -> str:
    """Return a term as text, a dateTime as Wikidata's own JSON writes it.

    XSD 1.1, which the dumps follow, has a year 0 where Wikidata counts 1 BCE as -1.
    """
    if isinstance(term, ox.NamedNode | ox.BlankNode):
        return term.value
    assert isinstance(term, ox.Literal)
    if term.language:
        return f"{term.value}@{term.language}"
    found = _DATETIME.fullmatch(term.value) if term.datatype.value.endswith("#dateTime") else None
    if found is None:
        return term.value
    year = int(found[1] + found[2])
    sign, count = ("-", 1 - year) if year <= 0 else ("+", year)
    return f"{sign}{count:04}{found[3]}Z"


def _ntriples(path: Path, keep: Keep, on_progress: OnProgress | None) -> Iterator[Line | ReadProblem]:
    """Yield the triples of the lines that are wanted. https://www.w3.org/TR/n-triples/."""
    size = path.stat().st_size if path.is_file() else 0
    number = 0
    with opened(path) as (raw, stream):
        try:
            while line := stream.readline(MAX_LINE + 1):
                number += 1
                if number == 1:
                    line = line.removeprefix(_BOM)
                if on_progress is not None and number % 4096 == 0:
                    on_progress(raw.tell(), size)
                if len(line) > MAX_LINE:
                    yield ReadProblem(number, f"the line is longer than {MAX_LINE >> 20} MiB")
                    while line and not line.endswith(b"\n"):
                        line = stream.readline(MAX_LINE)
                    continue
                parts = line.split(None, 2)
                if len(parts) == 3 and keep(parts[0], parts[1]):
                    try:
                        # Blank nodes keep their names, or the same one would be another in each line.
                        quads = list(ox.parse(line.strip(), format=ox.RdfFormat.N_TRIPLES, rename_blank_nodes=False))
                    except SyntaxError as error:
                        yield ReadProblem(number, f"the line is not a triple: {error.msg}")
                        continue
                    yield from ((number, quad.triple) for quad in quads)
        except (OSError, EOFError) as error:  # gzip and bz2 raise these for a truncated or damaged file
            yield ReadProblem(number, f"the rest of the file cannot be read: {error}")
    if on_progress is not None:
        on_progress(size, size)


def _turtle(path: Path, keep: Keep, on_progress: OnProgress | None) -> Iterator[Line | ReadProblem]:
    """Yield the triples that are wanted, without lines. https://www.w3.org/TR/turtle/."""
    for result in read_rdf(path, ox.RdfFormat.TURTLE, on_progress):
        if isinstance(result, ReadProblem):
            yield result
        elif keep(str(result.subject).encode(), str(result.predicate).encode()):
            yield 0, result
