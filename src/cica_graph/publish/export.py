"""The graph as bytes, in seven formats; equal graphs give equal bytes.

Lines end in LF, but for CSV, and every format but CSV reads back as the same graph.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from cica_graph.errors import Misuse
from cica_graph.publish.jsonld import to_jsonld
from cica_graph.publish.rdfxml import rdfxml
from cica_graph.publish.spells import spells_csv
from cica_graph.publish.statements import ordered, quads, serialize, tidy, turtle
from cica_graph.store import Store

FORMATS: Final[tuple[str, ...]] = ("turtle", "trig", "ntriples", "nquads", "jsonld", "rdfxml", "csv")


def export(store: Store, form: str) -> bytes:
    """Return the graph in one of :data:`FORMATS`, as UTF-8 without byte order mark.

    ``turtle``, ``ntriples``, ``rdfxml`` and ``jsonld`` hold what is true without naming a day, ``trig`` and
    ``nquads`` every named graph with the snapshots of single days, ``csv`` one row a membership spell.

    :raises Misuse: no such format, or a graph with a term that the format cannot write.
    """
    writers: dict[str, Callable[[Store], bytes]] = {
        "turtle": lambda s: turtle(s.triples()),
        "trig": lambda s: tidy(serialize(quads(s), ox.RdfFormat.TRIG)),
        "ntriples": lambda s: serialize(ordered(s.triples()), ox.RdfFormat.N_TRIPLES),
        "nquads": lambda s: serialize(quads(s), ox.RdfFormat.N_QUADS),
        "jsonld": to_jsonld,
        "rdfxml": rdfxml,
        "csv": spells_csv,
    }
    if form not in writers:
        raise Misuse(f"there is no format {form!r}; the formats are {', '.join(FORMATS)}")
    return writers[form](store)


def write(data: bytes, path: Path) -> None:
    """Write a file whole or not at all: what stood there before stays until the new content is on the disk.

    The file's mode is that of any new file. The directory must exist.

    :raises OSError: the file could not be written; nothing is left behind.
    """
    # Not tempfile: its files are for their owner only, and the umask cannot be read without setting it.
    draft = path.with_name(f".{path.name}.{secrets.token_hex(6)}.tmp")
    try:
        with draft.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
