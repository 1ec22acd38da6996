"""Drafts from profile pages: every fact is in the draft or in the list of sentences that are left, and bad input gives words."""

from __future__ import annotations

import csv
import re
import shutil
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pyoxigraph as ox
import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from cica_graph import Graph, UsageError, open_graph
from cica_graph.cli import cli
from cica_graph.drafts.draft import Draft, make_draft
from cica_graph.drafts.layout import is_heading, represents
from cica_graph.drafts.names import NameResolver
from cica_graph.drafts.page_readers import read_page
from cica_graph.drafts.profile import read_profile
from cica_graph.drafts.render import to_turtle
from cica_graph.drafts.words import edtf_of, number_of, sentences
from cica_graph.model.errors import Finding
from cica_graph.model.terms import CG, ID, RDF_TYPE
from cica_graph.pipeline.build import check
from cica_graph.project.source_files import Project, turtle

PAGES = Path(__file__).parent / "fixtures" / "drafts"
PUBLISHED = Path(__file__).parents[2] / "shared" / "facts" / "profile.txt"
SETTLED = {"Freedonia": "VAT", "ZZT": "ECO"}


def draft(graph: Graph, page: Path, *, as_of: str = "", decided: Mapping[str, str] | None = None) -> tuple[Draft, str]:
    names = NameResolver(graph.store, decided or {})
    made = make_draft(read_profile(page, names, as_of=as_of), graph.store, names)
    return made, to_turtle(made, page.name)


def page(tmp_path: Path, text: str, name: str = "page.txt") -> Path:
    path = tmp_path / name
    path.write_text(text, "utf-8")
    return path


def triples(text: str) -> list[ox.Triple]:
    found = list(turtle(text))
    assert not [each for each in found if isinstance(each, SyntaxError)], text
    return [each for each in found if isinstance(each, ox.Triple)]


def values(text: str, predicate: str) -> Counter[str]:
    return Counter(str(getattr(t.object, "value", t.object)) for t in triples(text) if t.predicate.value == predicate)


def of_class(text: str, name: str) -> list[str]:
    return [
        str(t.subject) for t in triples(text) if t.predicate.value == RDF_TYPE and t.object == ox.NamedNode(CG + name)
    ]


def copied(few: Project, root: Path, path: Path, *more: str) -> list[Finding]:
    """Copy the project with a few organizations, and more of them. Return the findings: references to the others."""
    shutil.copytree(few.root / "data", path / "data")
    for name in more:
        shutil.copy(root / "data" / "organizations" / f"{name}.ttl", path / "data" / "organizations")
    return check(Project.at(path))[1]


def lines_of(text: str) -> set[int]:
    """Return the lines of the page that the comments of a draft name."""
    found = set[int]()
    for first, last in re.findall(r"lines? (\d+)(?:-(\d+))?", text):
        found |= set(range(int(first), int(last or first) + 1))
    return found


def command(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["draft", "profile", *arguments], standalone_mode=True)


@pytest.mark.parametrize("name", sorted(path.name for path in PAGES.iterdir()))
def test_every_line_of_a_page_is_in_the_draft_or_left(graph: Graph, name: str) -> None:
    made, text = draft(graph, PAGES / name)
    frame = {
        number
        for passage in read_page(PAGES / name)
        if is_heading(passage.text) or represents(passage.text) or passage.text == "Web site"
        for number in range(passage.place().first, passage.place().last + 1)
    }
    lines = {n for passage in read_page(PAGES / name) for n in range(passage.place().first, passage.place().last + 1)}
    assert lines - frame <= lines_of(text)
    assert made.profile.encoded


@pytest.mark.parametrize("name", sorted(path.name for path in PAGES.iterdir()))
def test_every_number_of_an_encoded_sentence_is_in_the_draft(graph: Graph, name: str) -> None:
    made, text = draft(graph, PAGES / name)
    left = " ".join(each.text for each in made.profile.left)
    numbers = {int(number) for number in re.findall(r"\d+", re.sub(r"#[^\n\"<>]*$", "", text, flags=re.MULTILINE))}
    for passage in read_page(PAGES / name):
        for _, sentence in sentences(passage.text):
            if sentence not in left and not sentence.endswith("+0100"):  # the time is compared in another test
                stated = {int(number) for number in re.findall(r"[0-9]+", sentence)}
                assert stated <= numbers, sentence


