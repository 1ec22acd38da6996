"""Dates in tables, and intervals with uncertain bounds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from cica_graph.model import dates, edtf
from cica_graph.model.dates import Day
from cica_graph.model.errors import InvalidDate
from cica_graph.model.results import Certainty

Period = tuple[date, date]


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
    return edtf.span(found) if found else None


@dataclass(frozen=True)
class Interval:
    """An interval of time.

    :ivar start: as the source states it, or empty. The same for ``end``.
    :ivar earliest_start: the first day on which it can have begun, or None if unknown. The same for the other bounds.
    :ivar open_ended: no source reports an end of a membership.
    :ivar disputed: sources disagree about all of it.
    """

    start: str = ""
    end: str = ""
    earliest_start: date | None = None
    latest_start: date | None = None
    earliest_end: date | None = None
    latest_end: date | None = None
    open_ended: bool = False
    disputed: bool = False

    def certainty(self, period: Period) -> Certainty:
        """Return whether it includes a day of a period: see ``docs/time.md``."""
        first, last = period
        begins = self.earliest_start is None or self.earliest_start <= last
        going = self.latest_end is None or first <= self.latest_end
        if not (begins and going):
            return "no"
        if self.disputed:
            return "disputed"
        begun = _at_most(self.latest_start, last)
        if begun and _at_most(first, self.earliest_end):
            return "certain"
        return "presumed" if begun and self.open_ended else "possible"

    def __str__(self) -> str:
        return " ".join(f"{word} {day}" for word, day in (("from", self.start), ("until", self.end)) if day)


def _at_most(one: date | None, other: date | None) -> bool:
    return one is not None and other is not None and one <= other


def bound(text: str) -> date | None:
    """Return a bound of the graph as a date, or None if the text is not a day."""
    try:
        return Day.of(text) if text and text != "today" else None
    except InvalidDate:
        return None
