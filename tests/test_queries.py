from __future__ import annotations

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cica_graph import queries
from cica_graph.model.errors import QueryError
from cica_graph.queries import guard
from cica_graph.store.store import Store

TEXT = '# A title.\n# param who cg:State\n# needs the snapshot\nSELECT ?x { VALUES ?who { "a" } ?who ?p ?x }'


def test_the_head_of_a_query_is_read() -> None:
    query = queries.read("q", TEXT)
    assert (query.title, dict(query.params), query.snapshot) == ("A title.", {"who": "cg:State"}, True)


def test_a_title_may_take_two_lines_and_notes_after_parameters_are_not_title() -> None:
    query = queries.read("q", "# One\n# two.\n# param a xsd:date\n# a note\nASK {}")
    assert query.title == "One two."


def test_binding_replaces_the_value_with_a_term() -> None:
    bound = queries.read("q", TEXT).bind(who=ox.NamedNode("urn:x:a"))
    assert "VALUES ?who { <urn:x:a> }" in " ".join(bound.split())


def test_error_for_an_unknown_parameter_lists_the_known_ones() -> None:
    with pytest.raises(QueryError, match="its parameters are: who"):
        queries.read("q", TEXT).bind(whom=ox.Literal("x"))


def test_a_declared_parameter_without_a_place_is_an_error() -> None:
    with pytest.raises(QueryError, match="has no VALUES"):
        queries.read("q", "# param who cg:State\nASK { ?who ?p ?o }").bind(who=ox.Literal("x"))


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_is_bound_as_a_term(text: str) -> None:
    """No text of a parameter can leave its literal."""
    store = ox.Store()
    store.add(ox.Quad(ox.NamedNode("urn:x:a"), ox.NamedNode("urn:x:p"), ox.Literal(text)))
    query = queries.read("q", '# param what text\nSELECT ?s { VALUES ?what { "" } ?s ?p ?what }')
    found = store.query(query.bind(what=ox.Literal(text)))
    assert isinstance(found, ox.QuerySolutions)
    assert len(list(found)) == 1


@given(st.text(alphabet="{}()[]\"'<>#\\\n SERVICEservice?x:.", max_size=80))
def test_the_guard_never_breaks(text: str) -> None:
    try:
        guard.analyse(text)
    except QueryError:
        return


@given(st.sampled_from(["SERVICE", "service", "SeRvIcE"]), st.sampled_from(["", " ", "\n", "#c\n", " SILENT "]))
def test_a_call_that_the_engine_would_make_is_always_seen(word: str, gap: str) -> None:
    text = f"SELECT * {{ ?s ?p '\\'' . {word}{gap}<http://127.0.0.1:9/> {{ ?s ?p ?o }} }}"
    with pytest.raises(QueryError, match="SERVICE"):
        guard.analyse(text)


def test_every_shipped_query_has_a_title_and_passes_the_guard() -> None:
    count = 0
    for folder in ("rules", "derive", "select", "cookbook", "tables", "catalog"):
        for query in queries.folder(folder):
            assert query.title, query.name
            guard.analyse(query.text)
            count += 1
    assert count >= 50


def test_value_that_looks_like_a_parameter_is_a_value() -> None:
    query = queries.read(
        "q", "# param a xsd:string\n# param b xsd:string\nSELECT * { VALUES ?a { UNDEF } VALUES ?b { UNDEF } }"
    )
    a, b = ox.Literal("VALUES ?b { } VALUES ?a { x"), ox.Literal('"} VALUES ?a { <urn:x:out> }')
    (row,) = Store().select(query.bind(a=a, b=b))
    assert row == {"a": a, "b": b}
