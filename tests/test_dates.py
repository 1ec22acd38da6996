from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta, timezone
from inspect import signature
from typing import Any

import edtf
import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cica_graph import Graph
from cica_graph.model import dates
from cica_graph.model.dates import Day
from cica_graph.model.errors import InvalidDate
from cica_graph.store.store import day_literal, snapshot_graph

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
def test_text_that_is_not_a_date_is_refused_and_quoted(text: str) -> None:
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


EVERY_KIND: Mapping[str, Callable[[date], object]] = {
    "date": lambda day: day,
    "text": date.isoformat,
    "NumPy text": lambda day: np.str_(day.isoformat()),
    "datetime": lambda day: datetime.combine(day, time(23, 59, 59, 999_999)),
    "datetime with a time zone": lambda day: datetime.combine(day, time(0), timezone(timedelta(hours=14))),
    "Timestamp": pd.Timestamp,
    "Timestamp with a time zone": lambda day: pd.Timestamp(day).tz_localize("Asia/Tokyo"),
    "datetime64 of a day": lambda day: np.datetime64(day, "D"),
    "datetime64 of a second": lambda day: np.datetime64(datetime.combine(day, time(23, 59, 59)), "s"),
    "datetime64 of a nanosecond": lambda day: np.datetime64(f"{day}T23:59:59.999999999", "ns"),
    "value of a data frame": lambda day: pd.DataFrame({"day": [pd.Timestamp(day)]}).loc[0, "day"],
}
NOT_DAYS: Sequence[object] = (
    None, 2012, 20120613, 2012.0, float("nan"), True, b"2012-06-13", ["2012-06-13"], time(12), timedelta(1),
    pd.NaT, pd.NA, pd.Period("2012-06-13"), np.datetime64("NaT"), np.datetime64("NaT", "D"), np.datetime64("NaT", "ns"),
    np.datetime64("2012"), np.datetime64("2012-06"), np.datetime64("2012-06-13", "W"), np.datetime64(10**8, "D"),
    np.datetime64(-(10**8), "D"), np.int64(2012), np.array("2012-06-13", "datetime64[D]"),
    "", "2012", "2012-06", "2012-06-31", "13.6.2012", "yesterday", "Today", "2012-06-13T00:00", " 2012-06-13", "２012-06-13",
)  # fmt: skip
ANSWERS: Mapping[str, Callable[[Graph, Any], object]] = {
    "members": lambda graph, on: graph.members("CICA", on=on),
    "memberships": lambda graph, on: graph.memberships("KAZ", on=on, past=True),
    "why": lambda graph, on: graph.why("KAZ", "CICA", on=on),
    "record": lambda graph, on: graph.record("CICA", on=on, role="observer"),
    "overlaps": lambda graph, on: graph.overlaps("CICA", "SCO", on=on),
    "all_overlaps": lambda graph, on: graph.all_overlaps(on=on),
    "overlap_triples": lambda graph, on: graph.overlap_triples(graph.overlaps("CICA", "SCO", on="2012-06-13"), on),
    "audit": lambda graph, on: graph.audit(on=on),
    "query": lambda graph, on: (
        graph.query("SELECT ?who { ?who cg:memberOf ?of }", on=on).rows,
        graph.query("members-on", organization="CICA", asOf=on).rows,
    ),
}
OPTIONAL = ("audit", "query")  # None means no day


@given(st.dates(min_value=date(1678, 1, 1), max_value=date(2261, 12, 31)), st.sampled_from(sorted(EVERY_KIND)))
def test_every_kind_of_day_is_read_as_a_plain_date(day: date, kind: str) -> None:
    found = Day.of(EVERY_KIND[kind](day))
    assert (type(found), found) == (date, day)


def test_today_is_a_day() -> None:
    assert Day.of("today") in (date.today(), date.today() - timedelta(1))


@pytest.mark.parametrize("value", NOT_DAYS, ids=repr)
def test_anything_else_is_not_a_day(value: object) -> None:
    with pytest.raises(InvalidDate, match="is not a day; write YYYY-MM-DD"):
        Day.of(value)


def test_every_public_method_with_a_day_is_tested() -> None:
    methods = {name: method for name, method in vars(Graph).items() if callable(method) and not name.startswith("_")}
    assert {name for name, method in methods.items() if "on" in signature(method).parameters} == set(ANSWERS)


@settings(max_examples=60)
@given(
    st.sampled_from([date(1995, 6, 30), date(2012, 6, 13), date(2019, 12, 31)]),
    st.sampled_from(sorted(EVERY_KIND)),
    st.sampled_from(sorted(ANSWERS)),
)
@example(date(2012, 6, 13), "datetime", "members")
@example(date(2012, 6, 13), "datetime", "overlaps")
@example(date(2012, 6, 13), "datetime", "audit")
def test_every_method_gives_the_same_answer_for_every_type_of_day(
    graph: Graph, day: date, kind: str, method: str
) -> None:
    assert ANSWERS[method](graph, EVERY_KIND[kind](day)) == ANSWERS[method](graph, day)


@pytest.mark.parametrize("method", sorted(ANSWERS))
def test_every_method_refuses_what_is_not_a_day(graph: Graph, method: str) -> None:
    for value in NOT_DAYS:
        if value is None and method in OPTIONAL:
            continue
        with pytest.raises(InvalidDate):
            ANSWERS[method](graph, value)


@pytest.mark.parametrize("value", [datetime(2012, 6, 13), pd.Timestamp("2012-06-13"), "2012-06-13", None])
def test_literal_requires_a_plain_date(value: Any) -> None:
    for make in (day_literal, snapshot_graph):
        with pytest.raises(TypeError, match=r"use Day\.of"):
            make(value)
