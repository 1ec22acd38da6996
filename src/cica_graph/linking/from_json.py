"""Reader of candidates from a JSON dump in the form of Wikidata's, one entity at a time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from cica_graph.files.streams import ReadProblem
from cica_graph.linking.candidate import LONGEST, MOST, SCHEMES, Candidate, code, kind_of, targets
from cica_graph.linking.dataset import Dataset
from cica_graph.model.progress import OnProgress
from cica_graph.wikidata import dump
from cica_graph.wikidata.dump import Entity
from cica_graph.wikidata.entity import ITEM, item, names, values

_OTHERS: Final = re.compile(r"[PLM][1-9][0-9]*(-[FS][0-9]+)?")  # ids of properties, lexemes and media


def read(dataset: Dataset, on_progress: OnProgress | None = None) -> Iterator[Candidate | ReadProblem]:
    """Yield each item as a candidate, and a problem for each part that cannot be read."""
    for found in dump.entities(dataset.path(), on_progress):
        if isinstance(found, ReadProblem):
            yield found
        else:
            yield from candidate(*found)


def candidate(line: int, entity: Entity) -> Iterator[Candidate | ReadProblem]:
    """Yield one entity as a candidate, and its problems."""
    ident = entity.get("id") or entity.get("title")
    if not isinstance(ident, str) or not ITEM.fullmatch(ident):
        if not (isinstance(ident, str) and _OTHERS.fullmatch(ident)):
            yield ReadProblem(line, f"the id {str(ident)[:40]!r} is not the id of an item")
        return
    problems: list[str] = []
    labels = list(names(entity.get("labels"), problems, LONGEST))
    aliases = list(names(entity.get("aliases"), problems, LONGEST))
    if len(labels) + len(aliases) > MOST:
        problems.append(f"{ident} has more than {MOST} names; only the first are read")
    codes = {
        found
        for prop, scheme in SCHEMES.items()
        for value in values(entity, prop)
        if isinstance(value, str) and (found := code(scheme, value))
    }
    codes.add(("wikidata", ident))
    redirects = entity.get("redirects")
    to = redirects.get("to") if isinstance(redirects, dict) else None
    space = targets()["wikidata"].namespace
    # The dump of a redirect has the id of its target; "redirects" has the id that is redirected.
    came = redirects.get("from") if isinstance(redirects, dict) else None
    if isinstance(to, str) and ITEM.fullmatch(to) and isinstance(came, str) and ITEM.fullmatch(came) and came != to:
        yield Candidate(space + came, redirect_to=space + to, place=line)
    for problem in problems:
        yield ReadProblem(line, problem)
    yield Candidate(
        iri=space + ident,
        kind=kind_of(i for v in values(entity, "P31") if (i := item(v))),
        labels=tuple(labels[:MOST]),
        aliases=tuple(aliases[: max(0, MOST - len(labels))]),
        codes=frozenset(codes),
        websites=tuple(v for v in values(entity, "P856") if isinstance(v, str) and len(v) <= LONGEST),
        redirect_to=space + to if isinstance(to, str) and ITEM.fullmatch(to) and to != ident else "",
        removed="deleted" if "missing" in entity else "",
        place=line,
    )
