"""Declaration of an operation: a question, its parameters, and the columns of its answer.

The commands, the API, its OpenAPI document and ``docs/commands.md`` are made from these declarations.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Final, Literal, NamedTuple

from cica_graph.model.dates import Day
from cica_graph.model.errors import InvalidDate, UsageError
from cica_graph.operations.answer import Answer

Kind = Literal["text", "day", "number", "flag"]
Argument = str | int | bool | date | tuple[str, ...] | None
JsonType = Literal["string", "integer", "boolean", "array", "null"]

NAME: Final = "Acronym, code, label, alias or IRI, in upper or lower case."
ROWS: Final[Mapping[str, str]] = {"application/json": "json", "text/csv": "csv"}
_TRUE: Final = ("true", "1")
_FALSE: Final = ("false", "0")
_NUMBER: Final = re.compile(r"-?[0-9]{1,9}", re.ASCII)


class Parameter(NamedTuple):
    """A parameter of an operation: ``--name`` of the command, ``name`` in an address.

    :ivar help: description, a sentence.
    :ivar kind: type of the value.
    :ivar default: value as text if the parameter is not given; empty: no value.
    :ivar keyword: name of the argument of the function that answers; default: the name with underscores.
    :ivar required: True if it must be given.
    :ivar many: True if it may be given several times.
    :ivar positional: True for an argument of the command, False for an option.
    :ivar metavar: placeholder for the value in the help of the command.
    :ivar example: a value that gives an answer, or empty.
    :ivar choices: the allowed values; empty: any.
    :ivar requires: name of a parameter that must be given with this one, or empty.
    :ivar excludes: name of a parameter that cannot be given with this one, or empty.
    """

    name: str
    help: str
    kind: Kind = "text"
    default: str = ""
    keyword: str = ""
    required: bool = False
    many: bool = False
    positional: bool = False
    metavar: str = ""
    example: str = ""
    choices: tuple[str, ...] = ()
    requires: str = ""
    excludes: str = ""

    @property
    def argument(self) -> str:
        """Name of the argument of the function that answers."""
        return self.keyword or self.name.replace("-", "_")


class Field(NamedTuple):
    """A column of an answer.

    :ivar types: types of the values in JSON; an array has texts.
    :ivar always: True if every answer has the column.
    """

    name: str
    help: str
    types: tuple[JsonType, ...] = ("string",)
    always: bool = True


class Operation(NamedTuple):
    """A question that can be answered from a graph.

    :ivar name: unique name.
    :ivar path: template of its path below ``/api/``, with the names of parameters in braces.
    :ivar summary: description of the answer, a sentence.
    :ivar answer: takes the graph, and each parameter by its keyword.
    :ivar description: more about it, as paragraphs.
    :ivar fields: columns of the answer; empty if they depend on the request.
    :ivar media: forms of the answer, by media type.
    :ivar nullable: True if the JSON answer is null where nothing is recorded.
    :ivar document: True if the answer in JSON is one object, False if it is an array of the rows.
    """

    name: str
    path: str
    summary: str
    parameters: tuple[Parameter, ...]
    answer: Callable[..., Answer]
    description: str = ""
    fields: tuple[Field, ...] = ()
    media: Mapping[str, str] = ROWS
    document: bool = False
    nullable: bool = False

    @property
    def in_path(self) -> frozenset[str]:
        """Names of the parameters in the path."""
        return frozenset(re.findall(r"{([^}]+)}", self.path))

    def match(self, parts: Sequence[str]) -> dict[str, list[str]] | None:
        """Return the values in the path of a request, or None if it is the path of another operation."""
        template = self.path.split("/")
        if len(template) != len(parts) or not all(parts):
            return None
        values = dict[str, list[str]]()
        for expected, part in zip(template, parts, strict=True):
            if expected.startswith("{"):
                values[expected[1:-1]] = [part]
            elif expected != part:
                return None
        return values


def read(parameters: Sequence[Parameter], fields: Mapping[str, Sequence[str]]) -> tuple[tuple[str, str], ...]:
    """Return the values in a request as pairs of name and text, each text in its canonical form.

    :raises UsageError: a value is missing, unknown, given too often, or invalid.
    """
    known = {p.name: p for p in parameters}
    for name in fields:
        if name not in known:
            raise UsageError(f"Unknown parameter {name!r}. Known parameters: {', '.join(known) or 'none'}.")
    for parameter in parameters:
        if len(fields.get(parameter.name, ())) > 1 and not parameter.many:
            raise UsageError(f"{parameter.name} is given more than once.")
        if parameter.required and not fields.get(parameter.name):
            raise UsageError(f"{parameter.name} is missing. {parameter.help}")
    refuse_combinations(parameters, fields)
    pairs = list[tuple[str, str]]()
    for parameter in parameters:
        texts = fields.get(parameter.name, ())
        if not texts and parameter.default and parameter.excludes not in fields:
            texts = (parameter.default,)
        pairs += [(parameter.name, _canonical(parameter, text)) for text in texts]
    return tuple(pairs)


def refuse_combinations(
    parameters: Iterable[Parameter], given: Collection[str], name_of: Callable[[str], str] = str
) -> None:
    """Check which parameters are given together. ``name_of`` gives the name of a parameter for the message.

    :raises UsageError: one lacks another that it requires, or is given with one that it excludes.
    """
    for parameter in parameters:
        if parameter.name not in given:
            continue
        if parameter.requires and parameter.requires not in given:
            raise UsageError(f"{name_of(parameter.name)} requires {name_of(parameter.requires)}.")
        if parameter.excludes in given:
            raise UsageError(f"{name_of(parameter.name)} cannot be combined with {name_of(parameter.excludes)}.")


def arguments(parameters: Sequence[Parameter], pairs: Iterable[tuple[str, str]]) -> dict[str, Argument]:
    """Return the arguments for :attr:`Operation.answer` from the values of :func:`read`."""
    values = dict[str, list[str]]()
    for name, text in pairs:
        values.setdefault(name, []).append(text)
    found = dict[str, Argument]()
    for parameter in parameters:
        texts = values.get(parameter.name, [])
        found[parameter.argument] = tuple(texts) if parameter.many else _typed(parameter.kind, texts)
    return found


def _typed(kind: Kind, texts: Sequence[str]) -> Argument:
    match kind:
        case "flag":
            return texts == ["true"]
        case "day":
            return date.fromisoformat(texts[0]) if texts else None
        case "number":
            return int(texts[0]) if texts else None
    return texts[0] if texts else None


def _canonical(parameter: Parameter, text: str) -> str:
    """Return a value in its canonical form.

    :raises UsageError: it is not a value of the parameter's kind.
    """
    match parameter.kind:
        case "day":
            try:
                return Day.of(text).isoformat()
            except InvalidDate as error:
                raise UsageError(f"{parameter.name}: {error}") from error
        case "number":
            if not _NUMBER.fullmatch(text):
                raise UsageError(f"{parameter.name} must be a whole number of at most nine digits, not {text!r}.")
            return str(int(text))
        case "flag":
            if text not in _TRUE + _FALSE:
                raise UsageError(f"{parameter.name} must be true or false, not {text!r}.")
            return "true" if text in _TRUE else "false"
    if parameter.choices and text not in parameter.choices:
        raise UsageError(f"{parameter.name} must be {' or '.join(parameter.choices)}, not {text!r}.")
    if not text.strip():
        raise UsageError(f"{parameter.name} is empty.")
    return text
