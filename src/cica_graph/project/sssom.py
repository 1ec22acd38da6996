"""SSSOM TSV as text: the metadata block, the rows with their lines, and what is wrong with either.

The format is https://mapping-commons.github.io/sssom/spec-formats-tsv/: ``#`` lines of YAML, two levels deep, then a
tab-separated table. Whoever reads a link file, the build or the ``link`` commands, reads it here.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from cica_graph.model.errors import Finding

REQUIRED: Final = ("subject_id", "predicate_id", "object_id")
# Prefixes that SSSOM lets a file use without declaring them.
BUILT_IN: Final[Mapping[str, str]] = {
    "owl": "http://www.w3.org/2002/07/owl#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "semapv": "https://w3id.org/semapv/vocab/",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "sssom": "https://w3id.org/sssom/",
}
_LONGEST: Final = 50  # lines that one quoted cell may span; an open quote swallows no more of the file


@dataclass(frozen=True)
class Row:
    """One mapping as it is written.

    :ivar line: counted from 1.
    :ivar cells: text by column name.
    """

    line: int
    cells: Mapping[str, str]

    def column(self, name: str) -> int:
        """Return where a cell begins, in characters from 1."""
        place = 1
        for column, cell in self.cells.items():
            if column == name:
                return place
            place += len(cell) + 1
        return 0


@dataclass
class Table:
    """A mapping set as it is written.

    :ivar head: the ``#`` lines as they are.
    :ivar meta: metadata with one value, by key.
    :ivar curies: the namespaces declared, by prefix.
    :ivar header: the names of the columns.
    :ivar findings: what could not be read, with line and column.
    """

    name: str
    head: list[str] = field(default_factory=list)
    meta: dict[str, str] = field(default_factory=dict)
    curies: dict[str, str] = field(default_factory=dict)
    header: tuple[str, ...] = ()
    rows: list[Row] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        """Whether there is a table with the columns that SSSOM requires."""
        return all(column in self.header for column in REQUIRED)

    def expand(self, curie: str) -> str:
        """Return the IRI that a CURIE or an IRI stands for.

        :raises KeyError: the prefix is not declared.
        """
        prefix, _, rest = curie.partition(":")
        if rest.startswith("//"):
            return curie
        return (self.curies[prefix] if prefix in self.curies else BUILT_IN[prefix]) + rest

    def fault(self, line: int, column: int, message: str, hint: str) -> None:
        """Note something that is wrong with the file."""
        self.findings.append(Finding(self.name, line, column, "mapping", "", message, hint))


def read(text: str, name: str) -> Table:
    """Read a mapping set; ``name`` is the file as findings are to name it."""
    table, body = Table(name), list[tuple[int, str]]()
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("#"):
            table.head.append(line)
        elif line.strip():
            body.append((number, line))
    _metadata(table)
    if not body:
        table.fault(1, 1, "the file has no mappings", "add the header row and at least one mapping, or remove the file")
        return table
    table.header = tuple(body[0][1].split("\t"))
    if not table.complete:
        missing = [column for column in REQUIRED if column not in table.header]
        table.fault(body[0][0], 1, f"the table lacks the column {', '.join(missing)}", "add it; SSSOM requires it")
        return table
    for number, cells in _cells(body[1:]):
        if len(cells) != len(table.header):
            table.fault(
                number,
                1,
                f"{len(cells)} cells in a table of {len(table.header)} columns",
                "give every column, empty or not",
            )
        else:
            table.rows.append(Row(number, dict(zip(table.header, cells, strict=True))))
    return table


def _metadata(table: Table) -> None:
    in_map, margin = False, None
    for line in table.head:
        key, colon, value = line[1:].partition(":")
        indent = len(key) - len(key.lstrip())
        margin = indent if margin is None else margin
        nested = indent > margin
        if not nested:
            in_map = key.strip() == "curie_map"
        if colon and nested and in_map:
            table.curies[key.strip()] = value.strip().strip("'\"")
        elif colon:
            table.meta[key.strip()] = value.strip().strip("'\"")


def _cells(body: list[tuple[int, str]]) -> Iterator[tuple[int, list[str]]]:
    """Split lines into cells. A cell may be quoted as in CSV, over several lines; an open quote is text."""
    at = 0
    while at < len(body):
        number, line = body[at]
        at += 1
        if '"' not in line:
            yield number, line.split("\t")
            continue
        text = line
        for further in range(min(_LONGEST, len(body) - at) + 1):
            if further:
                text += "\n" + body[at + further - 1][1]
            try:
                rows = list(csv.reader(io.StringIO(text, newline=""), delimiter="\t", strict=True))
            except csv.Error:
                continue
            if len(rows) == 1:
                at += further
                yield number, rows[0]
                break
        else:
            yield number, line.split("\t")
