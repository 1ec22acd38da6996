"""Where the graph that is served comes from, and how one sees that it has changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from cica_graph.files import cache
from cica_graph.files.background import beside
from cica_graph.graph import Graph
from cica_graph.model.errors import UsageError, ValidationFailed
from cica_graph.pipeline import build
from cica_graph.project.source_files import Project
from cica_graph.serve.config import Settings
from cica_graph.store import folder_store
from cica_graph.store.store import Store

if TYPE_CHECKING:
    from cica_graph.publish.site.view import World


@dataclass(frozen=True)
class Edition:
    """One state of the data, which never changes; other data are another edition.

    :ivar digest: tells it from every other, and is the same for the same data and code.
    :ivar open_store: gives the store, in the process that calls it.
    :ivar project: whose rules and citation its pages show; None for a folder of Oxigraph, without pages.
    """

    digest: str
    open_store: Callable[[], Store]
    project: Project | None = None

    @cached_property
    def graph(self) -> Graph:
        """The graph, for answers that need no SPARQL; of a folder, with the shipped vocabulary and rules."""
        return Graph(build.BuiltGraph(self.project or Project.at(None), self.open_store(), []))

    @cached_property
    def world(self) -> World:
        """The graph as its pages look at it."""
        from cica_graph.publish.site.view import World

        return World(self.graph)

    def warm(self) -> None:
        """Work out now what every answer looks at, so that processes forked from this one share it."""
        if self.project is not None:
            graph, world = self.graph, self.world
            _ = graph.names, graph.arrays, world.things.paths(), world.by_member


def digest(settings: Settings) -> str:
    """Return the digest that the data have now.

    :raises UsageError: there are none.
    """
    if settings.folder is None:
        return _project_digest(Project.at(settings.project))
    return _digest(folder_store.data_directory(settings.folder), _project_for(settings, settings.folder))


def edition(settings: Settings) -> Edition:
    """Return the data as they are now: a project is built, or taken from the cache, and kept in memory.

    So is what ``build --store`` put into a folder. A folder of Oxigraph's own stays on the disk.

    :raises UsageError: there are none.
    :raises ValidationFailed: the project has faults of text or date.
    """
    if settings.folder is not None:
        folder, project = folder_store.data_directory(settings.folder), _project_for(settings, settings.folder)
        open_store = partial(Store.open_directory, folder)
        if project is not None:
            store = Store()
            # In a process beside, since reading from the disk leaves threads behind, and this one is going to fork.
            store.restore(beside(lambda: open_store().dump())())
            store.separate_default_graph()
            return Edition(_digest(folder, project), lambda: store, project)
        return Edition(_digest(folder, project), open_store)
    project = Project.at(settings.project)
    built = build.graph(project)
    if built.findings:
        raise ValidationFailed("the files have findings, see `check`; they are not served", built.findings)
    built.store.separate_default_graph()
    return Edition(_project_digest(project), lambda: built.store, project)


def _project_for(settings: Settings, folder: Path) -> Project | None:
    """Return the project whose rules and citation go with a folder, if ``build --store`` filled it.

    :raises UsageError: there is one for a folder that is Oxigraph's own, which has no pages.
    """
    if folder_store.is_filled(folder):
        return Project.at(settings.project)
    if settings.project is not None:
        raise UsageError(
            f"--project goes with a folder that `build --store` filled, and {folder} is none; give one of them"
        )
    return None


def _digest(folder: Path, project: Project | None) -> str:
    files = (*project.shapes, project.citation) if project is not None else ()
    return cache.digest([_folder_digest(folder), cache.code_digest(), *(file.digest for file in files)])


def _project_digest(project: Project) -> str:
    files = *project.graph_files, *project.shapes, project.citation
    return cache.digest([cache.code_digest(), *(file.digest for file in files)])


def _folder_digest(folder: Path) -> str:
    """Return a digest of which files there are, how large, and when each was last written."""
    if not (folder / "CURRENT").is_file():
        raise UsageError(
            f"{folder} holds no store; `cica-graph build --store {folder}` makes one, and so does `oxigraph load "
            f"--location {folder} --file FILE`"
        )
    try:
        files = [(path.name, path.stat()) for path in sorted(folder.iterdir()) if path.name != "LOCK"]
    except OSError as error:  # it is being replaced at this moment
        raise UsageError(f"{folder} cannot be read: {error.strerror}") from error
    return cache.digest([f"{name} {stat.st_size} {stat.st_mtime_ns}" for name, stat in files])
