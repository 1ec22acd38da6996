"""Operations on sources: the list of them, and the memberships that rest on old, lost or single sources."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final, Literal, NamedTuple

from cica_graph import queries
from cica_graph.graph import Graph
from cica_graph.model import edtf
from cica_graph.model.errors import InvalidDate
from cica_graph.model.terms import local
from cica_graph.operations.answer import TableAnswer, records
from cica_graph.operations.declaration import Field, Operation
from cica_graph.operations.memberships import ON
from cica_graph.pipeline.policies import source_name
from cica_graph.store.store import value

Problem = Literal["old", "lost", "single"]

OLD: Final = timedelta(days=2 * 365)  # a membership without an end should be attested again after this time
_TEXT: Final = ("string", "null")
_FIELDS: Final = (
    Field("source", "Short name of the source, as --only takes it."),
    Field("title", "Title."),
    Field("kind", "`primary`, `compiled` or `mirror`; null if not stated.", _TEXT),
    Field("speaks_for", "Day for which the source speaks, an EDTF date; `../` means that day or earlier.", _TEXT),
    Field("date_basis", "How that day is known.", _TEXT),
    Field("read_on", "Day on which the source was read.", _TEXT),
    Field("page", "Address.", _TEXT),
    Field("archive", "Address of a copy in an archive.", _TEXT),
    Field("rights", "Terms of use.", _TEXT),
    Field("copy_of", "Short name of the source that it repeats.", _TEXT),
    Field("memberships", "Number of memberships that it reports.", ("integer",)),
)
_STALE: Final = (
    Field("organization", "Acronym of the organization."),
    Field(
        "problem", "`old`: no source attests the membership in the two years before the day; `lost`: no source that "
        "attests it has an address; `single`: only one source reports it.",
    ),
    Field("memberships", "Number of memberships without an end that have the problem.", ("integer",)),
    Field("of", "Number of memberships of the organization without an end.", ("integer",)),
    Field("last_attested", "Last day for which one of the sources speaks.", _TEXT),
    Field("sources", "Short names of the sources on which they rest.", ("array",)),
)  # fmt: skip


class SourceSummary(NamedTuple):
    """A source and the number of memberships that it reports."""

    source: str
    title: str
    kind: str | None
    speaks_for: str | None
    date_basis: str | None
    read_on: str | None
    page: str | None
    archive: str | None
    rights: str | None
    copy_of: str | None
    memberships: int


class StaleSources(NamedTuple):
    """The memberships of an organization that rest on old, lost or single sources."""

    organization: str
    problem: Problem
    memberships: int
    of: int
    last_attested: date | None
    sources: tuple[str, ...]


@dataclass
class _Support:
    """The sources of one membership: the last day that each attests, and whether it has an address."""

    attested: dict[str, date | None] = field(default_factory=dict)
    found: set[str] = field(default_factory=set)

    def problems(self, since: date) -> Iterator[Problem]:
        days = [day for day in self.attested.values() if day]
        if not days or max(days) < since:
            yield "old"
        if not self.found & {source for source, day in self.attested.items() if day or not days}:
            yield "lost"
        if len(self.attested) == 1:
            yield "single"


def list_sources(graph: Graph) -> TableAnswer[SourceSummary]:
    """Answer :data:`SOURCES`."""
    found = dict[str, SourceSummary]()
    for row in graph.store.select(queries.shipped("select", "documents").text):
        texts = {name: value(term) for name, term in row.items()}
        name = source_name(texts["source"])
        found.setdefault(
            name,
            SourceSummary(
                name, texts["title"], local(texts["kind"]) if "kind" in texts else None, texts.get("speaks"),
                texts.get("basis"), texts.get("read"), texts.get("page"), texts.get("archive"), texts.get("rights"),
                source_name(texts["original"]) if "original" in texts else None, int(texts["memberships"]),
            ),
        )  # fmt: skip
    results = [found[name] for name in sorted(found)]
    columns = tuple(field.name for field in _FIELDS)
    return TableAnswer(results, columns, records(results, columns))


def list_stale_sources(graph: Graph, *, on: date) -> TableAnswer[StaleSources]:
    """Answer :data:`STALE_SOURCES`."""
    results = sorted(
        stale
        for organization, supports in _supports(graph).items()
        for stale in _stale(graph.names[organization].code, supports, on - OLD)
    )
    columns = tuple(field.name for field in _STALE)
    return TableAnswer(results, columns, records(results, columns))


def _supports(graph: Graph) -> Mapping[str, Mapping[str, _Support]]:
    found = defaultdict[str, defaultdict[str, _Support]](lambda: defaultdict(_Support))
    columns = graph.store.select_columns(queries.shipped("select", "source-use").text)
    for organization, membership, document, speaks, address in zip(*columns, strict=True):
        support = found[organization][membership]
        support.attested[source_name(document)] = _last_day(speaks)
        if address:
            support.found.add(source_name(document))
    return found


def _stale(code: str, supports: Mapping[str, _Support], since: date) -> Iterator[StaleSources]:
    groups = defaultdict[Problem, list[_Support]](list)
    for support in supports.values():
        for problem in support.problems(since):
            groups[problem].append(support)
    for problem, group in groups.items():
        days = [day for support in group for day in support.attested.values() if day]
        sources: Set[str] = {source for support in group for source in support.attested}
        yield StaleSources(
            code, problem, len(group), len(supports), max(days, default=None), tuple(sorted(sources))
        )  # fmt: skip


def _last_day(speaks: str) -> date | None:
    """Return the last day that a source attests; a source of ``../2026-02-04`` attests none."""
    if not speaks or speaks.startswith("../"):
        return None
    try:
        return edtf.span(speaks)[1]
    except InvalidDate:
        return None


SOURCES: Final = Operation(
    "sources",
    "sources",
    "List the sources of the graph.",
    (),
    list_sources,
    description="Each source has the day for which it speaks, its address and its terms, if they are known.",
    fields=_FIELDS,
)

STALE_SOURCES: Final = Operation(
    "stale-sources",
    "sources/stale",
    "List the organizations with memberships that rest on old, lost or single sources.",
    (ON,),
    list_stale_sources,
    description="Only memberships without an end count.",
    fields=_STALE,
)
