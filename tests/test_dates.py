from __future__ import annotations

from datetime import date

import edtf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cica_graph.model import dates
from cica_graph.model.errors import InvalidDate

DAYS = st.dates(min_value=date(1, 1, 1), max_value=date(9999, 12, 31))


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2004", "2004-01-01", "2004-12-31"),
        ("2004-02", "2004-02-01", "2004-02-29"),
        ("1900-02", "1900-02-01", "1900-02-28"),
        ("2012-06-13", "2012-06-13", "2012-06-13"),
        ("201X", "2010-01-01", "2019-12-31"),
        ("2010-XX", "2010-01-01", "2010-12-31"),
        ("2004?", "2003-01-01", "2005-12-31"),
        ("2004~", "2003-01-01", "2005-12-31"),
        ("2004%", "2002-01-01", "2006-12-31"),
        ("[2004..2006]", "2004-01-01", "2006-12-31"),
        ("[2004-02..2004-03]", "2004-02-01", "2004-03-31"),
        ("[2004-02-03, 2004-03-04]", "2004-02-03", "2004-03-04"),
        ("0001", "0001-01-01", "0001-12-31"),
        ("9999-12", "9999-12-01", "9999-12-31"),
    ],
)
def test_a_date_means_its_first_and_last_day(text: str, first: str, last: str) -> None:
    assert dates.span(text) == (date.fromisoformat(first), date.fromisoformat(last))


@pytest.mark.parametrize(
    "text",
    ["", "word", "2013-13", "2011-02-30", "2005-02-29", "2012-6-13", "20120613", "2004-00", "0000", "-0044",
     "[2006..2004]", "[2004-02-30..2005-01-01]", "[2004..2005-01]", "[..2004]", "2004/2006", "2004/..", "../2004", "Y12000", "2004-10-10T10:00:00Z", "２００４", " 2004", "2004 ", "2004\n"],
)  # fmt: skip
def test_what_is_no_date_is_refused_with_the_text(text: str) -> None:
    with pytest.raises(InvalidDate, match=r"is not|has no"):
        dates.span(text)


@given(DAYS, st.sampled_from(["%Y", "%Y-%m", "%Y-%m-%d"]))
def test_plain_dates_are_read_as_the_edtf_package_reads_them(day: date, form: str) -> None:
    text = {"%Y": f"{day:%Y}".zfill(4), "%Y-%m": day.isoformat()[:7], "%Y-%m-%d": day.isoformat()}[form]
    theirs = edtf.parse_edtf(text)
    assert dates.span(text) == (date(*theirs.lower_strict()[:3]), date(*theirs.upper_strict()[:3]))


@settings(deadline=None)  # the package may take half a second for one
@given(DAYS, DAYS, st.sampled_from([4, 7, 10]))
def test_sets_are_read_as_the_edtf_package_reads_them(one: date, other: date, size: int) -> None:
    first, last = (day.isoformat()[:size] for day in sorted((one, other)))
    theirs = edtf.parse_edtf(f"[{first}..{last}]")
    assert dates.span(f"[{first}..{last}]") == (date(*theirs.lower_strict()[:3]), date(*theirs.upper_strict()[:3]))


@given(DAYS)
def test_coarser_dates_contain_finer_ones(day: date) -> None:
    text = day.isoformat()
    spans = [dates.span(text[:n]) for n in (4, 7, 10)]
    assert spans[0][0] <= spans[1][0] <= spans[2][0] == day == spans[2][1] <= spans[1][1] <= spans[0][1]


@given(st.text(max_size=12))
def test_any_text_is_a_date_or_a_bad_date(text: str) -> None:
    try:
        first, last = dates.span(text)
    except InvalidDate:
        return
    assert first <= last


def test_a_day_is_a_day() -> None:
    assert dates.day("2012-06-13") == date(2012, 6, 13)
    assert dates.day("today") == date.today()
    for text in ("2012-06", "2012", "2012-06-31", "13.6.2012", "yesterday", "2012-06-13T00:00"):
        with pytest.raises(InvalidDate, match="write YYYY-MM-DD"):
            dates.day(text)
