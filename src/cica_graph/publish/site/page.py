"""A page before it is written: its place, its template, and what the template is given."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from cica_graph.publish.site.page_table import PageLink, PageTable

Fact = tuple[str, tuple[Any, ...]]  # a label, and links or texts


@dataclass(frozen=True)
class Page:
    """One page. Equal pages are written as equal bytes, so nothing here may come from a clock or a set.

    :ivar path: below the root, without suffix.
    :ivar template: the file in ``templates/``.
    :ivar title: what it is about.
    :ivar kind: what sort of thing that is.
    :ivar crumbs: the pages above it, the front page left out.
    :ivar tables: its tables by name; the one called ``main`` is also the page's own CSV.
    :ivar data: formats in which the thing itself can be had, as suffixes.
    :ivar facts: label and values at the head of the page.
    :ivar names: its names by language, for the reader who chooses one.
    :ivar jsonld: the thing in schema.org's words.
    :ivar mount: the way to the root from any address, for the page that is shown at addresses that are none.
    :ivar on: the day, where a reader asked a server for another one; its tables as CSV are asked for with it.
    :ivar more: what one template alone needs.
    """

    path: str
    template: str
    title: str
    kind: str = ""
    iri: str = ""
    lead: str = ""
    crumbs: tuple[PageLink, ...] = ()
    tables: dict[str, PageTable] = field(default_factory=dict)
    data: tuple[str, ...] = ()
    facts: tuple[Fact, ...] = ()
    names: dict[str, str] = field(default_factory=dict)
    jsonld: dict[str, Any] = field(default_factory=dict)
    mount: str = ""
    on: str = ""
    more: dict[str, Any] = field(default_factory=dict)

    @property
    def asked(self) -> str:
        """What the address of a file has behind its path, so that it is for the same day."""
        return f"?on={self.on}" if self.on else ""

    @property
    def root(self) -> str:
        """The way from the page to the root of the site, which is relative so that any folder will do."""
        return self.mount or "../" * self.path.count("/")

    def csv_path(self, table: PageTable) -> str:
        """Where a table of this page is found as CSV."""
        return f"{self.path}.csv" if table.name == "main" else f"{self.path}.{table.name}.csv"
