"""Candidates for a query, with a score and what it is made of.

The names are compared by ``link.match``, whose scores and threshold are measured there. What is added: codes and
acronyms as names, names that are a bit like it for a person to choose from, the day, types and conditions. What could
be two things, was not called so on the day, or misses a condition, is never sure.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from cica_graph.linking.candidate import LONGEST, Candidate, Code, Target, code, targets
from cica_graph.linking.matcher import BY_CODE, MARGIN, THRESHOLD
from cica_graph.model import normalise
from cica_graph.model.errors import InvalidDate
from cica_graph.model.results import Certainty
from cica_graph.model.spellings import OTHER, Other, others
from cica_graph.reconcile.catalog import TYPES, Catalog, Entity
from cica_graph.reconcile.days import Period, least_sure, period, surest
from cica_graph.reconcile.properties import CODES, DAY, Asked, Form, Properties
from cica_graph.reconcile.query import MOST, Condition, Match, ReconcileQuery

# What evidence is worth that link.match does not count: it compares lists, and this answers what somebody typed.
BY_OWN_ACRONYM: Final = 0.95  # in its own letters, and nobody else's
BY_LOWER_CASE: Final = 0.85  # a code in small letters may be a word
BY_BARE_NUMBER: Final = 0.85  # one scheme's code is another state's in the next
ALIKE: Final = 0.8  # what names are worth that are 100 % alike but for words that one of them lacks
BEGINS: Final = 0.7
AFTER: Final = 0.5  # what a source has in the place of a state that is no more
MISSED: Final = 0.85  # what is left of a score for each condition that is not met
NOT_THEN: Final = 0.8  # what is left of a score when it was not called so, or was not there, on the day
CONDITIONS_ALONE: Final = 0.8  # a thing that meets all conditions of a query without a name
CUTOFF: Final = 75.0  # per cent alike, below which a name is not offered
_LONGEST_LIKE: Final = 100  # characters of a name that is compared with all others
_SHORTEST_LIKE: Final = 3
_SCORE: Final = {"certain": 1.0, "possible": 0.5, "no": 0.0}


@dataclass
class _Found:
    """One candidate while it is being found."""

    score: float = 0.0
    name: float = 0.0
    code: bool = False
    reasons: list[tuple[float, str]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)  # what was asked for and is a name of it

    def add(self, score: float, reason: str, *, text: str = "", code: bool = False) -> None:
        self.score = max(self.score, score)
        self.code |= code
        self.reasons.append((-score, reason))
        if text:
            self.name = max(self.name, score)
            self.texts.append(text)


_Pool = dict[str, _Found]  # by IRI


class _Wanted(NamedTuple):
    """A condition, with its values as they are compared, and in words."""

    condition: Condition
    forms: tuple[Form, ...]
    told: str


class Search:
    """Finds candidates in one catalog."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.properties = Properties(catalog)
        self._others = {normalise.squashed(other.name): other for other in others()}
        self._by_code = {e.code: e for e in catalog.by_iri.values()}

    def candidates(self, query: ReconcileQuery) -> list[Match]:
        """Return the candidates for a query, the best first; only the first may be sure."""
        days, on = self._days(query)
        asked = Asked(days)
        conditions = [self._wanted(c) for c in query.conditions if c.property != DAY]
        pool: _Pool = {}
        for text in query.names:
            self._by_name(pool, text, query)
        named = set(pool)
        identified = {iri for ident in query.ids for iri in self._by_id(pool, ident)}
        for condition in conditions:
            self._by_condition(pool, condition)
        if not query.names and not query.ids:
            self._by_all_conditions(pool, conditions, asked)
        kinds = {TYPES[ident] for ident in query.types if ident in TYPES}
        found = list[Match]()
        for iri, one in pool.items():
            entity = self.catalog.by_iri[iri]
            typed = not query.types or entity.thing.kind in kinds
            missing = (query.name_required and iri not in named) or (query.id_required and iri not in identified)
            if (typed or not query.strict) and not missing:
                found += self._judged(entity, one, query, conditions, asked, typed=typed)
        return self._ranked(found, query, on)

    # What may be it.

    def _by_id(self, pool: _Pool, text: str) -> set[str]:
        """Take what has this id or this code, and return the IRIs."""
        if (entity := self.catalog.entity(text)) is not None:
            pool.setdefault(entity.thing.iri, _Found()).add(BY_CODE, f"id {entity.id}", code=True)
            return {entity.thing.iri}
        taken = set[str]()
        for found, score in self._codes(text):
            for iri in self.catalog.index.coded(found):
                pool.setdefault(iri, _Found()).add(score, f"{found[0]} {found[1]}", code=True)
                taken.add(iri)
        return taken

    @staticmethod
    def _codes(text: str) -> Iterable[tuple[Code, float]]:
        """Yield the codes that a text may be, each with what that is worth."""
        text = text.strip()
        if len(text) > _LONGEST_LIKE:
            return
        if "//" in text:
            yield from ((found, BY_CODE) for target in targets().values() if (found := _id_in(target, text)))
            return
        for scheme in CODES:
            if (found := code(scheme, text.upper())) is not None:
                word = text.isalpha() and text != text.upper()
                yield found, BY_BARE_NUMBER if text.isdigit() else BY_LOWER_CASE if word else BY_CODE

    def _by_name(self, pool: _Pool, text: str, query: ReconcileQuery) -> None:
        """Take what is called so, exactly or nearly; of what is only a bit like it, nothing can be sure."""
        if not text.strip() or len(text) > LONGEST:
            return
        self._by_id(pool, text)
        if self.catalog.entity(text) is not None:  # an id is not a name too
            return
        kinds = {TYPES[ident] for ident in query.types if ident in TYPES}
        kind = next(iter(kinds)) if len(kinds) == 1 and query.strict else None
        candidate = Candidate("", kind=kind, labels=((text, query.language),))
        evidence = self.catalog.index.evidence(candidate)
        another = evidence.pop(OTHER).score if OTHER in evidence else 0.0
        for iri, told in evidence.items():
            # As in link.match, what another thing's name fits as well is not proposed.
            worth = 1.0 if another <= told.score - MARGIN else 0.6
            for score, reason in sorted(told.reasons):
                pool.setdefault(iri, _Found()).add(min(-score, told.score) * worth, reason, text=text)
        self._by_acronym(pool, text)
        if max((one.score for one in pool.values()), default=0.0) >= THRESHOLD:
            return
        if not query.similar:
            return
        other = self._others.get(normalise.squashed(text))
        if other is not None and other.until:
            self._after(pool, other)
        else:
            self._alike(pool, text)

    def _by_acronym(self, pool: _Pool, text: str) -> None:
        iris = self.catalog.acronyms.get(normalise.caseless(text), set())
        if len(iris) == 1:
            (iri,) = iris
            if text.strip() in self.catalog.by_iri[iri].thing.acronyms:
                pool.setdefault(iri, _Found()).add(BY_OWN_ACRONYM, f"acronym {text.strip()!r}", code=True, text=text)

    def _after(self, pool: _Pool, other: Other) -> None:
        """Offer what a source has in the place of a state that is no more."""
        if (entity := self._by_code.get(other.after)) is not None:
            reason = f"after {other.name}, which was until {other.until} ({other.source})"
            pool.setdefault(entity.thing.iri, _Found()).add(AFTER, reason)

    def _alike(self, pool: _Pool, text: str) -> None:
        """Offer what is a bit like it."""
        from rapidfuzz import fuzz, process

        words = " ".join(normalise.core(text))
        if not _SHORTEST_LIKE <= len(words) <= _LONGEST_LIKE:
            return
        names, heads = self.catalog.names, self._heads
        for near, alike, at in process.extract(
            words, heads, scorer=fuzz.token_set_ratio, score_cutoff=CUTOFF, limit=MOST
        ):
            reason = f"{text!r} is {alike:.0f} % like {names[at][1]!r}"
            pool.setdefault(names[at][2].thing.iri, _Found()).add(
                min(alike, fuzz.ratio(words, near) + 20) / 100 * ALIKE, reason, text=text
            )
        for head, name, entity in names:
            if head.startswith(words):
                pool.setdefault(entity.thing.iri, _Found()).add(BEGINS, f"{name!r} begins with {text!r}", text=text)

    @cached_property
    def _heads(self) -> list[str]:
        return [words for words, _, _ in self.catalog.names]

    def _by_condition(self, pool: _Pool, wanted: _Wanted) -> None:
        """Take what has a code that is asked for, whatever it is called."""
        if wanted.condition.property in CODES and wanted.condition.quantifier != "none":
            for found in wanted.forms:
                if isinstance(found, tuple):
                    for iri in self.catalog.index.coded(found):
                        pool.setdefault(iri, _Found()).add(BY_CODE, f"{found[0]} {found[1]}", code=True)

    def _by_all_conditions(self, pool: _Pool, conditions: Sequence[_Wanted], asked: Asked) -> None:
        for iri, entity in self.catalog.by_iri.items():
            met = [c for c in conditions if self._met(entity, c, asked)]
            for condition in met:
                worth = CONDITIONS_ALONE * len(met) / len(conditions)
                pool.setdefault(iri, _Found()).add(worth, condition.told)

    # How well it fits.

    def _wanted(self, condition: Condition) -> _Wanted:
        forms = tuple(dict.fromkeys(self.properties.form(condition.property, value) for value in condition.values))
        return _Wanted(condition, forms, str(condition))

    def _met(self, entity: Entity, wanted: _Wanted, asked: Asked) -> bool:
        condition = wanted.condition
        if condition.property not in self.properties.all:
            return False
        forms = self.properties.forms(entity, condition.property, asked)
        has = [form in forms for form in wanted.forms]
        return {"any": any(has), "all": all(has) and bool(has), "none": not any(has)}[condition.quantifier]

    def _judged(
        self,
        entity: Entity,
        one: _Found,
        query: ReconcileQuery,
        conditions: Sequence[_Wanted],
        asked: Asked,
        *,
        typed: bool,
    ) -> Iterable[Match]:
        """Yield the match, unless it misses what is required."""
        missed = [c for c in conditions if not self._met(entity, c, asked)]
        if any(c.condition.required for c in missed):
            return
        score, sure = one.score, not missed and typed
        against = [f"not {c.told}" for c in missed]
        alone = not query.names and not query.ids
        score *= MISSED ** (0 if alone and not one.code else len(missed)) * (1.0 if typed else MISSED)
        features: dict[str, bool | float] = {"name": round(100 * one.name, 2), "code": one.code}
        if query.types:
            features["type"] = typed
        if conditions:
            features["properties"] = round(1 - len(missed) / len(conditions), 4)
        if asked.over is not None:
            holds, why = self._on(entity, one.texts, asked.over)
            features["on"] = _SCORE[holds]
            if holds == "no":
                score, sure = score * NOT_THEN, False
            against += why
        reasons = dict.fromkeys([reason for _, reason in sorted(one.reasons)][:3] + against)
        yield Match(entity, round(100 * score, 2), sure, tuple(reasons), features)

    @staticmethod
    def _on(entity: Entity, texts: Sequence[str], over: Period) -> tuple[Certainty, list[str]]:
        """Return whether it was there on the days, and called so, as far as it is known, and what speaks against it."""
        answers, why = list[Certainty](), list[str]()
        if str(entity.lasting):
            answers.append(entity.lasting.holds(over))
            why += [f"was only {entity.lasting}"] if answers == ["no"] else []
        spans = [(text, entity.former.get(normalise.squashed(text), [])) for text in texts]
        if spans and all(lasting for _, lasting in spans):
            answers.append(surest([each.holds(over) for _, lasting in spans for each in lasting]))
            if answers[-1] == "no":
                why += [f"called {t!r} only {' or '.join(dict.fromkeys(map(str, lasting)))}" for t, lasting in spans]
        return (least_sure(answers) if answers else "possible"), why

    def _ranked(self, found: list[Match], query: ReconcileQuery, on: bool) -> list[Match]:
        found.sort(key=lambda m: (-m.score, m.entity.id))
        done = []
        named = any(m.features["name"] >= 100 * THRESHOLD for m in found)
        for place, match in enumerate(found[: min(query.limit, MOST)]):
            rivals = sum(abs(other.score - match.score) < 100 * MARGIN for other in found) - 1
            # The codes say one thing, and the name only another: a row gone astray, for a person to see.
            astray = (
                named and match.features["code"] and not match.features["name"] and not _called(match.entity, query)
            )
            sure = match.sure and place == 0 and not rivals and not astray and match.score >= 100 * THRESHOLD and on
            features = {**match.features, "rivals": rivals}
            done.append(Match(match.entity, match.score, sure, match.reasons, features))
        return done

    @staticmethod
    def _days(query: ReconcileQuery) -> tuple[Period | None, bool]:
        """Return the days that a query is about, and whether it was understood which."""
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
    """Whether it has a name in which all words of one that was asked for are, as Congo in Congo (Kinshasa)."""
    wanted = [set(normalise.tokens(text)) for text in query.names]
    names = [set(normalise.tokens(text)) for text, _ in entity.thing.names]
    return any(words <= name for words in wanted if words for name in names)
