"""Dates in EDTF, compared with the examples of the specification and with two packages."""

from __future__ import annotations

from datetime import date

import edtf as edtf_package
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cica_graph.model.dates import of_cell
from cica_graph.model.edtf import span
from cica_graph.model.errors import InvalidDate

DAYS = st.dates(min_value=date(1, 1, 1), max_value=date(9999, 12, 31))

# The examples of https://www.loc.gov/standards/datetime/ that are single dates, and others of the same kinds.
DATES = {
    # level 0
    "1985-04-12": ("1985-04-12", "1985-04-12"),
    "1985-04": ("1985-04-01", "1985-04-30"),
    "1985": ("1985-01-01", "1985-12-31"),
    "1964": ("1964-01-01", "1964-12-31"),
    "2004-02": ("2004-02-01", "2004-02-29"),
    "1900-02": ("1900-02-01", "1900-02-28"),
    "0001": ("0001-01-01", "0001-12-31"),
    "9999-12": ("9999-12-01", "9999-12-31"),
    # level 1: seasons
    "2001-21": ("2001-03-01", "2001-05-31"),
    "2001-22": ("2001-06-01", "2001-08-31"),
    "2001-23": ("2001-09-01", "2001-11-30"),
    "2001-24": ("2001-12-01", "2002-02-28"),
    "2003-24": ("2003-12-01", "2004-02-29"),
    # level 1: qualification of a whole date
    "1984?": ("1983-01-01", "1985-12-31"),
    "1984~": ("1983-01-01", "1985-12-31"),
    "1984%": ("1982-01-01", "1986-12-31"),
    "2004-06~": ("2004-05-01", "2004-07-31"),
    "2004-06%": ("2004-04-01", "2004-08-31"),
    "2004-01?": ("2003-12-01", "2004-02-29"),
    "2004-12~": ("2004-11-01", "2005-01-31"),
    "2004-06-11?": ("2004-06-10", "2004-06-12"),
    "2004-06-11%": ("2004-06-09", "2004-06-13"),
    "2004-12-31~": ("2004-12-30", "2005-01-01"),
    "0001~": ("0001-01-01", "0002-12-31"),
    "9999?": ("9998-01-01", "9999-12-31"),
    # level 1: unspecified digits
    "201X": ("2010-01-01", "2019-12-31"),
    "20XX": ("2000-01-01", "2099-12-31"),
    "2004-XX": ("2004-01-01", "2004-12-31"),
    "1985-04-XX": ("1985-04-01", "1985-04-30"),
    "1985-XX-XX": ("1985-01-01", "1985-12-31"),
    # level 2: unspecified digits anywhere
    "156X-12-25": ("1560-12-25", "1569-12-25"),
    "15XX-12-25": ("1500-12-25", "1599-12-25"),
    "XXXX-12-XX": ("0001-12-01", "9999-12-31"),
    "1XXX-XX": ("1000-01-01", "1999-12-31"),
    "1XXX-12": ("1000-12-01", "1999-12-31"),
    "1984-1X": ("1984-10-01", "1984-12-31"),
    "1984-0X": ("1984-01-01", "1984-09-30"),
    "1985-04-1X": ("1985-04-10", "1985-04-19"),
    "1985-04-3X": ("1985-04-30", "1985-04-30"),
    "1985-02-2X": ("1985-02-20", "1985-02-28"),
    "196X-02-29": ("1960-02-29", "1968-02-29"),
    "1X84-XX-31": ("1084-01-31", "1984-12-31"),
    "XXXX": ("0001-01-01", "9999-12-31"),
    "201X~": ("2000-01-01", "2029-12-31"),
    # level 2: qualification of parts
    "2004-06~-11": ("2004-05-11", "2004-07-11"),
    "2004?-06-11": ("2003-06-11", "2005-06-11"),
    "?2004-06-~11": ("2003-06-10", "2005-06-12"),
    "2004-%06-11": ("2004-04-11", "2004-08-11"),
    "2004-01-~31": ("2004-01-30", "2004-02-01"),
    "2004-~01-31": ("2003-12-31", "2004-02-29"),
    "2004-06-XX~": ("2004-05-31", "2004-07-01"),
    # level 2: seasons, quarters, quadrimesters, semesters
    "2001-25": ("2001-03-01", "2001-05-31"),
    "2001-29": ("2001-09-01", "2001-11-30"),
    "2001-30": ("2001-12-01", "2002-02-28"),
    "2001-34": ("2001-04-01", "2001-06-30"),
    "2001-39": ("2001-09-01", "2001-12-31"),
    "2001-41": ("2001-07-01", "2001-12-31"),
    "2001-21~": ("2000-12-01", "2001-08-31"),
    # level 2: significant digits
    "1950S2": ("1900-01-01", "1999-12-31"),
    "1995S3": ("1990-01-01", "1999-12-31"),
    # level 2: one of a set
    "[1667,1668,1670..1672]": ("1667-01-01", "1672-12-31"),
    "[1667, 1668, 1670..1672]": ("1667-01-01", "1672-12-31"),
    "[2004-02-03,2004-03-04]": ("2004-02-03", "2004-03-04"),
    "[2004-02..2004-03]": ("2004-02-01", "2004-03-31"),
    "[2004..2005-01]": ("2004-01-01", "2005-01-31"),
    "[1984~,1986]": ("1983-01-01", "1986-12-31"),
    "[1984-1X..1986?]": ("1984-10-01", "1987-12-31"),
    "[1667]": ("1667-01-01", "1667-12-31"),
}
NO_DATES = {
    "is not one date; state a start and an end instead": (
        "1964/2008", "2004-06/2006-08", "2004-02-01/2005", "1985-04-12/..", "1985/", "../1985", "/1985-04-12",
        "1984~/2004-06", "2004-06-XX/2004-07-03", "{1667,1668,1670..1672}", "{1960,1961-12}", "{..1984}",
    ),
    "has no first and last day": (
        "Y170000002", "Y-170000002", "-1985", "-0044", "Y-17E7", "Y171010000S3", "-0044-03-15",
        "[..1760-12-03]", "[1760-12..]", "[1760-01,1760-02,1760-12..]", "[..]",
    ),
    "because it has a time; write": (
        "1985-04-12T23:20:30", "1985-04-12T23:20:30Z", "1985-04-12T23:20:30-04", "1985-04-12T23:20:30+04:30",
    ),
    "no calendar has that day": (
        "2013-13", "2011-02-30", "2005-02-29", "2004-00", "0000", "2004-3X", "2001-42", "2001-21-05", "2004-06-4X",
        "XXXX-02-30", "1900-02-29", "2004-20",
    ),
    "it starts or ends with a space": (" 2004", "2004 ", "2004\n", " "),
    "it ends before it begins": ("[2006..2004]", "[2004-03..2004-02]"),
    "is not a date; write YYYY": (
        "", "word", "12345", "2012-6-13", "20120613", "２００４", "?", "[]", "[2004", "2004]", "[2004,]",
        "2004??", "2004-", "2004-06-", "2004-06-11-", "19x4", "1984-1x", "1950S0", "1950S5", "[[2004]]", "2004;2005",
    ),
}  # fmt: skip


