"""Days in calls and commands, and dates in the cells of tables."""

from __future__ import annotations

import re
import sys
from datetime import date
from typing import TYPE_CHECKING, Literal
from unicodedata import normalize

from cica_graph.model.edtf import span
from cica_graph.model.errors import InvalidDate

if TYPE_CHECKING:
    import numpy as np

    DayLike = date | str | np.datetime64  # the types that Day.of accepts; datetime and pandas.Timestamp are dates

DateOrder = Literal["dmy", "mdy", "ymd"]

_HINT = "write YYYY-MM-DD, for example 2012-06-13, or 'today'"
_COARSE = ("datetime64[Y]", "datetime64[M]", "datetime64[W]")  # NumPy's years, months and weeks
_LONGEST = 60
_EXPORTED = re.compile(
    r"([0-9]{4})\.0|([0-9]{4}-[0-9]{2}-[0-9]{2})[ T][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?"
    r"(?:Z|[+-][0-9]{2}:?[0-9]{2})?", re.ASCII,
)  # fmt: skip
EMPTY = frozenset({"", "na", "n/a", "nan", "nat", "none", "null", ".", "-"})


def of_cell(text: str, order: DateOrder | None = None) -> str:
    """Return the date in a cell of a table as EDTF text, or an empty text if the cell is empty.

    Spreadsheets and statistics packages write a year as ``1980.0``, a day as ``2012-06-13T00:00:00Z``, and an empty
    cell as ``NA`` or ``NULL``, for example. For the forms of people see :mod:`cica_graph.model.written_dates`.

    :param order: order of day, month and year in dates such as ``01/02/1999``.
    :raises InvalidDate: the cell contains something else, or a date with two readings.
    """
    text = normalize("NFKC", text).strip()
    if text.casefold() in EMPTY:
        return ""
    if (exported := _EXPORTED.fullmatch(text)) is not None:
        text = exported[1] or exported[2]
    if len(text) > _LONGEST:
        raise InvalidDate(f"{text[:40]!r}... is not a date; write YYYY, YYYY-MM or YYYY-MM-DD")
    try:
        span(text)
    except InvalidDate:
        from cica_graph.model.written_dates import as_edtf  # its many forms are seldom needed

        if (written := as_edtf(text, order)) is None:
            raise
        try:
            span(written)
        except InvalidDate as error:
            given = f" in the order {order}" if order else ""
            raise InvalidDate(f"{text!r} is not a date{given}: no calendar has that day") from error
        return written
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
