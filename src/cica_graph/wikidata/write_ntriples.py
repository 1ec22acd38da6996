"""Writer of P463 statements as N-Triples in the form of Wikidata's RDF, which can be read again.

The form is that of the dumps, https://www.mediawiki.org/wiki/Wikibase/Indexing/RDF_Dump_Format, with rank, every
qualifier, the precision of times, and references. The IRIs of value and reference nodes are digests of their content.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from datetime import date
from typing import Final

import pyoxigraph as ox

from cica_graph.model.terms import PROV, RDF_TYPE, RDFS, XSD
from cica_graph.wikidata.statement import GREGORIAN, Statement, WikiTime

_W: Final = "http://www.wikidata.org/"
_WIKIBASE: Final = "http://wikiba.se/ontology#"
_ITEM = re.compile(r"Q[1-9][0-9]*", re.ASCII)
_TIME = re.compile(r"([+-][0-9]{4,16}-[0-9]{2}-[0-9]{2}T[0-9:]+Z)(?:/([0-9]{1,2}))?", re.ASCII)
_DAY = re.compile(r"\+([0-9]{4})-([0-9]{2})-([0-9]{2})T00:00:00Z", re.ASCII)


def lines(statement: Statement) -> Iterator[str]:
    """Yield one statement as N-Triples lines, without their line ends."""
    for triple in triples(statement):
        yield f"{triple} ."


def triples(s: Statement) -> Iterator[ox.Triple]:
    """Yield one statement as triples."""
    node = ox.NamedNode(f"{_W}entity/statement/{s.id.replace('$', '-', 1)}")
    subject = _entity(s.subject)
    yield _t(subject, _W + "prop/P463", node)
    yield _t(node, RDF_TYPE, ox.NamedNode(_WIKIBASE + "Statement"))
    yield _t(node, _WIKIBASE + "rank", ox.NamedNode(f"{_WIKIBASE}{s.rank.capitalize()}Rank"))
    if s.object is not None:
        yield _t(node, _W + "prop/statement/P463", _entity(s.object))
    elif s.kind == "somevalue":
        yield _t(node, _W + "prop/statement/P463", _unknown(s.id, "P463"))
    else:
        yield _t(node, RDF_TYPE, ox.NamedNode(_W + "prop/novalue/P463"))
    for prop, times in (("P580", s.start), ("P582", s.end)):
        for time in times:
            yield from _qualifier(s.id, node, prop, time)
    for prop, values in s.qualifiers.items():
        for value in values:
            yield from _qualifier(s.id, node, prop, _value(value))
    for number in range(s.references):
        reference = ox.NamedNode(f"{_W}reference/{_digest(s.id, str(number))}")
        yield _t(node, PROV + "wasDerivedFrom", reference)
        if number == 0:  # which reference cites what is not kept of a statement, only that one does
            for cited in s.cited:
                about = "P248" if _ITEM.fullmatch(cited) else "P854"
                yield _t(reference, f"{_W}prop/reference/{about}", _term(cited))
    for item, label in ((subject, s.label), (_entity(s.object) if s.object else None, s.object_label)):
        if item is not None and label:
            yield _t(item, RDFS + "label", ox.Literal(label, language="en"))


def _qualifier(id_: str, node: ox.NamedNode, prop: str, value: WikiTime | str) -> Iterator[ox.Triple]:
    kind = value.kind if isinstance(value, WikiTime) else value
    if kind == "novalue":
        yield _t(node, RDF_TYPE, ox.NamedNode(f"{_W}prop/novalue/{prop}"))
    elif kind == "somevalue":
        yield _t(node, f"{_W}prop/qualifier/{prop}", _unknown(id_, prop))
    elif isinstance(value, str):
        yield _t(node, f"{_W}prop/qualifier/{prop}", _term(value))
    else:
        yield _t(node, f"{_W}prop/qualifier/{prop}", _time(value.time))
        if value.precision is not None:
            full = ox.NamedNode(f"{_W}value/{_digest(value.time, str(value.precision), value.calendar)}")
            yield _t(node, f"{_W}prop/qualifier/value/{prop}", full)
            yield _t(full, _WIKIBASE + "timeValue", _time(value.time))
            yield _t(full, _WIKIBASE + "timePrecision", ox.Literal(value.precision))
            yield _t(full, _WIKIBASE + "timeCalendarModel", _entity(value.calendar))


def _value(text: str) -> WikiTime | str:
    """Return the time that a qualifier's text writes, as ``WikiTime`` prints it, else the text."""
    found = _TIME.fullmatch(text)
    return WikiTime("value", found[1], int(found[2]) if found[2] else None, GREGORIAN) if found else text


def _time(text: str) -> ox.Literal:
    """Return a dateTime if XSD has the day, else the text, as the dumps do."""
    found = _DAY.fullmatch(text)
    try:
        if found and date(int(found[1]), int(found[2]), int(found[3])):
            return ox.Literal(text[1:], datatype=ox.NamedNode(XSD + "dateTime"))
    except ValueError:
        pass
    return ox.Literal(text)


def _term(text: str) -> ox.NamedNode | ox.Literal:
    if _ITEM.fullmatch(text):
        return _entity(text)
    if re.match(r"https?://", text):
        try:
            return ox.NamedNode(text)
        except ValueError:  # keep an address that is not an IRI as text
            pass
    return ox.Literal(text)


def _entity(qid: str) -> ox.NamedNode:
    return ox.NamedNode(f"{_W}entity/{qid}")


def _unknown(id_: str, prop: str) -> ox.NamedNode:
    return ox.NamedNode(f"{_W}.well-known/genid/{_digest(id_, prop)}")


def _digest(*parts: str) -> str:
    return hashlib.blake2b("\0".join(parts).encode(), digest_size=16).hexdigest()


def _t(subject: ox.NamedNode, predicate: str, obj: ox.NamedNode | ox.Literal) -> ox.Triple:
    return ox.Triple(subject, ox.NamedNode(predicate), obj)
