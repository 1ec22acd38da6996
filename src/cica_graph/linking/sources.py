"""Candidates from whatever form a dataset has: JSON dump, RDF, SKOS, table or SPARQL endpoint."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cica_graph.files.streams import ReadProblem
from cica_graph.linking import endpoint, from_csv, from_json, from_rdf
from cica_graph.linking.candidate import Candidate, Target
from cica_graph.model.errors import UsageError
from cica_graph.model.progress import OnProgress


@dataclass(frozen=True)
class Spec:
    """A dataset, and how to read it.

    :ivar where: path of a file, or the http address of a SPARQL endpoint.
    :ivar target: whose ids it holds.
    :ivar columns: of a table; told by their headings when None.
    :ivar query: file with the SELECT query for an endpoint; the one that comes along when None.
    :ivar timeout: seconds without an answer from an endpoint.
    """

    where: str
    target: Target
    columns: from_csv.Columns | None = None
    query: Path | None = None
    timeout: float = 60.0

    @property
    def remote(self) -> bool:
        """Whether the network is needed."""
        return self.where.startswith(("http://", "https://"))


def candidates(spec: Spec, on_progress: OnProgress | None = None) -> Iterator[Candidate | ReadProblem]:
    """Yield the things of a dataset, and what could not be read of it; memory does not grow with it.

    ``on_progress`` is told the bytes read so far and those in all (0 when not known).

    :raises UsageError: no such file, a form that is not read, or an endpoint that does not answer as one.
    """
    if spec.remote:
        return from_rdf.grouped(endpoint.statements(spec.where, spec.query, spec.timeout, on_progress))
    path = Path(spec.where)
    if not path.is_file():
        raise UsageError(f"{path} is not a file")
    suffixes = [s.lower() for s in path.suffixes]
    suffix = next((s for s in reversed(suffixes) if s not in (".gz", ".bz2")), "")
    if suffix in (".json", ".jsonl", ".ndjson"):
        return from_json.read(path, on_progress)
    if suffix in from_rdf.FORMATS:
        return from_rdf.read(path, suffix, on_progress)
    if suffix in (".csv", ".tsv"):
        return from_csv.read(path, suffix, spec.target, spec.columns, on_progress)
    if suffix in (".yaml", ".yml"):
        raise UsageError(f"{path}: YAML is not read; convert it to CSV, one thing a row")
    raise UsageError(
        f"{path}: a {suffix or 'nameless'} file is not read; .json, .csv, .tsv, {', '.join(from_rdf.FORMATS)} are"
    )
