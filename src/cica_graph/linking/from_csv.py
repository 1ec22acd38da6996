"""Reader of candidates from a table: CSV or TSV with a header row, one thing a row."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

from cica_graph.files import streams
from cica_graph.files.streams import ReadProblem
from cica_graph.linking.candidate import LONGEST, Candidate, Name, Target, code
from cica_graph.linking.dataset import Dataset
from cica_graph.linking.table_columns import Columns
from cica_graph.model.errors import UsageError
from cica_graph.model.progress import OnProgress


def read(dataset: Dataset, on_progress: OnProgress | None = None) -> Iterator[Candidate | ReadProblem]:
    """Yield each row as a candidate, and a problem with its line for each row that cannot be read.

    :raises UsageError: the file does not exist, has no header, or has no column with ids of the target.
    """
    path, target = dataset.path(), dataset.target
    size = path.stat().st_size if path.is_file() else 0
    with streams.opened(path) as (raw, stream):
        text = io.TextIOWrapper(stream, "utf-8-sig", errors="surrogateescape", newline="")
        first = text.readline(1 << 20)
        delimiter = "\t" if dataset.kind == "tsv" else max(",;\t", key=first.count)
        header = next(csv.reader([first], delimiter=delimiter), [])
        if not header:
            raise UsageError(f"{path} has no header row")
        known = dataset.columns or Columns.guess(header, target)
        if absent := [h for h in known.roles if h not in header]:
            raise UsageError(f"{path} has no column {absent[0]!r}; it has: {', '.join(header)[:500]}")
        if "id" not in {role for role, _ in known.roles.values()}:
            raise UsageError(
                f"no column of {path} is known to have ids of {target.label}; name it with --columns id=HEADING"
            )
        parts = [(i, *known.roles[h]) for i, h in enumerate(header) if h in known.roles]
        reader = csv.reader(text, delimiter=delimiter)
        while True:
            line = reader.line_num + 2
            try:
                row = next(reader)
            except StopIteration:
                break
            except csv.Error as error:
                yield ReadProblem(line, f"the row cannot be read: {error}")
                continue
            if row:
                yield from _row(line, row, len(header), parts, target)
            if on_progress is not None and line % 1024 == 0:
                on_progress(raw.tell(), size)
    if on_progress is not None:
        on_progress(size, size)


def _row(
    line: int, row: list[str], width: int, parts: list[tuple[int, str, str]], target: Target
) -> Iterator[Candidate | ReadProblem]:
    if len(row) != width:
        yield ReadProblem(line, f"{len(row)} cells in a table of {width} columns; the row is ignored")
        return
    cells = [(role, language, row[i].strip()) for i, role, language in parts]
    for role, _, cell in cells:
        if "\0" in cell or re.search("[\ud800-\udfff]", cell):
            yield ReadProblem(line, f"the column of the {role} has bytes that are not text; the row is ignored")
            return
        if len(cell) > LONGEST:
            yield ReadProblem(line, f"a cell has {len(cell):,} characters; it is ignored")
    cells = [(role, language, cell) for role, language, cell in cells if cell and len(cell) <= LONGEST]
    ident = next((cell for role, _, cell in cells if role == "id"), "")
    iri = target.iri(ident)
    if iri is None:
        if ident:
            yield ReadProblem(line, f"{ident[:60]!r} is not an id of {target.label}; the row is ignored")
        return
    names: dict[str, list[Name]] = {"label": [], "alias": []}
    for role, language, cell in cells:
        if role in names:
            names[role] += [(t, language) for part in cell.split("|") if (t := part.strip())]
    yield Candidate(
        iri=iri,
        kind=next((cell for role, _, cell in cells if role == "kind" and cell in ("state", "organization")), None),
        labels=tuple(names["label"]),
        aliases=tuple(names["alias"]),
        codes=frozenset(found for role, _, cell in cells if (found := code(role, cell))),
        websites=tuple(cell for role, _, cell in cells if role == "website"),
        place=line,
    )
