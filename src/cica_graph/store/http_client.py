"""Requests to servers that the user names: with time limits, timeout_setting, and credentials that appear nowhere else.

The one place of this package that opens a connection. A server that is busy (429, 502, 503) is asked again, after the
time that it asks for (Retry-After) or a little longer each time; any other refusal is final. No redirect is followed
to another host, nor from https to http.

A name and a password come from ``CICA_GRAPH_STORE_USER`` and ``CICA_GRAPH_STORE_PASSWORD``, a token from
``CICA_GRAPH_STORE_TOKEN``, else from netrc (``$NETRC`` or ``~/.netrc``). They are sent when the server asks for them;
by Basic and as a token only over https, or to this machine.
"""

from __future__ import annotations

import os
import re
import time
import weakref
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin, urlsplit

from cica_graph.model.errors import UsageError

if TYPE_CHECKING:
    import httpx

TRIES: Final = 5  # requests for one answer
REDIRECTS: Final = 3
LONGEST_WAIT: Final = 60.0  # seconds, for one Retry-After
BUSY: Final = (429, 502, 503)
HERE: Final = ("127.0.0.1", "::1", "localhost")
_AGENT: Final = "cica-graph (https://w3id.org/cica-graph)"


@dataclass(frozen=True)
class HttpResponse:
    """What a server answered.

    :ivar url: who did, after redirects.
    :ivar headers: by name in small letters.
    """

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def media_type(self) -> str:
        """The media type of the body, without parameters; empty when the server names none."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    def summary(self) -> str:
        """Return the status and the first of the body on one line, for a message."""
        text = re.sub(r"<[^>]*>", " ", self.body[:2000].decode("utf-8", "replace"))
        return f"{self.status}: {' '.join(text.split())[:300]}"


@dataclass(frozen=True)
class Credentials:
    """Who asks. What is secret is in no text of it."""

    user: str = ""
    _secret: str = ""
    token: bool = False

    def __repr__(self) -> str:
        return "Credentials(...)"

    @property
    def secret(self) -> str:
        """The password, or the token."""
        return self._secret

    @classmethod
    def of(cls, url: str) -> Credentials | None:
        """Return what the environment or netrc has for the host of an address, None when there is nothing.

        :raises UsageError: netrc cannot be read.
        """
        if token := os.environ.get("CICA_GRAPH_STORE_TOKEN"):
            return cls("", token, token=True)
        user, password = (os.environ.get(f"CICA_GRAPH_STORE_{name}") for name in ("USER", "PASSWORD"))
        if user and password is not None:
            return cls(user, password)
        import netrc

        path = Path(os.environ.get("NETRC") or Path.home() / ".netrc")
        try:
            found = netrc.netrc(str(path)).authenticators(urlsplit(url).hostname or "")
        except FileNotFoundError:
            return None
        except OSError as error:
            raise UsageError(f"{path} cannot be read: {error.strerror}") from None
        except netrc.NetrcParseError as error:  # its text may quote the file
            raise UsageError(f"{path} is no netrc file: see line {error.lineno}") from None
        return cls(found[0], found[2] or "") if found else None


def refuse_address(url: str) -> None:
    """Let the address of a server pass, or refuse it.

    :raises UsageError: it is no http or https address, or has a name or password in it, which is not repeated.
    """
    try:
        parts = urlsplit(url)
        host, named, _ = parts.hostname, "@" in parts.netloc, parts.port
    except ValueError:
        raise UsageError("the address does not parse; give one such as https://example.org/sparql") from None
    if named:
        raise UsageError(
            "the address has a name or a password in it, which others can see in the list of processes and in logs; "
            "set CICA_GRAPH_STORE_USER and CICA_GRAPH_STORE_PASSWORD, or write them into ~/.netrc"
        )
    if parts.scheme not in ("http", "https") or not host:
        raise UsageError(f"{url} is no http or https address")


class Client:
    """Asks servers.

    :param timeout: seconds without a byte, and a quarter of it to connect.
    :param credentials: for every server that is asked and asks for them.
    :param wait: called with the seconds to wait before a server is asked again.
    :param timeout_setting: by what a person sets the timeout, for a message.
    """

    def __init__(
        self, timeout: float = 60.0, credentials: Credentials | None = None,
        wait: Callable[[float], None] = time.sleep, *, timeout_setting: str = "--timeout",
    ) -> None:  # fmt: skip
        import httpx

        self._wait, self._timeout_setting = wait, timeout_setting
        self._client = httpx.Client(
            timeout=httpx.Timeout(timeout, connect=max(1.0, timeout / 4)),
            headers={"User-Agent": _AGENT},
            auth=_login(credentials) if credentials else None,
            follow_redirects=False,
        )

        weakref.finalize(self, self._client.close)

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def request(
        self, method: str, url: str, *, max_bytes: int, accept: str = "*/*", params: Mapping[str, str] | None = None,
        data: Mapping[str, str | list[str]] | None = None, content: bytes | None = None, content_type: str = "",
    ) -> HttpResponse:  # fmt: skip
        """Return the answer to a request; it may be asked several times, so it has to come to the same then.

        :param max_bytes: bytes of the answer.
        :param data: a form to send; ``content`` is anything else, of the media type ``form``.
        :raises UsageError: no answer in time or none at all, one that is too large, or a redirect that is not followed.
        """
        import httpx

        headers = {"Accept": accept} | ({"Content-Type": content_type} if content_type else {})
        redirects = 0
        for attempt in range(1, TRIES + REDIRECTS + 1):
            try:
                with self._client.stream(
                    method, url, headers=headers, params=params, data=data, content=content
                ) as response:
                    if response.is_redirect:
                        redirects += 1
                        url, params = _next(url, response.headers.get("location", ""), redirects), None
                        continue
                    if response.status_code not in BUSY or attempt >= TRIES:
                        return HttpResponse(
                            url, response.status_code, dict(response.headers), _body(response, url, max_bytes)
                        )
                    pause = _pause(response.headers.get("retry-after", ""), attempt)
                if pause > LONGEST_WAIT:
                    raise UsageError(f"{url} asks to wait {pause:.0f} seconds; try again then")
                self._wait(pause)
            except httpx.TimeoutException as error:
                longer = f"give it longer with {self._timeout_setting}, or ask for less"
                raise UsageError(f"{url} did not answer in time; {longer}") from error
            except httpx.HTTPError as error:
                raise UsageError(f"{url}: {error or type(error).__name__}; is a SPARQL endpoint there?") from error
        raise UsageError(f"{url} did not answer after {TRIES} requests")


def _login(credentials: Credentials) -> httpx.Auth:
    """Return what answers a server that asks who is there: by Digest (RFC 7616), Basic (RFC 7617) or Bearer."""
    import httpx

    class Login(httpx.Auth):
        def __init__(self) -> None:
            self._known: httpx.Auth | None = None

        def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
            if self._known is not None:
                yield from self._known.auth_flow(request)
                return
            response = yield request
            if response.status_code != 401:
                return
            asked = response.headers.get("www-authenticate", "").lower()
            if "digest" in asked and not credentials.token:
                flow = httpx.DigestAuth(credentials.user, credentials.secret)
                again = flow.auth_flow(request)
                next(again)
                self._known = flow
                yield again.send(response)
                return
            if request.url.scheme != "https" and request.url.host not in HERE:
                raise UsageError(f"{request.url} asks for a password over http, where others can read it; use https")
            value = f"Bearer {credentials.secret}"
            if not credentials.token:
                value = httpx.BasicAuth(credentials.user, credentials.secret)._auth_header
            self._known = _Header(value)
            yield from self._known.auth_flow(request)

    class _Header(httpx.Auth):
        def __init__(self, value: str) -> None:
            self._value = value

        def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
            request.headers["Authorization"] = self._value
            yield request

    return Login()


def _next(url: str, location: str, redirects: int) -> str:
    to = urljoin(url, location)
    there, here = urlsplit(to), urlsplit(url)
    if redirects > REDIRECTS:
        raise UsageError(f"{url} redirects in circles")
    if there.hostname != here.hostname or there.scheme not in ("https", here.scheme) or "@" in there.netloc:
        place = f"{there.scheme}://{there.hostname}{there.path}"
        raise UsageError(f"{url} redirects to {place}, another host; if that is where you want to go, name it")
    return to


def _pause(header: str, attempt: int) -> float:
    """Return the seconds that a Retry-After asks for, RFC 9110 section 10.2.3; without one, a little more each time."""
    if re.fullmatch(r"\s*[0-9]{1,9}\s*", header):
        return float(header)
    try:
        return max(0.0, parsedate_to_datetime(header).timestamp() - time.time())
    except (ValueError, TypeError, OverflowError):
        return float(2**attempt)


def _body(response: httpx.Response, url: str, max_bytes: int) -> bytes:
    body = b"".join(_first(response, max_bytes + 1))
    if len(body) > max_bytes and response.status_code < 400:
        raise UsageError(f"{url} answered with more than {max_bytes >> 20} MiB; ask for less")
    return body


def _first(response: httpx.Response, max_bytes: int) -> Iterator[bytes]:
    size = 0
    for part in response.iter_bytes():
        yield part
        size += len(part)
        if size >= max_bytes:
            return
