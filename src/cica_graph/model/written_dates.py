"""Dates as people write them in tables: ``31/12/1999``, ``2 Jan 2004``, ``c. 1999``, ``1990s``."""

from __future__ import annotations

import re
from typing import Final
from unicodedata import normalize

from cica_graph.model.dates import DateOrder
from cica_graph.model.errors import InvalidDate

MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip

_MONTH: Final = r"(?P<m>[a-z]{3,9})\.?"
_DAY: Final = r"(?P<d>[0-9]{1,2})(?:st|nd|rd|th)?"
_YEAR: Final = r"(?P<y>[0-9]{4})"
_NAMED: Final = [
    re.compile(form, re.IGNORECASE)
    for form in (
        rf"{_MONTH}[ -]{_YEAR}",
        rf"{_MONTH}, {_YEAR}",
        rf"{_DAY}[ -]{_MONTH}[ -]{_YEAR}",
        rf"{_DAY} (?:of )?{_MONTH},? {_YEAR}",
        rf"{_MONTH} {_DAY},? {_YEAR}",
        rf"{_YEAR}[ -]{_MONTH}(?:[ -]{_DAY})?",
    )
]
_NUMBERS: Final = re.compile(r"([0-9]{1,4})([/.-])([0-9]{1,2})(?:\2([0-9]{1,4}))?")
_MONTH_FIRST: Final = re.compile(r"([0-9]{1,2})[/.-]([0-9]{4})")
_COMPACT: Final = re.compile(r"([12][0-9]{3})([0-9]{2})([0-9]{2})")
_ABOUT: Final = re.compile(
    r"(?:c|ca|circa|about|around|approx|approximately)[. ] ?(.+)|(.+?) ?\(?(?:\?|approx\.)\)?", re.I
)
_DECADE: Final = re.compile(r"(?:the )?([0-9]{3})0['’]?s", re.IGNORECASE)
_LIMIT: Final = re.compile(r"(?:(?:before|after|since|until|till|from|by|pre|post)\b|[<>≤≥]).*[0-9].*", re.IGNORECASE)
_PERIOD: Final = re.compile(r"[0-9]{4}(?: ?[‐‑‒–—―−-] ?| (?:to|until) )[0-9]{2}(?:[0-9]{2})?", re.IGNORECASE)
_DASHES: Final = re.compile("[‐‑‒–—―−]")


def as_edtf(text: str, order: DateOrder | None = None) -> str | None:
    """Return a date that people write as EDTF, or None if it has none of their forms.

    Two readings are never guessed between. The result may be a day that no calendar has.

    >>> as_edtf("2 Jan 2004"), as_edtf("31/12/1999"), as_edtf("01/02/1999", "mdy"), as_edtf("c. 1999"), as_edtf("1990s")
    ('2004-01-02', '1999-12-31', '1999-01-02', '1999~', '199X')

    :param order: order of day, month and year in dates such as ``01/02/1999``.
    :raises InvalidDate: it has several readings, is a period, or gives only a limit.
    """
    text = " ".join(normalize("NFKC", text).split())
    if decade := _DECADE.fullmatch(text):
        return f"{decade[1]}X"
    if (period := _PERIOD.fullmatch(text)) and not re.fullmatch("[0-9]{4}-[0-9]{2}", text):
        raise InvalidDate(
            f"{period[0]!r} is not one date; write its start and its end in two columns, or [2004..2009] "
            "for one date between two years"
        )
    if _LIMIT.fullmatch(text):
        raise InvalidDate(f"{text!r} gives only a limit; write both limits, for example [1990..1998], or leave it out")
    if (found := _named(text) or _numeric(_DASHES.sub("-", text), order)) is not None:
        return found
    if about := _ABOUT.fullmatch(text):
        inner = (about[1] or about[2]).strip()
        mark = "?" if text.rstrip(")").endswith("?") else "~"
        found = inner if re.fullmatch(r"[0-9]{4}(?:-[0-9]{2}){0,2}", inner) else as_edtf(inner, order)
        return found + mark if found else None
    return None


def _named(text: str) -> str | None:
    for form in _NAMED:
        if (found := form.fullmatch(text)) and (month := _month(found["m"])):
            day = found.groupdict().get("d")
            return f"{found['y']}-{month:02}" + (f"-{int(day):02}" if day else "")
    return None


def _month(name: str) -> int:
    """Return the number of a month from its English name or an abbreviation of it, or 0."""
    fitting = [n for n, month in enumerate(MONTHS, 1) if month.casefold().startswith(name.casefold())]
    return 9 if name.casefold() == "sept" else fitting[0] if len(fitting) == 1 else 0


def _numeric(text: str, order: DateOrder | None) -> str | None:
    if compact := _COMPACT.fullmatch(text):
        return "-".join(compact.groups())
    if month_first := _MONTH_FIRST.fullmatch(text):
        return f"{month_first[2]}-{int(month_first[1]):02}"
    if not (found := _NUMBERS.fullmatch(text)):
        return None
    one, mark, two, three = found.groups()
    if three is None:
        month = mark == "/" or (mark == "-" and len(two) == 1)  # 1992.5 is half a year
        return f"{one}-{int(two):02}" if len(one) == 4 and month else None
    if len(one) == 4:
        return f"{one}-{int(two):02}-{int(three):02}" if len(three) <= 2 else None
    if len(three) != 4:
        raise InvalidDate(f"{text!r} is not a date; write the year with four digits, for example 1999-12-31")
    days_first = f"{three}-{int(two):02}-{int(one):02}", f"{three}-{int(one):02}-{int(two):02}"
    if order in ("dmy", "mdy"):
        return days_first[order == "mdy"]
    if int(one) > 12 or one == two:
        return days_first[0]
    if int(two) > 12:
        return days_first[1]
    raise InvalidDate(
        f"{text!r} could be '{days_first[0]}' or '{days_first[1]}'; give the order with --dates dmy or --dates mdy, "
        "or write YYYY-MM-DD"
    )
