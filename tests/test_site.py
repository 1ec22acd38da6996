"""The site as files: valid pages, no broken links, reproducible bytes, and only changed files are written."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from posixpath import dirname, join, normpath
from typing import Any
from urllib.parse import unquote, urlsplit

import lxml.html
import pyoxigraph as ox
import pytest
import rdflib
from rdflib.compare import to_isomorphic

from cica_graph import Graph, open_graph
from cica_graph.model.terms import BASE, CG
from cica_graph.publish.subject_index import SubjectIndex

ROOT = Path(__file__).resolve().parents[1]
NPM = ROOT / "tests" / "npm" / "node_modules"
PROGRAM = Path(sys.executable).with_name("cica-graph")
THINGS = {
    "id/org": 64, "id/state": 236, "id/membership": 1731, "id/claim": 436, "id/instrument": 13, "id/event": 57,
    "id/organ": 32, "id/person": 1, "id/situation": 325, "concept": 240, "doc": 283,
}  # fmt: skip


def built(*args: str | Path, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([PROGRAM, "build", *args], capture_output=True, text=True, env={**os.environ, **env})


def at(root: Any, path: str) -> list[Any]:
    """Return the elements or texts that match an XPath."""
    found = root.xpath(path)
    assert isinstance(found, list)
    return found


def parsed(page: Path) -> Any:
    return lxml.html.parse(page).getroot()


def pages(site: Path) -> list[Path]:
    return sorted(site.rglob("*.html"))


def tree(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


# ---- What there is ------------------------------------------------------------------------------------------


def test_every_subject_has_a_page_next_to_its_data(site: Path) -> None:
    count = Counter(p.parent.relative_to(site).as_posix() for p in pages(site))
    assert {folder: count[folder] for folder in THINGS} == THINGS
    assert count["query"] == 36
    for folder in THINGS:
        for page in (site / folder).glob("*.html"):
            for suffix in (".ttl", ".nt", ".jsonld", ".rdf", ".csv"):
                assert page.with_suffix(suffix).is_file(), page


def test_page_of_cica_shows_its_main_facts(site: Path) -> None:
    page = parsed(site / "id/org/cica.html")
    text = " ".join(page.text_content().split())
    for said in (
        "On 2012-06-13, CICA had 24 members and 9 certain, 2 presumed, 5 possible in other roles. Sources make 14 claims about it: "
        "10 confirmed, 3 consistent, 1 undetermined.",
        "5 of 7 CSTO members; not Armenia, Belarus",
        "6 of 9 CIS members; not Armenia, Belarus, Moldova",
        "Almaty Act",
        "Formal launch of CICA",
    ):
        assert said in text
    rows = at(page, "//table[@id='main']/tbody/tr[contains(@class, 'certain')]")
    assert len(rows) == 24
    for row in rows:  # the source of every membership is one click away
        assert at(row, ".//td[last()]//a[contains(@href, '../../doc/')]")


def test_a_claim_names_what_was_counted(site: Path) -> None:
    page = parsed(site / "id/claim/csto.html")
    text = " ".join(page.text_content().split())
    assert "Claimed by the source: 5 of 7. Found in the graph: 5. Verdict: confirmed." in text
    counted = at(page, "//table[@id='counterpart']/tbody/tr[@class='certain']/th//a/text()")
    assert counted == ["Armenia", "Belarus", "Kazakhstan", "Kyrgyzstan", "Russia", "Tajikistan", "Uzbekistan"]


def test_facts_page_lists_every_fact(site: Path) -> None:
    page = parsed(site / "facts.html")
    assert at(page, "//table[@id='main']/tbody/tr/@id") == [f"F{n:02}" for n in range(1, 133)]


def test_tables_download_with_label_code_iri_status_and_source(site: Path, graph: Graph) -> None:
    rows = list(csv.DictReader(io.StringIO((site / "id/org/cica.csv").read_text("utf-8"))))
    sure = [row for row in rows if row["status"] == "certain"]
    assert {row["name_code"] for row in sure} == {m.code for m in graph.members("CICA", on="2012-06-13")}
    thai = next(row for row in rows if row["name_code"] == "THA")
    assert thai["name"] == "Thailand"
    assert thai["name_iri"] == f"{BASE}id/state/THA"
    assert thai["earliest_start"] == "2004-10-22"
    assert f"{BASE}doc/cica-second-ministerial#admission" in thai["sources_iri"]
    for page in (site / "index.html", site / "id/state/KAZ.html", site / "audit.html", site / "query/matrix.html"):
        root = parsed(page)
        tables = at(root, "//table")
        assert tables
        for table in tables:
            (link,) = at(table, "./caption/a[@class='csv']/@href")
            text = (page.parent / link).read_text("utf-8")
            assert len(list(csv.reader(io.StringIO(text)))) == 1 + len(at(table, "./tbody/tr"))


def test_pages_have_metadata_for_machines(site: Path) -> None:
    page = parsed(site / "id/org/cica.html")
    (data,) = at(page, "//script[@type='application/ld+json']/text()")
    said = json.loads(data)
    assert (said["@type"], said["@id"], said["foundingDate"]) == ("Organization", f"{BASE}id/org/cica", "1999-09-14")
    kinds = dict(
        zip(at(page, "//link[@rel='alternate']/@type"), at(page, "//link[@rel='alternate']/@href"), strict=True)
    )
    assert set(kinds) == {
        "text/turtle",
        "application/ld+json",
        "application/n-triples",
        "application/rdf+xml",
        "text/csv",
    }
    for address in kinds.values():
        assert (site / "id/org" / address).is_file()


def test_every_term_and_every_rule_has_its_anchor(site: Path, graph: Graph) -> None:
    page = parsed(site / "ns.html")
    anchors = set(at(page, "//section[@class='term']/@id"))
    assert anchors == {iri.removeprefix(CG) for iri in SubjectIndex(graph.store) if iri.startswith(CG)}
    rules = set(at(parsed(site / "shapes.html"), "//section[@class='term']/@id"))
    stated = set(
        re.findall(r"`([\w-]+)` \|", (ROOT / "docs" / "shapes.md").read_text("utf-8").split("## Rules made")[0])
    )
    assert stated <= rules
    assert to_isomorphic(rdflib.Graph().parse(site / "ns.ttl")) == to_isomorphic(
        rdflib.Graph().parse(ROOT / "ontology" / "cica-graph.ttl")
    )


# ---- Valid, linked, the same everywhere -----------------------------------------------------------------------


def test_pages_are_valid_html(few_site: Path) -> None:
    checker = NPM / "vnu-jar" / "build" / "dist" / "vnu.jar"
    if not checker.is_file():
        pytest.skip("the Nu HTML checker is not installed: run `make tests/npm/ready`, which needs npm")
    assert len(pages(few_site)) > 1000
    done = subprocess.run(
        ["java", "-Xmx1g", "-jar", checker, "--errors-only", "--skip-non-html", "--format", "gnu", few_site],
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[:3000]
    assert not done.stderr


def test_every_internal_link_resolves(site: Path) -> None:
    ids, links = {}, []
    for page in pages(site):
        root = parsed(page)
        name = page.relative_to(site).as_posix()
        ids[name] = set(at(root, "//@id"))
        links += [(name, link) for link in {*at(root, "//@href"), *at(root, "//@src"), *at(root, "//@action")}]
    inside = [(name, link) for name, link in links if not urlsplit(link).scheme]
    assert len(inside) > 20_000
    for name, link in inside:
        parts = urlsplit(link)
        target = normpath(join(dirname(name), unquote(parts.path))) if parts.path else name
        assert (site / target).is_file(), (name, link)
        assert not link.startswith("/"), (name, link)  # any sub-path will do
        if parts.fragment:
            assert unquote(parts.fragment) in ids[target], (name, link)
    outside = {urlsplit(link).scheme for _, link in links if urlsplit(link).scheme}
    assert outside <= {"http", "https"}


@pytest.mark.filterwarnings("ignore:(ConjunctiveGraph|Dataset.default_context) is:DeprecationWarning")
def test_the_data_of_each_thing_is_the_same_graph_in_every_format(site: Path) -> None:
    files = sorted((site / "id").rglob("*.ttl")) + sorted((site / "concept").glob("*.ttl"))
    assert len(files) > 800
    for path in files:
        first = set(ox.parse(path=path, format=ox.RdfFormat.TURTLE))
        assert first
        assert set(ox.parse(path=path.with_suffix(".nt"), format=ox.RdfFormat.N_TRIPLES)) == first
        assert set(ox.parse(path=path.with_suffix(".jsonld"), format=ox.RdfFormat.JSON_LD)) == first
        assert set(ox.parse(path=path.with_suffix(".rdf"), format=ox.RdfFormat.RDF_XML)) == first
    for path in files[::60]:
        graph = to_isomorphic(rdflib.Graph().parse(path))
        assert to_isomorphic(rdflib.Graph().parse(path.with_suffix(".jsonld"))) == graph
        assert to_isomorphic(rdflib.Graph().parse(path.with_suffix(".rdf"))) == graph
        done = subprocess.run(["rapper", "-q", "-i", "turtle", "-o", "ntriples", path], capture_output=True, text=True)
        assert to_isomorphic(rdflib.Graph().parse(data=done.stdout, format="nt")) == graph


def test_data_of_a_named_graph_are_complete(site: Path) -> None:
    graph = open_graph()  # a new one: another test may have added findings to the shared one
    names = [iri for iri in graph.store.graphs() if "/asof/" not in iri]
    assert len(names) == 73
    for iri in names:
        path = site / f"{iri.removeprefix(BASE)}.ttl"
        stated = sum(1 for _ in ox.parse(path=path, format=ox.RdfFormat.TURTLE))
        assert stated == len(graph.store.graph(ox.NamedNode(iri))), iri


def test_description_includes_the_memberships(site: Path) -> None:
    said = (site / "id/state/KAZ.ttl").read_text("utf-8")
    assert "membership:cica-KAZ-1 a " in said
    assert "skos:prefLabel" in said


TINY = ROOT / "tests" / "fixtures" / "base"  # a project with a page of each kind


@pytest.fixture(scope="module")
def tiny_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of the smallest project. No test may change it."""
    out = tmp_path_factory.mktemp("tiny") / "site"
    done = built("--project", TINY, "--out", out)
    assert done.returncode == 0, done.stderr + done.stdout
    return out


