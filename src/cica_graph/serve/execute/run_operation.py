"""Operations of the API and pages for another day, run in a query worker."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pyoxigraph as ox

from cica_graph.formats.media_types import format_of
from cica_graph.model.errors import NotFound, UsageError
from cica_graph.operations import declaration
from cica_graph.operations.registry import operations
from cica_graph.publish.site import day_pages
from cica_graph.serve.config import Limits
from cica_graph.serve.execute.sparql import Head
from cica_graph.serve.pool.call import Call
from cica_graph.serve.pool.spooled_output import Sink
from cica_graph.serve.release import Edition

PAGE = "page"


def answer(edition: Edition, limits: Limits, call: Call, sink: Sink) -> Head:
    """Write the answer to the sink, or a message on failure.

    An answer is never cut, since its rows belong together. One that is larger than the limit is refused.
    """
    store = edition.open_store()
    before = set(store.graphs())
    try:
        parts = _page(edition, call) if call.name == PAGE else _operation(edition, call)
        for part in parts:
            if sink.size + len(part) > limits.size:
                raise UsageError(
                    f"The answer has more than {limits.size:,} bytes, which is the limit. Request less, such as fewer "
                    "organizations or years."
                )
            sink.write(part)
    except UsageError as error:
        sink.clear()
        sink.write(str(error))
        return Head(404 if isinstance(error, NotFound) else 400, "")
    finally:
        for graph in set(store.graphs()) - before:  # snapshots of days would fill the memory
            store.remove_graph(ox.NamedNode(graph))
    media = format_of(call.one("path")).type if call.name == PAGE else ""
    return Head(200, media, lasting=True)


def _page(edition: Edition, call: Call) -> Iterator[bytes]:
    path = call.one("path")
    body = day_pages.file(edition.world, path, date.fromisoformat(call.one("on")), call.all("data"))
    if body is None:
        raise UsageError(f"/{path} does not depend on the day. Request it without on=.")
    yield body


def _operation(edition: Edition, call: Call) -> Iterator[bytes]:
    operation = operations()[call.name]
    pairs = [(name, text) for name, text in call.values if name != "form"]
    return operation.answer(edition.graph, **declaration.arguments(operation.parameters, pairs)).write(call.one("form"))
