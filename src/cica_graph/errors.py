"""What can go wrong, as a tree.

CicaGraphError            something the caller can act on; the message says where, what and what to do
├── Misuse                the request makes no sense: the command line exits with 2
│   ├── ProjectError      the directory is not a project
│   ├── UnknownName       no organization or state goes by that name; the nearest ones are offered
│   ├── BadDate           not a day of the calendar, or not a date that EDTF knows
│   └── QueryError        no such query, a wrong parameter, or SPARQL that does not parse
└── Found                 the files have findings: the command line exits with 1
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class CicaGraphError(Exception):
    """Base of every error that this package raises on purpose."""


class Misuse(CicaGraphError):
    """The request cannot be carried out as it was put."""


class ProjectError(Misuse):
    """The directory given is not a project."""


class UnknownName(Misuse):
    """Nothing is known by the name asked for."""


class BadDate(Misuse):
    """A text that is not a date, or a date that is not in the calendar."""


class QueryError(Misuse):
    """A query that does not exist, does not parse, or lacks a parameter."""


class Found(CicaGraphError):
    """The files have findings, so what was asked for was not done.

    :ivar findings: what was found, in the order of the files.
    """

    def __init__(self, message: str, findings: Sequence[Finding]) -> None:
        super().__init__(message)
        self.findings = list(findings)


@dataclass(frozen=True, order=True)
class Finding:
    """One thing that is wrong, and where.

    :ivar file: path relative to the project, with forward slashes; empty when no one file is at fault.
    :ivar line: counted from 1, 0 when unknown.
    :ivar column: counted from 1 in characters, 0 when unknown.
    :ivar rule: the local name of the shape or rule, listed in ``docs/shapes.md``.
    :ivar subject: IRI of the thing at fault, or an empty string.
    :ivar message: one sentence that says what is wrong.
    :ivar hint: what to do about it.
    """

    file: str
    line: int
    column: int
    rule: str
    subject: str
    message: str
    hint: str = ""
