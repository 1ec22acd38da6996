"""The benchmarks stay runnable, and what they compare gives the same answers. No time is asserted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import polars
import pyoxigraph as ox
import pytest
from benchmarks import growth, naive, panels, run, serve, shapes
from benchmarks import spells as bench
from rdflib import URIRef

from cica_graph.model.terms import CG
from cica_graph.pipeline import build
from cica_graph.project.source_files import Project
from cica_graph.store.store import Store

BASE = Path(__file__).parent / "fixtures" / "base"


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # pyshacl's own
@pytest.mark.parametrize("on", [date(1999, 6, 1), date(2010, 6, 1)])
def test_naive_stack_gives_the_same_overlaps(on: date) -> None:
    answers = naive.run(BASE, on)
    assert answers.conforms
    assert not answers.contradictions
    assert answers.overlaps
    assert not naive.differences(answers.overlaps, naive.ours(BASE, on))
    assert {"parse", "bounds", "snapshot", "validate with owlrl", "overlaps"} <= answers.seconds.keys()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_naive_stack_finds_faults(tmp_path: Path) -> None:
    growth.project(tmp_path, organizations=2, members=5, states=5)
    file = tmp_path / "data" / "org0.ttl"
    text = file.read_text(encoding="utf-8")
    wrong = text.replace("cg:member s:AAB ;", "").replace(
        "o:org0 a cg:Organization", "o:org0 a cg:Organization , cg:State"
    )
    file.write_text(wrong, encoding="utf-8")
    answers = naive.run(tmp_path, growth.DAY)
    assert not answers.conforms
    assert answers.contradictions


def test_the_naive_stack_reads_the_links() -> None:
    same = URIRef("https://schema.org/sameAs")
    links = set(naive.read(naive.ROOT).subject_objects(same))
    assert (
        URIRef("https://w3id.org/cica-graph/id/org/asean"),
        URIRef("http://www.wikidata.org/entity/Q7768"),
    ) in links


@pytest.mark.parametrize("size", [{"organizations": 12}, {"organizations": 6, "spells": 3}])
def test_synthetic_projects_have_no_findings(tmp_path: Path, size: dict[str, int]) -> None:
    growth.project(tmp_path, members=12, states=53, **size)
    built, findings = build.check(Project.at(tmp_path))
    assert findings == []
    assert set(growth.STEPS) <= built.seconds.keys()
    (verdict,) = built.store.select("SELECT ?v { ?audit <https://w3id.org/cica-graph/ns#verdict> ?v }")
    assert str(verdict["v"]).endswith("concept/confirmed>")


def test_synthetic_project_has_the_requested_memberships(tmp_path: Path) -> None:
    growth.project(tmp_path, organizations=3, members=4, spells=2, states=11)
    text = "".join(file.read_text(encoding="utf-8") for file in sorted((tmp_path / "data").glob("*.ttl")))
    assert text.count("a cg:Membership") == 3 * 4 * 2
    with pytest.raises(ValueError, match="too few states"):
        growth.project(tmp_path, organizations=1, members=5, states=4)


def test_growth_table() -> None:
    keys = [*growth.STEPS, "together", "MB", "triples"]
    text = growth.table([1, 2, 4], [dict.fromkeys(keys, float(n * n)) for n in (1, 2, 4)])
    assert "| derive | 1.00 | 4.00 | 16.00 | 2.0 |" in text
    assert "512 | 1024 | 2048" in text
    assert "| derive | 1.00 | 4.00 | out of memory | 2.0 |" in growth.table(
        [1, 2, 4], [dict.fromkeys(keys, 1.0), dict.fromkeys(keys, 4.0), {}]
    )


def test_table_of_times() -> None:
    timings = [run.Timing("a", [1.0, 3.0, 2.0], [0.5, 0.5, 0.5]), run.Timing(run.NAIVE, [8.0], [8.0])]
    assert "| a | 3 | 1.00 | 2.00 | 3.00 | 0.50 | 0.250 |" in run.table(timings)


def test_a_command_that_fails_is_not_timed() -> None:
    with pytest.raises(SystemExit, match="ended with 2"):
        run.Timing("no such command").run([*run.CICA, "no-such-command"], "")


# ---- The spells engine ---------------------------------------------------------------------------


@pytest.fixture
def few_years(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "YEARS", range(1990, 1993))


def test_every_way_to_count_pairs_gives_the_same_numbers(few_years: None) -> None:
    spent = bench.compare(bench.made_up()[:1500], bench.WAYS)
    assert list(spent) == list(bench.WAYS)
    assert all(s.cpu > 0 for s in spent.values())


def test_method_with_another_count_ends_the_run(few_years: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(store: Store) -> Iterator[bench.ValidationFailed]:
        yield from ((maybe, maybe) for _, maybe in bench.engine(store))

    monkeypatch.setattr(bench, "WAYS", {"right": bench.engine, "wrong": wrong})
    runs = [bench.Run("a", "x", "member", 1980, 1991), bench.Run("a", "y", "member", 1980, 1999)]
    with pytest.raises(SystemExit, match="wrong gives other numbers for 1991"):
        bench.compare(runs, bench.WAYS)


def test_synthetic_spells_are_as_many_as_in_cow_and_reproducible() -> None:
    runs = bench.made_up()
    assert runs == bench.made_up()
    assert len(runs) == 18_927
    assert (len({r.organization for r in runs}), len({r.member for r in runs})) == (534, 210)
    assert all(1816 <= r.first <= r.last <= 2014 for r in runs)


def test_growth_is_measured_job_by_job(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [*bench.build(5000)] == ["load", "bound", "settle", "rules", "done"]
    assert [*bench.answer(5000)] == ["snapshot", "reading", "all pairs", "done"]


def test_table_of_growth() -> None:
    measured = {n: {job: {"s": n**2 / 100, "MB": n / 2} for job in bench.JOBS} for n in (10, 100, 1000)}
    measured[1000] |= {"load": {"s": 1e5, "MB": 500.0}, "bound": {"s": 1e3, "MB": 500.0}}
    del measured[1000]["rules"]
    text = bench.growth_table(measured)
    assert "| snapshot, s | 1.00 | 100.00 | 10,000.00 | 2.00 | 2.00 |" in text
    assert "| load, s | 1.00 | 100.00 | 100,000.00 | 2.50 | 3.00 |" in text
    assert "| bound, s | 1.00 | 100.00 | 1,000.00 | 1.50 | 1.00 |" in text
    assert "| rules, s | 1.00 | 100.00 | out of memory | 2.00 | 2.00 |" in text
    assert "| load, peak bytes a triple | 500,000 | 500,000 | 500,000 | 1.00 | 1.00 |" in text


def test_panel_with_many_rows_can_be_queried(tmp_path: Path) -> None:
    rows, size = panels.layout(tmp_path, 4_000_000)  # a copy has 70 years of the 27,730 pairs of 236 states
    files = sorted(tmp_path.glob("*/panel.parquet"))
    assert rows == 3 * 70 * 27_730
    assert len(files) == 3
    assert size == sum(file.stat().st_size for file in files)
    found, _ = panels.in_duckdb(tmp_path, 1)
    one = polars.read_parquet(files[0]).filter(polars.col("member_both") > 0, polars.col("year") == 2012)
    assert found[-3][:2] == [2012, 3 * len(one)]


def test_number_of_pairs_on_a_day_is_correct() -> None:
    assert bench.day(20, 30, 10).startswith("1,")
    assert "400 pairs share a member" in bench.day(20, 12, 10)


def test_planted_mistakes_are_found_and_pyshacl_finds_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shapes, "EVERY", 20)
    table = shapes.measure(5)
    assert "160 memberships" in table
    assert "8 mistakes of 6 rules" in table
    assert "the same from both engines" in table


def test_undetected_mistake_ends_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shapes, "EVERY", 20)
    monkeypatch.setitem(shapes.MISTAKES, "membership-spell", (CG + "spell", shapes._instead(ox.Literal(7))))
    with pytest.raises(SystemExit, match=r"planted and not found: .*membership-spell"):
        shapes.measure(5)


# ---- Servers -------------------------------------------------------------------------------------


def test_table_of_servers() -> None:
    rates = {
        (name, kind): [serve.Rate(rate, 5.0, 100 / rate, 0) for rate in (n * 1.0, n * 2.0, n * 9.0)]
        for kind in serve.KINDS
        for name, n in ((serve.OURS, 100), (serve.OXIGRAPH, 400))
    }
    text = serve.table(rates, [serve.OURS, serve.OXIGRAPH])
    assert f"| {serve.NEW} | 200 (5 ms) | 800 (5 ms) | 0.25 |" in text
    assert f"| {serve.NEW} | 0.50 | 0.12 | 0.25 |" in text
