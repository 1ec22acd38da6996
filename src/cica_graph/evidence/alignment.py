"""Reports of several sources joined into spells: which reports are of the same membership."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cica_graph.evidence.records import EDITORS, HIGH, LOW, Report


def align(reports: Iterable[Report], prefer: Sequence[str] = (EDITORS,)) -> list[list[Report]]:
    """Return reports of one member, organization and role as spells.

    Each report joins the nearest spell that its days can meet, those of preferred sources first; otherwise it makes a
    new one. A source tells its own spells apart: a spell takes two reports of one source only if they leave no time
    between them, or if the editors' report spans both. The result does not depend on the order of the reports.
    """
    rank = {source: number for number, source in enumerate(prefer)}
    spells: list[list[Report]] = []
    for report in sorted(reports, key=lambda r: _order(r, rank)):
        fitting = [(_distance(report, spell), number) for number, spell in enumerate(spells) if _joins(report, spell)]
        if fitting:
            spells[min(fitting)[1]].append(report)
        else:
            spells.append([report])
    return spells


def _order(report: Report, rank: dict[str, int]) -> tuple[object, ...]:
    days = report.bounds
    closed = days.earliest_start > LOW and days.latest_end < HIGH
    return rank.get(report.source, len(rank)), not closed, days.latest_start, days.earliest_end, report


def _joins(report: Report, spell: Sequence[Report]) -> bool:
    first, last = min(r.bounds.earliest_start for r in spell), max(r.bounds.latest_end for r in spell)
    if report.bounds.earliest_start > last or first > report.bounds.latest_end:
        return False
    own = [r for r in spell if r.source == report.source]
    if own and report.source == EDITORS:
        return False  # the editors state each spell as another membership
    return all(_adjacent(r, report) or any(_spans(editors, r, report) for editors in spell) for r in own)


def _adjacent(a: Report, b: Report) -> bool:
    return a.bounds.latest_start <= b.bounds.earliest_end + 1 and b.bounds.latest_start <= a.bounds.earliest_end + 1


def _spans(editors: Report, a: Report, b: Report) -> bool:
    if editors.source != EDITORS or a.source == EDITORS:
        return False
    days, pair = editors.bounds, (a.bounds, b.bounds)
    starts, ends = [d.latest_start for d in pair], [d.earliest_end for d in pair]
    return days.earliest_start > LOW and days.latest_start <= min(starts) and max(starts + ends) <= days.latest_end


def _distance(report: Report, spell: Sequence[Report]) -> tuple[int, int]:
    """Return the number of days between the known days of both, and between their starts."""
    first, last = _known([report])
    begin, end = _known(spell)
    starts = [
        abs(report.bounds.latest_start - r.bounds.latest_start)
        for r in spell
        if report.bounds.earliest_start > LOW and r.bounds.earliest_start > LOW
    ]
    return max(0, begin - last, first - end), min(starts, default=0)


def _known(reports: Iterable[Report]) -> tuple[int, int]:
    days = [day for r in reports for day in r.bounds if LOW < day < HIGH] or [HIGH]
    return min(days), max(days)
