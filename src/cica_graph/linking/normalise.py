"""Names brought to forms in which the same name is the same text.

Three forms, each looser than the one before: ``squashed`` takes away case, accents, spaces and marks; ``loose`` the
small words besides, in whatever order the rest stands ("Korea, Republic of" is "the Republic of Korea"); ``core`` the
words for a form of state as well. Which words those are is data, ``forms.tsv``.
"""

from __future__ import annotations

import csv
import re
from functools import cache
from pathlib import Path
from typing import Final
from unicodedata import combining, normalize

_TOKEN: Final = re.compile(r"[^\W_]+")
_HAN: Final = re.compile(r"[\u3400-\u9fff]")
_ARABIC: Final = str.maketrans({"ى": "ي", "ة": "ه", "ـ": "", "ٱ": "ا", "ک": "ك", "ی": "ي"})
_ABBREVIATED: Final = {
    "st": "saint", "ste": "sainte", "rep": "republic", "dem": "democratic", "fed": "federal", "is": "islands",
    "organisation": "organization",
}  # fmt: skip
_RUSSIAN: Final = ((re.compile(r"\bо-ва\b"), "острова"), (re.compile(r"\bо-в\b"), "остров"))


@cache
def _words() -> tuple[frozenset[str], frozenset[str], tuple[str, ...]]:
    """Return the small words, those for forms of state, and those in Chinese, the longest first."""
    small, form, han = set[str](), set[str](), list[str]()
    text = (Path(__file__).parent / "forms.tsv").read_text("utf-8")
    for row in csv.DictReader(text.splitlines(), delimiter="\t"):
        if row["part"] == "han":
            han += row["words"].split()
        else:
            (small if row["part"] == "small" else form).update(_plain(w) for w in row["words"].split())
    return frozenset(small), frozenset(form), tuple(sorted(han, key=len, reverse=True))


def _plain(text: str) -> str:
    text = normalize("NFKD", text.translate(_ARABIC)).casefold()
    return "".join(c for c in text if not combining(c)).translate(_ARABIC)


def tokens(name: str) -> list[str]:
    """Return the words of a name without case and accents, abbreviations written out."""
    text = name.casefold().replace("&", " and ").replace("co-op", "coop")
    for pattern, full in _RUSSIAN:
        text = pattern.sub(full, text)
    return [_ABBREVIATED.get(word, word) for word in (_article(w) for w in _TOKEN.findall(_plain(text))) if word]


def _article(word: str) -> str:
    """Take the Arabic article off a word."""
    return word[2:] if word.startswith("ال") and len(word) > 4 else word


def squashed(name: str) -> str:
    """Return a name without case, accents, spaces and marks."""
    return "".join(tokens(name))


def loose(name: str) -> str:
    """Return the words of a name without the small ones, in an order of their own."""
    small = _words()[0]
    return " ".join(sorted(word for word in tokens(name) if word not in small))


def core(name: str) -> tuple[str, ...]:
    """Return the words that are the name's own, sorted; none when all are of other names too."""
    small, form, han = _words()
    found = tokens(name)
    if _HAN.search(name):
        text = "".join(found)
        for word in han:
            if word in text and text != word:
                text = text.replace(word, "")
                break
        return (text,) if text else ()
    return tuple(sorted({word for word in found if word not in small and word not in form}))


def acronym(name: str) -> bool:
    """Tell whether a name is an acronym, which too many things share."""
    return (
        len(name) <= 8 and name.replace(".", "").isalnum() and sum(c.isupper() for c in name) >= max(2, len(name) // 2)
    )
