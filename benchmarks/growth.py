"""How the cost of each step grows with the number of memberships.

Synthetic projects of 1, 2, 4 and 8 times the memberships of the shipped data, worked through step by step, each
in a process of its own. Two ways to grow: more ``organizations`` of the same size, or more ``spells`` of the same
members in the same organizations. The growth exponent is that of the last doubling: 1 is linear, 2 quadratic.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path
from resource import RLIMIT_AS, RUSAGE_SELF, getrusage, setrlimit
from string import ascii_uppercase

from benchmarks.naive import ROOT

DAY = date(2012, 6, 13)
STATES, ORGANIZATIONS, MEMBERS = 196, 16, 32  # 512 memberships: as many as the shipped data has
SIZES = (1, 2, 4, 8)
MEMORY = 4 << 30  # bytes that one measurement may ask for; a step that wants more is a finding, not a reason to swap
STEPS = ("load", "bound", "settle", "reason", "derive", "audit", "validate", "judge")

_HEAD = """\
@prefix c: <https://w3id.org/cica-graph/concept/> .
@prefix cg: <https://w3id.org/cica-graph/ns#> .
@prefix dcat: <http://www.w3.org/ns/dcat#> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix doc: <https://w3id.org/cica-graph/doc/> .
@prefix edtf: <http://id.loc.gov/datatypes/edtf/> .
@prefix g: <https://w3id.org/cica-graph/graph/> .
@prefix m: <https://w3id.org/cica-graph/id/membership/> .
@prefix o: <https://w3id.org/cica-graph/id/org/> .
@prefix qb: <http://purl.org/linked-data/cube#> .
@prefix s: <https://w3id.org/cica-graph/id/state/> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix x: <https://w3id.org/cica-graph/id/claim/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .

g:{name} a dcat:Dataset ; dcterms:title "{name}"@en ; dcterms:license <https://creativecommons.org/licenses/by/4.0/> .
"""


def project(
    directory: Path, organizations: int = ORGANIZATIONS, members: int = MEMBERS, spells: int = 1, states: int = STATES
) -> None:
    """Write a project of ``organizations * members * spells`` memberships, one of which a claim is about.

    Every tenth member is an observer, every fifth a founder, and the first member of each organization has left.
    A number of states that is prime, or has few divisors, gives enough different members.
    Starts are days, months and years in turn. Two sources report each membership, and one of them has a date.
    """
    codes = [_code(n) for n in range(states)]
    _write(directory, "sources", [_document("old", ""), _document("new", ' ; cg:accurateAsOf "2014"^^edtf:EDTF')])
    _write(directory, "states", [_state(code) for code in codes])
    for n in range(organizations):
        step = 1 + n % 5  # neighbours share some members and not all
        chosen = [codes[(7 * n + step * k) % states] for k in range(members)]
        if len(set(chosen)) < members:
            raise ValueError("too few states for so many members")
        lines = [_organization(f"org{n}")]
        lines += [_spell(f"org{n}", code, k, spell, spells) for k, code in enumerate(chosen) for spell in range(spells)]
        _write(directory, f"org{n}", lines)
    certain = sum(k > 0 and k % 10 != 9 for k in range(members))
    _write(directory, "claims", [_CLAIM.format(day=DAY, count=certain)])


def _write(directory: Path, name: str, blocks: list[str]) -> None:
    folder = directory / "data"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.ttl").write_text(_HEAD.format(name=name) + "\n" + "\n".join(blocks) + "\n", encoding="utf-8")


def _code(n: int) -> str:
    return "".join(ascii_uppercase[n // 26**place % 26] for place in (2, 1, 0))


def _document(name: str, date_: str) -> str:
    return f"""doc:{name} a cg:Source ; dcterms:title "{name}"@en{date_} .
