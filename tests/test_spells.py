"""The membership arrays give the same results as SPARQL, on the shipped graph and on random graphs."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import numpy as np
import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cica_graph import Graph, queries
from cica_graph.memberships import arrays
from cica_graph.memberships.arrays import Flags, MembershipArrays, MembershipMatrix
from cica_graph.model.errors import UsageError
from cica_graph.model.terms import CG, CONCEPT, EDTF, ID, RDF_TYPE
from cica_graph.pipeline.steps import bound, derive, reason, settle
from cica_graph.store.store import Store, day_literal, snapshot_graph, value
from test_derive_engines import overlaps_as_in_sparql

FIXTURES = Path(__file__).parent / "fixtures" / "spells"
COW = Path(__file__).resolve().parents[2] / "shared" / "facts" / "cow"
ROLES = ("member", "founding-member", "observer", "partner", "dialogue-partner", "applicant")
LINKS = {
    "member": ("memberOf", "presumedMemberOf", "possiblyMemberOf"),
    "observer": ("observerOf", "presumedObserverOf", "possiblyObserverOf"),
    "applicant": ("applicantOf", "presumedApplicantOf", "possiblyApplicantOf"),
}
Pairs = set[tuple[str, str]]

# ---- Graphs at random -----------------------------------------------------------------------

# Few days, members and organizations, so that spells meet, follow and contradict one another.
days = st.dates(date(2003, 11, 1), date(2006, 2, 28))
texts = days.flatmap(lambda d: st.sampled_from([d.isoformat(), d.isoformat()[:7], d.isoformat()[:4]]))
dates = st.fixed_dictionaries({}, optional={"start": texts, "end": texts, "attestedOn": texts})


@dataclass(frozen=True)
class Stated:
    """One membership as a file may state it, and its suspensions."""

    member: str
    organization: str
    role: str
    dates: dict[str, str]
    source: str
    suspensions: list[dict[str, str]]


memberships = st.lists(
    st.builds(
        Stated,
        member=st.sampled_from(["state/A", "state/B", "state/C", "state/D", "org/x"]),
        organization=st.sampled_from(["org/x", "org/y", "org/z"]),
        role=st.sampled_from(ROLES),
        dates=dates,
        source=st.sampled_from(["dated", "undated"]),
        suspensions=st.lists(dates, max_size=1),
    ),
    max_size=12,
)


def graph_of(stated: list[Stated]) -> Store:
    """Return a store with all computed statements, made by the steps of the build."""

    def iri(name: str) -> ox.NamedNode:
        return ox.NamedNode(ID + name)

    def said(thing: ox.NamedNode, kind: str, given: dict[str, str]) -> Iterator[ox.Triple]:
        yield ox.Triple(thing, ox.NamedNode(RDF_TYPE), ox.NamedNode(CG + kind))
        for name, text in given.items():
            yield ox.Triple(thing, ox.NamedNode(CG + name), ox.Literal(text, datatype=ox.NamedNode(EDTF)))

    store = Store.from_triples(vocabulary())
    for name in ("state/A", "state/B", "state/C", "state/D", "state/never"):
        store.add(said(iri(name), "State", {}))
    for name in ("org/x", "org/y", "org/z", "org/empty"):
        store.add(said(iri(name), "Organization", {}))
    part = ox.NamedNode("http://purl.org/dc/terms/isPartOf")
    store.add([ox.Triple(iri("section/dated"), part, iri("source")), *said(iri("source"), "Source", {"accurateAsOf": "2005-06"})])  # fmt: skip
    for number, m in enumerate(stated):
        spell = iri(f"membership/{number}")
        store.add(said(spell, "Membership", m.dates))
        for prop, obj in (
            (CG + "member", iri(m.member)), (CG + "organization", iri(m.organization)),
            (CG + "role", ox.NamedNode(CONCEPT + m.role)),
            ("http://purl.org/dc/terms/source", iri(f"section/{m.source}")),
        ):  # fmt: skip
            store.add([ox.Triple(spell, ox.NamedNode(prop), obj)])
        for k, given_dates in enumerate(m.suspensions):
            suspension = iri(f"situation/{number}-{k}")
            store.add(said(suspension, "Suspension", given_dates))
            store.add([ox.Triple(suspension, ox.NamedNode(CG + "suspends"), spell)])
    store.add_quads(bound.bound(store)[0])
    store.add_quads(settle.settled(store))
    reason.reason(store)
    return store


@cache
def vocabulary() -> list[ox.Triple]:
    return [q.triple for q in ox.parse(path=str(FIXTURES / "vocabulary.ttl"))]


# ---- What each of the two says ----------------------------------------------------------------


def pairs(engine: MembershipArrays, flags: Flags) -> Pairs:
    return {(engine.members[m], engine.organizations[o]) for o, m in np.argwhere(flags)}


def sliced(store: Store, day: date, link: str) -> Pairs:
    derive.snapshot(store, day)
    found = store.graph(snapshot_graph(day))
    return {(value(t.subject), value(t.object)) for t in found if t.predicate.value == CG + link}


def in_role(store: Store, day: date, role: str) -> MembershipMatrix:
    """Return the result of `members --role`: the spells of each organization, with one query for each."""
    engine = arrays.read(store)
    shape = len(engine.organizations), len(engine.members)
    sure, likely, maybe = (np.zeros(shape, np.bool_) for _ in range(3))
    for o, organization in enumerate(engine.organizations):
        query = queries.shipped("select", "members").bind(
            organization=ox.NamedNode(organization), inRole=ox.NamedNode(CONCEPT + role), asOf=day_literal(day)
        )
        for row in store.select(query):
            every = {"certain": [sure, likely, maybe], "presumed": [likely, maybe], "no": []}
            flags = every.get(value(row["holds"]), [maybe])
            for side in flags:
                side[o, engine.members.index(value(row["actor"]))] = True
    return MembershipMatrix(sure, likely, maybe)


def same_as_sparql(store: Store, day: date) -> None:
    engine = arrays.read(store)
    for role, links in LINKS.items():
        held = engine.in_role(role).during(arrays.on(day))
        for flags, link in zip((held.certain, held.presumed, held.possible), links, strict=True):
            assert pairs(engine, flags) == sliced(store, day, link), link
    held = engine.in_role("member").during(arrays.on(day))
    overlaps_as_sparql_counts_them(store, day, engine, held)
    dyads_as_sparql_counts_them(store, day, engine, held)


def overlaps_as_sparql_counts_them(store: Store, day: date, engine: MembershipArrays, held: MembershipMatrix) -> None:
    sure, maybe = arrays.shared_counts(held.certain), arrays.shared_counts(held.possible)
    ours: dict[tuple[str, str], tuple[int, ...]] = {
        (engine.organizations[i], engine.organizations[j]): (sure[i, j], maybe[i, j], sure[j, j], maybe[j, j])
        for i, j in np.argwhere(maybe)
        if i != j
    }
    query = queries.read("overlaps", (FIXTURES / "overlaps.rq").read_text("utf-8")).bind(asOf=day_literal(day))
    found: dict[str, dict[str, str]] = {}
    for t in store.construct(query, day):
        found.setdefault(value(t.subject), {})[t.predicate.value.removeprefix(CG)] = value(t.object)
    theirs = {
        (o["about"], o["counterpart"]): tuple(int(o[n]) for n in ("count", "atMost", "total", "totalAtMost"))
        for o in found.values()
    }
    assert ours == theirs


def dyads_as_sparql_counts_them(store: Store, day: date, engine: MembershipArrays, held: MembershipMatrix) -> None:
    query = queries.read("dyads", (FIXTURES / "dyads.rq").read_text("utf-8")).bind(asOf=day_literal(day))
    theirs = {
        (value(row["one"]), value(row["two"]), value(row["link"])): int(value(row["shared"]))
        for row in store.select(query, day)
    }
    ours: dict[tuple[str, str, str], int] = {}
    states = [m for m, state in zip(engine.members, engine.states, strict=True) if state]
    for flags, link in ((held.certain, "memberOf"), (held.possible, "possiblyMemberOf")):
        counts = arrays.shared_counts(flags[:, engine.states].T)
        ours |= {(states[i], states[j], CG + link): counts[i, j] for i, j in np.argwhere(counts)}
    assert ours == theirs


@settings(max_examples=60, deadline=None)
@given(stated=memberships, day=days)
def test_members_overlaps_and_dyads_are_those_of_sparql(stated: list[Stated], day: date) -> None:
    store = graph_of(stated)
    same_as_sparql(store, day)
    derive.snapshot(store, day)
    overlaps_as_in_sparql(store, day)


@settings(max_examples=25, deadline=None)
@given(stated=memberships, day=days)
def test_every_role_takes_in_the_narrower_ones_as_in_sparql(stated: list[Stated], day: date) -> None:
    store = graph_of(stated)
    engine = arrays.read(store)
    for role in ROLES:
        ours, theirs = engine.in_role(role).during(arrays.on(day)), in_role(store, day, role)
        assert np.array_equal(ours.certain, theirs.certain), role
        # A certain spell with dates that contradict each other is not possible; `members` does not show this.
        assert np.array_equal(ours.possible | ours.certain, theirs.possible), role


@settings(max_examples=40, deadline=None)
@given(stated=memberships, day=days)
def test_the_suspended_are_those_of_sparql(stated: list[Stated], day: date) -> None:
    store = graph_of(stated)
    engine = arrays.read(store).in_role("any")
    suspended: dict[str, Pairs] = {"certain": set(), "possible": set()}
    spell = {
        value(t.subject): (value(t.object), value(o.object))
        for t in store.triples()
        if t.predicate.value == CG + "member"
        for o in store.about([value(t.subject)])
        if o.predicate.value == CG + "organization"
    }
    for row in store.select(queries.shipped("select", "suspensions").bind(asOf=day_literal(day))):
        suspended[value(row["holds"])].add(spell[value(row["spell"])])
    held, ours = engine.during(arrays.on(day)), engine.suspended_during(arrays.on(day))
    assert pairs(engine, ours.certain) == suspended["certain"] & pairs(engine, held.certain)
    assert pairs(engine, ours.possible | ours.certain) >= suspended["possible"] & pairs(engine, held.possible)
    assert pairs(engine, ours.possible) <= (suspended["possible"] | suspended["certain"]) & pairs(engine, held.possible)


@pytest.mark.parametrize("day", ["1992-01-01", "2002-06-04", "2008-06-01", "2012-06-13", "2014-05-15", "2026-11-25"])
def test_a_whole_graph_is_as_in_sparql(few_graph: Graph, day: str) -> None:
    same_as_sparql(few_graph.store, date.fromisoformat(day))


# ---- Years ------------------------------------------------------------------------------------


@settings(max_examples=150, deadline=None)
@given(given_dates=dates, real=st.tuples(st.floats(0, 1), st.floats(0, 1)), number=st.integers(2003, 2006))
def test_answers_for_a_year_are_correct_for_every_spell_that_fits_the_dates(
    given_dates: dict[str, str], real: tuple[float, float], number: int
) -> None:
    """Take any true first and last day that the bounds allow: a certain year must meet them, a no must not."""
    store = graph_of([Stated("state/A", "org/x", "member", given_dates, "undated", [])])
    engine = arrays.read(store)
    rows = engine.in_role("member").memberships
    if (
        not rows.member.size
        or rows.earliest_start[0] > rows.latest_start[0]
        or rows.earliest_end[0] > rows.latest_end[0]
    ):
        return  # its dates contradict each other

    def pick(earliest: int, latest: int, where: float) -> int:
        low, high = max(earliest, date(2000, 1, 1).toordinal()), min(latest, date(2010, 1, 1).toordinal())
        return low + round((high - low) * where)

    first = pick(rows.earliest_start[0], rows.latest_start[0], real[0])
    last = pick(rows.earliest_end[0], rows.latest_end[0], real[1])
    if last < first:
        return
    held = engine.in_role("member").during(arrays.year(number, any_day=True))
    truly = first <= date(number, 12, 31).toordinal() and date(number, 1, 1).toordinal() <= last
    assert not (held.certain.any() and not truly)
    assert not (truly and not held.possible.any())


@pytest.mark.parametrize(
    ("number", "last_day", "any_day"),
    [(1985, "no", "no"), (1986, "certain", "certain"), (1990, "possible", "certain"), (1991, "no", "no")],
)
def test_a_spell_known_by_years_is_certain_in_its_last_year_though_not_on_its_last_day(
    number: int, last_day: str, any_day: str
) -> None:
    stated = Stated("state/A", "org/x", "member", {"start": "1986", "end": "1990"}, "undated", [])
    assert [answer(stated, number, any_day=whole) for whole in (False, True)] == [last_day, any_day]


def test_a_spell_of_one_year_is_certain_in_it_though_on_no_day_of_it() -> None:
    stated = Stated("state/A", "org/x", "member", {"start": "1986", "end": "1986"}, "undated", [])
    assert answer(stated, 1986, any_day=True) == "certain"
    engine = arrays.read(graph_of([stated])).in_role("member")
    each = (date(1986, 1, 1) + timedelta(days=n) for n in range(365))
    assert not any(engine.during(arrays.on(day)).certain.any() for day in each)


def answer(stated: Stated, number: int, *, any_day: bool) -> str:
    held = arrays.read(graph_of([stated])).in_role("member").during(arrays.year(number, any_day=any_day))
    return "certain" if held.certain.any() else "possible" if held.possible.any() else "no"


def test_years_are_those_that_bound_a_membership() -> None:
    undated = Stated("state/A", "org/x", "member", {}, "undated", [])
    dated = Stated("state/A", "org/y", "observer", {"start": "1999-05", "end": "2001"}, "undated", [])
    engine = arrays.read(graph_of([undated, dated]))
    assert engine.years() == range(1999, 2002)
    assert engine.years(until=2030) == range(1999, 2031)
    assert engine.years(1990, 1990) == range(1990, 1991)
    with pytest.raises(UsageError, match="years 2005 to 2001 are not valid"):
        engine.years(since=2005)
    with pytest.raises(UsageError, match="years 0 to 2001 are not valid"):
        engine.years(since=0)
    with pytest.raises(UsageError, match="No membership has a date"):
        arrays.read(graph_of([undated])).years(since=1990)
    assert arrays.read(graph_of([undated])).years(1990, 1991) == range(1990, 1992)


# ---- What is read -----------------------------------------------------------------------------


def test_every_actor_has_an_index_even_without_memberships() -> None:
    engine = arrays.read(graph_of([]))
    assert engine.members == tuple(f"{ID}state/{n}" for n in ("A", "B", "C", "D", "never"))
    assert engine.organizations == tuple(f"{ID}org/{n}" for n in ("empty", "x", "y", "z"))
    assert engine.states.all()
    assert not arrays.shared_counts(engine.in_role("member").during(arrays.on(date(2005, 1, 1))).possible).any()


def test_an_organization_is_a_member_and_no_state() -> None:
    engine = arrays.read(graph_of([Stated("org/x", "org/y", "member", {"start": "2004"}, "undated", [])]))
    assert [m for m, state in zip(engine.members, engine.states, strict=True) if not state] == [ID + "org/x"]


def test_role_without_members_gives_no_members() -> None:
    store = graph_of([Stated("state/A", "org/x", "member", {}, "undated", [])])
    day = arrays.on(date(2012, 6, 13))
    assert arrays.read(store).in_role("member").during(day).possible.any()
    assert not arrays.read(store).in_role("applicant").during(day).possible.any()


def test_bound_that_is_not_a_day_is_ignored() -> None:
    """No step makes such a bound, and SPARQL treats the comparison as an error."""
    store = graph_of([Stated("state/A", "org/x", "member", {}, "undated", [])])
    bad = ox.Literal("2004-02-30", datatype=ox.NamedNode("http://www.w3.org/2001/XMLSchema#date"))
    for name in ("earliestStart", "latestStart", "earliestEnd", "latestEnd"):
        store.add([ox.Triple(ox.NamedNode(ID + "membership/0"), ox.NamedNode(CG + name), bad)])
    same_as_sparql(store, date(2005, 1, 1))


def test_a_name_with_a_comma_is_read_whole() -> None:
    store = graph_of([Stated("state/A", "org/x", "member", {"start": "2004"}, "undated", [])])
    odd = ox.NamedNode(ID + "state/O,R")
    store.add([ox.Triple(ox.NamedNode(ID + "membership/0"), ox.NamedNode(CG + "member"), odd)])
    assert ID + "state/O,R" in arrays.read(store).members
    same_as_sparql(store, date(2005, 1, 1))


def test_columns_are_the_texts_of_terms() -> None:
    subject, prop = ox.NamedNode("urn:x:a,b"), ox.NamedNode("urn:x:p")
    terms: list[ox.NamedNode | ox.Literal] = [
        ox.Literal('tab\t, "quote" and\nline', language="en"), ox.Literal(-7), ox.Literal(True), ox.Literal(""),
        ox.Literal("<urn:x:no-iri>"), ox.NamedNode("urn:x:c"), day_literal(date(2012, 6, 13)),
    ]  # fmt: skip
    store = Store.from_triples(ox.Triple(subject, prop, term) for term in terms)
    query = (FIXTURES / "columns.rq").read_text("utf-8")
    subjects, objects, nothing = store.select_columns(query)
    assert subjects == ["urn:x:a,b"] * len(terms)
    assert sorted(objects) == sorted(value(term) for term in terms)
    assert nothing == [""] * len(terms)
    assert Store().select_columns(query) == [[], [], []]


def test_counts_are_whole_numbers_and_exact() -> None:
    flags = np.ones((3, 70_000), np.bool_)
    flags[1, ::2] = False
    counts = arrays.shared_counts(flags)
    assert counts.dtype == np.int32
    assert counts.tolist() == [[70_000, 35_000, 70_000], [35_000, 35_000, 35_000], [70_000, 35_000, 70_000]]


# ---- Correlates of War --------------------------------------------------------------------------


@pytest.mark.skipif(not COW.is_dir(), reason="the Correlates of War data are not beside this checkout")
def test_the_dyads_of_2012_are_those_that_were_derived_from_correlates_of_war() -> None:
    """A state-year counts every full member of that year, on any day of the year."""
    with gzip.open(COW / "state_year_format3.csv.gz", "rt", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if int(row["year"]) >= 2005]
    full: dict[tuple[str, str], list[int]] = {}
    for row in rows:
        for organization in row.keys() - {"ccode", "year", "state"}:
            if row[organization] == "1":
                full.setdefault((row["ccode"], organization), []).append(int(row["year"]))
    store = Store()
    for (code, organization), years in full.items():
        for first in (year for year in years if year - 1 not in years):
            last = next(year for year in years if year >= first and year + 1 not in years)
            spell = ox.NamedNode(f"{ID}membership/{organization}-{code}-{first}")
            said: dict[str, ox.NamedNode | ox.Literal] = {
                "member": ox.NamedNode(f"{ID}state/{code}"),
                "organization": ox.NamedNode(f"{ID}org/{organization}"),
                "inRole": ox.NamedNode(CONCEPT + "member"),
                "standing": spell,
                "earliestStart": day_literal(date(first, 1, 1)),
                "latestStart": day_literal(date(first, 12, 31)),
                "earliestEnd": day_literal(date(last, 1, 1)),
                "latestEnd": day_literal(date(last, 12, 31)),
            }
            store.add(ox.Triple(spell, ox.NamedNode(CG + name), term) for name, term in said.items())
    engine = arrays.read(store)
    counts = arrays.shared_counts(engine.during(arrays.year(2012, any_day=True)).certain.T)
    with (COW / "derived_dyads_2012.csv").open(encoding="utf-8") as file:
        derived = {(r["ccode1"], r["ccode2"]): int(r["joint_full_memberships"]) for r in csv.DictReader(file)}
    assert len(derived) == 18_915
    at = {member.rpartition("/")[2]: number for number, member in enumerate(engine.members)}
    assert {(a, b): int(counts[at[a], at[b]]) for a, b in derived} == derived
