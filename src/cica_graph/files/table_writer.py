"""CSV that a spreadsheet reads and does not run."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence


def to_csv(columns: Sequence[str], rows: Iterable[Mapping[str, str]]) -> bytes:
    """Return rows below a header, by https://www.rfc-editor.org/rfc/rfc4180, so lines end in CRLF.

    A column that a row lacks is an empty cell. No cell is a formula to a spreadsheet: one that begins with ``=``,
    ``+``, ``-``, ``@``, a tab or a carriage return, as none of ours does, gets a single quote in front
    (https://owasp.org/www-community/attacks/CSV_Injection).
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(map(inert, columns))
    writer.writerows([inert(row.get(name, "")) for name in columns] for row in rows)
    return out.getvalue().encode()


def inert(cell: str) -> str:
    """Return a cell so that no spreadsheet runs it: see ``to_csv``."""
    return "'" + cell if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell
