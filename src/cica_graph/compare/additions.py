"""Memberships and dates that Wikidata lacks, as QuickStatements for a person to review."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from cica_graph.compare.differences import Scope
from cica_graph.compare.sources import SourceMembership
from cica_graph.wikidata import quickstatements


@dataclass
class Additions:
    """Statements that can be added to Wikidata.

    :ivar lines: commands, without line ends, by member and organization.
    :ivar left_out: how many memberships or dates were left out, by reason.
    """

    lines: list[str] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)


def additions(scope: Scope, links: Mapping[str, str], pages: Mapping[str, str]) -> Additions:
    """Return the memberships, starts and ends that the first source has and the second, Wikidata, lacks.

    Only full members are added, with a reference to each source that has a page. A date is left out if Wikidata has
    another one. A member with several memberships is left out: Wikidata would add the dates to the wrong one.

    :param links: Q-ids of our things by their IRIs.
    :param pages: URLs of the documents, by the IRI of each section.
    """
    made = Additions()
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
    made: Additions,
    ours: SourceMembership,
    theirs: SourceMembership | None,
    links: Mapping[str, str],
    pages: Mapping[str, str],
) -> None:
    qualifiers = list[tuple[str, str]]()
    for name, mine, yours in (
        ("P580", ours.start, theirs and theirs.start),
        ("P582", ours.end, theirs and theirs.end),
    ):
        if mine is None or mine == yours:
            continue
        if yours is not None:
            made.left_out["another date there, to be weighed by hand"] += 1
        elif (written := quickstatements.time(mine)) is None:
            made.left_out["a date that QuickStatements cannot write"] += 1
        else:
            qualifiers.append((name, written))
    if theirs is not None and not qualifiers:
        return
    urls = sorted({pages[section] for section in ours.cited if section in pages})
    if not urls:
        made.left_out["no source with a page to cite"] += 1
        return
    made.lines.append(quickstatements.membership(links[ours.member], links[ours.organization], qualifiers, urls))
