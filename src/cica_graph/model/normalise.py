"""Forms of a name in which two spellings of the same name are equal.

There are four forms, each looser than the one before:

- :func:`caseless` ignores case and the encoding of accents;
- :func:`squashed` also ignores accents, spaces and punctuation, and writes abbreviations in full;
- :func:`loose` also ignores small words and the order of words: "Korea, Republic of" and "the Republic of Korea";
- :func:`core` also ignores the words for a form of state.

The small words and the words for a form of state are in ``forms.tsv``.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Final
from unicodedata import combining, normalize

_WORD: Final = r"[^\W_]+"  # patterns are compiled on first use, which keeps start-up short
_HAN: Final = r"[\u3400-\u9fff]"
_ARABIC: Final = str.maketrans({"ى": "ي", "ة": "ه", "ـ": "", "ٱ": "ا", "ک": "ك", "ی": "ي"})
_ABBREVIATED: Final = {
    "st": "saint", "ste": "sainte", "rep": "republic", "dem": "democratic", "fed": "federal", "is": "islands",
    "organisation": "organization",
}  # fmt: skip
_RUSSIAN: Final = ((r"\bо-ва\b", "острова"), (r"\bо-в\b", "остров"))


def caseless(name: str) -> str:
    """Return a name without differences of case, width, spaces and the encoding of accents."""
    return " ".join(normalize("NFKC", name).casefold().split())


def tokens(name: str) -> list[str]:
    """Return the words of a name without case and accents, with abbreviations written in full."""
    text = name.casefold().replace("&", " and ").replace("co-op", "coop")
    for pattern, full in _RUSSIAN:
        text = re.sub(pattern, full, text)
    words = (_without_article(word) for word in re.findall(_WORD, _plain(text)))
    return [_ABBREVIATED.get(word, word) for word in words]


def squashed(name: str) -> str:
    """Return a name without case, accents, spaces and punctuation."""
    return "".join(tokens(name))


def loose(name: str) -> str:
    """Return the words of a name in alphabetical order, without small words."""
    small = _words()[0]
    return " ".join(sorted(word for word in tokens(name) if word not in small))


def core(name: str) -> tuple[str, ...]:
    """Return the distinctive words of a name, sorted. The result is empty if every word is a common one."""
    small, form, han = _words()
    words = tokens(name)
    if re.search(_HAN, name):
        text = "".join(words)
        for word in han:
            if word in text and text != word:
                text = text.replace(word, "")
                break
        return (text,) if text else ()
    return tuple(sorted({word for word in words if word not in small and word not in form}))


def is_acronym(name: str) -> bool:
    """Return whether a name looks like an acronym; unrelated bodies often share one."""
    return (
        len(name) <= 8 and name.replace(".", "").isalnum() and sum(c.isupper() for c in name) >= max(2, len(name) // 2)
    )


@cache
def _words() -> tuple[frozenset[str], frozenset[str], tuple[str, ...]]:
    """Return the small words, the words for forms of state, and the Chinese ones, longest first."""
    import csv

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


def _without_article(word: str) -> str:
    """Return an Arabic word without its article."""
    return word[2:] if word.startswith("ال") and len(word) > 4 else word
