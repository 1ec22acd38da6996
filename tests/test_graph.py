"""Answers about the real data that the documentation gives."""

from __future__ import annotations

from collections import defaultdict
from datetime import date

import pyoxigraph as ox
import pytest

from cica_graph import Graph, Membership, open_graph, queries
from cica_graph.memberships.counting import KnownMembers, count_members, headline
from cica_graph.memberships.overlaps import overlap
from cica_graph.model.errors import InvalidDate, NotFound, QueryError
from cica_graph.model.names import KINDS, ActorKind
from cica_graph.model.results import Certainty, Count
from cica_graph.model.terms import CG, ID, local
from cica_graph.pipeline.steps import derive
from cica_graph.store.store import value


def certain(graph: Graph, organization: str, on: str) -> list[Membership]:
    return [s for s in graph.members(organization, on=on) if s.certainty == "certain"]


@pytest.mark.parametrize(
    ("organization", "on", "count"),
    [
        ("CICA", "2003-06-01", 16),
        ("CICA", "2005-01-01", 17),
        ("CICA", "2012-06-13", 24),
        ("CICA", "2002-06-03", 0),
        ("CICA", "2002-06-04", 16),
        ("CSTO", "2012-06-13", 7),
        ("CSTO", "2013-06-01", 6),
        ("CIS", "2012-06-13", 9),
        ("EurAsEC", "2012-06-13", 6),
        ("EurAsEC", "2015-01-02", 0),
        ("LAS", "2012-06-13", 22),
        ("SCO", "2012-06-13", 6),
        ("UN", "2012-06-13", 193),
        ("SAARC", "2012-06-13", 8),
        ("ASEAN", "2012-06-13", 10),
        ("GCC", "2012-06-13", 6),
        ("OSCE", "2012-06-13", 56),
    ],
)
def test_certain_members(graph: Graph, organization: str, on: str, count: int) -> None:
    assert len(certain(graph, organization, on)) == count


def test_jordan_in_2008_is_possible_and_not_certain(graph: Graph) -> None:
    answers = {s.code: s.certainty for s in graph.members("CICA", on="2008-06-01")}
    assert answers["JOR"] == answers["ARE"] == "possible"
    assert list(answers.values()).count("certain") == 18
    assert {s.code: s.certainty for s in graph.members("CICA", on="2009-01-01")}["JOR"] == "certain"
    assert "JOR" not in {s.code for s in graph.members("CICA", on="2007-12-31")}


def test_today_28_members_of_cica_are_presumed_and_each_has_its_last_attested_day(graph: Graph) -> None:
    spells = graph.members("CICA", on="2026-11-25")
    assert len(spells) == 28
    assert {s.certainty for s in spells} == {"presumed"}
    assert all(s.last_attested is not None and s.last_attested < date(2026, 11, 25) for s in spells)
    assert {s.code: s.last_attested for s in spells}["PSE"] == date(2022, 10, 13)


@pytest.mark.parametrize(
    ("organization", "on", "suspended"),
    [
        ("EurAsEC", "2012-06-13", {"UZB": True}),
        ("LAS", "2012-06-13", {"SYR": True}),
        ("CSTO", "2012-06-13", {}),
        ("CSTO", "2012-07-01", {"UZB": True}),
        ("LAS", "1979-06-01", {"EGY": None}),  # the year is all that is known
        ("LAS", "1985-06-01", {"EGY": True}),
    ],
)
def test_suspended_members_are_marked(
    graph: Graph, organization: str, on: str, suspended: dict[str, bool | None]
) -> None:
    marked = {s.code: s.suspended for s in graph.members(organization, on=on) if s.suspended is not False}
    assert marked == suspended


@pytest.mark.parametrize(
    ("other", "both", "total", "missing"),
    [
        ("CIS", 6, 9, ("ARM", "BLR", "MDA")),
        ("CSTO", 5, 7, ("ARM", "BLR")),
        ("EurAsEC", 5, 6, ("BLR",)),
        ("SCO", 6, 6, ()),
    ],
)
def test_overlaps_list_the_missing_members(
    graph: Graph, other: str, both: int, total: int, missing: tuple[str, ...]
) -> None:
    (overlap,) = graph.overlaps("CICA", other, on="2012-06-13")
    assert (overlap.shared, overlap.shared_at_most, overlap.total, overlap.total_at_most) == (
        both,
        both,
        total,
        total,
    )
    assert overlap.missing == missing
    assert len(overlap.both) == both


