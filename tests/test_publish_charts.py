"""Charts show the results of the graph, have text alternatives, and are the same bytes on every machine."""

from __future__ import annotations

import csv
import functools
import io
import json
import os
import pty
import re
import shutil
import struct
import subprocess
import sys
import zlib
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from itertools import combinations, permutations
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

import commands
from cica_graph import Graph, open_graph
from cica_graph.cli.chart import FORMATS
from cica_graph.files import cache
from cica_graph.model.errors import UsageError
from cica_graph.project.source_files import Project
from cica_graph.publish.charts import CHARTS, Chart, chart, render
from cica_graph.publish.site.view import SiteView

SVG = "{http://www.w3.org/2000/svg}"
DAY = date(2012, 6, 13)
DAYS = (DAY, date(2014, 5, 10), date(2026, 11, 25))  # nearly all certain, some possible, nothing certain
SIX = ("CICA", "CIS", "CSTO", "EurAsEC", "LAS", "SCO")
ORGANIZATION = "https://w3id.org/cica-graph/id/org/"
ALL_HOSTILE = ",".join(ORGANIZATION + name for name in "abc")
HOSTILE = {
    "timeline": {"organization": ORGANIZATION + "a"},
    "upset": {"organizations": ALL_HOSTILE},
    "size": {"organizations": ALL_HOSTILE},
}

every = pytest.mark.parametrize("name", CHARTS)
every_day = pytest.mark.parametrize("on", DAYS, ids=str)


@pytest.fixture(scope="module")
def hostile(root: Path) -> Graph:
    return open_graph(root / "tests" / "fixtures" / "charts")


def records(drawn: Chart) -> list[dict[str, Any]]:
    return [dict(zip(drawn.columns, row, strict=True)) for row in drawn.rows]


def texts(svg: bytes) -> list[str]:
    return [line for e in ElementTree.fromstring(svg).iter(f"{SVG}text") for line in e.itertext()]


LEVELS = ("certain", "presumed", "possible")
LARGEST = 10
Members = tuple[set[str], set[str], set[str]]


@functools.cache
def members_on(graph: Graph, on: date) -> dict[str, Members]:
    """Return the certain members, these and the presumed ones, and all of each organization, by code."""
    found: dict[str, Members] = {}
    for actor in (a for a in graph.names.actors.values() if a.kind == "organization"):
        if answers := graph.members(actor.iri, on=on):
            certain, presumed, possible = (
                {m.actor for m in answers if m.certainty in LEVELS[: place + 1]} for place in range(len(LEVELS))
            )
            found[actor.code] = certain, presumed, possible
    return found


def sizes(members: Members) -> tuple[int, ...]:
    return tuple(map(len, members))


def shared(one: Members, other: Members) -> tuple[int, ...]:
    return tuple(len(a & b) for a, b in zip(one, other, strict=True))


def largest(graph: Graph, on: date) -> dict[str, Members]:
    """Return the organizations that a chart of pairs shows, the largest first."""
    known = members_on(graph, on)
    order = sorted(known, key=lambda code: (*(-n for n in sizes(known[code])), code.casefold()))
    return {code: known[code] for code in order[:LARGEST]}


# ---- The table is what the graph answers ------------------------------------------------------


@every_day
@pytest.mark.parametrize("organization", ["CICA", "CSTO", "OIC", "UN"])
def test_timeline_has_the_spells_that_may_have_begun(graph: Graph, organization: str, on: date) -> None:
    found = records(chart(graph, "timeline", on, organization=organization))
    members = graph.members(organization, on=on)
    assert len(members) >= 6
    now = {(row["code"], row["start"], row["certainty"]) for row in found if row["certainty"] != "no"}
    assert now == {(spell.code, spell.start, spell.certainty) for spell in members}
    for row in found:
        known = graph.memberships(f"state:{row['code']}", on=on, past=True)
        (spell,) = (s for s in known if (s.start, s.end, s.role) == (row["start"], row["end"], row["role"])
                    and graph.names[s.actor].code == organization)  # fmt: skip
        assert spell.certainty == row["certainty"]
        assert row["earliest_end"] == (spell.last_attested and spell.last_attested.isoformat())
        assert row["earliest_start"] is None or row["earliest_start"] <= on.isoformat()


def test_timeline_includes_former_members_in_order_of_accession(graph: Graph) -> None:
    found = records(chart(graph, "timeline", date(2026, 6, 13), organization="CSTO"))
    assert [(row["code"], row["certainty"]) for row in found if row["certainty"] == "no"] == [("UZB", "no")]
    starts = [str(row["earliest_start"]) for row in found]
    assert starts == sorted(starts)


