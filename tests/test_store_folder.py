"""A store in a directory is complete at any moment, even if a process is killed."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyoxigraph as ox
import pytest

from cica_graph import Graph
from cica_graph.model.errors import UsageError
from cica_graph.model.terms import CG, GRAPH
from cica_graph.project.source_files import Project
from cica_graph.store import folder_store
from cica_graph.store.load import fill
from cica_graph.store.store import Store
from commands import run

KILLS = 20
PROGRAM = str(Path(sys.executable).with_name("cica-graph"))
PROJECT = """\
@prefix cg: <https://w3id.org/cica-graph/ns#> .
@prefix dcat: <http://www.w3.org/ns/dcat#> .
@prefix o: <https://w3id.org/cica-graph/id/org/> .
@prefix s: <https://w3id.org/cica-graph/id/state/> .
<https://w3id.org/cica-graph/graph/who> a dcat:Dataset .
s:KAZ a cg:State ; cg:iso3 "KAZ" ; cg:cow 705 .
o:csto a cg:Organization ; cg:cow 1125 .
"""
ROWS = "ccode,year,state,CICA,CSTO\n705,2001,kazakhstan,0,0\n705,2002,kazakhstan,1,{csto}\n"


def states(graph: Graph) -> tuple[Store, Store]:
    """Return two graphs with common and with different statements in the same named graph."""
    old, new = Store(), Store()
    common = [q for q in graph.store.quads() if q.graph_name.value.startswith(GRAPH + "c")]  # type: ignore[union-attr]
    old.add_quads(common)
    mark, cica = ox.NamedNode("http://example.org/mark"), ox.NamedNode(GRAPH + "cica")
    new.add_quads([*common[500:], ox.Quad(mark, mark, ox.Literal("new"), cica)])
    old.add_quads([ox.Quad(mark, mark, ox.Literal("old"), cica)])
    return old, new


def importing(folder: Path, name: str, store: str = "kept") -> subprocess.Popen[bytes]:
    """Start an import of one of two tables into a store, and return its process."""
    for path in (folder / "temporary", folder / "project" / "data"):
        path.mkdir(exist_ok=True, parents=True)
    (folder / "project" / "data" / "who.ttl").write_text(PROJECT)
    (folder / name).write_text(ROWS.format(csto=int(name == "new.csv")))
    command = [PROGRAM, "import", "cow_igo", name, "--store", store, "--project", "project"]
    quiet, environment = subprocess.DEVNULL, os.environ | {"TMPDIR": str(folder / "temporary")}
    return subprocess.Popen(command, cwd=folder, env=environment, stdout=quiet, stderr=quiet)


def wait_for(begun: Path, pattern: str, process: subprocess.Popen[bytes]) -> None:
    while not any(begun.glob(pattern)) and process.poll() is None:
        time.sleep(0.001)


def test_an_import_killed_at_random_moments_leaves_the_old_or_the_new(tmp_path: Path) -> None:
    dice, names, seen, in_the_filling = random.Random(9), ("old.csv", "new.csv"), set[int](), 0
    whole = []
    for name in names:
        begun = time.monotonic()
        process = importing(tmp_path, name, name.removesuffix(".csv"))
        wait_for(tmp_path / name.removesuffix(".csv"), ".new-*", process)
        filling = time.monotonic()
        assert process.wait() == 0
        # The duration of an import, and of its last part, on this machine under its present load.
        once, last = time.monotonic() - begun, time.monotonic() - filling
        whole.append(Store.open(str(tmp_path / name.removesuffix(".csv"))).quads())
    assert whole[0] != whole[1]
    held, kept = 0, tmp_path / "kept"
    assert importing(tmp_path, names[held]).wait() == 0
    for turn in range(KILLS):
        process = importing(tmp_path, names[1 - held])
        if turn % 2:  # as soon as it fills, or a little later; else at any moment from its start to after its end
            wait_for(kept, ".new-*", process)
        time.sleep(dice.random() * (once * 1.2, 0, once * 1.2, last)[turn % 4])
        if turn == KILLS // 2:  # one import ends normally, so that both are seen on a busy machine too
            assert process.wait() == 0
        process.kill()
        assert process.wait() in (-signal.SIGKILL, 0)
        in_the_filling += any(kept.glob(".new-*"))
        found = Store.open(str(kept)).quads()
        assert found in (whole[held], whole[1 - held])
        held = whole.index(found)
        seen.add(held)
    assert seen == {0, 1}
    assert in_the_filling >= 2
    # After a complete import, no files of killed processes remain.
    for name in names:
        assert importing(tmp_path, name).wait() == 0
    assert len(list(kept.glob("data-*"))) <= 2
    assert not list(kept.glob(".new-*"))
    # The same for processes that got a signal to end.
    shutil.rmtree(tmp_path / "temporary")
    for told, code in ((signal.SIGTERM, 128 + signal.SIGTERM), (signal.SIGINT, 130)):
        with importing(tmp_path, "old.csv") as process:
            wait_for(tmp_path / "temporary", "*", process)
            process.send_signal(told)
        assert process.returncode == code
        assert not list((tmp_path / "temporary").iterdir())
        assert Store.open(str(kept)).quads() == whole[1]


def test_import_into_a_directory_reports_every_loss(few: Project, tmp_path: Path) -> None:
    given = "import", "table", "spells.csv", "--store", "kept", "-o", "reports", "--project", few.root
    (tmp_path / "spells.csv").write_text("member,organization,start\nKAZ,CICA,2002\nKazahkstan,CICA,2002\n")
    done = run(*given, cwd=tmp_path)
    assert done.returncode == 1
    assert "1 membership for kept as g:table-spells\n" in done.stderr
    assert "1 row in reports/table-spells-rejects.csv:\n" in done.stderr
    assert {path.name: len(path.read_text().splitlines()) for path in (tmp_path / "reports").iterdir()} == {
        "table-spells-rejects.csv": 2,
        "table-spells-unresolved.tsv": 2,
    }
    graphs = Store.open(str(tmp_path / "kept")).graphs()
    assert {GRAPH + name for name in ("table-spells", "bounds", "inferred", "provenance", "states")} <= set(graphs)
    again = run(*given, cwd=tmp_path)
    assert again.stderr.endswith("statements, unchanged\n")
    # The store has the states and organizations of the project, and none of its memberships, claims and seats.
    counted = "SELECT ?class (COUNT(?thing) AS ?number) { ?thing a ?class } GROUP BY ?class"
    said = run("query", "-", "--store", "kept", "--format", "csv", cwd=tmp_path, stdin=counted).stdout
    counts = dict(line.split(",") for line in said.replace(CG, "").splitlines())
    assert {name: counts.get(name) for name in ("State", "Organization", "Membership", "Tally", "Seat", "Suspension")} == {
        "State": "236", "Organization": "63", "Membership": "1", "Tally": None, "Seat": None, "Suspension": None,
    }  # fmt: skip


def test_import_is_refused_if_the_project_has_its_graph(tmp_path: Path) -> None:
    (tmp_path / "project" / "data").mkdir(parents=True)
    (tmp_path / "project" / "data" / "who.ttl").write_text(PROJECT)
    (tmp_path / "old.csv").write_text(ROWS.format(csto=0))
    given = "import", "cow_igo", "old.csv", "--project", "project"
    assert run(*given, "-o", "project/data", cwd=tmp_path).returncode == 0
    done = run(*given, "--store", "kept", cwd=tmp_path)
    assert done.returncode == 2
    assert "graph/cow-igo; remove its file from data/" in done.stderr
    assert not (tmp_path / "kept").exists()


def test_open_reader_continues_to_read_the_old_graph(graph: Graph, tmp_path: Path) -> None:
    old, new = states(graph)
    fill(str(tmp_path / "kept"), old)
    reader = Store.open(str(tmp_path / "kept"))
    fill(str(tmp_path / "kept"), new)
    assert reader.quads() == old.quads()
    assert Store.open(str(tmp_path / "kept")).quads() == new.quads()


def test_two_processes_cannot_write_at_the_same_time(graph: Graph, tmp_path: Path) -> None:
    old, new = states(graph)
    fill(str(tmp_path), old)
    with folder_store._lock(tmp_path), pytest.raises(UsageError, match="another process is writing to"):
        fill(str(tmp_path), new)
    assert fill(str(tmp_path), new)


def test_directory_with_other_files_is_unchanged(graph: Graph, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("all I have")
    with pytest.raises(UsageError, match="is not empty and contains no store of cica-graph"):
        fill(str(tmp_path), graph.store)
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.txt"]
    with pytest.raises(UsageError, match="contains no store; `cica-graph build --store"):
        Store.open(str(tmp_path))
    with pytest.raises(UsageError, match="contains no store"):
        Store.open(str(tmp_path / "nothing"))
    with pytest.raises(UsageError, match="cannot be written: Not a directory"):
        fill(str(tmp_path / "thesis.txt" / "below"), graph.store)


def test_damaged_directory_is_reported(graph: Graph, tmp_path: Path) -> None:
    fill(str(tmp_path / "kept"), graph.store)
    for path in (tmp_path / "kept" / "current").glob("MANIFEST-*"):
        path.write_bytes(b"damaged")
    with pytest.raises(UsageError, match="cannot be opened"):
        Store.open(str(tmp_path / "kept"))


def test_a_folder_of_oxigraph_itself_is_read(graph: Graph, tmp_path: Path) -> None:
    theirs = ox.Store(str(tmp_path))
    theirs.bulk_extend(graph.store.quads())
    theirs.flush()
    del theirs
    assert Store.open(str(tmp_path)).quads() == graph.store.quads()


def test_commands_answer_from_a_folder_as_from_the_project(few: Project, tmp_path: Path) -> None:
    kept = str(tmp_path / "kept")
    assert run("build", "--store", kept, "--project", few.root).returncode == 0
    for command in (
        ["members", "CICA", "--on", "2012-06-13", "--format", "ttl"],
        ["overlaps", "CICA", "--on", "2012-06-13", "--format", "csv"],
        ["overlaps", "CICA", "CSTO", "--on", "2012-06-13", "--format", "ttl"],
        ["audit", "--format", "json"],
        ["query", "matrix", "--on", "2012-06-13", "--format", "csv"],
        ["export", "nquads"],
    ):
        here, there = run(*command, "--project", few.root), run(*command, "--store", kept)
        assert (there.returncode, there.stdout) == (0, here.stdout), there.stderr
        assert len(here.stdout) > 500


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["audit", "--project", ".", "--store", "x"], "--project cannot be combined with --store"),
        (["build", "--store", "x", "--out", "y"], "--out cannot be combined with --store"),
        (["build", "--store", "x", "--check-links"], "--check-links cannot be combined with --store"),
        (["import", "cow_igo", "no.csv", "--on", "2012-06-13"], "--on needs --store"),
        (["import", "cow_igo", "no.csv", "--store", str(Path(__file__).parent)], "contains no store of cica-graph"),
        (["import", "cow_igo", "no.csv", "--store", __file__], "is a file; give a directory"),
        (
            ["import", "cow_igo", "no.csv", "--store", "http://127.0.0.1:1/query"],
            "is this the address of a SPARQL endpoint",
        ),
        (["build", "--store", "http://127.0.0.1:1/query"], "is this the address of a SPARQL endpoint"),
        (["audit", "--store", "/no/such"], "contains no store; `cica-graph build --store /no/such` creates one"),
        (["audit", "--store", "http://127.0.0.1:1/query"], "is this the address of a SPARQL endpoint"),
    ],
)
def test_usage_errors(arguments: list[str], words: str) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_a_project_with_findings_is_not_kept(tmp_path: Path) -> None:
    (tmp_path / "project" / "data").mkdir(parents=True)
    (tmp_path / "project" / "data" / "x.ttl").write_text("this is no Turtle")
    done = run("build", "--project", str(tmp_path / "project"), "--store", str(tmp_path / "kept"))
    assert done.returncode == 1
    assert "Nothing was written" in done.stderr
    assert not (tmp_path / "kept").exists()
