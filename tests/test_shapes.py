"""The graph in other vocabularies: the same bytes, the same in two engines, and valid by their rules."""

from __future__ import annotations

import csv
import io
import json
import os
import random
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path
from urllib.parse import urldefrag

import jsonschema
import owlrl
import pyoxigraph as ox
import pytest
import rdflib
from rdflib.namespace import OWL, RDF

from cica_graph import Graph, queries
from cica_graph.formats.turtle import serialize
from cica_graph.model.errors import UsageError
from cica_graph.model.terms import BASE, CG, GRAPH, ID, PREFIXES
from cica_graph.pipeline import build
from cica_graph.pipeline.steps.judge import _ERROR
from cica_graph.project.source_files import Project
from cica_graph.publish.export.export import FORMATS, SHAPES, export
from cica_graph.publish.export.memberships import memberships_csv
from cica_graph.queries import guard
from cica_graph.store.store import Store, day_literal, value
from conftest import Engines, Line

HERE = Path(__file__).parent
GOLDEN = HERE / "golden" / "export"
W3C = HERE.parents[1] / "shared" / "suites" / "rdf" / "w3c-ns"
WIKIBASE = HERE.parents[1] / "shared" / "suites" / "wikidata" / "wikibase-rdf-fixtures"
DAY = date(2010, 6, 1)
TURTLE = [shape for shape in SHAPES if shape != "popolo"]
ORG = rdflib.Namespace("http://www.w3.org/ns/org#")
WIKIBASE_NS, PROP = "http://wikiba.se/ontology#", "http://www.wikidata.org/prop/"


class Slice(Engines):
    """Both engines over the project of ``fixtures/base`` and ``fixtures/shapes``."""

    def __init__(self, built: build.BuiltGraph) -> None:
        self.graph = Graph(built)
        self._rdflib = cache(self._load)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("slice")
    for name in ("base", "shapes"):
        shutil.copytree(HERE / "fixtures" / name, root, dirs_exist_ok=True)
    return root


@pytest.fixture(scope="module")
def small(project: Path) -> Slice:
    built = build.graph(Project.at(project))
    assert built.findings == []
    build.add_day(built, DAY)
    return Slice(built)


def text(shape: str) -> str:
    query = queries.shipped("export", shape)
    return query.bind(asOf=day_literal(DAY)) if query.snapshot else query.text


def alike(lines: Counter[Line]) -> Counter[Line]:
    """Undo what rdflib does to a time as it reads it: ``Z`` becomes ``+00:00``."""
    return Counter(tuple(c and (c[0].replace("+00:00", "Z"), *c[1:]) for c in line) for line in lines.elements())


# ---- Bytes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [shape for shape in SHAPES if shape != "void"])  # void counts the ontology, too
def test_golden(small: Slice, shape: str) -> None:
    golden = GOLDEN / f"{shape}.{'json' if shape == 'popolo' else 'ttl'}"
    data = export(small.graph.store, shape, DAY)
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_bytes(data)
    assert data == golden.read_bytes(), f"{golden} differs: look at it, then run with UPDATE_GOLDEN=1"


def test_every_query_of_the_folder_is_a_shape() -> None:
    assert sorted(query.name for query in queries.folder("export")) == sorted(SHAPES)
    assert set(SHAPES).isdisjoint(FORMATS)
    for query in queries.folder("export"):
        assert 10 < len(query.title) < 120
        guard.analyse(query.text)


@pytest.mark.filterwarnings("ignore:Dataset:DeprecationWarning")  # rdflib uses its own deprecated functions
@pytest.mark.parametrize("shape", SHAPES)
def test_both_engines_agree(small: Slice, shape: str) -> None:
    day = DAY if shape == "fao" else None
    found = small.in_pyoxigraph(text(shape), day)
    assert alike(found) == alike(small.in_rdflib(text(shape), day))
    assert len(found) > 25


def test_output_does_not_depend_on_the_order_of_insertion(small: Slice) -> None:
    quads = small.graph.store.quads()
    random.Random(7).shuffle(quads)
    other = Store()
    for quad in quads:
        other.add_quads([quad])
    for shape in SHAPES:
        assert export(other, shape, DAY) == export(small.graph.store, shape, DAY)