def test_draft_of_a_page_with_all_kinds_of_facts(graph: Graph) -> None:
    made, text = draft(graph, PAGES / "lantern.txt")
    profile = made.profile
    assert (profile.name, profile.acronym) == ("Lantern Coast Forum for Ports and Harbours", "LCF")
    assert (profile.city, profile.day, profile.taken) == ("Mombasa", "2012-05-21", "2021-02-03T09:05:00+01:00")
    readings = {(m.reading.name.text, m.reading.role): m.reading for m in made.memberships}
    founders = {name for name, role in readings if role == "founding-member"}
    assert founders == {"Kenya", "Tanzania", "Mozambique", "Madagascar", "Somalia", "Freedonia", "Yemen"}
    assert {name for (name, _), reading in readings.items() if reading.inferred} == founders - {
        "Kenya", "Tanzania", "Mozambique",
    }  # fmt: skip
    assert readings["Yemen", "founding-member"].end == "2005"
    starts = {name: reading.start for (name, _), reading in readings.items() if reading.start}
    assert (
        starts.items() >= {"Comoros": "1994", "Mauritius": "2001", "Kenya": "1987-03", "Somalia": "1988-05-04"}.items()
    )
    assert readings["Madagascar", "founding-member"].suspended_since == "2009"
    assert {name for name, role in readings if role == "observer"} == {"India", "Germany", "UN"}
    assert {name for name, role in readings if role == "applicant"} == {
        "Djibouti", "Bosnia and Herzegovina", "Antigua and Barbuda",
    }  # fmt: skip
    assert readings["Djibouti", "applicant"].note == "candidate"
    assert [(c.population, c.count) for c in profile.counts] == [
        ("members-at-launch", 7), ("members-since-launch", 3), ("observer-states", 2), ("observer-organizations", 1),
        ("members", 9),
    ]  # fmt: skip
    assert [(o.count, o.total, o.other and o.other.text) for o in profile.overlaps] == [
        (8, 9, None), (2, 22, "LAS"), (0, 8, "SAARC"), (3, 57, "OIC"), (0, 6, "GCC"), (0, 10, "ZZT"), (8, 193, "UN"),
    ]  # fmt: skip
    assert [(b.meaning, len(b.names)) for o in profile.overlaps for b in o.brackets] == [
        ("in both", 2), ("not in this", 6), ("not in the other", 1),
    ]  # fmt: skip
    assert values(text, CG + "kind")["https://w3id.org/cica-graph/concept/treaty"] == 1


def test_names_in_doubt_are_marked_and_the_draft_passes_check_when_they_are_settled(
    graph: Graph, few: Project, root: Path, tmp_path: Path
) -> None:
    before = copied(few, root, tmp_path, "eco", "gcc", "oic", "saarc", "un")
    made, text = draft(graph, PAGES / "lantern.txt")
    assert list(made.doubts) == ["doubt:zzt", "doubt:freedonia"]
    target = tmp_path / "data" / "lantern.ttl"
    target.write_text(text, "utf-8")
    findings = [f for f in check(Project.at(tmp_path))[1] if f not in before]
    assert {f.file for f in findings} == {"data/lantern.ttl"}
    dangling = " ".join(f.message for f in findings if f.rule == "dangling")
    assert all(f"doubt/{name}" in dangling for name in ("zzt", "freedonia", "kind-of-instrument"))
    text = draft(graph, PAGES / "lantern.txt", decided=SETTLED)[1].replace("doubt:kind-of-instrument", "c:catalogue")
    target.write_text(text, "utf-8")
    assert [f.message for f in check(Project.at(tmp_path))[1] if f not in before] == []


def test_styles_of_html_give_founding_and_suspended_members(graph: Graph) -> None:
    made, text = draft(graph, PAGES / "sundial.html")
    roles = {m.reading.name.text: m.reading.role for m in made.memberships}
    assert [name for name, role in roles.items() if role == "founding-member"] == [
        "Kazakhstan",
        "Kyrgyzstan",
        "Tajikistan",
    ]
    assert [m.reading.name.text for m in made.memberships if m.reading.suspended] == ["Uzbekistan"]
    assert made.profile.homepage == "https://sundial.example/"
    assert made.profile.name == "Sundial League of the Steppe"
    assert "99 members" not in text
    assert made.profile.contact is not None
    assert made.profile.contact.name == "İrfan Gnomon"


