"""Datasets in every format, including hostile ones: faults are reported with their lines, and the rest is kept."""

from __future__ import annotations

import bz2
import gzip
import json
import threading
import time
from collections.abc import Callable, Iterator
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import pyoxigraph as ox
import pytest

from cica_graph.files.streams import ReadProblem
from cica_graph.linking import endpoint
from cica_graph.linking.candidate import Candidate, code, host, kind_of, target
from cica_graph.linking.dataset import Dataset, candidates
from cica_graph.linking.table_columns import Columns
from cica_graph.model.errors import UsageError

FIXTURES = Path(__file__).parent / "fixtures" / "link"
SHARED = Path(__file__).resolve().parents[2] / "shared"
WD = "http://www.wikidata.org/entity/"
shared = pytest.mark.skipif(not SHARED.is_dir(), reason="the shared data sets are not beside this checkout")


def read(
    path: Path | str, to: str = "wikidata", columns: str | None = None
) -> tuple[list[Candidate], list[tuple[int, str]]]:
    spec = Dataset(str(path), target(to), Columns.parse(columns) if columns else None)
    found = list(candidates(spec))
    return (
        [c for c in found if isinstance(c, Candidate)],
        [(p.line, p.message) for p in found if isinstance(p, ReadProblem)],
    )


# ---- JSON -------------------------------------------------------------------------------------


def test_an_item_as_candidate() -> None:
    found, problems = read(FIXTURES / "items.json")
    assert problems == []
    by_id = {c.iri.removeprefix(WD): c for c in found}
    kaz = by_id["Q232"]
    assert kaz.kind == "state"
    assert kaz.labels == (("Kazakhstan", "en"), ("Kasachstan", "de"))
    assert kaz.aliases == (("Republic of Kazakhstan", "en"),)
    assert kaz.codes == {("iso3", "KAZ"), ("wikidata", "Q232")}
    assert kaz.place == 2
    assert by_id["Q81299"].websites == ("https://www.osce.org/",)
    assert {i: by_id[i].kind for i in ("Q1428", "Q15180", "Q41550", "Q80985")} == {
        "Q1428": "other",
        "Q15180": "other",
        "Q41550": "organization",
        "Q80985": None,
    }


@pytest.mark.parametrize(("suffix", "pack"), [(".gz", gzip.compress), (".bz2", bz2.compress)])
def test_packed_dumps(tmp_path: Path, suffix: str, pack: Callable[[bytes], bytes]) -> None:
    path = tmp_path / f"items.json{suffix}"
    path.write_bytes(pack((FIXTURES / "items.json").read_bytes()))
    assert read(path) == read(FIXTURES / "items.json")


def test_good_lines_of_a_hostile_dump_are_read() -> None:
    found, problems = read(FIXTURES / "hostile.json")
    assert [c.iri.removeprefix(WD) for c in found] == ["Q232", "Q3", "Q4", "Q55", "Q5", "Q9", "Q889"]
    assert [line for line, _ in problems] == [3, 4, 5, 6, 8, 8, 10]
    told = " | ".join(message for _, message in problems)
    for words in (
        "not JSON",
        "is repeated in one object",
        "'https://example.org/' is not the id",
        "'Q0' is not",
        "not an entity",
    ):
        assert words in told
    by_id = {c.iri.removeprefix(WD): c for c in found}
    assert (by_id["Q55"].redirect_to, by_id["Q9"].removed) == (WD + "Q5", "deleted")


def test_a_label_of_20_mb_is_left_out_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    long = {"id": "Q1", "labels": {"en": {"value": "a" * 20_000_000}, "de": {"value": "gut"}}}
    path.write_text("[\n" + json.dumps(long) + ",\n" + json.dumps({"id": "Q2"}) + "\n]\n", "utf-8")
    found, problems = read(path)
    assert [c.labels for c in found] == [(("gut", "de"),), ()]
    assert problems == [(2, "a name in 'en' has 20,000,000 characters; it is ignored")]


@shared
def test_dumps_of_others_are_read() -> None:
    for path in sorted((SHARED / "suites" / "wikidata").rglob("*.json")):
        for found in candidates(Dataset(str(path), target("wikidata"))):
            assert isinstance(found, Candidate | ReadProblem)
    (belgium,), problems = read(SHARED / "suites" / "wikidata" / "json" / "Q31.json")
    assert problems == []
    assert belgium.codes >= {("iso2", "BE"), ("iso3", "BEL"), ("m49", "056")}


