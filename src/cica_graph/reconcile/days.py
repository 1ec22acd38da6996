"""Days as tables hold them, and whether what lasted from one bound to another held on them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from cica_graph.model import dates
from cica_graph.model.dates import Day
from cica_graph.model.errors import InvalidDate
from cica_graph.model.results import Certainty

Period = tuple[date, date]

_FACTS: Final = {"certain": 2, "possible": 1, "no": 0}


def period(text: str) -> Period | None:
    """Return the first and the last day of a day, a month, a year or another EDTF date, or None if there is none.

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
class Lasting:
    """What lasted: its dates as stated, and the days that bound it, each None where nothing is known."""

    start: str = ""
    end: str = ""
    earliest_start: date | None = None
    latest_start: date | None = None
    earliest_end: date | None = None
    latest_end: date | None = None

    def holds(self, over: Period) -> Certainty:
        """Return whether it held on some day of a period: see ``docs/time.md``."""
        first, last = over
        if _at_most(self.latest_start, last) and _at_most(first, self.earliest_end):
            return "certain"
        begun = self.earliest_start is None or self.earliest_start <= last
        going = self.latest_end is None or first <= self.latest_end
        return "possible" if begun and going else "no"

    def __str__(self) -> str:
        return " ".join(f"{word} {day}" for word, day in (("from", self.start), ("until", self.end)) if day)


def _at_most(one: date | None, other: date | None) -> bool:
    return one is not None and other is not None and one <= other


def surest(answers: list[Certainty]) -> Certainty:
    """Return the best of several answers, ``no`` of none."""
    return max(answers, key=_FACTS.__getitem__, default="no")


def least_sure(answers: list[Certainty]) -> Certainty:
    """Return the worst of several answers, ``certain`` of none."""
    return min(answers, key=_FACTS.__getitem__, default="certain")


def told(text: str) -> date | None:
    """Read a bound of the graph; a text that is no day bounds nothing."""
    try:
        return Day.of(text) if text and text != "today" else None
    except InvalidDate:
        return None
