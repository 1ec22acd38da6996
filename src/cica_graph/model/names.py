"""What a state or organization may be called when asked for.

By acronym, code, any label or alias in any language, Wikidata id or IRI, in any case. A name that fits nothing
is answered with the nearest that would.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from unicodedata import normalize

from cica_graph.model.errors import NotFound
from cica_graph.model.terms import PREFIXES


@dataclass(frozen=True)
class Actor:
    """A state or organization.

    :ivar kind: ``state`` or ``organization``.
    :ivar code: ISO 3166-1 alpha-3 code or acronym; where neither exists, the last part of the IRI.
    """

    iri: str
    kind: str
    code: str
    label: str


class Names:
    """The names that a graph knows."""

    def __init__(self, actors: Iterable[Actor], names: Iterable[tuple[str, str, int]]) -> None:
        """Index names, each given with the IRI of what has it and its rank: 0 is the surest."""
        self.actors = {actor.iri: actor for actor in actors}
        self._known: dict[str, dict[str, int]] = {}
        for iri, actor in self.actors.items():
            self._add(iri, iri, 0)
            self._add(actor.code, iri, 0)
            for prefix in ("state", "organization"):
                if iri.startswith(PREFIXES[prefix]):
                    self._add(f"{prefix}:{iri.removeprefix(PREFIXES[prefix])}", iri, 0)
        for name, iri, rank in names:
            self._add(name, iri, rank)

    def _add(self, name: str, iri: str, rank: int) -> None:
        ranks = self._known.setdefault(fold(name), {})
        ranks[iri] = min(rank, ranks.get(iri, rank))

    def __getitem__(self, iri: str) -> Actor:
        return self.actors[iri]

    def find(
        self, name: str, kinds: Iterable[str] = ("state", "organization"), *, suggest: bool = True
    ) -> Actor:  # fmt: skip
        """Return the one actor of these kinds that goes by a name.

        The surest kind of name wins: an acronym or alpha-3 code before other codes, those before labels, and
        labels before aliases. To ``suggest`` what an unknown name may have meant takes some milliseconds.

        :raises NotFound: none does, or several do by equally good names.
        """
        kinds = tuple(kinds)
        ranks = self._known.get(fold(name), {})
        fitting = {iri: rank for iri, rank in ranks.items() if self.actors[iri].kind in kinds}
        best = [iri for iri, rank in fitting.items() if rank == min(fitting.values())]
        if len(best) == 1:
            return self.actors[best[0]]
        wanted = " or ".join(kinds)
        if best:
            several = ", ".join(f"{self.actors[iri].label} ({self.actors[iri].code})" for iri in sorted(best))
            raise NotFound(f"{name!r} may be any of {several}; use the code")
        if ranks:
            other = self.actors[min(ranks)]
            raise NotFound(f"{name!r} is the {other.kind} {other.label}, and {_a(wanted)} is wanted here")
        if not suggest:
            raise NotFound(f"no {wanted} goes by {name!r}")
        near = self._near(name, kinds)
        hint = f"; did you mean {near}?" if near else f"; `cica-graph query actors` lists every {wanted}"
        raise NotFound(f"no {wanted} goes by {name!r}{hint}")

    def _near(self, name: str, kinds: tuple[str, ...]) -> str:
        pool = [n for n, ranks in self._known.items() if any(self.actors[iri].kind in kinds for iri in ranks)]
        found: dict[str, str] = {}
        for close in get_close_matches(fold(name), sorted(pool), n=6, cutoff=0.6):
            for iri in sorted(self._known[close]):
                if self.actors[iri].kind in kinds:
                    found.setdefault(iri, f"{self.actors[iri].code} ({self.actors[iri].label})")
        return " or ".join(list(found.values())[:3])


def fold(name: str) -> str:
    """Return a name without case, accents' encoding or stray spaces."""
    return " ".join(normalize("NFKC", name).casefold().split())


def _a(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeio' else 'a'} {noun}"