def test_timeline_draws_a_coarse_start_as_possible_and_later_days_as_presumed(graph: Graph) -> None:
    """Jordan joined in 2008. The first source to name it a member speaks for 2008-08-25, the last for 2022-10-13."""
    spec = chart(graph, "timeline", date(2026, 6, 13)).spec()["datasets"]
    (row,) = (m["row"] for m in spec["members"] if m["name"] == "Jordan")
    assert [(s["from"], s["until"], s["certainty"]) for s in spec["segments"] if s["row"] == row] == [
        ("2008-01-01", "2008-08-25", "possible"),
        ("2008-08-25", "2022-10-14", "certain"),
        ("2022-10-14", "2026-06-14", "presumed"),
    ]
    (row,) = (m["row"] for m in spec["members"] if m["name"] == "Qatar")
    first, *_ = (s for s in spec["segments"] if s["row"] == row)
    assert (first["from"], first["until"], first["certainty"]) == ("2014-05-01", "2014-05-19", "possible")


@every_day
def test_segments_of_a_timeline_agree_with_the_graph_on_each_day(graph: Graph, on: date) -> None:
    spec = chart(graph, "timeline", on).spec()["datasets"]
    names = {m["row"]: m["name"] for m in spec["members"]}
    for day in (date(2002, 6, 4), date(2008, 6, 1), date(2012, 6, 13), date(2014, 5, 10), on):
        if day <= on:
            said = {
                (names[s["row"]], s["certainty"])
                for s in spec["segments"]
                if s["from"] <= day.isoformat() < s["until"]
            }  # fmt: skip
            assert said == {(spell.label, spell.certainty) for spell in graph.members("CICA", on=day)}


@every_day
def test_overlaps_are_those_of_the_graph(graph: Graph, on: date) -> None:
    found = records(chart(graph, "overlaps", on))
    ends = ("", "_presumed", "_at_most")
    assert {
        (r["organization"], r["other"]): (*(r[f"shared{e}"] for e in ends), *(r[f"total{e}"] for e in ends))
        for r in found
    } == {
        (one, other): (*shared(members, others), *sizes(members))
        for (one, members), (other, others) in permutations(largest(graph, on).items(), 2)
    }
    assert len(found) == LARGEST * (LARGEST - 1)


def test_chart_counts_as_the_command_does(graph: Graph) -> None:
    found = {(r["other"], r["organization"]): r for r in records(chart(graph, "overlaps", DAY))}
    for answer in graph.overlaps("CICA", "OSCE", "OIC", "UN", on=DAY):
        row = found["CICA", answer.other]
        assert answer.shared_count == (row["shared"], row["shared_presumed"], row["shared_at_most"])
        assert answer.total_count == (row["total"], row["total_presumed"], row["total_at_most"])


def test_chart_shows_the_overlaps_of_the_profile(graph: Graph) -> None:
    drawn = chart(graph, "overlaps", DAY, organizations="CICA,CIS,CSTO,EurAsEC,LAS,SCO,OIC,IOM,UN")
    wanted = {"CIS": (6, 9), "CSTO": (5, 7), "EurAsEC": (5, 6), "LAS": (6, 22), "SCO": (6, 6)}
    for row in records(drawn):
        if row["other"] == "CICA" and row["organization"] in wanted:
            assert (row["shared"], row["total"]) == wanted.pop(row["organization"])
    assert not wanted
    shown = texts(drawn.svg())
    assert {
        "CIS (9)",
        "CSTO (7)",
        "EurAsEC (6)",
        "LAS (22)",
        "SCO (6)",
        "OIC (57)",
        "IOM (143 to 147)",
        "to 146",
    } <= set(shown)
    numbers = [t for t in shown if t.isdecimal()]
    assert sorted(numbers) == sorted(str(r["shared"]) for r in records(drawn) if r["shared_at_most"])


@pytest.mark.parametrize("name", ["overlaps", "network"])
def test_only_named_organizations_are_drawn(graph: Graph, name: str) -> None:
    drawn = chart(graph, name, DAY, organizations="sco, EU, CICA,LAS")
    assert [o["code"] for o in drawn.spec()["datasets"]["organizations"]] == ["EU", "CICA", "LAS", "SCO"]
    assert "EU (27)" in texts(drawn.svg())
    assert {row["organization"] for row in records(drawn)} <= {"CICA", "LAS", "SCO", "EU"}


