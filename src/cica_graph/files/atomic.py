"""Files that are written whole or not at all, several together."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def draft(*paths: Path) -> Iterator[Sequence[BinaryIO]]:
    """Open files that take their names when the block ends well: what stood there before stays until then.

    A file's mode is that of any new file. The directories must exist.

    :raises OSError: a file could not be written; nothing is left behind.
    """
    # Not tempfile: its files are for their owner only, and the umask cannot be read without setting it.
    drafts = [path.with_name(f".{path.name}.{secrets.token_hex(6)}.tmp") for path in paths]
    try:
        with ExitStack() as stack:
            files = [stack.enter_context(new.open("xb")) for new in drafts]
            yield files
            for file in files:
                file.flush()
                os.fsync(file.fileno())
        for new, path in zip(drafts, paths, strict=True):
            new.replace(path)
    except BaseException:
        for new in drafts:
            new.unlink(missing_ok=True)
        raise
