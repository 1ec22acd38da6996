"""Proofs in words: one sentence for an answer, a count, an overlap or a verdict."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from typing import Final

from cica_graph.evidence.counts import CountProof, OverlapProof, VerdictProof
from cica_graph.evidence.records import EDITORS
from cica_graph.evidence.why import Leaf, Proof, Rule
from cica_graph.model.names import Names
from cica_graph.model.results import Count
from cica_graph.model.terms import local

_ANSWERS: Final = {
    "certain": "{member} is certainly {role} of {organization} on {day}",
    "presumed": "{member} is presumed to be {role} of {organization} on {day}",
    "possible": "{member} is possibly {role} of {organization} on {day}",
    "disputed": "Sources dispute whether {member} is {role} of {organization} on {day}",
    "no": "{member} is not {role} of {organization} on {day}",
    "not recorded": "No source in the graph says whether {member} is {role} of {organization} on {day}",
}


def source_name(source: str) -> str:
    """Return the short name of a source: its IRI is ``doc/NAME#document``."""
    return source.rpartition("/")[2].partition("#")[0] if "/" in source else local(source)


def answer_sentence(names: Names, proof: Proof) -> str:
    """Return the answer in one sentence, with its main reason."""
    role = proof.role.replace("-", " ")
    words = {
        "member": names[proof.member].label,
        "role": f"{'an' if role[0] in 'aeio' else 'a'} {role}",
        "organization": names[proof.organization].code,
        "day": proof.on,
    }
    return f"{_ANSWERS[proof.answer].format(**words)}: {main_reason(names, proof)}."


def main_reason(names: Names, proof: Proof) -> str:
    """Return the main reason for an answer, in a few words without a full stop."""
    by_rule: dict[Rule, list[Leaf]] = {}
    for leaf in proof.reasons:
        by_rule.setdefault(leaf.rule, []).append(leaf)
    text = _REASONS[proof.answer](names, proof, by_rule)
    if proof.contested:
        text += "; sources disagree"
    if proof.settled_by:
        text += f", settled by {'the editors' if proof.settled_by == EDITORS else source_name(proof.settled_by)}"
    return text


ByRule = Mapping[Rule, list[Leaf]]


def _certain(names: Names, proof: Proof, leaves: ByRule) -> str:
    begun, lasting = _begun(leaves), max(filter(_last, leaves.get("lasting", ())), key=_last, default=None)
    until = f"lasting until {lasting.last} ({source_name(lasting.source)})" if lasting else ""
    return ", ".join(filter(None, (begun, until))) or "settled"


def _presumed(names: Names, proof: Proof, leaves: ByRule) -> str:
    attested = f"last attested {proof.attested}, " if proof.attested else ""
    return f"{_begun(leaves)}, {attested}no end reported"


def _begun(leaves: ByRule) -> str:
    begun = min(
        leaves.get("begun", ()), key=lambda leaf: (leaf.source != EDITORS, leaf.first or date.min), default=None
    )
    return f"begun by {begun.first} ({source_name(begun.source)})" if begun else ""


def _possible(names: Names, proof: Proof, leaves: ByRule) -> str:
    if begins := leaves.get("begins"):
        latest = min(_last(leaf) for leaf in begins) + timedelta(days=1)
        return f"it began between {max(leaf.first or date.min for leaf in begins)} and {latest}"
    if ends := leaves.get("ends"):
        after = [leaf.first for leaf in ends if leaf.first]
        limit = min(_last(leaf) for leaf in ends)
        return f"it ended between {max(after)} and {limit}" if after else f"it ended by {limit}"
    return "no source gives the day on which it began"


def _no(names: Names, proof: Proof, leaves: ByRule) -> str:
    if "life" in leaves:
        leaf = leaves["life"][0]
        who = "it" if leaf.node not in names.actors else names[leaf.node].code
        return (
            f"{who} did not exist before {leaf.first}" if leaf.first and proof.on < leaf.first
            else f"{who} did not exist after {leaf.last}"
        )  # fmt: skip
    if "over" in leaves and "begun" in leaves:
        return f"over since {min(leaf.first or date.min for leaf in leaves['over'])}"
    if "rejected" in leaves:
        return f"the editors reject the report {leaves['rejected'][0].node.rpartition('/')[2]}"
    if "left out" in leaves:
        leaf = leaves["left out"][0]
        return f"the list of {source_name(leaf.source)} for the day leaves it out"
    if "not begun" in leaves:
        return f"not begun before {max(_last(leaf) for leaf in leaves['not begun']) + timedelta(days=1)}"
    if "over" in leaves:
        return f"over since {min(leaf.first or date.min for leaf in leaves['over'])}"
    return (
        "it had another role" if "other role" in leaves else "a source lists other memberships before and after the day"
    )


def _not_recorded(names: Names, proof: Proof, leaves: ByRule) -> str:
    nearest = " and ".join(map(str, proof.nearest))
    return "no source covers the day" + (f" (nearest: {nearest})" if nearest else "")


_REASONS: Final[Mapping[str, Callable[[Names, Proof, ByRule], str]]] = {
    "certain": _certain,
    "presumed": _presumed,
    "possible": _possible,
    "disputed": lambda *_: "nobody settles it",
    "no": _no,
    "not recorded": _not_recorded,
}


def number_sentence(names: Names, proof: CountProof | OverlapProof) -> str:
    """Return a number in one sentence."""
    organization = names[proof.organization].code
    if isinstance(proof, CountProof):
        return f"{organization} has {proof.count} {proof.population.replace('-', ' ')} on {proof.on}."
    other, shared, total = names[proof.other].code, _words(proof.shared), _words(proof.total)
    return f"Members of {other} that are members of {organization} on {proof.on}: {shared} of {total}."


def verdict_sentences(names: Names, proof: VerdictProof) -> Iterator[str]:
    """Yield a verdict in sentences."""
    total = f" of {proof.claimed_total}" if proof.claimed_total is not None else ""
    section = proof.section.removeprefix("https://w3id.org/cica-graph/doc/").replace("#", ", section ")
    yield f"The claim {local(proof.claim)} is {proof.verdict}. It claims {proof.claimed}{total} ({section})."
    if proof.explanation:
        yield proof.explanation
    if proof.finding is not None:
        yield number_sentence(names, proof.finding)


def _words(count: Count | None) -> str:
    return "not recorded" if count is None else str(count)


def _last(leaf: Leaf) -> date:
    return leaf.last or date.max
