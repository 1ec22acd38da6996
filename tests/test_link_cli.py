"""The link commands: suggest, accept, reject, check, pull."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pyoxigraph as ox
import pytest
from click.testing import CliRunner, Result

from cica_graph.cli import cli
from cica_graph.linking import link_set
from cica_graph.model.errors import CicaGraphError, UsageError
from cica_graph.project.source_files import Project, parse

FIXTURES = Path(__file__).parent / "fixtures" / "link"
DAY = "2026-11-25"


def run(*arguments: str | Path, code: int = 0) -> Result:
    done = CliRunner().invoke(cli, ["link", *map(str, arguments)])
    assert done.exit_code == code, done.output + repr(done.exception)
    return done


def refused(*arguments: str | Path) -> str:
    done = CliRunner().invoke(cli, ["link", *map(str, arguments)])
    assert isinstance(done.exception, CicaGraphError), done.output
    return str(done.exception)


@pytest.fixture
def project(few: Project, root: Path, tmp_path: Path) -> Path:
    """A project with a few organizations and without links."""
    path = tmp_path / "project"
    shutil.copytree(few.root / "data", path / "data", ignore=shutil.ignore_patterns("links"))
    for name in ("gcc", "osce"):
        shutil.copy(root / "data" / "organizations" / f"{name}.ttl", path / "data" / "organizations")
    return path


@pytest.fixture
def proposals(project: Path, tmp_path: Path) -> Path:
    path = tmp_path / "p.sssom.tsv"
    run("suggest", FIXTURES / "items.json", "--project", project, "-o", path, "--date", DAY)
    return path


def test_suggest_shows_and_writes_what_it_found(project: Path, tmp_path: Path) -> None:
    path = tmp_path / "p.sssom.tsv"
    arguments = ("suggest", FIXTURES / "items.json", "--project", project, "-o", path, "--date", DAY)
    done = run(*arguments, "--format", "json")
    rows = {(r["thing"], r["candidate"]): (r["status"], r["reasons"]) for r in json.loads(done.stdout)}
    assert rows["cgs:KAZ", "wd:Q232"][0] == "clear"
    assert rows["cgs:KAZ", "wd:Q232"][1].startswith("iso3 KAZ; alias 'Republic of Kazakhstan'@en")
    assert rows["cgs:DNK", "wd:Q35"][0] == rows["cgs:DNK", "wd:Q756617"][0] == "ambiguous"
    assert not {there for _, there in rows} & {"wd:Q41550", "wd:Q1428", "wd:Q15180", "wd:Q80985"}
    assert "12 candidates read; proposals: 5 clear, 2 ambiguous" in done.stderr
    first = path.read_bytes()
    run(*arguments)
    assert path.read_bytes() == first
    links = {x.pair: x for x in link_set.read(path).links}
    kaz = next(x for x in links.values() if x.subject_id.endswith("KAZ"))
    assert (kaz.mapping_justification, kaz.mapping_cardinality, kaz.confidence, kaz.mapping_tool) == (
        "semapv:BackgroundKnowledgeBasedMatching", "1:1", 1.0, "cica-graph",
    )  # fmt: skip
    dnk = [x for x in links.values() if x.subject_id.endswith("DNK")]
    assert [x.mapping_cardinality for x in dnk] == ["1:n", "1:n"]
    assert dnk[0].comment.startswith("decide between this and wd:Q756617; iso3 DNK")


def test_accepted_links_are_added_to_the_project(project: Path, proposals: Path) -> None:
    done = run(
        "accept", proposals, "--subject", "cgs:KAZ", "--object", "wd:Q232", "--author", "A. Person",
        "--why", "looked up", "--date", DAY, "--project", project,
    )  # fmt: skip
    assert "accepted: cgs:KAZ Kazakhstan = wd:Q232 Kazakhstan" in done.stderr
    path = project / "data" / "links" / "wikidata.sssom.tsv"
    (link,) = link_set.read(path).links
    assert (link.mapping_justification, link.author_label, link.mapping_date) == (link_set.MANUAL, "A. Person", DAY)
    assert link.comment.startswith("looked up; proposed for: iso3 KAZ")
    assert link.pair not in {x.pair for x in link_set.read(proposals).links}
    (file,) = Project.at(project).links
    parsed = parse(file)
    assert parsed.findings == []
    assert any(q.object == ox.NamedNode("http://www.wikidata.org/entity/Q232") for q in parsed.quads)
    done = run("suggest", FIXTURES / "items.json", "--project", project, "-o", proposals, "--format", "csv")
    assert "cgs:KAZ" not in done.stdout
    done = run(
        "suggest", FIXTURES / "items.json", "--project", project, "-o", proposals, "--format", "csv", "--include-linked"
    )
    assert "cgs:KAZ" in done.stdout


def test_all_above_skips_ambiguous_proposals(project: Path, proposals: Path) -> None:
    done = run("accept", proposals, "--all-above", "0.9", "--author", "A", "--project", project)
    assert "2 ambiguous left" in done.stderr
    assert {x.subject_id.rpartition("/")[2] for x in link_set.read(proposals).links} == {"DNK"}
    assert len(link_set.read(project / "data" / "links" / "wikidata.sssom.tsv").links) == 5


def test_a_second_id_is_refused(project: Path, proposals: Path) -> None:
    more = ("--author", "A", "--project", project)
    run("accept", proposals, "--subject", "cgs:DNK", "--object", "wd:Q35", *more)
    words = refused("accept", proposals, "--subject", "cgs:DNK", "--object", "wd:Q756617", *more)
    assert "cgs:DNK is linked to wd:Q35; remove that link" in words


def test_rejected_pairs_are_kept_with_author_and_reason_and_not_proposed_again(project: Path, proposals: Path) -> None:
    run(
        "reject", proposals, "--subject", "cgs:DNK", "--object", "wd:Q756617", "--author", "B", "--why", "the realm",
        "--date", DAY, "--project", project,
    )  # fmt: skip
    (link,) = link_set.read(project / "data" / "links" / "wikidata.rejected.tsv").links
    assert (link.author_label, link.mapping_date) == ("B", DAY)
    assert link.comment.startswith("the realm; proposed for: decide between")
    assert Project.at(project).links == ()
    done = run("suggest", FIXTURES / "items.json", "--project", project, "-o", proposals, "--format", "json")
    rows = [(r["candidate"], r["status"]) for r in json.loads(done.stdout) if r["thing"] == "cgs:DNK"]
    assert rows == [("wd:Q35", "clear")]


def test_usage_errors_have_plain_messages(project: Path, proposals: Path, tmp_path: Path) -> None:
    more = ("--author", "A", "--project", project)
    assert "give --subject and --object" in refused("accept", proposals, *more)
    assert "proposes no link" in refused("accept", proposals, "--subject", "cgs:KAZ", "--object", "wd:Q1", *more)
    assert "cannot be combined" in refused("accept", proposals, "--subject", "cgs:KAZ", "--all-above", "1", *more)
    other = tmp_path / "o.sssom.tsv"
    other.write_text("subject_id\tpredicate_id\tobject_id\nskos:a\tskos:exactMatch\tskos:b\n", "utf-8")
    words = refused("accept", other, "--subject", "skos:a", "--object", "skos:b", *more)
    assert "no mapping_set_id as `link suggest` writes it" in words
    assert run("accept", proposals, "--all-above", "1", "--author", "A", code=2).exit_code == 2


def test_file_with_faults_is_not_overwritten(project: Path, proposals: Path) -> None:
    path = project / "data" / "links" / "wikidata.sssom.tsv"
    path.parent.mkdir()
    path.write_text("subject_id\tpredicate_id\tobject_id\nx:1\tskos:exactMatch\tskos:b\n", "utf-8")
    before = path.read_bytes()
    words = refused("accept", proposals, "--all-above", "0.9", "--author", "A", "--project", project)
    assert f"{path}:2: subject_id 'x:1' is not an IRI; fix it first" in words
    assert path.read_bytes() == before


def test_another_dataset_by_its_namespace(project: Path, tmp_path: Path) -> None:
    table, path = tmp_path / "cow.csv", tmp_path / "p.sssom.tsv"
    table.write_text("ccode,cow,statenme\n705,705,Kazakhstan\n731,731,Democratic Korea\n", "utf-8")
    run(
        "suggest", table, "--to", "cow", "--namespace", "https://cow.example/", "--columns",
        "id=cow,cow=ccode,label=statenme", "--project", project, "-o", path, "--date", DAY,
    )  # fmt: skip
    run("accept", path, "--all-above", "0.9", "--author", "A", "--project", project, "--date", DAY)
    text = (project / "data" / "links" / "cow.sssom.tsv").read_text("utf-8")
    assert "#   cow: https://cow.example/\n" in text
    assert "cgs:KAZ\tKazakhstan\tschema:sameAs\tcow:705\tKazakhstan\t" in text


def test_check_gives_position_and_message(project: Path, proposals: Path) -> None:
    run("accept", proposals, "--all-above", "0.9", "--author", "A", "--project", project)
    done = run("check", FIXTURES / "items.json", "--project", project)
    assert (done.stdout, done.stderr) == ("", "5 links, 5 of them in the dataset: 0 doubts, 0 choices\n")
    path = project / "data" / "links" / "wikidata.sssom.tsv"
    path.write_text(path.read_text("utf-8").replace("wd:Q81299", "wd:Q41550"), "utf-8")
    done = run("check", FIXTURES / "items.json", "--project", project, code=1)
    assert done.stdout.startswith("data/links/wikidata.sssom.tsv:12: label: wd:Q41550 is 'Organisation for Economic")
    done = run("check", FIXTURES / "items.json", "--project", project, "--format", "csv", code=1)
    assert done.stdout.startswith(
        "file,line,rule,subject,object,message,hint\ndata/links/wikidata.sssom.tsv,12,label,cgo:osce,"
    )


def test_problems_of_a_dataset_are_reported_and_do_not_stop_the_command(project: Path) -> None:
    done = run("check", FIXTURES / "hostile.json", "--project", project)
    assert f"{FIXTURES / 'hostile.json'}:3: the line is not JSON" in done.stderr


def test_pull_writes_a_separate_graph(tmp_path: Path) -> None:
    path = tmp_path / "e.ttl"
    arguments = ("pull", FIXTURES / "pull.json", "-o", path, "--date", DAY)
    done = run(*arguments, "--properties", "label,description,flag,capital,population,website,P571,P2046,P625")
    text = path.read_text("utf-8")
    assert "6 statements about 1 thing;" in done.stderr
    triples = {str(t.triple) for t in ox.parse(text, format=ox.RdfFormat.TURTLE)}
    kaz = "<https://w3id.org/cica-graph/id/state/KAZ>"
    wdt = "http://www.wikidata.org/prop/direct/"
    graph = "<https://w3id.org/cica-graph/graph/enriched-wikidata>"
    assert {t for t in triples if t.startswith(kaz)} == {
        f'{kaz} <https://schema.org/name> "Kazakhstan"@en',
        f'{kaz} <https://schema.org/description> "country in Central Asia"@en',
        f"{kaz} <https://schema.org/image> <http://commons.wikimedia.org/wiki/Special:FilePath/Flag%20of%20Kazakhstan.svg>",
        f"{kaz} <{wdt}P36> <http://www.wikidata.org/entity/Q1520>",
        f'{kaz} <{wdt}P1082> "20000000"^^<http://www.w3.org/2001/XMLSchema#integer>',
        f'{kaz} <{wdt}P571> "1991-12-16"^^<http://www.w3.org/2001/XMLSchema#date>',
    }
    assert f"{graph} <http://www.w3.org/ns/prov#wasDerivedFrom> <https://www.wikidata.org/>" in triples
    assert f"{graph} <http://purl.org/dc/terms/license> <https://creativecommons.org/publicdomain/zero/1.0/>" in triples
    for words in (
        "'javascript:alert(1)' is not a web address",
        "its unit",
        "a globecoordinate of this kind cannot be read",
    ):
        assert words in done.stderr
    assert not any("Q999" in t for t in triples)
    first = path.read_bytes()
    run(*arguments, "--properties", "P625,P2046,P571,website,population,capital,flag,description,label")
    assert path.read_bytes() == first


def test_pull_from_rdf(tmp_path: Path) -> None:
    path = tmp_path / "e.ttl"
    run("pull", FIXTURES / "endpoint.ttl", "--properties", "label,website", "-o", path, "--languages", "ru")
    text = path.read_text("utf-8")
    assert 'schema:name "Казахстан"@ru' in text
    assert "@en" not in text.partition("dcterms:created")[2]
    assert "schema:url <https://www.osce.org/>" in text


def test_pull_writes_outside_data_and_with_a_licence(project: Path, tmp_path: Path) -> None:
    inside = project / "data" / "e.ttl"
    more = ("--properties", "label", "--project", project)
    assert "is in data/" in refused("pull", FIXTURES / "pull.json", *more, "-o", inside)
    assert not inside.exists()
    elsewhere = (*more, "--to", "x", "--namespace", "https://x.example/")
    assert "give it with --license" in refused("pull", FIXTURES / "pull.json", *elsewhere)
    assert "is not a property" in refused("pull", FIXTURES / "pull.json", "--properties", "colour")
    words = refused("pull", FIXTURES / "pull.json", *elsewhere, "--license", "no iri")
    assert "given as IRIs" in words


def test_every_refusal_is_a_usage_error() -> None:
    done = CliRunner().invoke(cli, ["link", "suggest", "none.json", "-o", "/nowhere/x"])
    assert isinstance(done.exception, UsageError)


def test_a_row_with_the_modifier_not_is_never_proposed_or_accepted(
    project: Path, proposals: Path, tmp_path: Path
) -> None:
    table = (
        '# curie_map: {cgs: "https://w3id.org/cica-graph/id/state/", wd: "http://www.wikidata.org/entity/"}\n'
        "subject_id\tpredicate_id\tpredicate_modifier\tobject_id\n"
        "cgs:KAZ\thttps://schema.org/sameAs\tNot\twd:Q232\n"
        "cgs:KGZ\thttps://schema.org/sameAs\t\tsssom:NoTermFound\n"
    )
    path = project / "data" / "links" / "wikidata.sssom.tsv"
    path.parent.mkdir(exist_ok=True)
    path.write_text(table, "utf-8")
    decide = ("--author", "A", "--date", DAY, "--project", project)
    words = refused("accept", proposals, "--subject", "cgs:KAZ", "--object", "wd:Q232", *decide)
    assert f"{path}:3: this row states that cgs:KAZ is not wd:Q232" in words
    again = tmp_path / "again.sssom.tsv"
    run("suggest", FIXTURES / "items.json", "--project", project, "-o", again, "--date", DAY)
    assert "\twd:Q232\t" in proposals.read_text("utf-8")
    assert "\twd:Q232\t" not in again.read_text("utf-8")
    negated = tmp_path / "negated.sssom.tsv"
    negated.write_text(proposals.read_text("utf-8").replace("mapping_tool_version", "predicate_modifier"), "utf-8")
    negated.write_text(negated.read_text("utf-8").replace("\t0.1.0\t", "\tNot\t"), "utf-8")
    assert link_set.read(negated).links == ()
    assert "nothing was written" in run("accept", negated, "--all-above", "0", *decide).stderr