def test_output_does_not_depend_on_the_hash_seed(project: Path) -> None:
    command = [sys.executable, "-m", "cica_graph", "export", "popolo", "--project", str(project)]
    outputs = {
        subprocess.run(command, env=os.environ | {"PYTHONHASHSEED": seed}, check=True, capture_output=True).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1


@pytest.mark.parametrize("shape", TURTLE)
def test_the_turtle_reads_back_in_both_engines_and_has_no_blank_nodes(small: Slice, shape: str) -> None:
    store, day = small.graph.store, DAY if shape == "fao" else None
    triples = store.construct(text(shape), day)
    data = export(store, shape, DAY)
    assert {q.triple for q in ox.parse(data, format=ox.RdfFormat.TURTLE)} == set(triples)
    assert in_rdflib(data) == in_rdflib(serialize(triples, ox.RdfFormat.N_TRIPLES))
    assert not any(isinstance(term, ox.BlankNode) for t in triples for term in (t.subject, t.object))
    assert CG not in "".join(f"{t.predicate} {t.object}" for t in triples) or shape == "void"  # its vocabulary


def test_prefixes_of_the_query_are_declared_when_they_are_used(small: Slice) -> None:
    data = export(small.graph.store, "wikidata").decode()
    assert "@prefix wikibase: <http://wikiba.se/ontology#> ." in data
    assert "@prefix cg:" not in data


def in_rdflib(data: bytes) -> set[tuple[rdflib.term.Node, ...]]:
    return set(rdflib.Graph().parse(data=data, format="turtle"))


# ---- What each says --------------------------------------------------------------------------------


def turtle(small: Slice, shape: str) -> rdflib.Graph:
    return rdflib.Graph().parse(data=export(small.graph.store, shape, DAY), format="turtle")


def test_org_claims_no_date_that_the_source_doubts(small: Slice) -> None:
    found = turtle(small, "org")
    time, skos = rdflib.Namespace("http://www.w3.org/2006/time#"), rdflib.SKOS
    begin = {m: rdflib.URIRef(f"{ID}membership/{m}#begin") for m in ("alpha-BBB-1", "alpha-CCC-1", "alpha-CCC-2")}
    assert found.value(begin["alpha-BBB-1"], time.inXSDgYear) == rdflib.Literal("1995", datatype=rdflib.XSD.gYear)
    assert str(found.value(begin["alpha-CCC-1"], time.inXSDgYearMonth)) == "1998-05"
    assert str(found.value(begin["alpha-CCC-2"], skos.note)) == "2007~"
    assert set(found.predicates(begin["alpha-CCC-2"])) == {RDF.type, skos.note}
    assert not list(found.objects(rdflib.URIRef(f"{ID}membership/alpha-AAA-1#during"), time.hasEnd))


def test_fao_fills_in_no_years_and_needs_a_day(small: Slice) -> None:
    fao = rdflib.Namespace("http://www.fao.org/countryprofiles/geoinfo/geopolitical/resource/")
    found, alpha = turtle(small, "fao"), rdflib.URIRef(ID + "org/alpha")
    assert [s.rpartition("/")[2] for s in sorted(map(str, found.objects(alpha, fao.hasMember)))] == [
        "AAA",
        "BBB",
        "CCC",
    ]
    assert {str(o) for o in found.objects(None, fao.validUntil)} == {"2015"}
    assert {int(str(o)) for o in found.objects(None, fao.validSince)} == {1980, 1990, 1999}
    assert set(found.subject_objects(fao.hasMember)) == {(o, s) for s, o in found.subject_objects(fao.isInGroup)}
    with pytest.raises(UsageError, match="--on 2012-06-13"):
        export(small.graph.store, "fao")


def test_schema_puts_member_on_both_sides_of_the_role(small: Slice) -> None:
    found, schema = turtle(small, "schema"), rdflib.Namespace("https://schema.org/")
    roles = set(found.subjects(RDF.type, schema.OrganizationRole))
    assert len(roles) == 9
    for role in roles:
        assert len(list(found.subjects(schema.member, role))) == len(list(found.objects(role, schema.member))) == 1
    start = {str(r).rpartition("/")[2]: str(found.value(r, schema.startDate)) for r in roles}
    assert start["alpha-CCC-1"] == "1998-05"
    assert start["alpha-CCC-2"] == start["gamma-alpha-1"] == "None"


def test_void_counts_are_correct(small: Slice) -> None:
    found, void = turtle(small, "void"), rdflib.Namespace("http://rdfs.org/ns/void#")
    store = small.graph.store
    whole = rdflib.URIRef("https://w3id.org/cica-graph/catalog#dataset")
    assert int(str(found.value(whole, void.triples))) == len(store.triples())
    for graph in store.graphs():
        size = found.value(rdflib.URIRef(graph), void.triples)
        assert "/asof/" in graph if size is None else int(str(size)) == len(store.graph(ox.NamedNode(graph)))
    (linkset,) = found.subjects(RDF.type, void.Linkset)
    assert linkset == rdflib.URIRef(GRAPH + "items#sameAs=http%3A%2F%2Fwww.wikidata.org%2Fentity%2F")
    assert int(str(found.value(linkset, void.triples))) == 5
    assert str(found.value(linkset, void.linkPredicate)) == "https://schema.org/sameAs"
    assert found.value(linkset, void.subjectsTarget) == whole
    target = found.value(linkset, void.objectsTarget)
    assert str(found.value(target, void.uriSpace)) == "http://www.wikidata.org/entity/"


def test_void_has_a_linkset_for_each_table_of_links(graph: Graph, root: Path) -> None:
    found = rdflib.Graph().parse(data=export(graph.store, "void"), format="turtle")
    void = rdflib.Namespace("http://rdfs.org/ns/void#")
    sizes = {str(s): int(str(found.value(s, void.triples))) for s in found.subjects(RDF.type, void.Linkset)}
    for path in (root / "data" / "links").glob("*.sssom.tsv"):
        rows = [line for line in path.read_text("utf-8").splitlines() if not line.startswith("#")]
        (linkset,) = (s for s in sizes if s.startswith(f"{GRAPH}{path.name.partition('.')[0]}#sameAs="))
        assert sizes.pop(linkset) == len(rows) - 1
    assert sizes == {}


def test_a_table_that_links_to_two_places_makes_two_linksets() -> None:
    store, graph, same = Store(), ox.NamedNode(GRAPH + "two"), ox.NamedNode("https://schema.org/sameAs")
    for place, number in ((BASE + "other/", 3), ("http://b.example/x#", 1)):
        for i in range(number):
            store.add_quads([ox.Quad(ox.NamedNode(f"{ID}state/S{i}"), same, ox.NamedNode(f"{place}{i}"), graph)])
    found = rdflib.Graph().parse(data=export(store, "void"), format="turtle")
    void = rdflib.Namespace("http://rdfs.org/ns/void#")
    sizes = {}
    for linkset in found.subjects(RDF.type, void.Linkset):
        target = found.value(linkset, void.objectsTarget)
        sizes[str(found.value(target, void.uriSpace))] = [int(str(n)) for n in found.objects(linkset, void.triples)]
    assert sizes == {BASE + "other/": [3], "http://b.example/x#": [1]}
    names = {str(term) for triple in found for term in triple}
    assert not [name for name in names if name.count(BASE) > 1]  # it would stay when the IRIs go below another base


def test_popolo_matches_its_schema_and_every_id_resolves(small: Slice, graph: Graph) -> None:
    schema = json.loads((HERE / "fixtures" / "popolo" / "schema.json").read_text("utf-8"))
    for store in (small.graph.store, graph.store):
        found = json.loads(export(store, "popolo"))
        jsonschema.Draft202012Validator(schema).validate(found)
        ids = {name: [thing["id"] for thing in things] for name, things in found.items()}
        assert all(sorted(set(listed)) == listed for listed in ids.values())
        organizations, persons = set(ids["organizations"]), set(ids["persons"])
        assert {o["parent_id"] for o in found["organizations"] if "parent_id" in o} <= organizations
        for m in found["memberships"]:
            assert {m["organization_id"], m.get("on_behalf_of_id", m["organization_id"])} <= organizations
            assert m["person_id"] in persons if "person_id" in m else m["member"]["id"] in organizations


def test_the_schema_of_popolo_refuses() -> None:
    schema = json.loads((HERE / "fixtures" / "popolo" / "schema.json").read_text("utf-8"))
    member = {"id": "http://e.org/m", "organization_id": "http://e.org/o", "person_id": "http://e.org/p"}
    for wrong in (
        {**member, "start_date": "2004?"}, {**member, "member": {"@type": "Person", "id": "http://e.org/p"}},
        {**member, "startDate": "2004"}, {"id": "http://e.org/m", "organization_id": "http://e.org/o"},
    ):  # fmt: skip
        document = {"organizations": [], "persons": [], "memberships": [wrong]}
        assert not jsonschema.Draft202012Validator(schema).is_valid(document), wrong
    document = {"organizations": [], "persons": [], "memberships": [member]}
    assert jsonschema.Draft202012Validator(schema).is_valid(document)


# ---- The rules of others ---------------------------------------------------------------------------


def needs(path: Path) -> Path:
    if not path.exists():
        pytest.skip(f"{path} is not there: vocabularies of others are kept beside the project, not in it")
    return path


def terms(found: rdflib.Graph, namespace: str) -> set[str]:
    """Return the properties and classes of a namespace that triples use."""
    used = {*found.predicates(), *found.objects(None, RDF.type)}
    return {str(term) for term in used if str(term).startswith(namespace)}


# Terms of vocabularies that rdflib and ../shared do not contain, from their documents.
ELSEWHERE = {
    "http://www.w3.org/2006/vcard/ns#": "Address country-name locality",
    # https://www.fao.org/countryprofiles/geoinfo: the names of aims.fao.org/aos/geopolitical.owl
    "http://www.fao.org/countryprofiles/geoinfo/geopolitical/resource/": (
        "codeISO2 codeISO3 codeUN hasMember isInGroup nameListAR nameListEN nameListES nameListFR nameListRU nameListZH "
        "organization territory validSince validUntil"
    ),
    PROP: "P463 statement/P463 qualifier/P580 qualifier/P582 qualifier/value/P580 qualifier/value/P582 reference/P854",
    WIKIBASE_NS: (
        "Reference Statement TimeValue rank timeCalendarModel timePrecision timeTimezone timeValue"  # tested below
    ),
}


@pytest.mark.parametrize("shape", TURTLE)
def test_every_term_exists_in_its_vocabulary(graph: Graph, shape: str) -> None:
    found = rdflib.Graph().parse(data=export(graph.store, shape, date(2012, 6, 13)), format="turtle")
    names = (rdflib.SDO, rdflib.TIME, rdflib.VOID, rdflib.FOAF, rdflib.SKOS, rdflib.DCTERMS, rdflib.ORG, rdflib.PROV)
    known = {namespace + name for namespace, listed in ELSEWHERE.items() for name in listed.split()}
    used = terms(found, "") - {str(RDF.type), str(rdflib.RDFS.label)}
    assert [term for term in sorted(used - known) if not any(rdflib.URIRef(term) in n for n in names)] == []


@pytest.mark.parametrize(
    ("shape", "file", "namespace", "count"),
    [("org", "org.ttl", str(ORG), 14), ("wikidata", "prov-o.ttl", "http://www.w3.org/ns/prov#", 1)],
)
def test_every_term_is_declared_by_its_vocabulary(
    small: Slice, shape: str, file: str, namespace: str, count: int
) -> None:
    declared = {str(s) for s in rdflib.Graph().parse(needs(W3C / file)).subjects(RDF.type)}
    used = terms(turtle(small, shape), namespace)
    assert used <= declared
    assert len(used) == count


def test_every_term_of_wikibase_exists_in_its_output(small: Slice) -> None:
    written = "".join(p.read_text("utf-8") for p in needs(WIKIBASE).rglob("*.nt"))
    found = turtle(small, "wikidata")
    used = terms(found, WIKIBASE_NS) | {str(o) for o in found.objects() if str(o).startswith(WIKIBASE_NS)}
    assert len(used) == 9
    assert [term for term in used if f"<{term}>" not in written] == []


def contradictions(found: rdflib.Graph, ontology: rdflib.Graph) -> list[str]:
    # Without hasKey: owlrl never compares the last key property, so a key of one makes all organizations one.
    whole = rdflib.Graph()
    for triple in [*ontology, *found]:
        if triple[1] != OWL.hasKey:
            whole.add(triple)
    owlrl.DeductiveClosure(owlrl.OWLRL_Semantics).expand(whole)
    return [str(error) for error in whole.objects(None, rdflib.URIRef(_ERROR))]


def test_org_is_consistent_with_the_ontology(small: Slice) -> None:
    ontology = rdflib.Graph().parse(needs(W3C / "org.ttl"))
    found = turtle(small, "org")
    assert contradictions(found, ontology) == []
    found.add((rdflib.URIRef(ID + "membership/alpha-AAA-1"), ORG.role, rdflib.URIRef(ID + "org/beta")))
    assert len(contradictions(found, ontology)) > 0  # an organization instead of a role


# ---- There and back --------------------------------------------------------------------------------

Spell = tuple[str, str, str, str]  # item, item, start and end, as precise as they are stated


def read_wikidata(found: rdflib.Graph) -> Iterator[Spell]:
    """Read P463 statements out of Wikidata's RDF, with times as precise as their value nodes say."""
    base = rdflib.Namespace(WIKIBASE_NS)
    for subject, statement in found.subject_objects(rdflib.URIRef(PROP + "P463")):
        times = []
        for qualifier in ("P580", "P582"):
            node = found.value(statement, rdflib.URIRef(f"{PROP}qualifier/value/{qualifier}"))
            precision = 0 if node is None else int(str(found.value(node, base.timePrecision)))
            lengths = {0: 0, 9: 4, 10: 7, 11: 10}
            times.append(str(found.value(node, base.timeValue))[: lengths[precision]] if node else "")
            simple = found.value(statement, rdflib.URIRef(f"{PROP}qualifier/{qualifier}"))
            assert simple == (found.value(node, base.timeValue) if node else None)
        assert found.value(statement, base["rank"]) == base.NormalRank
        item = found.value(statement, rdflib.URIRef(PROP + "statement/P463"))
        yield str(subject), str(item), times[0], times[1]


def test_our_memberships_come_back_from_wikidatas_form(graph: Graph, root: Path) -> None:
    links, expected = {}, Counter[Spell]()
    for line in (root / "data" / "links" / "wikidata.sssom.tsv").read_text("utf-8").splitlines():
        if re.match("cg[os]:", line):
            ours, _, _, item, *_ = line.split("\t")
            folder = {"cgo": "org/", "cgs": "state/"}[ours[:3]]
            links[f"{ID}{folder}{ours[4:]}"] = PREFIXES["wd"] + item.removeprefix("wd:")
    for row in csv.DictReader(io.StringIO(memberships_csv(graph.store).decode())):
        ends = {t.predicate.value: value(t.object) for t in graph.store.about([row["membership"]])}
        who, organization = ends[CG + "member"], ends[CG + "organization"]
        if row["role"] in ("member", "founding-member") and {who, organization} <= links.keys():
            expected[links[who], links[organization], row["start"], row["end"]] += 1
    found = rdflib.Graph().parse(data=export(graph.store, "wikidata"), format="turtle")
    assert Counter(read_wikidata(found)) == expected
    assert expected.total() > 585
    assert len({len(start) for _, _, start, _ in expected}) == 4  # none, year, month, day


def test_a_reference_gives_the_address_of_the_source(small: Slice) -> None:
    found = turtle(small, "wikidata")
    reference = found.value(rdflib.URIRef(ID + "membership/gamma-BBB-1"), rdflib.PROV.wasDerivedFrom)
    assert str(found.value(reference, rdflib.URIRef(PROP + "reference/P854"))) == "https://example.org/register"
    assert urldefrag(str(reference))[1] == "reference"


# ---- The command -----------------------------------------------------------------------------------


def run(project: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "cica_graph", "export", *arguments, "--project", str(project)]
    return subprocess.run(command, capture_output=True)


def test_the_command_writes_a_shape(project: Path, small: Slice, tmp_path: Path) -> None:
    assert run(project, "org").stdout == export(small.graph.store, "org")
    done = run(project, "fao", "--on", "2010-06-01", "-o", str(tmp_path / "fao.ttl"))
    assert (done.returncode, (tmp_path / "fao.ttl").read_bytes()) == (0, export(small.graph.store, "fao", DAY))


def test_fao_export_requires_a_day(project: Path) -> None:
    done = run(project, "fao")
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"one day. Name the day" in done.stderr
