"""Analysis of a query before the engine runs it: forbidden parts, form, and the graphs that it reads.

SERVICE would use the network, an update would write, and thousands of nested groups would end the process. The time
of everything here is proportional to the length of the text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from cica_graph.model.errors import QueryError

MAX_CHARACTERS = 100_000
MAX_DEPTH = 64
# Strings, IRIs, comments and escapes in local names: words and braces in them mean nothing. SPARQL 1.1, section 19.8.
# A string without an end continues to the latest possible end; otherwise each quote in it would begin another match.
_OPAQUE = re.compile(
    r'"""(?:[^"\\]|\\(?:.|\Z)|"(?!""))*+(?:"""|\Z)'
    r"|'''(?:[^'\\]|\\(?:.|\Z)|'(?!''))*+(?:'''|\Z)"
    r'|"(?:[^"\\\n\r]|\\(?:.|\Z))*+(?:"|$|\Z)'
    r"|'(?:[^'\\\n\r]|\\(?:.|\Z))*+(?:'|$|\Z)"
    r"|<(?:[^<>\"{}|^`\\\x00-\x20]|\\.)*+>|#[^\n\r]*+|\\.",
    re.DOTALL | re.MULTILINE,
)
# Variables, language tags and local names up to a point: they may contain "service". The engine needs no space between
# words ("1SERVICE:x{}", "x:a.b.SERVICE:x{}"), so any other text with these letters may be a call.
_NAMES = re.compile(r"[?$]\w++|@[a-z]++(?:-[a-z0-9]++)*+|:[\w:%-]++", re.IGNORECASE)
_PREFIX = re.compile(r"(?<![\w:?$-])PREFIX\s++([\w.-]*service[\w.-]*):", re.IGNORECASE)
_UPDATE = re.compile(
    r"\s*+(?:(?:BASE|PREFIX\s++[^\s:]*+:)\s++)*+(INSERT|DELETE|LOAD|CLEAR|DROP|CREATE|ADD|MOVE|COPY|WITH)(?![\w:-])",
    re.IGNORECASE,
)
_FORM = re.compile(r"(?<![\w:?$-])(?:SELECT|ASK|CONSTRUCT|DESCRIBE)(?![\w:-])", re.IGNORECASE)
_VOLATILE = re.compile(r"(?<![\w:?$])(?:RAND|NOW|UUID|STRUUID)\s*+\(", re.IGNORECASE)
_AGGREGATE = re.compile(
    r"(?<![\w:?$-])(?:(?:COUNT|SUM|AVG|MIN|MAX|SAMPLE|GROUP_CONCAT)\s*+\(|GROUP\s++BY(?![\w:-]))", re.IGNORECASE
)
_OTHER_GRAPHS = re.compile(r"graph|from", re.IGNORECASE)
_FROM = re.compile(
    r"(?<![\w:?$-])FROM(?:\s*+(?:NAMED\s*+)?+(?=<)|\s++(?:NAMED\s++)?+)(<[^>]*+>|[^\s<{:]*+:[^\s<{]*+)", re.IGNORECASE
)


@dataclass(frozen=True)
class Analysis:
    """The properties of a query that decide how it may run.

    :ivar text: the query.
    :ivar bare: the query with blanks in place of strings, IRIs and comments. Positions are unchanged.
    """

    text: str
    bare: str

    @classmethod
    def of(cls, text: str) -> Analysis:
        """Return the analysis of any query, also of one that :func:`analyse` refuses."""
        return cls(text, _OPAQUE.sub(lambda m: " " * len(m[0]), text))

    @property
    def form(self) -> str:
        """SELECT, ASK, CONSTRUCT or DESCRIBE; empty if the text has none of them."""
        match = _FORM.search(self.bare)
        return match[0].upper() if match else ""

    @property
    def default_graph_only(self) -> bool:
        """True if the query has no GRAPH and no FROM, so it can read only the default graph."""
        return _OTHER_GRAPHS.search(self.bare) is None

    @property
    def is_volatile(self) -> bool:
        """True if the query calls a function with a different value each time, such as NOW."""
        return _VOLATILE.search(self.bare) is not None

    @property
    def aggregates(self) -> bool:
        """True if the query counts, sums or groups."""
        return _AGGREGATE.search(self.bare) is not None

    def dataset_queries(self) -> list[str]:
        """Return a query for each graph in FROM or FROM NAMED. Its one row gives the IRI as ``?graph``.

        The engine then resolves prefixes and relative IRIs as usual. SPARQL 1.1, section 13.2.
        """
        form = _FORM.search(self.bare)
        if form is None or "from" not in self.bare.lower():
            return []
        with_iris = _OPAQUE.sub(lambda m: m[0] if m[0].startswith("<") else " " * len(m[0]), self.text)
        graphs = [match[1] for match in _FROM.finditer(with_iris, form.end())]
        return [f"{self.text[: form.start()]} SELECT ({graph} AS ?graph) {{}}" for graph in graphs]


def analyse(text: str) -> Analysis:
    """Return the analysis of a query that may run.

    :raises QueryError: the query calls SERVICE, is an update, is too long, or is nested too deeply.
    """
    if len(text) > MAX_CHARACTERS:
        raise QueryError(f"The query has {len(text):,} characters (maximum {MAX_CHARACTERS:,}).")
    analysis = Analysis.of(text)
    if "service" in _NAMES.sub(" ", analysis.bare).lower():
        if prefix := _PREFIX.search(analysis.bare):
            raise QueryError(f"The prefix {prefix[1]}: contains SERVICE, which would use the network. Rename it.")
        raise QueryError("The query calls SERVICE, which would use the network. Load the data into the project.")
    if update := _UPDATE.match(analysis.bare):
        raise QueryError(f"{update[1].upper()} begins an update, but the graph is read-only. Change the files instead.")
    depth = deepest = 0
    for bracket in re.findall(r"[{(\[})\]]", analysis.bare):
        if bracket in "{([":
            depth += 1
            deepest = max(deepest, depth)
        else:
            depth -= 1
    if deepest > MAX_DEPTH:
        raise QueryError(f"The query is nested {deepest} levels deep (maximum {MAX_DEPTH}).")
    return analysis
