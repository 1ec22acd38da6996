"""Link files read, written and written again; hands that write SSSOM otherwise are read too."""

from __future__ import annotations

from pathlib import Path

import pytest

from cica_graph.linking import link_set
from cica_graph.linking.link_set import Link, LinkSet
from cica_graph.model.errors import UsageError
from cica_graph.model.terms import PREFIXES, SCHEMA

EXAMPLES = Path(__file__).resolve().parents[2] / "shared" / "suites" / "sssom" / "examples"
HEAD = "# curie_map:\n#   a: http://a/\n#   b: http://b/\n"
COLUMNS = "subject_id\tpredicate_id\tobject_id\tconfidence\tcomment\n"
ROW = "a:1\tskos:exactMatch\tb:1\t0.9\t"


@pytest.mark.parametrize("name", ["wikidata", "eu-countries", "geonames"])
def test_ours_are_written_as_they_are(root: Path, name: str) -> None:
    path = root / "data" / "links" / f"{name}.sssom.tsv"
    links = link_set.read(path)
    assert links.findings == ()
    assert link_set.render(links) == path.read_bytes()


def test_rendering_is_stable_and_keeps_other_columns() -> None:
    text = (
        HEAD + "subject_id\todd\tpredicate_id\tobject_id\na:2\tx\tskos:exactMatch\tb:2\na:1\ty\tskos:exactMatch\tb:1\n"
    )
    links = link_set.parse(text, "t.sssom.tsv")
    assert [(x.subject_id, x.other, x.line) for x in links.links] == [
        ("http://a/2", (("odd", "x"),), 5),
        ("http://a/1", (("odd", "y"),), 6),
    ]
    once = link_set.render(links)
    assert link_set.render(link_set.parse(once.decode(), "t.sssom.tsv")) == once
    assert b"\ty\n" in once
    assert link_set.parse(once.decode(), "t").links == tuple(sorted(links.links, key=lambda x: x.subject_id))


def test_a_cell_over_two_lines_is_read_and_kept() -> None:
    links = link_set.parse(HEAD + COLUMNS + ROW + '"one\n""two""\tthree"\n' + ROW.replace("1", "2") + "after\n", "t")
    assert [x.comment for x in links.links] == ['one\n"two"\tthree', "after"]
    assert [x.line for x in links.links] == [5, 7]
    assert link_set.parse(link_set.render(links).decode(), "t").links == links.links


def test_a_quote_that_nothing_closes_swallows_no_row() -> None:
    links = link_set.parse(HEAD + COLUMNS + ROW + '"open\n' + ROW.replace("1", "2") + "after\n", "t")
    assert [x.comment for x in links.links] == ['"open', "after"]


@pytest.mark.parametrize(
    ("row", "line", "column", "words"),
    [
        ("x:1\tskos:exactMatch\tb:1\t\t", 5, 1, "subject_id 'x:1' is no IRI"),
        ("a:1\tskos:exactMatch\ty:1\t\t", 5, 21, "object_id 'y:1' is no IRI"),
        ("a:1\tskos:exactMatch\tb:1\t2\t", 5, 25, "confidence '2'"),
        ("a:1\tskos:exactMatch\tb:1\tnan\t", 5, 25, "confidence 'nan'"),
        ("a:1\tskos:exactMatch\tb:1", 5, 1, "3 cells in a table of 5 columns"),
    ],
)
def test_what_is_wrong_has_its_place_and_the_rest_is_kept(row: str, line: int, column: int, words: str) -> None:
    links = link_set.parse(HEAD + COLUMNS + row + "\n" + ROW + "\n", "t.tsv")
    (finding,) = links.findings
    assert (finding.file, finding.line, finding.column) == ("t.tsv", line, column)
    assert words in finding.message
    assert len(links.links) == 1


def test_prefixes_are_added_that_the_ids_need() -> None:
    link = Link(
        PREFIXES["state"] + "KAZ", SCHEMA + "sameAs", "https://x.example/1", mapping_justification=link_set.MANUAL
    )
    text = link_set.render(LinkSet(links=(link,), head=("# license: http://l/",)), {"x": "https://x.example/"}).decode()
    assert "#   cgs: https://w3id.org/cica-graph/id/state/\n" in text
    assert "cgs:KAZ\t\tschema:sameAs\tx:1\t" in text
    assert link_set.parse(text, "t").links == (link,)


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "x.sssom.tsv"
    path.write_bytes(b"# a\n\xff\n")
    with pytest.raises(UsageError, match="not UTF-8 at byte 4"):
        link_set.read(path)
    with pytest.raises(UsageError, match="cannot be read"):
        link_set.read(tmp_path / "none.tsv")


@pytest.mark.skipif(not EXAMPLES.is_dir(), reason="the SSSOM examples are not beside this checkout")
def test_the_examples_of_the_format_are_read() -> None:
    paths = sorted(EXAMPLES.rglob("*.sssom.tsv"))
    assert len(paths) > 20
    read = 0
    for path in paths:
        links = link_set.read(path)
        read += len(links.links)
        once = link_set.render(links)
        again = link_set.parse(once.decode(), path.name)
        assert len(again.links) == len(links.links), path.name
    assert read > 50
