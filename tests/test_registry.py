"""Importers, export formats and readers of link datasets of another package are found by its entry points."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from cica_graph.files import registry
from cica_graph.model.errors import NotFound, UsageError

MODULE = '''
import click

from cica_graph.imports.importer import ImportReport
from cica_graph.linking.candidate import Candidate


@click.option("--note", default="", help="Text to write.")
def listed(request, note):
    """Read a list of members, one a line."""
    request.directory.mkdir(parents=True, exist_ok=True)
    lines = [line for file in request.files for line in file.read_text("utf-8").split()]
    (request.directory / "listed.ttl").write_text(f"# {note} {len(lines)}\\n", "utf-8")
    return ImportReport((f"{len(lines)} members {request.location('listed.ttl', '')}",), complete="bad" not in lines)


def counted(store, day):
    return f"{store.count()} statements, {day}\\n".encode()


def names(dataset, on_progress):
    for number, line in enumerate(dataset.path().read_text("utf-8").splitlines(), 1):
        ident, name = line.split("=")
        yield Candidate(dataset.target.iri(ident), labels=((name, "en"),), place=number)
'''
ENTRY_POINTS = """
[cica_graph.importers]
listed = other_package:listed

[cica_graph.exports]
counted = other_package:counted
turtle = other_package:counted
broken = other_package:nothing

[cica_graph.link_readers]
names = other_package:names
"""


def install(folder: Path, name: str = "other-package", entry_points: str = ENTRY_POINTS) -> Path:
    """Put a package with its metadata in a directory, as an installer does."""
    info = folder / f"{name.replace('-', '_')}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n", "utf-8")
    (info / "entry_points.txt").write_text(entry_points, "utf-8")
    (folder / "other_package.py").write_text(MODULE, "utf-8")
    return folder


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return install(tmp_path_factory.mktemp("other"))


def run(other: Path, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(other)}
    command = [sys.executable, "-m", "cica_graph", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, env=environment)


def test_an_importer_of_another_package_is_a_command(other: Path, tmp_path: Path) -> None:
    (tmp_path / "members.txt").write_text("KAZ KGZ\n", "utf-8")
    ran = run(other, "import", "listed", "members.txt", "--note", "hello", "-o", "made", cwd=tmp_path)
    assert (ran.returncode, ran.stderr.splitlines()[-1]) == (0, f"2 members in {Path('made/listed.ttl')}"), ran.stderr
    assert (tmp_path / "made" / "listed.ttl").read_text("utf-8") == "# hello 2\n"
    (tmp_path / "members.txt").write_text("bad\n", "utf-8")
    assert run(other, "import", "listed", "members.txt", "-o", "made", cwd=tmp_path).returncode == 1
    shown = run(other, "import", "--help", cwd=tmp_path).stdout
    assert re.findall(r"^  (\w+)  ", shown, re.MULTILINE) == ["cow_igo", "factbook", "listed", "table", "wikidata"]
    assert "Read a list of members, one a line." in shown
    assert "--note" in run(other, "import", "listed", "--help", cwd=tmp_path).stdout


def test_an_export_format_of_another_package_is_written(other: Path, tmp_path: Path) -> None:
    ran = run(other, "export", "counted", "--on", "2012-06-13", cwd=tmp_path)
    assert re.fullmatch(r"[0-9]{4,} statements, 2012-06-13\n", ran.stdout), ran.stderr


def test_a_reader_of_another_package_gives_candidates(other: Path, tmp_path: Path) -> None:
    (tmp_path / "things.names").write_text("Q232=Kazakhstan\nQ5=human\n", "utf-8")
    ran = run(other, "link", "suggest", "things.names", "--include-linked", "--format", "csv", cwd=tmp_path)
    assert "cgs:KAZ,Kazakhstan,wd:Q232,Kazakhstan," in ran.stdout, ran.stderr
    assert "2 candidates read" in ran.stderr


def test_names_and_errors_are_those_of_the_registry(
    other: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(other))
    assert {"counted", "turtle", "broken"} < {*registry.names("cica_graph.exports")}
    assert registry.load("cica_graph.exports", "turtle").__module__ == "cica_graph.publish.export.exporters"
    with pytest.raises(UsageError, match=r"'broken' cannot be imported from other_package:nothing: .*nothing"):
        registry.load("cica_graph.exports", "broken")
    with pytest.raises(NotFound, match=r"unknown importer 'x'; the known ones are cow_igo, factbook, listed, table"):
        registry.load("cica_graph.importers", "x")
    monkeypatch.syspath_prepend(str(install(tmp_path, "another-package")))
    with pytest.raises(UsageError, match=r"several packages provide .* 'counted': another-package, other-package"):
        registry.load("cica_graph.exports", "counted")


@pytest.mark.parametrize("group", ["cica_graph.importers", "cica_graph.exports", "cica_graph.link_readers"])
def test_every_built_in_name_is_declared_and_can_be_imported(group: registry.Group) -> None:
    for name in registry.names(group):
        assert callable(registry.load(group, name))


def test_other_commands_do_not_read_the_registry(root: Path, tmp_path: Path) -> None:
    base = str(root / "tests" / "fixtures" / "base")
    code = (
        "import sys; from cica_graph.cli import cli\n"
        f"cli(['members', 'ALPHA', '--project', {base!r}], standalone_mode=False)\n"
        "assert not {'cica_graph.files.registry', 'yaml'} & set(sys.modules), 'read'"
    )
    environment = os.environ | {"CICA_GRAPH_CACHE": str(tmp_path)}
    for _ in range(2):  # the first run fills the cache
        ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
    assert ran.returncode == 0, ran.stderr
