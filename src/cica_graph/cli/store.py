"""The commands about stores: store check."""

from __future__ import annotations

import click

from cica_graph.cli.common import Progress, format_option, show, talk
from cica_graph.formats.tables import Record


@click.group()
def store() -> None:
    """Look after the stores that --store names."""


@store.command()
@click.argument("where", metavar="DIR|URL")
@click.option(
    "--size", "sizes", type=click.IntRange(100, 100_000_000), multiple=True, metavar="N",
    help="Statements to check with; may be repeated. 1,000, 10,000 and 100,000 when left out.",
)  # fmt: skip
@format_option
@click.pass_context
def check(context: click.Context, where: str, sizes: tuple[int, ...], form: str) -> None:
    """Find out which jobs the engine of a store does rightly, with memberships of which the answers are known.

    They go into the graph g:scratch, which is dropped again, so a store across the network has to let us write. What
    was found is kept: queries with a job that the engine does wrongly are refused from then on. Exits with 1 if there
    is such a job.
    """
    from cica_graph.store import conformance as known

    data: list[Record] = []
    with Progress() as progress:
        progress(f"checking {where}")
        for outcome in known.check(where, sorted(sizes) or known.SIZES):
            progress(f"checking {where}: {outcome.job}, {outcome.statements:,} statements")
            data.append(
                {
                    "job": outcome.job,
                    "statements": outcome.statements,
                    "answer": outcome.wrong or "right",
                    "seconds": f"{outcome.seconds:.2f}",
                }
            )
    columns = ("job", "statements", "answer", "seconds")
    show(data, form, keys=columns, columns=columns, title=f"What {where} does rightly")
    wrong = sum(row["answer"] != "right" for row in data)
    talk(f"{len(data)} answers, {wrong or 'none'} of them wrong" + ("; such queries are refused" if wrong else ""))
    if wrong:
        context.exit(1)
