"""What search, the choice of language and comparisons need, as data."""

from __future__ import annotations

import json
from typing import Any

from cica_graph import queries
from cica_graph.model.terms import BASE, CG, SKOS
from cica_graph.publish.site.view import ALT, World


def files(world: World) -> dict[str, bytes]:
    """Return the data of search, names and comparisons as scripts: a page opened from disk may load nothing else."""
    return {
        "static/search-index.js": _script("cicaSearch", _search(world)),
        "static/spells.js": _script("cicaSpells", _timeline(world)),
        **{
            f"static/labels-{lang}.js": _script("cicaLabels", _labels(world, lang))
            for lang, _ in world.languages
            if lang != "en"
        },
    }


def _script(name: str, data: Any) -> bytes:
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    text = text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    return f"var {name}={text};\n".encode()


def _search(world: World) -> list[list[Any]]:
    """Label, path, kind, code and every other name or code, by label."""
    found = []
    for iri in world.things:
        link = world.link(iri)
        kind = world.kind(iri) if link.path and iri.startswith(BASE) else ""
        if kind in ("", "thing", "membership", "section", "graph") or not (names := world.names(iri)):
            continue
        others = {*names.values(), *world.things.values(iri, ALT)} - {link.label}
        others |= {world.things.one(iri, CG + key) for key in ("iso2", "iso3", "m49", "cow")}
        others |= {world.things.one(n, CG + "name") for n in world.things.subjects(iri, CG + "names")}
        code = world.code(iri) or world.things.one(iri, SKOS + "notation")
        found.append([link.label, link.path, kind, code, sorted(others - {"", code, link.label})])
    found += [[q.name, f"query/{q.name}", "query", "", [q.title]] for q in queries.folder("cookbook")]
    return sorted(found, key=lambda e: (e[0].casefold(), e[1]))


def _timeline(world: World) -> dict[str, Any]:
    actors = {a.iri: a for a in world.graph.names.actors.values()}
    spells = [
        [actors[s.member].code, actors[s.organization].code, *s.standing.bounds]
        for s in world.spells.values()
        if s.counts
    ]
    return {
        "day": world.day.isoformat(),
        "actors": {a.code: [a.label, world.link(a.iri).path] for a in sorted(actors.values(), key=lambda a: a.iri)},
        "spells": spells,
    }


def _labels(world: World, lang: str) -> dict[str, str]:
    found = {}
    for iri in world.things:
        link = world.link(iri)
        if link.path and iri.startswith(BASE) and (name := world.names(iri).get(lang)):
            found[link.path] = name
    return found
