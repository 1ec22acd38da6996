"""JSON-LD, compared with the output of pyld, and read back by pyld and two other libraries."""

from __future__ import annotations

import json
import random
import warnings
from collections.abc import Iterable
from importlib.resources import files
from typing import Any, NoReturn

import pyoxigraph as ox
import pytest
import rdflib
from hypothesis import given
from hypothesis import strategies as st
from pyld import jsonld
from rdflib.compare import isomorphic

from cica_graph import Graph
from cica_graph.formats.jsonld import document, to_jsonld
from cica_graph.model.errors import UsageError
from cica_graph.model.terms import BASE, CG, EDTF, ID, RDF, RDF_TYPE, XSD
from cica_graph.store.store import Store
from conftest import in_rdflib

SHIPPED = files("cica_graph.formats").joinpath("context.jsonld")
CONTEXT: dict[str, Any] = json.loads(SHIPPED.read_text("utf-8"))["@context"]
NAMESPACES = {name: text for name, text in CONTEXT.items() if isinstance(text, str) and text.endswith(("/", "#"))}
MASK = "zz:"  # pyld renames blank nodes and reads the text "@null" as no value, so both are replaced
Node = dict[str, Any]
Resource = ox.NamedNode | ox.BlankNode


def refuse(url: str, options: object = None) -> NoReturn:
    raise AssertionError(f"the context {url} would be fetched")


# ---- The judge -----------------------------------------------------------------------------------


def long(name: str) -> str:
    prefix, _, rest = name.partition(":")
    return NAMESPACES[prefix] + rest if prefix in NAMESPACES else name


def expanded(triples: Iterable[ox.Triple]) -> list[Node]:
    """One node a subject in expanded form, its values by language and then as N-Triples text."""
    nodes: dict[str, Node] = {}
    for t in sorted(triples, key=lambda t: str(t.object)):
        node = nodes.setdefault(masked(t.subject), {"@id": masked(t.subject)})
        if t.predicate.value == RDF_TYPE and not isinstance(t.object, ox.Literal):
            node.setdefault("@type", []).append(masked(t.object))
        else:
            node.setdefault(t.predicate.value, []).append(expanded_value(t.object))
    for node in nodes.values():
        for values in node.values():
            if isinstance(values, list) and isinstance(values[0], dict):
                values.sort(key=lambda v: v.get("@language", ""))
    return list(nodes.values())


def masked(term: object) -> str:
    assert isinstance(term, ox.NamedNode | ox.BlankNode)
    return term.value if isinstance(term, ox.NamedNode) else f"{MASK}_:{term.value}"


def expanded_value(term: object) -> Node:
    if not isinstance(term, ox.Literal):
        return {"@id": masked(term)}
    text = f"{MASK}null" if term.value == "@null" else term.value
    if term.language:
        return {"@value": text, "@language": term.language}
    if term.datatype.value == XSD + "string":
        return {"@value": text}
    value: object = text
    if term.datatype.value == XSD + "boolean":
        value = {"true": True, "false": False}.get(text, text)
    if term.datatype.value == XSD + "integer" and text.isascii() and text.lstrip("-").isdigit():
        value = int(text) if str(int(text)) == text and len(text.lstrip("-")) <= 15 else text
    return {"@value": value, "@type": term.datatype.value}


def judged(triples: Iterable[ox.Triple]) -> bytes:
    """Return the result of pyld's framing of triples, class by class, https://www.w3.org/TR/json-ld11-framing/."""
    ranks = {long(iri): rank for rank, iri in enumerate(v for k, v in CONTEXT.items() if k[0].isupper())}
    groups: dict[tuple[int, str], list[Node]] = {}
    for node in expanded(triples):
        place = min(((ranks.get(k, len(ranks)), k) for k in node.get("@type", [])), default=(len(ranks) + 1, ""))
        groups.setdefault(place, []).append(node)
    graph: list[Node] = []
    for (_, kind), nodes in sorted(groups.items(), key=lambda item: item[0]):
        frame = {"@context": CONTEXT, "@embed": "@never"} | ({"@type": kind} if kind else {})
        options = {"documentLoader": refuse, "omitGraph": False, "pruneBlankNodeIdentifiers": False}
        framed = jsonld.frame(nodes, frame, options)["@graph"]
        graph += [node for node in framed if len(node) > 1]  # a bare id was only referred to
    text = json.dumps({"@context": CONTEXT, "@graph": graph}, ensure_ascii=False, indent=2) + "\n"
    return text.replace(f'"{MASK}null"', '"@null"').replace(f'"{MASK}_:', '"_:').encode()


# ---- The readers ---------------------------------------------------------------------------------


def canonical(quads: Iterable[ox.Quad]) -> ox.Dataset:
    found = ox.Dataset(quads)
    found.canonicalize(ox.CanonicalizationAlgorithm.UNSTABLE)
    return found


