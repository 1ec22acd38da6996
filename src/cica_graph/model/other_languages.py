"""Names of states in languages that a graph does not have: German, Japanese and 140 others.

They are in ``other_languages.tsv``, which ``python -m benchmarks.names --write`` makes from Unicode CLDR, from the
country table of the EU and from the names that the United Nations use.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Final

from cica_graph.model.normalise import squashed

FORMER: Final = "EU, former"  # source of names that are no longer in use
BETWEEN: Final = " | "  # between two names


def rows() -> Iterable[tuple[str, str, list[str]]]:
    """Yield the alpha-3 code of each state or territory, the source, and its names there."""
    import csv

    text = (Path(__file__).parent / "other_languages.tsv").read_text("utf-8")
    for row in csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE):
        yield row["code"], row["source"], row["names"].split(BETWEEN)


@cache
def current() -> Mapping[str, frozenset[str]]:
    """Return the codes for a present name, in the form of :func:`normalise.squashed`.

    A name that means two states in two languages has two codes.
    """
    return _codes(row for row in rows() if row[1] != FORMER)


@cache
def former() -> Mapping[str, frozenset[str]]:
    """Return the codes for a former name, in the form of :func:`normalise.squashed`."""
    return _codes(row for row in rows() if row[1] == FORMER)


def _codes(named: Iterable[tuple[str, str, list[str]]]) -> dict[str, frozenset[str]]:
    found = defaultdict[str, set[str]](set)
    for code, _, names in named:
        for name in names:
            found[squashed(name)].add(code)
    return {form: frozenset(codes) for form, codes in found.items()}
