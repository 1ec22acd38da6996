"""Answers of operations: results for programs, and bytes in a form such as CSV."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Generic, TypeVar

from cica_graph.formats import tables
from cica_graph.formats.tables import Record, Value

Item = TypeVar("Item")


class Answer(ABC):
    """The answer of an operation."""

    @abstractmethod
    def write(self, form: str) -> Iterator[bytes]:
        """Yield the answer in one of the forms of the operation, in parts that end between rows.

        :raises UsageError: the answer has no such form.
        """


@dataclass(frozen=True)
class TableAnswer(Answer, Generic[Item]):
    """An answer that is a table.

    :ivar results: results of the graph, one for each row.
    :ivar columns: names of the columns.
    :ivar records: the rows.
    :ivar recorded: False if no source speaks of the rows. The table is then empty, and ``null`` in JSON.
    """

    results: Sequence[Item]
    columns: tuple[str, ...]
    records: list[Record]
    recorded: bool = True

    def write(self, form: str) -> Iterator[bytes]:
        """Yield the table as ``json``, ``csv`` or ``tsv``."""
        if form == "json" and not self.recorded:
            yield b"null\n"
            return
        yield tables.render(self.records, self.columns, form).encode()


def records(
    results: Iterable[object], columns: Sequence[str], attributes: Mapping[str, str] = MappingProxyType({})
) -> list[Record]:
    """Return results as rows. A column has the attribute with the same name, or with the name in ``attributes``."""
    names = {column: attributes.get(column, column) for column in columns}
    return [{column: _value(getattr(result, name)) for column, name in names.items()} for result in results]


def _value(value: object) -> Value:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return [str(part) for part in value]
    assert value is None or isinstance(value, str | int)
    return value
