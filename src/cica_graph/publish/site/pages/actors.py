"""Pages of organizations and of states."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Final

from cica_graph.model.results import Audit, Overlap
from cica_graph.model.terms import BASE, CG, PREFIXES
from cica_graph.publish.site.cells import Cell, Column, Link, Table, Text
from cica_graph.publish.site.page import Fact, Page
from cica_graph.publish.site.pages.claims import claims
from cica_graph.publish.site.pages.memberships import coded, span, spells_table
from cica_graph.publish.site.pages.thing import elsewhere, related, statements, thing_page
from cica_graph.publish.site.view import MOST, Spell, World

FOAF: Final = PREFIXES["foaf"]


def organization(world: World, iri: str) -> Page:
    """Return the page of an organization."""
    spells = world.by_organization.get(iri, [])
    code = world.code(iri)
    holding = [s for s in spells if s.counts]
    members = spells_table(world, "main", f"Members of {code}", holding, "member")
    others = spells_table(
        world, "others", f"Observers and others in {code}", [s for s in spells if not s.counts], "member"
    )
    overlaps = world.overlaps[iri]
    one = world.things.one
    facts: list[Fact] = [
        ("Acronym", (Text(code),)),
        ("Kind", world.links(world.things.values(iri, CG + "kind"))),
        ("Founded", (Text(one(iri, CG + "start")),) if one(iri, CG + "start") else ()),
        ("Dissolved", (Text(one(iri, CG + "end")),) if one(iri, CG + "end") else ()),
        ("For", world.links([*world.things.values(iri, CG + "purpose"), *world.things.values(iri, CG + "region")])),
        ("Web site", tuple(Link(u, "", u) for u in world.things.values(iri, FOAF + "homepage"))),
        ("Codes", (Text(f"COW {one(iri, CG + 'cow')}"),) if one(iri, CG + "cow") else ()),
        ("Elsewhere", elsewhere(world, iri)),
        ("Sources", world.sources(iri)),
    ]
    audits = [a for a in world.audits if world.by_code[a.organization] == iri]
    taken = spells_table(
        world, "memberships", f"What {code} takes part in", world.by_member.get(iri, []), "organization"
    )
    tables = [
        members,
        others,
        taken,
        _overlaps(world, iri, overlaps),
        claims(world, "claims", f"What sources claim about {code}", audits),
        statements(world, iri, "statements"),
    ]
    return thing_page(
        world, iri, "organization.html", "Organization", facts=facts, tables=tables,
        lead=_lead(world, code, spells, audits), crumbs=(Link("Organizations", "organizations"),),
        more={"code": code, "overlaps": _sentences(world, code, overlaps), "related": related(world, iri)},
    )  # fmt: skip


def _lead(world: World, code: str, spells: list[Spell], audits: list[Audit]) -> str:
    """Say in a sentence or two who takes part, and how far what is claimed of it holds."""
    day = world.day.isoformat()
    sure, most = _count([s for s in spells if s.counts])
    others, most_others = _count([s for s in spells if not s.counts])
    if not most and not most_others:
        return f"No source that was read lists who took part in {code} on {day}."
    said = [f"On {day}, {code} had {span(sure, most)} member{'' if (sure, most) == (1, 1) else 's'}"]
    if most_others:
        said.append(f" and {span(others, most_others)} in other roles")
    verdicts = Counter(a.verdict for a in audits)
    if verdicts:
        counts = ", ".join(f"{n} {world.label(f'{BASE}concept/{verdict}')}" for verdict, n in sorted(verdicts.items()))
        said.append(f". Of {len(audits)} counts that sources claim, {counts}")
    return "".join(said) + "."


def state(world: World, iri: str) -> Page:
    """Return the page of a state or territory."""
    spells = world.by_member.get(iri, [])
    one, values = world.things.one, world.things.values
    codes = [
        f"{name} {v}"
        for name, key in (("ISO", "iso2"), ("ISO", "iso3"), ("M49", "m49"), ("COW", "cow"))
        if (v := one(iri, CG + key))
    ]
    sure, maybe = _count([s for s in spells if s.counts])
    facts: list[Fact] = [
        ("Codes", tuple(Text(code) for code in codes)),
        ("Region", world.links(values(iri, CG + "region"))),
        ("Territory in", world.links(values(iri, CG + "territoryIn"))),
        ("Elsewhere", elsewhere(world, iri)),
        ("Sources", world.sources(iri)),
    ]
    label = world.label(iri)
    day = world.day.isoformat()
    count = f"{sure} organization{'s' if sure != 1 else ''} of this graph"
    lead = (
        f"On {day}, {label} was a member of {count}."
        if sure == maybe
        else f"On {day}, {label} was a member of {count} for certain and {maybe} at most."
    )
    tables = [
        spells_table(world, "main", f"Memberships of {label}", spells, "organization"),
        _closest(world, iri),
        statements(world, iri, "statements"),
    ]
    return thing_page(
        world, iri, "state.html", "Country", facts=facts, tables=tables, kind="state or territory", lead=lead,
        crumbs=(Link("States", "states"),), more={"code": world.code(iri), "related": related(world, iri)},
    )  # fmt: skip


def _closest(world: World, iri: str) -> Table:
    """Those who share the most organizations on the reference day, for certain."""
    ours = {s.organization for s in world.by_member.get(iri, []) if s.counts and s.standing.holds == "certain"}
    shared = defaultdict[str, set[str]](set)
    for organization in ours:
        for s in world.by_organization[organization]:
            if s.counts and s.standing.holds == "certain" and s.member != iri:
                shared[s.member].add(organization)
    nearest = sorted(shared, key=lambda other: (-len(shared[other]), world.label(other).casefold(), other))[:10]
    rows: list[tuple[Cell, ...]] = [
        ((world.link(other),), len(shared[other]), tuple(coded(world, o) for o in sorted(shared[other])))
        for other in nearest
    ]
    columns = (Column("name", "With", "links"), Column("count", "Shared", "number"), Column("shared", "In", "links"))
    return Table("closest", f"Who shares the most organizations with {world.label(iri)}", columns, tuple(rows))


def _count(spells: Iterable[Spell]) -> tuple[int, int]:
    """Return how many memberships hold for certain, and at most; two spells of one member are one."""
    kept = list(spells)
    pairs = {(s.member, s.organization) for s in kept if s.standing.holds != "no"}
    sure = {(s.member, s.organization) for s in kept if s.standing.holds == "certain"}
    return len(sure), len(pairs)


def _overlaps(world: World, iri: str, overlaps: list[Overlap]) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for o in overlaps:
        other = world.by_code[o.other]
        missing = tuple(coded(world, world.by_code[code]) for code in o.missing)
        rows.append(((coded(world, other),), span(o.shared, o.shared_at_most), span(o.total, o.total_at_most), missing))
    columns = (
        Column("organization", "Organization", "links"),
        Column("shared", "Shared members", "number"),
        Column("total", "Of", "number"),
        Column("missing", f"Its members that are not in {world.code(iri)}", "links"),
    )
    most = f", the {MOST} that share most" if len(overlaps) == MOST else ""
    caption = f"Members that {world.code(iri)} shares with others on {world.day.isoformat()}{most}"
    return Table("overlaps", caption, columns, tuple(rows))


def _sentences(world: World, code: str, overlaps: list[Overlap]) -> list[tuple[str, tuple[Link, ...], str]]:
    """``5 of 7``, the counterpart, ``not Armenia, Belarus``: for those whose missing are few enough to be named."""
    found: list[tuple[str, tuple[Link, ...], str]] = []
    for o in overlaps:
        other = world.by_code[o.other]
        if o.shared and len(o.missing) <= 4 and o.total > 1:
            missing = ", ".join(world.label(world.by_code[c]) for c in o.missing)
            link = (coded(world, other),)
            found.append((f"{span(o.shared, o.shared_at_most)} of {span(o.total, o.total_at_most)}", link, missing))
    return found