def test_markdown_without_a_day_and_with_missing_sections(graph: Graph) -> None:
    made, text = draft(graph, PAGES / "tidal.md")
    assert [(m.reading.name.text, m.reading.role, m.reading.start) for m in made.memberships] == [
        ("Bangladesh", "founding-member", "1997-06"), ("India", "founding-member", "1997-06"),
    ]  # fmt: skip
    assert not of_class(text, "Tally")
    assert [each.text for each in made.profile.left if each.text.startswith("Claim without a day")] == [
        "Claim without a day: members 2", "Claim without a day: 2 of 8, SAARC",
    ]  # fmt: skip
    made, text = draft(graph, PAGES / "tidal.md", as_of="2012-06-13")
    assert len(of_class(text, "Tally")) == 1
    assert ("Sri Lanka", "[1997-06-01..2012-06-12]") in [(m.reading.name.text, m.reading.end) for m in made.memberships]


def test_organization_of_the_project_gets_reports_of_its_memberships(graph: Graph, root: Path, tmp_path: Path) -> None:
    text = """Shanghai Cooperation Organization (SCO)

5 members (all UN member states)

Current members: China, Kazakhstan, Kyrgyzstan, Russian Federation, Fiji

* Information accurate as of 13 June 2012
"""
    made, turtle_text = draft(graph, page(tmp_path, text))
    assert made.known
    assert not of_class(turtle_text, "Organization")
    assert of_class(turtle_text, "Membership") == [f"<{ID}membership/sco-FJI-1>"]
    assert len(of_class(turtle_text, "Report")) == 4
    assert "SCO" in made.profile.acronym


def test_published_profile_gives_its_members_overlaps_and_counts(
    graph: Graph, few: Project, root: Path, tmp_path: Path
) -> None:
    if not PUBLISHED.exists():
        pytest.skip("the published profile is not next to the project")
    before = copied(few, root, tmp_path, "iom", "osce", "turkpa", "un")
    (tmp_path / "data" / "cica.ttl").unlink()
    made, text = draft(open_graph(tmp_path), PUBLISHED)
    assert not made.doubts
    members = {m.reading.name.iri for m in made.memberships if m.reading.family == "member"}
    expected = {m.actor for m in graph.members("CICA", on="2012-06-13") if m.certainty == "certain"}
    assert members == expected
    assert len(members) == 24
    claims = {(a.population, a.claimed, a.claimed_total) for a in graph.audit() if a.claim.startswith(f"{ID}claim/")}
    assert {(c.population, c.count, None) for c in made.profile.counts} <= claims
    assert len(made.profile.counts) == 9
    assert {(o.other.text, o.count, o.total) for o in made.profile.overlaps if o.other} == {
        ("CIS", 6, 9), ("CSTO", 5, 7), ("EurAsEC", 5, 6), ("LAS", 6, 22), ("SCO", 6, 6),
    }  # fmt: skip
    (tmp_path / "data" / "cica.ttl").write_text(text, "utf-8")
    built, findings = check(Project.at(tmp_path))
    assert [f for f in findings if f not in before] == []
    assert Counter(a.verdict for a in Graph(built).audit())["confirmed"] == 11


def test_each_fact_of_the_published_profile_is_in_the_draft_or_left(graph: Graph) -> None:
    facts = PUBLISHED.with_name("profile_facts.csv")
    if not facts.exists():
        pytest.skip("the published profile is not next to the project")
    made, text = draft(graph, PUBLISHED)
    turtle_text, _, left = text.partition("---- Left to do")
    assert made.profile.left
    rows = list(csv.DictReader(facts.read_text("utf-8").splitlines()))
    assert len(rows) == 132
    for row in rows:
        words = set(re.findall(r"[a-z]{4,}", " ".join((row["subject"], row["object"])).casefold()))
        names = {row["object_id"], row["object_id"].lower()} - {""}
        known = any(re.search(rf"[:-]{re.escape(name)}\b", turtle_text) for name in names)
        assert known or words & set(re.findall(r"[a-z]{4,}", text.casefold())), row
        if re.fullmatch("[A-Z]{3}", row["object_id"]) and row["section"].startswith(("Members", "Overlapping")):
            assert known, row
        if row["date_precision"] == "year":
            assert row["date"] in turtle_text + left, row


HANDBOOK = PUBLISHED.parent / "handbook"
MEANINGS = {
    "not members of this": "not in this",
    "not members of other": "not in the other",
    "members of both": "in both",
}


def handbook(name: str) -> dict[str, list[dict[str, str]]]:
    """Return the rows of a table of the handbook by organization."""
    found: dict[str, list[dict[str, str]]] = {}
    for row in csv.DictReader((HANDBOOK / name).read_text("utf-8").splitlines()):
        found.setdefault(row["acronym"], []).append(row)
    return found


