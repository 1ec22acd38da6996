"""What a process answers that is asked no SPARQL: a page for another day, and the questions of the API."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Final

import pyoxigraph as ox

from cica_graph.compare import differences, sources
from cica_graph.formats import sparql_results, tables
from cica_graph.formats.media_types import format_of
from cica_graph.formats.tables import Record
from cica_graph.model.errors import NotFound, UsageError
from cica_graph.operations import records
from cica_graph.publish.site import day_pages
from cica_graph.serve.config import Limits
from cica_graph.serve.pool.call import Call
from cica_graph.serve.pool.messages import ReplyHead
from cica_graph.serve.pool.spooled_output import SpooledOutput
from cica_graph.serve.release import Release

Answer = tuple[str, bytes]  # a media type, and the body


def answer(release: Release, limits: Limits, call: Call, output: SpooledOutput) -> ReplyHead:
    """Write the answer to the output; on failure, what to do about it.

    Rows are sorted and belong together, so an answer is never cut: one that is too large is none.
    """
    store = release.open_store()
    before = set(store.graphs())
    try:
        media, body = _CALLS[call.name](release, call)
    except NotFound as error:
        output.write(str(error))
        return ReplyHead(404, "")
    except UsageError as error:
        output.write(str(error))
        return ReplyHead(400, "")
    finally:
        for graph in set(store.graphs()) - before:  # snapshots of days would fill the memory one by one
            store.remove_graph(ox.NamedNode(graph))
    if len(body) > (most := limits.size):
        output.write(f"the answer has {len(body):,} bytes, and {most:,} are the most: ask about fewer things or years")
        return ReplyHead(400, "")
    output.write(body)
    return ReplyHead(200, media, cacheable=True)


def _page(release: Release, call: Call) -> Answer:
    path = call.one("path")
    body = day_pages.file(release.site_view, path, date.fromisoformat(call.one("on")), call.all("data"))
    if body is None:
        raise UsageError(f"/{path} is the same on every day, or shows a day of its own; ask for it without on=")
    return format_of(path).type, body


def _members(release: Release, call: Call) -> Answer:
    found = release.graph.members(call.one("organization"), on=call.one("on"), role=call.one("role"))
    return _rows(call, records.memberships(found, "member"), ("member", *records.MEMBERSHIP))


def _memberships(release: Release, call: Call) -> Answer:
    found = release.graph.memberships(call.one("member"), on=call.one("on"), past=bool(call.one("past")))
    return _rows(call, records.memberships(found, "organization"), ("organization", *records.MEMBERSHIP))


def _overlaps(release: Release, call: Call) -> Answer:
    graph, named, every = release.graph, (*call.all("organization"), *call.all("other")), bool(call.one("by"))
    if every:
        since, until = (int(year) if (year := call.one(name)) else None for name in ("from", "to"))
        years = graph.overlaps_by_year(*named, since=since, until=until, any_day=bool(call.one("any-day")))
        found = records.spans(years)
    else:
        on = call.one("on")
        found = [(o, 0, 0) for o in (graph.overlaps(*named, on=on) if named else graph.all_overlaps(on=on))]
    keys = records.overlap_keys(every=every, whole=not named)
    return _rows(call, records.overlaps(found, keys), keys)


def _audit(release: Release, call: Call) -> Answer:
    return _rows(call, records.audits(release.graph.audit(on=call.one("on") or None)), records.AUDIT)


def _compare(release: Release, call: Call) -> Answer:
    built, names = release.graph.built, release.graph.names
    # Never a file of this machine: what is no document is no source here.
    here, there = (sources.stated(call.one(side), built) for side in ("here", "there"))
    wanted = [names.find(name, ("organization",)).iri for name in call.all("organization")]
    scope = differences.scope(here, there, wanted, everything=bool(call.one("include-unmatched")))
    if on := call.one("on"):
        found = differences.on_day(scope, date.fromisoformat(on))
    else:
        found = differences.every_year(scope) if call.one("by") else differences.compare(scope)
    return _rows(call, differences.records(found, names), differences.KEYS)


def _query(release: Release, call: Call) -> Answer:
    own = ("form", "query", "on")
    params = {name: text for name, text in call.values if name not in own}
    found = release.graph.query(call.one("query"), on=call.one("on") or None, **params)
    return "", sparql_results.render(found, call.one("form")).encode()


def _rows(call: Call, rows: Sequence[Record], columns: Sequence[str]) -> Answer:
    return "", tables.render(rows, columns, call.one("form")).encode()


_CALLS: Final[Mapping[str, Callable[[Release, Call], Answer]]] = {
    "page": _page,
    "members": _members,
    "memberships": _memberships,
    "overlaps": _overlaps,
    "audit": _audit,
    "compare": _compare,
    "query": _query,
}
