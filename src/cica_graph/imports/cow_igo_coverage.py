"""Coverage of the Correlates of War data: the years in which they name every member of an organization.

In a year in which most cells of a state have data, the state is in the state system. An organization is covered in each
year with data about such a state. The states of the system that have no data then are unknown. In a year in which the
members of an organization are missing for every state, every state is unknown.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from cica_graph.imports.cow_igo_cells import MISSING, OBSERVER, OUTSIDE, Cells

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Flags = NDArray[np.bool_]


class CoveredYears(NamedTuple):
    """Years in which the members of an organization are known, or are missing for every state.

    :ivar unknown: numbers of the states for which the cell is missing in each year of the span; None for every state.
    """

    ionum: int
    first: int
    last: int
    unknown: tuple[int, ...] | None


class SystemYears(NamedTuple):
    """Years in a row in which a state is in the state system."""

    ccode: int
    first: int
    last: int


def coverage(cells: Cells) -> tuple[list[SystemYears], list[CoveredYears]]:
    """Return the years of states and of organizations for which a file has data, sorted."""
    import numpy as np

    years = cells.years
    series = {(ionum, ccode): row for ionum, ccode, row in cells.series(years)}
    ionums, ccodes = (sorted({key[side] for key in series}) for side in (0, 1))
    rows = b"".join(series[ionum, ccode] for ionum in ionums for ccode in ccodes)
    cube = np.frombuffer(rows, np.uint8).reshape(len(ionums), len(ccodes), len(years))
    known = cube <= OBSERVER
    in_system = known.sum(axis=0) > (cube == OUTSIDE).sum(axis=0)
    covered = (known & in_system).any(axis=1)
    missing = ~covered & ((cube == MISSING) & in_system).any(axis=1)
    unknown = covered[:, None, :] & in_system & ~known
    system = [
        SystemYears(ccode, *run) for ccode, flags in zip(ccodes, in_system, strict=True) for run in _runs(flags, years)
    ]
    spans = [
        CoveredYears(ionum, *span)
        for ionum, has_data, has_none, without in zip(ionums, covered, missing, unknown, strict=True)
        for span in _spans(has_data, has_none, without, ccodes, years)
    ]
    return system, spans


def _runs(flags: Flags, years: range) -> Iterator[tuple[int, int]]:
    for is_set, group in groupby(zip(years, flags.tolist(), strict=True), key=lambda pair: pair[1]):
        if is_set:
            run = [year for year, _ in group]
            yield run[0], run[-1]


def _spans(
    covered: Flags, missing: Flags, unknown: Flags, ccodes: Sequence[int], years: range
) -> Iterator[tuple[int, int, tuple[int, ...] | None]]:
    """Yield the years with a row, cut where the states without data change."""

    def states(place: int) -> tuple[int, ...] | None:
        return None if missing[place] else tuple(ccodes[at] for at in unknown[:, place].nonzero()[0].tolist())

    places = (covered | missing).nonzero()[0].tolist()
    # In a run of years, the difference of place and position is the same.
    for (_, without), group in groupby(enumerate(places), key=lambda pair: (pair[1] - pair[0], states(pair[1]))):
        run = [place for _, place in group]
        yield years[run[0]], years[run[-1]], without
