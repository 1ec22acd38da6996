"""JSON-LD 1.1 with its context in the document, framed a class at a time."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from importlib.resources import files
from typing import Any, NoReturn

import pyoxigraph as ox

from cica_graph.errors import CicaGraphError, Misuse
from cica_graph.publish.statements import ordered, refuse_rdf12
from cica_graph.store import Store, Term
from cica_graph.terms import RDF_TYPE, XSD

Node = dict[str, Any]  # a JSON object


def to_jsonld(store: Store) -> bytes:
    """JSON-LD 1.1 (https://www.w3.org/TR/json-ld11/) with its context in the document.

    One node a subject, put together here in expanded form, since ``from_rdf`` would parse the graph again.
    The nodes of each class then go through ``pyld``'s framing (https://www.w3.org/TR/json-ld11-framing/),
    which compacts them: ``{"@type": class, "@embed": "@never"}``. The classes come in the order of the
    context, then those it does not name, by IRI, then nodes without class; a node with several classes
    stands under the first of them. 30,000 triples take about two seconds.

    Integers and booleans are JSON's own where that loses nothing.
    """
    from pyld import jsonld  # slow to import and needed by this format only

    context = json.loads(files(__package__).joinpath("context.jsonld").read_text("utf-8"))["@context"]
    ranks = _ranks(context)
    triples = ordered(store.triples())
    _check_jsonld(triples, context)
    # Framing renames blank nodes in each call and takes the text "@null" for nothing: both go in disguise.
    mask = "masked:"
    while any(mask in part.value for t in triples for part in t):
        mask = "x" + mask
    groups: dict[tuple[int, str], list[Node]] = {}
    for node in _nodes(triples, mask):
        kinds = node.get("@type") or [""]
        groups.setdefault(min((ranks.get(k, len(ranks)) if k else len(ranks) + 1, k) for k in kinds), []).append(node)
    graph: list[Node] = []
    for (_, kind), nodes in sorted(groups.items(), key=lambda item: item[0]):
        frame: Node = {"@context": context, "@embed": "@never"} | ({"@type": kind} if kind else {})
        options = {"documentLoader": refuse, "omitGraph": False, "pruneBlankNodeIdentifiers": False}
        framed = jsonld.frame(nodes, frame, options)["@graph"]
        graph += [node for node in framed if len(node) > 1]  # a bare id was only referred to
    text = json.dumps({"@context": context, "@graph": graph}, ensure_ascii=False, indent=2) + "\n"
    return text.replace(f'"{mask}null"', '"@null"').replace(f'"{mask}_:', '"_:').encode()


def refuse(url: str, options: object = None) -> NoReturn:
    """Stand in for pyld's document loader: a context is part of the document, and nothing is fetched.

    :raises CicaGraphError: always.
    """
    raise CicaGraphError(f"the context {url} is not fetched; put the context itself into the document")


def _check_jsonld(triples: list[ox.Triple], context: Node) -> None:
    """Refuse an IRI such as ``c:x``, here short for another, and what is newer than the format."""
    for t in triples:
        refuse_rdf12(t, "jsonld")
    terms = {part for t in triples for part in t}
    for iri in sorted({term.datatype.value if isinstance(term, ox.Literal) else term.value for term in terms}):
        if str(context.get(iri.partition(":")[0], "")).endswith(("/", "#")):
            raise Misuse(f"<{iri}> begins like a prefix of the context; export to another format than jsonld")


def _ranks(context: Node) -> dict[str, int]:
    terms = [iri for name, iri in context.items() if name[0].isupper()]
    return {context[iri.split(":")[0]] + iri.split(":")[1]: rank for rank, iri in enumerate(terms)}


def _nodes(triples: Iterable[ox.Triple], mask: str) -> Iterable[Node]:
    nodes: dict[str, Node] = {}
    for t in triples:
        name = _value(t.subject, mask)["@id"]
        node = nodes.setdefault(name, {"@id": name})
        if t.predicate.value == RDF_TYPE and not isinstance(t.object, ox.Literal):
            node.setdefault("@type", []).append(_value(t.object, mask)["@id"])
        else:
            node.setdefault(t.predicate.value, []).append(_value(t.object, mask))
    for node in nodes.values():
        for values in node.values():
            if isinstance(values, list) and isinstance(values[0], dict):
                values.sort(key=lambda v: v.get("@language", ""))  # so that the keys of language maps are in order
    return nodes.values()


def _value(term: Term, mask: str) -> Node:
    if isinstance(term, ox.NamedNode):
        return {"@id": term.value}
    if not isinstance(term, ox.Literal):
        return {"@id": f"{mask}{term}"}
    text = term.value
    value: Node = {"@value": f"{mask}null" if text == "@null" else text}
    if term.language:
        value["@language"] = term.language
    elif (kind := term.datatype.value) != XSD + "string":
        value["@type"] = kind
        if kind == XSD + "boolean" and text in ("true", "false"):
            value["@value"] = text == "true"
        elif kind == XSD + "integer" and re.fullmatch(r"0|-?[1-9][0-9]{0,14}", text, re.ASCII):
            value["@value"] = int(text)  # JSON's numbers are exact up to 2**53, about nine with fifteen noughts
    return value