def test_members_that_are_not_recorded_are_never_counted_as_zero(graph: Graph) -> None:
    known = KnownMembers({"un": {"a"}}, {"un": {"a"}}, {"un": {"a"}})
    ours = overlap(graph.names, "eu", "un", known, {"eu"})
    assert (ours.shared_count, ours.total_count, ours.missing) == (None, (1, 1, 1), ())
    theirs = overlap(graph.names, "un", "eu", known, {"eu"})
    assert (theirs.shared, theirs.total, theirs.total_at_most) == (None, None, None)
    assert overlap(graph.names, "un", "eu", known).total == 0


@pytest.mark.parametrize(
    ("organization", "on", "role", "record"),
    [
        ("GCC", "today", "observer", "not recorded"),
        ("EurAsEC", "2020-01-01", "member", "dissolved"),
        ("CICA", "1900-01-01", "observer", "founded later"),
    ],
)
def test_nobody_means_something_else_inside_and_outside_a_life(
    graph: Graph, organization: str, on: str, role: str, record: str
) -> None:
    assert graph.members(organization, on=on, role=role) == []
    assert graph.record(organization, on=on, role=role) == record


def test_a_member_with_two_memberships_is_counted_once_with_its_best_answer() -> None:
    answers: list[tuple[str, Certainty]] = [
        ("a", "possible"),
        ("a", "presumed"),
        ("b", "certain"),
        ("b", "no"),
        ("c", "no"),
    ]
    assert count_members([*answers, ("d", "disputed")]) == (1, 2, 3)
    assert str(count_members(answers)) == "1 certain, 1 presumed"


@pytest.mark.parametrize("on", ["1991-12-26", "2002-06-04", "2008-06-01", "2012-06-13", "2014-05-15", "2026-11-25"])
def test_counts_nest_and_are_equal_in_all_faces(graph: Graph, on: str) -> None:
    fresh, day = open_graph(), date.fromisoformat(on)
    derive.snapshot(fresh.store, day)
    known = derive.members(fresh.store, day)
    held = fresh.arrays.in_role("member").during((day, day))
    for place, iri in enumerate(fresh.arrays.organizations):
        count = known.size(iri)
        assert count.certain <= count.presumed <= count.possible
        assert count == tuple(int(flags[place].sum()) for flags in (held.certain, held.presumed, held.possible))
        if iri in fresh.names.actors and fresh.names[iri].code in ("CICA", "UN", "CSTO", "LAS", "EurAsEC"):
            assert count == count_members((m.actor, m.certainty) for m in fresh.members(iri, on=day))


@pytest.mark.parametrize(
    ("on", "answers"),
    [
        ("2012-06-13", {"observer": "possible"}),
        ("2014-05-15", {"observer": "possible", "member": "possible"}),
        ("2026-11-25", {"member": "presumed"}),
    ],
)
def test_a_membership_ends_the_observership_before_it_and_does_not_remove_it(
    graph: Graph, on: str, answers: dict[str, str]
) -> None:
    assert {m.role: m.certainty for m in graph.memberships("QAT", on=on) if m.code == "CICA"} == answers


def test_the_last_attested_day_is_in_the_headline() -> None:
    today = headline(Count(0, 28, 28), date(2022, 10, 13))
    assert today == "28 presumed, last attested 2022-10-13; none reported to have left"
    assert headline(Count(24, 24, 24), date(2012, 6, 13)) == "24 certain"


def test_six_of_22_las_members_are_shared(graph: Graph) -> None:
    (overlap,) = graph.overlaps("CICA", "Arab League", on="2012-06-13")
    assert (overlap.other, overlap.shared, overlap.total) == ("LAS", 6, 22)
    assert overlap.both == ("ARE", "BHR", "EGY", "IRQ", "JOR", "PSE")


