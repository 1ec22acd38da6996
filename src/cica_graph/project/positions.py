"""Positions of the statements in a Turtle text.

They are only needed for findings. pyoxigraph gives the statements without positions, but in the order of the text. So
a reader of the tokens notes the place of each statement, and both are put together. Turtle 1.1, section 6.5.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pyoxigraph as ox

Key = tuple[str, str, str]
Place = tuple[int, int]  # offsets of the subject and of the object in the text

_TOKEN = re.compile(
    r"""(?:\s++|\#[^\n\r]*+)*+
    (?:(?P<text>\"{3}(?:[^"\\]++|\\.|"(?!""))*+\"{3}|'{3}(?:[^'\\]++|\\.|'(?!''))*+'{3}
              |"(?:[^"\\\n\r]++|\\.)*+"|'(?:[^'\\\n\r]++|\\.)*+')
      |(?P<tag>@(?!prefix\b|base\b)[A-Za-z0-9-]+)
      |(?P<word><(?!<)[^<>"\s]*+>
               |(?:[^\s<>"'()\[\];,#\\.^{}|~]|\\.|\.+(?=[^\s<>"'()\[\];,#.^{}|~]))+)
      |(?P<mark>\^\^|[\[\](),;.])
      |(?P<new><<|\{\||~))""",
    re.VERBOSE | re.DOTALL,
)
_DIRECTIVES = {"@prefix": 2, "@base": 1, "prefix": 2, "base": 1}  # and the number of terms of each


class Positions:
    """Line and column, both from 1, of the subjects and statements of one text.

    :param triples: the statements that the parser read, in order; after a syntax error, those before it.
    """

    def __init__(self, text: str, triples: Iterable[ox.Triple]) -> None:
        self._breaks = [-1, *(i for i, character in enumerate(text) if character == "\n")]
        self._statements: dict[Key, int] = {}
        self._predicates: dict[tuple[str, str], int] = {}
        self._subjects: dict[str, int] = {}
        for triple, (subject_at, at) in zip(triples, places(text), strict=False):
            s, p, o = _text(triple.subject), triple.predicate.value, _text(triple.object)
            self._statements.setdefault((s, p, o), at)
            self._predicates.setdefault((s, p), at)
            self._subjects.setdefault(s, subject_at)

    def exact(self, subject: str, predicate: str, obj: str | None) -> tuple[int, int] | None:
        """Return the position of one statement, or None if it is not in this text."""
        offset = None if obj is None else self._statements.get((subject, predicate, obj))
        return None if offset is None else self._place(offset)

    def find(self, subject: str, predicate: str = "") -> tuple[int, int]:
        """Return the position of the subject's predicate, else of the subject, else (0, 0)."""
        offset = self._predicates.get((subject, predicate), self._subjects.get(subject))
        return (0, 0) if offset is None else self._place(offset)

    def _place(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self._breaks, offset - 1)
        return line, offset - self._breaks[line - 1]


def _text(term: object) -> str:
    return str(getattr(term, "value", term))


def line_of(text: str, offset: int) -> tuple[int, int]:
    """Return line and column of an offset, both from 1."""
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


def new_syntax(text: str) -> int:
    """Return the offset of the first syntax of RDF 1.2 in a Turtle text, or 0."""
    return next((match.start("new") for match in _tokens(text) if match["new"]), 0)


def long_token(text: str, size: int) -> int:
    """Return the offset of the first IRI or literal with more than so many characters, or 0."""
    found = (m for m in _tokens(text) if m.end() - m.start() > size)
    return next((match.end() - len(match[0].lstrip()) for match in found), 0)


def _tokens(text: str) -> Iterator[re.Match[str]]:
    """Yield the tokens of a text, up to the first place that is not a token."""
    at = 0
    while match := _TOKEN.match(text, at):
        yield match
        at = match.end()


@dataclass
class _Open:
    """A statement, bracket or list that is not complete.

    :ivar at: offset of its subject.
    :ivar terms: terms since the subject, at most one; -1 before a subject; in a list, the number of its items.
    """

    kind: str
    at: int
    terms: int = 0


def places(text: str) -> Iterator[Place]:
    """Yield the places of subject and object of each statement, in the order in which the parser gives them.

    It ends at a syntax error, and at syntax of RDF 1.2.
    """
    reader = _OpenStatements()
    for token in _tokens(text):
        if token["new"] or not reader.read(token["mark"] or "", token, token.start(token.lastgroup or 0)):
            return
        yield from reader.complete()


class _OpenStatements:
    """The open statements, and those that the last token completed."""

    def __init__(self) -> None:
        self._stack, self._complete = [_Open("", 0, -1)], list[Place]()
        self._text = -1  # offset of a literal that is complete after its language or datatype, or before the next token
        self._skipped = 0  # terms to skip: those of a directive, or a datatype

    def complete(self) -> Iterator[Place]:
        """Yield the places of the statements that the last token completed: the parser gives the last one first."""
        yield from reversed(self._complete)
        self._complete.clear()

    def read(self, mark: str, token: re.Match[str], at: int) -> bool:
        """Read a token, and return whether it is possible here."""
        top = self._stack[-1]
        if self._skipped and not mark:
            self._skipped -= 1
            if not self._skipped and self._text >= 0:
                self._end_text()
            return True
        if mark == "^^":
            self._skipped = 1
            return self._text >= 0
        if self._text >= 0:
            self._end_text()
            if token["tag"]:
                return True
        if mark in ("]", ")"):
            return self._close(mark, at)
        if mark in (",", ";", "."):
            top.terms = {",": 1, ";": 0, ".": -1}[mark]
            return top.kind != "(" and (mark != "." or not top.kind)
        if not mark and top.terms == -1 and (terms := _DIRECTIVES.get(token["word"].lower() if token["word"] else "")):
            self._skipped = terms
            return True
        self._begin(at)
        if mark:
            self._stack.append(_Open(mark, at))
        elif token["text"]:
            self._text = at
        else:
            self._term(self._stack[-1], at)
        return True

    def _begin(self, at: int) -> None:
        """Begin a term. With its first item, a list becomes a term itself."""
        top = self._stack[-1]
        if top.kind == "(" and top.terms:
            self._complete.append((top.at, at))  # rdf:rest
        elif top.kind == "(":
            self._term(self._stack[-2], top.at)

    def _term(self, of: _Open, at: int) -> None:
        if of.kind == "(" or of.terms == 1:
            self._complete.append((of.at, at))
        elif of.terms == -1:
            of.at = at
        of.terms = of.terms + 1 if of.kind == "(" else min(of.terms + 1, 1)

    def _end_text(self) -> None:
        self._term(self._stack[-1], self._text)
        self._text = -1

    def _close(self, mark: str, at: int) -> bool:
        top = self._stack.pop()
        if top.kind + mark not in ("[]", "()"):
            return False
        if mark == ")" and top.terms:
            self._complete.append((top.at, at))  # rdf:rest rdf:nil
        else:
            self._term(self._stack[-1], top.at)
        return True