def printed(claim: dict[str, str]) -> str:
    """Return a claim with its bracket, as the handbook prints it."""
    names = [name.strip() for name in claim["named_exceptions"].split(";") if name.strip()]
    if not names or claim["names_are"] not in MEANINGS:
        return claim["as_printed"]
    whose = {"not in this": claim["acronym"], "not in the other": claim["other_acronym"]}.get(
        MEANINGS[claim["names_are"]], f"{claim['acronym']} and {claim['other_acronym']}"
    )
    listed, no = (
        " and ".join(filter(None, (", ".join(names[:-1]), names[-1]))),
        "" if "both" in claim["names_are"] else "not ",
    )
    return f"{claim['as_printed']} ({listed} {'is' if len(names) == 1 else 'are'} {no}{whose} members)"


def test_pages_with_the_figures_of_the_handbook_are_read(graph: Graph, tmp_path: Path) -> None:
    if not HANDBOOK.exists():
        pytest.skip("the tables of the handbook are not next to the project")
    members, claims = handbook("members.csv"), handbook("claims.csv")
    for acronym, (row,) in handbook("profiles.csv").items():
        current = [each for each in members[acronym] if each["status"].startswith("current")]
        text = (
            f"{row['name']} ({acronym})\n\n{row['members_claimed']} members ({row['un_members_claimed']} are UN member states)\n"
            f"• Current members*: {', '.join(each['member'] for each in current)} (Bold: founding member)\n"
            f"• Former members: {row['former_members'].replace(';', ',') or 'None'}\n\n"
            "Overlapping memberships with other ROs\n\n"
            + "".join(f"• {printed(claim)}\n" for claim in claims.get(acronym, []))
            + "\n*Information accurate as of 15 June 2012\n"
        )
        made, _ = draft(graph, page(tmp_path, text))
        profile = made.profile
        assert (profile.name, profile.acronym) == (row["name"], acronym)
        assert profile.counts[0].count == int(row["members_claimed"])
        names = {each.name.text: each.name for each in profile.listed if each.kind == "current"}
        assert list(names) == [each["member"] for each in current]
        for each in current:
            iri = names[each["member"]].iri
            assert not iri or not each["iso3"] or iri.endswith(f"/{each['iso3']}"), each
        read = [overlap for overlap in profile.overlaps if overlap.other]
        assert [(o.count, o.total, o.other and o.other.text) for o in read] == [
            (int(c["shared"]), int(c["total"]), c["other_acronym"]) for c in claims.get(acronym, [])
        ]
        for overlap, claim in zip(read, claims.get(acronym, []), strict=True):
            if claim["names_are"] in MEANINGS and claim["named_exceptions"]:
                (bracket,) = overlap.brackets
                assert bracket.meaning == MEANINGS[claim["names_are"]]
                assert " and ".join(name.text for name in bracket.names) == claim["named_exceptions"].replace(
                    "; ", " and "
                )


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        (
            "Fiji joined in 2001, Samoa in 2003 and Tonga in May 2004.",
            {"Fiji": "2001", "Samoa": "2003", "Tonga": "2004-05"},
        ),
        ("In 2009 Fiji was suspended in 2009.", {"Fiji": "2009"}),
        ("Fiji and Samoa have since withdrawn in 2012.", {"Fiji": "2012", "Samoa": "2012"}),
        ("Founding members are Fiji, Samoa and Tonga.", {"Fiji": "", "Samoa": "", "Tonga": ""}),
        ("Fiji and Tonga are observers.", {"Fiji": "", "Tonga": ""}),
        ("Observers include Fiji, and Tonga.", {"Fiji": "", "Tonga": ""}),
        ("Dialogue partners are Fiji and Tonga.", {"Fiji": "", "Tonga": ""}),
        ("Fiji joined the RFC in 2001, and Tonga withdrew from it in 2004.", {"Fiji": "2001", "Tonga": "2004"}),
        ("Fiji joined NATO in 2001.", {}),
        ("The Council was founded in 2001 by Fiji.", {"Fiji": "2001"}),
        ("The Committee was founded in 2001 by Fiji.", {}),
        ("A customs union joined in 2001.", {}),
        ("It has joined hands in 2001.", {}),
    ],
)
def test_sentence_gives_dated_changes(graph: Graph, tmp_path: Path, sentence: str, expected: dict[str, str]) -> None:
    text = f"Reef Council (RFC)\n\nShort description\n\n{sentence}\n"
    made, _ = draft(graph, page(tmp_path, text))
    assert {change.name.text: change.date for change in made.profile.changes} == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Kenya, Bosnia and Herzegovina and Trinidad and Tobago", ["Kenya", "Bosnia and Herzegovina", "Trinidad and Tobago"]),
        ("Kenya*, Uganda†‡, Tanzania[1] and Rwanda²", ["Kenya", "Uganda", "Tanzania", "Rwanda"]),
        ("the Gambia; Côte d’Ivoire; São Tomé and Príncipe", ["Gambia", "Côte d’Ivoire", "São Tomé and Príncipe"]),
        ("Kenya,Uganda , ,Rwanda", ["Kenya", "Uganda", "Rwanda"]),
    ],
)  # fmt: skip
def test_list_of_names_is_split(graph: Graph, line: str, expected: list[str]) -> None:
    found = list(NameResolver(graph.store, {}).split(line))
    assert [name.text for name in found] == expected
    assert all(name.iri for name in found)
    assert all(line[name.start : name.end].startswith(("the ", name.text)) for name in found)


