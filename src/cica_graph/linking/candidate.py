"""Candidates, the things of another dataset, and the targets, the datasets that links lead to."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from cica_graph.model.errors import UsageError

LONGEST: Final = 1000  # characters of a name; a longer text is not a name
MOST: Final = 5000  # names of one thing; Wikidata's largest items have about 1,500
Name = tuple[str, str]  # text, language tag or ""
Code = tuple[str, str]  # scheme, value
# The schemes of codes, with the property of Wikidata that states each.
SCHEMES: Final = {"P297": "iso2", "P298": "iso3", "P299": "m49", "P2082": "m49", "P1566": "geonames"}


@dataclass(frozen=True)
class Candidate:
    """One thing of another dataset.

    :ivar kind: ``state``, ``organization``, ``other``: known to be neither, or None: the dataset does not say.
    :ivar codes: of the schemes ``iso2``, ``iso3``, ``m49`` (three digits), ``cow``, and those of the targets.
    :ivar redirect_to: IRI of the thing that has taken its place, or an empty text.
    :ivar removed: ``deleted`` or ``deprecated`` if the dataset states it, else an empty text.
    :ivar place: line or row, from 1; 0 when unknown.
    """

    iri: str
    kind: str | None = None
    labels: tuple[Name, ...] = ()
    aliases: tuple[Name, ...] = ()
    codes: frozenset[Code] = frozenset()
    websites: tuple[str, ...] = ()
    redirect_to: str = ""
    removed: str = ""
    place: int = field(default=0, compare=False)

    @property
    def label(self) -> str:
        """The English label, or the first, or the IRI."""
        english = [text for text, language in self.labels if language.lower().partition("-")[0] in ("en", "")]
        return (english or [text for text, _ in self.labels] or [self.iri])[0]


@dataclass(frozen=True)
class Target:
    """A dataset that links lead to.

    :ivar file: stem of the file of links, ``wikidata`` for ``data/links/wikidata.sssom.tsv``.
    :ivar id: regular expression of the ids, the part of the IRI after the namespace and before the suffix.
    :ivar headings: names of columns that hold its ids in tables, in small letters with underscores.
    :ivar home: IRI of the dataset itself.
    :ivar license: IRI of its licence, or an empty text.
    """

    name: str
    file: str
    prefix: str
    namespace: str
    suffix: str = ""
    id: str = r"\S+"
    headings: tuple[str, ...] = ()
    label: str = ""
    home: str = ""
    license: str = ""

    def iri(self, text: str) -> str | None:
        """Return the IRI for an id, for an IRI or web address that ends in one, or None if it is not an id."""
        value = text.strip()
        if "/" in value:
            value = value.rstrip("/").rpartition("/")[2]
        return self.namespace + value + self.suffix if re.fullmatch(self.id, value) else None

    def value(self, iri: str) -> str | None:
        """Return the id in an IRI of this dataset, or None when it is of another."""
        if not iri.startswith(self.namespace):
            return None
        value = iri.removeprefix(self.namespace).removesuffix(self.suffix)
        return value if re.fullmatch(self.id, value) else None


@cache
def targets() -> dict[str, Target]:
    """Return the datasets known by name."""
    rows = _table("targets.tsv")
    return {r["name"]: Target(**{**r, "headings": tuple(r["headings"].split(","))}) for r in rows}  # type: ignore[arg-type]


def target(name: str, namespace: str | None = None) -> Target:
    """Return a dataset by its name; one that is not known needs the namespace of its IRIs.

    :raises UsageError: not known, and no namespace.
    """
    if namespace is None and name in targets():
        return targets()[name]
    if namespace is None:
        raise UsageError(
            f"unknown dataset {name!r}; use {', '.join(targets())}, or give the namespace of its IRIs with --namespace"
        )
    if not re.fullmatch(r"[a-z][a-z0-9-]*", name):
        raise UsageError(f"{name!r} cannot name a file of links; use small letters, digits and hyphens")
    if not re.fullmatch(r"https?://[^\s<>\"{}|\\^`]+", namespace):
        raise UsageError(f"the namespace {namespace!r} is not an http IRI")
    return Target(name, name, re.sub(r"\W", "", name), namespace, id=r"[^\s<>\"{}|\\^`]+", headings=(name,), label=name)


@cache
def kinds() -> dict[str, str]:
    """Return what an item that is an instance of a Wikidata class is."""
    return {row["id"]: row["kind"] for row in _table("kinds.tsv")}


def kind_of(classes: Iterable[str]) -> str | None:
    """Return the kind that Wikidata classes add up to; a historical country is another thing than its successor."""
    found = {kinds()[c] for c in classes if c in kinds()}
    if "Q3024240" in set(classes):
        return "other"
    return next((kind for kind in ("state", "organization", "other") if kind in found), None)


def code(scheme: str, value: str) -> Code | None:
    """Return a code in its one form, or None when it cannot be one of its scheme."""
    value = value.strip()
    if scheme in ("m49", "cow"):
        number = value.removesuffix(".0")
        if not re.fullmatch(r"[0-9]{1,4}", number):
            return None
        return scheme, f"{int(number):03d}" if scheme == "m49" else str(int(number))
    if scheme in ("iso2", "iso3"):
        return (scheme, value.upper()) if re.fullmatch("[A-Za-z]+", value) and len(value) == int(scheme[-1]) else None
    if scheme in targets():
        iri = targets()[scheme].iri(value)
        return (scheme, targets()[scheme].value(iri) or "") if iri else None
    return None


def host(website: str) -> str | None:
    """Return the host of a web site's front page without ``www.``, or None when it is a page further in."""
    try:
        parts = urlsplit(website if "//" in website else "//" + website)
        name = (parts.hostname or "").removeprefix("www.")
    except ValueError:
        return None
    front = re.fullmatch(r"/?([a-z]{2,3}(-[a-z]{2})?/?|index\.\w+|home/?)?", parts.path, re.IGNORECASE)
    return name if "." in name and front and not parts.query else None


def _table(name: str) -> list[dict[str, str]]:
    text = (Path(__file__).parent / name).read_text("utf-8")
    return list(csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE))
