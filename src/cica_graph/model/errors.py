"""The errors that this package raises on purpose.

CicaGraphError              something the caller can act on; the message says where, what and what to do
├── UsageError              (ValueError) the request makes no sense: the command line exits with 2
│   ├── ProjectError        the directory is not a project
│   ├── NotFound            (LookupError) no organization, state or role has that name; the nearest are offered
│   ├── InvalidDate         not a day of the calendar, or not an EDTF date
│   └── QueryError          no such query, a wrong parameter, or SPARQL that does not parse
└── ValidationFailed        the files have findings: the command line exits with 1
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class CicaGraphError(Exception):
    """Base class of every error that this package raises on purpose."""


class UsageError(CicaGraphError, ValueError):
    """The request is invalid."""


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
    """One fault, and where it is.

    :ivar file: path relative to the project, with forward slashes; empty when no single file is at fault.
    :ivar line: counted from 1, 0 when unknown.
    :ivar column: counted from 1 in characters, 0 when unknown.
    :ivar rule: the local name of the shape or rule, listed in ``docs/shapes.md``.
    :ivar subject: IRI of the thing at fault, or an empty string.
    :ivar message: description of the fault, one sentence.
    :ivar hint: suggested correction.
    """

    file: str
    line: int
    column: int
    rule: str
    subject: str
    message: str
    hint: str = ""
