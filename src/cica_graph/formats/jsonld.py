"""Writer for JSON-LD 1.1 (https://www.w3.org/TR/json-ld11/) with its context in the document.

Each subject is one node, compacted (https://www.w3.org/TR/json-ld11-api/#compaction-algorithms) by
``context.jsonld``. That context has only prefixes, terms with or without a type, and terms with a map of languages.
So compaction is a look-up of the term for a value and of the prefix for an IRI. The tests compare every byte with the
output of pyld.

Nodes are sorted by class, then by IRI, with blank nodes last. The classes are in the order of the context; other
classes follow by IRI, then nodes without a class. A node with several classes is sorted by the first of them. The
properties of a node are sorted by IRI, and the values of a property by language, then by their N-Triples text.

Integers and booleans are JSON numbers and booleans where the value stays exact.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

import pyoxigraph as ox

from cica_graph.formats.turtle import refuse_rdf12
from cica_graph.model.errors import UsageError
from cica_graph.model.terms import RDF_TYPE, XSD
from cica_graph.store.store import Store, Term, value

Node = dict[str, Any]  # a JSON object

_KEYWORDS = {"@version", "id", "type"}  # the part of the context that every document has
_EXACT = re.compile(r"0|-?[1-9][0-9]{0,14}", re.ASCII)  # fifteen digits: numbers in JSON are exact up to 2**53


def to_jsonld(store: Store) -> bytes:
    """Return the triples of a store, with the whole context.

    :raises UsageError: a value of RDF 1.2, or an IRI such as ``c:x``, which the context reads as another IRI.
    """
    graph, _ = _compact(store.triples())
    return _write(_context(), graph)


def document(triples: Iterable[ox.Triple]) -> bytes:
    """Return some triples, with the part of the context that they use.

    :raises UsageError: as :func:`to_jsonld`.
    """
    (graph, names), context = _compact(triples), _context()
    entries = [context[name] for name in names & context.keys()]
    texts = [text for entry in entries for text in ([entry] if isinstance(entry, str) else entry.values())]
    used = names | {text.partition(":")[0] for text in (*names, *texts)} | _KEYWORDS
    return _write({name: entry for name, entry in context.items() if name in used}, graph)


def _write(context: Node, graph: list[Node]) -> bytes:
    return (json.dumps({"@context": context, "@graph": graph}, ensure_ascii=False, indent=2) + "\n").encode()


def _compact(triples: Iterable[ox.Triple]) -> tuple[list[Node], set[str]]:
    """Return the nodes of the triples, and all names in them: keys, classes, datatypes and compact IRIs."""
    subjects: dict[str, dict[str, list[Term]]] = defaultdict(lambda: defaultdict(list))
    for t in dict.fromkeys(triples):
        refuse_rdf12(t, "jsonld")
        is_class = t.predicate.value == RDF_TYPE and not isinstance(t.object, ox.Literal)
        subjects[_text(t.subject)]["@type" if is_class else t.predicate.value].append(t.object)
    names: set[str] = set()
    places = sorted((_rank(values.get("@type", [])), _blank_last(name)) for name, values in subjects.items())
    return [_node(name, subjects[name], names) for _, (_, name) in places], names


def _rank(classes: list[Term]) -> tuple[int, tuple[bool, str]]:
    ranks = _ranks()
    found = [(ranks.get(name, len(ranks)), _blank_last(name)) for name in map(_text, classes)]
    return min(found, default=(len(ranks) + 1, _blank_last("")))


def _blank_last(name: str) -> tuple[bool, str]:
    return name.startswith("_:"), name


def _text(term: Term) -> str:
    return f"_:{term.value}" if isinstance(term, ox.BlankNode) else value(term)


def _node(name: str, values: dict[str, list[Term]], names: set[str]) -> Node:
    node: Node = {"id": _short(name)}
    for predicate in sorted(values):  # @type, then IRIs
        for term in sorted(values[predicate], key=lambda v: (getattr(v, "language", None) or "", str(v))):
            _put(node, predicate, term, names)
    names.update(node, [node["id"]])
    return node


def _put(node: Node, predicate: str, term: Term, names: set[str]) -> None:
    """Add a value to a node, in the shortest form that its key allows."""
    bare: Any
    whole: Any
    if not isinstance(term, ox.Literal):
        kind, bare = "@id", (_name if predicate == "@type" else _short)(_text(term))
        whole = {"id": bare}
        names.add(bare)
    elif term.language:
        kind, bare = "@language", term.value
        whole = {"@language": term.language, "@value": bare}
    elif (kind := term.datatype.value) == XSD + "string":
        kind, bare, whole = "", term.value, term.value
    else:
        bare = _native(term.value, kind)
        whole = {"type": _name(kind), "@value": bare}
        names.add(_name(kind))
    key, takes = _key(predicate, kind)
    if takes == "@language":
        _append(node.setdefault(key, {}), getattr(term, "language", None) or "@none", bare)
    else:
        _append(node, key, bare if takes == kind else whole)


def _append(values: Node, key: str, value: object) -> None:
    if key not in values:
        values[key] = value
    elif isinstance(values[key], list):
        values[key].append(value)
    else:
        values[key] = [values[key], value]


def _native(text: str, datatype: str) -> str | int | bool:
    if datatype == XSD + "boolean" and text in ("true", "false"):
        return text == "true"
    return int(text) if datatype == XSD + "integer" and _EXACT.fullmatch(text) else text


@lru_cache(maxsize=1 << 16)
def _key(predicate: str, kind: str) -> tuple[str, str]:
    """Return the key of a property for one kind of value, and the kind that the key implies.

    A kind is ``@id``, ``@language``, a datatype, or empty for a plain string.
    """
    terms = _terms()
    for takes in (kind, "") if kind else ("", "@language"):
        if (predicate, takes) in terms:
            return terms[predicate, takes], takes
    short = _short(predicate)
    return (predicate if short in _context() else short), ""  # such as org:member, a term for IRIs only


@lru_cache(maxsize=1 << 16)
def _name(iri: str) -> str:
    """Return the compact form of a class or datatype, which may be a term."""
    terms = _terms()
    return terms.get((iri, "@id")) or terms.get((iri, "")) or _short(iri)


@lru_cache(maxsize=1 << 16)
def _short(iri: str) -> str:
    """Return the compact form of an IRI, with a prefix if the context has one for it.

    :raises UsageError: the IRI itself begins like a prefix.
    """
    prefixes = _prefixes()
    if iri.partition(":")[0] in prefixes.values():
        raise UsageError(f"<{iri}> begins like a prefix of the JSON-LD context. Export to another format than jsonld.")
    for namespace, prefix in prefixes.items():
        rest = iri.removeprefix(namespace)
        if rest and rest != iri and not rest.startswith("//"):  # with //, it would read as an absolute IRI
            return f"{prefix}:{rest}"
    return iri


@cache
def _context() -> Node:
    context: Node = json.loads(files(__package__).joinpath("context.jsonld").read_text("utf-8"))["@context"]
    return context


@cache
def _prefixes() -> dict[str, str]:
    """Return the prefixes of the context by their namespaces. No namespace is the beginning of another."""
    return {text: name for name, text in _context().items() if str(text).endswith(("/", "#"))}


@cache
def _terms() -> dict[tuple[str, str], str]:
    """Return the terms by IRI and kind: ``@id``, ``@language``, a datatype, or empty for any value."""
    terms = {("@type", "@id"): "type"}
    for name, entry in _context().items():
        if isinstance(entry, str):
            terms[_long(entry), ""] = name
        elif isinstance(entry, dict):
            terms[_long(entry.get("@id", name)), entry.get("@container") or _long(entry["@type"])] = name
    return terms


@cache
def _ranks() -> dict[str, int]:
    """Return the rank of each class of the context."""
    classes = [entry for name, entry in _context().items() if name[0].isupper()]
    return {_long(entry): rank for rank, entry in enumerate(classes)}


def _long(text: str) -> str:
    prefix, _, rest = text.partition(":")
    return _context()[prefix] + rest if prefix in _prefixes().values() else text
