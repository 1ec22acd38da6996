"""Writers for panels as CSV, JSON Lines and Parquet, with their data dictionary, one batch at a time.

The dictionary is CSV on the Web, https://www.w3.org/TR/tabular-metadata/: for ``dyads.csv`` it is the file
``dyads.csv-metadata.json``, where readers of CSVW expect it. The columns of the other formats are the same.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from cica_graph.files import atomic
from cica_graph.files.table_writer import guard
from cica_graph.formats.media_types import formats
from cica_graph.model.terms import BASE

if TYPE_CHECKING:
    from polars import DataFrame

    from cica_graph.memberships.panels import Panel, Value

FORMATS: Final = ("csv", "jsonl", "parquet")
_LICENSE: Final = "https://creativecommons.org/licenses/by/4.0/"


def write(panel: Panel, form: str, path: Path) -> Path:
    """Write a panel and its data dictionary, both or neither, and return the path of the dictionary.

    :raises OSError: a file could not be written.
    :raises UsageError: Parquet without polars.
    """
    beside = path.with_name(f"{path.name}-metadata.json")
    with atomic.binary_files(path, beside) as (file, words):
        if form == "parquet":
            _parquet(panel, file, path.name)
        else:
            for chunk in chunks(panel, form):
                file.write(chunk)
        words.write(dictionary(panel, form, path.name))
    return beside


def chunks(panel: Panel, form: str) -> Iterator[bytes]:
    """Yield a panel as ``csv`` (https://www.rfc-editor.org/rfc/rfc4180) or ``jsonl`` (https://jsonlines.org/).

    In CSV, an unknown value is an empty cell, and no cell is a formula (see ``table_writer.guard``).
    """
    names = [column.name for column in panel.columns]
    if form == "csv":
        yield _csv([names])
    for batch in panel.batches():
        if form == "csv":
            yield _csv(zip(*map(_guarded, batch.values()), strict=True))
        else:
            rows = (dict(zip(names, row, strict=True)) for row in zip(*batch.values(), strict=True))
            yield "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows).encode()


def _csv(rows: Iterable[Sequence[Value]]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out).writerows(rows)  # not TableWriter: a panel has millions of cells and few different ones
    return out.getvalue().encode()


def _guarded(column: list[Value]) -> list[Value]:
    safe = {v: guard(v) if isinstance(v, str) else v for v in set(column)}
    return [safe[v] for v in column]


def dictionary(panel: Panel, form: str, name: str) -> bytes:
    """Return the data dictionary of a panel in the file of this name, as CSV on the Web."""
    words = {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "en"}],
        "url": name,
        "dc:title": panel.title,
        "dc:description": panel.description,
        "dc:format": formats()[form].type,
        "dc:temporal": f"{panel.years[0]:04}/{panel.years[-1]:04}",
        "dc:creator": "The cica-graph authors",
        "dc:license": {"@id": _LICENSE},
        "dc:source": {"@id": BASE},
        "tableSchema": {
            "columns": [
                {
                    "name": column.name,
                    "titles": column.name,
                    "datatype": column.datatype,
                    "required": column.key,
                    "dc:description": column.description,
                }
                for column in panel.columns
            ],
            "primaryKey": [column.name for column in panel.columns if column.key],
        },
    }
    return json.dumps(words, ensure_ascii=False, indent=2).encode() + b"\n"


def _parquet(panel: Panel, file: BinaryIO, name: str) -> None:
    """Write Parquet, https://parquet.apache.org/docs/file-format/, with the dictionary in the file's own metadata."""
    head = panel.frame({})
    from polars.io.plugins import register_io_source

    def source(*_: object) -> Iterator[DataFrame]:  # no projection or filter is pushed down
        yield from map(panel.frame, panel.batches())

    words = dictionary(panel, "parquet", name).decode()
    register_io_source(source, schema=head.schema).sink_parquet(file, metadata={"csvw": words})
