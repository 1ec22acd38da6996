"""Registry of importers, exports and readers of link datasets, found by entry points.

Another package adds one by an entry point in its metadata
(https://packaging.python.org/en/latest/specifications/entry-points/). The built-in ones are declared in the same way.
Nothing is imported until it is used.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any, Final, Literal

from cica_graph.model.errors import NotFound, UsageError

Group = Literal["cica_graph.importers", "cica_graph.exports", "cica_graph.link_readers"]
_PACKAGE: Final = "cica_graph"
_NOUNS: Final[dict[Group, str]] = {
    "cica_graph.importers": "importer",
    "cica_graph.exports": "export format",
    "cica_graph.link_readers": "reader of link datasets",
}


def names(group: Group) -> list[str]:
    """Return the names that are registered in a group, sorted."""
    return sorted(_registered(group))


def load(group: Group, name: str) -> Any:
    """Return the object that is registered under a name.

    :raises NotFound: nothing has the name.
    :raises UsageError: several installed packages register the name, or the object cannot be imported.
    """
    found = _registered(group)
    if name not in found:
        raise NotFound(f"unknown {_NOUNS[group]} {name!r}; the known ones are {', '.join(sorted(found))}")
    if len(points := found[name]) > 1:
        packages = ", ".join(sorted(point.dist.name if point.dist else point.value for point in points))
        raise UsageError(f"several packages provide the {_NOUNS[group]} {name!r}: {packages}; uninstall the others")
    (point,) = points
    try:
        return point.load()
    except (ImportError, AttributeError) as error:
        raise UsageError(f"the {_NOUNS[group]} {name!r} cannot be imported from {point.value}: {error}") from error


@cache
def _built_in(group: Group) -> tuple[EntryPoint, ...]:
    """Return this package's own entry points.

    In a checkout, they are read from pyproject.toml, because it may be run without being installed.
    """
    pyproject = Path(__file__).parents[3] / "pyproject.toml"
    if pyproject.is_file():
        import tomllib

        project = tomllib.loads(pyproject.read_text("utf-8")).get("project", {})
        if project.get("name") == "cica-graph":
            return tuple(EntryPoint(name, value, group) for name, value in project["entry-points"][group].items())
    return tuple(point for point in entry_points(group=group) if _own(point))


def _registered(group: Group) -> dict[str, list[EntryPoint]]:
    """Return the entry points of a group by name. Another package cannot replace a built-in one."""
    own = _by_name(_built_in(group))
    if not own:
        raise UsageError(f"cica-graph is not installed with its metadata, so {group} is empty; install the package")
    return _by_name(point for point in entry_points(group=group) if not _own(point)) | own


def _by_name(points: Iterable[EntryPoint]) -> dict[str, list[EntryPoint]]:
    found = defaultdict[str, list[EntryPoint]](list)
    for point in points:
        found[point.name].append(point)
    return dict(found)


def _own(point: EntryPoint) -> bool:
    return point.dist is not None and re.sub(r"[-_.]+", "_", point.dist.name.lower()) == _PACKAGE
