from __future__ import annotations

import io
import json
import warnings
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import polars
import pyoxigraph as ox
import pytest
import rdflib
from hypothesis import given
from hypothesis import strategies as st
from rdflib.compare import isomorphic

from cica_graph import Graph
from cica_graph.formats.rebase import canonical, check, rebase
from cica_graph.model.errors import UsageError
from cica_graph.model.terms import BASE, CG, DCTERMS, GRAPH, ID, RDF_TYPE, XSD
from cica_graph.publish.export.downloads import downloads
from cica_graph.publish.export.export import export
from cica_graph.store.store import Store
from conftest import share

HERE = "https://example.org/graphs/cica/"
FORMATS = {
    "turtle": (ox.RdfFormat.TURTLE, "turtle"),
    "ntriples": (ox.RdfFormat.N_TRIPLES, "nt"),
    "rdfxml": (ox.RdfFormat.RDF_XML, "xml"),
    "jsonld": (ox.RdfFormat.JSON_LD, "json-ld"),
    "trig": (ox.RdfFormat.TRIG, "trig"),
    "nquads": (ox.RdfFormat.N_QUADS, "nquads"),
}

# ---- A base ------------------------------------------------------------------------------------


@pytest.mark.parametrize("base", [
    BASE, HERE, "http://localhost:8000/", "http://127.0.0.1/x/", "https://a.example/~me/v1.2_x/", "https://w3id.org/other/",
    "https://w3id.org/cica-graph-2/", "http://w3id.org/cica-graph/",
])  # fmt: skip
def test_base_is_returned_as_given(base: str) -> None:
    assert check(base) == base


@pytest.mark.parametrize(("base", "wrong"), [
    ("", "does not begin"), ("graphs/", "does not begin"), ("//example.org/", "does not begin"), ("/x/", "does not begin"),
    ("ftp://example.org/", "does not begin"), ("urn:x:", "does not begin"), ("javascript:alert(1)//", "does not begin"),
    ("HTTPS://example.org/", "does not begin"),
    ("https://example.org/x", "does not end"), ("https://example.org", "does not end"), ("https:///x/", "not a host"),
    ("https://example.org/?x=/", "query"), ("https://example.org/#/", "fragment"), ("https://example.org/x/?", "query"),
    ("https://me@example.org/", "user"), ("https://me:secret@example.org/", "user"), ("https://a..b/", "not a host"),
    ("https://example.org:99999/", "not a host"), ("https://example.org:x/", "not a host"), ("https://-/", "not a host"),
    ("https://a\\b/", "not a host"), ("https://[::1/", "not allowed"), ("https://exam ple.org/", "not allowed"),
    ("https://example.org/\n/", "not allowed"), ("https://example.org/é/", "not allowed"), ("https://example.org/x/ ", "not allowed"),
    *((f"https://example.org/{c}/", "path") for c in "<>\"'`{}|^\\;,$&*()!%="), ("https://example.org//", "path"),
    ("https://example.org/../x/", "path"), ("https://example.org/./", "path"), ("https://example.org/.git/", "path"),
    (BASE + "v2/", "overlap"), ("https://w3id.org/", "overlap"),
])  # fmt: skip
def test_an_invalid_base_is_refused_with_the_reason(base: str, wrong: str) -> None:
    with pytest.raises(UsageError, match="is not a base for IRIs: ") as error:
        check(base)
    assert wrong in str(error.value)
    with pytest.raises(UsageError):
        rebase(b"", base)


@given(
    st.lists(
        st.sampled_from([HERE, HERE[:-1], "id/org/cica", "<", ">", '"', " ", "/", "=", "\\", "PREFIX e: ", "é", "\n"])
    )
)
def test_other_iris_become_canonical_in_requests_and_return_in_answers(parts: list[str]) -> None:
    text = "".join(parts)
    assert rebase(canonical(text, HERE), HERE) == text
    assert canonical(text, BASE) == text
    assert canonical(f"<{HERE}id/x> <{BASE}id/x> <https://x.example/?u={HERE}>", HERE) == (
        f"<{BASE}id/x> <{BASE}id/x> <https://x.example/?u={HERE}>"
    )


