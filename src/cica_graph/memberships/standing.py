"""Memberships and claims as results, from the rows of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import cast

from cica_graph import queries
from cica_graph.memberships.counting import best
from cica_graph.model.names import Names
from cica_graph.model.results import Audit, Certainty, Membership, Verdict
from cica_graph.model.terms import local
from cica_graph.store.store import Row, Store, day_literal, value


def memberships(store: Store, names: Names, rows: Iterable[Row], day: date, cited: str) -> list[Membership]:
    """Return memberships on a day, each once with its most certain answer, sorted by label.

    :param cited: query for the sections that the memberships cite.
    """
    suspended = {
        value(row["spell"]): value(row["holds"]) == "certain"
        for row in store.select(queries.shipped("select", "suspensions").bind(asOf=day_literal(day)))
    }
    sections = defaultdict[str, list[str]](list)
    for row in store.select(cited):
        sections[value(row["spell"])].append(value(row["section"]))
    standings = defaultdict[str, list[Row]](list)
    for row in rows:
        standings[value(row["spell"])].append(row)
    found = [_membership(_best(each), names, suspended, sections) for each in standings.values()]
    return sorted(found, key=lambda m: (m.label.casefold(), m.membership))


def _best(standings: Sequence[Row]) -> Row:
    """Return the standing of a membership with the most certain answer: of several, the one that was attested last."""
    answer = best(cast(Certainty, value(row["holds"])) for row in standings)
    fitting = [row for row in standings if value(row["holds"]) == answer]
    return max(fitting, key=lambda row: value(row["earliestEnd"]) if "earliestEnd" in row else "")


def _membership(row: Row, names: Names, suspended: Mapping[str, bool], sections: Mapping[str, list[str]]) -> Membership:
    iri, actor = value(row["spell"]), names[value(row["actor"])]
    return Membership(
        membership=iri,
        actor=actor.iri,
        code=actor.code,
        label=actor.label,
        kind=actor.kind,
        role=local(value(row["role"])),
        start=value(row["start"]) if "start" in row else None,
        end=value(row["end"]) if "end" in row else None,
        certainty=cast(Certainty, value(row["holds"])),
        suspended=(True if suspended[iri] else None) if iri in suspended else False,
        last_attested=date.fromisoformat(value(row["earliestEnd"])) if "earliestEnd" in row else None,
        sources=tuple(sorted(sections.get(iri, ()))),
    )


def audits(store: Store, names: Names) -> list[Audit]:
    """Return the audited claims, sorted by day and IRI."""
    found = [_audit(row, names) for row in store.select(queries.shipped("select", "audit").text)]
    return sorted(found, key=lambda a: (a.on, a.claim))


def _audit(row: Row, names: Names) -> Audit:
    other = names[value(row["counterpart"])].code if "counterpart" in row else None
    return Audit(
        claim=value(row["claim"]),
        organization=names[value(row["about"])].code,
        population=local(value(row["population"])) if other is None else other,
        on=date.fromisoformat(value(row["asOf"])),
        claimed=int(value(row["says"])),
        claimed_total=_number(row, "of"),
        found=_number(row, "finds"),
        found_presumed=_number(row, "presumed"),
        found_at_most=_number(row, "atMost"),
        verdict=cast(Verdict, local(value(row["verdict"]))),
        independent="independent" in row and value(row["independent"]) == "true",
        section=value(row["section"]),
        reason=value(row["why"]) if "why" in row else local(value(row["reason"])),
        reason_code=local(value(row["reason"])),
    )


def _number(row: Row, name: str) -> int | None:
    return int(value(row[name])) if name in row else None
