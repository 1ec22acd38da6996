"""The datasets of a graph in DCAT: what they are called, what they cover, and what each graph was made from."""

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
    """Return what a graph and its CITATION.cff say of its datasets, without their files.

    :raises UsageError: ``SOURCE_DATE_EPOCH`` is no time.
    """
    given: dict[str, ox.NamedNode | ox.Literal | None] = {
        "title": english(cited.title),
        "description": english(cited.abstract),
        "publisher": ox.Literal(", ".join(cited.authors)),
        "home": ox.NamedNode(base),
        "version": ox.Literal(cited.version) if cited.version else None,
        "issued": day_literal(cited.released) if cited.released else None,
        "modified": day_literal(day) if (day := _modified(cited)) else None,
    }
    query = queries.shipped("catalog", "dcat").bind(**{name: term for name, term in given.items() if term})
    keywords = [ox.Triple(ALL, ox.NamedNode(DCAT + "keyword"), english(keyword)) for keyword in cited.keywords]
    return [*graph.store.construct(query), *keywords, *_contacts(cited)]


def _contacts(cited: Citation) -> Iterator[ox.Triple]:
    """Yield whom to ask, if the project says so, as https://www.w3.org/TR/vcard-rdf/ has it."""
    for number, (name, email) in enumerate(cited.contacts, 1):
        this = ox.NamedNode(f"{CATALOG}#contact-{number}")
        yield ox.Triple(ALL, ox.NamedNode(DCAT + "contactPoint"), this)
        yield ox.Triple(this, ox.NamedNode(RDF_TYPE), ox.NamedNode(_VCARD + "Kind"))
        yield ox.Triple(this, ox.NamedNode(_VCARD + "fn"), ox.Literal(name or email))
        if email:
            yield ox.Triple(this, ox.NamedNode(_VCARD + "hasEmail"), ox.NamedNode(f"mailto:{quote(email, safe='@')}"))


def _modified(cited: Citation) -> date | None:
    """Return the day of ``SOURCE_DATE_EPOCH``, in UTC, else that of the version."""
    seconds = os.environ.get("SOURCE_DATE_EPOCH")
    if not seconds:
        return cited.released
    try:
        return datetime.fromtimestamp(int(seconds), UTC).date()
    except (ValueError, OverflowError, OSError):
        raise UsageError(
            f"SOURCE_DATE_EPOCH is {seconds!r}, and no number of seconds since 1970; mend or unset it"
        ) from None


def english(text: str) -> ox.Literal:
    """Return a text of a project's own, which is in English."""
    return ox.Literal(text, language="en")
