"""Statements from a SPARQL endpoint that the user names: the one place of this package that opens a connection.

Page by page, each a SPARQL 1.1 Protocol query by POST with an answer in SPARQL JSON. A server that asks for patience
(429 or 503 with Retry-After) gets it, within limits; no redirect is followed to another host.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urljoin, urlsplit

import pyoxigraph as ox

from cica_graph.dump import Problem, Progress
from cica_graph.errors import Misuse

if TYPE_CHECKING:
    import httpx

PAGE: Final = 10_000  # rows asked for at a time
LARGEST: Final = 64 * 1024 * 1024  # bytes of one answer
LONGEST_WAIT: Final = 60.0  # seconds, for one Retry-After
TRIES: Final = 5  # requests for one page
REDIRECTS: Final = 3
_COLUMNS: Final = {"item", "property", "value"}


def statements(
    address: str, query: Path | None = None, timeout: float = 60.0, progress: Progress | None = None,
    *, page: int = PAGE, wait: Callable[[float], None] = time.sleep,
) -> Iterator[ox.Triple | Problem]:  # fmt: skip
    """Yield the statements that the query finds, page by page.

    :param query: file with a SELECT query for ``?item ?property ?value``; that of Wikidata's shape when None.
    :param timeout: seconds without a byte, and a quarter of it to connect.
    :raises Misuse: no answer in time, an answer that is no SPARQL JSON, or one that is too large.
    """
    import httpx

    path = query or Path(__file__).with_name("candidates.rq")
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Misuse(f"{path} cannot be read: {error}") from error
    # What stands in a comment or a string might be taken for a LIMIT; a query so made is asked once, and whole.
    paged = not re.search(r"(?im)\b(limit|offset)\s+\d+\s*$", re.sub(r"(?m)^\s*#.*$", "", text))
    limits = httpx.Timeout(timeout, connect=max(1.0, timeout / 4))
    agent = {"User-Agent": "cica-graph (https://w3id.org/cica-graph)", "Accept": "application/sparql-results+json"}
    with httpx.Client(timeout=limits, headers=agent, follow_redirects=False) as client:
        offset = read = 0
        while True:
            asked = f"{text}\nLIMIT {page} OFFSET {offset}" if paged else text
            answer = _ask(client, address, asked, wait)
            read += len(answer)
            rows = _rows(answer, address)
            for number, row in enumerate(rows, offset + 1):
                yield _triple(number, row)
            if progress is not None:
                progress(read, 0)
            offset += page
            if not paged or len(rows) < page:
                return


def _ask(client: httpx.Client, address: str, query: str, wait: Callable[[float], None]) -> bytes:
    import httpx

    url, redirects = address, 0
    for attempt in range(1, TRIES + REDIRECTS + 1):
        try:
            with client.stream("POST", url, data={"query": query}) as response:
                if response.is_redirect:
                    redirects += 1
                    url = _next(url, response.headers["location"], redirects)
                    continue
                if response.status_code in (429, 503) and attempt < TRIES:
                    pause = _pause(response.headers.get("retry-after", ""), attempt)
                    if pause > LONGEST_WAIT:
                        raise Misuse(f"{url} asks to wait {pause:.0f} seconds; try again then")
                else:
                    return _body(response, url)
            wait(pause)
        except httpx.TimeoutException as error:
            raise Misuse(f"{url} did not answer in time; give it longer with --timeout, or ask for less") from error
        except httpx.HTTPError as error:
            raise Misuse(f"{url}: {error or type(error).__name__}; is a SPARQL endpoint there?") from error
    raise Misuse(f"{url} did not answer after {TRIES} requests")


def _next(url: str, location: str, redirects: int) -> str:
    to = urljoin(url, location)
    if redirects > REDIRECTS:
        raise Misuse(f"{url} redirects in circles")
    if urlsplit(to).hostname != urlsplit(url).hostname or urlsplit(to).scheme not in ("http", "https"):
        raise Misuse(f"{url} redirects to {to}, another host; if that is where you want to go, name it")
    return to


def _pause(header: str, attempt: int) -> float:
    """Return the seconds that a Retry-After asks for, RFC 9110 section 10.2.3; without one, a little more each time."""
    if re.fullmatch(r"\s*[0-9]{1,9}\s*", header):
        return float(header)
    try:
        return max(0.0, parsedate_to_datetime(header).timestamp() - time.time())
    except (ValueError, TypeError, OverflowError):
        return float(2**attempt)


def _body(response: httpx.Response, url: str) -> bytes:
    if response.status_code != 200:
        said = b"".join(_first(response, 500)).decode("utf-8", "replace")
        raise Misuse(f"{url} answered {response.status_code}: {' '.join(said.split())[:300]}")
    form = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if form not in ("application/sparql-results+json", "application/json"):
        raise Misuse(f"{url} answered with {form or 'no content type'} and not with SPARQL JSON; is it an endpoint?")
    body = b"".join(_first(response, LARGEST + 1))
    if len(body) > LARGEST:
        raise Misuse(f"{url} answered with more than {LARGEST >> 20} MiB; ask for less")
    return body


def _first(response: httpx.Response, most: int) -> Iterator[bytes]:
    size = 0
    for part in response.iter_bytes():
        yield part
        size += len(part)
        if size >= most:
            return


def _rows(answer: bytes, url: str) -> list[dict[str, Any]]:
    try:
        found = json.loads(answer)
    except (ValueError, RecursionError) as error:
        raise Misuse(
            f"{url}: the answer breaks off or is no JSON ({len(answer):,} bytes: {error}); nothing of it was used"
        ) from error
    try:
        columns, rows = found["head"]["vars"], found["results"]["bindings"]
    except (KeyError, TypeError) as error:
        raise Misuse(f"{url}: the answer is JSON, but no answer to a SELECT query") from error
    if not set(columns) >= _COLUMNS or not isinstance(rows, list):
        raise Misuse(f"{url}: the query has to have the columns ?item ?property ?value, and has {', '.join(columns)}")
    return rows


def _triple(number: int, row: Any) -> ox.Triple | Problem:
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
        return Problem(number, f"row {number} of the answer is no statement: {error}")