def test_overlaps_agree_with_the_observations_of_them(graph: Graph) -> None:
    fresh = open_graph()
    wanted = fresh.overlaps("CICA", on="2012-06-13")
    found = defaultdict[str, dict[str, str]](dict)
    for t in fresh.overlap_triples(wanted, "2012-06-13"):
        found[value(t.subject)][t.predicate.value.removeprefix(CG)] = value(t.object)
    rows = {
        (
            graph.names[o["counterpart"]].code,
            *(int(o[n]) for n in ("count", "presumed", "atMost", "total", "totalPresumed", "totalAtMost")),
        )
        for o in found.values()
    }
    ours = {(o.other, *(o.shared_count or ()), *(o.total_count or ())) for o in wanted}
    assert ours == rows
    assert len(ours) > 10


AUDIT = {
    "members": (24, None, 24, "confirmed", True),
    "un": (23, 24, 23, "confirmed", True),
    "cis": (6, 9, 6, "confirmed", True),
    "csto": (5, 7, 5, "confirmed", True),
    "eurasec": (5, 6, 5, "confirmed", True),
    "las": (6, 22, 6, "confirmed", True),
    "sco": (6, 6, 6, "confirmed", True),
    "launch": (16, None, 16, "confirmed", True),
    "since-launch": (8, None, 8, "confirmed", True),
    "observer-organizations": (3, None, 3, "confirmed", True),
    "former": (0, None, 0, "consistent", False),
    "pending": (0, None, 0, "consistent", False),
    "binding": (0, None, 0, "consistent", False),
    "observer-states": (8, None, 6, "undetermined", True),
    "observer-states-outside-asia": (2, None, 2, "confirmed", True),
}


def test_the_audit_of_the_shipped_data(graph: Graph) -> None:
    audits = [a for a in graph.audit() if "cica-profile" in a.section]
    assert {a.on for a in audits} == {date(2012, 6, 13)}
    found = {
        a.claim.rpartition("/")[2]: (a.claimed, a.claimed_total, a.found, a.verdict, a.independent) for a in audits
    }
    assert found == AUDIT


def test_audit_gives_reasons(graph: Graph) -> None:
    (open_case,) = [a for a in graph.audit() if a.verdict == "undetermined" and "cica-profile" in a.section]
    assert (open_case.population, open_case.found, open_case.found_at_most) == ("observer-states", 6, 11)
    assert "between the number of certain cases and the number of possible cases" in open_case.reason


def test_audit_of_another_day_is_empty(graph: Graph) -> None:
    assert graph.audit(on="2012-06-15") == []
    assert {a.on for a in graph.audit(on="2012-06-13")} == {date(2012, 6, 13)}


def test_memberships_of_a_state_with_and_without_the_past(graph: Graph) -> None:
    now = {(s.code, s.role) for s in graph.memberships("Uzbekistan", on="2013-06-01")}
    assert ("CSTO", "member") not in now
    past = {(s.code, s.certainty) for s in graph.memberships("UZB", on="2013-06-01", past=True)}
    assert ("CSTO", "no") in past


def test_an_organization_can_be_a_member(graph: Graph) -> None:
    assert [(s.code, s.role) for s in graph.memberships("OSCE", on="2012-06-13")] == [("CICA", "observer")]


@pytest.mark.parametrize(
    "name",
    ["KAZ", "kaz", "KZ", "398", "Kazakhstan", "KAZAKHSTAN", "Казахстан", "哈萨克斯坦", "كازاخستان", "Republic of Kazakhstan",
     "Q232", "state:KAZ", "https://w3id.org/cica-graph/id/state/KAZ", " kazakhstan "],
)  # fmt: skip
def test_a_state_has_many_names(graph: Graph, name: str) -> None:
    assert graph.names.find(name).code == "KAZ"


@pytest.mark.parametrize(
    "name", ["CSTO", "odkb", "ОДКБ", "Collective Security Treaty Organisation", "organization:csto", "Q318693"]
)
def test_an_organization_has_many_names(graph: Graph, name: str) -> None:
    assert graph.names.find(name, ("organization",)).code == "CSTO"


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("CICAA", "did you mean CICA"),
        ("Kazakstan", "KAZ"),
        ("qqqqqq", "lists every"),
        ("KAZ", "is the state Kazakhstan"),
    ],
)
def test_similar_names_are_suggested(graph: Graph, name: str, says: str) -> None:
    kinds: tuple[ActorKind, ...] = ("organization",) if name in ("CICAA", "KAZ", "qqqqqq") else ("state",)
    with pytest.raises(NotFound, match=says):
        graph.names.find(name, kinds)


