"""Faults of other libraries for which this package has a workaround.

A test here fails when a library fixes its fault. Remove the workaround then.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import edtf
import owlrl
import pyoxigraph as ox
import pytest
import rdflib
from rdflib import OWL, RDF, Graph
from rdflib.plugins.parsers.notation3 import BadSyntax

TTL = "@prefix : <urn:x:> . @prefix xsd: <http://www.w3.org/2001/XMLSchema#> . @prefix owl: <http://www.w3.org/2002/07/owl#> . "
HEAD = "PREFIX : <urn:x:> PREFIX xsd: <http://www.w3.org/2001/XMLSchema#> "


def with_rdflib(data: str, query: str) -> list[tuple[str, ...]]:
    graph = Graph().parse(data=TTL + data, format="turtle")
    return sorted(tuple(str(cell) for cell in row) for row in graph.query(HEAD + query))  # type: ignore[union-attr]


def with_oxigraph(data: str, query: str) -> list[tuple[str, ...]]:
    store = ox.Store()
    store.load(TTL + data, format=ox.RdfFormat.TURTLE)
    solutions = store.query(HEAD + query)
    assert isinstance(solutions, ox.QuerySolutions)
    return sorted(tuple("None" if cell is None else cell.value for cell in row) for row in solutions)


YEAR = ':a :y "2004"^^xsd:gYear .'


def test_years_compare_with_days_in_neither_engine() -> None:
    query = 'SELECT ?s WHERE { ?s :y ?y FILTER(?y <= "2004-05-01"^^xsd:date) }'
    assert with_rdflib(YEAR, query) == []
    assert with_oxigraph(YEAR, query) == []


def test_years_compare_with_years_in_one_engine_only() -> None:
    query = 'SELECT ?s WHERE { ?s :y ?y FILTER(?y <= "2004"^^xsd:gYear) }'
    assert with_rdflib(YEAR, query) == []
    assert with_oxigraph(YEAR, query) == [("urn:x:a",)]


def test_both_engines_compare_days_in_the_same_way() -> None:
    data = ':a :d "2004-01-01"^^xsd:date . :b :d "2005-01-01"^^xsd:date .'
    query = 'SELECT ?s WHERE { ?s :d ?d FILTER(?d <= "2004-05-01"^^xsd:date) }'
    assert with_rdflib(data, query) == with_oxigraph(data, query) == [("urn:x:a",)]


@pytest.mark.filterwarnings("ignore")
def test_rdflib_lets_an_ill_typed_date_through_a_filter() -> None:
    data = ':a :d "nonsense"^^xsd:date .'
    query = 'SELECT ?s WHERE { ?s :d ?d FILTER(?d <= "2004-05-01"^^xsd:date || ?d > "2004-05-01"^^xsd:date) }'
    assert with_oxigraph(data, query) == []
    assert with_rdflib(data, query) == [("urn:x:a",)]


def test_rdflib_loses_rows_when_optional_follows_values() -> None:
    """https://github.com/RDFLib/rdflib/issues/2332, open since 2023."""
    data = ":o1 a :Org . :o2 a :Org . :x :memberOf :o1 . :y :observerOf :o2 ."
    query = "SELECT ?o ?p ?x WHERE { ?o a :Org . VALUES ?p { :memberOf :observerOf } OPTIONAL { ?x ?p ?o } }"
    assert len(with_oxigraph(data, query)) == 4
    assert len(with_rdflib(data, query)) == 2


@pytest.mark.parametrize(
    "inner", ["OPTIONAL { { ?s :d ?d FILTER(?d < ?day) } }", "{ ?s :d ?d FILTER(?d < ?day) } UNION { }"]
)
def test_a_parameter_outside_is_not_seen_inside_in_either_engine(inner: str) -> None:
    data = ':a a :T ; :d "2004-01-01"^^xsd:date .'
    query = f'SELECT ?d WHERE {{ VALUES ?day {{ "2010-01-01"^^xsd:date }} {inner} }}'
    assert ("2004-01-01",) not in with_rdflib(data, query)
    assert ("2004-01-01",) not in with_oxigraph(data, query)


def closure(data: str) -> Graph:
    graph = Graph().parse(data=TTL + data, format="turtle")
    owlrl.DeductiveClosure(owlrl.OWLRL_Semantics).expand(graph)
    return graph


def test_owlrl_ignores_the_last_key_property_so_one_key_makes_all_the_same() -> None:
    graph = closure(':C owl:hasKey ( :iso ) . :a a :C ; :iso "A" . :b a :C ; :iso "B" .')
    assert (rdflib.URIRef("urn:x:a"), OWL.sameAs, rdflib.URIRef("urn:x:b")) in graph


def test_owlrl_never_checks_the_last_member_of_all_different() -> None:
    error = rdflib.URIRef("http://www.daml.org/2002/03/agents/agent-ont#error")
    pair = "[] a owl:AllDifferent ; owl:members ( :a :b ) . :a owl:sameAs :b ."
    assert list(closure(pair).objects(None, error)) == []


def test_owlrl_uses_literals_as_subjects() -> None:
    graph = closure(':a :p "x" .')
    assert any(isinstance(s, rdflib.Literal) for s in graph.subjects())


HASHED = """
import sys, rdflib
graph = rdflib.Graph()
for n in range(20): graph.add((rdflib.URIRef(f"urn:x:{n}"), rdflib.URIRef("urn:x:p"), rdflib.Literal(n)))
sys.stdout.write(graph.serialize(format=sys.argv[1]))
"""


