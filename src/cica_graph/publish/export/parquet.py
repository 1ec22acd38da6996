"""Memberships as Parquet for data frames, https://parquet.apache.org/docs/file-format/."""

from __future__ import annotations

import io
from datetime import date
from typing import Final

from cica_graph.formats.rebase import rebase
from cica_graph.model.errors import UsageError
from cica_graph.model.terms import BASE
from cica_graph.publish.export.memberships import COLUMNS, standing_rows
from cica_graph.store.store import Store

_DAYS: Final = ("earliest_start", "latest_start", "earliest_end", "latest_end")
_NUMBERS: Final = ("cow", "spell")
_LISTS: Final = {"suspensions": ";", "sources": " "}
# Key-value metadata of the file; polars.read_parquet_metadata reads it.
_FLAGS: Final = ("open_ended", "disputed")
_ABOUT: Final = {
    "title": "cica-graph: memberships",
    "license": "https://creativecommons.org/licenses/by/4.0/",
    "citation": f"cica-graph, {BASE}, and the source that a statement cites",
}


def parquet(store: Store, base: str = BASE) -> bytes:
    """Return one row for each standing of a membership, with the columns of ``memberships_csv`` and three more.

    The values are dates, numbers, truth values and lists of text. The four bounds are those after all evidence. If a
    standing is ``disputed``, no day is certain. If it is ``open_ended``, no source has seen the stated end.
    ``start`` and ``end`` are EDTF texts as stated. Unknown values are null. The metadata of the file contain title,
    licence and citation. IRIs are below ``base``. Equal graphs give equal bytes with the same version of polars, which
    writes its version to the file.

    :raises UsageError: polars is not installed, or a number is not valid.
    """
    try:
        import polars
    except ModuleNotFoundError:
        raise UsageError("Parquet requires polars, which is not installed: pip install 'cica-graph[frames]'") from None
    types: dict[str, polars.DataType] = {name: polars.String() for name in (*COLUMNS, "standing")}
    types |= {name: polars.Date() for name in _DAYS} | {name: polars.Int64() for name in _NUMBERS}
    types |= {name: polars.List(polars.String()) for name in _LISTS}
    types |= {name: polars.Boolean() for name in _FLAGS}
    rows = [
        {name: _typed(row["membership"], name, rebase(text, base)) for name, text in row.items()}
        for row in standing_rows(store)
    ]
    out = io.BytesIO()
    about = {name: rebase(text, base) for name, text in _ABOUT.items()}
    polars.DataFrame(rows, types).write_parquet(out, metadata=about)
    return out.getvalue()


def _typed(membership: str, name: str, text: str) -> str | int | bool | date | list[str] | None:
    if name in _FLAGS:
        return text == "true"
    if name in _LISTS:
        return text.split(_LISTS[name]) if text else []
    if not text:
        return None
    try:
        if name in _NUMBERS:
            return _number(text)
        return date.fromisoformat(text) if name in _DAYS else text
    except ValueError:
        raise UsageError(
            f"{membership} has {name} {text!r}, which a typed column cannot hold. Run `check` to find it."
        ) from None


def _number(text: str) -> int:
    number = int(text)
    if number.bit_length() > 63:
        raise ValueError(text)
    return number
