"""Dates of any precision in EDTF, the Extended Date/Time Format of the Library of Congress.

The reader covers the single dates of levels 0 and 1 of https://www.loc.gov/standards/datetime/, and of level 2: masked
digits anywhere (``1984-1X``), qualified parts (``2004-06~-11``), sets of which one is meant (``[1667,1670..1672]``),
significant digits (``1950S2``) and all seasons. No package reads all of them: ``undate`` has no sets, seasons and
qualified parts, and ``edtf`` stops with exceptions at masked parts. Both take milliseconds for one date.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from functools import lru_cache
from typing import Final

from cica_graph.model.errors import InvalidDate

Span = tuple[date, date]
HINT: Final = 'write "2004", "2004-10" or "2004-10-22", typed ^^edtf:EDTF, with ? or ~ if in doubt'

_DATE: Final = re.compile(
    r"([?~%]?)([0-9X]{4})([?~%]?)(?:-([?~%]?)([0-9X]{2})([?~%]?)(?:-([?~%]?)([0-9X]{2})([?~%]?))?)?", re.ASCII
)
_SIGNIFICANT: Final = re.compile(r"([0-9]{4})S([1-4])", re.ASCII)
_FAR: Final = re.compile(r"Y-?[0-9]+(?:E[0-9]+)?(?:S[0-9]+)?[?~%]?|-[0-9X]{4}(?:-[0-9X]{2}){0,2}[?~%]?", re.ASCII)
_TIMED: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:Z|[+-][0-9]{2}(?::[0-9]{2})?)?", re.ASCII
)
# First and last month. Month 13 is January of the next year. 21 to 24 are read as in the northern hemisphere.
_SEASONS: Final = (
    {21: (3, 5), 22: (6, 8), 23: (9, 11), 24: (12, 14), 25: (3, 5), 26: (6, 8), 27: (9, 11), 28: (12, 14)}
    | {29: (9, 11), 30: (12, 14), 31: (3, 5), 32: (6, 8), 33: (1, 3), 34: (4, 6), 35: (7, 9), 36: (10, 12)}
    | {37: (1, 4), 38: (5, 8), 39: (9, 12), 40: (1, 6), 41: (7, 12)}
)


@lru_cache(maxsize=4096)
def span(text: str) -> Span:
    """Return the first and the last day that an EDTF date can mean.

    ``2004`` gives the first and the last day of the year. A date in doubt is widened by one unit of the part that has
    the mark (``2004?``: a year, ``2004-06~``: a month, ``2004-06-11~``: a day), and by two units if it is both
    uncertain and approximate (``%``).

    >>> span("1984-1X")
    (datetime.date(1984, 10, 1), datetime.date(1984, 12, 31))

    :raises InvalidDate: the text is not an EDTF date, is an interval or a list, or is a day that does not exist.
    """
    if text[:1] == "[" and text[-1:] == "]":
        spans = [_member(text, each) for each in re.split(", ?", text[1:-1])]
        return min(first for first, _ in spans), max(last for _, last in spans)
    return _date(text, text)


def _member(text: str, member: str) -> Span:
    """Return the span of one member of a set: a date, or two dates with dots between them."""
    begin, dots, end = member.partition("..")
    if dots and not (begin and end):
        raise InvalidDate(f"{text!r} has no first and last day; write both, for example [1990..1992]")
    first, last = _date(text, begin), _date(text, end or begin)
    if first[0] > last[1]:
        raise InvalidDate(f"{text!r} is not a date: it ends before it begins")
    return first[0], last[1]


def _date(text: str, one: str) -> Span:
    if significant := _SIGNIFICANT.fullmatch(one):
        digits = int(significant[2])
        one = significant[1][:digits] + "X" * (4 - digits)
    if (found := _DATE.fullmatch(one)) is None:
        raise _refusal(text, one)
    marks = found.groups("")
    year, month, day = marks[1::3]
    if season := _SEASONS.get(int(month)) if month.isdigit() and not day else None:
        days = _season(year, season)
    else:
        days = _first_and_last(year, month, day)
    if days is None:
        raise InvalidDate(f"{text!r} is not a date: no calendar has that day")
    for part, name in enumerate(("year", "month", "day")):
        if doubt := marks[3 * part] + marks[3 * part + 2]:
            units = 2 if "%" in doubt else 1
            if name == "year":
                units *= 12 * 10 ** (4 - len(year.rstrip("X")))
            elif season and name == "month":
                units *= season[1] - season[0] + 1
            days = _wider(days, timedelta(units)) if name == "day" else _wider_by_months(days, units, bool(day))
    return days


def _refusal(text: str, one: str) -> InvalidDate:
    if "/" in text or text[:1] == "{":
        return InvalidDate(f"{text!r} is not one date; state a start and an end instead")
    if _FAR.fullmatch(one):
        return InvalidDate(f"{text!r} has no first and last day between the years 1 and 9999")
    if text != text.strip():
        return InvalidDate(f"{text!r} is not a date: it starts or ends with a space")
    if re.match("[0-9]{4}-[0-9]{2}-[0-9]{2}T", one):
        return InvalidDate(f"{text!r} is not a date, because it has a time; write {one[:10]}")
    return InvalidDate(f"{text!r} is not a date; write YYYY, YYYY-MM or YYYY-MM-DD, with ? or ~ if in doubt")


def _first_and_last(year: str, month: str, day: str) -> Span | None:
    """Return the first and the last day of the calendar that fit masks, or None. An empty mask fits everything."""
    years = [int(year)] if year.isdigit() else _fitting(year, range(10_000))
    months, days = _fitting(month or "XX", range(1, 13)), _fitting(day or "XX", range(1, 32))
    first = next(_days(years, months, days), None)
    last = next(_days(years[::-1], months[::-1], days[::-1]), None)
    return (first, last) if first and last else None


def _fitting(mask: str, numbers: Iterable[int]) -> list[int]:
    pattern = re.compile(mask.replace("X", "[0-9]"))
    return [number for number in numbers if pattern.fullmatch(f"{number:0{len(mask)}}")]


def _days(years: Iterable[int], months: Iterable[int], days: Iterable[int]) -> Iterator[date]:
    return (
        date(year, month, day)
        for year in years
        if year > 0
        for month in months
        for day in days
        if day <= monthrange(year, month)[1]
    )


def _season(year: str, months: tuple[int, int]) -> Span | None:
    if (whole := _first_and_last(year, "", "")) is None:
        return None
    first, last = date(whole[0].year, months[0], 1), date(whole[1].year, 1, 31)
    return first, _month_end(_moved(last, months[1] - 1))


def _wider(days: Span, by: timedelta) -> Span:
    return days[0] - min(by, days[0] - date.min), days[1] + min(by, date.max - days[1])


def _wider_by_months(days: Span, months: int, to_the_day: bool) -> Span:
    first, last = _moved(days[0], -months), _moved(days[1], months)
    return first, last if to_the_day else _month_end(last)


def _moved(day: date, months: int) -> date:
    """Return the same day of another month, or the last day of that month if it is shorter."""
    count = day.year * 12 + day.month - 1 + months
    if not 12 <= count < 120_000:
        return date.min if count < 12 else date.max
    year, month = divmod(count, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _month_end(day: date) -> date:
    return day.replace(day=monthrange(day.year, day.month)[1])


def check(text: str) -> None:
    """Raise an error if a text is not EDTF: not a date, an interval, a set of dates or a list.

    In contrast to :func:`span`, the date may have no first and last day: ``../1990``, ``{1960,1961}``, ``Y17000``.

    :raises InvalidDate: the text is not EDTF.
    """
    if text[:1] + text[-1:] in ("[]", "{}"):
        for member in re.split(", ?", text[1:-1]):
            begin, _, end = member.partition("..")
            for one in [begin, end] if begin and end else [begin or end]:
                _check_one(text, one)
    elif "/" in text:
        parts = text.split("/")
        if len(parts) != 2 or not any(part.strip(".") for part in parts):
            raise InvalidDate(f"{text!r} is not an interval of two dates; write for example 2004/2006")
        for part in parts:
            if part not in ("", ".."):
                _check_one(text, part)
    else:
        _check_one(text, text)


def _check_one(text: str, one: str) -> None:
    if _FAR.fullmatch(one) is None and _TIMED.fullmatch(one) is None:
        _date(text, one)
