"""Dates of any precision (EDTF) and days.

EDTF is the format of the Library of Congress (https://www.loc.gov/standards/datetime/). The ``edtf`` package reads it,
but takes milliseconds for each date. This module therefore reads the most frequent forms itself: a year, a month, a
day, and a range such as ``[1990..1992]``.
"""

from __future__ import annotations

import re
import sys
from calendar import monthrange
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING

from cica_graph.model.errors import InvalidDate

if TYPE_CHECKING:
    import numpy as np

    DayLike = date | str | np.datetime64  # the types that Day.of accepts; datetime and pandas.Timestamp are dates

_PLAIN = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?", re.ASCII)
_BETWEEN = re.compile(r"\[([0-9]{4}(?:-[0-9]{2}){0,2})\.\.([0-9]{4}(?:-[0-9]{2}){0,2})\]", re.ASCII)
_HINT = "write YYYY-MM-DD, for example 2012-06-13, or 'today'"
_COARSE = ("datetime64[Y]", "datetime64[M]", "datetime64[W]")  # NumPy's years, months and weeks
_EDTF = re.compile(r"(?:[0-9X?~%,\[\]{} -]|\.\.){4,60}", re.ASCII)
_EXPORTED = re.compile(
    r"([0-9]{4})\.0|([0-9]{4}-[0-9]{2}-[0-9]{2})[ T][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?"
    r"(?:Z|[+-][0-9]{2}:?[0-9]{2})?", re.ASCII,
)  # fmt: skip
EMPTY = frozenset({"", "na", "n/a", "nan", "nat", "none", "null", ".", "-"})
_POINTS = ("Date", "UncertainOrApproximate", "Unspecified", "PartialUnspecified", "OneOfASet", "Season")


@lru_cache(maxsize=4096)
def span(text: str) -> tuple[date, date]:
    """Return the first and the last day that an EDTF date can mean.

    ``2004`` gives the first and the last day of the year. An uncertain date (``2004?``, ``2004~``, ``2004%``) is
    widened by one unit of each of its parts, as the ``edtf`` package does.

    :raises InvalidDate: the text is not an EDTF date, is an interval, or is a day that does not exist.
    """
    plain, between = _PLAIN.fullmatch(text), _BETWEEN.fullmatch(text)
    if between is not None and len(between[1]) == len(between[2]):
        whole = span(between[1])[0], span(between[2])[1]
        if whole[0] > whole[1]:
            raise InvalidDate(f"{text!r} is not a date: it ends before it begins")
        return whole
    if plain is None:
        return _parsed(text)
    try:
        year, month, day = (int(part) if part else None for part in plain.groups())
        assert year is not None
        if day is not None and month is not None:
            return (date(year, month, day),) * 2
        last = 12 if month is None else month
        return date(year, 1 if month is None else month, 1), date(year, last, monthrange(year, last)[1])
    except ValueError as error:
        raise InvalidDate(f"{text!r} is not a date: no calendar has that day") from error


def _parsed(text: str) -> tuple[date, date]:
    if text != text.strip():  # the package would strip it
        raise InvalidDate(f"{text!r} is not a date: it starts or ends with a space")
    import edtf  # pyparsing is slow to import and seldom needed

    try:
        value = edtf.parse_edtf(text)
    except edtf.EDTFParseException as error:
        raise InvalidDate(
            f"{text!r} is not a date; write YYYY, YYYY-MM or YYYY-MM-DD, with ? or ~ if in doubt"
        ) from error
    if type(value).__name__ not in _POINTS:
        raise InvalidDate(f"{text!r} is not one date; state a start and an end instead")
    try:
        first, last = value.lower_fuzzy(), value.upper_fuzzy()
        return date(*first[:3]), date(*last[:3])
    except (TypeError, ValueError, OverflowError) as error:  # open ends are floats, BCE years are negative
        raise InvalidDate(f"{text!r} has no first and last day between the years 1 and 9999") from error


def of_cell(text: str) -> str:
    """Return the date in a cell of a table as EDTF text, or an empty text if the cell is empty.

    Spreadsheets and statistics packages write a year as ``1980.0``, a day as ``2012-06-13T00:00:00Z``, and an empty
    cell as ``NA`` or ``NULL``, for example.

    :raises InvalidDate: the cell contains something else.
    """
    text = text.strip()
    if text.casefold() in EMPTY:
        return ""
    if (exported := _EXPORTED.fullmatch(text)) is not None:
        text = exported[1] or exported[2]
    if not _EDTF.fullmatch(text):  # keeps long and strange texts away from the edtf package
        raise InvalidDate(f"{text[:40]!r} is not a date; write YYYY, YYYY-MM or YYYY-MM-DD")
    span(text)
    return text


class Day:
    """Conversion of the days in calls, commands, requests and files."""

    @staticmethod
    def of(value: object) -> date:
        """Return a day as a plain ``datetime.date``.

        It may be a ``date``, a text (``YYYY-MM-DD`` or ``today``), a ``datetime`` or a ``pandas.Timestamp`` (the date
        that it shows, in its own time zone), or a ``numpy.datetime64`` with a precision of a day or finer.

        >>> from datetime import date, datetime
        >>> Day.of("2012-06-13") == Day.of(datetime(2012, 6, 13, 18, 30)) == date(2012, 6, 13)
        True

        :raises InvalidDate: for anything else: a number, None, ``NaT``, a year or a month.
        """
        if isinstance(value, str):
            return _day_of_text(value)
        found = value
        numpy = sys.modules.get("numpy")  # a caller with a NumPy value has imported NumPy
        if isinstance(value, getattr(numpy, "datetime64", ())) and value.dtype.name not in _COARSE:  # type: ignore[attr-defined]
            found = value.astype("datetime64[D]").item()  # type: ignore[attr-defined]
        if isinstance(found, date):
            try:
                return date(found.year, found.month, found.day)
            except (TypeError, ValueError):  # pandas.NaT is a datetime without a year
                pass
        raise InvalidDate(f"{repr(value)[:60]} is not a day; {_HINT}")


def _day_of_text(text: str) -> date:
    if text == "today":
        return date.today()
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text, re.ASCII):
        try:
            return date.fromisoformat(text)
        except ValueError:
            pass
    raise InvalidDate(f"{text!r} is not a day; {_HINT}")
