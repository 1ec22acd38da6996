"""GraphML for network analysis tools, http://graphml.graphdrawing.org/primer/graphml-primer.html."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Final

from cica_graph import queries
from cica_graph.formats.rdfxml import NOT_XML
from cica_graph.memberships.recorded import read_records
from cica_graph.model.errors import UsageError
from cica_graph.model.terms import BASE
from cica_graph.pipeline.steps import derive
from cica_graph.publish.export.memberships import membership_rows
from cica_graph.publish.export.overlaps import overlaps
from cica_graph.store.store import Store, value

_NODE: Final = ("iri", "label", "kind", "code", "iso2", "iso3", "m49", "cow")
_MEMBERSHIP: Final = (
    "iri", "role", "spell", "start", "end",
    "earliest_start", "latest_start", "earliest_end", "latest_end", "suspensions",
)  # fmt: skip
_WEIGHTS: Final = ("weight", "weight_presumed", "weight_at_most")
_SIZES: Final = ("members", "members_presumed", "members_at_most")
_NUMBERS: Final = ("spell", *_WEIGHTS, *_SIZES)
_TERMS: Final = f"CC BY 4.0, {BASE}"

Row = Mapping[str, str]
Edge = tuple[str, str, Row]  # IRIs of source and target, and the attributes


def memberships(store: Store) -> bytes:
    """Return states and organizations as nodes, and each membership as an edge from member to organization.

    Several edges can join the same two nodes. Organs and persons are nodes if they are members. All attributes except
    ``spell`` are text: ``start`` and ``end`` are EDTF as stated, and the bounds are days. Unknown values are omitted.
    Ids are valid only within the file; ``iri`` identifies a node or an edge.

    :raises UsageError: XML cannot hold a character of a value, or a number is not valid.
    """
    edges = [
        (row["member_iri"], row["organization_iri"], row | {"iri": row["membership"]}) for row in membership_rows(store)
    ]
    ends = {iri for source, target, _ in edges for iri in (source, target)}
    everyone = _everyone(store)
    nodes = {iri: row for iri, row in everyone.items() if row["kind"] in ("state", "organization") or iri in ends}
    nodes |= {iri: {"iri": iri} for iri in ends - everyone.keys()}  # a subject without a class, which `check` reports
    about = f"Memberships in the cica-graph, as edges from member to organization; {_TERMS}"
    return _graphml(about, "directed", nodes.values(), _NODE, edges, _MEMBERSHIP)


def shared_members(store: Store, day: date) -> bytes:
    """Return organizations as nodes, and the number of members that two of them share on a day as weighted edges.

    ``weight`` counts the certain members of both organizations, ``weight_presumed`` these and the presumed ones, and
    ``weight_at_most`` these and the possible ones. Pairs without a presumed member in common have no edge. ``members``,
    ``members_presumed`` and ``members_at_most`` are the counts of the organization itself, absent if not recorded.
    The edges are the rows of the table of overlaps, which limits their number (see ``overlaps.MOST``).

    :raises UsageError: XML cannot hold a character of a value.
    """
    nodes = {iri: dict(row) for iri, row in _everyone(store).items() if row["kind"] == "organization"}
    edges = dict[tuple[str, ...], Edge]()
    for row in overlaps(store, day):
        source, target = sorted((row["organization_iri"], row["counterpart_iri"]))
        if row["presumed"] != "0":
            weights = dict(zip(_WEIGHTS, (row["count"], row["presumed"], row["at_most"]), strict=True))
            edges[source, target] = source, target, weights
    known, records = derive.members(store, day), read_records(store)
    for iri, node in nodes.items():
        if (count := known.size(iri)).possible or records.of_nobody(iri, "member", day, day) != "not recorded":
            node |= dict(zip(_SIZES, map(str, count), strict=True))
    about = f"Members that organizations in the cica-graph share on {day}; {_TERMS}"
    names = ("iri", "label", "code", "cow", *_SIZES)
    return _graphml(about, "undirected", nodes.values(), names, edges.values(), _WEIGHTS)


def _everyone(store: Store) -> dict[str, dict[str, str]]:
    rows = (
        {name: value(term) for name, term in row.items()}
        for row in store.select(queries.shipped("select", "nodes").text)
    )
    return {row["iri"]: row for row in sorted(rows, key=lambda r: sorted(r.items()), reverse=True)}


def _graphml(
    about: str,
    direction: str,
    nodes: Iterable[Row],
    node_names: Iterable[str],
    edges: Iterable[Edge],
    edge_names: Iterable[str],
) -> bytes:
    root = ET.Element("graphml", xmlns="http://graphml.graphdrawing.org/xmlns")
    for domain, names in (("node", node_names), ("edge", edge_names)):
        for name in names:
            kind = "int" if name in _NUMBERS else "string"
            ET.SubElement(root, "key", {"id": f"{domain}-{name}", "for": domain, "attr.name": name, "attr.type": kind})
    graph = ET.SubElement(root, "graph", id="cica-graph", edgedefault=direction)
    ET.SubElement(graph, "desc").text = about
    ids: dict[str, str] = {}  # an id must be an NMTOKEN, and an IRI is not
    for row in sorted(nodes, key=lambda r: r["iri"]):
        ids[row["iri"]] = f"n{len(ids)}"
        _add_data(ET.SubElement(graph, "node", id=ids[row["iri"]]), "node", row, node_names)
    for number, (source, target, row) in enumerate(sorted(edges, key=lambda e: (*e[:2], sorted(e[2].items())))):
        edge = ET.SubElement(graph, "edge", id=f"e{number}", source=ids[source], target=ids[target])
        _add_data(edge, "edge", row, edge_names)
    ET.indent(root)
    data: bytes = ET.tostring(root, "utf-8", xml_declaration=True)
    # XML readers turn a bare CR into LF (https://www.w3.org/TR/xml/#sec-line-ends). CRs occur only in values.
    return data.replace(b"\r", b"&#13;") + b"\n"


def _add_data(element: ET.Element, domain: str, row: Row, names: Iterable[str]) -> None:
    for name in names:
        if text := row.get(name):
            about = f"{row.get('iri', 'an edge')} has the {name} {text!r}"
            if NOT_XML.search(text):
                raise UsageError(
                    f"{about}, which contains a character that XML cannot hold. Export to a format other than graphml."
                )
            if name in _NUMBERS and not re.fullmatch("[+-]?[0-9]+", text):
                raise UsageError(f"{about}, which is not a whole number. Run `check` to find it.")
            ET.SubElement(element, "data", key=f"{domain}-{name}").text = text
