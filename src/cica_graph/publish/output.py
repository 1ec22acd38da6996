"""The output directory: every export, replaced whole or not at all."""

from __future__ import annotations

import hashlib
import json
import secrets
import shutil
from pathlib import Path

from cica_graph.errors import Misuse
from cica_graph.publish.export import FORMATS, export
from cica_graph.store import Store

SUFFIX = {
    "turtle": "ttl",
    "trig": "trig",
    "ntriples": "nt",
    "nquads": "nq",
    "jsonld": "jsonld",
    "rdfxml": "rdf",
    "csv": "csv",
}
MARK = "manifest.json"


def refuse_foreign(out: Path) -> None:
    """Let a directory be replaced only if it is empty or an earlier build made it.

    :raises Misuse: it holds something else, or is a file.
    """
    if out.is_file() or (out.is_dir() and any(out.iterdir()) and not (out / MARK).is_file()):
        raise Misuse(f"{out} was not made by build, so it is not replaced; name another directory with --out")


def write_all(store: Store, out: Path) -> list[Path]:
    """Write every export to a new directory, then put it in the place of the old one.

    The manifest lists each file with its size in bytes and its SHA-256. Nothing of the old directory is touched
    until all is written.

    :raises OSError: something could not be written; the old directory is as it was.
    """
    mark = secrets.token_hex(4)
    new, old = out.with_name(f".{out.name}.new-{mark}"), out.with_name(f".{out.name}.old-{mark}")
    try:
        new.mkdir(parents=True)
        manifest = {}
        for form in FORMATS:
            name, data = f"cica-graph.{SUFFIX[form]}", export(store, form)
            (new / name).write_bytes(data)
            manifest[name] = {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        (new / MARK).write_text(json.dumps(manifest, indent=2) + "\n", "utf-8", newline="\n")
        if out.exists():
            out.rename(old)
        new.rename(out)
    except BaseException:
        if old.exists() and not out.exists():
            old.rename(out)
        shutil.rmtree(new, ignore_errors=True)
        raise
    shutil.rmtree(old, ignore_errors=True)
    return sorted(out.iterdir())