@pytest.mark.parametrize("name", ["overlaps", "network"])
def test_only_the_largest_of_many_organizations_are_drawn(root: Path, tmp_path: Path, name: str) -> None:
    shutil.copytree(root / "tests" / "fixtures" / "charts", tmp_path / "many")
    file = tmp_path / "many" / "data" / "hostile.ttl"
    spell = (
        "m:{n}-{who}-1 a cg:Membership ; cg:member s:{who} ; cg:organization o:{n} ; cg:spell 1 ; cg:role c:member ;"
    )
    many = [
        f'o:n{n} a cg:Organization ; skos:notation "N{n}" .\n'
        + "".join(
            spell.format(n=f"n{n}", who=who) + ' cg:start "1999"^^edtf:EDTF ; dcterms:source z:one .\n'
            for who in ("AAA", "BBB", "CCC", "DDD")[: 4 - bool(n % 10) - bool(n % 3)]
        )
        for n in range(60)
    ]
    file.write_text(file.read_text("utf-8") + "".join(many), "utf-8")
    drawn = chart(open_graph(tmp_path / "many"), name, date(2010, 1, 1))
    assert f"The {LARGEST} largest of 63 organizations." in texts(drawn.svg())
    found = drawn.spec()["datasets"]["organizations"]
    assert len(found) == LARGEST
    assert {o["total"] for o in found} == {"4", "3 to 4", "3"}
    root_element = ElementTree.fromstring(drawn.svg())
    assert float(root_element.get("width", "0")) < 1200


@every_day
def test_upset_has_every_member_in_its_combination(graph: Graph, on: date) -> None:
    drawn = chart(graph, "upset", on)
    assert drawn.columns[:-2] == SIX
    answers: dict[str, dict[str, str]] = defaultdict(lambda: dict.fromkeys(SIX, "no"))
    for code in SIX:
        for spell in graph.members(code, on=on):
            answers[spell.code][code] = spell.certainty
    found: dict[str, dict[str, str]] = {}
    for row in records(drawn):
        who = str(row["members"]).split()
        assert len(who) == row["count"]
        found |= {code: {organization: row[organization] for organization in SIX} for code in who}
    assert found == answers
    counts = [row["count"] for row in records(drawn)]
    assert counts == sorted(counts, reverse=True)


def test_upset_draws_the_most_frequent_combinations_and_gives_their_number(graph: Graph) -> None:
    drawn = chart(graph, "upset", date(2014, 5, 10), organizations="CICA,OIC,OSCE,ECO,CIS,ASEAN,SAARC,LAS")
    assert len(drawn.rows) > 15
    assert f"the 15 most frequent of {len(drawn.rows)} combinations" in drawn.description
    assert f"Shown: the 15 most frequent of {len(drawn.rows)} combinations." in texts(drawn.svg())
    assert len(drawn.spec()["datasets"]["combinations"]) == 15


@every_day
def test_size_counts_as_the_graph_does(graph: Graph, on: date) -> None:
    found = records(chart(graph, "size", on, since="2000"))
    assert {row["organization"] for row in found} == set(SIX)
    for row in found:
        members = graph.members(row["organization"], on=row["day"])
        assert row["members"] == len({s.actor for s in members if s.certainty == "certain"})
        assert row["at_most"] == len({s.actor for s in members})
    assert {row["day"] for row in found if row["organization"] == "LAS"} == {
        *(f"{year}-12-31" for year in range(2000, on.year)), on.isoformat(),
    }  # fmt: skip


@every_day
@pytest.mark.parametrize("percent", ["10", "20", "67"])
def test_network_joins_organizations_that_share_enough_members(graph: Graph, on: date, percent: str) -> None:
    drawn = chart(graph, "network", on, percent=percent)
    enough = Fraction(int(percent), 100)
    known, found, ends = largest(graph, on), records(drawn), ("", "_presumed", "_at_most")
    for row in found:
        one, other = known[row["organization"]], known[row["other"]]
        assert tuple(row[f"shared{end}"] for end in ends) == shared(one, other)
        assert tuple(row[f"total{end}"] for end in ends) == sizes(one) >= sizes(other)
        levels = zip(LEVELS, shared(one, other), sizes(one), strict=True)
        joined = (level for level, both, total in levels if total and Fraction(both, total) >= enough)
        assert row["joined"] == next(joined, "no")
    assert {frozenset((r["organization"], r["other"])) for r in found} == {
        frozenset((one, other)) for one, other in combinations(known, 2) if known[one][-1] & known[other][-1]
    }
    lines = drawn.spec()["datasets"]["lines"]
    assert len(lines) == sum(row["joined"] != "no" for row in found)
    assert {o["code"] for o in drawn.spec()["datasets"]["organizations"]} == known.keys()


@every
@every_day
def test_the_csv_is_the_table(graph: Graph, name: str, on: date) -> None:
    drawn = chart(graph, name, on)
    head, *lines = csv.reader(io.StringIO(drawn.csv().decode(), newline=""))
    assert head == list(drawn.columns)
    assert lines == [["" if cell is None else str(cell) for cell in row] for row in drawn.rows]
    assert lines


