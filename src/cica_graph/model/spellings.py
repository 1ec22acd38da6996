"""Index of names that finds a name in another spelling.

Names of dissolved states and of territories (``others.tsv``) are in the index too, so that "South Ossetia" is not taken
for another state. A name in that file that the graph gives to one of its things means this thing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, Literal, NamedTuple

from cica_graph.model import normalise

Closeness = Literal["spelling", "core"]
OTHER: Final = ""  # in place of an IRI: a thing that is not in the graph


@dataclass(frozen=True)
class Other:
    """A name of something that a graph of present states does not have.

    :ivar why: a short description.
    :ivar until: last day of a state that no longer exists, as YYYY-MM-DD, or empty.
    :ivar after: alpha-3 code of the successor that the source gives, or empty.
    :ivar source: the sources for this.
    """

    name: str
    why: str
    until: str
    after: str
    source: str


@cache
def others() -> tuple[Other, ...]:
    """Return the known names of dissolved states, territories and other things outside a graph of present states."""
    import csv

    text = (Path(__file__).parent / "others.tsv").read_text("utf-8")
    return tuple(Other(**r) for r in csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE))


class Spelling(NamedTuple):
    """A hit of the index.

    :ivar closeness: ``spelling``: the same words; ``core``: the same distinctive words.
    :ivar iris: the IRIs with that name, or :data:`OTHER`.
    """

    closeness: Closeness
    iris: frozenset[str]


class Spellings:
    """Names by the looser forms of :mod:`cica_graph.model.normalise`.

    :ivar cores: the IRI for the distinctive words of a name. Words that several things share are omitted.
    """

    def __init__(self, names: Iterable[tuple[str, str]]) -> None:
        """Index names. Each comes with the IRI of its thing."""
        squashed, loose = defaultdict[str, set[str]](set), defaultdict[str, set[str]](set)
        cores = defaultdict[tuple[str, ...], set[str]](set)
        for name, iri in names:
            squashed[normalise.squashed(name)].add(iri)
            loose[normalise.loose(name)].add(iri)
            cores[normalise.core(name)].add(iri)
        for other in others():
            squashed.setdefault(normalise.squashed(other.name), {OTHER})
            loose.setdefault(normalise.loose(other.name), {OTHER})
        self._squashed: Mapping[str, set[str]] = dict(squashed)
        self._loose: Mapping[str, set[str]] = dict(loose)
        self.cores = {words: next(iter(iris)) for words, iris in cores.items() if words and len(iris) == 1}

    def find(self, name: str) -> Spelling | None:
        """Return the things with this name in another spelling, or None. Acronyms have only one spelling."""
        if normalise.is_acronym(name):
            return None
        for form, known in ((normalise.squashed(name), self._squashed), (normalise.loose(name), self._loose)):
            if form and form in known:
                return Spelling("spelling", frozenset(known[form]))
        if (iri := self.cores.get(normalise.core(name))) is not None:
            return Spelling("core", frozenset([iri]))
        halves = [half for half in name.split("/") if half.strip()]
        if len(halves) == 2:  # "Myanmar/Burma": both halves must name the same thing
            first, second = (self._squashed.get(normalise.squashed(half), set()) for half in halves)
            if first and first == second:
                return Spelling("core", frozenset(first))
        return None
