"""Planted mistakes: each is found, where it stands, and the same file without it gives nothing.

``fixtures/base`` is a small clean project. A file of ``fixtures/wrong`` is put into a copy of it; its first line is
the finding that is wanted, as the report prints it. A file of ``fixtures/right`` is the same without the mistake.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pyoxigraph as ox
import pytest

from cica_graph.formats.findings import render
from cica_graph.model.errors import CicaGraphError, Finding, ProjectError
from cica_graph.model.terms import CG, GRAPH, RDF_TYPE, SHAPE, SKOS
from cica_graph.pipeline import build
from cica_graph.pipeline.steps import bound, judge, load, validate
from cica_graph.project import source_files
from cica_graph.project.source_files import Project
from cica_graph.store.store import Store

FIXTURES = Path(__file__).parent / "fixtures"
WRONG = sorted(FIXTURES.glob("wrong/*"))
RIGHT = sorted(FIXTURES.glob("right/*"))
IN_CODE = {"encoding", "syntax", "dataset-header", "date", "mapping", "contradiction", "contradicted-claim"}
HEAD = """@prefix cg: <https://w3id.org/cica-graph/ns#> . @prefix s: <https://w3id.org/cica-graph/id/state/> .
@prefix g: <https://w3id.org/cica-graph/graph/> . @prefix dcat: <http://www.w3.org/ns/dcat#> .
@prefix dcterms: <http://purl.org/dc/terms/> . @prefix skos: <http://www.w3.org/2004/02/skos/core#> .
g:zz a dcat:Dataset ; dcterms:title "A case"@en ; dcterms:license <https://creativecommons.org/licenses/by/4.0/> .
"""


@pytest.fixture(scope="module", autouse=True)
def _once() -> Iterable[None]:
    """Keep what two pure functions gave: most of these projects fold to the same graph, and all have the same shapes."""
    with pytest.MonkeyPatch.context() as patch:
        slow = cache(judge.contradictions)
        patch.setattr(judge, "contradictions", lambda triples: slow(frozenset(triples)))
        patch.setattr(validate, "read_shapes", cache(validate.read_shapes))
        yield


@pytest.fixture
def project(tmp_path: Path) -> Path:
    shutil.copytree(FIXTURES / "base", tmp_path / "project")
    return tmp_path / "project"


def put(project: Path, path: Path) -> None:
    folder = project / "data" / ("links" if path.suffix == ".tsv" else "")
    folder.mkdir(exist_ok=True)
    shutil.copy(path, folder)


def found(project: Path) -> list[Finding]:
    return build.check(Project.at(project))[1]


def expected(path: Path) -> str:
    return path.read_bytes().split(b"\n", 1)[0].decode("ascii").lstrip("# ")


def rule_of(line: str) -> str:
    match = re.search(r"\[([\w-]+)\]$", line)
    assert match, line
    return match[1]


def rules() -> set[str]:
    """Every rule of the shapes that can give a finding, by its name."""
    from rdflib import RDF, Namespace, URIRef

    sh = Namespace(validate.SH)
    shapes = validate.read_shapes(Project.at(FIXTURES / "base").shapes)
    named = {*shapes.subjects(RDF.type, sh.PropertyShape), *shapes.subjects(RDF.type, sh.SPARQLConstraint)}
    named |= {s for s in shapes.subjects(sh.nodeKind) if (s, RDF.type, sh.NodeShape) in shapes}
    return {str(s).removeprefix(SHAPE) for s in named if isinstance(s, URIRef)}


def test_the_base_has_no_findings(project: Path) -> None:
    assert found(project) == []
    assert sum(len(p.read_text().splitlines()) for p in FIXTURES.glob("base/data/*.ttl")) < 90


def test_every_rule_has_a_wrong_file_and_every_wrong_file_a_right_one() -> None:
    assert len(WRONG) >= 45
    assert [p.name for p in WRONG] == [p.name for p in RIGHT]
    assert {rule_of(expected(path)) for path in WRONG} == rules() | IN_CODE


@pytest.mark.parametrize("path", WRONG, ids=lambda path: path.name.partition(".")[0])
def test_a_mistake_is_found_where_it_stands(project: Path, path: Path) -> None:
    put(project, path)
    findings = found(project)
    assert expected(path) in render(findings, "text").splitlines()
    assert [f for f in findings if not f.file or not f.line] == []


def together(paths: list[Path]) -> list[list[Path]]:
    """Share out files among few projects: those that say different things of one subject or organization are apart."""
    parts: list[tuple[list[Path], dict[object, frozenset[ox.Triple]]]] = []
    for path in paths:
        parsed = source_files.parse(source_files.SourceFile(path, path.name, path.read_bytes()))
        said: dict[object, set[ox.Triple]] = {}
        for quad in parsed.quads:
            said.setdefault(quad.subject, set()).add(quad.triple)
        for triples in list(said.values()):  # who is in it, and what is claimed of it
            for t in triples:
                if t.predicate.value.removeprefix(CG) in ("organization", "about", "counterpart"):
                    said.setdefault(("in", t.object), set()).update(triples)
        keys = {key: frozenset(triples) for key, triples in said.items()}
        for part in parts:
            if parsed.graph not in part[1] and all(part[1].get(key, value) == value for key, value in keys.items()):
                break
        else:
            part = ([], {})
            parts.append(part)
        part[0].append(path)
        part[1].update(keys | {parsed.graph: frozenset()})
    return [files for files, _ in parts]


@pytest.mark.parametrize("paths", together(RIGHT), ids=lambda paths: paths[0].name.partition(".")[0])
def test_the_same_without_the_mistakes_gives_nothing(project: Path, paths: list[Path]) -> None:
    for path in paths:
        put(project, path)
    assert render(found(project), "text") == ""


SETS = {"same-spell", "same-code", "dangling", "untyped", "undeclared", "scheme", "short-list", "short-exceptions"}
SETS |= {"end-before-start", "overlapping-spells", "spell-order", "before-founding", "after-dissolution", "undated"}
SETS |= {"attested-outside", "suspended-outside", "organ-loop"}


def test_the_rules_of_sets_are_all_known() -> None:
    from rdflib import RDF, Namespace

    shapes = validate.read_shapes(Project.at(FIXTURES / "base").shapes)
    constraints = shapes.subjects(RDF.type, Namespace(validate.SH).SPARQLConstraint)
    assert {str(s).removeprefix(SHAPE) for s in constraints} == SETS


WHAT_IT_IS = {RDF_TYPE, SKOS + "inScheme", SKOS + "broader"}
OF_SETS = [path for path in WRONG if rule_of(expected(path)) in SETS]


@pytest.mark.parametrize("paths", together(OF_SETS), ids=lambda paths: paths[0].name.partition(".")[0])
def test_pyshacl_reports_the_same_of_sets(project: Path, paths: list[Path]) -> None:
    import pyshacl
    from rdflib import Graph, Namespace, URIRef

    sh = Namespace(validate.SH)
    for path in paths:
        put(project, path)
    files = Project.at(project)
    store, _ = load.load(files.graph_files)
    quads, _ = bound.bound(store)
    # Of the vocabulary, only what the terms that these files use are: rdflib takes its time.
    vocabulary = {t for name in ("ontology", "schemes") for t in store.graph(ox.NamedNode(GRAPH + name))}
    triples = [t for t in load.authored(store) if t not in vocabulary]
    used: set[object] = {term for t in triples for term in (t.subject, t.predicate, t.object)}
    used |= {t.subject for t in vocabulary if t.object == ox.NamedNode(SKOS + "ConceptScheme")}
    triples += [t for t in vocabulary if t.subject in used and t.predicate.value in WHAT_IT_IS]
    triples += [q.triple for q in quads]
    shapes = validate.read_shapes(files.shapes)
    ours = {(f.rule, f.subject.partition(" ")[0]) for f in validate.validate_sets(Store.from_triples(triples), shapes)}
    sets = Graph()
    for node in {*shapes.subjects(sh.targetNode, URIRef(validate.SET_NODE)), *shapes.objects(None, sh.sparql)}:
        for p, o in shapes.predicate_objects(node):
            sets.add((node, p, o))
    _, report, _ = pyshacl.validate(
        validate.to_rdflib(triples), shacl_graph=sets, inference="none", inplace=True, do_owl_imports=False
    )
    assert isinstance(report, Graph)
    theirs = {
        (str(report.value(result, sh.sourceConstraint)).removeprefix(SHAPE), str(report.value(result, sh.value)))
        for result in report.objects(None, sh.result)
    }
    assert theirs == ours
    assert {rule_of(expected(path)) for path in paths} <= {rule for rule, _ in theirs}


OF_SINGLE = [path for path in WRONG if rule_of(expected(path)) not in SETS | IN_CODE]
NAMELESS = """
@prefix cg: <https://w3id.org/cica-graph/ns#> . @prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix shape: <https://w3id.org/cica-graph/shape/> . @prefix skos: <http://www.w3.org/2004/02/skos/core#> .
shape:Own a sh:NodeShape ; sh:targetClass cg:State ; sh:message "Own." ;
    sh:property [ sh:path skos:note ; sh:minCount 1 ] , [ sh:path cg:iso3 ; sh:maxLength 1 ] ;
    sh:property [ sh:path [ sh:inversePath cg:member ] ; sh:minCount 99 ; sh:message "Nobody's." ; sh:node [ sh:nodeKind sh:IRI ] ] .
