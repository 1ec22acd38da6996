"""A chart with its data table, as SVG, PNG, CSV and Vega-Lite."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from cica_graph.files.table_writer import to_csv
from cica_graph.formats.text import escape
from cica_graph.publish.charts import render

Cell = str | int | float | None
Values = Iterable[Mapping[str, Cell]]


@dataclass(frozen=True)
class Chart:
    """One chart.

    :ivar name: one of ``CHARTS``.
    :ivar title: title with the day.
    :ivar description: text alternative, with the main figures.
    :ivar columns: names of the columns of the table.
    :ivar rows: rows of the table, with a cell for each column; None: unknown.
    :ivar specification: the Vega-Lite specification as JSON text.
    """

    name: str
    title: str
    description: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    specification: str

    def spec(self) -> dict[str, Any]:
        """Return the Vega-Lite specification (https://vega.github.io/schema/vega-lite/v5.json), with its data."""
        spec: dict[str, Any] = json.loads(self.specification)
        return spec

    def svg(self, *, inline: bool = False) -> bytes:
        """Return the chart as SVG with a title and a description, in light or dark colours as the reader prefers.

        :param inline: SVG for an HTML page, without background and style, in the colour of the surrounding text. Ids
            are unique, so that a page can contain several charts.
        """
        svg = render.inline(self.specification, self.title, self.description)
        return svg if inline else render.standalone(svg)

    def png(self, scale: float = 2) -> bytes:
        """Return the chart as PNG in light colours, with ``scale`` pixels for each unit of the SVG."""
        return render.png(self.svg(inline=True), scale)

    def csv(self) -> bytes:
        """Return the table as CSV (https://www.rfc-editor.org/rfc/rfc4180). Spreadsheets run no cell as a formula."""
        texts = (["" if cell is None else str(cell) for cell in row] for row in self.rows)
        return to_csv(self.columns, (dict(zip(self.columns, row, strict=True)) for row in texts))


def build_chart(
    name: str,
    title: str,
    when: str,
    description: str,
    columns: Iterable[str],
    rows: Iterable[Iterable[Cell]],
    data: Mapping[str, Values],
    notes: Iterable[str] = (),
    **changes: object,
) -> Chart:
    """Return a chart from the specification ``<name>.vl.json``, with data for its named sources.

    :param when: end of the title.
    :param notes: lines below the title.
    :param changes: top-level parts of the specification that depend on the data.
    """
    here = files(__package__)
    spec: dict[str, Any] = json.loads(here.joinpath(f"{name}.vl.json").read_text("utf-8"))
    spec |= changes
    spec["config"] = json.loads(here.joinpath("theme.json").read_text("utf-8"))
    lines = [when, *spec.get("title", {}).get("subtitle", []), *notes]
    spec["title"] = {"text": escape(title), "subtitle": [escape(line) for line in lines if line]}
    spec["description"] = escape(description)
    spec["datasets"] = {
        source: [{key: _safe(cell) for key, cell in record.items()} for record in records]
        for source, records in data.items()
    }
    return Chart(
        name,
        escape(f"{title}, {when}"),
        escape(description),
        tuple(map(escape, columns)),
        tuple(tuple(_safe(cell) for cell in row) for row in rows),
        json.dumps(spec, ensure_ascii=False),
    )


def _safe(cell: Cell) -> Cell:
    """Return a cell without characters that XML forbids or that reorder the surrounding text."""
    return escape(cell) if isinstance(cell, str) else cell
