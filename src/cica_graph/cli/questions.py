"""Commands that answer questions: members, memberships, overlaps, audit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

import click

from cica_graph.cli.common import WIDE, echo, format_option, opened, room, show_table, source_options, talk
from cica_graph.cli.operation_command import operation_command
from cica_graph.formats.tables import Record
from cica_graph.formats.turtle import turtle
from cica_graph.graph import Graph
from cica_graph.memberships.counting import best_answers, count_members, headline
from cica_graph.model.results import Membership, PageCheck
from cica_graph.model.terms import BASE, local
from cica_graph.operations.answer import TableAnswer
from cica_graph.operations.audit import AUDIT, CHECKS, audit_claims, check_pages
from cica_graph.operations.memberships import MEMBERS, MEMBERSHIPS, list_members, list_memberships
from cica_graph.operations.overlaps import OVERLAPS, OverlapSpan, count_all_overlaps, count_overlaps
from cica_graph.operations.policy import under

_SUSPENDED = {True: ", suspended", None: ", possibly suspended", False: ""}


@operation_command(MEMBERS)
@source_options
@format_option
def members(
    organization: str, role: str, on: date, only: str | None, prefer: str, disputed: str, project: Path | None,
    store: str | None, form: str,
) -> None:  # fmt: skip
    """List the members of an organization."""
    graph = under(opened(project, store), only, prefer, disputed)
    code = graph.names.find(organization, ("organization",)).code
    roles = "in any role" if role == "any" else role.replace("-", " ") + "s"
    answer = list_members(graph, organization=organization, role=role, on=on)
    record = graph.record(organization, on=on, role=role)
    _print_memberships(graph, answer, form, f"{code} {roles} on {on}", "0" if record == "recorded" else record)


@operation_command(MEMBERSHIPS)
@source_options
@format_option
def memberships(
    member: str, past: bool, on: date, only: str | None, prefer: str, disputed: str, project: Path | None,
    store: str | None, form: str,
) -> None:  # fmt: skip
    """List the memberships of a state or organization."""
    graph = under(opened(project, store), only, prefer, disputed)
    actor = graph.names.find(member)
    answer = list_memberships(graph, member=member, past=past, on=on)
    _print_memberships(graph, answer, form, f"{actor.label} ({actor.code}) on {on}", "not recorded")


def _headline(results: Sequence[Membership]) -> str:
    answers = best_answers((m.actor, m.certainty) for m in results)
    attested = [m.last_attested for m in results if m.last_attested and m.certainty == "presumed"]
    excluded = sum(answer == "no" for answer in answers.values())
    words = headline(count_members(answers.items()), max(attested, default=None))
    return words + (f", {excluded} not" if excluded else "")


def _print_memberships(graph: Graph, answer: TableAnswer[Membership], form: str, title: str, nobody: str) -> None:
    talk(f"{title}: {_headline(answer.results) if answer.results else nobody}")
    if form == "ttl":
        click.echo(turtle(graph.about(m.membership for m in answer.results)), nl=False)
        return
    if form != "table":
        echo(answer.write(form))
        return
    rows: list[Record] = [
        {**row, "role": m.role.replace("-", " ") + _SUSPENDED[m.suspended], "sources": _documents(m.sources)}
        for row, m in zip(answer.records, answer.results, strict=True)
    ]
    side, *columns = answer.columns
    left_out = {side, "kind", "suspended"}
    left_out |= {"end"} if not any(row["end"] for row in answer.records) else set()
    left_out |= {"sources"} if room() < WIDE else set()  # they would break every row into many
    headings = {"label": "name", "start": "since", "end": "until", "last_attested": "last attested"}
    show_table(rows, [column for column in columns if column not in left_out], headings=headings)


def _documents(sections: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(s.removeprefix(BASE + "doc/").partition("#")[0] for s in sections))


@operation_command(
    OVERLAPS, optional=("organization",), help="Use --all-organizations, or --by without an organization, for "
    "the overlaps of every organization."
)  # fmt: skip
@click.option("--all-organizations", is_flag=True, help="Report the overlaps of every organization.")
@source_options
@format_option
def overlaps(
    organization: str | None, other: tuple[str, ...], by: str | None, since: int | None, until: int | None,
    any_day: bool, on: date, only: str | None, prefer: str, disputed: str, all_organizations: bool,
    project: Path | None, store: str | None, form: str,
) -> None:  # fmt: skip
    """Count the members that organizations share."""
    whole = all_organizations or (by is not None and organization is None)
    if whole == (organization is not None):
        raise click.UsageError("Give either an ORGANIZATION or --all-organizations.")
    if by and form == "ttl":
        raise click.UsageError("--format ttl cannot be combined with --by.")
    graph = under(opened(project, store), only, prefer, disputed)
    if organization is None:
        code, answer = "", count_all_overlaps(graph, by=by, since=since, until=until, any_day=any_day, on=on)
    else:
        code = graph.names.find(organization, ("organization",)).code
        answer = count_overlaps(
            graph, organization=organization, other=other, by=by, since=since, until=until, any_day=any_day, on=on
        )
    found = [span.overlap for span in answer.results]
    count = len({o.other for o in found})
    when = "by year" if by else f"on {on}"
    talk(f"Members that {code or 'each organization'} shares with others {when}: {_count(count, 'organization')}")
    if form == "ttl":
        click.echo(turtle(graph.overlap_triples(found, on)), nl=False)
    elif form == "table":
        _show_overlaps(answer, code, by_year=by is not None)
    else:
        echo(answer.write(form))


def _show_overlaps(answer: TableAnswer[OverlapSpan], code: str, *, by_year: bool) -> None:
    rows: list[Record] = [
        {
            **row,
            "years": _range(first, last),
            "shared": _of(o.shared, o.total),
            "presumed": _of(o.shared_presumed, o.total_presumed),
            "most": _of(o.shared_at_most, o.total_at_most),
        }
        for row, (o, first, last) in zip(answer.records, answer.results, strict=True)
    ]
    presumed = any(row["presumed"] != row["shared"] for row in rows)
    doubt = any(row["most"] != row["presumed"] for row in rows)
    columns = [
        *([] if code else ["organization"]), "other", *(["years"] if by_year else []), "shared",
        *(["presumed"] if presumed else []), *(["most"] if doubt else []), "missing",
    ]  # fmt: skip
    missing = f"not in {code}" if code else "not in the first"
    headings = {"shared": "certain" if presumed else "shared", "most": "at most", "missing": missing}
    show_table(rows, columns, headings=headings)


@operation_command(AUDIT, help=CHECKS.description)
@click.option("--by", type=click.Choice(CHECKS.parameters[0].choices), help=CHECKS.parameters[0].help)
@source_options
@format_option
def audit(on: date | None, by: str | None, project: Path | None, store: str | None, form: str) -> None:
    """Compare claimed counts with the graph."""
    if by and on:
        raise click.UsageError("--by cannot be used with --on: the checks of a page are about all its days.")
    graph = opened(project, store)
    if by:
        _show_checks(check_pages(graph, by=by), form)
        return
    answer = audit_claims(graph, on=on)
    count = Counter(a.verdict for a in answer.results)
    days = sorted({str(a.on) for a in answer.results} | ({str(on)} if on else set()))
    about = ", ".join(days) if len(days) <= 3 else f"{len(days)} days from {days[0]} to {days[-1]}"
    title = f"Audit of {_count(len(answer.results), 'claim')}" + (f" about {about}" if days else "")
    talk(f"{title}: " + (", ".join(f"{n} {verdict}" for verdict, n in sorted(count.items())) or "none"))
    if form == "ttl":
        click.echo(turtle(graph.audit_triples(answer.results)), nl=False)
        return
    if form != "table":
        echo(answer.write(form))
        return
    one = len({a.section.partition("#")[0] for a in answer.results}) == 1  # then its name is not repeated in each row
    rows: list[Record] = [
        {
            "claim": local(a.claim),
            "organization": a.organization,
            "claimed": str(a.claimed) if a.claimed_total is None else f"{a.claimed} of {a.claimed_total}",
            "found": None if a.count is None else str(a.count),
            "verdict": a.verdict,
            "independent": a.independent,
            "section": a.section.rpartition("#")[2] if one else a.section.removeprefix(BASE + "doc/"),
        }
        for a in answer.results
    ]
    show_table(rows, ("claim", "organization", "claimed", "found", "verdict", "independent", "section"))
    for a in answer.results:
        if a.verdict not in ("confirmed", "consistent"):
            click.echo("\n" + click.wrap_text(f"{local(a.claim)} is {a.verdict}: {a.reason}", width=79))


def _of(shared: int | None, total: int | None) -> str:
    return "not recorded" if total is None else f"{'not recorded' if shared is None else shared} of {total}"


def _range(first: int, last: int | None) -> str:
    return str(first) if first == last else f"{first} to {last}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _show_checks(answer: TableAnswer[PageCheck], form: str) -> None:
    count = Counter(check.verdict for check in answer.results)
    talk(
        f"{_count(len(answer.results), 'check')}: "
        + ", ".join(f"{n} {verdict}" for verdict, n in sorted(count.items()))
    )
    if form == "ttl":
        raise click.UsageError("--by has no Turtle. `cica-graph export turtle` contains the checks.")
    if form != "table":
        echo(answer.write(form))
        return
    every = "says" in answer.columns
    columns = ("organization", "aspect", "says", "finds", "verdict") if every else answer.columns
    show_table(answer.records, columns)
