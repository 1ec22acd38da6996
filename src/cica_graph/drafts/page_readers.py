"""Readers of pages in plain text, Markdown and HTML. The suffix of the file gives the format."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cica_graph.drafts.layout import begins_passage, ends_passage, is_heading
from cica_graph.drafts.page import MAX_TEXT, Passage, PassageBuilder, Style, read_text, too_long
from cica_graph.formats.text import escape
from cica_graph.model.errors import UsageError

if TYPE_CHECKING:
    from markdown_it.token import Token

_BULLET: Final = re.compile(r"\s*(?:[•‣▪●·◦–\-]|\*(?! ?Information)|o(?=\s{2}))\s+(?=\S)")
_HIDDEN: Final = frozenset({"script", "style", "head", "noscript", "template", "svg"})
_INLINE: Final = frozenset((
    "a", "abbr", "b", "br", "cite", "del", "em", "font", "i", "ins", "s", "small", "span", "strong", "sub", "sup", "tt",
    "u",
))  # fmt: skip
_GREY: Final = re.compile(
    r"(?:^|[;\s])color\s*:\s*(?:#?(?P<hex>[0-9a-f]{3}|[0-9a-f]{6})\b|[a-z]*gr[ae]y\b)", re.IGNORECASE
)
_GREY_CLASS: Final = re.compile(r"\bgr[ae]y\b|\bsuspended\b", re.IGNORECASE)


def read_page(path: Path) -> list[Passage]:
    """Return the passages of a page.

    :raises UsageError: the file cannot be read, is not text, or is too large for a page.
    """
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise UsageError(f"{path} is not a page. The name of a page ends in {', '.join(sorted(_READERS))}")
    builder = PassageBuilder(path)
    text = read_text(path)
    if reader is not _read_html and len(text) > MAX_TEXT:
        raise too_long(path)
    reader(text, builder)
    builder.finish()
    return builder.passages


def _read_plain(text: str, builder: PassageBuilder) -> None:
    """Read lines: an empty line, a heading or a bullet ends a passage, and other lines continue it."""
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            builder.finish()
        elif mark := _BULLET.match(line):
            builder.bullet()
            builder.add(line[mark.end() :], number)
        elif is_heading(line):
            builder.finish()
            builder.add(line, number)
            builder.finish()
        else:
            if begins_passage(line):
                builder.finish()
            builder.add(line if builder.empty else "\n" + line, number if builder.empty else number - 1)
            if ends_passage(line):
                builder.finish()


def _read_markdown(text: str, builder: PassageBuilder) -> None:
    from markdown_it import MarkdownIt

    inside = list[str]()
    for token in MarkdownIt("commonmark", {"html": False}).parse(text):
        if token.type == "list_item_open":
            inside.append("item")
            builder.bullet()
        elif token.type == "list_item_close":
            inside.pop()
            builder.finish()
        elif token.type == "inline":
            if not inside:
                builder.finish()
            _read_inline(token, builder)
            if not inside:
                builder.finish()
        elif token.type in ("code_block", "fence", "html_block"):
            first = token.map[0] + 1 if token.map else 1
            builder.finish()
            builder.add(token.content, first)
            builder.finish()


def _read_inline(token: Token, builder: PassageBuilder) -> None:
    """Add the pieces of a block of Markdown, with bold type and links."""
    line = token.map[0] + 1 if token.map else 1
    bold, target = 0, ""
    for child in token.children or []:
        if child.type in ("softbreak", "hardbreak"):
            line += 1
            builder.add(" ", line)
        elif child.type in ("strong_open", "strong_close"):
            bold += child.nesting
        elif child.type == "link_open":
            target = str(child.attrs.get("href", ""))
        elif child.type == "link_close":
            target = ""
        elif child.type in ("text", "code_inline", "html_inline"):
            styles = frozenset[Style]()
            styles |= {"bold"} if bold else frozenset()
            styles |= {"link"} if target else frozenset()
            builder.add(child.content, line, styles, target)


def _read_html(text: str, builder: PassageBuilder) -> None:
    from lxml import etree

    parser = etree.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True, huge_tree=True)
    root = etree.fromstring(text.encode(), parser) if text.strip() else None
    if fatal := [error for error in parser.error_log if error.level == etree.ErrorLevels.FATAL]:
        raise UsageError(f"{builder.path}:{fatal[0].line}: the HTML cannot be read: {escape(fatal[0].message)}")
    if root is None:
        return
    line, hidden = 1, 0
    styles: list[tuple[frozenset[Style], str]] = [(frozenset(), "")]
    for event, element in etree.iterwalk(root, events=("start", "end")):
        tag = str(element.tag).lower()
        if tag == "br" and event == "start":
            builder.break_line()
        elif tag == "li" and event == "start":
            builder.bullet()
        elif tag not in _INLINE:
            builder.finish()
        hidden += (tag in _HIDDEN) * (1 if event == "start" else -1)
        if event == "start":
            line = max(line, element.sourceline or 1)
            styles.append(_styled(tag, element.attrib, styles[-1]))
            piece = element.text
        else:
            styles.pop()
            piece = element.tail
        if piece and not hidden:
            builder.add(piece, line, *styles[-1])
        line += (piece or "").count("\n")


def _styled(
    tag: str, attributes: Mapping[str, Any], outer: tuple[frozenset[Style], str]
) -> tuple[frozenset[Style], str]:
    """Return the styles inside an element, and the address of the link that it is in."""
    styles, target = outer
    css = f"{attributes.get('style', '')};color:{attributes.get('color', '')}"
    if tag in ("b", "strong") or re.search(r"font-weight\s*:\s*(?:bold|[6-9]00)", css, re.IGNORECASE):
        styles |= {"bold"}
    if _grey(css) or _GREY_CLASS.search(str(attributes.get("class", ""))):
        styles |= {"grey"}
    if tag == "a" and (address := str(attributes.get("href", "")).strip()):
        styles, target = styles | {"link"}, address
    return styles, target


def _grey(css: str) -> bool:
    """Return whether a style sets a grey colour: a name, or equal parts of red, green and blue that are not extreme."""
    for found in _GREY.finditer(css):
        if (code := found["hex"]) is None:
            return True
        size = len(code) // 3
        red, green, blue = (int(code[at : at + size] * (3 - size), 16) for at in range(0, len(code), size))
        if red == green == blue and 0x40 <= red <= 0xE0:
            return True
    return False


_READERS: Final[Mapping[str, Callable[[str, PassageBuilder], None]]] = {
    ".txt": _read_plain, ".text": _read_plain, ".md": _read_markdown, ".markdown": _read_markdown,
    ".htm": _read_html, ".html": _read_html,
}  # fmt: skip