"""


@pytest.mark.parametrize("paths", together(OF_SINGLE), ids=lambda paths: paths[0].name.partition(".")[0])
def test_pyshacl_reports_the_same_of_single_things(project: Path, paths: list[Path]) -> None:
    import pyshacl
    from rdflib import BNode, Graph, Namespace, URIRef

    sh = Namespace(validate.SH)
    for path in paths:
        put(project, path)
    triples = load.authored(load.load(Project.at(project).graph_files)[0])
    shapes = validate.read_shapes(
        (*Project.at(project).shapes, source_files.SourceFile(Path("x"), "x", NAMELESS.encode()))
    )
    ours = sorted((f.rule, f.subject) for f in validate.validate(triples, shapes))
    single = Graph()
    for s, p, o in shapes:
        if p != sh.sparql and o != URIRef(validate.SET_NODE):
            single.add((s, p, o))
    _, report, _ = pyshacl.validate(
        validate.to_rdflib(triples), shacl_graph=single, inference="none", inplace=True, do_owl_imports=False
    )
    assert isinstance(report, Graph)
    theirs = []
    for result in report.objects(None, sh.result):
        shape, focus, way, found_there = (
            report.value(result, sh[name]) for name in ("sourceShape", "focusNode", "resultPath", "value")
        )
        rule = shape if isinstance(shape, URIRef) else next(shapes.subjects(sh.property, shape))
        said = (focus,) if isinstance(way, BNode) else (focus, way, found_there)
        theirs.append((str(rule).removeprefix(SHAPE), " ".join(str(term) for term in said if term is not None)))
    assert sorted(theirs) == ours
    assert {rule_of(expected(path)) for path in paths} | {"Own"} <= {rule for rule, _ in ours}
    assert {len(subject.split(" ")) for rule, subject in ours if rule == "Own"} >= {1, 2, 3}


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ("sh:path skos:note ; sh:minCount 'x'", "shape/Own: .*minCount x"),
        ("sh:minCount 1", "shape/Own"),
        ("sh:path ( skos:note ) ; sh:minCount 1", "shape/Own"),
        ("sh:path 'note' ; sh:minCount 1", "shape/Own"),
        ("sh:path skos:note ; sh:in skos:note", "shape/Own"),
        ("sh:path skos:note ; sh:or 'x'", "shape/Own"),
        ("sh:path skos:note ; sh:nodeKind skos:note", "shape/Own"),
        ("sh:path skos:note ; sh:maxCount 1 , 2", "shape/Own"),
    ],
)
def test_shapes_that_are_none_are_said(part: str, words: str) -> None:
    text = NAMELESS.replace("sh:path skos:note ; sh:minCount 1", part)
    with pytest.raises(ProjectError, match=f"shapes/: .*{words}.*nothing was checked"):
        validate.read_shapes((source_files.SourceFile(Path("x"), "x", text.encode()),))


def hostile() -> dict[str, tuple[bytes, str]]:
    """Content of data/zz.ttl, and the rule that must be reported, or nothing when it can be read."""
    note = "s:AAA skos:note "
    deep = 10_000
    plain = HEAD + note + '"x" .\n'
    return {
        "empty": (b"", "dataset-header"),
        "bom": (b"\xef\xbb\xbf" + plain.encode(), ""),
        "crlf": (plain.replace("\n", "\r\n").encode(), ""),
        "cr": (plain.replace("\n", "\r").encode(), ""),
        "utf-16": (plain.encode("utf-16"), "encoding"),
        "nul": ((HEAD + note + '"x" .\n\0').encode(), "syntax"),
        "long-literal": ((HEAD + note + '"' + "x" * 1_000_000 + '" .').encode(), ""),
        "undeclared-prefix": ((HEAD + "nope:a a cg:State .").encode(), "syntax"),
        "nested-brackets": ((HEAD + note + "[ skos:note " * deep + '"x"' + " ]" * deep + " .").encode(), "*"),
        "deep-collections": ((HEAD + note + "( " * deep + ") " * deep + ".").encode(), "*"),
        "open-brackets": ((HEAD + "[" * 1_000_000).encode(), "syntax"),
        "long-iri": ((HEAD + f"s:AAA skos:note <https://example.org/{'x' * 1_000_000}> .").encode(), ""),
        "bidi": ((HEAD + 's:AAA skos:prefLabel "A\u202eland"@en .').encode(), "label"),
        "bidi-date": (
            (HEAD + 's:AAA cg:start "20\u202e04"^^<http://id.loc.gov/datatypes/edtf/EDTF> .').encode(),
            "date",
        ),
    }


@pytest.mark.parametrize("name", hostile())
def test_a_hostile_file_is_read_or_reported(project: Path, name: str) -> None:
    content, rule = hostile()[name]
    (project / "data" / "zz.ttl").write_bytes(content)
    findings = found(project)
    text = render(findings, "text")
    assert all(f.file and f.line for f in findings), text[:2000]
    assert not re.search("[\u202a-\u202e\u2066-\u2069\0]", text)
    assert len(text) < 20_000
    if rule == "*":
        return
    assert {f.rule for f in findings} >= ({rule} if rule else set()), text[:2000]
    if not rule:
        assert findings == []
        note = Store.from_triples(load.load(Project.at(project).graph_files)[0].triples()).select(
            "SELECT ?o { <https://w3id.org/cica-graph/id/state/AAA> <http://www.w3.org/2004/02/skos/core#note> ?o }"
        )
        assert len(note) == 1  # nothing lost


def test_a_file_that_names_the_graph_of_another_loses_neither(project: Path) -> None:
    other = 'g:states a dcat:Dataset ; skos:note "also here" .'
    (project / "data" / "zz.ttl").write_text(HEAD.replace("g:zz a", "g:states a") + other)
    findings = found(project)
    assert [(f.file, f.rule) for f in findings if f.rule == "dataset-header"] == [("data/zz.ttl", "dataset-header")]
    store = load.load(Project.at(project).graph_files)[0]
    assert len(store.graph(ox.NamedNode("https://w3id.org/cica-graph/graph/states"))) > 20


def test_a_directory_named_like_a_file_is_no_file(project: Path) -> None:
    (project / "data" / "x.ttl").mkdir()
    assert found(project) == []


def test_a_file_that_cannot_be_read_is_said(project: Path) -> None:
    path = project / "data" / "zz.ttl"
    path.write_text(HEAD)
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("this user may read every file")
    with pytest.raises(CicaGraphError, match=re.escape("zz.ttl cannot be read")):
        found(project)


def test_a_loop_of_links_ends(project: Path) -> None:
    (project / "data" / "loop").symlink_to(project / "data", target_is_directory=True)
    (project / "data" / "self.ttl").symlink_to(project / "data" / "self.ttl")
    assert found(project) == []
