"""Download folder: the whole graph in all formats."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from fnmatch import fnmatch
from importlib.resources import files
from importlib.util import find_spec
from typing import Final

from cica_graph.formats.rebase import rebase
from cica_graph.graph import Graph
from cica_graph.model.terms import BASE
from cica_graph.publish.export.export import FORMATS, SHAPES, SUFFIX, export
from cica_graph.publish.export.parquet import parquet
from cica_graph.publish.export.tables import bundle, tables

_SHAPE: Final = {shape: f"cica-graph-{shape}.{'json' if shape == 'popolo' else 'ttl'}" for shape in SHAPES}
_TOOL: Final = {
    "csvw": "cica-graph-csvw.zip",
    "graphml": "memberships.graphml",
    "graphml-shared": "shared-members.graphml",
    "parquet": "spells.parquet",
    "update": "load.ru",
}


def downloads(
    graph: Graph, day: date, on_progress: Callable[[str], None] = lambda _: None, base: str = BASE
) -> dict[str, bytes]:
    """Return the files of a download folder, by name.

    ``cica-graph.*`` is the graph in each of ``FORMATS``, and ``cica-graph-<shape>.*`` in each of ``SHAPES``. The
    files of ``TOOLS`` have their own names. ``tables/`` contains the unpacked CSV tables.

    :param day: day of the files that describe one day. Its snapshot must be in the store.
    :param on_progress: receives a message for each file that cannot be written.
    :param base: base of the IRIs in packed files. Rebase the text files afterwards.
    :raises UsageError: one of the formats cannot express a term.
    """
    store = graph.store
    names = {form: f"cica-graph.{SUFFIX[form]}" for form in FORMATS} | _SHAPE | _TOOL
    if find_spec("polars") is None:
        on_progress(
            f"{names.pop('parquet')} is omitted because polars is not installed: pip install 'cica-graph[frames]'"
        )
    csv_files = tables(store, day)
    made = {
        names.pop("csv"): csv_files["memberships.csv"],
        names.pop("csvw"): bundle({name: rebase(data, base) for name, data in csv_files.items()}),
    }  # made from the tables, which exist already
    if "parquet" in names:
        made[names.pop("parquet")] = parquet(store, base)
    made |= {name: export(store, form, day) for form, name in names.items()}
    return made | {f"tables/{name}": data for name, data in csv_files.items()}


def describe(name: str) -> str:
    """Return a short description of a file in the download folder."""
    descriptions: dict[str, str] = json.loads(files(__package__).joinpath("downloads.json").read_text("utf-8"))
    return next(text for pattern, text in descriptions.items() if fnmatch(name, pattern))
