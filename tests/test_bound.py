"""Bounds and what is certain on a day, by hand for the known shapes and by property for all of them."""

from __future__ import annotations

from datetime import date, timedelta

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cica_graph import queries
from cica_graph.model.terms import BASE, CG, local
from cica_graph.pipeline.steps.bound import bound
from cica_graph.pipeline.steps.settle import settled
from cica_graph.store.store import Store, day_literal, value

PREFIXES = f"""
@prefix cg: <{CG}> . @prefix e: <http://id.loc.gov/datatypes/edtf/> . @prefix dcterms: <http://purl.org/dc/terms/> .
@prefix c: <{BASE}concept/> . @prefix : <{BASE}id/x/> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
cg:Membership rdfs:subClassOf cg:Situation .
:s cg:accurateAsOf "2012-06-13"^^e:EDTF . :sec dcterms:isPartOf :s .
:m a cg:Membership ; cg:member :who ; cg:organization :org ; cg:inRole c:member ; cg:role c:member .
"""


def bounds(statements: str) -> dict[str, str]:
    store = read(statements)
    return {local(q.predicate.value): q.object.value for q in bound(store)[0] if value(q.subject).endswith("/m")}  # type: ignore[union-attr]


def read(statements: str) -> Store:
    return Store.from_triples(q.triple for q in ox.parse(PREFIXES + statements, format=ox.RdfFormat.TURTLE))


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        (':m cg:start "2004"^^e:EDTF .',
         {"earliestStart": "2004-01-01", "latestStart": "2004-12-31", "earliestEnd": "2004-01-01"}),
        (':m cg:start "2004"^^e:EDTF ; cg:end "2006-02"^^e:EDTF .',
         {"earliestStart": "2004-01-01", "latestStart": "2004-12-31", "earliestEnd": "2006-02-01",
          "latestEnd": "2006-02-28"}),
        (':m cg:start "2008"^^e:EDTF ; dcterms:source :sec .',
         {"earliestStart": "2008-01-01", "latestStart": "2008-12-31", "earliestEnd": "2012-06-13"}),
        (":m dcterms:source :sec .", {"latestStart": "2012-06-13", "earliestEnd": "2012-06-13"}),
        (':m cg:end "2010"^^e:EDTF ; dcterms:source :sec .',  # with a stated end, the day of the source attests nothing
         {"latestStart": "2010-12-31", "earliestEnd": "2010-01-01", "latestEnd": "2010-12-31"}),
        (':m cg:attestedOn "1999-09-14"^^e:EDTF , "2004-10"^^e:EDTF .',
         {"latestStart": "1999-09-14", "earliestEnd": "2004-10-01"}),
        (':m cg:start "2008"^^e:EDTF ; cg:attestedOn "2008-03-01"^^e:EDTF .',
         {"earliestStart": "2008-01-01", "latestStart": "2008-03-01", "earliestEnd": "2008-03-01"}),
        (':m cg:date "2010-05"^^e:EDTF .', {"earliestStart": "2010-05-01", "latestEnd": "2010-05-31"}),
    ],
)  # fmt: skip
def test_bounds_by_hand(stated: str, expected: dict[str, str]) -> None:
    assert bounds(stated) == expected


def test_text_that_is_not_a_date_is_a_finding_and_gives_no_bounds() -> None:
    quads, findings = bound(read(':m cg:start "2011-02-30"^^e:EDTF .'))
    assert not quads_of(quads, "m")
    assert [f.rule for f in findings] == ["date"]
    assert "2011-02-30" in findings[0].message


def quads_of(quads: list[ox.Quad], name: str) -> list[ox.Quad]:
    return [q for q in quads if value(q.subject).endswith("/" + name)]


def holds(store: Store, day: date) -> str:
    query = queries.shipped("select", "members").bind(
        organization=ox.NamedNode(BASE + "id/x/org"),
        inRole=ox.NamedNode(BASE + "concept/member"),
        asOf=day_literal(day),
    )
    return value(store.select(query)[0]["holds"])


texts = st.dates(date(1950, 1, 1), date(2050, 1, 1)).flatmap(
    lambda d: st.sampled_from([d.isoformat(), d.isoformat()[:7], d.isoformat()[:4]])
)


@settings(max_examples=150, deadline=None)
@given(
    start=st.none() | texts, end=st.none() | texts, real=st.tuples(st.floats(0, 1), st.floats(0, 1)),
    probe=st.dates(date(1949, 1, 1), date(2051, 1, 1)),
)  # fmt: skip
def test_answers_for_a_day_are_correct_for_every_spell_that_fits_the_dates(
    start: str | None, end: str | None, real: tuple[float, float], probe: date
) -> None:
    """Take any true first and last day that the stated dates allow: certain must be in, no must be out."""
    from cica_graph.model.edtf import span

    def pick(text: str | None, where: float, otherwise: date) -> date:
        if text is None:
            return otherwise
        first, last = span(text)
        return first + timedelta(days=round((last - first).days * where))

    first = pick(start, real[0], date(1940, 1, 1))
    last = pick(end, real[1], date(2060, 1, 1))
    if last < first or (start is None and end is None):
        return
    stated = (f':m cg:start "{start}"^^e:EDTF .' if start else "") + (f':m cg:end "{end}"^^e:EDTF .' if end else "")
    store = read(stated)
    store.add_quads(bound(store)[0])
    store.add_quads(settled(store))
    answer = holds(store, probe)
    truly = first <= probe <= last
    assert not (answer == "certain" and not truly), (first, last)
    assert not (answer == "no" and truly), (first, last)
