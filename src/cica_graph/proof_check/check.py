"""Check of proofs: answers, counts, overlaps and verdicts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Final

from cica_graph.proof_check.answers import COUNTED, Case, Json, check_answer
from cica_graph.proof_check.sources import Sources

_CG: Final = "https://w3id.org/cica-graph/ns#"
_C: Final = "https://w3id.org/cica-graph/concept/"
_SKOS: Final = "http://www.w3.org/2004/02/skos/core#"
_VERDICTS: Final[Mapping[str, str]] = {
    "exact": "confirmed", "closed-list": "confirmed", "absence": "consistent", "in-doubt": "undetermined",
    "open-list": "undetermined", "excess": "contradicted", "shortfall": "contradicted",
    "wrong-exception": "contradicted", "other-unit": "undetermined", "total-differs": "contradicted",
    "no-key": "unchecked",
}  # fmt: skip

_NARROWER: Final = ("countsFounders", "joinedSince", "joinedUntil", "countsSuspended", "memberIn", "notMemberIn")

Numbers = list[int] | None  # certain, presumed and possible


def check_proof(proof: Json, files: Iterable[Path] | Sources) -> list[str]:
    """Return the faults of a proof; an empty list if the files support it.

    :param proof: the JSON of ``cica-graph why``.
    :param files: the Turtle files of the data and of the vocabulary.
    """
    sources = files if isinstance(files, Sources) else Sources(files)
    match proof["question"]:
        case "answer":
            return check_answer(proof, sources)
        case "count":
            return _check_count(proof, sources)
        case "overlap":
            return _check_overlap(proof, sources)
        case "verdict":
            return _check_verdict(proof, sources)
    return [f"unknown kind of proof {proof['question']!r}"]


def _reported(sources: Sources, organization: str, role: str) -> set[str]:
    """Return everybody with a report in a role."""
    return {
        member
        for (member, about), nodes in sources.nodes.items()
        if about == organization and any(sources.role(node) == role for node in nodes)
    }


def _check_count(proof: Json, sources: Sources) -> list[str]:
    organization, population = proof["organization"], proof["population"]
    if any(sources.values(_C + population, _CG + name) for name in _NARROWER):
        return _check_narrowed(proof, sources)
    if _role(population, sources) is None:
        listed = _listed(sources, organization, population)
        same = sorted(listed) == sorted(proof["listed"]) and proof["count"] == [len(listed)] * 3
        return [] if same else [f"the files list {len(listed)} {population}"]
    faults = _check_members(
        proof["proofs"], _reported(sources, organization, _role(population, sources) or ""), proof, sources
    )
    if population == "former-members":
        former = sorted(p["member"] for p in proof["proofs"] if _is_former(p, sources))
        if former != sorted(proof["listed"]) or proof["count"] != [len(former)] * 3:
            faults.append(f"the files have {len(former)} former members")
        return faults
    outside = [p["member"] for p in proof["proofs"] if not _belongs(p["member"], organization, population, sources)]
    if sorted(outside) != sorted(proof["left_out"]):
        faults.append(f"others do not belong to {population}")
    counted = _numbers(p["answer"] for p in proof["proofs"] if p["member"] not in outside)
    return faults if counted == proof["count"] else [*faults, f"the count is {counted}, not {proof['count']}"]


def _check_narrowed(proof: Json, sources: Sources) -> list[str]:
    """Return the faults of the number of a population that a period or another organization narrows.

    The checker does not compute periods again. It checks the answers, and that nobody is listed without one.
    """
    organization, concept = proof["organization"], _C + proof["population"]
    role = sources.broadest(sources.one(concept, "countsRole")).removeprefix(_C)
    listed = set(proof["listed"])
    unknown = listed - _reported(sources, organization, role)
    if "false" in sources.values(concept, _CG + "countsFounders"):
        unknown |= {member for member in listed if _founded(member, organization, sources)}
    faults = [f"{each} does not belong to {proof['population']}" for each in sorted(unknown)]
    certain, _, possible = proof["count"]
    if certain != len(listed) or len(listed) != len(proof["listed"]):
        faults.append(f"the proof lists {len(listed)}, and the count is {certain}")
    if _C + "any-time" in sources.values(concept, _CG + "countsTime"):
        return faults
    proofs = proof["proofs"]
    faults += _check_members(proofs, {each["member"] for each in proofs}, proof, sources)
    if possible != len(proofs) or any(each["answer"] not in COUNTED for each in proofs):
        faults.append(f"the proof has {len(proofs)} answers, and the count is at most {possible}")
    if listed - {each["member"] for each in proofs if each["answer"] == "certain"}:
        faults.append("somebody is listed without a certain answer")
    return faults


def _role(population: str, sources: Sources) -> str | None:
    """Return the broadest role that a population counts, None for founding members and for instruments."""
    stated = sources.one(_C + population, "countsRole")
    if not stated or _C + "any-time" in sources.values(_C + population, _CG + "countsTime"):
        return None
    return sources.broadest(stated).removeprefix(_C)


def _check_members(
    proofs: Sequence[Json], expected: Iterable[str], about: Json, sources: Sources, organization: str = ""
) -> list[str]:
    """Return the faults of the answers about everybody who is counted."""
    faults = [fault for each in proofs for fault in check_answer(each, sources)]
    if sorted(each["member"] for each in proofs) != sorted(expected):
        faults.append("the proof does not have the answer about everybody with a report")
    organization = organization or about["organization"]
    role = _role(about.get("population", "members"), sources) or "member"
    key = organization, role, about["on"]
    if any((each["organization"], each["role"], each["on"]) != key for each in proofs):
        faults.append("an answer is about another organization, role or day")
    return faults


def _listed(sources: Sources, organization: str, population: str) -> set[str]:
    if population == "binding-instruments":
        binding = {*sources.of_class("BindingInstrument"), *sources.subjects(_CG + "force", _C + "binding")}
        return binding & set(sources.subjects(_CG + "adoptedBy", organization))
    return {member for (member, about) in sources.nodes if about == organization and _founded(member, about, sources)}


def _founded(member: str, organization: str, sources: Sources) -> bool:
    nodes = sources.nodes.get((member, organization), ())
    return any(sources.one(n, "role") == _C + "founding-member" and sources.one(n, "member") for n in nodes)


def _belongs(member: str, organization: str, population: str, sources: Sources) -> bool:
    concept = _C + population
    if any(member not in sources.of_class(kind.removeprefix(_CG)) for kind in sources.values(concept, _CG + "ofClass")):
        return False
    if any(member in sources.of_class(kind.removeprefix(_CG)) for kind in sources.values(concept, _CG + "notOfClass")):
        return False
    wholes = sources.values(member, _CG + "organOf") + sources.values(member, _CG + "territoryOf")
    if any(whole not in wholes for whole in sources.values(concept, _CG + "partOf")):
        return False
    regions = sources.values(member, _CG + "region") + sources.values(member, _CG + "territoryIn")
    if any(
        _below(each, region, sources) for each in regions for region in sources.values(concept, _CG + "outsideRegion")
    ):
        return False
    if sources.values(concept, _CG + "countsFounders") and _founded(member, organization, sources):
        return False
    stated = sources.one(concept, "countsRole").removeprefix(_C)
    nodes = sources.nodes.get((member, organization), ())
    narrow = sources.broadest(_C + stated).removeprefix(_C) != stated
    return not narrow or any(sources.one(node, "role") == _C + stated for node in nodes)


def _below(region: str, whole: str, sources: Sources) -> bool:
    return region == whole or any(_below(each, whole, sources) for each in sources.values(region, _SKOS + "broader"))


def _is_former(proof: Json, sources: Sources) -> bool:
    if proof["answer"] in COUNTED:
        return False
    return Case(sources, proof).ever_before(date.fromisoformat(proof["on"]).toordinal())


def _numbers(answers: Iterable[str]) -> list[int]:
    each = Counter(answers)
    presumed = each["certain"] + each["presumed"]
    return [each["certain"], presumed, presumed + each["possible"] + each["disputed"]]


def _check_overlap(proof: Json, sources: Sources) -> list[str]:
    organization, other = proof["organization"], proof["other"]
    pairs = [(p["ours"], p["theirs"]) for p in proof["proofs"]]
    everybody = _reported(sources, organization, "member") | _reported(sources, other, "member")
    faults = _check_members([ours for ours, _ in pairs], everybody, proof, sources)
    faults += _check_members([theirs for _, theirs in pairs], everybody, proof, sources, other)
    if any(ours["member"] != theirs["member"] for ours, theirs in pairs):
        faults.append("a pair of answers is about two members")
    unknown = [
        _is_unknown(each, [answers[side] for answers in pairs], proof, sources)
        for side, each in enumerate((organization, other))
    ]
    worst = [min(ours["answer"], theirs["answer"], key=_WORTH.index) for ours, theirs in pairs]
    shared: Numbers = None if any(unknown) else _numbers(worst)
    total: Numbers = None if unknown[1] else _numbers(theirs["answer"] for _, theirs in pairs)
    missing = [
        ours["member"]
        for ours, theirs in pairs
        if theirs["answer"] in ("certain", "presumed") and ours["answer"] not in COUNTED and not unknown[0]
    ]
    if (shared, total, sorted(missing)) != (proof["shared"], proof["total"], sorted(proof["missing"])):
        faults.append(f"the overlap is {shared} of {total}, not {proof['shared']} of {proof['total']}")
    return faults


# The order in which a number counts answers: a disputed member is not even a presumed one.
_WORTH: Final = ("no", "not recorded", "disputed", "possible", "presumed", "certain")


def _is_unknown(organization: str, answers: Sequence[Json], proof: Json, sources: Sources) -> bool:
    day = date.fromisoformat(proof["on"]).toordinal()
    first, last = sources.life(organization)
    covered = any(
        c.first <= day <= c.last and not c.unknown
        for c in sources.covers
        if (c.organization, c.role) == (organization, "member")
    )
    return not any(each["answer"] in COUNTED for each in answers) and first <= day <= last and not covered


def _check_verdict(proof: Json, sources: Sources) -> list[str]:
    claim, finding = proof["claim"], proof["finding"]
    stated = (int(sources.one(claim, "count") or -1), int(sources.one(claim, "total") or -1))
    if stated != (proof["claimed"], -1 if proof["claimed_total"] is None else proof["claimed_total"]):
        return [f"{claim} claims {stated[0]}"]
    if _VERDICTS.get(proof["reason"]) != proof["verdict"]:
        return [f"{proof['reason']} is not a reason for {proof['verdict']}"]
    if finding is None:
        return [] if proof["reason"] == "no-key" else ["the proof has no finding"]
    faults = check_proof(finding, sources)
    about = (finding["organization"], finding["on"], finding.get("other", ""), finding.get("population", ""))
    key = [sources.one(claim, name) for name in ("about", "asOf", "counterpart", "population")]
    if about != (*key[:3], key[3].removeprefix(_C)):
        faults.append("the finding is about something else")
    if proof["complete"]:
        faults += check_proof(proof["complete"]["finding"], sources)
    reason = _reason(claim, finding, _is_closed(proof, claim, sources), sources)
    return faults if reason == proof["reason"] else [*faults, f"the reason is {reason}, not {proof['reason']}"]


def _is_closed(proof: Json, claim: str, sources: Sources) -> bool:
    """Return whether the list that is counted has the size that a source gives as complete."""
    complete = proof["complete"]
    if not complete or _C + "complete" not in sources.values(complete["claim"], _CG + "closure"):
        return False
    population = sources.one(claim, "population") or _C + "members"
    finding = complete["finding"]
    return bool(
        finding["count"][0] == int(sources.one(complete["claim"], "count"))
        and sources.one(complete["claim"], "population") == population == _C + finding["population"]
        and sources.one(complete["claim"], "about") == finding["organization"] == sources.one(claim, "about")
        and sources.one(complete["claim"], "asOf") == finding["on"] == sources.one(claim, "asOf")
    )


def _reason(claim: str, finding: Json, closed: bool, sources: Sources) -> str:
    """Return the reason for the verdict: the first that applies."""
    says = int(sources.one(claim, "count"))
    if finding["question"] == "overlap":
        (found, _, most), (total, _, total_most) = finding["shared"], finding["total"]
        says_total = int(sources.one(claim, "total"))
    else:
        (found, _, most), total, total_most, says_total = finding["count"], 0, 0, 0
    whole = _C + "complete" in sources.values(claim, _CG + "closure")
    doubt = found < says or most > says or total < says_total or total_most > says_total
    rules = (
        ("wrong-exception", _has_wrong_exception(claim, finding, sources)),
        ("excess", found > says),
        ("total-differs", total > says_total),
        ("open-list", total_most < says_total),
        ("shortfall" if closed else "open-list", most < says),
        ("closed-list", whole and found == says and most > says),
        ("in-doubt", doubt),
        ("absence", says == 0),
    )
    return next((name for name, applies in rules if applies), "exact")


def _has_wrong_exception(claim: str, finding: Json, sources: Sources) -> bool:
    exceptions = sources.values(claim, _CG + "except")
    if finding["question"] != "overlap":
        answers = {p["member"]: p["answer"] for p in finding["proofs"]}
        return any(answers.get(who) == "certain" for who in exceptions)
    ours = {p["ours"]["member"]: p["ours"]["answer"] for p in finding["proofs"]}
    theirs = {p["theirs"]["member"]: p["theirs"]["answer"] for p in finding["proofs"]}
    return any(ours.get(who) == "certain" or theirs.get(who) not in COUNTED for who in exceptions)
