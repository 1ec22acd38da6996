"""Lists of names in sentences."""

from __future__ import annotations

from collections.abc import Sequence


def listed(names: Sequence[str], most: int = 4) -> str:
    """Return ``A, B and C`` for one name or more. Names beyond ``most`` are counted: ``and 5 others``."""
    shown = [*names[:most], f"{len(names) - most} others"] if len(names) > most + 1 else [*names]
    *head, last = shown
    return f"{', '.join(head)} and {last}" if head else last
