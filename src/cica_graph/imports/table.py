"""Import of memberships from any CSV or TSV table with one row for each membership.

Each row is accepted or rejected. Rejected rows are written to a file with the same columns, with their line and the
reason; it can be corrected and imported again. Rows with the same membership are merged, and the membership cites all
their sources. Memory use is constant, because rows are sorted on the disk.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import Final, TextIO

import pyoxigraph as ox

from cica_graph.files import atomic
from cica_graph.files.external_sort import Row, Sorter
from cica_graph.files.table_reader import BadRow, TableReader, invalid_text, open_table, printable
from cica_graph.files.table_writer import TableWriter, unguard
from cica_graph.imports.membership_writer import NOT_STATED, GraphFile, MembershipRecord, Source
from cica_graph.imports.table_names import Resolver, write_unknown
from cica_graph.model import dates, edtf
from cica_graph.model.dates import DateOrder
from cica_graph.model.errors import InvalidDate, UsageError
from cica_graph.model.normalise import caseless
from cica_graph.model.progress import OnProgress, share
from cica_graph.model.terms import ID, local

PARTS: Final = ("member", "organization", "role", "start", "end", "source")
NEEDED: Final = ("member", "organization")
KINDS: Final = 50  # maximum number of reasons that are counted separately
LONGEST: Final = 1000  # maximum characters of a source
_ONGOING: Final = frozenset({"present", "now", "today", "ongoing", "current"})


@dataclass(frozen=True)
class About:
    """Details of the source of a table.

    :ivar licence: IRI of the licence.
    :ivar version: version of the source (default: the digest of the file).
    :ivar as_of: the day that the table describes. It attests memberships without an end.
    """

    title: str = ""
    citation: str = ""
    licence: str = NOT_STATED
    version: str = ""
    as_of: date | None = None


@dataclass
class TableOutcome:
    """Summary of an import. ``rows`` is the sum of ``kept`` and all of ``rejected``.

    :ivar columns: the column of each part.
    :ivar unused: the other columns.
    :ivar memberships: number of memberships.
    :ivar rejected: number of rejected rows, by reason.
    :ivar names: the most frequent unknown names: the number of rows, and the reason with suggestions.
    :ivar name_count: number of unknown names.
    :ivar written: paths of the graph, the rejected rows, and the unknown names.
    """

    columns: Mapping[str, str]
    unused: Sequence[str]
    written: tuple[Path, Path, Path]
    rows: int = 0
    kept: int = 0
    memberships: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    names: list[tuple[int, str]] = field(default_factory=list)
    name_count: int = 0


def slug(path: Path) -> str:
    """Return the name of a table and its graph: ``table-`` and the name of the file without suffixes, in lower case."""
    name = re.sub(r"\.(gz|bz2)$", "", path.name, flags=re.IGNORECASE)
    name = re.sub(r"[^a-z0-9]+", "-", re.sub(r"\.\w+$", "", name).lower())
    return f"table-{name.strip('-') or 'rows'}"


def convert(
    path: Path, resolver: Resolver, out: Path, *, columns: Mapping[str, str], about: About = About(),
    order: DateOrder | None = None, on_progress: OnProgress | None = None,
) -> TableOutcome:  # fmt: skip
    """Read a table and write three files to a directory, all or none.

    They have the name of :func:`slug`, with the endings ``.ttl`` (the graph), ``-rejects.csv`` (or ``.tsv`` for a TSV
    table) and ``-unresolved.tsv``. ``columns`` gives the column of a part (default: the column with the name of the
    part), and ``order`` the order of day, month and year in dates such as ``01/02/1999``.

    :raises UsageError: the file or a column does not exist, or the licence is not an IRI.
    """
    name, source = slug(path), _source(path, about)
    with open_table(path, share(on_progress, 0, 2)) as rows, Sorter() as spells, Sorter() as unknown:
        taken = _columns(rows, columns)
        suffix = ".tsv" if rows.delimiter == "\t" else ".csv"
        files = f"{name}.ttl", f"{name}-rejects{suffix}", f"{name}-unresolved.tsv"
        written = out / files[0], out / files[1], out / files[2]
        outcome = TableOutcome(taken, [h for h in rows.header if h and h not in taken.values()], written)
        out.mkdir(parents=True, exist_ok=True)
        with atomic.text_files(*written) as (graph, rejects, unresolved):
            reject = _rejecting(rejects, rows, outcome)
            take = _taker({part: rows.column(heading) for part, heading in taken.items()}, resolver, unknown, order)
            for row in rows.rows:
                outcome.rows += 1
                kept, reason = ((), row.reason) if isinstance(row, BadRow) else take(row.line, row.cells)
                if reason:
                    reject(row.line, reason, row.cells)
                else:
                    spells.add(kept)
                    outcome.kept += 1
            reported = _with_progress(spells, outcome.kept, path.stat().st_size, share(on_progress, 1, 2))
            outcome.memberships = _write(graph, reported, source, path, name)
            outcome.name_count, outcome.names = write_unknown(unresolved, unknown, resolver)
    return outcome


def _source(path: Path, about: About) -> Source:
    try:
        ox.NamedNode(about.licence)
    except ValueError as error:
        raise UsageError(f"the licence {about.licence!r} is not an IRI: {error}") from error
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    return Source(
        slug=slug(path),
        title=about.title or f"Memberships in {path.name}",
        licence=about.licence,
        version=about.version or f"sha256:{digest}",
        citation=about.citation,
        speaks_for=about.as_of.isoformat() if about.as_of else "",
    )


def _columns(rows: TableReader, given: Mapping[str, str]) -> dict[str, str]:
    """Return the column of each part, in the order of the parts."""
    by_name: dict[str, str] = {}
    for heading in rows.header:
        by_name.setdefault(caseless(heading).replace("organisation", "organization"), heading)
    found = {part: given.get(part) or by_name[part] for part in PARTS if part in given or part in by_name}
    for heading in found.values():
        rows.column(heading)
    for part in NEEDED:
        if part not in found:
            raise UsageError(
                f"{rows.path} has no column {part!r}; give it with --map {part}=COLUMN. "
                f"The columns are: {rows.headings()}"
            )
    return found


def _rejecting(file: TextIO, rows: TableReader, outcome: TableOutcome) -> Callable[[int, str, Sequence[str]], None]:
    """Return a function that writes and counts a rejected row. The output of an earlier import keeps its columns."""
    before = 2 if rows.header[:2] == ["line", "reason"] else 0
    header = ["line", "reason", *rows.header[before:]]
    table = TableWriter(file, header, delimiter=rows.delimiter, keep_breaks=True)

    def reject(line: int, reason: str, cells: Sequence[str]) -> None:
        kind = re.sub(r"(['\"]).*?\1|[0-9][0-9,]*", "...", reason)
        known = kind in outcome.rejected or len(outcome.rejected) < KINDS
        outcome.rejected[kind if known else "for other reasons"] += 1
        table.write([line, printable(reason), *map(printable, cells[before:])])

    return reject


def _taker(
    at: Mapping[str, int], resolver: Resolver, unknown: Sorter, order: DateOrder | None
) -> Callable[[int, list[str]], tuple[Row, str]]:  # fmt: skip
    """Return a function that makes a sortable row, or gives the reason why the row is rejected."""

    def take(line: int, cells: list[str]) -> tuple[Row, str]:
        texts = {part: unguard(cells[place]).strip() for part, place in at.items()}
        for part, text in texts.items():
            if fault := invalid_text(text):
                return (), f"the {part} contains {fault}"
        reasons, meant = list[str](), {"role": "member"}
        for part in ("member", "organization", "role"):
            text = texts.get(part, "")
            if part == "role" and text.casefold() in dates.EMPTY:
                continue
            if not text:
                return (), f"the {part} is empty"
            meant[part], reason = resolver.find(part, text)
            if reason:
                reasons.append(reason)
                unknown.add((part, text[:LONGEST], line))
        try:
            start, end = (_date(part, texts.get(part, ""), order) for part in ("start", "end"))
        except InvalidDate as error:
            reasons.append(str(error))
        else:
            if start and end and edtf.span(start)[0] > edtf.span(end)[1]:
                reasons.append(f"the start {start!r} is after the end {end!r}")
        if reasons:
            return (), "; ".join(reasons)
        source = texts.get("source", "")
        if len(source) > LONGEST:
            return (), f"the source has {len(source):,} characters (maximum {LONGEST:,})"
        key = meant["organization"], meant["member"], *_when(start, end), meant["role"]
        return (*key, start or "", end or "", source), ""

    return take


def _date(part: str, text: str, order: DateOrder | None) -> str | None:
    """Return a date as EDTF, or None if the cell is empty.

    :raises InvalidDate: it is not a date, or it is ambiguous.
    """
    if part == "end" and text.casefold() in _ONGOING:
        return None
    try:
        return dates.of_cell(text, order) or None
    except InvalidDate as error:
        raise InvalidDate(f"the {part} {error}") from error


def _when(start: str | None, end: str | None) -> tuple[int, int]:
    first = edtf.span(start)[0] if start else edtf.span(end)[0] if end else date.max
    return first.toordinal(), (edtf.span(end)[1] if end else date.max).toordinal()


def _with_progress(rows: Iterable[Row], count: int, size: int, on_progress: OnProgress | None) -> Iterator[Row]:
    """Yield rows and report progress in bytes of the table."""
    for number, row in enumerate(rows):
        if on_progress is not None and number % 1024 == 0:
            on_progress(size * number // count, size)
        yield row


def _write(file: TextIO, spells: Iterable[Row], source: Source, path: Path, name: str) -> int:
    """Write the graph and return its number of memberships."""
    count, base = 0, f"{ID}membership/{name}/"
    whole = source.section("rows")
    graph = GraphFile(file, source, source.title, {"from": source.section(""), "row": base})
    graph.section(whole, f"Rows of {path.name}")
    with Sorter() as cited:
        for (organization, member), of_pair in groupby(spells, lambda row: row[:2]):
            alike = groupby(of_pair, lambda row: row[4:7])
            for number, ((role, start, end), rows) in enumerate(alike, 1):
                iri = f"{base}{local(organization)}-{local(member)}-{number}"
                record = MembershipRecord(iri, member, organization, number, role, start or None, end or None)
                graph.membership(record, _cited(rows, source, cited))
                count += 1
        for (text,), _ in groupby(cited):
            graph.section(_section(source, text), text, *_page(graph, text))
    return count


def _cited(rows: Iterator[Row], source: Source, cited: Sorter) -> Iterator[str]:
    """Yield the sections that rows cite, each once, and store their texts."""
    for text, _ in groupby(row[7] for row in rows):
        if text:
            cited.add((text,))
        yield _section(source, text)


def _section(source: Source, text: str) -> str:
    digest = hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
    return source.section(f"source-{digest}" if text else "rows")


def _page(graph: GraphFile, text: str) -> Iterator[tuple[str, str]]:
    if re.match(r"https?://\S+$", text):
        try:
            yield "foaf:page", graph.iri(text)
        except ValueError:  # an address that is not an IRI is in the title only
            return
