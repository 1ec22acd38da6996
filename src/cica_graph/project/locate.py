"""Positions of findings: file, line and column of a faulty resource."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cached_property

import pyoxigraph as ox

from cica_graph.model.errors import Finding
from cica_graph.model.terms import PREFIXES, RDF_TYPE
from cica_graph.project import source_files
from cica_graph.project.lines import places
from cica_graph.project.source_files import Parsed, Project
from cica_graph.store.store import Store


class Locator:
    """Finder of positions in a project's files. It reads the files again, once, when a finding needs them."""

    def __init__(self, project: Project, store: Store) -> None:
        self._project, self._store = project, store

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
        for parsed in self._files(subject, predicate):
            name = parsed.file.name
            if subject in parsed.lines:
                return name, parsed.lines[subject], 1
            if exact := parsed.positions.exact(subject, predicate, obj):
                return name, *exact
            line, column = parsed.positions.find(subject, predicate)
            if not line and (after := places([parsed.file], [subject])):  # statements after a syntax error
                line, column = after[subject].line, 1
            if line and not best[1]:
                best = (name, line, column)
            best = best if best[0] else (name, 0, 0)
        return best

    def _files(self, subject: str, predicate: str) -> list[Parsed]:
        """Return the files to search: with the statement, else with the subject's type, else with the subject."""
        if not _named(subject):
            return self._blank_nodes.get(subject, [])
        for found in (predicate, RDF_TYPE, ""):
            if graphs := [g for g in self._store.graphs_with(subject, found) if g in self._homes]:
                return [parsed for graph in graphs for parsed in self._homes[graph]]
        return []

    @cached_property
    def _blank_nodes(self) -> dict[str, list[Parsed]]:
        """The file of each blank node."""
        return {
            quad.subject.value: [parsed]
            for files in self._homes.values()
            for parsed in files
            for quad in parsed.quads
            if isinstance(quad.subject, ox.BlankNode)
        }


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
