"""Statements from a SPARQL endpoint that the user names.

Page by page, each a SPARQL 1.1 Protocol query by POST with an answer in SPARQL JSON.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pyoxigraph as ox

from cica_graph.files.streams import ReadProblem
from cica_graph.linking.candidate import Candidate
from cica_graph.linking.dataset import Dataset
from cica_graph.linking.from_rdf import grouped
from cica_graph.model.errors import UsageError
from cica_graph.model.progress import OnProgress
from cica_graph.store.http_client import Client, HttpResponse

PAGE: Final = 10_000  # rows asked for at a time
LARGEST: Final = 64 * 1024 * 1024  # bytes of one answer
_JSON: Final = "application/sparql-results+json"
_COLUMNS: Final = {"item", "property", "value"}


def statements(
    address: str, query: Path | None = None, timeout: float = 60.0, on_progress: OnProgress | None = None,
    *, page: int = PAGE, wait: Callable[[float], None] = time.sleep,
) -> Iterator[ox.Triple | ReadProblem]:  # fmt: skip
    """Yield the statements that the query finds, page by page.

    :param query: file with a SELECT query for ``?item ?property ?value``; that of Wikidata's shape when None.
    :param timeout: seconds without a byte, and a quarter of it to connect.
    :raises UsageError: the endpoint does not answer in time, or its answer is too large or is not SPARQL JSON.
    """
    path = query or Path(__file__).with_name("candidates.rq")
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}") from error
    # A LIMIT in a comment or a string may be taken for one of the query; such a query is then not paged.
    paged = not re.search(r"(?im)\b(limit|offset)\s+\d+\s*$", re.sub(r"(?m)^\s*#.*$", "", text))
    with Client(timeout, wait=wait) as client:
        offset = read = 0
        while True:
            asked = f"{text}\nLIMIT {page} OFFSET {offset}" if paged else text
            answer = _body(client.request("POST", address, max_bytes=LARGEST, accept=_JSON, data={"query": asked}))
            read += len(answer)
            rows = _rows(answer, address)
            for number, row in enumerate(rows, offset + 1):
                yield _triple(number, row)
            if on_progress is not None:
                on_progress(read, 0)
            offset += page
            if not paged or len(rows) < page:
                return


def read(dataset: Dataset, on_progress: OnProgress | None = None) -> Iterator[Candidate | ReadProblem]:
    """Yield the things that the query finds as candidates.

    :raises UsageError: as ``statements``.
    """
    return grouped(statements(dataset.where, dataset.query, dataset.timeout, on_progress))


def _body(answer: HttpResponse) -> bytes:
    if answer.status != 200:
        raise UsageError(f"{answer.url} answered {answer.summary()}")
    if answer.media_type not in (_JSON, "application/json"):
        said = answer.media_type or "no content type"
        raise UsageError(f"{answer.url} answered with {said} and not with SPARQL JSON; is it an endpoint?")
    return answer.body


def _rows(answer: bytes, url: str) -> list[dict[str, Any]]:
    try:
        found = json.loads(answer)
    except (ValueError, RecursionError) as error:
        raise UsageError(
            f"{url}: the answer is incomplete or is not JSON ({len(answer):,} bytes: {error}); it was not used"
        ) from error
    try:
        columns, rows = found["head"]["vars"], found["results"]["bindings"]
    except (KeyError, TypeError) as error:
        raise UsageError(f"{url}: the answer is JSON, but no answer to a SELECT query") from error
    if not set(columns) >= _COLUMNS or not isinstance(rows, list):
        raise UsageError(
            f"{url}: the query has to have the columns ?item ?property ?value, and has {', '.join(columns)}"
        )
    return rows


def _triple(number: int, row: Any) -> ox.Triple | ReadProblem:
    try:
        value = row["value"]
        term: ox.NamedNode | ox.Literal
        if value["type"] == "uri":
            term = ox.NamedNode(value["value"])
        elif "xml:lang" in value:
            term = ox.Literal(value["value"], language=value["xml:lang"])
        else:
            term = ox.Literal(value["value"])
        return ox.Triple(ox.NamedNode(row["item"]["value"]), ox.NamedNode(row["property"]["value"]), term)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        return ReadProblem(number, f"row {number} of the answer is not a statement: {error}")
