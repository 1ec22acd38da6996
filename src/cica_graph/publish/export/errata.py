"""Errata of published pages: the statement of each page, the result, its sources, and its certainty."""

from __future__ import annotations

from itertools import groupby
from typing import Final

from cica_graph.formats import tables
from cica_graph.memberships.checks import checks
from cica_graph.memberships.names import read_names
from cica_graph.memberships.standing import audits
from cica_graph.model.results import PageCheck
from cica_graph.store.store import Store

_COLUMNS: Final = ("organization", "page", "kind", "says", "finds", "verdict", "why", "sources", "certainty")


def errata(store: Store) -> list[PageCheck]:
    """Return the checks that an editor should look at, by page."""
    names = read_names(store)
    return [check for check in checks(store, names, audits(store, names)) if check.is_erratum]


def errata_csv(store: Store) -> bytes:
    """Return the errata as CSV."""
    return tables.render([_record(check) for check in errata(store)], _COLUMNS, "csv").encode()


def errata_markdown(store: Store) -> bytes:
    """Return the errata as Markdown, with a section for each page."""
    lines = ["# Errata of the pages", ""]
    for title, found in groupby(errata(store), key=lambda check: check.title):
        lines += [f"## {_safe(title)}", ""]
        for check in found:
            lines.append(f"- {_safe(check.aspect)}: the page gives: {_safe(check.says)}. Found: {_safe(check.finds)}.")
            lines.append(f"  {_safe(check.why)} Verdict: {check.verdict}. It rests on: {_safe(check.certainty)}.")
            if check.sources:
                lines.append(f"  Sources: {_safe('; '.join(check.sources))}.")
        lines.append("")
    return "\n".join(lines).encode()


def _record(check: PageCheck) -> tables.Record:
    return {
        "organization": check.organization,
        "page": check.title,
        "kind": check.aspect,
        "says": check.says,
        "finds": check.finds,
        "verdict": check.verdict,
        "why": check.why,
        "sources": "; ".join(check.sources),
        "certainty": check.certainty,
    }


def _safe(text: str) -> str:
    """Return a text on one line, with the characters of Markdown and HTML escaped."""
    plain = " ".join(text.split())
    return "".join(f"\\{char}" if char in "\\`*_[]<>#|" else char for char in plain)