@pytest.mark.parametrize(
    ("text", "count"),
    [("12 members (all UN member states)", (12, 12)), ("3members(2 are UN member states)", (3, 2)),
     ("4 members (3 of which are UN member states)", (4, 3))],
)  # fmt: skip
def test_count_of_members_is_read_with_damaged_blanks(
    graph: Graph, tmp_path: Path, text: str, count: tuple[int, int]
) -> None:
    made, _ = draft(graph, page(tmp_path, f"Reef Council (RFC)\n\n{text}\n"))
    (overlap,) = made.profile.overlaps
    assert (overlap.total, overlap.count) == count


@pytest.mark.parametrize(
    "line", ["Tripoli, Libya and Suva, Fiji", "Suva", "The seat, as it is, moves every year, and often."]
)
def test_line_that_is_not_one_seat_is_left(graph: Graph, tmp_path: Path, line: str) -> None:
    made, _ = draft(graph, page(tmp_path, f"Reef Council (RFC)\n\n{line}\n\n2 members\n"))
    assert made.profile.city == ""
    assert line in [each.text for each in made.profile.left]


BRACKET_TERMS = """
cg:exceptHere a owl:ObjectProperty ; rdfs:label "except here"@en ; rdfs:comment "Not in the other."@en .
cg:inBoth a owl:ObjectProperty ; rdfs:label "in both"@en ; rdfs:comment "In both."@en .
"""


def test_each_meaning_of_a_bracket_has_the_property_that_the_vocabulary_declares(
    few: Project, root: Path, tmp_path: Path
) -> None:
    shutil.copytree(few.root / "data", tmp_path / "data")
    shutil.copytree(root / "ontology", tmp_path / "ontology")
    ontology = tmp_path / "ontology" / "cica-graph.ttl"
    text = ontology.read_text("utf-8")
    if "cg:inBoth a " not in text:
        ontology.write_text(text + BRACKET_TERMS, "utf-8")
    made, turtle_text = draft(open_graph(tmp_path), PAGES / "lantern.txt")
    assert {value.rpartition("/")[2] for value in values(turtle_text, CG + "inBoth")} == {"COM", "SOM"}
    assert {value.rpartition("/")[2] for value in values(turtle_text, CG + "exceptHere")} == {"COM"}
    assert len(values(turtle_text, CG + "except")) == 6
    assert not [each for each in made.profile.left if "Bracket" in each.text]


def test_count_that_differs_from_the_list_is_left(graph: Graph, tmp_path: Path) -> None:
    text = (
        "Reef Council (RFC)\n\n3 members\n\nCurrent members: Fiji, Samoa\n\n* Information accurate as of 1 May 2012\n"
    )
    made, turtle_text = draft(graph, page(tmp_path, text))
    assert "The page claims 3 members and lists 2." in [each.text for each in made.profile.left]
    assert not of_class(turtle_text, "Coverage")
    assert values(turtle_text, CG + "closure") == {"https://w3id.org/cica-graph/concept/partial": 1}


