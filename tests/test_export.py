from __future__ import annotations

import csv
import io
import json
import os
import random
import re
import stat
import subprocess
import sys
import warnings
from collections import Counter
from pathlib import Path

import pyoxigraph as ox
import pytest
import rdflib
from hypothesis import given
from hypothesis import strategies as st
from rdflib.compare import isomorphic

from cica_graph import queries
from cica_graph.model.errors import UsageError
from cica_graph.model.terms import CG, EDTF, GRAPH, ID, PREFIXES, RDF, RDF_TYPE, XSD
from cica_graph.pipeline.steps.load import load
from cica_graph.project.source_files import Project, shipped
from cica_graph.publish.export.export import FORMATS, export, write
from cica_graph.store.store import Store
from conftest import in_rdflib, share

TRIPLES = {
    "turtle": (ox.RdfFormat.TURTLE, "turtle"),
    "ntriples": (ox.RdfFormat.N_TRIPLES, "nt"),
    "rdfxml": (ox.RdfFormat.RDF_XML, "xml"),
    "jsonld": (ox.RdfFormat.JSON_LD, "json-ld"),
}
QUADS = {"trig": (ox.RdfFormat.TRIG, "trig"), "nquads": (ox.RdfFormat.N_QUADS, "nquads")}
RDF_FORMATS = TRIPLES | QUADS

FIXTURE = r"""
g:memberships {
  organization:las a cg:Organization ; skos:notation "LAS" ;
    skos:prefLabel "League of Arab States"@en , "جامعة الدول العربية"@ar .
  organization:eec a cg:Organization ; skos:prefLabel "Commission, \"the\" EEC"@en .
  state:SYR a cg:State ; cg:iso2 "SY" ; cg:iso3 "SYR" ; cg:m49 "760" ; cg:cow 652 ;
    skos:prefLabel "Syria"@en , "Syrie"@fr ;
    skos:altLabel "Syrian Arab Republic"@en , "SAR"@en , "SYR, no language" .
  membership:las-SYR-1 a cg:Membership ; cg:member state:SYR ; cg:organization organization:las ; cg:spell 1 ;
    cg:role c:founding-member ; cg:start "1945-03-22"^^edtf:EDTF ; cg:latestStart "1945-03-22"^^xsd:date ;
    dcterms:source doc:profile\#overlaps , doc:cow-igo-v3\#memberships .
  situation:suspension-1 a cg:Suspension ; cg:suspends membership:las-SYR-1 ;
    cg:start "2011-11-12"^^edtf:EDTF ; cg:end "2023-05-07"^^edtf:EDTF .
  situation:suspension-2 a cg:Suspension ; cg:suspends membership:las-SYR-1 ; cg:start "2024?"^^edtf:EDTF .
  membership:eec-las-1 a cg:Membership ; cg:member organization:las ; cg:organization organization:eec ;
    cg:role c:observer ; cg:spell 1 ; cg:end "2004-10~"^^edtf:EDTF .
  situation:x cg:exclusive true , "1"^^xsd:boolean ; cg:rank 1 , "01"^^xsd:integer , 12345678901234567890 ;
    cg:place "Almaty" , "Алматы"@kk .
}
g:ontology {
  cg:memberOf a owl:ObjectProperty , owl:IrreflexiveProperty ; owl:propertyChainAxiom _:o1 .
  _:o1 rdf:first cg:hasMembership ; rdf:rest _:o2 . _:o2 rdf:first cg:organization ; rdf:rest () .
  _:o3 a owl:AllDisjointClasses ; owl:members _:o2 .
}
<https://w3id.org/cica-graph/graph/asof/2012-06-13> { state:SYR cg:memberOf organization:las }
"""
_HEAD = "".join(f"PREFIX {name}: <{iri}>\n" for name, iri in PREFIXES.items())


def fixture_quads() -> list[ox.Quad]:
    names: dict[str, ox.BlankNode] = {}

    def named(term: object) -> object:
        if isinstance(term, ox.BlankNode):
            return names.setdefault(term.value, ox.BlankNode(f"file-{len(names) + 1}"))
        return term

    parsed = ox.parse(_HEAD + FIXTURE, format=ox.RdfFormat.TRIG)
    return [ox.Quad(named(q.subject), q.predicate, named(q.object), q.graph_name) for q in parsed]  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def store() -> Store:
    made = Store()
    made.add_quads(fixture_quads())
    return made