# ---- Graphs ------------------------------------------------------------------------------------

OTHERS = [  # IRIs of others that contain the canonical base
    f"http://archive.example/web/2012/{BASE}id/org/cica",
    f"https://sparql.example/?graph={BASE}graph/cica",
    f"https://validator.example/?{BASE}",
    f"https://x.example/#{BASE}ns",
    f"view-source:{BASE}",
    "https://describe.example/?uri=https%3A%2F%2Fw3id.org%2Fcica-graph%2Fid%2Forg%2Fcica",
    "https://w3id.org/cica-graph-2/id/org/cica",
    "https://w3id.org/cica-graph",
    "http://w3id.org/cica-graph/id/org/cica",
]
TEXTS = [
    f"&{BASE}", f"&amp;{BASE}", f"&amp;amp;{BASE}", f"a&b={BASE}", f"&#38;{BASE}",
    BASE, f"{BASE}ns#", f"see {BASE}id/org/cica.", f"\n{BASE}", f"\t{BASE}\r\n{BASE}", f"<{BASE}>", f'"{BASE}"', f"\\{BASE}",
    f"({BASE}), {BASE};{BASE}", f"né{BASE}", f"& {BASE} &amp;", f"{BASE}{BASE}", f"a copy: http://archive.example/{BASE}",
    "https%3A%2F%2Fw3id.org%2Fcica-graph%2F",
]  # fmt: skip


def made(terms: list[ox.NamedNode | ox.Literal]) -> Store:
    """Return a store in which each term is an object, and each IRI is also a subject."""
    x, p, g, blank = (
        ox.NamedNode(ID + "x"),
        ox.NamedNode(DCTERMS + "source"),
        ox.NamedNode(GRAPH + "x"),
        ox.BlankNode("b"),
    )
    quads = [ox.Quad(x, ox.NamedNode(RDF_TYPE), ox.NamedNode(CG + "Remark"), g), ox.Quad(blank, p, x, g)]
    for term in terms:
        quads.append(ox.Quad(x, p, term, g))
        if isinstance(term, ox.NamedNode):
            quads.append(ox.Quad(term, p, blank, g))
    quads.append(ox.Quad(x, ox.NamedNode(CG + "note"), ox.Literal("1", datatype=ox.NamedNode(CG + "own")), g))
    quads.append(ox.Quad(x, p, x, ox.NamedNode(GRAPH + "asof/2012-06-13")))
    store = Store()
    store.add_quads(quads)
    return store


HARD = made([*map(ox.NamedNode, OTHERS), *map(ox.Literal, TEXTS), ox.Literal(BASE, datatype=ox.NamedNode(XSD + "anyURI")),
    ox.Literal(BASE, language="en"), ox.NamedNode(BASE), ox.NamedNode(BASE + "cica-graph/x"), ox.NamedNode(CG + "Remark")])  # fmt: skip


def moved(iri: str, base: str) -> str:
    return base + iri.removeprefix(BASE) if iri.startswith(BASE) else iri


def in_pyoxigraph(data: bytes, form: str, base: str | None = None) -> ox.Dataset:
    """Read a file, and take each of its terms to another base."""

    def term(t: object) -> object:
        if base is None or isinstance(t, ox.BlankNode | ox.DefaultGraph):
            return t
        if isinstance(t, ox.NamedNode):
            return ox.NamedNode(moved(t.value, base))
        assert isinstance(t, ox.Literal)
        if t.language:
            return ox.Literal(rebase(t.value, base), language=t.language)
        return ox.Literal(rebase(t.value, base), datatype=ox.NamedNode(moved(t.datatype.value, base)))

    quads = ox.parse(data, format=FORMATS[form][0])
    found = ox.Dataset(ox.Quad(*map(term, (q.subject, q.predicate, q.object, q.graph_name))) for q in quads)  # type: ignore[arg-type]
    found.canonicalize(ox.CanonicalizationAlgorithm.UNSTABLE)
    return found


