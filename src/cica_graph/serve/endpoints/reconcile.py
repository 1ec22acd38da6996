"""``/reconcile``: the Reconciliation Service API 0.2, which OpenRefine speaks.

https://www.w3.org/community/reports/reconciliation/CG-FINAL-specs-0.2-20230410/
"""

from __future__ import annotations

from importlib.metadata import version
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from cica_graph.reconcile.properties import Value
from cica_graph.reconcile.query import USUAL, Condition, ReconcileQuery
from cica_graph.reconcile.suggest import KNOWN_TYPES
from cica_graph.serve.endpoints import reconcile_service as common
from cica_graph.serve.endpoints.reconcile_draft import ReconcileDraft
from cica_graph.serve.endpoints.reconcile_service import LazyService, ReconcileEndpoint, Service, answer, route
from cica_graph.serve.http import json_input, request_fields, templates
from cica_graph.serve.http.json_input import Told
from cica_graph.serve.http.problem import Problem
from cica_graph.serve.http.request_fields import Fields
from cica_graph.serve.state import AppState

_KINDS: Final = ("entity", "property", "type")


def routes(state: AppState) -> list[BaseRoute]:
    """Return the routes of both versions."""
    service = LazyService(state)
    return [*ReconcileV02(state, service).routes(), *ReconcileDraft(state, service).routes()]


class ReconcileV02(ReconcileEndpoint):
    """Version 0.2."""

    path = "/reconcile"

    def routes(self) -> list[BaseRoute]:
        """Return its routes."""
        return [
            route(self.path, {"GET": self.get, "POST": self.post}),
            route(self.path + "/properties", {"GET": self.propose}),
            route(self.path + "/preview", {"GET": self.preview}),
            *(route(f"{self.path}/suggest/{kind}", {"GET": self.suggest}) for kind in _KINDS),
            *(route(f"{self.path}/flyout/{kind}", {"GET": self.flyout}) for kind in _KINDS),
        ]

    async def manifest(self) -> dict[str, object]:
        """Return the service manifest, section 3.1."""
        return {
            "versions": ["0.2"],
            "name": common.NAME,
            "identifierSpace": common.IDENTIFIERS,
            "schemaSpace": common.SCHEMA,
            "serviceVersion": version("cica-graph"),
            "logo": self.url.removesuffix("reconcile") + "static/icon.svg",
            "defaultTypes": [{"id": t.id, "name": t.name} for t in KNOWN_TYPES],
            "view": self.view("{{id}}"),
            "preview": {"url": self.url + "/preview?id={{id}}", "width": common.WIDTH, "height": common.HEIGHT},
            "suggest": {
                kind: {
                    "service_url": self.url,
                    "service_path": f"/suggest/{kind}",
                    "flyout_service_path": f"/flyout/{kind}?id=${{id}}",
                }
                for kind in _KINDS
            },
            "extend": {
                "propose_properties": {"service_url": self.url, "service_path": "/properties"},
                "property_settings": [
                    {"name": s.id, "label": s.name, "help_text": s.help, "type": s.type, "default": s.default, **s.more}
                    for s in common.settings(await self.service())
                ],
            },
            "batchSize": common.BATCH,
        }

    async def get(self, request: Request) -> Response:
        """Answer what is in the address: a batch, an extension, or without either the manifest."""
        return await self._answer(request_fields.fields(request.scope["query_string"]))

    async def post(self, request: Request) -> Response:
        """Answer a form."""
        media, _ = request_fields.content_type(request)
        if media != request_fields.FORM:
            said = f"not as {media}" if media else "and the request has no Content-Type"
            raise Problem(
                415, f"Queries are sent as {request_fields.FORM}, {said}.", {"Accept-Post": request_fields.FORM}
            )
        fields = request_fields.fields(request.scope["query_string"])
        fields.update(request_fields.fields(await request_fields.body(request, self.limits)))
        if not {"queries", "extend"} & set(fields):
            raise Problem(400, "The form has neither a field queries nor a field extend.")
        return await self._answer(fields)

    async def _answer(self, fields: Fields) -> Response:
        if "queries" in fields:
            batch = queries(json_input.parse(request_fields.one(fields, "queries"), "queries"))
            found = await (await self.service()).candidates(list(batch.values()))
            results = zip(batch, found, strict=True)
            return answer(
                {key: {"result": [common.candidate(m, named=False) for m in some]} for key, some in results}, fields
            )
        if "extend" in fields:
            extension = common.extension(json_input.parse(request_fields.one(fields, "extend"), "extend"))
            return answer(await extended(await self.service(), extension), fields)
        if unknown := set(fields) - {"callback"}:
            raise Problem(400, f"There is no parameter {min(unknown)[:60]!r}; send queries or extend, or nothing.")
        return answer(await self.manifest(), fields)

    async def propose(self, request: Request) -> Response:
        """Propose properties to extend things of a type by, section 7.2."""
        fields = request_fields.fields(request.scope["query_string"])
        return answer(common.proposed(await self.service(), fields), fields)

    async def suggest(self, request: Request) -> Response:
        """Complete what is typed, section 6.2."""
        fields = request_fields.fields(request.scope["query_string"])
        items = common.suggested(await self.service(), request.url.path.rpartition("/")[2], fields)
        begin = common.number(fields, "cursor", 0, 1 << 30)
        return answer({"result": items[begin : begin + common.SUGGESTED]}, fields)

    async def flyout(self, request: Request) -> Response:
        """Return a small preview of what is suggested, section 6.5."""
        fields, service = request_fields.fields(request.scope["query_string"]), await self.service()
        kind, ident = request.url.path.rpartition("/")[2], request_fields.one(fields, "id")
        shown: dict[str, object] = {}
        if kind == "entity":
            if (entity := service.catalog.entity(ident)) is not None:
                shown = {"name": entity.label, "text": f"{entity.thing.kind} {entity.code}"}
        elif kind == "property":
            if (found := service.properties.all.get(ident)) is not None:
                shown = {"name": found.name, "text": found.description}
        else:
            shown = next(({"name": t.name, "text": t.description} for t in KNOWN_TYPES if t.id == ident), {})
        shown = shown or {"name": ident[:100], "text": "There is nothing with this id."}
        return answer({"id": ident, "html": templates.render("reconcile-flyout.html", **shown)}, fields)

    async def preview(self, request: Request) -> Response:
        """Show an entity in a small page, section 5."""
        return await self.page(request_fields.fields(request.scope["query_string"]))


