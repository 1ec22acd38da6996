"""Roles of the columns of a table: given by the user, or guessed from the headings."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from cica_graph.linking.candidate import Target, targets
from cica_graph.model.errors import UsageError

ROLES: Final = ("id", "label", "alias", "website", "kind", "iso2", "iso3", "m49", "cow", "wikidata", "eu", "geonames")
# Headings that are in use, in lower case, with underscores for all characters except letters and digits.
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
    """The roles of the columns of a table.

    :ivar roles: heading -> role of :data:`ROLES`, and the language of a name or "".
    """

    roles: Mapping[str, tuple[str, str]]

    @classmethod
    def parse(cls, text: str) -> Columns:
        """Return the roles in ``role=heading,...``; a name may have a language, as in ``label@fr=official_name_fr``.

        :raises UsageError: the text has another form, or a role is not known.
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
        """Return the roles that the headings suggest."""
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
        # A general "id" is ignored if there is a column of the target.
        named = [h for h, (role, _) in roles.items() if role == "id"]
        if len(named) > 1:
            best = [h for h in named if re.sub(r"\W+", "_", h.casefold()) in target.headings] or named
            roles = {h: r for h, r in roles.items() if r[0] != "id" or h == best[0]}
        return cls(roles)
