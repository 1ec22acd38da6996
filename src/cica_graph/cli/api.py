"""The commands as the network offers them: their arguments and options, but for those that only a terminal needs."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final

import click

from cica_graph.cli import compare, questions
from cica_graph.cli.common import day
from cica_graph.compare.differences import KEYS
from cica_graph.operations.declared import Kind, Operation, Parameter
from cica_graph.operations.records import AUDIT, MEMBERSHIP, OVERLAP, YEARS

# Where the graph is, and how the answer looks, is for the server to know.
_LEFT_OUT: Final = {"project", "store", "form", "quick"}
_NAMES: Final = {"others": "other", "organizations": "organization"}  # one of them is given at a time
_NEEDS: Final = dict.fromkeys(("since", "until", "any_day"), "by")
_WITHOUT: Final = {"on": "by"}
_EXAMPLES: Final = {
    "organization": "CICA", "member": "KAZ", "here": "ours", "there": "cow-igo-v3", "on": "2012-06-13",
}  # fmt: skip
_TYPES: Final[Mapping[str, Sequence[str]]] = {
    "suspended": ("boolean", "null"),
    "independent": ("boolean",),
    "sources": ("array",),
    "both": ("array",),
    "missing": ("array",),
    "here_spells": ("array",),
    "there_spells": ("array",),
    **dict.fromkeys(("shared", "shared_at_most", "total", "total_at_most", "claimed"), ("integer",)),
    **dict.fromkeys(("claimed_total", "found", "found_at_most", "from_year", "to_year"), ("integer", "null")),
    **dict.fromkeys(("start", "end", "last_attested"), ("string", "null")),
}


def operations() -> tuple[Operation, ...]:
    """Return what the commands members, memberships, overlaps, audit and compare declare."""
    return (
        _operation(questions.members, ("member", *MEMBERSHIP), path="organization"),
        _operation(questions.memberships, ("organization", *MEMBERSHIP), path="member"),
        _operation(questions.overlaps, OVERLAP, YEARS, path="organization", without=("everything",)),
        _operation(
            questions.overlaps,
            ("organization", *OVERLAP),
            YEARS,
            without=("organization", "others"),
            always="everything",
        ),
        _operation(questions.audit, AUDIT),
        _operation(compare.compare, KEYS),
    )


def _operation(
    command: click.Command, columns: Sequence[str], more: Sequence[str] = (), *, path: str = "",
    without: Sequence[str] = (), always: str = "",
) -> Operation:  # fmt: skip
    """Return a command as an operation; ``path`` is a parameter in its path, ``always`` a flag that it always has."""
    declared = [p for p in command.params if p.name not in _LEFT_OUT and p.name not in (*without, always)]
    name, summary = command.name or "", (command.help or "").partition("\n\n")[0].replace("\n", " ")
    for flag in command.params:
        if isinstance(flag, click.Option) and flag.name == always:
            name, summary = f"{name}-{flag.opts[0].lstrip('-')}", flag.help or ""
    parameters = tuple(_parameter(p, p.name == path, {each.name for each in declared}) for p in declared)
    return Operation(name, command.name or "", summary, parameters, _types(columns), _types(more))


def _types(columns: Sequence[str]) -> Mapping[str, Sequence[str]]:
    return {column: _TYPES.get(column, ("string",)) for column in columns}


def _parameter(param: click.Parameter, path: bool, beside: Collection[str | None]) -> Parameter:
    name = param.opts[0].lstrip("-") if isinstance(param, click.Option) else param.name or ""
    kind: Kind = "text"
    if isinstance(param.type, click.types.FuncParamType) and param.type.func is day:
        kind = "day"
    elif isinstance(param.type, click.types.IntParamType):
        kind = "number"
    elif isinstance(param, click.Option) and param.is_flag:
        kind = "flag"
    many = param.multiple or param.nargs == -1
    default = param.default if isinstance(param.default, str) else ""
    said = param.help or "" if isinstance(param, click.Option) else _about(param)
    without = _WITHOUT.get(param.name or "", "")
    return Parameter(
        name=_NAMES.get(param.name or "", name),
        help=said,
        kind=kind,
        default=default,
        required=path or param.required,
        many=many,
        path=path,
        example=_EXAMPLES.get(param.name or "", ""),
        choices=tuple(param.type.choices) if isinstance(param.type, click.Choice) else (),
        needs=_NEEDS.get(param.name or "", ""),
        without=without if without in beside else "",
    )


def _about(param: click.Parameter) -> str:
    """Return what an argument is, which click has no words for."""
    if param.name in ("here", "there"):
        return "A source: 'ours' for the whole graph, or a document of it such as cow-igo-v3."
    other = "Another organization" if param.name == "others" else "An organization"
    what = "A state or organization" if param.name == "member" else other
    return f"{what}, by acronym, code, label, alias or IRI, in any case."
