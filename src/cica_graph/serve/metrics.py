"""Counters that all processes of a server share, in the text format of Prometheus.

The counters are in shared memory, one row per process. No process waits for another, and the sums survive a process.
The multiprocess mode of ``prometheus_client`` is not used: it needs a directory of files that grows with each process
that ends, and takes nine times as long to count a request (22 and 2.5 microseconds). The text format is the library's.
"""

from __future__ import annotations

import mmap
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Final, Literal

from prometheus_client import generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

_WIDTH: Final = 8  # bytes of a number


@dataclass(frozen=True)
class Series:
    """A counter or gauge, with one number for each value of its label."""

    name: str
    kind: Literal["counter", "gauge"]
    help: str
    label: str = ""
    values: tuple[str, ...] = ("",)


SERIES: Final = (
    Series("requests", "counter", "Requests answered.", "status", ("2xx", "3xx", "4xx", "5xx", "gone")),
    Series("sent_bytes", "counter", "Bytes of answers sent."),
    Series(
        "queries",
        "counter",
        "Queries by outcome: answered in full, truncated, from the cache, not modified, or why not answered.",
        "outcome",
        ("answered", "truncated", "cached", "unchanged", "refused", "too_long", "died", "busy", "gone"),
    ),
    Series("query_processes", "counter", "Query workers started and killed.", "event", ("started", "killed")),
    Series("log_lines_lost", "counter", "Lines of the access log that could not be written in time."),
    Series("connections", "gauge", "Open connections."),
    Series("waiting_queries", "gauge", "Queries that wait for a worker."),
)
BOUNDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)  # seconds
_PLACES: Final = {
    (s.name, value): place for place, (s, value) in enumerate((s, value) for s in SERIES for value in s.values)
}
_BUCKETS: Final = len(_PLACES)  # where the histogram of durations begins; its sum is the last number
_ROW: Final = _BUCKETS + len(BOUNDS) + 2


class Metrics:
    """The counters of all processes. Create it before the processes are forked."""

    def __init__(self, processes: int) -> None:
        self._numbers = memoryview(mmap.mmap(-1, processes * _ROW * _WIDTH)).cast("d")

    def counters(self, process: int) -> ProcessCounters:
        """Return the counters that only one process may change."""
        return ProcessCounters(self._numbers[process * _ROW : (process + 1) * _ROW])

    def text(self, digest: str) -> bytes:
        """Return the sums over all processes in the text format of Prometheus; ``digest`` is that of the release."""
        sums = [sum(self._numbers[place::_ROW]) for place in range(_ROW)]
        info = GaugeMetricFamily("cica_graph_build_info", "The data that are served.", labels=["digest"])
        info.add_metric([digest], 1)
        *buckets, total = sums[_BUCKETS:]
        seconds = HistogramMetricFamily(
            "cica_graph_request_seconds",
            "Seconds from the head of a request to the end of its answer.",
            buckets=list(zip([*map(str, BOUNDS), "+Inf"], accumulate(buckets), strict=True)),
            sum_value=total,
        )
        return generate_latest(_Snapshot([info, *(_family(series, sums) for series in SERIES), seconds]))


class _Snapshot(Collector):
    def __init__(self, families: Sequence[Metric]) -> None:
        self._families = families

    def collect(self) -> Sequence[Metric]:
        return self._families


def _family(series: Series, sums: Sequence[float]) -> Metric:
    labels = [series.label] if series.label else []
    kind = CounterMetricFamily if series.kind == "counter" else GaugeMetricFamily
    family = kind(f"cica_graph_{series.name}", series.help, labels=labels)
    for value in series.values:
        family.add_metric([value] if labels else [], sums[_PLACES[series.name, value]])
    return family


class ProcessCounters:
    """The counters of one process."""

    def __init__(self, numbers: memoryview[float]) -> None:
        self._numbers = numbers

    def add(self, name: str, value: str = "", amount: float = 1) -> None:
        """Increase a counter."""
        self._numbers[_PLACES[name, value]] += amount

    def set(self, name: str, amount: float) -> None:
        """Set a gauge."""
        self._numbers[_PLACES[name, ""]] = amount

    def observe(self, seconds: float) -> None:
        """Count a request by its duration."""
        self._numbers[_BUCKETS + bisect_left(BOUNDS, seconds)] += 1
        self._numbers[_ROW - 1] += seconds
