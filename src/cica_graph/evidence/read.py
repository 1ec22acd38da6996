"""The evidence of a graph, read from a store."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final, NamedTuple

import pyoxigraph as ox

from cica_graph import queries
from cica_graph.evidence.records import EDITORS, HIGH, LOW, Bounds, Coverage, Evidence, Report, Span
from cica_graph.model import edtf
from cica_graph.model.errors import InvalidDate
from cica_graph.model.terms import local
from cica_graph.store.store import Store

# An end later than this is a placeholder such as 9999-12-31, when the source does not state for which day it speaks.
_FAR: Final = date(2100, 1, 1).toordinal()


class Reading(NamedTuple):
    """The statements of a membership or report, from which the reports of its sources are made.

    :ivar membership: IRI of the membership that a report is about; empty for a membership; its own IRI for a report
        that the editors reject.
    :ivar sources: the days for which each cited source speaks, None when it states none.
    """

    node: str
    membership: str
    member: str
    organization: str
    role: str
    start: str
    end: str
    attested: tuple[str, ...]
    sources: Mapping[str, str]

    @property
    def rejected(self) -> bool:
        """Return whether the reading is a report that the editors reject."""
        return self.membership == self.node


@dataclass
class _Draft:
    row: tuple[str, str, str, str]
    starts: set[str] = field(default_factory=set)
    ends: set[str] = field(default_factory=set)
    attested: set[str] = field(default_factory=set)
    sources: dict[str, str] = field(default_factory=dict)


def read(store: Store, readings: Sequence[Reading], organizations: Iterable[str] = ("",)) -> Evidence:
    """Return the evidence of a graph from its memberships and reports (see :func:`readings_of`).

    Texts that are not dates bound nothing; the bound step reports them.

    :param organizations: the organizations that the readings are about; an empty text: all.
    """
    copies = {row[0]: row[1] for row in _rows(store, "copies")}
    broadest, excluded = _roles(store)
    coverages = dict[str, list[Coverage]]()
    for organization in organizations:
        coverages |= _coverages(_of(store, "coverages", organization), broadest, copies)
    voices = {node for node, _ in _rows(store, "voices")}
    reports = defaultdict[tuple[str, str], list[Report]](list)
    maker = _Maker(coverages, _horizon(store, readings), copies)
    for reading in readings:
        role = broadest.get(reading.role, local(reading.role))
        for report in maker.reports(reading, role, by_editors=not reading.membership and reading.node not in voices):
            reports[report.member, report.organization].append(report)
    return Evidence(
        reports={pair: sorted(set(given)) for pair, given in reports.items()},
        coverages=coverages,
        lives={actor: life for actor, start, end in _rows(store, "lives") if (life := _life(start, end))},
        populations=_populations(store),
        excluded=excluded,
        edited_until={organization: _window(day)[1] for organization, day in _rows(store, "editions")},
        rejected=frozenset(reading.node for reading in readings if reading.rejected),
    )


def broadest_role(store: Store, role: str) -> str:
    """Return the local name of the broadest role above a role, given by its local name."""
    return broadest_roles(store).get(role, role)


def broadest_roles(store: Store) -> dict[str, str]:
    """Return the broadest role above each role, by local name."""
    return {local(iri): broad for iri, broad in _roles(store)[0].items()}


def readings_of(store: Store, organization: str = "") -> list[Reading]:
    """Return every membership and report of a store, sorted by IRI, or those of one organization, given by IRI."""
    drafts: dict[str, _Draft] = {}
    rows = _of(store, "participations", organization)
    for node, of, member, about, role, start, end, attested, document, speaks in rows:
        draft = drafts.setdefault(node, _Draft((of, member, about, role)))
        for values, text in ((draft.starts, start), (draft.ends, end), (draft.attested, attested)):
            if text:
                values.add(text)
        if document:
            draft.sources[document] = max(speaks, draft.sources.get(document, ""))
    return [_reading(node, draft) for node, draft in sorted(drafts.items())]


def _reading(node: str, draft: _Draft) -> Reading:
    membership, member, organization, role = draft.row
    start, end = min(draft.starts, default=""), max(draft.ends, default="")
    attested = tuple(sorted(draft.attested))
    return Reading(node, membership, member, organization, role, start, end, attested, draft.sources)


@dataclass
class _Maker:
    """Maker of the reports of each source from a membership or report."""

    coverages: Mapping[str, list[Coverage]]
    horizon: int
    copies: Mapping[str, str]

    def reports(self, reading: Reading, role: str, *, by_editors: bool) -> Iterator[Report]:
        """Yield the report of each source that is cited, and the editors' own if it is their choice."""
        for source, speaks in sorted(reading.sources.items()):
            yield self._report(self.copies.get(source, source), reading, role, [speaks] if speaks else [])
        if by_editors:
            yield self._report(EDITORS, reading, role, sorted(filter(None, reading.sources.values())))

    def _report(self, source: str, reading: Reading, role: str, speaks: Iterable[str]) -> Report:
        speaks = list(speaks)
        bounds = _bounds(reading, speaks, self.horizon if speaks else max(self.horizon, _FAR))
        covers = [c for c in self.coverages.get(reading.organization, ()) if c.source == source and c.role == role]
        if covers and bounds.earliest_start == min(c.first for c in covers):
            bounds = bounds._replace(earliest_start=LOW)  # the source cannot speak of an earlier day
        gaps = [c for c in covers if reading.member in c.unknown_for]
        return Report(source, reading.member, reading.organization, role, _beside(bounds, gaps, covers), reading.node)


