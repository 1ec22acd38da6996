"""Readers of the lists of a page: members, claims, instruments and the contact."""

from __future__ import annotations

import re
from typing import Final

from cica_graph.drafts.facts import (
    ClaimedCount,
    ClaimedOverlap,
    ContactPerson,
    FormRemark,
    ListedName,
    ListKind,
    Meaning,
    NamedExceptions,
    NamedInstrument,
    Origin,
    Profile,
    TextLeft,
)  # fmt: skip
from cica_graph.drafts.layout import COUNT, LISTED, PartName
from cica_graph.drafts.names import NameResolver, PrintedName
from cica_graph.drafts.page import Passage
from cica_graph.drafts.words import DATE, edtf_of
from cica_graph.model import normalise

_NONE: Final = re.compile(r"\W*(?:none|n/?a|nil|-|–|—)?\W*", re.IGNORECASE)
_LEGEND: Final = re.compile(r"\(\s*(?:bold|gr[ae]y)\b[^()]*\)?", re.IGNORECASE)
_TRAILING: Final = re.compile(r"\s*\(([^()]*)\)\s*$")
_CLAIM: Final = re.compile(
    r"\W*(?P<count>\d{1,4})\s*(?:out\s*)?of\s*(?:the\s*)?(?P<total>\d{1,4})\s*(?P<other>[^()]{2,120}?)\s*members?\b(?P<rest>.*)",
    re.IGNORECASE | re.DOTALL,
)
_BRACKET: Final = re.compile(r"\(([^()]*)\)")
_EXCEPTION: Final = re.compile(
    r"(?P<names>.+?)\s+(?:is|are)\s+(?P<no>not\s+)?(?:an?\s+)?(?P<whose>\S.{0,120}?)\s+members?\W*", re.DOTALL
)
_YEAR: Final = re.compile(rf"\s*\(\s*(?P<date>{DATE})\s*\)\W*$", re.IGNORECASE)
_SPLIT_I: Final = re.compile(r"\bI \. (?=[a-zà-þ])")
_REACHES: Final = re.compile(r"@|\b(?:tel|fax|phone|e-?mail)\b|\+?\d[\d\s()/-]{5,}", re.IGNORECASE)
FORMER_OR_PENDING: Final = {"former": "former-members", "pending": "applicants"}


def read_members(passage: Passage, profile: Profile, names: NameResolver) -> bool:
    """Read the count of members, or one of the three lists; return False if the passage is neither."""
    origin = Origin("members", passage.place())
    if found := COUNT.fullmatch(passage.text):
        members = int(found["members"])
        profile.counts.append(ClaimedCount(origin, "members", members, complete=True))
        if found["all"] or found["un"]:
            profile.overlaps.append(ClaimedOverlap(origin, members if found["all"] else int(found["un"]), members))
        return True
    if (found := LISTED.match(passage.text)) is None:
        return False
    kind: ListKind = "pending" if found["pending"] else "former" if found["list"].lower() == "former" else "current"
    body = passage.text[found.end() :]
    legend = _LEGEND.search(body)
    if legend is not None:
        body = body[: legend.start()] + " " * (legend.end() - legend.start()) + body[legend.end() :]
    if not _NONE.fullmatch(body):
        _read_names(passage, body, found.end(), kind, profile, names)
    elif kind != "current":
        profile.counts.append(ClaimedCount(origin, FORMER_OR_PENDING[kind], 0, complete=True))
    styled = any(span.style != "link" for span in passage.spans)
    if legend is not None and not styled:
        profile.remarks.append(
            FormRemark(
                origin,
                "formatting-lost",
                "The text has lost the types of names that the legend of the list explains.",
            )
        )
    return True


