"""What the names in a table stand for, and a list of those of which it is not known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import Final, TextIO

from cica_graph import queries
from cica_graph.files.external_sort import Row, Sorter
from cica_graph.files.table_reader import Bad, table
from cica_graph.files.table_writer import TableWriter, unguard
from cica_graph.model.errors import NotFound, UsageError
from cica_graph.model.names import Names, fold
from cica_graph.model.terms import SKOS, local
from cica_graph.store.store import Store, value

UNRESOLVED: Final = ("part", "name", "rows", "first_line", "reason", "use")
SUGGESTED: Final = 1000  # names that are compared with ours for likeness; the others are told without a suggestion
SHOWN: Final = 10  # names that are told besides


class Resolver:
    """What the names in a table stand for, by the alias index and by what a person has decided.

    ``roles`` are local names of concepts by their folded names, ``decided`` maps a part and a folded name to another.
    """

    def __init__(self, names: Names, roles: Mapping[str, str], decided: Mapping[tuple[str, str], str]) -> None:
        self._names, self._roles, self._decided = names, roles, decided
        self.find = lru_cache(maxsize=1 << 16)(self._find)

    def _find(self, part: str, name: str) -> tuple[str, str]:
        """Return what a name stands for, the IRI or the role, or the reason why it is not known."""
        try:
            return self.meant(part, self._decided.get((part, fold(name)), name), suggest=False), ""
        except NotFound as error:
            return "", str(error)

    def meant(self, part: str, name: str, *, suggest: bool = True) -> str:
        """Return what a name stands for.

        :raises NotFound: nothing goes by it; the nearest are offered if asked to ``suggest``.
        """
        if part != "role":
            kinds = ("organization",) if part == "organization" else ("state", "organization")
            return self._names.find(name, kinds, suggest=suggest).iri
        if (role := self._roles.get(fold(name).replace("-", " "))) is None:
            hint = f"; the roles are {', '.join(sorted({*self._roles.values()}))}" if suggest else ""
            raise NotFound(f"no role is called {name!r}{hint}")
        return role


def roles(store: Store) -> dict[str, str]:
    """Return the local names of the roles by every name they have, folded and with spaces for hyphens."""
    found = {}
    for row in store.select(queries.shipped("select", "roles").text):
        iri = value(row["role"])
        found[local(iri).replace("-", " ")] = local(iri)
        for t in store.about([iri]):
            if t.predicate.value in (SKOS + "prefLabel", SKOS + "altLabel"):
                found[fold(value(t.object)).replace("-", " ")] = local(iri)
    return found


def decisions(path: Path, resolver: Resolver) -> dict[tuple[str, str], str]:
    """Read a list of unknown names to which a person has added, in its column ``use``, what each means.

    :raises UsageError: no such file or columns, or nothing goes by what is to be used.
    """
    found = {}
    with table(path) as rows:
        part, name, use = (rows.column(heading) for heading in ("part", "name", "use"))
        for row in rows.rows:
            if isinstance(row, Bad):
                raise UsageError(f"{path}:{row.line}: {row.reason}")
            meant = row.cells[use].strip()
            if not meant:
                continue
            if row.cells[part] not in ("member", "organization", "role"):
                raise UsageError(f"{path}:{row.line}: {row.cells[part]!r} is no part that has names")
            try:
                resolver.meant(row.cells[part], meant)
            except NotFound as error:
                raise UsageError(f"{path}:{row.line}: {error}") from error
            found[row.cells[part], fold(unguard(row.cells[name]))] = meant
    return found


def write_unknown(file: TextIO, unknown: Iterable[Row], resolver: Resolver) -> tuple[int, list[tuple[int, str]]]:
    """Write the names that are not known, those of the most rows first.

    ``unknown`` has, in order, the part, the name and the line of each time that one is met. Return how many names
    there are, and of the first few in how many rows they stand and why they are not known.
    """
    names, first_few = 0, list[tuple[int, str]]()
    with Sorter() as ranked:
        for (part, name), rows in groupby(unknown, lambda row: row[:2]):
            first = count = 0
            for _, _, line in rows:
                first, count = first or line, count + 1
            ranked.add((-count, part, name, first))
        row = TableWriter(file, UNRESOLVED, delimiter="\t").write
        for count, part, name, line in ranked:
            names += 1
            try:
                resolver.meant(part, name, suggest=names <= SUGGESTED)
            except NotFound as error:
                reason = str(error)
                row((part, name, -count, line, reason, ""))
                if len(first_few) < SHOWN:
                    first_few.append((-count, reason))
    return names, first_few