@pytest.mark.parametrize("form", ["nt", "json-ld", "xml"])
def test_rdflib_writes_in_another_order_for_each_hash_seed(form: str) -> None:
    outputs = {
        subprocess.run(
            [sys.executable, "-c", HASHED, form], env={"PYTHONHASHSEED": str(n)}, capture_output=True, check=True
        ).stdout
        for n in range(4)
    }
    assert len(outputs) > 1


def test_rdflib_json_ld_carries_prefixes_that_nothing_uses() -> None:
    graph = Graph().add((rdflib.URIRef("urn:x:a"), rdflib.URIRef("urn:x:p"), rdflib.Literal(1)))
    context = json.loads(graph.serialize(format="json-ld", auto_compact=True))["@context"]
    assert len(context) > 20


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_rdflib_reads_a_local_file_for_from(tmp_path: Path) -> None:
    (tmp_path / "secret.ttl").write_text("<urn:x:a> <urn:x:p> 'found' .", "utf-8")
    query = f"SELECT ?o FROM <{(tmp_path / 'secret.ttl').as_uri()}> WHERE {{ ?s ?p ?o }}"
    rows = list(rdflib.Dataset().query(query))
    assert [str(row[0]) for row in rows] == ["found"]  # type: ignore[index]


def test_oxigraph_reads_no_file_for_from(tmp_path: Path) -> None:
    (tmp_path / "secret.ttl").write_text("<urn:x:a> <urn:x:p> 'found' .", "utf-8")
    query = f"SELECT ?o FROM <{(tmp_path / 'secret.ttl').as_uri()}> WHERE {{ ?s ?p ?o }}"
    solutions = ox.Store().query(query)
    assert isinstance(solutions, ox.QuerySolutions)
    assert list(solutions) == []


def test_deep_nesting_ends_the_process_of_oxigraph() -> None:
    code = 'import pyoxigraph; n = 30000; pyoxigraph.Store().query("SELECT * WHERE " + "{" * n + "}" * n)'
    assert subprocess.run([sys.executable, "-c", code], capture_output=True).returncode < 0


def test_oxigraph_expands_entities_of_xml_without_limit() -> None:
    entities = '<!ENTITY a0 "aaaaaaaaaa">' + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 5))
    head = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="urn:x:"'
    text = f'<!DOCTYPE x [{entities}]><rdf:RDF {head}><rdf:Description rdf:about="urn:x:a"><p>&a4;</p></rdf:Description></rdf:RDF>'
    quad = next(iter(ox.parse(text, format=ox.RdfFormat.RDF_XML)))
    assert isinstance(quad.object, ox.Literal)
    assert len(quad.object.value) > 100 * len(text)


def test_oxigraph_lower_cases_language_tags() -> None:
    assert ox.Literal("x", language="ru-Latn").language == "ru-latn"


def test_oxigraph_refuses_a_byte_order_mark() -> None:
    with pytest.raises(SyntaxError):
        list(ox.parse("\ufeff<urn:x:a> <urn:x:p> 1 .", format=ox.RdfFormat.TURTLE))


def test_the_edtf_package_takes_a_day_that_no_calendar_has() -> None:
    assert edtf.parse_edtf("2005-02-29").lower_strict()[:3] == (2005, 2, 29)


def test_rdflib_makes_one_of_two_spellings_of_a_number() -> None:
    graph = Graph().parse(data=TTL + ':a :p "01"^^xsd:integer .', format="turtle")
    assert str(next(graph.objects())) == "1"


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_pyshacl_wants_this_in_nested_selects() -> None:
    import pyshacl

    shapes = """
    @prefix sh: <http://www.w3.org/ns/shacl#> .
    <urn:x:s> a sh:NodeShape ; sh:targetNode <urn:x:a> ; sh:sparql [ a sh:SPARQLConstraint ; sh:message "m" ;
        sh:select "SELECT $this WHERE { { SELECT ?s WHERE { ?s ?p ?o } } }" ] .
    """
    conforms, _, text = pyshacl.validate(
        Graph().add((rdflib.URIRef("urn:x:a"), RDF.type, OWL.Thing)), shacl_graph=shapes
    )
    assert not conforms
    assert "nested SELECT" in text


def test_rdflib_cannot_read_an_escaped_dot_that_oxigraph_writes() -> None:
    triple = ox.Triple(ox.NamedNode("urn:x:a."), ox.NamedNode("urn:x:p"), ox.NamedNode("urn:x:b"))
    text = ox.serialize([triple], format=ox.RdfFormat.TURTLE, prefixes={"x": "urn:x:"})
    assert text is not None
    assert b"\\." in text
    with pytest.raises(BadSyntax):
        Graph().parse(data=text, format="turtle")


def test_pyld_takes_the_text_null_for_nothing() -> None:
    from pyld import jsonld

    node = {"@id": "urn:x:a", "@type": ["urn:x:T"], "urn:x:p": [{"@value": "@null"}]}
    framed = jsonld.frame([node], {"@type": "urn:x:T"}, {"omitGraph": False})
    assert framed["@graph"][0].get("urn:x:p") is None


def test_oxigraph_leaves_an_iri_with_a_comma_unquoted_in_csv() -> None:
    store = ox.Store()
    store.add(ox.Quad(ox.NamedNode("urn:x:a,b"), ox.NamedNode("urn:x:p"), ox.Literal("c,d")))
    solutions = store.query("SELECT ?s ?o { ?s ?p ?o }")
    assert isinstance(solutions, ox.QuerySolutions)
    assert solutions.serialize(format=ox.QueryResultsFormat.CSV) == b's,o\r\nurn:x:a,b,"c,d"\r\n'
