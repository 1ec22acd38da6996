"""The graph as people ask it: members, memberships, overlaps, the audit, and any query.

>>> from cica_graph import open_graph
>>> cica = open_graph()
>>> len([m for m in cica.members("CICA", on="2012-06-13") if m.certainty == "certain"])
24
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pyoxigraph as ox

from cica_graph import queries
from cica_graph.memberships.counting import KnownMembers, best
from cica_graph.memberships.names import read_names
from cica_graph.memberships.recorded import Record, Records, read_records
from cica_graph.model.dates import Day
from cica_graph.model.errors import Finding, NotFound, QueryError
from cica_graph.model.names import KINDS, Names
from cica_graph.model.progress import OnStep
from cica_graph.model.results import Audit, Certainty, Membership, Overlap, Verdict
from cica_graph.model.terms import CONCEPT, PREFIXES, local
from cica_graph.pipeline import build
from cica_graph.pipeline.steps import derive
from cica_graph.project.source_files import Project
from cica_graph.queries import guard
from cica_graph.store.store import SNAPSHOT, Result, Row, Store, day_literal, snapshot_graph, value

if TYPE_CHECKING:
    from cica_graph.memberships.arrays import MembershipArrays, Period
    from cica_graph.memberships.panels import Panel
    from cica_graph.model.dates import DayLike


def open_graph(project: str | Path | None = None, on_progress: OnStep | None = None) -> Graph:
    """Open a project's graph, the shipped one by default, with everything that follows from it.

    Unchanged files are not worked through again. ``on_progress`` is called with the name of each step as it begins.

    :raises ProjectError: the directory is no project.
    """
    return Graph(build.graph(Project.at(project), on_progress))


def readings() -> list[str]:
    """Return the queries by which answers read all of something, whatever they are about: see ``store.fill``."""
    names = ("actors", "audit", "audits", "bounds", "names", "roles", "suspended")
    return [queries.shipped("select", name).text for name in names]


def open_store(where: str) -> Graph:
    """Open the graph that ``build --store`` put into a folder, or into a store at an address.

    :raises UsageError: there is none.
    """
    return Graph(build.BuiltGraph(Project.at(None), Store.open(where), []))


class Graph:
    """A checked-out graph. Days are ``datetime.date`` or ``YYYY-MM-DD``; names are whatever ``Names`` knows."""

    def __init__(self, built: build.BuiltGraph) -> None:
        self.built = built

    @property
    def store(self) -> Store:
        """The statements, for SPARQL and for export."""
        return self.built.store

    @property
    def findings(self) -> list[Finding]:
        """Faults of the files' text and dates. ``check`` finds these and everything else."""
        return self.built.findings

    @cached_property
    def names(self) -> Names:
        """The states and organizations, and what they may be called."""
        return read_names(self.store)

    def members(self, organization: str, *, on: DayLike = "today", role: str = "member") -> list[Membership]:
        """Return the memberships in an organization that apply or may apply on a day, sorted by label.

        ``role`` is a concept of the roles scheme, which takes in the narrower ones: ``member`` finds founding
        members. ``any`` takes them all.

        :raises NotFound: no organization goes by that name, or no role.
        :raises InvalidDate: ``on`` is not a day.
        """
        actor = self.names.find(organization, ("organization",))
        day = Day.of(on)
        roles = self.roles()
        _refuse_unknown(role, roles)
        query = queries.shipped("select", "members")
        wanted = [role] if role != "any" else roles
        rows = [
            row
            for name in wanted
            for row in self.store.select(
                query.bind(
                    organization=ox.NamedNode(actor.iri),
                    inRole=ox.NamedNode(CONCEPT + name),
                    asOf=day_literal(day),
                )
            )
        ]
        cited = queries.shipped("select", "sections-in").bind(organization=ox.NamedNode(actor.iri))
        return [s for s in self._spells(rows, day, cited) if s.certainty != "no"]

    def memberships(self, member: str, *, on: DayLike = "today", past: bool = False) -> list[Membership]:
        """Return the memberships of a state or organization on a day in any role, sorted by label.

        With ``past``, also those that do not apply on the day, marked ``no``.

        :raises NotFound: nothing goes by that name.
        :raises InvalidDate: ``on`` is not a day.
        """
        actor, day = self.names.find(member), Day.of(on)
        query = queries.shipped("select", "memberships").bind(who=ox.NamedNode(actor.iri), asOf=day_literal(day))
        cited = queries.shipped("select", "sections-of").bind(who=ox.NamedNode(actor.iri))
        return [s for s in self._spells(self.store.select(query), day, cited) if past or s.certainty != "no"]

    def overlaps(self, organization: str, *others: str, on: DayLike = "today") -> list[Overlap]:
        """Return how many members of each other organization are members of this one too, with the missing named.

        Without ``others``, every organization that may share a member on the day.

        :raises NotFound: no organization goes by one of the names.
        :raises InvalidDate: ``on`` is not a day.
        """
        day = Day.of(on)
        found = [self.names.find(name, ("organization",)).iri for name in (organization, *others)]
        if self.store.read_only:
            from cica_graph.memberships import arrays

            return self._overlaps(found, self._members(arrays.on(day)), (day, day))
        derive.snapshot(self.store, day)  # on a small graph this takes less time than the import of numpy
        return self._overlaps(found, derive.members(self.store, day), (day, day))

    def all_overlaps(self, *, on: DayLike = "today") -> list[Overlap]:
        """Return the overlaps of every organization with each that may share a member with it on a day.

        :raises InvalidDate: ``on`` is not a day.
        """
        from cica_graph.memberships import arrays

        period = arrays.on(Day.of(on))
        return self._overlaps([], self._members(period), period)

    def overlaps_by_year(
        self, *organizations: str, since: int | None = None, until: int | None = None, any_day: bool = False
    ) -> Iterator[tuple[int, list[Overlap]]]:
        """Yield each year with its overlaps: of the first organization with the others or, when none is named, of all.

        A year is its last day or, with ``any_day``, the whole of it: see
        ``cica_graph.memberships.arrays.year``. From the first year that bounds a membership to the last, unless other
        years are given.

        :raises NotFound: no organization goes by one of the names.
        :raises UsageError: there are no such years.
        """
        from cica_graph.memberships import arrays

        found = [self.names.find(name, ("organization",)).iri for name in organizations]
        for number in self.arrays.years(since, until):
            period = arrays.year(number, any_day=any_day)
            yield number, self._overlaps(found, self._members(period), period)

    def panel(
        self, kind: str, *, since: int | None = None, until: int | None = None, roles: Iterable[str] = ("member",),
        any_day: bool = False, layout: str | None = None,
    ) -> Panel:  # fmt: skip
        """Return a panel: ``org-year``, ``state-year``, ``dyad-year`` (states) or ``org-dyad-year``.

        ``roles`` are concepts of the roles scheme or ``any``, each with columns of its own. ``layout="igor"`` lays out
        dyad-years as the R package igoR does, which counts whole years. Years are as in ``overlaps_by_year``.

        :raises NotFound: no role is called so.
        :raises UsageError: there is no such panel, layout or year.
        """
        from cica_graph.memberships import panels

        known, wanted = self.roles(), list(dict.fromkeys(roles))
        for role in wanted:
            _refuse_unknown(role, known)
        years = self.arrays.years(since, until)
        return panels.panel(
            self.store, self.names, self.arrays, kind, years, self.records,
            roles=wanted, any_day=any_day, layout=layout,
        )  # fmt: skip

    @cached_property
    def arrays(self) -> MembershipArrays:
        """The memberships as arrays, to ask about many days or all overlaps: see ``cica_graph.memberships.arrays``."""
        from cica_graph.memberships import arrays

        return arrays.read(self.store)

    @cached_property
    def records(self) -> Records:
        """The days for which the members of organizations are recorded."""
        return read_records(self.store)

    def record(self, organization: str, *, on: DayLike = "today", role: str = "member") -> Record:
        """Return what it means that ``members`` finds nobody: ``recorded`` if there really is nobody.

        Otherwise ``not recorded``, or ``founded later`` or ``dissolved`` outside the life of the organization.

        :raises NotFound: the organization is unknown.
        :raises InvalidDate: ``on`` is not a day.
        """
        day = Day.of(on)
        return self.records.of_nobody(self.names.find(organization, ("organization",)).iri, role, day, day)

    def _members(self, period: Period) -> KnownMembers:
        engine = self.arrays.in_role("member")
        held = engine.during(period)
        return KnownMembers(engine.named(held.certain), engine.named(held.presumed), engine.named(held.possible))

    def _overlaps(self, wanted: Sequence[str], known: KnownMembers, period: Period) -> list[Overlap]:
        """Return the overlaps of the first organization with the others. A side that is not given is all of them."""
        possible = known.possible
        unrecorded = {
            iri
            for iri in wanted
            if not possible.get(iri) and self.records.of_nobody(iri, "member", *period) == "not recorded"
        }
        found = (
            self.overlap(ours, other, known, unrecorded)
            for ours in wanted[:1] or possible
            for other in wanted[1:] or possible
            if wanted[1:] or (other != ours and possible.get(ours, frozenset()) & possible[other])
        )
        return sorted(found, key=lambda o: (o.organization.casefold(), o.organization, o.other.casefold(), o.other))

    def overlap(self, ours: str, other: str, known: KnownMembers, unrecorded: Set[str] = frozenset()) -> Overlap:
        """Return the overlap of two organizations, by IRI. ``unrecorded`` are those without records of members."""
        shared = None if ours in unrecorded or other in unrecorded else known.size(ours, other)
        total = None if other in unrecorded else known.size(other)
        missing = () if ours in unrecorded else known.missing(ours, other)
        return Overlap(
            organization=self._code(ours),
            other=self._code(other),
            shared=shared and shared.certain,
            shared_presumed=shared and shared.presumed,
            shared_at_most=shared and shared.possible,
            total=total and total.certain,
            total_presumed=total and total.presumed,
            total_at_most=total and total.possible,
            both=tuple(sorted(map(self._code, known.of(ours, other)[0]))),
            missing=tuple(sorted(map(self._code, missing))),
        )

    def _code(self, iri: str) -> str:
        return self.names[iri].code if iri in self.names.actors else local(iri)

    def overlap_triples(self, overlaps: Sequence[Overlap], on: DayLike) -> list[ox.Triple]:
        """Return the overlaps of a day as ``cg:Overlap`` observations; a store that is only read is read whole."""
        day, store = Day.of(on), self.store.copy() if self.store.read_only else self.store
        names = {name for o in overlaps for name in (o.organization, o.other)}
        iris = {name: self.names.find(name, ("organization",)).iri for name in names}
        pairs = {(iris[o.organization], iris[o.other]) for o in overlaps}
        derive.overlaps(store, day, pairs)
        query = queries.shipped("select", "overlap-findings").bind(asOf=day_literal(day))
        found = ((value(r["organization"]), value(r["counterpart"]), value(r["overlap"])) for r in store.select(query))
        return store.about([iri for about, other, iri in found if (about, other) in pairs])

    def audit_triples(self, audits: Iterable[Audit]) -> list[ox.Triple]:
        """Return audits as ``cg:Audit`` resources, with the claims that they judge."""
        iris = [a.claim for a in audits]
        wanted = set(iris)
        for row in self.store.select(queries.shipped("select", "audits").text):
            if value(row["claim"]) in wanted:
                iris += [value(row[name]) for name in ("audit", "finding") if name in row]
        return self.about(iris)

    def audit(self, *, on: DayLike | None = None) -> list[Audit]:
        """Return every claim with its verdict, in the order of their IRIs; only those about a day when it is given."""
        day = None if on is None else Day.of(on)
        audits = [self._audit(row) for row in self.store.select(queries.shipped("select", "audit").text)]
        return sorted((a for a in audits if day in (None, a.on)), key=lambda a: (a.on, a.claim))

    def _audit(self, row: Row) -> Audit:
        counted = (
            self.names[value(row["counterpart"])].code if "counterpart" in row else local(value(row["population"]))
        )
        return Audit(
            claim=value(row["claim"]),
            organization=self.names[value(row["about"])].code,
            population=counted,
            on=date.fromisoformat(value(row["asOf"])),
            claimed=int(value(row["says"])),
            claimed_total=_number(row, "of"),
            found=_number(row, "finds"),
            found_presumed=_number(row, "presumed"),
            found_at_most=_number(row, "atMost"),
            verdict=cast(Verdict, local(value(row["verdict"]))),
            independent="independent" in row and value(row["independent"]) == "true",
            section=value(row["section"]),
            reason=value(row["why"]) if "why" in row else local(value(row["reason"])),
        )

    def query(self, query: queries.Query | str, /, *, on: DayLike | None = None, **params: str) -> Result:
        """Run a query of the cookbook by its name, or SPARQL text; parameters are texts, read by their type.

        A query that asks for a day gets its ``asOf`` parameter, else ``on``, else today. The
        usual prefixes need not be declared. Nothing reaches the network: SERVICE is refused.

        :raises QueryError: no such query or parameter, SPARQL that does not parse, or a query that is refused.
        """
        if isinstance(query, str):
            query = find_query(query)
        guard.analyse(query.text)
        bound = {name: self._term(query, name, text) for name, text in params.items()}
        if "asOf" in query.params:
            bound.setdefault("asOf", day_literal(Day.of("today" if on is None else on)))
        day = None
        if query.snapshot or on is not None:
            day = date.fromisoformat(bound["asOf"].value) if "asOf" in bound else Day.of("today" if on is None else on)
            self._need(day)
        answer = self.store.query(query.bind(**bound), day, PREFIXES)
        if isinstance(answer, ox.QuerySolutions):
            names = tuple(v.value for v in answer.variables)
            rows = tuple({n: term for n in names if (term := row[n]) is not None} for row in answer)
            return Result(columns=names, rows=rows)
        if isinstance(answer, ox.QueryBoolean):
            return Result(truth=bool(answer))
        return Result(triples=tuple(sorted(set(answer), key=str)))

    def _need(self, day: date) -> None:
        """See to it that the store has the snapshot of a day.

        :raises QueryError: it has not, and is only read.
        """
        if self.store.read_only and not self.store.has_graph(snapshot_graph(day)):
            held = [name.rpartition("/")[2] for name in self.store.graphs() if name.startswith(SNAPSHOT)]
            raise QueryError(
                f"the query needs the snapshot of {day}, and this store has {', '.join(held) or 'none'}; "
                f"`build` or `import --store ... --on {day}` puts it there"
            )
        derive.snapshot(self.store, day)

    def _term(self, query: queries.Query, name: str, text: str) -> ox.NamedNode | ox.Literal:
        """Read a parameter's text by the type that the query declares for it."""
        kind = query.params.get(name)
        if kind is None:
            raise QueryError(
                f"query {query.name} has no parameter {name!r}; it takes: {', '.join(query.params) or 'none'}"
            )
        if kind == "xsd:date":
            return day_literal(Day.of(text))
        if kind in ("cg:Organization", "cg:State", "cg:Actor"):
            kinds = tuple(k for k in KINDS if kind in ("cg:Actor", f"cg:{k.capitalize()}"))
            return ox.NamedNode(self.names.find(text, kinds).iri)
        if kind == "skos:Concept":
            try:
                return ox.NamedNode(text if text.startswith("http") else CONCEPT + text.removeprefix("c:"))
            except ValueError:
                raise NotFound(f"no concept goes by {text!r}, given for parameter {name!r}") from None
        if kind == "xsd:integer":
            try:
                return ox.Literal(int(text))
            except ValueError:
                raise QueryError(f"parameter {name!r} of query {query.name} is a whole number, not {text!r}") from None
        return ox.Literal(text)

    def roles(self) -> list[str]:
        """Return the local names of the roles, sorted."""
        return sorted(local(value(row["role"])) for row in self.store.select(queries.shipped("select", "roles").text))

    def about(self, iris: Iterable[str]) -> list[ox.Triple]:
        """Return every statement, stated or computed, whose subject is one of these things."""
        return self.store.about(iris)

    def _spells(self, rows: Iterable[Row], day: date, cited: str) -> list[Membership]:
        """Return the memberships of rows, each with its best answer. ``cited`` is the query for the cited sections."""
        suspended = {
            value(row["spell"]): value(row["holds"]) == "certain"
            for row in self.store.select(queries.shipped("select", "suspensions").bind(asOf=day_literal(day)))
        }
        sections = defaultdict[str, list[str]](list)
        for row in self.store.select(cited):
            sections[value(row["spell"])].append(value(row["section"]))
        standings = defaultdict[str, list[Row]](list)
        for row in rows:
            standings[value(row["spell"])].append(row)
        found = [self._spell(_best(each), suspended, sections) for each in standings.values()]
        return sorted(found, key=lambda s: (s.label.casefold(), s.membership))

    def _spell(self, row: Row, suspended: Mapping[str, bool], sections: Mapping[str, list[str]]) -> Membership:
        iri, actor = value(row["spell"]), self.names[value(row["actor"])]
        return Membership(
            membership=iri,
            actor=actor.iri,
            code=actor.code,
            label=actor.label,
            kind=actor.kind,
            role=local(value(row["role"])),
            start=value(row["start"]) if "start" in row else None,
            end=value(row["end"]) if "end" in row else None,
            certainty=cast(Certainty, value(row["holds"])),
            suspended=(True if suspended[iri] else None) if iri in suspended else False,
            last_attested=date.fromisoformat(value(row["earliestEnd"])) if "earliestEnd" in row else None,
            sources=tuple(sorted(sections.get(iri, ()))),
        )


def find_query(name_or_text: str) -> queries.Query:
    """Return a query of the cookbook by its name, or read SPARQL text as a query.

    :raises QueryError: the word names no query of the cookbook.
    """
    if "{" in name_or_text:
        return queries.read("given", name_or_text)
    known = {query.name: query for query in queries.folder("cookbook")}
    if name_or_text in known:
        return known[name_or_text]
    near = queries.near(name_or_text, known)
    raise QueryError(f"no query is called {name_or_text!r}{near}; `cica-graph queries` lists them")


def _refuse_unknown(role: str, roles: Sequence[str]) -> None:
    if role != "any" and role not in roles:
        raise NotFound(f"no role is called {role!r}; the roles are: {', '.join(roles)}, and 'any' takes them all")


def _best(standings: Sequence[Row]) -> Row:
    """Return the standing of a membership with the most certain answer."""
    answer = best(cast(Certainty, value(row["holds"])) for row in standings)
    return next(row for row in standings if value(row["holds"]) == answer)


def _number(row: Row, name: str) -> int | None:
    return int(value(row[name])) if name in row else None
