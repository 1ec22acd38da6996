"""Where a site is hosted: how three servers serve the folder, and how w3id.org redirects to it."""

from __future__ import annotations

import re
from typing import Any, Final
from urllib.parse import urlsplit

from cica_graph.formats.media_types import DOCUMENTS, formats
from cica_graph.formats.rebase import check
from cica_graph.model.terms import BASE

_W3ID: Final = "https://w3id.org/"

# What a page may load and do; and a picture, which has its style within and is no page.
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
POLICY_OF_SVG: Final = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"
_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Access-Control-Allow-Origin": "*",
    "Cache-Control": "no-cache",
}
_COMMENT: Final = (
    "What is no file may be an IRI, beside which lie its page and data: https://www.rfc-editor.org/rfc/rfc9110#name-accept",
    "Each format gets the quality of the most special range that names it; nothing means 1, and 0 is a refusal.",
)


def hosting(base: str, site: str | None = None) -> dict[str, bytes]:
    """Return ``.htaccess``, ``nginx.conf`` and ``Caddyfile``, and ``w3id.htaccess`` where w3id.org has to redirect.

    ``base`` is that of the IRIs in the files. ``site`` is the address at which the folder is served: without it, the
    base, or the root of any host where the base is canonical. Only its path matters to the servers, and ``.htaccess``
    works at any. ``w3id.htaccess`` is for https://github.com/perma-id/w3id.org, and made for a base below
    https://w3id.org/ and a site elsewhere. The promise is in ``docs/publish.md``.

    :raises UsageError: base or site is none, see :func:`cica_graph.formats.rebase.check`.
    """
    path = mount(base, site)
    offers = [(s, names[0].partition("/")[0], "|".join(map(re.escape, names))) for s, names in DOCUMENTS.items()]
    # A format's quality is found by its first digit, the highest first; nothing means 1.
    qualities = [r"(?:1(?:\.0*)?)?", *(rf"0?\.{n}\d*" for n in range(9, 0, -1)), r"0?\.0\d*[1-9]\d*"]
    bands = [rf".*?([a-z]+)={quality};" for quality in qualities]
    given = {
        "base": base,
        "site": site,
        "directory": base.removeprefix(_W3ID),
        "mount": path,
        "offers": offers,
        "any": r"\*(?:/\*)?",
        "bands": bands,
        "best": f"^(?|{'|'.join(bands)})",
        "text": {suffix: kind.type for suffix, kind in formats().items() if kind.text},
        "binary": {suffix: kind.type for suffix, kind in formats().items() if not kind.text},
        "policy": _POLICY,
        "policy_of_svg": POLICY_OF_SVG,
        "headers": _HEADERS,
        "comment": _COMMENT,
        "refusal": f"None of what is accepted is here; there may be {', '.join(n[0] for n in DOCUMENTS.values())}.",
    }
    files = {".htaccess": "htaccess", "nginx.conf": "nginx.conf", "Caddyfile": "Caddyfile"}
    if base.startswith(_W3ID) and site is not None and not site.startswith(_W3ID):
        files["w3id.htaccess"] = "w3id.htaccess"
    return {name: _render(template, given) for name, template in files.items()}


def mount(base: str, site: str | None = None) -> str:
    """Return the path, from ``/`` to ``/``, at which a folder is served; see :func:`hosting`.

    :raises UsageError: base or site is none.
    """
    check(base)
    if site is not None:
        return urlsplit(check(site)).path
    return urlsplit(base).path if base != BASE else "/"


def _accepts(names: str) -> str:
    """Return the pattern of an Accept header that names one of these media types; its group is the stated quality."""
    return rf"""^(?:.*?,)??\s*(?:{names})\s*(?:;(?:[^,"]|"[^"]*")*?)??(?:;\s*q=(\d?\.?\d?\d?\d?)[^,]*)?(?:,.*)?$"""


def _render(template: str, given: dict[str, Any]) -> bytes:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader(__package__, "templates/hosting"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["accepts"] = _accepts
    return environment.get_template(template).render(given).encode()
