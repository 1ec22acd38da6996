"""Dates in tables, and intervals with uncertain bounds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from cica_graph.model import dates
from cica_graph.model.dates import Day
from cica_graph.model.errors import InvalidDate
from cica_graph.model.results import Certainty

Period = tuple[date, date]

_ORDER: Final = {"certain": 2, "possible": 1, "no": 0}


def period(text: str) -> Period | None:
    """Return the first and the last day of a day, a month, a year or another EDTF date, or None if the text is empty.

    >>> period("1985")
    (datetime.date(1985, 1, 1), datetime.date(1985, 12, 31))
    >>> period("1985-06-01T00:00:00Z")
    (datetime.date(1985, 6, 1), datetime.date(1985, 6, 1))
    >>> period("NA")

    :raises InvalidDate: it is not a date; see :func:`cica_graph.model.dates.of_cell`.
    """
    found = dates.of_cell(text)
    return dates.span(found) if found else None


@dataclass(frozen=True)
class Interval:
    """An interval of time.

    :ivar start: as the source states it, or empty. The same for ``end``.
    :ivar earliest_start: the first day on which it can have begun, or None if unknown. The same for the other bounds.
    """

    start: str = ""
    end: str = ""
    earliest_start: date | None = None
    latest_start: date | None = None
    earliest_end: date | None = None
    latest_end: date | None = None

    def certainty(self, period: Period) -> Certainty:
        """Return whether it includes a day of a period: see ``docs/time.md``."""
        first, last = period
        if _at_most(self.latest_start, last) and _at_most(first, self.earliest_end):
            return "certain"
        begun = self.earliest_start is None or self.earliest_start <= last
        going = self.latest_end is None or first <= self.latest_end
        return "possible" if begun and going else "no"

    def __str__(self) -> str:
        return " ".join(f"{word} {day}" for word, day in (("from", self.start), ("until", self.end)) if day)


def _at_most(one: date | None, other: date | None) -> bool:
    return one is not None and other is not None and one <= other


def most_certain(answers: list[Certainty]) -> Certainty:
    """Return the most certain of several answers, or ``no`` for an empty list."""
    return max(answers, key=_ORDER.__getitem__, default="no")


def least_certain(answers: list[Certainty]) -> Certainty:
    """Return the least certain of several answers, or ``certain`` for an empty list."""
    return min(answers, key=_ORDER.__getitem__, default="certain")


def bound(text: str) -> date | None:
    """Return a bound of the graph as a date, or None if the text is not a day."""
    try:
        return Day.of(text) if text and text != "today" else None
    except InvalidDate:
        return None
