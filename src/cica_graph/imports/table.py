"""Any table of who took part in what: CSV or TSV, a row for each spell, under whatever names of columns.

Every row is kept or rejected, and none is lost: what is kept becomes a membership, and what is rejected goes, with its
line and the reason, into a file of the same columns that can be mended and read again. Rows that say the same share a
membership, which cites the sources of all. Memory does not grow with the table: rows are sorted on the disk.
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
from cica_graph.imports.membership_writer import NOT_STATED, GraphFile, Source, Spell
from cica_graph.imports.table_names import Resolver, write_unknown
from cica_graph.model import dates
from cica_graph.model.errors import InvalidDate, UsageError
from cica_graph.model.normalise import caseless
from cica_graph.model.progress import OnProgress, share
from cica_graph.model.terms import ID, local

PARTS: Final = ("member", "organization", "role", "start", "end", "source")
NEEDED: Final = ("member", "organization")
KINDS: Final = 50  # reasons of rejection that are counted apart
LONGEST: Final = 1000  # characters of a source
_ONGOING: Final = frozenset({"present", "now", "today", "ongoing", "current"})


@dataclass(frozen=True)
class About:
    """What is known of a table besides its rows; each may be left out.

    :ivar licence: IRI.
    :ivar version: the digest of the file when left out.
    :ivar as_of: the day it speaks for, which attests what has no end.
    """

    title: str = ""
    citation: str = ""
    licence: str = NOT_STATED
    version: str = ""
    as_of: date | None = None


@dataclass
class Outcome:
    """What came of an import; ``rows`` is ``kept`` and all of ``rejected`` together.

    :ivar columns: which column was read as which part.
    :ivar unused: the other columns.
    :ivar memberships: how many the rows that were kept make.
    :ivar rejected: how many rows were rejected, by reason.
    :ivar names: of the names that are not known, the most frequent: in how many rows, and what may be meant.
    :ivar name_count: how many such names there are.
    :ivar written: the graph, the rejected rows, and the unknown names.
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
    """Return what a table and its graph are called: ``table-`` and its name without suffixes, in small letters."""
    name = re.sub(r"\.(gz|bz2)$", "", path.name, flags=re.IGNORECASE)
    name = re.sub(r"[^a-z0-9]+", "-", re.sub(r"\.\w+$", "", name).lower())
    return f"table-{name.strip('-') or 'rows'}"


def convert(
    path: Path, resolver: Resolver, out: Path, *, columns: Mapping[str, str], about: About = About(),
    on_progress: OnProgress | None = None,
) -> Outcome:  # fmt: skip
    """Read a table and write three files to a directory, all or none, named by :func:`slug`: the graph ``.ttl``,
    ``-rejects.csv`` (or ``.tsv``, as the table) and ``-unresolved.tsv``.

    ``columns`` says which column is which part; a part that it lacks is the column of that name.

    :raises UsageError: no such file or column, none for the member or the organization, or a licence that is no IRI.
    """
    name, source = slug(path), _source(path, about)
    with open_table(path, share(on_progress, 0, 2)) as rows, Sorter() as spells, Sorter() as unknown:
        taken = _columns(rows, columns)
        suffix = ".tsv" if rows.delimiter == "\t" else ".csv"
        files = f"{name}.ttl", f"{name}-rejects{suffix}", f"{name}-unresolved.tsv"
        written = out / files[0], out / files[1], out / files[2]
        outcome = Outcome(taken, [h for h in rows.header if h and h not in taken.values()], written)
        out.mkdir(parents=True, exist_ok=True)
        with atomic.text_files(*written) as (graph, rejects, unresolved):
            reject = _rejecting(rejects, rows, outcome)
            take = _taker({part: rows.column(heading) for part, heading in taken.items()}, resolver, unknown)
            for row in rows.rows:
                outcome.rows += 1
                kept, reason = ((), row.reason) if isinstance(row, BadRow) else take(row.line, row.cells)
                if reason:
                    reject(row.line, reason, row.cells)
                else:
                    spells.add(kept)
                    outcome.kept += 1
            told = _telling(spells, outcome.kept, path.stat().st_size, share(on_progress, 1, 2))
            outcome.memberships = _write(graph, told, source, path, name)
            outcome.name_count, outcome.names = write_unknown(unresolved, unknown, resolver)
    return outcome


