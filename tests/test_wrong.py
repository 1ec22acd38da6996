"""Planted mistakes: each is found with its line, and the same file without it has no findings.

``fixtures/base`` is a small clean project. Files of ``fixtures/wrong`` are copied into it; the first line of each is
the expected finding as the report prints it. A file of ``fixtures/right`` is the same file without the mistake.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Literal

import pyoxigraph as ox
import pytest

from cica_graph.formats.findings import name, render
from cica_graph.model.errors import CicaGraphError, Finding, ProjectError
from cica_graph.model.terms import CG, GRAPH, RDF_TYPE, SHAPE, SKOS
from cica_graph.pipeline import build
from cica_graph.pipeline.steps import bound, judge, load, validate
from cica_graph.project import source_files
from cica_graph.project.source_files import Project
from cica_graph.store.store import Store

Faults = tuple[list[tuple[str, str]], list[tuple[str, str]]]  # rule and subject: ours, pyshacl's

FIXTURES = Path(__file__).parent / "fixtures"
WRONG = sorted(FIXTURES.glob("wrong/*"))
RIGHT = sorted(FIXTURES.glob("right/*"))
IN_CODE = {
    "encoding",
    "syntax",
    "dataset-header",
    "date",
    "literal",
    "mapping",
    "contradiction",
    "contradicted-claim",
    "disputed-body",
}
HEAD = """@prefix cg: <https://w3id.org/cica-graph/ns#> . @prefix s: <https://w3id.org/cica-graph/id/state/> .
@prefix g: <https://w3id.org/cica-graph/graph/> . @prefix dcat: <http://www.w3.org/ns/dcat#> .
@prefix dcterms: <http://purl.org/dc/terms/> . @prefix skos: <http://www.w3.org/2004/02/skos/core#> .
g:zz a dcat:Dataset ; dcterms:title "A case"@en ; dcterms:license <https://creativecommons.org/licenses/by/4.0/> .
"""


@pytest.fixture(scope="module", autouse=True)
def _once() -> Iterable[None]:
    """Cache two pure functions: most of the projects have the same axioms, and all have the same shapes."""
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


def test_base_project_has_no_findings(project: Path) -> None:
    assert found(project) == []
    assert sum(len(p.read_text().splitlines()) for p in FIXTURES.glob("base/data/*.ttl")) < 90


def test_every_rule_has_a_wrong_file_and_a_right_one() -> None:
    assert len(WRONG) >= 45
    assert [p.name for p in WRONG] == [p.name for p in RIGHT]
    assert {rule_of(expected(path)) for path in WRONG} == rules() | IN_CODE


def together(paths: list[Path], apart: Literal["subjects", "members"]) -> list[list[Path]]:
    """Distribute files over few projects. No two files of a project describe the same subject in different ways.

    Only files that agree on the sources that their graphs report are together.

    With ``members``, also not the members of an organization or the claims about it.
    """
    parts: list[tuple[list[Path], dict[object, frozenset[object]]]] = []
    for path in paths:
        parsed = source_files.parse(source_files.SourceFile(path, path.name, path.read_bytes()))
        stated: dict[object, set[ox.Triple]] = {}
        for quad in parsed.quads:
            stated.setdefault(quad.subject, set()).add(quad.triple)
        reports = frozenset(q.triple.object for q in parsed.quads if q.predicate.value == CG + "reports")
        for triples in list(stated.values()) if apart == "members" else []:
            for t in triples:
                if t.predicate.value.removeprefix(CG) in ("organization", "about", "counterpart"):
                    stated.setdefault(("in", t.object), set()).update(triples)
        keys: dict[object, frozenset[object]] = {key: frozenset(triples) for key, triples in stated.items()}
        keys["reports"] = reports
        for part in parts:
            if parsed.graph not in part[1] and all(part[1].get(key, value) == value for key, value in keys.items()):
                break
        else:
            part = ([], {})
            parts.append(part)
        part[0].append(path)
        part[1].update(keys | {parsed.graph: frozenset()})
    return [files for files, _ in parts]


def reported(path: Path, faults: Iterable[tuple[str, str]]) -> bool:
    """Return whether the fault of a file is among those of SHACL: its rule, and the name of its subject if it has one."""
    rule = rule_of(expected(path))
    subject = re.search(r":\d+:\d+: ([\w-]+ [^:\s]+): ", expected(path))
    return any(rule == other and (not subject or name(iris.split(" ")[0]) == subject[1]) for other, iris in faults)


def first_name(paths: list[Path]) -> str:
    return paths[0].name.partition(".")[0]


WRONG_TOGETHER, RIGHT_TOGETHER = together(WRONG, "subjects"), together(RIGHT, "members")


def test_every_file_is_in_one_project() -> None:
    for paths, groups in ((WRONG, WRONG_TOGETHER), (RIGHT, RIGHT_TOGETHER)):
        assert sorted(path for group in groups for path in group) == paths
    assert len(WRONG) == len(RIGHT) == 201


@pytest.mark.parametrize("paths", WRONG_TOGETHER, ids=first_name)
def test_a_mistake_is_found_with_its_line(project: Path, paths: list[Path]) -> None:
    for path in paths:
        put(project, path)
    findings = found(project)
    assert {expected(path) for path in paths} - set(render(findings, "text").splitlines()) == set()
    assert [f for f in findings if not f.file or not f.line] == []


@pytest.mark.parametrize("paths", RIGHT_TOGETHER, ids=first_name)
def test_the_files_without_the_mistakes_have_no_findings(project: Path, paths: list[Path]) -> None:
    for path in paths:
        put(project, path)
    assert render(found(project), "text") == ""


SETS = {"same-spell", "same-code", "dangling", "untyped", "undeclared", "scheme", "short-list", "short-exceptions"}
SETS |= {"end-before-start", "overlapping-spells", "spell-order", "before-founding", "after-dissolution", "undated"}
SETS |= {"attested-outside", "suspended-outside", "organ-loop", "unreported", "same-report"}


def test_the_rules_of_sets_are_complete() -> None:
    from rdflib import RDF, Namespace

    shapes = validate.read_shapes(Project.at(FIXTURES / "base").shapes)
    constraints = shapes.subjects(RDF.type, Namespace(validate.SH).SPARQLConstraint)
    assert {str(s).removeprefix(SHAPE) for s in constraints} == SETS


WHAT_IT_IS = {RDF_TYPE, SKOS + "inScheme", SKOS + "broader"}
OF_SETS = [path for path in WRONG if rule_of(expected(path)) in SETS]


def compared(paths: list[Path], folder: Path, faults: Callable[[Project], Faults]) -> int:
    """Compare the faults that both engines find, and return the number of files with a reported fault.

    In one project, a file may hide the fault of another. Those are compared again, in more projects.
    """
    count = 0
    groups = [paths]
    for number, group in enumerate(groups):
        project = folder / str(number)
        shutil.copytree(FIXTURES / "base", project)
        for path in group:
            put(project, path)
        ours, theirs = faults(Project.at(project))
        assert ours == theirs
        hidden = [path for path in group if not reported(path, ours)]
        assert number == 0 or not hidden
        groups += together(hidden, "subjects")
        count += len(group) - len(hidden)
    return count


def test_pyshacl_reports_the_same_faults_of_sets(tmp_path: Path) -> None:
    assert compared(OF_SETS, tmp_path, faults_of_sets) == len(OF_SETS) == 38


def faults_of_sets(files: Project) -> Faults:
    import pyshacl
    from rdflib import Graph, Namespace, URIRef

    sh = Namespace(validate.SH)
    store, _ = load.load(files.graph_files)
    quads, _ = bound.bound(store)
    # Only the part of the vocabulary that the files use, because rdflib is slow.
    vocabulary = {t for name in ("ontology", "schemes") for t in store.graph(ox.NamedNode(GRAPH + name))}
    triples = [t for t in load.authored(store) if t not in vocabulary]
    used: set[object] = {term for t in triples for term in (t.subject, t.predicate, t.object)}
    used |= {t.subject for t in vocabulary if t.object == ox.NamedNode(SKOS + "ConceptScheme")}
    populations = [t for t in vocabulary if t.subject in used and t.predicate.value.startswith(CG)]
    used |= {t.object for t in populations}
    triples += populations + [t for t in vocabulary if t.subject in used and t.predicate.value in WHAT_IT_IS]
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
    return sorted(ours), sorted(theirs)


OF_SINGLE = [path for path in WRONG if rule_of(expected(path)) not in SETS | IN_CODE]
NAMELESS = """
@prefix cg: <https://w3id.org/cica-graph/ns#> . @prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix shape: <https://w3id.org/cica-graph/shape/> . @prefix skos: <http://www.w3.org/2004/02/skos/core#> .
shape:Own a sh:NodeShape ; sh:targetClass cg:State ; sh:message "Own." ;
    sh:property [ sh:path skos:note ; sh:minCount 1 ] , [ sh:path cg:iso3 ; sh:maxLength 1 ] ;
    sh:property [ sh:path [ sh:inversePath cg:member ] ; sh:minCount 99 ; sh:message "Nobody's." ; sh:node [ sh:nodeKind sh:IRI ] ] .
