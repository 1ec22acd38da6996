"""A source of memberships as ``compare`` takes it: the whole graph, an import, or one document of the graph."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from cica_graph.model.errors import NotFound, UsageError
from cica_graph.model.results import Certainty
from cica_graph.model.terms import BASE, CG, DCTERMS, GRAPH, RDF_TYPE, SKOS, local
from cica_graph.pipeline.build import BuiltGraph
from cica_graph.pipeline.steps import bound
from cica_graph.project import source_files
from cica_graph.project.source_files import SourceFile
from cica_graph.store.store import Store, value

_DOC: Final = BASE + "doc/"
_BOUNDS: Final = ("earliestStart", "latestStart", "earliestEnd", "latestEnd")
# The properties that a report takes from the membership that it is about.
_TAKEN: Final = {RDF_TYPE, *(CG + name for name in ("member", "organization", "role", "spell"))}
_Said = defaultdict[str, defaultdict[str, list[str]]]  # subject, predicate, values


@dataclass(frozen=True)
class PeriodBounds:
    """Four days as the bound step gives them; None is unknown.

    :ivar stated: the dates as stated, an EDTF interval in which unknown sides are empty.
    :ivar open_ended: no source reports an end, although ``latest_end`` is known, for example the end of a life.
    :ivar disputed: sources disagree about all of it.
    """

    earliest_start: date | None
    latest_start: date | None
    earliest_end: date | None
    latest_end: date | None
    stated: str = "/"
    open_ended: bool = False
    disputed: bool = False

    def __iter__(self) -> Iterator[date | None]:
        return iter((self.earliest_start, self.latest_start, self.earliest_end, self.latest_end))

    @property
    def start(self) -> tuple[date | None, date | None]:
        """The first and the last day on which it can have begun."""
        return self.earliest_start, self.latest_start

    @property
    def end(self) -> tuple[date | None, date | None]:
        """The first and the last day on which it can have ended."""
        return self.earliest_end, self.latest_end

    def holds(self, day: date) -> Certainty:
        """Return the answer for a day: ``certain``, ``presumed``, ``disputed``, ``possible`` or ``no``."""
        over = self.latest_end is not None and self.latest_end < day
        if over or (self.earliest_start is not None and day < self.earliest_start):
            return "no"
        if self.disputed:
            return "disputed"
        if self.latest_start and self.earliest_end and self.latest_start <= day <= self.earliest_end:
            return "certain"
        begun = self.latest_start is not None and self.latest_start <= day
        return "presumed" if begun and (self.latest_end is None or self.open_ended) else "possible"


@dataclass(frozen=True)
class SourceMembership:
    """One spell as a source gives it.

    :ivar role: local name of the role as stated.
    :ivar top: local name of the broadest role it falls under: founding members are members.
    :ivar start: EDTF text, or None.
    :ivar end: EDTF text, or None: no end was reported.
    :ivar bounds: from the dates of the source itself.
    :ivar standings: the stretches that give the answer for a day. Those of the whole graph take every report into
        account.
    :ivar cited: IRIs of the sections cited, sorted.
    """

    iri: str
    member: str
    organization: str
    role: str
    top: str
    start: str | None
    end: str | None
    bounds: PeriodBounds
    standings: tuple[PeriodBounds, ...]
    suspensions: tuple[PeriodBounds, ...]
    cited: tuple[str, ...]


@dataclass(frozen=True)
class Side:
    """A source with its memberships, in the order of their IRIs.

    :ivar name: as the user gave it.
    """

    name: str
    memberships: tuple[SourceMembership, ...]


def read(name: str, built: BuiltGraph) -> Side:
    """Return a source: ``ours``, an import's file or directory, or the slug of a document of the graph.

    Of ``wikidata.ttl``, the file ``wikidata-undated.ttl`` next to it is also read. Of a document, the memberships
    that cite it are taken, with the dates that the graph has for them: they may come from another source.

    :raises NotFound: the name of the source is unknown.
    :raises UsageError: a file does not parse, or holds no membership.
    """
    path = Path(name)
    if name == "ours" or not (path.exists() or path.suffix or "/" in name):
        return stated(name, built)
    if not path.exists():
        raise UsageError(f"{name}: no such file or directory; `cica-graph import` makes them")
    return _side(name, _imported(path, built), _tops(_said(built.store.triples())))


def stated(name: str, built: BuiltGraph) -> Side:
    """Return a source that the graph itself has: ``ours``, or the slug of a document. No file is looked at.

    :raises NotFound: the name of the source is unknown.
    :raises UsageError: it holds no membership.
    """
    said = _said(built.store.triples())
    tops = _tops(said)
    if name == "ours":
        return Side(name, _memberships(said, tops, settled=True))
    return _side(name, _citing(name, built, said), tops)


def _side(name: str, store: Store, tops: dict[str, str]) -> Side:
    store.add_quads(bound.bound(store)[0])
    found = _memberships(_said(store.triples()), tops)
    if not found:
        raise UsageError(f"{name} holds no membership, so there is nothing to compare")
    return Side(name, found)


def _imported(path: Path, built: BuiltGraph) -> Store:
    if path.is_dir():
        paths = sorted(path.glob("*.ttl"))
        if not paths:
            raise UsageError(f"{path} holds no .ttl file; `cica-graph import wikidata ... -o {path}` makes one")
    else:
        beside = path.with_name(f"{path.stem}-undated{path.suffix}")
        paths = [path, beside] if beside.is_file() else [path]
    store = _vocabulary(built)
    for one in paths:
        parsed = source_files.parse(SourceFile(one, one.name, one.read_bytes()))
        if parsed.findings:
            first = parsed.findings[0]
            raise UsageError(f"{one}:{first.line}:{first.column}: {first.message}")
        store.add(quad.triple for quad in parsed.quads)
    return store


def _citing(slug: str, built: BuiltGraph, stated: _Said) -> Store:
    """Return the memberships that cite a document, without the other sources that they cite.

    A membership that does not cite the document itself has the dates of the report of it that does.
    """
    document = f"{_DOC}{slug}#document"
    if document not in stated:
        slugs = sorted(s.removeprefix(_DOC).partition("#")[0] for s in stated if s.endswith("#document"))
        near = get_close_matches(slug, slugs, n=3, cutoff=0.4)
        hint = f"; did you mean {' or '.join(near)}?" if near else "; `cica-graph query sources` lists the documents"
        raise NotFound(f"no source is called {slug!r}: it is 'ours', a file of an import or a document{hint}")
    sections = {s for s, said in stated.items() if document in said[DCTERMS + "isPartOf"]}
    wanted = {s for s, said in stated.items() if sections & set(said[DCTERMS + "source"])}
    of = {s: about for s in wanted for about in stated[s][CG + "of"]}
    reports = {about: s for s, about in sorted(of.items(), key=lambda pair: (_dates(stated[pair[0]]), pair))}
    reports = {about: s for about, s in reports.items() if about not in wanted}
    wanted = wanted - of.keys() | {*reports.values()}
    store = _vocabulary(built)
    graph = ox.NamedNode(GRAPH + "compared")
    computed = {CG + name for name in _BOUNDS}
    for t in built.store.about(sorted(reports)):
        if t.predicate.value in _TAKEN and not (
            t.predicate.value == CG + "role" and stated[reports[value(t.subject)]][CG + "role"]
        ):
            store.add_quads([ox.Quad(t.subject, t.predicate, t.object, graph)])
    for t in built.store.about([*sorted(wanted), *sorted(sections), document]):
        name, subject = t.predicate.value, value(t.subject)
        if subject in of and name in (RDF_TYPE, CG + "of"):
            continue
        if name not in computed and (name != DCTERMS + "source" or value(t.object) in sections):
            store.add_quads([ox.Quad(ox.NamedNode(of.get(subject, subject)), t.predicate, t.object, graph)])
    return store


def _dates(said: Mapping[str, list[str]]) -> int:
    return sum(len(said[CG + name]) for name in ("start", "end", "attestedOn"))


def _vocabulary(built: BuiltGraph) -> Store:
    store = Store()
    for file in built.project.ontology:
        store.add_quads(source_files.parse(file).quads)
    return store


def _said(triples: Iterable[ox.Triple]) -> _Said:
    said: _Said = defaultdict(lambda: defaultdict(list))
    for t in triples:
        if isinstance(t.subject, ox.NamedNode) and isinstance(t.object, ox.NamedNode | ox.Literal):
            said[t.subject.value][t.predicate.value].append(t.object.value)
    return said


def _tops(stated: _Said) -> dict[str, str]:
    """Return the broadest concept above each concept, by their IRIs."""
    tops = {}
    for concept in [s for s, said in stated.items() if said[SKOS + "inScheme"]]:
        top, seen = concept, {concept}
        while (above := stated[top][SKOS + "broader"]) and above[0] not in seen:
            top = above[0]
            seen.add(top)
        tops[concept] = top
    return tops


def _memberships(stated: _Said, tops: dict[str, str], *, settled: bool = False) -> tuple[SourceMembership, ...]:
    """Return memberships with the answers of their standings in a settled graph, else those from their dates."""
    suspensions = defaultdict[str, list[PeriodBounds]](list)
    for said in list(stated.values()):
        for suspended in said[CG + "suspends"]:
            suspensions[suspended].append(_bounds(said))
    found = []
    for iri, said in sorted(stated.items()):
        who, what, role = (said[CG + name] for name in ("member", "organization", "role"))
        if CG + "Membership" in said[RDF_TYPE] and who and what and role:
            found.append(
                SourceMembership(
                    iri, who[0], what[0], local(role[0]), local(tops.get(role[0], role[0])),
                    next(iter(said[CG + "start"]), None), next(iter(said[CG + "end"]), None), _bounds(said),
                    tuple(_bounds(stated[each]) for each in (sorted(said[CG + "standing"]) if settled else (iri,))),
                    tuple(suspensions[iri]), tuple(sorted(said[DCTERMS + "source"])),
                )
            )  # fmt: skip
    return tuple(found)


def _bounds(said: defaultdict[str, list[str]]) -> PeriodBounds:
    days = [date.fromisoformat(said[CG + name][0]) if said[CG + name] else None for name in _BOUNDS]
    stated = "/".join(next(iter(said[CG + name]), "") for name in ("start", "end"))
    flags = ("true" in said[CG + name] for name in ("openEnded", "disputed"))
    return PeriodBounds(days[0], days[1], days[2], days[3], stated, *flags)
