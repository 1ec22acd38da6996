"""The documents are correct: commands and examples run, names and links exist, generated pages are up to date."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
import re
import shutil
import tomllib
from pathlib import Path

import click
import pytest
from rdflib import RDF, Graph, URIRef

import cica_graph
import examples
import generate
from cica_graph import open_graph
from cica_graph.cli import cli
from cica_graph.model.terms import CG, SHAPE
from cica_graph.pipeline import build
from cica_graph.project.source_files import Project
from conftest import BUILD
from examples import DOCUMENTS, FENCE, NOT_RUN, ROOT, Example, blocks, name, write_files

COMMAND = dict(generate.every_command(cli))
WRITTEN = {
    "README.md",
    "CONTRIBUTING.md",
    "docs/time.md",
    "docs/why.md",
    "docs/audit.md",
    "docs/charts.md",
    "docs/data.md",
    "docs/imports.md",
    "docs/install.md",
    "docs/drafts.md",
    "docs/links.md",
    "docs/panels.md",
    "docs/publish.md",
    "docs/reconcile.md",
    "docs/scale.md",
    "docs/sparql.md",
}


def shown() -> list[Example]:
    return [example for document in DOCUMENTS for example in examples.examples(document)]


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A directory for each document, with a copy of the data and the files that the document shows."""
    made = {}
    for document in DOCUMENTS:
        made[name(document)] = tmp_path_factory.mktemp("document")
        examples.prepare(document, made[name(document)])
    return made


COMMANDS = [s for s in shown() if s.command not in NOT_RUN]


@pytest.mark.parametrize("example", COMMANDS, ids=str)
def test_a_command_prints_the_output_that_is_shown(
    example: Example, places: dict[str, Path], request: pytest.FixtureRequest
) -> None:
    if example.command == BUILD:  # takes half a minute, and other tests read its site
        output, code = (request.getfixturevalue("site").parent / "output").read_text("utf-8"), 0
    else:
        output, code = examples.run(example.command, places[example.document])
    assert output == example.output, "run `make examples`"
    fault = r"^error: |\[[a-z-]+\]$| [1-9][0-9,]* rejected$"
    fails = bool(re.search(fault, example.output, re.MULTILINE | re.IGNORECASE))
    assert (code != 0) == fails


def test_every_document_with_commands_is_in_the_list() -> None:
    assert {s.document for s in COMMANDS} == WRITTEN
    assert len(COMMANDS) >= 45
    assert BUILD in {s.command for s in COMMANDS}


def test_commands_that_are_not_run_are_shown_and_have_a_reason() -> None:
    assert {s.command for s in shown()} >= set(NOT_RUN)
    assert all(not s.output for s in shown() if s.command in NOT_RUN)
    assert all(NOT_RUN.values())


def test_no_output_depends_on_today() -> None:
    top = {n: c for n, c in COMMAND.items() if " " not in n}
    asks = {n for n, c in top.items() if any(getattr(p, "default", None) == "today" for p in c.params)}
    assert asks == {"members", "memberships", "overlaps", "sources", "why", "why-not"}
    for example in COMMANDS:
        # A claim has its own day, and the statements about a resource have none.
        if example.command.split()[1] in asks and not re.match(r"cica-graph why \w+:\S+", example.command):
            assert "--on" in example.command or "--by year --from" in example.command, example.command


def test_readme_shows_five_commands_and_is_short() -> None:
    readme = ROOT / "README.md"
    used = {s.command.split()[1] for s in COMMANDS if s.document == "README.md"}
    assert used == {"members", "memberships", "overlaps", "audit", "query"}
    assert len(readme.read_text("utf-8").splitlines()) <= 150


# ---- Python --------------------------------------------------------------------------------


@pytest.mark.parametrize("document", [d for d in DOCUMENTS if blocks(d, "python")], ids=name)
def test_python_examples_of_documents(document: Path) -> None:
    names: dict[str, object] = {}
    for block in blocks(document, "python"):
        test = doctest.DocTestParser().get_doctest(block, names, name(document), str(document), 0)
        assert test.examples
        runner = doctest.DocTestRunner(verbose=False)
        runner.run(test, clear_globs=False)
        assert runner.summarize(verbose=False).failed == 0


def modules() -> list[str]:
    walked = pkgutil.walk_packages(cica_graph.__path__, "cica_graph.")
    return ["cica_graph", *(m.name for m in walked if not m.name.endswith("__main__"))]


