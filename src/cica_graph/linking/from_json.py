"""Candidates from a Wikidata-shaped JSON dump, one entity at a time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from cica_graph.files.streams import ReadProblem
from cica_graph.linking.candidate import LONGEST, MOST, SCHEMES, Candidate, Name, code, kind_of, targets
from cica_graph.model.progress import OnProgress
from cica_graph.wikidata import dump
from cica_graph.wikidata.dump import Entity

_ITEM: Final = re.compile(r"Q[1-9][0-9]*")
_OTHERS: Final = re.compile(r"[PLM][1-9][0-9]*(-[FS][0-9]+)?")  # properties, lexemes, media: no things of ours


def read(path: Path, on_progress: OnProgress | None = None) -> Iterator[Candidate | ReadProblem]:
    """Yield each item as a candidate, and a problem for what cannot be read."""
    for found in dump.entities(path, on_progress):
        if isinstance(found, ReadProblem):
            yield found
        else:
            yield from candidate(*found)


def candidate(line: int, entity: Entity) -> Iterator[Candidate | ReadProblem]:
    """Yield one entity as a candidate, with what is wrong with it."""
    ident = entity.get("id") or entity.get("title")
    if not isinstance(ident, str) or not _ITEM.fullmatch(ident):
        if not (isinstance(ident, str) and _OTHERS.fullmatch(ident)):
            yield ReadProblem(line, f"the id {str(ident)[:40]!r} is not the id of an item")
        return
    problems: list[str] = []
    labels = list(names(entity.get("labels"), problems))
    aliases = list(names(entity.get("aliases"), problems))
    if len(labels) + len(aliases) > MOST:
        problems.append(f"{ident} has more than {MOST} names; the first were taken")
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
    # The dump of a redirect has the id of where it leads, and says in "redirects" where it began.
    came = redirects.get("from") if isinstance(redirects, dict) else None
    if isinstance(to, str) and _ITEM.fullmatch(to) and isinstance(came, str) and _ITEM.fullmatch(came) and came != to:
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
        redirect_to=space + to if isinstance(to, str) and _ITEM.fullmatch(to) and to != ident else "",
        gone="deleted" if "missing" in entity else "",
        place=line,
    )


def names(block: Any, problems: list[str]) -> Iterator[Name]:
    """Yield the texts of ``labels``, ``aliases`` or ``descriptions`` with their languages."""
    if not isinstance(block, dict):  # an empty map is written as an empty array
        return
    for language, value in block.items():
        for one in value if isinstance(value, list) else [value]:
            text = one.get("value") if isinstance(one, dict) else None
            if not isinstance(text, str):
                problems.append(f"a name in {str(language)[:20]!r} is not text")
            elif len(text) > LONGEST:
                problems.append(f"a name in {str(language)[:20]!r} has {len(text):,} characters; it was left out")
            elif text.strip():
                yield text, str(language)


def snaks(entity: Entity, prop: str) -> list[dict[str, Any]]:
    """Return what a property's statements say that hold: those of preferred rank if there are any, else of normal.

    Each has ``datavalue`` with ``value``; a value that is unknown or known to be none is left out.
    """
    claims = entity.get("claims")
    statements = claims.get(prop) if isinstance(claims, dict) else None
    if not isinstance(statements, list):
        return []
    ranked: dict[str, list[dict[str, Any]]] = {}
    for statement in statements:
        if not isinstance(statement, dict):
            continue
        snak = statement.get("mainsnak")
        if not isinstance(snak, dict) or snak.get("snaktype") != "value":
            continue
        if isinstance(given := snak.get("datavalue"), dict) and "value" in given:
            ranked.setdefault(str(statement.get("rank", "normal")), []).append(snak)
    return ranked.get("preferred") or ranked.get("normal") or []


def values(entity: Entity, prop: str) -> list[Any]:
    """Return the values of a property that hold, as ``snaks`` does."""
    return [snak["datavalue"]["value"] for snak in snaks(entity, prop)]


def item(value: Any) -> str | None:
    """Return the id of the item that a value names."""
    if not isinstance(value, dict):
        return None
    if isinstance(value.get("id"), str):
        return str(value["id"]) if _ITEM.fullmatch(value["id"]) else None
    number = value.get("numeric-id")
    return f"Q{number}" if isinstance(number, int) and number > 0 else None
