"""Positions of findings: file, line and column of a faulty resource."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache, cached_property
from typing import TYPE_CHECKING

import pyoxigraph as ox

from cica_graph.model.errors import Finding
from cica_graph.model.terms import PREFIXES, RDF_TYPE
from cica_graph.project import source_files
from cica_graph.project.source_files import Parsed, Project, SourceFile
from cica_graph.store.store import Store

if TYPE_CHECKING:
    from cica_graph.project.positions import Positions


class Locator:
    """Finder of positions in a project's files. It reads the positions of a file once, when they are needed."""

    def __init__(self, project: Project, store: Store) -> None:
        self._project, self._store = project, store
        self._positions = cache(self._read)

    @cached_property
    def _homes(self) -> dict[str, list[Parsed]]:
        homes: dict[str, list[Parsed]] = {}
        for file in self._project.graph_files:
            parsed = source_files.parse(file)
            homes.setdefault(parsed.graph.value, []).append(parsed)
        return homes

    def locate(self, finding: Finding) -> Finding:
        """Return the finding with its position and with short names in its message.

        The ``subject`` of the given finding is ``subject predicate object``. A finding with a file keeps its position.
        """
        if finding.file:
            return replace(finding, message=shorten(finding.message))
        subject, _, rest = finding.subject.partition(" ")
        predicate, _, obj = rest.partition(" ")
        file, line, column = self._find(subject, predicate, obj or None)
        return replace(
            finding,
            file=file,
            line=line,
            column=column,
            subject=subject if _named(subject) else "",
            message=shorten(finding.message),
        )

    def _find(self, subject: str, predicate: str, obj: str | None) -> tuple[str, int, int]:
        best = ("", 0, 0)
        for graph in self._graphs(subject, predicate):
            for parsed in self._homes.get(graph, ()):
                file = parsed.file
                if subject in parsed.lines:
                    return file.name, parsed.lines[subject], 1
                positions = self._positions(file)
                name = subject if _named(subject) else positions.blank_node(self._blank_nodes[subject][1])
                exact = positions.exact(name, predicate, obj)
                line, column = exact or positions.find(name, predicate)
                if exact:
                    return file.name, line, column
                if line and not best[1]:
                    best = (file.name, line, column)
                best = best if best[0] else (file.name, 0, 0)
        return best

    def _graphs(self, subject: str, predicate: str) -> list[str]:
        """Return the graphs to search: with the statement, else with the subject's type, else with the subject."""
        if not _named(subject):
            return [self._blank_nodes[subject][0]] if subject in self._blank_nodes else []
        for found in (predicate, RDF_TYPE, ""):
            if graphs := [g for g in self._store.graphs_with(subject, found) if g in self._homes]:
                return graphs
        return []

    @cached_property
    def _blank_nodes(self) -> dict[str, tuple[str, set[tuple[str, str]]]]:
        """The graph and the statements of each blank node. A blank node has no name to search for in a text."""
        nodes: dict[str, tuple[str, set[tuple[str, str]]]] = {}
        for quad in self._store.quads():
            if isinstance(quad.subject, ox.BlankNode) and isinstance(quad.graph_name, ox.NamedNode):
                _, pairs = nodes.setdefault(quad.subject.value, (quad.graph_name.value, set()))
                if isinstance(quad.object, ox.NamedNode | ox.Literal):
                    pairs.add((quad.predicate.value, quad.object.value))
        return nodes

    @staticmethod
    def _read(file: SourceFile) -> Positions:
        from cica_graph.project.positions import (
            Positions,  # it imports rdflib, which a check without findings does not need
        )

        return Positions(file.text()[0])


def _named(subject: str) -> bool:
    return ":" in subject


def shorten(text: str) -> str:
    """Return a text with prefixed names in place of IRIs."""

    def short(match: re.Match[str]) -> str:
        iri = match[0].rstrip(".")
        for prefix, namespace in sorted(PREFIXES.items(), key=lambda item: -len(item[1])):
            if iri.startswith(namespace) and iri != namespace:
                return f"{prefix}:{iri.removeprefix(namespace)}" + match[0][len(iri) :]
        return match[0]

    return re.sub(r"https?://[^\s<>\"',()]+", short, text)
