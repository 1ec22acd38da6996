"""Generator of the reference pages: commands, Python, queries, vocabulary, shapes.

``python docs/generate.py`` reads the command line, the public API, ``queries/cookbook``, ``ontology/`` and ``shapes/``.
It writes five pages into its own directory. The same input gives the same bytes. A test fails if a page is outdated.

``python docs/generate.py --examples [FILE...]`` also runs every command that the documents show, or only those of the
given documents, and writes the new output instead of the old.
"""

from __future__ import annotations

import inspect
import re
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path

import click
from rdflib import RDF, RDFS, Graph, Literal, URIRef
from rdflib.collection import Collection
from rdflib.namespace import OWL, SKOS
from rdflib.term import Node

import cica_graph
import examples
from cica_graph import queries
from cica_graph.cli import cli
from cica_graph.model.terms import BASE, CG, CONCEPT, PREFIXES, SHAPE
from cica_graph.operations.registry import operations

ROOT = Path(__file__).resolve().parents[1]
SH = "http://www.w3.org/ns/shacl#"
MADE = "<!-- Written by docs/generate.py; change what it reads, then run it. -->\n"

PYTHON = """`cica_graph` answers the [questions](commands.md) of the command line from Python.

```python
>>> from cica_graph import open_graph
>>> graph = open_graph()
>>> [m.code for m in graph.members("SCO", on="2012-06-13")]
['CHN', 'KAZ', 'KGZ', 'RUS', 'TJK', 'UZB']
>>> (overlap,) = graph.overlaps("CICA", "CSTO", on="2012-06-13")
>>> overlap.shared, overlap.total, overlap.missing
(5, 7, ('ARM', 'BLR'))

```

Errors are subclasses of `CicaGraphError` and of the built-in exception that a caller expects:

```python
>>> from cica_graph import InvalidDate, NotFound, open_graph
>>> issubclass(NotFound, LookupError), issubclass(InvalidDate, ValueError)
(True, True)
>>> try:
...     open_graph().members("CICAA")
... except NotFound as error:
...     "CICA" in str(error)
True

```

## Stability

- **Public** names are those on this page: the names in `cica_graph.__all__`, and the attributes and methods below.
  Everything else can change in any version.
- **Versions** follow [Semantic Versioning](https://semver.org/). Until 1.0, a minor version can change a public name.
- **Deprecation**: a changed or removed name works for at least one more minor version, and raises `DeprecationWarning`
  that gives the new name. The [changelog](../CHANGELOG.md) lists it under "Deprecated". Version 0.2 is an exception:
  it renames the names of 0.1 without a warning.
- **Types**: the package has type annotations (PEP 561). Closed sets of values are `Literal` types.
"""
HIDDEN = ("arrays", "with_traceback")  # for the package itself

# The findings of rules in code. Their hints are next to the code.
CODE_RULES = {
    "encoding": "A file is not UTF-8. The finding gives the byte; the file is not read.",
    "syntax": "A syntax error in Turtle. The statements around it are still read.",
    "dataset-header": "A file does not have exactly one dataset header, or its graph has the name of another graph.",
    "date": "A text is not an EDTF date, or is a day that does not exist.",
    "literal": 'A text that its datatype does not allow, such as `"2004-13-45"^^xsd:date`, in any file.',
    "mapping": "A table of links lacks a column, a cell or a prefix, or a cell has a wrong number or date.",
    "contradiction": "Two statements that the vocabulary does not allow on the same day.",
    "contradicted-claim": "The graph contradicts a claim of a source.",
    "concordance": "A row of `data/concordance.tsv` is not valid: a column is missing, or a name is unknown.",
    "disputed-body": "Sources dispute at least five memberships of an organization, and a fifth of all.",
}


def pages() -> dict[str, str]:
    """Return the generated pages by their file names."""
    return {
        "commands.md": commands(),
        "python.md": python(),
        "queries.md": cookbook(),
        "vocabulary.md": vocabulary(),
        "shapes.md": shapes(),
    }


