"""The command that lays two sources of memberships side by side: compare."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path

import click
import pyoxigraph as ox

from cica_graph.cli.common import Progress, day, format_option, project_option, show, talk
from cica_graph.compare import differences as comparing
from cica_graph.compare import quickstatements, sources
from cica_graph.formats.turtle import turtle
from cica_graph.memberships.names import read_names
from cica_graph.model.errors import UsageError
from cica_graph.model.terms import DCTERMS, ID, PREFIXES, SCHEMA
from cica_graph.pipeline import build as steps
from cica_graph.project.source_files import Project
from cica_graph.store.store import Store


@click.command()
@click.argument("here", metavar="SOURCE")
@click.argument("there", metavar="SOURCE")
@click.option("--on", type=day, metavar="DAY", help="Compare who holds on this day: certain, possible or no.")
@click.option("--by", type=click.Choice(["year"]), help="Compare the last day of each year; equal years share a row.")
@click.option("--organization", "organizations", multiple=True, metavar="ORG", help="Only this one; may be repeated.")
@click.option(
    "--include-unmatched",
    "everything",
    is_flag=True,
    help="Also compare members and organizations that only one source names.",
)
@click.option("--quickstatements", "quick", is_flag=True, help="Write what Wikidata lacks, as QuickStatements V1.")
@project_option
@format_option
def compare(
    here: str, there: str, on: date | None, by: str | None, organizations: tuple[str, ...], everything: bool,
    quick: bool, project: Path | None, form: str,
) -> None:  # fmt: skip
    """Say where two sources differ: about whom, when and how.

    A SOURCE is 'ours' for the whole graph, a file or directory that `import` wrote, or a document of the graph such
    as cow-igo-v3: the memberships that cite it. Compared are members and organizations that both speak of. Dates
    differ when no day is left on which both could be right; otherwise one is only less precise.
    """
    if on is not None and by is not None:
        raise click.UsageError("--on and --by exclude each other.")
    if quick and (on is not None or by is not None or form != "table" or everything):
        # What a part of a dump does not name is not missing from Wikidata.
        raise click.UsageError("--quickstatements goes with none of --on, --by, --include-unmatched and --format.")
    with Progress() as progress:
        built = steps.graph(Project.at(project), progress)
        names = read_names(built.store)
        wanted = [names.find(name, ("organization",)).iri for name in organizations]
        left, right = sources.read(here, built), sources.read(there, built)
    scope = comparing.scope(left, right, wanted, everything=everything)
    if quick:
        _quick(built.store, scope, right)
        return
    if on is not None:
        found, when = comparing.on_day(scope, on), f" on {on}"
    elif by is not None:
        found, when = comparing.every_year(scope), " year by year"
    else:
        found, when = comparing.compare(scope), ""
    title = f"{here} and {there}{when}"
    count = Counter(d.kind for d in found)
    said = ", ".join(f"{count[kind]} {kind}" for kind in comparing.KINDS if count[kind]) or "no difference"
    talk(f"{title}: {len(scope.pairs)} pairs of member and organization compared, {said}")
    if scope.left_out:
        talk(f"{scope.left_out} memberships left out: only one source names their member or organization")
        talk("Use --include-unmatched to compare them.")
    if form == "ttl":
        click.echo(turtle(comparing.triples(found)), nl=False)
        return
    records = comparing.records(found, names)
    brief = [
        {**row, "member": row["member_code"], "organization": row["organization_code"], "years": _years(d)}
        for row, d in zip(records, found, strict=True)
    ]
    columns = ("member", "organization", *(["years"] if by else []), "kind", "role", "here", "there")
    show(records, form, keys=comparing.KEYS, columns=columns, headings={}, brief=brief)


def _years(d: comparing.Difference) -> str:
    return str(d.from_year) if d.from_year == d.to_year else f"{d.from_year} to {d.to_year}"


def _quick(store: Store, scope: comparing.Scope, there: sources.Side) -> None:
    if not all(m.iri.startswith(ID + "membership/wikidata/") for m in there.memberships):
        raise UsageError(f"{there.name} is no import of Wikidata; --quickstatements compares with one, given second")
    links: dict[str, str] = {}
    parts: dict[str, str] = {}
    pages: dict[str, str] = {}
    for t in store.triples():
        if isinstance(t.subject, ox.NamedNode) and isinstance(t.object, ox.NamedNode):
            name, subject, o = t.predicate.value, t.subject.value, t.object.value
            if name == SCHEMA + "sameAs" and o.startswith(PREFIXES["wd"]):
                links[subject] = o.removeprefix(PREFIXES["wd"])
            elif name == DCTERMS + "isPartOf":
                parts[subject] = o
            elif name == PREFIXES["foaf"] + "page":
                pages[subject] = o
    made = quickstatements.commands(scope, links, {s: pages[d] for s, d in parts.items() if d in pages})
    for line in made.lines:
        click.echo(line)
    talk(f"{len(made.lines)} commands, to be reviewed by a person before anything is sent; nothing was sent")
    for reason, count in made.left_out.most_common():
        talk(f"  left out: {count} {reason}")
