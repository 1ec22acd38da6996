"""Click commands made from the declarations of operations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import click

from cica_graph.cli.common import day
from cica_graph.model.errors import UsageError
from cica_graph.operations.declaration import Kind, Operation, Parameter, refuse_combinations

Callback = Callable[..., None]


def operation_command(
    operation: Operation, *, help: str = "", optional: Sequence[str] = (), without: Sequence[str] = ()
) -> Callable[[Callback], click.Command]:
    """Return a decorator that makes a function the command of an operation.

    The function takes the parameters of the operation by their keywords, and those of options that other decorators
    add. ``help`` follows the description of the operation. Parameters in ``optional`` may be omitted, and those in
    ``without`` are not parameters of the command.
    """
    parameters = [p for p in operation.parameters if p.name not in without]
    text = "\n\n".join(filter(None, (operation.summary, operation.description, help)))

    def decorate(function: Callback) -> click.Command:
        @click.pass_context
        def run(context: click.Context, /, **values: Any) -> None:
            default = click.core.ParameterSource.DEFAULT
            given = [p.name for p in parameters if context.get_parameter_source(p.argument) is not default]
            try:
                refuse_combinations(parameters, given, lambda name: f"--{name}")
            except UsageError as error:
                raise click.UsageError(str(error)) from error
            function(**values)

        own = [_param(p, optional=p.name in optional) for p in parameters]
        added = reversed(getattr(function, "__click_params__", []))  # by the decorators of click below this one
        return click.Command(operation.name, params=[*own, *added], callback=run, help=text)

    return decorate


def _param(parameter: Parameter, *, optional: bool) -> click.Parameter:
    kind = click.Choice(parameter.choices) if parameter.choices else _TYPES[parameter.kind]
    if parameter.positional:
        required = parameter.required and not optional
        metavar = parameter.metavar or parameter.name.upper()
        if not required:
            metavar = f"[{metavar}]" + ("..." if parameter.many else "")
        count = -1 if parameter.many else 1
        return click.Argument([parameter.argument], type=kind, required=required, nargs=count, metavar=metavar)
    if parameter.kind == "flag":
        return click.Option([f"--{parameter.name}", parameter.argument], is_flag=True, help=parameter.help)
    shown = bool(parameter.default) and parameter.kind != "day"  # the help of a day states its default
    return click.Option(
        [f"--{parameter.name}", parameter.argument], type=kind, multiple=parameter.many, required=parameter.required,
        default=parameter.default or None, show_default=shown, metavar=parameter.metavar or None, help=parameter.help,
    )  # fmt: skip


_TYPES: dict[Kind, Any] = {"text": click.STRING, "day": day, "number": click.INT, "flag": click.BOOL}
