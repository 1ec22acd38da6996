"""Whether a client has the answer already: If-None-Match, RFC 9110 section 13.1.2.

>>> known('W/"a", "b,c"', '"b,c"'), known("*", '"a"'), known('"a"', 'W/"a"'), known(None, '"a"')
(True, True, True, False)
"""

from __future__ import annotations

import re
from typing import Final

_TAG: Final = re.compile(r'(?:W/)?("[^"]*")')


def known(header: str | None, tag: str) -> bool:
    """Tell whether a header names an entity tag; the comparison is the weak one, as the section has it."""
    if not header:
        return False
    return header.strip() == "*" or tag.removeprefix("W/") in _TAG.findall(header)
