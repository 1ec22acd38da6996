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
from cica_graph.serve.pool.call import Call
from cica_graph.serve.pool.messages import ReplyHead
from cica_graph.serve.pool.spooled_output import SpooledOutput
from cica_graph.serve.release import Release

PAGE = "page"


def answer(release: Release, limits: Limits, call: Call, output: SpooledOutput) -> ReplyHead:
    """Write the answer to the output, or a message on failure.

    An answer is never cut, since its rows belong together. One that is larger than the limit is refused.
    """
    store = release.open_store()
    before = set(store.graphs())
    try:
        parts = _page(release, call) if call.name == PAGE else _operation(release, call)
        for part in parts:
            if output.size + len(part) > limits.uncut:
                raise UsageError(
                    f"The answer has more than {limits.uncut:,} bytes, which is the limit. Request less, such as fewer "
                    "organizations or years."
                )
            output.write(part)
    except UsageError as error:
        output.clear()
        output.write(str(error))
        return ReplyHead(404 if isinstance(error, NotFound) else 400, "")
    finally:
        for graph in set(store.graphs()) - before:  # snapshots of days would fill the memory
            store.remove_graph(ox.NamedNode(graph))
    media = format_of(call.one("path")).type if call.name == PAGE else ""
    return ReplyHead(200, media, cacheable=True)


def _page(release: Release, call: Call) -> Iterator[bytes]:
    path = call.one("path")
    body = day_pages.file(release.site_view, path, date.fromisoformat(call.one("on")), call.all("data"))
    if body is None:
        raise UsageError(f"/{path} does not depend on the day. Request it without on=.")
    yield body


def _operation(release: Release, call: Call) -> Iterator[bytes]:
    operation = operations()[call.name]
    pairs = [(name, text) for name, text in call.values if name != "form"]
    return operation.answer(release.graph, **declaration.arguments(operation.parameters, pairs)).write(call.one("form"))