def dataset(triples: Iterable[ox.Triple]) -> ox.Dataset:
    return canonical(ox.Quad(*t) for t in triples)


def by_pyoxigraph(data: bytes) -> ox.Dataset:
    return canonical(ox.parse(data, format=ox.RdfFormat.JSON_LD))


def by_pyld(data: bytes) -> ox.Dataset:
    options = {"documentLoader": refuse, "format": "application/n-quads"}
    return canonical(ox.parse(jsonld.to_rdf(json.loads(data), options), format=ox.RdfFormat.N_QUADS))


def by_rdflib(data: bytes) -> rdflib.Graph:
    with warnings.catch_warnings():
        # rdflib 7.6 parses JSON-LD with functions that it has deprecated itself.
        warnings.filterwarnings("ignore", "(ConjunctiveGraph|Dataset.default_context) is", DeprecationWarning)
        return rdflib.Graph().parse(data=data, format="json-ld")


def assert_three_read_back(data: bytes, triples: list[ox.Triple]) -> None:
    assert by_pyoxigraph(data) == dataset(triples)
    assert by_pyld(data) == dataset(triples)
    # rdflib normalizes numbers and booleans when it reads them ("01" becomes "1"), in both graphs.
    wanted = rdflib.Graph()
    for t in triples:
        wanted.add((in_rdflib(t.subject), in_rdflib(t.predicate), in_rdflib(t.object)))
    assert isomorphic(by_rdflib(data), wanted)


# ---- The shipped graph ---------------------------------------------------------------------------


def test_a_whole_graph_is_what_pyld_makes_of_it_byte_by_byte(few_graph: Graph) -> None:
    assert to_jsonld(few_graph.store) == judged(few_graph.store.triples())


def test_a_whole_graph_reads_back_by_three(few_graph: Graph) -> None:
    assert_three_read_back(to_jsonld(few_graph.store), few_graph.store.triples())


def test_documents_of_every_subject_together_are_the_shipped_graph(graph: Graph) -> None:
    triples = graph.store.triples()
    by_subject: dict[object, list[ox.Triple]] = {}
    for t in triples:
        by_subject.setdefault(t.subject, []).append(t)
    nodes = [node for some in by_subject.values() for node in json.loads(document(some))["@graph"]]
    whole = json.loads(to_jsonld(graph.store))["@graph"]
    assert sorted(nodes, key=lambda n: str(n["id"])) == sorted(whole, key=lambda n: str(n["id"]))


def test_output_does_not_depend_on_the_order_of_statements(graph: Graph) -> None:
    some = graph.store.about([ID + "org/cica", ID + "state/KAZ", CG + "member"])
    data = document(some)
    for seed in range(3):
        random.Random(seed).shuffle(some)
        assert document([*some, *some]) == data


# ---- The context ---------------------------------------------------------------------------------


def test_the_context_has_only_what_is_looked_up(graph: Graph) -> None:
    keywords = {"@version": 1.1, "id": "@id", "type": "@type"}
    assert keywords.items() <= CONTEXT.items()
    entries = {name: entry for name, entry in CONTEXT.items() if name not in keywords}
    for name, entry in entries.items():
        if isinstance(entry, dict):
            assert ("@type" in entry) != (entry.get("@container") == "@language"), name
            assert entry.keys() <= {"@id", "@type", "@container"}, name
        assert (":" in name) <= (isinstance(entry, dict) and "@id" not in entry), name
    assert len(set(TERMS)) == len(TERMS) == len(entries)
    assert not [a for a in NAMESPACES.values() for b in NAMESPACES.values() if a != b and a.startswith(b)]


@pytest.mark.parametrize(
    "name", ["id/org/cica", "id/state/KAZ", "id/membership/csto-UZB-1", "concept/member", "graph/cica"]
)
def test_document_contains_the_necessary_part_of_the_context(graph: Graph, name: str) -> None:
    data = document(graph.store.about([BASE + name]))
    made = json.loads(data)
    assert made["@context"].items() <= CONTEXT.items()
    assert list(made["@context"]) == [name for name in CONTEXT if name in made["@context"]]
    for entry in made["@context"].keys() - {"@version"}:
        context = {key: value for key, value in made["@context"].items() if key != entry}
        assert read_or_none({**made, "@context": context}) != by_pyoxigraph(data), entry


def read_or_none(made: Node) -> ox.Dataset | None:
    try:
        return by_pyoxigraph(json.dumps(made).encode())
    except SyntaxError:
        return None


def test_document_without_triples_is_empty() -> None:
    assert json.loads(document([])) == {"@context": {"@version": 1.1, "id": "@id", "type": "@type"}, "@graph": []}


# ---- Any graph -----------------------------------------------------------------------------------