def in_rdflib(data: bytes, form: str, base: str | None = None) -> dict[str, rdflib.Graph]:
    def node(n: rdflib.term.Node) -> rdflib.term.Node:
        if base is not None and isinstance(n, rdflib.URIRef):
            return rdflib.URIRef(moved(n, base))
        if base is not None and isinstance(n, rdflib.Literal):
            kind = n.datatype and rdflib.URIRef(moved(n.datatype, base))
            return rdflib.Literal(rebase(str(n), base), datatype=kind, lang=n.language)
        return n

    found, graphs = rdflib.Dataset(), {}
    with warnings.catch_warnings():
        # rdflib 7.6 parses JSON-LD, TriG and N-Quads with functions that it has deprecated itself.
        warnings.filterwarnings("ignore", "(ConjunctiveGraph|Dataset.default_context) is", DeprecationWarning)
        (found if form in ("trig", "nquads") else found.default_graph).parse(data=data, format=FORMATS[form][1])
    for graph in found.graphs():
        if len(graph):
            graphs[str(node(graph.identifier))] = copy = rdflib.Graph()
            for s, p, o in graph:
                copy.add((node(s), node(p), node(o)))
    return graphs


@pytest.mark.parametrize("base", [HERE, "http://localhost:8000/", BASE])
@pytest.mark.parametrize("form", FORMATS)
def test_rebased_file_is_the_graph_of_rebased_terms(form: str, base: str) -> None:
    data = export(HARD, form)
    after = rebase(data, base)
    assert in_pyoxigraph(after, form) == in_pyoxigraph(data, form, base)
    mine, wanted = in_rdflib(after, form), in_rdflib(data, form, base)
    assert set(mine) == set(wanted)
    assert all(isomorphic(mine[name], wanted[name]) for name in wanted)
    assert (after == data) == (base == BASE)


@pytest.mark.parametrize("form", FORMATS)
def test_all_exports_are_rebased_in_the_same_way(few_graph: Graph, form: str) -> None:
    data = export(few_graph.store, form)
    after = rebase(data, HERE)
    assert in_pyoxigraph(after, form) == in_pyoxigraph(data, form, HERE)
    assert BASE.encode() not in after


@given(
    terms=st.lists(st.one_of(
        st.text().map(ox.Literal),
        st.tuples(st.text(), st.text()).map(lambda t: ox.Literal(t[0] + BASE + t[1])),
        st.sampled_from([BASE, *OTHERS]).flatmap(lambda i: st.from_regex(r"\A[\w/.~:-]*\Z").map(lambda t: ox.NamedNode(i + t))),
    ), max_size=6),
    base=st.sampled_from([HERE, "http://localhost:8000/", "https://w3id.org/cica-graph-2/", "https://cica-graph/w3id.org/"]),
)  # fmt: skip
@share(0.5)
def test_canonical_iri_is_rebased_in_any_context(terms: list[ox.NamedNode | ox.Literal], base: str) -> None:
    store = made(terms)
    for form in FORMATS:
        try:
            data = export(store, form)
        except UsageError:  # RDF/XML and JSON-LD cannot hold everything
            continue
        after = rebase(data, base)
        assert in_pyoxigraph(after, form) == in_pyoxigraph(data, form, base), form
        assert rebase(after, base) == after, form


# ---- Other files -------------------------------------------------------------------------------