@pytest.mark.parametrize("module", modules())
def test_python_examples_of_modules(module: str) -> None:
    assert doctest.testmod(importlib.import_module(module)).failed == 0


# ---- Nothing is left out --------------------------------------------------------------------


def page(of: str) -> str:
    return (ROOT / "docs" / of).read_text("utf-8")


@pytest.mark.parametrize("command", sorted(COMMAND))
def test_command_and_its_options_are_documented(command: str) -> None:
    section = re.search(rf"^## {command}\n(.*?)(?=^## |\Z)", page("commands.md"), re.MULTILINE | re.DOTALL)
    assert section is not None
    for parameter in COMMAND[command].params:
        if isinstance(parameter, click.Option):
            assert f"`{'/'.join(parameter.opts)}`" in section[1]
        else:
            assert (parameter.metavar or parameter.name or "").upper() in section[1].upper()


def test_every_query_of_the_cookbook_is_documented() -> None:
    names = {p.stem for p in (ROOT / "src/cica_graph/queries/cookbook").glob("*.rq")}
    assert set(re.findall(r"^\| `([\w-]+)` \|", page("queries.md"), re.MULTILINE)) == names


def test_every_term_and_concept_is_documented() -> None:
    graph = Graph()
    for path in (ROOT / "ontology").glob("*.ttl"):
        graph.parse(path)
    written = set(re.findall(r"^\| `(c|cg):([\w-]+)` \|", page("vocabulary.md"), re.MULTILINE))
    terms = {("cg", str(s).removeprefix(CG)) for s in graph.subjects() if str(s).startswith(CG)}
    concept = URIRef("http://www.w3.org/2004/02/skos/core#Concept")
    concepts = {("c", str(s).rpartition("/")[2]) for s in graph.subjects(RDF.type, concept)}
    assert written == terms | concepts


def test_every_rule_of_the_shapes_is_documented() -> None:
    written = set(re.findall(r"^\| `([\w-]+)` \|", page("shapes.md"), re.MULTILINE))
    for path in (ROOT / "shapes").glob("*.ttl"):
        message = URIRef("http://www.w3.org/ns/shacl#message")
        for rule in Graph().parse(path).subjects(message):
            assert str(rule).removeprefix(SHAPE) in written


def test_every_rule_in_code_is_documented() -> None:
    """The fourth value of a Finding is its rule; a literal there is a rule in code."""
    written = set(re.findall(r"^\| `([\w-]+)` \|", page("shapes.md"), re.MULTILINE))
    code = "".join(p.read_text("utf-8") for p in (ROOT / "src").rglob("*.py"))
    made = set(re.findall(r'Finding\(\s*[^()]*?,\s*[^()]*?,\s*[^()]*?,\s*"([a-z-]+)"', code))
    made |= set(re.findall(r'\.fault\(\s*"([a-z-]+)"', code))
    assert made >= {"date", "contradiction", "dataset-header", "encoding", "syntax", "mapping"}
    assert made <= written


def test_every_document_is_in_the_index() -> None:
    others = {p.name for p in (ROOT / "docs").glob("*.md")} - {"index.md"}
    assert {p for p in others if f"]({p})" in page("index.md")} == others


# ---- Pages that are written by a program ------------------------------------------------------


@pytest.mark.parametrize("of", ["commands.md", "python.md", "queries.md", "shapes.md", "vocabulary.md"])
def test_generated_page_is_up_to_date(of: str) -> None:
    assert page(of) == generate.pages()[of], "run `make docs`"


def test_generator_writes_no_other_page() -> None:
    made = [p.name for p in sorted((ROOT / "docs").glob("*.md")) if "Written by docs/generate.py" in page(p.name)[:200]]
    assert made == sorted(generate.pages())


# ---- Links --------------------------------------------------------------------------------------


def anchors(document: Path) -> set[str]:
    """The anchors that GitHub gives the headings of a document."""
    text = FENCE.sub("", document.read_text("utf-8"))
    plain = [re.sub(r"[^\w\- ]", "", h.lower()).strip() for h in re.findall(r"^#+ (.+)$", text, re.MULTILINE)]
    return {h.replace(" ", "-") for h in plain}


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_relative_links_resolve(document: Path) -> None:
    text = FENCE.sub("", document.read_text("utf-8"))
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (document.parent / path).resolve() if path else document
        assert file.exists(), target
        if anchor:
            assert anchor in anchors(file), target


