"""Dates, numbers and sentences in English text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from cica_graph.model.dates import of_cell
from cica_graph.model.errors import InvalidDate
from cica_graph.model.written_dates import MONTHS

_UNITS: Final = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS: Final = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
DATE: Final = rf"(?:\d{{1,2}}\s+)?(?:(?:{'|'.join(MONTHS)})\s+)?(?:1[6-9]|20)\d\d(?!\d)"
NUMBER: Final = (
    rf"\b(?:\d{{1,4}}|(?:{'|'.join(_TENS)})-(?:{'|'.join(_UNITS[1:10])})|{'|'.join(reversed(_UNITS))}"
    rf"|{'|'.join(_TENS)})\b"
)
_DATE_PARTS: Final = re.compile(rf"(?:\d{{1,2}}\s+)?(?:(?:{'|'.join(MONTHS)})\s+)?\d{{4}}", re.IGNORECASE)
_END: Final = re.compile(r"[.!?]+[\"'”’)\]]*(?=\s+[\"'“‘(\[]?[A-ZÀ-Þ0-9]|$)")
_SHORT: Final = re.compile(r"(?:\b(?:St|Dr|Mr|Ms|Mrs|Prof|No|Art|vs|etc|e\.g|i\.e|approx|[A-Z])\.)$")


def edtf_of(text: str) -> str:
    """Return a date such as "13 June 2012" as EDTF, or an empty text if it is not in the calendar."""
    text = text.strip()
    try:
        return of_cell(text) if _DATE_PARTS.fullmatch(text) else ""
    except InvalidDate:
        return ""


def number_of(text: str) -> int:
    """Return the value of a number that matches :data:`NUMBER`."""
    text = text.lower()
    if text.isdigit():
        return int(text)
    tens, _, unit = text.partition("-")
    if tens in _TENS:
        return 10 * (_TENS.index(tens) + 2) + (_UNITS.index(unit) if unit else 0)
    return _UNITS.index(tens)


def sentences(text: str) -> Iterator[tuple[int, str]]:
    """Yield the sentences of a paragraph with their positions."""
    start = 0
    for mark in _END.finditer(text):
        if _SHORT.search(text, start, mark.start() + 1) and mark.end() < len(text):
            continue
        sentence = text[start : mark.end()]
        lead = len(sentence) - len(sentence.lstrip())
        if sentence.strip():
            yield start + lead, sentence.strip()
        start = mark.end()
    if text[start:].strip():
        yield start + len(text[start:]) - len(text[start:].lstrip()), text[start:].strip()