def bounds_of(reading: Reading) -> Bounds:
    """Return the bounds that follow from the dates of a membership or report alone."""
    return _bounds(reading, filter(None, reading.sources.values()), HIGH)


def _bounds(reading: Reading, speaks: Iterable[str], horizon: int) -> Bounds:
    """Return the bounds of the stated dates, with the days for which sources speak.

    An end later than the horizon was announced and not reported. A source that reports an end does not attest the
    membership by the day for which it speaks.
    """
    start = _window(reading.start) if reading.start else None
    end = _window(reading.end) if reading.end else None
    if end is not None and end[0] > horizon:
        end = None
    days = [_window(day) for day in (*reading.attested, *(() if end else speaks))]
    earliest, latest = start or (LOW, HIGH)
    return Bounds(
        earliest,
        min([latest, *([end[1]] if end else []), *(last for _, last in days)]),
        max([end[0] if end else LOW, start[0] if start else LOW, *(first for first, _ in days)]),
        end[1] if end else HIGH,
    )


def _beside(bounds: Bounds, gaps: Iterable[Coverage], covers: Iterable[Coverage]) -> Bounds:
    """Return bounds without a start or an end that only borders on days of which the source does not know."""
    for gap in gaps:
        if gap.last + 1 == bounds.earliest_start:
            begins = min(c.first for c in covers)
            bounds = bounds._replace(earliest_start=LOW if gap.first <= begins else gap.first)
        if gap.first - 1 == bounds.latest_end:
            ends = max(c.last for c in covers)
            bounds = bounds._replace(latest_end=HIGH if gap.last >= ends else gap.last)
    return bounds


def _coverages(
    rows: Iterable[tuple[str, ...]], broadest: Mapping[str, str], copies: Mapping[str, str]
) -> dict[str, list[Coverage]]:
    unknown = defaultdict[tuple[str, ...], set[str]](set)
    for node, document, organization, role, start, end, attested, among, who in rows:
        days = unknown[node, copies.get(document, document), organization, role, start, end, attested, among]
        if who:
            days.add(who)
    found = defaultdict[str, list[Coverage]](list)
    for (node, source, organization, role, start, end, attested, among), members in sorted(unknown.items()):
        first, last = (_window(start)[0], _window(end)[1]) if start and end else _window(attested)
        if LOW < first <= last < HIGH:
            role = broadest.get(role, local(role))
            found[organization].append(
                Coverage(source, organization, role, first, last, among, frozenset(members), node)
            )
    return dict(found)


def _populations(store: Store) -> dict[str, dict[str, list[Span]]]:
    found = defaultdict[str, defaultdict[str, list[Span]]](lambda: defaultdict(list))
    for section, actor, start, end in _rows(store, "lifetimes"):
        found[section][actor].append(_life(start, end) or (LOW, HIGH))
    return {section: {actor: sorted(spans) for actor, spans in actors.items()} for section, actors in found.items()}


def _roles(store: Store) -> tuple[dict[str, str], dict[str, frozenset[str]]]:
    broadest, excluded = dict[str, str](), defaultdict[str, set[str]](set)
    for role, broad, other in _rows(store, "roles"):
        broadest[role] = local(broad)
        if other:
            excluded[local(broad)].add(local(other))
    return broadest, {role: frozenset(others) for role, others in excluded.items()}


def _horizon(store: Store, readings: Iterable[Reading]) -> int:
    """Return the last day for which any source speaks, or on which a membership is stated to have begun.

    Only a later end needs the exact day, which takes a query of all reports.
    """
    days, ends = [LOW], [LOW]
    for reading in readings:
        texts = [*reading.attested, *reading.sources.values(), reading.start]
        days += [last for text in texts if text and (last := _window(text)[1]) < HIGH]
        ends += [_window(reading.end)[0]] if reading.end else []
    if max(ends) <= max(days):
        return max(days)
    return max((last for (text,) in _rows(store, "horizon") if (last := _window(text)[1]) < HIGH), default=LOW)


def _life(start: str, end: str) -> Span | None:
    first, last = _window(start)[0] if start else LOW, _window(end)[1] if end else HIGH
    return None if (first, last) == (LOW, HIGH) else (first, last)


def _window(text: str) -> Span:
    """Return the first and last day of a date or of an interval that is open on one side (EDTF level 1)."""
    first, slash, last = text.partition("/")
    try:
        if slash:
            return LOW if first in ("", "..") else _span(first)[0], HIGH if last in ("", "..") else _span(last)[1]
        return _span(text)
    except InvalidDate:
        return LOW, HIGH


def _span(text: str) -> Span:
    first, last = edtf.span(text)
    return first.toordinal(), last.toordinal()


def _rows(store: Store, name: str) -> Iterator[tuple[str, ...]]:
    return zip(*store.select_columns(queries.shipped("evidence", name).text), strict=True)


def _of(store: Store, name: str, organization: str) -> Iterator[tuple[str, ...]]:
    """Return the rows of a query about an organization, or about all if it is empty."""
    query = queries.shipped("evidence", name)
    text = query.bind(organization=ox.NamedNode(organization)) if organization else query.text
    return zip(*store.select_columns(text), strict=True)
