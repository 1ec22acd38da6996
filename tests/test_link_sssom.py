"""Reading and writing of SSSOM link files, ours and those of other authors."""

from __future__ import annotations

from pathlib import Path

import pytest

from cica_graph.linking import link_set
from cica_graph.linking.link_set import Link, LinkSet
from cica_graph.model.errors import UsageError
from cica_graph.model.terms import PREFIXES, SCHEMA
from cica_graph.project import source_files, sssom

EXAMPLES = Path(__file__).resolve().parents[2] / "shared" / "suites" / "sssom" / "examples"
HEAD = "# curie_map:\n#   a: http://a/\n#   b: http://b/\n"
COLUMNS = "subject_id\tpredicate_id\tobject_id\tconfidence\tcomment\n"
ROW = "a:1\tskos:exactMatch\tb:1\t0.9\t"


@pytest.mark.parametrize("name", ["wikidata", "eu-countries", "geonames"])
def test_shipped_link_files_are_written_unchanged(root: Path, name: str) -> None:
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


def test_open_quotation_mark_hides_no_row() -> None:
    links = link_set.parse(HEAD + COLUMNS + ROW + '"open\n' + ROW.replace("1", "2") + "after\n", "t")
    assert [x.comment for x in links.links] == ['"open', "after"]


@pytest.mark.parametrize(
    ("row", "line", "column", "words"),
    [
        ("x:1\tskos:exactMatch\tb:1\t\t", 5, 1, "subject_id 'x:1' is not an IRI"),
        ("a:1\tskos:exactMatch\ty:1\t\t", 5, 21, "object_id 'y:1' is not an IRI"),
        ("a:1\tskos:exactMatch\tb:1\t2\t", 5, 25, "confidence '2'"),
        ("a:1\tskos:exactMatch\tb:1\tnan\t", 5, 25, "confidence 'nan'"),
        ("a:1\tskos:exactMatch\tb:1", 5, 1, "the row has 3 cells, but the table has 5 columns"),
    ],
)
def test_findings_have_line_and_column_and_other_rows_are_read(row: str, line: int, column: int, words: str) -> None:
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


def test_a_file_that_is_not_utf_8_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "x.sssom.tsv"
    path.write_bytes(b"# a\n\xff\n")
    with pytest.raises(UsageError, match="not UTF-8 at byte 4"):
        link_set.read(path)
    with pytest.raises(UsageError, match="cannot be read"):
        link_set.read(tmp_path / "none.tsv")


@pytest.mark.skipif(not EXAMPLES.is_dir(), reason="the SSSOM examples are not next to this checkout")
def test_the_examples_of_the_format_are_read() -> None:
    paths = sorted(EXAMPLES.rglob("*.sssom.tsv"))
    assert len(paths) > 20
    read = 0
    for path in paths:
        links = link_set.read(path)
        read += len(links.links)
        metadata = [f for f in links.findings if "metadata" in f.message or "curie_map" in f.message]
        assert not metadata, path.name
        once = link_set.render(links)
        again = link_set.parse(once.decode(), path.name)
        assert len(again.links) == len(links.links), path.name
    assert read > 50


PLAIN = "subject_id\tpredicate_id\tobject_id\na:1\tskos:exactMatch\tb:1\n"
LICENSE = "https://creativecommons.org/publicdomain/zero/1.0/"


@pytest.mark.parametrize(
    "head",
    [
        '# curie_map: {a: "http://a/", b: "http://b/"}\n',
        "# curie_map: {a: http://a/, b: http://b/}   # two prefixes\n",
        "# curie_map:   # on lines of their own\n#   a: 'http://a/'\n#   # not a prefix\n#   b: http://b/ # two\n",
        '#curie_map:\n#  a: "http://a/"\n#  b: http://b/\n',
        '#curie_map: {\n#  "a": "http://a/",\n#  b: http://b/}\n',
        "\n# curie_map:\n\n#    a: http://a/\n#    b: http://b/\n",
    ],
)
def test_prefixes_are_read_in_every_form_of_yaml(head: str) -> None:
    links = link_set.parse(head + PLAIN, "t")
    assert links.findings == ()
    assert [x.pair for x in links.links] == [("http://a/1", "http://b/1")]
    once = link_set.render(links, {"x": "http://x/"}).decode()
    assert link_set.parse(once, "t").links == links.links
    assert link_set.render(link_set.parse(once, "t")).decode() == once


def test_prefixes_are_added_to_a_map_in_braces() -> None:
    text = '# license: http://l/\n# curie_map: {a: "http://a/",\n#   b: "http://b/"}\n# mapping_date: 2026-11-25\n'
    once = link_set.render(link_set.parse(text + PLAIN, "t")).decode()
    assert once.startswith(
        "# license: http://l/\n# curie_map:\n#   a: http://a/\n#   b: http://b/\n"
        "#   skos: http://www.w3.org/2004/02/skos/core#\n# mapping_date: 2026-11-25\nsubject_id"
    )


def test_metadata_has_lists_comments_and_folded_text() -> None:
    head = (
        f"# license: {LICENSE} # public domain\n# creator_id:\n#   - orcid:0000-0002-7356-1779\n#   - 'orcid:2'\n"
        '# mapping_set_title: >-\n#   Links\n#   to others\n# mapping_date: 2026-11-25\n# other: "a: b # c"\n'
    )
    table = sssom.read(head + HEAD + PLAIN, "t")
    assert table.findings == []
    assert table.meta["creator_id"] == ["orcid:0000-0002-7356-1779", "orcid:2"]
    names = ("license", "mapping_set_title", "mapping_date", "other", "creator_id")
    assert [table.text(name) for name in names] == [LICENSE, "Links to others", "2026-11-25", "a: b # c", ""]


