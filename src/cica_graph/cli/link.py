"""Commands that join the graph with other datasets: link suggest, accept, reject, check, pull."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar

import click

from cica_graph.cli.common import Command, Progress, day, format_option, project_option, show, talk
from cica_graph.files.streams import ReadProblem
from cica_graph.formats.tables import Record
from cica_graph.linking import candidate, check, link_set, matcher, pull, review
from cica_graph.linking.dataset import Dataset, candidates
from cica_graph.linking.table_columns import Columns
from cica_graph.model.errors import UsageError
from cica_graph.pipeline import build
from cica_graph.project.source_files import Project
from cica_graph.publish.export import export

Found = TypeVar("Found")
SHOWN = 20  # problems of a dataset that are printed

to_option = click.option(
    "--to", "name", default="wikidata", show_default=True, metavar="NAME",
    help="Dataset that has the ids: wikidata, eu or geonames; another one needs --namespace.",
)  # fmt: skip
namespace_option = click.option("--namespace", metavar="IRI", help="First part of the IRIs of its things.")
date_option = click.option(
    "--date", "today", type=day, default="today", metavar="DAY", help="Date of the mappings (default: today)."
)
author_option = click.option("--author", required=True, metavar="NAME", help="Name of the person who decides.")
needed_project = click.option(
    "--project", type=click.Path(path_type=Path), metavar="DIR", required=True,
    help="Project directory; its data/links/ is changed.",
)  # fmt: skip


def dataset_options(command: Command) -> Command:
    """Add the options that say how a dataset is read."""
    for option in (
        click.argument("dataset"),
        to_option,
        namespace_option,
        click.option(
            "--columns", type=Columns.parse, metavar="ROLE=HEADING,...",
            help="Columns of a table by role, such as id=qid,label@fr=nom,iso3=code.",
        ),
        click.option(
            "--query", type=click.Path(path_type=Path), metavar="FILE", help="SELECT query for an endpoint."
        ),
        click.option(
            "--timeout", type=click.FloatRange(min=0.1), default=60.0, show_default=True, metavar="SECONDS",
            help="Seconds to wait for an endpoint.",
        ),
    )[::-1]:  # fmt: skip
        command = option(command)
    return command


@click.group()
def link() -> None:
    """Link the graph to Wikidata and other datasets, and check the links.

    DATASET is a JSON dump in the form of Wikidata's, an RDF or SKOS file, a table (each plain, .gz or .bz2), or the
    address of a SPARQL endpoint. Only an endpoint needs the network, and only the query is sent to it. Other packages
    can add readers for other files.
    """


@link.command()
@dataset_options
@click.option("-o", "--output", type=click.Path(path_type=Path), default="proposals.sssom.tsv", show_default=True,
              metavar="FILE", help="File to write the proposals to.")  # fmt: skip
@click.option("--threshold", type=click.FloatRange(0, 1), default=matcher.THRESHOLD, show_default=True,
              metavar="SCORE",
              help="Proposals with a lower score are marked weak.")  # fmt: skip
@click.option("--include-linked", "everything", is_flag=True, help="Also propose links for things that have one.")
@date_option
@format_option
@project_option
def suggest(
    output: Path, threshold: float, everything: bool, today: date, form: str, project: Path | None, **options: Any
) -> None:
    """Propose links to the things of a dataset, with a score and its reasons.

    A proposal with more than one possible match is marked ambiguous, and a person must decide.
    """
    opened, dataset = Project.at(project), _spec(**options)
    links = _links(opened)
    with Progress() as progress:
        store = build.graph(opened, progress).store
        ours = matcher.things(store, exclude=dataset.target.name)
        linked = {x.subject_id for s in links for x in s.links if x.object_id.startswith(dataset.target.namespace)}
        reading = _Reading(dataset.where, progress)
        proposals = matcher.match(
            [thing for thing in ours if everything or thing.iri not in linked],
            reading.kept(candidates(dataset, reading)),
            threshold=threshold,
            rejected=review.rejected(opened.root, links, dataset.target),
        )
    reading.tell()
    export.write(review.proposed(proposals, dataset.target, today.isoformat(), version("cica-graph")), output)
    rows: list[Record] = [
        {"thing": link_set.compact(p.thing.iri), "label": p.thing.label, "candidate": link_set.compact(p.candidate),
         "theirs": p.label, "score": f"{p.score:.2f}", "status": p.status, "reasons": "; ".join(p.reasons[:3])}
        for p in proposals
    ]  # fmt: skip
    keys = ("thing", "label", "candidate", "theirs", "score", "status", "reasons")
    show(rows, form, keys=keys, columns=keys, title=f"Proposed links to {dataset.target.label}")
    count = Counter(p.status for p in proposals)
    told = ", ".join(f"{count[s]} {s}" for s in ("clear", "ambiguous", "weak") if count[s]) or "none"
    talk(f"{reading.count:,} candidates read; proposals: {told}; written to {output}")


def _deciding(command: Command) -> Command:
    for option in (
        click.argument("file", type=click.Path(path_type=Path)),
        click.option("--subject", metavar="ID", help="Thing of the project, such as cgs:KAZ."),
        click.option("--object", "object_", metavar="ID", help="Thing of the dataset, such as wd:Q232."),
        click.option("--all-above", "above", type=click.FloatRange(0, 1), metavar="SCORE",
                     help="Select all unambiguous proposals with at least this score."),
        author_option,
        click.option("--why", default="", metavar="TEXT", help="Reason for the decision."),
        date_option,
        needed_project,
    )[::-1]:  # fmt: skip
        command = option(command)
    return command


@link.command()
@_deciding
def accept(
    file: Path, subject: str | None, object_: str | None, above: float | None, author: str, why: str, today: date,
    project: Path,
) -> None:  # fmt: skip
    """Add proposals to the links of a project, with the author and the reason."""
    proposals = link_set.read(file)
    requested, passed = review.chosen(proposals, subject, object_, above)
    _write(review.accept(project, proposals, requested, author=author, why=why, day=today.isoformat()), "accepted")
    if passed:
        talk(f"{len(passed)} ambiguous left in {file}; accept or reject each with --subject and --object")


@link.command()
@_deciding
def reject(
    file: Path, subject: str | None, object_: str | None, above: float | None, author: str, why: str, today: date,
    project: Path,
) -> None:  # fmt: skip
    """Reject proposals, with the author and the reason; they are not proposed again."""
    proposals = link_set.read(file)
    requested, _ = review.chosen(proposals, subject, object_, above)
    _write(review.reject(project, proposals, requested, author=author, why=why, day=today.isoformat()), "rejected")


def _write(change: review.Change, done: str) -> None:
    if not change.links:
        talk("no proposal is selected; nothing was written")
        return
    for path, content in change.files:
        path.parent.mkdir(parents=True, exist_ok=True)
        export.write(content, path)
    for one in change.links:
        ours, theirs = link_set.compact(one.subject_id), link_set.compact(one.object_id)
        talk(f"{done}: {ours} {one.subject_label} = {theirs} {one.object_label}")
    click.echo(change.files[0][0].as_posix())


@link.command("check")
@dataset_options
@click.option("--complete", is_flag=True, help="Report ids that the dataset lacks.")
@format_option
@project_option
def check_links(complete: bool, form: str, project: Path | None, **options: Any) -> None:
    """Check every existing link against a dataset: names, codes, type, redirects, deletions and shared ids.

    A link with a low confidence and a comment is reported as a choice, which is not a fault.
    """
    opened, dataset = Project.at(project), _spec(**options)
    links = _links(opened)
    with Progress() as progress:
        ours = matcher.things(build.graph(opened, progress).store, exclude=dataset.target.name)
        reading = _Reading(dataset.where, progress)
        found = reading.kept(candidates(dataset, reading))
        done = check.check(links, ours, found, dataset.target, complete=complete)
    reading.tell()
    keys = ("file", "line", "rule", "subject", "object", "message", "hint")
    rows: list[Record] = [
        {"file": d.file, "line": d.line, "rule": d.rule, "subject": link_set.compact(d.subject),
         "object": link_set.compact(d.object), "message": d.message, "hint": d.hint}
        for d in done.doubts
    ]  # fmt: skip
    if form == "table":
        for d in done.doubts:
            click.echo(f"{d.file}:{d.line}: {d.rule}: {d.message}; {d.hint}")
    else:
        show(rows, form, keys=keys, columns=keys, title="Links")
    wrong = sum(d.wrong for d in done.doubts)
    talk(f"{done.links} links, {done.seen} of them in the dataset: {wrong} doubts, {len(done.doubts) - wrong} choices")
    if not complete and done.seen < done.links:
        talk("use --complete to report the others as missing")
    if wrong:
        raise click.exceptions.Exit(1)


@link.command("pull")
@dataset_options
@click.option("--properties", required=True, metavar="NAMES",
              help="Comma-separated: label, alias, description, flag, capital, population, website, P36.")  # fmt: skip
@click.option("--languages", default="ar,en,es,fr,ru,zh", show_default=True, metavar="TAGS",
              help="Languages of texts; `all` for every language.")  # fmt: skip
@click.option(
    "--license", "license_", metavar="IRI", help="Licence of the dataset; known for wikidata, eu and geonames."
)
@click.option("--source", metavar="IRI", help="Origin of the dataset; known for wikidata, eu and geonames.")
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE",
              help="File to write (default: enriched/NAME.ttl).")  # fmt: skip
@date_option
@project_option
def pull_properties(
    properties: str, languages: str, license_: str | None, source: str | None, output: Path | None, today: date,
    project: Path | None, **options: Any,
) -> None:  # fmt: skip
    """Copy properties of linked things into a separate named graph, never into data/."""
    opened, dataset = Project.at(project), _spec(**options)
    requested, path = (
        pull.properties(properties),
        output or (project or Path()) / "enriched" / f"{dataset.target.name}.ttl",
    )
    if path.resolve().is_relative_to((opened.root / "data").resolve()):
        raise UsageError(f"{path} is in data/, which has only the project's own statements; choose another file")
    if not (license_ or dataset.target.license):
        raise UsageError(f"unknown licence of {dataset.target.name}; give it with --license")
    origin = source or dataset.target.home or (dataset.where if dataset.remote else dataset.target.namespace)
    tags = frozenset[str]() if languages == "all" else frozenset(languages.split(","))
    links = {x.object_id: x.subject_id for s in _links(opened) for x in s.links}
    links = {there: ours for there, ours in links.items() if there.startswith(dataset.target.namespace)}
    with Progress() as progress:
        reading = _Reading(dataset.where, progress)
        triples = list(reading.kept(pull.pull(dataset, links, requested, tags, reading)))
    reading.tell()
    content = pull.render(
        triples, dataset.target, license_=license_ or dataset.target.license, source=origin, day=today.isoformat()
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    export.write(content, path)
    things = len({t.subject for t in triples})
    plural = "" if things == 1 else "s"
    talk(f"{len(set(triples)):,} statements about {things} thing{plural}; licence {license_ or dataset.target.license}")
    click.echo(path.as_posix())


def _spec(
    dataset: str, name: str, namespace: str | None, columns: Columns | None, query: Path | None, timeout: float
) -> Dataset:
    return Dataset(dataset, candidate.target(name, namespace), columns, query, timeout)


def _links(project: Project) -> list[link_set.LinkSet]:
    return [link_set.read(file.path, file.name) for file in project.links]


class _Reading:
    """The progress of reading a dataset: its count, its problems and its speed."""

    def __init__(self, where: str, progress: Progress) -> None:
        self.count, self.problems = 0, list[ReadProblem]()
        self._more, self._where, self._progress, self._start = 0, where, progress, time.monotonic()

    def __call__(self, done: int, total: int) -> None:
        spent = max(time.monotonic() - self._start, 1e-3)
        rate = f"{done / spent / 1e6:.1f} MB/s"
        if total:
            left = int((total - done) * spent / done) if done else 0
            self._progress(f"reading: {done * 100 // total} %, {rate}, {left // 60}:{left % 60:02d} left")
        else:
            self._progress(f"reading: {done / 1e6:.1f} MB, {rate}")

    def kept(self, found: Iterable[Found | ReadProblem]) -> Iterator[Found]:
        """Yield the things that could be read."""
        for one in found:
            if isinstance(one, ReadProblem):
                self._more += len(self.problems) >= SHOWN
                if len(self.problems) < SHOWN:
                    self.problems.append(one)
            else:
                self.count += 1
                yield one

    def tell(self) -> None:
        """Print the problems."""
        for problem in self.problems:
            talk(
                f"{self._where}:{problem.line}: {problem.message}"
                if problem.line
                else f"{self._where}: {problem.message}"
            )
        if self._more:
            talk(f"{self._where}: and {self._more:,} more problems")