def commands() -> str:
    """Return the page of commands, from click."""
    text = [
        f"# Commands\n\n{MADE}",
        "Results go to stdout, messages to stderr. The exit code is 0 for success, 1 for findings, and 2 for a usage",
        "error. Tables have frames and folded cells on a terminal, and are plain when piped.\n",
        f"`cica-graph` itself takes {_and('/'.join(p.opts) for p in cli.params)}; every command takes `-h`/`--help`.",
    ]
    for name, command in every_command(cli):
        context = click.Context(command, info_name=name)
        usage = " ".join(["cica-graph", name, *command.collect_usage_pieces(context)])
        text += ["", f"## {name}\n", f"`{usage}`\n", _paragraphs(command.help or "")]
        rows = []
        for option in command.params:
            if isinstance(option, click.Option):
                kind = option.type
                takes = (
                    " ".join(kind.choices) if isinstance(kind, click.Choice) else option.metavar or kind.name.upper()
                )
                default = option.default if option.show_default else ""
                row = [_code("/".join(option.opts)), "" if option.is_flag else _code(takes), _code(str(default or ""))]
                rows.append([*row, option.help or ""])
            elif isinstance(option.type, click.Choice):
                takes = f"one of {_and(str(choice) for choice in option.type.choices)}"
                rows.append([_code(option.make_metavar(context)), "", "", takes])
        text += ["", _table(["option", "takes", "default", "does"], rows)]
        if (operation := operations().get(name)) is not None and operation.fields:
            text += [
                "",
                _table(["column", "contains"], [[_code(field.name), field.help] for field in operation.fields]),
            ]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(text))


def python() -> str:
    """Return the page of the public Python API, from its docstrings."""
    text = [f"# Python API\n\n{MADE}", PYTHON]
    groups: dict[str, list[object]] = {"Functions": [], "Graph": [], "Results": [], "Errors": []}
    for name in cica_graph.__all__:
        public = getattr(cica_graph, name)
        if not isinstance(public, type):
            groups["Functions"].append(public)
        elif public is cica_graph.Graph:
            groups["Graph"].append(public)
        else:
            groups["Errors" if issubclass(public, Exception) else "Results"].append(public)
    for title, things in groups.items():
        text.append(f"## {title}\n")
        for public in things:
            text += _described(public)
    return "\n".join(text)


def _described(public: object) -> list[str]:
    """Return the paragraphs about a function or a class and its public methods."""
    name = getattr(public, "__name__", "")
    if not isinstance(public, type):
        return [f"### `{name}`\n", f"```text\n{name}{_signature(public)}\n```\n", _prose(public)]
    bases = ", ".join(f"`{base.__name__}`" for base in public.__bases__ if base is not object)
    text = [] if public is cica_graph.Graph else [f"### `{name}`\n"]
    text += [f"Base classes: {bases}.\n"] if issubclass(public, Exception) else []
    text.append(_prose(public))
    for attribute, value in vars(public).items():
        if attribute in HIDDEN or attribute.startswith("_"):
            continue
        if isinstance(value, property | cached_property):
            text += [f"#### `{name}.{attribute}`\n", _prose(value)]
        elif callable(value):
            text += [f"#### `{name}.{attribute}`\n", f"```text\n{attribute}{_signature(value)}\n```\n", _prose(value)]
    return text


def _signature(function: object) -> str:
    assert callable(function)
    text = re.sub(r"(: |-> )'([^']*)'", r"\1\2", str(inspect.signature(function)))  # annotations are texts
    return re.sub(r"\(self(, )?", "(", text)


def _prose(thing: object) -> str:
    """Return a docstring in Markdown, with its fields as a list."""
    text = inspect.getdoc(thing) or ""
    text = re.sub(r":(?:meth|func|data|attr|class):`([^`]+)`", r"``\1``", text).replace("``", "`")
    prose, _, rest = text.partition("\n\n:")
    if text.startswith(":"):
        prose, rest = "", text[1:]
    items = [" ".join(item.split()) for item in re.split(r"\n:", rest) if item]
    lines = [re.sub(r"^(?:ivar|param) (\w+): ", r"- `\1`: ", item) for item in items]
    lines = [re.sub(r"^raises (\w+): ", r"- Raises `\1`: ", line) for line in lines]
    return "\n".join([_paragraphs(prose), *([""] if items else []), *lines, ""])


