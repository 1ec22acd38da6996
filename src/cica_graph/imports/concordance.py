"""Concordance of organizations: the codes by which datasets name one organization.

The file ``data/concordance.tsv`` has a row for each organization. People may edit it. All importers use it, so that the
NATO of one dataset is the NATO of another.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Final

from cica_graph import queries
from cica_graph.model.errors import Finding, ValidationFailed
from cica_graph.model.terms import BASE, ID, PREFIXES
from cica_graph.project.source_files import SourceFile
from cica_graph.store.store import Store, value

COLUMNS: Final = ("organization", "acronym", "name", "cow", "factbook", "wikidata")
_ORGANIZATION: Final = ID + "org/"
_VALID: Final[Mapping[str, re.Pattern[str]]] = {
    "organization": re.compile(r"[a-z0-9]+(-[a-z0-9]+)*"),
    "acronym": re.compile(r".+"),
    "name": re.compile(r".+"),
    "cow": re.compile(r"[0-9]{0,4}"),
    "factbook": re.compile(r".*"),
    "wikidata": re.compile(r"(Q[0-9]+)?"),
}


@dataclass(frozen=True)
class JoinedOrganization:
    """An organization that a dataset names.

    :ivar declared: True if the project declares it; otherwise the file of the import declares it.
    """

    iri: str
    acronym: str
    name: str
    declared: bool


@dataclass(frozen=True)
class Concordance:
    """The organizations of a concordance by the codes of each dataset.

    :ivar copies: the sources of the project that an import repeats: their IRI by the slug of the import's source.
    """

    by_cow: Mapping[int, JoinedOrganization] = field(default_factory=dict)
    by_factbook: Mapping[str, JoinedOrganization] = field(default_factory=dict)
    by_wikidata: Mapping[str, JoinedOrganization] = field(default_factory=dict)
    copies: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, file: SourceFile, store: Store) -> Concordance:
        """Read the concordance of a project.

        An organization of the project has its IRI from the project: it has the IRI, the COW number or the Wikidata item
        of the row. Every other organization gets an IRI from the first column.

        :raises ValidationFailed: a row is not valid, or two rows have the same code.
        """
        by_code, findings = dict[tuple[str, str], JoinedOrganization](), list[Finding]()
        project = _codes(store)
        for line, row in _rows(file, findings):
            organization = _joined(row, project)
            for column, code in _codes_of(row):
                if by_code.setdefault((column, code), organization) is not organization:
                    findings.append(_finding(file, line, f"another row has the {column} code {code!r}"))
        if findings:
            raise ValidationFailed(f"{file.path} has findings; nothing was imported", findings)
        columns: dict[str, dict[str, JoinedOrganization]] = {column: {} for column in COLUMNS}
        for (column, code), organization in by_code.items():
            columns[column][code] = organization
        by_cow = {int(code): organization for code, organization in columns["cow"].items()}
        return cls(by_cow, columns["factbook"], columns["wikidata"], _copies(store))


def _copies(store: Store) -> dict[str, str]:
    text = files("cica_graph.imports").joinpath("source-copies.csv").read_text("utf-8")
    documents = {row["slug"]: f"{BASE}doc/{row['document']}#document" for row in csv.DictReader(text.splitlines())}
    return {slug: iri for slug, iri in documents.items() if store.about([iri])}


def _codes(store: Store) -> Mapping[tuple[str, str], str]:
    """Return the organizations of a project by IRI, COW number and Wikidata item."""
    found = dict[tuple[str, str], str]()
    organizations = {
        value(row["actor"])
        for row in store.select(queries.shipped("select", "actors").text)
        if value(row["kind"]) == "organization"
    }
    for row in store.select(queries.shipped("cookbook", "codes").text):
        iri = value(row["actor"])
        if iri in organizations:
            found["organization", iri] = iri
            for name in ("cow", "wikidata"):
                if name in row:
                    found[name, value(row[name]).removeprefix(PREFIXES["wd"])] = iri
    return found


def _rows(file: SourceFile, findings: list[Finding]) -> Iterator[tuple[int, Mapping[str, str]]]:
    text, damage = file.text()
    if damage is not None:
        findings.append(damage)
    reader = csv.DictReader(text.splitlines(), delimiter="\t")
    if tuple(reader.fieldnames or ()) != COLUMNS:
        findings.append(_finding(file, 1, f"the columns are not {', '.join(COLUMNS)}"))
        return
    for row in reader:
        wrong = [name for name in COLUMNS if row[name] is None or not _VALID[name].fullmatch(row[name])]
        if wrong or None in row:
            name = wrong[0] if wrong else "row"
            findings.append(_finding(file, reader.line_num, f"the {name} is not valid"))
        else:
            yield reader.line_num, row


def _finding(file: SourceFile, line: int, message: str) -> Finding:
    return Finding(file.name, line, 1, "concordance", "", message, "correct the row")


def _joined(row: Mapping[str, str], project: Mapping[tuple[str, str], str]) -> JoinedOrganization:
    iri = _ORGANIZATION + row["organization"]
    keys = ("organization", iri), ("cow", row["cow"]), ("wikidata", row["wikidata"])
    known = next((project[key] for key in keys if key in project), None)
    return JoinedOrganization(known or iri, row["acronym"], row["name"], known is not None)


def _codes_of(row: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    yield "organization", row["organization"]
    for column in ("cow", "factbook", "wikidata"):
        for code in row[column].split("|"):
            if code:
                yield column, code


NO_CONCORDANCE: Final = Concordance()
