"""The organizations of the handbook of 2012 and their members on days that other sources tell."""

from __future__ import annotations

import pytest

from cica_graph import Graph
from cica_graph.store.store import Store, value

PREFIXES = """
PREFIX c: <https://w3id.org/cica-graph/concept/>
PREFIX cg: <https://w3id.org/cica-graph/ns#>
PREFIX dcterms: <http://purl.org/dc/terms/>
PREFIX foaf: <http://xmlns.com/foaf/0.1/>
PREFIX o: <https://w3id.org/cica-graph/id/org/>
PREFIX s: <https://w3id.org/cica-graph/id/state/>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
"""


def column(graph: Graph, query: str) -> list[str]:
    return [value(next(iter(row.values()))) for row in graph.store.select(PREFIXES + query)]


def test_57_organizations_have_memberships(graph: Graph) -> None:
    assert len(column(graph, "SELECT DISTINCT ?o WHERE { ?m a cg:Membership ; cg:organization ?o }")) == 57


def test_there_are_at_least_1700_memberships(graph: Graph) -> None:
    assert len(column(graph, "SELECT DISTINCT ?m WHERE { ?m a cg:Membership }")) >= 1700


def test_every_date_of_a_membership_has_a_section_that_gives_it(graph: Graph) -> None:
    query = """SELECT ?m WHERE { ?m a cg:Membership ; ?p ?date . FILTER(?p IN (cg:start, cg:end))
                 FILTER NOT EXISTS { ?m dcterms:source ?section }
                 FILTER NOT EXISTS { ?r cg:of ?m ; ?p ?date ; dcterms:source ?section } }"""
    assert column(graph, query) == []


def test_each_page_of_the_handbook_is_a_source_with_its_day(graph: Graph) -> None:
    query = """SELECT DISTINCT ?page WHERE { ?page a cg:Source ; dcterms:publisher "Small Arms Survey" ;
                 foaf:primaryTopic ?o ; foaf:page ?address ; cg:accurateAsOf ?day ; cg:dateBasis ?basis .
                 ?section dcterms:isPartOf ?page . ?o a cg:Organization }"""
    assert len(column(graph, query)) == 49


def test_47_pages_name_every_member_on_their_day(graph: Graph) -> None:
    query = """SELECT DISTINCT ?o WHERE { ?c a cg:Coverage ; cg:covers ?o ; cg:coversRole c:member ;
                 dcterms:source/dcterms:isPartOf/dcterms:publisher "Small Arms Survey" }"""
    assert len(column(graph, query)) == 47


@pytest.mark.parametrize(
    ("organization", "day", "count"),
    [
        ("NATO", "2012-07-01", 28),
        ("NATO", "2024-04-01", 32),
        ("EU", "2012-07-01", 27),
        ("EU", "2014-01-01", 28),
        ("EU", "2021-01-01", 27),
        ("AU", "2012-07-01", 54),
        ("AU", "2017-06-01", 55),
        ("ECOWAS", "2012-07-01", 15),
        ("ECOWAS", "2025-03-01", 12),
        ("EAC", "2012-07-01", 5),
        ("EAC", "2024-06-01", 8),
        ("SCO", "2012-07-01", 6),
        ("SCO", "2018-01-01", 8),
        ("SCO", "2024-09-01", 10),
        ("ASEAN", "2012-07-01", 10),
        ("ASEAN", "2025-12-01", 11),
        ("SADC", "2012-07-01", 15),
        ("SADC", "2018-01-01", 16),
        ("MERCOSUR", "2012-07-15", 4),
        ("LAS", "2012-06-13", 22),
        ("LAS", "2024-01-01", 22),
        ("AMERIPOL", "2012-07-31", 24),
        ("OCO", "2012-07-31", 24),
        ("CEMAC", "2012-07-31", 6),
        ("COI", "2012-04-11", 5),
        ("UNASUR", "2012-07-05", 12),
    ],
)
def test_members_that_are_certain_or_presumed(graph: Graph, organization: str, day: str, count: int) -> None:
    answers = [m.certainty for m in graph.members(organization, on=day)]
    assert sum(answer in ("certain", "presumed") for answer in answers) == count
    assert "disputed" not in answers