def one(value: ox.Literal | ox.NamedNode, predicate: str = CG + "place") -> Store:
    made = Store()
    subject, graph = ox.NamedNode(ID + "situation/x"), ox.NamedNode(GRAPH + "x")
    made.add_quads([ox.Quad(subject, ox.NamedNode(predicate), value, graph)])
    return made


def with_pyoxigraph(data: bytes, form: str) -> ox.Dataset:
    found = ox.Dataset(ox.parse(data, format=RDF_FORMATS[form][0]))
    found.canonicalize(ox.CanonicalizationAlgorithm.UNSTABLE)
    return found


def wanted(store: Store, form: str) -> ox.Dataset:
    quads = store.quads() if form in QUADS else [ox.Quad(*t) for t in store.triples()]
    found = ox.Dataset(quads)
    found.canonicalize(ox.CanonicalizationAlgorithm.UNSTABLE)
    return found


def assert_reads_back_with_rdflib(store: Store, form: str) -> None:
    # rdflib rewrites numbers and booleans to their canonical text as it reads ("01" becomes "1"), so what is
    # expected goes through its Literal as well; the exact text is what the pyoxigraph tests are for.
    data, expected, found = export(store, form), rdflib.Dataset(), rdflib.Dataset()
    for q in store.quads() if form in QUADS else [ox.Quad(*t) for t in store.triples()]:
        name = q.graph_name
        graph = expected.graph(name.value) if isinstance(name, ox.NamedNode) else expected.default_graph
        graph.add((in_rdflib(q.subject), in_rdflib(q.predicate), in_rdflib(q.object)))
    with warnings.catch_warnings():
        # rdflib 7.6 parses JSON-LD, TriG and N-Quads with functions that it has deprecated itself.
        warnings.filterwarnings("ignore", "(ConjunctiveGraph|Dataset.default_context) is", DeprecationWarning)
        (found if form in QUADS else found.default_graph).parse(data=data, format=RDF_FORMATS[form][1])
    names = [{str(g.identifier) for g in d.graphs() if len(g)} for d in (expected, found)]
    assert names[0] == names[1]
    for graph_name in names[0]:
        assert isomorphic(expected.graph(graph_name), found.graph(graph_name))


# ---- Round trips ---------------------------------------------------------------------------------


@pytest.mark.parametrize("form", RDF_FORMATS)
def test_reads_back_with_pyoxigraph(store: Store, form: str) -> None:
    assert with_pyoxigraph(export(store, form), form) == wanted(store, form)


@pytest.mark.parametrize("form", RDF_FORMATS)
def test_reads_back_with_rdflib(store: Store, form: str) -> None:
    assert_reads_back_with_rdflib(store, form)


@pytest.fixture(scope="module")
def shipped_store() -> Store:
    made, findings = load(Project.at(None).graph_files)
    assert findings == []
    return made


@pytest.mark.parametrize("form", RDF_FORMATS)
def test_the_shipped_project_reads_back_with_pyoxigraph(shipped_store: Store, form: str) -> None:
    assert with_pyoxigraph(export(shipped_store, form), form) == wanted(shipped_store, form)


@pytest.mark.parametrize("form", RDF_FORMATS)
def test_a_project_reads_back_with_rdflib(few: Project, form: str) -> None:
    assert_reads_back_with_rdflib(load(few.graph_files)[0], form)


@pytest.mark.parametrize("form", RDF_FORMATS)
def test_an_empty_graph_reads_back(form: str) -> None:
    assert with_pyoxigraph(export(Store(), form), form) == ox.Dataset()


