"""The command that explains an answer: why."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Final

from cica_graph.cli.common import echo, format_option, opened, show_table, source_options, talk
from cica_graph.cli.operation_command import operation_command
from cica_graph.evidence.why import Proof
from cica_graph.formats.tables import Record
from cica_graph.graph import Graph
from cica_graph.model.errors import UsageError
from cica_graph.operations.why import WHY, explain_membership

_ANSWERS: Final = {
    "certain": "{member} is certainly {role} of {organization} on {day}",
    "presumed": "{member} is presumed to be {role} of {organization} on {day}",
    "possible": "{member} is possibly {role} of {organization} on {day}",
    "disputed": "Sources dispute whether {member} is {role} of {organization} on {day}",
    "no": "{member} is not {role} of {organization} on {day}",
    "not recorded": "No source in the graph says whether {member} is {role} of {organization} on {day}",
}


@operation_command(WHY)
@source_options
@format_option
def why(
    member: str, organization: str, role: str, on: date, project: Path | None, store: str | None, form: str
) -> None:
    """Explain an answer."""
    if form == "ttl":
        raise UsageError("A proof has no Turtle form. Use --format json.")
    graph = opened(project, store)
    answer = explain_membership(graph, member=member, organization=organization, role=role, on=on)
    talk(_sentence(graph, answer.proof))
    if form != "table":
        echo(answer.write(form))
        return
    rows: list[Record] = [
        {
            **row,
            "days": _days(row["first"], row["last"]),
            "place": f"{row['file']}:{row['line']}" if row["file"] else None,
        }
        for row in answer.records
    ]
    show_table(rows, ("side", "reason", "days", "source", "states", "place"), headings={"place": "file"})


def _sentence(graph: Graph, proof: Proof) -> str:
    role = proof.role.replace("-", " ")
    words = {
        "member": graph.names[proof.member].label,
        "role": f"{'an' if role[0] in 'aeio' else 'a'} {role}",
        "organization": graph.names[proof.organization].code,
        "day": proof.on,
    }
    settled = f", settled by {'the editors' if proof.settled_by == 'editors' else proof.settled_by}" * bool(
        proof.settled_by
    )
    return _ANSWERS[proof.answer].format(**words) + (f"; sources disagree{settled}" if proof.contested else "") + "."


def _days(first: object, last: object) -> str:
    if first and last:
        return f"{first} to {last}"
    return f"since {first}" if first else f"until {last}" if last else "always"
