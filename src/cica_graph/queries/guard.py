"""What a query may not do, looked at before the engine sees it.

SERVICE would reach the network, and a few thousand nested groups end the process that runs them.
"""

from __future__ import annotations

import re

from cica_graph.errors import QueryError

MAX_CHARACTERS = 100_000
MAX_DEPTH = 64
# Strings, IRIs and comments, in which a word or a brace means nothing. SPARQL 1.1, section 19.8.
_QUIET = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*"""'
    r"|'''(?:[^'\\]|\\.|'(?!''))*'''"
    r'|"(?:[^"\\\n\r]|\\.)*"'
    r"|'(?:[^'\\\n\r]|\\.)*'"
    r"|<[^<>\"{}|^`\\\x00-\x20]*>|#[^\n\r]*",
    re.DOTALL,
)
_SERVICE = re.compile(r"(?<![\w:?$-])service(?![\w:-])", re.IGNORECASE)


def check(text: str) -> None:
    """Let a query pass, or refuse it.

    :raises QueryError: it calls SERVICE, is too long, or is nested too deep.
    """
    if len(text) > MAX_CHARACTERS:
        raise QueryError(f"the query has {len(text):,} characters; {MAX_CHARACTERS:,} are the most")
    bare = _QUIET.sub(" ", text)
    if _SERVICE.search(bare):
        raise QueryError(
            "the query calls SERVICE, which would reach the network; load the data into the project instead"
        )
    depth = deepest = 0
    for character in bare:
        if character in "{([":
            depth += 1
            deepest = max(deepest, depth)
        elif character in "})]":
            depth -= 1
    if deepest > MAX_DEPTH:
        raise QueryError(f"the query is nested {deepest} deep; {MAX_DEPTH} is the most")
