"""Index of names that finds a name in another spelling or language, and similar names.

Names of dissolved states, territories and regions (``others.tsv``) are in the index too, so that "South Ossetia" is not
taken for another state. A name in that file that the graph gives to one of its things means this thing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Final, Literal, NamedTuple

from cica_graph.model import normalise, other_languages

Closeness = Literal["spelling", "language"]
OTHER: Final = ""  # in place of an IRI: a thing that is not in the graph

# Scores of names that are not equal; they are for a person to choose from, and each is too low for a match.
SIMILAR: Final = 0.8  # names that are equal except for additional words in one name
BEGINS: Final = 0.7
SUCCESSOR: Final = 0.5  # the state that a name of something else can mean
CUTOFF: Final = 75.0  # minimum similarity of a name in per cent
_FOREIGN: Final = 85.0  # the same for a name in another language, of which there are many
_LONGEST: Final = 100  # maximum characters of a name that is compared with all others
_SHORTEST: Final = 4
_ACRONYM: Final = 4  # maximum letters of an acronym that is not a name in another language
_SHARED: Final = 2  # things that can share initials: seven states are a "Republic of C..."
_MOST: Final = 100  # similar names that are returned


@dataclass(frozen=True)
class Other:
    """A name of something that a graph of present states does not have.

    :ivar why: a short description.
    :ivar until: last day of a state that no longer exists, as YYYY-MM-DD, or empty.
    :ivar after: alpha-3 code of the successor that the source gives, or of the state that is often meant, or empty.
    :ivar source: the sources for this.
    """

    name: str
    why: str
    until: str
    after: str
    source: str

    @property
    def reason(self) -> str:
        """The reason for a candidate."""
        if self.until:
            return f"successor of {self.name}, which existed until {self.until} ({self.source})"
        return f"{self.name}: {self.why}"


@cache
def others() -> Mapping[str, Other]:
    """Return the known names of things outside a graph of present states, by :func:`normalise.squashed` form."""
    import csv

    text = (Path(__file__).parent / "others.tsv").read_text("utf-8")
    rows = csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
    return {normalise.squashed(row["name"]): Other(**row) for row in rows}


class Spelling(NamedTuple):
    """The meaning of a name.

    :ivar closeness: ``spelling``: a name of the graph, spelled differently; ``language``: a name in another language.
    :ivar iris: the IRIs with that name, or :data:`OTHER`.
    """

    closeness: Closeness
    iris: frozenset[str]


class Near(NamedTuple):
    """A thing with a similar name.

    :ivar score: from 0 to 1.
    """

    iri: str
    score: float
    reason: str


@dataclass(frozen=True)
class Core:
    """The distinctive words of a name that only one thing has.

    :ivar forms: the forms of state in the names with these words, each as :func:`normalise.form` returns it.
    :ivar official: the forms of state in any name of the thing.
    """

    iri: str
    forms: frozenset[frozenset[str]]
    official: frozenset[frozenset[str]]


def _is_code(name: str) -> bool:
    """Return whether a text can be a code: AO and ao are codes, Lao is a name, and Áo is Austria in Vietnamese."""
    return name.isascii() and (len(name) <= 2 or (len(name) == 3 and name == name.lower()))


class Spellings:
    """Names by the looser forms of :mod:`cica_graph.model.normalise`."""

    def __init__(self, names: Iterable[tuple[str, str]], codes: Mapping[str, str]) -> None:
        """Index names. Each comes with the IRI of its thing. ``codes`` gives the IRI of a state by its alpha-3 code."""
        self._names, self._states = sorted(set(names)), codes
        squashed, loose = defaultdict[str, set[str]](set), defaultdict[str, set[str]](set)
        for name, iri in self._names:
            squashed[normalise.squashed(name)].add(iri)
            loose[normalise.loose(name)].add(iri)
        for form, other in others().items():
            squashed.setdefault(form, {OTHER})
            loose.setdefault(normalise.loose(other.name), {OTHER})
        self._squashed: Mapping[str, set[str]] = dict(squashed)
        self._loose: Mapping[str, set[str]] = dict(loose)

    @cached_property
    def cores(self) -> Mapping[tuple[str, ...], Core]:
        """The distinctive words of each name. Words that several things share are omitted."""
        iris, forms = defaultdict[tuple[str, ...], set[str]](set), defaultdict[object, set[frozenset[str]]](set)
        for name, iri in self._names:
            words, form = normalise.core(name), normalise.form(name)
            iris[words].add(iri)
            forms[words].add(form)
            forms[iri].add(form)
        single = {words: min(those) for words, those in iris.items() if words and len(those) == 1}
        return {words: Core(iri, frozenset(forms[words]), frozenset(forms[iri])) for words, iri in single.items()}

    def find(self, name: str) -> Spelling | None:
        """Return the things with this name in another spelling or language, or None."""
        squashed, loose = normalise.squashed(name), normalise.loose(name)
        acronym = normalise.is_acronym(name)
        if not acronym:  # an acronym has only one spelling
            for key, known in ((squashed, self._squashed), (loose, self._loose)):
                if key and key in known:
                    return Spelling("spelling", frozenset(known[key]))
        if not (acronym and len(name) <= _ACRONYM) and not _is_code(name):
            foreign = other_languages.current()
            if codes := foreign.get(squashed) or foreign.get(normalise.trimmed(name)):
                return Spelling("language", frozenset(self._states.get(code, OTHER) for code in codes))
        # "République d'Albanie", if "Albanie" and "Republic of Albania" are known; not "Royaume d'Albanie".
        core, form = self.cores.get(normalise.core(name)), normalise.form(name)
        if core is not None and form and form in core.official:
            return Spelling("spelling", frozenset([core.iri]))
        halves = [half for half in name.split("/") if half.strip()]
        if len(halves) == 2:  # "Myanmar/Burma": both halves must name the same thing
            first, second = (self._squashed.get(normalise.squashed(half), set()) for half in halves)
            if first and first == second:
                return Spelling("spelling", frozenset(first))
        return None

    def near(self, name: str) -> list[Near]:
        """Return the things that a name can mean, the most similar first. It must not be one of their names.

        A word more or less, such as Republic or Union, can make it the name of another state.
        """
        squashed = normalise.squashed(name)
        if (other := others().get(squashed)) is not None and (other.until or other.after):
            found = [Near(self._states[other.after], SUCCESSOR, other.reason)] if other.after in self._states else []
        elif codes := other_languages.former().get(squashed):
            found = [Near(self._states[c], SIMILAR, f"{name!r} is a former name") for c in codes if c in self._states]
        elif normalise.is_acronym(name) and (full := self._initials.get(squashed)):
            found = [Near(iri, SIMILAR, f"initials of {text!r}") for iri, text in full.items()]
        elif other is not None:
            found = [near for near in self._similar(name) if near.score >= SIMILAR]
        else:
            found = [*self._similar(name), *self._similar_in_other_languages(name)]
        best = dict[str, Near]()
        for near in sorted(found, key=lambda n: (-n.score, n.iri, n.reason)):
            best.setdefault(near.iri, near)
        return list(best.values())[:_MOST]

    def _similar(self, name: str) -> Iterator[Near]:
        from rapidfuzz import fuzz, process

        words = " ".join(normalise.core(name))
        if not _SHORTEST <= len(words) <= _LONGEST:
            return
        hits = process.extract(words, self._heads, scorer=fuzz.token_set_ratio, score_cutoff=CUTOFF, limit=_MOST)
        for head, similarity, at in hits:
            text, iri = self._names[at]
            score = min(similarity, fuzz.ratio(words, head) + 20) / 100 * SIMILAR
            yield Near(iri, score, f"{name!r} is {similarity:.0f} % similar to {text!r}")
        for head, (text, iri) in zip(self._heads, self._names, strict=True):
            if head.startswith(words):
                yield Near(iri, BEGINS, f"{text!r} begins with {name!r}")

    def _similar_in_other_languages(self, name: str) -> Iterator[Near]:
        from rapidfuzz import fuzz, process

        words = "".join(normalise.core(name))
        if not _SHORTEST < len(words) <= _LONGEST:
            return
        known = other_languages.current()
        hits = process.extract(words, known.keys(), scorer=fuzz.ratio, score_cutoff=_FOREIGN, limit=_MOST)
        for form, similarity, _ in hits:
            for iri in {self._states[code] for code in known[form] if code in self._states}:
                yield Near(iri, similarity / 100 * SIMILAR, f"{name!r} is {similarity:.0f} % similar to {form!r}")

    @cached_property
    def _heads(self) -> list[str]:
        return [" ".join(normalise.core(name)) for name, _ in self._names]

    @cached_property
    def _initials(self) -> Mapping[str, Mapping[str, str]]:
        """The things and their names by the acronym that the first letters of the name make."""
        found = defaultdict[str, dict[str, str]](dict)
        rows = [row for row in other_languages.rows() if row[0] in self._states]
        foreign = [(name, self._states[code]) for code, _, names in rows for name in names]
        for name, iri in self._names + foreign:
            for acronym in normalise.initials(name):
                found[acronym].setdefault(iri, name)
        return {acronym: full for acronym, full in found.items() if len(full) <= _SHARED}
