"""``/reconcile``: the Reconciliation Service API 0.2, for OpenRefine and other clients.

https://www.w3.org/community/reports/reconciliation/CG-FINAL-specs-0.2-20230410/
"""

from __future__ import annotations

from importlib.metadata import version
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from cica_graph.reconcile.properties import PropertyValue
from cica_graph.reconcile.suggest import KNOWN_TYPES
from cica_graph.serve.endpoints import reconcile_input, reconcile_service
from cica_graph.serve.endpoints.reconcile_draft import ReconcileDraft
from cica_graph.serve.endpoints.reconcile_input import BATCH, DataExtension
from cica_graph.serve.endpoints.reconcile_service import LazyService, ReconcileEndpoint, Service, respond, route
from cica_graph.serve.http import request_fields, templates
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
        """Return the routes of this version."""
        return [
            route(self.path, {"GET": self.get, "POST": self.post}),
            route(self.path + "/properties", {"GET": self.propose}),
            route(self.path + "/preview", {"GET": self.preview}),
            *(route(f"{self.path}/suggest/{kind}", {"GET": self.suggest}) for kind in _KINDS),
            *(route(f"{self.path}/flyout/{kind}", {"GET": self.flyout}) for kind in _KINDS),
        ]

    async def manifest(self) -> dict[str, object]:
        """Return the service manifest, section 3.1."""
        preview = {"width": reconcile_service.WIDTH, "height": reconcile_service.HEIGHT}
        return {
            "versions": ["0.2"],
            "name": reconcile_service.NAME,
            "identifierSpace": reconcile_service.IDENTIFIERS,
            "schemaSpace": reconcile_service.SCHEMA,
            "serviceVersion": version("cica-graph"),
            "logo": self.url.removesuffix("reconcile") + "static/icon.svg",
            "defaultTypes": [{"id": t.id, "name": t.name} for t in KNOWN_TYPES],
            "view": self.view("{{id}}"),
            "preview": {"url": self.url + "/preview?id={{id}}", **preview},
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
                    for s in reconcile_service.settings(await self.service())
                ],
            },
            "batchSize": BATCH,
        }

    async def get(self, request: Request) -> Response:
        """Answer a batch or a data extension query in the address; without either, return the manifest."""
        return await self._answer(request_fields.fields(request.scope["query_string"]))

    async def post(self, request: Request) -> Response:
        """Answer a form."""
        media, _ = request_fields.content_type(request)
        if media != request_fields.FORM:
            detail = f"The Content-Type is {media or 'missing'}. Send queries as {request_fields.FORM}."
            raise Problem(415, detail, {"Accept-Post": request_fields.FORM})
        fields = request_fields.fields(request.scope["query_string"])
        fields.update(request_fields.fields(await request_fields.body(request, self.limits)))
        if not {"queries", "extend"} & set(fields):
            raise Problem(400, 'The form needs a field "queries" or "extend".')
        return await self._answer(fields)

    async def _answer(self, fields: Fields) -> Response:
        if "queries" in fields:
            batch = reconcile_input.read_batch(request_fields.one(fields, "queries"))
            matches = await (await self.service()).candidates(list(batch.values()))
            results = {
                key: {"result": [reconcile_service.candidate(m, named=False) for m in candidates]}
                for key, candidates in zip(batch, matches, strict=True)
            }
            return respond(results, fields)
        if "extend" in fields:
            extension = reconcile_input.read_extension(request_fields.one(fields, "extend"), "extend")
            return respond(await _extended(await self.service(), extension), fields)
        if unknown := set(fields) - {"callback"}:
            raise Problem(400, f"Unknown parameter {min(unknown)[:60]!r}. Send queries or extend, or no parameter.")
        return respond(await self.manifest(), fields)

    async def propose(self, request: Request) -> Response:
        """Return the properties by which entities of a type can be extended, section 7.2."""
        fields = request_fields.fields(request.scope["query_string"])
        return respond(reconcile_service.proposed(await self.service(), fields), fields)

    async def suggest(self, request: Request) -> Response:
        """Complete the typed text, section 6.2."""
        fields = request_fields.fields(request.scope["query_string"])
        items = reconcile_service.suggested(await self.service(), request.url.path.rpartition("/")[2], fields)
        begin = reconcile_service.number(fields, "cursor", 0, 1 << 30)
        return respond({"result": items[begin : begin + reconcile_service.SUGGESTED]}, fields)

    async def flyout(self, request: Request) -> Response:
        """Return a small preview of a suggestion, section 6.5."""
        fields, service = request_fields.fields(request.scope["query_string"]), await self.service()
        kind, ident = request.url.path.rpartition("/")[2], request_fields.one(fields, "id")
        shown: dict[str, object] = {}
        if kind == "entity":
            if (entity := service.catalog.entity(ident)) is not None:
                shown = {"name": entity.label, "text": f"{entity.thing.kind} {entity.code}"}
        elif kind == "property":
            if (known := service.properties.all.get(ident)) is not None:
                shown = {"name": known.name, "text": known.description}
        else:
            shown = next(({"name": t.name, "text": t.description} for t in KNOWN_TYPES if t.id == ident), {})
        shown = shown or {"name": ident[:100], "text": "Not found."}
        return respond({"id": ident, "html": templates.render("reconcile-flyout.html", **shown)}, fields)

    async def preview(self, request: Request) -> Response:
        """Return a small page about an entity, section 5."""
        return await self.page(request_fields.fields(request.scope["query_string"]))


async def _extended(service: Service, extension: DataExtension) -> dict[str, object]:
    """Return a data extension response, section 7.4."""
    return {
        "meta": [reconcile_service.meta(service, column.id) for column in extension.columns],
        "rows": {
            ident: {pid: [_value(v) for v in cells] for pid, cells in row}
            for ident, row in await service.rows(extension)
        },
    }


def _value(value: PropertyValue) -> dict[str, object]:
    return {"id": value.id, "name": value.text} if value.id else {"str": value.text}
