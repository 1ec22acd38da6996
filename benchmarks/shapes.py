"""Times all shapes over many memberships, with mistakes planted, beside pyshacl, the reference.

Both engines must find the same, and every mistake that was planted. Seconds on the processor stand beside those on the
clock, since a machine that does other things too stretches the latter.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, process_time
from typing import TypeVar

import pyoxigraph as ox

from benchmarks import growth
from cica_graph.model.terms import CG, CONCEPT, DCTERMS, ID, XSD
from cica_graph.pipeline.steps import bound, load, validate
from cica_graph.project.source_files import Project
from cica_graph.store.store import Store

T = TypeVar("T")
EVERY = 1500  # memberships between two that have a mistake

Objects = list[ox.NamedNode | ox.Literal]


def _added(name: str) -> Callable[[ox.Triple], Objects]:
    return lambda t: [t.object, ox.NamedNode(name)]  # type: ignore[list-item]  # the object is a name here


def _instead(*terms: ox.NamedNode | ox.Literal) -> Callable[[ox.Triple], Objects]:
    return lambda t: list(terms)


# The rule that finds it, the property of a membership, and what stands there then.
MISTAKES: dict[str, tuple[str, Callable[[ox.Triple], Objects]]] = {
    "membership-role": (CG + "role", _instead()),
    "membership-member": (CG + "member", _added(ID + "state/AAA1")),
    "membership-organization": (CG + "organization", _instead(ox.Literal("org1"))),
    "membership-spell": (CG + "spell", _instead(ox.Literal(0))),
    "start": (CG + "start", _instead(ox.Literal("2000", datatype=ox.NamedNode(XSD + "gYear")))),
    "situation-source": (DCTERMS + "source", _instead(ox.NamedNode(CONCEPT + "member"))),
}


def planted(triples: list[ox.Triple]) -> tuple[list[ox.Triple], Counter[str]]:
    """Return the statements with a mistake in every so many memberships, and how many of each rule there are."""
    member = ox.NamedNode(CG + "member")
    spells = sorted({t.subject.value for t in triples if t.predicate == member})  # type: ignore[union-attr]
    rules = list(MISTAKES)
    wrong = {spell: rules[n % len(rules)] for n, spell in enumerate(spells[::EVERY])}
    made = list[ox.Triple]()
    for t in triples:
        rule = wrong.get(t.subject.value, "") if isinstance(t.subject, ox.NamedNode) else ""
        if rule and MISTAKES[rule][0] == t.predicate.value:
            made += (ox.Triple(t.subject, t.predicate, term) for term in MISTAKES[rule][1](t))
        else:
            made.append(t)
    return made, Counter(wrong.values())


def timed(name: str, work: Callable[[], T], lines: list[str]) -> T:
    """Do the work, and add a row with what it took."""
    wall, cpu = perf_counter(), process_time()
    found = work()
    lines.append(f"| {name} | {perf_counter() - wall:.1f} | {process_time() - cpu:.1f} |")
    return found


def reference(triples: list[ox.Triple], shapes: Path) -> Counter[str]:
    """Return how often each rule on single things is broken, as pyshacl finds it."""
    import pyshacl
    from rdflib import Graph, URIRef

    whole, single = Graph().parse(shapes, format="turtle"), Graph()
    for s, p, o in whole:
        if p != URIRef(validate.SH + "sparql") and o != URIRef(validate.SET_NODE):
            single.add((s, p, o))
    _, report, _ = pyshacl.validate(
        validate.to_rdflib(triples), shacl_graph=single, inference="none", inplace=True, do_owl_imports=False
    )
    assert isinstance(report, Graph)
    found = report.objects(None, URIRef(validate.SH + "result"))
    rules = (str(report.value(result, URIRef(validate.SH + "sourceShape"))) for result in found)
    return Counter(rule.rpartition("/")[2] for rule in rules)


def measure(organizations: int) -> str:
    """Return the table for so many organizations of 32 members.

    :raises SystemExit: the engines disagree, or a mistake is not found.
    """
    lines = ["| | wall s | CPU s |", "| --- | ---: | ---: |"]
    with tempfile.TemporaryDirectory() as directory:
        growth.project(Path(directory), organizations=organizations, members=growth.MEMBERS)
        project = Project.at(Path(directory))
        store, _ = load.load(project.graph_files)
        store.add_quads(bound.bound(store)[0])
        triples, wrong = planted(load.authored(store))
        shapes = validate.read_shapes(project.shapes)
        stated = Store.from_triples([*triples, *store.graph(bound.BOUNDS)])
        single = timed("single things, shifty", lambda: validate.validate(triples, shapes), lines)
        sets = timed("sets, SELECT on pyoxigraph", lambda: validate.validate_sets(stated, shapes), lines)
        file = Path(directory) / "all.ttl"
        file.write_bytes(b"\n".join(shape.content for shape in project.shapes))
        theirs = timed("single things, pyshacl", lambda: reference(triples, file), lines)
    ours = Counter(finding.rule for finding in single)
    if ours != theirs:
        raise SystemExit(f"shifty and pyshacl disagree: {ours - theirs} and {theirs - ours}")
    if missing := wrong - ours:
        raise SystemExit(f"planted and not found: {missing}")
    memberships = organizations * growth.MEMBERS
    head = (
        f"{memberships:,} memberships, {len(triples):,} statements, {wrong.total()} mistakes of {len(wrong)} rules: "
        f"{len(single) + len(sets)} findings, {len(single)} of single things, the same from both engines."
    )
    return "\n".join([head, "", *lines])


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description="All shapes over many memberships.")
    parser.add_argument("--organizations", type=int, default=469, help="of 32 members each")
    print(measure(parser.parse_args().organizations))


if __name__ == "__main__":
    main()
