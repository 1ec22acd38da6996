"""Linked Data: an IRI leads to its page or to its data, and every file of the site is served.

The server keeps what ``docs/publish.md`` promises of static hosts: status 303 to an accepted format, 406 with the
available formats, and the same bytes. Locations are relative, so they are right under any host name. In addition, the
parameter ``on`` gives a page for another day.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import unquote_to_bytes

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Send

from cica_graph.formats.media_types import DOCUMENTS, HTML, format_of
from cica_graph.model.dates import Day
from cica_graph.model.errors import InvalidDate
from cica_graph.publish.catalog.hosting import POLICY_OF_SVG
from cica_graph.publish.paths import FOLDERS
from cica_graph.publish.site.build import common, missing
from cica_graph.publish.site.pages.subject_page import FORMATS
from cica_graph.publish.site.render import render
from cica_graph.serve.endpoints.endpoint import HttpEndpoint
from cica_graph.serve.executor import PART, REVALIDATE, stream
from cica_graph.serve.http import request_fields
from cica_graph.serve.http.conditional import matches
from cica_graph.serve.http.negotiation import choose
from cica_graph.serve.http.problem import Problem, wants_page
from cica_graph.serve.pool.call import Call
from cica_graph.serve.site_archive import ArchivedFile, SiteArchive

_WITH_DAY: Final = ("html", "csv", "json")  # suffixes of files that exist for any day
_NOT_FOUND: Final = "Not found."


class LinkedDataEndpoint(HttpEndpoint):
    """The site as an ASGI application, for every path that no other route matches."""

    def _problem(self, request: Request, error: Problem) -> Response:
        """Return the 404 page of the site to a browser, because it has links to other pages."""
        if error.status_code == 404 and self._state.archive is not None and wants_page(request):
            root = "../" * (request.scope["raw_path"].count(b"/") - 1)
            page = render(missing(root or "./"), common(self._state.release.site_view))
            return Response(page, 404, {"Vary": "Accept"}, HTML)
        return super()._problem(request, error)

    async def _answer(self, request: Request, send: Send) -> None:
        if self._state.archive is None:
            raise Problem(404, "Not found: the server has no pages, because it serves an Oxigraph store.")
        path, on = _path(request), _day(request)
        archive = await self._state.archive.get()
        file = archive.get(path or "index.html")
        if file is None:
            await _see_other(request, path, on, archive)(request.scope, request.receive, send)
        elif _has_encoded_slash(request):  # relative links of the file would lead elsewhere from here
            location = _relative(request, path) + (f"?on={on}" if on else "")
            redirect = Response(None, 308, {"Location": location, **REVALIDATE})
            await redirect(request.scope, request.receive, send)
        elif on:
            await self._send_for_day(request, path or "index.html", on, archive, send)
        else:
            await self._send_file(request, path or "index.html", file, archive, send)

    async def _send_file(
        self, request: Request, path: str, file: ArchivedFile, archive: SiteArchive, send: Send
    ) -> None:
        headers = {"ETag": file.tag, "Cache-Control": "no-cache", **self._links(path, archive)}
        if matches(request.headers.get("if-none-match"), file.tag):
            await Response(None, 304, headers)(request.scope, request.receive, send)
            return
        headers |= _type(path)
        size = len(file.content)
        parts = (bytes(file.content[start : start + PART]) for start in range(0, size, PART))
        await stream(parts, size, headers, send)

    async def _send_for_day(self, request: Request, path: str, on: str, archive: SiteArchive, send: Send) -> None:
        """Send a page, or one of its tables, for a day."""
        stem, _, suffix = path.rpartition(".")
        if suffix not in _WITH_DAY:
            raise Problem(400, "This file does not depend on the day. Request it without on=.")
        data = [("data", form) for form in FORMATS if f"{stem}.{form}" in archive and suffix == "html"]
        call = Call("page", (("path", path), ("on", on), *data))
        tag = self._executor.tag(call)
        # Search engines should not index one page for every day in history.
        links = {"X-Robots-Tag": "noindex", "Link": self._canonical(path)}
        headers = {"ETag": tag, "Cache-Control": "no-cache", **links}
        if matches(request.headers.get("if-none-match"), tag):
            await Response(None, 304, headers)(request.scope, request.receive, send)
            return
        reply = await self._executor.execute(call, request)
        await self._executor.send(reply, headers | _type(path), request, send)

    def _links(self, path: str, archive: SiteArchive) -> Mapping[str, str]:
        """Return links to the other formats of a file, and to the IRI that it describes (RFC 8288)."""
        stem, _, suffix = path.rpartition(".")
        others = [form for form in _available(stem, archive) if form != suffix]
        if suffix not in DOCUMENTS or not others:
            return {}
        links = [_link(f"{_name(stem)}.{form}", "alternate", form) for form in others]
        if iri := self._iri(stem):
            links += [f'<{iri}>; rel="describes"'] + ([f'<{iri}>; rel="canonical"'] if suffix == "html" else [])
        return {"Link": ", ".join(links)}

    def _canonical(self, path: str) -> str:
        """Return a link from the page for a day to the page that it is a version of."""
        iri = self._iri(path.removesuffix(".html")) if path.endswith(".html") else ""
        return f'<{iri or _name(path)}>; rel="canonical"'

    def _iri(self, stem: str) -> str:
        """Return the IRI that a page describes; empty if the page does not describe a single IRI."""
        thing = stem.split("/")[0] in FOLDERS or stem == "ns"
        return self._state.settings.base + stem if thing and "~" not in stem else ""


def _see_other(request: Request, path: str, on: str, archive: SiteArchive) -> Response:
    """Redirect from an IRI to a file that describes it, https://www.w3.org/TR/cooluris/."""
    available = _available(path, archive)
    if not available:
        raise Problem(404, _NOT_FOUND)
    accept = request.headers.get("accept")
    # Other names of a format count only if the header contains them: application/* does not mean a page.
    header = (accept or "").lower()
    media_types = [media for form in available for n, media in enumerate(DOCUMENTS[form]) if n == 0 or media in header]
    chosen = choose(accept, media_types)
    name = _relative(request, path)
    links = {"Link": ", ".join(_link(f"{name}.{form}", "describedby", form) for form in available)}
    if chosen is None:
        offers = ", ".join(DOCUMENTS[form][0] for form in available)
        raise Problem(406, f"Not available in an accepted format. Set Accept to one of {offers}.", links)
    suffix = next(form for form in available if chosen in DOCUMENTS[form])
    location = f"{name}.{suffix}" + (f"?on={on}" if on else "")
    return Response(None, 303, {"Location": location, **links, **REVALIDATE})


