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
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple
from unicodedata import combining, normalize

# The vowels of Indic and south-east Asian scripts are marks, which distinguish Togo from Tonga.
_VOWELS: Final = r"\u0900-\u0963\u0966-\u0dff\u0e00-\u109f\u1780-\u17ff"
_WORD: Final = rf"(?:[^\W_]|[{_VOWELS}])+"  # patterns are compiled on first use, which keeps start-up short
_HAN: Final = r"[\u3400-\u9fff]"
_ARABIC: Final = str.maketrans({"ى": "ي", "ة": "ه", "ـ": "", "ٱ": "ا", "ک": "ك", "ی": "ي"})
_ABBREVIATED: Final = {
    "st": "saint", "ste": "sainte", "rep": "republic", "dem": "democratic", "fed": "federal", "is": "islands",
    "organisation": "organization",
}  # fmt: skip
_LETTERS: Final = str.maketrans({"ı": "i", "ø": "o", "đ": "d", "ł": "l", "ð": "d", "æ": "ae", "œ": "oe", "þ": "th"})
# Raised numbers, stars and daggers at the end; [2], [note 2], (a); a number directly after a word of four letters.
_NOTE: Final = r"""(?x)
    \s* (?: [*†‡§¶\#^¹²³⁰-⁹ᵃ-ᶻ]+ | \[(?: \w{1,2} | (?:note|nb|n)\s?\d{1,2} )\] | \((?: [a-z] | \d{1,2} )\) )+ \s* $
    | (?<= [^\W\d_]{4} ) \d{1,2} $"""
_DOTTED: Final = r"(?:[^\W\d_]\.\s?){2,}[^\W\d_]?"
_RUSSIAN: Final = ((r"\bо-ва\b", "острова"), (r"\bо-в\b", "остров"))


def caseless(name: str) -> str:
    """Return a name without differences of case, width, spaces and the encoding of accents."""
    return " ".join(normalize("NFKC", name).casefold().split())


def unmarked(name: str) -> str:
    """Return a name without the marks of footnotes at its end, such as ``*``, ``[2]`` and a raised number."""
    return re.sub(_NOTE, "", name) or name


def undotted(name: str) -> str:
    """Return an acronym without its dots: ``UK`` for ``U.K.``. The result is empty for other names."""
    return re.sub(r"[.\s]", "", name) if re.fullmatch(_DOTTED, name.strip()) else ""


def initials(name: str) -> set[str]:
    """Return the acronyms that the first letters of a name make: ЛАГ for "Лига арабских государств"."""
    words = tokens(name)
    found = {"".join(word[0] for word in words if len(word) > shortest) for shortest in (0, 1, 2, 3)}
    return {acronym for acronym in found if len(acronym) > 1}


def tokens(name: str) -> list[str]:
    """Return the words of a name without case and accents, with abbreviations written in full."""
    text = name.casefold().replace("&", " and ").replace("co-op", "coop")
    if "о-в" in text:
        for pattern, full in _RUSSIAN:
            text = re.sub(pattern, full, text)
    words = (_without_article(word) for word in re.findall(_WORD, _plain(text)))
    return [_ABBREVIATED.get(word, word) for word in words]


def squashed(name: str) -> str:
    """Return a name without case, accents, spaces and punctuation."""
    return "".join(tokens(name))


def trimmed(name: str) -> str:
    """Return the :func:`squashed` form of a name without small words at the beginning and end, such as an article."""
    words, small = tokens(name), _words().small
    while words and words[0] in small:
        del words[0]
    while words and words[-1] in small:
        del words[-1]
    return "".join(words)


def loose(name: str) -> str:
    """Return the words of a name in alphabetical order, without small words."""
    small = _words().small
    return " ".join(sorted(word for word in tokens(name) if word not in small))


def core(name: str) -> tuple[str, ...]:
    """Return the distinctive words of a name, sorted. The result is empty if every word is a common one."""
    words, known = tokens(name), _words()
    if re.search(_HAN, name):
        text = "".join(words)
        suffix = known.suffix(text)
        return (text.replace(suffix, ""),) if suffix else (text,) if text else ()
    return tuple(sorted({word for word in words if word not in known.small and word not in known.form}))


def form(name: str) -> frozenset[str]:
    """Return the form of state in a name, in English: democratic and republic for "République démocratique"."""
    known = _words()
    if re.search(_HAN, name):
        suffix = known.suffix("".join(tokens(name)))
        return frozenset(meaning for part, meaning in known.han.items() if part in suffix)
    return frozenset(meaning for word in tokens(name) for meaning in known.form.get(word, ()))


def is_acronym(name: str) -> bool:
    """Return whether a name looks like an acronym; unrelated bodies often share one."""
    return (
        len(name) <= 8 and name.replace(".", "").isalnum() and sum(c.isupper() for c in name) >= max(2, len(name) // 2)
    )


class _Words(NamedTuple):
    """Common words.

    :ivar form: the meanings of a word for a form of state, in English.
    :ivar han: the same for a part of a Chinese suffix.
    :ivar suffixes: Chinese suffixes, longest first.
    """

    small: frozenset[str]
    form: Mapping[str, tuple[str, ...]]
    han: Mapping[str, str]
    suffixes: tuple[str, ...]

    def suffix(self, text: str) -> str:
        """Return the longest suffix that a Chinese name has, or an empty text."""
        return next((each for each in self.suffixes if each in text and each != text), "")


@cache
def _words() -> _Words:
    import csv

    found: dict[str, dict[str, str]] = {"small": {}, "form": {}, "han": {}, "suffix": {}}
    text = (Path(__file__).parent / "forms.tsv").read_text("utf-8")
    for row in csv.DictReader(text.splitlines(), delimiter="\t"):
        found[row["part"]] |= {_plain(word): row["meaning"] for word in row["words"].split()}
    form = {word: tuple(meanings.split()) for word, meanings in found["form"].items()}
    return _Words(frozenset(found["small"]), form, found["han"], tuple(sorted(found["suffix"], key=len, reverse=True)))


def _plain(text: str) -> str:
    text = normalize("NFKD", text.translate(_ARABIC)).casefold().translate(_LETTERS)
    if text.isascii():
        return text
    return "".join(c for c in text if not combining(c) or "\u0900" <= c <= "\u17ff").translate(_ARABIC)


def _without_article(word: str) -> str:
    """Return an Arabic word without its article."""
    return word[2:] if word.startswith("ال") and len(word) > 4 else word
