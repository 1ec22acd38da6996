"""What the server has done, counted by all its processes and given as Prometheus text.

The numbers stand in memory that the processes share, a row for each, so that nobody waits for anybody and the sums
outlive a process. Format: https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format.
"""

from __future__ import annotations

import mmap
from bisect import bisect_left
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

_WIDTH: Final = 8  # bytes of a number


@dataclass(frozen=True)
class Series:
    """One thing that is counted, told apart by the values of one label or by none."""

    name: str
    kind: str
    help: str
    label: str = ""
    values: tuple[str, ...] = ("",)


SERIES: Final = (
    Series("requests", "counter", "Requests answered", "status", ("2xx", "3xx", "4xx", "5xx", "gone")),
    Series("sent_bytes", "counter", "Bytes of answers sent"),
    Series(
        "queries",
        "counter",
        "SPARQL queries: answered in full, cut, known from before, not run, or not answered and why",
        "outcome",
        ("answered", "cut", "kept", "unchanged", "refused", "too_long", "died", "busy", "gone"),
    ),
    Series("query_processes", "counter", "Query processes started and killed", "event", ("started", "killed")),
    Series("log_lines_lost", "counter", "Lines of the access log that nobody took in time"),
    Series("connections", "gauge", "Open connections"),
    Series("waiting_queries", "gauge", "Queries that wait for a place"),
)
BOUNDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)  # seconds
_PLACES: Final = {
    (s.name, value): place for place, (s, value) in enumerate((s, value) for s in SERIES for value in s.values)
}
_BUCKETS: Final = len(_PLACES)  # where the histogram of durations begins; its sum is last
_ROW: Final = _BUCKETS + len(BOUNDS) + 2


class Counters:
    """The numbers of all processes. Make it before they are forked."""

    def __init__(self, rows: int) -> None:
        self._numbers = memoryview(mmap.mmap(-1, rows * _ROW * _WIDTH)).cast("d")
        self._rows = rows

    def row(self, number: int) -> Row:
        """Return the row that one process writes to, and no other."""
        return Row(self._numbers[number * _ROW : (number + 1) * _ROW])

    def text(self, build: str) -> str:
        """Return the sums over all processes."""
        sums = [sum(self._numbers[place::_ROW]) for place in range(_ROW)]
        lines = [
            "# HELP cica_graph_build_info The data that are served.",
            "# TYPE cica_graph_build_info gauge",
            f'cica_graph_build_info{{digest="{build}"}} 1',
        ]
        for series in SERIES:
            name = f"cica_graph_{series.name}" + ("_total" if series.kind == "counter" else "")
            lines += [f"# HELP {name} {series.help}.", f"# TYPE {name} {series.kind}"]
            for value in series.values:
                label = f'{{{series.label}="{value}"}}' if series.label else ""
                lines.append(f"{name}{label} {sums[_PLACES[series.name, value]]:.0f}")
        name = "cica_graph_request_seconds"
        lines += [f"# HELP {name} Seconds from a request's head to the end of its answer.", f"# TYPE {name} histogram"]
        *buckets, total = sums[_BUCKETS:]
        for bound, count in zip([*map(str, BOUNDS), "+Inf"], accumulate(buckets), strict=True):
            lines.append(f'{name}_bucket{{le="{bound}"}} {count:.0f}')
        lines += [f"{name}_sum {total}", f"{name}_count {sum(buckets):.0f}"]
        return "\n".join(lines) + "\n"


class Row:
    """The numbers of one process."""

    def __init__(self, numbers: memoryview[float]) -> None:
        self._numbers = numbers

    def add(self, name: str, value: str = "", amount: float = 1) -> None:
        """Count up."""
        self._numbers[_PLACES[name, value]] += amount

    def set(self, name: str, amount: float) -> None:
        """Set what goes up and down."""
        self._numbers[_PLACES[name, ""]] = amount

    def took(self, seconds: float) -> None:
        """Count a request by how long it took."""
        self._numbers[_BUCKETS + bisect_left(BOUNDS, seconds)] += 1
        self._numbers[_ROW - 1] += seconds
