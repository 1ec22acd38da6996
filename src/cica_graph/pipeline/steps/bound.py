"""Bounds: four days that can be compared, from the stated dates.

For each membership, organization or other thing with a duration::

    earliestStart  first day of the stated start
    latestStart    last day of the stated start, or of the first attestation or the end if that is earlier
    earliestEnd    first day of the stated end, or of the last attestation or the start if that is later
    latestEnd      last day of the stated end

It is certain on each day from latestStart to earliestEnd, and possible on each day from earliestStart to latestEnd. A
missing bound is unknown, not infinite: no reported end does not mean that a membership continues. An event or an
instrument has one date, between earliestStart and latestEnd.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date

import pyoxigraph as ox

from cica_graph import queries
from cica_graph.model import edtf
from cica_graph.model.errors import Finding, InvalidDate
from cica_graph.model.terms import CG, EDTF, GRAPH
from cica_graph.store.store import Store, day_literal

BOUNDS = ox.NamedNode(GRAPH + "bounds")
Span = tuple[date, date]


def bound(store: Store) -> tuple[list[ox.Quad], list[Finding]]:
    """Return the bounds of everything with a date, and a finding for each text that is not a date."""
    stated: defaultdict[str, defaultdict[str, list[Span]]] = defaultdict(lambda: defaultdict(list))
    findings = []
    for row in store.select(queries.shipped("derive", "dated").text):
        thing, prop, value = row["thing"], row["property"], row["date"]
        if not (isinstance(thing, ox.NamedNode) and isinstance(prop, ox.NamedNode) and isinstance(value, ox.Literal)):
            continue  # the shapes report it
        if value.datatype.value != EDTF:
            continue  # the shapes report it
        name = prop.value.removeprefix(CG)
        try:
            read = _spoken if name == "accurateAsOf" else edtf.span
            stated[thing.value][name].append(read(value.value))
        except InvalidDate as error:
            if name != "accurateAsOf":  # reported once, for the source itself
                findings.append(_bad(thing, prop, value, error))
    for row in store.select(queries.shipped("select", "source-dates").text):
        source, value = row["source"], row["date"]
        if isinstance(source, ox.NamedNode) and isinstance(value, ox.Literal) and value.datatype.value == EDTF:
            try:
                _spoken(value.value)
            except InvalidDate as error:
                findings.append(_bad(source, ox.NamedNode(CG + "accurateAsOf"), value, error))
    quads = []
    for thing_iri, given in sorted(stated.items()):
        for name, when in _bounds(given):
            quads.append(ox.Quad(ox.NamedNode(thing_iri), ox.NamedNode(CG + name), day_literal(when), BOUNDS))
    return quads, findings


def _spoken(text: str) -> Span:
    """Return the first and last day for which a source may speak: ``../2026-02-04`` is that day or an earlier one."""
    return (date.min, edtf.span(text[3:])[1]) if text.startswith("../") else edtf.span(text)


def _bad(thing: ox.NamedNode, prop: ox.NamedNode, value: ox.Literal, error: InvalidDate) -> Finding:
    return Finding("", 0, 0, "date", f"{thing.value} {prop.value} {value.value}", str(error), edtf.HINT)


def _bounds(given: dict[str, list[Span]]) -> list[tuple[str, date]]:
    starts, ends, seen = given.get("start", []), given.get("end", []), given.get("attestedOn", [])
    seen = seen + given.get("accurateAsOf", [])
    if not (starts or ends or seen):
        return [
            (name, when)
            for first, last in given.get("date", [])
            for name, when in (("earliestStart", first), ("latestEnd", last))
        ]
    known = {
        "earliestStart": [first for first, _ in starts],
        "latestStart": [last for _, last in starts + seen + ends],
        "earliestEnd": [first for first, _ in ends + seen + starts if first > date.min],
        "latestEnd": [last for _, last in ends],
    }
    pick = {"earliestStart": max, "latestStart": min, "earliestEnd": max, "latestEnd": min}
    return [(name, pick[name](days)) for name, days in known.items() if days]
