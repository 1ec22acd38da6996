"""Names that people bring: in other languages, misspelt, with footnote marks, historical, and of other things.

The historical names are in historical_names.tsv, with the code of the state of the graph that each means. A homonym is
also the present name of a state in another language: Kamerun.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from benchmarks import names as benchmark

from cica_graph import Graph, NotFound
from cica_graph.imports.table_names import Resolver
from cica_graph.model import normalise, other_languages, spellings
from cica_graph.reconcile.catalog import Catalog
from cica_graph.reconcile.query import ReconcileQuery
from cica_graph.reconcile.search import Search

shared = pytest.mark.skipif(not benchmark.SHARED.is_dir(), reason="the shared data sets are not next to this checkout")


@pytest.fixture(scope="module")
def search(graph: Graph) -> Search:
    return Search(Catalog(graph.store))


@pytest.fixture(scope="module")
def resolver(graph: Graph) -> Resolver:
    return Resolver(graph.store)


def sure(search: Search, name: str) -> str:
    found = search.candidates(ReconcileQuery((name,)))
    return found[0].entity.code if found and found[0].sure else ""


def candidates(search: Search, name: str) -> list[str]:
    return [match.entity.code for match in search.candidates(ReconcileQuery((name,)))]


# ---- Historical names, and names of things that are not states ------------------------------------------


def historical() -> Iterator[tuple[str, str]]:
    text = (Path(__file__).parent / "historical_names.tsv").read_text("utf-8")
    for row in csv.DictReader(text.splitlines(), delimiter="\t"):
        yield from ((name, row["expected"]) for name in row["names"].split(" | "))


HISTORICAL = dict(historical())


def test_no_historical_name_is_matched_with_another_thing(search: Search) -> None:
    assert len(HISTORICAL) >= 700
    wrong = {name: (code, taken) for name, code in HISTORICAL.items() if (taken := sure(search, name)) != code}
    assert wrong == {}


def test_no_historical_name_is_found_as_another_thing(graph: Graph, resolver: Resolver) -> None:
    """This holds for commands, the API and imported tables."""
    known = {graph.names.find(code).iri: code for code in set(HISTORICAL.values()) - {""}}
    wrong = {}
    for name, code in HISTORICAL.items():
        try:
            found = graph.names.find(name, suggest=False).iri
        except NotFound:
            found = ""
        imported = resolver.find("member", name)[0]
        if (found and known.get(found) != code) or known.get(imported, imported) != code:
            wrong[name] = (code, found, imported)
    assert wrong == {}


@pytest.mark.parametrize(
    ("name", "candidate"),
    [
        ("Republik Dominica", "DOM"), ("Germany Democratic Republic", "DDR"), ("Central African Federation", "CAF"),
        ("Central Africa", ""), ("French Union", "FRA"), ("Kingdom of Kazakhstan", "KAZ"), ("Union of Norway", "NOR"),
        ("Islamische Republik Österreich", "AUT"), ("Holland", "NLD"), ("England", "GBR"), ("Siam", "THA"),
        ("Democratic Republic of Zambia", "ZMB"), ("Korea", "KOR"), ("Obervolta", "BFA"),
    ],
)  # fmt: skip
def test_another_form_of_state_or_a_former_name_is_a_candidate_at_most(
    search: Search, name: str, candidate: str
) -> None:
    assert (sure(search, name) in ("", candidate)) if name == "Republik Dominica" else not sure(search, name)
    assert candidate in [*candidates(search, name), ""]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Uni Emirat Arab", "ARE"), ("Republik Dominica", "DOM"), ("República Dominicana", "DOM"),
        ("République d'Albanie", "ALB"), ("Bundesrepublik Deutschland", "DEU"), ("Republik Kasachstan", "KAZ"),
        ("la República de Kazajstán", "KAZ"), ("Республика Казахстан", "KAZ"), ("哈萨克斯坦共和国", "KAZ"),
        ("Bolivia (Estado Plurinacional de)", "BOL"), ("대한민국", "KOR"),
        ("टोगो", "TGO"), ("टोंगा", "TON"), ("Ägypten", "EGY"), ("AGYPTEN", "EGY"), ("Norwegia", "NOR"),
        ("Sowjetunion", "SUN"), ("Democratic Yemen", "YMD"), ("Áo", "AUT"),
    ],
)  # fmt: skip
def test_names_in_other_languages_match(search: Search, resolver: Resolver, name: str, code: str) -> None:
    assert sure(search, name) == code
    assert resolver.find("member", name)[0].endswith(f"/state/{code}")


@pytest.mark.parametrize("name", ["Kongo", "Saint-Martin", "ao", "ago"])
def test_a_name_or_code_of_two_states_is_not_a_match(search: Search, name: str) -> None:
    assert not sure(search, name)


# ---- Marks, dots and suggestions ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "mark", ["¹", "²", "*", "**", "†", "‡", " [2]", "[12]", "[a]", "[note 3]", " (a)", "(1)", "1", "#"]
)
@pytest.mark.parametrize(("name", "code"), [("Kazakhstan", "KAZ"), ("Bangladesh", "BGD"), ("Казахстан", "KAZ")])
def test_footnote_marks_are_ignored(graph: Graph, search: Search, name: str, code: str, mark: str) -> None:
    assert sure(search, name + mark) == code
    assert graph.names.find(name + mark).code == code


@pytest.mark.parametrize("name", ["Chad 2", "G8", "5+5", "Congo (K)", "Region 1"])
def test_other_numbers_and_brackets_belong_to_the_name(name: str) -> None:
    assert normalise.unmarked(name) == name


@pytest.mark.parametrize(
    ("name", "code"),
    [("U.K.", "GBR"), ("U.S.A.", "USA"), ("U. S. A.", "USA"), ("D.P.R.K.", "PRK"), ("D.R.C.", "COD"), ("DRC", "COD"),
     ("U.S.S.R.", "SUN"), ("U.A.E.", "ARE"), ("E.U.", "EU"), ("U.K.[2]", "GBR"), ("R.O.K.*", "KOR")],
)  # fmt: skip
def test_acronyms_with_dots_are_known(graph: Graph, search: Search, name: str, code: str) -> None:
    assert graph.names.find(name).code == code
    assert sure(search, name) == code


@pytest.mark.parametrize("name", ["A.R.E.", "S.A.", "C.H.", "N.A."])
def test_an_acronym_with_dots_is_not_a_code(graph: Graph, search: Search, name: str) -> None:
    """A.R.E. is the Arab Republic of Egypt, and ARE the United Arab Emirates."""
    assert not sure(search, name)
    with pytest.raises(NotFound):
        graph.names.find(name)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("Kazahstan", "did you mean KAZ (Kazakhstan)?"), ("Kyrgizstan", "did you mean KGZ (Kyrgyzstan)?"),
        ("Ägypten", "did you mean EGY (Egypt)?"), ("ЛАГ", "did you mean LAS (League of Arab States)?"),
        ("ОЧЭС", "did you mean BSEC"), ("日本国", "did you mean JPN (Japan)?"), ("Deutchland", "did you mean DEU (Germany)?"),
        ("Korea", "did you mean KOR (South Korea) or PRK (North Korea)?"), ("Kongo", "COD (Congo - Kinshasa) or COG"),
        ("Holland", "did you mean NLD (Netherlands)?"), ("Siam", "did you mean THA (Thailand)?"),
        ("CICAA", "did you mean CICA"), ("Ottoman Empire", "not in the graph: former state or territory"),
        ("North Vietnam", "did you mean VNM (Vietnam)?"), ("Latin America", "not in the graph: region"),
    ],
)  # fmt: skip
def test_unknown_names_get_a_suggestion(graph: Graph, name: str, says: str) -> None:
    with pytest.raises(NotFound) as error:
        graph.names.find(name)
    assert says in str(error.value)


def test_a_state_in_place_of_an_organization_is_named_as_one(graph: Graph) -> None:
    with pytest.raises(NotFound, match=r"unknown organization 'Ägypten'; did you mean the state EGY \(Egypt\)\?"):
        graph.names.find("Ägypten", ("organization",))
    with pytest.raises(NotFound, match="unknown organization 'Frobnistan'; `cica-graph query actors` lists"):
        graph.names.find("Frobnistan", ("organization",))
    with pytest.raises(NotFound, match=r"'U\.K\.' is the state United Kingdom, not an organization"):
        graph.names.find("U.K.", ("organization",))


# ---- Lists of names -------------------------------------------------------------------------------------


def wrong_in(search: Search, title: str, listed: Iterable[benchmark.Name], recall: float) -> list[tuple[str, str]]:
    """Print the result for a list, and return the wrong matches."""
    done = benchmark.measure(search, listed)
    print(f"{title}: {done.right} right, precision {done.precision:.5f}, recall {done.recall:.4f}")
    assert done.recall >= recall, done.missed[:20]
    return done.wrong


@shared
def test_names_of_all_languages_of_cldr(search: Search) -> None:
    """About 26,000 names. Yangben has the name of Germany for Armenia, which is an error of CLDR."""
    assert wrong_in(search, "CLDR, complete languages", benchmark.complete(), 0.98) == []
    every = {name for those in benchmark.cldr().values() for name in those}
    assert wrong_in(search, "CLDR, all languages", every, 0.78) == [("Almanía", "DEU")]


@shared
def test_names_of_the_united_nations_and_of_the_factbook(search: Search) -> None:
    for title, names in benchmark.lists():
        if title.startswith(("UN", "Factbook")):
            assert wrong_in(search, title, names, 0.98) == [], title


@shared
def test_formal_names_are_known_without_the_table(search: Search, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rule for forms of state, measured on formal names in six languages of which the graph has only the short one."""
    monkeypatch.setattr(other_languages, "current", dict)
    assert wrong_in(search, "UN, formal names, by rule", benchmark.un(["Formal"]), 0.84) == []


def test_the_table_has_one_line_for_each_state_and_source() -> None:
    rows = [(code, source) for code, source, _ in other_languages.rows()]
    assert len(set(rows)) == len(rows) > 500
    assert {source for _, source in rows} == {"CLDR", "EU", "UN", other_languages.FORMER}
    assert all(name == " ".join(name.split()) and name for _, _, those in other_languages.rows() for name in those)


def test_a_name_of_something_else_has_a_description() -> None:
    others = spellings.others().values()
    assert [other.name for other in others if not other.why or (other.after and not other.source)] == []
