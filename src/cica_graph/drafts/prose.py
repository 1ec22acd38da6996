"""Rules for sentences: founding, launch, accessions, withdrawals, suspensions, observers and partners.

Each rule marks the words that it encodes. The words that no rule marks are the rest, which a person encodes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Final

from cica_graph.drafts.facts import Change, ClaimedCount, DatedChange, DatedEvent, EventKind, Origin, Profile, TextLeft
from cica_graph.drafts.layout import PartName
from cica_graph.drafts.names import NameResolver, PrintedName
from cica_graph.drafts.page import Passage
from cica_graph.drafts.words import DATE, NUMBER, edtf_of, number_of, sentences
from cica_graph.model import normalise

USED: Final = "\0"  # in place of each character that a rule has encoded
# Words that may be left over although a sentence is encoded.
_JOINING: Final = frozenset((
    "a", "also", "and", "are", "has", "have", "in", "is", "it", "its", "later", "of", "since", "subsequently", "the",
    "then", "were", "was",
))  # fmt: skip
MAX_SENTENCE: Final = 1_000  # characters; the rules do not read a longer sentence
_SPAN: Final = rf"[^{USED}.;:()]"
_NAMES: Final = rf"(?P<names>(?:the\s+)?[A-ZÀ-Þ]{_SPAN}*?)"
_WHEN: Final = rf"(?:in|on|since)\s+(?P<date>{DATE})"
_HAVE: Final = r"(?:(?:have|has)\s+)?(?:(?:since|later|subsequently|also|then)\s+)*"
_WHAT: Final = r"(?:\s+(?:(?:to|from)\s+)?(?:the\s+)?(?P<what>organization|it|[A-ZÀ-Þ][\w’'-]+))?"
_PEOPLE: Final = r"(?:members?(?:\s+(?:states|countries))?|countries|states|nations)"

_EVENT: Final = re.compile(
    rf"(?:(?P<subject>[^{USED}.,;:()]*?)\s*\b(?:was|is|were)\s+)?\b(?:(?:formally|officially|first)\s+)?"
    rf"(?P<verb>established|founded|created|set\s+up|formed|launched)\s+(?:in|on)\s+(?P<date>{DATE})"
    rf"(?:\s*,?\s*(?:with|by)\s+(?P<count>{NUMBER})\s+(?:founding\s+|original\s+)?(?P<people>{_PEOPLE}))?"
    rf"(?:\s*,?\s*by\s+(?P<names>(?:the\s+)?[A-ZÀ-Þ]{_SPAN}*))?", re.IGNORECASE,
)  # fmt: skip
_SINCE: Final = re.compile(
    rf"(?P<count>{NUMBER})\s+(?:additional|further|more|other|new)\s+{_PEOPLE}\s+{_HAVE}(?:joined|acceded)"
    rf"(?:\s+(?:since|later))?(?P<list>\s*:\s*[^{USED};.]+)?", re.IGNORECASE,
)  # fmt: skip
_DATED: Final = re.compile(rf"(?P<names>[^()]+?)\s*\(\s*(?:in\s+)?(?P<date>{DATE})\s*\)")
_JOINED: Final = re.compile(
    rf"{_NAMES}\s+{_HAVE}(?:joined|acceded|became\s+(?:a\s+|full\s+|the\s+)*members?|w(?:as|ere)\s+admitted)"
    rf"{_WHAT}(?:\s+as\s+(?:a\s+)?(?:full\s+)?members?)?\s+{_WHEN}"
)
_LEFT: Final = re.compile(rf"{_NAMES}\s+{_HAVE}(?:left|withdrew|withdrawn|pulled\s+out){_WHAT}\s+{_WHEN}")
_SUSPENDED: Final = re.compile(rf"{_NAMES}\s+(?:has\s+been|have\s+been|was|were|is|are)\s+suspended\s+{_WHEN}")
_ALSO: Final = re.compile(rf"\s*,?\s*(?:and\s+)?(?P<names>[A-ZÀ-Þ]{_SPAN}*?)\s+in\s+(?P<date>{DATE})")
_FOUNDERS: Final = re.compile(
    rf"(?:founding|original)\s+members?\s*(?:are|were|:|\()\s*(?P<names>[A-ZÀ-Þ]{_SPAN}+)\)?", re.IGNORECASE
)
_ARE_FOUNDERS: Final = re.compile(rf"{_NAMES}\s+(?:are|were|is|was)\s+(?:the\s+|an?\s+)?founding\s+members?")
_OBSERVERS: Final = re.compile(
    rf"observers\s*(?P<how>include|are|:)\s*(?P<list>(?:{_SPAN}|\([^()]*\))+)", re.IGNORECASE
)
_ARE_OBSERVERS: Final = re.compile(rf"{_NAMES}\s+(?:is|are|has|have)\s+(?:an?\s+)?observers?(?:\s+status)?\b")
_PARTNERS: Final = re.compile(rf"dialogue\s+partners\s*(?:include|are|:)\s*(?P<names>[A-ZÀ-Þ]{_SPAN}+)", re.IGNORECASE)
_ARE_PARTNERS: Final = re.compile(rf"{_NAMES}\s+(?:is|are)\s+(?:a\s+)?dialogue\s+partners?\b")
_GROUP: Final = re.compile(
    rf"(?:and\s+)?(?P<count>{NUMBER})\s+(?P<kind>states?|countries|country|organizations?)(?:\s*\((?P<inside>[^()]*)\)?)?",
    re.IGNORECASE,
)
_OUTSIDE: Final = re.compile(
    rf"(?P<count>{NUMBER})\s+of\s+(?:which|whom|them)\s+(?:are|is)\s+(?:from\s+)?outside\s+(?:of\s+)?Asia\s*(?::\s*(?P<names>.+))?",
    re.IGNORECASE,
)


Stretch = tuple[int, int] | None  # first character, and the one after the last


@dataclass
class Sentence:
    """A sentence while rules read it.

    :ivar free: the text with :data:`USED` in place of the encoded characters.
    :ivar start: its position in the passage.
    """

    free: str
    start: int
    origin: Origin
    profile: Profile
    names: NameResolver

    def use(self, start: int, end: int) -> None:
        """Mark characters as encoded."""
        self.free = self.free[:start] + USED * (end - start) + self.free[end:]

    def listed(self, text: str, at: int, *, at_end: bool = False) -> list[PrintedName]:
        """Return the names at the beginning of a text, or ``at_end``; nothing if no name is known."""
        names = [n for n in self.names.split(text, self.start + at) if n.text]
        if not at_end:
            names = list(takewhile(_plausible, names))
        else:
            last = list(takewhile(_plausible, names[::-1]))[::-1]
            before = names[: len(names) - len(last)]
            names = ([*self._tail(before[-1])] if before else []) + last
        return names if any(n.iri for n in names) else []

    def _tail(self, name: PrintedName) -> Iterator[PrintedName]:
        """Yield the known name at the end of a text, such as Fiji in "In 2009 Fiji"."""
        for mark in re.finditer(r"(?<=\s)[A-ZÀ-Þ]", name.text):
            found = self.names.find(name.text[mark.start() :], name.start + mark.start())
            if found.iri:
                yield found
                return

    def change(self, change: Change, text: str, at: int, date: str | None = None, *, at_end: bool = False) -> Stretch:
        """Add a change for each name in a list, and return the characters of the list in the sentence.

        Return None if it is not a list of names, or if the ``date`` is empty: it is not in the calendar.
        """
        found = [] if date == "" else self.listed(text, at, at_end=at_end)
        self.profile.changes += [DatedChange(self.origin, change, name, date or "") for name in found]
        return (found[0].start - self.start, found[-1].end - self.start) if found else None

    def count(self, population: str, number: str, *, complete: bool) -> None:
        """Add a claimed count."""
        self.profile.counts.append(ClaimedCount(self.origin, population, number_of(number), complete))


def read_paragraph(passage: Passage, part: PartName, profile: Profile, names: NameResolver) -> None:
    """Add the facts of a paragraph to the profile, and the sentences that are not encoded."""
    for start, text in sentences(passage.text):
        origin = Origin(part, passage.place(start, start + len(text)))
        sentence = Sentence(text, start, origin, profile, names)
        for rule in _RULES if len(text) <= MAX_SENTENCE else ():
            rule(sentence)
        own = frozenset(normalise.tokens(profile.acronym))
        words = [w for w in normalise.tokens(sentence.free.replace(USED, " ")) if w not in _JOINING and w not in own]
        if not words:
            profile.encoded += 1
        else:
            rest = re.sub(rf"(?:\s*{USED}+)+\s*", " ... ", sentence.free) if USED in sentence.free else ""
            profile.left.append(TextLeft(origin, text, rest.strip(" .,;")))


def _events(sentence: Sentence) -> None:
    position = 0
    while found := _EVENT.search(sentence.free, position):
        position = found.end("date")
        kind: EventKind = "launch" if found["verb"].lower() == "launched" else "establishment"
        subject = normalise.tokens(found["subject"] or "")
        secretariat = "secretariat" in subject
        date, end = edtf_of(found["date"]), found.end("date")
        if not date or (not secretariat and not _means_organization(subject, sentence.profile)):
            continue
        sentence.profile.events.append(DatedEvent(sentence.origin, kind, secretariat, date))
        if found["count"] and not secretariat:
            sentence.count("members-at-launch", found["count"], complete=False)
            end = found.end("people")
        if found["names"] and (used := sentence.change("founder", found["names"], found.start("names"), date)):
            end = used[1]
        sentence.use(found.start(), end)
        position = end


def _plausible(name: PrintedName) -> bool:
    """Return whether a text can be a name: it is known, or its words have capitals."""
    small = ("of", "and", "the", "de", "da", "du", "la")
    words = name.text.replace("(", " ").split()
    return bool(name.iri) or (0 < len(words) <= 6 and all(w[0].isupper() or w in small for w in words))


def _means_organization(subject: Sequence[str], profile: Profile) -> bool:
    """Return whether the subject of a sentence is the organization: its name, acronym, "it", or nothing."""
    words = [word for word in subject if word not in ("the", "this")]
    own = (normalise.tokens(profile.acronym), normalise.tokens(profile.name))
    return not words or words in own or (len(words) == 1 and words[0] in {"it", "organization", *own[1]})


def _accessions(sentence: Sentence) -> None:
    for found in _SINCE.finditer(sentence.free):
        sentence.use(found.start(), found.start("list") if found["list"] else found.end())
        at, before = found.start("list"), len(sentence.profile.changes)
        for item in _DATED.finditer(found["list"] or ""):
            text = item["names"].lstrip(" :,")
            if sentence.change("joined", text, at + item.end("names") - len(text), edtf_of(item["date"])):
                sentence.use(at + item.start(), at + item.end())
        named = len(sentence.profile.changes) - before
        sentence.count("members-since-launch", found["count"], complete=named == number_of(found["count"]))
    _changes(sentence, "joined", _JOINED)


def _changes(sentence: Sentence, change: Change, pattern: re.Pattern[str]) -> None:
    """Read "A joined in 2004", and ", B in 2006 and C in 2008" after it."""
    position = 0
    while found := pattern.search(sentence.free, position):
        position = found.end()
        what, date = found.groupdict().get("what") or "", edtf_of(found["date"])
        if not _means_organization(normalise.tokens(what), sentence.profile):
            continue
        if (used := sentence.change(change, found["names"], found.start("names"), date, at_end=True)) is None:
            continue
        sentence.use(used[0], found.end())
        while more := _ALSO.match(sentence.free, position):
            if sentence.change(change, more["names"], more.start("names"), edtf_of(more["date"])) is None:
                break
            sentence.use(more.start(), more.end())
            position = more.end()


def _founders(sentence: Sentence) -> None:
    _named_after(sentence, "founder", _FOUNDERS)
    _named_before(sentence, "founder", _ARE_FOUNDERS)


def _partners(sentence: Sentence) -> None:
    _named_after(sentence, "dialogue-partner", _PARTNERS)
    _named_before(sentence, "dialogue-partner", _ARE_PARTNERS)


def _named_after(sentence: Sentence, change: Change, pattern: re.Pattern[str]) -> None:
    """Read "Founding members are A and B"."""
    for found in pattern.finditer(sentence.free):
        if used := sentence.change(change, found["names"], found.start("names")):
            sentence.use(found.start(), found.end() if used[1] >= found.end("names") else used[1])


def _named_before(sentence: Sentence, change: Change, pattern: re.Pattern[str]) -> None:
    """Read "A and B are founding members"."""
    for found in pattern.finditer(sentence.free):
        if used := sentence.change(change, found["names"], found.start("names"), at_end=True):
            sentence.use(used[0], found.end())


def _observers(sentence: Sentence) -> None:
    if found := _OBSERVERS.search(sentence.free):
        groups = list(_GROUP.finditer(found["list"]))
        for group in groups:
            _observer_group(sentence, group, found.start("list"))
            sentence.use(found.start(), found.start("list"))
        if not groups and (used := sentence.change("observer", found["list"], found.start("list"))):
            sentence.use(found.start(), used[1])
    _named_before(sentence, "observer", _ARE_OBSERVERS)


def _observer_group(sentence: Sentence, group: re.Match[str], at: int) -> None:
    """Read "eight states (names)". The bracket can also give the number outside Asia, with names."""
    population = "observer-organizations" if group["kind"].lower().startswith("org") else "observer-states"
    inside, position, named = group["inside"] or "", at + group.start("inside"), 0
    if outside := _OUTSIDE.fullmatch(inside):
        names = sentence.listed(outside["names"] or "", position + outside.start("names"))
        sentence.count(
            "observer-states-outside-asia", outside["count"], complete=len(names) == number_of(outside["count"])
        )
        understood = bool(names) or not outside["names"]
    else:
        names = sentence.listed(inside, position)
        named, understood = len(names), bool(names) or not inside
    sentence.profile.changes += [DatedChange(sentence.origin, "observer", name, "") for name in names]
    sentence.count(population, group["count"], complete=named == number_of(group["count"]))
    sentence.use(at + group.start(), at + (group.end() if understood else group.end("kind")))


_RULES: Final[Sequence[Callable[[Sentence], None]]] = (
    _events,
    _accessions,
    lambda sentence: _changes(sentence, "left", _LEFT),
    lambda sentence: _changes(sentence, "suspended", _SUSPENDED),
    _founders,
    _observers,
    _partners,
)
