"""``/reconcile/1.0``: the draft of the Reconciliation Service API 1.0.

https://reconciliation-api.github.io/specs/draft/
"""

from __future__ import annotations

from importlib.metadata import version
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from cica_graph.reconcile.properties import PropertyValue
from cica_graph.reconcile.query import MOST
from cica_graph.reconcile.suggest import KNOWN_TYPES
from cica_graph.serve.endpoints import reconcile_input, reconcile_service
from cica_graph.serve.endpoints.reconcile_service import ReconcileEndpoint, respond, route
from cica_graph.serve.http import request_fields
from cica_graph.serve.http.problem import Problem

_KINDS: Final = ("entity", "property", "type")
_JSON: Final = "application/json"
_RIGHT_TO_LEFT: Final = ("ar", "fa", "he", "ur")


class ReconcileDraft(ReconcileEndpoint):
    """The draft of version 1.0."""

    path = "/reconcile/1.0"

    def routes(self) -> list[BaseRoute]:
        """Return the routes of this version."""
        return [
            route(self.path, {"GET": self.get}),
            route(self.path + "/match", {"POST": self.match}),
            route(self.path + "/extend", {"POST": self.extend}),
            route(self.path + "/extend/propose", {"GET": self.propose}),
            route(self.path + "/preview", {"GET": self.preview}),
            *(route(f"{self.path}/suggest/{kind}", {"GET": self.suggest}) for kind in _KINDS),
        ]

    async def manifest(self) -> dict[str, object]:
        """Return the service manifest."""
        return {
            "versions": ["1.0-draft"],
            "name": reconcile_service.NAME,
            "lang": "en",
            "serviceVersion": version("cica-graph"),
            "logo": self.url.removesuffix("reconcile/1.0") + "static/icon.svg",
            "defaultTypes": [{"id": t.id, "name": t.name} for t in KNOWN_TYPES],
            "view": self.view("{id}"),
            "preview": {"width": reconcile_service.WIDTH, "height": reconcile_service.HEIGHT},
            "suggest": dict.fromkeys(_KINDS, True),
            "extend": {
                "proposeProperties": True,
                "propertySettings": [
                    {"id": s.id, "name": s.name, "helpText": s.help, "type": s.type, "default": s.default, **s.more}
                    for s in reconcile_service.settings(await self.service())
                ],
            },
            "standardizedScore": True,
        }

    async def get(self, request: Request) -> Response:
        """Return the manifest."""
        return respond(await self.manifest())

    async def match(self, request: Request) -> Response:
        """Answer a batch, in the order of its queries."""
        batch = reconcile_input.read_draft_batch(await self._body(request))
        results = [
            {"candidates": [reconcile_service.candidate(match, named=True) for match in matches]}
            for matches in await (await self.service()).candidates(batch)
        ]
        return respond({"results": results})

    async def extend(self, request: Request) -> Response:
        """Return the values of properties of entities."""
        extension = reconcile_input.read_extension(await self._body(request), "request")
        service = await self.service()
        rows = [
            {"id": ident, "properties": [{"id": pid, "values": [_value(v) for v in cells]} for pid, cells in row]}
            for ident, row in await service.rows(extension)
        ]
        meta = [reconcile_service.meta(service, column.id) for column in extension.columns]
        return respond({"meta": meta, "rows": rows})

    async def propose(self, request: Request) -> Response:
        """Return the properties by which entities of a type can be extended."""
        fields = request_fields.fields(request.scope["query_string"])
        return respond(reconcile_service.proposed(await self.service(), fields))

    async def suggest(self, request: Request) -> Response:
        """Complete the typed text."""
        fields = request_fields.fields(request.scope["query_string"])
        items = reconcile_service.suggested(await self.service(), request.url.path.rpartition("/")[2], fields)
        begin = reconcile_service.number(fields, "offset" if "offset" in fields else "cursor", 0, 1 << 30)
        limit = reconcile_service.number(fields, "limit", reconcile_service.SUGGESTED, MOST)
        return respond({"result": items[begin : begin + limit]})

    async def preview(self, request: Request) -> Response:
        """Return a small page about an entity."""
        return await self.page(request_fields.fields(request.scope["query_string"]))

    async def _body(self, request: Request) -> str:
        media, charset = request_fields.content_type(request)
        if media != _JSON:
            detail = f"The Content-Type is {media or 'missing'}. Send the request as {_JSON}."
            raise Problem(415, detail, {"Accept-Post": _JSON})
        if charset not in ("", "utf-8"):
            raise Problem(415, f"The charset of the request is {charset}. Use UTF-8.")
        return request_fields.text(await request_fields.body(request, self.limits), "The request")


def _value(value: PropertyValue) -> dict[str, object]:
    if value.id:
        return {"id": value.id, "name": value.text}
    if not value.language:
        return {"str": value.text}
    direction = {"dir": "rtl"} if value.language.partition("-")[0] in _RIGHT_TO_LEFT else {}
    return {"str": value.text, "lang": value.language, **direction}
