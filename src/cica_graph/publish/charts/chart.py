"""A picture with the table behind it, as SVG, PNG, CSV and Vega-Lite."""

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
    """One picture.

    :ivar name: one of ``CHARTS``.
    :ivar title: what it shows, with the day.
    :ivar description: what one sees, with the figures, for those who do not see it.
    :ivar columns: names of the columns of the table.
    :ivar rows: the data that are drawn, a cell for each column; None is what is not known.
    :ivar drawing: the specification as JSON text.
    """

    name: str
    title: str
    description: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    drawing: str

    def spec(self) -> dict[str, Any]:
        """Return the Vega-Lite specification (https://vega.github.io/schema/vega-lite/v5.json), data and all."""
        spec: dict[str, Any] = json.loads(self.drawing)
        return spec

    def svg(self, *, inline: bool = False) -> bytes:
        """Return the picture as an SVG document with a title and a description, light or dark as the reader likes.

        ``inline`` is for pasting into HTML: no paper and no style, and the colour of the text around it. Ids are of
        this picture alone, so that several fit on one page.
        """
        picture = render.inline(self.drawing, self.title, self.description)
        return picture if inline else render.alone(picture)

    def png(self, scale: float = 2) -> bytes:
        """Return the picture as PNG, dark on light, ``scale`` pixels for each of the SVG's."""
        return render.png(self.svg(inline=True), scale)

    def csv(self) -> bytes:
        """Return the table as CSV (https://www.rfc-editor.org/rfc/rfc4180). No cell is a formula to a spreadsheet."""
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
    """Return a chart drawn as ``<name>.vl.json`` says, with data put into its named sources.

    ``when`` ends the title and ``notes`` are lines below it; ``changes`` are top-level parts of the specification
    that depend on the data.
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
    """Return a cell without what XML cannot hold or what reorders the text around it."""
    return escape(cell) if isinstance(cell, str) else cell
