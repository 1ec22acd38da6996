"""Mapping sets that people edit: read from SSSOM TSV, and written back in one canonical form.

The slots are those of https://mapping-commons.github.io/sssom/Mapping/. A column that this module does not name is
kept with its cells.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from cica_graph.linking.candidate import targets
from cica_graph.model.errors import Finding, UsageError
from cica_graph.model.terms import PREFIXES, SCHEMA
from cica_graph.project import sssom

MANUAL: Final = "semapv:ManualMappingCuration"
_NAMED: Final = (
    "subject_id", "subject_label", "predicate_id", "object_id", "object_label", "mapping_justification",
    "mapping_cardinality", "confidence", "author_label", "mapping_date", "mapping_tool", "mapping_tool_version",
    "comment",
)  # fmt: skip
_ALWAYS: Final = frozenset({
    "subject_id", "subject_label", "predicate_id", "object_id", "object_label", "mapping_justification", "confidence",
    "author_label", "mapping_date", "mapping_tool", "comment",
})  # fmt: skip
# Prefixes that link files use, so that every file has the same CURIE for the same thing.
USUAL: Final[Mapping[str, str]] = {
    "cgo": PREFIXES["organization"],
    "cgs": PREFIXES["state"],
    "schema": SCHEMA,
    "semapv": sssom.BUILT_IN["semapv"],
    "skos": PREFIXES["skos"],
    "sssom": sssom.BUILT_IN["sssom"],
    "wd": PREFIXES["wd"],
}


@dataclass(frozen=True)
class Link:
    """One mapping. Ids are IRIs, also where the file has CURIEs; an empty text is an empty cell.

    :ivar confidence: in [0,1], or None if the file has no value.
    :ivar other: columns that have no attribute here, with their cells.
    :ivar line: line in its file, from 1; 0 if it is not from a file.
    """

    subject_id: str
    predicate_id: str
    object_id: str
    subject_label: str = ""
    object_label: str = ""
    mapping_justification: str = ""
    mapping_cardinality: str = ""
    confidence: float | None = None
    author_label: str = ""
    mapping_date: str = ""
    mapping_tool: str = ""
    mapping_tool_version: str = ""
    comment: str = ""
    other: tuple[tuple[str, str], ...] = ()
    line: int = field(default=0, compare=False)

    @property
    def pair(self) -> tuple[str, str]:
        """The IRIs of subject and object."""
        return self.subject_id, self.object_id


@dataclass(frozen=True)
class LinkSet:
    """The mappings of one file, and the metadata lines above them, unchanged.

    :ivar links: the rows that state a link.
    :ivar curies: the namespaces that the file declares, by prefix.
    :ivar set_id: the ``mapping_set_id``, empty if the file has none.
    :ivar findings: the parts that could not be read.
    :ivar negative: the rows that state that there is no link, with ``predicate_modifier`` or ``sssom:NoTermFound``.
    """

    links: tuple[Link, ...] = ()
    head: tuple[str, ...] = ()
    curies: Mapping[str, str] = field(default_factory=dict)
    file: str = ""
    set_id: str = ""
    findings: tuple[Finding, ...] = ()
    negative: tuple[Link, ...] = ()


def read(path: Path, name: str = "") -> LinkSet:
    """Return the mapping set in a file; its problems are in ``findings``, and the rest is read.

    :raises UsageError: the file does not exist or is not UTF-8.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not UTF-8 at byte {error.start}; save it as UTF-8") from error
    return parse(text, name or path.as_posix())


def parse(text: str, name: str) -> LinkSet:
    """Return the mapping set in a text, as ``read`` does."""
    table = sssom.read(text, name)
    links, negative = list[Link](), list[Link]()
    for row in table.rows:
        if (ids := table.ids(row)) is not None and (link := _link(table, row, ids)) is not None:
            (links if table.states_link(row, ids) else negative).append(link)
    return LinkSet(
        tuple(links), tuple(table.head), dict(table.curies), name, table.text("mapping_set_id"),
        tuple(sorted(table.findings)), tuple(negative),
    )  # fmt: skip


def _link(table: sssom.MappingTable, row: sssom.MappingRow, ids: tuple[str, str, str]) -> Link | None:
    confidence, cell = None, row.cells.get("confidence", "")
    if cell:
        try:
            confidence = float(cell)
        except ValueError:
            return None
        if not 0 <= confidence <= 1:  # the table has a finding
            return None
    named: dict[str, Any] = {
        n: row.cells[n] for n in _NAMED if n in row.cells and n not in sssom.REQUIRED and n != "confidence"
    }
    other = tuple((n, cell) for n, cell in row.cells.items() if n not in _NAMED)
    link = Link(ids[0], ids[1], ids[2], confidence=confidence, other=other, line=row.line)
    return replace(link, **named)


def render(links: LinkSet, prefixes: Mapping[str, str] = MappingProxyType({})) -> bytes:
    """Return the content of a file, with rows in the order of their ids; equal links give equal bytes.

    Prefixes that the ids need and the metadata lacks are added to ``curie_map``, from the usual ones and ``prefixes``.
    """
    rows = sorted(links.links + links.negative, key=lambda r: (r.subject_id, r.object_id, r.predicate_id, r.comment))
    curies = {**USUAL, **prefixes, **links.curies}
    cells = [_cells(row, curies) for row in rows]
    extra = sorted({name for row in rows for name, _ in row.other})
    columns = [
        n for n in (*_NAMED, *extra) if n in _ALWAYS or n in extra or any(c.get(n) for c in cells)
    ]  # fmt: skip
    used = {
        curie.partition(":")[0]
        for row in cells
        for n in (*sssom.REQUIRED, "mapping_justification")
        if not (curie := row.get(n, "")).partition(":")[2].startswith("//")
    }
    head = sssom.declare(links.head, links.curies, {p: curies[p] for p in sorted(used & set(curies))})
    out = io.StringIO()
    out.write("".join(line + "\n" for line in head))
    writer = csv.writer(out, delimiter="\t", quoting=csv.QUOTE_MINIMAL, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([row.get(n, "") for n in columns] for row in cells)
    return out.getvalue().encode()


def _cells(link: Link, curies: Mapping[str, str]) -> dict[str, str]:
    named = {n: getattr(link, n) for n in _NAMED if n != "confidence"}
    named |= {n: compact(named[n], curies) for n in sssom.REQUIRED}
    named["confidence"] = "" if link.confidence is None else f"{link.confidence:.4g}"
    return named | dict(link.other)


def compact(iri: str, curies: Mapping[str, str] | None = None) -> str:
    """Return an IRI as a CURIE with the longest namespace that fits, or unchanged; default: the usual prefixes."""
    if curies is None:
        curies = {**USUAL, **{t.prefix: t.namespace for t in targets().values()}}
    fitting = [(len(space), prefix) for prefix, space in curies.items() if space and iri.startswith(space)]
    if not fitting or len(iri) == max(fitting)[0]:
        return iri
    length, prefix = max(fitting)
    return f"{prefix}:{iri[length:]}"


def fresh(target: str, title: str, day: str) -> LinkSet:
    """Return a mapping set without mappings, with the metadata that SSSOM requires."""
    return LinkSet(
        head=(
            f"# mapping_set_id: https://w3id.org/cica-graph/links/{target}",
            f"# mapping_set_title: {title}",
            "# license: https://creativecommons.org/publicdomain/zero/1.0/",
            f"# mapping_date: {day}",
        )
    )
