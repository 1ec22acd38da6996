"""SHA256SUMS: what `sha256sum -c` reads."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping


def checksums(files: Mapping[str, bytes]) -> bytes:
    """Return a line for each file, its SHA-256 and its path, in the order of the paths.

    A path with a backslash or a line break is escaped, and its line begins with a backslash, as sha256sum does
    (https://www.gnu.org/software/coreutils/manual/html_node/cksum-output-modes.html).
    """
    return "".join(_line(path, files[path]) for path in sorted(files)).encode()


def _line(path: str, data: bytes) -> str:
    escaped = path.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")
    mark = "\\" if escaped != path else ""
    return f"{mark}{hashlib.sha256(data).hexdigest()}  {escaped}\n"
