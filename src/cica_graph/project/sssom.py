"""Reader for SSSOM TSV: the metadata block, the rows with their lines, and the faults of both.

The format is https://mapping-commons.github.io/sssom/spec-formats-tsv/: ``#`` lines of YAML, then a tab-separated
table. The build and the ``link`` commands both read link files here.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import pyoxigraph as ox

from cica_graph.model.errors import Finding
from cica_graph.model.literals import fault
from cica_graph.model.terms import XSD

if TYPE_CHECKING:
    import yaml  # the functions that need it import it: most commands read no link file

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
# Ids that mean that there is no term: https://mapping-commons.github.io/sssom/NoTermFound/, and its old name.
NO_TERM: Final = frozenset({BUILT_IN["sssom"] + "NoTermFound", BUILT_IN["sssom"] + "NoMapping"})
_PLAIN: Final = re.compile(r"[A-Za-z0-9_][\w./:#?=&%~+-]*(?<!:)", re.ASCII)  # needs no quotes in YAML
# The XML Schema type of slots. Numbers are from 0 to 1.
_TYPES: Final[Mapping[str, str]] = {
    "confidence": "double", "similarity_score": "double", "mapping_date": "date", "publication_date": "date",
}  # fmt: skip
_MODIFIER: Final = "predicate_modifier"
_LONGEST: Final = 50  # maximum lines of a quoted cell; limits the effect of a quotation mark that is not closed


@dataclass(frozen=True)
class MappingRow:
    """One row of a mapping set.

    :ivar line: counted from 1.
    :ivar cells: text by column name.
    """

    line: int
    cells: Mapping[str, str]

    def column(self, name: str) -> int:
        """Return the position of a cell in its line, in characters counted from 1; 0 if the column does not exist."""
        place = 1
        for column, cell in self.cells.items():
            if column == name:
                return place
            place += len(cell) + 1
        return 0


@dataclass
class MappingTable:
    """A mapping set.

    :ivar name: name of the file in findings.
    :ivar head: the ``#`` lines, unchanged.
    :ivar meta: metadata by key; every scalar is text.
    :ivar curies: declared namespaces by prefix.
    :ivar header: names of the columns.
    :ivar findings: faults of the file, with line and column.
    :ivar readable: True if the metadata could be read.
    """

    name: str
    head: list[str] = field(default_factory=list)
    meta: dict[str, Any] = field(default_factory=dict)
    curies: dict[str, str] = field(default_factory=dict)
    header: tuple[str, ...] = ()
    rows: list[MappingRow] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    readable: bool = True

    @property
    def complete(self) -> bool:
        """True if the metadata could be read and the table has the columns that SSSOM requires."""
        return self.readable and all(column in self.header for column in REQUIRED)

    def text(self, key: str) -> str:
        """Return a value of the metadata on one line; empty if it is absent or is not a single value."""
        value = self.meta.get(key)
        # An escape in YAML can be an incomplete character, which is not text.
        return " ".join(value.encode("utf-8", "replace").decode().split()) if isinstance(value, str) else ""

    def expand(self, curie: str) -> str:
        """Return the IRI of a CURIE; an IRI is returned unchanged.

        :raises KeyError: the prefix is not declared.
        """
        prefix, _, rest = curie.partition(":")
        if rest.startswith("//"):
            return curie
        return (self.curies[prefix] if prefix in self.curies else BUILT_IN[prefix]) + rest

    def ids(self, row: MappingRow) -> tuple[str, str, str] | None:
        """Return subject, predicate and object of a row as IRIs; add a finding and return None if one is not an IRI."""
        iris = []
        for column in REQUIRED:
            curie = row.cells[column]
            try:
                iris.append(ox.NamedNode(self.expand(curie)).value)
            except (KeyError, ValueError):
                hint = f"declare the prefix {curie.partition(':')[0]!r} in curie_map"
                self.fault(row.line, row.column(column), f"{column} {curie!r} is not an IRI", hint)
        return (iris[0], iris[1], iris[2]) if len(iris) == len(REQUIRED) else None

    def states_link(self, row: MappingRow, ids: tuple[str, str, str]) -> bool:
        """Return whether a row states a link: it is not negated, and it has a term on both sides.

        A ``predicate_modifier`` other than ``Not`` is a finding, and the row is not a link.
        """
        modifier = row.cells.get(_MODIFIER, "").strip()
        if modifier not in ("", "Not"):
            message = f"{_MODIFIER} {modifier!r} is not known"
            self.fault(row.line, row.column(_MODIFIER), message, "write Not, or leave the cell empty")
        return not modifier and NO_TERM.isdisjoint(ids)

    def fault(self, line: int, column: int, message: str, hint: str) -> None:
        """Add a finding about the file."""
        self.findings.append(Finding(self.name, line, column, "mapping", "", message, hint))


def read(text: str, name: str) -> MappingTable:
    """Return the mapping set in a text; ``name`` is the name of the file in findings.

    Faults are in the table's findings. If the metadata cannot be read, the table has no rows: their prefixes are not
    known.
    """
    table, lines, numbers = MappingTable(name), list[tuple[int, str]](), list[int]()
    for number, line in enumerate(io.StringIO(text, newline=None), 1):
        line = line.removesuffix("\n")
        if line.startswith("#") and not lines:
            table.head.append(line)
            numbers.append(number)
        elif line.strip() or lines:
            lines.append((number, line))
    table.readable = _metadata(table, numbers)
    if not lines:
        table.fault(1, 1, "the file has no mappings", "add the header row and at least one mapping, or remove the file")
        return table
    number, header = lines[0]
    table.header = tuple(header.split("\t"))
    if missing := [column for column in REQUIRED if column not in table.header]:
        table.fault(number, 1, f"the table lacks the column {', '.join(missing)}", "add it; SSSOM requires it")
        return table
    for number, cells in _rows(lines[1:], table.head):
        if len(cells) != len(table.header):
            message = f"the row has {len(cells)} cells, but the table has {len(table.header)} columns"
            table.fault(number, 1, message, "write a cell for every column, even if it is empty")
        elif table.readable:
            row = MappingRow(number, dict(zip(table.header, cells, strict=True)))
            table.rows.append(row)
            for column in _TYPES.keys() & row.cells.keys():
                _check(table, column, row.cells[column], number, row.column(column))
    return table


def _check(table: MappingTable, slot: str, text: str, line: int, column: int) -> None:
    """Add a finding if a text is not empty and does not have the type of its slot."""
    if not text or (
        not (message := fault(text, XSD + _TYPES[slot])) and (_TYPES[slot] == "date" or 0 <= float(text) <= 1)
    ):
        return
    if _TYPES[slot] == "date":
        table.fault(line, column, f"{slot} {message}", "write YYYY-MM-DD")
    else:
        table.fault(line, column, f"{slot} {text!r} is not a number from 0 to 1", "write a number from 0 to 1")


def declare(head: Sequence[str], curies: Mapping[str, str], needed: Mapping[str, str]) -> list[str]:
    """Return the ``#`` lines with the prefixes of ``needed`` that ``curies``, their ``curie_map``, lacks.

    A ``curie_map`` in braces is written as a block, one prefix a line. Other lines are unchanged.
    """
    import yaml

    lacking = {prefix: space for prefix, space in needed.items() if prefix not in curies}
    if not lacking:
        return list(head)
    entry = _curie_map(head)
    if entry is None:
        return [*head, "# curie_map:", *_prefixes(lacking, 3)]
    key, value = entry
    line, margin = key.start_mark.line, key.start_mark.column
    if isinstance(value, yaml.MappingNode) and not value.flow_style:
        return [*head[: line + 1], *_prefixes(lacking, value.start_mark.column), *head[line + 1 :]]
    block = [f"#{' ' * margin}curie_map:", *_prefixes({**curies, **lacking}, margin + 2)]
    return [*head[:line], *block, *head[max(line, value.end_mark.line if value.value else line) + 1 :]]


def _curie_map(head: Sequence[str]) -> tuple[yaml.Node, yaml.Node] | None:
    """Return the key and the value of ``curie_map`` as YAML nodes, with their places."""
    import yaml

    try:
        root = yaml.compose("\n".join(line[1:] for line in head), Loader=yaml.BaseLoader)
    except yaml.YAMLError:
        return None
    pairs = root.value if isinstance(root, yaml.MappingNode) else []
    return next((pair for pair in pairs if pair[0].value == "curie_map"), None)


def _prefixes(curies: Mapping[str, str], margin: int) -> list[str]:
    return [f"#{' ' * margin}{_scalar(prefix)}: {_scalar(space)}" for prefix, space in curies.items()]


def _scalar(text: str) -> str:
    """Return a text as YAML, in quotes if it needs them."""
    return text if _PLAIN.fullmatch(text) else json.dumps(text)


def _metadata(table: MappingTable, numbers: list[int]) -> bool:
    """Read the metadata block, and return whether it could be read."""
    import yaml

    line, column, hint = 1, 1, "write each line as '# key: value'; put a value that has ': ' or ' #' in it in quotes"
    try:
        meta = yaml.load("\n".join(line[1:] for line in table.head), Loader=yaml.BaseLoader)
    except yaml.MarkedYAMLError as error:
        if (mark := error.problem_mark or error.context_mark) and numbers:
            line, column = numbers[min(mark.line, len(numbers) - 1)], mark.column + 2
        table.fault(line, column, f"the metadata is not YAML: {error.problem or error.context}", hint)
        return False
    except yaml.YAMLError as error:
        table.fault(line, column, f"the metadata is not YAML: {str(error).splitlines()[0]}", hint)
        return False
    except (RecursionError, OverflowError, ValueError):
        table.fault(line, column, "the metadata is nested too deeply, or has an invalid escape", hint)
        return False
    if meta is not None and not isinstance(meta, dict):
        table.fault(line, column, "the metadata is not a list of keys and values", hint)
        return False
    table.meta = {key: value for key, value in (meta or {}).items() if isinstance(key, str)}
    curies = table.meta.get("curie_map") or {}
    if not isinstance(curies, dict) or not all(isinstance(part, str) for pair in curies.items() for part in pair):
        table.fault(line, column, "curie_map is not a map of prefixes to namespaces", "write '#   prefix: namespace'")
        return False
    table.curies = curies
    for slot in _TYPES.keys() & table.meta.keys():
        at = next((n for n, line in zip(numbers, table.head, strict=True) if line.lstrip("# ").startswith(slot)), line)
        _check(table, slot, table.text(slot), at, 1)
    return True


def _rows(lines: list[tuple[int, str]], head: list[str]) -> Iterator[tuple[int, list[str]]]:
    """Split lines into cells. A cell may be quoted as in CSV, over several lines; an open quote is text.

    A comment between rows is moved to the head, as a comment of its YAML.
    """
    at = 0
    while at < len(lines):
        number, line = lines[at]
        at += 1
        if line.startswith("#"):
            head.append(re.sub("^##?", "##", line))
        elif '"' not in line:
            if line.strip():
                yield number, line.split("\t")
        else:
            cells, further = _quoted(lines[at - 1 : at + _LONGEST])
            at += further
            yield number, cells


def _quoted(lines: list[tuple[int, str]]) -> tuple[list[str], int]:
    """Return the cells of a row that contains quotes, and the number of lines after its first line."""
    text = ""
    for further, (_, line) in enumerate(lines):
        text += "\n" + line if further else line
        try:
            rows = list(csv.reader(io.StringIO(text, newline=""), delimiter="\t", strict=True))
        except csv.Error:
            continue
        if len(rows) == 1:
            return rows[0], further
    return lines[0][1].split("\t"), 0
