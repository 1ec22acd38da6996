"""A graph with hostile labels and IRIs."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from cica_graph import open_graph
from cica_graph.model.terms import BASE
from cica_graph.pipeline.build import StepTimer
from cica_graph.publish.output import Folder
from cica_graph.publish.site.build import build

NASTY = '<script>alert(1)</script></script><!--  =HYPERLINK(1) "&amp;'
TURTLE = """
@prefix cg: <https://w3id.org/cica-graph/ns#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix foaf: <http://xmlns.com/foaf/0.1/> .
@prefix dcat: <http://www.w3.org/ns/dcat#> .
@prefix dcterms: <http://purl.org/dc/terms/> .
<https://w3id.org/cica-graph/graph/nasty> a dcat:Dataset ; dcterms:title "Nasty" .
"""


def site(folder_: Path, base: Path) -> Path:
    """Return the site of such a graph, which also has the data of the project ``base``, made below a folder."""
    project = folder_ / "project"
    shutil.copytree(base / "data", project / "data")
    label = json.dumps(NASTY + "\u202eabc")
    lines = [TURTLE]
    paths = (
        "id/state/..%2F..%2Fup", "id/state/kaz", "id/org/con", "id/org/cica.others", "index", "static/site",
        "concept/" + "x" * 300, "id/org/.hidden", "id/state/%00", "id/state/a//b",
    )  # fmt: skip
    for path in paths:
        kind = "cg:Organization" if "/org/" in path else "cg:State"
        lines.append(
            f"<{BASE}{path}> a {kind} ; skos:prefLabel {label}@en ; skos:altLabel {label}@fr ; skos:notation {label} ;"
            f" foaf:homepage <javascript:alert(1)> , <data:text/html,x> ."
        )
        lines.append(
            f"<{BASE}id/membership/m{len(lines)}> a cg:Membership ; cg:member <{BASE}{path}> ; cg:spell 1 ;"
            f" cg:organization <{BASE}id/org/cica> ; cg:role <{BASE}concept/member> ; cg:start {label} ."
        )
    (project / "data" / "nasty.ttl").write_text("\n".join(lines), "utf-8")
    out = project.parent / "a" / "b" / "site"
    with Folder(out).open() as folder:
        build(open_graph(project), folder, StepTimer())
    return out
