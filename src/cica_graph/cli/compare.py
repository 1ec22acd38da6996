"""Command ``compare``: differences between two sources of memberships."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path

import click
import pyoxigraph as ox

from cica_graph.cli.common import Progress, echo, format_option, project_option, show_table, talk
from cica_graph.cli.operation_command import operation_command
from cica_graph.compare import additions, differences, sources
from cica_graph.formats.tables import Record
from cica_graph.formats.turtle import turtle
from cica_graph.memberships.names import read_names
from cica_graph.model.errors import UsageError
from cica_graph.model.terms import DCTERMS, ID, PREFIXES, SCHEMA
from cica_graph.operations.compare import COMPARE, answer_in_scope
from cica_graph.pipeline import build
from cica_graph.project.source_files import Project
from cica_graph.store.store import Store


@operation_command(
    COMPARE, help="A SOURCE can also be a file or directory that `import` wrote. A document is compared by the "
    "memberships that cite it."
)  # fmt: skip
@click.option(
    "--quickstatements", "quick", is_flag=True, help="Write the statements that Wikidata lacks, as QuickStatements V1."
)
@project_option
@format_option
def compare(
    here: str, there: str, on: date | None, by: str | None, organization: tuple[str, ...], include_unmatched: bool,
    quick: bool, project: Path | None, form: str,
) -> None:  # fmt: skip
    """Compare two sources."""
    if quick and (on is not None or by is not None or form != "table" or include_unmatched):
        # A part of a dump does not show that a statement is missing from Wikidata.
        raise click.UsageError("--quickstatements cannot be combined with --on, --by, --include-unmatched or --format.")
    with Progress() as progress:
        built = build.graph(Project.at(project), progress)
        names = read_names(built.store)
        wanted = [names.find(name, ("organization",)).iri for name in organization]
        left, right = sources.read(here, built), sources.read(there, built)
    scope = differences.scope(left, right, wanted, everything=include_unmatched)
    if quick:
        _quick(built.store, scope, right)
        return
    answer = answer_in_scope(scope, names, on, by)
    when = f" on {on}" if on else " by year" if by else ""
    title = f"{here} and {there}{when}"
    count = Counter(d.kind for d in answer.results)
    kinds = ", ".join(f"{count[kind]} {kind}" for kind in differences.KINDS if count[kind]) or "no difference"
    talk(f"{title}: {len(scope.pairs)} pairs of member and organization compared, {kinds}")
    if scope.left_out:
        talk(f"{scope.left_out} memberships left out: only one source names their member or organization")
        talk("Use --include-unmatched to compare them.")
    if form == "ttl":
        click.echo(turtle(differences.triples(answer.results)), nl=False)
        return
    if form != "table":
        echo(answer.write(form))
        return
    rows: list[Record] = [
        {**row, "member": row["member_code"], "organization": row["organization_code"], "years": _years(d)}
        for row, d in zip(answer.records, answer.results, strict=True)
    ]
    columns = ("member", "organization", *(["years"] if by else []), "kind", "role", "here", "there")
    show_table(rows, columns)


def _years(d: differences.Difference) -> str:
    return str(d.from_year) if d.from_year == d.to_year else f"{d.from_year} to {d.to_year}"


def _quick(store: Store, scope: differences.Scope, there: sources.Side) -> None:
    if not all(m.iri.startswith(ID + "membership/wikidata/") for m in there.memberships):
        raise UsageError(
            f"{there.name} is not an import of Wikidata. With --quickstatements, the second source must be one."
        )
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
    made = additions.additions(scope, links, {s: pages[d] for s, d in parts.items() if d in pages})
    for line in made.lines:
        click.echo(line)
    talk(f"{len(made.lines)} commands, to be reviewed by a person before anything is sent; nothing was sent")
    for reason, count in made.left_out.most_common():
        talk(f"  left out: {count} {reason}")
