"""Operations on the memberships of a day: members of an organization, memberships of a member."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

from cica_graph.graph import Graph
from cica_graph.model.results import Membership
from cica_graph.operations.answer import TableAnswer, records
from cica_graph.operations.declaration import NAME, Field, Operation, Parameter
from cica_graph.operations.policy import POLICY, under_policy

ON: Final = Parameter(
    "on", "Date to report on (default: today).", "day", default="today", metavar="DAY", example="2012-06-13"
)


def _fields(side: str) -> tuple[Field, ...]:
    return (
        Field(side, f"IRI of the {side}."),
        Field("code", f"ISO 3166-1 alpha-3 code or acronym of the {side}."),
        Field("label", f"English label of the {side}."),
        Field("kind", "`state` or `organization`."),
        Field("role", "Role, such as `member` or `observer`."),
        Field("start", "Start as stated, an EDTF date.", ("string", "null")),
        Field("end", "End as stated, an EDTF date; null if no end is reported.", ("string", "null")),
        Field("certainty", "`certain`, `presumed`, `disputed`, `possible` or `no` on the day."),
        Field("suspended", "True if suspended on the day; null if possibly suspended.", ("boolean", "null")),
        Field("last_attested", "Last day on which a source attests the membership.", ("string", "null")),
        Field("sources", "IRIs of the cited sections.", ("array",)),
    )


def list_members(graph: Graph, *, organization: str, role: str, on: date) -> TableAnswer[Membership]:
    """Answer :data:`MEMBERS`."""
    found = graph.members(organization, on=on, role=role)
    recorded = bool(found) or graph.record(organization, on=on, role=role) != "not recorded"
    return _answer(found, "member", recorded=recorded)


def list_memberships(graph: Graph, *, member: str, past: bool, on: date) -> TableAnswer[Membership]:
    """Answer :data:`MEMBERSHIPS`."""
    found = graph.memberships(member, on=on, past=past)
    return _answer(found, "organization", recorded=bool(found))


def _answer(results: Sequence[Membership], side: str, *, recorded: bool) -> TableAnswer[Membership]:
    columns = tuple(field.name for field in _fields(side))
    return TableAnswer(results, columns, records(results, columns, {side: "actor"}), recorded)


MEMBERS: Final = Operation(
    "members",
    "members/{organization}",
    "List the members of an organization on a day.",
    (
        Parameter("organization", f"Organization. {NAME}", required=True, positional=True, example="CICA"),
        Parameter("role", "Role of the member, or 'any'.", default="member"),
        ON,
        *POLICY,
    ),
    under_policy(list_members),
    description="Members are certain, presumed, disputed or possible on the day. A role includes the narrower roles: "
    "'member' includes founding members. If no source speaks of the members on the day, the JSON answer is null.",
    fields=_fields("member"),
    nullable=True,
)

MEMBERSHIPS: Final = Operation(
    "memberships",
    "memberships/{member}",
    "List the memberships of a state or organization on a day, in any role.",
    (
        Parameter("member", f"State or organization. {NAME}", required=True, positional=True, example="KAZ"),
        Parameter("past", "Also list memberships that do not apply on the day, with certainty 'no'.", "flag"),
        ON,
        *POLICY,
    ),
    under_policy(list_memberships),
    description="If no source speaks of the memberships, the JSON answer is null.",
    fields=_fields("organization"),
    nullable=True,
)
