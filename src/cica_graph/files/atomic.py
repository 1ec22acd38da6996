"""Atomic writing of files and directories.

Each is written under a hidden name next to its final name, and renamed when everything is complete. A process that is
killed can leave such a hidden file or directory behind, but never half of an output.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any, BinaryIO, TextIO


@contextmanager
def binary_files(*paths: Path) -> Iterator[Sequence[BinaryIO]]:
    """Open files that replace those of the given names together, when the block ends without an exception.

    The mode of a file is that of any new file. The directories must exist.

    :raises OSError: a file cannot be written; nothing is left behind.
    """
    with _replaced(paths, lambda path: path.open("xb")) as files:
        yield files


@contextmanager
def text_files(*paths: Path) -> Iterator[Sequence[TextIO]]:
    """Open text files (UTF-8, LF) that replace those of the given names together: see ``binary_files``.

    :raises OSError: a file cannot be written; nothing is left behind.
    """
    with _replaced(paths, lambda path: path.open("x", encoding="utf-8", newline="\n")) as files:
        yield files


def copy(paths: Sequence[Path], directory: Path) -> None:
    """Copy files to another directory, all or none.

    :raises OSError: a file cannot be written; nothing is left behind.
    """
    with binary_files(*(directory / path.name for path in paths)) as files:
        for path, file in zip(paths, files, strict=True):
            with path.open("rb") as original:
                shutil.copyfileobj(original, file)


@contextmanager
def directory(path: Path) -> Iterator[Path]:
    """Make a directory that replaces the one of the given name when the block ends without an exception.

    :raises OSError: it cannot be written; the directory that was there before stays.
    """
    new, old = _hidden(path, "new"), _hidden(path, "old")
    new.mkdir(parents=True)
    try:
        yield new
        if path.exists():
            path.rename(old)
        new.rename(path)
    except BaseException:
        if old.exists() and not path.exists():
            old.rename(path)
        shutil.rmtree(new, ignore_errors=True)
        raise
    shutil.rmtree(old, ignore_errors=True)


@contextmanager
def _replaced(paths: Sequence[Path], create: Callable[[Path], IO[Any]]) -> Iterator[Sequence[Any]]:
    # Not tempfile: only the owner can read its files, and the umask cannot be read without setting it.
    drafts = [_hidden(path, "tmp") for path in paths]
    try:
        with ExitStack() as stack:
            files = [stack.enter_context(create(draft)) for draft in drafts]
            yield files
            for file in files:
                file.flush()
                os.fsync(file.fileno())
        for draft, path in zip(drafts, paths, strict=True):
            draft.replace(path)
    except BaseException:
        for draft in drafts:
            draft.unlink(missing_ok=True)
        raise


def _hidden(path: Path, suffix: str) -> Path:
    return path.with_name(f".{path.name}.{secrets.token_hex(6)}.{suffix}")
