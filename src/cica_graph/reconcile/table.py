"""Matching of a whole table: it gets new columns with the state or organization of each row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, Literal

from cica_graph.files.table_reader import BadRow, TableReader, invalid_text
from cica_graph.files.table_writer import guard
from cica_graph.model.dates import DateOrder, of_cell
from cica_graph.model.errors import InvalidDate, UsageError
from cica_graph.reconcile.days import Period, period
from cica_graph.reconcile.properties import DAY, PropertyRequest
from cica_graph.reconcile.query import Condition, Match, ReconcileQuery
from cica_graph.reconcile.search import Search

Status = Literal["match", "ambiguous", "weak", "none"]

ADDED: Final = ("iri", "code", "label", "score", "status", "reason")
BETWEEN: Final = " | "  # between several values in a cell
_CACHE_SIZE: Final = 1 << 16  # entries of the cache; the same names occur many times in a table
_SHOWN: Final = 5  # candidates in the reason of a row without a match


@dataclass(frozen=True)
class Plan:
    """Options for matching a table.

    :ivar column: heading of the column of names; it may be empty if there are conditions.
    :ivar on: date of all rows, as EDTF, or empty.
    :ivar on_column: heading of the column with the date of each row, or empty.
    :ivar order: order of day, month and year in dates such as ``01/02/1999``; None: such dates are refused.
    :ivar types: ids of types.
    :ivar conditions: the heading of a column for each property.
    :ivar extend: ids of properties to add.
    :ivar language: language tag of added labels.
    :ivar prefix: prefix of the headings of new columns.
    """

    column: str = ""
    on: str = ""
    on_column: str = ""
    types: tuple[str, ...] = ()
    conditions: Mapping[str, str] = field(default_factory=dict)
    extend: tuple[str, ...] = ()
    language: str = "en"
    prefix: str = "match_"
    order: DateOrder | None = None

    def header(self) -> list[str]:
        """Return the headings of the new columns."""
        more = (f"label_{self.language}" if ident == "label" else ident for ident in self.extend)
        return [self.prefix + name for name in (*ADDED, *more)]


class Matched:
    """A table with the new columns, row by row.

    :ivar count: the number of rows with each status.
    """

    def __init__(self, table: TableReader, plan: Plan, search: Search) -> None:
        """Check the options against the header.

        :raises UsageError: a column or property does not exist, a new column exists already, or a date is invalid.
        """
        self.count = Counter[Status]()
        self._table, self._plan, self._search = table, plan, search
        if not plan.column and not plan.conditions:
            raise UsageError("give the column of names with --column, or columns of codes with --property")
        for ident in (*plan.conditions, *plan.extend):
            if ident not in search.properties.extending:
                raise UsageError(
                    f"unknown property {ident!r}; the properties are: {', '.join(search.properties.extending)}"
                )
        if twice := [name for name, count in Counter(plan.header()).items() if count > 1]:
            raise UsageError(f"the column {twice[0]!r} would occur twice; remove it from --add")
        if taken := set(plan.header()) & set(table.header):
            raise UsageError(f"{table.path} already has a column {min(taken)!r}; choose another --prefix")
        self._name = table.column(plan.column) if plan.column else None
        self._day = table.column(plan.on_column) if plan.on_column else None
        self._conditions = {ident: table.column(heading) for ident, heading in plan.conditions.items()}
        if plan.on and period(plan.on) is None:
            raise UsageError(f"--on {plan.on!r} is not a date")
        self._cells = lru_cache(_CACHE_SIZE)(self._find)

    def header(self) -> list[str]:
        """Return all headings, the new ones last."""
        return [*self._table.header, *self._plan.header()]

    def rows(self) -> Iterator[list[str] | BadRow]:
        """Yield each row with the new cells, or a bad row with the reason."""
        for row in self._table.rows:
            if isinstance(row, BadRow):
                yield row
                continue
            if fault := invalid_text("".join(row.cells)):
                yield BadRow(row.line, [], f"it has {fault}")
                continue
            name = "" if self._name is None else row.cells[self._name].strip()
            day = self._plan.on if self._day is None else _as_edtf(row.cells[self._day], self._plan.order)
            given = tuple((i, text) for i, at in self._conditions.items() if (text := row.cells[at].strip()))
            status, cells = self._cells(name, day, given)
            self.count[status] += 1
            yield [*row.cells, *cells]

    def _find(self, name: str, day: str, given: tuple[tuple[str, str], ...]) -> tuple[Status, list[str]]:
        conditions = [Condition(ident, (text,)) for ident, text in given]
        if day:
            conditions.append(Condition(DAY, (day,)))
        found: list[Match] = []
        if name or given:
            names = (name,) if name else ()
            found = self._search.candidates(ReconcileQuery(names, types=self._plan.types, conditions=tuple(conditions)))
        if not found:
            return "none", [""] * 3 + ["", "none", ""] + [""] * len(self._plan.extend)
        first = found[0]
        if not first.sure:
            status: Status = "ambiguous" if first.features["rivals"] else "weak"
            candidates = BETWEEN.join(f"{m.entity.code} ({m.entity.label}), {m.score:g}" for m in found[:_SHOWN])
            reason = "; ".join((candidates, *([] if status == "ambiguous" else first.reasons)))
            return status, ["", "", "", f"{first.score:g}", status, _cell(reason), *([""] * len(self._plan.extend))]
        entity = first.entity
        request = PropertyRequest(_days(day), self._plan.language)
        added = (self._search.properties.values(entity, ident, request) for ident in self._plan.extend)
        return "match", [
            entity.thing.iri,
            _cell(entity.code),
            _cell(entity.label),
            f"{first.score:g}",
            "match",
            _cell("; ".join(first.reasons)),
            *(_cell(BETWEEN.join(value.text for value in values)) for values in added),
        ]


def _as_edtf(text: str, order: DateOrder | None) -> str:
    """Return the date in a cell as EDTF, or the text if it has none; the search then gives it as the reason."""
    try:
        return of_cell(text, order)
    except InvalidDate:
        return text.strip()


def _days(day: str) -> Period | None:
    try:
        return period(day)
    except InvalidDate:
        return None


def _cell(text: str) -> str:
    """Return a text on one line that a spreadsheet does not run as a formula."""
    return guard(" ".join(text.split()))


def headings(pairs: Sequence[str]) -> dict[str, str]:
    """Return the column by property from texts such as ``iso3=code``.

    :raises UsageError: a text is not ``PROPERTY=COLUMN``.
    """
    found = {}
    for pair in pairs:
        ident, equals, heading = pair.partition("=")
        if not (ident and equals and heading):
            raise UsageError(f"--property {pair!r} is not PROPERTY=COLUMN")
        found[ident] = heading
    return found