LANGUAGES = st.sampled_from(["en", "ru-Latn", "zh-Hant-TW", "sr-Latn"])
DATATYPES = st.sampled_from([EDTF, XSD + "date", XSD + "integer", XSD + "boolean", XSD + "string", "http://e.org/t#x"])
TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"])),
    st.text(st.sampled_from("\"'\\\n\r\t<>&]{};.@^ax \u2028\u0085\ufeff")),
    st.sampled_from(["@null", "@preserve", "@id", "", "true", "1", "01", "-0", "masked:_:x", "_:x", "cg:State", "]]>"]),
)
LITERALS = st.one_of(
    TEXTS.map(ox.Literal),
    st.builds(lambda text, tag: ox.Literal(text, language=tag), TEXTS, LANGUAGES),
    st.builds(lambda text, kind: ox.Literal(text, datatype=ox.NamedNode(kind)), TEXTS, DATATYPES),
)
PREDICATES = st.sampled_from(
    [CG + n for n in ("name", "place", "start", "rank", "exclusive", "member", "fact")]
    + [PREFIXES["skos"] + n for n in ("prefLabel", "altLabel", "notation")]
    + [RDF_TYPE, "http://e.org/other"]
)
NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def store_of(statements: list[tuple[str, ox.Literal]]) -> Store:
    made, graph = Store(), ox.NamedNode(GRAPH + "x")
    made.add_quads(ox.Quad(ox.NamedNode(ID + "situation/x"), ox.NamedNode(p), o, graph) for p, o in statements)
    return made


STATEMENTS = st.lists(st.tuples(PREDICATES, LITERALS), min_size=1, max_size=6)


@given(STATEMENTS)
def test_any_literal_reads_back_with_pyoxigraph(statements: list[tuple[str, ox.Literal]]) -> None:
    made = store_of(statements)
    for form in RDF_FORMATS:
        if form == "rdfxml" and any(NOT_XML.search(o.value) for _, o in statements):
            with pytest.raises(UsageError, match="XML cannot hold"):
                export(made, form)
        else:
            assert with_pyoxigraph(export(made, form), form) == wanted(made, form)


@share(0.5)
@given(STATEMENTS)
def test_any_literal_reads_back_with_rdflib(statements: list[tuple[str, ox.Literal]]) -> None:
    made = store_of(statements)
    for form in RDF_FORMATS:
        if form != "rdfxml" or not any(NOT_XML.search(o.value) for _, o in statements):
            assert_reads_back_with_rdflib(made, form)


# ---- The same bytes ------------------------------------------------------------------------------

_SCRIPT = """
import hashlib, random, sys
sys.path.insert(0, sys.argv[1])
from test_export import fixture_quads
from cica_graph.publish.export.export import FORMATS, export
from cica_graph.store.store import Store
quads = fixture_quads()
random.Random(int(sys.argv[2])).shuffle(quads)
store = Store()
for quad in quads:
    store.add_quads([quad])
print([hashlib.sha256(export(store, form)).hexdigest() for form in FORMATS])
"""


def test_output_does_not_depend_on_hash_seed_and_order() -> None:
    seen = set()
    for seed in ("0", "1", "2"):
        path = os.pathsep.join(p for p in sys.path if p)
        environment = os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": path}
        command = [sys.executable, "-c", _SCRIPT, str(Path(__file__).parent), seed]
        seen.add(subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout)
    assert len(seen) == 1


@pytest.mark.parametrize("form", FORMATS)
def test_lines_end_in_lf_and_the_last_one_too(store: Store, form: str) -> None:
    data = export(store, form)
    assert data.endswith(b"\n")
    assert not data.startswith(b"\xef\xbb\xbf")
    assert (b"\r" in data) == (form == "csv")


@pytest.mark.parametrize("form", ["turtle", "trig", "rdfxml"])
def test_only_prefixes_in_use_are_declared(form: str) -> None:
    data = export(one(ox.Literal('skos: "wd:"  <wd:>', datatype=ox.NamedNode(XSD + "date"))), form).decode()
    declared = re.findall(r"(?:@prefix |xmlns:)(\w+)", data)
    assert declared == {"turtle": ["cg", "situation", "xsd"], "trig": ["cg", "g", "situation", "xsd"]}.get(
        form, ["cg", "rdf"]
    )


def test_the_type_of_a_thing_comes_first(store: Store) -> None:
    text = export(store, "turtle").decode()
    assert re.search(r"^state:SYR a cg:State ;$", text, re.MULTILINE)
    assert "\nmembership:las-SYR-1 a cg:Membership ;\n" in text


def test_triples_are_true_on_any_day_and_quads_include_the_snapshots(store: Store) -> None:
    snapshot = f"<{ID}state/SYR> <{CG}memberOf> <{ID}org/las>"
    assert snapshot not in export(store, "ntriples").decode()
    assert f"{snapshot} <{GRAPH}asof/2012-06-13> ." in export(store, "nquads").decode()


# ---- What a format cannot write -------------------------------------------------------------------


