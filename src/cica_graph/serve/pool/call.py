"""Call of an operation, as the web process sends it to a query worker."""

from __future__ import annotations

from typing import NamedTuple


class Call(NamedTuple):
    """An operation by its name, and its values as text; a name with several values occurs several times."""

    name: str
    values: tuple[tuple[str, str], ...]

    def one(self, name: str) -> str:
        """Return the value of a name, or an empty text if it has none."""
        return next((value for each, value in self.values if each == name), "")

    def all(self, name: str) -> tuple[str, ...]:
        """Return the values of a name."""
        return tuple(value for each, value in self.values if each == name)
