"""Values of a Wikidata entity in JSON: names, and what its statements of a property claim.

The form: https://doc.wikimedia.org/Wikibase/master/php/docs_topics_json.html.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote

import pyoxigraph as ox

from cica_graph.model.terms import PREFIXES, XSD
from cica_graph.wikidata.dump import Entity

ITEM: Final = re.compile(r"Q[1-9][0-9]*")
_COMMONS: Final = "http://commons.wikimedia.org/wiki/Special:FilePath/"
_DAY: Final = re.compile(r"\+(\d{4})-(\d{2})-(\d{2})T00:00:00Z")


def names(block: Any, problems: list[str], longest: int) -> Iterator[tuple[str, str]]:
    """Yield the texts of ``labels``, ``aliases`` or ``descriptions`` with their languages.

    A text of more than ``longest`` characters, and what is not text, is added to ``problems``.
    """
    if not isinstance(block, dict):  # an empty map is written as an empty array
        return
    for language, value in block.items():
        for one in value if isinstance(value, list) else [value]:
            text = one.get("value") if isinstance(one, dict) else None
            if not isinstance(text, str):
                problems.append(f"a name in {str(language)[:20]!r} is not text")
            elif len(text) > longest:
                problems.append(f"a name in {str(language)[:20]!r} has {len(text):,} characters; it is ignored")
            elif text.strip():
                yield text, str(language)


def snaks(entity: Entity, prop: str) -> list[dict[str, Any]]:
    """Return the best main snaks of a property: those of preferred rank, or of normal rank if none is preferred.

    Each has ``datavalue`` with ``value``. Snaks without a value are ignored.
    """
    claims = entity.get("claims")
    statements = claims.get(prop) if isinstance(claims, dict) else None
    if not isinstance(statements, list):
        return []
    ranked: dict[str, list[dict[str, Any]]] = {}
    for statement in statements:
        if not isinstance(statement, dict):
            continue
        snak = statement.get("mainsnak")
        if not isinstance(snak, dict) or snak.get("snaktype") != "value":
            continue
        if isinstance(given := snak.get("datavalue"), dict) and "value" in given:
            ranked.setdefault(str(statement.get("rank", "normal")), []).append(snak)
    return ranked.get("preferred") or ranked.get("normal") or []


def values(entity: Entity, prop: str) -> list[Any]:
    """Return the values of the snaks of a property: see ``snaks``."""
    return [snak["datavalue"]["value"] for snak in snaks(entity, prop)]


def item(value: Any) -> str | None:
    """Return the id of the item that a value is, or None."""
    if not isinstance(value, dict):
        return None
    if isinstance(value.get("id"), str):
        return str(value["id"]) if ITEM.fullmatch(value["id"]) else None
    number = value.get("numeric-id")
    return f"Q{number}" if isinstance(number, int) and number > 0 else None


def term(snak: Mapping[str, Any]) -> ox.NamedNode | ox.Literal:
    """Return the value of a snak as RDF.

    The form is that of the dumps: https://www.mediawiki.org/wiki/Wikibase/Indexing/RDF_Dump_Format#Value_representation.

    :raises ValueError: the value has no form in RDF without a loss.
    """
    given, datatype = snak["datavalue"], snak.get("datatype", "")
    value = given["value"]
    form = given.get("type")
    if form == "string" and datatype == "commonsMedia":
        return ox.NamedNode(_COMMONS + quote(value))
    if form == "string" and datatype == "url":
        if not re.match(r"https?://", value):
            raise ValueError(f"{value[:60]!r} is not a web address")
        return ox.NamedNode(value)
    if form == "string":
        return ox.Literal(value)
    if form == "monolingualtext":
        return ox.Literal(value["text"], language=value["language"])
    if form == "wikibase-entityid" and (ident := item(value)):
        return ox.NamedNode(PREFIXES["wd"] + ident)
    if form == "quantity" and re.fullmatch(r"[+-]?\d+(\.\d+)?", str(value["amount"])):
        if value.get("unit", "1") != "1":
            raise ValueError(f"its unit {value['unit']} would be lost")
        amount = value["amount"].removeprefix("+")
        return ox.Literal(amount, datatype=ox.NamedNode(XSD + ("decimal" if "." in amount else "integer")))
    if (
        form == "time"
        and (match := _DAY.fullmatch(value["time"]))
        and value.get("calendarmodel", "").endswith("Q1985727")
    ):
        precision = value["precision"]
        parts = {9: match[1], 10: f"{match[1]}-{match[2]}", 11: f"{match[1]}-{match[2]}-{match[3]}"}
        types = {9: "gYear", 10: "gYearMonth", 11: "date"}
        if precision in parts and "-00" not in parts[precision]:
            return ox.Literal(parts[precision], datatype=ox.NamedNode(XSD + types[precision]))
    raise ValueError(f"a {form} of this kind cannot be read")
