"""Claims of sources beside what the graph finds."""

from __future__ import annotations

from collections.abc import Iterable

from cica_graph.model.results import Audit
from cica_graph.model.terms import BASE, CG
from cica_graph.publish.site.cells import Cell, Column, Link, Table, Text
from cica_graph.publish.site.page import Fact, Page
from cica_graph.publish.site.pages.memberships import span, spells_table
from cica_graph.publish.site.pages.thing import statements, thing_page
from cica_graph.publish.site.view import World


def claims(world: World, name: str, caption: str, audits: Iterable[Audit]) -> Table:
    """Return claims as a table."""
    columns = (
        Column("claim", "Claim", "links"),
        Column("says", "Says"),
        Column("finds", "Found"),
        Column("verdict", "Verdict", "links"),
        Column("on", "Day"),
        Column("independent", "Seen by others"),
        Column("section", "Section", "links"),
    )
    return Table(name, caption, columns, tuple(_claim_row(world, a) for a in audits))


def _claim_row(world: World, a: Audit) -> tuple[Cell, ...]:
    link = world.link(a.claim)
    return (
        (Link(counted(world, a), link.path, a.claim),),
        f"{a.claimed} of {a.claimed_total}" if a.claimed_total is not None else str(a.claimed),
        "" if a.found is None else str(span(a.found, a.found_at_most if a.found_at_most is not None else a.found)),
        (world.link(f"{BASE}concept/{a.verdict}"),),
        a.on.isoformat(),
        "yes" if a.independent else "no",
        (world.section(a.section),),
    )


def counted(world: World, audit: Audit) -> str:
    """Return what a claim counts, in words."""
    counterpart = world.things.one(audit.claim, CG + "counterpart")
    if counterpart:
        return f"{world.code(counterpart)} members in {audit.organization}"
    population = world.things.one(audit.claim, CG + "population")
    return f"{audit.organization}: {world.label(population)}"


def claim(world: World, iri: str) -> Page | None:
    """Return the page of a claim, or None for one that was not audited."""
    audit = next((a for a in world.audits if a.claim == iri), None)
    if audit is None:
        return None
    row = _claim_row(world, audit)
    verdict = world.label(f"{BASE}concept/{audit.verdict}")
    lead = f"The source says {row[1]}; the graph finds {row[2] or 'nothing to compare'}: {verdict}."
    facts: list[Fact] = [
        ("About", (world.link(world.things.one(iri, CG + "about")),)),
        ("On", (Text(audit.on.isoformat()),)),
        ("The source says", (Text(str(row[1])),)),
        ("The graph finds", (Text(str(row[2]) or "nothing to compare"),)),
        ("Verdict", row[3] if isinstance(row[3], tuple) else ()),
        ("Why", (Text(audit.reason),)),
        ("Seen by other sources", (Text("yes" if audit.independent else "no"),)),
        ("Section", row[6] if isinstance(row[6], tuple) else ()),
    ]
    tables = [*_evidence(world, iri, audit), statements(world, iri)]
    return thing_page(
        world, iri, "thing.html", "Claim", facts=facts, tables=tables, title=counted(world, audit), kind="claim",
        lead=lead, crumbs=(Link("Audit", "audit"),), more={"related": ()},
    )  # fmt: skip


def _evidence(world: World, iri: str, audit: Audit) -> list[Table]:
    """The memberships that a claim's number rests on, where they can be named: those of its organizations that day."""
    about, other = world.things.one(iri, CG + "about"), world.things.one(iri, CG + "counterpart")
    if audit.on != world.day:
        return []
    watching = audit.population.startswith("observer")
    found = []
    for organization in [about, other] if other else [about]:
        spells = [
            s for s in world.by_organization.get(organization, []) if s.standing.holds != "no" and s.counts != watching
        ]
        name = "members" if organization == about else "counterpart"
        role = "Others than members" if watching else "Members"
        caption = f"{role} of {world.code(organization)} on {audit.on.isoformat()}"
        found.append(spells_table(world, name, caption, spells, "member"))
    return found