def test_two_builds_give_the_same_bytes(tmp_path: Path, tiny_site: Path) -> None:
    places = {"HOME": str(tmp_path), "CICA_GRAPH_CACHE": str(tmp_path / "cache"), "LC_ALL": "C"}
    out = tmp_path / "elsewhere" / "x"
    done = built("--project", TINY, "--out", out, **places, PYTHONHASHSEED="7", TZ="Pacific/Kiritimati")
    assert done.returncode == 0, done.stderr
    ours, theirs = tree(tiny_site), tree(out)
    assert list(ours) == list(theirs)
    assert [path for path in ours if ours[path] != theirs[path]] == []


def test_a_site_below_another_base(tmp_path: Path, tiny_site: Path) -> None:
    base = "https://example.org/graphs/cica/"
    out = tmp_path / "mirror"
    done = built("--project", TINY, "--out", out, "--base", base, "--host", base)
    assert done.returncode == 0, done.stderr
    ours, theirs = tree(tiny_site), tree(out)
    assert set(ours) - {"w3id.htaccess"} == set(theirs)
    assert [path for path in theirs if BASE.encode() in theirs[path]] == []
    triples = [str(t).replace(BASE, base) for t in ox.parse(ours["id/org/alpha.ttl"], format=ox.RdfFormat.TURTLE)]
    assert {str(t) for t in ox.parse(theirs["id/org/alpha.ttl"], format=ox.RdfFormat.TURTLE)} == set(triples)
    assert b"/graphs/cica" in theirs["nginx.conf"]
    assert b'href="/graphs/cica/static/style.css"' in theirs["404.html"]


