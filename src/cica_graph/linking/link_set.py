"""Mappings as people work on them: read from SSSOM TSV, and written back the same each time.

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
# Prefixes that link files use, so that the same thing is written alike in each.
USUAL: Final[Mapping[str, str]] = {
    "cgo": PREFIXES["organization"],
    "cgs": PREFIXES["state"],
    "schema": SCHEMA,
    "semapv": sssom.BUILT_IN["semapv"],
    "skos": PREFIXES["skos"],
    "wd": PREFIXES["wd"],
}


@dataclass(frozen=True)
class Link:
    """One mapping. Ids are IRIs, whatever CURIE the file has; an empty text is an empty cell.

    :ivar confidence: in [0,1], or None where the file gives none.
    :ivar other: columns that have no attribute here, with their cells.
    :ivar line: where it stands in its file, from 1; 0 when it stands in none.
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
        """The two sides."""
        return self.subject_id, self.object_id


@dataclass(frozen=True)
class LinkSet:
    """The mappings of one file, with the metadata lines above them as they are."""

    links: tuple[Link, ...] = ()
    head: tuple[str, ...] = ()
    curies: Mapping[str, str] = field(default_factory=dict)
    file: str = ""
    findings: tuple[Finding, ...] = ()


def read(path: Path, name: str = "") -> LinkSet:
    """Read a file; what is wrong with it is in ``findings``, and the rest is read.

    :raises UsageError: no such file, or no text.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not UTF-8 at byte {error.start}; save it as UTF-8") from error
    return parse(text, name or path.as_posix())


def parse(text: str, name: str) -> LinkSet:
    """Read a text, as ``read`` does."""
    table = sssom.read(text, name)
    links = []
    for row in table.rows:
        link = _link(table, row)
        if link is not None:
            links.append(link)
    return LinkSet(tuple(links), tuple(table.head), dict(table.curies), name, tuple(sorted(table.findings)))


def _link(table: sssom.Table, row: sssom.Row) -> Link | None:
    ids = []
    for column in sssom.REQUIRED:
        curie = row.cells[column]
        try:
            ids.append(table.expand(curie))
        except KeyError:
            table.fault(
                row.line, row.column(column), f"{column} {curie!r} is no IRI",
                f"declare the prefix {curie.partition(':')[0]!r} in curie_map",
            )  # fmt: skip
            return None
    confidence, cell = None, row.cells.get("confidence", "")
    if cell:
        try:
            confidence = float(cell)
        except ValueError:
            confidence = -1.0
        if not 0 <= confidence <= 1:
            table.fault(
                row.line,
                row.column("confidence"),
                f"confidence {cell!r} is not a number from 0 to 1",
                "mend the number",
            )
            return None
    named: dict[str, Any] = {
        n: row.cells[n] for n in _NAMED if n in row.cells and n not in sssom.REQUIRED and n != "confidence"
    }
    other = tuple((n, cell) for n, cell in row.cells.items() if n not in _NAMED)
    link = Link(ids[0], ids[1], ids[2], confidence=confidence, other=other, line=row.line)
    return replace(link, **named)


def render(links: LinkSet, prefixes: Mapping[str, str] = MappingProxyType({})) -> bytes:
    """Return a file's content: equal links give equal bytes, in the order of their ids.

    Prefixes that the ids need and the metadata lack are added to ``curie_map``, of the usual ones and of ``prefixes``.
    """
    rows = sorted(links.links, key=lambda link: (link.subject_id, link.object_id, link.predicate_id, link.comment))
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
    head = _head(links, {p: curies[p] for p in sorted(used & set(curies))})
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
    """Return an IRI as a CURIE of the longest namespace that fits, or as it is; by default of the usual."""
    if curies is None:
        curies = {**USUAL, **{t.prefix: t.namespace for t in targets().values()}}
    fitting = [(len(space), prefix) for prefix, space in curies.items() if space and iri.startswith(space)]
    if not fitting or len(iri) == max(fitting)[0]:
        return iri
    length, prefix = max(fitting)
    return f"{prefix}:{iri[length:]}"


def _head(links: LinkSet, needed: Mapping[str, str]) -> list[str]:
    """Return the metadata lines, with the prefixes added that are not declared."""
    head = list(links.head)
    lacking = [f"#   {p}: {space}" for p, space in needed.items() if p not in links.curies]
    if not lacking:
        return head
    place = next((i for i, line in enumerate(head) if line[1:].strip() == "curie_map:"), None)
    if place is None:
        return [*head, "# curie_map:", *lacking]
    indent = head[place + 1 : place + 2]
    if indent and (margin := indent[0][1 : len(indent[0]) - len(indent[0][1:].lstrip())]).strip() == "":
        lacking = [f"#{margin}{line[4:]}" for line in lacking]
    return [*head[: place + 1], *lacking, *head[place + 1 :]]


def fresh(target: str, title: str, day: str) -> LinkSet:
    """Return a set without mappings, with the metadata that SSSOM requires."""
    return LinkSet(
        head=(
            f"# mapping_set_id: https://w3id.org/cica-graph/links/{target}",
            f"# mapping_set_title: {title}",
            "# license: https://creativecommons.org/publicdomain/zero/1.0/",
            f"# mapping_date: {day}",
        )
    )
