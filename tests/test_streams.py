"""Reading of RDF files continues after faults, and the faults are reported."""

from __future__ import annotations

import gzip
from pathlib import Path

import pyoxigraph as ox
import pytest

from cica_graph.files.streams import MAX_PROBLEMS, ReadProblem, read_rdf
from cica_graph.model.errors import UsageError

GOOD = b"<urn:a> <urn:b> <urn:c> .\n"
BAD = b"<urn:a> <urn:b c> .\n"


def read(path: Path, form: ox.RdfFormat = ox.RdfFormat.TURTLE) -> tuple[int, list[tuple[int, str]]]:
    found = list(read_rdf(path, form))
    problems = [(one.line, one.message) for one in found if isinstance(one, ReadProblem)]
    return len(found) - len(problems), problems


def written(path: Path, data: bytes) -> Path:
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


@pytest.mark.parametrize("form", [ox.RdfFormat.TURTLE, ox.RdfFormat.N_TRIPLES, ox.RdfFormat.TRIG, ox.RdfFormat.N_QUADS])
def test_reading_continues_after_a_syntax_error(tmp_path: Path, form: ox.RdfFormat) -> None:
    count, problems = read(written(tmp_path / "x", GOOD + BAD + GOOD), form)
    assert count == 2
    assert [line for line, _ in problems] == [2]
    assert problems[0][1].startswith("the statement cannot be read: ")


def test_a_byte_order_mark_is_skipped(tmp_path: Path) -> None:
    for name in ("x.ttl", "x.ttl.gz"):
        assert read(written(tmp_path / name, b"\xef\xbb\xbf" + GOOD)) == (1, [])


def test_reading_ends_after_too_many_problems(tmp_path: Path) -> None:
    count, problems = read(written(tmp_path / "x.nt", GOOD + BAD * (MAX_PROBLEMS + 50) + GOOD), ox.RdfFormat.N_TRIPLES)
    assert (count, len(problems)) == (1, MAX_PROBLEMS + 1)
    assert problems[-1] == (MAX_PROBLEMS + 1, "the rest of the file was not read, after 1 statements")


def test_a_truncated_file_gives_its_damage_once(tmp_path: Path) -> None:
    path = written(tmp_path / "x.ttl.gz", b"".join(b"<urn:%d> <urn:b> <urn:c> .\n" % (n * 7919) for n in range(20_000)))
    path.write_bytes(path.read_bytes()[:-2000])
    count, problems = read(path)
    assert 10_000 < count < 20_000
    assert problems == [
        (0, f"the rest of the file cannot be read, after {count:,} statements: "
         "Compressed file ended before the end-of-stream marker was reached"),
    ]  # fmt: skip


def test_progress_ends_at_the_size_of_the_file(tmp_path: Path) -> None:
    path, calls = written(tmp_path / "x.ttl", GOOD * 50_000), list[tuple[int, int]]()
    assert len(list(read_rdf(path, ox.RdfFormat.TURTLE, lambda *amount: calls.append(amount)))) == 50_000
    assert calls == sorted(calls)
    assert len(calls) > 3
    assert calls[-1] == (path.stat().st_size, path.stat().st_size)


def test_a_missing_file_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read(tmp_path / "none.ttl")