def test_invalid_base_is_refused(tmp_path: Path) -> None:
    done = built("--out", tmp_path / "out", "--base", "https://example.org/graph")
    assert (done.returncode, (tmp_path / "out").exists()) == (2, False)
    assert "it does not end in /" in done.stderr


def test_checksums_are_correct(site: Path) -> None:
    done = subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=site, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[:2000]
    listed = {line.split("  ", 1)[1] for line in (site / "SHA256SUMS").read_text("utf-8").splitlines()}
    assert listed == set(tree(site)) - {"SHA256SUMS"}


# ---- Written anew only where something changed ---------------------------------------------------------------


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return Path(shutil.copytree(TINY, tmp_path / "project"))


@pytest.fixture
def out(tiny_site: Path, tmp_path: Path) -> Path:
    """A copy of the site of a project, which is also that of an unchanged copy of the project."""
    subprocess.run(["cp", "-a", tiny_site, tmp_path / "out"], check=True)  # keeps hard links
    return tmp_path / "out"


def test_one_change_rewrites_only_what_it_touches(project: Path, out: Path) -> None:
    before = {path: (out / path).stat().st_ino for path in tree(out)}
    contents = tree(out)
    alpha = project / "data" / "alpha.ttl"
    text = alpha.read_text("utf-8")
    old = 'cg:role c:member ; cg:start "1995"^^edtf:EDTF'
    assert text.count(old) == 1  # of state BBB
    alpha.write_text(text.replace(old, old.replace("1995", "1996")), "utf-8")
    done = built("--out", out, "--project", project)
    assert done.returncode == 0, done.stderr
    after = tree(out)
    assert set(after) == set(before)
    changed = {path for path in after if after[path] != contents[path]}
    rewritten = {path for path in after if (out / path).stat().st_ino != before[path]}
    assert rewritten == changed  # an unchanged file is the same file
    touched = {path.split(".")[0] for path in changed if path.startswith(("id/", "doc/", "concept/"))}
    assert {"id/org/alpha", "id/state/BBB", "id/membership/alpha-BBB-1"} <= touched
    assert {"id/state/DDD", "id/org/beta", "id/membership/alpha-AAA-1"}.isdisjoint(touched)
    assert len([path for path in changed if path.endswith(".html")]) < 60


