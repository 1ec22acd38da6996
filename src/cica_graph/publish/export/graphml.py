"""GraphML, http://graphml.graphdrawing.org/primer/graphml-primer.html: the graph for tools that analyse networks."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Final

from cica_graph import queries
from cica_graph.formats.rdfxml import NOT_XML
from cica_graph.model.errors import UsageError
from cica_graph.model.terms import BASE
from cica_graph.pipeline.steps import derive
from cica_graph.publish.export.memberships import membership_rows
from cica_graph.publish.export.overlaps import overlaps
from cica_graph.store.store import Store, value

_NODE: Final = ("iri", "label", "kind", "code", "iso2", "iso3", "m49", "cow")
_SPELL: Final = (
    "iri", "role", "spell", "start", "end",
    "earliest_start", "latest_start", "earliest_end", "latest_end", "suspensions",
)  # fmt: skip
_NUMBERS: Final = ("spell", "weight", "weight_at_most", "members", "members_at_most")
_TERMS: Final = f"CC BY 4.0, {BASE}"

Row = Mapping[str, str]
Edge = tuple[str, str, Row]  # source and target by IRI, and what is said of it


def memberships(store: Store) -> bytes:
    """Return states and organizations as nodes, and each membership spell as an edge from member to organization.

    Two nodes may be joined by several edges. An organ or a person is a node when it is a member. Everything but
    ``spell`` is text; ``start`` and ``end`` are EDTF as stated, the bounds are days; what is not known is left out.
    Ids are good within the file only: ``iri`` says what a node or an edge is.

    :raises UsageError: a value has a character that XML cannot hold, or a number is none.
    """
    edges = [
        (row["member_iri"], row["organization_iri"], row | {"iri": row["membership"]}) for row in membership_rows(store)
    ]
    ends = {iri for source, target, _ in edges for iri in (source, target)}
    everyone = _everyone(store)
    nodes = {iri: row for iri, row in everyone.items() if row["kind"] in ("state", "organization") or iri in ends}
    nodes |= {iri: {"iri": iri} for iri in ends - everyone.keys()}  # said nowhere what it is, which `check` finds
    about = f"Membership spells of the cica-graph, each an edge from member to organization; {_TERMS}"
    return _graphml(about, "directed", nodes.values(), _NODE, edges, _SPELL)


def shared_members(store: Store, day: date) -> bytes:
    """Return organizations as nodes, and as weighted edges how many members two of them share on a day.

    ``weight`` counts those who are certainly members of both, ``weight_at_most`` the possible with them; a pair whose
    weight is nought has no edge. ``members`` and ``members_at_most`` are the organization's own. Of an organization
    that shares members with very many, the edges are those of the table of overlaps (see ``overlaps.MOST``).

    :raises UsageError: a value has a character that XML cannot hold.
    """
    nodes = {iri: dict(row) for iri, row in _everyone(store).items() if row["kind"] == "organization"}
    edges = dict[tuple[str, ...], Edge]()
    for row in overlaps(store, day):
        source, target = sorted((row["organization_iri"], row["counterpart_iri"]))
        if row["count"] != "0":
            said = {"weight": row["count"], "weight_at_most": row["at_most"]}
            edges[source, target] = source, target, said
    sure, maybe = derive.members(store, day)
    for iri, node in nodes.items():
        node |= {"members": str(len(sure.get(iri, ()))), "members_at_most": str(len(maybe.get(iri, ())))}
    about = f"Members that organizations of the cica-graph share on {day}; {_TERMS}"
    names = ("iri", "label", "code", "cow", "members", "members_at_most")
    return _graphml(about, "undirected", nodes.values(), names, edges.values(), ("weight", "weight_at_most"))


def _everyone(store: Store) -> dict[str, dict[str, str]]:
    rows = (
        {name: value(term) for name, term in row.items()}
        for row in store.select(queries.shipped("select", "nodes").text)
    )
    return {row["iri"]: row for row in sorted(rows, key=lambda r: sorted(r.items()), reverse=True)}


def _graphml(
    about: str, direction: str, nodes: Iterable[Row], says: Iterable[str], edges: Iterable[Edge], tells: Iterable[str]
) -> bytes:
    root = ET.Element("graphml", xmlns="http://graphml.graphdrawing.org/xmlns")
    for domain, names in (("node", says), ("edge", tells)):
        for name in names:
            kind = "int" if name in _NUMBERS else "string"
            ET.SubElement(root, "key", {"id": f"{domain}-{name}", "for": domain, "attr.name": name, "attr.type": kind})
    graph = ET.SubElement(root, "graph", id="cica-graph", edgedefault=direction)
    ET.SubElement(graph, "desc").text = about
    ids: dict[str, str] = {}  # an id is an NMTOKEN, which an IRI is not
    for row in sorted(nodes, key=lambda r: r["iri"]):
        ids[row["iri"]] = f"n{len(ids)}"
        _say(ET.SubElement(graph, "node", id=ids[row["iri"]]), "node", row, says)
    for number, (source, target, row) in enumerate(sorted(edges, key=lambda e: (*e[:2], sorted(e[2].items())))):
        edge = ET.SubElement(graph, "edge", id=f"e{number}", source=ids[source], target=ids[target])
        _say(edge, "edge", row, tells)
    ET.indent(root)
    data: bytes = ET.tostring(root, "utf-8", xml_declaration=True)
    # A reader turns a bare CR into LF (https://www.w3.org/TR/xml/#sec-line-ends); all are in values.
    return data.replace(b"\r", b"&#13;") + b"\n"


def _say(element: ET.Element, domain: str, row: Row, names: Iterable[str]) -> None:
    for name in names:
        if text := row.get(name):
            about = f"{row.get('iri', 'an edge')} has the {name} {text!r}"
            if NOT_XML.search(text):
                raise UsageError(
                    f"{about} with a character that XML cannot hold; export to another format than graphml"
                )
            if name in _NUMBERS and not re.fullmatch("[+-]?[0-9]+", text):
                raise UsageError(f"{about}, which is no whole number; `check` says where")
            ET.SubElement(element, "data", key=f"{domain}-{name}").text = text