# ---- RDF --------------------------------------------------------------------------------------


def test_rdf_redirects_and_a_broken_statement() -> None:
    found, problems = read(FIXTURES / "redirects.ttl")
    by_id = {c.iri.removeprefix(WD): c for c in found}
    assert by_id["Q1000"].redirect_to == WD + "Q1001"
    assert by_id["Q1002"].redirect_to == WD + "Q232"
    kaz = by_id["Q232"]
    assert (kaz.kind, kaz.labels, kaz.websites) == ("state", (("Kazakhstan", "en"),), ("http://gov.kz/",))
    assert kaz.codes == {("iso3", "KAZ"), ("wikidata", "Q232")}
    assert [line for line, _ in problems] == [10]
    assert by_id["Q889"].removed == "deprecated"


@pytest.mark.parametrize(
    "prolog",
    [
        '<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa">]>',
        '<?xml version="1.0"?>\n<!-- <rdf:RDF> -->\n<!DOCTYPE r SYSTEM "file:///etc/passwd">',
        "<!--" + "x" * 70_000 + "-->\n<!doctype r>",
    ],
)
def test_a_document_type_is_refused(tmp_path: Path, prolog: str) -> None:
    path = tmp_path / "x.rdf"
    path.write_text(prolog + '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/>', "utf-8")
    with pytest.raises(UsageError, match="has a DOCTYPE"):
        read(path, "eu")


def test_document_type_in_utf_16_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.rdf"
    path.write_bytes("<!DOCTYPE r []><r/>".encode("utf-16"))
    with pytest.raises(UsageError, match="not UTF-8"):
        read(path, "eu")


def test_invalid_xml_is_reported_and_earlier_statements_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "x.rdf"
    path.write_text(
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        'xmlns:skos="http://www.w3.org/2004/02/skos/core#">\n'
        '<skos:Concept rdf:about="http://x/1"><skos:prefLabel xml:lang="en">One</skos:prefLabel></skos:Concept>\n'
        '<skos:Concept rdf:about="http://x/2"><skos:prefLabel>Two</rdf:RDF>',
        "utf-8",
    )
    found, problems = read(path, "eu")
    assert [c.label for c in found] == ["One"]
    assert "the rest of the file was not read" in problems[-1][1]


@shared
def test_the_eu_table() -> None:
    found, problems = read(SHARED / "suites" / "rdf" / "countries-skos.rdf", "eu")
    assert problems == []
    assert len(found) == 285
    kaz = next(c for c in found if c.iri.endswith("/KAZ"))
    assert ("iso3", "KAZ") in kaz.codes
    assert ("Kasachstan", "de") in kaz.labels
    assert ("Republik Kasachstan", "de") in kaz.aliases


# ---- Tables -----------------------------------------------------------------------------------


