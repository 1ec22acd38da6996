"""Names as sentences have them."""

from __future__ import annotations

from collections.abc import Sequence


def listed(names: Sequence[str], most: int = 4) -> str:
    """Return ``A, B and C`` of at least one name, with the rest counted when there are more than ``most``."""
    shown = [*names[:most], f"{len(names) - most} others"] if len(names) > most + 1 else [*names]
    *head, last = shown
    return f"{', '.join(head)} and {last}" if head else last
