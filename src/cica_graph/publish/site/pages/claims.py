"""Claims of sources beside what the graph finds."""

from __future__ import annotations

from collections.abc import Iterable

from cica_graph.model.results import Audit
from cica_graph.model.terms import BASE, CG
from cica_graph.publish.site.page import Fact, Page
from cica_graph.publish.site.page_table import Cell, PageColumn, PageLink, PageTable, Text
from cica_graph.publish.site.pages.memberships import memberships_table, span
from cica_graph.publish.site.pages.subject_page import statements, thing_page
from cica_graph.publish.site.view import SiteView


def claims(view: SiteView, name: str, caption: str, audits: Iterable[Audit]) -> PageTable:
    """Return claims as a table."""
    columns = (
        PageColumn("claim", "Claim", "links"),
        PageColumn("says", "Says"),
        PageColumn("finds", "Found"),
        PageColumn("verdict", "Verdict", "links"),
        PageColumn("on", "Day"),
        PageColumn("independent", "Seen by others"),
        PageColumn("section", "Section", "links"),
    )
    return PageTable(name, caption, columns, tuple(_claim_row(view, a) for a in audits))


def _claim_row(view: SiteView, a: Audit) -> tuple[Cell, ...]:
    link = view.link(a.claim)
    return (
        (PageLink(counted(view, a), link.path, a.claim),),
        f"{a.claimed} of {a.claimed_total}" if a.claimed_total is not None else str(a.claimed),
        "" if a.found is None else str(span(a.found, a.found_at_most if a.found_at_most is not None else a.found)),
        (view.link(f"{BASE}concept/{a.verdict}"),),
        a.on.isoformat(),
        "yes" if a.independent else "no",
        (view.section(a.section),),
    )


def counted(view: SiteView, audit: Audit) -> str:
    """Return what a claim counts, in words."""
    counterpart = view.index.one(audit.claim, CG + "counterpart")
    if counterpart:
        return f"{view.code(counterpart)} members in {audit.organization}"
    population = view.index.one(audit.claim, CG + "population")
    return f"{audit.organization}: {view.label(population)}"


def claim(view: SiteView, iri: str) -> Page | None:
    """Return the page of a claim, or None for one that was not audited."""
    audit = next((a for a in view.audits if a.claim == iri), None)
    if audit is None:
        return None
    row = _claim_row(view, audit)
    verdict = view.label(f"{BASE}concept/{audit.verdict}")
    lead = f"The source says {row[1]}; the graph finds {row[2] or 'nothing to compare'}: {verdict}."
    facts: list[Fact] = [
        ("About", (view.link(view.index.one(iri, CG + "about")),)),
        ("On", (Text(audit.on.isoformat()),)),
        ("The source says", (Text(str(row[1])),)),
        ("The graph finds", (Text(str(row[2]) or "nothing to compare"),)),
        ("Verdict", row[3] if isinstance(row[3], tuple) else ()),
        ("Why", (Text(audit.reason),)),
        ("Seen by other sources", (Text("yes" if audit.independent else "no"),)),
        ("Section", row[6] if isinstance(row[6], tuple) else ()),
    ]
    tables = [*_evidence(view, iri, audit), statements(view, iri)]
    return thing_page(
        view, iri, "subject.html", "Claim", facts=facts, tables=tables, title=counted(view, audit), kind="claim",
        lead=lead, crumbs=(PageLink("Audit", "audit"),), more={"related": ()},
    )  # fmt: skip


def _evidence(view: SiteView, iri: str, audit: Audit) -> list[PageTable]:
    """The memberships that a claim's number rests on, where they can be named: those of its organizations that day."""
    about, other = view.index.one(iri, CG + "about"), view.index.one(iri, CG + "counterpart")
    if audit.on != view.day:
        return []
    watching = audit.population.startswith("observer")
    found = []
    for organization in [about, other] if other else [about]:
        memberships = [
            s for s in view.by_organization.get(organization, []) if s.standing.holds != "no" and s.counts != watching
        ]
        name = "members" if organization == about else "counterpart"
        role = "Others than members" if watching else "Members"
        caption = f"{role} of {view.code(organization)} on {audit.on.isoformat()}"
        found.append(memberships_table(view, name, caption, memberships, "member"))
    return found
