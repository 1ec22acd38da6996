"""Reader for entities of a JSON dump in the form of Wikidata's, one at a time, with their lines.

A dump is a JSON array with one entity a line (https://www.wikidata.org/wiki/Wikidata:Database_download), plain,
``.gz`` or ``.bz2``. A single entity, and the answer of ``wbgetentities`` or ``Special:EntityData``
(``{"entities": {...}}``), are read too. A line that is broken is a problem with its number, and the rest is kept.
Memory does not grow with the file.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cica_graph.files.streams import MAX_LINE, ReadProblem, opened
from cica_graph.model.progress import OnProgress

Entity = dict[str, Any]


def entities(path: Path, on_progress: OnProgress | None = None) -> Iterator[tuple[int, Entity] | ReadProblem]:
    """Yield each entity with its line, and a problem for each line that is not an entity.

    :raises UsageError: no such file.
    """
    size = path.stat().st_size if path.is_file() else 0
    with opened(path) as (raw, stream):
        number = 0
        try:
            while line := stream.readline(MAX_LINE + 1):
                number += 1
                if number == 1 and line.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") and not _whole(line):
                    yield from _document(line + stream.read(MAX_LINE))
                    return
                if len(line) > MAX_LINE:
                    yield ReadProblem(number, f"the line is longer than {MAX_LINE >> 20} MiB")
                    while line and not line.endswith(b"\n"):
                        line = stream.readline(MAX_LINE)
                    continue
                yield from _line(number, line)
                if on_progress is not None and number % 256 == 0:
                    on_progress(raw.tell(), size)
        except (OSError, EOFError) as error:  # gzip and bz2 raise these for a truncated or damaged file
            yield ReadProblem(number, f"the rest of the file cannot be read: {error}")
        if on_progress is not None:
            on_progress(size, size)


def _whole(line: bytes) -> bool:
    """Tell whether a first line that opens an object closes it too: then the file has one entity a line."""
    try:
        return "entities" not in json.loads(line.strip().removeprefix(b"\xef\xbb\xbf").rstrip(b","))
    except ValueError:
        return False


def _line(number: int, line: bytes) -> Iterator[tuple[int, Entity] | ReadProblem]:
    text = line.strip().removeprefix(b"\xef\xbb\xbf").rstrip(b",").strip()
    if text in (b"", b"[", b"]"):
        return
    yield from _entity(number, text)


def _document(text: bytes) -> Iterator[tuple[int, Entity] | ReadProblem]:
    for found in _entity(1, text.removeprefix(b"\xef\xbb\xbf")):
        if isinstance(found, ReadProblem) or not isinstance(found[1].get("entities"), dict):
            yield found
            continue
        for entity in found[1]["entities"].values():
            if isinstance(entity, dict):
                yield 1, entity


def _entity(number: int, text: bytes) -> Iterator[tuple[int, Entity] | ReadProblem]:
    doubled: list[str] = []

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(items)
        if len(made) != len(items):
            seen: set[str] = set()
            doubled.extend(key for key, _ in items if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        return made

    try:
        entity = json.loads(text, object_pairs_hook=pairs)
    except (ValueError, RecursionError) as error:
        yield ReadProblem(number, f"the line is not JSON: {error}")
        return
    if doubled:
        yield ReadProblem(number, f"the key {doubled[0]!r} is repeated in one object; the last value is used")
    if isinstance(entity, dict):
        yield number, entity
    else:
        yield ReadProblem(number, "the line is JSON, but not an entity")
