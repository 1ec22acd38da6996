"""Documents about single subjects, and the subjects without a document."""

from __future__ import annotations

import shutil
import subprocess
from collections import Counter

import pyoxigraph as ox
import pytest
import rdflib

from cica_graph import Graph
from cica_graph.model.terms import BASE, CG, DCTERMS, GRAPH, ID, PROV, RDF_TYPE, SKOS
from cica_graph.publish.subject_index import FINDING, SubjectIndex
from cica_graph.store.store import Store
from conftest import in_rdflib

READERS = {".ttl": ox.RdfFormat.TURTLE, ".nt": ox.RdfFormat.N_TRIPLES, ".jsonld": ox.RdfFormat.JSON_LD}


@pytest.fixture(scope="module")
def index(graph: Graph) -> SubjectIndex:
    return SubjectIndex(graph.store)


@pytest.fixture(scope="module")
def files(index: SubjectIndex) -> dict[str, bytes]:
    return {name: data for path in index.paths() for name, data in index.files(path).items()}


def subjects(triples: list[ox.Triple]) -> set[str]:
    return {str(t.subject)[1:-1].removeprefix(BASE) for t in triples}


# ---- What a document holds --------------------------------------------------------------------------


def test_an_organization_has_its_memberships_and_their_suspensions(index: SubjectIndex, graph: Graph) -> None:
    found = subjects(index.describe(ID + "org/csto"))
    spells = {s.membership.removeprefix(BASE) for s in graph.memberships("CSTO", past=True)}
    rows = graph.store.select(f"SELECT ?m {{ ?m <{CG}organization> <{ID}org/csto> }}")
    members = {str(row["m"])[1:-1].removeprefix(BASE) for row in rows}
    assert len(members) >= 9
    assert found == {"id/org/csto", "id/situation/suspension-csto-UZB-1"} | members | spells


def test_a_state_has_its_memberships_and_their_suspensions(index: SubjectIndex, graph: Graph) -> None:
    found = subjects(index.describe(ID + "state/SYR"))
    spells = {s.membership.removeprefix(BASE) for s in graph.memberships("SYR", past=True)}
    suspensions = {name for name in found if name.startswith("id/situation/")}
    assert len(spells) >= 3
    assert len(suspensions) >= 2
    assert found == {"id/state/SYR"} | spells | suspensions


def test_a_membership_has_its_suspensions(index: SubjectIndex) -> None:
    found = subjects(index.describe(ID + "membership/csto-UZB-1"))
    assert found == {"id/membership/csto-UZB-1", "id/situation/suspension-csto-UZB-1"}


def test_a_source_has_its_sections_and_their_remarks(index: SubjectIndex) -> None:
    found = index.describe(BASE + "doc/cica-profile#document")
    assert subjects(found) == {
        iri.removeprefix(BASE) for iri in index.paths()["doc/cica-profile"] if CG + "Check" not in index.classes(iri)
    }
    assert {str(t.object).removeprefix(f"<{CG}") for t in found if t.predicate.value == RDF_TYPE} >= {
        "Source>",
        "Section>",
        "Remark>",
    }
    assert subjects(index.describe(BASE + "doc/cica-profile#footer")) > {"doc/cica-profile#footer"}


def test_graph_is_described_by_header_and_provenance_without_its_statements(index: SubjectIndex) -> None:
    found = index.describe(GRAPH + "cica")
    assert subjects(found) == {"graph/cica"}
    assert {t.predicate.value for t in found} >= {
        DCTERMS + "title",
        DCTERMS + "license",
        PROV + "wasDerivedFrom",
        CG + "digest",
    }


def test_other_subjects_have_their_statements(index: SubjectIndex) -> None:
    for name in ("concept/member", "id/claim/csto", "id/claim/csto#audit", "id/event/cica-action-plan-approved"):
        assert subjects(index.describe(BASE + name)) == {name}
    assert index.describe(ID + "org/none") == []


