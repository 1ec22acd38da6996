"""Blank nodes: those of different files stay different, and their labels are equal in every run."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pyoxigraph as ox
import pytest

from cica_graph.model.terms import GRAPH
from cica_graph.pipeline import build
from cica_graph.pipeline.steps import load
from cica_graph.project.source_files import Project

HEAD = """@prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix dcterms: <http://purl.org/dc/terms/> .
<GRAPH> a dcat:Dataset ; dcterms:title "A case"@en .
"""
NOTE = (
    "<https://w3id.org/cica-graph/id/state/AAA> <http://www.w3.org/2004/02/skos/core#note> [ dcterms:title 'NAME' ] .\n"
)
PAIRS = {
    "parts": ("data/zz.part1.ttl", "data/zz.part2.ttl"),
    "folders": ("data/a/src.ttl", "data/b/src.ttl"),
    "roots": ("data/cica-graph.ttl", "ontology/cica-graph.ttl"),
    "case": ("data/zz.ttl", "data/ZZ.ttl"),
    "punctuation": ("data/z-z.ttl", "data/z_z.ttl"),
    "spaces": ("data/z z.ttl", "data/z%20z.ttl"),
    "bytes": ("data/z\udcff.ttl", "data/z\udcfe.ttl"),
}


@pytest.fixture
def base(tmp_path: Path) -> Path:
    shutil.copytree(Path(__file__).parent / "fixtures" / "base", tmp_path / "p")
    (tmp_path / "p" / "ontology").mkdir()
    return tmp_path / "p"


def write(path: Path, graph: str, name: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        (HEAD if graph else HEAD.splitlines()[0] + "\n").replace("GRAPH", graph) + NOTE.replace("NAME", name)
    )


@pytest.mark.parametrize("graphs", ["two", "one", "none"])
@pytest.mark.parametrize("names", PAIRS)
def test_files_share_no_blank_node(base: Path, names: str, graphs: str) -> None:
    for number, name in enumerate(PAIRS[names]):
        graph = {"two": f"{GRAPH}zz{number}", "one": f"{GRAPH}zz", "none": ""}[graphs]
        write(base / name, graph, f"file {number}")
    store, _ = load.load(Project.at(base).graph_files)
    nodes = {quad.subject for quad in store.quads() if "file " in str(quad.object)}
    assert len(nodes) == 2
    again, _ = load.load(Project.at(base).graph_files)
    assert {quad.subject for quad in again.quads() if "file " in str(quad.object)} == nodes


def test_an_included_file_adds_its_own_blank_nodes(base: Path, tmp_path: Path) -> None:
    outputs = []
    for folder in ("one", "two"):
        write(tmp_path / folder / "x.ttl", f"{GRAPH}x", "file 1")
        write(tmp_path / folder / "other" / "x.ttl", f"{GRAPH}y", "file 2")
        built = build.graph(Project.at(base))
        for path in (tmp_path / folder / "x.ttl", tmp_path / folder / "other" / "x.ttl"):
            build.add_file(built, path)
        outputs.append({q.subject for q in built.store.quads() if "file " in str(q.object)})
    assert len(outputs[0]) == 2
    assert outputs[0] == outputs[1]


def test_imports_from_two_directories_share_no_blank_node(base: Path, tmp_path: Path) -> None:
    earlier = None
    for folder in ("one", "two"):
        write(tmp_path / folder / "x.ttl", f"{GRAPH}x-{folder}", f"file {folder}")
        earlier = build.imported_graph(Project.at(base), [tmp_path / folder / "x.ttl"], earlier).store
    assert earlier is not None
    assert len({q.subject for q in earlier.quads() if "file " in str(q.object)}) == 2


def test_an_export_has_the_same_bytes_in_every_process(base: Path) -> None:
    write(base / "data" / "zz.ttl", f"{GRAPH}zz", "x")
    program = Path(sys.executable).with_name("cica-graph")
    texts = {
        subprocess.run([program, "export", "nquads", "--project", base], capture_output=True, check=True).stdout
        for _ in range(2)
    }
    assert len(texts) == 1
    assert sum(isinstance(q.object, ox.BlankNode) for q in ox.parse(texts.pop(), format=ox.RdfFormat.N_QUADS)) >= 1
