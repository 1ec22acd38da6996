"""Pages and files of the vocabulary and the shapes. Each term and each rule has an anchor."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import pyoxigraph as ox

from cica_graph.formats.jsonld import to_jsonld
from cica_graph.formats.rdfxml import rdfxml
from cica_graph.formats.turtle import serialize, turtle
from cica_graph.model.terms import BASE, CG, GRAPH, OWL, PREFIXES, RDF, RDF_TYPE, RDFS, SCHEMA, SHAPE, SKOS, local
from cica_graph.project import source_files
from cica_graph.project.source_files import Project, SourceFile
from cica_graph.publish.site.page import Page
from cica_graph.publish.site.page_table import PageLink, Text
from cica_graph.publish.site.pages.subject_page import shown
from cica_graph.publish.site.view import SiteView
from cica_graph.publish.subject_index import SubjectIndex
from cica_graph.store.store import Store, Term, value

_ONTOLOGY: Final = ox.NamedNode(GRAPH + "ontology")
_SH: Final = "http://www.w3.org/ns/shacl#"
_KINDS: Final = (
    ("Classes", OWL + "Class"),
    ("Object properties", OWL + "ObjectProperty"),
    ("Datatype properties", OWL + "DatatypeProperty"),
    ("Structures", PREFIXES["qb"] + "DataStructureDefinition"),
)
_AXIOMS: Final = (
    ("subclass of", RDFS + "subClassOf"),
    ("same as", OWL + "equivalentClass"),
    ("subproperty of", RDFS + "subPropertyOf"),
    ("follows from", OWL + "propertyChainAxiom"),
    ("inverse of", OWL + "inverseOf"),
    ("domain", RDFS + "domain"),
    ("range", RDFS + "range"),
    ("values", SCHEMA + "rangeIncludes"),
    ("disjoint with", OWL + "propertyDisjointWith"),
    ("code list", PREFIXES["qb"] + "codeList"),
    ("see also", RDFS + "seeAlso"),
)


@dataclass(frozen=True)
class TermEntry:
    """A term of the vocabulary, or a rule of the shapes.

    :ivar name: local name, which is also the anchor.
    :ivar axioms: labels and values of its axioms.
    :ivar shapes: the rules that use the term.
    :ivar example: a statement of the data that uses the term, and a link to its page.
    """

    name: str
    iri: str
    label: str
    comment: str
    axioms: tuple[tuple[str, tuple[PageLink | Text, ...]], ...] = ()
    shapes: tuple[PageLink, ...] = ()
    example: tuple[str, PageLink] | None = None
    deprecated: bool = False


def pages(view: SiteView, project: Project) -> Iterator[Page]:
    """Yield the two pages."""
    rules = _rules(project)
    yield _vocabulary(view, rules)
    yield _shapes(view, project, rules)


def files(view: SiteView, project: Project) -> Iterator[tuple[str, bytes]]:
    """Yield the vocabulary and the shapes as RDF files, by path."""
    ontology = Store.from_triples(view.graph.store.graph(_ONTOLOGY))
    yield "ns.ttl", turtle(ontology.triples())
    yield "ns.jsonld", to_jsonld(ontology)
    yield "ns.nt", serialize(ontology.triples(), ox.RdfFormat.N_TRIPLES)
    yield "ns.rdf", rdfxml(ontology)
    shapes = Store.from_triples(t for file in project.shapes for t in _parse(file))
    known = PREFIXES | {"sh": _SH, "shape": SHAPE}
    yield "shapes.ttl", turtle(shapes.triples(), known)


def _parse(file: SourceFile) -> Iterable[ox.Triple]:
    return (q.triple for q in source_files.parse(file).quads)


def _rules(project: Project) -> dict[str, SubjectIndex]:
    """Return the shapes by file name."""
    return {file.name: SubjectIndex(Store.from_triples(_parse(file))) for file in project.shapes}


def _vocabulary(view: SiteView, rules: dict[str, SubjectIndex]) -> Page:
    index = view.index
    terms = [t for t in index if t.startswith(CG)]
    used, examples = _used(rules, terms), _examples(view)
    groups = []
    for heading, kind in _KINDS:
        entries = tuple(
            TermEntry(
                local(t),
                t,
                index.one(t, RDFS + "label"),
                index.one(t, RDFS + "comment"),
                _axioms(view, t),
                used[t],
                examples.get(t),
                index.one(t, OWL + "deprecated") == "true",
            )
            for t in sorted(terms, key=lambda t: (local(t).casefold(), t))
            if kind in index.classes(t)
        )
        if entries:
            groups.append((heading, entries))
    header = f"{BASE}ns"
    facts = tuple(
        (label, tuple(shown(view, o) for o in index.objects(header, predicate)))
        for label, predicate in (
            ("Version", OWL + "versionInfo"),
            ("Created", "http://purl.org/dc/terms/created"),
            ("Creator", "http://purl.org/dc/terms/creator"),
            ("Licence", "http://purl.org/dc/terms/license"),
            ("Prefix", PREFIXES["vann"] + "preferredNamespacePrefix"),
            ("Namespace", PREFIXES["vann"] + "preferredNamespaceUri"),
            ("Changes", SKOS + "changeNote"),
        )
    )
    return Page(
        "ns",
        "vocabulary.html",
        index.one(header, "http://purl.org/dc/terms/title") or "Vocabulary",
        kind="vocabulary",
        iri=header,
        lead=index.one(header, "http://purl.org/dc/terms/description"),
        data=("ttl", "jsonld", "rdf"),
        facts=tuple((name, values) for name, values in facts if values),
        more={"groups": tuple(groups)},
    )


def _axioms(view: SiteView, term: str) -> tuple[tuple[str, tuple[PageLink | Text, ...]], ...]:
    found = []
    for label, predicate in _AXIOMS:
        values = tuple(_expression(view, o) for o in view.index.objects(term, predicate))
        if values:
            found.append((label, values))
    others = [local(c) for c in sorted(view.index.classes(term)) if local(c).endswith("Property") and c.startswith(OWL)]
    kinds = [name for name in others if name not in ("ObjectProperty", "DatatypeProperty")]
    if kinds:
        found.append(("is", tuple(Text(name.removesuffix("Property").lower()) for name in kinds)))
    inverse = view.index.subjects(term, OWL + "inverseOf")
    if inverse:
        found.append(("inverse of", tuple(_term(i) for i in inverse)))
    return tuple(found)


def _expression(view: SiteView, term: Term) -> PageLink | Text:
    if isinstance(term, ox.NamedNode):
        return _term(term.value)
    if isinstance(term, ox.BlankNode):
        if chain := list(_list(view.index, term)):
            return Text(" ∘ ".join(_name(view, t.value) for t in chain if isinstance(t, ox.NamedNode)))
        said = {p: value(o) for p, o in view.index.about(term.value)}
        return Text(f"{_name(view, said[OWL + 'onProperty'])} is {_name(view, said[OWL + 'hasValue'])}")
    return Text(value(term))


def _list(index: SubjectIndex, node: Term) -> Iterator[Term]:
    while isinstance(node, ox.BlankNode):
        said = dict(index.about(node.value))
        if RDF + "first" not in said:
            return
        yield said[RDF + "first"]
        node = said[RDF + "rest"]


def _name(view: SiteView, iri: str) -> str:
    return view.curie(iri)


def _term(iri: str) -> PageLink:
    if iri.startswith(CG):
        return PageLink(local(iri), f"ns#{local(iri)}", iri)
    prefix = next((p for p, namespace in PREFIXES.items() if iri.startswith(namespace)), "")
    return PageLink(f"{prefix}:{local(iri)}" if prefix else iri, "", iri)


def _used(rules: dict[str, SubjectIndex], terms: Iterable[str]) -> dict[str, tuple[PageLink, ...]]:
    """Return links to the rules that use each term in a path, a target or a query."""
    found = defaultdict[str, set[str]](set)
    known = {local(t): t for t in terms}
    for index in rules.values():
        for rule in index:
            if not rule.startswith(SHAPE):
                continue
            for _, o in index.about(rule):
                if isinstance(o, ox.NamedNode):
                    found[o.value].add(rule)
                elif isinstance(o, ox.Literal):
                    for name in re.findall(r"\bcg:(\w+)", o.value):
                        if name in known:
                            found[known[name]].add(rule)
    return defaultdict(
        tuple,
        {t: tuple(PageLink(local(r), f"shapes#{local(r)}", r) for r in sorted(rules)) for t, rules in found.items()},
    )


def _examples(view: SiteView) -> dict[str, tuple[str, PageLink]]:
    """Return an example statement for each term, if possible about the central organization."""
    found: dict[str, tuple[str, str, Term]] = {}
    hub = local(view.hub)
    for iri in sorted(view.index, key=lambda i: (hub not in i, i)):
        if not iri.startswith(BASE) or iri.startswith((CG, GRAPH)):
            continue
        for predicate, o in view.index.about(iri):
            found.setdefault(predicate, (iri, predicate, o))
            if predicate == RDF_TYPE and isinstance(o, ox.NamedNode):
                found.setdefault(o.value, (iri, predicate, o))
    return {t: (_statement(view, *s), view.link(s[0])) for t, s in found.items() if t.startswith(CG)}


def _statement(view: SiteView, subject: str, predicate: str, o: Term) -> str:
    verb = "a" if predicate == RDF_TYPE else view.curie(predicate)
    text = view.curie(o.value) if isinstance(o, ox.NamedNode) else str(o)
    if isinstance(o, ox.Literal) and "^^<" in text:
        text = f'"{o.value}"^^{view.curie(o.datatype.value)}'
    return f"{_bare(view, subject)} {verb} {_bare(view, text) if isinstance(o, ox.NamedNode) else text} ."


def _bare(view: SiteView, iri: str) -> str:
    text = view.curie(iri)
    return f"<{text}>" if text.startswith("http") else text


def _shapes(view: SiteView, project: Project, rules: dict[str, SubjectIndex]) -> Page:
    groups = []
    for file in project.shapes:
        index = rules[file.name]
        entries = []
        for rule in sorted((r for r in index if r.startswith(SHAPE)), key=lambda r: (local(r).casefold(), r)):
            said = tuple(
                (label, tuple(_path(view, o) for o in index.objects(rule, _SH + key)))
                for label, key in (
                    ("applies to class", "targetClass"),
                    ("applies to subjects of", "targetSubjectsOf"),
                    ("applies to objects of", "targetObjectsOf"),
                    ("property", "path"),
                    ("class", "class"),
                    ("datatype", "datatype"),
                    ("pattern", "pattern"),
                    ("minimum count", "minCount"),
                    ("maximum count", "maxCount"),
                    ("allowed values", "in"),
                    ("property shapes", "property"),
                    ("SPARQL constraint", "sparql"),
                    ("severity", "severity"),
                )
            )
            query = index.one(rule, _SH + "select")
            hint = index.one(rule, SHAPE + "hint")
            axioms = tuple((label, values) for label, values in said if values)
            if hint:
                axioms += (("hint", (Text(hint),)),)
            entry = TermEntry(local(rule), rule, local(rule), index.one(rule, _SH + "message"), axioms)
            entries.append((entry, query.strip()))
        groups.append((file.name, tuple(entries)))
    count = sum(len(entries) for _, entries in groups)
    lead = f"{count} shapes and rules for the data. Each finding of `check` names the rule that the data break."
    return Page(
        "shapes",
        "shapes.html",
        "Shapes",
        kind="shapes",
        iri=f"{BASE}shapes",
        lead=lead,
        data=("ttl",),
        crumbs=(PageLink("Vocabulary", "ns"),),
        more={"groups": tuple(groups)},
    )


def _path(view: SiteView, o: Term) -> PageLink | Text:
    if isinstance(o, ox.NamedNode) and o.value.startswith(SHAPE):
        return PageLink(local(o.value), f"shapes#{local(o.value)}", o.value)
    if isinstance(o, ox.NamedNode):
        return _term(o.value)
    return Text("an expression" if isinstance(o, ox.BlankNode) else value(o))