"""


def test_pyshacl_reports_the_same_faults_of_single_things(tmp_path: Path) -> None:
    assert compared(OF_SINGLE, tmp_path, faults_of_single_things) == len(OF_SINGLE) == 123


def faults_of_single_things(files: Project) -> Faults:
    import pyshacl
    from rdflib import BNode, Graph, Namespace, URIRef

    sh = Namespace(validate.SH)
    triples = load.authored(load.load(files.graph_files)[0])
    shapes = validate.read_shapes((*files.shapes, source_files.SourceFile(Path("x"), "x", NAMELESS.encode())))
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
    assert {len(subject.split(" ")) for rule, subject in ours if rule == "Own"} >= {1, 2, 3}
    return ours, sorted(theirs)


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
def test_invalid_shapes_are_reported(part: str, words: str) -> None:
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


def test_two_files_with_one_graph_name_are_both_read(project: Path) -> None:
    other = 'g:states a dcat:Dataset ; skos:note "also here" .'
    (project / "data" / "zz.ttl").write_text(HEAD.replace("g:zz a", "g:states a") + other)
    findings = found(project)
    assert [(f.file, f.rule) for f in findings if f.rule == "dataset-header"] == [("data/zz.ttl", "dataset-header")]
    store = load.load(Project.at(project).graph_files)[0]
    assert len(store.graph(ox.NamedNode("https://w3id.org/cica-graph/graph/states"))) > 20


def test_a_directory_with_the_name_of_a_file_is_skipped(project: Path) -> None:
    (project / "data" / "x.ttl").mkdir()
    assert found(project) == []


def test_a_file_that_cannot_be_read_is_reported(project: Path) -> None:
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
