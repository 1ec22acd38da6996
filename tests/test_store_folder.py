"""A folder is whole at any moment, whoever is killed."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyoxigraph as ox
import pytest

from cica_graph import Graph
from cica_graph.errors import Misuse
from cica_graph.store import Store, embedded
from cica_graph.store.fill import fill
from cica_graph.terms import GRAPH

KILLS = 20
# Fills a folder with the old and the new by turns, until it is killed.
FILLING = """
import sys
from pathlib import Path
from cica_graph.store import Store, embedded
from cica_graph.store.fill import fill
stores = []
for name in ("old", "new"):
    store = Store()
    store.restore(Path(sys.argv[1], name + ".nq").read_bytes())
    stores.append(store)
print("ready", flush=True)
for turn in range(1000):
    fill(str(Path(sys.argv[1], "kept")), stores[turn % 2])
"""


def states(graph: Graph) -> tuple[Store, Store]:
    """Return two graphs that have statements in common, and statements of their own in the same named graph."""
    old, new = Store(), Store()
    common = [q for q in graph.store.quads() if q.graph_name.value.startswith(GRAPH + "c")]  # type: ignore[union-attr]
    old.put(common)
    mark, cica = ox.NamedNode("http://example.org/mark"), ox.NamedNode(GRAPH + "cica")
    new.put([*common[500:], ox.Quad(mark, mark, ox.Literal("new"), cica)])
    old.put([ox.Quad(mark, mark, ox.Literal("old"), cica)])
    return old, new


def test_killed_at_random_moments_it_holds_the_old_or_the_new(graph: Graph, tmp_path: Path) -> None:
    kept, dice, seen = tmp_path / "kept", random.Random(9), set[int]()
    whole = []
    for name, store in zip(("old", "new"), states(graph), strict=True):
        (tmp_path / f"{name}.nq").write_bytes(store.dump())
        whole.append(store.quads())
    begun = time.monotonic()
    fill(str(kept), states(graph)[0])
    once = time.monotonic() - begun  # what a turn takes on this machine, with whatever else it does
    for _ in range(KILLS):
        command = [sys.executable, "-c", FILLING, str(tmp_path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout
            assert process.stdout.readline() == "ready\n"
            time.sleep(dice.random() * 5 * once)
            process.send_signal(signal.SIGKILL)
        assert process.returncode == -signal.SIGKILL
        found = Store.at(str(kept)).quads()
        assert found in whole
        seen.add(whole.index(found))
        assert Store.at(str(kept)).dump().count(b'"old"') in (0, 2)
    assert seen == {0, 1}
    # Nothing is left of those that were killed, once somebody has come to the end.
    fill(str(kept), states(graph)[0])
    fill(str(kept), states(graph)[1])
    assert len(list(kept.glob("data-*"))) <= 2
    assert not list(kept.glob(".new-*"))


def test_who_reads_goes_on_reading_what_was_there(graph: Graph, tmp_path: Path) -> None:
    old, new = states(graph)
    fill(str(tmp_path / "kept"), old)
    reader = Store.at(str(tmp_path / "kept"))
    fill(str(tmp_path / "kept"), new)
    assert reader.quads() == old.quads()
    assert Store.at(str(tmp_path / "kept")).quads() == new.quads()


def test_two_do_not_write_at_once(graph: Graph, tmp_path: Path) -> None:
    old, new = states(graph)
    fill(str(tmp_path), old)
    with embedded._alone(tmp_path), pytest.raises(Misuse, match="somebody else is writing to"):
        fill(str(tmp_path), new)
    assert fill(str(tmp_path), new)


def test_a_folder_of_something_else_is_left_alone(graph: Graph, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("all I have")
    with pytest.raises(Misuse, match="is not empty and holds no store of cica-graph"):
        fill(str(tmp_path), graph.store)
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.txt"]
    with pytest.raises(Misuse, match="holds no store; `cica-graph build --store"):
        Store.at(str(tmp_path))
    with pytest.raises(Misuse, match="holds no store"):
        Store.at(str(tmp_path / "nothing"))
    with pytest.raises(Misuse, match="cannot be written: Not a directory"):
        fill(str(tmp_path / "thesis.txt" / "below"), graph.store)


def test_a_damaged_folder_is_said(graph: Graph, tmp_path: Path) -> None:
    fill(str(tmp_path / "kept"), graph.store)
    for path in (tmp_path / "kept" / "current").glob("MANIFEST-*"):
        path.write_bytes(b"damaged")
    with pytest.raises(Misuse, match="cannot be opened"):
        Store.at(str(tmp_path / "kept"))


def test_a_folder_of_oxigraph_itself_is_read(graph: Graph, tmp_path: Path) -> None:
    theirs = ox.Store(str(tmp_path))
    theirs.bulk_extend(graph.store.quads())
    theirs.flush()
    del theirs
    assert Store.at(str(tmp_path)).quads() == graph.store.quads()


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    program = str(Path(sys.executable).with_name("cica-graph"))
    return subprocess.run([program, *arguments], capture_output=True, text=True)


def test_commands_answer_from_a_folder_as_from_the_project(tmp_path: Path) -> None:
    kept = str(tmp_path / "kept")
    assert run("build", "--store", kept).returncode == 0
    for command in (
        ["members", "CICA", "--on", "2012-06-13", "--format", "ttl"],
        ["overlaps", "CICA", "--on", "2012-06-13", "--format", "csv"],
        ["overlaps", "CICA", "CSTO", "--on", "2012-06-13", "--format", "ttl"],
        ["audit", "--format", "json"],
        ["query", "matrix", "--on", "2012-06-13", "--format", "csv"],
        ["export", "nquads"],
    ):
        here, there = run(*command), run(*command, "--store", kept)
        assert (there.returncode, there.stdout) == (0, here.stdout), there.stderr
        assert len(here.stdout) > 500


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["audit", "--project", ".", "--store", "x"], "two sources of a graph; give one of them"),
        (["build", "--store", "x", "--out", "y"], "--out is about a site"),
        (["build", "--store", "x", "--check-links"], "--check-links is about a site"),
        (["audit", "--store", "/no/such"], "holds no store; `cica-graph build --store /no/such` makes one"),
        (["audit", "--store", "http://127.0.0.1:1/query"], "is a SPARQL endpoint there?"),
    ],
)
def test_misuse(arguments: list[str], words: str) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_a_project_with_findings_is_not_kept(tmp_path: Path) -> None:
    (tmp_path / "project" / "data").mkdir(parents=True)
    (tmp_path / "project" / "data" / "x.ttl").write_text("this is no Turtle")
    done = run("build", "--project", str(tmp_path / "project"), "--store", str(tmp_path / "kept"))
    assert done.returncode == 1
    assert "nothing was written" in done.stderr
    assert not (tmp_path / "kept").exists()
