"""The graph as bytes: in seven formats, in the shapes that others give such data, and for others' tools.

Equal graphs give equal bytes. Lines end in LF, but for CSV, and every format but CSV reads back as the same graph. A
shape holds what the other vocabulary has words for, and the query that makes it (``queries/export``) says what stays
behind.
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
TOOLS: Final[tuple[str, ...]] = ("csvw", "graphml", "graphml-shared", "parquet", "update")


def export(store: Store, form: str, day: date | None = None) -> bytes:
    """Return the graph in one of :data:`FORMATS`, :data:`SHAPES` or :data:`TOOLS`, as UTF-8 without byte order mark.

    ``turtle``, ``ntriples``, ``rdfxml`` and ``jsonld`` hold what is true without naming a day, ``trig`` and
    ``nquads`` every named graph with the snapshots of single days, ``csv`` one row a membership spell.

    Of the shapes, ``popolo`` is JSON and the others are Turtle. ``fao`` is about one day, which must be given.

    Of those for tools, ``csvw`` is a ZIP file of tables and ``parquet`` is binary; ``graphml`` has memberships as
    edges, ``graphml-shared`` shared members; ``update`` is a script that loads every named graph. ``csvw`` and
    ``graphml-shared`` count on one day, the latest that claims are about when none is given.

    A day's snapshot, or counts, must be in the store; nothing else takes notice of the day.

    Other packages can register more formats: see :class:`Exporter`.

    :raises UsageError: no such format, no day where one is needed, or a term that the format cannot write.
    """
    exporter: Exporter = registry.load("cica_graph.exports", form)
    return exporter(store, day)


def write(data: bytes, path: Path) -> None:
    """Write a file whole or not at all: see ``atomic.binary_files``.

    :raises OSError: the file could not be written; nothing is left behind.
    """
    with atomic.binary_files(path) as (file,):
        file.write(data)
