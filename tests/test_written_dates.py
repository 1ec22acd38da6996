"""Dates as people write them in tables."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cica_graph.model.dates import of_cell
from cica_graph.model.edtf import span
from cica_graph.model.errors import InvalidDate
from commands import run

DAYS = st.dates(min_value=date(1000, 1, 1), max_value=date(2999, 12, 31))

ONE_READING = {
    "2004-06-11": (
        "11 June 2004", "11 Jun 2004", "11 Jun. 2004", "11th June 2004", "11th of June 2004", "11 june 2004",
        "11 JUNE 2004", "11 June, 2004", "June 11, 2004", "June 11 2004", "Jun 11th, 2004", "11-Jun-2004", "11-JUN-2004",
        "2004 June 11", "2004-Jun-11", "2004/06/11", "2004.06.11", "2004/6/11", "2004-6-11", "20040611", "2004–06–11",
        "11  June\u00a02004", "2004-06-11 00:00:00", "2004-06-11T00:00:00Z", "２００４-06-11",
    ),
    "1999-12-31": ("31/12/1999", "31.12.1999", "31-12-1999", "12/31/1999", "31–12–1999", "12-31-1999"),
    "1999-05-05": ("05/05/1999", "5/5/1999", "5.5.1999"),
    "1994-03": ("March 1994", "Mar 1994", "Mar. 1994", "March, 1994", "MARCH 1994", "Mar-1994", "03/1994", "3.1994", "1994/03", "1994/3", "1994-3", "1994 March"),
    "2004-09": ("Sept 2004", "Sept. 2004", "Sep 2004", "September 2004"),
    "2004-05": ("May 2004", "05/2004"),
    "1999~": ("c. 1999", "c 1999", "ca. 1999", "ca 1999", "circa 1999", "about 1999", "approx. 1999", "1999 approx.", "around 1999"),
    "1994-03~": ("c. March 1994", "ca 03/1994"),
    "1999?": ("1999 ?", "1999(?)", "1999 (?)", "1999?"),
    "199X": ("1990s", "1990's", "1990’s", "the 1990s", "The 1990s", "199X"),
    "1980": ("1980.0", " 1980 ", "１９８０"),
    "": ("", " ", "NA", "n/a", "NaN", "NULL", ".", "-"),
}  # fmt: skip
REFUSED = {
    "give the order with --dates dmy or --dates mdy": ("01/02/1999", "1.2.1999", "08-12-1991", "12/11/2000", "01–02–1999"),
    "write the year with four digits": ("31/12/99", "1.1.04", "12/31/99", "1/2/3"),
    "is not one date": ("2004-2009", "2004–2009", "2004 — 2009", "2004 to 2009", "2004 until 2009", "2004/2009", "1999−2001", "2004–09", "2004 - 09"),
    "gives only a limit": ("before 1999", "Before March 1994", "after 2001", "since 2001", "until 1990", "by 1990", "< 1999", "post-1990", "from 1999", "pre-1945"),
    "no calendar has that day": ("30 February 2004", "31/13/1999", "32/12/1999", "31 June 2004", "13/1999", "20041331", "29/02/2001"),
    "is not a date": ("yesterday", "Jan-04", "mid-1990s", "early 1990s", "13th century", "Mayor 2004", "Juillet 2004", "99", "2004-", "1.5", "1992.5", "1994.03", "June", "11 June", "Spring 2004", "1990ss", "c. 99", "x" * 500),
}  # fmt: skip


@pytest.mark.parametrize(("edtf", "text"), [(edtf, text) for edtf, texts in ONE_READING.items() for text in texts])
def test_a_date_with_one_reading_is_read(edtf: str, text: str) -> None:
    assert of_cell(text) == edtf


@pytest.mark.parametrize(("message", "text"), [(message, text) for message, texts in REFUSED.items() for text in texts])
def test_any_other_date_is_refused_with_the_form_to_write(message: str, text: str) -> None:
    with pytest.raises(InvalidDate) as error:
        of_cell(text)
    assert message in str(error.value)


@given(DAYS, st.sampled_from("/.-"))
def test_the_order_decides_between_two_readings(day: date, mark: str) -> None:
    assert of_cell(f"{day.day}{mark}{day.month:02}{mark}{day.year}", "dmy") == day.isoformat()
    assert of_cell(f"{day.month:02}{mark}{day.day}{mark}{day.year}", "mdy") == day.isoformat()


def test_a_day_that_does_not_fit_the_order_is_refused() -> None:
    assert of_cell("31/12/1999", "dmy") == "1999-12-31"
    with pytest.raises(InvalidDate, match="not a date in the order mdy"):
        of_cell("31/12/1999", "mdy")


@given(DAYS, st.sampled_from(["%d/%m/%Y", "%m/%d/%Y", "%d %B %Y", "%B %d, %Y", "%d-%b-%Y", "%Y/%m/%d", "%Y%m%d"]))
def test_no_day_is_read_as_another(day: date, form: str) -> None:
    text = day.strftime(form)
    try:
        assert of_cell(text) == day.isoformat()
    except InvalidDate as error:
        assert day.isoformat() in str(error)  # noqa: PT017  (both readings are given)


@given(st.text(max_size=20) | st.text("0123456789/.-–~?c JanuryMchst", max_size=20))
def test_any_text_is_a_date_or_a_bad_date(text: str) -> None:
    try:
        found = of_cell(text)
    except InvalidDate:
        return
    assert not found or span(found)


def test_tables_and_matches_read_the_same_dates(tmp_path: Path) -> None:
    rows = ["KAZ,CICA,31/12/1999", "KAZ,CIS,01/02/1999", "KAZ,SCO,c. 2001", "KAZ,OIC,1990s"]
    (tmp_path / "t.csv").write_text("\n".join(["member,organization,start", *rows]), "utf-8")
    refused = run("import", "table", "t.csv", "-o", "without", cwd=tmp_path)
    assert refused.returncode == 1
    assert "give the order with --dates dmy" in (tmp_path / "without" / "table-t-rejects.csv").read_text("utf-8")
    taken = run("import", "table", "t.csv", "-o", "with", "--dates", "dmy", cwd=tmp_path)
    assert taken.returncode == 0
    graph = (tmp_path / "with" / "table-t.ttl").read_text("utf-8")
    assert all(f'cg:start "{edtf}"^^edtf:EDTF' in graph for edtf in ("1999-12-31", "1999-02-01", "2001~", "199X"))
    matched = run("match", "t.csv", "--column", "member", "--on-column", "start", "--dates", "dmy", cwd=tmp_path)
    assert [row["match_code"] for row in csv.DictReader(matched.stdout.splitlines())] == ["KAZ"] * 4
