"""The steps of a build and their order.

``graph``: files -> load -> bound -> settle -> reason -> derive -> audit -> record.
``imported_graph``: the same steps for memberships that imports wrote, with those of a store or without any others.
``check``: ``graph``, then validate and judge; each finding gets its file, line and column.

The results of ``graph`` and ``check`` are cached under the digests of the files, so unchanged input is computed once.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import astuple, dataclass, field, replace
from datetime import date
from functools import partial
from itertools import chain
from pathlib import Path
from time import perf_counter

from cica_graph.files import cache
from cica_graph.files.background import finish_later, in_background
from cica_graph.model.errors import Finding, UsageError, ValidationFailed
from cica_graph.model.progress import OnStep
from cica_graph.pipeline.steps import derive
from cica_graph.project import source_files
from cica_graph.project.locate import Locator
from cica_graph.project.source_files import Project, SourceFile
from cica_graph.store import folder_store
from cica_graph.store.store import Store, snapshot_graph

_FINDINGS, _STORE = "findings.json", "store"  # names in the directory of a cached graph


@dataclass
class BuiltGraph:
    """A project's graph with all computed statements.

    :ivar store: the authored and the computed graphs.
    :ivar findings: faults of texts and dates, without positions. ``check`` returns these and more.
    :ivar seconds: the duration of each step; empty if the graph came from the cache.
    """

    project: Project
    store: Store
    findings: list[Finding]
    seconds: dict[str, float] = field(default_factory=dict)


class StepTimer:
    """Timer of the steps, which reports the running step."""

    def __init__(self, on_progress: OnStep | None = None) -> None:
        self.seconds: dict[str, float] = {}
        self._on_progress = on_progress or (lambda _: None)

    @contextmanager
    def __call__(self, step: str) -> Iterator[None]:
        """Measure one step."""
        self._on_progress(step)
        start = perf_counter()
        yield
        self.seconds[step] = self.seconds.get(step, 0.0) + perf_counter() - start


def graph(project: Project, on_progress: OnStep | None = None, *, in_memory: bool = False) -> BuiltGraph:
    """Return the project's graph with all computed statements, from the cache if no file has changed.

    The cache is a directory of the engine, which opens in the same time at any size. With ``in_memory``, it is
    copied into memory: for thousands of queries, and for a process that forks, since the engine's threads do not.
    """
    clock, key = StepTimer(on_progress), cache.digest(f.digest for f in project.graph_files)
    with clock("open"), suppress(OSError):  # another process may have removed the entry since it was found
        if entry := cache.find_directory("graph", key):
            findings = _unpack((entry / _FINDINGS).read_bytes())
            opened = Store.load_directory if in_memory else Store.open_cached
            return BuiltGraph(project, opened(entry / _STORE), findings)
    built = _graph(project, clock)
    finish_later(partial(cache.keep_directory, "graph", key, partial(_save, built)))
    return built


def _save(built: BuiltGraph, directory: Path) -> None:
    (directory / _FINDINGS).write_bytes(_pack(built.findings))
    folder_store.write(directory / _STORE, built.store.all_quads())


# The steps are imported where they run: a graph from the cache needs none of them.


def _graph(project: Project, clock: StepTimer) -> BuiltGraph:
    from cica_graph.pipeline.steps import load

    with clock("load"):
        store, findings = load.load(project.graph_files)
    return _follow(project, store, findings, clock)


def imported_graph(
    project: Project, paths: Iterable[Path], earlier: Store | None = None, on_progress: OnStep | None = None
) -> BuiltGraph:
    """Return the graph of files that ``import`` wrote, with all computed statements.

    The vocabulary, the states and the organizations come from the project. Memberships come from the files, and from
    ``earlier``, a store that ``build`` or ``import`` filled: a graph of a file replaces its graph of the same name. The
    files have no size limit, because this program wrote them.

    :raises UsageError: a file has the same graph as one of the project.
    """
    from cica_graph.pipeline.steps import load

    clock = StepTimer(on_progress)
    with clock("load"):
        ours, findings = load.load(project.data + project.links)
        theirs = (SourceFile(path, path.name, path.read_bytes()) for path in paths)
        store, faults = load.load(chain(project.ontology, theirs))
        if doubled := set(store.graphs()) & set(ours.graphs()) - load.COMPUTED:
            raise UsageError(f"the project already has the graph {min(doubled)}; remove its file from data/")
        if earlier is not None:
            store.add_quads(load.kept(earlier, set(store.graphs())))
        store.add_quads(load.actors(ours))
    return _follow(project, store, findings + faults, clock)


def _follow(project: Project, store: Store, findings: list[Finding], clock: StepTimer) -> BuiltGraph:
    from cica_graph.pipeline.steps import audit, bound, reason, record, settle

    with clock("bound"):
        quads, undated = bound.bound(store)
        store.add_quads(quads)
    with clock("settle"):
        store.add_quads(settle.settled(store))
    with clock("reason"):
        reason.reason(store)
    with clock("derive"):
        for day in derive.days(store):
            derive.snapshot(store, day)
        derive.findings(store)
        derive.listings(store)
    with clock("audit"):
        audit.audit(store)
    record.record(store)
    return BuiltGraph(project, store, findings + undated, clock.seconds)


def add_day(built: BuiltGraph, day: date) -> None:
    """Derive one more day."""
    from cica_graph.pipeline.steps import record

    derive.snapshot(built.store, day)
    record.record(built.store)


def add_file(built: BuiltGraph, path: Path) -> None:
    """Add a Turtle file that does not belong to the project as another named graph.

    :raises ProjectError: the file cannot be read.
    :raises ValidationFailed: its text has faults, or the project has a graph with the same name.
    """
    parsed = source_files.parse(source_files.read(path, path.name))  # the directory does not change the graph
    findings = [replace(finding, file=path.as_posix()) for finding in parsed.findings]
    if built.store.has_graph(parsed.graph):
        text = f"graph {parsed.graph.value} is already a graph of the project"
        findings.append(Finding(path.as_posix(), 1, 1, "dataset-header", "", text, "give the file another name"))
    if findings:
        raise ValidationFailed(f"{path} has findings; nothing was written", findings)
    built.store.add_quads(parsed.quads)


def check(
    project: Project, on_progress: OnStep | None = None, on: date | None = None
) -> tuple[BuiltGraph, list[Finding]]:
    """Return the graph and all findings, in the order of the files."""
    built = graph(project, on_progress)
    return built, all_findings(built, on_progress, on)


def all_findings(built: BuiltGraph, on_progress: OnStep | None = None, on: date | None = None) -> list[Finding]:
    """Return all findings about the files of a graph, in the order of the files.

    Contradictions are searched in the authored statements together with the snapshot of one day: the day with most
    claims, and ``on``. Days are separate, because a member on one day may be an observer on another.
    """
    project = built.project
    if on is not None:
        derive.snapshot(built.store, on)
    days = sorted({*derive.days(built.store), *([on] if on else [])})
    clock = StepTimer(on_progress)

    def make() -> bytes:
        from cica_graph.pipeline.steps import audit, bound, judge, load, settle, validate

        locator = Locator(project, built.store)
        shapes = validate.read_shapes(project.shapes)
        faulty = [f for file in project.shapes for f in source_files.parse_shapes(file).findings]
        authored = load.authored(built.store)
        snapshots = [built.store.graph(snapshot_graph(day)) for day in days] or [[]]
        judged = in_background(lambda: [f for snapshot in snapshots for f in judge.judge([*authored, *snapshot])])
        with clock("validate"):
            stated = Store.from_triples([*authored, *built.store.graph(bound.BOUNDS)])
            findings = validate.validate(authored, shapes) + validate.validate_sets(stated, shapes)
            findings += audit.contradicted(built.store) + settle.disputed_bodies(built.store)
        dangling = {f.subject for f in findings if f.rule == "dangling"}
        findings = [f for f in findings if f.rule == "dangling" or f.subject not in dangling]
        # An object of the wrong class also causes a contradiction. One finding is enough.
        reported = {f.subject.split(" ", 2)[2] for f in findings if f.subject.count(" ") > 1}
        with clock("judge"):
            findings += [f for f in judged() if reported.isdisjoint(f.subject.split(" "))]
        return _pack(sorted({locator.locate(finding) for finding in built.findings + faulty + findings}))

    files = project.graph_files + project.shapes
    key = cache.digest([*(f.digest for f in files), *map(str, days)])
    findings = _unpack(cache.get_or_make("check", key, make))
    built.seconds |= clock.seconds
    return findings


def _pack(findings: list[Finding]) -> bytes:
    return json.dumps([astuple(f) for f in findings]).encode()


def _unpack(packed: bytes) -> list[Finding]:
    return [Finding(*values) for values in json.loads(packed)]
