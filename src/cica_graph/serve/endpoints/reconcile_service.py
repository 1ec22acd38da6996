"""Reconciliation service: the parts that both versions of the API share.

https://www.w3.org/community/reports/reconciliation/CG-FINAL-specs-0.2-20230410/
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import cached_property
from types import MappingProxyType
from typing import Final, NamedTuple, TypeVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from cica_graph.model.terms import CG, ID
from cica_graph.reconcile.catalog import Catalog, Entity
from cica_graph.reconcile.properties import CODES, PropertyRequest, PropertyValue, ReconcileProperty
from cica_graph.reconcile.query import FEATURES, Match, ReconcileQuery
from cica_graph.reconcile.search import Search
from cica_graph.reconcile.suggest import EntityType, Suggest
from cica_graph.serve.config import Limits
from cica_graph.serve.endpoints.reconcile_input import TYPES, DataExtension
from cica_graph.serve.http import request_fields, templates
from cica_graph.serve.http.problem import Problem
from cica_graph.serve.http.request_fields import Fields
from cica_graph.serve.state import AppState
from cica_graph.store.store import Store

Item = TypeVar("Item")
Result = TypeVar("Result")
ExtensionRow = tuple[str, list[tuple[str, list[PropertyValue]]]]  # an id, and for each property its values

NAME: Final = "cica-graph: states and international organizations"
IDENTIFIERS: Final = ID
SCHEMA: Final = CG
SUGGESTED: Final = 10  # suggestions at a time
WAITING: Final = 64  # requests that wait or are being answered
WIDTH, HEIGHT = 430, 280  # of a preview

# A preview is made to be framed, and contains nothing active.
FRAMED: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors *"
}
_REVALIDATE: Final = {"Cache-Control": "no-cache"}
_CALLBACK: Final = re.compile(r"[A-Za-z_$][\w$]*(\.[A-Za-z_$][\w$]*)*", re.ASCII)
_MAX_CALLBACK: Final = 100
# Characters that would end a script in a page, or a line in old JavaScript, are escaped; the result is still JSON.
_ESCAPED: Final = str.maketrans({c: f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"})


class Service:
    """The service of one process, made from the graph when the first request comes."""

    def __init__(self, store: Store) -> None:
        self.catalog = Catalog(store)
        self.search = Search(self.catalog)
        self.properties = self.search.properties
        self.suggest = Suggest(self.catalog, self.properties)
        self._turn, self._waiting = asyncio.Lock(), 0

    async def candidates(self, queries: Sequence[ReconcileQuery]) -> list[list[Match]]:
        """Return the candidates of each query; see :meth:`each`."""
        return await self.each(self.search.candidates, queries)

    async def each(self, work: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
        """Return the result for each item. Requests take turns after each item, and the event loop runs in between.

        :raises Problem: too many requests wait.
        """
        if self._waiting >= WAITING:
            raise Problem(503, "Too many requests at the same time. Try again later.", {"Retry-After": "2"})
        self._waiting += 1
        results = []
        try:
            for item in items:
                async with self._turn:
                    results.append(work(item))
                    await asyncio.sleep(0)
        finally:
            self._waiting -= 1
        return results

    async def rows(self, extension: DataExtension) -> list[ExtensionRow]:
        """Return the values of each id and each property; unknown ids and properties have no values."""

        def row(ident: str) -> ExtensionRow:
            entity = self.catalog.entity(ident)
            cells = []
            for column in extension.columns:
                values = self.properties.values(entity, column.id, column.asked) if entity else []
                cells.append((column.id, values[: column.limit] if column.limit else values))
            return ident, cells

        return await self.each(row, list(dict.fromkeys(extension.ids)))

    def preview(self, entity: Entity) -> dict[str, object]:
        """Return the values for the template of a preview."""
        asked = PropertyRequest()
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
    """The service of one process, made once in a thread, so that the event loop can answer other requests."""

    def __init__(self, state: AppState) -> None:
        self._state = state
        self._task: asyncio.Task[Service] | None = None

    async def __call__(self) -> Service:
        """Return the service."""
        if self._task is None:
            self._task = asyncio.create_task(asyncio.to_thread(lambda: Service(self._state.release.graph.store)))
        return await asyncio.shield(self._task)


class PropertySetting(NamedTuple):
    """A setting of a column to add, and the form field for it."""

    id: str
    name: str
    help: str
    type: str
    default: object
    more: Mapping[str, object] = MappingProxyType({})


def settings(service: Service) -> list[PropertySetting]:
    """Return the settings of a column."""
    choices = [{"value": tag, "name": tag} for tag in service.catalog.languages]
    return [
        PropertySetting("on", "Day", "Day of memberships: YYYY-MM-DD, YYYY-MM or YYYY (default: any time)", "text", ""),
        PropertySetting("language", "Language", "Language of labels", "select", "en", {"choices": choices}),
        PropertySetting("limit", "Limit", "Maximum number of values; 0 for all", "number", 0),
    ]


def meta(service: Service, ident: str) -> dict[str, object]:
    """Return the description of a column: its id, its name and, if it has entities, their type."""
    known = service.properties.extending.get(ident)
    column: dict[str, object] = {"id": ident, "name": known.name if known else ident}
    if ident in ("memberOf", "presumedMemberOf", "possiblyMemberOf", "takesPartIn"):
        column["type"] = {"id": "Organization", "name": "Organization"}
    return column


def candidate(match: Match, *, named: bool) -> dict[str, object]:
    """Return a candidate as JSON; in the draft, features have names."""
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
    """Return the type of an entity; the name of a type is its id."""
    return {"id": entity.type, "name": entity.type}


def suggested(service: Service, kind: str, fields: Fields) -> list[dict[str, object]]:
    """Return all entities, properties or types that begin with the typed text."""
    text = request_fields.one(fields, "prefix").strip()
    if kind == "entity":
        types = [ident for ident in fields.get("type", []) if ident][:TYPES]
        return [_suggestion(*each) for each in service.suggest.entities(text, types)]
    items: Sequence[ReconcileProperty | EntityType]
    items = service.suggest.properties(text) if kind == "property" else service.suggest.types(text)
    return [{"id": each.id, "name": each.name, "description": each.description} for each in items]


def _suggestion(entity: Entity, text: str) -> dict[str, object]:
    more = f", {text}" if text not in (entity.label, entity.code, entity.id) else ""
    return {
        "id": entity.id,
        "name": entity.label,
        "description": f"{entity.thing.kind} {entity.code}{more}",
        "notable": [type_of(entity)],
    }


def proposed(service: Service, fields: Fields) -> dict[str, object]:
    """Return the properties by which entities of a type can be extended."""
    ident, limit = request_fields.one(fields, "type"), number(fields, "limit", 0, 1000)
    properties = service.properties.of_type(ident)
    items = [{"id": p.id, "name": p.name, "description": p.description} for p in properties[: limit or None]]
    return {"properties": items, "type": ident, **({"limit": limit} if limit else {})}


def number(fields: Fields, name: str, default: int, maximum: int) -> int:
    """Return a whole number from a parameter; a larger one than the maximum counts as the maximum.

    :raises Problem: it is not a whole number.
    """
    text = request_fields.one(fields, name).strip()
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise Problem(400, f"{name}: {text[:40]!r} is not a whole number.")
    return min(int(text), maximum)


def respond(content: object, fields: Fields | None = None) -> Response:
    """Return a JSON response, or a script that calls a function (JSONP) if the fields have a callback.

    :raises Problem: the callback is not the name of a function.
    """
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    callback = request_fields.one(fields, "callback") if fields else ""
    if not callback:
        return Response(text.encode(), 200, _REVALIDATE, "application/json")
    if len(callback) > _MAX_CALLBACK or not _CALLBACK.fullmatch(callback):
        raise Problem(400, "callback is not the name of a function. Use letters, digits, _ and $, separated by dots.")
    # With the comment, no program can mistake the response for anything but a script.
    return Response(f"/**/{callback}({text.translate(_ESCAPED)});".encode(), 200, _REVALIDATE, "text/javascript")


def html(template: str, values: Mapping[str, object], status: int = 200) -> Response:
    """Return a page that other sites may frame."""
    return Response(templates.render(template, **values), status, {**_REVALIDATE, **FRAMED}, "text/html")


Handler = Callable[[Request], Awaitable[Response]]


def route(path: str, methods: Mapping[str, Handler]) -> BaseRoute:
    """Return a route for some methods, and for OPTIONS, which browsers send first (CORS)."""
    allow = {"Allow": ", ".join([*methods, *(["HEAD"] if "GET" in methods else []), "OPTIONS"])}

    async def handle(request: Request) -> Response:
        if request.method == "OPTIONS":
            return Response(None, 204, allow)
        return await methods["GET" if request.method == "HEAD" else request.method](request)

    return Route(path, handle, methods=[*methods, "OPTIONS"])


class ReconcileEndpoint:
    """Endpoints of one version of the API."""

    path: str

    def __init__(self, state: AppState, service: LazyService) -> None:
        self.service = service
        self.limits: Limits = state.settings.limits
        self._address = state.settings.address
        self._has_pages = state.archive is not None

    @property
    def _root(self) -> str:
        """The relative path from a page of the API to the root of the server."""
        return "../" * self.path.count("/")

    @cached_property
    def url(self) -> str:
        """The public address of the API, which does not depend on the Host header."""
        return self._address + self.path.lstrip("/")

    def view(self, ident: str) -> dict[str, str]:
        """Return the address of an entity for people, with ``ident`` in place of its id: its page, or its preview."""
        return {"url": f"{self._address}id/{ident}" if self._has_pages else f"{self.url}/preview?id={ident}"}

    async def page(self, fields: Fields) -> Response:
        """Return the preview of an entity."""
        service = await self.service()
        entity = service.catalog.entity(request_fields.one(fields, "id"))
        if entity is None:
            return html("reconcile-none.html", {"root": self._root}, 404)
        return html("reconcile-preview.html", {"root": self._root, **service.preview(entity)})