TERMS = [long(e.get("@id", name) if isinstance(e, dict) else e) for name, e in list(CONTEXT.items())[3:]]
LOCAL = [
    "x",
    "State",
    "member",
    "prefLabel",
    "a/b",
    "a//b",
    "/x",
    "x.",
    "..",
    "../x",
    "a?b",
    "é",
    "%2F",
    "a:b",
    "a#b",
    "@id",
    "_:x",
    "-",
]
ODD = [
    "urn:x:State",
    "State:x",
    "member:x",
    "name:x",
    "id:x",
    "type:x",
    "id:/x",
    "http://e.org/t",
    "http://e.org",
    "https://schema.org",
]
TEXTS = [
    "@null",
    "@preserve",
    "@id",
    "@none",
    "@x",
    "true",
    "false",
    "1",
    "01",
    "-0",
    "0",
    "-7",
    "+7",
    "1.0",
    "٣",
    "_:x",
    "cg:State",
    "State",
    "member:x",
    "2012-06-13",
]
TEXTS += ["", "1 ", "\u2028\u0085\ufeff", "9" * 15, "1" + "0" * 15]


@st.composite
def iris(draw: st.DrawFn) -> ox.NamedNode:
    begins = st.sampled_from([*NAMESPACES.values(), "http://e.org/", "http://e.org/t#"])
    ours = st.builds(str.__add__, begins, st.sampled_from(LOCAL)).filter(lambda iri: iri.count("#") < 2)
    return ox.NamedNode(draw(st.sampled_from(TERMS) | ours | st.sampled_from(ODD)))


@st.composite
def literals(draw: st.DrawFn) -> ox.Literal:
    text = draw(st.text(st.characters(exclude_categories=["Cs"]), max_size=5) | st.sampled_from(TEXTS))
    tag = draw(st.sampled_from(["", "", "en", "ru-Latn", "zh-Hant-TW", "ar"]))
    kinds = ["string", "date", "integer", "boolean", "decimal", "dateTime"]  # no double: pyld reads "1" as "1.0E0"
    known = st.sampled_from([*(XSD + kind for kind in kinds), EDTF, RDF + "JSON"]).map(ox.NamedNode)
    return ox.Literal(text, language=tag) if tag else ox.Literal(text, datatype=draw(known | iris()))


@st.composite
def triples(draw: st.DrawFn) -> ox.Triple:
    nodes = iris() | st.sampled_from(["x", "b0", "State", "c"]).map(ox.BlankNode)
    predicate = draw(st.just(ox.NamedNode(RDF_TYPE)) | iris())
    return ox.Triple(draw(nodes), predicate, draw(nodes | literals()))


TRIPLES = st.lists(triples(), max_size=8)


@given(TRIPLES)
def test_any_triples_are_what_pyld_makes_of_them(some: list[ox.Triple]) -> None:
    store = Store.from_triples(some)  # which writes numbers its own way ("00" becomes "0"), so they are taken from it
    assert to_jsonld(store) == judged(store.triples())


@pytest.mark.filterwarnings("ignore:(Parsing|Serializing) weird:UserWarning")
@given(TRIPLES)
def test_any_triples_read_back_by_three(some: list[ox.Triple]) -> None:
    store = Store.from_triples(some)
    assert_three_read_back(document(some), some)
    assert_three_read_back(to_jsonld(store), store.triples())


@pytest.mark.parametrize("namespace", [text for text in NAMESPACES.values() if text.endswith("/")])
def test_no_prefix_is_written_before_two_slashes(namespace: str) -> None:
    """``entity://x`` is an IRI of the scheme ``entity``, and that is how pyld writes ours, too."""
    thing = ox.NamedNode(namespace + "//x")
    some = [ox.Triple(thing, ox.NamedNode(CG + "member"), thing), ox.Triple(thing, ox.NamedNode(RDF_TYPE), thing)]
    assert_three_read_back(document(some), some)
    assert by_pyoxigraph(judged(some)) != dataset(some)


@pytest.mark.parametrize("place", range(4))
def test_iri_that_begins_like_a_prefix_is_refused_in_every_position(place: int) -> None:
    terms = [ox.NamedNode(CG + "x") for _ in range(3)]
    iri = ox.NamedNode("doc:x")
    some = [ox.Triple(*[iri if at == place else term for at, term in enumerate(terms)])]
    if place == 3:
        some = [ox.Triple(terms[0], terms[1], ox.Literal("x", datatype=iri))]
    with pytest.raises(UsageError, match="<doc:x> begins like a prefix"):
        document(some)


def test_rdf_1_2_terms_are_refused() -> None:
    x = ox.NamedNode(CG + "x")
    for value in (ox.Literal("x", language="ar", direction=ox.BaseDirection.RTL), ox.Triple(x, x, x)):
        with pytest.raises(UsageError, match=r"RDF 1\.2"):
            document([ox.Triple(x, x, value)])
