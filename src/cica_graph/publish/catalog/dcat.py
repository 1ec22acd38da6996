"""DCAT description of the datasets of a graph: titles, coverage and provenance."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Final
from urllib.parse import quote

import pyoxigraph as ox

from cica_graph import queries
from cica_graph.graph import Graph
from cica_graph.model.errors import UsageError
from cica_graph.model.terms import DCAT, RDF_TYPE
from cica_graph.project.citation import Citation
from cica_graph.publish.catalog.distributions import CATALOG, DATASET
from cica_graph.store.store import day_literal

ALL: Final = ox.NamedNode(DATASET)
_VCARD: Final = "http://www.w3.org/2006/vcard/ns#"


def dcat(graph: Graph, cited: Citation, base: str) -> list[ox.Triple]:
    """Return the description of the datasets, from the graph and its CITATION.cff, without the files.

    :raises UsageError: ``SOURCE_DATE_EPOCH`` is not a time.
    """
    values: dict[str, ox.NamedNode | ox.Literal | None] = {
        "title": english(cited.title),
        "description": english(cited.abstract),
        "publisher": ox.Literal(", ".join(cited.authors)),
        "home": ox.NamedNode(base),
        "version": ox.Literal(cited.version) if cited.version else None,
        "issued": day_literal(cited.released) if cited.released else None,
        "modified": day_literal(day) if (day := _modified(cited)) else None,
    }
    query = queries.shipped("catalog", "dcat").bind(**{name: term for name, term in values.items() if term})
    keywords = [ox.Triple(ALL, ox.NamedNode(DCAT + "keyword"), english(keyword)) for keyword in cited.keywords]
    return [*graph.store.construct(query), *keywords, *_contacts(cited)]


def _contacts(cited: Citation) -> Iterator[ox.Triple]:
    """Yield the contacts of the project as vCards, https://www.w3.org/TR/vcard-rdf/."""
    for number, (name, email) in enumerate(cited.contacts, 1):
        this = ox.NamedNode(f"{CATALOG}#contact-{number}")
        yield ox.Triple(ALL, ox.NamedNode(DCAT + "contactPoint"), this)
        yield ox.Triple(this, ox.NamedNode(RDF_TYPE), ox.NamedNode(_VCARD + "Kind"))
        yield ox.Triple(this, ox.NamedNode(_VCARD + "fn"), ox.Literal(name or email))
        if email:
            yield ox.Triple(this, ox.NamedNode(_VCARD + "hasEmail"), ox.NamedNode(f"mailto:{quote(email, safe='@')}"))


def _modified(cited: Citation) -> date | None:
    """Return the day of ``SOURCE_DATE_EPOCH`` in UTC, or else the day of the version."""
    seconds = os.environ.get("SOURCE_DATE_EPOCH")
    if not seconds:
        return cited.released
    try:
        return datetime.fromtimestamp(int(seconds), UTC).date()
    except (ValueError, OverflowError, OSError):
        raise UsageError(
            f"SOURCE_DATE_EPOCH is {seconds!r}, not a number of seconds since 1970. Correct or unset it."
        ) from None


def english(text: str) -> ox.Literal:
    """Return a text of the project as an English literal."""
    return ox.Literal(text, language="en")