def queries(batch: Told) -> dict[str, ReconcileQuery]:
    """Read a query batch, section 4.1.

    :raises Problem: it is none, or too large.
    """
    return {key: _query(each) for key, each in batch.object(most=common.BATCH).items()}


def _query(query: Told) -> ReconcileQuery:
    members = query.object(("query", "type", "type_strict", "limit", "properties"))
    if not {"query", "properties"} & set(members):
        raise Problem(400, f"{query.where} needs the member query or properties.")
    strict = members["type_strict"].one_of("any", "all", "should") if "type_strict" in members else "any"
    types = {each.text() for each in members["type"].several(common.TYPES)} if "type" in members else set[str]()
    if strict == "all" and len(types) > 1:
        return ReconcileQuery()  # nothing has two types
    properties = members["properties"].list(common.PROPERTIES) if "properties" in members else ()
    return ReconcileQuery(
        names=(members["query"].text(),) if "query" in members else (),
        types=tuple(sorted(types)),
        strict=strict != "should",
        conditions=tuple(_condition(each) for each in properties),
        limit=members["limit"].count() if "limit" in members else USUAL,
    )


def _condition(condition: Told) -> Condition:
    members = condition.object()
    if not {"pid", "v"} <= set(members):
        raise Problem(400, f"{condition.where} needs the members pid and v.")
    return Condition(members["pid"].text(), common.values(members["v"]))


async def extended(service: Service, extension: common.DataExtension) -> dict[str, object]:
    """Return a data extension response, section 7.4."""
    return {
        "meta": [common.meta(service, column.id) for column in extension.columns],
        "rows": {
            ident: {pid: [_value(v) for v in cells] for pid, cells in row}
            for ident, row in await extension.rows(service)
        },
    }


def _value(found: Value) -> dict[str, object]:
    return {"id": found.id, "name": found.text} if found.id else {"str": found.text}