def test_an_unknown_format_is_refused_with_the_list(store: Store) -> None:
    with pytest.raises(UsageError, match=r"unknown export format 'n3'; the known ones are csv, csvw, .* turtle,"):
        export(store, "n3")


@pytest.mark.parametrize("predicate", ["http://e.org/1", "http://e.org/", "http://e.org/²", RDF + "li"])
def test_rdfxml_refuses_names_that_xml_does_not_allow(predicate: str) -> None:
    with pytest.raises(UsageError, match="name of an XML element"):
        export(one(ox.Literal("x"), predicate), "rdfxml")
    with pytest.raises(UsageError, match="name of an XML element"):
        export(one(ox.NamedNode(predicate), RDF_TYPE), "rdfxml")


def test_jsonld_refuses_an_iri_that_would_be_read_as_another() -> None:
    with pytest.raises(UsageError, match="<doc:x> begins like a prefix"):
        export(one(ox.NamedNode("doc:x")), "jsonld")


@pytest.mark.parametrize("form", ["rdfxml", "jsonld"])
def test_values_of_rdf_12_are_refused_where_they_would_be_lost(form: str) -> None:
    value = ox.Literal("x", language="ar", direction=ox.BaseDirection.RTL)
    with pytest.raises(UsageError, match=r"RDF 1\.2"):
        export(one(value), form)


# ---- JSON-LD -------------------------------------------------------------------------------------


def document(store: Store) -> dict[str, object]:
    found: dict[str, object] = json.loads(export(store, "jsonld"))
    return found


def test_each_subject_is_one_node_and_classes_are_grouped(store: Store) -> None:
    graph = document(store)["@graph"]
    assert isinstance(graph, list)
    assert Counter(node["id"] for node in graph).most_common(1)[0][1] == 1
    assert len(graph) == len({t.subject for t in store.triples()})
    first = [node["type"] if isinstance(node.get("type"), str) else "other" for node in graph]
    runs = [kind for at, kind in enumerate(first) if at == 0 or first[at - 1] != kind]
    assert runs[:4] == ["State", "Organization", "Membership", "Suspension"]
    assert graph[0]["prefLabel"] == {"en": "Syria", "fr": "Syrie"}
    assert graph[0]["altLabel"] == {"@none": "SYR, no language", "en": ["SAR", "Syrian Arab Republic"]}
    assert graph[0]["cow"] == 652


def test_the_context_is_in_the_document_and_has_every_term_of_the_vocabulary(store: Store) -> None:
    context = document(store)["@context"]
    assert isinstance(context, dict)
    vocabulary = rdflib.Graph().parse(shipped() / "ontology" / "cica-graph.ttl")
    declared = {str(s)[len(CG) :] for s in vocabulary.subjects(rdflib.RDF.type) if str(s).startswith(CG)}
    assert len(declared) > 100
    assert context["page"]["@id"] == "foaf:page"  # the older name; cg:page has its prefix
    assert context["cg:page"]["@type"] == "@id"
    for name in declared - {"page"}:
        entry = context[name]
        assert (entry if isinstance(entry, str) else entry["@id"]) == f"cg:{name}"
    links = {str(s)[len(CG) :] for s in vocabulary.subjects(rdflib.RDF.type, rdflib.OWL.ObjectProperty)}
    for name in (declared & links) - {"page"}:
        assert context[name]["@type"] == "@id"


def test_the_context_agrees_with_the_prefixes_of_every_other_file(store: Store) -> None:
    context = document(store)["@context"]
    assert isinstance(context, dict)
    namespaces = {k: v for k, v in context.items() if isinstance(v, str) and v.endswith(("/", "#"))}
    # Only "entity" differs: organization, person, claim and finding are properties here.
    assert namespaces.pop("entity") == ID
    assert namespaces.items() <= PREFIXES.items()


# ---- CSV -----------------------------------------------------------------------------------------


def rows(store: Store) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(export(store, "csv").decode(), newline="")))


