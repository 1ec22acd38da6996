"""Reader of CITATION.cff: title, authors, version and contacts of a project.

The format is https://github.com/citation-file-format/citation-file-format, version 1.2.0, which is YAML. Each value is
read as text: the version ``1.10`` is not a number.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from cica_graph.model.dates import Day
from cica_graph.model.errors import InvalidDate, ProjectError
from cica_graph.project.source_files import SourceFile

_SURROGATE = re.compile(r"[\ud800-\udfff]")
_NAME = ("given-names", "name-particle", "family-names", "name-suffix")


@dataclass(frozen=True)
class Citation:
    """The bibliographic data of a project.

    :ivar abstract: a description in a few sentences (default: the title).
    :ivar authors: names, at least one.
    :ivar version: may be empty.
    :ivar released: release date of this version, or None.
    :ivar contacts: pairs of name and e-mail address, one of which may be empty.
    """

    title: str
    abstract: str
    authors: tuple[str, ...]
    keywords: tuple[str, ...]
    version: str
    released: date | None
    contacts: tuple[tuple[str, str], ...]


def read(file: SourceFile) -> Citation:
    """Return the data of a project's CITATION.cff.

    :raises ProjectError: the file is not YAML, has no title or no authors, or a value is not text.
    """
    found = _yaml(file)
    title, authors = _text(file, found, "title"), tuple(filter(None, (_name(a) for a in _list(file, found, "authors"))))
    if not title or not authors:
        raise ProjectError(f"{file.path} has no {'authors' if title else 'title'}. A catalog needs both.")
    released = _text(file, found, "date-released")
    try:
        day = Day.of(released) if released else None
    except InvalidDate as error:
        raise ProjectError(f"{file.path}: date-released: {error}") from None
    made = Citation(
        title=title,
        abstract=_text(file, found, "abstract") or title,
        authors=authors,
        keywords=tuple(k for k in _list(file, found, "keywords") if isinstance(k, str)),
        version=_text(file, found, "version"),
        released=day,
        contacts=tuple((_name(c), _part(c, "email")) for c in _list(file, found, "contact")),
    )
    texts = (title, made.abstract, made.version, *authors, *made.keywords, *(part for c in made.contacts for part in c))
    if any(map(_SURROGATE.search, texts)):
        raise ProjectError(f"{file.path} contains an incomplete character: an escape such as \\ud800")
    return made


def _yaml(file: SourceFile) -> dict[str, Any]:
    import yaml

    text, damage = file.text()
    if damage is not None:
        raise ProjectError(f"{file.path}:{damage.line}:{damage.column}: {damage.message}; {damage.hint}")
    try:
        found = yaml.load(text, Loader=yaml.BaseLoader)
    except yaml.MarkedYAMLError as error:
        at = f":{error.problem_mark.line + 1}:{error.problem_mark.column + 1}" if error.problem_mark else ""
        raise ProjectError(f"{file.path}{at}: not YAML: {error.problem or error.context}. Correct it there.") from None
    except yaml.YAMLError as error:
        raise ProjectError(f"{file.path}: not YAML: {str(error).splitlines()[0]}") from None
    except (RecursionError, OverflowError, ValueError):
        raise ProjectError(f"{file.path} is nested too deeply, or has an invalid escape") from None
    if not isinstance(found, dict):
        raise ProjectError(f"{file.path} does not consist of keys and values, such as 'title: ...'")
    return found


def _text(file: SourceFile, found: dict[str, Any], key: str) -> str:
    value = found.get(key, "")
    if not isinstance(value, str):
        raise ProjectError(f"{file.path}: {key} is not text. Write it in quotes on one line.")
    return " ".join(value.split())


def _list(file: SourceFile, found: dict[str, Any], key: str) -> list[Any]:
    value = found.get(key, [])
    if not isinstance(value, list):
        raise ProjectError(f"{file.path}: {key} is not a list. Begin each line of it with '- '.")
    return value


def _name(agent: Any) -> str:
    """Return the full name of a person or an entity."""
    return _part(agent, "name") or " ".join(filter(None, (_part(agent, key) for key in _NAME))) or _part(agent, "alias")


def _part(agent: Any, key: str) -> str:
    value = agent.get(key, "") if isinstance(agent, dict) else ""
    return " ".join(value.split()) if isinstance(value, str) else ""
