"""Candidates from a table: CSV or TSV with a header row, one thing a row."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cica_graph.files import streams
from cica_graph.files.streams import ReadProblem
from cica_graph.linking.candidate import LONGEST, Candidate, Name, Target, code, targets
from cica_graph.model.errors import UsageError
from cica_graph.model.progress import OnProgress

ROLES: Final = ("id", "label", "alias", "website", "kind", "iso2", "iso3", "m49", "cow", "wikidata", "eu", "geonames")
# Headings as they occur, in small letters with underscores for everything else.
_HEADINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "iso2": ("iso2", "alpha_2", "iso3166_1_alpha_2", "iso_3166_2", "iso_alpha_2", "country_code_alpha_2"),
    "iso3": ("iso3", "alpha_3", "iso3166_1_alpha_3", "iso_3166_3", "iso_alpha_3", "country_code_alpha_3"),
    "m49": ("m49", "iso3166_1_numeric", "iso_numeric", "iso_numeric_m49", "numeric", "un_m49"),
    "cow": ("ccode", "cow_ccode", "cow"),
    "website": ("website", "homepage", "url", "website_domain", "official_website"),
    "id": ("iri", "uri", "id"),
}
_LANGUAGES: Final = {
    "english": "en", "french": "fr", "spanish": "es", "russian": "ru", "chinese": "zh", "arabic": "ar", "german": "de",
    "cn": "zh",
}  # fmt: skip
_LABEL: Final = re.compile(
    r"((official_)?name|label|title|cldr_display_name|unterm_\w+_(short|formal)|statenme|cow_name|country|country_name)"
    r"(_[a-z]{2,3})?"
)
_ALIAS: Final = re.compile(
    r"(alias|aliases|abbreviation|acronym|alternative_name|name_(other|former)\w*)(_[a-z]{2,3})?"
)


@dataclass(frozen=True)
class Columns:
    """Which columns of a table play which part.

    :ivar roles: heading -> role of :data:`ROLES`, and the language of a name or "".
    """

    roles: Mapping[str, tuple[str, str]]

    @classmethod
    def parse(cls, text: str) -> Columns:
        """Read ``role=heading``, comma-separated; a name may have its language: ``label@fr=official_name_fr``.

        :raises UsageError: another form, or no such role.
        """
        roles = {}
        for part in text.split(","):
            role, equals, heading = part.partition("=")
            name, _, language = role.strip().partition("@")
            if not equals or name not in ROLES:
                raise UsageError(f"{part!r} is not ROLE=HEADING; the roles are {', '.join(ROLES)}")
            roles[heading.strip()] = (name, language)
        return cls(roles)

    @classmethod
    def guess(cls, header: Sequence[str], target: Target) -> Columns:
        """Tell by their headings what columns hold."""
        roles: dict[str, tuple[str, str]] = {}
        for heading in header:
            name = re.sub(r"\W+", "_", heading.strip().casefold()).strip("_")
            known = next((t.name for t in targets().values() if name in t.headings), None)
            if name in target.headings:
                roles[heading] = ("id", "")
            elif known is not None:
                roles[heading] = (known, "")
            elif role := next((role for role, names in _HEADINGS.items() if name in names), None):
                roles[heading] = (role, "")
            elif match := _ALIAS.fullmatch(name) or _LABEL.fullmatch(name):
                language = (match[match.lastindex or 1] or "").lstrip("_") if name.count("_") else ""
                words = [_LANGUAGES[w] for w in name.split("_") if w in _LANGUAGES]
                language = words[0] if words else language if re.fullmatch("[a-z]{2,3}", language) else ""
                roles[heading] = ("alias" if _ALIAS.fullmatch(name) else "label", language)
        # A general "id" gives way to the target's own column.
        named = [h for h, (role, _) in roles.items() if role == "id"]
        if len(named) > 1:
            best = [h for h in named if re.sub(r"\W+", "_", h.casefold()) in target.headings] or named
            roles = {h: r for h, r in roles.items() if r[0] != "id" or h == best[0]}
        return cls(roles)


def read(
    path: Path, suffix: str, target: Target, columns: Columns | None = None, on_progress: OnProgress | None = None
) -> Iterator[Candidate | ReadProblem]:
    """Yield each row as a candidate; a row that cannot be read is a problem with its line.

    :raises UsageError: no such file, no header, or no column that holds ids of the target.
    """
    size = path.stat().st_size if path.is_file() else 0
    with streams.opened(path) as (raw, stream):
        text = io.TextIOWrapper(stream, "utf-8-sig", errors="surrogateescape", newline="")
        first = text.readline(1 << 20)
        delimiter = "\t" if suffix == ".tsv" else max(",;\t", key=first.count)
        header = next(csv.reader([first], delimiter=delimiter), [])
        if not header:
            raise UsageError(f"{path} has no header row")
        known = columns or Columns.guess(header, target)
        if absent := [h for h in known.roles if h not in header]:
            raise UsageError(f"{path} has no column {absent[0]!r}; it has: {', '.join(header)[:500]}")
        if "id" not in {role for role, _ in known.roles.values()}:
            raise UsageError(
                f"no column of {path} is known to hold ids of {target.label}; say which with --columns id=HEADING"
            )
        parts = [(i, *known.roles[h]) for i, h in enumerate(header) if h in known.roles]
        reader = csv.reader(text, delimiter=delimiter)
        while True:
            line = reader.line_num + 2
            try:
                row = next(reader)
            except StopIteration:
                break
            except csv.Error as error:
                yield ReadProblem(line, f"the row was not read: {error}")
                continue
            if row:
                yield from _row(line, row, len(header), parts, target)
            if on_progress is not None and line % 1024 == 0:
                on_progress(raw.tell(), size)
    if on_progress is not None:
        on_progress(size, size)


def _row(
    line: int, row: list[str], width: int, parts: list[tuple[int, str, str]], target: Target
) -> Iterator[Candidate | ReadProblem]:
    if len(row) != width:
        yield ReadProblem(line, f"{len(row)} cells in a table of {width} columns; the row was left out")
        return
    cells = [(role, language, row[i].strip()) for i, role, language in parts]
    for role, _, cell in cells:
        if "\0" in cell or re.search("[\ud800-\udfff]", cell):
            yield ReadProblem(line, f"the column of the {role} holds bytes that are no text; the row was left out")
            return
        if len(cell) > LONGEST:
            yield ReadProblem(line, f"a cell has {len(cell):,} characters; it was left out")
    cells = [(role, language, cell) for role, language, cell in cells if cell and len(cell) <= LONGEST]
    ident = next((cell for role, _, cell in cells if role == "id"), "")
    iri = target.iri(ident)
    if iri is None:
        if ident:
            yield ReadProblem(line, f"{ident[:60]!r} is no id of {target.label}; the row was left out")
        return
    names: dict[str, list[Name]] = {"label": [], "alias": []}
    for role, language, cell in cells:
        if role in names:
            names[role] += [(t, language) for part in cell.split("|") if (t := part.strip())]
    yield Candidate(
        iri=iri,
        kind=next((cell for role, _, cell in cells if role == "kind" and cell in ("state", "organization")), None),
        labels=tuple(names["label"]),
        aliases=tuple(names["alias"]),
        codes=frozenset(found for role, _, cell in cells if (found := code(role, cell))),
        websites=tuple(cell for role, _, cell in cells if role == "website"),
        place=line,
    )