def test_descriptions_have_the_figures(graph: Graph) -> None:
    said = {name: chart(graph, name, DAY).description for name in CHARTS}
    assert "24 members of CICA" in said["timeline"]
    assert (
        "24 are certain members, 0 are presumed members, 0 are possible members, and 0 are former members"
        in said["timeline"]
    )
    assert "10 organizations, from UN with 193 members to CICA with 24" in said["overlaps"]
    assert "5 in CICA, CIS, CSTO, EurAsEC and SCO" in said["upset"]
    assert "CICA 16 at the end of 2002, then 24" in said["size"]
    assert "NATO and EU (21 of 28)" in said["network"]


# ---- The picture ----------------------------------------------------------------------------


@pytest.fixture(params=[(name, on) for name in CHARTS for on in DAYS], ids=lambda p: f"{p[0]}-{p[1]}")
def drawn(graph: Graph, request: pytest.FixtureRequest) -> Chart:
    name, on = request.param
    return chart(graph, name, on)


def test_svg_has_a_title_and_a_description(drawn: Chart) -> None:
    for svg in (drawn.svg(), drawn.svg(inline=True)):
        root = ElementTree.fromstring(svg)
        assert (root.tag, root.get("role")) == (f"{SVG}svg", "img")
        by_id = {e.get("id"): e for e in root.iter() if e.get("id")}
        assert by_id[root.get("aria-labelledby")].text == drawn.title
        assert by_id[root.get("aria-describedby")].text == drawn.description
        assert [e.tag for e in root if e.get("id")] == [f"{SVG}title", f"{SVG}desc"]


def test_svg_contains_no_scripts_and_no_external_links(drawn: Chart) -> None:
    root = ElementTree.fromstring(drawn.svg(inline=True))
    assert {e.tag.removeprefix(SVG) for e in root.iter()} <= {
        "svg", "title", "desc", "g", "path", "line", "rect", "text", "tspan"
    }  # fmt: skip
    attributes = {name for e in root.iter() for name in e.attrib} - {
        "aria-labelledby",
        "aria-describedby",
        "role",
        "id",
    }
    assert attributes <= {
        "width", "height", "viewBox", "overflow", "font-family", "font-size", "font-weight", "text-anchor",
        "transform", "d", "x", "dy", "x2", "y2", "opacity",
        "fill", "fill-opacity", "stroke", "stroke-width", "stroke-opacity", "stroke-dasharray", "stroke-miterlimit",
    }  # fmt: skip
    assert not re.search(rb"url\(|https?://(?!www\.w3\.org/2000/svg)", drawn.svg(inline=True))


def test_only_a_separate_file_has_a_background_and_a_style(drawn: Chart) -> None:
    inline, whole = drawn.svg(inline=True), drawn.svg()
    assert not re.search(rb"<style|<rect|<svg[^>]* color=", inline)
    bare = whole.replace(render.STYLE.encode(), b"").replace(f' color="{render.INK[0]}"'.encode(), b"")
    paper = f'<rect width="100%" height="100%" fill="{render.PAPER[0]}" />'.encode()
    assert bare.count(paper) == 1
    assert bare.replace(paper, b"") == inline
    # The root of an HTML page is not svg, so the style of a pasted file does not affect the page.
    assert set(re.findall(r"[{}]([^{}@]+)\{", render.STYLE)) == {"svg:root", "svg:root>rect"}


def test_ids_are_unique_to_a_picture(graph: Graph) -> None:
    pictures = [chart(graph, name, on).svg() for name in CHARTS for on in DAYS]
    pictures += [chart(graph, "timeline", DAY, organization=code).svg() for code in ("CIS", "LAS")]
    ids = [i for svg in pictures for i in re.findall(rb' id="([^"]+)"', svg)]
    assert len(ids) == len(set(ids)) == 2 * len(pictures)


def test_possible_memberships_have_a_dashed_outline(graph: Graph) -> None:
    for name in CHARTS:
        svg = chart(graph, name, date(2014, 5, 10)).svg().decode()
        assert 'stroke-dasharray="2,2"' in svg, name
        dashed = [e for e in ElementTree.fromstring(svg).iter() if e.get("stroke-dasharray") == "2,2"]
        assert all(e.get("stroke") in ("#0072b2", "#d55e00") for e in dashed)


# ---- Contrast: https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio ----------------------------------


def rgb(colour: str) -> tuple[float, ...]:
    return tuple(int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))


