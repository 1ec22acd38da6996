"""Answers as rows of data: the same on the command line and on the network."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Final

from cica_graph.formats.tables import Record, Value
from cica_graph.model.results import Audit, Membership, Overlap

MEMBERSHIP: Final = (
    "code",
    "label",
    "kind",
    "role",
    "start",
    "end",
    "certainty",
    "suspended",
    "last_attested",
    "sources",
)
OVERLAP: Final = ("other", "shared", "shared_at_most", "total", "total_at_most", "both", "missing")
YEARS: Final = ("from_year", "to_year")
AUDIT: Final = (
    "claim", "organization", "population", "on", "claimed", "claimed_total", "found", "found_at_most", "verdict",
    "independent", "section",
)  # fmt: skip

Span = tuple[Overlap, int, int]  # an overlap, and the first and the last year in which it was so


def memberships(found: Iterable[Membership], side: str) -> list[Record]:
    """Return spells with the IRI of the other side under the name of that side, ``member`` or ``organization``."""
    return records(found, MEMBERSHIP, {side: "actor"})


def overlaps(found: Iterable[Span], keys: Sequence[str]) -> list[Record]:
    """Return overlaps as rows with some of the keys :data:`YEARS`, ``organization`` and :data:`OVERLAP`."""
    spans = list(found)
    rows = records([overlap for overlap, _, _ in spans], [key for key in keys if key not in YEARS])
    years = ({"from_year": first, "to_year": last} for _, first, last in spans)
    return [{key: {**of, **row}[key] for key in keys} for of, row in zip(years, rows, strict=True)]


def overlap_keys(*, every: bool, whole: bool) -> tuple[str, ...]:
    """Return the keys of overlaps by year or of a day, those of every organization or of one."""
    return (*(YEARS if every else ()), *(("organization",) if whole else ()), *OVERLAP)


def spans(years: Iterable[tuple[int, list[Overlap]]]) -> list[Span]:
    """Return each overlap with the first and the last of the years in a row in which it was so."""
    runs: defaultdict[Overlap, list[list[int]]] = defaultdict(list)
    for number, found in years:
        for overlap in found:
            if runs[overlap] and runs[overlap][-1][1] == number - 1:
                runs[overlap][-1][1] = number
            else:
                runs[overlap].append([number, number])
    of = [(overlap, first, last) for overlap, runs_of in runs.items() for first, last in runs_of]
    return sorted(of, key=lambda s: (s[0].organization.casefold(), s[0].other.casefold(), s[1:]))


def audits(found: Iterable[Audit]) -> list[Record]:
    """Return audited claims."""
    return records(found, AUDIT)


def records(
    items: Iterable[object], keys: Sequence[str], renamed: Mapping[str, str] = MappingProxyType({})
) -> list[Record]:
    """Return answers as rows of data: each key's attribute, after those that go by another name."""
    names = {**renamed, **{key: key for key in keys}}
    return [{key: _value(getattr(item, name)) for key, name in names.items()} for item in items]


def _value(value: object) -> Value:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return [str(part) for part in value]
    assert value is None or isinstance(value, str | int)
    return value
