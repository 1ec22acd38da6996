"""Page model: path, template and content of one page."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from cica_graph.publish.site.page_table import PageLink, PageTable

Fact = tuple[str, tuple[Any, ...]]  # a label with links or texts


@dataclass(frozen=True)
class Page:
    """One page. Equal pages give equal bytes, so no value may depend on the clock or on the order of a set.

    :ivar path: path below the root, without suffix.
    :ivar template: file in ``templates/``.
    :ivar title: name of the subject.
    :ivar kind: type of the subject, in words.
    :ivar crumbs: the pages above this one, without the home page.
    :ivar tables: tables by name; ``main`` is the CSV file of the page itself.
    :ivar data: suffixes of the data files of the subject.
    :ivar facts: labels and values at the top of the page.
    :ivar names: names by language, for the choice of language.
    :ivar jsonld: the subject as schema.org JSON-LD.
    :ivar mount: absolute path to the root, for a page that a host shows at any address.
    :ivar on: the requested day on a server; links to CSV files include it.
    :ivar more: values that only this template uses.
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
        """The query string that gives a file the same day as the page."""
        return f"?on={self.on}" if self.on else ""

    @property
    def root(self) -> str:
        """The path from the page to the root of the site: relative, so that the site works in any folder."""
        return self.mount or "../" * self.path.count("/")

    def csv_path(self, table: PageTable) -> str:
        """Return the path of a table of this page as CSV."""
        return f"{self.path}.csv" if table.name == "main" else f"{self.path}.{table.name}.csv"
