"""What a query may not do, looked at before the engine sees it.

SERVICE would reach the network, an update would write, and a few thousand nested groups end the process that runs
them. Everything here takes time in proportion to the text, whatever the text is.
"""

from __future__ import annotations

import re
from functools import lru_cache

from cica_graph.model.errors import QueryError

MAX_CHARACTERS = 100_000
MAX_DEPTH = 64
# Strings, IRIs, comments, and what is escaped in a local name, in which a word or a brace means nothing. SPARQL 1.1,
# section 19.8. A string without an end runs to where it had to end: were it passed over, every quote in it would be
# tried as the beginning of another.
_QUIET = re.compile(
    r'"""(?:[^"\\]|\\(?:.|\Z)|"(?!""))*+(?:"""|\Z)'
    r"|'''(?:[^'\\]|\\(?:.|\Z)|'(?!''))*+(?:'''|\Z)"
    r'|"(?:[^"\\\n\r]|\\(?:.|\Z))*+(?:"|$|\Z)'
    r"|'(?:[^'\\\n\r]|\\(?:.|\Z))*+(?:'|$|\Z)"
    r"|<(?:[^<>\"{}|^`\\\x00-\x20]|\\.)*+>|#[^\n\r]*+|\\.",
    re.DOTALL | re.MULTILINE,
)
# Variables, language tags and local names up to a point, which may be called service. The engine wants no space between
# one word and the next ("1SERVICE:x{}", "x:a.b.SERVICE:x{}"), so whatever else has the letters in it may be a call.
_NAMES = re.compile(r"[?$]\w++|@[a-z]++(?:-[a-z0-9]++)*+|:[\w:%-]++", re.IGNORECASE)
_PREFIX = re.compile(r"(?<![\w:?$-])PREFIX\s++([\w.-]*service[\w.-]*):", re.IGNORECASE)
_UPDATE = re.compile(
    r"\s*+(?:(?:BASE|PREFIX\s++[^\s:]*+:)\s++)*+(INSERT|DELETE|LOAD|CLEAR|DROP|CREATE|ADD|MOVE|COPY|WITH)(?![\w:-])",
    re.IGNORECASE,
)
_FORM = re.compile(r"(?<![\w:?$-])(?:SELECT|ASK|CONSTRUCT|DESCRIBE)(?![\w:-])", re.IGNORECASE)
_CHANGING = re.compile(r"(?<![\w:?$])(?:RAND|NOW|UUID|STRUUID)\s*+\(", re.IGNORECASE)
_OTHER = re.compile(r"graph|from", re.IGNORECASE)
_FROM = re.compile(
    r"(?<![\w:?$-])FROM(?:\s*+(?:NAMED\s*+)?+(?=<)|\s++(?:NAMED\s++)?+)(<[^>]*+>|[^\s<{:]*+:[^\s<{]*+)", re.IGNORECASE
)


def check(text: str) -> None:
    """Let a query pass, or refuse it.

    :raises QueryError: it calls SERVICE, is an update, is too long, or is nested too deep.
    """
    if len(text) > MAX_CHARACTERS:
        raise QueryError(f"the query has {len(text):,} characters; {MAX_CHARACTERS:,} are the most")
    plain = bare(text)
    if "service" in _NAMES.sub(" ", plain).lower():
        if prefix := _PREFIX.search(plain):
            raise QueryError(f"the prefix {prefix[1]}: has SERVICE in it, which would reach the network; rename it")
        raise QueryError(
            "the query calls SERVICE, which would reach the network; load the data into the project instead"
        )
    if update := _UPDATE.match(plain):
        raise QueryError(f"{update[1].upper()} begins an update, and the graph is only read; change the files instead")
    depth = deepest = 0
    for bracket in re.findall(r"[{(\[})\]]", plain):
        if bracket in "{([":
            depth += 1
            deepest = max(deepest, depth)
        else:
            depth -= 1
    if deepest > MAX_DEPTH:
        raise QueryError(f"the query is nested {deepest} deep; {MAX_DEPTH} is the most")


def datasets(text: str) -> list[str]:
    """Return a query for each graph that FROM or FROM NAMED names, whose one row gives the IRI as ``?graph``.

    Asking the engine resolves prefixes and relative IRIs as it does itself. SPARQL 1.1, section 13.2.
    """
    plain = bare(text)
    form = _FORM.search(plain)
    if form is None or "from" not in plain.lower():
        return []
    with_iris = _QUIET.sub(lambda m: m[0] if m[0].startswith("<") else " " * len(m[0]), text)
    graphs = [match[1] for match in _FROM.finditer(with_iris, form.end())]
    return [f"{text[: form.start()]} SELECT ({graph} AS ?graph) {{}}" for graph in graphs]


def alone(text: str) -> bool:
    """Tell whether a query surely sees nothing but the default graph: it has neither GRAPH nor FROM in it."""
    return _OTHER.search(bare(text)) is None


def changing(text: str) -> bool:
    """Tell whether a query calls a function that gives something else each time."""
    return _CHANGING.search(bare(text)) is not None


@lru_cache(maxsize=1)  # whoever asks one of these questions asks the others
def bare(text: str) -> str:
    """Return the text with blanks for what is quiet, so that places stay what they were."""
    return _QUIET.sub(lambda m: " " * len(m[0]), text)
