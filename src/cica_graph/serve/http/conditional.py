"""Conditional requests: If-None-Match, RFC 9110 section 13.1.2.

>>> matches('W/"a", "b,c"', '"b,c"'), matches("*", '"a"'), matches('"a"', 'W/"a"'), matches(None, '"a"')
(True, True, True, False)
"""

from __future__ import annotations

import re
from typing import Final

_TAG: Final = re.compile(r'(?:W/)?("[^"]*")')


def matches(header: str | None, tag: str) -> bool:
    """Tell whether an If-None-Match header contains an entity tag, by weak comparison as the section requires."""
    if not header:
        return False
    return header.strip() == "*" or tag.removeprefix("W/") in _TAG.findall(header)