@pytest.mark.parametrize(
    ("name", "kinds", "iri"),
    [
        ("Guam", KINDS, "state/GUM"),
        ("GUAM", KINDS, "org/guam"),
        ("Guam", ("organization",), "org/guam"),
        ("CAN", KINDS, "state/CAN"),
        ("CAN", ("organization",), "org/can"),
        ("organization:can", KINDS, "org/can"),
        ("AU", KINDS, "org/au"),
        ("AUS", KINDS, "state/AUS"),
    ],
)
def test_a_name_of_a_state_and_an_organization_is_that_with_the_same_spelling(
    graph: Graph, name: str, kinds: tuple[ActorKind, ...], iri: str
) -> None:
    assert graph.names.find(name, kinds).iri.endswith(f"/id/{iri}")


def test_every_code_finds_its_thing(graph: Graph) -> None:
    for actor in graph.names.actors.values():
        assert graph.names.find(actor.code, (actor.kind,)) == actor
        assert graph.names.find(actor.iri) == actor


def test_the_message_about_an_ambiguous_code_gives_the_full_names(graph: Graph) -> None:
    with pytest.raises(NotFound) as error:
        graph.memberships("can")
    assert str(error.value) == "'can' is ambiguous: use organization:can (Andean Community) or state:CAN (Canada)"
    assert {"NATO", "OAS"} <= {m.code for m in graph.memberships("state:CAN", on="2012-06-13")}
    assert not {"NATO", "OAS"} & {m.code for m in graph.memberships("organization:can", on="2012-06-13")}


def test_no_answer_has_a_report_that_the_editors_reject(graph: Graph) -> None:
    """The Factbook names Burundi a member of CICA. No other source does, and the editors reject the report."""
    found = graph.store.select(
        f"SELECT * WHERE {{ ?report a <{CG}Report> ; <{CG}member> ?who ; <{CG}organization> ?organization }}"
    )
    reports = [(row["report"], row["who"], row["organization"]) for row in found]
    assert (f"{ID}membership/cica-BDI#factbook", "BDI") in {
        (value(report), local(value(who))) for report, who, _ in reports
    }
    for query in (query for folder in ("select", "cookbook") for query in queries.folder(folder)):
        for report, who, organization in reports if query.name != "notes" else ():  # a report may have a note
            given = {"who": ox.NamedNode(value(who)), "organization": ox.NamedNode(value(organization))}
            text = query.bind(**{name: term for name, term in given.items() if name in query.params})
            assert all(report not in row.values() for row in graph.store.select(text)), query.name
            if len(text) == len(query.text):
                break
    assert "CICA" not in {m.code for m in graph.memberships("BDI", past=True)}


def test_usage_errors_have_clear_messages(graph: Graph) -> None:
    with pytest.raises(InvalidDate, match="YYYY-MM-DD"):
        graph.members("CICA", on="2012-06")
    with pytest.raises(NotFound, match="unknown role 'friend'"):
        graph.members("CICA", role="friend")
    with pytest.raises(QueryError, match="unknown query"):
        graph.query("no-such-query")


def test_roles_narrow_and_widen(graph: Graph) -> None:
    day = "2012-06-13"
    assert len(graph.members("CICA", on=day, role="founding-member")) == 16
    assert {s.kind for s in graph.members("CICA", on=day, role="observer")} == {"state", "organization"}
    assert len(graph.members("CICA", on=day, role="any")) > len(graph.members("CICA", on=day)) == 24


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * { SERVICE <http://example.org/> { ?s ?p ?o } }",
        "SELECT * { service silent <http://example.org/> { ?s ?p ?o } }",
        "SELECT * {SERVICE?x{ ?s ?p ?o }}",
        'SELECT * { ?s ?p "a" . # comment with a quote "\n SERVICE <http://example.org/> {} }',
        "SELECT * { ?s ?p '''x''' SERVICE<http://example.org/>{} }",
    ],
)
def test_service_is_refused(graph: Graph, query: str) -> None:
    with pytest.raises(QueryError, match="SERVICE"):
        graph.query(query)


