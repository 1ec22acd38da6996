"""Commands that answer: members, memberships, overlaps, audit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import click

from cica_graph.cli.common import (
    WIDE,
    day,
    format_option,
    on_option,
    opened,
    room,
    show,
    source_options,
    talk,
    years_options,
)
from cica_graph.formats.tables import Record
from cica_graph.formats.turtle import turtle
from cica_graph.graph import Graph
from cica_graph.model.results import Membership
from cica_graph.model.terms import BASE, local
from cica_graph.operations.records import AUDIT, MEMBERSHIP, overlap_keys
from cica_graph.operations.records import audits as audit_records
from cica_graph.operations.records import memberships as membership_records
from cica_graph.operations.records import overlaps as overlap_records
from cica_graph.operations.records import spans as by_years

_SUSPENDED = {True: ", suspended", None: ", possibly suspended", False: ""}


@click.command()
@click.argument("organization")
@click.option("--role", default="member", show_default=True, help="A role of the scheme, or 'any'.")
@source_options
@on_option
@format_option
def members(organization: str, role: str, project: Path | None, store: str | None, on: date, form: str) -> None:
    """List who is a member of ORGANIZATION on a day, for certain or possibly."""
    graph = opened(project, store)
    actor = graph.names.find(organization, ("organization",))
    spells = graph.members(organization, on=on, role=role)
    what = "in any role" if role == "any" else role.replace("-", " ") + "s"
    _spells(graph, spells, "member", form, f"{actor.code} {what} on {on}")


@click.command()
@click.argument("member")
@click.option("--past", is_flag=True, help="List memberships that do not apply on the day as well.")
@source_options
@on_option
@format_option
def memberships(member: str, past: bool, project: Path | None, store: str | None, on: date, form: str) -> None:
    """List what MEMBER, a state or an organization, belongs to on a day, in any role."""
    graph = opened(project, store)
    actor = graph.names.find(member)
    spells = graph.memberships(member, on=on, past=past)
    _spells(graph, spells, "organization", form, f"{actor.label} ({actor.code}) on {on}")


def _spells(graph: Graph, spells: Sequence[Membership], side: str, form: str, title: str) -> None:
    count = Counter(s.certainty for s in spells)
    never = f", {count['no']} not" if count["no"] else ""
    talk(f"{title}: {count['certain']} certain, {count['possible']} possible{never}")
    attested = [s.last_attested for s in spells if s.last_attested]
    if spells and not count["certain"] and attested:
        talk(f"Nothing is certain on that day: the last day that any of these is attested is {max(attested)}.")
    if form == "ttl":
        click.echo(turtle(graph.about(s.membership for s in spells)), nl=False)
        return
    data = membership_records(spells, side)
    brief: list[Record] = [
        {**row, "role": s.role.replace("-", " ") + _SUSPENDED[s.suspended], "sources": _documents(s)}
        for row, s in zip(data, spells, strict=True)
    ]
    left_out = {"kind", "suspended"}
    left_out |= {"end"} if not any(row["end"] for row in data) else set()
    left_out |= {"sources"} if room() < WIDE else set()  # they would break every row into many
    columns = [c for c in MEMBERSHIP if c not in left_out]
    headings = {"label": "name", "start": "since", "end": "until", "last_attested": "last attested"}
    show(data, form, keys=(side, *MEMBERSHIP), columns=columns, headings=headings, brief=brief)


def _documents(spell: Membership) -> list[str]:
    return list(dict.fromkeys(s.removeprefix(BASE + "doc/").partition("#")[0] for s in spell.sources))


@click.command()
@click.argument("organization", required=False)
@click.argument("others", nargs=-1, metavar="[OTHER]...")
@click.option("--all-organizations", "everything", is_flag=True, help="The overlaps of every organization.")
@click.option("--by", type=click.Choice(["year"]), help="Report the last day of each year; equal years share a row.")
@years_options
@source_options
@on_option
@format_option
@click.pass_context
def overlaps(
    context: click.Context, organization: str | None, others: tuple[str, ...], everything: bool, by: str | None,
    since: int | None, until: int | None, any_day: bool, project: Path | None, store: str | None, on: date, form: str,
) -> None:  # fmt: skip
    """Count the members of each OTHER that are members of ORGANIZATION too, and name the missing.

    Without OTHER, it reports every organization that shares a member on the day. Give --all-organizations or --by year
    in place of ORGANIZATION for the overlaps of every organization.
    """
    whole = everything or (by is not None and organization is None)
    if whole == (organization is not None):
        raise click.UsageError("Give either an ORGANIZATION or --all-organizations.")
    dated = context.get_parameter_source("on") is not click.core.ParameterSource.DEFAULT
    if by and (dated or form == "ttl"):
        raise click.UsageError("--on and --format ttl are about one day and do not go with --by year.")
    if not by and (since is not None or until is not None or any_day):
        raise click.UsageError("--from, --to and --any-day go with --by year.")
    graph = opened(project, store)
    whose = graph.names.find(organization, ("organization",)).code if organization else ""
    if by:
        named = (organization, *others) if organization else ()
        spans = by_years(graph.overlaps_by_year(*named, since=since, until=until, any_day=any_day))
        when = "by year"
    else:
        answer = graph.overlaps(organization, *others, on=on) if organization else graph.all_overlaps(on=on)
        spans, when = [(o, 0, 0) for o in answer], f"on {on}"
    found = [o for o, _, _ in spans]
    count = len({o.other for o in found})
    title = f"Members that {whose or 'each organization'} shares with others {when}"
    talk(f"{title}: {count} organization{'' if count == 1 else 's'}")
    if found and not any(o.total for o in found):
        then = "in those years" if by else "on that day"
        talk(f"Nothing is certain {then}: see `members` for the last day that each is attested.")
    if form == "ttl":
        click.echo(turtle(graph.overlap_triples(found, on)), nl=False)
        return
    keys = overlap_keys(every=by is not None, whole=whole)
    data = overlap_records(spans, keys)
    brief: list[Record] = [
        {
            **row,
            "years": str(a) if a == b else f"{a} to {b}",
            "shared": f"{o.shared} of {o.total}",
            "most": f"{o.shared_at_most} of {o.total_at_most}",
        }
        for row, (o, a, b) in zip(data, spans, strict=True)
    ]
    doubt = any(row["shared"] != row["most"] for row in brief)
    about = [] if whose else ["organization"]
    columns = [*about, "other", *(["years"] if by else []), "shared", *(["most"] if doubt else []), "missing"]
    headings = {"most": "at most", "missing": f"not in {whose}" if whose else "not in it", "organization": "in"}
    show(data, form, keys=keys, columns=columns, headings=headings, brief=brief)


def _range(found: int | None, at_most: int | None) -> str | None:
    return None if found is None else str(found) if found == at_most else f"{found} to {at_most}"


@click.command()
@source_options
@click.option("--on", type=day, metavar="DAY", help="Only claims about this day; each is judged on its own day.")
@format_option
def audit(project: Path | None, store: str | None, on: date | None, form: str) -> None:
    """Lay what sources claim beside what the graph finds."""
    graph = opened(project, store)
    audits = graph.audit(on=on)
    count = Counter(a.verdict for a in audits)
    days = ", ".join(sorted({str(a.on) for a in audits} | ({str(on)} if on else set())))
    title = f"Audit of {len(audits)} claims" + (f" about {days}" if days else "")
    talk(f"{title}: " + (", ".join(f"{n} {verdict}" for verdict, n in sorted(count.items())) or "none"))
    if form == "ttl":
        click.echo(turtle(graph.audit_triples(audits)), nl=False)
        return
    one = len({a.section.partition("#")[0] for a in audits}) == 1  # then its name is not repeated in each row
    brief: list[Record] = [
        {
            "claim": local(a.claim),
            "organization": a.organization,
            "claimed": f"{a.claimed} of {a.claimed_total}" if a.claimed_total is not None else str(a.claimed),
            "found": _range(a.found, a.found_at_most),
            "verdict": a.verdict,
            "independent": a.independent,
            "section": a.section.rpartition("#")[2] if one else a.section.removeprefix(BASE + "doc/"),
        }
        for a in audits
    ]
    columns = ("claim", "organization", "claimed", "found", "verdict", "independent", "section")
    show(audit_records(audits), form, keys=AUDIT, columns=columns, headings={}, brief=brief)
    if form == "table":
        for a in audits:
            if a.verdict not in ("confirmed", "consistent"):
                click.echo("\n" + click.wrap_text(f"{local(a.claim)} is {a.verdict}: {a.reason}", width=79))
