"""The states and organizations that the names on a page mean, by the engine of ``match``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from cica_graph.formats.text import escape
from cica_graph.model import normalise
from cica_graph.model.errors import UsageError
from cica_graph.reconcile.catalog import Catalog, Entity
from cica_graph.reconcile.properties import DAY
from cica_graph.reconcile.query import Condition, ReconcileQuery
from cica_graph.reconcile.search import Search
from cica_graph.store.store import Store

SIMILAR_NAMES: Final = 80.0  # per cent, for an organization with the same acronym
MAX_NAME: Final = 120  # characters; a longer text between two commas is not a name
MAX_NAMES: Final = 2_000  # of one page; the largest profile has about 300, and each takes some milliseconds
MAX_ANDS: Final = 5  # a longer list without commas is one name in doubt
_SHOWN: Final = 3  # candidates of a doubtful name
_AND: Final = re.compile(r"\s+(?:and|&)\s+")
_ARTICLE: Final = re.compile(r"(?:the|The)\s+")


@dataclass(frozen=True)
class PrintedName:
    """A name on a page, and the state or organization that it means.

    :ivar text: as printed, without footnote marks.
    :ivar iri: empty if the name is in doubt.
    :ivar kind: ``State`` or ``Organization``; empty if the name is in doubt.
    :ivar candidates: for a name in doubt, the nearest states and organizations.
    :ivar start: position in the passage.
    :ivar end: position after the name.
    """

    text: str
    iri: str
    kind: str
    label: str
    candidates: str
    start: int = 0
    end: int = 0


class NameResolver:
    """Search for the meaning of names in a graph.

    :ivar day: the day that the page describes, as EDTF, or empty. A name must be in use on this day.
    :param decided: codes, acronyms or IRIs by printed name, decided by a person.
    :raises UsageError: a decision is not a known state or organization.
    """

    def __init__(self, store: Store, decided: Mapping[str, str]) -> None:
        self.day = ""
        self._count = 0
        self._search = Search(store.memo("catalog", lambda: Catalog(store)))
        self._decided = {normalise.caseless(text): self._known(code) for text, code in decided.items()}
        self._find = lru_cache(maxsize=1 << 14)(self._look_up)

    def find(self, text: str, start: int = 0, *, organization: bool = False) -> PrintedName:
        """Return the meaning of one name; ``start`` is its position in the passage."""
        text = text.rstrip()
        bare = _bare(text)
        entity, candidates = self._find(bare, self.day, organization)
        found = (entity.thing.iri, entity.type, entity.label) if entity is not None else ("", "", "")
        return PrintedName(bare, *found, candidates, start, start + len(text))

    def find_organization(self, name: str, acronym: str) -> Entity | None:
        """Return the organization that the page is about, or None if it is not in the graph.

        An acronym is enough only if the names are similar: unrelated organizations share acronyms.
        """
        from rapidfuzz import fuzz

        for text in (name, acronym):
            found = self._search.candidates(ReconcileQuery((text,), types=("Organization",), similar=False))
            if found and found[0].sure:
                entity, words = found[0].entity, " ".join(normalise.core(name))
                known = [" ".join(normalise.core(each)) for each, _ in entity.thing.names]
                if text == name or any(fuzz.token_sort_ratio(words, each) >= SIMILAR_NAMES for each in known):
                    return entity
        return None

    def split(self, text: str, start: int = 0) -> Iterator[PrintedName]:
        """Yield the names in a list: commas or semicolons, with "and" before the last.

        A name that contains "and" is kept together if it is known.
        """
        for at, part in _parts(text):
            at += start
            lead = re.match(r"\s*(?:(?:and|&)\s+)?", part)
            assert lead is not None
            part, at = part[lead.end() :], at + lead.end()
            if not part.strip():
                continue
            whole = self.find(part, at)
            several = _AND.split(part)
            if whole.iri or len(several) == 1 or len(several) > MAX_ANDS:
                yield whole
                continue
            yield from self._split_at_and(part, at)

    def _split_at_and(self, part: str, at: int) -> Iterator[PrintedName]:
        """Yield the names on both sides of each "and" that has a known name on one side."""
        begin = 0
        while begin < len(part):
            marks = [mark for mark in _AND.finditer(part) if mark.start() >= begin]
            before = [mark for mark in marks if self.find(part[begin : mark.start()]).iri]
            after = [mark for mark in marks if self.find(part[mark.end() :]).iri]
            if self.find(part[begin:]).iri or not (before or after):
                break
            mark = before[-1] if before else after[0]
            yield self.find(part[begin : mark.start()], at + begin)
            begin = mark.end()
        yield self.find(part[begin:], at + begin)

    def _look_up(self, name: str, day: str, organization: bool) -> tuple[Entity | None, str]:
        if (decided := self._decided.get(normalise.caseless(name))) is not None:
            return decided, ""
        if not name or len(name) > MAX_NAME:
            return None, "not a name"
        self._count += 1
        if self._count > MAX_NAMES:
            raise UsageError(f"the page has more than {MAX_NAMES:,} different names. Give one profile page.")
        types = ("Organization",) if organization else ()
        conditions = (Condition(DAY, (day,)),) if day else ()
        found = self._search.candidates(ReconcileQuery((name,), types=types, conditions=conditions))
        if found and found[0].sure:
            return found[0].entity, ""
        near = (f"{m.entity.code} ({m.entity.label}), {m.score:g}" for m in found[:_SHOWN])
        return None, escape("; ".join(near)) or "no similar name"

    def _known(self, code: str) -> Entity:
        found = self._search.candidates(ReconcileQuery((code,), similar=False))
        if not found or not found[0].sure:
            raise UsageError(f"unknown state or organization {code[:60]!r} in --name")
        return found[0].entity


def _bare(text: str) -> str:
    """Return a name without an article and footnote marks."""
    while (shorter := normalise.unmarked(text).rstrip()) != text:
        text = shorter
    return _ARTICLE.sub("", text, count=1) if _ARTICLE.match(text) else text


def _parts(text: str) -> Iterator[tuple[int, str]]:
    """Yield the parts of a list with their positions. A comma inside a bracket does not separate."""
    depth = start = 0
    for at, letter in enumerate(text):
        depth = max(0, depth + (letter == "(") - (letter == ")"))
        if letter in ",;" and not depth:
            yield start, text[start:at]
            start = at + 1
    yield start, text[start:]
