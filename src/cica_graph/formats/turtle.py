"""Writers for Turtle, TriG, N-Triples and N-Quads, in the order of statements in a store (``store.place``)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import pyoxigraph as ox

from cica_graph.model.errors import UsageError
from cica_graph.model.terms import PREFIXES
from cica_graph.store.store import sort_key

_HEADER = re.compile(rb"(?:@prefix [^\n]*\n)*")
_TEXT_OR_IRI = re.compile(rb'"(?:[^"\\]|\\.)*"|<[^>]*>')
_PREFIX = re.compile(rb"(?<![\w:.\\-])([a-z]+):")


def ordered(triples: Iterable[ox.Triple]) -> list[ox.Triple]:
    """Return triples in the order of a store."""
    return sorted(triples, key=lambda t: sort_key(*t))


def serialize(
    statements: list[ox.Triple] | list[ox.Quad], form: ox.RdfFormat, known: Mapping[str, str] = PREFIXES
) -> bytes:
    """Return statements in one of the engine's formats, with the known prefixes if the format has prefixes."""
    prefixes = dict(known) if form not in (ox.RdfFormat.N_TRIPLES, ox.RdfFormat.N_QUADS) else None
    data = ox.serialize(statements, format=form, prefixes=prefixes)
    assert data is not None  # only a file as target gives None
    return data


def turtle(triples: Iterable[ox.Triple], known: Mapping[str, str] = PREFIXES) -> bytes:
    """Return triples as Turtle, with only the known prefixes that they use."""
    return tidy(serialize(ordered(triples), ox.RdfFormat.TURTLE, known), known)


def tidy(data: bytes, known: Mapping[str, str] = PREFIXES) -> bytes:
    """Return Turtle or TriG with only the prefixes that the text uses, in the order of the known prefixes."""
    body = data[_HEADER.match(data).end() :]  # type: ignore[union-attr]  # it always matches, at least the empty text
    used = {name.decode() for name in _PREFIX.findall(_TEXT_OR_IRI.sub(b" ", body))}
    header = "".join(f"@prefix {name}: <{iri}> .\n" for name, iri in known.items() if name in used)
    return (header + "\n" if header else "").encode() + body


def refuse_rdf12(t: ox.Triple, form: str) -> None:
    """Refuse a triple that needs RDF 1.2.

    :raises UsageError: the triple has a triple term or a literal with a direction.
    """
    if isinstance(t.object, ox.Triple) or (isinstance(t.object, ox.Literal) and t.object.direction is not None):
        raise UsageError(f"{t.subject} {t.predicate} has a value of RDF 1.2, which {form} cannot hold.")
