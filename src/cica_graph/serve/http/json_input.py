"""JSON that somebody sends, read: strictly, part by part, and with errors that say where in it something is wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NoReturn, TypeVar

from cica_graph.serve.http.problem import Problem

Item = TypeVar("Item")


def parse(text: str, where: str) -> Told:
    """Read JSON, https://www.rfc-editor.org/rfc/rfc8259; ``where`` says in errors which it is.

    :raises Problem: it is none, or is nested too deeply.
    """
    try:
        return Told(json.loads(text, parse_constant=_refuse), where)
    except RecursionError as error:
        raise Problem(400, f"{where} is nested too deeply.") from error
    except json.JSONDecodeError as error:
        raise Problem(400, f"{where} is not JSON: {error.msg} at character {error.pos}.") from error
    except ValueError as error:
        raise Problem(400, f"{where} is not JSON: {error}.") from error


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


@dataclass(frozen=True)
class Told:
    """A value, and where it stands."""

    value: object
    where: str

    def wrong(self, wanted: str) -> Problem:
        """Return the problem that it is not what is wanted here."""
        return Problem(400, f"{self.where} is {_kind(self.value)}, and {wanted} is wanted.")

    def object(self, known: Sequence[str] = (), most: int = 0) -> dict[str, Told]:
        """Return the members of an object, none of which may be null; only those that are known, if any are named."""
        if not isinstance(self.value, dict):
            raise self.wrong("an object")
        if most and len(self.value) > most:
            raise Problem(413, f"{self.where} has {len(self.value):,} members; {most} are the most.")
        members = {}
        for name, each in self.value.items():
            members[_whole(name, self.where)] = Told(each, f"{self.where}/{name[:40]}")
            if known and name not in known:
                raise Problem(400, f"{self.where} has a member {name[:60]!r}; it may have {', '.join(known)}.")
        return members

    def list(self, most: int) -> Iterator[Told]:
        """Yield the items of a list."""
        if not isinstance(self.value, list):
            raise self.wrong("a list")
        if len(self.value) > most:
            raise Problem(413, f"{self.where} has {len(self.value):,} items; {most} are the most.")
        for number, each in enumerate(self.value):
            yield Told(each, f"{self.where}/{number}")

    def several(self, most: int) -> Iterator[Told]:
        """Yield the items of a list, or the value alone if it is none."""
        if isinstance(self.value, list):
            yield from self.list(most)
        else:
            yield self

    def text(self) -> str:
        """Return a text."""
        if not isinstance(self.value, str):
            raise self.wrong("a text")
        return _whole(self.value, self.where)

    def one_of(self, *choices: Item) -> Item:
        """Return a text that is one of several."""
        for choice in choices:
            if self.value == choice:
                return choice
        raise self.wrong(f"one of {', '.join(map(str, choices))}")

    def truth(self) -> bool:
        """Return true or false."""
        if not isinstance(self.value, bool):
            raise self.wrong("true or false")
        return self.value

    def count(self) -> int:
        """Return a whole number from 1."""
        if (
            isinstance(self.value, bool)
            or not isinstance(self.value, int | float)
            or not float(self.value).is_integer()
        ):
            raise self.wrong("a whole number")
        if self.value < 1:
            raise Problem(400, f"{self.where} is less than 1.")
        return int(self.value)


def _whole(text: str, where: str) -> str:
    """Return a text that is one: JSON can write half of a character that needs two."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise Problem(400, f"{where} has half a surrogate pair, which is no character.") from error
    return text


def _kind(value: object) -> str:
    if isinstance(value, str):
        return f"the text {value[:40]!r}"
    names: dict[type, str] = {dict: "an object", list: "a list", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")
