"""Runner for the commands that the documents show: one rule for the tests and for `generate.py --examples`.

Each line of a `console` block that begins with `$ ` is a command. The lines after it are its output, stdout and stderr
together. Each document has its own directory, with a copy of the data and the files that its blocks show.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TOP = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")
DOCUMENTS = [*(ROOT / name for name in TOP), *sorted((ROOT / "docs").glob("*.md"))]

# Commands that are shown but not run, with the reason.
NOT_RUN = {
    "make test": "would run this very test again",
    ".venv/bin/python -m pytest tests/test_docs.py": "is this very test",
}
PROGRAMS = ("cica-graph ", "grep ", "tail ")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CONSOLE = re.compile(r"(?<=^```console\n).*?(?=^```$)", re.MULTILINE | re.DOTALL)
TABLE = re.compile(r"^`([\w./-]+\.(?:csv|tsv|txt))`:\n```(?:csv|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"# ([\w./-]+\.(?:ttl|rq))\n")


@dataclass(frozen=True)
class Example:
    """A command that a document shows, and the output that it shows."""

    document: str
    command: str
    output: str

    def __str__(self) -> str:
        return f"{self.document}: {self.command}"


def name(document: Path) -> str:
    """Return the path of a document from the top of the project, with `/`."""
    return document.relative_to(ROOT).as_posix()


def blocks(document: Path, language: str) -> list[str]:
    """Return the bodies of the code blocks of one language."""
    return [body for tag, body in FENCE.findall(document.read_text("utf-8")) if tag == language]


def parse(document: Path, block: str) -> list[Example]:
    """Return the examples of a `console` block."""
    if not block.startswith("$ "):
        raise ValueError(f"{name(document)}: a console block begins with a command, not with {block[:40]!r}")
    parts = re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]
    return [Example(name(document), *part.split("\n", 1)) for part in parts]


def examples(document: Path) -> list[Example]:
    """Return every example of a document, in order."""
    return [example for block in blocks(document, "console") for example in parse(document, block)]


def write_files(document: Path, directory: Path) -> list[Path]:
    """Write the blocks that begin with a file name, and the tables and pages that follow one; return their paths."""
    text = document.read_text("utf-8")
    named = [(match[1], body) for _, body in FENCE.findall(text) if (match := FILE.match(body))]
    written = []
    for path, body in [*named, *TABLE.findall(text)]:
        written.append(directory / path)
        written[-1].parent.mkdir(parents=True, exist_ok=True)
        written[-1].write_text(body, "utf-8")
    return written


def prepare(document: Path, directory: Path) -> None:
    """Fill an empty directory with all that the commands of a document need."""
    if blocks(document, "console"):
        shutil.copytree(ROOT / "data", directory / "data")
    write_files(document, directory)


def run(command: str, directory: Path) -> tuple[str, int]:
    """Return the output (stdout and stderr together, as when piped) and the exit code of a command."""
    if not command.startswith(PROGRAMS):
        raise ValueError(f"{command!r} is not run: add it to NOT_RUN with the reason")
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONUTF8": "1",
        "NO_COLOR": "1",
    }
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=directory,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=180,
        check=False,
    )
    return done.stdout, done.returncode


def refresh(document: Path, directory: Path, on_change: Callable[[Example], None]) -> None:
    """Run the commands of a document, and replace the output that it shows."""
    prepare(document, directory)

    def rerun(block: re.Match[str]) -> str:
        text = ""
        for example in parse(document, block[0]):
            output = "" if example.command in NOT_RUN else run(example.command, directory)[0]
            if output != example.output:
                on_change(example)
            text += f"$ {example.command}\n{output}"
        return text

    text = document.read_text("utf-8")
    document.write_text(CONSOLE.sub(rerun, text), "utf-8", newline="\n")