@pytest.mark.parametrize(
    ("head", "line", "words"),
    [
        ("# license: x\n# title: a: b\n", 2, "the metadata is not YAML: mapping values are not allowed here"),
        ("# license: x\n# just words\n", 2, "the metadata is not YAML"),
        ("# words\n", 1, "the metadata is not a list of keys and values"),
        ("# curie_map: [a, b]\n", 1, "curie_map is not a map"),
        ("# curie_map:\n#   a: {b: c}\n", 1, "curie_map is not a map"),
        ("# a: " + "[" * 5000 + "\n", 1, "the metadata is nested too deeply"),
        ("# a: &a [*a]\n# curie_map: *b\n", 2, "undefined alias"),
    ],
)
def test_metadata_that_is_not_yaml_is_one_finding_with_its_line(head: str, line: int, words: str) -> None:
    links = link_set.parse(head + PLAIN, "t")
    (finding,) = links.findings
    assert words in finding.message
    assert finding.line == line
    assert links.links == ()


NEGATIVE = HEAD + (
    "subject_id\tpredicate_id\tpredicate_modifier\tobject_id\n"
    "a:1\tskos:exactMatch\t\tb:1\n"
    "a:2\tskos:exactMatch\tNot\tb:2\n"
    "a:3\tskos:exactMatch\t\tsssom:NoTermFound\n"
    "sssom:NoTermFound\tskos:exactMatch\t\tb:4\n"
    "sssom:NoTermFound\tskos:exactMatch\t\tsssom:NoTermFound\n"
    "a:5\tskos:exactMatch\t\thttps://w3id.org/sssom/NoTermFound\n"
    "a:6\tschema:sameAs\tNot\tb:6\n"
).replace("schema:", "https://schema.org/")


def test_rows_that_state_no_link_are_kept_apart_and_written_back() -> None:
    links = link_set.parse(NEGATIVE, "t")
    assert links.findings == ()
    assert [x.pair for x in links.links] == [("http://a/1", "http://b/1")]
    assert len(links.negative) == 6
    again = link_set.parse(link_set.render(links).decode(), "t")
    assert again.links == links.links
    assert set(again.negative) == set(links.negative)


def test_rows_that_state_no_link_are_not_in_the_graph(tmp_path: Path) -> None:
    path = tmp_path / "others.sssom.tsv"
    path.write_text(NEGATIVE, "utf-8")
    parsed = source_files.parse(source_files.read(path, "data/links/others.sssom.tsv"))
    assert parsed.findings == []
    assert [str(q.triple) for q in parsed.quads if "Match" in str(q) or "sameAs" in str(q)] == [
        "<http://a/1> <http://www.w3.org/2004/02/skos/core#exactMatch> <http://b/1>"
    ]


@pytest.mark.parametrize(
    ("head", "words"),
    [
        ("# license: http://l/ and more\n", "license 'http://l/ and more' is not an IRI"),
        ('# mapping_set_title: "\\ud800 http://x y"\n', ""),
        ("# mapping_set_title: http://x y\n", ""),
    ],
)
def test_metadata_that_cannot_be_stated_is_a_finding(tmp_path: Path, head: str, words: str) -> None:
    path = tmp_path / "others.sssom.tsv"
    path.write_text(head + HEAD + PLAIN, "utf-8")
    parsed = source_files.parse(source_files.read(path, "data/links/others.sssom.tsv"))
    assert [f.message for f in parsed.findings] == ([words] if words else [])
    assert len(parsed.quads) == 3


def test_a_modifier_that_is_not_known_is_a_finding_and_not_a_link() -> None:
    links = link_set.parse(NEGATIVE.replace("Not\tb:2", "not\tb:2"), "t")
    (finding,) = links.findings
    assert (finding.line, finding.message) == (6, "predicate_modifier 'not' is not known")
    assert [x.pair for x in links.links] == [("http://a/1", "http://b/1")]


def test_comments_and_blank_lines_are_read_where_the_file_has_them() -> None:
    row = "a:1\tskos:exactMatch\tb:1\t0.9\t"
    text = HEAD + COLUMNS + row + '"one\n\n# two"\n\n#a:9\tskos:exactMatch\tb:9\n' + row.replace("1", "2") + "x\n"
    links = link_set.parse(text, "t")
    assert [(x.comment, x.line) for x in links.links] == [("one\n\n# two", 5), ("x", 10)]
    once = link_set.render(links)
    assert b"##a:9\t" in once
    assert link_set.parse(once.decode(), "t").links == links.links


@pytest.mark.skipif(not EXAMPLES.is_dir(), reason="the SSSOM examples are not next to this checkout")
@pytest.mark.parametrize(
    ("name", "links", "negative"),
    [
        ("schema/no_term_found", 1, 1),
        ("schema/cardinality-with-unmapped-entities", 1, 3),
        ("embedded/foodie-inc-2022-05-01", 4, 1),
        ("schema/pipe-escaping", 2, 0),
        ("schema/extension-slots", 4, 0),
    ],
)
def test_examples_of_the_format_have_the_links_that_they_state(name: str, links: int, negative: int) -> None:
    result = link_set.read(EXAMPLES / f"{name}.sssom.tsv")
    assert result.findings == ()
    assert (len(result.links), len(result.negative)) == (links, negative)
    assert not [x for x in result.links if "sssom/No" in x.subject_id + x.object_id]
