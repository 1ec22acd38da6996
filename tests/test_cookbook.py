"""Each query of the cookbook agrees with its description in both engines, and its parameters have an effect."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from functools import cache
from importlib.resources import files

import pyoxigraph as ox
import pytest

from cica_graph import queries
from cica_graph.graph import Graph
from cica_graph.memberships.names import parameter_term
from cica_graph.pipeline.steps.derive import snapshot
from cica_graph.queries import Query
from cica_graph.store.store import Result, Store, value
from conftest import Engines

QUERIES = {query.name: query for query in queries.folder("cookbook")}
PARAMS = [(query.name, param) for query in QUERIES.values() for param in query.params]
DAY = date(2012, 6, 13)  # the default of every ?asOf
SLOT = r"VALUES\s+\?{}\s*\{{([^}}]*)\}}"

# Another value for each kind of parameter, and for names that need a special one: the answer must change.
OTHER = {
    "cg:Organization": "LAS",
    "cg:Actor": "TUR",
    "cg:State": "TUR",
    "skos:Concept": "member",
    "asOf": "1993-01-01",
    "other": "CIS",
    "since": "2009",
    "until": "2010",
    "word": "Factbook",
}
DAYS = {"since": "2010-01-01", "until": "2005-12-31"}  # the same two names where they are days

every = pytest.mark.parametrize("name", QUERIES)
every_param = pytest.mark.parametrize(("name", "param"), PARAMS)


def run(graph: Graph, query: Query, **params: str) -> Result:
    if (query.snapshot or "asOf" in query.params) and "asOf" not in params:
        return graph.query(query, on=DAY, **params)
    return graph.query(query, **params)


@pytest.fixture(scope="module")
def answers(engines: Engines) -> Callable[[str], Result]:
    """The answer of each query, with the values in its file."""
    return cache(lambda name: run(engines.graph, QUERIES[name]))


def bare(text: str) -> str:
    """The query without its comments, strings and IRIs, each replaced by as many spaces."""
    return re.sub(r'<[^<>\s]*>|"(?:[^"\\\n]|\\.)*"|#[^\n]*', lambda m: " " * len(m[0]), text)


def test_35_queries_are_collected() -> None:
    shipped = sorted(entry.name for entry in files(queries).joinpath("cookbook").iterdir())
    assert [f"{name}.rq" for name in QUERIES] == shipped
    assert len(QUERIES) == 36
    assert len(PARAMS) == 45


def test_query_named_in_an_error_message_exists() -> None:
    assert "actors" in QUERIES


@every
def test_title_is_one_line(name: str) -> None:
    query = QUERIES[name]
    assert 10 < len(query.title) < 75
    assert query.text.startswith(f"# {query.title}\n")
    assert query.title.endswith(".")


@every
def test_the_day_of_its_file_is_the_day_of_the_profile(name: str) -> None:
    if "asOf" in QUERIES[name].params:
        slot = re.search(SLOT.format("asOf"), QUERIES[name].text)
        assert slot is not None
        assert slot[1].strip() == f'"{DAY}"^^xsd:date'


@every
def test_query_that_needs_the_snapshot_is_marked(name: str) -> None:
    links = r"cg:(memberOf|possiblyMemberOf|formerMemberOf|(possibly)?(Observer|Applicant|observer|applicant)Of)\b"
    assert QUERIES[name].snapshot == bool(re.search(links, QUERIES[name].text))
    assert not QUERIES[name].snapshot or "asOf" in QUERIES[name].params


@every
def test_query_returns_distinct_rows(answers: Callable[[str], Result], name: str) -> None:
    result = answers(name)
    assert result.rows
    assert result.columns
    assert len({tuple(sorted((k, str(v)) for k, v in row.items())) for row in result.rows}) == len(result.rows)


@every
def test_each_column_has_a_value_somewhere(answers: Callable[[str], Result], name: str) -> None:
    result = answers(name)
    empty = [column for column in result.columns if not any(column in row for row in result.rows)]
    assert set(empty) <= {"end"}  # nobody has left CICA


@pytest.mark.filterwarnings("ignore:Dataset:DeprecationWarning")  # rdflib uses its own deprecated functions
@every
def test_both_engines_give_the_same_rows(few_engines: Engines, name: str) -> None:
    query = QUERIES[name]
    day = DAY if query.snapshot else None
    run(few_engines.graph, query)  # adds the snapshot
    ours = few_engines.in_pyoxigraph(query.text, day)  # without extra prefixes: the file declares its own
    assert ours
    assert few_engines.in_rdflib(query.text, day) == ours


@every
def test_the_order_of_its_rows_is_total(few_engines: Engines, backwards: Store, name: str) -> None:
    query = QUERIES[name]
    rows = list(run(few_engines.graph, query).rows)
    assert list(run(few_engines.graph, query).rows) == rows
    assert backwards.select(query.text, DAY if query.snapshot else None) == rows


@pytest.fixture(scope="module")
def backwards(few_engines: Engines) -> Store:
    """The same statements, added in the reverse order."""
    snapshot(few_engines.graph.store, DAY)
    store = Store()
    for quad in reversed(few_engines.graph.store.quads()):
        store.add_quads([quad])
    return store


@every
def test_query_uses_no_service_and_compares_no_stated_date(name: str) -> None:
    text = bare(QUERIES[name].text)
    assert not re.search(r"\b(SERVICE|FROM)\b", text, re.IGNORECASE)
    stated = r"\?(start|end|date|founded|ended|accurateAsOf)\b"
    assert not re.search(rf"{stated}\s*[<>=]|[<>=]\s*{stated}", text)


def rejected(graph: Graph) -> list[tuple[str, str]]:
    """Each report that the editors reject, with the member that it names."""
    query = """SELECT ?report ?member WHERE { ?report a cg:Report ; cg:member ?member . FILTER NOT EXISTS { ?report cg:of ?m } }"""
    return [(value(row["report"]), value(row["member"])) for row in graph.query(query).rows]


@pytest.mark.parametrize("name", sorted(set(QUERIES) - {"notes", "sources-of"}))  # these show what each source says
def test_report_that_the_editors_reject_is_not_a_membership(
    engines: Engines, answers: Callable[[str], Result], name: str
) -> None:
    graph, query = engines.graph, QUERIES[name]
    result = run(graph, query, organization="EAC") if "organization" in query.params else answers(name)
    values = {value(term) for row in result.rows for term in row.values()}
    reports = rejected(graph)
    assert len(reports) >= 20
    assert [iri for iri, _ in reports if iri in values] == []


def test_answers_about_a_member_lack_the_reports_that_the_editors_reject(graph: Graph) -> None:
    """COW lists Malawi as a member of the EAC, and the Factbook lists Burundi in CICA."""
    assert {("eac-MWI#cow", "MWI"), ("cica-BDI#factbook", "BDI")} <= {
        (report.rpartition("/")[2], member.rpartition("/")[2]) for report, member in rejected(graph)
    }
    for member, organization in (("MWI", "EAC"), ("BDI", "CICA")):
        assert organization not in [m.code for m in graph.memberships(member, on=DAY, past=True)]
        assert graph.why(member, organization, on=DAY).answer == "no"


@every_param
def test_each_parameter_is_once_in_the_outermost_group(name: str, param: str) -> None:
    text = bare(QUERIES[name].text)
    slots = [m.start() for m in re.finditer(SLOT.format(param), text)]
    assert len(slots) == 1
    before = text[: slots[0]]
    assert before.count("{") - before.count("}") == 1


@every_param
def test_another_value_changes_the_text_and_the_answer(
    engines: Engines, answers: Callable[[str], Result], name: str, param: str
) -> None:
    query = QUERIES[name]
    kind = query.params[param]
    value = OTHER.get(param) or OTHER[kind]
    if kind == "xsd:date":
        value = DAYS.get(param, value)
    before, after = answers(name), run(engines.graph, query, **{param: value})
    term = parameter_term(query, param, value, engines.graph.names)
    assert query.bind(**{param: term}) != query.text
    assert after.columns == before.columns
    assert after.rows != before.rows


def test_the_answers_are_those_of_the_profile(engines: Engines) -> None:
    """5 of 7 CSTO members are members of CICA; Armenia and Belarus are not."""
    graph = engines.graph
    csto = next(
        row
        for row in graph.query("overlaps-with", on=DAY).rows
        if row["other"] == ox.NamedNode("https://w3id.org/cica-graph/id/org/csto")
    )
    assert [csto[n] for n in ("shared", "total", "sharedAtMost", "totalAtMost")] == [
        ox.Literal(5),
        ox.Literal(7),
        ox.Literal(5),
        ox.Literal(7),
    ]
    missing = graph.query("missing-from", on=DAY, organization="CICA", other="CSTO").rows
    assert [row["label"].value for row in missing if isinstance(row["label"], ox.Literal)] == ["Armenia", "Belarus"]
    facts = {row["fact"] for row in graph.query("facts").rows}
    assert facts == {ox.Literal(f"F{n:02d}") for n in range(1, 133)}