@pytest.mark.parametrize("text", DATES)
def test_a_date_means_its_first_and_last_day(text: str) -> None:
    assert span(text) == tuple(map(date.fromisoformat, DATES[text]))
    assert of_cell(text) == text


@pytest.mark.parametrize(
    ("text", "message"), [(text, message) for message, texts in NO_DATES.items() for text in texts]
)
def test_any_other_text_is_refused_and_quoted(text: str, message: str) -> None:
    with pytest.raises(InvalidDate) as error:
        span(text)
    assert str(error.value).startswith(repr(text))
    assert message in str(error.value)


@given(DAYS, st.sampled_from([4, 7, 10]))
def test_plain_dates_are_read_as_the_edtf_package_reads_them(day: date, size: int) -> None:
    text = day.isoformat()[:size]
    theirs = edtf_package.parse_edtf(text)
    assert span(text) == (date(*theirs.lower_strict()[:3]), date(*theirs.upper_strict()[:3]))


@settings(deadline=None)  # the package may take half a second for one
@given(DAYS, DAYS, st.sampled_from([4, 7, 10]))
def test_sets_are_read_as_the_edtf_package_reads_them(one: date, other: date, size: int) -> None:
    first, last = (day.isoformat()[:size] for day in sorted((one, other)))
    theirs = edtf_package.parse_edtf(f"[{first}..{last}]")
    assert span(f"[{first}..{last}]") == (date(*theirs.lower_strict()[:3]), date(*theirs.upper_strict()[:3]))


@given(DAYS, st.lists(st.sampled_from(range(10)), max_size=8), st.sampled_from([4, 7, 10]))
def test_masks_and_marks_only_widen(day: date, masked: list[int], size: int) -> None:
    text = day.isoformat()[:size]
    mask = "".join("X" if n in masked and c != "-" else c for n, c in enumerate(text))
    inner, outer = span(text), span(mask)
    assert outer[0] <= inner[0] <= inner[1] <= outer[1]
    for mark in "?~%":
        doubtful = span(mask + mark)
        assert doubtful[0] <= outer[0] <= outer[1] <= doubtful[1]


@given(DAYS)
def test_coarser_dates_contain_finer_ones(day: date) -> None:
    text = day.isoformat()
    spans = [span(text[:n]) for n in (4, 7, 10)]
    assert spans[0][0] <= spans[1][0] <= spans[2][0] == day == spans[2][1] <= spans[1][1] <= spans[0][1]


@given(st.text(max_size=12) | st.text("0123456789X-?~%[],.S{}/", max_size=24))
def test_any_text_is_a_date_or_a_bad_date(text: str) -> None:
    try:
        first, last = span(text)
    except InvalidDate:
        return
    assert first <= last
