"""Errors that this package raises on purpose.

CicaGraphError              base class; the message gives the place, the problem and what to do
├── UsageError              (ValueError) the request is not valid; the command line exits with 2
│   ├── ProjectError        the directory is not a project
│   ├── NotFound            (LookupError) no organization, state or role has the name; the message suggests others
│   ├── InvalidDate         the value is not a day of the calendar, or not an EDTF date
│   └── QueryError          unknown query, wrong parameter, or SPARQL that does not parse
└── ValidationFailed        the files have findings; the command line exits with 1
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class CicaGraphError(Exception):
    """Base class of every error that this package raises on purpose."""


class UsageError(CicaGraphError, ValueError):
    """The request is not valid, or cannot be carried out."""


class ProjectError(UsageError):
    """The given directory is not a project."""


class NotFound(UsageError, LookupError):
    """No organization, state or role has the given name."""


class InvalidDate(UsageError):
    """The value is not a date, or is a date that is not in the calendar."""


class QueryError(UsageError):
    """The query does not exist, does not parse, or lacks a parameter."""


class ValidationFailed(CicaGraphError):
    """The files have findings, so the request was not carried out.

    :ivar findings: the findings, in the order of the files.
    """

    def __init__(self, message: str, findings: Sequence[Finding]) -> None:
        super().__init__(message)
        self.findings = list(findings)


@dataclass(frozen=True, order=True)
class Finding:
    """A fault in the files, with its place.

    :ivar file: path relative to the project, with forward slashes; empty if the fault is not in a single file.
    :ivar line: counted from 1; 0 if unknown.
    :ivar column: counted from 1 in characters; 0 if unknown.
    :ivar rule: local name of the shape or rule, listed in ``docs/shapes.md``.
    :ivar subject: IRI of the resource that has the fault, or an empty string.
    :ivar message: description of the fault, in one sentence.
    :ivar hint: instruction for correcting the fault.
    """

    file: str
    line: int
    column: int
    rule: str
    subject: str
    message: str
    hint: str = ""
