"""P463 statements of Wikidata entities in JSON (https://doc.wikimedia.org/Wikibase/master/php/docs_topics_json.html)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cica_graph.files.streams import ReadProblem
from cica_graph.model.progress import OnProgress
from cica_graph.wikidata import dump
from cica_graph.wikidata.dump import Entity
from cica_graph.wikidata.statement import Kind, Statement, WikiTime

_QID = re.compile(r"Q[1-9][0-9]*", re.ASCII)
_RANKS = ("preferred", "normal", "deprecated")
_MEMBER_OF, _START, _END, _URL, _STATED_IN = "P463", "P580", "P582", "P854", "P248"


def statements(path: Path, on_progress: OnProgress | None = None) -> Iterator[Statement | ReadProblem]:
    """Yield the statements of a dump, and a problem for each line or statement that cannot be read.

    :raises UsageError: the file does not exist.
    """
    for found in dump.entities(path, on_progress):
        if isinstance(found, ReadProblem):
            yield found
        else:
            yield from _of(*found)


def _of(line: int, entity: Entity) -> Iterator[Statement | ReadProblem]:
    if "redirect" in entity:
        name = entity.get("entity", entity.get("id"))
        yield ReadProblem(line, f"{name} redirects to {entity['redirect']}, which has its statements")
        return
    qid = entity.get("id")
    if "missing" in entity:
        yield ReadProblem(line, f"{qid} is missing: it was deleted or never existed")
        return
    if not isinstance(qid, str):
        yield ReadProblem(line, "the object is not an entity: it has no id")
        return
    if not _QID.fullmatch(qid):
        if entity.get("type", "item") == "item":
            yield ReadProblem(line, f"{qid!r} is not the id of an item, which is Q and a number")
        return  # properties, lexemes and media take part in nothing
    claims = _map(entity.get("claims", entity.get("statements")))
    if not isinstance(claims, dict):
        yield ReadProblem(line, f"the claims of {qid} are not an object")
        return
    given = claims.get(_MEMBER_OF, [])
    if not isinstance(given, list):
        yield ReadProblem(line, f"{_MEMBER_OF} of {qid} is not a list")
        return
    label = _label(entity)
    for number, claim in enumerate(given, 1):
        try:
            yield _statement(qid, label, line, claim)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            name = claim.get("id") if isinstance(claim, dict) else None
            what = f"has no {error}" if isinstance(error, KeyError) else f"cannot be read: {error}"
            yield ReadProblem(line, f"{_MEMBER_OF} statement {name or f'number {number} of {qid}'} {what}")


def _statement(qid: str, label: str, line: int, claim: Any) -> Statement:
    main = claim["mainsnak"]
    kind = _kind(main)
    about = None
    if kind == "value":
        about = _text(main)
        if not _QID.fullmatch(about):
            raise ValueError(f"its value is {about!r}, not the id of an item")
    rank = claim.get("rank", "normal")
    if rank not in _RANKS:
        raise ValueError(f"{rank!r} is not a rank")
    qualifiers = _map(claim.get("qualifiers"))
    references = claim.get("references") or []
    cited = {
        _text(snak)
        for reference in references
        for name in (_URL, _STATED_IN)
        for snak in _map(_map(reference).get("snaks")).get(name, [])
        if _kind(snak) == "value"
    }
    return Statement(
        id=str(claim["id"]),
        subject=qid,
        object=about,
        kind=kind,
        rank=rank,
        start=tuple(_time(snak) for snak in qualifiers.get(_START, [])),
        end=tuple(_time(snak) for snak in qualifiers.get(_END, [])),
        qualifiers={
            name: tuple(_text(snak) for snak in snaks)
            for name, snaks in sorted(qualifiers.items())
            if name not in (_START, _END)
        },
        references=len(references),
        cited=tuple(sorted(cited)),
        line=line,
        label=label,
    )


def _map(value: Any) -> Any:
    """Return a map; PHP writes an empty one as an empty list."""
    return {} if value is None or value == [] else value


def _label(entity: Entity) -> str:
    labels = _map(entity.get("labels"))
    given = labels.get("en") if isinstance(labels, dict) else None
    text = given.get("value") if isinstance(given, dict) else given
    return text if isinstance(text, str) else ""


def _kind(snak: Any) -> Kind:
    kind: Kind = snak["snaktype"]
    if kind not in ("value", "somevalue", "novalue"):
        raise ValueError(f"{kind!r} is not a kind of snak")
    return kind


def _time(snak: Any) -> WikiTime:
    kind = _kind(snak)
    if kind != "value":
        return WikiTime(kind)
    value = snak["datavalue"]["value"]
    if not isinstance(value, dict) or not isinstance(value["time"], str):
        raise ValueError("the value of a date is not a time")
    precision = value.get("precision")
    if precision is not None and (not isinstance(precision, int) or isinstance(precision, bool)):
        raise ValueError(f"{precision!r} is not a precision")
    calendar = str(value.get("calendarmodel", "")).rpartition("/")[2]
    return (
        WikiTime("value", value["time"], precision, calendar)
        if calendar
        else WikiTime("value", value["time"], precision)
    )


def _text(snak: Any) -> str:
    """Return any value as text, the same as RDF would give it as far as it can be the same."""
    kind = _kind(snak)
    if kind != "value":
        return kind
    given = snak["datavalue"]
    value = given["value"]
    if not isinstance(value, dict):
        return str(value)
    if "time" in value:
        return str(_time(snak))
    if "id" in value or "numeric-id" in value:
        return str(value["id"] if "id" in value else f"Q{int(value['numeric-id'])}")
    if "amount" in value:
        return str(value["amount"])
    if "text" in value:
        return f"{value['text']}@{value['language']}"
    if "latitude" in value:
        return f"Point({value['longitude']} {value['latitude']})"
    return str(value)
