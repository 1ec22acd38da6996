"""Answers as rows of data: the same on the command line and on the network."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Final

from cica_graph.answers import Audit, Overlap, Spell
from cica_graph.report.tables import Record, Value

SPELL: Final = ("code", "label", "kind", "role", "start", "end", "holds", "suspended", "last_attested", "sources")
OVERLAP: Final = ("organization", "shared", "shared_at_most", "total", "total_at_most", "both", "missing")
AUDIT: Final = (
    "claim", "about", "counts", "on", "says", "of", "finds", "at_most", "verdict", "independent", "section",
)  # fmt: skip


def spells(found: Iterable[Spell], side: str) -> list[Record]:
    """Return spells with the IRI of the other side under the name of that side, ``member`` or ``organization``."""
    return records(found, SPELL, {side: "actor"})


def overlaps(found: Iterable[Overlap]) -> list[Record]:
    """Return overlaps of one organization with others."""
    return records(found, OVERLAP)


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
