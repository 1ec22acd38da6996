"""Deviations of engines from SPARQL 1.1, each with a test in ``tests/test_store_quirks.py``.

The Server header of its answers identifies an engine. All other engines are expected to follow SPARQL 1.1.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from cica_graph.model.errors import UsageError
from cica_graph.store.http_client import HttpResponse

_TRUTH: Final = re.compile(rb'("datatype": "http://www\.w3\.org/2001/XMLSchema#boolean", "value": )"([01])"')


@dataclass(frozen=True)
class Addresses:
    """Addresses of a store for queries, updates (SPARQL 1.1 Protocol) and graphs (Graph Store HTTP Protocol)."""

    query: str
    update: str
    graphs: str


@dataclass(frozen=True)
class EngineKind:
    """A kind of engine.

    :ivar counts_correctly: True if its aggregates are trusted before ``store check``.
    :ivar batch: maximum number of statements in one request.
    """

    name: str
    counts_correctly: bool = True
    batch: int = 20_000

    def addresses(self, url: str) -> Addresses:
        """Return the addresses of such a store, derived from the address for queries.

        ``CICA_GRAPH_STORE_UPDATE`` and ``CICA_GRAPH_STORE_GRAPHS`` replace the derived ones.
        """
        update = graphs = url
        parts = urlsplit(url)
        if self is VIRTUOSO:  # its address for queries is read-only
            update, graphs = (_sibling(url, name) for name in ("sparql-auth", "sparql-graph-crud-auth"))
        elif parts.path.endswith("/query"):  # Oxigraph
            update, graphs = _sibling(url, "update"), _sibling(url, "store")
        environ = os.environ
        return Addresses(
            url, environ.get("CICA_GRAPH_STORE_UPDATE") or update, environ.get("CICA_GRAPH_STORE_GRAPHS") or graphs
        )


VIRTUOSO: Final = EngineKind("Virtuoso", counts_correctly=False)
OXIGRAPH: Final = EngineKind("Oxigraph")
OTHER: Final = EngineKind("")


def engine_kind(server: str) -> EngineKind:
    """Return the kind of engine with this Server header."""
    return next((known for known in (VIRTUOSO, OXIGRAPH) if server.lower().startswith(known.name.lower())), OTHER)


def _sibling(url: str, name: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=parts.path.rpartition("/")[0] + "/" + name))


def refuse_partial(answer: HttpResponse) -> None:
    """Check an answer for headers of Virtuoso that mark it as incomplete.

    Virtuoso cuts results at ResultSetMaxRows of its configuration and answers 200. At MaxQueryExecutionTime or an
    "anytime" limit it also answers with the rows so far.

    :raises UsageError: the answer is incomplete.
    """
    if limit := answer.headers.get("x-sparql-maxrows"):
        raise UsageError(
            f"{answer.url} cut its answer off at {limit} rows, so it was not used. Increase or remove "
            "ResultSetMaxRows in the section [SPARQL] of its virtuoso.ini."
        )
    if state := answer.headers.get("x-sql-state"):
        message = answer.headers.get("x-sql-message", "").strip()
        raise UsageError(f"{answer.url} gave only a part of the answer ({state} {message}), so it was not used.")


def standard_json(body: bytes) -> bytes:
    """Return SPARQL JSON as the Recommendation requires it.

    Virtuoso writes 1 or 0 for ``true`` or ``false``. For an ASK query with graphs in the request it returns a table,
    with one row for true and no row for false.
    """
    if b'"__ASK_RETVAL"' in body[:200]:
        return json.dumps({"head": {}, "boolean": bool(json.loads(body)["results"]["bindings"])}).encode()
    return _TRUTH.sub(lambda match: match[1] + (b'"true"' if match[2] == b"1" else b'"false"'), body)
