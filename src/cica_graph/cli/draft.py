"""The group of commands that draft Turtle for review: draft."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

import click

from cica_graph.cli.common import day, opened, project_option, talk
from cica_graph.model.errors import UsageError


@click.group()
def draft() -> None:
    """Draft Turtle for review from a page of text."""


@draft.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("-o", "--output", "--out", "output", type=click.Path(path_type=Path, dir_okay=False), metavar="OUT",
              help="Output file (default: stdout).")  # fmt: skip
@click.option("--as-of", type=day, metavar="DAY", help="Date that the page describes, if the page does not give it.")
@click.option("--name", "decisions", multiple=True, metavar="TEXT=CODE",
              help="State or organization that a name on the page means; may be repeated.")  # fmt: skip
@project_option
def profile(
    file: Path, output: Path | None, as_of: date | None, decisions: tuple[str, ...], project: Path | None
) -> None:
    """Draft an organization from its profile page: text (.txt), Markdown (.md) or HTML (.html).

    The draft has the organization, its seat, the day of the page, members, founders, accessions, withdrawals,
    observers, claims, instruments and the contact. A comment next to each statement gives the lines of the page. Names
    are found by the engine of `match`. If the project has the organization, the draft adds reports to its memberships.

    A name in doubt becomes a term `doubt:NAME`, which `check` reports until it is replaced. Sentences that are not
    encoded are comments at the end of the draft.
    """
    from cica_graph.drafts.draft import make_draft
    from cica_graph.drafts.names import NameResolver
    from cica_graph.drafts.profile import read_profile
    from cica_graph.drafts.render import to_turtle
    from cica_graph.files import atomic

    decided = dict(map(_decision, decisions))
    store = opened(project).store
    names = NameResolver(store, decided)
    read = read_profile(file, names, as_of=as_of.isoformat() if as_of else "")
    made = make_draft(read, store, names)
    text = to_turtle(made, file.name)
    if output is None:
        sys.stdout.write(text)
    else:
        output.parent.mkdir(parents=True, exist_ok=True)
        with atomic.text_files(output) as (target,):
            target.write(text)
    for message in made.messages():
        talk(message)


def _decision(text: str) -> tuple[str, str]:
    name, equals, code = text.partition("=")
    if not (equals and name.strip() and code.strip()):
        raise UsageError(f"--name {text!r} is not TEXT=CODE")
    return name.strip(), code.strip()
