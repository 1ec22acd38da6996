"""A whole table: what the names in one of its columns mean, written beside them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, Literal

from cica_graph.files.table_reader import BadRow, TableReader, invalid_text
from cica_graph.files.table_writer import guard
from cica_graph.model.errors import InvalidDate, UsageError
from cica_graph.reconcile.days import Period, period
from cica_graph.reconcile.properties import DAY, Asked
from cica_graph.reconcile.query import Condition, Match, ReconcileQuery
from cica_graph.reconcile.search import Search

Status = Literal["match", "ambiguous", "weak", "none"]

ADDED: Final = ("iri", "code", "label", "score", "status", "reason")
BETWEEN: Final = " | "  # between several values in one cell
_KEPT: Final = 1 << 16  # answers remembered, since a table names the same things again and again
_SHOWN: Final = 5  # candidates told where none is taken


@dataclass(frozen=True)
class Plan:
    """What to do with a table.

    :ivar column: heading of the names, or empty: then there are conditions.
    :ivar on: the day that all rows are about, as EDTF, or empty.
    :ivar on_column: heading of the day that each row is about, or empty.
    :ivar types: ids of types.
    :ivar conditions: heading by property.
    :ivar extend: properties to add.
    :ivar prefix: what the headings of added columns begin with.
    """

    column: str = ""
    on: str = ""
    on_column: str = ""
    types: tuple[str, ...] = ()
    conditions: Mapping[str, str] = field(default_factory=dict)
    extend: tuple[str, ...] = ()
    language: str = "en"
    prefix: str = "match_"

    def header(self) -> list[str]:
        """Return the headings of the added columns."""
        more = (f"label_{self.language}" if ident == "label" else ident for ident in self.extend)
        return [self.prefix + name for name in (*ADDED, *more)]


class Matched:
    """A table with columns beside it, row by row.

    :ivar count: how many rows came to which status.
    """

    def __init__(self, table: TableReader, plan: Plan, search: Search) -> None:
        """Look at the header.

        :raises UsageError: a column or property is not there, a new one already is, or the day is none.
        """
        self.count = Counter[Status]()
        self._table, self._plan, self._search = table, plan, search
        if not plan.column and not plan.conditions:
            raise UsageError("name the column with --column, or columns of codes with --property")
        for ident in (*plan.conditions, *plan.extend):
            if ident not in search.properties.extending:
                raise UsageError(f"there is no property {ident!r}; there are: {', '.join(search.properties.extending)}")
        if twice := [name for name, count in Counter(plan.header()).items() if count > 1]:
            raise UsageError(f"the column {twice[0]!r} would be there twice; take it out of --add")
        if taken := set(plan.header()) & set(table.header):
            raise UsageError(f"{table.path} has a column {min(taken)!r} already; choose other names with --prefix")
        self._name = table.column(plan.column) if plan.column else None
        self._day = table.column(plan.on_column) if plan.on_column else None
        self._conditions = {ident: table.column(heading) for ident, heading in plan.conditions.items()}
        if plan.on and period(plan.on) is None:
            raise UsageError(f"--on {plan.on!r} is not a date")
        self._found = lru_cache(_KEPT)(self._find)

    def header(self) -> list[str]:
        """Return all headings, the new ones last."""
        return [*self._table.header, *self._plan.header()]

    def rows(self) -> Iterator[list[str] | BadRow]:
        """Yield each row with what was found, or what is wrong with it."""
        for row in self._table.rows:
            if isinstance(row, BadRow):
                yield row
                continue
            if fault := invalid_text("".join(row.cells)):
                yield BadRow(row.line, [], f"it has {fault}")
                continue
            name = "" if self._name is None else row.cells[self._name].strip()
            day = self._plan.on if self._day is None else row.cells[self._day].strip()
            given = tuple((i, text) for i, at in self._conditions.items() if (text := row.cells[at].strip()))
            status, cells = self._found(name, day, given)
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
            told = BETWEEN.join(f"{m.entity.code} ({m.entity.label}), {m.score:g}" for m in found[:_SHOWN])
            reason = "; ".join((told, *([] if status == "ambiguous" else first.reasons)))
            return status, ["", "", "", f"{first.score:g}", status, _cell(reason), *([""] * len(self._plan.extend))]
        entity = first.entity
        asked = Asked(_days(day), self._plan.language)
        added = (self._search.properties.values(entity, ident, asked) for ident in self._plan.extend)
        return "match", [
            entity.thing.iri,
            _cell(entity.code),
            _cell(entity.label),
            f"{first.score:g}",
            "match",
            _cell("; ".join(first.reasons)),
            *(_cell(BETWEEN.join(value.text for value in values)) for values in added),
        ]


def _days(day: str) -> Period | None:
    try:
        return period(day)
    except InvalidDate:
        return None


def _cell(text: str) -> str:
    """Return a text on one line that is no formula to a spreadsheet."""
    return guard(" ".join(text.split()))


def headings(pairs: Sequence[str]) -> dict[str, str]:
    """Read conditions, each ``PROPERTY=COLUMN``.

    :raises UsageError: one is not.
    """
    found = {}
    for pair in pairs:
        ident, equals, heading = pair.partition("=")
        if not (ident and equals and heading):
            raise UsageError(f"--property {pair!r} is not PROPERTY=COLUMN")
        found[ident] = heading
    return found
