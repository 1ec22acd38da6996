"""Turtle text of a draft, from the template ``templates/profile.ttl``."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from cica_graph.drafts.draft import Draft, claimed_counts, claimed_overlaps, section_titles
from cica_graph.drafts.terms import PREFIXES, slug
from cica_graph.formats.text import escape
from cica_graph.model import terms

if TYPE_CHECKING:
    from jinja2 import Environment

_STANDARD: Final = ("dcat", "dcterms", "edtf", "foaf", "prov", "qb", "rdfs", "skos", "xsd")


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader(__package__), autoescape=False, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True,
    )  # fmt: skip
    environment.filters |= {
        "en": lambda text: str(ox.Literal(text, language="en")),
        "plain": lambda text: str(ox.Literal(text)),
        "edtf": lambda text: f"{ox.Literal(text)}^^edtf:EDTF",
        "iri": lambda text: str(ox.NamedNode(text)),
        "line": lambda text: escape(str(text)),
        "quote": lambda text: escape(json.dumps(text, ensure_ascii=False)),
        "slug": slug,
    }
    return environment


def to_turtle(draft: Draft, file: str) -> str:
    """Return a draft as Turtle; ``file`` is the name of the page in its first comment."""
    profile = draft.profile
    events = [event for event in profile.events if event.date]
    secretariat = next((event.origin for event in events if event.of_secretariat), None)
    counts, overlaps = list(claimed_counts(draft)), list(claimed_overlaps(draft))
    prefixes = PREFIXES | {name: terms.PREFIXES[name] for name in _STANDARD}
    unknown_kinds = "; ".join(i.title for i, _, known, kind in draft.instruments if not known and not kind)
    if not draft.doubts and not unknown_kinds:
        del prefixes["doubt"]
    return _environment().get_template("profile.ttl").render(
        draft=draft, file=file, base=terms.BASE, prefixes=dict(sorted(prefixes.items())),
        section_titles=section_titles(),
        founded=next((event for event in events if not event.of_secretariat), None),
        secretariat=f"u:{draft.short}-secretariat",
        new_secretariat=None if draft.organ_known else secretariat,
        covered=draft.claims and any(complete for name, _, complete in counts if name == "members"),
        counts=counts, overlaps=overlaps, left=profile.left, unknown_kinds=unknown_kinds,
    )  # fmt: skip
