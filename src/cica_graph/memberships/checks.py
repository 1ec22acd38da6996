"""Checks of published pages, in words: the statement of a page, the result, and the basis of the verdict."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from cica_graph import queries
from cica_graph.model.names import Names
from cica_graph.model.results import Audit, PageCheck
from cica_graph.model.terms import local
from cica_graph.store.store import Row, Store, value

_PAGES: Final = "the pages themselves"
_CERTAINTY: Final = {
    "pages-date-differently": "comparison of the pages; one page is wrong",
    "same-figure": "comparison of the pages; one page may be wrong",
    "sum-differs": "the page itself",
    "date-differs": "the sources named here",
    "date-agrees": "the sources named here",
    "date-unknown": "no source",
    "single-figure": "no source",
    "list-incomplete": "no complete list",
    "other-unit": "the graph",
}
_MEANING: Final = {
    "not-in-this": "are not {here} members",
    "not-in-other": "are not {there} members",
    "in-both": "are members of both",
}


def checks(store: Store, names: Names, audits: Iterable[Audit]) -> list[PageCheck]:
    """Return all checks of pages, with the audits of their counts, sorted by page and kind."""
    wording = _Wording(store, names)
    found = [wording.check(row) for row in store.select(queries.shipped("select", "checks").text)]
    return sorted([*found, *wording.audited(audits)], key=lambda c: (c.title, c.aspect, c.claim, c.says, c.finds))


class _Wording:
    """Words for checks."""

    def __init__(self, store: Store, names: Names) -> None:
        self._names = names
        self._store = store
        self._named = defaultdict[tuple[str, str], list[str]](list)
        for row in self._rows("check-names"):
            self._named[value(row["check"]), value(row["kind"])].append(value(row["name"]))
        for row in self._rows("bracket-names"):
            self._named[value(row["claim"]), value(row["reading"])].append(value(row["name"]))
        self._sources = defaultdict[str, set[str]](set)
        self._dates = defaultdict[str, set[str]](set)
        for row in self._rows("check-sources"):
            self._sources[value(row["check"])].add(value(row["title"]))
            if "date" in row:
                self._dates[value(row["check"])].add(value(row["date"]))

    def _rows(self, name: str) -> Sequence[Row]:
        return self._store.select(queries.shipped("select", name).text)

    def check(self, row: Row) -> PageCheck:
        cells = {name: value(term) for name, term in row.items()}
        aspect, reason = local(cells["aspect"]).removesuffix("-check"), local(cells["reason"])
        topic = cells.get("topic", cells["about"])
        says, finds = self._words(aspect, cells, topic)
        return PageCheck(
            check=cells["check"],
            page=cells["page"],
            title=cells["title"],
            organization=self._code(topic),
            aspect=aspect,
            says=says,
            finds=finds,
            verdict=local(cells["verdict"]),
            reason=reason,
            why=cells.get("why", ""),
            certainty=_CERTAINTY.get(reason, _PAGES),
            sources=tuple(sorted(self._sources[cells["check"]])),
            claim=cells.get("claim", ""),
        )

    def _words(self, aspect: str, cells: Mapping[str, str], topic: str) -> tuple[str, str]:
        """Return what the page states and what was found."""
        here = self._code(cells["about"])
        other = self._code(cells["counterpart"]) if "counterpart" in cells else ""
        of_whom = f"{cells.get('says', '')} of {cells.get('of', '')} {other} members are in {here}"
        count = cells.get("count", "")
        match aspect:
            case "lists":
                return (
                    of_whom,
                    f"{count} of {cells['total']} by the lists of members" if count else "a list is not whole",
                )
            case "bracket":
                return self._bracket(cells, here, other)
            case "pair":
                return of_whom, f"{count} on the page of {other}"
            case "one-sided":
                return f"no overlap with {other}", f"{count} shared members on the page of {other}"
            case "unlisted":
                there = other if self._code(topic) == here else here
                return f"no overlap with {there}", f"{count} shared members, and neither page lists them"
            case "sum":
                return f"{cells['says']} {cells.get('population', 'members')}", f"the parts on the page give {count}"
            case "date":
                actor = self._names[cells["actor"]].label
                dates = ", ".join(sorted(self._dates[cells["check"]]))
                return f"{actor} {cells['event']} ({here}): {cells['date']}", dates or "no date"
            case "figure":
                found = ", ".join(sorted(self._sources[cells["check"]]))
                says = f"{cells['says']} {cells['unit']} ({cells['date']})"
                return says, f"also in: {found}" if found else "not on another page"
            case _:
                return of_whom, f"{count} of the members; the number is that of their states"

    def _bracket(self, cells: Mapping[str, str], here: str, other: str) -> tuple[str, str]:
        reading = next(name for name in _MEANING if cells["check"].endswith(f"-{name}"))
        named = self._labels(self._named[cells["claim"], reading])
        says = f"{cells['says']} of {cells['of']} {other} members; {named} {_MEANING[reading]}"
        wrong, missing, fits = (self._named[cells["check"], kind] for kind in ("wrong", "missing", "fits"))
        parts = [
            *([f"wrong: {self._labels(wrong)}"] if wrong else []),
            *([f"missing: {self._labels(missing)}"] if missing else []),
            *(f"the names are right if they {_MEANING[local(each)]}" for each in fits if wrong or missing),
        ]
        finds = "; ".join(parts) or "the names are right"
        return says.format(here=here, there=other), finds.format(here=here, there=other)

    def audited(self, audits: Iterable[Audit]) -> Iterable[PageCheck]:
        """Yield the audits of counts as checks."""
        pages = {value(row["section"]): row for row in self._rows("check-pages")}
        for audit in audits:
            page = pages.get(audit.section)
            if page is None:
                continue
            topic = value(page["topic"]) if "topic" in page else ""
            overlap = audit.claimed_total is not None
            of_whom = f"{audit.claimed} of {audit.claimed_total} {audit.population} members are in {audit.organization}"
            yield PageCheck(
                check=audit.claim,
                page=value(page["page"]),
                title=value(page["title"]),
                organization=self._code(topic) if topic else audit.organization,
                aspect="overlap" if overlap else "count",
                says=of_whom if overlap else f"{audit.claimed} {audit.population.replace('-', ' ')}",
                finds="nothing to compare" if audit.count is None else f"{audit.count} on {audit.on}",
                verdict=audit.verdict,
                reason=audit.reason_code,
                why=audit.reason,
                certainty="sources other than the page" if audit.independent else "the page alone",
                sources=(),
                claim=audit.claim,
            )

    def _code(self, iri: str) -> str:
        return self._names[iri].code

    def _labels(self, iris: Iterable[str]) -> str:
        return ", ".join(sorted(self._names[iri].label for iri in iris))
