"""The commands that explain an answer: why, why-not."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Final

from cica_graph.cli.common import echo, format_option, opened, show_table, source_options, talk
from cica_graph.cli.operation_command import operation_command
from cica_graph.evidence import words
from cica_graph.evidence.counts import CountProof, OverlapProof, VerdictProof
from cica_graph.evidence.document import AnyProof, Citations
from cica_graph.evidence.why import Leaf, Proof
from cica_graph.formats.tables import Record
from cica_graph.graph import Graph
from cica_graph.operations.why import WHY, StatementsAnswer, explain, explain_resource
from cica_graph.project.lines import Place
from cica_graph.project.locate import shorten

_COUNTED: Final = ("certain", "presumed", "possible", "disputed")


@operation_command(
    WHY, optional=("organization",),
    help="With one name, explain the verdict on a claim, a number such as finding:cica-members-2012-06-13, or every "
    "statement about a resource.",
)  # fmt: skip
@source_options
@format_option
def why(
    name: str, organization: str | None, role: str | None, on: date, project: Path | None, store: str | None, form: str
) -> None:
    """Explain an answer, an overlap, a verdict or a resource."""
    _explain(opened(project, store), name, organization, role, on, form)


@operation_command(
    WHY._replace(name="why-not", summary="Explain why a state is not a member of an organization on a day.")
)
@source_options
@format_option
def why_not(
    name: str, organization: str, role: str | None, on: date, project: Path | None, store: str | None, form: str
) -> None:
    """Explain why somebody is not a member."""
    _explain(opened(project, store), name, organization, role or "member", on, form)


def _explain(graph: Graph, name: str, organization: str | None, role: str | None, on: date, form: str) -> None:
    if organization is None:
        answer = explain_resource(graph, name=name)
    else:
        answer = explain(graph, name=name, organization=organization, role=role, on=on)
    if form != "table":
        echo(answer.write(form))
    elif isinstance(answer, StatementsAnswer):
        show_table([_statement(row) for row in answer.records], ("property", "value", "from"))
    else:
        _show(graph, answer.proof, answer.cites)


def _show(graph: Graph, proof: AnyProof, cites: Citations) -> None:
    match proof:
        case Proof():
            talk(words.answer_sentence(graph.names, proof))
            show_table(_reasons(proof, cites), ("side", "reason", "days", "sources", "states", "file"))
        case VerdictProof():
            place = cites.places.get(proof.claim)
            for sentence in words.verdict_sentences(graph.names, proof):
                talk(sentence)
            if place:
                talk(f"The claim is in {place.file}:{place.line}.")
            if proof.finding is not None:
                _show_members(graph, proof.finding, cites)
        case _:
            talk(words.number_sentence(graph.names, proof))
            _show_members(graph, proof, cites)


def _show_members(graph: Graph, proof: CountProof | OverlapProof, cites: Citations) -> None:
    """Print everybody who is counted, with the answers about them."""
    if isinstance(proof, OverlapProof):
        ours, theirs = (f"in {graph.names[iri].code}" for iri in (proof.organization, proof.other))
        rows: list[Record] = [
            {"member": graph.names[p.ours.member].label, ours: _short(graph, p.ours), theirs: _short(graph, p.theirs)}
            for p in proof.proofs
            if p.theirs.answer in _COUNTED
        ]
        show_table(sorted(rows, key=_label), ("member", ours, theirs))
        return
    counted = [p for p in proof.proofs if p.answer in _COUNTED and p.member not in proof.left_out]
    if not {p.member for p in counted}.issuperset(proof.listed):  # instruments, former members
        show_table([{"listed": iri} for iri in proof.listed], ("listed",))
        return
    members: list[Record] = [
        {"member": graph.names[p.member].label, "answer": p.answer, "reason": words.main_reason(graph.names, p)}
        for p in counted
    ]
    show_table(sorted(members, key=_label), ("member", "answer", "reason"))


def _short(graph: Graph, proof: Proof) -> str:
    return f"{proof.answer}: {words.main_reason(graph.names, proof)}"


def _label(row: Record) -> str:
    return str(row["member"]).casefold()


def _reasons(proof: Proof, cites: Citations) -> list[Record]:
    """Return the reasons as rows. Sources that give the same days share a row."""
    groups = dict[tuple[str, str, str], list[Leaf]]()
    for leaf in proof.reasons:
        groups.setdefault((leaf.side, leaf.rule, _days(leaf)), []).append(leaf)
    rows = list[Record]()
    for (side, rule, days), leaves in sorted(groups.items(), key=lambda group: _ORDER.index(group[0][:2])):
        states = [f"{name} {text}" for leaf in leaves for name, text in leaf.states.items()]
        found = {cites.places[leaf.node] for leaf in leaves if leaf.node in cites.places}
        rows.append(
            {
                "side": side, "reason": rule, "days": days,
                "sources": list(dict.fromkeys(words.source_name(leaf.source) for leaf in leaves)),
                "states": ", ".join(dict.fromkeys(states)),
                "file": _lines(found),
            }
        )  # fmt: skip
    return rows


_ORDER: Final = (
    ("for", "begun"), ("for", "lasting"), ("open", "begins"), ("open", "ends"), ("open", "silent"),
    ("against", "life"), ("against", "not begun"), ("against", "over"), ("against", "left out"),
    ("against", "between"), ("against", "other role"), ("against", "rejected"),
)  # fmt: skip


def _lines(found: Iterable[Place]) -> list[str]:
    """Return lines of files as ``FILE:LINE,LINE``."""
    by_file = dict[str, list[str]]()
    for place in sorted(found):
        by_file.setdefault(place.file, []).append(str(place.line))
    return [f"{file}:{','.join(lines)}" for file, lines in by_file.items()]


def _days(leaf: Leaf) -> str:
    if leaf.first and leaf.last:
        return f"{leaf.first} to {leaf.last}"
    return f"since {leaf.first}" if leaf.first else f"until {leaf.last}" if leaf.last else "always"


def _statement(row: Record) -> Record:
    place = f"{row['file']}:{row['line']}" if row["file"] else f"step {row['step']}" if row["step"] else row["graph"]
    return {"property": shorten(str(row["property"])), "value": shorten(str(row["value"])), "from": place}
