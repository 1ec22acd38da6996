"""What both versions of the reconciliation API have in common: the catalog, the limits, JSON, previews.

https://www.w3.org/community/reports/reconciliation/CG-FINAL-specs-0.2-20230410/
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Final, NamedTuple, TypeVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from cica_graph.model.errors import InvalidDate
from cica_graph.model.terms import CG, ID
from cica_graph.reconcile.catalog import Catalog, Entity
from cica_graph.reconcile.days import Period, period
from cica_graph.reconcile.properties import CODES, Asked, Property, Value
from cica_graph.reconcile.query import FEATURES, Match, ReconcileQuery
from cica_graph.reconcile.search import Search
from cica_graph.reconcile.suggest import Suggest, Type
from cica_graph.serve.config import Limits
from cica_graph.serve.http import request_fields, templates
from cica_graph.serve.http.json_input import Told
from cica_graph.serve.http.problem import Problem
from cica_graph.serve.http.request_fields import Fields
from cica_graph.serve.state import AppState
from cica_graph.store.store import Store

Item = TypeVar("Item")
Found = TypeVar("Found")
ProcessCounters = tuple[str, list[tuple[str, list[Value]]]]  # an id, and for each property its values

NAME: Final = "cica-graph: states and international organizations"
BATCH: Final = 50  # queries of a batch
PROPERTIES: Final = 20  # conditions of a query, columns of an extension
VALUES: Final = 20  # of a condition
TYPES: Final = 20  # of a query
IDS: Final = 200  # of an extension
SUGGESTED: Final = 10  # at a time
WAITING: Final = 64  # requests that are worked on
WIDTH, HEIGHT = 430, 280  # of a preview

# A preview is there to be framed, and has nothing in it that could act.
FRAMED: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors *"
}
_AGAIN: Final = {"Cache-Control": "no-cache"}
_CALLBACK: Final = re.compile(r"[A-Za-z_$][\w$]*(\.[A-Za-z_$][\w$]*)*", re.ASCII)
_LONGEST_CALLBACK: Final = 100
# What would end a script in a page, or a line in old JavaScript, is written as an escape, which is JSON too.
_ESCAPED: Final = str.maketrans({c: f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"})


class Service:
    """What answers, made from the graph when the first question comes."""

    def __init__(self, store: Store) -> None:
        self.catalog = Catalog(store)
        self.search = Search(self.catalog)
        self.properties = self.search.properties
        self.suggest = Suggest(self.catalog, self.properties)
        self._turn, self._waiting = asyncio.Lock(), 0

    async def candidates(self, queries: Sequence[ReconcileQuery]) -> list[list[Match]]:
        """Answer queries, one at a time: see :meth:`each`."""
        return await self.each(self.search.candidates, queries)

    async def each(self, work: Callable[[Item], Found], items: Sequence[Item]) -> list[Found]:
        """Do some work for each item. Of all requests one has its turn at a time, and between two all else has.

        :raises Problem: too many wait for their turn.
        """
        if self._waiting >= WAITING:
            raise Problem(503, "Too many ask at once; try again in a moment.", {"Retry-After": "2"})
        self._waiting += 1
        found = []
        try:
            for item in items:
                async with self._turn:
                    found.append(work(item))
                    await asyncio.sleep(0)
        finally:
            self._waiting -= 1
        return found

    def preview(self, entity: Entity) -> dict[str, object]:
        """Return what a preview shows."""
        asked = Asked()
        known = self.properties.extending
        codes = [(known[ident].name, self.properties.values(entity, ident, asked)) for ident in CODES]
        return {
            "entity": entity,
            "labels": sorted((tag, text) for tag, text in entity.labels.items() if text != entity.label),
            "codes": [(name, ", ".join(v.text for v in values)) for name, values in codes if values],
            "concepts": [text for texts in entity.concepts.values() for text in texts],
            "organizations": [self.catalog.by_id[v.id].code for v in self.properties.values(entity, "memberOf", asked)],
            "members": len({s.other for s in entity.members if s.counts}),
        }


class LazyService:
    """The service of one process, made once, beside the loop that answers everybody else."""

    def __init__(self, state: AppState) -> None:
        self._state = state
        self._making: asyncio.Task[Service] | None = None

    async def __call__(self) -> Service:
        """Return the service."""
        if self._making is None:
            self._making = asyncio.create_task(asyncio.to_thread(self._make))
        return await asyncio.shield(self._making)

    def _make(self) -> Service:
        return Service(self._state.release.graph.store)


class PropertySetting(NamedTuple):
    """What somebody may set for a column to add, and the form field in which it is set."""

    id: str
    name: str
    help: str
    type: str
    default: object
    more: Mapping[str, object] = MappingProxyType({})


def settings(service: Service) -> list[PropertySetting]:
    """Return what may be set."""
    choices = [{"value": tag, "name": tag} for tag in service.catalog.languages]
    return [
        PropertySetting("on", "Day", "For memberships: YYYY-MM-DD, YYYY-MM or YYYY (default: any time)", "text", ""),
        PropertySetting("language", "Language", "Language of labels", "select", "en", {"choices": choices}),
        PropertySetting("limit", "Limit", "Maximum number of values; 0 for all", "number", 0),
    ]


@dataclass(frozen=True)
class ExtensionColumn:
    """A property to extend data by.

    :ivar limit: how many values, 0 for all.
    """

    id: str
    asked: Asked
    limit: int


@dataclass(frozen=True)
class DataExtension:
    """What is wanted of which things."""

    ids: Sequence[str]
    columns: Sequence[ExtensionColumn]

    async def rows(self, service: Service) -> list[ProcessCounters]:
        """Return for each id and each property the values; none where either is not known."""
        return await service.each(lambda ident: self._row(service, ident), list(dict.fromkeys(self.ids)))

    def _row(self, service: Service, ident: str) -> ProcessCounters:
        entity = service.catalog.entity(ident)
        cells = []
        for column in self.columns:
            values = service.properties.values(entity, column.id, column.asked) if entity else []
            cells.append((column.id, values[: column.limit] if column.limit else values))
        return ident, cells


def meta(service: Service, ident: str) -> dict[str, object]:
    """Return what a column is: its id, its name and, of entities, their type."""
    known = service.properties.extending.get(ident)
    found: dict[str, object] = {"id": ident, "name": known.name if known else ident}
    if ident in ("memberOf", "possiblyMemberOf", "takesPartIn"):
        found["type"] = {"id": "Organization", "name": "Organization"}
    return found


def candidate(match: Match, *, named: bool) -> dict[str, object]:
    """Return a candidate; in the draft, features have a name."""
    features = [
        {"id": ident, **({"name": FEATURES[ident]} if named else {}), "value": worth}
        for ident, worth in match.features.items()
    ]
    return {
        "id": match.entity.id,
        "name": match.entity.label,
        "description": match.description,
        "type": [type_of(match.entity)],
        "score": match.score,
        "features": features,
        "match": match.sure,
    }


def type_of(entity: Entity) -> dict[str, str]:
    """Return the type of an entity, whose name is its id."""
    return {"id": entity.type, "name": entity.type}


def suggested(service: Service, kind: str, fields: Fields) -> list[dict[str, object]]:
    """Return everything of a kind that begins with what was typed; a text longer than a name can be begins nothing."""
    text = request_fields.one(fields, "prefix").strip()
    if kind == "entity":
        types = [ident for ident in fields.get("type", []) if ident][:TYPES]
        return [_suggested(*each) for each in service.suggest.entities(text, types)]
    found: Sequence[Property | Type]
    found = service.suggest.properties(text) if kind == "property" else service.suggest.types(text)
    return [{"id": each.id, "name": each.name, "description": each.description} for each in found]


def _suggested(entity: Entity, text: str) -> dict[str, object]:
    more = f", {text}" if text not in (entity.label, entity.code, entity.id) else ""
    return {
        "id": entity.id,
        "name": entity.label,
        "description": f"{entity.thing.kind} {entity.code}{more}",
        "notable": [type_of(entity)],
    }


def proposed(service: Service, fields: Fields) -> dict[str, object]:
    """Return the properties that things of a type may be extended by."""
    ident, limit = request_fields.one(fields, "type"), number(fields, "limit", 0, 1000)
    found = service.properties.of_type(ident)
    items = [{"id": p.id, "name": p.name, "description": p.description} for p in found[: limit or None]]
    return {"properties": items, "type": ident, **({"limit": limit} if limit else {})}


def extension(told: Told) -> DataExtension:
    """Read a data extension query, which is the same in both versions.

    :raises Problem: it is none.
    """
    members = told.object()
    if not {"ids", "properties"} <= set(members):
        raise Problem(400, f"{told.where} needs the members ids and properties.")
    ids = [each.text() for each in members["ids"].list(IDS)]
    return DataExtension(ids, [_column(each) for each in members["properties"].list(PROPERTIES)])


def _column(told: Told) -> ExtensionColumn:
    members = told.object()
    if "id" not in members:
        raise Problem(400, f"{told.where} has no id.")
    chosen = members["settings"].object() if "settings" in members else {}
    over: Period | None = None
    day = str(chosen["on"].value or "") if "on" in chosen else ""
    if day.strip():
        try:
            over = period(day)
        except InvalidDate as error:
            raise Problem(400, f"{chosen['on'].where}: {error}.") from error
    language = chosen["language"].text() if "language" in chosen else "en"
    return ExtensionColumn(members["id"].text(), Asked(over, language), _limit(chosen.get("limit")))


def _limit(told: Told | None) -> int:
    """Return how many values; OpenRefine sends what was typed, as a text or a number."""
    if told is None or told.value in (None, "", 0, "0"):
        return 0
    if isinstance(told.value, str) and told.value.isascii() and told.value.isdigit() and len(told.value) < 10:
        return int(told.value)
    return told.count()


def values(told: Told) -> tuple[str, ...]:
    """Read the values of a condition, one or a list: of an entity, its id."""
    return tuple(_value(each) for each in told.several(VALUES))


def _value(told: Told) -> str:
    value = told.value
    if isinstance(value, dict):
        members = told.object()
        if "id" not in members:
            raise Problem(400, f"{told.where} has no id.")
        return members["id"].text()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
    return told.text()


def number(fields: Fields, name: str, default: int, most: int) -> int:
    """Return a whole number among the parameters, at most so much.

    :raises Problem: it is none.
    """
    text = request_fields.one(fields, name).strip()
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise Problem(400, f"{name} is {text[:40]!r}, and a whole number is wanted.")
    return min(int(text), most)


def answer(content: object, fields: Fields | None = None) -> Response:
    """Return JSON; as a script that calls a function (JSONP) if the request names one and the version has that.

    :raises Problem: the name is no plain name of a function.
    """
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    callback = request_fields.one(fields, "callback") if fields else ""
    if not callback:
        return Response(text.encode(), 200, _AGAIN, "application/json")
    if len(callback) > _LONGEST_CALLBACK or not _CALLBACK.fullmatch(callback):
        raise Problem(400, "callback is not the name of a function: letters, digits, _, $ and dots between them.")
    # The comment before keeps the answer from being read as anything but a script.
    return Response(f"/**/{callback}({text.translate(_ESCAPED)});".encode(), 200, _AGAIN, "text/javascript")


def html(template: str, shown: Mapping[str, object], status: int = 200) -> Response:
    """Return a page that may be framed."""
    return Response(templates.render(template, **shown), status, {**_AGAIN, **FRAMED}, "text/html")


Endpoint = Callable[[Request], Awaitable[Response]]


def route(path: str, methods: Mapping[str, Endpoint]) -> BaseRoute:
    """Return a route that takes these methods, and OPTIONS, which browsers ask with first (CORS)."""
    allow = {"Allow": ", ".join([*methods, *(["HEAD"] if "GET" in methods else []), "OPTIONS"])}

    async def endpoint(request: Request) -> Response:
        if request.method == "OPTIONS":
            return Response(None, 204, allow)
        return await methods["GET" if request.method == "HEAD" else request.method](request)

    return Route(path, endpoint, methods=[*methods, "OPTIONS"])


class ReconcileEndpoint:
    """An API at one address."""

    path: str

    def __init__(self, state: AppState, service: LazyService) -> None:
        self.service = service
        self.limits: Limits = state.settings.limits
        self._address = state.settings.address
        self._pages = state.archive is not None

    @property
    def _root(self) -> str:
        """The way from a page of the API back to the root of the server; relative, so that it is right anywhere."""
        return "../" * self.path.count("/")

    @cached_property
    def url(self) -> str:
        """Under which address people reach it, whatever a request says of that."""
        return self._address + self.path.lstrip("/")

    def view(self, ident: str) -> dict[str, str]:
        """Return where people look at a thing, whose id is put in place of ``ident``: its page, if there are pages."""
        return {"url": f"{self._address}id/{ident}" if self._pages else f"{self.url}/preview?id={ident}"}

    async def page(self, fields: Fields) -> Response:
        """Return the preview of an entity."""
        service = await self.service()
        entity = service.catalog.entity(request_fields.one(fields, "id"))
        if entity is None:
            return html("reconcile-none.html", {"root": self._root}, 404)
        return html("reconcile-preview.html", {"root": self._root, **service.preview(entity)})


IDENTIFIERS: Final = ID
SCHEMA: Final = CG
