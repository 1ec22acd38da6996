"""Reconciliation of names: on a day, with conditions, and measured on lists that were not used for tuning."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cica_graph import Graph, open_graph
from cica_graph.linking.matcher import THRESHOLD
from cica_graph.model.normalise import caseless
from cica_graph.model.terms import PREFIXES
from cica_graph.project.source_files import Project
from cica_graph.reconcile.catalog import Catalog
from cica_graph.reconcile.days import period
from cica_graph.reconcile.properties import PropertyRequest
from cica_graph.reconcile.query import Condition, Match, ReconcileQuery
from cica_graph.reconcile.search import Search
from cica_graph.reconcile.suggest import Suggest
from test_link_match import (
    FORMAL,
    FORMER,
    FRIENDS,
    NONE_OF_OURS,
    OTHERS_IN_COW,
    SAME_BY_HAND,
    SHARED,
    SHORT,
    bodies,
    shared,
)

STATE, ORG = PREFIXES["state"], PREFIXES["organization"]
Find = Callable[..., list[Match]]


@pytest.fixture(scope="module")
def search(graph: Graph) -> Search:
    return Search(Catalog(graph.store))


@pytest.fixture(scope="module")
def find(search: Search) -> Find:
    """Candidates for a name, on a day, with other conditions as property=value."""

    def ask(*names: str, on: str = "", types: tuple[str, ...] = (), strict: bool = True, **has: str) -> list[Match]:
        conditions = [Condition(ident, (value,)) for ident, value in has.items()]
        conditions += [Condition("on", (on,))] if on else []
        return search.candidates(ReconcileQuery(names, types=types, strict=strict, conditions=tuple(conditions)))

    return ask


def sure(found: list[Match]) -> str:
    """Return the id of the automatic match, or an empty text."""
    assert all(not m.sure for m in found[1:])
    return found[0].entity.id if found and found[0].sure else ""


def ids(found: list[Match]) -> list[str]:
    return [m.entity.id for m in found]


# ---- Names, codes, ids ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    ["Kazakhstan", "KAZAKHSTAN", "Казахстан", "كازاخستان", "哈萨克斯坦", "Republic of Kazakhstan", "KAZ", "KZ", "Q232",
     "state/KAZ", "state:KAZ", "https://w3id.org/cica-graph/id/state/KAZ", " Kazakhstan ", "Kazakstan"],
)  # fmt: skip
def test_state_is_found_by_any_of_its_names(find: Find, name: str) -> None:
    assert sure(find(name)) == "state/KAZ"


@pytest.mark.parametrize(
    "name", ["CICA", "Conference on Interaction and Confidence Building Measures in Asia", "org/cica"]
)
def test_organization_is_found_by_any_of_its_names(find: Find, name: str) -> None:
    assert sure(find(name)) == "org/cica"


def test_every_label_alias_and_code_finds_its_thing(search: Search) -> None:
    """No other thing is a certain match; a name of two things gives two candidates."""
    organizations = [e.thing for e in search.catalog.by_iri.values() if e.thing.kind == "organization"]
    acronyms = {acronym for organization in organizations for acronym in organization.acronyms}
    for entity in search.catalog.by_iri.values():
        for text, language in entity.thing.names:
            found = search.candidates(ReconcileQuery((text,), language=language))
            assert entity.id in ids(found)[:5], text
            assert sure(found) in ("", entity.id), text
        for scheme, code in entity.thing.codes:
            if scheme in ("iso2", "iso3", "wikidata"):
                found = search.candidates(ReconcileQuery((code,)))
                # The League of Arab States has the code of Albania as an acronym, the African Union that of Australia.
                assert (found[0].entity.id, found[0].sure) == (entity.id, code not in acronyms)
    assert {"AL", "AU", "CAN"} <= acronyms


def test_a_bare_number_or_small_letters_are_offered_and_not_taken(find: Find) -> None:
    assert (ids(find("398")), sure(find("398"))) == (["state/KAZ"], "")
    assert set(ids(find("705"))) == {"state/KAZ", "state/SVN"}, "Correlates of War and M49"
    assert (ids(find("no"))[0], sure(find("no"))) == ("state/NOR", "")


def test_similar_name_is_a_candidate_and_not_a_match(find: Find) -> None:
    assert ids(find("Kazakstahn"))[0] == "state/KAZ"
    assert set(ids(find("Korea"))) == {"state/KOR", "state/PRK"}
    assert ids(find("Conference on Interaction"))[0] == "org/cica"
    assert not sure(find("Kazakstahn"))
    assert not sure(find("Korea"))
    assert not sure(find("Conference on Interaction"))


@pytest.mark.parametrize("name", ["", " ", "x" * 1001, "qzxv 918273 wjkp", "!!!", "()", "\0", "The", "9" * 90])
def test_unknown_name_has_no_candidates(find: Find, name: str) -> None:
    assert find(name) == []


# ---- Days -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "on", "taken", "first", "value"),
    [
        ("Zaire", "", "state/COD", "state/COD", None),
        ("Zaire", "1980", "state/COD", "state/COD", 0.5),
        ("Zaire", "1997-05-17", "state/COD", "state/COD", 1.0),
        ("Zaire", "1997-05-18", "", "state/COD", 0.0),
        ("Zaire", "2010-06", "", "state/COD", 0.0),
        ("Burma", "1989-06-17", "state/MMR", "state/MMR", 1.0),
        ("Burma", "1989-06-18", "", "state/MMR", 0.0),
        ("Burma", "1989", "state/MMR", "state/MMR", 1.0),
        ("Birmanie", "1985", "state/MMR", "state/MMR", 0.5),
        ("Upper Volta", "1985", "", "state/BFA", 0.0),
        ("Myanmar", "1985", "state/MMR", "state/MMR", 0.5),
        ("Kazakhstan", "2012-06-13", "state/KAZ", "state/KAZ", 0.5),
        ("EurAsEC", "2012", "org/eurasec", "org/eurasec", 1.0),
        ("EurAsEC", "2015-01-02", "", "org/eurasec", 0.0),
        ("EAEU", "2010-06-01T00:00:00Z", "", "org/eaeu", 0.0),
        ("EAEU", "2016", "org/eaeu", "org/eaeu", 0.5),
    ],
)  # fmt: skip
def test_names_and_things_are_valid_at_certain_times(
    find: Find, name: str, on: str, taken: str, first: str, value: float | None
) -> None:
    found = find(name, on=on)
    assert (sure(found), ids(found)[0], found[0].features.get("on")) == (taken, first, value)
    if value == 0:
        assert "only" in found[0].reasons[-1]


@pytest.mark.parametrize(("on", "exists"), [("", True), ("1985", True), ("1991-12-25", True), ("2010-01-01", False)])
@pytest.mark.parametrize("name", ["Soviet Union", "USSR", "Советский Союз", "URSS", "SUN"])
def test_former_state_is_itself_and_never_a_present_state(find: Find, name: str, on: str, exists: bool) -> None:
    """It is a match until its end. Later it is only a candidate, because it did not exist."""
    (found,) = find(name, on=on)
    assert (found.entity.id, found.sure) == ("state/SUN", exists)
    assert ("was only until 1991-12" in found.description) is not exists


@pytest.mark.parametrize("on", ["", "1970", "2010-01-01"])
def test_successor_of_a_state_outside_the_graph_is_a_candidate_and_never_a_match(find: Find, on: str) -> None:
    """The candidate comes with the source that gives the successor."""
    (found,) = find("North Vietnam", on=on)
    assert (found.entity.id, found.sure, found.score) == ("state/VNM", False, 50)
    assert "until 1976-07-01" in found.description
    assert "ISO 3166-3" in found.description


def test_successor_state_is_a_candidate_only_if_a_source_gives_it(find: Find) -> None:
    assert find("Federal Republic of Yugoslavia") == find("Serbia and Montenegro") == []


def test_invalid_day_prevents_matches(find: Find) -> None:
    found = find("Kazakhstan", on="when the leaves fell")
    assert (ids(found)[0], sure(found)) == ("state/KAZ", "")


@given(st.text(max_size=40))
def test_any_text_is_a_period_or_no_date(text: str) -> None:
    from cica_graph.model.errors import InvalidDate

    try:
        found = period(text)
    except InvalidDate:
        return
    assert found is None or found[0] <= found[1]


# ---- Types and conditions ---------------------------------------------------------------------------


def test_requested_type_excludes_other_things(find: Find) -> None:
    assert sure(find("Georgia", types=("State",))) == "state/GEO"
    assert "state/GEO" not in ids(find("Georgia", types=("Organization",)))
    assert find("Georgia", types=("https://schema.org/Person",)) == []
    loose = find("Georgia", types=("Organization",), strict=False)
    assert (ids(loose)[0], sure(loose), loose[0].features["type"]) == ("state/GEO", "", False)


def test_code_decides_between_the_meanings_of_a_name(find: Find) -> None:
    assert sure(find("Congo")) == "state/COG"
    assert sure(find("Congo", iso3="COD")) == "state/COD"
    assert sure(find("Korea", iso3="PRK")) == "state/PRK"
    assert sure(find("Kasachstan", m49="398")) == "state/KAZ"


def test_code_that_contradicts_the_name_does_not_decide(find: Find) -> None:
    found = find("Kazakhstan", iso3="KGZ")
    assert (ids(found), sure(found)) == (["state/KGZ", "state/KAZ"], "")
    assert "not iso3 KGZ" in found[1].reasons


def test_codes_alone_are_enough(find: Find) -> None:
    for scheme, code in (("iso2", "kz"), ("iso3", "KAZ"), ("m49", "398"), ("cow", "705"), ("wikidata", "Q232")):
        assert sure(find(**{scheme: code})) == "state/KAZ", scheme
    assert sure(find(m49="4")) == sure(find(m49="004")) == "state/AFG"


def test_memberships_are_conditions_on_the_day(find: Find) -> None:
    members = find(memberOf="CSTO", on="2012-06-13")
    assert {m.entity.code for m in members} == {"ARM", "BLR", "KAZ", "KGZ", "RUS", "TJK", "UZB"}
    assert "state/UZB" not in ids(find(memberOf="org/csto", on="2012-12-20"))
    assert ids(find("Korea", memberOf="CICA"))[0] == "state/KOR"
    assert not sure(find("Kazakhstan", memberOf="SAARC"))


def test_required_and_excluded_properties(search: Search) -> None:
    def ask(*conditions: Condition) -> list[str]:
        return ids(search.candidates(ReconcileQuery(("Korea",), conditions=conditions)))

    assert ask(Condition("memberOf", ("CICA",), required=True)) == ["state/KOR"]
    assert ask(Condition("memberOf", ("CICA",), "none", required=True)) == ["state/PRK"]
    assert ask(Condition("region", ("Eastern Asia", "Polynesia"), "all", required=True)) == []
    assert set(ask(Condition("region", ("Eastern Asia", "Polynesia"), required=True))) == {"state/KOR", "state/PRK"}
    assert ask(Condition("shoeSize", ("43",), required=True)) == []


def test_a_limit_is_kept_and_the_order_is_by_score(search: Search) -> None:
    everything = search.candidates(ReconcileQuery(conditions=(Condition("region", ("Western Asia",)),), limit=1000))
    assert len(everything) > 10
    assert [m.score for m in everything] == sorted((m.score for m in everything), reverse=True)
    few = search.candidates(ReconcileQuery(conditions=(Condition("region", ("Western Asia",)),), limit=3))
    assert few == everything[:3]


@given(st.text(max_size=60), st.sampled_from(["", "State", "Organization"]), st.text(max_size=12))
def test_any_query_has_a_valid_answer(search: Search, text: str, of: str, day: str) -> None:
    found = search.candidates(
        ReconcileQuery(
            (text,), types=(of,) if of else (), conditions=(Condition("on", (day,)), Condition("iso3", (text[:3],)))
        )
    )
    assert all(0 < m.score <= 100 for m in found)
    assert sure(found) == "" or found[0].score >= 100 * THRESHOLD
    assert all(not of or m.entity.type == of for m in found)
    assert len(ids(found)) == len(set(ids(found)))


# ---- How good it is -------------------------------------------------------------------------------------


def measured(search: Search, pairs: Iterable[tuple[str, str, str]], types: tuple[str, ...]) -> tuple[list[str], float]:
    """Return the wrong matches, and the share of our things that were matched, for names with language and IRI."""
    wrong, right, ours = [], 0, 0
    for text, language, iri in pairs:
        found = search.candidates(ReconcileQuery((text,), types=types, language=language))
        taken = PREFIXES["state"].removesuffix("state/") + sure(found) if sure(found) else ""
        ours += iri in search.catalog.by_iri
        right += bool(taken) and taken == iri
        wrong += [text] if taken and taken != iri else []
    return wrong, right / max(1, ours)


@shared
@pytest.mark.parametrize("types", [("State",), ()])
@pytest.mark.parametrize("column", [*SHORT, *FORMAL])
def test_names_of_one_column_alone(search: Search, column: str, types: tuple[str, ...]) -> None:
    """The limits are those of test_link_match: no wrong match; English names and other known names are found."""
    language = (SHORT | FORMAL)[column]
    with (SHARED / "datasets" / "country-codes.csv").open(encoding="utf-8-sig") as file:
        rows = [(r[column].strip(), STATE + r["ISO3166-1-Alpha-3"]) for r in csv.DictReader(file) if r[column].strip()]
    wrong, recall = measured(search, [(name, language, iri) for name, iri in rows], types)
    print(f"{column:<24}{recall:.4f}")
    assert wrong == []
    assert recall >= (0.97 if language == "en" else 0.85 if column in SHORT else 0.75)


@shared
def test_factbook_and_cow_names(search: Search) -> None:
    with (SHARED / "datasets" / "countrycodes_orgs_2020.csv").open(encoding="utf-8") as file:
        names = sorted({(row["NAME.EN"], "", STATE + row["ISO_3166_3"]) for row in csv.DictReader(file)})
    assert measured(search, names, ()) == ([], 1.0)
    with (SHARED / "facts" / "states.csv").open(encoding="utf-8") as file:
        ours = {row["cow_ccode"]: STATE + row["key"] for row in csv.DictReader(file) if row["cow_ccode"]}
    ours |= {code: STATE + key for code, key in OTHERS_IN_COW.items()}
    with (SHARED / "facts" / "cow" / "states2016.csv").open(encoding="utf-8") as file:
        names = sorted({(row["statenme"], "", ours.get(row["ccode"], "")) for row in csv.DictReader(file)})
    wrong, recall = measured(search, names, ())
    assert (wrong, recall) == (["Yugoslavia"], 206 / 207), "COW calls Serbia Yugoslavia, a state of the graph"


@shared
def test_names_of_617_bodies(search: Search) -> None:
    """By English name only: our organizations are found, and none of the 600 others matches one of them."""
    named = {iri: c for iri, c in search.catalog.by_iri.items() if c.thing.kind == "organization"}
    qids = {code: iri for iri, c in named.items() for scheme, code in c.thing.codes if scheme == "wikidata"}
    qids |= {code: ORG + ours for ours, code in SAME_BY_HAND.items()}
    rows = [
        (body["Name_en"], "en", qids.get(body.get("Wikidata_code", ""), "x:none"))
        for body in bodies()
        if "Name_en" in body
    ]
    assert len(rows) > 600
    taken = [
        (text, iri, sure(search.candidates(ReconcileQuery((text,), types=("Organization",))))) for text, _, iri in rows
    ]
    assert [(text, got) for text, iri, got in taken if got and ORG.removesuffix("org/") + got != iri] == []
    assert [text for text, iri, got in taken if iri in named and not got] == []


@pytest.mark.parametrize("name", NONE_OF_OURS)
def test_names_of_other_things_do_not_match(find: Find, name: str) -> None:
    assert not sure(find(name))


def test_false_friends_are_distinguished(find: Find) -> None:
    for friend in FRIENDS + FORMER:
        name, _, iso3 = friend.rpartition(" ")
        assert sure(find(name)) == f"state/{iso3}", name


# ---- What is known of them, and what is typed ---------------------------------------------------------


def test_properties_of_a_state(search: Search) -> None:
    kaz, over = search.catalog.by_id["state/KAZ"], period("2012-06-13")

    def of(ident: str, asked: PropertyRequest) -> list[str]:
        return [v.text for v in search.properties.values(kaz, ident, asked)]

    now = PropertyRequest(over)
    assert [of(i, now) for i in ("iso2", "iso3", "m49", "cow", "wikidata")] == [
        ["KZ"],
        ["KAZ"],
        ["398"],
        ["705"],
        ["Q232"],
    ]
    assert of("label", PropertyRequest(over, "ru")) == ["Казахстан"]
    assert of("label", PropertyRequest(over, "de")) == []
    assert of("joined:org/cica", now) == ["2002-06-04"]
    codes = [search.catalog.by_id[v.id].code for v in search.properties.values(kaz, "memberOf", now)]
    assert codes == ["CSTO", "CIS", "CICA", "ECO", "EurAsEC", "IOM", "OIC", "OSCE", "TURKPA", "SCO", "UN"]
    assert of("memberOf", PropertyRequest(period("1980"))) == []
    assert of("nothing", now) == []


def test_memberships_are_those_that_the_graph_gives(search: Search, graph: Graph) -> None:
    """On days of every kind, for every member and organization: the same as the query behind `memberships`."""
    for day in ("1991-12-31", "2004-07-01", "2012-06-13", "2014-05-15", "2020-01-01"):
        asked = PropertyRequest(period(day))
        for code in ("KAZ", "UZB", "QAT", "JOR", "LAS"):
            spells = [s for s in graph.memberships(code, on=day) if s.role in ("member", "founding-member")]
            entity = search.catalog.by_iri[graph.names.find(code).iri]
            got = {v.id for v in search.properties.values(entity, "memberOf", asked)}
            perhaps = {v.id for v in search.properties.values(entity, "possiblyMemberOf", asked)}
            base = STATE.removesuffix("state/")
            assert got == {s.actor.removeprefix(base) for s in spells if s.certainty == "certain"}, (code, day)
            assert perhaps == {s.actor.removeprefix(base) for s in spells}, (code, day)


def test_typed_text_is_completed(search: Search) -> None:
    suggest = Suggest(search.catalog, search.properties)

    def typed(text: str, *types: str) -> list[str]:
        return [entity.id for entity, _ in suggest.entities(text, types)]

    assert typed("kaz")[0] == typed("Kazakhstan")[0] == typed("каза")[0] == typed("state/KAZ")[0] == "state/KAZ"
    assert typed("korea") == ["state/PRK", "state/KOR"], "a word of it"
    assert typed("cote d")[0] == "state/CIV", "without accents"
    assert typed("Zai") == ["state/COD"]
    assert typed("zz") == []
    assert typed("x" * 2000) == []
    assert len(typed("")) == len(search.catalog.by_iri)
    assert set(typed("u", "Organization")) <= {e.id for e in search.catalog.by_iri.values() if e.type == "Organization"}
    assert [p.id for p in suggest.properties("joined ci")] == ["joined:org/cica", "joined:org/cis"]
    assert [t.id for t in suggest.types("sta")] == ["State"]


def test_exact_label_is_suggested_first(search: Search) -> None:
    suggest = Suggest(search.catalog, search.properties)
    for entity in search.catalog.by_iri.values():
        found = [other for other, _ in suggest.entities(entity.label)]
        assert entity in found[:2], entity.label
        assert caseless(found[0].label) == caseless(entity.label) or entity in found[:2]


# ---- Another project ------------------------------------------------------------------------------------


def test_another_project_can_have_dated_names(few: Project, tmp_path: Path) -> None:
    import shutil

    shutil.copytree(few.root / "data", tmp_path / "data")
    path = tmp_path / "data" / "states.ttl"
    added = (
        't:naming-KAZ-own a cg:Naming ; cg:names s:KAZ ; cg:name "Land of Apples"@en ;\n'
        '    cg:start "2001"^^edtf:EDTF ; cg:end "2003-05"^^edtf:EDTF ; dcterms:source cldr:territories .\n'
    )
    path.write_text(path.read_text("utf-8") + added, "utf-8")
    own = Search(Catalog(open_graph(tmp_path).store))

    def on(day: str) -> tuple[str, float | bool]:
        found = own.candidates(ReconcileQuery(("Land of Apples",), conditions=(Condition("on", (day,)),)))
        return sure(found), found[0].features["on"]

    assert on("2000-12-31") == ("", 0.0)
    assert on("2001-06-01") == ("state/KAZ", 0.5)
    assert on("2002") == ("state/KAZ", 1.0)
    assert on("2003-06-01") == ("", 0.0)


def test_empty_graph_has_no_matches() -> None:
    from cica_graph.store.store import Store

    empty = Search(Catalog(Store()))
    assert empty.candidates(ReconcileQuery(("Kazakhstan",))) == []
    assert Suggest(empty.catalog, empty.properties).entities("") == []
