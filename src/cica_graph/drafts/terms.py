"""IRIs of a draft, and how Turtle writes them."""

from __future__ import annotations

import re
from typing import Final

import pyoxigraph as ox

from cica_graph.model import normalise
from cica_graph.model.terms import BASE, CONCEPT, GRAPH, ID

DOUBT: Final = BASE + "doubt/"  # a name in doubt; `check` reports it until it is replaced
# The prefixes of a draft are those of the files in data/.
PREFIXES: Final = {
    "c": CONCEPT, "cg": BASE + "ns#", "e": ID + "event/", "g": GRAPH, "i": ID + "instrument/", "m": ID + "membership/",
    "n": ID + "person/", "o": ID + "org/", "s": ID + "state/", "t": ID + "situation/", "doubt": DOUBT,
    "u": ID + "organ/", "x": ID + "claim/",
}  # fmt: skip
_LOCAL: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9_-])?", re.ASCII)


def term(iri: str) -> str:
    """Return an IRI as Turtle writes it."""
    for prefix, base in PREFIXES.items():
        if iri.startswith(base) and _LOCAL.fullmatch(iri[len(base) :]):
            return f"{prefix}:{iri[len(base) :]}"
    return str(ox.NamedNode(iri))


def slug(text: str, words: int = 8) -> str:
    """Return a text as a part of an IRI: words of ASCII letters and digits."""
    parts = re.findall(r"[a-z0-9]+", " ".join(normalise.tokens(text)))
    return "-".join(parts[:words])[:60].strip("-") or "x"
