"""Matching of another dataset with the states and organizations of the graph, with scores and reasons.

Codes count most, then names in any language, then web sites, then similar names. Ambiguous matches are left to a
person. Names of things outside the graph (``model.spellings``: dissolved states, territories) compete too: a name that
fits one of them better proposes nothing.

Memory use depends on the graph, not on the other dataset, because only the few best candidates of each thing are kept.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, Literal

from cica_graph.linking.candidate import Candidate, Code, Name, code, host, targets
from cica_graph.model import normalise
from cica_graph.model.spellings import OTHER, Core, Spellings
from cica_graph.model.terms import CG, RDF_TYPE, SCHEMA, SKOS, local
from cica_graph.store.store import Store, sort_key, value

THRESHOLD: Final = 0.9  # proposals from here on are right at least 99 times in 100: tests/test_link_match.py
FLOOR: Final = 0.7  # lower scores are not shown
MARGIN: Final = 0.03  # candidates with a smaller difference are ambiguous
MAX_CANDIDATES: Final = 6  # candidates of each thing that are kept
# The score of each kind of evidence, measured on the names of the graph: tests/test_link_match.py.
BY_CODE: Final = 1.0
BY_NAME: Final = 0.96
BY_SPELLING: Final = 0.95
BY_LANGUAGE: Final = 0.93  # a name in another language than the query, or in a language that the graph does not have
BY_CORE: Final = 0.85  # the same distinctive words: "Republik Dominica" can be Dominica or the Dominican Republic
BY_WEBSITE: Final = 0.85
BY_ACRONYM: Final = 0.75
NEAR: Final = 92.0  # minimum similarity of similar names in per cent
SHORTEST: Final = 7  # minimum letters of a similar name; Mali, Malta and Malawi are too short
_FOAF: Final = "http://xmlns.com/foaf/0.1/homepage"


Ground = Literal["code", "name", "similar", "website", "several"]
EvidenceKind = Literal["code", "name", "similar", "website", "acronym"]
ProposalStatus = Literal["clear", "ambiguous", "weak"]


@dataclass(frozen=True)
class Thing:
    """A state or organization of the graph, with its names and codes."""

    iri: str
    kind: str
    label: str
    names: tuple[Name, ...] = ()
    acronyms: tuple[str, ...] = ()
    codes: frozenset[Code] = frozenset()
    hosts: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Proposal:
    """A proposal that a thing of the graph and a candidate are the same.

    :ivar score: from 0 to 1.
    :ivar reasons: the reasons, the strongest first: ``iso3 KAZ``, ``label 'Kasachstan'@de``.
    :ivar ground: the kind of evidence.
    :ivar status: ``clear``; ``ambiguous``: several fit, and a person must decide; ``weak``: below the threshold.
    :ivar rivals: IRIs of the other things or candidates that fit, sorted.
    """

    thing: Thing
    candidate: str
    label: str
    score: float
    reasons: tuple[str, ...]
    ground: Ground
    status: ProposalStatus = "clear"
    rivals: tuple[str, ...] = ()


def things(store: Store, exclude: str = "") -> list[Thing]:
    """Return the states and organizations of a graph, with their ids in other datasets according to its links.

    ``exclude`` is the dataset to be matched. Its ids are omitted: a link must not be evidence for itself.
    """
    found: dict[str, str] = {}
    about: dict[str, list[tuple[str, object]]] = defaultdict(list)
    read = (t for t in store if t.predicate.value in _READ or value(t.object) in _KINDS)
    for triple in sorted(read, key=lambda t: sort_key(*t)):
        subject, predicate = value(triple.subject), triple.predicate.value
        if predicate == RDF_TYPE and value(triple.object) in _KINDS:
            found[subject] = value(triple.object).removeprefix(CG).lower()
        elif predicate in _READ:
            about[subject].append((predicate, triple.object))
    named = defaultdict[str, list[str]](list)
    for statements in about.values():
        texts = {predicate: value(term) for predicate, term in statements}  # type: ignore[arg-type]
        if CG + "names" in texts and CG + "name" in texts:
            named[texts[CG + "names"]].append(texts[CG + "name"])
    return [_thing(iri, kind, about[iri], named[iri], exclude) for iri, kind in sorted(found.items())]


_KINDS: Final = (CG + "State", CG + "Organization")
_CODES: Final = {CG + scheme: scheme for scheme in ("iso2", "iso3", "m49", "cow")}
_READ: Final = {
    *_CODES, CG + "names", CG + "name", SKOS + "prefLabel", SKOS + "altLabel", SKOS + "notation", _FOAF,
    SCHEMA + "sameAs",
}  # fmt: skip


def _thing(iri: str, kind: str, statements: Sequence[tuple[str, object]], named: list[str], exclude: str) -> Thing:
    names: dict[Name, None] = {}
    acronyms, codes, hosts, english = [], set[Code](), set[str](), ""
    for predicate, term in statements:
        text = value(term)  # type: ignore[arg-type]
        language = getattr(term, "language", None) or ""
        if predicate in _CODES and (kind == "state" or predicate != CG + "cow"):
            if (found := code(_CODES[predicate], text)) is not None:
                codes.add(found)
        elif predicate == SKOS + "notation":
            acronyms.append(text)
        elif predicate in (SKOS + "prefLabel", SKOS + "altLabel"):
            if predicate == SKOS + "prefLabel" and language == "en":
                english = text
            if normalise.is_acronym(text):
                acronyms.append(text)
            else:
                names[text, language] = None
        elif predicate == _FOAF and (site := host(text)) is not None:
            hosts.add(site)
        elif predicate == SCHEMA + "sameAs":
            for target in targets().values():
                if target.name != exclude and (ident := target.value(text)) is not None:
                    codes.add((target.name, ident))
    acronyms += [text for text in named if normalise.is_acronym(text)]
    names |= {(text, ""): None for text in named if not normalise.is_acronym(text)}
    label = english or next((text for text, _ in names), iri)
    return Thing(iri, kind, label, tuple(names), tuple(acronyms), frozenset(codes), frozenset(hosts))


@dataclass
class MatchEvidence:
    """The evidence for one thing: the best score, and each reason with its negated score."""

    score: float = 0.0
    reasons: list[tuple[float, str]] = field(default_factory=list)
    grounds: set[EvidenceKind] = field(default_factory=set)
    votes: int = 0  # number of names that fit

    def add(self, score: float, reason: str, ground: EvidenceKind) -> None:
        """Add a reason."""
        self.score = max(self.score, score)
        self.grounds.add(ground)
        self.votes += ground in ("name", "similar")
        if len(self.reasons) < 50:
            self.reasons.append((-score, reason))


def _state(thing: Thing) -> str:
    """Return the alpha-3 code of a state, or the last part of its IRI."""
    return next((text for scheme, text in thing.codes if scheme == "iso3"), local(thing.iri))


def _adjective(words: Sequence[str], others: Sequence[str]) -> bool:
    """Return whether a word of a name of two words is an adjective in English of a word of the other name."""
    pairs = zip(words, others, strict=False)
    return len(words) == 2 and any(a == b + "n" or b == a + "n" for a, b in pairs)


class Index:
    """Index of the things of the graph by code, name, acronym and host."""

    def __init__(self, ours: Sequence[Thing]) -> None:
        self.things = {thing.iri: thing for thing in ours}
        self._codes: dict[Code, set[str]] = defaultdict(set)
        self._hosts: dict[str, set[str]] = defaultdict(set)
        self._acronyms: dict[str, set[str]] = defaultdict(set)
        self._names: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))  # thing -> languages
        for thing in ours:
            for found in thing.codes:
                self._codes[found].add(thing.iri)
            for site in thing.hosts:
                self._hosts[site].add(thing.iri)
            for short in thing.acronyms:
                self._acronyms[normalise.caseless(short)].add(thing.iri)
            for text, language in thing.names:
                self._names[normalise.caseless(text)][thing.iri].add(language.partition("-")[0])
        states = {_state(thing): thing.iri for thing in ours if thing.kind == "state"}
        self.spellings = Spellings(((text, thing.iri) for thing in ours for text, _ in thing.names), states)

    @cached_property
    def _near(self) -> dict[tuple[str, str], tuple[list[str], list[Core]]]:
        """The distinctive words of each name, by the kind of the thing and the first letter."""
        found: dict[tuple[str, str], tuple[list[str], list[Core]]] = defaultdict(lambda: ([], []))
        for words, core in sorted(self.spellings.cores.items(), key=lambda item: item[0]):
            joined = " ".join(words)
            if len(joined) >= SHORTEST:
                heads, cores = found[self.things[core.iri].kind, joined[0]]
                heads.append(joined)
                cores.append(core)
        return dict(found)

    def coded(self, code: Code) -> set[str]:
        """Return the IRIs of the things with a code."""
        return self._codes.get(code, set())

    def evidence(self, candidate: Candidate) -> dict[str, MatchEvidence]:
        """Return the evidence for each thing that a candidate can be."""
        found: dict[str, MatchEvidence] = defaultdict(MatchEvidence)
        for kind_of_code, text in sorted(candidate.codes):
            for iri in self._codes.get((kind_of_code, text), ()):
                found[iri].add(BY_CODE, f"{kind_of_code} {text}", "code")
        if candidate.kind != "other" or found:
            unknown: list[tuple[str, str]] = []
            for role, names in (("label", candidate.labels), ("alias", candidate.aliases)):
                for text, language in dict.fromkeys(names):
                    if not self._name(found, role, text, language):
                        unknown.append((role, text))
            if not any(e.votes for e in found.values()) and len(unknown) < 200:
                for role, text in unknown:
                    self._similar(found, candidate, role, text)
            for website in candidate.websites:
                site = host(website)
                for iri in self._hosts.get(site, ()) if site else ():
                    found[iri].add(BY_WEBSITE, f"website {site}", "website")
        return self._weighed(candidate, found)

    def _name(self, found: dict[str, MatchEvidence], role: str, text: str, language: str) -> bool:
        reason = f"{role} {text!r}" + (f"@{language}" if language else "")
        folded = normalise.caseless(text)
        for iri in self._acronyms.get(folded, ()):
            found[iri].add(BY_ACRONYM, f"acronym {text!r}", "acronym")
        if folded in self._names:
            main = language.partition("-")[0]
            for iri, languages in self._names[folded].items():
                # The same text can be the name of two things in two languages, so this scores a little less.
                foreign = bool(main) and "" not in languages and main not in languages
                found[iri].add(BY_LANGUAGE if foreign else BY_NAME, reason, "name")
            return True
        if (spelling := self.spellings.find(text)) is None:
            return False
        score = BY_SPELLING if spelling.closeness == "spelling" else BY_LANGUAGE if len(spelling.iris) == 1 else BY_CORE
        for iri in spelling.iris:
            found[iri].add(score, reason, "name")
        return True

    def _similar(self, found: dict[str, MatchEvidence], candidate: Candidate, role: str, text: str) -> None:
        from rapidfuzz import fuzz, process

        if normalise.is_acronym(text):
            return
        words, form = normalise.core(text), normalise.form(text)
        joined = " ".join(words)
        if (same := self.spellings.cores.get(words)) is not None and form not in same.forms:
            found[same.iri].add(BY_CORE, f"{role} {text!r} has the distinctive words {joined!r}", "similar")
            return
        if len(joined) < SHORTEST:
            return
        for kind in (candidate.kind,) if candidate.kind else ("state", "organization"):
            heads, cores = self._near.get((kind, joined[0]), ([], []))
            for near, similarity, at in process.extract(joined, heads, scorer=fuzz.ratio, score_cutoff=NEAR, limit=3):
                # A word with an additional ending is another word: Micronesian, Dominican, South African.
                derived = near.startswith(joined) or joined.startswith(near) or _adjective(words, near.split(" "))
                # A word for another form of state can mean another state: Central Africa, Democratic Yemen.
                if near.count(" ") + 1 == len(words) and not derived and form in cores[at].forms:
                    reason = f"{role} {text!r} is {similarity:.0f} % similar to {near!r}"
                    found[cores[at].iri].add(similarity / 100 - 0.02, reason, "similar")

    def _weighed(self, candidate: Candidate, found: dict[str, MatchEvidence]) -> dict[str, MatchEvidence]:
        most = max((e.votes for e in found.values()), default=0)
        for iri, evidence in list(found.items()):
            if "code" not in evidence.grounds and evidence.votes * 4 <= most and evidence.votes < most:
                del found[iri]  # for example one name in forty, in a language in which it means something else
                continue
            if iri == OTHER:
                continue
            thing = self.things[iri]
            if candidate.kind is not None and candidate.kind != thing.kind:
                if "code" not in evidence.grounds:
                    del found[iri]
                    continue
                evidence.score = THRESHOLD - 0.01
                evidence.reasons.append((-2.0, f"the type is {candidate.kind}, not {thing.kind}"))
            elif "code" not in evidence.grounds:
                evidence.score += 0.02 * (candidate.kind is not None) + 0.02 * (len(evidence.grounds) - 1)
                evidence.score = min(evidence.score, 0.99)
        return found


def match(
    ours: Sequence[Thing], candidates: Iterable[Candidate], *, threshold: float = THRESHOLD,
    rejected: Iterable[tuple[str, str]] = (),
) -> list[Proposal]:  # fmt: skip
    """Return the candidates for each thing of the graph, the best first.

    Candidates that were replaced or deleted are not proposed, and rejected pairs are not proposed either.
    """
    index, refused = Index(ours), set(rejected)
    best: dict[str, list[Proposal]] = defaultdict(list)
    for candidate in candidates:
        if candidate.redirect_to or candidate.removed:
            continue
        for proposal in _proposals(index, candidate, refused):
            _keep(best[proposal.thing.iri], proposal)
    return [p for iri in sorted(best) for p in _judged(best[iri], threshold)]


def _proposals(index: Index, candidate: Candidate, refused: set[tuple[str, str]]) -> Iterator[Proposal]:
    found = index.evidence(candidate)
    ranked = sorted(((e.score, iri) for iri, e in found.items() if e.score >= FLOOR), reverse=True)
    if not ranked:
        return
    top = ranked[0][0]
    named = [iri for iri, e in found.items() if e.votes and e.score >= THRESHOLD]
    first = found[ranked[0][1]]
    # The codes mean one thing and the names another: probably a wrong row, which a person must check.
    contradictory = "code" in first.grounds and not first.votes and bool(named)
    tied = [iri for score, iri in ranked if score > top - MARGIN or (contradictory and iri in named)]
    if OTHER in tied and "code" not in first.grounds:
        return
    tied = [iri for iri in tied if iri != OTHER]
    for iri in tied:
        if (iri, candidate.iri) in refused:
            continue
        evidence = found[iri]
        yield Proposal(
            thing=index.things[iri],
            candidate=candidate.iri,
            label=candidate.label,
            score=round(evidence.score, 4),
            reasons=tuple(dict.fromkeys(reason for _, reason in sorted(evidence.reasons)))[:6],
            ground=_ground(evidence.grounds),
            status="ambiguous" if len(tied) > 1 else "clear",
            rivals=tuple(sorted(set(tied) - {iri})),
        )


def _ground(grounds: set[EvidenceKind]) -> Ground:
    if "code" in grounds:
        return "code"
    if len(grounds) > 1:
        return "several"
    ground = next(iter(grounds))
    return "name" if ground == "acronym" else ground


def _keep(best: list[Proposal], new: Proposal) -> None:
    """Add a proposal to the best of its thing. A candidate that occurs twice counts once, with the better score."""
    for at, old in enumerate(best):
        if old.candidate == new.candidate:
            if new.score > old.score:
                best[at] = new
            break
    else:
        best.append(new)
    best.sort(key=lambda p: (-p.score, p.candidate))
    del best[MAX_CANDIDATES:]


def _judged(best: list[Proposal], threshold: float) -> Iterator[Proposal]:
    from dataclasses import replace

    level = [p for p in best if p.score > best[0].score - MARGIN]
    for proposal in level:
        rivals = {p.candidate for p in level} - {proposal.candidate} | set(proposal.rivals)
        status: ProposalStatus = "ambiguous" if rivals else "clear" if proposal.score >= threshold else "weak"
        yield replace(proposal, status=status, rivals=tuple(sorted(rivals)))