def test_a_table_by_its_headings(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(
        "Wikidata_ID,Name (fr),UNTERM Russian Short,ISO3166-1-Alpha-3,M49,aliases,other\n"
        'Q232,Kazakhstan,Казахстан,KAZ,398,"Qazaqstan|Kasachstan",x\n',
        "utf-8",
    )
    ((kaz,), problems) = read(path)
    assert problems == []
    assert kaz.labels == (("Kazakhstan", "fr"), ("Казахстан", "ru"))
    assert kaz.aliases == (("Qazaqstan", ""), ("Kasachstan", ""))
    assert kaz.codes == {("iso3", "KAZ"), ("m49", "398")}


def test_good_rows_of_a_hostile_table_are_read(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(
        b"qid,name\nQ1,One\nQ2,T\0wo\nQ3\nQ4,Four,4\nnonsense,Five\nQ6,\xff\xfe\nQ7," + b"x" * 5000 + b"\n"
        b'https://www.wikidata.org/wiki/Q8,Eight\n,nobody\nQ9,"' + b"y" * 200_000 + b"\nQ10,Ten\n"
    )
    found, problems = read(path)
    ids = [c.iri.removeprefix(WD) for c in found]
    assert ids[:3] == ["Q1", "Q7", "Q8"]
    assert [line for line, _ in problems][:6] == [3, 4, 5, 6, 7, 8]
    assert "field larger than field limit" in problems[-1][1]
    assert problems[-1][0] == 11


def test_columns_can_be_named(tmp_path: Path) -> None:
    path = tmp_path / "t.tsv"
    path.write_text("nom\tcode\tx\nKasachstan\tkaz\tQ232\n", "utf-8")
    with pytest.raises(UsageError, match="--columns id=HEADING"):
        read(path)
    ((kaz,), _) = read(path, columns="id=x,label@de=nom,iso3=code")
    assert kaz.labels == (("Kasachstan", "de"),)
    assert kaz.codes == {("iso3", "KAZ")}
    with pytest.raises(UsageError, match="no column 'y'; it has: nom, code, x"):
        read(path, columns="id=y")
    with pytest.raises(UsageError, match="ROLE=HEADING"):
        Columns.parse("key=x")


# ---- What stands in any of them ----------------------------------------------------------------


def test_codes_have_one_form() -> None:
    assert [code("m49", v) for v in ("4", "004", "4.0", "x", "")] == [("m49", "004")] * 3 + [None, None]
    assert [code("iso2", v) for v in ("kz", "KAZ")] == [("iso2", "KZ"), None]
    assert code("wikidata", "https://www.wikidata.org/wiki/Q232") == ("wikidata", "Q232")
    assert code("geonames", "https://sws.geonames.org/1522867/") == ("geonames", "1522867")
    assert code("wikidata", "L3") is None


def test_host_is_read_only_from_addresses_of_home_pages() -> None:
    for front in ("https://www.osce.org/", "osce.org", "http://osce.org/en", "https://osce.org/index.html"):
        assert host(front) == "osce.org"
    for other in ("https://europa.eu/agencies/x", "https://x.org/?id=4", "no host", "http://[broken"):
        assert host(other) is None


def test_historical_country_is_not_a_present_state() -> None:
    assert kind_of(["Q6256", "Q3024240"]) == "other"
    assert kind_of(["Q515", "Q6256"]) == "state"
    assert kind_of(["Q999999999"]) is None


def test_an_unknown_form_is_an_error(tmp_path: Path) -> None:
    for name, words in (
        ("x.yaml", r"\.yaml files cannot be read; .* \.csv, \.json,"),
        ("x.docx", "cannot be read"),
        ("none.csv", "is not a file"),
    ):
        if not name.startswith("none"):
            (tmp_path / name).write_text("x", "utf-8")
        with pytest.raises(UsageError, match=words):
            read(tmp_path / name)
    with pytest.raises(UsageError, match="--namespace"):
        target("cow")
    assert target("cow", "https://cow.example/").iri("700") == "https://cow.example/700"


# ---- Endpoints ---------------------------------------------------------------------------------
#
# test_link_endpoint.py uses a real server. This one also answers real SPARQL 1.1, and fails on demand.


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.store = ox.Store()
        self.store.load((FIXTURES / "endpoint.ttl").read_bytes(), format=ox.RdfFormat.TURTLE)
        self.moods: list[Callable[[Handler], bool]] = []
        self.asked: list[str] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/query"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        query = form["query"][0]
        self.server.asked.append(query)
        if self.server.moods and self.server.moods.pop(0)(self):
            return
        answer = self.server.store.query(query)
        assert isinstance(answer, ox.QuerySolutions)
        self.answer(200, answer.serialize(format=ox.QueryResultsFormat.JSON) or b"")

    def answer(
        self, status: int, body: bytes = b"", form: str = "application/sparql-results+json", **more: str
    ) -> bool:
        self.send_response(status)
        self.send_header("Content-Type", form)
        self.send_header("Content-Length", str(len(body)))
        for name, value in more.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)
        return True


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield made
    made.shutdown()
    made.server_close()
    thread.join()


def ask(server: Server, **more: float) -> tuple[list[ox.Triple | ReadProblem], list[float]]:
    waited: list[float] = []
    timeout = more.get("timeout", 5.0)
    found = list(endpoint.statements(server.address, None, timeout, page=int(more.get("page", 4)), wait=waited.append))
    return found, waited


def test_endpoint_is_queried_page_by_page(server: Server) -> None:
    found, _ = ask(server)
    assert len(server.asked) == 3
    assert server.asked[1].endswith("LIMIT 4 OFFSET 4")
    whole, _ = ask(server, page=1000)
    assert found == whole
    kaz, osce = candidates(Dataset(server.address, target("wikidata")))
    assert isinstance(kaz, Candidate)
    assert isinstance(osce, Candidate)
    assert (kaz.iri, kaz.kind) == (WD + "Q232", "state")
    assert kaz.codes == {("iso3", "KAZ"), ("wikidata", "Q232")}
    assert set(kaz.labels) == {("Kazakhstan", "en"), ("Казахстан", "ru")}
    assert (osce.kind, osce.websites) == ("organization", ("https://www.osce.org/",))


def test_client_waits_as_long_as_the_server_requests(server: Server) -> None:
    soon = formatdate(time.time() + 20, usegmt=True)
    server.moods = [
        lambda h: h.answer(429, Retry_After="7"),
        lambda h: h.answer(503, Retry_After=soon),
        lambda h: h.answer(429),
    ]
    found, waited = ask(server)
    assert len(found) == 9
    assert waited[0] == 7
    assert 15 < waited[1] <= 20
    assert waited[2] == 8


def test_retries_have_a_limit(server: Server) -> None:
    server.moods = [lambda h: h.answer(429, Retry_After="86400")]
    with pytest.raises(UsageError, match="is busy; try again in 86400 seconds"):
        ask(server)
    server.moods = [lambda h: h.answer(429, b"slow down", Retry_After="1")] * 9
    with pytest.raises(UsageError, match="answered 429: slow down"):
        ask(server)


def slow(handler: Handler) -> bool:
    time.sleep(5.0)
    return True


def test_a_server_that_does_not_answer(server: Server) -> None:
    server.moods = [slow]
    begun = time.monotonic()
    with pytest.raises(UsageError, match="did not answer in time; increase --timeout"):
        ask(server, timeout=0.3)
    assert time.monotonic() - begun < 4.5


def test_refused_connection_is_an_error() -> None:
    with pytest.raises(UsageError, match="is this the address of a SPARQL endpoint"):
        list(endpoint.statements("http://127.0.0.1:1/query", timeout=1.0))


def cut(handler: Handler) -> bool:
    handler.send_response(200)
    handler.send_header("Content-Type", "application/sparql-results+json")
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"head":{"vars":["item"')
    handler.close_connection = True
    return True


@pytest.mark.parametrize(
    ("mood", "words"),
    [
        (lambda h: h.answer(200, b'{"head":{"vars":["item","prop'), "is incomplete or is not JSON"),
        (lambda h: h.answer(200, b"<html>Welcome</html>", "text/html"), "answered with text/html"),
        (lambda h: h.answer(200, b'{"boolean":true}'), "no answer to a SELECT query"),
        (lambda h: h.answer(200, b'{"head":{"vars":["x"]},"results":{"bindings":[]}}'), "has x"),
        (lambda h: h.answer(200, b"[" * 100_000), "is not JSON"),
        (lambda h: h.answer(500, b"Query timeout\n limit reached"), "answered 500: Query timeout limit reached"),
        (
            lambda h: h.answer(302, Location="http://192.0.2.1/"),
            "redirects to http://192.0.2.1/, which is another host",
        ),
        (cut, "SPARQL endpoint"),
    ],
)
def test_invalid_answers_are_errors(server: Server, mood: Callable[[Handler], bool], words: str) -> None:
    server.moods = [mood]
    with pytest.raises(UsageError, match=words):
        ask(server)


def test_redirects_on_the_same_host_are_followed_up_to_a_limit(server: Server) -> None:
    server.moods = [lambda h: h.answer(307, Location="/other")]
    assert len(ask(server)[0]) == 9
    server.moods = [lambda h: h.answer(307, Location="/query")] * 9
    with pytest.raises(UsageError, match="redirects more than 3 times"):
        ask(server)


def test_an_answer_without_end(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint, "LARGEST", 1000)
    server.moods = [lambda h: h.answer(200, b" " * 5000)]
    with pytest.raises(UsageError, match="more than 0 MiB"):
        ask(server)


def test_rows_that_are_not_statements_are_reported(server: Server) -> None:
    rows = [
        {"item": {"value": "not an iri"}, "property": {"value": "http://p"}, "value": {"type": "uri", "value": "x:y"}},
        {},
    ]
    body = json.dumps({"head": {"vars": ["item", "property", "value"]}, "results": {"bindings": rows}}).encode()
    server.moods = [lambda h: h.answer(200, body)]
    found, _ = ask(server)
    assert [p.line for p in found if isinstance(p, ReadProblem)] == [1, 2]
