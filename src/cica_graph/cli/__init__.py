"""Command line. Output goes to stdout, messages to stderr. Exit codes: 0 success, 1 findings, 2 usage error."""

from __future__ import annotations

import gc
import os
import sys
from importlib import import_module
from typing import Final

import click

from cica_graph.cli.common import talk
from cica_graph.model.errors import UsageError, ValidationFailed

# The module of each command. It is imported when the command is used, since all modules take a tenth of a second.
_COMMANDS: Final = {
    "build": "project", "check": "project", "members": "questions", "memberships": "questions", "overlaps": "questions",
    "audit": "questions", "why": "why", "why-not": "why",
    "query": "query", "queries": "query", "export": "project", "chart": "chart", "link": "link", "import": "imports",
    "compare": "compare", "draft": "draft", "match": "match", "panel": "panel", "serve": "serve",
    "sources": "sources", "store": "store",
}  # fmt: skip
_FUNCTIONS: Final = {"import": "imports", "why-not": "why_not"}


class _Commands(click.Group):
    """Commands by name, in alphabetical order."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module = _COMMANDS[cmd_name]
        found = getattr(import_module(f"{__name__}.{module}"), _FUNCTIONS.get(cmd_name, cmd_name))
        assert isinstance(found, click.Command)
        return found


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="cica-graph", message="%(package)s %(version)s")
def cli() -> None:
    """Memberships of international organizations, with dates, roles and sources.

    Organizations and states are given by acronym, code, label, alias or IRI, in upper or lower case. Every answer is
    for one day, and separates certain, presumed and possible memberships.
    """


def main() -> None:
    """Run the command line."""
    gc.set_threshold(100_000, 50, 100)  # a command makes few cycles, and looking for them took a tenth of the time
    try:
        # Outside standalone mode click returns the code of an Exit instead of raising it.
        sys.exit(cli(standalone_mode=False) or 0)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except UsageError as error:
        talk(f"error: {error}")
        sys.exit(2)
    except ValidationFailed as error:
        talk(f"error: {error}")
        sys.exit(1)
    except BrokenPipeError:
        # The reader has closed the pipe (`| head`). Without this, Python reports that again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
    except OSError as error:
        click.echo(f"error: {error.filename or 'file'}: {error.strerror or error}", err=True)
        sys.exit(2)
