"""Everything that a person reads is plain English: no banned construction, no sentence that is too long."""

from __future__ import annotations

from pathlib import Path

import pytest

import language
from language import ROOT, Rule

# Files and directories that still have offences. The list only gets shorter.
NOT_YET: list[str] = []


def test_all_texts_are_plain_english() -> None:
    later = [ROOT / path for path in NOT_YET]
    checked = [f for f in language.files(ROOT / name for name in language.READ) if not {f, *f.parents} & set(later)]
    listed = [str(offence) for file in checked for offence in language.offences(file)]
    assert not listed, "\n".join(listed)


def test_paths_with_offences_exist() -> None:
    assert not [path for path in NOT_YET if not (ROOT / path).exists()]


@pytest.mark.parametrize("rule", language.rules(), ids=lambda rule: rule.pattern.pattern)
def test_rule_finds_its_example_and_allows_its_replacement(rule: Rule) -> None:
    assert rule.pattern.search(rule.example)
    assert not [use for use in rule.use.split("; ") if rule.pattern.search(use)]


CASES = {
    "page.md": ("# A heading\n\nRead this,\nand mend it.\n\n```sh\nmend\n```\n\n`mend` [mend](mend.md)\n", [4, 10]),
    "table.md": ("| a | b |\n| --- | --- |\n| Mend it | fine |\n\n- one\n- mend two\n", [3, 6]),
    "code.py": ('"""Mend it."""\n\nx = 1  # mend it\nraise ValueError(f"mend the {x} row")\ny = "mend"\n', [1, 3, 4]),
    "doctest.py": ('"""Good.\n\n>>> mend\n"""\n', []),
    "shape.ttl": ('# mend it\nx:a sh:message "Mend the row." ; rdfs:label "mend it"@en, "mend it"@de .\n', [1, 2, 2]),
    "query.rq": ("# Mend it.\n# param mend xsd:date\nSELECT * { ?mend ?mend ?mend }\n", [1]),
    "page.html": ("<p class='mend it'>Mend\nit, {{ mend it }}</p>\n<script>mend it</script>\n", [1]),
    "code.js": ('// mend it\nconst mend = 1;\nalert("mend this row");\n', [1, 3]),
    "CITATION.cff": ('title: "mend it"\nabstract: >-\n  Good.\n  Mend it.\nurl: "https://mend.example"\n', [1, 4]),
}


@pytest.mark.parametrize("name", CASES)
def test_texts_of_a_file_are_found_with_their_lines_and_code_is_not(name: str, tmp_path: Path) -> None:
    content, lines = CASES[name]
    (tmp_path / name).write_text(content, "utf-8")
    assert sorted(offence.line for offence in language.offences(tmp_path / name)) == lines


def test_names_of_tests_are_read_as_sentences() -> None:
    texts = list(language.texts(Path(__file__)))
    assert "names of tests are read as sentences" in [text.text for text in texts]


def test_long_sentence_is_an_offence(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("word " * 34 + "word. Short one.\n", "utf-8")
    assert not list(language.offences(page))
    page.write_text("word " * 35 + "word. Short one.\n", "utf-8")
    assert ["35" in offence.use for offence in language.offences(page)] == [True]
