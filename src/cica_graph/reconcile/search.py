"""Search for the candidates of a query, with scores.

``linking.matcher`` compares the names; its scores and its threshold were measured there. This module adds codes and
acronyms as names, similar names for a person to choose from, the day, types and conditions. A candidate is never sure
if it is ambiguous, did not have the name on the day, or does not meet a condition.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from cica_graph.linking.candidate import LONGEST, Candidate, Code, Target, code, targets
from cica_graph.linking.matcher import BY_CODE, MARGIN, THRESHOLD
from cica_graph.memberships.counting import best
from cica_graph.model import normalise
from cica_graph.model.errors import InvalidDate
from cica_graph.model.results import Certainty
from cica_graph.model.spellings import OTHER
from cica_graph.reconcile.catalog import TYPES, Catalog, Entity
from cica_graph.reconcile.days import Period, period
from cica_graph.reconcile.properties import CODES, DAY, ComparableValue, Properties, PropertyRequest
from cica_graph.reconcile.query import MOST, Condition, Match, ReconcileQuery

# Scores of evidence that linking.matcher does not use: it compares datasets, and this module reads typed text.
BY_OWN_ACRONYM: Final = 0.95  # written exactly, and of one entity only
BY_LOWER_CASE: Final = 0.85  # a code in lower case may be a word
BY_BARE_NUMBER: Final = 0.85  # the same number means different states in two schemes
MISSED: Final = 0.85  # factor for each condition that is not met
WRONG_TIME: Final = 0.8  # factor if it did not exist, or did not have the name, on the day
CONDITIONS_ALONE: Final = 0.8  # an entity that meets all conditions of a query without a name
_LONGEST: Final = 100  # maximum characters of a code
_SCORE: Final[Mapping[Certainty, float]] = {
    "certain": 1.0, "presumed": 0.8, "possible": 0.5, "disputed": 0.5, "not recorded": 0.5, "no": 0.0,
}  # fmt: skip


@dataclass
class _CandidateScore:
    """The evidence for one candidate."""

    score: float = 0.0
    name: float = 0.0
    code: bool = False
    reasons: list[tuple[float, str]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)  # the names in the query that are names of it

    def add(self, score: float, reason: str, *, text: str = "", code: bool = False) -> None:
        self.score = max(self.score, score)
        self.code |= code
        self.reasons.append((-score, reason))
        if text:
            self.name = max(self.name, score)
            self.texts.append(text)


_Pool = defaultdict[str, _CandidateScore]  # by IRI


class _PreparedCondition(NamedTuple):
    """A condition, with its values in comparable form, and as text."""

    condition: Condition
    forms: tuple[ComparableValue, ...]
    text: str


class Search:
    """Search in one catalog."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.properties = Properties(catalog)

    def candidates(self, query: ReconcileQuery) -> list[Match]:
        """Return the candidates for a query, the best first. Only the first can be sure."""
        days, on = self._days(query)
        request = PropertyRequest(days)
        conditions = [self._prepare(c) for c in query.conditions if c.property != DAY]
        pool: _Pool = defaultdict(_CandidateScore)
        for text in query.names:
            self._by_name(pool, text, query)
        named = set(pool)
        identified = {iri for ident in query.ids for iri in self._by_id(pool, ident)}
        for condition in conditions:
            self._by_condition(pool, condition)
        if not query.names and not query.ids:
            self._by_all_conditions(pool, conditions, request)
        kinds = {TYPES[ident] for ident in query.types if ident in TYPES}
        found = list[Match]()
        for iri, one in pool.items():
            entity = self.catalog.by_iri[iri]
            typed = not query.types or entity.thing.kind in kinds
            missing = (query.name_required and iri not in named) or (query.id_required and iri not in identified)
            if (typed or not query.strict) and not missing:
                found += self._judged(entity, one, query, conditions, request, typed=typed)
        return self._ranked(found, query, on)

    # ---- Candidates

    def _by_id(self, pool: _Pool, text: str) -> set[str]:
        """Add the entities with an id or code, and return their IRIs."""
        if (entity := self.catalog.entity(text)) is not None:
            pool[entity.thing.iri].add(BY_CODE, f"id {entity.id}", code=True)
            return {entity.thing.iri}
        taken = set[str]()
        for found, score in self._codes(text):
            for iri in self.catalog.index.coded(found):
                pool[iri].add(score, f"{found[0]} {found[1]}", code=True)
                taken.add(iri)
        return taken

    @staticmethod
    def _codes(text: str) -> Iterable[tuple[Code, float]]:
        """Yield the codes that a text can be, each with a score."""
        text = text.strip()
        if len(text) > _LONGEST:
            return
        if "//" in text:
            yield from ((found, BY_CODE) for target in targets().values() if (found := _id_in(target, text)))
            return
        for scheme in CODES:
            if (found := code(scheme, text.upper())) is not None:
                word = text.isalpha() and text != text.upper()
                yield found, BY_BARE_NUMBER if text.isdigit() else BY_LOWER_CASE if word else BY_CODE

    def _by_name(self, pool: _Pool, text: str, query: ReconcileQuery) -> None:
        """Add the entities with a name or a similar name. Similar names are never sure."""
        if not text.strip() or len(text) > LONGEST:
            return
        text = normalise.unmarked(text)
        self._by_id(pool, text)
        if self.catalog.entity(text) is not None:  # an id is not a name too
            return
        kinds = {TYPES[ident] for ident in query.types if ident in TYPES}
        kind = next(iter(kinds)) if len(kinds) == 1 and query.strict else None
        candidate = Candidate("", kind=kind, labels=((text, query.language),))
        evidence = self.catalog.index.evidence(candidate)
        another = evidence.pop(OTHER).score if OTHER in evidence else 0.0
        for iri, known in evidence.items():
            # As in linking.matcher, a name that fits something outside the graph as well proposes nothing.
            factor = 1.0 if another <= known.score - MARGIN else 0.6
            for score, reason in sorted(known.reasons):
                pool[iri].add(min(-score, known.score) * factor, reason, text=text)
        self._by_acronym(pool, text)
        self._by_acronym(pool, normalise.undotted(text))
        if query.similar and max((one.score for one in pool.values()), default=0.0) < THRESHOLD:
            for near in self.catalog.index.spellings.near(text):
                pool[near.iri].add(near.score, near.reason, text=text)

    def _by_acronym(self, pool: _Pool, text: str) -> None:
        iris = self.catalog.acronyms.get(normalise.caseless(text), set())
        if len(iris) == 1:
            (iri,) = iris
            if text.strip() in self.catalog.by_iri[iri].thing.acronyms:
                pool[iri].add(BY_OWN_ACRONYM, f"acronym {text.strip()!r}", code=True, text=text)

    def _by_condition(self, pool: _Pool, prepared: _PreparedCondition) -> None:
        """Add the entities that have a code of a condition."""
        if prepared.condition.property in CODES and prepared.condition.quantifier != "none":
            for found in prepared.forms:
                if isinstance(found, tuple):
                    for iri in self.catalog.index.coded(found):
                        pool[iri].add(BY_CODE, f"{found[0]} {found[1]}", code=True)

    def _by_all_conditions(
        self, pool: _Pool, conditions: Sequence[_PreparedCondition], request: PropertyRequest
    ) -> None:
        for iri, entity in self.catalog.by_iri.items():
            met = [c for c in conditions if self._met(entity, c, request)]
            for condition in met:
                factor = CONDITIONS_ALONE * len(met) / len(conditions)
                pool[iri].add(factor, condition.text)

    # ---- Scores

    def _prepare(self, condition: Condition) -> _PreparedCondition:
        forms = tuple(dict.fromkeys(self.properties.form(condition.property, value) for value in condition.values))
        return _PreparedCondition(condition, forms, str(condition))

    def _met(self, entity: Entity, prepared: _PreparedCondition, request: PropertyRequest) -> bool:
        condition = prepared.condition
        if condition.property not in self.properties.all:
            return False
        forms = self.properties.forms(entity, condition.property, request)
        has = [form in forms for form in prepared.forms]
        return {"any": any(has), "all": all(has) and bool(has), "none": not any(has)}[condition.quantifier]

    def _judged(
        self,
        entity: Entity,
        one: _CandidateScore,
        query: ReconcileQuery,
        conditions: Sequence[_PreparedCondition],
        request: PropertyRequest,
        *,
        typed: bool,
    ) -> Iterable[Match]:
        """Yield the match, unless it does not meet a required condition."""
        missed = [c for c in conditions if not self._met(entity, c, request)]
        if any(c.condition.required for c in missed):
            return
        score, sure = one.score, not missed and typed
        against = [f"not {c.text}" for c in missed]
        alone = not query.names and not query.ids
        score *= MISSED ** (0 if alone and not one.code else len(missed)) * (1.0 if typed else MISSED)
        features: dict[str, bool | float] = {"name": round(100 * one.name, 2), "code": one.code}
        if query.types:
            features["type"] = typed
        if conditions:
            features["properties"] = round(1 - len(missed) / len(conditions), 4)
        if request.period is not None:
            holds, why = self._on(entity, one.texts, request.period)
            features["on"] = _SCORE[holds]
            if holds == "no":
                score, sure = score * WRONG_TIME, False
            against += why
        reasons = dict.fromkeys([reason for _, reason in sorted(one.reasons)][:3] + against)
        yield Match(entity, round(100 * score, 2), sure, tuple(reasons), features)

    @staticmethod
    def _on(entity: Entity, texts: Sequence[str], days: Period) -> tuple[Certainty, list[str]]:
        """Return whether it existed with that name on the days, and the reasons against it.

        A name in use shows that the entity existed. The time of its existence therefore only excludes days.
        """
        life = entity.interval.certainty(days) if str(entity.interval) else "possible"
        why = [f"was only {entity.interval}"] if life == "no" else []
        spans = [(text, entity.former.get(normalise.squashed(text), [])) for text in texts]
        if not spans or not all(interval for _, interval in spans):
            return life, why
        named = best(each.certainty(days) for _, interval in spans for each in interval)
        if named == "no":
            why += [f"called {t!r} only {' or '.join(dict.fromkeys(map(str, interval)))}" for t, interval in spans]
        return ("no" if life == "no" else named), why

    def _ranked(self, found: list[Match], query: ReconcileQuery, on: bool) -> list[Match]:
        found.sort(key=lambda m: (-m.score, m.entity.id))
        done = []
        named = any(m.features["name"] >= 100 * THRESHOLD for m in found)
        for place, match in enumerate(found[: min(query.limit, MOST)]):
            rivals = sum(abs(other.score - match.score) < 100 * MARGIN for other in found) - 1
            # The code means one entity and the name another: probably a wrong row, which a person must check.
            contradictory = (
                named and match.features["code"] and not match.features["name"] and not _called(match.entity, query)
            )
            sure = (
                match.sure and place == 0 and not rivals and not contradictory and match.score >= 100 * THRESHOLD and on
            )
            features = {**match.features, "rivals": rivals}
            done.append(Match(match.entity, match.score, sure, match.reasons, features))
        return done

    @staticmethod
    def _days(query: ReconcileQuery) -> tuple[Period | None, bool]:
        """Return the days of a query, and whether they are valid."""
        for condition in query.conditions:
            for text in condition.values if condition.property == DAY else ():
                try:
                    if (days := period(text)) is not None:
                        return days, True
                except InvalidDate:
                    return None, False
        return None, True


def _id_in(target: Target, address: str) -> Code | None:
    """Return the id in an IRI or web address of a dataset, or None if the address is of another site."""
    try:
        hosts = {(urlsplit(each).hostname or "").removeprefix("www.") for each in (address, target.namespace)}
    except ValueError:
        return None
    return code(target.name, address) if len(hosts) == 1 else None


def _called(entity: Entity, query: ReconcileQuery) -> bool:
    """Return whether a name in the query is part of a name of the entity, as Congo in Congo (Kinshasa)."""
    wanted = [set(normalise.tokens(text)) for text in query.names]
    names = [set(normalise.tokens(text)) for text, _ in entity.thing.names]
    return any(words <= name for words in wanted if words for name in names)
