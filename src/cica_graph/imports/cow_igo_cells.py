"""Reader for the Correlates of War IGO data, version 3, in either layout.

https://correlatesofwar.org/data-sets/igos/. A row of ``state-year`` is a state in a year and has a column for each
organization; a row of ``igo-year`` is an organization in a year and has a column for each state.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib.resources import files
from pathlib import Path
from typing import Final, Literal

from cica_graph.files.table_reader import TableReader, TableRow, open_table
from cica_graph.model.errors import Finding, UsageError, ValidationFailed
from cica_graph.model.progress import OnProgress

# Meanings of a cell. The last three are gaps, and do not mean "not a member": the status is missing, the state is not
# in the state system, the organization has no row or does not exist.
NONE, FULL, ASSOCIATE, OBSERVER, MISSING, OUTSIDE, ABSENT = range(7)
YEARS: Final = range(1816, 2101)  # that a file may have
SHOWN: Final = 20  # problems that an error names
_CODES: Final = {"0": NONE, "1": FULL, "2": ASSOCIATE, "3": OBSERVER, "-9": MISSING}
_BESIDES: Final = {
    "state-year": frozenset({"ccode", "year", "state", "stateabb", "version"}),
    "igo-year": frozenset({
        "ioname", "orgname", "year", "sdate", "deaddate", "dead", "integrated", "replaced", "longorgname", "ionum",
        "igocode", "version", "imputed", "accuracyofpre1965membershipdates", "sourcesandnotes", "political", "social",
        "economic",
    }),
}  # fmt: skip


@dataclass(frozen=True)
class Organization:
    """An organization of the dataset.

    :ivar start: the year of its founding, None when the dataset does not say.
    :ivar end: the year of its end, None if it has not ended.
    """

    acronym: str
    name: str
    start: int | None = None
    end: int | None = None


@cache
def known_states() -> Mapping[str, tuple[int, str]]:
    """Return number (ccode) and name of each state by its column."""
    return {row["column"]: (int(row["ccode"]), row["name"]) for row in _shipped("cow-states.csv")}


@cache
def known_organizations() -> Mapping[int, Organization]:
    """Return the organizations of version 3.0 by number (ionum)."""
    return {
        int(row["ionum"]): Organization(row["acronym"], row["name"], _year(row["start"]), _year(row["end"]))
        for row in _shipped("cow-organizations.csv")
    }


def _shipped(name: str) -> Iterator[dict[str, str]]:
    text = files("cica_graph.imports").joinpath(name).read_text("utf-8")
    return csv.DictReader(text.splitlines())


def _year(text: str) -> int | None:
    return int(text) if re.fullmatch(r"[0-9]{4}", text, re.ASCII) else None


@dataclass
class Cells:
    """The content of a file, with one byte for each cell: about 8 MB.

    :ivar layout: the subject of a row.
    :ivar rows: by the number of the subject (ccode or ionum) and by year, the cells in the order of ``columns``.
    :ivar columns: numbers of the subjects of the columns, ascending.
    :ivar states: names by number (ccode).
    :ivar organizations: by number (ionum).
    :ivar repeated: how many rows repeat another row.
    :ivar unknown: columns that version 3.0 does not have.
    """

    path: Path
    layout: Literal["state-year", "igo-year"]
    columns: tuple[int, ...]
    unknown: list[str]
    rows: dict[int, dict[int, bytes]] = field(default_factory=dict)
    states: dict[int, str] = field(default_factory=lambda: dict(known_states().values()))
    organizations: dict[int, Organization] = field(default_factory=lambda: dict(known_organizations()))
    repeated: int = 0

    @cached_property
    def years(self) -> range:
        """The years of the file, from its first to its last."""
        years = {year for row in self.rows.values() for year in row}
        return range(min(years), max(years) + 1)

    def series(self, years: range) -> Iterator[tuple[int, int, bytes]]:
        """Yield organization, state, and a byte for each of the years, for all of both."""
        width, by_state = len(self.columns), self.layout == "state-year"
        absent = bytes([OUTSIDE if by_state else ABSENT]) * width
        for number, row in sorted(self.rows.items()):
            cells = b"".join(row.get(year, absent) for year in years)
            for at, other in enumerate(self.columns):
                yield (other, number, cells[at::width]) if by_state else (number, other, cells[at::width])


def read(path: Path, on_progress: OnProgress | None = None) -> Cells:
    """Read a file of either layout.

    :raises UsageError: no such file, no rows, or the header is of neither layout.
    :raises ValidationFailed: there are rows that cannot be read. A missing row means a year in
        which a state or an organization was not, so a damaged file would say what nobody says.
    """
    problems, count = list[Finding](), 0
    with open_table(path, on_progress) as rows:
        cells = _layout(rows)
        take = _taker(cells, {name.casefold(): at for at, name in enumerate(rows.header)})
        for row in rows.rows:
            fault = take(row.cells) if isinstance(row, TableRow) else row.reason
            if fault:
                count += 1
                if len(problems) < SHOWN:
                    problems.append(Finding(str(path), row.line, 0, "import", "", fault))
    if problems:
        rows_of = f"{count:,} row{'' if count == 1 else 's'}"
        raise ValidationFailed(
            f"{path}: {rows_of} cannot be read, so nothing was written; get the file whole", problems
        )
    if not cells.rows:
        raise UsageError(f"{path} has a header and no rows")
    return cells


def _layout(rows: TableReader) -> Cells:
    names = [name.casefold() for name in rows.header]
    if doubled := [name for name, n in Counter(names).items() if n > 1]:
        raise UsageError(f"{rows.path} has several columns {doubled[0]!r}")
    layout: Literal["state-year", "igo-year"]
    if {"ccode", "year"} <= {*names}:
        layout, known = "state-year", _numbers_of_organizations()
    elif {"ionum", "year"} <= {*names}:
        layout, known = "igo-year", _numbers_of_states()
    else:
        raise UsageError(
            f"{rows.path} is of neither layout: state-year has the columns ccode and year, igo-year ionum and year; "
            f"it has: {rows.headings()}"
        )
    columns = sorted(known[name] for name in names if name in known)
    if not columns:
        raise UsageError(f"{rows.path} has no column of version 3.0 of the data; it has: {rows.headings()}")
    unknown = [name for name in names if name not in known and name not in _BESIDES[layout]]
    return Cells(rows.path, layout, tuple(columns), unknown)


def _numbers_of_organizations() -> dict[str, int]:
    return {organization.acronym.casefold(): n for n, organization in known_organizations().items()}


def _numbers_of_states() -> dict[str, int]:
    return {column: number for column, (number, _) in known_states().items()}


def _taker(cells: Cells, places: Mapping[str, int]) -> Callable[[list[str]], str]:
    """Return what takes a row of a file and tells what is wrong with it."""
    by_state = cells.layout == "state-year"
    key, most = ("ccode", 999) if by_state else ("ionum", 9999)
    codes = _CODES | ({"-1": ABSENT} if by_state else {"-1": OUTSIDE, "": OUTSIDE})
    numbers = _numbers_of_organizations() if by_state else _numbers_of_states()
    wanted = [place for _, place in sorted((numbers[name], place) for name, place in places.items() if name in numbers)]

    def take(row: list[str]) -> str:
        number, year = row[places[key]].strip(), row[places["year"]].strip()
        if not number.isdecimal() or not 1 <= int(number) <= most:
            return f"{number[:40]!r} is not a {key}, which is a number from 1 to {most}"
        if not year.isdecimal() or int(year) not in YEARS:
            return f"{year[:40]!r} is not a year from {YEARS[0]} to {YEARS[-1]}"
        try:
            said = bytes([codes[row[place]] for place in wanted])
        except KeyError as error:
            return f"{error.args[0][:40]!r} is not a status, which is 0, 1, 2, 3, -9 or -1"
        years = cells.rows.setdefault(int(number), {})
        if not years:
            _name(cells, int(number), {name: row[places[name]].strip() for name in _NAMING if name in places})
        elif int(year) in years:
            cells.repeated += 1
            alike = years[int(year)] == said
            return "" if alike else f"there is another row of {key} {number} in {year}, which differs"
        years[int(year)] = said
        return ""

    return take


_NAMING: Final = ("state", "ioname", "orgname", "longorgname", "sdate", "deaddate")


def _name(cells: Cells, number: int, said: Mapping[str, str]) -> None:
    """Keep the name of the subject of a row, if version 3.0 lacks it."""
    if cells.layout == "state-year":
        cells.states.setdefault(number, said.get("state") or f"COW state {number}")
    elif number not in cells.organizations:
        acronym = said.get("ioname") or f"COW {number}"
        name = said.get("longorgname") or said.get("orgname") or acronym
        years = (_year(said.get(part, "")) for part in ("sdate", "deaddate"))
        cells.organizations[number] = Organization(acronym, name, *years)
