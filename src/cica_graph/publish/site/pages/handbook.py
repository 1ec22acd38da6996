"""Page "The handbook, audited": the errors and doubts that an editor of the pages should look at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from cica_graph.model.results import PageCheck
from cica_graph.model.terms import BASE
from cica_graph.publish.site.page import Page
from cica_graph.publish.site.page_table import Cell, PageColumn, PageLink, PageTable
from cica_graph.publish.site.view import SiteView

_VERDICTS = ("confirmed", "consistent", "undetermined", "contradicted", "omitted", "unchecked")
_URGENT = ("contradicted", "omitted")


def handbook(view: SiteView) -> Page:
    """Return the page of all checks: the corrections, then the numbers by page and by kind."""
    checks = view.checks
    errata = [check for check in checks if check.is_erratum]
    once = {check.check: check for check in checks}.values()
    by_page: dict[str, list[PageCheck]] = {}
    for check in checks:
        by_page.setdefault(check.page, []).append(check)
    by_kind: dict[str, list[PageCheck]] = {}
    for check in sorted(once, key=lambda each: each.aspect):
        by_kind.setdefault(check.aspect, []).append(check)
    counts = Counter(check.verdict for check in once)
    summary = ", ".join(f"{counts[verdict]} {verdict}" for verdict in _VERDICTS if counts[verdict])
    tables = {
        "errata": _errata(view, errata),
        "pages": _numbers("pages", "Checks by page", "Page", {(view.link(p),): c for p, c in by_page.items()}),
        "kinds": _numbers(
            "kinds",
            "Checks by kind",
            "Kind",
            {(view.link(f"{BASE}concept/{kind}-check"),): c for kind, c in by_kind.items()},
        ),
    }
    return Page(
        "handbook",
        "list.html",
        "The handbook, audited",
        lead=f"{len(once)} statements of {len(by_page)} pages, compared with the pages themselves and with the graph: "
        f"{summary or 'none'}. {len({check.check for check in errata})} need an editor.",
        tables=tables if checks else {},
    )


def checks_table(view: SiteView, iri: str) -> PageTable:
    """Return a table of the checks of a source, or of one of its statements. A check is a part of the source."""
    columns: tuple[PageColumn, ...] = (
        PageColumn("check", "Check", "links"),
        PageColumn("says", "The page gives"),
        PageColumn("finds", "Found"),
        PageColumn("verdict", "Verdict", "links"),
        PageColumn("why", "Reason"),
        PageColumn("certainty", "Rests on"),
        PageColumn("claim", "Claim", "links"),
    )
    rows, anchors = list[tuple[Cell, ...]](), list[str]()
    for check in (c for c in view.checks if c.check != c.claim and iri in (c.page, c.claim)):
        page, _, name = check.check.partition("#")
        link = PageLink(view.label(f"{BASE}concept/{check.aspect}-check"), view.link(check.check).path, check.check)
        verdict = view.link(f"{BASE}concept/{check.verdict}")
        claim = (view.link(check.claim),) if check.claim else ()
        rows.append(((link,), check.says, check.finds, (verdict,), check.why, check.certainty, claim))
        anchors.append(name if page == iri.partition("#")[0] else "")
    if not any(anchors):  # the page of a claim
        columns, rows = columns[:-1], [row[:-1] for row in rows]
    return PageTable("checks", "Checks", columns, tuple(rows), anchors=tuple(anchors))


def _errata(view: SiteView, errata: Iterable[PageCheck]) -> PageTable:
    columns = (
        PageColumn("page", "Page", "links"),
        PageColumn("kind", "Kind"),
        PageColumn("says", "The page gives"),
        PageColumn("finds", "Found"),
        PageColumn("verdict", "Verdict", "links"),
        PageColumn("why", "Reason"),
        PageColumn("certainty", "Rests on"),
        PageColumn("sources", "Sources"),
    )
    rows: list[tuple[Cell, ...]] = [
        (
            (PageLink(check.organization, view.link(check.page).path, check.page),),
            check.aspect,
            check.says,
            check.finds,
            (view.link(f"{BASE}concept/{check.verdict}"),),
            check.why,
            check.certainty,
            "; ".join(check.sources),
        )
        for check in sorted(errata, key=lambda check: [check.verdict != verdict for verdict in _URGENT])
    ]
    return PageTable("errata", "Statements for an editor to look at", columns, tuple(rows))


def _numbers(
    name: str, caption: str, heading: str, groups: Mapping[tuple[PageLink, ...], list[PageCheck]]
) -> PageTable:
    columns = (
        PageColumn("group", heading, "links"),
        PageColumn("checks", "Checks", "number"),
        *(PageColumn(verdict, verdict.capitalize(), "number") for verdict in _VERDICTS),
    )
    rows: list[tuple[Cell, ...]] = []
    for links, checks in groups.items():
        counts = Counter(check.verdict for check in checks)
        rows.append((links, len(checks), *(counts[verdict] for verdict in _VERDICTS)))
    return PageTable(name, caption, columns, tuple(rows))
