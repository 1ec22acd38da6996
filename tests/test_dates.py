from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta, timezone
from inspect import signature
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cica_graph import Graph
from cica_graph.model.dates import Day
from cica_graph.model.errors import InvalidDate
from cica_graph.store.store import day_literal, snapshot_graph

DAYS = st.dates(min_value=date(1, 1, 1), max_value=date(9999, 12, 31))


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
    "why_overlap": lambda graph, on: graph.why_overlap("CICA", "CSTO", on=on),
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
