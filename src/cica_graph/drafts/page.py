"""The text of a page as passages: paragraphs, headings and bullets, each with its lines in the file."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, NamedTuple

from cica_graph.files.bounded import read_file
from cica_graph.model.errors import UsageError

Style = Literal["bold", "grey", "link"]

MAX_BYTES: Final = 1 << 20  # a profile page has about 5,000 characters, and its HTML rarely 100,000
MAX_LENGTH: Final = 8_000  # characters of one passage
MAX_PASSAGES: Final = 2_000
MAX_TEXT: Final = 100_000  # characters of all passages; with more, Markdown takes minutes
_BULLET_MARK: Final = re.compile(r"[•‣▪●◦]\s*")
_CONTROL: Final = re.compile("[\0-\x08\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_INVISIBLE: Final = re.compile("[\xad\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")


class LineRange(NamedTuple):
    """Lines of the file, counted from 1."""

    first: int
    last: int

    def __str__(self) -> str:
        return f"line {self.first}" if self.first == self.last else f"lines {self.first}-{self.last}"


class Span(NamedTuple):
    """A stretch of characters of a passage in one style.

    :ivar target: address of a link.
    """

    start: int
    end: int
    style: Style
    target: str = ""


@dataclass(frozen=True)
class Passage:
    """A paragraph, a heading or a bullet.

    :ivar text: the text with single spaces.
    :ivar lines: line in the file by the position of its first character in the text, in order.
    :ivar bullet: True for an item of a list.
    :ivar spans: the styles; a page of plain text has none.
    """

    text: str
    lines: tuple[tuple[int, int], ...]
    bullet: bool = False
    spans: tuple[Span, ...] = ()

    def place(self, start: int = 0, end: int | None = None) -> LineRange:
        """Return the lines of a stretch of the text (default: all)."""
        starts = [position for position, _ in self.lines]
        end = len(self.text) if end is None else end
        first, last = (max(0, bisect_right(starts, at) - 1) for at in (start, max(start, end - 1)))
        return LineRange(self.lines[first][1], self.lines[last][1])

    def has(self, style: Style, start: int, end: int) -> bool:
        """Return whether every letter of a stretch is in a style."""
        inside = set[int]()
        for span in self.spans:
            if span.style == style:
                inside.update(range(max(start, span.start), min(end, span.end)))
        letters = {at for at in range(start, end) if self.text[at].isalnum()}
        return bool(letters) and letters <= inside


class PassageBuilder:
    """Collector of the pieces of passages. Readers of formats call it."""

    def __init__(self, path: Path) -> None:
        self.passages = list[Passage]()
        self.path, self._size = path, 0
        self._clear()

    def _clear(self) -> None:
        self._text, self._lines, self._spans, self._bullet = "", list[tuple[int, int]](), list[Span](), False
        self._broken = False

    @property
    def empty(self) -> bool:
        """True at the beginning of a passage."""
        return not self._text

    def bullet(self) -> None:
        """Begin an item of a list."""
        self.finish()
        self._bullet = True

    def add(self, text: str, line: int, styles: frozenset[Style] = frozenset(), target: str = "") -> None:
        """Add a piece of text that begins on a line of the file.

        :raises UsageError: the passage is longer than :data:`MAX_LENGTH`.
        """
        for number, part in enumerate(text.split("\n"), line):
            part = _INVISIBLE.sub("", part)
            words = " ".join(part.split())
            if not words:
                self._space()
                continue
            if part[0].isspace() or number > line:
                self._space()
            if (not self._text or self._broken) and (mark := _BULLET_MARK.match(words)):
                self.bullet()
                words = words[mark.end() :]
            self._broken = False
            start = len(self._text)
            if not self._lines or self._lines[-1][1] != number:
                self._lines.append((start, number))
            self._text += words
            self._spans += [Span(start, len(self._text), style, target) for style in sorted(styles)]
            if part[-1].isspace():
                self._space()
        if len(self._text) > MAX_LENGTH:
            where = f"{self.path}:{self._lines[0][1]}"
            raise UsageError(f"{where}: a passage has more than {MAX_LENGTH:,} characters. Give one profile page.")

    def break_line(self) -> None:
        """Break the line inside a passage: a bullet may follow."""
        self._space()
        self._broken = True

    def _space(self) -> None:
        if self._text and not self._text.endswith(" "):
            self._text += " "

    def finish(self) -> None:
        """End the passage.

        :raises UsageError: the page has more than :data:`MAX_PASSAGES`, or more text than :data:`MAX_TEXT`.
        """
        if text := self._text.rstrip():
            self.passages.append(Passage(text, tuple(self._lines), self._bullet, tuple(self._spans)))
            self._size += len(text)
            if len(self.passages) > MAX_PASSAGES:
                raise UsageError(f"{self.path} has more than {MAX_PASSAGES:,} passages. Give one profile page.")
            if self._size > MAX_TEXT:
                raise too_long(self.path)
        self._clear()


def too_long(path: Path) -> UsageError:
    """Return the error for a page with too much text."""
    return UsageError(f"{path} has more than {MAX_TEXT:,} characters of text. Give one profile page.")


def read_text(path: Path) -> str:
    """Return the text of a file: UTF-8, or UTF-16 with a byte order mark, composed (NFC).

    :raises UsageError: the file does not exist, is too large, has another encoding, or is not text.
    """
    content = read_file(path, MAX_BYTES, ". Give one profile page.")
    encoding = "UTF-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "UTF-8"
    try:
        text = content.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        byte = content[error.start]
        message = f"{path}:{line}: byte 0x{byte:02X} is not {encoding}. Save the file as UTF-8."
        raise UsageError(message) from error
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    if found := _CONTROL.search(text):
        line = text.count("\n", 0, found.start()) + 1
        raise UsageError(f"{path}:{line}: the file has the control character U+{ord(found[0]):04X}, so it is not text.")
    return text
