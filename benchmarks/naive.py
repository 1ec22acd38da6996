"""The naive stack: the same answers as ``cica-graph check``, from the usual libraries in their usual form.

rdflib reads every Turtle file into one graph and csv the links; a loop bounds the dates; pyshacl validates with
``inference="owlrl"``; SPARQL on rdflib makes the day's snapshot and counts the overlaps. Nothing in it is slower than
it need be:

- pyshacl works in place, which spares a copy of the graph, and the closure is there for the queries afterwards;
- the day's shortcuts go in before the inference, so that a contradiction on the day is found by the same closure;
- dates are read by ``cica_graph.model.dates``, since the edtf package alone takes milliseconds for each;
- ``shapes/authored.ttl`` is for what files state, and would misfire on what was computed: it runs first, without
  inference. It costs next to nothing.

The checks of sets (``shapes/sets.ttl`` and ``shapes/spells.ttl``) are SPARQL that rdflib takes long over, and one
may think that nobody would write them so for this stack: they run with ``--sets`` only, before the inference, where
they are quickest. So without ``--sets`` the stack does less than ``cica-graph check``, which always runs them, and
that is the comparison that favours the naive stack. It also gives the overlaps as counts, without the names of those
that are missing, says nothing of files and lines, and audits no claim.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from time import perf_counter
from typing import TypeVar

import pyshacl
from rdflib import RDFS, Graph, Literal, Namespace, URIRef
from rdflib.namespace import DCTERMS
from rdflib.query import ResultRow

from cica_graph.model import edtf

ROOT = Path(__file__).resolve().parents[1]
CG = Namespace("https://w3id.org/cica-graph/ns#")
ERROR = URIRef("http://www.daml.org/2002/03/agents/agent-ont#error")  # how owlrl marks a contradiction
SETS = {"sets.ttl", "spells.ttl"}
AUTHORED = {"authored.ttl"}
T = TypeVar("T")


@dataclass(frozen=True, order=True)
class Overlap:
    """How many members of ``other`` belong to ``organization`` too, and how many it has; both as IRIs."""

    organization: str
    other: str
    shared: int
    shared_at_most: int
    total: int
    total_at_most: int


@dataclass(frozen=True)
class Answers:
    """What the stack finds, and the seconds of each stage."""

    conforms: bool
    contradictions: tuple[str, ...]
    overlaps: tuple[Overlap, ...]
    seconds: dict[str, float]


def read(root: Path) -> Graph:
    """Return all that the files of a project state, as one graph."""
    graph = Graph()
    for path in [*_home(root, "ontology").rglob("*.ttl"), *(root / "data").rglob("*.ttl")]:
        graph.parse(path)
    for path in (root / "data").rglob("*.sssom.tsv"):
        lines = path.read_text(encoding="utf-8").splitlines()
        curies = dict(line[1:].strip().split(": ", 1) for line in lines if line.startswith("#   "))
        for row in csv.DictReader((line for line in lines if not line.startswith("#")), delimiter="\t"):
            graph.add(tuple(_expand(row[name], curies) for name in ("subject_id", "predicate_id", "object_id")))  # type: ignore[arg-type]
    return graph


def _expand(curie: str, curies: dict[str, str]) -> URIRef:
    prefix, _, rest = curie.partition(":")
    return URIRef(curies[prefix] + rest)


def _home(root: Path, folder: str) -> Path:
    return root / folder if (root / folder).is_dir() else ROOT / folder


def bound(graph: Graph) -> None:
    """Add the four days between which each thing began and ended (see ``cica_graph.pipeline.steps.bound``)."""

    def spans(thing: object, prop: URIRef) -> list[tuple[date, date]]:
        return [edtf.span(str(text)) for text in graph.objects(thing, prop)]  # type: ignore[arg-type]

    classes = set(graph.transitive_subjects(RDFS.subClassOf, CG.Situation))
    situations = {thing for kind in classes for thing in graph.subjects(None, kind)}
    dated = {thing for prop in (CG.start, CG.end, CG.attestedOn, CG.date) for thing in graph.subjects(prop)}
    for thing in situations | dated:
        starts, ends, seen = spans(thing, CG.start), spans(thing, CG.end), spans(thing, CG.attestedOn)
        if thing in situations and not ends:
            for section in graph.objects(thing, DCTERMS.source):
                for document in graph.objects(section, DCTERMS.isPartOf):
                    seen += spans(document, CG.accurateAsOf)
        if not (starts or ends or seen):
            starts = ends = spans(thing, CG.date)
            days = {CG.earliestStart: [first for first, _ in starts], CG.latestEnd: [last for _, last in ends]}
        else:
            days = {
                CG.earliestStart: [first for first, _ in starts],
                CG.latestStart: [last for _, last in starts + seen + ends],
                CG.earliestEnd: [first for first, _ in ends + seen + starts],
                CG.latestEnd: [last for _, last in ends],
            }
        for name, known in days.items():
            if known:
                pick = max if name in (CG.earliestStart, CG.earliestEnd) else min
                graph.add((thing, name, Literal(pick(known))))


SNAPSHOT = """
PREFIX c: <https://w3id.org/cica-graph/concept/>
PREFIX cg: <https://w3id.org/cica-graph/ns#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
SELECT ?who ?organization ?wide ?from ?to ?first ?last
WHERE {
  ?wide skos:inScheme c:roles . FILTER(?wide IN (c:member, c:observer, c:applicant))
  ?role skos:broader* ?wide .
  ?membership cg:role ?role ; cg:member ?who ; cg:organization ?organization .
  OPTIONAL { ?membership cg:latestStart ?from }
  OPTIONAL { ?membership cg:earliestEnd ?to }
  OPTIONAL { ?membership cg:earliestStart ?first }
  OPTIONAL { ?membership cg:latestEnd ?last }
}"""


def snapshot(graph: Graph, day: date) -> None:
    """Add who is, for certain or possibly, member, observer or applicant of what on a day."""
    links = {
        "member": (CG.memberOf, CG.possiblyMemberOf),
        "observer": (CG.observerOf, CG.possiblyObserverOf),
        "applicant": (CG.applicantOf, CG.possiblyApplicantOf),
    }
    for row in list(graph.query(SNAPSHOT)):
        assert isinstance(row, ResultRow)
        sure, maybe = links[str(row.wide).rpartition("/")[2]]
        began, ended, first, last = (term.value if isinstance(term, Literal) else None for term in row[3:])
        if began is not None and ended is not None and began <= day <= ended:
            graph.add((row.who, sure, row.organization))
        if (first is None or first <= day) and (last is None or day <= last):
            graph.add((row.who, maybe, row.organization))


def shapes(root: Path, wanted: Callable[[str], bool]) -> Graph:
    """Return the shapes of the files whose names are wanted."""
    graph = Graph()
    for path in _home(root, "shapes").rglob("*.ttl"):
        if wanted(path.name):
            graph.parse(path)
    return graph


def single(name: str) -> bool:
    """Tell whether a file of shapes is about single things, stated or inferred."""
    return name not in SETS | AUTHORED


PAIRS = """
PREFIX cg: <https://w3id.org/cica-graph/ns#>
SELECT ?organization ?other (COUNT(DISTINCT ?who) AS ?n)
WHERE { ?who cg:LINK ?organization , ?other }
GROUP BY ?organization ?other"""


def overlaps(graph: Graph) -> list[Overlap]:
    """Return the overlaps of all organizations that may share a member on the day, counted by SPARQL."""

    def count(link: str) -> dict[tuple[str, str], int]:
        rows = graph.query(PAIRS.replace("LINK", link))
        return {(str(row[0]), str(row[1])): int(row[2]) for row in rows}  # type: ignore[index, arg-type]

    sure, maybe = count("memberOf"), count("possiblyMemberOf")
    return sorted(
        Overlap(one, two, sure.get((one, two), 0), most, sure.get((two, two), 0), maybe[two, two])
        for (one, two), most in maybe.items()
        if one != two
    )


def run(root: Path, day: date, sets: bool = False) -> Answers:
    """Run the whole stack over a project."""
    seconds: dict[str, float] = {}

    def timed(stage: str, work: Callable[[], T]) -> T:
        start = perf_counter()
        result = work()
        seconds[stage] = seconds.get(stage, 0.0) + perf_counter() - start
        return result

    def validate(graph: Graph, wanted: Callable[[str], bool], inference: str) -> bool:
        conforms, _, _ = pyshacl.validate(graph, shacl_graph=shapes(root, wanted), inference=inference, inplace=True)
        return bool(conforms)

    graph = timed("parse", lambda: read(root))
    verdicts = [timed("authored shapes", lambda: validate(graph, AUTHORED.__contains__, "none"))]
    timed("bounds", lambda: bound(graph))
    if sets:
        verdicts.append(timed("checks of sets", lambda: validate(graph, SETS.__contains__, "none")))
    timed("snapshot", lambda: snapshot(graph, day))
    verdicts.append(timed("validate with owlrl", lambda: validate(graph, single, "owlrl")))
    contradictions = tuple(sorted(str(text) for text in graph.objects(None, ERROR)))
    found = timed("overlaps", lambda: overlaps(graph))
    return Answers(all(verdicts), contradictions, tuple(found), seconds)


def ours(root: Path, day: date) -> list[Overlap]:
    """Return what cica-graph says of the same overlaps, for comparison."""
    from cica_graph import open_graph

    graph = open_graph(root)
    organizations = {a.code: a.iri for a in graph.names.actors.values() if a.kind == "organization"}
    return sorted(
        Overlap(iri, organizations[o.other], shared.certain, shared.possible, total.certain, total.possible)
        for iri in organizations.values()
        if graph.members(iri, on=day)  # one without members shares none
        for o in graph.overlaps(iri, on=day)
        if (shared := o.shared_count) and (total := o.total_count)
    )


def differences(theirs: Iterable[Overlap], own: Iterable[Overlap]) -> list[Overlap]:
    """Return the overlaps that only one of the two gives, sorted."""
    return sorted(set(theirs) ^ set(own))


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description="The naive stack over a project: seconds of each stage, and answers.")
    parser.add_argument("--project", type=Path, default=ROOT, help="project directory; the shipped data when left out")
    parser.add_argument("--on", type=date.fromisoformat, default=date(2012, 6, 13), help="the day of the snapshot")
    parser.add_argument("--sets", action="store_true", help="run the checks of sets too")
    parser.add_argument("--json", action="store_true", help="print everything as JSON")
    given = parser.parse_args()
    answers = run(given.project, given.on, given.sets)
    if given.json:
        print(json.dumps(answers, default=vars))
        return
    for stage, seconds in answers.seconds.items():
        print(f"{seconds:7.2f} s  {stage}")
    print(f"{sum(answers.seconds.values()):7.2f} s  together")
    print(f"conforms: {answers.conforms}")
    print(f"contradictions: {len(answers.contradictions)}")
    print(f"overlaps: {len(answers.overlaps)}")
    differing = differences(answers.overlaps, ours(given.project, given.on))
    if differing:
        raise SystemExit(f"not what cica-graph finds: {differing}")
    print("the overlaps are those that cica-graph finds")


if __name__ == "__main__":
    main()
