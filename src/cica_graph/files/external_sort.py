"""Rows in order, however many, in memory that hardly grows with them: sorted in pieces on the disk, then merged."""

from __future__ import annotations

import heapq
import pickle
from collections.abc import Iterator
from tempfile import TemporaryFile
from typing import Any, Final, Self

IN_MEMORY: Final = 50_000  # rows of a piece
_AT_ONCE: Final = 50  # rows read back together

Row = tuple[Any, ...]


class Sorter:
    """Takes rows, tuples that compare with each other, and gives them back sorted.

    Its file has no name, so that nothing is left of it when the process ends, however it does.
    """

    def __init__(self) -> None:
        self._rows: list[Row] = []
        self._pieces: list[tuple[int, int]] = []  # from and to which byte
        self._file = TemporaryFile()  # noqa: SIM115  # it is closed with the sorter

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, row: Row) -> None:
        """Take a row.

        :raises OSError: there is no room left for temporary files.
        """
        self._rows.append(row)
        if len(self._rows) == IN_MEMORY:
            start = self._file.tell()
            self._rows.sort()
            for at in range(0, IN_MEMORY, _AT_ONCE):
                pickle.dump(self._rows[at : at + _AT_ONCE], self._file, pickle.HIGHEST_PROTOCOL)
            self._pieces.append((start, self._file.tell()))
            self._rows.clear()

    def __iter__(self) -> Iterator[Row]:
        """Yield every row, the least first, when all have been taken; rows that are equal are all given."""
        return heapq.merge(*(self._read(*piece) for piece in self._pieces), sorted(self._rows))

    def _read(self, at: int, end: int) -> Iterator[Row]:
        while at < end:
            self._file.seek(at)
            rows = pickle.load(self._file)
            at = self._file.tell()
            yield from rows
