"""Proposed links as SSSOM, and the decisions of people: accepted and rejected links."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from cica_graph.linking import link_set
from cica_graph.linking.candidate import Target
from cica_graph.linking.link_set import MANUAL, USUAL, Link, LinkSet
from cica_graph.linking.matcher import Proposal
from cica_graph.model.errors import UsageError
from cica_graph.model.terms import SCHEMA

# The evidence of a match, in the terms of SSSOM (https://mapping-commons.github.io/sssom/mapping_justification/). A
# code is background knowledge: both sides take it from a third party's list, such as ISO 3166-1.
_JUSTIFIED: Final = {
    "code": "semapv:BackgroundKnowledgeBasedMatching",
    "name": "semapv:LexicalMatching",
    "similar": "semapv:LexicalSimilarityThresholdMatching",
    "website": "semapv:BackgroundKnowledgeBasedMatching",
    "several": "semapv:CompositeMatching",
}
CLEAR: Final = "1:1"


@dataclass(frozen=True)
class Change:
    """Files with their new content; nothing is written yet.

    :ivar links: the mappings that were accepted or rejected.
    """

    files: tuple[tuple[Path, bytes], ...]
    links: tuple[Link, ...]


def proposed(proposals: Iterable[Proposal], target: Target, day: str, version: str) -> bytes:
    """Return proposals as an SSSOM file; an ambiguous one has a cardinality other than ``1:1``."""
    rows = list(proposals)
    things, candidates = [p.thing.iri for p in rows], [p.candidate for p in rows]
    links = []
    for p in rows:
        many = ("n" if candidates.count(p.candidate) > 1 else "1", "n" if things.count(p.thing.iri) > 1 else "1")
        comment = "; ".join(p.reasons)
        if p.status == "ambiguous":
            comment = f"decide between this and {', '.join(link_set.compact(r) for r in p.rivals)}; {comment}"
            many = many if many != ("1", "1") else ("1", "n")
        links.append(
            Link(
                subject_id=p.thing.iri,
                predicate_id=SCHEMA + "sameAs",
                object_id=p.candidate,
                subject_label=_cell(p.thing.label),
                object_label=_cell(p.label),
                mapping_justification=_JUSTIFIED[p.ground],
                mapping_cardinality=":".join(many),
                confidence=p.score,
                mapping_date=day,
                mapping_tool="cica-graph",
                mapping_tool_version=version,
                comment=_cell(comment),
            )
        )
    head = link_set.fresh(f"proposals/{target.file}", f"Proposed links from cica-graph to {target.label}", day)
    return link_set.render(replace(head, links=tuple(links)), {target.prefix: target.namespace})


def chosen(
    proposals: LinkSet, subject: str | None, object_: str | None, above: float | None
) -> tuple[list[Link], list[Link]]:
    """Return the selected proposals, and those that were skipped as ambiguous.

    :raises UsageError: no proposal is selected, or the options are incomplete.
    """
    if above is not None:
        if subject or object_:
            raise UsageError("--all-above cannot be combined with --subject or --object")
        enough = [link for link in proposals.links if (link.confidence or 0.0) >= above]
        clear = [link for link in enough if link.mapping_cardinality in ("", CLEAR)]
        return clear, [link for link in enough if link not in clear]
    if not subject or not object_:
        raise UsageError("give --subject and --object, or --all-above")
    pair = _iri(subject, proposals), _iri(object_, proposals)
    found = [link for link in proposals.links if link.pair == pair]
    if not found:
        raise UsageError(f"{proposals.file} proposes no link of {subject} to {object_}")
    return found, []


def accept(project: Path, proposals: LinkSet, wanted: Sequence[Link], *, author: str, why: str, day: str) -> Change:
    """Return the files with proposals made links of the project.

    :raises UsageError: a thing would have two ids, or an id two things.
    """
    path, links = _of_project(project, proposals, "sssom.tsv", "Links from cica-graph to", day)
    subjects = {link.subject_id: link for link in links.links}
    objects = {link.object_id: link for link in links.links}
    denied = {link.pair: link for link in links.negative}
    for link in wanted:
        if (old := denied.get(link.pair)) is not None:
            raise UsageError(
                f"{path}:{old.line}: this row states that {link_set.compact(link.subject_id)} is not "
                f"{link_set.compact(link.object_id)}; remove it before you accept the link"
            )
        for old in (subjects.get(link.subject_id), objects.get(link.object_id)):
            if old is not None and old.pair != link.pair:
                raise UsageError(
                    f"{path}:{old.line}: {link_set.compact(old.subject_id)} is linked to "
                    f"{link_set.compact(old.object_id)}; "
                    f"remove that link before {link_set.compact(link.subject_id)} to {link_set.compact(link.object_id)}"
                )
        subjects[link.subject_id] = objects[link.object_id] = link
    return _moved(path, links, proposals, wanted, author, why, day)


def reject(project: Path, proposals: LinkSet, wanted: Sequence[Link], *, author: str, why: str, day: str) -> Change:
    """Return the files with proposals rejected; they are not proposed again."""
    path, links = _of_project(project, proposals, "rejected.tsv", "Links that were rejected, from cica-graph to", day)
    return _moved(path, links, proposals, wanted, author, why, day)


def rejected(project: Path, sets: Iterable[LinkSet], target: Target) -> list[tuple[str, str]]:
    """Return the pairs that are not to be proposed: rejected proposals, and rows of ``sets`` with the modifier Not."""
    path = project / "data" / "links" / f"{target.file}.rejected.tsv"
    put_aside = link_set.read(path) if path.is_file() else LinkSet()
    return [link.pair for link in put_aside.links] + [link.pair for s in (put_aside, *sets) for link in s.negative]


def _of_project(project: Path, proposals: LinkSet, suffix: str, title: str, day: str) -> tuple[Path, LinkSet]:
    name = proposals.set_id.rpartition("/")[2]
    if not re.fullmatch(r"[a-z][a-z0-9-]*", name) or "/proposals/" not in proposals.set_id:
        raise UsageError(
            f"{proposals.file} has no mapping_set_id as `link suggest` writes it; run `link suggest` again"
        )
    if not (project / "data").is_dir():
        raise UsageError(f"{project} has no data/ directory; give the directory of a project with --project")
    path = project / "data" / "links" / f"{name}.{suffix}"
    if not path.is_file():
        return path, link_set.fresh(name, f"{title} {name}", day)
    links = link_set.read(path)
    if links.findings:
        first = links.findings[0]
        raise UsageError(f"{path}:{first.line}: {first.message}; fix it first, or the row is lost")
    return path, links


def _moved(
    path: Path, links: LinkSet, proposals: LinkSet, wanted: Sequence[Link], author: str, why: str, day: str
) -> Change:
    if proposals.findings:
        first = proposals.findings[0]
        raise UsageError(f"{proposals.file}:{first.line}: {first.message}; fix it first, or the row is lost")
    decided = tuple(
        replace(
            link, mapping_justification=MANUAL, mapping_cardinality="", author_label=_cell(author), mapping_date=day,
            comment="; ".join(part for part in (_cell(why), f"proposed for: {link.comment}") if part),
        )
        for link in wanted
    )  # fmt: skip
    kept = {link.pair: link for link in links.links} | {link.pair: link for link in decided}
    removed = {link.pair for link in decided}
    rest = replace(proposals, links=tuple(link for link in proposals.links if link.pair not in removed))
    return Change(
        (
            (path, link_set.render(replace(links, links=tuple(kept.values())), proposals.curies)),
            (Path(proposals.file), link_set.render(rest)),
        ),
        decided,
    )


def _iri(text: str, proposals: LinkSet) -> str:
    prefix, _, rest = text.partition(":")
    known = {**USUAL, **proposals.curies}
    return text if rest.startswith("//") or prefix not in known else known[prefix] + rest


def _cell(text: str) -> str:
    """Return a text on one line, because other tools may not read quoted cells."""
    return " ".join(re.sub(r"[\x00-\x1f\x7f]", " ", text).split())
