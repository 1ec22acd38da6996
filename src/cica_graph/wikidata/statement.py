"""One "member of" (P463) statement of Wikidata, and the times that it states.

The data model: https://www.mediawiki.org/wiki/Wikibase/DataModel#Dates_and_times; the JSON form of it:
https://doc.wikimedia.org/Wikibase/master/php/docs_topics_json.html; what the precisions mean:
https://www.wikidata.org/wiki/Help:Dates.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Literal

from cica_graph.model import edtf
from cica_graph.model.errors import InvalidDate

GREGORIAN: Final = "Q1985727"
JULIAN: Final = "Q1985786"
Kind = Literal["value", "somevalue", "novalue"]

_TIME = re.compile(r"([+-]?)([0-9]{1,16})-([0-9]{2})-([0-9]{2})(?:T.*)?", re.ASCII)
_RANGES: Final = {7: 100, 6: 1000}  # years; the precisions that round up
_YEAR, _MONTH, _DAY = 9, 10, 11


@dataclass(frozen=True)
class WikiTime:
    """A time as stated.

    :ivar kind: ``value``, ``somevalue`` (it is not known which) or ``novalue`` (the property has no value).
    :ivar time: such as ``+2004-10-22T00:00:00Z``, empty when there is no value. Years before our era are
        negative, ``-0001`` is 1 BCE.
    :ivar precision: 11 day, 10 month, 9 year, 8 decade, 7 century, 6 millennium, below that more; above, hours
        and less. None when the file does not say: RDF without value nodes.
    :ivar calendar: Q-id of the calendar model.
    """

    kind: Kind = "value"
    time: str = ""
    precision: int | None = None
    calendar: str = GREGORIAN

    def edtf(self) -> str | None:
        """Return the time as EDTF that :func:`cica_graph.model.edtf.span` reads, or None if it has no such form.

        A decade is ``201X``. A century is ``[1901..2000]`` and not ``19XX``: Wikidata's 20th century begins in
        1901 and ends with 2000. A month or day 00 is unknown, so the precision falls to what is known. A time
        without precision gets the widest reading that its text allows: the first of January may mean the year, and
        the first of a month the month. Years outside 1 to 9999, days that no calendar has, and times less precise
        than a millennium have no such form. Days of the Julian calendar are not converted; the caller reports them.
        """
        found = _TIME.fullmatch(self.time) if self.kind == "value" else None
        if found is None or found[1] == "-":
            return None
        year, month, day = int(found[2]), int(found[3]), int(found[4])
        precision = self._stated(month, day)
        if not 1 <= year <= 9999:
            return None
        if precision >= _YEAR:
            parts = (f"{year:04}", f"{month:02}", f"{day:02}")
            text = "-".join(parts[: min(precision, _DAY) - _YEAR + 1])
        elif precision == 8:
            text = f"{year // 10:03}X"
        elif precision in _RANGES:
            size = _RANGES[precision]
            last = -(-year // size) * size
            text = f"[{last - size + 1:04}..{last:04}]"
        else:
            return None
        try:
            edtf.span(text)
        except InvalidDate:
            return None
        return text

    def _stated(self, month: int, day: int) -> int:
        precision = self.precision
        if precision is None:
            precision = _DAY if day > 1 else _MONTH if month > 1 else _YEAR
        if month == 0:
            return min(precision, _YEAR)
        return min(precision, _MONTH) if day == 0 else precision

    def __str__(self) -> str:
        """Return the time with its precision, as it is written in QuickStatements: ``+2004-10-22T00:00:00Z/11``."""
        if self.kind != "value":
            return self.kind
        return self.time if self.precision is None else f"{self.time}/{self.precision}"


def hull(texts: Sequence[str]) -> str:
    """Return the EDTF set of everything from the earliest to the latest day of several EDTF dates.

    If all are the same, the text is returned unchanged.
    """
    spans = sorted({edtf.span(text) for text in texts})
    if len(spans) == 1:
        return texts[0]
    first, last = min(s[0] for s in spans), max(s[1] for s in spans)
    return between(first, last)


def between(first: date, last: date) -> str:
    """Return the EDTF set of one unknown day between two, in years where it is whole years."""
    if (first.month, first.day, last.month, last.day) == (1, 1, 12, 31):
        return f"{first.year:04}" if first.year == last.year else f"[{first.year:04}..{last.year:04}]"
    return first.isoformat() if first == last else f"[{first.isoformat()}..{last.isoformat()}]"


@dataclass(frozen=True)
class Statement:
    """One statement that somebody is a member of something.

    :ivar id: the GUID with a dollar sign, ``Q30$d2d5411f-46a6-1397-94bf-a54e29bf107b``, in the case of the file.
    :ivar subject: Q-id of the member.
    :ivar object: Q-id of the organization, None unless ``kind`` is ``value``.
    :ivar rank: ``preferred``, ``normal`` or ``deprecated``.
    :ivar start: every P580, usually none or one.
    :ivar end: every P582.
    :ivar qualifiers: every other qualifier, each value as text: an id, a time, a string, an amount.
    :ivar references: how many references there are.
    :ivar cited: their URLs (P854) and the Q-ids that they are stated in (P248), sorted, each once.
    :ivar line: counted from 1; 0 when the format has none (Turtle).
    :ivar label: English label of the subject when the file gives it.
    :ivar object_label: English label of the object when the file gives it.
    """

    id: str
    subject: str
    object: str | None
    kind: Kind
    rank: str
    start: tuple[WikiTime, ...] = ()
    end: tuple[WikiTime, ...] = ()
    qualifiers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    references: int = 0
    cited: tuple[str, ...] = ()
    line: int = 0
    label: str = ""
    object_label: str = ""
