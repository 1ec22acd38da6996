"""Claims of sources, compared with the graph."""

from __future__ import annotations

from collections.abc import Iterable

from cica_graph.model.results import Audit
from cica_graph.model.terms import BASE, CG
from cica_graph.publish.site.page import Fact, Page
from cica_graph.publish.site.page_table import Cell, PageColumn, PageLink, PageTable, Text
from cica_graph.publish.site.pages.handbook import checks_table
from cica_graph.publish.site.pages.memberships import memberships_table
from cica_graph.publish.site.pages.subject_page import statements, subject_page
from cica_graph.publish.site.view import SiteView


def claims(view: SiteView, name: str, caption: str, audits: Iterable[Audit]) -> PageTable:
    """Return a table of claims."""
    columns = (
        PageColumn("claim", "Claim", "links"),
        PageColumn("says", "Claimed"),
        PageColumn("finds", "Found"),
        PageColumn("verdict", "Verdict", "links"),
        PageColumn("on", "Day"),
        PageColumn("independent", "Other sources"),
        PageColumn("section", "Section", "links"),
    )
    return PageTable(name, caption, columns, tuple(_claim_row(view, a) for a in audits))


def _claim_row(view: SiteView, a: Audit) -> tuple[Cell, ...]:
    link = view.link(a.claim)
    return (
        (PageLink(counted(view, a), link.path, a.claim),),
        f"{a.claimed} of {a.claimed_total}" if a.claimed_total is not None else str(a.claimed),
        "" if a.count is None else str(a.count),
        (view.link(f"{BASE}concept/{a.verdict}"),),
        a.on.isoformat(),
        "yes" if a.independent else "no",
        (view.section(a.section),),
    )


def counted(view: SiteView, audit: Audit) -> str:
    """Return what a claim counts, as text."""
    counterpart = view.index.one(audit.claim, CG + "counterpart")
    if counterpart:
        return f"{view.code(counterpart)} members in {audit.organization}"
    population = view.index.one(audit.claim, CG + "population")
    return f"{audit.organization}: {view.label(population)}"


def claim(view: SiteView, iri: str) -> Page | None:
    """Return the page of a claim, or None if the claim was not audited."""
    audit = next((a for a in view.audits if a.claim == iri), None)
    if audit is None:
        return None
    row = _claim_row(view, audit)
    verdict = view.label(f"{BASE}concept/{audit.verdict}")
    lead = f"Claimed by the source: {row[1]}. Found in the graph: {row[2] or 'not comparable'}. Verdict: {verdict}."
    facts: list[Fact] = [
        ("About", (view.link(view.index.one(iri, CG + "about")),)),
        ("Day", (Text(audit.on.isoformat()),)),
        ("Claimed by the source", (Text(str(row[1])),)),
        ("Found in the graph", (Text(str(row[2]) or "not comparable"),)),
        ("Verdict", row[3] if isinstance(row[3], tuple) else ()),
        ("Reason", (Text(audit.reason),)),
        ("Supported by other sources", (Text("yes" if audit.independent else "no"),)),
        ("Section", row[6] if isinstance(row[6], tuple) else ()),
    ]
    tables = [*_evidence(view, iri, audit), checks_table(view, iri), statements(view, iri)]
    return subject_page(
        view, iri, "subject.html", "Claim", facts=facts, tables=tables, title=counted(view, audit), kind="claim",
        lead=lead, crumbs=(PageLink("Audit", "audit"),), more={"related": (), "part": "audit"},
    )  # fmt: skip


def _evidence(view: SiteView, iri: str, audit: Audit) -> list[PageTable]:
    """Return tables of the memberships that a claim counts, if the claim is for the reference day."""
    about, other = view.index.one(iri, CG + "about"), view.index.one(iri, CG + "counterpart")
    if audit.on != view.day:
        return []
    observers = audit.population.startswith("observer")
    found = []
    for organization in [about, other] if other else [about]:
        memberships = [
            s
            for s in view.by_organization.get(organization, [])
            if s.standing.certainty != "no" and s.counts != observers
        ]
        name = "members" if organization == about else "counterpart"
        role = "Observers and other participants" if observers else "Members"
        caption = f"{role} of {view.code(organization)} on {audit.on.isoformat()}"
        found.append(memberships_table(view, name, caption, memberships, "member"))
    return found