@pytest.mark.parametrize(
    "query",
    [
        'SELECT ?s { ?s ?p "SERVICE" } LIMIT 1',
        "SELECT ?service { ?service a cg:State } LIMIT 1",
        "SELECT ?s { ?s <urn:x:service> ?o } # SERVICE",
        "SELECT ?s { ?s cg:service ?o }",
    ],
)
def test_the_word_service_is_allowed(graph: Graph, query: str) -> None:
    graph.query(query)


def test_queries_that_are_too_deep_or_too_long_are_refused(graph: Graph) -> None:
    with pytest.raises(QueryError, match="nested"):
        graph.query("SELECT * WHERE " + "{" * 5000 + "}" * 5000)
    with pytest.raises(QueryError, match="characters"):
        graph.query("SELECT * {" + " " * 200_000 + "}")


def test_from_reads_no_file_and_no_address(graph: Graph, tmp_path_factory: pytest.TempPathFactory) -> None:
    secret = tmp_path_factory.mktemp("x") / "secret.ttl"
    secret.write_text("<urn:x:a> <urn:x:p> 'found' .", "utf-8")
    assert graph.query(f"SELECT ?o FROM <{secret.as_uri()}> {{ ?s ?p ?o }}").rows == ()


def test_updates_are_refused(graph: Graph) -> None:
    with pytest.raises(QueryError, match="INSERT begins an update, but the graph is read-only"):
        graph.query("INSERT DATA { <urn:x:a> <urn:x:b> <urn:x:c> }")


def test_a_query_sees_the_day_it_is_given(graph: Graph) -> None:
    text = "SELECT (COUNT(*) AS ?n) { ?who cg:memberOf organization:cica }"
    counts = {day: graph.query(text, on=day).rows[0]["n"].value for day in ("2003-06-01", "2012-06-13")}  # type: ignore[union-attr]
    assert counts == {"2003-06-01": "16", "2012-06-13": "24"}
    assert graph.query(text).rows[0]["n"].value == "0"  # type: ignore[union-attr]


@pytest.mark.parametrize("day", ["1992-01-01", "2008-06-01", "2012-06-13", "2014-05-15", "2026-11-25"])
def test_all_overlaps_are_those_of_each_organization(graph: Graph, day: str) -> None:
    organizations = sorted(a.code for a in graph.names.actors.values() if a.kind == "organization")
    each = [overlap for code in organizations for overlap in graph.overlaps(code, on=day)]
    found = graph.all_overlaps(on=day)
    assert sorted(found, key=lambda o: (o.organization, o.other)) == sorted(
        each, key=lambda o: (o.organization, o.other)
    )
    assert [o.organization.casefold() for o in found] == sorted(o.organization.casefold() for o in found)


def test_overlaps_by_year_are_those_of_its_last_day(graph: Graph) -> None:
    for year, found in graph.overlaps_by_year("CICA", since=2010, until=2014):
        assert found == graph.overlaps("CICA", on=f"{year}-12-31")
    for year, found in graph.overlaps_by_year("CICA", "CSTO", "EAEU", since=2010, until=2014):
        assert found == graph.overlaps("CICA", "CSTO", "EAEU", on=f"{year}-12-31")
    for year, found in graph.overlaps_by_year(since=2012, until=2012):
        assert found == graph.all_overlaps(on=f"{year}-12-31")


def test_overlaps_by_year_can_count_members_on_any_day(graph: Graph) -> None:
    """Uzbekistan left the CSTO on 19 December 2012."""
    ((_, (last,)),) = graph.overlaps_by_year("CICA", "CSTO", since=2012, until=2012)
    ((_, (any_day,)),) = graph.overlaps_by_year("CICA", "CSTO", since=2012, until=2012, any_day=True)
    assert (last.shared, last.total, any_day.shared, any_day.total) == (4, 6, 5, 7)


def test_overlaps_by_year_run_over_the_years_of_the_data(graph: Graph) -> None:
    years = [year for year, _ in graph.overlaps_by_year("CICA", "CSTO")]
    # Nobody knows when the WAPCCO began: Liberia, which exists since 1920, may have been in it.
    assert (years[0], years[-1], len(years)) == (1920, 2026, 107)
    with pytest.raises(NotFound):
        list(graph.overlaps_by_year("CICA", "NATOO"))
