"""The graph as a bundle of CSV tables, with the description that lets a machine read them.

``csvw.json`` is that description, in the W3C's Metadata Vocabulary for Tabular Data
(https://www.w3.org/TR/tabular-metadata/): the tables with their columns, types and keys, and which triple each cell
stands for, so that a converter (https://www.w3.org/TR/csv2rdf/) gives back triples of the graph and nothing else. It
is where a table is defined: the code reads the columns from it, and ``queries/tables/`` gives them by the same names.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from datetime import date
from importlib.resources import files
from typing import Any, Final

from cica_graph import queries
from cica_graph.files.table_writer import to_csv
from cica_graph.publish.export.memberships import membership_rows
from cica_graph.publish.export.overlaps import overlaps
from cica_graph.store.store import Store, day_literal, value

METADATA: Final = "csvw.json"
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)  # the first moment that a ZIP file can write


def tables(store: Store, day: date) -> dict[str, bytes]:
    """Return the files of the bundle by their names: :data:`METADATA`, then a CSV file for each table it describes.

    ``overlaps.csv`` is about the day; every other table holds what is true without naming one. Rows are in the order
    of their keys, and of two rows with the same key, which `check` finds, the first is kept.
    """
    metadata = files(__package__).joinpath(METADATA).read_bytes()
    made = {METADATA: metadata}
    for table in json.loads(metadata)["tables"]:
        columns = [column["name"] for column in table["tableSchema"]["columns"] if not column.get("virtual")]
        made[table["url"]] = to_csv(columns, _rows(store, table, day))
    return made


def _rows(store: Store, table: Mapping[str, Any], day: date) -> list[dict[str, str]]:
    name, schema = table["url"].removesuffix(".csv"), table["tableSchema"]
    if name == "memberships":
        return membership_rows(store)
    if name == "overlaps":
        return overlaps(store, day)
    query = queries.shipped("tables", name)
    text = query.bind(asOf=day_literal(day)) if "asOf" in query.params else query.text
    marks = {column["name"]: column["separator"] for column in schema["columns"] if "separator" in column}
    rows = []
    for found in store.select(text):
        row = {column: value(term) for column, term in found.items()}
        for column, mark in marks.items():  # an engine may join them in any order
            row[column] = mark.join(sorted(row.get(column, "").split(mark)))
        rows.append(row)
    keys = [schema["primaryKey"]] if isinstance(schema["primaryKey"], str) else schema["primaryKey"]
    unique: dict[tuple[str, ...], dict[str, str]] = {}
    for row in sorted(rows, key=lambda r: sorted(r.items())):
        unique.setdefault(tuple(row.get(key, "") for key in keys), row)
    return [unique[key] for key in sorted(unique)]


def bundle(files: Mapping[str, bytes]) -> bytes:
    """Return files as one ZIP file. Equal files give equal bytes.

    They are stored and not compressed: what a compressor writes depends on its version.
    """
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.create_system = 3  # Unix on every machine, so that the mode below is read as one
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, data)
    return out.getvalue()
