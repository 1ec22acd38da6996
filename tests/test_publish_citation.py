"""Reader of CITATION.cff: faults are reported with their positions."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cica_graph.model.errors import ProjectError
from cica_graph.project import citation
from cica_graph.project.source_files import CITATION, SourceFile

CFF = "title: A\nauthors: [{name: B}]\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"title: [\n", "CITATION.cff:2:1: not YAML"),
        (b"a: b: c", "CITATION.cff:1:5: not YAML"),
        (b"a: &a [*a]", "not YAML"),
        (b"a: \x00", "not YAML"),
        (b"a: \xff", "CITATION.cff:1:4: byte 0xFF is not UTF-8"),
        (b"[" * 5000, "nested too deeply"),
        (b'title: "\\Uffffffff"', "invalid escape"),
        (b'title: "\\ud800"\nauthors: [{name: B}]', "an incomplete character"),
        (b'title: A\nauthors: [{name: B}]\nkeywords: ["\\ude00"]', "an incomplete character"),
        (b"", "does not consist of keys and values"),
        (b"- a", "does not consist of keys and values"),
        (b"authors: [{name: B}]", "has no title"),
        (b"title: A", "has no authors"),
        (b"title: A\nauthors: [{email: x}]", "has no authors"),
        (b"title: [A]\nauthors: [{name: B}]", "title is not text"),
        (b"title: A\nauthors: B", "authors is not a list"),
        (CFF.encode() + b"date-released: soon", "date-released: "),
        (CFF.encode() + b"date-released: 2026-02-30", "date-released: "),
    ],
)  # fmt: skip
def test_error_in_a_citation_has_a_reason_and_a_position(text: bytes, message: str) -> None:
    with pytest.raises(ProjectError, match=re.escape(message)):
        citation.read(SourceFile(Path(CITATION), CITATION, text))


def test_many_names_for_one_list_in_yaml_do_no_harm() -> None:
    lines = ["a0: &a0 [x, x]"] + [f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]" for i in range(1, 60)]
    found = citation.read(SourceFile(Path(CITATION), CITATION, "\n".join([*lines, "keywords: *a59", CFF]).encode()))
    assert (found.title, found.keywords) == ("A", ())
