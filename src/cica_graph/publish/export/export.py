"""Exports of a graph as bytes: standard formats, shapes (other vocabularies), and files for other tools.

Equal graphs give equal bytes. Lines end in LF, except in CSV. Every format except CSV can be read back as the same
graph. A shape contains the part of the graph that its vocabulary can express; its query (``queries/export``) lists
what is omitted.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Final

from cica_graph.files import atomic, registry
from cica_graph.formats.media_types import formats
from cica_graph.publish.export.exporters import Exporter
from cica_graph.store.store import Store

_SUFFIXES: Final = ("ttl", "trig", "nt", "nq", "jsonld", "rdf", "csv")
SUFFIX: Final = {(*formats()[suffix].names, suffix)[0]: suffix for suffix in _SUFFIXES}
FORMATS: Final = tuple(SUFFIX)
SHAPES: Final[tuple[str, ...]] = ("org", "schema", "wikidata", "fao", "popolo", "void")
TOOLS: Final[tuple[str, ...]] = ("csvw", "errata", "errata-md", "graphml", "graphml-shared", "parquet", "update")


def export(store: Store, form: str, day: date | None = None) -> bytes:
    """Return the graph in one of :data:`FORMATS`, :data:`SHAPES` or :data:`TOOLS`, as UTF-8 without byte order mark.

    ``turtle``, ``ntriples``, ``rdfxml`` and ``jsonld`` contain the statements that do not depend on a day. ``trig``
    and ``nquads`` contain all named graphs, including day snapshots. ``csv`` has one row for each membership.

    The shape ``popolo`` is JSON; the other shapes are Turtle. ``fao`` describes one day and requires ``day``.

    ``csvw`` is a ZIP file of tables, and ``parquet`` is binary. ``graphml`` has memberships as edges, and
    ``graphml-shared`` has shared members. ``errata`` (CSV) and ``errata-md`` (Markdown) list the statements of pages
    that an editor should look at. ``update`` is a script that loads all named graphs. ``csvw`` and ``graphml-shared``
    count members on one day (default: the day with most claims).

    The snapshot of the day must be in the store. Other formats ignore the day.

    Other packages can register more formats: see :class:`Exporter`.

    :raises UsageError: the format is unknown, ``day`` is missing, or the format cannot express a term.
    """
    exporter: Exporter = registry.load("cica_graph.exports", form)
    return exporter(store, day)


def write(data: bytes, path: Path) -> None:
    """Write a file atomically, see ``atomic.binary_files``.

    :raises OSError: the file could not be written; nothing is left behind.
    """
    with atomic.binary_files(path) as (file,):
        file.write(data)
