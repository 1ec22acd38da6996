"""Importer of Wikidata's "member of" (P463) statements.

It reads dumps in JSON and RDF (https://www.wikidata.org/wiki/Wikidata:Database_download). It writes named graphs with
their provenance, a table of each statement that is not a membership and why, and every statement in full in Wikidata's
own RDF. It states nothing that Wikidata does not state: an absent end does not mean that a membership continues, and a
file attests memberships on a day only if the day is given.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Final, TextIO

from cica_graph.files import atomic
from cica_graph.files.streams import ReadProblem, opened
from cica_graph.files.table_writer import TableWriter
from cica_graph.imports import wikidata_memberships
from cica_graph.imports.wikidata_memberships import Merged, WikidataActors, WikidataMembership
from cica_graph.model.errors import Finding, UsageError, ValidationFailed
from cica_graph.model.progress import OnProgress, share
from cica_graph.wikidata import read_json, read_rdf, write_ntriples
from cica_graph.wikidata.statement import Statement

NAMES: Final = (
    "wikidata.ttl", "wikidata-undated.ttl", "wikidata-unlinked.tsv", "wikidata-problems.tsv", "wikidata-statements.nt",
)  # fmt: skip
GRAPHS: Final = ("wikidata-import", "wikidata-import-undated")
COLUMNS: Final = (
    "subject", "subject_label", "object", "object_label", "start", "end", "rank", "statement", "file", "line", "reason",
)  # fmt: skip
_JSON: Final = (".json", ".jsonl", ".ndjson")


def statements(path: Path, on_progress: OnProgress | None = None) -> Iterator[Statement | ReadProblem]:
    """Yield the P463 statements of a file, and a problem for each part that could not be read.

    The file is JSON (``.json``, ``.jsonl``, ``.ndjson``), N-Triples (``.nt``) or Turtle (``.ttl``), plain, ``.gz`` or
    ``.bz2``. With another suffix, a file that begins with a brace or a bracket is JSON.

    :raises UsageError: the file does not exist, has an unknown format, or is RDF with truthy statements only.
    """
    suffix = (path.with_suffix("") if path.suffix in (".gz", ".bz2") else path).suffix.lower()
    if suffix in _JSON:
        return read_json.statements(path, on_progress)
    if suffix in (".nt", ".ttl"):
        return read_rdf.statements(path, turtle=suffix == ".ttl", on_progress=on_progress)
    with opened(path) as (_, stream):
        try:
            head = stream.read(4096).removeprefix(b"\xef\xbb\xbf").lstrip()
        except (OSError, EOFError):
            head = b""
    if head[:1] in (b"{", b"["):
        return read_json.statements(path, on_progress)
    raise UsageError(
        f"{path}: unknown format; the file name must end in .json, .nt or .ttl, then .gz or .bz2 if it is compressed"
    )


@dataclass
class WikidataOutcome:
    """The result of an import of Wikidata.

    :ivar statements: how many P463 statements were read.
    :ivar dated: how many statements are in ``wikidata.ttl``.
    :ivar undated: how many are in ``wikidata-undated.ttl``.
    :ivar kept_out: how many are in the table of other statements, by reason.
    :ivar repeated: how many repeat another statement and share its membership.
    :ivar problems: file, line and message of the first few problems.
    :ivar problem_count: how many problems there were.
    """

    statements: int = 0
    dated: int = 0
    undated: int = 0
    repeated: int = 0
    kept_out: Counter[str] = field(default_factory=Counter)
    problems: list[tuple[str, int, str]] = field(default_factory=list)
    problem_count: int = 0


def roles() -> dict[str, str]:
    """Return the roles that qualifiers may name: Q-id to local name of a concept of the roles scheme."""
    text = files("cica_graph.imports").joinpath("wikidata-roles.csv").read_text("utf-8")
    return {row["qid"]: row["role"] for row in csv.DictReader(text.splitlines())}


def convert(
    paths: Sequence[Path], known: WikidataActors, out: Path, *, as_of: date | None = None,
    on_progress: OnProgress | None = None, shown: int = 20,
) -> WikidataOutcome:  # fmt: skip
    """Read files and write the five of :data:`NAMES` to a directory, all or none.

    Memory grows with the statements that have a link on both ends, and in RDF with all P463 statements.
    Other statements are written to the table immediately. ``on_progress`` gets the bytes of all files together.

    :raises UsageError: a file does not exist, has an unknown format, or has truthy statements only.
    :raises ValidationFailed: there were problems and no statement.
    """
    outcome, memberships, role_names = WikidataOutcome(), list[WikidataMembership](), roles()
    doubled = [name for name, n in Counter(wikidata_memberships.slug(path) for path in paths).items() if n > 1]
    if doubled:
        raise UsageError(
            f"two files would both be cited as {doubled[0]!r}; give each file once, and rename one of them"
        )
    out.mkdir(parents=True, exist_ok=True)
    with atomic.text_files(*(out / name for name in NAMES)) as (dated, undated, table, problems, whole):
        row = TableWriter(table, COLUMNS, delimiter="\t").write
        write_problem = TableWriter(problems, ("file", "line", "problem"), delimiter="\t").write

        def report(path: Path, line: int, message: str) -> None:
            outcome.problem_count += 1
            if len(outcome.problems) < shown:
                outcome.problems.append((str(path), line, message))
            write_problem((path, line or "", message))

        def keep_out(path: Path, statement: Statement, reason: str) -> None:
            outcome.kept_out[re.sub(r"Q[0-9]+", "Q...", reason)] += 1
            row((*_cells(statement), path, statement.line or "", reason))

        for number, path in enumerate(paths):
            section = wikidata_memberships.section_of(path)
            for found in statements(path, share(on_progress, number, len(paths))):
                if isinstance(found, ReadProblem):
                    report(path, found.line, found.message)
                    continue
                outcome.statements += 1
                whole.writelines(f"{line}\n" for line in write_ntriples.lines(found))
                faults = list[str]()
                made = wikidata_memberships.membership(found, known, role_names, section, as_of, faults.append)
                for fault in faults:
                    report(path, found.line, f"{found.id}: {fault}")
                if isinstance(made, str):
                    keep_out(path, found, made)
                else:
                    memberships.append(made)
        if outcome.problem_count and not outcome.statements:
            findings = [Finding(*problem[:2], 0, "import", "", problem[2]) for problem in outcome.problems]
            raise ValidationFailed("no statement could be read; nothing was written", findings)
        _write(memberships, outcome, dated, undated, paths, as_of, known)
    return outcome


def _write(
    memberships: Sequence[WikidataMembership], outcome: WikidataOutcome, dated: TextIO, undated: TextIO,
    paths: Sequence[Path], as_of: date | None, known: WikidataActors,
) -> None:  # fmt: skip
    """Write the two graphs, and count their statements."""
    merged = wikidata_memberships.merge(memberships)
    outcome.repeated = len(memberships) - len(merged)
    with_date, without = list[Merged](), list[Merged]()
    for one in merged:
        (with_date if as_of or one[0].start or one[0].end else without).append(one)
    outcome.dated, outcome.undated = (sum(len(group) for _, _, group in graph) for graph in (with_date, without))
    title = "Memberships according to Wikidata"
    wikidata_memberships.write(dated, GRAPHS[0], title, with_date, paths, as_of, known.joined)
    wikidata_memberships.write(undated, GRAPHS[1], f"{title}, without a date", without, paths, as_of, known.joined)


def _cells(s: Statement) -> tuple[str, ...]:
    dated = (" ".join(map(str, times)) for times in (s.start, s.end))
    return (s.subject, s.label, s.object or s.kind, s.object_label, *dated, s.rank, s.id)
