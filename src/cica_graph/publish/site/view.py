"""The graph as pages look at it: what everything is called, where its page is, and what holds on the reference day."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Final

import pyoxigraph as ox

from cica_graph import queries
from cica_graph.graph import Graph
from cica_graph.model.results import Audit, Overlap
from cica_graph.model.terms import BASE, CG, DCTERMS, PREFIXES, RDFS, SKOS, local
from cica_graph.pipeline.steps import derive
from cica_graph.publish.site.page_table import Bar, Cell, PageLink, Standing
from cica_graph.publish.subject_index import SubjectIndex
from cica_graph.queries import Query
from cica_graph.store.store import Result, Row, day_literal, value

PREF, ALT, TITLE, SOURCE = SKOS + "prefLabel", SKOS + "altLabel", DCTERMS + "title", DCTERMS + "source"
_LABELS = (PREF, TITLE, RDFS + "label", SKOS + "notation", CG + "name", CG + "fact")
_ENDONYMS = {"en": "English", "fr": "Français", "es": "Español", "ru": "Русский", "zh": "中文", "ar": "العربية"}


@dataclass(frozen=True)
class MembershipRow:
    """One membership as it stands on the reference day.

    :ivar counts: True when it is in the role of member, or a narrower one.
    """

    iri: str
    member: str
    organization: str
    role: str
    counts: bool
    start: str
    end: str
    standing: Standing


class SiteView:
    """A graph on a reference day: the last one that claims are about, else the last that a source speaks for."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.index = SubjectIndex(graph.store)
        self._links: dict[str, PageLink] = {}
        self._properties: dict[str, PageLink] = {}
        self._graphs: dict[str, PageLink] = {}
        self._answers: dict[str, Result] = {}

    @cached_property
    def day(self) -> date:
        """The day that pages show before the reader chooses another."""
        if days := derive.days(self.graph.store):
            return days[-1]
        ends = [s.standing.bounds[2] for s in self._standing(date(1, 1, 1)) if s.standing.bounds[2]]
        return date.fromisoformat(max(ends, default="2000-01-01"))

    def on(self, day: date) -> SiteView:
        """Return the same graph on another day; what does not depend on the day is shared."""
        other = copy(self)
        for name in ("memberships", "by_organization", "by_member", "overlaps"):
            other.__dict__.pop(name, None)
        other.__dict__["day"], other._answers = day, {}
        return other

    # ---- What there is ---------------------------------------------------------------------

    def names(self, iri: str) -> dict[str, str]:
        """Return a thing's labels by language, English first, then by language."""
        found: dict[str, str] = {}
        for predicate in (PREF, TITLE, RDFS + "label"):
            for term in self.index.objects(iri, predicate):
                if isinstance(term, ox.Literal):
                    found.setdefault(term.language or "en", term.value)
        return dict(sorted(found.items(), key=lambda item: (item[0] != "en", item[0])))

    @cached_property
    def languages(self) -> list[tuple[str, str]]:
        """Tag and own name of the languages in which many things have labels, English first."""
        count = defaultdict[str, int](int)
        for iri in self.graph.names.actors:
            for lang in self.names(iri):
                count[lang] += 1
        return [(lang, name) for lang, name in _ENDONYMS.items() if count[lang]]

    def label(self, iri: str) -> str:
        """Return what a thing is called in English, made up from what it connects where it has no name."""
        return self.link(iri).label

    def code(self, iri: str) -> str:
        """Return the alpha-3 code or acronym of a state or organization, else nothing."""
        actor = self.graph.names.actors.get(iri)
        return actor.code if actor else ""

    @cached_property
    def by_code(self) -> dict[str, str]:
        """The state or organization that each code stands for, organizations first."""
        actors = sorted(self.graph.names.actors.values(), key=lambda a: (a.kind != "organization", a.iri))
        return {actor.code: actor.iri for actor in reversed(actors)}

    def link(self, iri: str) -> PageLink:
        """Return a thing's name with where to read about it."""
        if iri not in self._links:
            path = "ns" if iri.startswith(BASE + "ns") and iri in self.index else self.index.path(iri) or ""
            fragment = iri.partition("#")[2]
            if path and fragment and fragment != "document":
                path += f"#{fragment}"
            label, lang = self._label(iri)
            self._links[iri] = PageLink(label, path, iri, self.code(iri), lang)
        return self._links[iri]

    def links(self, iris: Iterable[str]) -> tuple[PageLink, ...]:
        """Return links to several things, by label."""
        return tuple(sorted((self.link(iri) for iri in set(iris)), key=lambda link: (link.label.casefold(), link.iri)))

    def sources(self, iri: str) -> tuple[PageLink, ...]:
        """Return links to the sections that a thing cites."""
        return tuple(self.section(cited) for cited in self.index.values(iri, SOURCE))

    def section(self, iri: str) -> PageLink:
        """Return a link to a section, by the key of its document and its own."""
        link, document = self.link(iri), iri.partition("#")[0]
        return PageLink(f"{local(document)} § {local(iri)}" if "#" in iri else link.label, link.path, iri)

    def curie(self, iri: str) -> str:
        """Return an IRI with a prefix where there is one."""
        for prefix, namespace in PREFIXES.items():
            if iri.startswith(namespace) and "/" not in iri.removeprefix(namespace):
                return f"{prefix}:{iri.removeprefix(namespace)}"
        return iri

    def property(self, iri: str) -> PageLink:
        """Return a property's name, linked to its definition."""
        if iri not in self._properties:
            label = self.index.one(iri, RDFS + "label") or local(iri)
            self._properties[iri] = PageLink(label, f"ns#{local(iri)}" if iri.startswith(CG) else "", iri)
        return self._properties[iri]

    def graph_link(self, iri: str) -> PageLink:
        """Return a link to a named graph, by the last part of its name."""
        if iri not in self._graphs:
            self._graphs[iri] = PageLink(local(iri), self.link(iri).path, iri)
        return self._graphs[iri]

    def kind(self, iri: str) -> str:
        """Return the label of a thing's most special class of ours."""
        classes = self.index.classes(iri)
        for name in KINDS:
            if CG + name in classes:
                return self.index.one(CG + name, RDFS + "label")
        for iri_ in sorted(classes):
            if iri_.startswith((SKOS, PREFIXES["dcat"], PREFIXES["prov"])):
                return {
                    "Concept": "concept",
                    "ConceptScheme": "concept scheme",
                    "Dataset": "graph",
                    "Entity": "graph",
                }.get(local(iri_), local(iri_))
        return "thing"

    def _label(self, iri: str) -> tuple[str, str]:
        names = self.names(iri)
        if names:
            lang, text = next(iter(names.items()))
            return text, "" if lang == "en" else lang
        if iri not in self.index:
            return (self.curie(iri) if not iri.startswith(BASE) else local(iri)), ""
        return self._made(iri) or local(iri), ""

    def _made(self, iri: str) -> str:
        """Make up a name for what has none: memberships, situations, claims, graphs."""
        one, classes = self.index.one, self.index.classes(iri)
        name = next((k for k in KINDS if CG + k in classes), "")

        def of(*properties: str) -> str:
            return next((self._short(v) for p in properties if (v := one(iri, CG + p))), "")

        match name:
            case "Membership":
                spell = one(iri, CG + "spell")
                again = f", spell {spell}" if spell not in ("", "1") else ""
                return f"{of('member')} in {of('organization')}{again}"
            case "Suspension":
                return f"Suspension of {self.label(one(iri, CG + 'suspends'))}"
            case "Contribution":
                return f"{of('kind')} from {of('by')} to {of('toward')}"
            case "Cooperation":
                return f"{of('by')} with {of('toward')}: {of('stage')}"
            case "Commitment":
                topics = ", ".join(link.label for link in self.links(self.index.values(iri, CG + "topic")))
                return f"{of('kind')}: {of('toward') or topics}"
            case "Practice" | "Remark":
                return of("kind")
            case "Seat":
                return ", ".join(part for part in (one(iri, CG + "place"), of("country")) if part)
            case "Naming":
                return f"{of('names')} named “{one(iri, CG + 'name')}”"
            case "ContactPoint":
                return f"Contact of {of('by', 'toward')}: {of('person')}"
            case "Tally":
                return f"{of('about')}: {of('population')}, {one(iri, CG + 'count')}"
            case "Overlap":
                counts = " of ".join(n for n in (one(iri, CG + "count"), one(iri, CG + "total")) if n)
                return f"{of('about')}: {counts} {of('counterpart')} members"
            case "Audit":
                return f"Audit: {self.label(one(iri, CG + 'claim'))}"
        return one(iri, SKOS + "notation") or one(iri, CG + "fact")

    def _short(self, iri: str) -> str:
        return self.code(iri) if self.index.one(iri, SKOS + "notation") and self.code(iri) else self.label(iri)

    def answer(self, query: Query) -> Result:
        """Return the answer to a query of the cookbook, on the reference day where it asks for one."""
        if query.name not in self._answers:
            dated = query.snapshot or "asOf" in query.params
            self._answers[query.name] = self.graph.query(query, on=self.day if dated else None)
        return self._answers[query.name]

    @cached_property
    def audits(self) -> list[Audit]:
        """Every claim with what the graph finds."""
        return self.graph.audit()

    # ---- What holds -----------------------------------------------------------------------------

    @cached_property
    def memberships(self) -> dict[str, MembershipRow]:
        """Every membership on the reference day, by IRI."""
        return {membership.iri: membership for membership in self._standing(self.day)}

    def _standing(self, day: date) -> list[MembershipRow]:
        store, bind = self.graph.store, day_literal(day)
        suspended = {
            value(row["spell"]): value(row["holds"])
            for row in store.select(queries.shipped("select", "suspensions").bind(asOf=bind))
        }
        found = []
        for row in store.select(queries.shipped("select", "standing").bind(asOf=bind)):
            iri = value(row["spell"])
            standing = Standing(
                value(row["holds"]), _bounds(row), tuple(self._suspensions[iri]), suspended.get(iri, "no")
            )
            role, counts = value(row["role"]), value(row["counts"]) == "true"
            ends = [value(row[name]) if name in row else "" for name in ("start", "end")]
            found.append(
                MembershipRow(
                    iri, value(row["member"]), value(row["organization"]), role, counts, ends[0], ends[1], standing
                )
            )
        return sorted(found, key=lambda s: s.iri)

    @cached_property
    def _suspensions(self) -> defaultdict[str, list[tuple[str, str, str, str]]]:
        found = defaultdict[str, list[tuple[str, str, str, str]]](list)
        for iri in self.index.of_class(CG + "Suspension"):
            bounds = tuple(self.index.one(iri, CG + name) for name in BOUNDS)
            found[self.index.one(iri, CG + "suspends")].append(bounds)  # type: ignore[arg-type]  # four of them
        return found

    @cached_property
    def by_organization(self) -> dict[str, list[MembershipRow]]:
        """The memberships in each organization, by the member's label."""
        return self._grouped("organization", "member")

    @cached_property
    def by_member(self) -> dict[str, list[MembershipRow]]:
        """The memberships of each member, by the organization's label."""
        return self._grouped("member", "organization")

    def _grouped(self, key: str, other: str) -> dict[str, list[MembershipRow]]:
        found = defaultdict[str, list[MembershipRow]](list)
        for membership in self.memberships.values():
            found[getattr(membership, key)].append(membership)
        return {
            iri: sorted(memberships, key=lambda s: (self.label(getattr(s, other)).casefold(), s.iri))
            for iri, memberships in found.items()
        }

    @cached_property
    def hub(self) -> str:
        """The organization at the centre: the one that most claims are about, else the one with most memberships."""
        claimed = Counter(a.organization for a in self.audits)
        if claimed:
            return self.by_code[min(claimed, key=lambda c: (-claimed[c], c))]
        return min(self.by_organization, key=lambda iri: (-len(self.by_organization[iri]), iri), default="")

    @cached_property
    def overlaps(self) -> dict[str, list[Overlap]]:
        """The organizations that share most members with each, most first, and no more than a page shows."""
        derive.snapshot(self.graph.store, self.day)
        sure, maybe = derive.members(self.graph.store, self.day)
        found = {iri: list[Overlap]() for iri, actor in self.graph.names.actors.items() if actor.kind == "organization"}
        for ours, others in derive.closest(sure, maybe, MOST):
            found[ours] = [self.graph.overlap(ours, other, sure, maybe) for other in others]
        return found

    @cached_property
    def years(self) -> tuple[int, int]:
        """The first and the last year that any bound of any membership falls into."""
        found = [int(b[:4]) for s in self.memberships.values() for b in s.standing.bounds if b]
        return min(found, default=self.day.year), max([*found, self.day.year])

    def bar(self, membership: MembershipRow) -> Bar:
        """Return a membership on the axis that all timelines share, from the first year to the last."""
        first, last = self.years
        zero, whole = date(first, 1, 1).toordinal(), date(last, 12, 31).toordinal() + 1 - date(first, 1, 1).toordinal()

        def at(day: str, default: int, after: int = 0) -> int:
            if not day:
                return default
            return max(0, min(1000, round((date.fromisoformat(day).toordinal() + after - zero) * 1000 / whole)))

        earliest, latest, ending, over = membership.standing.bounds
        left, right = at(earliest, 0), at(over, 1000, 1)
        sure = (at(latest, 0), at(ending, 0, 1)) if latest and ending and latest <= ending else None
        return Bar((left, max(2, right - left)), (sure[0], max(2, sure[1] - sure[0])) if sure else None)

    def cells(self, membership: MembershipRow, other: str) -> dict[str, Cell]:
        """Return what a table may show of a membership; ``other`` is the side that the page is not about."""
        role = self.link(membership.role)
        return {
            "name": (self.link(getattr(membership, other)),),
            "membership": (PageLink("details", self.link(membership.iri).path, membership.iri),),
            "role": (role,),
            "start": membership.start,
            "end": membership.end,
            "standing": membership.standing,
            "time": self.bar(membership),
            "sources": self.sources(membership.iri),
        }


MOST: Final = 30  # overlaps of an organization that its page shows; the downloads have every one
BOUNDS = ("earliestStart", "latestStart", "earliestEnd", "latestEnd")

# The classes of ours, the most special first.
KINDS = (
    "State", "Organization", "Organ", "Person", "Membership", "Suspension", "Cooperation", "Contribution", "Commitment",
    "Practice", "Seat", "Naming", "ContactPoint", "Event", "BindingInstrument", "Instrument", "Source", "Section",
    "Remark", "Tally", "Overlap", "Audit",
)  # fmt: skip


def _bounds(row: Row) -> tuple[str, str, str, str]:
    a, b, c, d = (value(row[name]) if name in row else "" for name in BOUNDS)
    return a, b, c, d
