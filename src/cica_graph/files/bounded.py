"""Reading of whole files with a limit on their size."""

from __future__ import annotations

from pathlib import Path

from cica_graph.model.errors import UsageError


def read_file(path: Path, limit: int, advice: str) -> bytes:
    """Return the content of a file of at most ``limit`` bytes.

    :param advice: the end of the error message about a file that is too large, such as ". Split it."
    :raises UsageError: the file cannot be read, or is larger.
    """
    try:
        with path.open("rb") as file:
            content = file.read(limit + 1)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    if len(content) > limit:
        raise UsageError(f"{path} is larger than {limit >> 20} MiB{advice}")
    return content