def every_command(group: click.Group, above: str = "") -> Iterator[tuple[str, click.Command]]:
    """Yield each command with its whole name, those of a group after the group."""
    context = click.Context(group)
    for name in sorted(group.list_commands(context)):
        command = group.get_command(context, name)
        assert command is not None, name
        yield above + name, command
        if isinstance(command, click.Group):
            yield from every_command(command, f"{above}{name} ")


def cookbook() -> str:
    """Return the page of the cookbook, from the heads of its queries."""
    rows = [
        [f"`{q.name}`", q.title, ", ".join(f"`{name}` ({kind})" for name, kind in q.params.items())]
        for q in queries.folder("cookbook")
    ]
    return "\n".join(
        [
            f"# The cookbook\n\n{MADE}",
            "`cica-graph query NAME` runs a query; `-p name=value` sets a parameter. Give an organization or state by",
            "any of its names, a concept by its local name, and a day as YYYY-MM-DD. The default value of a parameter",
            "is the one in the file; the default of `asOf` is today. See [SPARQL](sparql.md).\n",
            _table(["query", "does", "parameters"], rows),
        ]
    )


def vocabulary() -> str:
    """Return the page of terms and concepts, in the families and the order of the files."""
    graph = Graph()
    text = [
        f"# Vocabulary\n\n{MADE}",
        f"Namespace `{CG}`, prefix `cg`. [The model](model.md) explains the relations of the terms.\n",
    ]
    files = {name: (ROOT / "ontology" / f"{name}.ttl").read_text("utf-8") for name in ("cica-graph", "schemes")}
    for content in files.values():
        graph.parse(data=content, format="turtle")
    for family, part in _families(files["cica-graph"]):
        names = [URIRef(CG + name) for name in re.findall(r"^cg:([\w-]+) a ", part, re.MULTILINE)]
        if names:
            rows = [[_code(_short(t)), _comment(graph, t), *_ends(graph, t), _alignments(graph, t)] for t in names]
            text += [f"## {family}\n", _table(["term", "means", "domain", "range", "related"], rows)]
    text.append(f"# Concept schemes\n\nNamespace `{CONCEPT}`, prefix `c`. Labels in other languages are in the file.\n")
    for _, part in _families(files["schemes"]):
        scheme, *concepts = (URIRef(CONCEPT + name) for name in re.findall(r"^c:([\w-]+) a ", part, re.MULTILINE))
        text.append(f"## {_english(graph, scheme, RDFS.label)}\n")
        text.append(f"`{_short(scheme)}`. {_english(graph, scheme, RDFS.comment)}\n")
        rows = []
        for concept in concepts:
            label, means = (_english(graph, concept, p) for p in (SKOS.prefLabel, SKOS.definition))
            rows.append([_code(_short(concept)), label, means, _codes(graph.objects(concept, SKOS.broader))])
        text.append(_table(["concept", "label", "means", "broader"], rows))
    return "\n".join(text)


def shapes() -> str:
    """Return the page of rules: those of the shapes, by file, and those that code applies."""
    text = [
        f"# Rules\n\n{MADE}",
        "The rules of `cica-graph check`. A finding ends with the name of its rule in brackets: `[membership-role]`.",
        "Names in braces are placeholders. Each shape is one statement in a file in `shapes/`, with the name below.\n",
    ]
    for path in sorted((ROOT / "shapes").glob("*.ttl")):
        graph = Graph().parse(data=path.read_text("utf-8"), format="turtle")
        rows = [
            [_code(str(rule).removeprefix(SHAPE)), str(message), str(graph.value(rule, URIRef(SHAPE + "hint")) or "")]
            for rule, message in sorted(graph.subject_objects(URIRef(SH + "message")))
        ]
        text += [f"## shapes/{path.name}\n", _table(["rule", "message", "hint"], rows)]
    code = "".join(p.read_text("utf-8") for p in sorted((ROOT / "src").rglob("*.py")))
    rows = [[_code(rule), means] for rule, means in sorted(CODE_RULES.items()) if f'"{rule}"' in code]
    text += ["## Rules made in code\n", _table(["rule", "finding"], rows)]
    return "\n".join(text)


