"""The command line. Output goes to stdout, talk to stderr; exit 0 well, 1 findings, 2 misuse."""

from __future__ import annotations

import os
import sys

import click

from cica_graph.cli import ask, chart, compare, imports, link, make, panel, query
from cica_graph.cli.common import talk
from cica_graph.errors import Found, Misuse


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="cica-graph", message="%(package)s %(version)s")
def cli() -> None:
    """Who belonged to which international organization, when, in which role, and according to whom.

    Organizations and states are named by acronym, code, label, alias or IRI, in any case. Every answer is for
    one day, and says what is certain on it and what is only possible.
    """


for command in (
    make.build, make.check, ask.members, ask.memberships, ask.overlaps, ask.audit, query.query, query.queries,
    make.export, chart.chart, link.link, imports.imports, compare.compare,
    panel.panel,
):  # fmt: skip
    cli.add_command(command)


def main() -> None:
    """Run the command line."""
    try:
        # Outside standalone mode click returns the code of an Exit instead of raising it.
        sys.exit(cli(standalone_mode=False) or 0)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except Misuse as error:
        talk(f"error: {error}")
        sys.exit(2)
    except Found as error:
        talk(f"error: {error}")
        sys.exit(1)
    except BrokenPipeError:
        # The reader has gone (`| head`); keep Python from complaining about it once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
    except OSError as error:
        click.echo(f"error: {error.filename or 'file'}: {error.strerror}", err=True)
        sys.exit(2)