# ---- The house ------------------------------------------------------------------------------------


def picture() -> dict[str, set[str]]:
    """The packages and modules of the picture in README, from the top, each with its subpackages."""
    (house,) = (b for b in blocks(ROOT / "README.md", "text") if b.startswith("src/cica_graph/"))
    drawn: dict[str, set[str]] = {}
    for line in house.partition("\n\n")[0].splitlines()[1:]:
        match = re.fullmatch(r"(  |    )([\w.]+)/? +\S.*", line)
        assert match, line
        if match[1] == "  ":
            assert match[2] not in drawn, line
            drawn[match[2]] = set()
        else:
            drawn[list(drawn)[-1]].add(match[2])
    return drawn


def packages(directory: Path) -> set[str]:
    return {path.parent.name for path in directory.glob("*/__init__.py")}


def test_diagram_names_exactly_the_packages() -> None:
    source = ROOT / "src" / "cica_graph"
    modules = {path.name for path in source.glob("*.py")} - {"__init__.py", "__main__.py"}
    assert set(picture()) == packages(source) | modules
    assert picture() == {name: packages(source / name) for name in picture()}


def test_diagram_has_the_layers_of_the_contract() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    contract = next(c for c in project["tool"]["importlinter"]["contracts"] if c["type"] == "layers")
    layers = [{m.strip() for m in layer.split("|")} for layer in contract["layers"]]
    order = [[name in layer for layer in layers].index(True) for name in (n.removesuffix(".py") for n in picture())]
    assert order == sorted(order)


# ---- Versions ---------------------------------------------------------------------------------------


def cff() -> dict[str, str]:
    """The top level of CITATION.cff: plain values, without a YAML library."""
    found: dict[str, str] = {}
    for line in (ROOT / "CITATION.cff").read_text("utf-8").splitlines():
        assert "\t" not in line
        assert re.match(r'(?:  )*(?:- )?(?:[a-z-]+: ?)?(?:".*"|>-|[^":#]*)$', line), line
        if match := re.match(r"([a-z-]+):\s*(.*)$", line):
            assert match[1] not in found, f"{match[1]} stands twice"
            found[match[1]] = match[2].strip('"')
    return found


def test_citation_has_what_the_format_requires() -> None:
    """https://github.com/citation-file-format/citation-file-format/blob/main/schema-guide.md"""
    fields = cff()
    assert fields["cff-version"] == "1.2.0"
    assert {"message", "title", "authors", "version", "date-released", "abstract", "keywords", "license"} <= set(fields)
    assert fields["url"] == "https://w3id.org/cica-graph/"
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", fields["date-released"])


def test_versions_agree() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    newest = re.search(r"^## \[([\d.]+)\] - ([\d-]+)$", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert newest is not None
    ontology = Graph().parse(ROOT / "ontology" / "cica-graph.ttl")
    version = ontology.value(URIRef(CG.rstrip("#")), URIRef("http://www.w3.org/2002/07/owl#versionInfo"))
    assert {project["project"]["version"], cff()["version"], newest[1], str(version)} == {newest[1]}
    assert newest[2] == cff()["date-released"]


def test_installation_page_has_the_versions_and_extras_of_the_package() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert f"Python {project['requires-python'].removeprefix('>=')} or later" in page("install.md")
    assert set(re.findall(r"^\| `(\w+)` \|", page("install.md"), re.MULTILINE)) == set(project["optional-dependencies"])


# ---- Ten minutes ---------------------------------------------------------------------------------------


def test_ten_minute_example_gives_no_findings_and_answers(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "data", tmp_path / "data")
    (file,) = write_files(ROOT / "CONTRIBUTING.md", tmp_path)
    assert file.relative_to(tmp_path).as_posix() == "data/organizations/sslx.ttl"
    _, findings = build.check(Project.at(tmp_path))
    assert findings == []
    graph = open_graph(tmp_path)
    assert [(s.code, s.certainty) for s in graph.members("SSLX", on="2010-03-01")] == [
        ("AND", "certain"),
        ("LIE", "certain"),
        ("SMR", "certain"),
    ]
    (audit,) = graph.audit(on="2010-03-01")
    assert (audit.verdict, audit.independent) == ("confirmed", False)
