"""Pages of organizations and of states."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Final

from cica_graph.evidence.words import main_reason
from cica_graph.model.results import Audit, Overlap
from cica_graph.model.terms import BASE, CG, PREFIXES
from cica_graph.publish.site.page import Fact, Page
from cica_graph.publish.site.page_table import Cell, PageColumn, PageLink, PageTable, Text
from cica_graph.publish.site.pages.claims import claims
from cica_graph.publish.site.pages.memberships import coded, counted_pairs, memberships_table, number
from cica_graph.publish.site.pages.subject_page import other_datasets, related, statements, subject_page
from cica_graph.publish.site.view import MOST, MembershipRow, SiteView

SURE: Final = ("certain", "presumed")
FOAF: Final = PREFIXES["foaf"]
_REASONS: Final = 300  # members with a reason on the page of an organization


def organization(view: SiteView, iri: str) -> Page:
    """Return the page of an organization."""
    memberships = view.by_organization.get(iri, [])
    code = view.code(iri)
    holding = [s for s in memberships if s.counts]
    members = memberships_table(view, "main", f"Members of {code}", holding, "member", iri)
    others = memberships_table(
        view,
        "others",
        f"Observers and other participants in {code}",
        [s for s in memberships if not s.counts],
        "member",
    )
    overlaps = view.overlaps[iri]
    one, values = view.index.one, view.index.values
    facts: list[Fact] = [
        ("Acronym", (Text(code),)),
        ("Kind", view.links(values(iri, CG + "kind"))),
        ("Founded", (Text(one(iri, CG + "start")),) if one(iri, CG + "start") else ()),
        ("Dissolved", (Text(one(iri, CG + "end")),) if one(iri, CG + "end") else ()),
        (
            "Purpose and region",
            view.links([*view.index.values(iri, CG + "purpose"), *view.index.values(iri, CG + "region")]),
        ),
        ("Website", tuple(PageLink(u, "", u) for u in values(iri, FOAF + "homepage"))),
        ("Codes", (Text(f"COW {one(iri, CG + 'cow')}"),) if one(iri, CG + "cow") else ()),
        ("Other datasets", other_datasets(view, iri)),
        ("Sources", view.sources(iri)),
    ]
    audits = [a for a in view.audits if view.by_code[a.organization] == iri]
    taken = memberships_table(
        view, "memberships", f"Memberships of {code}", view.by_member.get(iri, []), "organization"
    )
    tables = [
        members,
        others,
        taken,
        _overlaps(view, iri, overlaps),
        claims(view, "claims", f"Claims about {code}", audits),
        statements(view, iri, "statements"),
    ]
    return subject_page(
        view, iri, "organization.html", "Organization", facts=facts, tables=tables,
        lead=_lead(view, iri, memberships, audits), crumbs=(PageLink("Organizations", "organizations"),),
        more={"code": code, "overlaps": _sentences(view, code, overlaps), "related": related(view, iri),
              "reasons": _reasons(view, iri, holding)},
    )  # fmt: skip


def _reasons(view: SiteView, iri: str, memberships: list[MembershipRow]) -> tuple[tuple[PageLink, str, str], ...]:
    """Return each member on the reference day with the answer about it and its main reason, as ``why`` gives it."""
    members = dict.fromkeys(s.member for s in memberships if s.standing.certainty != "no")
    proofs = (view.explainer.explain(member, iri, "member", view.day) for member in list(members)[:_REASONS])
    return tuple((view.link(p.member), p.answer, main_reason(view.graph.names, p)) for p in proofs)


def _lead(view: SiteView, iri: str, memberships: list[MembershipRow], audits: list[Audit]) -> str:
    """Return a summary: the number of members, and the verdicts on the claims."""
    day, code = view.day.isoformat(), view.code(iri)
    members, others = (counted_pairs(s for s in memberships if s.counts == counts) for counts in (True, False))
    record = "recorded" if members.possible else view.record(iri)
    if record == "not recorded":
        said = [f"The sources of this graph do not list the members of {code} on {day}: not recorded"]
    elif record != "recorded":
        said = [f"{code} had no members on {day}: {record}"]
    else:
        said = [f"On {day}, {code} had {members} member{'' if members.possible == 1 else 's'}"]
    if others.possible:
        said.append(f" and {others} in other roles")
    verdicts = Counter(a.verdict for a in audits)
    if verdicts:
        counts = ", ".join(f"{n} {view.label(f'{BASE}concept/{verdict}')}" for verdict, n in sorted(verdicts.items()))
        said.append(f". Sources make {len(audits)} {'claim' if len(audits) == 1 else 'claims'} about it: {counts}")
    return "".join(said) + "."


def state(view: SiteView, iri: str) -> Page:
    """Return the page of a state or territory."""
    memberships = view.by_member.get(iri, [])
    one, values = view.index.one, view.index.values
    codes = [
        f"{name} {v}"
        for name, key in (("ISO", "iso2"), ("ISO", "iso3"), ("M49", "m49"), ("COW", "cow"))
        if (v := one(iri, CG + key))
    ]
    count = counted_pairs(s for s in memberships if s.counts)
    facts: list[Fact] = [
        ("Codes", tuple(Text(code) for code in codes)),
        ("Region", view.links(values(iri, CG + "region"))),
        ("Territory in", view.links(values(iri, CG + "territoryIn"))),
        ("Other datasets", other_datasets(view, iri)),
        ("Sources", view.sources(iri)),
    ]
    label = view.label(iri)
    day = view.day.isoformat()
    lead = f"On {day}, {label} was a member of {count} organization{'' if count.possible == 1 else 's'} of this graph."
    tables = [
        memberships_table(view, "main", f"Memberships of {label}", memberships, "organization"),
        _closest(view, iri),
        statements(view, iri, "statements"),
    ]
    return subject_page(
        view, iri, "state.html", "Country", facts=facts, tables=tables, kind="state or territory", lead=lead,
        crumbs=(PageLink("States", "states"),), more={"code": view.code(iri), "related": related(view, iri)},
    )  # fmt: skip


def _closest(view: SiteView, iri: str) -> PageTable:
    """Return the ten states that share most organizations with a state on the reference day, with presumed ones."""
    ours = {s.organization for s in view.by_member.get(iri, []) if s.counts and s.standing.certainty in SURE}
    shared = defaultdict[str, set[str]](set)
    for organization in ours:
        for s in view.by_organization[organization]:
            if s.counts and s.standing.certainty in SURE and s.member != iri:
                shared[s.member].add(organization)
    nearest = sorted(shared, key=lambda other: (-len(shared[other]), view.label(other).casefold(), other))[:10]
    rows: list[tuple[Cell, ...]] = [
        ((view.link(other),), len(shared[other]), tuple(coded(view, o) for o in sorted(shared[other])))
        for other in nearest
    ]
    columns = (
        PageColumn("name", "State", "links"),
        PageColumn("count", "Shared", "number"),
        PageColumn("shared", "Organizations", "links"),
    )
    return PageTable("closest", f"States that share most organizations with {view.label(iri)}", columns, tuple(rows))


def _overlaps(view: SiteView, iri: str, overlaps: list[Overlap]) -> PageTable:
    rows: list[tuple[Cell, ...]] = []
    for o in overlaps:
        other = view.by_code[o.other]
        missing = tuple(coded(view, view.by_code[code]) for code in o.missing)
        rows.append(((coded(view, other),), number(o.shared_count), number(o.total_count), missing))
    columns = (
        PageColumn("organization", "Organization", "links"),
        PageColumn("shared", "Shared members", "number"),
        PageColumn("total", "Of", "number"),
        PageColumn("missing", f"Members not in {view.code(iri)}", "links"),
    )
    most = f" (the {MOST} largest overlaps)" if len(overlaps) == MOST else ""
    caption = f"Members that {view.code(iri)} shares with other organizations on {view.day.isoformat()}{most}"
    return PageTable("overlaps", caption, columns, tuple(rows))


def _sentences(view: SiteView, code: str, overlaps: list[Overlap]) -> list[tuple[str, tuple[PageLink, ...], str]]:
    """Return ``5 of 7``, the other organization and the missing members, for overlaps with at most four missing."""
    found: list[tuple[str, tuple[PageLink, ...], str]] = []
    for o in overlaps:
        other = view.by_code[o.other]
        shared, total = o.shared_count, o.total_count
        if shared and total and shared.presumed and len(o.missing) <= 4 and total.presumed > 1:
            missing = ", ".join(view.label(view.by_code[c]) for c in o.missing)
            link = (coded(view, other),)
            found.append((f"{shared} of {total}", link, missing))
    return found