def test_parts_that_are_parts_of_each_other_end() -> None:
    a, b = ox.NamedNode(ID + "org/a"), ox.NamedNode(ID + "org/b")
    loop = [ox.Triple(a, ox.NamedNode(CG + "member"), b), ox.Triple(b, ox.NamedNode(CG + "member"), a)]
    assert sorted(map(str, SubjectIndex(Store.from_triples(loop)).describe(a.value))) == sorted(map(str, loop))


# ---- Which pages there are ---------------------------------------------------------------------------


def test_every_kind_of_thing_has_pages(index: SubjectIndex) -> None:
    """The kinds that have pages, counted as the graph counts them."""
    counted = Counter("/".join(path.split("/")[:-1]) for path in index.paths())
    assert set(counted) == {
        "concept", "doc", "graph", "graph/asof", "id/claim", "id/event", "id/instrument", "id/membership",
        "id/org", "id/organ", "id/person", "id/situation", "id/state",
    }  # fmt: skip
    of = {
        kind: len(index.of_class(CG + kind))
        for kind in ("State", "Organization", "Membership", "Source", "Event", "Instrument", "Person")
    }
    # A report, an audit or a check is a part of a page. Reports without a membership share a page.
    of["Membership"] = len(
        {iri.partition("#")[0] for kind in ("Membership", "Report") for iri in index.of_class(CG + kind)}
    )
    assert [counted[f"id/{name}"] for name in ("state", "org", "membership", "event", "instrument", "person")] == [
        of[kind] for kind in ("State", "Organization", "Membership", "Event", "Instrument", "Person")
    ]
    assert counted["doc"] == of["Source"]
    assert counted["concept"] == len(index.of_class(SKOS + "Concept")) + len(index.of_class(SKOS + "ConceptScheme"))


def test_a_page_has_its_main_thing_first(index: SubjectIndex) -> None:
    for path, iris in index.paths().items():
        rejected = all(CG + "Report" in index.classes(iri) for iri in iris)  # the editors have no such membership
        assert iris[0] in (BASE + path, f"{BASE}{path}#document") or rejected
        assert iris[1:] == sorted(iris[1:])
        assert all(iri.partition("#")[0] == BASE + path for iri in iris) or "~" in path
    assert list(index.paths()) == sorted(index.paths())


def test_path_is_the_path_of_the_page_or_none(index: SubjectIndex) -> None:
    assert index.path(ID + "org/cica") == "id/org/cica"
    assert index.path(BASE + "doc/cica-profile#members") == "doc/cica-profile"
    assert index.path(ID + "membership/bsec-MDA-1#cow") == "id/membership/bsec-MDA-1"
    assert index.path(ID + "claim/csto#audit") == "id/claim/csto"
    for iri in (
        ID + "org/none",
        CG + "member",
        FINDING + "cica-csto-2012-06-13",
        BASE + "step/derive",
        "https://schema.org/id",
    ):
        assert index.path(iri) is None
    assert FINDING + "cica-csto-2012-06-13" in index


# ---- Files ---------------------------------------------------------------------------------------------


def test_every_file_reads_back_as_the_description_by_pyoxigraph(index: SubjectIndex, files: dict[str, bytes]) -> None:
    assert len(files) == 3 * len(index.paths()) > 3000
    for path, iris in index.paths().items():
        wanted = {t for iri in iris for t in index.describe(iri)}
        for suffix, form in READERS.items():
            assert {q.triple for q in ox.parse(files[path + suffix], format=form)} == wanted, path + suffix


@pytest.mark.filterwarnings("ignore:(ConjunctiveGraph|Dataset.default_context) is:DeprecationWarning")
def test_every_file_reads_back_as_the_description_by_rdflib(index: SubjectIndex, files: dict[str, bytes]) -> None:
    for path in list(index.paths())[::7]:
        wanted = {tuple(map(in_rdflib, q.triple)) for q in ox.parse(files[f"{path}.nt"], format=ox.RdfFormat.N_TRIPLES)}
        for suffix, form in ((".ttl", "turtle"), (".nt", "nt"), (".jsonld", "json-ld")):
            assert set(rdflib.Graph().parse(data=files[path + suffix], format=form)) == wanted, path + suffix


