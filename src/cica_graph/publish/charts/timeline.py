"""Timeline of the members of an organization, up to a day."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from itertools import pairwise
from typing import Final, cast

from cica_graph import queries
from cica_graph.graph import Graph
from cica_graph.memberships.counting import best
from cica_graph.model.errors import UsageError
from cica_graph.model.results import Certainty
from cica_graph.model.terms import local
from cica_graph.publish.charts.chart import Cell, Chart, build_chart
from cica_graph.publish.charts.listing import listed
from cica_graph.store.store import day_literal, value

PARAMS: Final = {"organization": "CICA"}
_BOUNDS: Final = ("earliestStart", "latestStart", "earliestEnd", "latestEnd")
_COLUMNS: Final = (
    "code", "member", "role", "start", "end", "earliest_start", "latest_start", "earliest_end", "latest_end",
    "certainty",
)  # fmt: skip
_MANY: Final = 40  # from this number on, rows are closer together

_Values = Mapping[str, str]


def draw(graph: Graph, on: date, organization: str) -> Chart:
    """Draw the memberships that may have begun by a day, from their earliest start to that day.

    A row of the table is a membership or a part of it: its dates as stated, four bounds,
    and the answer for the day.

    :raises NotFound: the name is unknown.
    :raises UsageError: no member is known up to the day.
    """
    actor = graph.names.find(organization, ("organization",))
    found = graph.store.select(queries.shipped("select", "standing").bind(asOf=day_literal(on)))
    memberships: list[_Values] = [
        {name: value(term) for name, term in row.items()}
        for row in found
        if value(row["organization"]) == actor.iri and value(row["counts"]) == "true"
    ]
    by_member = defaultdict[str, list[_Values]](list)
    for membership in sorted(memberships, key=_accession):
        if membership.get("earliestStart", "") <= on.isoformat():
            by_member[membership["member"]].append(membership)
    if not by_member:
        raise UsageError(f"no members of {actor.code} are known up to {on}, so there is no timeline to draw")
    members = sorted(
        ((graph.names[iri], own) for iri, own in by_member.items()),
        key=lambda m: (_accession(m[1][0])[:2], m[0].label.casefold(), m[0].iri),
    )
    first = _first_day([membership for _, own in members for membership in own], on)
    rows: list[tuple[Cell, ...]] = []
    names: list[dict[str, Cell]] = []
    segments: list[dict[str, Cell]] = []
    for place, (who, own) in enumerate(members):
        since = own[0].get("start", "?") + (" …" if len(own) > 1 else "")
        begun = own[0].get("earliestStart", first.isoformat())
        names.append({"row": place, "name": who.label, "since": since, "from": begun})
        for membership in own:
            stated = [membership.get(name) for name in ("start", "end", *_BOUNDS)]
            rows.append((who.code, who.label, local(membership["role"]), *stated, membership["holds"]))
            segments += (
                {"row": place, "from": begin, "until": end, "certainty": certainty}
                for begin, end, certainty in _segments(membership, first, on)
            )
    return build_chart(
        "timeline",
        f"How members joined {actor.code}",
        f"up to {on}",
        _description(actor.code, [(who.label, own) for who, own in members], on),
        _COLUMNS,
        rows,
        {"members": names, "segments": segments},
        height={"step": 20 if len(members) < _MANY else 15},
    )


def _accession(membership: _Values) -> tuple[str, str, str]:
    return membership.get("earliestStart", ""), membership.get("latestStart", "9999-12-31"), membership["spell"]


def _first_day(memberships: Iterable[_Values], on: date) -> date:
    """Return 1 January of the first known year, or of the year before it if a start is unknown."""
    known = [int(membership[name][:4]) for membership in memberships for name in _BOUNDS[:2] if name in membership]
    unknown = any("earliestStart" not in membership for membership in memberships)
    return date(max(1, min([*known, on.year - 1]) - unknown), 1, 1)


def _segments(membership: _Values, first: date, on: date) -> Iterator[tuple[str, str, Certainty]]:
    """Yield the parts of a bar up to a day: first day, the day after the last day, and certainty."""
    earliest, latest, ended, over = (date.fromisoformat(membership[b]) if b in membership else None for b in _BOUNDS)
    cuts = [earliest or first, _after(min(over or on, on))]
    answers: list[Certainty] = ["disputed" if membership.get("disputed") == "true" else "possible"]
    if latest and latest <= on and answers == ["possible"]:
        cuts[1:1] = [latest, _after(min(ended, on)) if ended and latest <= ended else latest]
        open_ended = over is None or membership.get("openEnded") == "true"
        answers = ["possible", "certain", "presumed" if open_ended else "possible"]
    for (begin, end), certainty in zip(pairwise(cuts), answers, strict=True):
        if begin < end:
            yield begin.isoformat(), end.isoformat(), certainty


def _after(day: date) -> date:
    return day + timedelta(1) if day < date.max else day


def _description(code: str, members: Iterable[tuple[str, list[_Values]]], on: date) -> str:
    count = Counter[Certainty]()
    by_start: dict[str, list[str]] = {}
    for label, own in members:
        count[best(cast(Certainty, membership["holds"]) for membership in own)] += 1
        by_start.setdefault(own[0].get("start", ""), []).append(label)
    sentences = [
        f"{count.total()} members of {code} known up to {on}, in order of accession. On that day, "
        f"{count['certain']} are certain members, {count['presumed']} are presumed members, "
        f"{count['possible'] + count['disputed']} are possible members, and {count['no']} are former members."
    ]
    unknown = by_start.pop("", [])
    if by_start:
        (first, early), *_, (last, late) = [*by_start.items()] * 2
        sentences.append(f"The first start is {first} ({listed(early)}), and the last is {last} ({listed(late)}).")
    if unknown:
        sentences.append(f"No start is known for {listed(unknown)}.")
    return " ".join(sentences)
