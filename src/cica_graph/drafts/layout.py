"""The parts of a profile page. ``parts.tsv`` has their headings; a damaged heading is recognized by similarity."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, Literal, NamedTuple, cast, get_args

from cica_graph.drafts.page import Passage
from cica_graph.model import normalise

PartName = Literal[
    "header", "general", "members", "overlaps", "contact", "activities", "programmes", "cooperation", "binding",
    "documents", "footer",
]  # fmt: skip
PARTS: Final[tuple[PartName, ...]] = get_args(PartName)
SIMILAR: Final = 90.0  # per cent; two damaged letters in a heading of 24

COUNT: Final = re.compile(
    r"(?P<members>\d{1,4})\s*members?\b\s*"
    r"(?:\(\s*(?:(?P<all>all)\s*(?:are\s*)?|(?P<un>\d{1,4})\s*(?:of\s+(?:which|them)\s*)?(?:are|is)?\s*(?:a\s*)?)"
    r"UN\s*member\s*(?:states?|countries|country)?\s*\))?\W*",
    re.IGNORECASE,
)
LISTED: Final = re.compile(
    r"(?:(?P<list>current|former)\s*members?|membership\s*(?P<pending>pending))\W*?\s*:", re.IGNORECASE
)
ACCURATE: Final = re.compile(r"\W*information\s*accurate\s*as\s*of\s*:?\s*(?P<day>[\w .,]*)", re.IGNORECASE)
_REPRESENT: Final = re.compile(r"[\w\s-]{2,60}\bmembers\s*represent\s*:?", re.IGNORECASE)


class PartHeading(NamedTuple):
    """A part with its title and headings."""

    part: PartName
    number: int
    title: str
    headings: tuple[str, ...]


@dataclass(frozen=True)
class PlacedPassage:
    """A passage in its part. ``heading`` is True if it is the heading of the part."""

    part: PartName
    passage: Passage
    heading: bool = False


@cache
def parts() -> tuple[PartHeading, ...]:
    """Return the parts in the order of a page."""
    text = (Path(__file__).parent / "parts.tsv").read_text("utf-8")
    return tuple(
        PartHeading(cast("PartName", row["part"]), int(row["number"]), row["title"],
                    tuple(filter(None, row["headings"].split("; "))))
        for row in csv.DictReader(text.splitlines(), delimiter="\t")
    )  # fmt: skip


def is_heading(line: str) -> bool:
    """Return whether a line is the heading of a part, or introduces the claims."""
    return heading_of(line) is not None or bool(_REPRESENT.fullmatch(line.strip()))


def begins_passage(line: str) -> bool:
    """Return whether a line begins a passage even without an empty line before it."""
    text = line.strip()
    return text[:1] in "†‡§*" or ends_passage(text) or bool(LISTED.match(text))


def ends_passage(line: str) -> bool:
    """Return whether a line is a passage without the lines after it: the count of members, or the day of the page."""
    text = line.strip()
    return bool(COUNT.fullmatch(text) or ACCURATE.fullmatch(text))


def represents(text: str) -> bool:
    """Return whether a line introduces the claims: "CICA members represent:"."""
    return bool(_REPRESENT.fullmatch(text))


def heading_of(text: str) -> PartName | None:
    """Return the part that a line is the heading of, or None."""
    line = normalise.squashed(text[:80])
    if len(text) > 80 or len(line) < 5:
        return None
    for each, part in _headings():
        if line == each:
            return part
    from rapidfuzz import fuzz, process

    near = process.extractOne(line, [each for each, _ in _headings()], scorer=fuzz.ratio, score_cutoff=SIMILAR)
    return _headings()[near[2]][1] if near is not None and len(near[0]) > 11 else None


@cache
def _headings() -> tuple[tuple[str, PartName], ...]:
    return tuple((normalise.squashed(heading), row.part) for row in parts() for heading in row.headings)


def placed(passages: Iterable[Passage]) -> Iterator[PlacedPassage]:
    """Yield each passage with its part. A heading begins a part, and so do the count of members and their list."""
    part: PartName = "header"
    for passage in passages:
        found = None if passage.bullet else heading_of(passage.text)
        if found is not None:
            part = found
            yield PlacedPassage(part, passage, heading=True)
            continue
        if part in ("header", "general") and (COUNT.fullmatch(passage.text) or LISTED.match(passage.text)):
            part = "members"
        yield PlacedPassage(part, passage)
