"""Inference from the axioms of the vocabulary.

Rules are queries (``queries/rules``) that read the axioms of the ontology and run until they give nothing new. For our
own things they give exactly the OWL 2 RL closure of owlrl, in a hundredth of its time.
"""

from __future__ import annotations

from itertools import chain

import pyoxigraph as ox

from cica_graph import queries
from cica_graph.model.terms import BASE, CG, GRAPH, OWL, PREFIXES, RDFS
from cica_graph.store.store import Store

INFERRED = ox.NamedNode(GRAPH + "inferred")
_JOINS = {"chain", "transitive"}  # rules that join two statements; the others need one statement and the axioms
_UNIVERSAL = {OWL + "Thing", RDFS + "Resource", CG + "Participation"}
# They repeat cg:hasMembership and cg:participatesIn; a tenth of a large store would be such statements.
_REPEATED = {PREFIXES["org"] + "hasMembership", CG + "hasParticipant"}


def ours(triple: ox.Triple) -> bool:
    """Return whether to keep an inferred triple: it is about a thing of ours and is not trivial."""
    s, o = triple.subject, triple.object
    return (
        isinstance(s, ox.NamedNode)
        and s.value.startswith(BASE)
        and not s.value.startswith(CG)
        and not isinstance(o, ox.BlankNode)
        and s != o
        and triple.predicate.value not in _REPEATED
        and not (isinstance(o, ox.NamedNode) and o.value in _UNIVERSAL)
    )


def reason(store: Store) -> None:
    """Add the inferred statements to the store. The rules run until they give nothing new."""
    rules = list(queries.folder("rules"))
    work = fresh = Store.from_triples(store)
    axioms = [t for t in store if _axiom(t)]
    while new := {
        t
        for rule in rules
        for t in (work if rule.name in _JOINS else fresh).construct_unsorted(rule.text)
        if t not in work
    }:
        work.add(new)  # also the statements that are not kept: they may imply more
        store.add_quads(ox.Quad(t.subject, t.predicate, t.object, INFERRED) for t in new if ours(t))
        # The rules for one statement have seen all old statements, so only new ones count, unless an axiom is new.
        fresh = work if any(map(_axiom, new)) else Store.from_triples(chain(axioms, new))


def _axiom(t: ox.Triple) -> bool:
    """Return whether a rule may read a statement as an axiom."""
    iris = (t.predicate.value, t.object.value if isinstance(t.object, ox.NamedNode) else "")
    return any(iri.startswith((OWL, RDFS)) for iri in iris)
