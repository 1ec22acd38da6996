"""States and organizations, and the names by which they are found.

A name is an acronym, a code, a label or alias in any language, a Wikidata id or an IRI. Case and spelling do
not matter: "Viet-Nam" finds Viet Nam.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final, Literal

from cica_graph.model.errors import NotFound
from cica_graph.model.normalise import caseless, is_acronym, squashed, undotted, unmarked
from cica_graph.model.terms import PREFIXES

if TYPE_CHECKING:
    from cica_graph.model.spellings import Closeness, Spellings

ActorKind = Literal["state", "organization", "organ"]
KINDS: Final[tuple[ActorKind, ...]] = ("state", "organization", "organ")
_LABEL: Final = 2  # the rank of a label; codes have a lower one
_SIMILAR: Final = 70.0  # minimum similarity of a suggested name or code in per cent
_MARGIN: Final = 0.1  # a suggestion with a score that is lower by more than this is omitted
_LIKELY: Final = 0.7  # minimum score of a suggestion of another kind
_SUGGESTED: Final = 3


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
        self._acronyms = defaultdict[str, set[str]](set)
        for iri, actor in self.actors.items():
            self._add(iri, iri, 0)
            self._add(actor.code, iri, 0)
            self._add(_full(iri), iri, 0)
        for name, iri, rank in names:
            self._add(name, iri, rank)
            if is_acronym(name) and (rank >= _LABEL or self.actors[iri].kind != "state"):
                self._acronyms[caseless(name)].add(iri)
            elif rank >= _LABEL:
                self._texts.append((name, iri))

    def _add(self, name: str, iri: str, rank: int) -> None:
        ranks = self._known.setdefault(caseless(name), {})
        ranks[iri] = min(rank, ranks.get(iri, rank))

    def __getitem__(self, iri: str) -> Actor:
        return self.actors[iri]

    @cached_property
    def _spellings(self) -> Spellings:
        from cica_graph.model.spellings import Spellings  # only an unusual spelling needs it

        states = {actor.code: iri for iri, actor in self.actors.items() if actor.kind == "state"}
        return Spellings(self._texts, states)

    def find(self, name: str, kinds: Iterable[ActorKind] = KINDS, *, suggest: bool = True) -> Actor:
        """Return the actor with a name, if its kind is one of ``kinds``.

        An exact code or label comes first: "Guam" is the territory, and "GUAM" the organization. Acronyms and alpha-3
        codes come before other codes, then labels, then aliases, then other spellings. An alpha-3 code comes before an
        equal acronym: "CAN" is Canada, and "organization:can" the Andean Community. With ``suggest``, the message about
        an unknown name contains similar names; finding them takes some milliseconds.

        :raises NotFound: no actor has the name, or several actors have the name with the same rank.
        """
        kinds, name = tuple(kinds), unmarked(name)
        ranks = self._known.get(caseless(name), {})
        fitting = {iri: rank for iri, rank in ranks.items() if self.actors[iri].kind in kinds}
        best = [iri for iri, rank in fitting.items() if rank == min(fitting.values())]
        if len(fitting) > 1:
            best = self._exact(name, fitting) or best
        known: Iterable[str] = ranks
        if not ranks:
            # The dots show that it is an acronym and not a code: "A.R.E." is Egypt, and "ARE" the United Arab Emirates.
            known = self._acronyms.get(caseless(undotted(name)), set()) or self._spelled(name, "spelling")
            best = [iri for iri in known if self.actors[iri].kind in kinds]
        if len(best) == 1:
            return self.actors[best[0]]
        requested = " or ".join(kind for kind in kinds if kind != "organ")  # few actors are organs
        if best:
            several = " or ".join(f"{_full(iri)} ({self.actors[iri].label})" for iri in sorted(best))
            raise NotFound(f"{name!r} is ambiguous: use {several}")
        if known:
            other = self.actors[min(known)]
            raise NotFound(f"{name!r} is the {other.kind} {other.label}, not {_a(requested)}")
        if not suggest:
            raise NotFound(f"unknown {requested} {name!r}")
        raise NotFound(f"unknown {requested} {name!r}; {self._hint(name, kinds, requested)}")

    def _spelled(self, name: str, closeness: Closeness) -> list[str]:
        """Return the actors with a name in another spelling or language."""
        found = self._spellings.find(name)
        return [iri for iri in found.iris if iri in self.actors] if found and found.closeness == closeness else []

    def _exact(self, name: str, fitting: Iterable[str]) -> list[str]:
        """Return the state with a code or label that is spelled like a name, or else the organization with one."""
        spelled = [actor for iri in fitting if name in ((actor := self.actors[iri]).code, actor.label)]
        spelled = [actor for actor in spelled if actor.kind == "state"] or spelled
        return [actor.iri for actor in spelled] if len(spelled) == 1 else []

    def _hint(self, name: str, kinds: tuple[ActorKind, ...], requested: str) -> str:
        from cica_graph.model.spellings import others

        scores = self._near(name)
        fitting = {iri: score for iri, score in scores.items() if self.actors[iri].kind in kinds}
        # A state in place of an organization is suggested only if the name is almost certainly its name.
        near = fitting or {iri: score for iri, score in scores.items() if score >= _LIKELY}
        ranked = sorted((-score, iri) for iri, score in near.items() if score >= max(near.values()) - _MARGIN)
        if ranked:
            actors = [self.actors[iri] for _, iri in ranked[:_SUGGESTED]]
            noun = "" if fitting else f"the {actors[0].kind} "
            return f"did you mean {noun}{' or '.join(f'{actor.code} ({actor.label})' for actor in actors)}?"
        if (other := others().get(squashed(name))) is not None:
            return f"it is not in the graph: {other.why}"
        return f"`cica-graph query actors` lists every {requested}"

    def _near(self, name: str) -> dict[str, float]:
        """Return the actors that a name can mean, with scores from 0 to 1."""
        from rapidfuzz import fuzz, process

        from cica_graph.model.spellings import others

        if spelled := self._spelled(name, "language"):
            return dict.fromkeys(spelled, 1.0)
        scores = {near.iri: near.score for near in self._spellings.near(name)}
        if is_acronym(name) or not (scores or squashed(name) in others()):
            known = self._known.keys()
            hits = process.extract(caseless(name), known, scorer=fuzz.ratio, score_cutoff=_SIMILAR, limit=10)
            for close, similarity, _ in hits:
                scores |= {iri: max(similarity / 100, scores.get(iri, 0.0)) for iri in self._known[close]}
        return scores


def _a(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeio' else 'a'} {noun}"


def _full(iri: str) -> str:
    """Return the name of an actor that no other actor has: its kind and the last part of its IRI, or the IRI."""
    kinds = (f"{kind}:{iri.removeprefix(PREFIXES[kind])}" for kind in KINDS if iri.startswith(PREFIXES[kind]))
    return next(kinds, iri)
