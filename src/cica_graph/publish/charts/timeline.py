"""Who joined an organization when: one row a member, as far as is known on a day."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from itertools import pairwise
from typing import Final

from cica_graph import queries
from cica_graph.graph import Graph
from cica_graph.model.errors import UsageError
from cica_graph.model.results import Certainty
from cica_graph.model.terms import local
from cica_graph.publish.charts.chart import Cell, Chart, build_chart
from cica_graph.publish.charts.listing import listed
from cica_graph.store.store import day_literal, value

PARAMS: Final = {"organization": "CICA"}
_BOUNDS: Final = ("earliestStart", "latestStart", "earliestEnd", "latestEnd")
_COLUMNS: Final = (
    "code", "member", "role", "start", "end", "earliest_start", "latest_start", "earliest_end", "latest_end", "holds",
)  # fmt: skip
_MANY: Final = 40  # rows, from which on they stand closer

Spell = Mapping[str, str]


def draw(graph: Graph, on: date, organization: str) -> Chart:
    """Draw the spells of membership that may have begun by a day, from their earliest start to that day.

    A row of the table is a spell: its dates as stated, its four bounds, and whether it holds on the day.

    :raises NotFound: no organization goes by that name.
    :raises UsageError: no member is known by then.
    """
    actor = graph.names.find(organization, ("organization",))
    found = graph.store.select(queries.shipped("select", "standing").bind(asOf=day_literal(on)))
    spells: list[Spell] = [
        {name: value(term) for name, term in row.items()}
        for row in found
        if value(row["organization"]) == actor.iri and value(row["counts"]) == "true"
    ]
    by_member = defaultdict[str, list[Spell]](list)
    for spell in sorted(spells, key=_accession):
        if spell.get("earliestStart", "") <= on.isoformat():
            by_member[spell["member"]].append(spell)
    if not by_member:
        raise UsageError(f"no member of {actor.code} is known up to {on}, so there is no timeline to draw")
    members = sorted(
        ((graph.names[iri], own) for iri, own in by_member.items()),
        key=lambda m: (_accession(m[1][0])[:2], m[0].label.casefold(), m[0].iri),
    )
    first = _first_day([spell for _, own in members for spell in own], on)
    rows: list[tuple[Cell, ...]] = []
    names: list[dict[str, Cell]] = []
    segments: list[dict[str, Cell]] = []
    for place, (who, own) in enumerate(members):
        since = own[0].get("start", "?") + (" …" if len(own) > 1 else "")
        begun = own[0].get("earliestStart", first.isoformat())
        names.append({"row": place, "name": who.label, "since": since, "from": begun})
        for spell in own:
            stated = [spell.get(name) for name in ("start", "end", *_BOUNDS)]
            rows.append((who.code, who.label, local(spell["role"]), *stated, spell["holds"]))
            segments += (
                {"row": place, "from": begin, "until": end, "holds": holds}
                for begin, end, holds in _segments(spell, first, on)
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


def _accession(spell: Spell) -> tuple[str, str, str]:
    return spell.get("earliestStart", ""), spell.get("latestStart", "9999-12-31"), spell["spell"]


def _first_day(spells: Iterable[Spell], on: date) -> date:
    """Return New Year's Day of the first year that is known of, or of the year before it if some start is unknown."""
    known = [int(spell[name][:4]) for spell in spells for name in _BOUNDS[:2] if name in spell]
    unknown = any("earliestStart" not in spell for spell in spells)
    return date(max(1, min([*known, on.year - 1]) - unknown), 1, 1)


def _segments(spell: Spell, first: date, on: date) -> Iterator[tuple[str, str, Certainty]]:
    """Yield the parts of a bar up to a day: first day, the day after the last, and what is known in between."""
    earliest, latest, ended, over = (date.fromisoformat(spell[b]) if b in spell else None for b in _BOUNDS)
    cuts = [earliest or first, _after(min(over or on, on))]
    answers: list[Certainty] = ["possible"]
    if latest and ended and latest <= min(ended, on):
        cuts[1:1] = [latest, _after(min(ended, on))]
        answers = ["possible", "certain", "possible"]
    for (begin, end), holds in zip(pairwise(cuts), answers, strict=True):
        if begin < end:
            yield begin.isoformat(), end.isoformat(), holds


def _after(day: date) -> date:
    return day + timedelta(1) if day < date.max else day


def _description(code: str, members: Iterable[tuple[str, list[Spell]]], on: date) -> str:
    count: Counter[str] = Counter()
    by_start: dict[str, list[str]] = {}
    for label, own in members:
        count[min(spell["holds"] for spell in own)] += 1  # of the three answers, the surest comes first by letter
        by_start.setdefault(own[0].get("start", ""), []).append(label)
    said = [
        f"A row for each of {count.total()} members of {code} known up to {on}, in order of accession: on that day "
        f"{count['certain']} are certain, {count['possible']} possible, and {count['no']} no longer members."
    ]
    unknown = by_start.pop("", [])
    if by_start:
        (first, early), *_, (last, late) = [*by_start.items()] * 2
        said.append(f"The first start is {first} ({listed(early)}), the last {last} ({listed(late)}).")
    if unknown:
        said.append(f"No start is known for {listed(unknown)}.")
    return " ".join(said)
