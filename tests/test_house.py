"""The structure of the package: layers, names, sizes, the wheel and its contents, and no network."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import tomllib
import zipfile
from functools import cache
from pathlib import Path

import pytest

import cica_graph
from cica_graph.project.source_files import Project


def run(*command: str, cwd: Path | None = None, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, env={**os.environ, **env})


def test_every_import_contract_is_kept(root: Path) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))
    contracts = len(project["tool"]["importlinter"]["contracts"])
    assert contracts >= 2
    done = run(str(Path(sys.executable).with_name("lint-imports")), cwd=root)
    assert done.returncode == 0, done.stdout
    assert f"Contracts: {contracts} kept, 0 broken." in done.stdout


@cache
def modules() -> dict[str, ast.Module]:
    """Return the syntax tree of every module of the package, by path."""
    package = Path(cica_graph.__file__).parent
    paths = sorted(package.rglob("*.py"))
    assert len(paths) > 150
    return {path.relative_to(package).as_posix(): ast.parse(path.read_text("utf-8")) for path in paths}


def test_no_two_classes_have_the_same_name() -> None:
    places: dict[str, list[str]] = {}
    for path, tree in modules().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                places.setdefault(node.name, []).append(path)
    assert {name: paths for name, paths in places.items() if len(paths) > 1} == {}


def test_no_import_from_the_package_is_renamed() -> None:
    renamed = [
        f"{path}:{node.lineno}: {alias.name} as {alias.asname}"
        for path, tree in modules().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom | ast.Import)
        for alias in node.names
        if (getattr(node, "module", None) or alias.name).startswith("cica_graph")
        and alias.asname not in (None, alias.name)
    ]
    assert renamed == []


def test_no_module_has_more_than_400_lines() -> None:
    package = Path(cica_graph.__file__).parent
    sizes = {path: len((package / path).read_text("utf-8").splitlines()) for path in modules()}
    assert {path: size for path, size in sizes.items() if size > 400} == {}


def test_no_function_has_more_than_60_lines() -> None:
    long = {
        f"{path}: {node.name}": size
        for path, tree in modules().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (size := (node.end_lineno or 0) - node.lineno + 1) > 60
    }
    assert long == {}


@pytest.fixture(scope="module")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    done = run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(root))
    assert done.returncode == 0, done.stdout + done.stderr
    (made,) = out.glob("*.whl")
    return made


def test_the_wheel_contains_every_file(root: Path, wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for folder in ("ontology", "data", "shapes"):
        for path in (root / folder).rglob("*.t[ts][lv]"):
            assert f"cica_graph/shipped/{path.relative_to(root).as_posix()}" in names
    for path in (root / "src" / "cica_graph").rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            assert path.relative_to(root / "src").as_posix() in names
    assert not [name for name in names if "tests" in name]


def test_the_wheel_works_without_the_repository(root: Path, wheel: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    zipfile.ZipFile(wheel).extractall(site)
    code = (
        "import cica_graph, sys; graph = cica_graph.open_graph(); "
        "print(cica_graph.__file__, len([m for m in graph.members('CICA', on='2012-06-13') if m.certainty == 'certain']))"
    )
    done = run(sys.executable, "-c", code, cwd=tmp_path, PYTHONPATH=str(site))
    assert done.stdout.split() == [str(site / "cica_graph" / "__init__.py"), "24"], done.stderr
    small = ("--project", str(root / "tests" / "fixtures" / "base"))
    done = run(sys.executable, "-m", "cica_graph", "check", *small, cwd=tmp_path, PYTHONPATH=str(site))
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    done = run(sys.executable, "-m", "cica_graph", "export", "ntriples", cwd=tmp_path, PYTHONPATH=str(site))
    assert (done.returncode, done.stdout[:1]) == (0, "<"), done.stderr
    done = run(sys.executable, "-m", "cica_graph", "import", "--help", cwd=tmp_path, PYTHONPATH=str(site))
    assert "cow_igo" in done.stdout, done.stderr


def test_queries_and_shapes_are_files_not_strings(root: Path) -> None:
    for path in (root / "src" / "cica_graph").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                text = node.value
                assert not any(word in text for word in ("WHERE {", "CONSTRUCT {", "SELECT ?")), f"{path}: {text[:60]}"


def test_only_the_http_client_opens_connections(root: Path) -> None:
    banned = {"urllib.request", "http.client", "socket", "httpx", "requests", "aiohttp"}
    package = root / "src" / "cica_graph"
    for path in package.rglob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        # The only module that connects to a server, and only if a user names one. It imports httpx when it is called.
        allowed = path == package / "store" / "http_client.py"
        # The server uses sockets to listen and between its processes. It connects to no other host.
        listens = path.is_relative_to(package / "serve")
        called = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        assert called.isdisjoint({"connect", "connect_ex", "create_connection", "open_connection"}) or not listens
        late = {n for f in ast.walk(tree) if isinstance(f, ast.FunctionDef) for n in ast.walk(f)}
        late |= {n for i in ast.walk(tree) if isinstance(i, ast.If) and _types_only(i) for n in ast.walk(i)}
        for node in ast.walk(tree):
            names = {a.name for a in node.names} if isinstance(node, ast.Import) else set()
            names |= {node.module or ""} if isinstance(node, ast.ImportFrom) else set()
            unasked = names & banned - ({"socket"} if listens else set())
            assert not unasked or (allowed and node in late and names == {"httpx"}), path


def _types_only(branch: ast.If) -> bool:
    return isinstance(branch.test, ast.Name) and branch.test.id == "TYPE_CHECKING"


def test_a_check_reaches_no_network(few: Project, tmp_path: Path) -> None:
    code = (
        "import socket, sys; from pathlib import Path\n"
        "def refuse(*a, **k): raise SystemExit('network')\n"
        "socket.socket.connect = socket.create_connection = socket.getaddrinfo = refuse\n"
        "from cica_graph.pipeline import build; from cica_graph.project.source_files import Project\n"
        "from cica_graph.publish.export.export import FORMATS, export\n"
        "built, findings = build.check(Project.at(Path(sys.argv[1])))\n"
        "sizes = [len(export(built.store, form)) for form in FORMATS]\n"
        "print(len(findings), min(sizes) > 1000)"
    )
    done = run(sys.executable, "-c", code, str(few.root), CICA_GRAPH_CACHE=str(tmp_path))
    assert done.stdout.strip() == "0 True", done.stderr


def test_the_public_names_are_documented() -> None:
    for name in cica_graph.__all__:
        assert (getattr(cica_graph, name).__doc__ or "").strip(), name
