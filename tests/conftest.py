"""Fixtures for all tests: a cache for this run, the shipped graph opened once, and two sites built once."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pyoxigraph as ox
import pytest
from hypothesis import settings

import examples
from cica_graph import Graph, open_graph
from cica_graph.model.terms import ID, RDF, XSD
from cica_graph.pipeline.steps.derive import snapshot
from cica_graph.pipeline.steps.validate import to_rdflib
from cica_graph.project.source_files import Project
from cica_graph.store.store import Answer, snapshot_graph

# Time is measured in benchmarks: a slow test on a busy machine is not a fault of the code. `make soak` is thorough.
settings.register_profile("patient", deadline=None, max_examples=60)
settings.register_profile("thorough", deadline=None, max_examples=1000)
settings.load_profile("patient")


def share(part: float) -> settings:
    """Return settings with a part of the examples of the profile, for a law with examples that take long."""
    profile = settings.default
    assert profile is not None
    return settings(max_examples=max(1, round(profile.max_examples * part)))


if TYPE_CHECKING:
    import rdflib.query

Cell = tuple[str, str, str]  # value, language, datatype: the same for a term of any engine
Line = tuple[Cell | None, ...]
BUILD = "cica-graph build --out published --check-links 2>/dev/null"


# The files that take longest, the longest first, so that one worker does not end long after the other.
LONGEST = (
    "docs", "wrong", "publish_hosting", "serve_life", "site", "publish_tables", "stores", "publish_charts", "serve_api",
    "cli", "import_table", "serve_deploy", "serve_linked", "drafts", "site_browser", "serve_hostile", "panel",
)  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start with the longest files. The others keep their order."""
    places = {f"test_{name}.py": place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path.name, len(places)))


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory of this run of the tests, which the workers of pytest-xdist share."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@contextmanager
def made_once(directory: Path) -> Iterator[bool]:
    """Yield True in the first worker that makes a directory, and False in the others, which wait for it."""
    done = directory.with_suffix(".done")
    with directory.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield not done.exists()
        done.touch()


@pytest.fixture(scope="session", autouse=True)
def _shared_cache(shared: Path) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CICA_GRAPH_CACHE", str(shared / "cache"))
        yield


@pytest.fixture(scope="session")
def graph() -> Graph:
    return open_graph()


@pytest.fixture(scope="session")
def root() -> Path:
    return Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def site(shared: Path) -> Path:
    """The site of the shipped data, built once by the command that docs/publish.md shows. No test may change it."""
    directory = shared / "site"
    with made_once(directory) as first:
        if first:
            directory.mkdir()
            output, code = examples.run(BUILD, directory)
            assert code == 0, output
            (directory / "output").write_text(output, "utf-8")
    return directory / "published"


@pytest.fixture(scope="session")
def nasty(shared: Path, few: Project) -> Path:
    """The site of a graph with hostile labels and IRIs."""
    import nasty as hostile

    directory = shared / "nasty"
    with made_once(directory) as first:
        if first:
            directory.mkdir()
            hostile.site(directory, few.root)
    return directory / "a" / "b" / "site"


FEW = ("apec", "au", "cis", "csto", "eac", "eurasec", "las", "sco")  # with dates and reports of every kind
OTHERS = """@prefix dcat: <http://www.w3.org/ns/dcat#> .
@prefix dcterms: <http://purl.org/dc/terms/> .
<https://w3id.org/cica-graph/graph/others> a dcat:Dataset ; dcterms:title "Other organizations"@en ;
    dcterms:license <https://creativecommons.org/licenses/by/4.0/> .
"""


@pytest.fixture(scope="session")
def few(root: Path, shared: Path) -> Project:
    """A project with CICA and a few other organizations, for tests that take long on the whole graph.

    The others have names, but no members, so that the project has no findings. No test may change it.
    """
    directory = shared / "few"
    with made_once(directory) as first:
        if first:
            for folder in ("organizations", "links"):
                (directory / "data" / folder).mkdir(parents=True)
            links = Path("data", "links", "wikidata.sssom.tsv")
            shutil.copy(root / links, directory / links)
            names = ("cica", "sources", "states", "bodies", "handbook", *(f"organizations/{name}" for name in FEW))
            for name in names:
                shutil.copy(root / "data" / f"{name}.ttl", directory / "data" / f"{name}.ttl")
            files = sorted((root / "data" / "organizations").glob("*.ttl"))
            others = {f"{ID}org/{file.stem}": ox.parse(path=file) for file in files if file.stem not in FEW}
            named = [q.triple for iri, quads in others.items() for q in quads if q.subject == ox.NamedNode(iri)]
            text = OTHERS.encode() + (ox.serialize(named, format=ox.RdfFormat.TURTLE) or b"")
            (directory / "data" / "others.ttl").write_bytes(text)
    return Project.at(directory)


