"""Release: one state of the data, which never changes. Changed data are a new release."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from cica_graph.files import cache
from cica_graph.graph import Graph
from cica_graph.model.errors import UsageError, ValidationFailed
from cica_graph.pipeline import build
from cica_graph.project.source_files import Project
from cica_graph.serve.config import Settings
from cica_graph.store import folder_store
from cica_graph.store.store import Store

if TYPE_CHECKING:
    from cica_graph.publish.site.view import SiteView


@dataclass(frozen=True)
class Release:
    """One state of the data.

    :ivar digest: different for each state of data and code, and the same for the same data and code.
    :ivar open_store: opens the store in the process that calls it.
    :ivar project: the project with the rules and the citation of the pages; None for an Oxigraph store without pages.
    """

    digest: str
    open_store: Callable[[], Store]
    project: Project | None = None

    @cached_property
    def graph(self) -> Graph:
        """The graph, for answers without SPARQL; an Oxigraph store has the vocabulary and rules of the package."""
        return Graph(build.BuiltGraph(self.project or Project.at(None), self.open_store(), []))

    @cached_property
    def site_view(self) -> SiteView:
        """The view of the graph that pages use."""
        from cica_graph.publish.site.view import SiteView

        return SiteView(self.graph)

    def warm(self) -> None:
        """Compute what every answer uses, so that processes that are forked later share it."""
        if self.project is not None:
            graph, site_view = self.graph, self.site_view
            _ = graph.names, graph.arrays, site_view.index.paths(), site_view.by_member


def current_digest(settings: Settings) -> str:
    """Return the digest of the current data.

    :raises UsageError: there are no data.
    """
    if settings.folder is None:
        return _project_digest(Project.at(settings.project))
    return _digest(folder_store.data_directory(settings.folder), _project_for(settings, settings.folder))


def load_release(settings: Settings) -> Release:
    """Return the current data. A project is built, or taken from the cache, and kept in memory.

    A directory that ``build --store`` filled is also kept in memory; another Oxigraph store stays on disk.

    :raises UsageError: there are no data.
    :raises ValidationFailed: the project has findings.
    """
    if settings.folder is not None:
        folder, project = folder_store.data_directory(settings.folder), _project_for(settings, settings.folder)
        if project is None:
            return Release(_digest(folder, None), partial(Store.open_directory, folder))
        store = Store.load_directory(folder)
        store.separate_default_graph()
        return Release(_digest(folder, project), lambda: store, project)
    project = Project.at(settings.project)
    built = build.graph(project, in_memory=True)
    if built.findings:
        raise ValidationFailed("The data have findings and are not served. Run `check` to list them.", built.findings)
    built.store.separate_default_graph()
    return Release(_project_digest(project), lambda: built.store, project)


def _project_for(settings: Settings, folder: Path) -> Project | None:
    """Return the project with the rules and the citation for a directory, if ``build --store`` filled the directory.

    :raises UsageError: a project was given for another Oxigraph store, which has no pages.
    """
    if folder_store.is_filled(folder):
        return Project.at(settings.project)
    if settings.project is not None:
        raise UsageError(f"`build --store` did not fill {folder}; use either --project or --store.")
    return None


def _digest(folder: Path, project: Project | None) -> str:
    files = (*project.shapes, project.citation) if project is not None else ()
    return cache.digest([_folder_digest(folder), cache.code_digest(), *(file.digest for file in files)])


def _project_digest(project: Project) -> str:
    files = *project.graph_files, *project.shapes, project.citation
    return cache.digest([cache.code_digest(), *(file.digest for file in files)])


def _folder_digest(folder: Path) -> str:
    """Return a digest of the names, sizes and modification times of the files."""
    if not (folder / "CURRENT").is_file():
        raise UsageError(
            f"{folder} does not contain a store. Create one with `cica-graph build --store {folder}` or with "
            f"`oxigraph load --location {folder} --file FILE`."
        )
    try:
        files = [(path.name, path.stat()) for path in sorted(folder.iterdir()) if path.name != "LOCK"]
    except OSError as error:  # it is being replaced at this moment
        raise UsageError(f"{folder} cannot be read: {error.strerror}") from error
    return cache.digest([f"{name} {stat.st_size} {stat.st_mtime_ns}" for name, stat in files])