def test_texts_cannot_leave_their_comments_and_literals(graph: Graph, tmp_path: Path) -> None:
    text = (
        'Reef "Council" \\ <x> (RFC)\n\nSuva", <http://a>, Fiji\n\nShort description\n\n'
        "Evil \u2028 line.\u0085 s:FJI cg:member s:WSM .\n\nCurrent members: Fiji\"@en . <a> <b> <c> . # , Samoa\n\n"
        "* Information accurate as of 1 May 2012\n"
    )  # fmt: skip
    made, turtle_text = draft(graph, page(tmp_path, text))
    assert 'Reef "Council" \\ <x>' in values(turtle_text, "http://www.w3.org/2004/02/skos/core#prefLabel")
    assert all(str(t.subject).startswith("<https://w3id.org/cica-graph/") for t in triples(turtle_text))
    assert len(made.doubts) == 1


HOSTILE = {
    "brackets.txt": "(" * 100_000,
    "brackets.md": "[" * 100_000,
    "nested.html": "<div>" * 100_000,
    "lines.txt": "(\n\n" * 100_000,
    "names.txt": "Reef Council (RFC)\n\nCurrent members: " + ", ".join(f"A{n}" for n in range(1500)),
    "many-names.txt": "Reef Council (RFC)\n\n" + "Current members: " + "\n\nCurrent members: ".join(
        ", ".join(f"N{k}x{n}" for n in range(500)) for k in range(10)),
    "long-line.txt": "x" * 50_000_000,
    "empty.txt": "",
    "blank.html": " \n",
    "nul.txt": "Reef Council (RFC)\0\n\n2 members\n",
    "unknown.pdf": "Reef Council (RFC)\n\n2 members\n",
    "prose.txt": "No profile at all.\n",
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_input_gives_words(graph: Graph, tmp_path: Path, name: str) -> None:
    begun = time.monotonic()
    path = page(tmp_path, HOSTILE[name], name)
    with pytest.raises(UsageError, match=re.escape(path.name) + "|the page has more than"):
        read_profile(path, NameResolver(graph.store, {}))
    assert time.monotonic() - begun < 60


@pytest.mark.parametrize(
    "content", [b"Caf\xe9 Council (CC)\n\n2 members\n", b"\x7fELF\x02\x01\x01\0\0", b"\xff\xfeR\0e"]
)
def test_other_encodings_and_binary_files_are_refused_with_exit_2(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "page.txt"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=r"page\.txt"):
        read_page(path)


@given(st.text(alphabet="()[]•*,.:;|§ \n\tAaBb12-–<>&é", max_size=300), st.sampled_from(["txt", "md", "html"]))
def test_any_text_is_read_without_losing_a_word(
    tmp_path_factory: pytest.TempPathFactory, text: str, suffix: str
) -> None:
    path = tmp_path_factory.mktemp("page") / f"page.{suffix}"
    path.write_text(text, "utf-8")
    passages = read_page(path)
    if suffix == "txt":
        assert re.findall(r"\w+", text) == re.findall(r"\w+", " ".join(passage.text for passage in passages))
    for passage in passages:
        assert 1 <= passage.place().first <= passage.place().last <= text.count("\n") + 1


@given(st.text(alphabet='Ab. !?()1"St', max_size=120))
def test_sentences_are_the_whole_paragraph(text: str) -> None:
    found = list(sentences(text))
    assert "".join("".join(sentence.split()) for _, sentence in found) == "".join(text.split())
    assert all(text[start : start + len(sentence)] == sentence for start, sentence in found)


def test_dates_and_numbers_are_read() -> None:
    assert [edtf_of(text) for text in ("13 June 2012", "June 2012", "2012", "31 June 2012", "13 2012", "x")] == [
        "2012-06-13", "2012-06", "2012", "", "", "",
    ]  # fmt: skip
    assert [number_of(text) for text in ("16", "eight", "Twenty-one", "thirty")] == [16, 8, 21, 30]


def test_command_writes_a_file_and_a_summary(tmp_path: Path) -> None:
    out = tmp_path / "new" / "draft.ttl"
    done = command(str(PAGES / "sundial.html"), "-o", str(out))
    assert done.exit_code == 0
    assert done.stdout == ""
    assert "SDL: 5 members, 0 former, 0 pending, 5 claims, 1 instrument" in done.stderr
    assert triples(out.read_text("utf-8"))
    done = command(str(PAGES / "sundial.html"))
    assert done.stdout == out.read_text("utf-8")


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("Freedonia", "is not TEXT=CODE"),
        ("Freedonia=QQQQ", "unknown state or organization"),
        ("=FJI", "is not TEXT=CODE"),
    ],
)
def test_invalid_decision_is_an_error(option: str, message: str) -> None:
    done = command(str(PAGES / "lantern.txt"), "--name", option)
    assert isinstance(done.exception, UsageError)
    assert message in str(done.exception)