@pytest.mark.skipif(shutil.which("rapper") is None, reason="rapper (raptor2-utils) is not installed")
@pytest.mark.parametrize("path", ["id/org/cica", "id/state/KAZ", "doc/cica-profile", "graph/cica", "concept/member"])
def test_files_read_back_by_rapper(files: dict[str, bytes], path: str) -> None:
    for suffix, form in ((".ttl", "turtle"), (".nt", "ntriples")):
        command = ["rapper", "-q", "-i", form, "-o", "ntriples", "-", BASE]
        done = subprocess.run(command, input=files[path + suffix], capture_output=True, check=True)
        read = {q.triple for q in ox.parse(done.stdout, format=ox.RdfFormat.N_TRIPLES)}
        assert read == {q.triple for q in ox.parse(files[f"{path}.nt"], format=ox.RdfFormat.N_TRIPLES)}


def test_output_does_not_depend_on_the_order_of_the_graph(graph: Graph, files: dict[str, bytes]) -> None:
    backwards = Store.from_triples(reversed(graph.store.triples()))
    again = SubjectIndex(backwards)
    assert {name: data for path in again.paths() for name, data in again.files(path).items()} == files


def test_documents_contain_all_statements_about_subjects_with_pages(graph: Graph, files: dict[str, bytes]) -> None:
    """Subjects without a document: findings, the vocabulary, terms of other vocabularies, blank nodes."""
    held = {
        q.triple for name, data in files.items() if name.endswith(".nt") for q in ox.parse(data, format=READERS[".nt"])
    }
    whole = set(graph.store.triples())
    assert held < whole
    left = whole - held
    kinds = {_kind(t.subject) for t in left}
    assert kinds == {"finding", "vocabulary", "others", "blank"}
    assert left == {t for t in whole if _kind(t.subject) in kinds}


def _kind(term: object) -> str:
    iri = term.value if isinstance(term, ox.NamedNode) else ""
    kinds = {FINDING: "finding", CG: "vocabulary", BASE + "ns": "vocabulary", BASE: "ours", "http": "others"}
    return next((kind for start, kind in kinds.items() if iri.startswith(start)), "blank")


# ---- Statements with their graphs ------------------------------------------------------------------------


def test_each_statement_names_its_graphs(index: SubjectIndex, graph: Graph) -> None:
    stated = {(p, str(o)): graphs for p, o, graphs in index.stated(ID + "membership/csto-UZB-1")}
    assert stated[CG + "member", f"<{ID}state/UZB>"] == (GRAPH + "csto",)
    assert stated[CG + "inRole", f"<{BASE}concept/member>"] == (GRAPH + "inferred",)
    assert len(stated) == len(graph.about([ID + "membership/csto-UZB-1"]))
    for iri in index:
        for predicate, term, graphs in index.stated(iri) if iri.startswith(ID + "state/K") else []:
            assert list(graphs) == graph.store.graphs_with(iri, predicate, term)


def test_a_statement_of_two_graphs_names_both() -> None:
    s, p, o = ox.NamedNode(ID + "x/y"), ox.NamedNode(CG + "place"), ox.Literal("Almaty")
    store = Store()
    store.add_quads(ox.Quad(s, p, o, ox.NamedNode(GRAPH + name)) for name in ("b", "a", "asof/2012-06-13"))
    assert SubjectIndex(store).stated(s.value) == [(p.value, o, (GRAPH + "a", GRAPH + "b"))]


def test_mentions_are_statements_with_the_thing_as_object(index: SubjectIndex, graph: Graph) -> None:
    found = index.mentions(ID + "org/csto")
    rows = graph.store.select(f"SELECT ?s ?p {{ ?s ?p <{ID}org/csto> }}")
    assert sorted(found) == sorted((str(row["p"])[1:-1], str(row["s"])[1:-1]) for row in rows)
    assert [(s, p) for p, s in found] == sorted((s, p) for p, s in found)
