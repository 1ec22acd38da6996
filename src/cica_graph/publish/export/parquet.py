"""Parquet, https://parquet.apache.org/docs/file-format/: the membership spells for those who work with frames."""

from __future__ import annotations

import io
from datetime import date
from typing import Final

from cica_graph.formats.rebase import rebase
from cica_graph.model.errors import UsageError
from cica_graph.model.terms import BASE
from cica_graph.publish.export.memberships import COLUMNS, membership_rows
from cica_graph.store.store import Store

_DAYS: Final = ("earliest_start", "latest_start", "earliest_end", "latest_end")
_NUMBERS: Final = ("cow", "spell")
_LISTS: Final = {"suspensions": ";", "sources": " "}
# Read with polars.read_parquet_metadata, or as a file's key-value metadata by any reader.
_ABOUT: Final = {
    "title": "cica-graph: membership spells",
    "license": "https://creativecommons.org/licenses/by/4.0/",
    "citation": f"cica-graph, {BASE}, and the source that a statement cites",
}


def parquet(store: Store, base: str = BASE) -> bytes:
    """Return one row for each membership: the columns of ``memberships_csv``, as dates, numbers and lists of text.

    ``start`` and ``end`` stay the EDTF text that is stated. What is not known is null. Title, licence and citation are
    in the file's metadata. IRIs are below ``base``. Equal graphs give equal bytes with one version of polars, which
    writes its own name.

    :raises UsageError: polars is not installed, or a number is none.
    """
    try:
        import polars
    except ModuleNotFoundError:
        raise UsageError(
            "Parquet is written by polars, which is not installed: pip install 'cica-graph[frames]'"
        ) from None
    types: dict[str, polars.DataType] = {name: polars.String() for name in COLUMNS}
    types |= {name: polars.Date() for name in _DAYS} | {name: polars.Int64() for name in _NUMBERS}
    types |= {name: polars.List(polars.String()) for name in _LISTS}
    rows = [
        {name: _typed(row["membership"], name, rebase(text, base)) for name, text in row.items()}
        for row in membership_rows(store)
    ]
    out = io.BytesIO()
    about = {name: rebase(text, base) for name, text in _ABOUT.items()}
    polars.DataFrame(rows, types).write_parquet(out, metadata=about)
    return out.getvalue()


def _typed(spell: str, name: str, text: str) -> str | int | date | list[str] | None:
    if name in _LISTS:
        return text.split(_LISTS[name]) if text else []
    if not text:
        return None
    try:
        if name in _NUMBERS:
            return _number(text)
        return date.fromisoformat(text) if name in _DAYS else text
    except ValueError:
        raise UsageError(f"{spell} has {name} {text!r}, which a typed column cannot hold; `check` says where") from None


def _number(text: str) -> int:
    number = int(text)
    if number.bit_length() > 63:
        raise ValueError(text)
    return number
