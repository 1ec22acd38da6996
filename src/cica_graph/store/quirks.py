"""What engines do in ways of their own, all in one place; ``tests/test_store_quirks.py`` has a test of each.

An engine is known by the Server header of its answers. What is not listed here is taken to keep to SPARQL 1.1.
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
    """Where a store takes queries, updates (SPARQL 1.1 Protocol) and whole graphs (Graph Store HTTP Protocol)."""

    query: str
    update: str
    graphs: str


@dataclass(frozen=True)
class EngineKind:
    """A kind of engine.

    :ivar counts: whether its aggregates are believed before ``store check`` has looked.
    :ivar batch: statements that it takes in one request.
    """

    name: str
    counts_correctly: bool = True
    batch: int = 20_000

    def addresses(self, url: str) -> Addresses:
        """Return where such a store takes what, by the address of its queries.

        ``CICA_GRAPH_STORE_UPDATE`` and ``CICA_GRAPH_STORE_GRAPHS`` say so where it is elsewhere.
        """
        update = graphs = url
        parts = urlsplit(url)
        if self is VIRTUOSO:  # which lets nobody write at the address of its queries
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
    """Return the kind of engine that calls itself so in its Server header."""
    return next((known for known in (VIRTUOSO, OXIGRAPH) if server.lower().startswith(known.name.lower())), OTHER)


def _sibling(url: str, name: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=parts.path.rpartition("/")[0] + "/" + name))


def refuse_partial(answer: HttpResponse) -> None:
    """Refuse an answer of which the server says, in headers alone, that it is not the whole.

    Virtuoso cuts results at ResultSetMaxRows of its configuration, and answers 200. It ends what takes longer than
    MaxQueryExecutionTime or an "anytime" limit with what it has until then, in the same way.

    :raises UsageError: it is a part.
    """
    if limit := answer.headers.get("x-sparql-maxrows"):
        raise UsageError(
            f"{answer.url} cut its answer off at {limit} rows, so nothing of it was used; "
            "raise ResultSetMaxRows in the section [SPARQL] of its virtuoso.ini, or leave it out"
        )
    if state := answer.headers.get("x-sql-state"):
        said = answer.headers.get("x-sql-message", "")
        raise UsageError(
            f"{answer.url} gave a part of the answer only ({state} {said.strip()}), so nothing of it was used"
        )


def standard_json(body: bytes) -> bytes:
    """Return SPARQL JSON as the Recommendation has it.

    Virtuoso writes a truth as 1 or 0 where it means ``true`` or ``false``, and answers an ASK about graphs that the
    request names with a table: of one row for yes, of none for no.
    """
    if b'"__ASK_RETVAL"' in body[:200]:
        return json.dumps({"head": {}, "boolean": bool(json.loads(body)["results"]["bindings"])}).encode()
    return _TRUTH.sub(lambda found: found[1] + (b'"true"' if found[2] == b"1" else b'"false"'), body)
