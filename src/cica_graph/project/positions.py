"""Positions of the statements in a Turtle text.

They are only needed for findings. The parser is rdflib's with hooks, because pyoxigraph gives no positions. The hooks
record character offsets, which become lines at the end: the parser's own line counter is inexact.
"""

from __future__ import annotations

import logging
from bisect import bisect_right
from collections import Counter, deque
from collections.abc import MutableSequence, Set
from contextlib import suppress
from typing import Any

from rdflib import Graph
from rdflib.plugins.parsers.notation3 import BadSyntax, RDFSink, SinkParser

logging.getLogger("rdflib.term").setLevel(logging.ERROR)  # the shapes report ill-typed literals

Key = tuple[str, str, str]


class Positions:
    """Line and column, both from 1, of the subjects and statements of one text."""

    def __init__(self, text: str) -> None:
        parser = _Recorder(RDFSink(Graph()), baseURI="", turtle=True)
        with suppress(BadSyntax, ValueError, IndexError):  # the statements before the error have positions
            parser.loadBuf(text)
        self._breaks = [-1, *(i for i, character in enumerate(text) if character == "\n")]
        self._statements, self._predicates, self._subjects = (
            parser.statements,
            parser.predicates,
            parser.subjects,
        )

    def exact(self, subject: str, predicate: str, obj: str | None) -> tuple[int, int] | None:
        """Return the position of one statement, or None if it is not in this text."""
        offset = None if obj is None else self._statements.get((subject, predicate, obj))
        return None if offset is None else self._place(offset)

    def find(self, subject: str, predicate: str = "") -> tuple[int, int]:
        """Return the position of the subject's predicate, else of the subject, else (0, 0)."""
        offset = self._predicates.get((subject, predicate), self._subjects.get(subject))
        return (0, 0) if offset is None else self._place(offset)

    def blank_node(self, pairs: Set[tuple[str, str]]) -> str:
        """Return this text's name for the blank node with most of the given predicates and objects."""
        count = Counter(s for s, p, o in self._statements if (p, o) in pairs and ":" not in s)
        return max(count, key=lambda name: (count[name], -self._subjects[name]), default="")

    def _place(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self._breaks, offset - 1)
        return line, offset - self._breaks[line - 1]


class _Recorder(SinkParser):
    """rdflib's Turtle parser, which records the offset of every subject and object."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self.statements: dict[Key, int] = {}
        self.predicates: dict[tuple[str, str], int] = {}
        self.subjects: dict[str, int] = {}
        self._starts: dict[int, list[int]] = {}
        self._queue: deque[int] = deque()
        self._subject_at = 0

    def statement(self, argstr: str, i: int) -> int:
        self._subject_at = self.skipSpace(argstr, i)
        return super().statement(argstr, i)

    def object(self, argstr: str, i: int, res: MutableSequence[Any]) -> int:
        start = self.skipSpace(argstr, i)
        end = super().object(argstr, i, res)
        self._starts.setdefault(id(res), []).append(start)
        return end

    def objectList(self, argstr: str, i: int, res: MutableSequence[Any]) -> int:
        self._starts.pop(id(res), None)  # an earlier list may have lived at this address
        end = super().objectList(argstr, i, res)
        # Nested lists are complete here; the caller makes the statements of this one next.
        self._queue = deque(self._starts.pop(id(res), ()))
        return end

    def makeStatement(self, quadruple: Any) -> None:
        context, predicate, subject, obj = quadruple
        at = self._queue.popleft() if self._queue else self._subject_at
        s, p, o = (str(self._store.normalise(context, term)) for term in (subject, predicate, obj))
        self.statements.setdefault((s, p, o), at)
        self.predicates.setdefault((s, p), at)
        self.subjects.setdefault(s, self._subject_at)
