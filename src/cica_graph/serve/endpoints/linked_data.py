"""Linked Data: an IRI leads to its page or to its data, and every file of the site is served.

What is promised of static hosts holds here too, see ``docs/publish.md``: 303 to what is accepted, 406 with what there
is, the same bytes. Locations are relative, so they are right under whatever name the server is reached. Beside that, a
page can be had for any day with ``on``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import unquote_to_bytes

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Send

from cica_graph.formats.media_types import format_of
from cica_graph.model.dates import Day
from cica_graph.model.errors import InvalidDate
from cica_graph.publish.catalog.hosting import OFFERS, POLICY_OF_SVG
from cica_graph.publish.paths import FOLDERS
from cica_graph.publish.site.build import common, missing
from cica_graph.publish.site.pages.thing import FORMATS
from cica_graph.publish.site.render import render
from cica_graph.serve.endpoints.endpoint import Reader
from cica_graph.serve.executor import AGAIN, PART, stream
from cica_graph.serve.http import request_fields
from cica_graph.serve.http.conditional import known
from cica_graph.serve.http.formats import HTML
from cica_graph.serve.http.negotiation import choose
from cica_graph.serve.http.problem import Problem, for_people
from cica_graph.serve.pool.call import Call
from cica_graph.serve.site_archive import File, Files

_DATED: Final = ("html", "csv", "json")  # what there may be of another day


class Linked(Reader):
    """The site as an ASGI application, for every path that no route of another part takes."""

    def _problem(self, request: Request, error: Problem) -> Response:
        """Return the site's own page for what is not there, where a page is asked for; it leads on."""
        if error.status_code == 404 and self._site.files is not None and for_people(request):
            root = "../" * (request.scope["raw_path"].count(b"/") - 1)
            page = render(missing(root or "./"), common(self._site.edition.world))
            return Response(page, 404, {"Vary": "Accept"}, HTML)
        return super()._problem(request, error)

    async def _answer(self, request: Request, send: Send) -> None:
        if self._site.files is None:
            raise Problem(404, "There is nothing under this address: a folder of Oxigraph is served, without pages.")
        path, on = _path(request), _day(request)
        files = await self._site.files.get()
        file = files.get(path or "index.html")
        if file is None:
            await _see_other(request, path, on, files)(request.scope, request.receive, send)
        elif _folded(request):  # its links would lead elsewhere from here
            where = _seen(request, path) + (f"?on={on}" if on else "")
            await Response(None, 308, {"Location": where, **AGAIN})(request.scope, request.receive, send)
        elif on:
            await self._dated(request, path or "index.html", on, files, send)
        else:
            await self._file(request, path or "index.html", file, files, send)

    async def _file(self, request: Request, path: str, file: File, files: Files, send: Send) -> None:
        headers = {"ETag": file.tag, "Cache-Control": "no-cache", **self._links(path, files)}
        if known(request.headers.get("if-none-match"), file.tag):
            await Response(None, 304, headers)(request.scope, request.receive, send)
            return
        headers |= _type(path)
        size = len(file.content)
        parts = (bytes(file.content[start : start + PART]) for start in range(0, size, PART))
        await stream(parts, size, headers, send)

    async def _dated(self, request: Request, path: str, on: str, files: Files, send: Send) -> None:
        """Send a page, or one of its tables, for a day."""
        stem, _, suffix = path.rpartition(".")
        if suffix not in _DATED:
            raise Problem(400, "This file is the same on every day; ask for it without on=.")
        data = [("data", form) for form in FORMATS if f"{stem}.{form}" in files and suffix == "html"]
        call = Call("page", (("path", path), ("on", on), *data))
        tag = self._asking.tag(call)
        # Search engines need not read a page for every day that there ever was.
        headers = {"ETag": tag, "Cache-Control": "no-cache", "X-Robots-Tag": "noindex", "Link": self._canonical(path)}
        if known(request.headers.get("if-none-match"), tag):
            await Response(None, 304, headers)(request.scope, request.receive, send)
            return
        reply = await self._asking.reply(call, request)
        await self._asking.send(reply, headers | _type(path), request, send)

    def _links(self, path: str, files: Files) -> Mapping[str, str]:
        """Return what a file says of the others beside it, and of what it is about (RFC 8288)."""
        stem, _, suffix = path.rpartition(".")
        beside = [form for form in _offered(stem, files) if form != suffix]
        if suffix not in OFFERS or not beside:
            return {}
        links = [_link(f"{_name(stem)}.{form}", "alternate", form) for form in beside]
        if iri := self._iri(stem):
            links += [f'<{iri}>; rel="describes"'] + ([f'<{iri}>; rel="canonical"'] if suffix == "html" else [])
        return {"Link": ", ".join(links)}

    def _canonical(self, path: str) -> str:
        """Return the link to what a page of another day is one of many versions of."""
        iri = self._iri(path.removesuffix(".html")) if path.endswith(".html") else ""
        return f'<{iri or _name(path)}>; rel="canonical"'

    def _iri(self, stem: str) -> str:
        """Return the IRI of the thing that a page is about, if that is its path."""
        thing = stem.split("/")[0] in FOLDERS or stem == "ns"
        return self._site.settings.base + stem if thing and "~" not in stem else ""


