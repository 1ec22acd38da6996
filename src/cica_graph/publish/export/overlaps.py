"""Table of overlaps: the number of members that organizations share on a day, and the missing members."""

from __future__ import annotations

from datetime import date
from typing import Final

from cica_graph.memberships.names import read_names
from cica_graph.model.terms import local
from cica_graph.pipeline.steps import derive
from cica_graph.store.store import Store

MOST: Final = 100  # rows of an organization, for the largest overlaps; `overlaps --all-organizations` gives every pair


def overlaps(store: Store, day: date) -> list[dict[str, str]]:
    """Return the :data:`MOST` largest overlaps of each organization, sorted by IRI.

    ``csvw.json`` describes the columns (``overlaps.csv``). Pairs that share no possible member have no row.
    """
    derive.snapshot(store, day)
    return store.memo(f"overlaps {day}", lambda: _rows(store, day))


def _rows(store: Store, day: date) -> list[dict[str, str]]:
    known = derive.members(store, day)
    actors = read_names(store).actors

    def code(iri: str) -> str:
        return actors[iri].code if iri in actors else local(iri)

    def row(ours: str, other: str) -> dict[str, str]:
        shared, total = known.size(ours, other), known.size(other)
        return {
            "organization": code(ours),
            "counterpart": code(other),
            "as_of": day.isoformat(),
            "count": str(shared.certain),
            "presumed": str(shared.presumed),
            "at_most": str(shared.possible),
            "total": str(total.certain),
            "total_presumed": str(total.presumed),
            "total_at_most": str(total.possible),
            "missing": " ".join(sorted(map(code, known.missing(ours, other)))),
            "organization_iri": ours,
            "counterpart_iri": other,
        }

    return [row(ours, other) for ours, others in derive.closest(known, MOST) for other in sorted(others)]
