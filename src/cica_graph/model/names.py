"""States and organizations, and the names by which they are found.

A name is an acronym, a code, a label or alias in any language, a Wikidata id or an IRI. Case and spelling do
not matter: "Viet-Nam" finds Viet Nam.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final, Literal

from cica_graph.model.errors import NotFound
from cica_graph.model.normalise import caseless, is_acronym
from cica_graph.model.terms import PREFIXES

if TYPE_CHECKING:
    from cica_graph.model.spellings import Spellings

ActorKind = Literal["state", "organization", "organ"]
KINDS: Final[tuple[ActorKind, ...]] = ("state", "organization", "organ")
_LABEL: Final = 2  # the rank of a label; codes have a lower one


@dataclass(frozen=True)
class Actor:
    """A state, an organization, or an organ that is a member, such as a police force.

    :ivar code: ISO 3166-1 alpha-3 code or acronym; the last part of the IRI if it has neither.
    """

    iri: str
    kind: ActorKind
    code: str
    label: str


class Names:
    """Index of the names of a graph."""

    def __init__(self, actors: Iterable[Actor], names: Iterable[tuple[str, str, int]]) -> None:
        """Index names. Each comes with the IRI of the actor and a rank: 0 acronym or alpha-3 code, 1 other code,
        2 label, 3 alias.
        """
        self.actors = {actor.iri: actor for actor in actors}
        self._known: dict[str, dict[str, int]] = {}
        self._texts: list[tuple[str, str]] = []
        for iri, actor in self.actors.items():
            self._add(iri, iri, 0)
            self._add(actor.code, iri, 0)
            self._add(_full(iri), iri, 0)
        for name, iri, rank in names:
            self._add(name, iri, rank)
            if rank >= _LABEL and not is_acronym(name):
                self._texts.append((name, iri))

    def _add(self, name: str, iri: str, rank: int) -> None:
        ranks = self._known.setdefault(caseless(name), {})
        ranks[iri] = min(rank, ranks.get(iri, rank))

    def __getitem__(self, iri: str) -> Actor:
        return self.actors[iri]

    @cached_property
    def _spellings(self) -> Spellings:
        from cica_graph.model.spellings import Spellings  # only an unusual spelling needs it

        return Spellings(self._texts)

    def find(self, name: str, kinds: Iterable[ActorKind] = KINDS, *, suggest: bool = True) -> Actor:
        """Return the actor with a name, if its kind is one of ``kinds``.

        An exact code or label comes first: "Guam" is the territory, and "GUAM" the organization. Acronyms and alpha-3
        codes come before other codes, then labels, then aliases, then other spellings. An alpha-3 code comes before an
        equal acronym: "CAN" is Canada, and "organization:can" the Andean Community. With ``suggest``, the message about
        an unknown name contains similar names; finding them takes some milliseconds.

        :raises NotFound: no actor has the name, or several actors have the name with the same rank.
        """
        kinds, ranks = tuple(kinds), self._known.get(caseless(name), {})
        fitting = {iri: rank for iri, rank in ranks.items() if self.actors[iri].kind in kinds}
        best = [iri for iri, rank in fitting.items() if rank == min(fitting.values())]
        if len(fitting) > 1:
            best = self._exact(name, fitting) or best
        if not ranks and (spelling := self._spellings.find(name)) is not None:
            best = [iri for iri in spelling.iris if iri in self.actors and self.actors[iri].kind in kinds]
        if len(best) == 1:
            return self.actors[best[0]]
        requested = " or ".join(kind for kind in kinds if kind != "organ")  # few actors are organs
        if best:
            several = " or ".join(f"{_full(iri)} ({self.actors[iri].label})" for iri in sorted(best))
            raise NotFound(f"{name!r} is ambiguous: use {several}")
        if ranks:
            other = self.actors[min(ranks)]
            raise NotFound(f"{name!r} is the {other.kind} {other.label}, not {_a(requested)}")
        if not suggest:
            raise NotFound(f"unknown {requested} {name!r}")
        near = self._near(name, kinds)
        hint = f"did you mean {near}?" if near else f"`cica-graph query actors` lists every {requested}"
        raise NotFound(f"unknown {requested} {name!r}; {hint}")

    def _exact(self, name: str, fitting: Iterable[str]) -> list[str]:
        """Return the state with a code or label that is spelled like a name, or else the organization with one."""
        spelled = [actor for iri in fitting if name in ((actor := self.actors[iri]).code, actor.label)]
        spelled = [actor for actor in spelled if actor.kind == "state"] or spelled
        return [actor.iri for actor in spelled] if len(spelled) == 1 else []

    def _near(self, name: str, kinds: tuple[ActorKind, ...]) -> str:
        from difflib import get_close_matches

        pool = [n for n, ranks in self._known.items() if any(self.actors[iri].kind in kinds for iri in ranks)]
        found: dict[str, str] = {}
        for close in get_close_matches(caseless(name), sorted(pool), n=6, cutoff=0.6):
            for iri in sorted(self._known[close]):
                if self.actors[iri].kind in kinds:
                    found.setdefault(iri, f"{self.actors[iri].code} ({self.actors[iri].label})")
        return " or ".join(list(found.values())[:3])


def _a(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeio' else 'a'} {noun}"


def _full(iri: str) -> str:
    """Return the name of an actor that no other actor has: its kind and the last part of its IRI, or the IRI."""
    kinds = (f"{kind}:{iri.removeprefix(PREFIXES[kind])}" for kind in KINDS if iri.startswith(PREFIXES[kind]))
    return next(kinds, iri)
