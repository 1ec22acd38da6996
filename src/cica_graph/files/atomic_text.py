"""Files that are written whole or not at all, several together."""

from __future__ import annotations

import csv
import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TextIO


@contextmanager
def drafts(folder: Path, *names: str) -> Iterator[Sequence[TextIO]]:
    """Open text files (UTF-8, LF) that take their names when the block ends well.

    When it does not, whatever the reason, what stood there before still stands, and nothing is left behind; a
    process that is killed outright may leave hidden ``.tmp`` files, but no half of an output. The folder is
    made when it is not there.

    :raises OSError: a file could not be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    mark = secrets.token_hex(6)
    paths = [folder / f".{name}.{mark}.tmp" for name in names]
    try:
        with ExitStack() as stack:
            files = [stack.enter_context(path.open("x", encoding="utf-8", newline="\n")) for path in paths]
            yield files
            for file in files:
                file.flush()
                os.fsync(file.fileno())
        for path, name in zip(paths, names, strict=True):
            path.replace(folder / name)
    except BaseException:
        for path in paths:
            path.unlink(missing_ok=True)
        raise


def copy(paths: Sequence[Path], folder: Path) -> None:
    """Copy text files to another folder, all or none.

    :raises OSError: a file could not be written.
    """
    with drafts(folder, *(path.name for path in paths)) as files:
        for path, file in zip(paths, files, strict=True):
            with path.open(encoding="utf-8", newline="") as made:
                shutil.copyfileobj(made, file)


def tsv(file: TextIO, columns: Sequence[str]) -> Callable[[Iterable[object]], None]:
    """Begin a table with its header and return what writes a row of it.

    No cell breaks a row, and none is a formula to a spreadsheet.
    """
    rows = csv.writer(file, delimiter="\t", lineterminator="\n")
    rows.writerow(columns)
    return lambda cells: rows.writerow([_flat(str(cell)) for cell in cells])


def _flat(text: str) -> str:
    text = re.sub(r"[\t\r\n]+", " ", text)
    return f"'{text}" if text.startswith(("=", "@")) else text