@pytest.mark.parametrize("write", [
    lambda b: f"membership,sources\r\n{b}id/membership/cica-KAZ-1,{b}doc/a#x {b}doc/b#y\r\n",
    lambda b: f'a;b\n"{b}x";{b}y\n',
    lambda b: f'<a href="{b}id/org/cica"><code>{b}id/org/cica</code></a> <link href=\'{b}ns\'>',
    lambda b: f'<script type="application/ld+json">{{"@id": "{b}id/org/cica", "t": "\\u003c{b}\\u003e"}}</script>',
    lambda b: f"PREFIX cg: <{b}ns#>\nSELECT * {{ GRAPH <{b}graph/cica> {{ ?s a <{b}ns#State> }} }} # {b}",
    lambda b: f'<node id="{b}id/state/KAZ"><data key="iri">{b}id/state/KAZ</data></node>',
    lambda b: f'<svg xmlns="http://www.w3.org/2000/svg"><a href="{b}id/org/cica"><title>{b}</title></a></svg>',
    lambda b: f"Sitemap: {b}sitemap.xml\n- [CICA]({b}id/org/cica): {b}\n> url: {b}\n",
    lambda b: f'{{"a":"{b}","b":["{b}x"],"aboutUrl":"{b}id/membership/{{membership}}"}}',
])  # fmt: skip
def test_every_canonical_iri_of_a_text_is_rebased(write: Callable[[str], str]) -> None:
    assert rebase(write(BASE), HERE) == write(HERE)
    assert rebase(write(BASE).encode(), HERE) == write(HERE).encode()


@pytest.mark.parametrize("iri", OTHERS)
def test_iri_of_another_project_is_unchanged(iri: str) -> None:
    text = f'<a href="{iri}">{iri}</a>, {iri}'
    assert rebase(text, HERE) == text


@pytest.mark.parametrize("data", [b"PAR1\x15\x04\xff", b"PK\x03\x04\n\0\0", b"\x89PNG\r\n\x1a\n"])
def test_binary_data_are_unchanged(data: bytes) -> None:
    assert rebase(data + BASE.encode(), HERE) == data + BASE.encode()


def test_whole_site_is_rebased(few_site: Path) -> None:
    for path in few_site.rglob("*"):
        if path.is_file() and path.suffix not in (".zip", ".parquet"):
            data = path.read_bytes()
            assert data.replace(BASE.encode(), HERE.encode()) == rebase(data, HERE), path


def test_site_of_a_hostile_graph_is_rebased(nasty: Path) -> None:
    forms = {".ttl": "turtle", ".nt": "ntriples", ".jsonld": "jsonld"}
    paths = [p for p in sorted(nasty.rglob("*")) if p.suffix in forms and "download" not in p.parts]
    for path in paths[:: max(1, len(paths) // 300)]:
        data, form = path.read_bytes(), forms[path.suffix]
        assert in_pyoxigraph(rebase(data, HERE), form) == in_pyoxigraph(data, form, HERE), path


def test_packed_files_are_rebased(few_graph: Graph) -> None:
    there, here = (downloads(few_graph, date(2012, 6, 13), base=base) for base in (BASE, HERE))
    zips = [zipfile.ZipFile(io.BytesIO(d["cica-graph-csvw.zip"])) for d in (there, here)]
    assert zips[0].namelist() == zips[1].namelist()
    for name in zips[0].namelist():
        assert zips[1].read(name) == rebase(zips[0].read(name), HERE)
    assert sum(HERE.encode() in zips[1].read(name) for name in zips[1].namelist()) > 1
    frames = [polars.read_parquet(io.BytesIO(d["spells.parquet"])) for d in (there, here)]
    texts = [json.dumps(f.to_dicts(), default=str) for f in frames]
    assert texts[1] == rebase(texts[0], HERE) != texts[0]
    about = [polars.read_parquet_metadata(io.BytesIO(d["spells.parquet"])) for d in (there, here)]
    assert about[1]["citation"] == rebase(about[0]["citation"], HERE) != about[0]["citation"]
    packed = {"cica-graph-csvw.zip", "spells.parquet"}
    assert {name for name in there if there[name] != here[name]} == packed