def _families(turtle: str) -> list[tuple[str, str]]:
    """Return the parts of a file between its ``# ---- title ----`` lines, by title."""
    parts = re.split(r"^# -{2,} (.+?) -+$", turtle, flags=re.MULTILINE)
    return list(zip(parts[1::2], parts[2::2], strict=True))


def _comment(graph: Graph, term: URIRef) -> str:
    return f"*{_english(graph, term, RDFS.label)}.* {_english(graph, term, RDFS.comment)}"


def _ends(graph: Graph, term: URIRef) -> list[str]:
    ranges = [*graph.objects(term, RDFS.range), *graph.objects(term, URIRef(PREFIXES["schema"] + "rangeIncludes"))]
    return [_codes(graph.objects(term, RDFS.domain)), _codes(ranges)]


def _alignments(graph: Graph, term: URIRef) -> str:
    said = []
    for words, predicate in (
        ("under", RDFS.subClassOf),
        ("under", RDFS.subPropertyOf),
        ("inverse of", OWL.inverseOf),
        ("never with", OWL.propertyDisjointWith),
        ("see", RDFS.seeAlso),
    ):
        if named := _codes(o for o in graph.objects(term, predicate) if isinstance(o, URIRef)):
            said.append(f"{words} {named}")
    for chain in graph.objects(term, OWL.propertyChainAxiom):
        said.append("follows from " + " then ".join(_code(_short(step)) for step in Collection(graph, chain)))
    for whole in graph.objects(term, OWL.equivalentClass):
        on, has = graph.value(whole, OWL.onProperty), graph.value(whole, OWL.hasValue)
        if on is not None and has is not None:
            said.append(f"everything with `{_short(on)} {_short(has)}`")
    for kind, word in ((OWL.TransitiveProperty, "transitive"), (OWL.AsymmetricProperty, "asymmetric")):
        if (term, RDF.type, kind) in graph:
            said.append(word)
    return "; ".join(said)


def _english(graph: Graph, term: Node, predicate: URIRef) -> str:
    return next((str(o) for o in graph.objects(term, predicate) if isinstance(o, Literal) and o.language == "en"), "")


def _short(term: Node) -> str:
    text = str(term)
    fitting = [(len(ns), p, ns) for p, ns in PREFIXES.items() if text.startswith(ns) and ns != BASE]
    if not fitting:
        return text
    _, prefix, namespace = max(fitting)
    return f"{prefix}:{text.removeprefix(namespace)}"


def _codes(terms: Iterable[Node]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(_short(t) for t in terms))


def _code(text: str) -> str:
    return f"`{text}`" if text else ""


def _and(names: Iterable[str]) -> str:
    *first, last = (f"`{name}`" for name in names)
    return f"{', '.join(first)} and {last}" if first else last


def _paragraphs(text: str) -> str:
    return "\n\n".join(" ".join(p.split()) for p in text.split("\n\n"))


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    if not rows:
        return ""
    kept = [i for i in range(len(head)) if any(row[i] for row in rows)]  # a column with nothing in it says nothing
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(_cell(line[i]) for i in kept) + " |\n" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.replace("|", r"\|").replace("<", "&lt;").split())


def refresh_examples(files: Sequence[str]) -> None:
    """Run the examples of the documents, all of them by default, and print the commands with changed output."""
    for document in [Path(f).resolve() for f in files] or examples.DOCUMENTS:
        with tempfile.TemporaryDirectory() as directory:
            examples.refresh(document, Path(directory), lambda example: print(f"changed: {example}"))


if __name__ == "__main__":
    for name, page in pages().items():
        (Path(__file__).parent / name).write_text(page, "utf-8", newline="\n")
    if "--examples" in sys.argv[1:]:
        refresh_examples([argument for argument in sys.argv[1:] if argument != "--examples"])
