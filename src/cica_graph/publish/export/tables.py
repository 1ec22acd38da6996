"""CSV tables of the graph, with a machine-readable description.

``csvw.json`` is the description, in the Metadata Vocabulary for Tabular Data
(https://www.w3.org/TR/tabular-metadata/). It defines the tables with their columns, types and keys, and the triple of
each cell, so that a converter (https://www.w3.org/TR/csv2rdf/) returns triples of the graph. The code reads the columns
from this file, and the queries in ``queries/tables/`` use the same names.
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
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)  # the earliest time that a ZIP file can contain


def tables(store: Store, day: date) -> dict[str, bytes]:
    """Return the files by name: :data:`METADATA`, then a CSV file for each table in it.

    Only ``overlaps.csv`` depends on the day. Rows are sorted by key. If two rows have the same key, which `check`
    reports, the first is kept.
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
        for column, mark in marks.items():  # engines join them in different orders
            row[column] = mark.join(sorted(row.get(column, "").split(mark)))
        rows.append(row)
    keys = [schema["primaryKey"]] if isinstance(schema["primaryKey"], str) else schema["primaryKey"]
    unique: dict[tuple[str, ...], dict[str, str]] = {}
    for row in sorted(rows, key=lambda r: sorted(r.items())):
        unique.setdefault(tuple(row.get(key, "") for key in keys), row)
    return [unique[key] for key in sorted(unique)]


def bundle(files: Mapping[str, bytes]) -> bytes:
    """Return files as a ZIP file. Equal files give equal bytes.

    The files are not compressed, because the output of a compressor depends on its version.
    """
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.create_system = 3  # Unix on every machine, so that programs read the mode below
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, data)
    return out.getvalue()