def _source(path: Path, about: About) -> Source:
    try:
        ox.NamedNode(about.licence)
    except ValueError as error:
        raise UsageError(f"the licence {about.licence!r} is no IRI: {error}") from error
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    return Source(
        slug=slug(path),
        title=about.title or f"Memberships as {path.name} has them",
        licence=about.licence,
        version=about.version or f"sha256:{digest}",
        citation=about.citation,
        speaks_for=about.as_of,
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
                f"{rows.path} has no column {part!r}; say which it is with --map {part}=COLUMN, of: {rows.headings()}"
            )
    return found


def _rejecting(file: TextIO, rows: TableReader, outcome: Outcome) -> Callable[[int, str, Sequence[str]], None]:
    """Return what writes and counts a rejected row; one that was rejected before is not numbered twice."""
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
    at: Mapping[str, int], resolver: Resolver, unknown: Sorter
) -> Callable[[int, list[str]], tuple[Row, str]]:  # fmt: skip
    """Return what makes a row of a table one to be sorted, or gives the reason why it cannot be kept."""

    def take(line: int, cells: list[str]) -> tuple[Row, str]:
        said = {part: unguard(cells[place]).strip() for part, place in at.items()}
        for part, text in said.items():
            if fault := invalid_text(text):
                return (), f"the {part} holds {fault}"
        reasons, meant = list[str](), {"role": "member"}
        for part in ("member", "organization", "role"):
            text = said.get(part, "")
            if part == "role" and text.casefold() in dates.EMPTY:
                continue
            if not text:
                return (), f"it names no {part}"
            meant[part], reason = resolver.find(part, text)
            if reason:
                reasons.append(reason)
                unknown.add((part, text[:LONGEST], line))
        try:
            start, end = (_date(part, said.get(part, "")) for part in ("start", "end"))
        except InvalidDate as error:
            reasons.append(str(error))
        else:
            if start and end and dates.span(start)[0] > dates.span(end)[1]:
                reasons.append(f"it starts in {start!r}, after it ends in {end!r}")
        if reasons:
            return (), "; ".join(reasons)
        source = said.get("source", "")
        if len(source) > LONGEST:
            return (), f"its source has {len(source):,} characters, and {LONGEST:,} at most are kept"
        key = meant["organization"], meant["member"], *_when(start, end), meant["role"]
        return (*key, start or "", end or "", source), ""

    return take


def _date(part: str, text: str) -> str | None:
    """Return a date as EDTF, None when there is none.

    :raises InvalidDate: it is no date, or one that may be read in two ways.
    """
    if part == "end" and text.casefold() in _ONGOING:
        return None
    try:
        return dates.of_cell(text) or None
    except InvalidDate as error:
        raise InvalidDate(f"the {part} {error}") from error


def _when(start: str | None, end: str | None) -> tuple[int, int]:
    first = dates.span(start)[0] if start else dates.span(end)[0] if end else date.max
    return first.toordinal(), (dates.span(end)[1] if end else date.max).toordinal()


def _telling(rows: Iterable[Row], count: int, size: int, on_progress: OnProgress | None) -> Iterator[Row]:
    """Yield rows, and tell how many of them have been, in bytes of the table."""
    for number, row in enumerate(rows):
        if on_progress is not None and number % 1024 == 0:
            on_progress(size * number // count, size)
        yield row


def _write(file: TextIO, spells: Iterable[Row], source: Source, path: Path, name: str) -> int:
    """Write the graph and return how many memberships it has."""
    count, base = 0, f"{ID}membership/{name}/"
    whole = source.section("rows")
    graph = GraphFile(file, source, source.title, {"from": source.section(""), "row": base})
    graph.section(whole, f"Rows of {path.name}")
    with Sorter() as cited:
        for (organization, member), of_pair in groupby(spells, lambda row: row[:2]):
            alike = groupby(of_pair, lambda row: row[4:7])
            for number, ((role, start, end), rows) in enumerate(alike, 1):
                iri = f"{base}{local(organization)}-{local(member)}-{number}"
                spell = Spell(iri, member, organization, number, role, start or None, end or None)
                graph.spell(spell, _cited(rows, source, cited))
                count += 1
        for (text,), _ in groupby(cited):
            graph.section(_section(source, text), text, *_page(graph, text))
    return count


def _cited(rows: Iterator[Row], source: Source, cited: Sorter) -> Iterator[str]:
    """Yield the sections that rows cite, each once, and remember their texts."""
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
        except ValueError:  # an address that is no IRI stands in the title
            return
