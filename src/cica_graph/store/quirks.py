"""Deviations of engines from the standards; ``tests/test_store_quirks.py`` tests each of them.

An engine is recognized by the Server header of its responses. All other engines are expected to follow SPARQL 1.1.
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
    """Addresses for queries and updates (SPARQL 1.1 Protocol) and for graphs (Graph Store HTTP Protocol)."""

    query: str
    update: str
    graphs: str


@dataclass(frozen=True)
class EngineKind:
    """A kind of engine.

    :ivar counts_correctly: False if its aggregates are not trusted before ``store check`` has tested them.
    :ivar batch: maximum statements in one request.
    """

    name: str
    counts_correctly: bool = True
    batch: int = 20_000

    def addresses(self, url: str) -> Addresses:
        """Return the addresses of such a store, from the address for queries.

        ``CICA_GRAPH_STORE_UPDATE`` and ``CICA_GRAPH_STORE_GRAPHS`` set other addresses for updates and graphs.
        """
        update = graphs = url
        parts = urlsplit(url)
        if self is VIRTUOSO:  # it allows no updates at the address for queries
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
    """Return the kind of engine that a Server header names."""
    return next((known for known in (VIRTUOSO, OXIGRAPH) if server.lower().startswith(known.name.lower())), OTHER)


def _sibling(url: str, name: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=parts.path.rpartition("/")[0] + "/" + name))


def refuse_partial(answer: HttpResponse) -> None:
    """Raise an error if the headers of a response show that it is incomplete.

    Virtuoso truncates results at ResultSetMaxRows of its configuration, with status 200. It also returns a partial
    result with status 200 after MaxQueryExecutionTime or an "anytime" limit.

    :raises UsageError: the response is incomplete.
    """
    if limit := answer.headers.get("x-sparql-maxrows"):
        raise UsageError(
            f"{answer.url} truncated its answer at {limit} rows, so the answer was not used; "
            "increase or remove ResultSetMaxRows in the section [SPARQL] of its virtuoso.ini"
        )
    if state := answer.headers.get("x-sql-state"):
        text = answer.headers.get("x-sql-message", "").strip()
        raise UsageError(f"{answer.url} gave only a part of the answer ({state} {text}), so it was not used")


def standard_json(body: bytes) -> bytes:
    """Return Virtuoso's results in the standard SPARQL JSON format.

    Virtuoso writes 1 or 0 for the truth values ``true`` and ``false``. It answers an ASK query about graphs that the
    request names with a table: one row for true, no row for false.
    """
    if b'"__ASK_RETVAL"' in body[:200]:
        return json.dumps({"head": {}, "boolean": bool(json.loads(body)["results"]["bindings"])}).encode()
    return _TRUTH.sub(lambda found: found[1] + (b'"true"' if found[2] == b"1" else b'"false"'), body)
