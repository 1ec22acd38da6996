"""Sorting of more rows than fit in memory: in pieces on the disk, which are then merged."""

from __future__ import annotations

import heapq
import pickle
from collections.abc import Iterator
from tempfile import TemporaryFile
from typing import Any, Final, Self

IN_MEMORY: Final = 50_000  # rows in a piece
_AT_ONCE: Final = 50  # rows read back at a time

Row = tuple[Any, ...]


class Sorter:
    """Sorts rows, which are tuples that can be compared with each other.

    Its temporary file has no name, so it disappears even if the process is killed.
    """

    def __init__(self) -> None:
        self._rows: list[Row] = []
        self._pieces: list[tuple[int, int]] = []  # first byte and end
        self._file = TemporaryFile()  # noqa: SIM115  # closed with the sorter

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, row: Row) -> None:
        """Add a row.

        :raises OSError: the disk for temporary files is full.
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
        """Yield all rows in ascending order, duplicates included. Call it after the last ``add``."""
        return heapq.merge(*(self._read(*piece) for piece in self._pieces), sorted(self._rows))

    def _read(self, at: int, end: int) -> Iterator[Row]:
        while at < end:
            self._file.seek(at)
            rows = pickle.load(self._file)
            at = self._file.tell()
            yield from rows
