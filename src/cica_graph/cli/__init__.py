"""The command line. Output goes to stdout, talk to stderr; exit 0 well, 1 findings, 2 misuse."""

from __future__ import annotations

import gc
import os
import sys
from importlib import import_module
from typing import Final

import click

from cica_graph.cli.common import talk
from cica_graph.model.errors import UsageError, ValidationFailed

# Where each command is: a module is imported when its command is used, as all of them would take a tenth of a second.
_COMMANDS: Final = {
    "build": "project", "check": "project", "members": "questions", "memberships": "questions", "overlaps": "questions",
    "audit": "questions",
    "query": "query", "queries": "query", "export": "project", "chart": "chart", "link": "link", "import": "imports",
    "compare": "compare", "match": "match", "panel": "panel", "serve": "serve", "store": "store",
}  # fmt: skip


class _Commands(click.Group):
    """The commands, by name and in the order of the alphabet."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module = _COMMANDS[cmd_name]
        found = getattr(import_module(f"{__name__}.{module}"), "imports" if cmd_name == "import" else cmd_name)
        assert isinstance(found, click.Command)
        return found


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="cica-graph", message="%(package)s %(version)s")
def cli() -> None:
    """Memberships of international organizations, with dates, roles and sources.

    Organizations and states are named by acronym, code, label, alias or IRI, in any case. Every answer is for
    one day, and says what is certain on it and what is only possible.
    """


def main() -> None:
    """Run the command line."""
    gc.set_threshold(100_000, 50, 100)  # a command makes many objects and few cycles: looking for them took a tenth
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
        # The reader has gone (`| head`); keep Python from complaining about it once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
    except OSError as error:
        click.echo(f"error: {error.filename or 'file'}: {error.strerror}", err=True)
        sys.exit(2)