@pytest.mark.parametrize(
    ("organization", "member", "day", "suspended"),
    [
        ("MERCOSUR", "PRY", "2012-07-15", True),
        ("LAS", "SYR", "2012-06-13", True),
        ("LAS", "SYR", "2024-01-01", False),
        ("AU", "MDG", "2012-05-01", True),
        ("SADC", "MDG", "2012-05-17", True),
        ("SADC", "MDG", "2014-06-01", False),
        ("PIF", "FJI", "2012-06-02", True),
        ("PIF", "FJI", "2015-01-01", False),
    ],
)
def test_suspended_members_are_members(graph: Graph, organization: str, member: str, day: str, suspended: bool) -> None:
    (found,) = [m for m in graph.members(organization, on=day) if m.code == member]
    assert found.suspended == suspended


def test_suspension_without_a_known_end_has_no_latest_end(graph: Graph) -> None:
    query = """SELECT ?t WHERE { ?t a cg:Suspension ; cg:suspends/cg:member s:SSD . FILTER NOT EXISTS { ?t cg:end ?e }
                 FILTER NOT EXISTS { ?t cg:latestEnd ?last } }"""
    assert len(column(graph, query)) == 1


@pytest.mark.parametrize(
    ("organization", "kind", "codes"),
    [
        ("COI", "state", {"COM", "MDG", "MUS", "REU", "SYC"}),
        ("RCC", "organization", {"CEDB", "CoE", "EBRD", "EIB", "EU", "IOM", "NATO"}),
        ("RCC", "organ", {"unmik"}),
    ],
)
def test_organizations_and_territories_are_members(graph: Graph, organization: str, kind: str, codes: set[str]) -> None:
    found = {m.code for m in graph.members(organization, on="2012-06-30") if m.kind == kind}
    assert found == codes


def test_a_country_may_have_two_police_forces_in_ameripol(graph: Graph) -> None:
    query = """SELECT ?country WHERE { ?corps a cg:Corps ; cg:organOf ?country }
               GROUP BY ?country HAVING (COUNT(?corps) = 2) ORDER BY ?country"""
    assert column(graph, query) == [f"https://w3id.org/cica-graph/id/state/{code}" for code in ("CRI", "PAN")]
    assert {m.kind for m in graph.members("AMERIPOL", on="2012-07-31")} == {"organ"}


def test_contested_names_are_those_of_their_sources(graph: Graph) -> None:
    query = "SELECT ?name WHERE { ?n cg:names s:TWN ; cg:name ?name ; dcterms:source ?section } ORDER BY ?name"
    assert column(graph, query) == ["Chinese Taipei", "Taiwan"]
    assert "TWN" in {m.code for m in graph.members("APEC", on="2012-07-31")}


def test_a_report_that_the_editors_reject_makes_no_member(graph: Graph) -> None:
    store: Store = graph.store
    query = PREFIXES + "SELECT ?o ?m WHERE { ?r a cg:Report ; cg:organization ?o ; cg:member ?m ; cg:role c:member }"
    rejected = {(value(row["o"]), value(row["m"])) for row in store.select(query)}
    assert len(rejected) >= 14
    for code in ("BWA", "LSO", "MWI", "ZMB", "ZWE"):
        assert code not in {m.code for m in graph.members("EAC", on="2010-01-01")}
    assert graph.why("ZMB", "EAC", on="2010-01-01").answer == "no"
    assert graph.why("SVN", "RECSA", on="2026-01-01").answer == "no"
    assert "MAR" not in {m.code for m in graph.members("AU", on="2012-07-01")}
    assert "MAR" in {m.code for m in graph.members("AU", on="2018-07-01")}


@pytest.mark.parametrize(
    ("member", "organization", "day", "role"),
    [
        ("HRV", "EU", "2012-06-13", "applicant"),
        ("MAR", "GCC", "2012-06-21", "applicant"),
        ("VEN", "MERCOSUR", "2012-07-16", "applicant"),
        ("TLS", "ASEAN", "2012-05-23", "applicant"),
        ("NCL", "PIF", "2012-06-02", "associate"),
        ("NCL", "PIF", "2018-01-01", "member"),
        ("DNK", "Europol", "2016-01-01", "member"),
        ("DNK", "Europol", "2018-01-01", "observer"),
        ("DOM", "SICA", "2012-05-23", "associate"),
        ("DOM", "SICA", "2022-06-30", "member"),
    ],
)
def test_role_of_a_member_on_a_day(graph: Graph, member: str, organization: str, day: str, role: str) -> None:
    found = {m.code for m in graph.members(organization, on=day, role=role) if m.certainty in ("certain", "presumed")}
    assert member in found


def test_a_pending_membership_may_run_together_with_another_role(graph: Graph) -> None:
    on = "2012-05-23"
    assert "TLS" in {m.code for m in graph.members("ASEAN", on=on, role="applicant")}
    assert "TLS" in {m.code for m in graph.members("ASEAN", on=on, role="observer")}
