"""Commands that answer: members, memberships, overlaps, audit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import click

from cica_graph.cli.common import Progress, day, format_option, on_option, project_option, show, talk
from cica_graph.graph import Graph, Spell, open_graph
from cica_graph.publish.statements import turtle
from cica_graph.report.tables import Record
from cica_graph.terms import BASE, local

SPELL_KEYS = (
    "code",
    "label",
    "kind",
    "role",
    "start",
    "end",
    "holds",
    "suspended",
    "last_attested",
    "sources",
)
OVERLAP_KEYS = ("organization", "shared", "shared_at_most", "total", "total_at_most", "both", "missing")
AUDIT_KEYS = (
    "claim",
    "about",
    "counts",
    "on",
    "says",
    "of",
    "finds",
    "at_most",
    "verdict",
    "independent",
    "section",
)
SPELL_HEADINGS = {
    "label": "name",
    "start": "since",
    "end": "until",
    "last_attested": "last attested",
}


@click.command()
@click.argument("organization")
@click.option("--role", default="member", show_default=True, help="A role of the scheme, or 'any'.")
@project_option
@on_option
@format_option
def members(organization: str, role: str, project: Path | None, on: date, form: str) -> None:
    """List who is a member of ORGANIZATION on a day, for certain or possibly."""
    graph = _open(project)
    actor = graph.names.find(organization, ("organization",))
    spells = graph.members(organization, on=on, role=role)
    what = "in any role" if role == "any" else role.replace("-", " ") + "s"
    _spells(graph, spells, "member", form, f"{actor.code} {what} on {on}")


@click.command()
@click.argument("member")
@click.option("--all", "past", is_flag=True, help="List spells that do not hold on the day as well.")
@project_option
@on_option
@format_option
def memberships(member: str, past: bool, project: Path | None, on: date, form: str) -> None:
    """List what MEMBER, a state or an organization, belongs to on a day, in any role."""
    graph = _open(project)
    actor = graph.names.find(member)
    spells = graph.memberships(member, on=on, past=past)
    _spells(graph, spells, "organization", form, f"{actor.label} ({actor.code}) on {on}")


def _spells(graph: Graph, spells: Sequence[Spell], side: str, form: str, title: str) -> None:
    count = Counter(s.holds for s in spells)
    talk(
        f"{title}: {count['certain']} certain, {count['possible']} possible"
        + (f", {count['no']} not" if count["no"] else "")
    )
    attested = [s.last_attested for s in spells if s.last_attested]
    if spells and not count["certain"] and attested:
        talk(f"Nothing is certain on that day: the last day that any of these is attested is {max(attested)}.")
    if form == "ttl":
        click.echo(turtle(graph.about(s.spell for s in spells)), nl=False)
        return
    records: list[Record] = [
        {
            side: s.actor,
            "code": s.code,
            "label": s.label,
            "kind": s.kind,
            "role": s.role,
            "start": s.start,
            "end": s.end,
            "holds": s.holds,
            "suspended": s.suspended,
            "last_attested": s.last_attested.isoformat() if s.last_attested else None,
            "sources": list(s.sources),
        }
        for s in spells
    ]
    brief: list[Record] = [
        {
            **r,
            "role": s.role.replace("-", " "),
            "sources": list(dict.fromkeys(_document(i) for i in s.sources)),
            "suspended": {True: "suspended", None: "possibly", False: None}[s.suspended],
        }
        for r, s in zip(records, spells, strict=True)
    ]
    columns = [c for c in SPELL_KEYS if c != "kind" and (c not in ("end", "suspended") or any(r[c] for r in brief))]
    show(
        records,
        form,
        keys=(side, *SPELL_KEYS),
        columns=columns,
        headings=SPELL_HEADINGS,
        title=title,
        brief=brief,
    )


@click.command()
@click.argument("organization")
@click.argument("others", nargs=-1, metavar="[OTHER]...")
@project_option
@on_option
@format_option
def overlaps(organization: str, others: tuple[str, ...], project: Path | None, on: date, form: str) -> None:
    """Count the members of each OTHER that are members of ORGANIZATION too, and name the missing.

    Without OTHER, every organization that shares a member on the day.
    """
    graph = _open(project)
    actor = graph.names.find(organization, ("organization",))
    found = graph.overlaps(organization, *others, on=on)
    title = f"Members that {actor.code} shares with others on {on}"
    talk(f"{title}: {len(found)} organizations")
    if found and not any(o.total for o in found):
        talk("Nothing is certain on that day: see `members` for the last day that each is attested.")
    if form == "ttl":
        click.echo(turtle(graph.overlap_triples(actor.iri, found, on)), nl=False)
        return
    records: list[Record] = [
        {
            "organization": o.organization,
            "shared": o.shared,
            "shared_at_most": o.shared_at_most,
            "total": o.total,
            "total_at_most": o.total_at_most,
            "both": list(o.both),
            "missing": list(o.missing),
        }
        for o in found
    ]
    brief: list[Record] = [
        {
            "organization": o.organization,
            "shared": f"{o.shared} of {o.total}",
            "most": None
            if (o.shared, o.total) == (o.shared_at_most, o.total_at_most)
            else f"{o.shared_at_most} of {o.total_at_most}",
            "missing": list(o.missing),
        }
        for o in found
    ]
    columns = [c for c in ("organization", "shared", "most", "missing") if c != "most" or any(r["most"] for r in brief)]
    headings = {"most": "at most", "missing": f"not in {actor.code}"}
    show(records, form, keys=OVERLAP_KEYS, columns=columns, headings=headings, title=title, brief=brief)


@click.command()
@project_option
@click.option("--on", type=day, metavar="DAY", help="Only claims about this day; each is judged on its own day.")
@format_option
def audit(project: Path | None, on: date | None, form: str) -> None:
    """Lay what sources claim beside what the graph finds."""
    graph = _open(project)
    audits = graph.audit(on=on)
    count = Counter(a.verdict for a in audits)
    days = sorted({a.on for a in audits})
    title = f"Audit of {len(audits)} claims" + (f" about {', '.join(str(d) for d in days)}" if days else "")
    talk(f"{title}: " + (", ".join(f"{n} {verdict}" for verdict, n in sorted(count.items())) or "none"))
    if form == "ttl":
        click.echo(turtle(graph.audit_triples(audits)), nl=False)
        return
    records: list[Record] = [
        {
            "claim": a.claim,
            "about": a.about,
            "counts": a.counts,
            "on": a.on.isoformat(),
            "says": a.says,
            "of": a.of,
            "finds": a.finds,
            "at_most": a.at_most,
            "verdict": a.verdict,
            "independent": a.independent,
            "section": a.section,
        }
        for a in audits
    ]
    brief: list[Record] = [
        {
            "claim": local(a.claim),
            "about": a.about,
            "says": f"{a.says} of {a.of}" if a.of is not None else str(a.says),
            "finds": None if a.finds is None else str(a.finds) if a.finds == a.at_most else f"{a.finds} to {a.at_most}",
            "verdict": a.verdict,
            "independent": a.independent,
            "section": a.section.removeprefix(BASE + "doc/"),
        }
        for a in audits
    ]
    columns = ("claim", "about", "says", "finds", "verdict", "independent", "section")
    show(records, form, keys=AUDIT_KEYS, columns=columns, headings={}, title=title, brief=brief)
    if form == "table":
        for a in audits:
            if a.verdict not in ("confirmed", "consistent"):
                click.echo("\n" + click.wrap_text(f"{local(a.claim)} is {a.verdict}: {a.reason}", width=79))


def _open(project: Path | None) -> Graph:
    with Progress() as progress:
        graph = open_graph(project, progress)
    for finding in graph.findings[:1]:
        talk(f"warning: {finding.file or finding.subject}: {finding.message}; `check` says more")
    return graph


def _document(section: str) -> str:
    return section.removeprefix(BASE + "doc/").partition("#")[0]