def test_csv_has_one_row_a_spell(store: Store) -> None:
    found = rows(store)
    assert [row["membership"] for row in found] == [ID + "membership/eec-las-1", ID + "membership/las-SYR-1"]
    assert found[1] == {
        "membership": ID + "membership/las-SYR-1",
        "organization": "LAS",
        "organization_label": "League of Arab States",
        "member": "SYR",
        "member_label": "Syria",
        "kind": "State",
        "iso2": "SY",
        "iso3": "SYR",
        "m49": "760",
        "cow": "652",
        "role": "founding-member",
        "spell": "1",
        "start": "1945-03-22",
        "end": "",
        "earliest_start": "",
        "latest_start": "1945-03-22",
        "earliest_end": "",
        "latest_end": "",
        "suspensions": "2011-11-12/2023-05-07;2024?/..",
        "sources": f"{PREFIXES['doc']}cow-igo-v3#memberships {PREFIXES['doc']}profile#overlaps",
        "organization_iri": ID + "org/las",
        "member_iri": ID + "state/SYR",
    }


def test_csv_falls_back_to_the_iri_and_quotes_as_in_rfc_4180(store: Store) -> None:
    row = rows(store)[0]
    assert (row["organization"], row["member"], row["kind"]) == ("eec", "LAS", "Organization")
    assert (row["start"], row["end"], row["suspensions"], row["sources"]) == ("", "2004-10~", "", "")
    assert row["organization_label"] == 'Commission, "the" EEC'
    assert b'"Commission, ""the"" EEC"' in export(store, "csv")


def test_csv_of_the_shipped_project_has_every_membership() -> None:
    shipped_store, _ = load(Project.at(None).graph_files)
    spells = shipped_store.select(f"SELECT ?m WHERE {{ ?m a <{CG}Membership> }}")
    assert [r["membership"] for r in rows(shipped_store)] == sorted(str(r["m"])[1:-1] for r in spells)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_csv_disarms_what_a_spreadsheet_would_run(start: str) -> None:
    made = Store()
    made.add_quads(fixture_quads())
    state, label = ox.NamedNode(ID + "state/SYR"), ox.NamedNode(PREFIXES["skos"] + "prefLabel")
    made.add_quads([ox.Quad(state, label, ox.Literal(f"{start}1+1", language="en"), ox.NamedNode(GRAPH + "x"))])
    assert rows(made)[1]["member_label"] == f"'{start}1+1"


def test_the_query_gives_the_same_on_both_engines(store: Store) -> None:
    query = queries.shipped("select", "spells")
    assert query.title.startswith("Every membership, one row each")
    graph = rdflib.Graph()
    for t in store.triples():
        graph.add((in_rdflib(t.subject), in_rdflib(t.predicate), in_rdflib(t.object)))
    several = {"suspensions", "sources"}

    def tidy(name: str, text: str) -> tuple[str, list[str]]:
        return name, sorted(re.split("[; ]", text)) if name in several else [text]

    ours = [
        dict(tidy(n, t.value) for n, t in row.items() if isinstance(t, ox.Literal)) for row in store.select(query.text)
    ]
    result = graph.query(query.text)
    assert result.vars is not None
    theirs = [
        dict(tidy(str(n), str(v)) for n, v in zip(result.vars, row, strict=True) if v is not None)  # type: ignore[arg-type]
        for row in result
    ]
    assert ours == theirs


# ---- Writing -------------------------------------------------------------------------------------


def test_write_replaces_a_file_atomically(tmp_path: Path) -> None:
    target = tmp_path / "graph.ttl"
    target.write_bytes(b"old")
    write(b"new\n", target)
    assert target.read_bytes() == b"new\n"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.skipif(os.name == "nt", reason="modes are POSIX")
def test_write_gives_the_mode_of_any_new_file(tmp_path: Path) -> None:
    (tmp_path / "plain").write_bytes(b"")
    write(b"", tmp_path / "ours")
    modes = {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("plain", "ours")}
    assert len(modes) == 1


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_failed_write_leaves_only_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    target = tmp_path / "graph.ttl"
    target.write_bytes(b"old")
    monkeypatch.setattr(os if step == "fsync" else Path, step, fail)
    with pytest.raises(OSError, match="No space left"):
        write(b"new", target)
    monkeypatch.undo()
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


def test_write_does_not_make_directories(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write(b"", tmp_path / "absent" / "graph.ttl")


def test_result_does_not_depend_on_the_order_of_insertion(store: Store) -> None:
    quads = fixture_quads()
    for seed in range(3):
        random.Random(seed).shuffle(quads)
        other = Store()
        other.add_quads(quads)
        for form in FORMATS:
            assert export(other, form) == export(store, form)
