"""Additions to Wikidata as QuickStatements V1, for a person to review. Nothing is sent.

The format: https://www.wikidata.org/wiki/Help:QuickStatements#Command_sequence_syntax. A command with a statement that
Wikidata has already adds its qualifiers and references to it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote

from cica_graph.compare.differences import Scope
from cica_graph.compare.sources import Membership
from cica_graph.model import dates
from cica_graph.model.errors import InvalidDate

_PLAIN: Final = "%/:=&?~#+!$,;@()*[]'"  # what a URL may keep; a bar or a double quote would end it
_FORMS: Final = (
    (re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})", re.ASCII), 11),
    (re.compile(r"([0-9]{4})-([0-9]{2})", re.ASCII), 10),
    (re.compile(r"([0-9]{4})", re.ASCII), 9),
    (re.compile(r"([0-9]{3})X", re.ASCII), 8),
)
_YEARS: Final = re.compile(r"\[([0-9]{4})\.\.([0-9]{4})\]", re.ASCII)


def time(edtf: str) -> str | None:
    """Return a date as QuickStatements writes it, ``+2004-10-22T00:00:00Z/11``, or None where it has no form.

    Days, months, years and decades have one, and of sets the centuries and millennia as Wikidata counts them:
    ``[1901..2000]`` is the 20th. A date in doubt has none: the doubt would be lost.
    """
    try:
        dates.span(edtf)
    except InvalidDate:
        return None
    for form, precision in _FORMS:
        if found := form.fullmatch(edtf):
            year, month, day = (*found.groups(), "00", "00")[:3]
            return f"+{year:0<4}-{month}-{day}T00:00:00Z/{precision}"
    if found := _YEARS.fullmatch(edtf):
        first, last = int(found[1]), int(found[2])
        for precision, size in ((7, 100), (6, 1000)):
            if first + size - 1 == last and last % size == 0:
                return f"+{last:04}-00-00T00:00:00Z/{precision}"
    return None


@dataclass
class Commands:
    """What may be added, and what may not.

    :ivar lines: commands, without line ends, by member and organization.
    :ivar left_out: how many memberships or dates were left out, by reason.
    """

    lines: list[str] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)


def commands(scope: Scope, links: Mapping[str, str], pages: Mapping[str, str]) -> Commands:
    """Return what the first source has and the second, Wikidata, lacks: memberships, starts and ends.

    Only members in full, with a reference to each source that has a page; a date beside another date is no addition
    and is left out, as is whatever cannot be told apart: Wikidata would add it to the wrong statement.

    :param links: Q-ids of our things by their IRIs.
    :param pages: URLs of the documents, by the IRI of each section.
    """
    made = Commands()
    for (member, organization), (here, there) in scope.pairs.items():
        ours, theirs = [m for m in here if m.top == "member"], [m for m in there if m.top == "member"]
        if not ours:
            continue
        if member not in links or organization not in links:
            made.left_out["no link to Wikidata"] += len(ours)
        elif len(ours) > 1 or len(theirs) > 1:
            made.left_out["several spells, which a command cannot tell apart"] += len(ours)
        elif there and not theirs:
            made.left_out["another role there"] += 1
        else:
            _command(made, ours[0], theirs[0] if theirs else None, links, pages)
    return made


def _command(
    made: Commands, ours: Membership, theirs: Membership | None, links: Mapping[str, str], pages: Mapping[str, str]
) -> None:
    parts = [links[ours.member], "P463", links[ours.organization]]
    new = theirs is None
    for name, mine, yours in (
        ("P580", ours.start, theirs and theirs.start),
        ("P582", ours.end, theirs and theirs.end),
    ):
        if mine is None or mine == yours:
            continue
        if yours is not None:
            made.left_out["another date there, to be weighed by hand"] += 1
        elif (written := time(mine)) is None:
            made.left_out["a date that QuickStatements cannot write"] += 1
        else:
            parts += [name, written]
            new = True
    if not new:
        return
    urls = sorted({pages[section] for section in ours.cited if section in pages})
    if not urls:
        made.left_out["no source with a page to cite"] += 1
        return
    for number, url in enumerate(urls):
        parts += ["!S854" if number else "S854", f'"{quote(url, safe=_PLAIN)}"']  # "!" begins another reference
    made.lines.append("|".join(parts))
