"""The graph and its questions: members, memberships, overlaps, panels, audit, and SPARQL queries.

>>> from cica_graph import open_graph
>>> graph = open_graph()
>>> len([m for m in graph.members("CICA", on="2012-06-13") if m.certainty == "certain"])
24
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import pyoxigraph as ox

from cica_graph import queries
from cica_graph.evidence.records import EDITORS
from cica_graph.memberships import checks, overlaps, standing
from cica_graph.memberships.counting import KnownMembers
from cica_graph.memberships.names import parameter_term, read_names
from cica_graph.memberships.recorded import Record, Records, read_records
from cica_graph.model.dates import Day
from cica_graph.model.errors import Finding, NotFound, QueryError
from cica_graph.model.names import Names
from cica_graph.model.progress import OnStep
from cica_graph.model.results import Audit, Membership, Overlap, PageCheck
from cica_graph.model.terms import CONCEPT, PREFIXES, local
from cica_graph.pipeline import build
from cica_graph.pipeline.steps import derive
from cica_graph.project.source_files import Project
from cica_graph.queries import guard
from cica_graph.store.store import SNAPSHOT, Result, Store, day_literal, snapshot_graph, value

if TYPE_CHECKING:
    from cica_graph.evidence.counts import OverlapProof, VerdictProof
    from cica_graph.evidence.why import Proof
    from cica_graph.memberships.arrays import MembershipArrays, Period
    from cica_graph.memberships.panels import Panel
    from cica_graph.model.dates import DayLike


def open_graph(project: str | Path | None = None, on_progress: OnStep | None = None) -> Graph:
    """Open the graph of a project, by default of the project that is part of the package.

    The result is cached until a file changes. ``on_progress`` is called with the name of each step when it begins.

    :raises ProjectError: the directory is not a project.
    """
    return Graph(build.graph(Project.at(project), on_progress))


def open_store(where: str) -> Graph:
    """Open the graph in a directory or SPARQL store that ``build --store`` filled.

    :raises UsageError: the store does not exist or has no graph.
    """
    return Graph(build.BuiltGraph(Project.at(None), Store.open(where), []))


def readings() -> list[str]:
    """Return the queries that read all things of a kind. :func:`cica_graph.store.load.fill` keeps their results."""
    names = ("actors", "audit", "audits", "bounds", "names", "roles", "suspended")
    return [queries.shipped("select", name).text for name in names]


class Graph:
    """A graph of memberships.

    A day is a ``datetime.date``, a text such as ``2012-06-13`` or ``today``, or a date of pandas or numpy. A state or
    organization is given by acronym, code, label, alias or IRI, in upper or lower case.
    """

    def __init__(self, built: build.BuiltGraph) -> None:
        self.built = built
        self._other: tuple[object, Graph] | None = None  # the last one under another policy

    @property
    def store(self) -> Store:
        """The statements, for SPARQL and for exports."""
        return self.built.store

    @property
    def findings(self) -> list[Finding]:
        """Faults in the syntax and the dates of the files. The command ``check`` finds more."""
        return self.built.findings

    @cached_property
    def names(self) -> Names:
        """The states and organizations, with their names."""
        return read_names(self.store)

    def members(self, organization: str, *, on: DayLike = "today", role: str = "member") -> list[Membership]:
        """Return the memberships in an organization that apply or may apply on a day, sorted by label.

        A role is a concept of the roles scheme. It includes the narrower roles: ``member`` includes founding members.
        The role ``any`` includes all roles.

        :raises NotFound: the organization or the role is unknown.
        :raises InvalidDate: ``on`` is not a day.
        """
        actor = self.names.find(organization, ("organization",))
        day = Day.of(on)
        roles = self.roles()
        _refuse_unknown(role, roles)
        query = queries.shipped("select", "members")
        node = ox.NamedNode(actor.iri)
        rows = [
            row
            for name in ([role] if role != "any" else roles)
            for row in self.store.select(
                query.bind(organization=node, inRole=ox.NamedNode(CONCEPT + name), asOf=day_literal(day))
            )
        ]
        cited = queries.shipped("select", "sections-in").bind(organization=node)
        found = standing.memberships(self.store, self.names, rows, day, cited)
        return [m for m in found if m.certainty != "no"]

    def memberships(self, member: str, *, on: DayLike = "today", past: bool = False) -> list[Membership]:
        """Return the memberships of a state or organization on a day, in any role, sorted by label.

        With ``past``, the result also has the memberships that do not apply on the day, with certainty ``no``.

        :raises NotFound: the state or organization is unknown.
        :raises InvalidDate: ``on`` is not a day.
        """
        actor, day = self.names.find(member), Day.of(on)
        node = ox.NamedNode(actor.iri)
        rows = self.store.select(queries.shipped("select", "memberships").bind(who=node, asOf=day_literal(day)))
        cited = queries.shipped("select", "sections-of").bind(who=node)
        found = standing.memberships(self.store, self.names, rows, day, cited)
        return [m for m in found if past or m.certainty != "no"]

    def why(self, member: str, organization: str, *, on: DayLike = "today", role: str = "member") -> Proof:
        """Return the proof that a member has, or does not have, a role in an organization on a day.

        A narrower role is explained as the broadest role above it: a founding member as a member.

        :raises NotFound: the member, the organization or the role is unknown.
        :raises InvalidDate: ``on`` is not a day.
        """
        from cica_graph.evidence.read import broadest_role
        from cica_graph.evidence.why import Explainer

        who, what = self.names.find(member), self.names.find(organization, ("organization",))
        _refuse_unknown(role, self.roles())
        family = broadest_role(self.store, role)
        return Explainer.of(self.store, what.iri).explain(who.iri, what.iri, family, Day.of(on))

    def why_overlap(self, organization: str, other: str, *, on: DayLike = "today") -> OverlapProof:
        """Return the proof of the number of members that two organizations share on a day.

        :raises NotFound: an organization is unknown.
        :raises InvalidDate: ``on`` is not a day.
        """
        from cica_graph.evidence.counts import NumberExplainer

        ours, theirs = (self.names.find(name, ("organization",)).iri for name in (organization, other))
        return NumberExplainer(self.store).overlap(ours, theirs, Day.of(on))

    def why_verdict(self, claim: str) -> VerdictProof:
        """Return the proof of the verdict on a claim, given by IRI or as ``claim:NAME``.

        :raises NotFound: the graph has no such claim.
        """
        from cica_graph.evidence.counts import NumberExplainer

        iri = PREFIXES["claim"] + claim.removeprefix("claim:") if claim.startswith("claim:") else claim
        proof = NumberExplainer(self.store).verdict(iri)
        if proof is None:
            raise NotFound(f"unknown claim {claim!r}; `cica-graph audit` lists the claims")
        return proof

    def overlaps(self, organization: str, *others: str, on: DayLike = "today") -> list[Overlap]:
        """Return the overlaps of an organization with others on a day.

        Without ``others``, the result has every organization that may share a member with it.

        :raises NotFound: an organization is unknown.
        :raises InvalidDate: ``on`` is not a day.
        """
        day = Day.of(on)
        iris = [self.names.find(name, ("organization",)).iri for name in (organization, *others)]
        if not self.store.has_graph(snapshot_graph(day)):  # adding it would copy a cached graph into memory
            from cica_graph.memberships import arrays

            return self._overlaps(iris, self._members(arrays.on(day)), (day, day))
        return self._overlaps(iris, derive.members(self.store, day), (day, day))

    def all_overlaps(self, *, on: DayLike = "today") -> list[Overlap]:
        """Return the overlaps of every two organizations that may share a member on a day.

        :raises InvalidDate: ``on`` is not a day.
        """
        from cica_graph.memberships import arrays

        period = arrays.on(Day.of(on))
        return self._overlaps([], self._members(period), period)

    def overlaps_by_year(
        self, *organizations: str, since: int | None = None, until: int | None = None, any_day: bool = False
    ) -> Iterator[tuple[int, list[Overlap]]]:
        """Yield each year with the overlaps of the first organization with the others, or of every organization.

        The members of a year are those of its last day or, with ``any_day``, of any of its days. The default years are
        the first and the last year in the dates of memberships.

        :raises NotFound: an organization is unknown.
        :raises UsageError: the years are not a range.
        """
        from cica_graph.memberships import arrays

        iris = [self.names.find(name, ("organization",)).iri for name in organizations]
        for number in self.arrays.years(since, until):
            period = arrays.year(number, any_day=any_day)
            yield number, self._overlaps(iris, self._members(period), period)

    def panel(
        self, kind: str, *, since: int | None = None, until: int | None = None, roles: Iterable[str] = ("member",),
        any_day: bool = False, layout: str | None = None,
    ) -> Panel:  # fmt: skip
        """Return a panel: ``org-year``, ``state-year``, ``dyad-year`` (two states) or ``org-dyad-year``.

        Each role, or ``any``, has its own columns. The layout ``igor`` has the columns of the R package igoR, for
        dyad-years. Years are as in :meth:`overlaps_by_year`; the layout ``igor`` counts members on any day.

        :raises NotFound: a role is unknown.
        :raises UsageError: the kind, the layout or a year is invalid.
        """
        from cica_graph.memberships import panels
        from cica_graph.memberships.unrecorded import PairRecords

        known, requested = self.roles(), list(dict.fromkeys(roles))
        for role in requested:
            _refuse_unknown(role, known)
        years = self.arrays.years(since, until)
        return panels.panel(
            self.store, self.names, self.arrays, kind, years, self.records, PairRecords.of(self.store),
            roles=requested, any_day=any_day, layout=layout,
        )  # fmt: skip

    def under(self, *, only: Iterable[str] = (), prefer: Iterable[str] = (EDITORS,), disputed: str = "apart") -> Graph:
        """Return the graph under another policy, in memory.

        :param only: the sources that are heard, by short name; all if empty.
        :param prefer: the sources that settle disputes, the first one first; ``none`` for nobody.
        :param disputed: how a dispute that nobody settles counts: ``apart``, ``in`` as certain, or ``out`` as no.
        :raises NotFound: a source is unknown.
        """
        request = tuple(only), tuple(prefer), disputed
        if request == ((), (EDITORS,), "apart"):
            return self
        if self._other is None or self._other[0] != request:
            from cica_graph.pipeline.policies import policy, settled_store

            store = settled_store(self.store, policy(self.store, *request))
            self._other = request, Graph(replace(self.built, store=store))
        return self._other[1]

    @cached_property
    def arrays(self) -> MembershipArrays:
        """The memberships as arrays, for questions about many days or all overlaps."""
        from cica_graph.memberships import arrays

        return arrays.read(self.store)

    @cached_property
    def records(self) -> Records:
        """The days for which the members of organizations are recorded."""
        return read_records(self.store)

    def record(self, organization: str, *, on: DayLike = "today", role: str = "member") -> Record:
        """Return what it means that ``members`` is empty: ``recorded`` if there really was nobody.

        Otherwise ``not recorded``, or ``founded later`` or ``dissolved`` outside the life of the organization.

        :raises NotFound: the organization is unknown.
        :raises InvalidDate: ``on`` is not a day.
        """
        day = Day.of(on)
        return self.records.of_nobody(self.names.find(organization, ("organization",)).iri, role, day, day)

    def _members(self, period: Period) -> KnownMembers:
        engine = self.arrays.in_role("member")
        matrix = engine.during(period)
        return KnownMembers(*(engine.named(flags) for flags in (matrix.certain, matrix.presumed, matrix.possible)))

    def _overlaps(self, iris: Sequence[str], known: KnownMembers, period: Period) -> list[Overlap]:
        unrecorded = {
            iri
            for iri in iris
            if not known.possible.get(iri) and self.records.of_nobody(iri, "member", *period) == "not recorded"
        }
        return overlaps.overlaps(self.names, iris, known, unrecorded)

    def overlap_triples(self, found: Sequence[Overlap], on: DayLike) -> list[ox.Triple]:
        """Return the overlaps of a day as ``cg:Overlap`` observations. A read-only store is copied into memory."""
        day, store = Day.of(on), self.store.copy() if self.store.read_only else self.store
        codes = {code for o in found for code in (o.organization, o.other)}
        iris = {code: self.names.find(code, ("organization",)).iri for code in codes}
        pairs = {(iris[o.organization], iris[o.other]) for o in found}
        derive.overlaps(store, day, pairs)
        query = queries.shipped("select", "overlap-findings").bind(asOf=day_literal(day))
        rows = ((value(r["organization"]), value(r["counterpart"]), value(r["overlap"])) for r in store.select(query))
        return store.about([iri for organization, other, iri in rows if (organization, other) in pairs])

    def audit(self, *, on: DayLike | None = None) -> list[Audit]:
        """Return the audited claims, sorted by day and IRI; with ``on``, only the claims about that day.

        :raises InvalidDate: ``on`` is not a day.
        """
        day = None if on is None else Day.of(on)
        return [a for a in standing.audits(self.store, self.names) if day in (None, a.on)]

    def page_checks(self) -> list[PageCheck]:
        """Return the checks of all pages that make claims, with the audits of their counts, sorted by page and kind."""
        return checks.checks(self.store, self.names, self.audit())

    def audit_triples(self, audits: Iterable[Audit]) -> list[ox.Triple]:
        """Return audits as ``cg:Audit`` resources, with their claims."""
        iris = [a.claim for a in audits]
        claims = set(iris)
        for row in self.store.select(queries.shipped("select", "audits").text):
            if value(row["claim"]) in claims:
                iris += [value(row[name]) for name in ("audit", "finding") if name in row]
        return self.about(iris)

    def query(self, query: queries.Query | str, /, *, on: DayLike | None = None, **params: str) -> Result:
        """Run a query of the cookbook, given by name, or SPARQL text. Parameters are texts.

        The day of a query is its parameter ``asOf``, otherwise ``on``, otherwise today. The usual prefixes are
        declared. A query cannot use the network: SERVICE is refused.

        :raises QueryError: the query or a parameter is unknown or invalid, or the query is refused.
        :raises NotFound: a parameter names an unknown state, organization or concept.
        :raises InvalidDate: a day is invalid.
        """
        if isinstance(query, str):
            query = find_query(query)
        guard.analyse(query.text)
        bound = {name: parameter_term(query, name, text, self.names) for name, text in params.items()}
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
        """Make sure that the store has the snapshot of a day.

        :raises QueryError: it does not, and the store is read-only.
        """
        if self.store.read_only and not self.store.has_graph(snapshot_graph(day)):
            held = [name.rpartition("/")[2] for name in self.store.graphs() if name.startswith(SNAPSHOT)]
            raise QueryError(
                f"the query needs the snapshot of {day}; this store has {', '.join(held) or 'no snapshot'}. "
                f"Use `build` or `import` with `--store` and `--on {day}` to add it."
            )
        derive.snapshot(self.store, day)

    def roles(self) -> list[str]:
        """Return the local names of the roles, sorted."""
        return sorted(local(value(row["role"])) for row in self.store.select(queries.shipped("select", "roles").text))

    def about(self, iris: Iterable[str]) -> list[ox.Triple]:
        """Return every statement, stated or computed, about the given resources."""
        return self.store.about(iris)


def find_query(name_or_text: str) -> queries.Query:
    """Return a query of the cookbook by its name, or read SPARQL text as a query.

    :raises QueryError: the cookbook has no query of that name.
    """
    if "{" in name_or_text:
        return queries.read("given", name_or_text)
    known = {query.name: query for query in queries.folder("cookbook")}
    if name_or_text in known:
        return known[name_or_text]
    near = queries.near(name_or_text, known)
    raise QueryError(f"unknown query {name_or_text!r}{near}; `cica-graph queries` lists the queries")


def _refuse_unknown(role: str, roles: Sequence[str]) -> None:
    if role != "any" and role not in roles:
        raise NotFound(f"unknown role {role!r}; the roles are {', '.join(roles)}, and any")