doc:{name}-list a cg:Section ; dcterms:isPartOf doc:{name} ; dcterms:title "List"@en ."""


def _state(code: str) -> str:
    return f"""s:{code} a cg:State ; cg:iso3 "{code}" ; cg:region c:asia ;
    skos:prefLabel "State {code}"@en , "État {code}"@fr ; dcterms:source doc:old-list ."""


def _organization(name: str) -> str:
    return f"""o:{name} a cg:Organization ; skos:notation "{name.upper()}" ; cg:start "1900"^^edtf:EDTF ;
    skos:prefLabel "Organization {name}"@en ; dcterms:source doc:old-list ."""


def _spell(organization: str, code: str, k: int, spell: int, spells: int) -> str:
    """Write one spell: the last one goes on, those before it lasted two years each, three years apart."""
    year = 2000 - 3 * (spells - 1 - spell)
    start = (f"{year}-03-{1 + k % 28:02}", f"{year}-03", f"{year}")[k % 3]
    left = spell < spells - 1 or k == 0
    end = f' ; cg:end "{year + 2}"^^edtf:EDTF' if left else ""
    role = "observer" if k % 10 == 9 else "founding-member" if k % 5 == 0 else "member"
    return f"""m:{organization}-{code}-{spell + 1} a cg:Membership ;
    cg:member s:{code} ; cg:organization o:{organization} ; cg:spell {spell + 1} ;
    cg:role c:{role} ; cg:start "{start}"^^edtf:EDTF{end} ;
    dcterms:source doc:old-list , doc:new-list ."""


_CLAIM = """\
x:members a cg:Tally ; qb:dataSet g:claims ; cg:about o:org0 ; cg:population c:members ; cg:asOf "{day}"^^xsd:date ;
    cg:count {count} ; cg:closure c:partial ; dcterms:source doc:old-list ."""


def measure(directory: Path) -> dict[str, float]:
    """Return what a check of a project takes from cold: seconds of each step, and triples, findings, peak MB."""
    from cica_graph.pipeline import build
    from cica_graph.project.source_files import Project

    with tempfile.TemporaryDirectory() as cache:
        os.environ["CICA_GRAPH_CACHE"] = cache
        setrlimit(RLIMIT_AS, (MEMORY, MEMORY))
        built, findings = build.check(Project.at(directory))
    took = {step: built.seconds[step] for step in STEPS}
    counts = {"triples": len(built.store.triples()), "findings": len(findings)}
    return took | counts | {"together": sum(took.values()), "MB": getrusage(RUSAGE_SELF).ru_maxrss / 1024}


def grow(way: str, times: int) -> dict[str, float]:
    """Measure a project of so many times the memberships, in a process of its own; nothing when memory ran out."""
    with tempfile.TemporaryDirectory() as directory:
        if way == "spells":
            project(Path(directory), spells=times)
        else:
            project(Path(directory), organizations=ORGANIZATIONS * times)
        command = [sys.executable, "-m", "benchmarks.growth", "--measure", directory]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode < 0 or "MemoryError" in done.stderr:
        return {}
    if done.returncode:
        raise SystemExit(done.stderr)
    measured: dict[str, float] = json.loads(done.stdout)
    return measured


def table(sizes: list[int], measured: list[dict[str, float]]) -> str:
    """Return the measurements as Markdown, with the growth exponent of the last doubling that came to its end."""
    heads = ["", *(f"{ORGANIZATIONS * MEMBERS * n}" for n in sizes), "exponent"]
    lines = [f"| {' | '.join(heads)} |", "| --- |" + " ---: |" * (len(heads) - 1)]
    for name in [*STEPS, "together", "MB", "triples"]:
        digits = 2 if name in STEPS or name == "together" else 0
        cells = [f"{m[name]:.{digits}f}" if m else "out of memory" for m in measured]
        last = [(n, m[name]) for n, m in zip(sizes, measured, strict=True) if m][-2:]
        exponent = math.log(last[1][1] / last[0][1]) / math.log(last[1][0] / last[0][0]) if len(last) > 1 else math.nan
        lines.append(f"| {' | '.join([name, *cells, f'{exponent:.1f}'])} |")
    return "\n".join(lines)


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description="The cost of each step as memberships grow.")
    parser.add_argument(
        "--by", choices=("organizations", "spells"), default="organizations", help="what there is more of"
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="multiples of the shipped data's size")
    parser.add_argument("--json", action="store_true", help="print JSON in place of the table")
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        print(json.dumps(measure(given.measure)))
        return
    sizes = sorted(given.sizes)
    measured = [grow(given.by, times) for times in sizes]
    faulty = [n for n, m in zip(sizes, measured, strict=True) if m and m["findings"]]
    if faulty:
        raise SystemExit(f"the synthetic projects of these sizes have findings: {faulty}")
    print(json.dumps(dict(zip(sizes, measured, strict=True)), indent=2) if given.json else table(sizes, measured))


if __name__ == "__main__":
    main()
