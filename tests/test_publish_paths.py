from __future__ import annotations

import os
import re
from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cica_graph import Graph
from cica_graph.model.terms import BASE, CG, ID
from cica_graph.publish.paths import FOLDERS, assign, page

SUFFIXES = (".html", ".ttl", ".nt", ".jsonld", ".csv", ".members.csv")
MADE_UP = re.compile(r"(id|concept|doc|graph)(/[A-Za-z0-9_-]+)?/[a-z0-9-]+~[0-9a-f]{32}")


def path(name: str) -> str:
    return assign([BASE + name])[BASE + name]


@pytest.mark.parametrize(
    "name",
    [
        "id/org/cica",
        "id/state/KAZ",
        "id/membership/cica-KAZ-1",
        "concept/founding-member",
        "doc/cica-profile",
        "graph/asof/2012-06-13",
        "id/x",
        "doc/v0.1.0",
        "doc/a.9z",
        "id/org/-x",
        "id/org/_",
        "id/org/console",
        "id/org/com10",
        "id/org/com",
        "id/org/indexes",
    ],
)
def test_an_ordinary_name_is_kept(name: str) -> None:
    assert path(name) == name


@pytest.mark.parametrize(
    ("name", "made_up"),
    [
        ("id/org/..", "id/org/thing~"),
        ("id/org/../../../etc/passwd", "id/org/etc-passwd~"),
        ("id/../x", "id/x~"),
        ("id/./x", "id/x~"),
        ("id/org//x", "id/org/x~"),
        ("id/org/", "id/org~"),
        ("doc/", "doc/thing~"),
        ("id/org/a%2Fb", "id/org/a-2fb~"),
        ("id/org/a%00b", "id/org/a-00b~"),
        ("id/org/a\\b", "id/org/a-b~"),
        ("id/org/a\nb", "id/org/a-b~"),
        ("id/org/a\x7fb", "id/org/a-b~"),
        ("id/org/cica\n", "id/org/cica~"),
        ("id/org/a b", "id/org/a-b~"),
        ("id/org/a:b", "id/org/a-b~"),
        ("id/org/a?b=c", "id/org/a-b-c~"),
        ("id/org/~root", "id/org/root~"),
        ("id/org/été", "id/org/t~"),
        ("id/org/ﬁ", "id/org/thing~"),
        ("id/org/.htaccess", "id/org/htaccess~"),
        ("id/org/cica.", "id/org/cica~"),
        ("id/org/cica.html", "id/org/cica-html~"),
        ("id/org/cica.members", "id/org/cica-members~"),
        ("id/org/cica.ttl/x", "id/org/cica-ttl-x~"),
        ("id/org.x/y", "id/org-x-y~"),
        ("id/org/CON", "id/org/con~"),
        ("id/org/aux.1", "id/org/aux-1~"),
        ("id/com1/x", "id/com1-x~"),
        ("doc/LPT9", "doc/lpt9~"),
        ("id/org/index", "id/org/index~"),
        ("doc/Index", "doc/index~"),
        ("doc/" + "x" * 101, "doc/" + "x" * 40 + "~"),
        ("id/" + "x" * 101 + "/y", "id/" + "x" * 40 + "~"),
        ("graph/" + "x/" * 98 + "y", "graph/x/" + "x-" * 20 + "~"),
    ],
)  # fmt: skip
def test_any_other_path_has_a_digest_in_the_same_folder(name: str, made_up: str) -> None:
    found = path(name)
    assert MADE_UP.fullmatch(found)
    assert found.partition("~")[0] + "~" == made_up.replace("-~", "~")


def test_lower_case_name_is_kept_if_names_differ_by_case() -> None:
    names = [BASE + name for name in ("id/org/CICA", "id/org/Cica", "id/org/cica", "id/Org/cica")]
    found = assign(names)
    assert found[names[2]] == "id/org/cica"
    assert len({path.lower() for path in found.values()}) == 4
    assert assign(reversed(names)) == found
    assert path("id/org/CICA") == "id/org/CICA"


@pytest.mark.parametrize(
    ("iri", "on"),
    [
        (ID + "org/cica", ID + "org/cica"),
        (BASE + "doc/cica-profile#members", BASE + "doc/cica-profile"),
        (BASE + "graph/asof/2012-06-13", BASE + "graph/asof/2012-06-13"),
        *[(iri, "") for iri in (BASE, CG + "member", BASE + "ns", BASE + "id", BASE + "doc#x/y", BASE + "search", BASE + "static/x", BASE + "idx/y")],
        *[(iri, "") for iri in ("https://schema.org/id/x", "id/x", "", "https://w3id.org/cica-graphid/x", "urn:x:id/x")],
    ],
)  # fmt: skip
def test_a_page_is_the_iri_without_fragment_in_one_of_our_folders(iri: str, on: str) -> None:
    assert page(iri) == on


def test_every_page_of_the_shipped_graph_keeps_its_name(graph: Graph) -> None:
    pages = {found for t in graph.store.triples() if (found := page(str(t.subject)[1:-1]))}
    assert len(pages) > 1200
    assert {iri.removeprefix(BASE) for iri in pages} == set(assign(pages).values())


CHARACTERS = st.sampled_from("aAbB.-_~%/\\:?é\n\x00 2F")
REST = st.one_of(
    st.text(CHARACTERS, min_size=1, max_size=8),
    st.text(min_size=1, max_size=300),
    st.sampled_from(["con", "x/..", "../x"]),
)


@settings(deadline=None)
@example([("id", "org/../../../../x")])
@given(st.lists(st.tuples(st.sampled_from(FOLDERS), REST), min_size=1, max_size=12))
def test_no_iri_gives_a_path_outside_the_folder_or_of_another_subject(names: list[tuple[str, str]]) -> None:
    pages = {page(f"{BASE}{folder}/{rest}") for folder, rest in names} - {""}
    found = assign(pages)
    assert found.keys() == pages
    files = {(path + suffix).lower() for path in found.values() for suffix in SUFFIXES}
    assert len(files) == len(found) * len(SUFFIXES)
    folders = {str(parent).lower() for path in found.values() for parent in PurePosixPath(path).parents}
    assert not files & folders
    for iri, path in found.items():
        assert path.split("/")[0] == iri.removeprefix(BASE).split("/")[0]
        assert len(path.split("/")) > 1
        assert len(path) <= 200
        assert re.fullmatch(r"[A-Za-z0-9_/.~-]+", path)
        for name in path.split("/"):
            assert name.strip(".") == name != ""
            assert len(name) <= 100
            assert not PureWindowsPath(name).is_reserved()
        assert os.path.normpath(path) == path == Path(path).as_posix()
