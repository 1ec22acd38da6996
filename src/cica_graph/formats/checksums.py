"""SHA256SUMS files, for `sha256sum -c`."""

from __future__ import annotations

from collections.abc import Mapping


def checksums(sums: Mapping[str, str]) -> bytes:
    """Return one line per file, with its SHA-256 in hexadecimal and its path, sorted by path.

    A path with a backslash or a line break is escaped, and its line begins with a backslash
    (https://www.gnu.org/software/coreutils/manual/html_node/cksum-output-modes.html).
    """
    return "".join(_line(path, sums[path]) for path in sorted(sums)).encode()


def _line(path: str, digest: str) -> str:
    escaped = path.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")
    mark = "\\" if escaped != path else ""
    return f"{mark}{digest}  {escaped}\n"