def test_modified_page_is_made_again(project: Path, out: Path) -> None:
    page = out / "id/org/alpha.html"
    right = page.read_bytes()
    page.write_bytes(right.replace(b"Alpha", b"Omega"))
    assert page.read_bytes() != right
    assert built("--out", out, "--project", project).returncode == 0
    assert page.read_bytes() == right


def test_faulty_input_writes_no_files(project: Path, out: Path, tmp_path: Path) -> None:
    before = tree(out)
    states = project / "data" / "states.ttl"
    states.write_text(states.read_text("utf-8").replace('cg:iso2 "AA"', 'cg:iso2 "aa"'), "utf-8")
    done = built("--out", out, "--project", project)
    assert done.returncode == 1
    assert "state-iso2" in done.stdout
    assert tree(out) == before
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []


def test_directory_of_another_program_is_unchanged(tmp_path: Path) -> None:
    out = tmp_path / "mine"
    out.mkdir()
    (out / "thesis.txt").write_text("years of work", "utf-8")
    done = built("--out", out)
    assert (done.returncode, (out / "thesis.txt").read_text("utf-8")) == (2, "years of work")
    assert "was not made by `build`" in done.stderr


# ---- Hostile data ------------------------------------------------------------------------------------------------


def test_hostile_text_is_shown_and_never_active(nasty: Path) -> None:
    seen = 0
    for page in pages(nasty):
        text = page.read_text("utf-8")
        seen += "&lt;script&gt;alert(1)" in text
        root: Any = lxml.html.fromstring(text)
        for script in at(root, "//script"):
            if script.get("type") == "application/ld+json":
                json.loads(script.text)
            else:
                assert script.get("src", "").lstrip("./").startswith("static/"), page
                assert not script.text
        for address in [*at(root, "//@href"), *at(root, "//@src")]:
            assert not re.match(r"\s*(javascript|data|vbscript):", address, re.IGNORECASE), page
        assert not [name for name in at(root, "//@*") if name.is_attribute and name.attrname.startswith("on")]
    assert seen > 10
    for script in (nasty / "static").glob("*.js"):
        assert b"</script" not in script.read_bytes()


def test_no_cell_is_a_formula(nasty: Path) -> None:
    for path in nasty.rglob("*.csv"):
        if path.parent.name in ("download", "latest"):
            continue
        for row in csv.reader(io.StringIO(path.read_text("utf-8"))):
            assert not [cell for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r"))], path


def test_page_names_stay_in_their_folder_and_do_not_collide(nasty: Path) -> None:
    root = nasty.parents[2]
    assert {p.name for p in root.iterdir()} == {"project", "a"}
    assert [p.name for p in (nasty.parent).iterdir()] == ["site"]
    names = [p.relative_to(nasty).as_posix() for p in nasty.rglob("*") if p.is_file()]
    assert len({name.casefold() for name in names}) == len(names)
    assert "On 2012-06-13" in (nasty / "id/org/cica.html").read_text("utf-8")
    assert "Members of international organizations: who, when" in (nasty / "index.html").read_text("utf-8")
    assert not [name for name in names if len(name) > 200 or "\\" in name or ".." in name or "/." in name]
    done = subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=nasty, capture_output=True, text=True)
    assert done.returncode == 0
