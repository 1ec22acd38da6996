"""Documents of a page: their names, and their kinds by the words of the titles (``instruments.tsv``)."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from cica_graph import queries
from cica_graph.drafts.facts import NamedInstrument
from cica_graph.drafts.terms import slug, term
from cica_graph.model import normalise
from cica_graph.store.store import Store, value


class DraftInstrument(NamedTuple):
    """A document of the page.

    :ivar known: True if it is in the graph under this name.
    :ivar kind: local name of the kind, empty if the title does not give one.
    """

    instrument: NamedInstrument
    term: str
    known: bool
    kind: str


def instruments(found: Iterable[NamedInstrument], short: str, store: Store) -> Iterator[DraftInstrument]:
    """Yield the documents of a page; ``short`` is the last part of the IRI of the organization."""
    known = dict[str, str]()
    for row in store.select(queries.shipped("tables", "instruments").text):
        if "label" in row:
            known[normalise.squashed(value(row["label"]))] = value(row["instrument"])
    taken = Counter[str]()
    for instrument in found:
        bare = re.sub(r"\s*\([^()]*\)$", "", instrument.title)
        iri = known.get(normalise.squashed(instrument.title)) or known.get(normalise.squashed(bare))
        if iri is not None:
            yield DraftInstrument(instrument, term(iri), True, "")
            continue
        name = f"{short}-{slug(bare, 6)}" + (f"-{instrument.date[:4]}" if instrument.date else "")
        taken[name] += 1
        name += f"-{taken[name]}" if taken[name] > 1 else ""
        yield DraftInstrument(instrument, f"i:{name}", False, instrument_kind(instrument.title))


@cache
def _kinds() -> dict[str, str]:
    text = (Path(__file__).parent / "instruments.tsv").read_text("utf-8")
    return {row["word"]: row["kind"] for row in csv.DictReader(text.splitlines(), delimiter="\t")}


def instrument_kind(title: str) -> str:
    """Return the kind of a document by the first word of its title that gives one, or an empty text."""
    words = normalise.tokens(title)
    return next((kind for word in words if (kind := _kinds().get(word))), "")
