"""Differences between two sources, and the commands that add missing statements to Wikidata."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pyoxigraph as ox
import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from cica_graph import Graph, open_graph
from cica_graph.cli import cli
from cica_graph.compare import additions, sources
from cica_graph.compare.differences import KINDS, Difference, compare, every_year, on_day, scope, triples
from cica_graph.compare.sources import PeriodBounds, Side, SourceMembership
from cica_graph.imports.wikidata import convert
from cica_graph.imports.wikidata_memberships import WikidataActors
from cica_graph.model import edtf
from cica_graph.model.errors import NotFound, UsageError
from cica_graph.model.terms import CG, CONCEPT, ID, RDF_TYPE
from cica_graph.project.source_files import Project

ODD = Path(__file__).parent / "fixtures" / "wikidata" / "odd.json"


def spell(
    start: str | None = None, end: str | None = None, *, who: str = "A", what: str = "X", role: str = "member",
    seen: str | None = None, suspended: str | None = None, iri: str = "", cited: str = "s",
) -> SourceMembership:  # fmt: skip
    iri = iri or f"{who}-{what}-{role}-{start}-{end}"
    since, _, until = (suspended or "").partition("/")
    quiet = (bounds(since, until, None),) if suspended else ()
    days = bounds(start, end, seen)
    return SourceMembership(iri, who, what, role, role, start, end, days, (days,), quiet, (cited,))


def bounds(start: str | None, end: str | None, seen: str | None) -> PeriodBounds:
    """Return the bounds as the bound step computes them."""
    a, b, c = (edtf.span(text) if text else None for text in (start, end, seen))
    begun = [x[1] for x in (a, b, c) if x]
    held = [x[0] for x in (a, b, c) if x]
    return PeriodBounds(
        a and a[0], min(begun, default=None), max(held, default=None), b and b[1], f"{start or ''}/{end or ''}"
    )


def differ(here: list[SourceMembership], there: list[SourceMembership]) -> list[tuple[str, str, str, str]]:
    found = compare(scope(Side("here", tuple(here)), Side("there", tuple(there)), everything=True))
    return [(d.kind, d.role, d.here, d.there) for d in found]


@pytest.mark.parametrize(
    ("here", "there", "found"),
    [
        ([spell("1991")], [spell("1991")], []),
        ([spell("1991")], [], [("missing-there", "member", "1991/", "")]),
        ([], [spell(None, "2012")], [("missing-here", "member", "", "/2012")]),
        ([spell()], [], [("missing-there", "member", "undated", "")]),
        ([spell("1991")], [spell("1992")], [("start-differs", "member", "1991", "1992")]),
        ([spell("1991")], [spell("1991-12-21")], [("precision-differs", "member", "start 1991", "start 1991-12-21")]),
        ([spell("1991")], [spell()], [("precision-differs", "member", "start 1991", "start not given")]),
        ([spell("1991~")], [spell("1991")], [("precision-differs", "member", "start 1991~", "start 1991")]),
        ([spell("1991")], [spell(None, seen="1985")], [("start-differs", "member", "1991", "by 1985-12-31")]),
        ([spell("1991", "2012")], [spell("1991", "2013")], [("end-differs", "member", "2012", "2013")]),
        ([spell("1991", "2012")], [spell("1991")], [("precision-differs", "member", "end 2012", "end not given")]),
        ([spell("1991", "2012")], [spell("1991", seen="2020")], [("end-differs", "member", "2012", "not before 2020-01-01")]),
        ([spell("1991")], [spell("1991", role="observer")], [("role-differs", "", "member", "observer")]),
        (
            [spell("1991", "1999"), spell("2006", "2012")], [spell("2006", "2012")],
            [("missing-there", "member", "1991/1999", "")],
        ),
        (
            [spell("1991", "1999", role="observer"), spell("1999")], [spell("1999")],
            [("missing-there", "observer", "1991/1999", "")],
        ),
        ([spell("1991", suspended="2011/2012")], [spell("1991")], [("suspension-differs", "", "suspended 2011/2012", "")]),
    ],
)  # fmt: skip
def test_each_kind_of_difference(
    here: list[SourceMembership], there: list[SourceMembership], found: list[tuple[str, str, str, str]]
) -> None:
    assert differ(here, there) == found
    mirrored = {"missing-there": "missing-here", "missing-here": "missing-there"}
    assert differ(there, here) == [(mirrored.get(k, k), role, b, a) for k, role, a, b in found]


years = st.none() | st.integers(1990, 2010).map(str)
spells = st.lists(
    st.builds(
        lambda start, end, who, role, n: spell(start, end, who=who, role=role, iri=f"{who}{n}"),
        years, years, st.sampled_from("AB"), st.sampled_from(("member", "observer")), st.integers(0, 99),
    ),
    max_size=5, unique_by=lambda m: m.iri,
)  # fmt: skip


@given(spells)
def test_a_source_does_not_differ_from_itself(some: list[SourceMembership]) -> None:
    both = scope(Side("a", tuple(some)), Side("b", tuple(some)))
    assert compare(both) == every_year(both) == on_day(both, date(2000, 6, 1)) == []


@given(spells, spells)
def test_every_membership_is_matched_once_or_missing(
    here: list[SourceMembership], there: list[SourceMembership]
) -> None:
    found = compare(scope(Side("a", tuple(here)), Side("b", tuple(there)), everything=True))
    assert {d.kind for d in found} <= set(KINDS)
    for kind, mine in (("missing-there", here), ("missing-here", there)):
        missing = [i for d in found if d.kind == kind for i in (*d.here_spells, *d.there_spells)]
        assert Counter(missing) <= Counter(m.iri for m in mine)


def test_only_common_organizations_and_states_are_compared_by_default() -> None:
    here = Side("here", (spell("1991"), spell("1991", who="B"), spell("1991", what="Y")))
    there = Side("there", (spell("1991"), spell("1991", who="C")))
    both = scope(here, there)
    assert (list(both.pairs), both.left_out) == ([("A", "X")], 3)
    assert list(scope(here, there, ["Y"]).pairs) == [("A", "Y")]
    assert len(scope(here, there, everything=True).pairs) == 4


def test_on_a_day_certain_possible_and_no_are_compared() -> None:
    def on(
        here: list[SourceMembership], there: list[SourceMembership], day: str = "2000-06-01"
    ) -> list[tuple[str, str, str]]:
        found = on_day(scope(Side("a", tuple(here)), Side("b", tuple(there)), everything=True), date.fromisoformat(day))
        return [(d.kind, d.here, d.there) for d in found]

    held, over, open_ = spell("1991", "2010"), spell("1991", "1995"), spell("1991")
    assert on([held], [over]) == [("missing-there", "certain", "no")]
    assert on([over], [held]) == [("missing-here", "no", "certain")]
    assert on([held], [open_]) == [("precision-differs", "certain", "presumed")]
    assert on([held], [spell("1991", "2010", role="observer")]) == [("role-differs", "member", "observer")]
    quiet = spell("1991", "2010", suspended="1999/2001")
    assert on([held], [quiet]) == [("suspension-differs", "not suspended", "suspended")]
    assert on([held], [quiet], "1995-01-01") == []


def test_equal_years_are_one_row() -> None:
    both = scope(Side("a", (spell("1991", "2010"),)), Side("b", (spell("1995-06", "2012-06"),)))
    assert [(d.from_year, d.to_year, d.kind, d.here, d.there) for d in every_year(both)] == [
        (1991, 1994, "missing-there", "certain", "no"),
        (2010, 2010, "precision-differs", "possible", "certain"),
        (2011, 2011, "missing-here", "no", "certain"),
    ]


# ---- Sources --------------------------------------------------------------------


@pytest.fixture(scope="module")
def graph(few: Project) -> Graph:
    return open_graph(few.root)


@pytest.fixture(scope="module")
def run(few: Project) -> Callable[..., Result]:
    return lambda *args: CliRunner().invoke(cli, ["compare", *map(str, args), "--project", str(few.root)])


@pytest.fixture(scope="module")
def imported(graph: Graph, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("imports")
    convert([ODD], WikidataActors.of(graph.store), folder)
    return folder


def test_source_is_the_project_an_import_or_a_document(graph: Graph, imported: Path) -> None:
    ours = sources.read("ours", graph.built)
    stated = [
        t for t in graph.store.triples() if t.predicate.value == RDF_TYPE and str(t.object) == f"<{CG}Membership>"
    ]
    assert len(ours.memberships) == len(stated)
    file, folder = (sources.read(str(p), graph.built).memberships for p in (imported / "wikidata.ttl", imported))
    assert file == folder
    assert len(file) == 20
    profile = sources.read("cica-profile", graph.built)
    assert 0 < len(profile.memberships) < len(ours.memberships)
    assert all(
        section.startswith("https://w3id.org/cica-graph/doc/cica-profile#")
        for m in profile.memberships
        for section in m.cited
    )
    founding = next(m for m in ours.memberships if m.role == "founding-member")
    assert founding.top == "member"


def test_days_of_other_documents_do_not_attest_a_document(graph: Graph) -> None:
    ours = {m.iri: m for m in sources.read("ours", graph.built).memberships}
    profile = sources.read("cica-profile", graph.built).memberships
    assert {m.bounds.earliest_end for m in profile if m.end is None} == {date(2012, 6, 13)}
    assert any(ours[m.iri].bounds.earliest_end != m.bounds.earliest_end for m in profile)


def test_error_for_an_unknown_source_lists_the_alternatives(graph: Graph, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="did you mean cow-igo-v3"):
        sources.read("cow-igo", graph.built)
    with pytest.raises(UsageError, match="no such file"):
        sources.read("imports/nothing.ttl", graph.built)
    with pytest.raises(UsageError, match=r"holds no \.ttl file"):
        sources.read(str(tmp_path), graph.built)
    broken = tmp_path / "broken.ttl"
    broken.write_text("<a> <b> .\n", "utf-8")
    with pytest.raises(UsageError, match=r"broken\.ttl:1:\d+: "):
        sources.read(str(broken), graph.built)
    empty = tmp_path / "empty.ttl"
    empty.write_text("<https://w3id.org/cica-graph/graph/x> a <http://www.w3.org/ns/dcat#Dataset> .\n", "utf-8")
    with pytest.raises(UsageError, match="no membership"):
        sources.read(str(empty), graph.built)


# ---- The command --------------------------------------------------------------------


def test_the_command_in_every_form(run: Callable[..., Result], imported: Path) -> None:
    ran = run("ours", imported)
    assert ran.exit_code == 0
    assert "pairs of member and organization compared" in ran.stderr
    assert "UZB     CSTO" in ran.stdout
    rows = json.loads(run("ours", imported, "--format", "json").stdout)
    assert set(rows[0]) == {
        "kind", "member", "member_code", "organization", "organization_code", "role", "here", "there", "from_year",
        "to_year", "here_spells", "there_spells",
    }  # fmt: skip
    table = list(csv.DictReader(run("ours", imported, "--format", "csv").stdout.splitlines()))
    assert [r["kind"] for r in table] == [r["kind"] for r in rows]
    first = {(r["member_code"], r["organization_code"], r["kind"]) for r in rows}
    assert ("UZB", "CSTO", "missing-here") in first  # Wikidata's made-up spell of 1994
    text = run("ours", imported, "--format", "ttl").stdout
    assert text.count("a cg:Difference") == len(rows)
    list(ox.parse(text, format=ox.RdfFormat.TURTLE))
    only = json.loads(run("ours", imported, "--organization", "CSTO", "--format", "json").stdout)
    assert {r["organization_code"] for r in only} == {"CSTO"}


def test_the_command_on_a_day_and_year_by_year(run: Callable[..., Result], imported: Path) -> None:
    assert " on 2009-01-01: " in run("ours", imported, "--on", "2009-01-01").stderr
    rows = json.loads(run("ours", imported, "--by", "year", "--format", "json").stdout)
    assert all(r["from_year"] <= r["to_year"] for r in rows)
    assert "years" in run("ours", imported, "--by", "year").stdout.splitlines()[0]
    assert run("ours", imported, "--by", "year", "--on", "2009-01-01").exit_code != 0


def test_the_order_of_rows_is_the_same_each_time(run: Callable[..., Result], imported: Path) -> None:
    assert run("ours", imported, "--format", "json").stdout == run("ours", imported, "--format", "json").stdout


def test_differences_as_triples_are_terms_of_the_vocabulary(graph: Graph) -> None:
    made = triples([Difference("start-differs", ID + "state/KAZ", ID + "org/un", "member", "1991", "1992")])
    stated = {str(t.subject) for t in graph.store.triples()}
    assert all(str(t.predicate) in stated for t in made if t.predicate.value.startswith("https://w3id.org/"))
    assert {f"<{CONCEPT}{kind}>" for kind in KINDS} <= stated


# ---- QuickStatements --------------------------------------------------------------------


LINKS = {"A": "Q1", "X": "Q2"}
PAGES = {"s": 'https://example.org/a|b"c', "t": "https://example.org/t"}


def quick(here: list[SourceMembership], there: list[SourceMembership]) -> additions.Additions:
    return additions.additions(scope(Side("a", tuple(here)), Side("b", tuple(there)), everything=True), LINKS, PAGES)


def test_commands_add_statements_that_wikidata_lacks() -> None:
    assert quick([spell("2004-10-22", "2012", cited="t")], []).lines == [
        'Q1|P463|Q2|P580|+2004-10-22T00:00:00Z/11|P582|+2012-00-00T00:00:00Z/9|S854|"https://example.org/t"'
    ]
    assert quick([spell("2004-10")], [spell()]).lines == [
        'Q1|P463|Q2|P580|+2004-10-00T00:00:00Z/10|S854|"https://example.org/a%7Cb%22c"'
    ]
    assert quick([spell("2004")], [spell("2004")]).lines == []


@pytest.mark.parametrize(
    ("here", "there", "reason"),
    [
        ([spell("2004")], [spell("2005")], "another date there, to be weighed by hand"),
        ([spell("2004?")], [spell()], "a date that QuickStatements cannot write"),
        ([spell("2004", cited="none")], [spell()], "no source with a page to cite"),
        ([spell("2004", who="B")], [], "no link to Wikidata"),
        ([spell("2004")], [spell("2004", role="observer")], "another role there"),
        ([spell("1991", "1999"), spell("2004")], [], "several spells, which a command cannot tell apart"),
    ],
)
def test_commands_omit_statements_with_a_reason(
    here: list[SourceMembership], there: list[SourceMembership], reason: str
) -> None:
    made = quick(here, there)
    assert made.lines == []
    assert list(made.left_out) == [reason]


def test_observers_are_not_members() -> None:
    assert quick([spell("2004", role="observer")], []) == additions.Additions()


def test_commands_of_the_shipped_graph(run: Callable[..., Result], imported: Path) -> None:
    ran = run("ours", imported, "--quickstatements")
    assert ran.exit_code == 0
    assert "nothing was sent" in ran.stderr
    line = re.compile(
        r'Q\d+\|P463\|Q\d+(\|P58[02]\|\+\d{4}-\d\d-\d\dT00:00:00Z/\d+){0,2}(\|!?S854\|"https?://[^"|]+")+'
    )
    assert ran.stdout
    assert all(line.fullmatch(row) for row in ran.stdout.splitlines())
    for more in (("--include-unmatched",), ("--format", "json"), ("--by", "year")):
        assert run("ours", imported, "--quickstatements", *more).exit_code != 0
    assert isinstance(run("ours", "cow-igo-v3", "--quickstatements").exception, UsageError)
