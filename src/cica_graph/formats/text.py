"""Text that is safe to print on a terminal."""

from __future__ import annotations

import json
import re
from typing import Final

# C0, DEL and C1 control a terminal. U+2028 and U+2029 end a line. The bidirectional overrides and isolates reorder
# the text around them (https://trojansource.codes/). UTF-8 has no lone surrogates, and XML has no U+FFFE and U+FFFF.
# The marks that Arabic and Persian need (U+200C to U+200F, U+061C) stay.
_UNSAFE: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")


def escape(text: str) -> str:
    r"""Return the text on one line, with characters that control a terminal written as ``\x1b`` or ``\u202e``."""
    return _UNSAFE.sub(lambda match: _code(ord(match[0])), text)


def encodable(text: str) -> str:
    r"""Return the text with lone surrogates, from a file name or a Turtle escape, shown as ``\udc80``."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def to_json(value: object, *, sort_keys: bool = False) -> str:
    """Return the value as indented JSON, in which characters that control a terminal are escaped."""
    text = json.dumps(value, ensure_ascii=False, indent=2, sort_keys=sort_keys)
    # A line end here is indentation. Other unsafe characters are inside strings.
    return _UNSAFE.sub(lambda m: m[0] if m[0] == "\n" else f"\\u{ord(m[0]):04x}", text) + "\n"


def _code(point: int) -> str:
    return f"\\x{point:02x}" if point < 0x100 else f"\\u{point:04x}"