def _available(stem: str, archive: SiteArchive) -> list[str]:
    return [form for form in DOCUMENTS if f"{stem}.{form}" in archive]


def _name(path: str) -> str:
    return path.rpartition("/")[2]


def _link(target: str, relation: str, suffix: str) -> str:
    return f'<{target}>; rel="{relation}"; type="{DOCUMENTS[suffix][0]}"'


def _type(path: str) -> dict[str, str]:
    """Return the headers for the type of a file, the same as static hosts send."""
    if path == ".well-known/void":
        return {"Content-Type": "text/turtle; charset=utf-8"}
    if "." not in _name(path):
        return {"Content-Type": "text/plain; charset=utf-8"}
    kind = format_of(path)
    policy = {"Content-Security-Policy": POLICY_OF_SVG} if path.endswith(".svg") else {}
    return {"Content-Type": f"{kind.type}; charset=utf-8" if kind.text else kind.type, **policy}


def _path(request: Request) -> str:
    """Return the path of the request, decoded once and without the slash at its beginning."""
    try:
        return unquote_to_bytes(request.scope["raw_path"][1:]).decode()
    except UnicodeDecodeError as error:
        raise Problem(404, "Not found: the path is not UTF-8.") from error


def _has_encoded_slash(request: Request) -> bool:
    """Tell whether a slash of the path is encoded: some clients write ``id/state%2FKAZ``."""
    return b"%2f" in request.scope["raw_path"].lower()


def _relative(request: Request, path: str) -> str:
    """Return a path relative to the address of the request."""
    up = "../" * (request.scope["raw_path"].count(b"/") - 1)
    return up + path if _has_encoded_slash(request) else _name(path)


def _day(request: Request) -> str:
    """Return the day in the request; empty if it has none."""
    days = [day for day in request_fields.fields(request.scope["query_string"]).get("on", []) if day]
    if len(days) > 1:
        raise Problem(400, "The request has more than one day. Send on= once.")
    try:
        return Day.of(days[0]).isoformat() if days else ""
    except InvalidDate as error:
        raise Problem(400, f"on: {error}") from error
