"""JSON input: strict parsing, with errors that contain the path of the member that is wrong.

Two libraries were measured and are not used. pydantic collects all errors: a body of 1 MB with 100,000 wrong members
blocks the process for seconds. msgspec does not give the key of a dictionary or the length of a list in its errors.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NoReturn, TypeVar

from cica_graph.serve.http.problem import Problem

Choice = TypeVar("Choice")


def parse(text: str, where: str) -> JsonInput:
    """Parse JSON, https://www.rfc-editor.org/rfc/rfc8259; paths in errors begin with ``where``.

    :raises Problem: the text is not JSON, or is nested too deeply.
    """
    try:
        return JsonInput(json.loads(text, parse_constant=_refuse), where)
    except RecursionError as error:
        raise Problem(400, f'"{where}" is nested too deeply.') from error
    except json.JSONDecodeError as error:
        raise Problem(400, f'"{where}" is not JSON: {error.msg} at character {error.pos}.') from error
    except ValueError as error:
        raise Problem(400, f'"{where}" is not JSON: {error}.') from error


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number")


@dataclass(frozen=True)
class JsonInput:
    """A value and its path. Each method returns the value as a type, or raises Problem."""

    value: object
    where: str

    def unexpected(self, expected: str) -> Problem:
        """Return the error for a value of the wrong type."""
        return Problem(400, f'"{self.where}" is {_kind(self.value)}; expected {expected}.')

    def object(
        self, known: Sequence[str] = (), *, required: Sequence[str] = (), maximum: int = 0
    ) -> dict[str, JsonInput]:
        """Return the members of an object; if ``known`` is given, other members are an error."""
        if not isinstance(self.value, dict):
            raise self.unexpected("an object")
        if maximum and len(self.value) > maximum:
            raise self._too_many(len(self.value), maximum)
        members = {}
        for name, each in self.value.items():
            members[_valid(name, self.where)] = JsonInput(each, f"{self.where}/{name[:40]}")
            if known and name not in known:
                raise Problem(400, f'"{self.where}" has an unknown member {name[:60]!r}. Use {", ".join(known)}.')
        for name in required:
            if name not in members:
                raise Problem(400, f'"{self.where}" needs a member "{name}".')
        return members

    def list(self, maximum: int) -> Iterator[JsonInput]:
        """Yield the items of a list."""
        if not isinstance(self.value, list):
            raise self.unexpected("a list")
        if len(self.value) > maximum:
            raise self._too_many(len(self.value), maximum)
        for number, each in enumerate(self.value):
            yield JsonInput(each, f"{self.where}/{number}")

    def one_or_more(self, maximum: int) -> Iterator[JsonInput]:
        """Yield the items of a list, or a value that is not a list."""
        if isinstance(self.value, list):
            yield from self.list(maximum)
        else:
            yield self

    def text(self) -> str:
        """Return a string."""
        if not isinstance(self.value, str):
            raise self.unexpected("a string")
        return _valid(self.value, self.where)

    def one_of(self, *choices: Choice) -> Choice:
        """Return a string that is one of the choices."""
        for choice in choices:
            if self.value == choice:
                return choice
        raise self.unexpected(f"one of {', '.join(map(str, choices))}")

    def boolean(self) -> bool:
        """Return true or false."""
        if not isinstance(self.value, bool):
            raise self.unexpected("true or false")
        return self.value

    def positive_number(self) -> int:
        """Return a whole number from 1."""
        if (
            isinstance(self.value, bool)
            or not isinstance(self.value, int | float)
            or not float(self.value).is_integer()
        ):
            raise self.unexpected("a whole number")
        if self.value < 1:
            raise Problem(400, f'"{self.where}" is less than 1.')
        return int(self.value)

    def _too_many(self, number: int, maximum: int) -> Problem:
        return Problem(413, f'Too many items in "{self.where}": {number:,} (maximum {maximum}).')


def _valid(text: str, where: str) -> str:
    """Return a string without lone surrogates, which JSON can contain and UTF-8 cannot."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise Problem(400, f'"{where}" contains a lone surrogate, which is not a character.') from error
    return text


def _kind(value: object) -> str:
    if isinstance(value, str):
        return f"the string {value[:40]!r}"
    names: dict[type, str] = {dict: "an object", list: "a list", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")