@pytest.fixture(scope="session")
def few_site(few: Project, shared: Path) -> Path:
    """The site of the project with a few organizations. No test may change it."""
    directory = shared / "few-site"
    with made_once(directory) as first:
        if first:
            program = Path(sys.executable).with_name("cica-graph")
            done = subprocess.run(
                [program, "build", "--project", few.root, "--out", directory], capture_output=True, text=True
            )
            assert done.returncode == 0, done.stderr + done.stdout
    return directory


class Engines:
    """The same query on pyoxigraph and on rdflib, over a graph that no other test changes (default: the shipped one).

    Answers are bags of lines: the cells of a row in the order of its columns, or the three of a triple.
    """

    def __init__(self, graph: Graph | None = None) -> None:
        self.graph = graph or open_graph()
        self._rdflib = cache(self._load)

    def in_pyoxigraph(self, text: str, day: date | None = None) -> Counter[Line]:
        return from_pyoxigraph(self.graph.store.query(text, day))

    def in_rdflib(self, text: str, day: date | None = None) -> Counter[Line]:
        return from_rdflib((self._dataset() if "GRAPH" in text else self._rdflib(day)).query(text))

    def _load(self, day: date | None) -> rdflib.Graph:
        store = self.graph.store
        if day is None:
            return to_rdflib(store.triples())
        snapshot(store, day)
        return to_rdflib([*store.triples(), *store.graph(snapshot_graph(day))])

    def _dataset(self) -> rdflib.Dataset:
        """Return the named graphs as a dataset, because GRAPH reads a dataset and not a graph."""
        import rdflib

        dataset = rdflib.Dataset()
        for name in self.graph.store.graphs():
            graph = dataset.graph(rdflib.URIRef(name))
            for triple in to_rdflib(self.graph.store.graph(ox.NamedNode(name))):
                graph.add(triple)
        for triple in to_rdflib(self.graph.store.triples()):
            dataset.default_graph.add(triple)
        return dataset


def from_pyoxigraph(answer: Answer) -> Counter[Line]:
    if isinstance(answer, ox.QueryTriples):
        return Counter({(_cell(t.subject), _cell(t.predicate), _cell(t.object)) for t in answer})
    assert isinstance(answer, ox.QuerySolutions)
    names = [v.value for v in answer.variables]
    return Counter(tuple(_cell(row[name]) for name in names) for row in answer)


def from_rdflib(answer: rdflib.query.Result) -> Counter[Line]:
    if answer.type == "CONSTRUCT":
        assert answer.graph is not None
        return Counter({tuple(_node(n) for n in triple) for triple in answer.graph})
    return Counter(tuple(_node(binding.get(v)) for v in answer.vars or []) for binding in answer.bindings)


def in_rdflib(term: object) -> rdflib.term.Node:
    import rdflib

    if isinstance(term, ox.NamedNode):
        return rdflib.URIRef(term.value)
    if isinstance(term, ox.BlankNode):
        return rdflib.BNode(term.value)
    assert isinstance(term, ox.Literal)
    if term.language:
        return rdflib.Literal(term.value, lang=term.language)
    plain = term.datatype.value == XSD + "string"
    return rdflib.Literal(term.value, datatype=None if plain else rdflib.URIRef(term.datatype.value))


def _cell(term: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple | None) -> Cell | None:
    if term is None:
        return None
    assert not isinstance(term, ox.Triple)
    if isinstance(term, ox.Literal):
        return term.value, (term.language or "").lower(), term.datatype.value
    return term.value, "", type(term).__name__


def _node(node: object) -> Cell | None:
    import rdflib

    if node is None:
        return None
    if isinstance(node, rdflib.Literal):
        plain = RDF + "langString" if node.language else XSD + "string"
        return str(node), (node.language or "").lower(), str(node.datatype or plain)
    return str(node), "", "NamedNode" if isinstance(node, rdflib.URIRef) else "BlankNode"


@pytest.fixture(scope="session")
def engines() -> Engines:
    return Engines()


@pytest.fixture(scope="session")
def few_graph(few: Project) -> Graph:
    return open_graph(few.root)


@pytest.fixture(scope="session")
def few_engines(few: Project) -> Engines:
    """Both engines over the project with a few organizations."""
    return Engines(open_graph(few.root))
