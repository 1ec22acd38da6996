"""Command ``store check``."""

from __future__ import annotations

import click

from cica_graph.cli.common import Progress, format_option, show, talk
from cica_graph.formats.tables import Record


@click.group()
def store() -> None:
    """Check stores."""


@store.command()
@click.argument("where", metavar="DIR|URL")
@click.option(
    "--size", "sizes", type=click.IntRange(100, 100_000_000), multiple=True, metavar="N",
    help="Number of statements; may be repeated (default: 1,000, 10,000 and 100,000).",
)  # fmt: skip
@format_option
@click.pass_context
def check(context: click.Context, where: str, sizes: tuple[int, ...], form: str) -> None:
    """Test a store's engine against queries with known answers.

    The command writes memberships to the graph g:scratch and removes it at the end, so it needs write access. The
    result is kept: queries that need a job with a wrong answer are refused from then on. The exit code is 1 if an
    answer is wrong.
    """
    from cica_graph.store import conformance

    data: list[Record] = []
    with Progress() as progress:
        progress(f"checking {where}")
        for outcome in conformance.check(where, sorted(sizes) or conformance.SIZES):
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
    show(data, form, keys=columns, columns=columns, title=f"Test of {where}")
    wrong = sum(row["answer"] != "right" for row in data)
    talk(f"{len(data)} answers, {wrong} wrong" + (". Queries that need these jobs are refused." if wrong else ""))
    if wrong:
        context.exit(1)
