"""Checker for plain English in everything that a person reads.

``python tests/language.py [PATH...]`` lists the offences in files and directories (default: the whole project).
`banned.tsv` lists the constructions, with the plain words to use and a sentence that offends. Code is not checked:
blocks, inline code, IRIs, doctests.
"""

from __future__ import annotations

import ast
import csv
import html
import io
import re
import sys
import tokenize
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

ROOT = Path(__file__).resolve().parents[1]
READ = (
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "CITATION.cff",
    "docs",
    "src",
    "shapes",
    "ontology",
    "data",
    "tests",
)
SKIPPED = {"__pycache__", "node_modules", "commands.md", "queries.md", "shapes.md", "vocabulary.md"}  # or generated
LONGEST = 35  # words in a sentence

Kind = Literal["prose", "summary", "message", "comment", "name"]
LIMITED: set[Kind] = {"prose", "summary"}


@dataclass(frozen=True)
class Text:
    """A text that a person reads, and its first line in the file."""

    line: int
    kind: Kind
    text: str


@dataclass(frozen=True, order=True)
class Offence:
    """A construction that is not plain English."""

    path: str
    line: int
    words: str
    use: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.words!r}; use: {self.use}"


@dataclass(frozen=True)
class Rule:
    """A banned construction."""

    pattern: re.Pattern[str]
    use: str
    example: str


@cache
def rules() -> list[Rule]:
    """Return the rules of `banned.tsv`."""
    with (ROOT / "tests" / "banned.tsv").open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [Rule(re.compile(r["pattern"], re.IGNORECASE | re.MULTILINE), r["use"], r["example"]) for r in rows]


def offences(path: Path) -> Iterator[Offence]:
    """Return the offences in a file, in the order of its lines."""
    shown = path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else str(path)
    for text in texts(path):
        plain, starts = _without_code(text.text)
        for rule in rules():
            for match in rule.pattern.finditer(plain):
                yield Offence(shown, text.line + _line(starts, match.start()), match[0].strip(), rule.use)
        if text.kind in LIMITED:
            for sentence in re.split(r"(?<=[.!?])\s+|\n\n", plain):
                if (words := len(re.findall(r"[\w`]\S*", sentence))) > LONGEST:
                    yield Offence(
                        shown, text.line, f"{sentence[:60]}...", f"sentences under {LONGEST} words (has {words})"
                    )


def texts(path: Path) -> Iterator[Text]:
    """Return the texts of a file that a person reads; from the data, only comments; from the tests, not the strings."""
    read: Callable[[str], Iterator[Text]] | None
    if path.is_relative_to(ROOT / "tests"):
        read = _test_module if path.suffix == ".py" else None
    elif path.is_relative_to(ROOT / "data"):
        read = _comments if path.suffix == ".ttl" else None
    else:
        read = READERS.get(path.suffix)
    return read(path.read_text("utf-8")) if read else iter(())


def _without_code(text: str) -> tuple[str, list[int]]:
    """Return a text on one line, with `X` for code and IRIs, and where its lines begin in it."""
    text = re.sub(r"``.+?``|`[^`]+`", lambda m: "`X`" + "\n" * m[0].count("\n"), text, flags=re.DOTALL)
    text = re.sub(r"https?://\S+|<[^<>\s]+>", "X", text)
    starts, plain = [], ""
    for line in text.split("\n"):
        starts.append(len(plain))
        plain += f"{line.strip()} " if line.strip() else "\n"
    return plain, starts


def _line(starts: list[int], position: int) -> int:
    return max(i for i, start in enumerate(starts) if start <= position)


# ---- Readers of one kind of file ----------------------------------------------------------------


def _markdown(content: str) -> Iterator[Text]:
    content = re.sub(r"^```.*?^```$|<!--.*?-->", lambda m: "\n" * m[0].count("\n"), content, flags=re.M | re.S)
    content = re.sub(r"\]\([^)\s]+\)", "]", content)
    block: list[str] = []
    start = 1
    for number, line in enumerate([*content.split("\n"), ""], 1):
        if not line.strip() or re.match(r"\s*([-*|#]|\d+\.) ?", line):
            if block:
                yield Text(start, "prose", "\n".join(block))
            block = []
        if line.startswith("|"):
            yield from (Text(number, "prose", cell) for cell in re.split(r"(?<!\\)\|", line))
        elif line.startswith("#"):
            yield Text(number, "summary", line.strip("# "))
        elif line.strip():
            start = start if block else number
            block.append(re.sub(r"^\s*([-*]|\d+\.) ", "", line))


