"""Description of the API in OpenAPI 3.1 (https://spec.openapis.org/oas/v3.1.0), made from the declarations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib.metadata import version
from typing import Any, Final
from urllib.parse import quote, urlencode

from cica_graph.operations.declaration import Field, Kind, Operation, Parameter

ERRORS: Final = {
    "400": "A parameter is invalid, or the answer would exceed a limit. The detail says what to do.",
    "404": "Unknown name. The detail suggests similar names.",
    "406": "Not available in the requested form.",
    "500": "The query worker ended.",
    "503": "Too many requests. Try again after the time in Retry-After.",
    "504": "The time limit was exceeded.",
}
_SCHEMAS: Final[Mapping[Kind, Mapping[str, Any]]] = {
    "text": {"type": "string", "minLength": 1, "pattern": r"\S"},
    "day": {"type": "string", "format": "date", "description": "YYYY-MM-DD, or `today`"},
    "number": {"type": "integer", "minimum": -999_999_999, "maximum": 999_999_999},
    "flag": {"type": "boolean"},
}
_RESULTS: Final = {"type": "object", "required": ["head"], "properties": {"head": {"type": "object"}}}


def links(operation: Operation) -> list[str]:
    """Return addresses to try, relative to the root of the server: an example, and one for each choice."""
    values = {p.name: p.example for p in operation.parameters if p.example}
    variants = [values]
    for parameter in operation.parameters:
        rest = {name: text for name, text in values.items() if parameter.name not in (_excludes(operation, name), name)}
        variants += [{**rest, parameter.name: choice} for choice in parameter.choices if choice != parameter.example]
    return [_address(operation, each) for each in variants]


def _excludes(operation: Operation, name: str) -> str:
    return next(p.excludes for p in operation.parameters if p.name == name)


def _address(operation: Operation, values: Mapping[str, str]) -> str:
    path = operation.path.format_map({name: quote(text, safe="") for name, text in values.items()})
    query = urlencode([pair for pair in values.items() if pair[0] not in operation.in_path])
    return f"api/{path}?{query}" if query else f"api/{path}"


def document(operations: Iterable[Operation], address: str) -> dict[str, Any]:
    """Return the document; ``address`` is where the server is reached."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "cica-graph",
            "version": version("cica-graph"),
            "summary": "Memberships of international organizations, with dates, roles and sources.",
            "license": {"name": "CC BY 4.0", "identifier": "CC-BY-4.0"},
        },
        "servers": [{"url": address.removesuffix("/")}],
        "paths": {f"/api/{operation.path}": _path(operation) for operation in operations},
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


def _path(operation: Operation) -> dict[str, Any]:
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    content = {media: {"schema": _body(operation, media)} for media in operation.media}
    responses = {
        "200": {"description": "The answer.", "content": content},
        "304": {"description": "The client has the current answer."},
        **{status: {"description": text, "content": problem} for status, text in ERRORS.items()},
    }
    get = {
        "operationId": operation.name,
        "summary": operation.summary,
        **({"description": operation.description} if operation.description else {}),
        "parameters": [_parameter(p, in_path=p.name in operation.in_path) for p in operation.parameters],
        "responses": responses,
    }
    return {"get": get}


def _body(operation: Operation, media: str) -> dict[str, Any]:
    if operation.media[media] != "json":
        return {"type": "string"}
    if operation.document:
        return {"type": "object"}
    if not operation.fields:
        return _RESULTS
    row = {
        "type": "object",
        "required": [field.name for field in operation.fields if field.always],
        "properties": {field.name: _property(field) for field in operation.fields},
    }
    return {"type": ["array", "null"] if operation.nullable else "array", "items": row}


def _parameter(parameter: Parameter, *, in_path: bool) -> dict[str, Any]:
    schema = dict(_SCHEMAS[parameter.kind])
    if parameter.choices:
        schema = {"type": "string", "enum": list(parameter.choices)}
    if parameter.default and parameter.default != "today":
        schema["default"] = parameter.default
    if parameter.many:
        schema = {"type": "array", "items": schema}
    example = {"example": parameter.example} if parameter.example else {}
    # OpenAPI can state only in words which parameters can be combined.
    requires = f" Requires {parameter.requires}." if parameter.requires else ""
    excludes = f" Cannot be combined with {parameter.excludes}." if parameter.excludes else ""
    return {
        "name": parameter.name,
        "in": "path" if in_path else "query",
        "required": parameter.required,
        "description": parameter.help + requires + excludes,
        "schema": schema,
        **example,
    }


def _property(field: Field) -> dict[str, Any]:
    if field.types == ("array",):
        return {"type": "array", "items": {"type": "string"}, "description": field.help}
    return {"type": field.types[0] if len(field.types) == 1 else list(field.types), "description": field.help}