def _see_other(request: Request, path: str, on: str, files: Files) -> Response:
    """Send whoever asks for an IRI to a file, https://www.w3.org/TR/cooluris/."""
    offered = _offered(path, files)
    if not offered:
        raise Problem(404, "There is nothing under this address.")
    accept = request.headers.get("accept")
    # Other names of a format count where they are named: what takes application/* does not mean a page.
    named = (accept or "").lower()
    medias = [media for form in offered for n, media in enumerate(OFFERS[form]) if n == 0 or media in named]
    chosen = choose(accept, medias)
    name = _seen(request, path)
    links = {"Link": ", ".join(_link(f"{name}.{form}", "describedby", form) for form in offered)}
    if chosen is None:
        raise Problem(
            406, f"None of what is accepted is here; there are {', '.join(OFFERS[form][0] for form in offered)}.", links
        )
    suffix = next(form for form in offered if chosen in OFFERS[form])
    where = f"{name}.{suffix}" + (f"?on={on}" if on else "")
    return Response(None, 303, {"Location": where, **links, **AGAIN})


def _offered(stem: str, files: Files) -> list[str]:
    return [form for form in OFFERS if f"{stem}.{form}" in files]


def _name(path: str) -> str:
    return path.rpartition("/")[2]


def _link(where: str, relation: str, suffix: str) -> str:
    return f'<{where}>; rel="{relation}"; type="{OFFERS[suffix][0]}"'


def _type(path: str) -> dict[str, str]:
    """Return what a file is, as static hosts tell it."""
    if path == ".well-known/void":
        return {"Content-Type": "text/turtle; charset=utf-8"}
    if "." not in _name(path):
        return {"Content-Type": "text/plain; charset=utf-8"}
    kind = format_of(path)
    policy = {"Content-Security-Policy": POLICY_OF_SVG} if path.endswith(".svg") else {}
    return {"Content-Type": f"{kind.type}; charset=utf-8" if kind.text else kind.type, **policy}


def _path(request: Request) -> str:
    """Return the path that is asked for, without the slash at its beginning and decoded once."""
    try:
        return unquote_to_bytes(request.scope["raw_path"][1:]).decode()
    except UnicodeDecodeError as error:
        raise Problem(404, "There is nothing under this address: it is not UTF-8.") from error


def _folded(request: Request) -> bool:
    """Tell whether a slash of the path is encoded: clients write ``id/state%2FKAZ``, whose last part is the id."""
    return b"%2f" in request.scope["raw_path"].lower()


def _seen(request: Request, path: str) -> str:
    """Return the path that is asked for, relative to the address by which it is."""
    return "../" * (request.scope["raw_path"].count(b"/") - 1) + path if _folded(request) else _name(path)


def _day(request: Request) -> str:
    """Return the day that is asked for, if any."""
    days = [day for day in request_fields.fields(request.scope["query_string"]).get("on", []) if day]
    if len(days) > 1:
        raise Problem(400, "The request has more than one day; give on= once.")
    try:
        return Day.of(days[0]).isoformat() if days else ""
    except InvalidDate as error:
        raise Problem(400, f"on: {error}") from error
