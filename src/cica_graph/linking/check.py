"""Check of existing links against the dataset that they lead to.

A link is doubtful if names or codes differ, if the other thing is redirected, deleted or of another type, and if ids
are shared. A link with a low confidence and a comment is reported as a choice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from cica_graph.linking.candidate import Candidate, Target
from cica_graph.linking.link_set import Link, LinkSet, compact
from cica_graph.linking.matcher import THRESHOLD, Index, Thing

CERTAIN: Final = 0.95  # a link with less confidence, and a comment on it, is a choice


@dataclass(frozen=True, order=True)
class Doubt:
    """One thing to look at, and where.

    :ivar line: of the link's file, from 1.
    :ivar rule: ``label``, ``code``, ``type``, ``redirect``, ``deleted``, ``deprecated``, ``missing``, ``id``,
        ``shared``, ``several`` or ``choice``.
    :ivar wrong: False for a choice, which is not a fault.
    """

    file: str
    line: int
    rule: str
    subject: str
    object: str
    message: str
    hint: str
    wrong: bool = True


@dataclass(frozen=True)
class LinkReport:
    """The result of a check.

    :ivar doubts: in the order of the files.
    :ivar links: how many were looked at.
    :ivar seen: how many of them the dataset knows.
    """

    doubts: tuple[Doubt, ...]
    links: int
    seen: int


def check(
    sets: Sequence[LinkSet], ours: Sequence[Thing], candidates: Iterable[Candidate], target: Target, *,
    complete: bool = False,
) -> LinkReport:  # fmt: skip
    """Return the doubtful links of ``sets`` into a target.

    ``ours`` comes without the ids that the links give (``things(store, exclude=target.name)``): a link
    must not confirm itself. ``complete`` means that the dataset has everything, so that an id it lacks is wrong.
    """
    links = [(s.file, link) for s in sets for link in s.links if link.object_id.startswith(target.namespace)]
    wanted = {link.object_id for _, link in links}
    index, by_iri = Index(ours), {thing.iri: thing for thing in ours}
    linked = defaultdict[str, set[str]](set)
    for _, link in links:
        linked[link.subject_id].add(link.object_id)
    seen: dict[str, Candidate] = {}
    moved: dict[str, str] = {}
    rivals: dict[str, tuple[float, str, str, bool]] = {}
    for candidate in candidates:
        if candidate.redirect_to and (candidate.iri in wanted or candidate.iri in moved.values()):
            moved[candidate.iri] = candidate.redirect_to
        if candidate.iri in wanted:
            seen[candidate.iri] = _merged(seen.get(candidate.iri), candidate)
        elif not (candidate.redirect_to or candidate.removed):
            for iri, evidence in index.evidence(candidate).items():
                if iri in linked and evidence.score >= THRESHOLD:
                    told = (evidence.score, candidate.iri, candidate.label, "code" in evidence.grounds)
                    if told[0] > rivals.get(iri, (0.0,))[0]:
                        rivals[iri] = told
    doubts = [
        doubt
        for file, link in links
        for doubt in _doubts(file, link, by_iri.get(link.subject_id), index, seen, moved, rivals, target, complete)
    ]
    return LinkReport(
        tuple(sorted(doubts + _shared(links))), len(links), sum(link.object_id in seen for _, link in links)
    )


def _merged(old: Candidate | None, new: Candidate) -> Candidate:
    if old is None:
        return new
    return replace(
        new,
        kind=new.kind or old.kind,
        labels=old.labels + new.labels,
        aliases=old.aliases + new.aliases,
        codes=old.codes | new.codes,
        redirect_to=new.redirect_to or old.redirect_to,
        removed=new.removed or old.removed,
    )


def _doubts(
    file: str, link: Link, thing: Thing | None, index: Index, seen: dict[str, Candidate], moved: dict[str, str],
    rivals: dict[str, tuple[float, str, str, bool]], target: Target, complete: bool,
) -> Iterator[Doubt]:  # fmt: skip
    other, name = seen.get(link.object_id), compact(link.object_id)

    def doubt(rule: str, message: str, hint: str, *, wrong: bool = True) -> Doubt:
        return Doubt(file, link.line, rule, link.subject_id, link.object_id, message, hint, wrong)

    rival = rivals.get(link.subject_id)
    better = f"; {compact(rival[1])} {rival[2]!r} fits" if rival else ""
    if target.value(link.object_id) is None:
        yield doubt("id", f"{name} is not an id of {target.label}", "correct the id" + better)
        return
    if thing is None:
        yield doubt(
            "id", f"{compact(link.subject_id)} is not a state or organization of the graph", "correct the subject"
        )
        return
    if other is None:
        if complete:
            yield doubt("missing", f"the dataset has no {name}", "look for its replacement" + better)
    else:
        about = list(_about(other, thing, index, moved, name, better, doubt))
        yield from about
        rival = None if about else rival  # told in the hint already
    if link.comment and link.confidence is not None and link.confidence < CERTAIN:
        yield doubt(
            "choice",
            f"{name} was chosen for {thing.label}: {link.comment}",
            "check that it is still right",
            wrong=False,
        )
    elif rival and rival[3]:
        yield doubt(
            "choice", f"{compact(rival[1])} {rival[2]!r} has the codes of {thing.label} too, linked to {name}",
            "say in the comment of the link why the one was chosen", wrong=False,
        )  # fmt: skip


def _about(
    other: Candidate, thing: Thing, index: Index, moved: dict[str, str], name: str, better: str,
    doubt: Callable[[str, str, str], Doubt],
) -> Iterator[Doubt]:  # fmt: skip
    if other.removed:
        yield doubt(other.removed, f"{name} is {other.removed} in the dataset", "look for its replacement" + better)
    if other.redirect_to:
        way, at = [other.iri], other.redirect_to
        while at in moved and at not in way:
            way.append(at)
            at = moved[at]
        if at in way:
            yield doubt("redirect", f"{name} redirects in a circle", "look it up again" + better)
        else:
            yield doubt("redirect", f"{name} redirects to {compact(at)}", f"link to {compact(at)}")
    if other.kind is not None and other.kind != thing.kind:
        yield doubt(
            "type", f"{name} is of type {other.kind}, and {thing.label} is a {thing.kind}", "correct the id" + better
        )
    ours, agreeing = dict(thing.codes), False
    for scheme in sorted({s for s, _ in other.codes} & set(ours)):
        theirs = sorted(v for s, v in other.codes if s == scheme)
        if ours[scheme] in theirs:
            agreeing = agreeing or scheme != "geonames"
        else:
            yield doubt(
                "code", f"{name} has {scheme} {', '.join(theirs)}, and {thing.label} has {ours[scheme]}",
                "see which is right" + better,
            )  # fmt: skip
    if not (other.labels or other.aliases):
        return
    found = index.evidence(replace(other, codes=frozenset(), kind=None))
    if thing.iri in found and found[thing.iri].grounds & {"name", "similar", "acronym"}:
        return
    strong = [iri for iri, e in found.items() if iri in index.things and e.votes]
    if strong or not agreeing:
        best = max(strong, key=lambda iri: found[iri].score, default=None)
        told = f", which is a name of {index.things[best].label}" if best else ""
        yield doubt(
            "label", f"{name} is {other.label!r}{told}, and no name of {thing.label}", "correct the id" + better
        )


def _shared(links: Sequence[tuple[str, Link]]) -> list[Doubt]:
    subjects, objects = defaultdict[str, set[str]](set), defaultdict[str, set[str]](set)
    for _, link in links:
        subjects[link.object_id].add(link.subject_id)
        objects[link.subject_id].add(link.object_id)
    doubts = []
    for file, link in links:
        place = (file, link.line)
        pair = (link.subject_id, link.object_id)
        if len(also := subjects[link.object_id]) > 1:
            others = ", ".join(compact(iri) for iri in sorted(also - {link.subject_id}))
            message = f"{compact(link.object_id)} is linked to {others} as well"
            doubts.append(Doubt(*place, "shared", *pair, message, "two things are not one: keep the right link"))
        if len(also := objects[link.subject_id]) > 1:
            others = ", ".join(compact(iri) for iri in sorted(also - {link.object_id}))
            message = f"{compact(link.subject_id)} is linked to {others} as well"
            doubts.append(Doubt(*place, "several", *pair, message, "one thing has one id there: keep the right link"))
    return doubts
