"""From a thing at fault to the file, line and column where it stands."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache, cached_property
from typing import TYPE_CHECKING

from cica_graph import sources
from cica_graph.errors import Finding
from cica_graph.sources import File, Project
from cica_graph.store import Store
from cica_graph.terms import PREFIXES

if TYPE_CHECKING:
    from cica_graph.positions import Positions


class Places:
    """Finds places in a project's files; each file is read for its positions once, and only when asked."""

    def __init__(self, project: Project, store: Store) -> None:
        self._project, self._store = project, store
        self._positions = cache(self._read)

    @cached_property
    def _homes(self) -> dict[str, list[File]]:
        homes: dict[str, list[File]] = {}
        for file in self._project.graph_files:
            homes.setdefault(sources.parse(file).graph.value, []).append(file)
        return homes

    def place(self, finding: Finding) -> Finding:
        """Return the finding with its place; ``subject`` holds ``subject predicate object`` until here.

        A finding that already has its file keeps it. Names in the message are shortened.
        """
        if finding.file:
            return finding
        subject, _, rest = finding.subject.partition(" ")
        predicate, _, obj = rest.partition(" ")
        file, line, column = self._find(subject, predicate, obj or None)
        return replace(
            finding,
            file=file,
            line=line,
            column=column,
            subject=subject if subject.startswith(("http", "urn")) else "",
            message=shorten(finding.message),
        )

    def _find(self, subject: str, predicate: str, obj: str | None) -> tuple[str, int, int]:
        if not subject.startswith(("http", "urn")):
            return "", 0, 0
        best = ("", 0, 0)
        for graph in self._store.places(subject, predicate) or self._store.places(subject):
            for file in self._homes.get(graph, ()):
                exact = self._positions(file).exact(subject, predicate, obj)
                line, column = exact or self._positions(file).find(subject, predicate)
                if exact:
                    return file.name, line, column
                if line and not best[1]:
                    best = (file.name, line, column)
                best = best if best[0] else (file.name, 0, 0)
        return best

    @staticmethod
    def _read(file: File) -> Positions:
        from cica_graph.positions import Positions  # its parser is rdflib's, which a clean check never needs

        return Positions(file.text()[0])


def shorten(text: str) -> str:
    """Replace IRIs in a text by prefixed names."""

    def short(match: re.Match[str]) -> str:
        iri = match[0].rstrip(".")
        for prefix, namespace in sorted(PREFIXES.items(), key=lambda item: -len(item[1])):
            if iri.startswith(namespace) and iri != namespace:
                return f"{prefix}:{iri.removeprefix(namespace)}" + match[0][len(iri) :]
        return match[0]

    return re.sub(r"https?://[^\s<>\"',()]+", short, text)
