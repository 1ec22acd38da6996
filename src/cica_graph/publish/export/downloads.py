"""What lies in a folder of downloads: the whole graph in every format."""

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
    graph: Graph, day: date, tell: Callable[[str], None] = lambda _: None, base: str = BASE
) -> dict[str, bytes]:
    """Return the files of one folder of downloads, by their names in it.

    ``cica-graph.*`` is the graph in each of ``FORMATS`` and ``cica-graph-<shape>.*`` in each of ``SHAPES``; those of
    ``TOOLS`` have names of their own, and ``tables/`` is the CSV bundle unpacked. What is about one day is about the
    given one, whose snapshot must be in the store. What is packed has its IRIs below ``base``; text is for others to
    rebase. ``tell`` is told in a sentence what had to be left out.

    :raises UsageError: a term that one of the formats cannot write.
    """
    store = graph.store
    wanted = {form: f"cica-graph.{SUFFIX[form]}" for form in FORMATS} | _SHAPE | _TOOL
    if find_spec("polars") is None:
        tell(f"{wanted.pop('parquet')} is left out, since polars is not installed: pip install 'cica-graph[frames]'")
    sheets = tables(store, day)
    made = {
        wanted.pop("csv"): sheets["memberships.csv"],
        wanted.pop("csvw"): bundle({name: rebase(data, base) for name, data in sheets.items()}),
    }  # not to be made twice
    if "parquet" in wanted:
        made[wanted.pop("parquet")] = parquet(store, base)
    made |= {name: export(store, form, day) for form, name in wanted.items()}
    return made | {f"tables/{name}": data for name, data in sheets.items()}


def describe(name: str) -> str:
    """Return what a file of a folder of downloads is, in a few words."""
    said: dict[str, str] = json.loads(files(__package__).joinpath("downloads.json").read_text("utf-8"))
    return next(words for pattern, words in said.items() if fnmatch(name, pattern))
