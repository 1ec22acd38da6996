"""What a process answers that is asked no SPARQL: a page for another day."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Final

import pyoxigraph as ox

from cica_graph.errors import Misuse, UnknownName
from cica_graph.publish.formats import format_of
from cica_graph.publish.site import dated
from cica_graph.rebase import rebase
from cica_graph.serve.answer import Head
from cica_graph.serve.call import Call
from cica_graph.serve.sink import Sink
from cica_graph.serve.source import Edition

Answer = tuple[str, bytes]  # a media type, and the body


def answer(edition: Edition, base: str, call: Call, sink: Sink) -> Head:
    """Write the answer to the sink, with IRIs below the base; on failure, what to do about it."""
    store = edition.open_store()
    before = set(store.graphs())
    try:
        media, body = _CALLS[call.name](edition, call)
    except UnknownName as error:
        sink.write(str(error))
        return Head(404, "")
    except Misuse as error:
        sink.write(str(error))
        return Head(400, "")
    finally:
        for graph in set(store.graphs()) - before:  # snapshots of days would fill the memory one by one
            store.drop(ox.NamedNode(graph))
    sink.write(rebase(body, base))
    return Head(200, media, lasting=True)


def _page(edition: Edition, call: Call) -> Answer:
    path = call.one("path")
    body = dated.file(edition.world, path, date.fromisoformat(call.one("on")), call.all("data"))
    if body is None:
        raise Misuse(f"/{path} is the same on every day, or shows a day of its own; ask for it without on=")
    return format_of(path).type, body


_CALLS: Final[Mapping[str, Callable[[Edition, Call], Answer]]] = {"page": _page}
