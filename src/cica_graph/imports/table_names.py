"""Names in an imported table: their meanings, and the list of unknown names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property, lru_cache
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, TextIO, get_args

from cica_graph import queries
from cica_graph.files.external_sort import Row, Sorter
from cica_graph.files.table_reader import BadRow, open_table
from cica_graph.files.table_writer import TableWriter, unguard
from cica_graph.memberships.names import read_names
from cica_graph.model.errors import NotFound, UsageError
from cica_graph.model.names import KINDS
from cica_graph.model.normalise import caseless
from cica_graph.model.terms import SKOS, local
from cica_graph.store.store import Store, value

if TYPE_CHECKING:
    from cica_graph.reconcile.search import Search

NamedPart = Literal["member", "organization", "role"]
NAMED_PARTS: Final[tuple[NamedPart, ...]] = get_args(NamedPart)
UNRESOLVED: Final = ("part", "name", "rows", "first_line", "reason", "use")
SUGGESTED: Final = 1000  # unknown names that get a suggestion; finding one takes some milliseconds
SHOWN: Final = 10  # unknown names that the summary of an import shows


class Resolver:
    """The meaning of the names in a table.

    An actor's name is any name of the graph, or a name that ``cica-graph match`` is sure of. The names of roles are in
    the graph too. :meth:`decide` adds names that a person has decided on.
    """

    def __init__(self, store: Store) -> None:
        self._store, self._names = store, read_names(store)
        self._roles = roles(store)
        self._decided: Mapping[tuple[NamedPart, str], str] = {}
        self.find = lru_cache(maxsize=1 << 16)(self._find)

    def decide(self, meanings: Mapping[tuple[NamedPart, str], str]) -> None:
        """Use these names in place of others: see :func:`decisions`."""
        self._decided = meanings
        self.find.cache_clear()

    @cached_property
    def _search(self) -> Search:
        from cica_graph.reconcile.catalog import Catalog  # only a name that the graph does not have needs it
        from cica_graph.reconcile.search import Search

        return Search(Catalog(self._store))

    def _find(self, part: NamedPart, name: str) -> tuple[str, str]:
        """Return the IRI or the role that a name means, or else the reason why it is unknown."""
        try:
            return self.meant(part, self._decided.get((part, caseless(name)), name), suggest=False), ""
        except NotFound as error:
            return "", str(error)

    def meant(self, part: NamedPart, name: str, *, suggest: bool = True) -> str:
        """Return the IRI or the role that a name means.

        :raises NotFound: the name is unknown or ambiguous. With ``suggest``, the message contains similar names.
        """
        if part != "role":
            return self._actor(part, name, suggest=suggest)
        if (role := self._roles.get(caseless(name).replace("-", " "))) is None:
            hint = f"; the roles are {', '.join(sorted({*self._roles.values()}))}" if suggest else ""
            raise NotFound(f"unknown role {name!r}{hint}")
        return role

    def _actor(self, part: NamedPart, name: str, *, suggest: bool) -> str:
        from cica_graph.reconcile.query import ReconcileQuery

        kinds = KINDS if part == "member" else ("organization",)
        number = name.isdecimal()  # M49 and the Correlates of War use the same numbers for different states
        if not number:
            try:
                return self._names.find(name, kinds, suggest=False).iri
            except NotFound:
                pass
        types = () if part == "member" else ("Organization",)
        found = self._search.candidates(ReconcileQuery((name,), types=types, similar=False))
        if found and found[0].sure:
            return found[0].entity.thing.iri
        if number and found and found[0].features["rivals"]:
            several = ", ".join(f"{m.entity.label} ({'; '.join(m.reasons)})" for m in found)
            raise NotFound(f"{name!r} is ambiguous: {several}; use a code of letters")
        return self._names.find(name, kinds, suggest=suggest).iri


def roles(store: Store) -> dict[str, str]:
    """Return the local name of each role by every name that it has, without case and with spaces for hyphens."""
    found = {}
    for row in store.select(queries.shipped("select", "roles").text):
        iri = value(row["role"])
        found[local(iri).replace("-", " ")] = local(iri)
        for t in store.about([iri]):
            if t.predicate.value in (SKOS + "prefLabel", SKOS + "altLabel"):
                found[caseless(value(t.object)).replace("-", " ")] = local(iri)
    return found


def decisions(path: Path, resolver: Resolver) -> dict[tuple[NamedPart, str], str]:
    """Read a list of unknown names in which a person has filled the column ``use`` with known names.

    :raises UsageError: the file or a column does not exist, or a name in ``use`` is itself unknown.
    """
    found = dict[tuple[NamedPart, str], str]()
    with open_table(path) as rows:
        part, name, use = (rows.column(heading) for heading in ("part", "name", "use"))
        for row in rows.rows:
            if isinstance(row, BadRow):
                raise UsageError(f"{path}:{row.line}: {row.reason}")
            meant = row.cells[use].strip()
            if not meant:
                continue
            named = next((p for p in NAMED_PARTS if p == row.cells[part]), None)
            if named is None:
                raise UsageError(f"{path}:{row.line}: {row.cells[part]!r} is not one of: {', '.join(NAMED_PARTS)}")
            try:
                resolver.meant(named, meant)
            except NotFound as error:
                raise UsageError(f"{path}:{row.line}: {error}") from error
            found[named, caseless(unguard(row.cells[name]))] = meant
    return found


def write_unknown(file: TextIO, unknown: Iterable[Row], resolver: Resolver) -> tuple[int, list[tuple[int, str]]]:
    """Write the unknown names, those of the most rows first.

    ``unknown`` has a row for each time that an unknown name occurs: the part, the name and the line, in this order.
    Return the number of names, and for the first few the number of their rows and the reason.
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
