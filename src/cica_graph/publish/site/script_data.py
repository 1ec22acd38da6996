"""Data for the script of the site: search index, names by language, memberships to compare."""

from __future__ import annotations

import json
from typing import Any

from cica_graph import queries
from cica_graph.model import other_languages, spellings
from cica_graph.model.terms import BASE, CG, SKOS
from cica_graph.publish.site.view import ALT, SiteView


def files(view: SiteView) -> dict[str, bytes]:
    """Return the data as scripts by path. A page that is opened from disk can load only scripts."""
    return {
        "static/search-index.js": _script("cicaSearch", _search(view)),
        "static/names.js": _script("cicaNames", _other_languages(view)),
        "static/spells.js": _script("cicaSpells", _timeline(view)),
        **{
            f"static/labels-{lang}.js": _script("cicaLabels", _labels(view, lang))
            for lang, _ in view.languages
            if lang != "en"
        },
    }


def _script(name: str, data: Any) -> bytes:
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    text = text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    return f"var {name}={text};\n".encode()


def _search(view: SiteView) -> list[list[Any]]:
    """Return label, path, kind, code and the other names and codes of each subject, sorted by label."""
    found = []
    for iri in view.index:
        link = view.link(iri)
        kind = view.kind(iri) if link.path and iri.startswith(BASE) else ""
        if kind in ("", "thing", "membership", "section", "graph") or not (names := view.names(iri)):
            continue
        others = {*names.values(), *view.index.values(iri, ALT)} - {link.label}
        others |= {view.index.one(iri, CG + key) for key in ("iso2", "iso3", "m49", "cow")}
        others |= {view.index.one(n, CG + "name") for n in view.index.subjects(iri, CG + "names")}
        code = view.code(iri) or view.index.one(iri, SKOS + "notation")
        found.append([link.label, link.path, kind, code, sorted(others - {"", code, link.label})])
    found += [[q.name, f"query/{q.name}", "query", "", [q.title]] for q in queries.folder("cookbook")]
    return sorted(found, key=lambda e: (e[0].casefold(), e[1]))


def _other_languages(view: SiteView) -> dict[str, list[str]]:
    """Return names of states that the graph does not have, by code: in other languages, former and popular ones."""
    states = {actor.code for actor in view.graph.names.actors.values() if actor.kind == "state"}
    found = {code: set[str]() for code in states}
    for code, _, names in other_languages.rows():
        found.get(code, set()).update(names)
    for other in spellings.others().values():
        found.get(other.after, set()).add(other.name)
    return {code: sorted(names) for code, names in found.items() if names}


def _timeline(view: SiteView) -> dict[str, Any]:
    actors = {a.iri: a for a in view.graph.names.actors.values()}
    memberships = [
        [actors[s.member].code, actors[s.organization].code, *(stretch if stretch[4] else stretch[:4])]
        for s in view.memberships.values()
        if s.counts
        for stretch in s.standing.stretches
    ]
    return {
        "day": view.day.isoformat(),
        "actors": {a.code: [a.label, view.link(a.iri).path] for a in sorted(actors.values(), key=lambda a: a.iri)},
        "spells": memberships,
        "records": {
            a.code: [records.life, *records.covered]
            for a in sorted(actors.values(), key=lambda a: a.iri)
            if a.kind == "organization"
            for records in [view.table_records(a.iri)]
        },
    }


def _labels(view: SiteView, lang: str) -> dict[str, str]:
    found = {}
    for iri in view.index:
        link = view.link(iri)
        if link.path and iri.startswith(BASE) and (name := view.names(iri).get(lang)):
            found[link.path] = name
    return found
