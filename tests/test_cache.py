"""The cache: unchanged input is not computed again, and a damaged entry is never used."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import subprocess
import sys
import time
from datetime import date
from functools import partial
from pathlib import Path

import pytest

from cica_graph.files import cache
from cica_graph.model.errors import Finding
from cica_graph.pipeline import build
from cica_graph.project.source_files import Project, shipped


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CICA_GRAPH_CACHE", str(tmp_path / "cache"))
    shutil.copytree(Path(__file__).parent / "fixtures" / "base", tmp_path / "project")
    return tmp_path / "project"


def entries(project: Path) -> list[Path]:
    return sorted((project.parent / "cache").iterdir())


def checked(project: Path) -> tuple[build.BuiltGraph, list[Finding]]:
    """Check a project, and wait until the graph is in the cache."""
    result = build.check(Project.at(project))
    for process in multiprocessing.active_children():
        process.join()
    return result


def test_an_unchanged_project_runs_no_step_again(project: Path) -> None:
    first, found = checked(project)
    assert {"load", "bound", "settle", "reason", "derive", "audit", "validate", "judge"} <= set(first.seconds)
    second, again = checked(project)
    assert second.seconds == {}
    assert (found, second.store.quads()) == (again, first.store.quads())


@pytest.mark.parametrize("damage", ["truncate", "flip", "empty", "garbage", "other kind", "missing file"])
def test_a_damaged_entry_is_computed_again(project: Path, damage: str) -> None:
    first, findings = checked(project)
    for entry in entries(project):
        if damage == "other kind":
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
            entry.write_bytes(b"x") if entry.name.startswith("graph") else entry.mkdir()
            continue
        file = next((entry / "store").glob("*.sst")) if entry.is_dir() else entry
        data = file.read_bytes()
        if damage == "truncate":
            file.write_bytes(data[: len(data) // 2])
        elif damage == "flip":
            file.write_bytes(data[:-20] + bytes([data[-20] ^ 1]) + data[-19:])
        elif damage == "empty":
            file.write_bytes(b"")
        elif damage == "garbage":
            file.write_bytes(b"x" * len(data))
        else:
            file.unlink()
    second, again = checked(project)
    assert "load" in second.seconds
    assert "judge" in second.seconds
    assert (findings, first.store.quads()) == (again, second.store.quads())
    third, _ = checked(project)
    assert "load" not in third.seconds


def test_an_entry_stays_when_two_processes_make_it_together(project: Path) -> None:
    """A reader has its files open: the engine reads them when it needs them."""
    first, second = (build._graph(Project.at(project), build.StepTimer(None)) for _ in range(2))
    cache.keep_directory("graph", "it", partial(build._save, first))
    (path,) = entries(project)
    before = {file: file.stat().st_ino for file in path.rglob("*")}
    cache.keep_directory("graph", "it", partial(build._save, second))
    assert {file: file.stat().st_ino for file in path.rglob("*")} == before
    assert entries(project) == [path]


def test_a_cached_graph_is_copied_when_it_is_changed(project: Path) -> None:
    checked(project)
    first, second = (build.graph(Project.at(project)) for _ in range(2))
    assert first.seconds == {}
    before = first.store.quads()
    build.add_day(first, date(2001, 2, 3))
    assert len(first.store.quads()) > len(before)
    assert second.store.quads() == before
    assert build.graph(Project.at(project), in_memory=True).store.quads() == before


def test_a_changed_file_is_loaded_again(project: Path) -> None:
    checked(project)
    file = project / "data" / "alpha.ttl"
    text = file.read_text("utf-8")
    assert '"1990-03-01"^^edtf:EDTF' in text
    file.write_text(text.replace('"1990-03-01"^^edtf:EDTF', '"1990-03-02"^^edtf:EDTF'), "utf-8")
    built, _ = checked(project)
    assert "load" in built.seconds


def test_a_changed_shape_runs_the_validation_only(project: Path) -> None:
    checked(project)
    shutil.copytree(shipped() / "shapes", project / "shapes")
    file = project / "shapes" / "claim.ttl"
    file.write_text(file.read_text("utf-8") + "# another comment\n", "utf-8")
    built, _ = checked(project)
    assert "load" not in built.seconds
    assert "validate" in built.seconds


def test_a_new_modification_time_alone_changes_nothing(project: Path) -> None:
    checked(project)
    later = time.time() + 1000
    for file in (project / "data").rglob("*"):
        os.utime(file, (later, later))
    assert checked(project)[0].seconds == {}


def test_a_cache_that_cannot_be_written_is_not_an_error(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project.parent / "file").write_text("in the way", "utf-8")
    monkeypatch.setenv("CICA_GRAPH_CACHE", str(project.parent / "file"))
    built, findings = checked(project)
    assert findings == []
    assert "load" in built.seconds


def test_entries_that_are_not_used_are_removed(project: Path) -> None:
    for n in range(cache.MAX_ENTRIES + 5):
        cache.get_or_make("x", str(n), lambda: b"y")
        assert cache.get_or_make("x", "0", lambda: b"made again") == b"y"
    assert len(entries(project)) == cache.MAX_ENTRIES


def test_an_answer_from_the_cache_imports_nothing_heavy(project: Path) -> None:
    checked(project)
    code = (
        "import sys; from cica_graph.cli import cli; "
        f"cli(['check', '--project', {str(project)!r}], standalone_mode=False); "
        f"cli(['members', 'ALPHA', '--on', '2012-06-13', '--project', {str(project)!r}], standalone_mode=False); "
        "print([m for m in ('rdflib', 'shifty', 'owlrl', 'edtf', 'pyld', 'rich.console') if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.splitlines()[-1] == "[]"
