"""Writer of QuickStatements V1, the command language of a tool that edits Wikidata. Nothing is sent.

The format: https://www.wikidata.org/wiki/Help:QuickStatements#Command_sequence_syntax. A command with a statement that
Wikidata has already adds its qualifiers and references to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import quote

from cica_graph.model import edtf
from cica_graph.model.errors import InvalidDate

_PLAIN: Final = "%/:=&?~#+!$,;@()*[]'"  # characters of a URL that need no escape; a bar or a double quote would end it
_FORMS: Final = (
    (re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})", re.ASCII), 11),
    (re.compile(r"([0-9]{4})-([0-9]{2})", re.ASCII), 10),
    (re.compile(r"([0-9]{4})", re.ASCII), 9),
    (re.compile(r"([0-9]{3})X", re.ASCII), 8),
)
_YEARS: Final = re.compile(r"\[([0-9]{4})\.\.([0-9]{4})\]", re.ASCII)


def time(text: str) -> str | None:
    """Return a date as QuickStatements writes it, ``+2004-10-22T00:00:00Z/11``, or None if it has no form.

    Days, months, years and decades have one, and sets that are a century or a millennium as Wikidata counts them:
    ``[1901..2000]`` is the 20th century. An uncertain date has none, because the uncertainty would be lost.
    """
    try:
        edtf.span(text)
    except InvalidDate:
        return None
    for form, precision in _FORMS:
        if found := form.fullmatch(text):
            year, month, day = (*found.groups(), "00", "00")[:3]
            return f"+{year:0<4}-{month}-{day}T00:00:00Z/{precision}"
    if found := _YEARS.fullmatch(text):
        first, last = int(found[1]), int(found[2])
        for precision, size in ((7, 100), (6, 1000)):
            if first + size - 1 == last and last % size == 0:
                return f"+{last:04}-00-00T00:00:00Z/{precision}"
    return None


def membership(member: str, organization: str, qualifiers: Iterable[tuple[str, str]], urls: Iterable[str]) -> str:
    """Return the command that adds a "member of" (P463) statement, with qualifiers and references.

    :param member: Q-id.
    :param organization: Q-id.
    :param qualifiers: property and value, the value as QuickStatements writes it.
    :param urls: the web address (P854) of each reference.
    """
    parts = [member, "P463", organization]
    for name, value in qualifiers:
        parts += [name, value]
    for number, url in enumerate(urls):
        parts += ["!S854" if number else "S854", f'"{quote(url, safe=_PLAIN)}"']  # "!" begins another reference
    return "|".join(parts)