def _read_names(passage: Passage, body: str, at: int, kind: ListKind, profile: Profile, names: NameResolver) -> None:
    """Add the names of a list. A bracket after a name that is known without it is a note."""
    for name in names.split(body.rstrip(" .;"), at):
        note, found = "", name
        if not name.iri and (bracket := _TRAILING.search(name.text)):
            shorter = names.find(name.text[: bracket.start()], name.start)
            if shorter.iri and kind != "current":
                note, found = bracket[1].strip(), shorter
        origin = Origin("members", passage.place(name.start, name.end))
        bold, grey = (passage.has(style, found.start, found.start + len(found.text)) for style in ("bold", "grey"))
        profile.listed.append(ListedName(origin, kind, found, bold, grey, note))


def read_claim(passage: Passage, profile: Profile, names: NameResolver) -> bool:
    """Read a claim "k of n X members", with its brackets; return False if the passage is not one."""
    if (found := _CLAIM.fullmatch(passage.text)) is None:
        return False
    origin = Origin("overlaps", passage.place())
    other = names.find(found["other"], found.start("other"), organization=True)
    brackets, rest, at = list[NamedExceptions](), found["rest"], found.start("rest")
    for bracket in _BRACKET.finditer(rest):
        if _NONE.fullmatch(bracket[1]):
            profile.remarks.append(FormRemark(origin, "value-lost", "A bracket of the claim is empty."))
            rest = _blank(rest, bracket)
        elif (read := _exceptions(bracket[1], at + bracket.start(1), other, profile, names)) is not None:
            brackets.append(read)
            rest = _blank(rest, bracket)
    profile.overlaps.append(ClaimedOverlap(origin, int(found["count"]), int(found["total"]), other, tuple(brackets)))
    if re.search(r"\w", rest):
        profile.left.append(TextLeft(origin, passage.text, rest.strip(" .,;")))
    else:
        profile.encoded += 1
    return True


def _blank(text: str, found: re.Match[str]) -> str:
    return text[: found.start()] + " " * (found.end() - found.start()) + text[found.end() :]


def _exceptions(
    text: str, at: int, other: PrintedName, profile: Profile, names: NameResolver
) -> NamedExceptions | None:
    """Return the names in a bracket and their meaning, or None if it has another form."""
    if (found := _EXCEPTION.fullmatch(text)) is None:
        return None
    whose = [normalise.squashed(part) for part in re.split(r"\s+and\s+(?:an?\s+)?|\s*/\s*", found["whose"])]
    this, that = normalise.squashed(profile.acronym), normalise.squashed(other.text)
    if found["no"] and whose == [this]:
        meaning: Meaning = "not in this"
    elif found["no"] and whose == [that]:
        meaning = "not in the other"
    elif not found["no"] and set(whose) <= {this, that}:
        meaning = "in both"
    else:
        return None
    return NamedExceptions(tuple(names.split(found["names"], at + found.start("names"))), meaning)


def read_instrument(passage: Passage, part: PartName, profile: Profile) -> bool:
    """Read a document with its year, or "None"; return False if the passage is neither."""
    origin = Origin(part, passage.place())
    if _NONE.fullmatch(passage.text):
        if part == "binding":
            profile.counts.append(ClaimedCount(origin, "binding-instruments", 0, complete=True))
        return part == "binding"
    if not passage.bullet:
        return False
    found = _YEAR.search(passage.text)
    title = (passage.text[: found.start()] if found else passage.text).strip()
    profile.instruments.append(
        NamedInstrument(origin, title, edtf_of(found["date"]) if found else "", part == "binding")
    )
    return True


def read_contact(passages: list[Passage], profile: Profile) -> list[Passage]:
    """Read the name of the contact, the first bullet. Return the other passages."""
    bullets = [p for p in passages if p.bullet]
    if not bullets or _NONE.fullmatch(bullets[0].text) or _REACHES.search(bullets[0].text):
        return passages
    first = bullets[0]
    repaired = _SPLIT_I.sub("İ", first.text)
    origin = Origin("contact", first.place())
    profile.contact = ContactPerson(origin, repaired)
    profile.encoded += 1
    if repaired != first.text:
        comment = "A dotted capital I was split; it is repaired here as İ."
        profile.remarks.append(FormRemark(origin, "glyph-damaged", comment))
    return [p for p in passages if p is not first]
