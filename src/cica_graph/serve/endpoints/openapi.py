"""The API described: OpenAPI 3.1 (https://spec.openapis.org/oas/v3.1.0), from what is declared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from typing import Any, Final
from urllib.parse import quote, urlencode

from cica_graph import queries
from cica_graph.formats.media_types import RESULT_TYPES
from cica_graph.operations.declared import Kind, Operation, Parameter
from cica_graph.queries import Query

ERRORS: Final = {
    "400": "A parameter is wrong; the detail says which, and what to do.",
    "404": "Nothing goes by that name; the nearest that would are named.",
    "406": "The answer cannot be had in that form.",
    "500": "The process that worked on it ended.",
    "503": "Too much at once; try again after Retry-After.",
    "504": "It took too long.",
}
_KINDS: Final[Mapping[str, Kind]] = {"xsd:date": "day", "xsd:integer": "number"}
_SCHEMAS: Final[Mapping[Kind, Mapping[str, Any]]] = {
    "text": {"type": "string", "minLength": 1, "pattern": r"\S"},
    "day": {"type": "string", "format": "date", "description": "YYYY-MM-DD, or `today`"},
    "number": {"type": "integer", "minimum": -999_999_999, "maximum": 999_999_999},
    "flag": {"type": "boolean"},
}


def parameters(query: Query) -> tuple[Parameter, ...]:
    """Return the parameters of a query of the cookbook, each with the value it has in the file when left out.

    A query that asks for a day takes it as ``on``, as all else here does.
    """
    found = [
        Parameter(name, f"A {kind}; the value of the query's file when left out.", _KINDS.get(kind, "text"))
        for name, kind in query.params.items()
        if name != "asOf"
    ]
    if query.snapshot or "asOf" in query.params:
        day = query.default("asOf") if "asOf" in query.params else ""
        found.append(Parameter("on", "The day asked about; today when left out.", "day", "today", example=day))
    return tuple(found)


def links(place: str, parameters: Sequence[Parameter]) -> list[str]:
    """Return addresses that can be asked, seen from the root of the server: one, and one for each choice there is."""
    path = place.lstrip("/").format_map({p.name: quote(p.example, safe="") for p in parameters if p.path})
    given = [p for p in parameters if p.example and not p.path]
    asked = [[(p.name, p.example) for p in given]]
    for chosen in parameters:
        beside = [(p.name, p.example) for p in given if p.without != chosen.name]
        asked += [[*beside, (chosen.name, choice)] for choice in chosen.choices]
    return [f"{path}?{urlencode(values)}" if values else path for values in asked]


def document(operations: Iterable[Operation], address: str) -> dict[str, Any]:
    """Return the document; ``address`` is where the server is reached."""
    paths = dict[str, Any]()
    for operation in operations:
        row = {name: _column(types) for name, types in {**operation.columns, **operation.more}.items()}
        body = {"type": "array", "items": {"type": "object", "required": list(operation.columns), "properties": row}}
        media = {"application/json": {"schema": body}, "text/csv": {"schema": {"type": "string"}}}
        paths[operation.place] = _path(operation.name, operation.summary, operation.parameters, media)
    results = {"type": "object", "required": ["head"], "properties": {"head": {"type": "object"}}}
    for query in queries.folder("cookbook"):
        text = {"schema": {"type": "string"}}
        media = {kind: {"schema": results} if form == "json" else text for form, kind in RESULT_TYPES.items()}
        paths[f"/api/query/{query.name}"] = _path(f"query-{query.name}", query.title, parameters(query), media)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "cica-graph",
            "version": version("cica-graph"),
            "summary": "Who belonged to which international organization, when, in which role, according to whom.",
            "license": {"name": "CC BY 4.0", "identifier": "CC-BY-4.0"},
        },
        "servers": [{"url": address.removesuffix("/")}],
        "paths": paths,
        "components": {"schemas": {"Problem": _PROBLEM}},
    }


_PROBLEM: Final = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
    },
}


def _path(name: str, summary: str, declared: Sequence[Parameter], media: Mapping[str, Any]) -> dict[str, Any]:
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    answers = {
        "200": {"description": "The answer.", "content": media},
        "304": {"description": "The client has it already."},
        **{status: {"description": said, "content": problem} for status, said in ERRORS.items()},
    }
    said = [_parameter(p) for p in declared]
    return {"get": {"operationId": name, "summary": summary, "parameters": said, "responses": answers}}


def _parameter(parameter: Parameter) -> dict[str, Any]:
    schema = dict(_SCHEMAS[parameter.kind])
    if parameter.default and parameter.default != "today":
        schema["default"] = parameter.default
    if parameter.choices:
        schema = {"type": "string", "enum": list(parameter.choices)}
    if parameter.many:
        schema = {"type": "array", "items": schema}
    example = {"example": parameter.example} if parameter.example else {}
    # OpenAPI has no way to say which parameters go together, but in words.
    needs = f" Goes with {parameter.needs}." if parameter.needs else ""
    without = f" Does not go with {parameter.without}." if parameter.without else ""
    return {
        "name": parameter.name,
        "in": "path" if parameter.path else "query",
        "required": parameter.required,
        "description": parameter.help + needs + without,
        "schema": schema,
        **example,
    }


def _column(types: Sequence[str]) -> dict[str, Any]:
    if list(types) == ["array"]:
        return {"type": "array", "items": {"type": "string"}}
    return {"type": types[0] if len(types) == 1 else list(types)}
