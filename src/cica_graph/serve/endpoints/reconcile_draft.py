"""``/reconcile/1.0``: the draft of the Reconciliation Service API 1.0.

https://reconciliation-api.github.io/specs/draft/
"""

from __future__ import annotations

from importlib.metadata import version
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from cica_graph.reconcile.properties import Value
from cica_graph.reconcile.query import MOST, USUAL, Condition, Quantifier, ReconcileQuery
from cica_graph.reconcile.suggest import KNOWN_TYPES
from cica_graph.serve.endpoints import reconcile_service as common
from cica_graph.serve.endpoints.reconcile_service import ReconcileEndpoint, answer, route
from cica_graph.serve.http import json_input, request_fields
from cica_graph.serve.http.json_input import Told
from cica_graph.serve.http.problem import Problem

_KINDS: Final = ("entity", "property", "type")
_QUANTIFIERS: Final[tuple[Quantifier, ...]] = ("any", "all", "none")
_JSON: Final = "application/json"
_RIGHT_TO_LEFT: Final = ("ar", "fa", "he", "ur")


class ReconcileDraft(ReconcileEndpoint):
    """The draft of version 1.0."""

    path = "/reconcile/1.0"

    def routes(self) -> list[BaseRoute]:
        """Return its routes."""
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
            "name": common.NAME,
            "lang": "en",
            "serviceVersion": version("cica-graph"),
            "logo": self.url.removesuffix("reconcile/1.0") + "static/icon.svg",
            "defaultTypes": [{"id": t.id, "name": t.name} for t in KNOWN_TYPES],
            "view": self.view("{id}"),
            "preview": {"width": common.WIDTH, "height": common.HEIGHT},
            "suggest": dict.fromkeys(_KINDS, True),
            "extend": {
                "proposeProperties": True,
                "propertySettings": [
                    {"id": s.id, "name": s.name, "helpText": s.help, "type": s.type, "default": s.default, **s.more}
                    for s in common.settings(await self.service())
                ],
            },
            "standardizedScore": True,
        }

    async def get(self, request: Request) -> Response:
        """Return the manifest."""
        return answer(await self.manifest())

    async def match(self, request: Request) -> Response:
        """Answer a batch, in its order."""
        batch = queries(await self._json(request))
        found = await (await self.service()).candidates(batch)
        return answer({"results": [{"candidates": [common.candidate(m, named=True) for m in some]} for some in found]})

    async def extend(self, request: Request) -> Response:
        """Return what is known of things."""
        extension, service = common.extension(await self._json(request)), await self.service()
        rows = [
            {"id": ident, "properties": [{"id": pid, "values": [_value(v) for v in cells]} for pid, cells in row]}
            for ident, row in await extension.rows(service)
        ]
        return answer({"meta": [common.meta(service, column.id) for column in extension.columns], "rows": rows})

    async def propose(self, request: Request) -> Response:
        """Propose properties to extend things of a type by."""
        return answer(common.proposed(await self.service(), request_fields.fields(request.scope["query_string"])))

    async def suggest(self, request: Request) -> Response:
        """Complete what is typed."""
        fields = request_fields.fields(request.scope["query_string"])
        items = common.suggested(await self.service(), request.url.path.rpartition("/")[2], fields)
        begin = common.number(fields, "offset" if "offset" in fields else "cursor", 0, 1 << 30)
        limit = common.number(fields, "limit", common.SUGGESTED, MOST)
        return answer({"result": items[begin : begin + limit]})

    async def preview(self, request: Request) -> Response:
        """Show an entity in a small page."""
        return await self.page(request_fields.fields(request.scope["query_string"]))

    async def _json(self, request: Request) -> Told:
        media, charset = request_fields.content_type(request)
        if media != _JSON:
            raise Problem(415, f"The request is sent as {_JSON}, not as {media or 'nothing'}.", {"Accept-Post": _JSON})
        if charset not in ("", "utf-8"):
            raise Problem(415, f"The request is in {charset}; send UTF-8.")
        return json_input.parse(
            request_fields.text(await request_fields.body(request, self.limits), "The request"), "request"
        )


def queries(batch: Told) -> list[ReconcileQuery]:
    """Read a query batch.

    :raises Problem: it is none, or too large.
    """
    members = batch.object()
    if "queries" not in members:
        raise Problem(400, f"{batch.where} needs the member queries.")
    return [_query(each) for each in members["queries"].list(common.BATCH)]


def _query(query: Told) -> ReconcileQuery:
    members = query.object(("type", "limit", "lang", "dir", "conditions"))
    if "conditions" not in members:
        raise Problem(400, f"{query.where} needs the member conditions.")
    conditions = [_condition(each) for each in members["conditions"].list(common.PROPERTIES)]
    if not conditions:
        raise Problem(400, f"{query.where}/conditions is empty, and at least one is needed.")
    sought = {kind: [c for each, c in conditions if each == kind and c.quantifier != "none"] for kind in ("name", "id")}
    return ReconcileQuery(
        names=tuple(value for c in sought["name"] for value in c.values),
        ids=tuple(value for c in sought["id"] for value in c.values),
        types=(members["type"].text(),) if "type" in members else (),
        # Which of several names it has, or has not, is a matter of its property.
        conditions=tuple(c for kind, c in conditions if kind == "property" or c.quantifier != "any"),
        limit=members["limit"].count() if "limit" in members else USUAL,
        language=members["lang"].text() if "lang" in members else "",
        name_required=any(c.required for c in sought["name"]),
        id_required=any(c.required for c in sought["id"]),
    )


def _condition(told: Told) -> tuple[str, Condition]:
    members = told.object()
    if not {"matchType", "propertyValue"} <= set(members):
        raise Problem(400, f"{told.where} needs the members matchType and propertyValue.")
    match = members["matchType"].one_of("name", "id", "property")
    if match == "property" and "propertyId" not in members:
        raise Problem(400, f"{told.where} needs the member propertyId, since matchType is property.")
    return match, Condition(
        members["propertyId"].text() if match == "property" else match,
        common.values(members["propertyValue"]),
        members["matchQuantifier"].one_of(*_QUANTIFIERS) if "matchQuantifier" in members else "any",
        members["required"].truth() if "required" in members else False,
    )


def _value(found: Value) -> dict[str, object]:
    if found.id:
        return {"id": found.id, "name": found.text}
    if not found.language:
        return {"str": found.text}
    direction = {"dir": "rtl"} if found.language.partition("-")[0] in _RIGHT_TO_LEFT else {}
    return {"str": found.text, "lang": found.language, **direction}
