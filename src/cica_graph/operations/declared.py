"""What the API answers: operations and their parameters, as the command line declares them.

The server does not know the command line, so whoever starts it says what there is. Requests are read, and the
OpenAPI document is written, from these declarations alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from cica_graph.model.dates import Day
from cica_graph.model.errors import InvalidDate, UsageError

Kind = Literal["text", "day", "number", "flag"]

TRUE: Final = ("true", "1")
FALSE: Final = ("false", "0")
NUMBER: Final = re.compile(r"-?[0-9]{1,9}", re.ASCII)


@dataclass(frozen=True)
class Parameter:
    """One parameter.

    :ivar help: what it is for, in a sentence.
    :ivar default: what it is when left out, or empty.
    :ivar required: whether it must be there.
    :ivar many: whether it may be there several times.
    :ivar path: whether it is a part of the path.
    :ivar example: a value that gives an answer, or empty.
    :ivar choices: the values that it may have; empty for any.
    :ivar needs: the name of another without which it says nothing, or empty.
    :ivar without: the name of another that it does not go with, or empty.
    """

    name: str
    help: str
    kind: Kind = "text"
    default: str = ""
    required: bool = False
    many: bool = False
    path: bool = False
    example: str = ""
    choices: tuple[str, ...] = ()
    needs: str = ""
    without: str = ""


@dataclass(frozen=True)
class Operation:
    """Something to ask for.

    :ivar name: of the operation, which no other has.
    :ivar command: the command that answers it.
    :ivar summary: what it answers, in a sentence.
    :ivar columns: the keys of a row of the answer, with the types of their values in JSON Schema.
    :ivar more: the keys that only some answers have, likewise.
    """

    name: str
    command: str
    summary: str
    parameters: tuple[Parameter, ...]
    columns: Mapping[str, Sequence[str]]
    more: Mapping[str, Sequence[str]]

    @property
    def place(self) -> str:
        """The template of its path."""
        return f"/api/{self.command}" + "".join(f"/{{{p.name}}}" for p in self.parameters if p.path)


def read(parameters: Sequence[Parameter], fields: Mapping[str, Sequence[str]]) -> tuple[tuple[str, str], ...]:
    """Return the values of parameters from what a request carries, each in its one form.

    :raises UsageError: one is missing, unknown, there too often, or no value of its kind.
    """
    known = {p.name: p for p in parameters}
    for name in fields:
        if name not in known:
            raise UsageError(f"there is no parameter {name!r}; there are {', '.join(known) or 'none'}")
    found = list[tuple[str, str]]()
    for parameter in parameters:
        values = fields.get(parameter.name, [])
        if len(values) > 1 and not parameter.many:
            raise UsageError(f"{parameter.name} is given more than once")
        if not values and parameter.required:
            raise UsageError(f"{parameter.name} is missing: {parameter.help}")
        if values and parameter.needs and parameter.needs not in fields:
            raise UsageError(f"{parameter.name} goes with {parameter.needs}, which is not given")
        if parameter.without in fields:
            if values:
                raise UsageError(f"{parameter.name} does not go with {parameter.without}; give one of them")
            continue
        found += [(parameter.name, value(parameter, text)) for text in values or filter(None, [parameter.default])]
    return tuple(found)


def value(parameter: Parameter, text: str) -> str:
    """Return a value in its one form.

    :raises UsageError: it is no value of its kind.
    """
    match parameter.kind:
        case "day":
            try:
                return Day.of(text).isoformat()
            except InvalidDate as error:
                raise UsageError(f"{parameter.name}: {error}") from error
        case "number":
            if not NUMBER.fullmatch(text):
                raise UsageError(f"{parameter.name} is a whole number of at most nine digits, not {text!r}")
            return str(int(text))
        case "flag":
            if text not in TRUE + FALSE:
                raise UsageError(f"{parameter.name} is true or false, not {text!r}")
            return "true" if text in TRUE else ""
    if parameter.choices and text not in parameter.choices:
        raise UsageError(f"{parameter.name} is {' or '.join(parameter.choices)}, not {text!r}")
    if not text.strip():
        raise UsageError(f"{parameter.name} is empty")
    return text
