"""Configuration files for hosting a site: Apache, nginx, Caddy and the redirects of w3id.org."""

from __future__ import annotations

import re
from typing import Any, Final
from urllib.parse import urlsplit

from cica_graph.formats.media_types import DOCUMENTS, formats
from cica_graph.formats.rebase import check
from cica_graph.model.terms import BASE

_W3ID: Final = "https://w3id.org/"

# Content-Security-Policy of pages, and of SVG files, which contain their styles.
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
    "A path that is not a file may be an IRI with a page and data files: https://www.rfc-editor.org/rfc/rfc9110#name-accept",
    "Each format gets the quality of the most specific range that names it. The default is 1; 0 refuses the format.",
)


def hosting(base: str, site: str | None = None) -> dict[str, bytes]:
    """Return ``.htaccess``, ``nginx.conf`` and ``Caddyfile``, and ``w3id.htaccess`` if w3id.org has to redirect.

    ``w3id.htaccess`` is for https://github.com/perma-id/w3id.org. It is made if the base is below https://w3id.org/
    and the site is not. ``docs/publish.md`` describes the behaviour of the servers.

    :param base: base of the IRIs in the files.
    :param site: address of the published folder (default: the base, or the root of any host if the base is canonical).
        The servers need only its path; ``.htaccess`` works at any path.
    :raises UsageError: ``base`` or ``site`` is not valid, see :func:`cica_graph.formats.rebase.check`.
    """
    path = mount(base, site)
    offers = [(s, names[0].partition("/")[0], "|".join(map(re.escape, names))) for s, names in DOCUMENTS.items()]
    # The quality of a format is compared by its first decimal, highest first. The default is 1.
    qualities = [r"(?:1(?:\.0*)?)?", *(rf"0?\.{n}\d*" for n in range(9, 0, -1)), r"0?\.0\d*[1-9]\d*"]
    bands = [rf".*?([a-z]+)={quality};" for quality in qualities]
    values = {
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
        "refusal": f"Not acceptable. Available formats: {', '.join(n[0] for n in DOCUMENTS.values())}.",
    }
    files = {".htaccess": "htaccess", "nginx.conf": "nginx.conf", "Caddyfile": "Caddyfile"}
    if base.startswith(_W3ID) and site is not None and not site.startswith(_W3ID):
        files["w3id.htaccess"] = "w3id.htaccess"
    return {name: _render(template, values) for name, template in files.items()}


def mount(base: str, site: str | None = None) -> str:
    """Return the path at which a folder is served, with a slash at both ends; see :func:`hosting`.

    :raises UsageError: ``base`` or ``site`` is not valid.
    """
    check(base)
    if site is not None:
        return urlsplit(check(site)).path
    return urlsplit(base).path if base != BASE else "/"


def _accepts(names: str) -> str:
    """Return a pattern for Accept headers that name one of the media types. Its group is the quality."""
    return rf"""^(?:.*?,)??\s*(?:{names})\s*(?:;(?:[^,"]|"[^"]*")*?)??(?:;\s*q=(\d?\.?\d?\d?\d?)[^,]*)?(?:,.*)?$"""


def _render(template: str, values: dict[str, Any]) -> bytes:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader(__package__, "templates/hosting"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["accepts"] = _accepts
    return environment.get_template(template).render(values).encode()
