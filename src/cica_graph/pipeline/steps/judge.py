"""Contradictions of the vocabulary's axioms, found by owlrl.

owlrl takes seconds for a few thousand triples, so it gets only the statements that it needs. First, only statements
that an axiom can concern. Second, one thing of each kind: things with the same types and the same relations are merged
into one. This maps each statement to a statement, and each rule of OWL 2 RL without owl:sameAs follows the map. So a
contradiction in the full graph is also in the merged graph. The merged graph may have more; if it has any, the full
graph is checked and decides. The result for the merged graph is cached: one more thing of a known kind does not change
it.

Before that, each organization is split by the relations that single things have to it, so that a member of one
organization and an observer of another are not taken for a member and an observer of the same. The types that ranges
give to an organization must still meet. So the organization itself is kept, as the object of one statement for each
property, with a made-up subject. Lost are only types of an organization that follow from the class of a subject
(owl:allValuesFrom) or from a chain of properties; no axiom of the vocabulary needs either.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Collection, Iterable

import pyoxigraph as ox

from cica_graph.files import cache
from cica_graph.model.errors import Finding
from cica_graph.model.terms import BASE, CG, OWL, RDF, RDF_TYPE, RDFS

_SCHEMA = (OWL, RDFS, RDF)
_SILENT = {RDFS + "seeAlso", RDFS + "label", RDFS + "comment"}
_LIST = {RDF + "first", RDF + "rest"}
# The terms of OWL 2 RL with consequences about equal and different things.
_EQUALITY = {
    OWL + name
    for name in ("sameAs", "differentFrom", "AllDifferent", "FunctionalProperty", "InverseFunctionalProperty", "hasKey",
                 "maxCardinality", "maxQualifiedCardinality")
}  # fmt: skip
_ORGANIZATION = ox.NamedNode(CG + "Organization")
_TYPE = ox.NamedNode(RDF_TYPE)
_ERROR = "http://www.daml.org/2002/03/agents/agent-ont#error"


def judge(triples: Iterable[ox.Triple]) -> list[Finding]:
    """Return the contradictions that owlrl finds, without positions.

    OWL 2 Profiles, section 4.3, tables 4 to 9: the rules with the consequence "false"
    (https://www.w3.org/TR/owl2-profiles/#Reasoning_in_OWL_2_RL_and_RDF_Graphs_using_Rules).
    """
    checked = relevant(triples)
    merged = merge_equivalent(checked)
    key = cache.digest(sorted(map(str, merged)))
    if not json.loads(cache.get_or_make("judge", key, lambda: json.dumps(contradictions(merged)).encode())):
        return []
    return [_finding(text, checked) for text in contradictions(checked)]


def relevant(triples: Iterable[ox.Triple]) -> set[ox.Triple]:
    """Return the statements that can cause a contradiction: axioms, types, and relations with an axiom.

    No rule reads a property without an axiom. Statements with literals are removed: the shapes check their datatypes.
    """
    things = [t for t in triples if not isinstance(t.object, ox.Literal)]
    axioms = {t for t in things if t.predicate.value.startswith(_SCHEMA) and t.predicate.value not in _SILENT | _LIST}
    cells: defaultdict[object, list[ox.Triple]] = defaultdict(list)
    for t in things:
        if t.predicate.value in _LIST:
            cells[t.subject].append(t)
    heads: list[object] = [t.object for t in axioms if t.predicate.value.startswith(OWL)]
    while heads:  # lists in axioms; any other list is data
        found = cells.pop(heads.pop(), [])
        axioms.update(found)
        heads += [t.object for t in found]
    named = {term for t in axioms if t.predicate != _TYPE for term in (t.subject, t.object)}
    named |= {t.subject for t in axioms if t.predicate == _TYPE and _in(t.object, OWL)}
    return axioms | {t for t in things if t.predicate in named}


def split_organizations(triples: set[ox.Triple]) -> set[ox.Triple]:
    """Return the graph with a copy of each organization for each set of relations that one thing has to it.

    The organization itself is the object of one made-up statement for each property.
    """
    organizations = {t.subject for t in triples if t.predicate == _TYPE and t.object == _ORGANIZATION}
    relations: defaultdict[tuple[object, object], set[str]] = defaultdict(set)
    for t in triples:
        if t.object in organizations:
            relations[t.subject, t.object].add(t.predicate.value)
    copies: defaultdict[object, set[ox.NamedNode | ox.BlankNode | ox.Triple]] = defaultdict(set)
    names = {pair: _copy(pair[1], used) for pair, used in relations.items()}
    for (_, organization), name in names.items():
        copies[organization].add(name)
    split = {
        ox.Triple(subject, t.predicate, names.get((t.subject, t.object), t.object))
        for t in triples
        for subject in {t.subject, *copies.get(t.subject, ())}
    }
    return split | {ox.Triple(_anyone(t), t.predicate, t.object) for t in triples if t.object in organizations}


def _copy(organization: object, relations: set[str]) -> ox.NamedNode:
    return ox.NamedNode(f"urn:copy:{cache.digest([str(organization), *sorted(relations)])}")


def _anyone(triple: ox.Triple) -> ox.NamedNode:
    return ox.NamedNode(f"urn:anyone:{cache.digest([triple.predicate.value, str(triple.object)])}")


def merge_equivalent(triples: set[ox.Triple]) -> set[ox.Triple]:
    """Return the graph with equivalent things merged into one. Terms of axioms are unchanged."""
    triples = split_organizations(triples)
    fixed: set[object] = set()
    for t in triples:
        if t.predicate.value.startswith(_SCHEMA) and (t.predicate != _TYPE or _in(t.object, OWL)):
            fixed |= {t.subject, t.object}
        elif t.predicate == _TYPE:
            fixed.add(t.object)
    marks: defaultdict[object, set[tuple[str, object]]] = defaultdict(set)
    for t in triples:
        if t.subject not in fixed:
            marks[t.subject].add((t.predicate.value, t.object if t.object in fixed else None))
        if t.object not in fixed:
            marks[t.object].add(("^" + t.predicate.value, None))
    image = {term: _kind(mark) for term, mark in marks.items()}
    return {ox.Triple(image.get(t.subject, t.subject), t.predicate, image.get(t.object, t.object)) for t in triples}


def _kind(mark: set[tuple[str, object]]) -> ox.NamedNode:
    """Return a name made from the properties of a kind, so that one more thing of a known kind changes nothing."""
    return ox.NamedNode("urn:kind:" + cache.digest(sorted(f"{prop} {obj}" for prop, obj in mark)))


def contradictions(triples: Collection[ox.Triple]) -> list[str]:
    """Return owlrl's sentences about contradictions, sorted."""
    import owlrl
    from rdflib import Graph, URIRef

    class Distinct(owlrl.OWLRL_Semantics):  # type: ignore[misc]
        """The rules without those of equality, which take half of the time to find that each thing equals itself."""

        def _equality(self, triple: object, cycle_num: int) -> None: ...

    equality = any(_in(term, OWL) and term.value in _EQUALITY for t in triples for term in (t.predicate, t.object))  # type: ignore[union-attr]
    graph = Graph("SimpleMemory")  # it has no named graphs, which cost a quarter of the time
    graph.parse(data="\n".join(f"{t} ." for t in triples), format="nt")
    owlrl.DeductiveClosure(owlrl.OWLRL_Semantics if equality else Distinct).expand(graph)
    return sorted({str(text) for text in graph.objects(None, URIRef(_ERROR))})


def _in(term: object, namespace: str) -> bool:
    return isinstance(term, ox.NamedNode) and term.value.startswith(namespace)


_IRI = r"(https?://[^\s,()']+)"
_CLASSES = re.compile(rf"Disjoint classes {_IRI} and {_IRI} have a common individual (\S+)")
_ITSELF = re.compile(rf"Irreflexive property used on (\S+) with {_IRI}")
_EACH_OTHER = re.compile(rf"Erroneous usage of asymmetric property {_IRI} on (\S+) and (\S+)")
_PROPERTIES = re.compile(rf"Erroneous usage of disjoint properties {_IRI} and {_IRI} on (\S+) and (\S+)")


def _finding(text: str, checked: Iterable[ox.Triple]) -> Finding:
    """Return a finding in plain words for a sentence of owlrl, with its statement."""
    if match := _CLASSES.fullmatch(text):
        one, other = sorted((match[1], match[2]))
        where, message = f"{match[3]} {RDF_TYPE} {other}", f"it is both a {one} and a {other}, but nothing can be both"
    elif match := _ITSELF.fullmatch(text):
        where, message = (
            f"{match[1]} {match[2]} {match[1]}",
            f"it has {match[2]} to itself, but nothing can",
        )
    elif match := _EACH_OTHER.fullmatch(text):
        where = f"{match[2]} {match[1]} {match[3]}"
        message = (
            f"it and {match[3]} have the relation {match[1]} to each other, but it can apply in only one direction"
        )
    elif match := _PROPERTIES.fullmatch(text):
        one, other = sorted((match[1], match[2]))
        where, message = match[3], f"{match[3]} has both {one} and {other} to {match[4]}, but they exclude each other"
        spells = [_subjects(checked, *pair) for pair in (("member", match[3]), ("organization", match[4]))]
        where = max(spells[0] & spells[1], default=where)  # the membership: no file contains a snapshot
    else:
        ours = [iri for iri in re.findall(_IRI, text) if iri.startswith(BASE) and not iri.startswith(CG)]
        where, message = ours[0] if ours else "", text
    return Finding("", 0, 0, "contradiction", where, f"{message}.", _HINT)


def _subjects(triples: Iterable[ox.Triple], prop: str, obj: str) -> set[str]:
    expected = ox.NamedNode(CG + prop), ox.NamedNode(obj)
    return {
        t.subject.value for t in triples if (t.predicate, t.object) == expected and isinstance(t.subject, ox.NamedNode)
    }


_HINT = "One of the two statements is wrong. The axioms in ontology/cica-graph.ttl explain why both cannot be true."