def _python(content: str) -> Iterator[Text]:
    tree = ast.parse(content)
    documented: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            text = ast.get_docstring(node, clean=False)
            if text is not None:
                constant = node.body[0].value  # type: ignore[attr-defined]
                documented.add(id(constant))
                yield from _docstring(constant.lineno, text)
    inside = {id(v) for n in ast.walk(tree) if isinstance(n, ast.JoinedStr) for v in n.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            parts = (v.value if isinstance(v, ast.Constant) else "`X`" for v in node.values)
            yield from _message(node.lineno, "".join(map(str, parts)))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documented | inside:
            yield from _message(node.lineno, node.value)
    yield from _hash_comments(content)


def _docstring(line: int, text: str) -> Iterator[Text]:
    first, _, rest = text.partition("\n")
    yield Text(line, "summary", first)
    rest = re.sub(r"^ *(>>>|\.\.\. ).*$", "", rest, flags=re.MULTILINE)
    yield Text(line + 1, "comment", rest)


def _message(line: int, text: str) -> Iterator[Text]:
    if len(re.findall(r"[A-Za-z`]+ ", text)) >= 2 and not re.search(r"[?][a-z]+ |\\[bws]|\(\?", text):
        yield Text(line, "message", text)


def _hash_comments(content: str) -> Iterator[Text]:
    block: list[tuple[int, str]] = []
    for token in tokenize.generate_tokens(io.StringIO(content).readline):
        if token.type == tokenize.COMMENT and not re.match(r"#( type:| noqa|!| ----)", token.string):
            if block and token.start[0] != block[-1][0] + 1:
                yield Text(block[0][0], "comment", "\n".join(text for _, text in block))
                block = []
            block.append((token.start[0], token.string.lstrip("# ")))
    if block:
        yield Text(block[0][0], "comment", "\n".join(text for _, text in block))


def _test_module(content: str) -> Iterator[Text]:
    yield from (text for text in _python(content) if text.kind != "message")
    for node in ast.walk(ast.parse(content)):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            yield Text(node.lineno, "name", node.name.removeprefix("test_").replace("_", " "))


def _comments(content: str) -> Iterator[Text]:
    """Return the comments of Turtle and SPARQL, each run of lines as one text."""
    block: list[str] = []
    start = 0
    for number, line in enumerate([*content.split("\n"), ""], 1):
        match = re.match(r"\s*#+(?! ?(?:param|needs) ) ?(.*)$", line)
        if match:
            start = start if block else number
            block.append(match[1])
        elif block:
            yield Text(start, "comment", "\n".join(block))
            block = []


def _turtle(content: str) -> Iterator[Text]:
    yield from _comments(content)
    for match in re.finditer(r'"((?:[^"\\\n]|\\.)*)"(@[\w-]+|\^\^)?', content):
        if match[2] in {None, "@en"} and " " in match[1]:
            yield Text(content[: match.start()].count("\n") + 1, "message", match[1])


def _template(content: str) -> Iterator[Text]:
    blank: Callable[[re.Match[str]], str] = lambda m: "`X`" + "\n" * m[0].count("\n")  # noqa: E731
    content = re.sub(r"\{#.*?#\}|\{%.*?%\}|<(script|style).*?</\1>", blank, content, flags=re.DOTALL)
    content = re.sub(r"\{\{.*?\}\}", blank, content, flags=re.DOTALL)
    content = re.sub(r"</?(a|b|i|em|strong|code|abbr|span|var|kbd|time|bdi)\b[^>]*>", "", content)
    for match in re.finditer(r"[^<>]+(?=<|$)", re.sub(r"<[^>]*>", lambda m: "<>" + "\n" * m[0].count("\n"), content)):
        if " " in match[0].strip():
            yield Text(content[: match.start()].count("\n") + 1, "message", html.unescape(match[0]))


def _citation(content: str) -> Iterator[Text]:
    for line, text in enumerate(content.split("\n"), 1):
        if match := re.search(r'(?:message|title|notes): "(.*)"$', text):
            yield Text(line, "prose", match[1])
    for match in re.finditer(r"abstract: >-\n((?: +.*\n)+)", content):
        yield Text(content[: match.start()].count("\n") + 2, "prose", match[1])


def _script(content: str) -> Iterator[Text]:
    for match in re.finditer(
        r"//([^\n]*)|/\*(.*?)\*/|\"([^\"\n]* [^\"\n]* [^\"\n]*)\"", content, re.MULTILINE | re.DOTALL
    ):
        text = next(group for group in match.groups() if group is not None)
        yield Text(content[: match.start()].count("\n") + 1, "comment", text)


READERS: dict[str, Callable[[str], Iterator[Text]]] = {
    ".md": _markdown,
    ".py": _python,
    ".ttl": _turtle,
    ".rq": _comments,
    ".html": _template,
    ".cff": _citation,
    ".js": _script,
}


def files(paths: Iterable[Path]) -> list[Path]:
    """Return the files to check in the given files and directories, sorted."""
    every = (p for path in paths for p in ([path] if path.is_file() else path.rglob("*")))
    return sorted({p for p in every if p.suffix in READERS and not SKIPPED & {*p.parts, p.name}})


def main(arguments: list[str]) -> int:
    """Print the offences in the given paths; return 1 when there is one."""
    paths = [Path(a).resolve() for a in arguments] or [ROOT / name for name in READ]
    listed = [offence for file in files(paths) for offence in offences(file)]
    print(*listed, f"{len(listed)} offences", sep="\n")
    return 1 if listed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