def contrast(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    def luminance(colour: tuple[float, ...]) -> float:
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def themes() -> list[tuple[tuple[float, ...], tuple[float, ...]]]:
    return [(rgb(ink), rgb(paper)) for ink, paper in zip(render.INK, render.PAPER, strict=True)]


def over(colour: str, alpha: float, paper: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(alpha * c + (1 - alpha) * p for c, p in zip(rgb(colour), paper, strict=True))


def test_text_has_the_text_colour_and_enough_contrast(drawn: Chart) -> None:
    for element in ElementTree.fromstring(drawn.svg()).iter(f"{SVG}text"):
        assert element.get("fill") == "currentColor"
        assert "opacity" not in element.attrib
        assert float((element.get("font-size") or "0").removesuffix("px")) >= 11
    for ink, paper in themes():
        assert contrast(ink, paper) >= 7


def test_numbers_in_the_heat_map_can_be_read_on_their_cells(graph: Graph) -> None:
    svg = ElementTree.fromstring(chart(graph, "overlaps", DAY).svg())
    cells = [e for e in svg.iter(f"{SVG}path") if e.get("fill") == "#0072b2"]
    alphas = {float(e.get("fill-opacity", "1")) for e in cells}
    assert max(alphas) > 0.6
    for ink, paper in themes():
        assert min(contrast(ink, over("#0072b2", alpha, paper)) for alpha in alphas) >= 4.5


def test_marks_have_enough_contrast_with_the_background(drawn: Chart) -> None:
    root = ElementTree.fromstring(drawn.svg(inline=True))
    colours = {e.get(name) for e in root.iter() for name in ("fill", "stroke")} - {None, "none", "currentColor"}
    assert colours
    assert {c[:7] for c in colours if c} <= {"#0072b2", "#d55e00"}  # of Okabe and Ito, distinct to all eyes
    for _, paper in themes():
        assert min(contrast(rgb(c), paper) for c in ("#0072b2", "#d55e00")) >= 3


# ---- Names that try to get out ------------------------------------------------------------------


@every
def test_hostile_names_stay_text_and_the_layout_holds(hostile: Graph, name: str) -> None:
    drawn = chart(hostile, name, date(2010, 6, 1), **HOSTILE.get(name, {}))
    svg = drawn.svg()
    root = ElementTree.fromstring(svg)
    assert {e.tag.removeprefix(SVG) for e in root.iter()} <= {
        "svg", "style", "title", "desc", "g", "path", "line", "rect", "text", "tspan"
    }  # fmt: skip
    assert svg.count(b"<style") == svg.count(b"<rect") == 1
    assert not re.search(rb"<script|</desc><style>\*|\]\]>", svg)
    said = "".join(texts(svg)) + drawn.title + drawn.description
    assert re.search("<scr|</svg>", said)
    assert not re.search("[\x00-\x1f\u202e\ufffe\uffff]", said + drawn.specification)
    assert any("…" in text for text in texts(svg))
    assert float(root.get("width", "0")) <= 700  # on a screen of 390 pixels, its text is still six pixels high
    assert float(root.get("height", "0")) <= 500
    assert max(map(len, texts(svg))) < 100
    assert drawn.png().startswith(b"\x89PNG")
    rows = list(csv.reader(io.StringIO(drawn.csv().decode(), newline="")))
    assert len({len(row) for row in rows}) == 1


def test_a_start_that_is_not_known_is_drawn_from_the_edge(hostile: Graph) -> None:
    drawn = chart(hostile, "timeline", date(2010, 6, 1), organization=ORGANIZATION + "a")
    first, *_ = drawn.rows
    assert (first[0], first[3]) == ("CCC", None)
    data = drawn.spec()["datasets"]
    assert data["members"][0]["since"] == "?"
    assert data["segments"][0] == {"row": 0, "from": "1993-01-01", "until": "2010-03-01", "certainty": "possible"}
    assert "No start is known for ]]>" in drawn.description


# ---- Requests that make no sense ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "params", "says"),
    [
        ("timelin", {}, "did you mean timeline"),
        ("map", {}, "Charts: timeline, overlaps, upset, size, network"),
        ("size", {"organisations": "CICA"}, "did you mean organizations"),
        ("overlaps", {"day": "2012-06-13"}, "Parameters: organizations="),
        ("overlaps", {"organizations": "CICA"}, "expected 2 to 30 organizations"),
        ("network", {"organizations": "CICA,NATOO"}, "unknown organization 'NATOO'"),
        ("timeline", {"organization": "CICAA"}, "did you mean CICA"),
        ("timeline", {"organization": "KAZ"}, "is the state Kazakhstan"),
        ("timeline", {"organization": "EAEU"}, "no members of EAEU are known up to 2012-06-13"),
        ("upset", {"organizations": "CICA"}, "expected 2 to 12 organizations"),
        ("upset", {"organizations": "CICA, cica"}, "has 1"),
        ("upset", {"organizations": "CICA,NATOO"}, "unknown organization 'NATOO'"),
        ("size", {"organizations": ""}, "expected 1 to 12 organizations"),
        ("size", {"organizations": "EAEU"}, "no members of EAEU are known from 1990 to 2012-06-13"),
        ("size", {"since": "1492"}, "since must be a year from 1945 to 2012"),
        ("size", {"since": "-5"}, "not '-5'"),
        ("size", {"since": "2013"}, "not '2013'"),
        ("network", {"percent": "0"}, "from 1 to 100"),
        ("network", {"percent": "many"}, "not 'many'"),
    ],
)
def test_an_invalid_request_gets_an_error_that_explains_it(
    graph: Graph, name: str, params: dict[str, str], says: str
) -> None:
    with pytest.raises(UsageError) as error:
        chart(graph, name, DAY, **params)
    assert says in str(error.value)


def test_an_upset_plot_of_organizations_without_members_is_an_error(graph: Graph) -> None:
    with pytest.raises(UsageError, match="no members of EAEU and TURKPA are known on 1990-01-01"):
        chart(graph, "upset", date(1990, 1, 1), organizations="EAEU,TURKPA")


def said_or_drawn(graph: Graph, name: str, on: date) -> str:
    try:
        return chart(graph, name, on).svg().decode()
    except UsageError as error:
        return str(error)


@pytest.mark.parametrize("on", [date.min, date(1900, 1, 1), date(2031, 1, 1), date.max], ids=str)
@every
def test_any_day_gives_a_chart_or_an_error(graph: Graph, name: str, on: date) -> None:
    assert str(on) in said_or_drawn(graph, name, on)


# ---- The same bytes everywhere, and no work done twice ----------------------------------------------

DIGESTS = """
import hashlib, json, sys
from datetime import date
from cica_graph import open_graph
from cica_graph.publish.charts import CHARTS, chart
graph = open_graph(sys.argv[1])
for name in CHARTS:
    drawn = chart(graph, name, date(2014, 5, 10))
    for data in (drawn.svg(), drawn.png(), drawn.csv(), json.dumps(drawn.spec()).encode()):
        print(name, hashlib.sha256(data).hexdigest())
"""


def digests(tmp_path: Path, project: Project, **env: str) -> str:
    """Return the digests of all charts, drawn in a new process with an empty cache."""
    cached = {"CICA_GRAPH_CACHE": str(tmp_path / "cache")}
    done = subprocess.run(
        [sys.executable, "-c", DIGESTS, project.root],
        capture_output=True,
        text=True,
        env={**os.environ, **cached, **env},
    )
    assert done.returncode == 0, done.stderr
    shutil.rmtree(tmp_path / "cache")
    return done.stdout


def test_charts_have_the_same_bytes_for_every_seed_time_zone_language_and_set_of_fonts(
    root: Path, tmp_path: Path, few: Project
) -> None:
    # Both runs need the fonts of the machine hidden. The second finds one that claims the name of the bundled font,
    # and has a box for each letter, where fontconfig looks: in the data directory, and in a separate configuration.
    fonts = tmp_path / "data" / "fonts"
    shutil.copytree(root / "tests" / "fixtures" / "fonts", fonts)
    configuration = tmp_path / "fonts.conf"
    configuration.write_text(f"<fontconfig><dir>{fonts}</dir></fontconfig>", "utf-8")
    plain = digests(tmp_path, few, PYTHONHASHSEED="0", TZ="America/Adak")
    assert len(plain.splitlines()) == 4 * len(CHARTS)
    for found in ({"XDG_DATA_HOME": str(fonts.parent)}, {"FONTCONFIG_FILE": str(configuration)}):
        assert (
            digests(tmp_path, few, PYTHONHASHSEED="1", TZ="Pacific/Kiritimati", LC_ALL="tr_TR.UTF-8", **found) == plain
        )


def test_drawing_a_chart_leaves_the_environment_unchanged(monkeypatch: pytest.MonkeyPatch) -> None:
    for value in (None, "/etc/fonts/fonts.conf"):
        if value is None:
            monkeypatch.delenv("FONTCONFIG_FILE", raising=False)
        else:
            monkeypatch.setenv("FONTCONFIG_FILE", value)
        render._hide_system_fonts.cache_clear()
        render._hide_system_fonts()
        assert os.environ.get("FONTCONFIG_FILE") == value


def test_an_unchanged_picture_needs_no_engine(tmp_path: Path, few: Project) -> None:
    code = (
        "import sys; from datetime import date; from cica_graph import open_graph\n"
        "from cica_graph.publish.charts import CHARTS, chart\n"
        "graph = open_graph(sys.argv[1])\n"
        "size = sum(len(chart(graph, name, date(2012, 6, 13)).svg()) for name in CHARTS)\n"
        "print(size, [m for m in ('vl_convert', 'altair', 'pandas', 'numpy') if m in sys.modules])"
    )
    env = {**os.environ, "CICA_GRAPH_CACHE": str(tmp_path)}
    first, second = (
        subprocess.run(
            [sys.executable, "-c", code, few.root], capture_output=True, text=True, env=env, check=True
        ).stdout
        for _ in range(2)
    )
    assert first.split()[0] == second.split()[0]
    assert "vl_convert" in first
    assert "[]" in second


def test_pictures_do_not_push_the_graph_out_of_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CICA_GRAPH_CACHE", str(tmp_path))
    cache.get_or_make("graph", "it", lambda: b"graph")
    for number in range(cache.MAX_ENTRIES + 5):
        cache.get_or_make("chart", str(number), lambda: b"chart", keep=cache.MAX_ENTRIES)
    assert cache.get_or_make("graph", "it", lambda: b"made anew") == b"graph"
    assert len([*tmp_path.iterdir()]) == cache.MAX_ENTRIES + 1


# ---- PNG, and the specification ------------------------------------------------------------------------


def pixels(png: bytes) -> tuple[int, int, set[bytes]]:
    """Read a PNG (https://www.w3.org/TR/png-3/): width, height, and the lines of bytes that it has."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    chunks, place = defaultdict[bytes, bytes](bytes), 8
    while place < len(png):
        (length,) = struct.unpack_from(">I", png, place)
        kind, data = png[place + 4 : place + 8], png[place + 8 : place + 8 + length]
        assert struct.unpack_from(">I", png, place + 8 + length) == (zlib.crc32(kind + data),)
        chunks[kind] += data
        place += 12 + length
    width, height, depth, colour, *_ = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
    assert (depth, colour) == (8, 6)
    lines = zlib.decompress(chunks[b"IDAT"])
    step = 1 + 4 * width
    assert len(lines) == step * height
    return width, height, {lines[i : i + step] for i in range(0, len(lines), step)}


@pytest.mark.parametrize("scale", [1, 2])
@every
def test_png_has_the_size_of_the_svg_times_the_scale(graph: Graph, name: str, scale: int) -> None:
    drawn = chart(graph, name, DAY)
    root = ElementTree.fromstring(drawn.svg())
    width, height, lines = pixels(drawn.png(scale))
    assert width == scale * int(root.get("width", "0"))
    assert height == scale * int(root.get("height", "0"))
    assert len(lines) > 20


@every
@every_day
def test_specification_uses_the_vega_lite_version_of_altair(graph: Graph, name: str, on: date) -> None:
    import altair

    spec = chart(graph, name, on).spec()
    assert altair.Chart.from_dict(spec).to_dict()["$schema"].startswith(spec["$schema"].removesuffix(".json"))
    assert altair.SCHEMA_VERSION.startswith(f"v{render.VEGA_LITE}.")


# ---- The command -----------------------------------------------------------------------------------------


def run(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([sys.executable, "-m", "cica_graph", "chart", *arguments], capture_output=True, cwd=cwd)


def test_command_writes_by_suffix_and_shows_the_day_of_the_site(few: Project, tmp_path: Path) -> None:
    graph, here = open_graph(few.root), ("timeline", "-p", "organization=SCO", "--project", str(few.root))
    on = SiteView(graph).day
    drawn = chart(graph, "timeline", on, organization="SCO")
    wanted = {
        "svg": drawn.svg(),
        "png": drawn.png(),
        "csv": drawn.csv(),
        "json": (json.dumps(drawn.spec(), ensure_ascii=False, indent=2) + "\n").encode(),
    }
    assert set(wanted) == set(FORMATS)
    for suffix, data in wanted.items():
        done = run(*here, "-o", f"x.{suffix.upper()}", cwd=tmp_path)
        assert (done.returncode, done.stdout) == (0, b""), done.stderr
        assert (tmp_path / f"x.{suffix.upper()}").read_bytes() == data
        assert done.stderr.decode() == f"x.{suffix.upper()}: {drawn.title}\n"
    done = run(*here, "--on", str(on))
    assert (done.returncode, done.stdout, done.stderr.decode()) == (0, wanted["svg"], f"{drawn.title}\n")
    done = run(*here, "--format", "png")
    assert done.stdout == wanted["png"]
    done = run(*here, "--format", "csv", "-o", "x.txt", cwd=tmp_path)
    assert (tmp_path / "x.txt").read_bytes() == wanted["csv"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "Missing argument"),
        (("timelin",), "did you mean timeline"),
        (("size", "-p", "organisations=CICA"), "did you mean organizations"),
        (("size", "-p", "since"), "KEY=VALUE"),
        (("size", "-p", "on=2012-06-13"), "has no parameter 'on'"),
        (("size", "-p", "name=timeline"), "has no parameter 'name'"),
        (("size", "-o", "x.gif"), "Unknown format of x.gif. Use --format, or the suffix .svg, .png, .csv, .json."),
        (("size", "-o", "x"), "Unknown format of x"),
        (("size", "--format", "gif"), "gif"),
        (("size", "-o", "nowhere/x.svg"), "nowhere"),
        (("size", "--on", "13.6.2012"), "write YYYY-MM-DD"),
    ],
)
def test_command_refuses_with_a_message(arguments: tuple[str, ...], says: str, few: Project, tmp_path: Path) -> None:
    done = commands.run("chart", *arguments, "--project", few.root, cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert [*tmp_path.iterdir()] == []


def test_a_png_is_not_printed_on_a_terminal() -> None:
    ours, theirs = pty.openpty()
    done = subprocess.run(
        [sys.executable, "-m", "cica_graph", "chart", "size", "--format", "png"], stdout=theirs, stderr=subprocess.PIPE
    )
    os.close(theirs)
    os.close(ours)
    assert done.returncode == 2
    assert b"PNG is binary. Use -o FILE" in done.stderr


# ---- In a browser ------------------------------------------------------------------------------------------

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
MEASURE = """svg => {
    const frame = svg.getBoundingClientRect(), scale = svg.viewBox.baseVal.width / frame.width;
    return [...svg.querySelectorAll('text')].map(text => {
        const box = text.getBoundingClientRect(), style = getComputedStyle(text);
        return {text: text.textContent, ink: style.fill, turned: /rotate/.test(text.getAttribute('transform')),
                left: (box.left - frame.left) * scale, right: (box.right - frame.left) * scale,
                top: (box.top - frame.top) * scale, bottom: (box.bottom - frame.top) * scale,
                size: parseFloat(style.fontSize) / scale};
    });
}"""


def css(colour: str) -> str:
    return "rgb({}, {}, {})".format(*(round(255 * part) for part in rgb(colour)))


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if BROWSER is None:
        pytest.skip("no chromium is installed to look at pictures with")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        opened = play.chromium.launch(executable_path=BROWSER)
        yield opened
        opened.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_separate_file_follows_the_colour_scheme_of_the_browser(
    graph: Graph, browser: Any, tmp_path: Path, scheme: str
) -> None:
    file = tmp_path / "x.svg"
    file.write_bytes(chart(graph, "network", DAY).svg())
    page = browser.new_page(color_scheme=scheme)
    page.goto(file.as_uri())
    got = page.locator("svg text").first.evaluate("e => getComputedStyle(e).fill")
    ground = page.locator("svg > rect").evaluate("e => getComputedStyle(e).fill")
    place = ("light", "dark").index(scheme)
    assert [got, ground] == [css(render.INK[place]), css(render.PAPER[place])]
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_texts_do_not_overlap_and_stay_inside_the_picture(graph: Graph, browser: Any, width: int, scheme: str) -> None:
    page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    ink = {"light": "#102030", "dark": "#e0f0ff"}[scheme]
    for name in CHARTS:
        for on in DAYS:
            svg = chart(graph, name, on).svg(inline=True).decode()
            page.set_content(
                f"<!doctype html><html lang=en><title>x</title><style>body{{color:{ink};margin:16px}}"
                f"svg{{max-width:100%;height:auto}}</style>{svg}"
            )
            found = page.locator("svg").evaluate(MEASURE)
            frame = float(re.findall(r'viewBox="0 0 ([\d.]+)', svg)[0])
            assert {text["ink"] for text in found} == {css(ink)}
            # If the machine has no similar font, its substitute may be an eighth wider.
            outside = [text["text"] for text in found if not -10 <= text["left"] < text["right"] <= frame + 10]
            assert outside == [], (name, on)
            assert min(text["size"] for text in found) >= (6 if width == 390 else 11), (name, on)
            level = [text for text in found if not text["turned"]]
            for one, other in combinations(level, 2):
                across = min(one["right"], other["right"]) - max(one["left"], other["left"])
                down = min(one["bottom"], other["bottom"]) - max(one["top"], other["top"])
                assert across <= 1 or down <= 4, (name, on, one["text"], other["text"])
    page.close()
