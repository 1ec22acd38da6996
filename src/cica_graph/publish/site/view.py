"""View of a graph for the pages of the site: labels, links, and memberships on the reference day."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Final, Literal, cast

import pyoxigraph as ox

from cica_graph import queries
from cica_graph.evidence.why import Explainer
from cica_graph.graph import Graph
from cica_graph.memberships.counting import best
from cica_graph.memberships.overlaps import overlap
from cica_graph.memberships.recorded import Record
from cica_graph.model.results import Audit, Certainty, Overlap, PageCheck
from cica_graph.model.terms import BASE, CG, DCTERMS, PREFIXES, RDFS, SKOS, local
from cica_graph.pipeline.steps import derive
from cica_graph.publish.site.page_table import Bar, Cell, PageLink, Standing, Stretch, TableRecords, answers
from cica_graph.publish.subject_index import SubjectIndex
from cica_graph.queries import Query
from cica_graph.store.store import Result, Row, day_literal, value

PREF, ALT, TITLE, SOURCE = SKOS + "prefLabel", SKOS + "altLabel", DCTERMS + "title", DCTERMS + "source"
_LABELS = (PREF, TITLE, RDFS + "label", SKOS + "notation", CG + "name", CG + "fact")
_ENDONYMS = {"en": "English", "fr": "Français", "es": "Español", "ru": "Русский", "zh": "中文", "ar": "العربية"}

Side = Literal["member", "organization"]


@dataclass(frozen=True)
class MembershipRow:
    """One membership on the reference day.

    :ivar counts: True if the role is member, or a narrower role.
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
    """A graph on a reference day: the latest day of a claim, or else the latest day that a source covers."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.index = SubjectIndex(graph.store)
        self._links: dict[str, PageLink] = {}
        self._properties: dict[str, PageLink] = {}
        self._graphs: dict[str, PageLink] = {}
        self._answers: dict[str, Result] = {}

    @cached_property
    def day(self) -> date:
        """The day that pages show until the reader chooses another."""
        if days := derive.days(self.graph.store):
            return days[-1]
        ends = [part[2] for s in self._standing(date(1, 1, 1)) for part in s.standing.stretches if part[2]]
        return date.fromisoformat(max(ends, default="2000-01-01"))

    def on(self, day: date) -> SiteView:
        """Return a view of the same graph on another day. They share all data that do not depend on the day."""
        other = copy(self)
        for name in ("memberships", "by_organization", "by_member", "overlaps"):
            other.__dict__.pop(name, None)
        other.__dict__["day"], other._answers = day, {}
        return other

    @cached_property
    def explainer(self) -> Explainer:
        """The maker of the proofs of answers."""
        return Explainer.of(self.graph.store)

    # ---- Names and links -------------------------------------------------------------------

    def names(self, iri: str) -> dict[str, str]:
        """Return the labels of a subject by language: English first, then sorted by tag."""
        found: dict[str, str] = {}
        for predicate in (PREF, TITLE, RDFS + "label"):
            for term in self.index.objects(iri, predicate):
                if isinstance(term, ox.Literal):
                    found.setdefault(term.language or "en", term.value)
        return dict(sorted(found.items(), key=lambda item: (item[0] != "en", item[0])))

    @cached_property
    def languages(self) -> list[tuple[str, str]]:
        """Tags of the languages in which states and organizations have labels, with their own names; English first."""
        count = defaultdict[str, int](int)
        for iri in self.graph.names.actors:
            for lang in self.names(iri):
                count[lang] += 1
        return [(lang, name) for lang, name in _ENDONYMS.items() if count[lang]]

    def label(self, iri: str) -> str:
        """Return the English label of a subject, or a label made from the labels of the subjects that it connects."""
        return self.link(iri).label

    def code(self, iri: str) -> str:
        """Return the alpha-3 code or acronym of a state or organization; empty for other subjects."""
        actor = self.graph.names.actors.get(iri)
        return actor.code if actor else ""

    @cached_property
    def by_code(self) -> dict[str, str]:
        """States and organizations by code. If two share a code, the organization wins."""
        actors = sorted(self.graph.names.actors.values(), key=lambda a: (a.kind != "organization", a.iri))
        return {actor.code: actor.iri for actor in reversed(actors)}

    def link(self, iri: str) -> PageLink:
        """Return a link to the page of a subject."""
        if iri not in self._links:
            path = "ns" if iri.startswith(BASE + "ns") and iri in self.index else self.index.path(iri) or ""
            fragment = iri.partition("#")[2]
            if path and fragment and fragment != "document":
                path += f"#{fragment}"
            label, lang = self._label(iri)
            self._links[iri] = PageLink(label, path, iri, self.code(iri), lang)
        return self._links[iri]

    def links(self, iris: Iterable[str]) -> tuple[PageLink, ...]:
        """Return links to several subjects, sorted by label."""
        return tuple(sorted((self.link(iri) for iri in set(iris)), key=lambda link: (link.label.casefold(), link.iri)))

    def sources(self, iri: str) -> tuple[PageLink, ...]:
        """Return links to the sections that a subject or a report about it cites, sorted."""
        citing = (iri, *self.index.subjects(iri, CG + "of"))
        return tuple(map(self.section, sorted({cited for each in citing for cited in self.index.values(each, SOURCE)})))

    def section(self, iri: str) -> PageLink:
        """Return a link to a section, labelled with the keys of the document and the section."""
        link, document = self.link(iri), iri.partition("#")[0]
        return PageLink(f"{local(document)} § {local(iri)}" if "#" in iri else link.label, link.path, iri)

    def curie(self, iri: str) -> str:
        """Return an IRI in its short form, if a prefix fits."""
        for prefix, namespace in PREFIXES.items():
            if iri.startswith(namespace) and "/" not in iri.removeprefix(namespace):
                return f"{prefix}:{iri.removeprefix(namespace)}"
        return iri

    def property(self, iri: str) -> PageLink:
        """Return the label of a property, with a link to its definition."""
        if iri not in self._properties:
            label = self.index.one(iri, RDFS + "label") or local(iri)
            self._properties[iri] = PageLink(label, f"ns#{local(iri)}" if iri.startswith(CG) else "", iri)
        return self._properties[iri]

    def graph_link(self, iri: str) -> PageLink:
        """Return a link to a named graph, labelled with the last part of its IRI."""
        if iri not in self._graphs:
            self._graphs[iri] = PageLink(local(iri), self.link(iri).path, iri)
        return self._graphs[iri]

    def kind(self, iri: str) -> str:
        """Return the label of the most specific class of a subject."""
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
        return self._generated_label(iri) or local(iri), ""

    def _generated_label(self, iri: str) -> str:
        """Return a label for a subject without a name, such as a membership, a situation or a claim."""
        one, classes = self.index.one, self.index.classes(iri)
        name = next((k for k in KINDS if CG + k in classes), "")

        def of(*properties: str) -> str:
            return next((self._short(v) for p in properties if (v := one(iri, CG + p))), "")

        match name:
            case "Membership":
                spell = one(iri, CG + "spell")
                again = f", period {spell}" if spell not in ("", "1") else ""
                return f"{of('member')} in {of('organization')}{again}"
            case "Report":
                return of("of") or f"{of('member')} in {of('organization')}"
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
            case "Check":
                return f"{of('aspect')}: {local(iri)}"
            case "Audit":
                return f"Audit: {self.label(one(iri, CG + 'claim'))}"
        return one(iri, SKOS + "notation") or one(iri, CG + "fact")

    def _short(self, iri: str) -> str:
        return self.code(iri) if self.index.one(iri, SKOS + "notation") and self.code(iri) else self.label(iri)

    def answer(self, query: Query) -> Result:
        """Return the results of a cookbook query, on the reference day if the query needs a day."""
        if query.name not in self._answers:
            dated = query.snapshot or "asOf" in query.params
            self._answers[query.name] = self.graph.query(query, on=self.day if dated else None)
        return self._answers[query.name]

    @cached_property
    def checks(self) -> list[PageCheck]:
        """The checks of all pages that make claims."""
        return self.graph.page_checks()

    @cached_property
    def audits(self) -> list[Audit]:
        """The audits of all claims."""
        return self.graph.audit()

    # ---- Memberships ----------------------------------------------------------------------------

    @cached_property
    def memberships(self) -> dict[str, MembershipRow]:
        """All memberships on the reference day, by IRI."""
        return {membership.iri: membership for membership in self._standing(self.day)}

    def _standing(self, day: date) -> list[MembershipRow]:
        store, bind = self.graph.store, day_literal(day)
        suspended = {
            value(row["spell"]): cast(Certainty, value(row["holds"]))
            for row in store.select(queries.shipped("select", "suspensions").bind(asOf=bind))
        }
        found, by_membership = [], defaultdict[str, list[Row]](list)
        for row in store.select(queries.shipped("select", "standing").bind(asOf=bind)):
            by_membership[value(row["spell"])].append(row)
        for iri, rows in by_membership.items():
            row = rows[0]
            standing = Standing(
                best(cast(Certainty, value(each["holds"])) for each in rows),
                tuple(sorted(_stretch(each) for each in rows if "standing" in each)),
                tuple(self._suspensions[iri]),
                suspended.get(iri, "no"),
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
        """The memberships in each organization, sorted by the label of the member."""
        return self._grouped("organization", "member")

    @cached_property
    def by_member(self) -> dict[str, list[MembershipRow]]:
        """The memberships of each member, sorted by the label of the organization."""
        return self._grouped("member", "organization")

    def _grouped(self, key: Side, other: Side) -> dict[str, list[MembershipRow]]:
        found = defaultdict[str, list[MembershipRow]](list)
        for membership in self.memberships.values():
            found[getattr(membership, key)].append(membership)
        return {
            iri: sorted(memberships, key=lambda s: (self.label(getattr(s, other)).casefold(), s.iri))
            for iri, memberships in found.items()
        }

    @cached_property
    def hub(self) -> str:
        """IRI of the central organization: the one with most claims, or else with most memberships."""
        claimed = Counter(a.organization for a in self.audits)
        if claimed:
            return self.by_code[min(claimed, key=lambda c: (-claimed[c], c))]
        return min(self.by_organization, key=lambda iri: (-len(self.by_organization[iri]), iri), default="")

    @cached_property
    def overlaps(self) -> dict[str, list[Overlap]]:
        """For each organization, the overlaps with those that share most members, at most :data:`MOST`."""
        derive.snapshot(self.graph.store, self.day)
        known = derive.members(self.graph.store, self.day)
        found = {iri: list[Overlap]() for iri, actor in self.graph.names.actors.items() if actor.kind == "organization"}
        for ours, others in derive.closest(known, MOST):
            found[ours] = [overlap(self.graph.names, ours, other, known) for other in others]
        return found

    @cached_property
    def years(self) -> tuple[int, int]:
        """The first and the last year of all bounds of all memberships."""
        found = [int(b[:4]) for s in self.memberships.values() for part in s.standing.stretches for b in part[:4] if b]
        return min(found, default=self.day.year), max([*found, self.day.year])

    def record(self, organization: str) -> Record:
        """Return what it means that an organization has no members on the reference day."""
        return self.graph.record(organization, on=self.day)

    def table_records(self, organization: str) -> TableRecords:
        """Return the days for which the members of an organization are recorded."""
        life, covered = self.graph.records.of_members(organization)
        return TableRecords(life, covered)

    def bar(self, membership: MembershipRow) -> Bar:
        """Return the bar of a membership, on the time axis that all pages share."""
        first, last = self.years
        zero, whole = date(first, 1, 1).toordinal(), date(last, 12, 31).toordinal() + 1 - date(first, 1, 1).toordinal()

        def at(day: str, default: int, after: int = 0) -> int:
            if not day:
                return default
            return max(0, min(1000, round((date.fromisoformat(day).toordinal() + after - zero) * 1000 / whole)))

        parts = list[tuple[Certainty, int, int]]()
        for stretch in membership.standing.stretches:
            for answer, since, until in answers(stretch):
                left, right = at(since, 0), at(until, 1000, 1)
                parts.append((answer, left, max(2, right - left)))
        return Bar(tuple(parts))

    def cells(self, membership: MembershipRow, other: Side) -> dict[str, Cell]:
        """Return the cells of a membership by column. ``other`` is the side that the page does not describe."""
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


MOST: Final = 30  # overlaps on the page of an organization; the downloads contain all
BOUNDS = ("earliestStart", "latestStart", "earliestEnd", "latestEnd")

# Classes of the vocabulary, the most specific first.
KINDS = (
    "Territory", "State", "Organization", "Corps", "Organ", "Person", "Membership", "Report", "Suspension",
    "Cooperation", "Contribution", "Commitment", "Practice", "Seat", "Naming", "ContactPoint", "Event",
    "BindingInstrument", "Instrument", "Source", "Section", "Remark", "Tally", "Overlap", "Audit", "Check",
)  # fmt: skip


def _stretch(row: Row) -> Stretch:
    a, b, c, d = (value(row[name]) if name in row else "" for name in BOUNDS)
    marks = (("disputed", "disputed"), ("openEnded", "open"))
    return a, b, c, d, next((mark for name, mark in marks if name in row and value(row[name]) == "true"), "")
