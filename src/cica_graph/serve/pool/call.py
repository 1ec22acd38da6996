"""A question that is no SPARQL, for a process that can be killed all the same."""

from __future__ import annotations

from typing import NamedTuple


class Call(NamedTuple):
    """What is asked, and with which values; a name with several values is there several times."""

    name: str
    values: tuple[tuple[str, str], ...]

    def one(self, name: str) -> str:
        """Return the value of a name, an empty text if it has none."""
        return next((value for each, value in self.values if each == name), "")

    def all(self, name: str) -> tuple[str, ...]:
        """Return the values of a name."""
        return tuple(value for each, value in self.values if each == name)
