"""Reader of a profile page: its passages become facts, or are listed as left."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from cica_graph.drafts import lists
from cica_graph.drafts.facts import FormRemark, Origin, Profile, TextLeft
from cica_graph.drafts.layout import ACCURATE, PARTS, PartName, PlacedPassage, placed, represents
from cica_graph.drafts.names import NameResolver
from cica_graph.drafts.page import Passage
from cica_graph.drafts.page_readers import read_page
from cica_graph.drafts.prose import read_paragraph
from cica_graph.drafts.words import edtf_of, sentences
from cica_graph.model.errors import UsageError

_NAMED: Final = re.compile(r"(?P<name>[^()]{4,200}?)\s*\(\s*(?P<acronym>[A-Z][\w.&’'-]{1,19})\s*\)\W*")
_TAKEN: Final = re.compile(
    r"(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>\d{4})\s*:\s*(?P<hour>\d{1,2}):(?P<minute>\d\d)"
    r"\s*:\s*(?P<sign>[+-])(?P<zone>\d\d)(?P<zone_minute>\d\d)"
)
_MAY_BE_EMPTY: Final = ("contact", "activities", "programmes", "cooperation", "binding", "documents", "footer")
_SEAT: Final = re.compile(r"(?!.*\band\b)\w[^.;:|]{0,60}?,\s*\w[^,.;:|]{1,40}")  # a place, not two or a sentence
_WEB: Final = re.compile(r"web\s*-?site\W*", re.IGNORECASE)


def read_profile(path: Path, names: NameResolver, *, as_of: str = "") -> Profile:
    """Return the facts of a profile page.

    :param as_of: the day that the page describes, as EDTF, if the page does not give it.
    :raises UsageError: the file is not a page of text, or is not a profile.
    """
    pieces = list(placed(read_page(path)))
    profile = Profile()
    rest = [piece for piece in pieces if not _read_frame(piece, profile)]
    if not profile.acronym or not profile.parts.keys() & set(PARTS[1:]):
        raise UsageError(
            f"{path} is not a profile page: it needs a line 'Name (ACRONYM)', and a list of members or a known heading."
        )
    if as_of and len(profile.day) < len(as_of):
        profile.day, profile.day_basis = as_of, "given by the editor"
    names.day = profile.day
    if profile.city:
        city, _, country = profile.city.rpartition(",")
        profile.city, profile.country = city.strip(), names.find(country.strip())
    for part in PARTS:
        _read_part(part, [piece.passage for piece in rest if piece.part == part], profile, names)
    return profile


def _read_frame(piece: PlacedPassage, profile: Profile) -> bool:
    """Read a heading, a label or a line of the header; return False for a passage with other content."""
    text, origin = piece.passage.text, Origin(piece.part, piece.passage.place())
    if piece.heading:
        profile.parts.setdefault(piece.part, piece.passage.place())
    elif piece.part == "header":
        return _read_header(piece.passage, origin, profile)
    elif found := ACCURATE.match(text):
        profile.day, profile.dated = edtf_of(found["day"].strip(" .,")), origin
        return bool(profile.day) and found.end() >= len(text.rstrip(" ."))
    elif not represents(text):
        if piece.part == "members":
            profile.parts.setdefault("members", piece.passage.place())
        return False
    return True


def _read_header(passage: Passage, origin: Origin, profile: Profile) -> bool:
    text = passage.text
    if found := _TAKEN.match(text):
        profile.taken, profile.taken_at = _time(found), origin
        return bool(profile.taken) and found.end() == len(text)
    if _WEB.fullmatch(text):
        profile.homepage = next((span.target for span in passage.spans if _address(span.target)), "")
        if not profile.homepage:
            profile.remarks.append(
                FormRemark(
                    origin,
                    "value-lost",
                    "The page has a link to the web site of the organization; its address is lost.",
                )
            )
        return True
    if not profile.acronym and (found := _NAMED.fullmatch(text)):
        profile.name, profile.acronym, profile.named = found["name"].strip(), found["acronym"], origin
        return True
    if profile.acronym and not profile.city and _SEAT.fullmatch(text):
        profile.city, profile.seated = text, origin
        return True
    return False


def _address(target: str) -> bool:
    return bool(re.fullmatch(r"https?://[^\s<>\"{}|\\^`]{1,500}", target))


def _time(found: re.Match[str]) -> str:
    """Return the time of a copy as xsd:dateTime, or an empty text if it is not in the calendar."""
    values = found.groupdict()
    text = "{year}-{month:0>2}-{day:0>2}T{hour:0>2}:{minute}:00{sign}{zone}:{zone_minute}".format(**values)
    try:
        return datetime.fromisoformat(text).isoformat()
    except ValueError:
        return ""


def _read_part(part: PartName, passages: Sequence[Passage], profile: Profile, names: NameResolver) -> None:
    """Read the passages of a part. Other text is left, sentence by sentence."""
    if part == "contact":
        passages = lists.read_contact(list(passages), profile)
    for passage in passages:
        if part == "members" and lists.read_members(passage, profile, names):
            profile.encoded += 1
        elif part == "overlaps" and lists.read_claim(passage, profile, names):
            pass
        elif part in ("binding", "documents") and lists.read_instrument(passage, part, profile):
            profile.encoded += 1
        elif part in ("general", "members", "overlaps"):
            read_paragraph(passage, part, profile, names)
        else:
            profile.left += [
                TextLeft(Origin(part, passage.place(start, start + len(text))), text)
                for start, text in sentences(passage.text)
            ]
    if not passages and part in profile.parts and part in _MAY_BE_EMPTY:
        profile.remarks.append(
            FormRemark(Origin(part, profile.parts[part]), "empty-section", "The heading has no text.")
        )
