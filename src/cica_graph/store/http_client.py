"""HTTP client for servers that the user names, with time limits, retries and credentials.

No other module of this package opens a connection. A request to a busy server (429, 502, 503) is repeated after the
time in its Retry-After header, or after a pause that grows each time. Any other error status is final. A redirect to
another host, or from https to http, is not followed.

The user name and password come from ``CICA_GRAPH_STORE_USER`` and ``CICA_GRAPH_STORE_PASSWORD``, or from netrc
(``$NETRC`` or ``~/.netrc``). A token comes from ``CICA_GRAPH_STORE_TOKEN``. They are sent only if the server requests
them. Basic authentication and tokens are sent only over https, or to this machine. No message contains a secret.
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

TRIES: Final = 5  # maximum requests for one response
REDIRECTS: Final = 3
LONGEST_WAIT: Final = 60.0  # maximum seconds to wait for one Retry-After
BUSY: Final = (429, 502, 503)
HERE: Final = ("127.0.0.1", "::1", "localhost")
_AGENT: Final = "cica-graph (https://w3id.org/cica-graph)"


@dataclass(frozen=True)
class HttpResponse:
    """Response of a server.

    :ivar url: address of the server, after redirects.
    :ivar headers: values by name, in lower case.
    """

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def media_type(self) -> str:
        """The media type of the body, without parameters; empty if the server does not give it."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    def summary(self) -> str:
        """Return the status and the beginning of the body on one line, for a message."""
        text = re.sub(r"<[^>]*>", " ", self.body[:2000].decode("utf-8", "replace"))
        return f"{self.status}: {' '.join(text.split())[:300]}"


@dataclass(frozen=True)
class Credentials:
    """User name and password, or a token. The ``repr`` does not contain them."""

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
        """Return the credentials in the environment or in netrc for the host of an address, or None.

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
            raise UsageError(f"{path} is not a valid netrc file: see line {error.lineno}") from None
        return cls(found[0], found[2] or "") if found else None


def refuse_address(url: str) -> None:
    """Raise an error if the address of a server is not allowed.

    :raises UsageError: the address is not http or https, or contains a name or password. The message does not repeat
        them.
    """
    try:
        parts = urlsplit(url)
        host, named, _ = parts.hostname, "@" in parts.netloc, parts.port
    except ValueError:
        raise UsageError("the address is not valid; give one such as https://example.org/sparql") from None
    if named:
        raise UsageError(
            "the address contains a name or a password, which others can see in the list of processes and in logs; "
            "set CICA_GRAPH_STORE_USER and CICA_GRAPH_STORE_PASSWORD instead, or add them to ~/.netrc"
        )
    if parts.scheme not in ("http", "https") or not host:
        raise UsageError(f"{url} is not an http or https address")


class Client:
    """HTTP client.

    :param timeout: seconds without a byte before a request fails; a quarter of it for the connection.
    :param credentials: sent to every server that requests authentication.
    :param wait: called with the seconds to wait before a request is repeated.
    :param timeout_setting: option or variable that sets the timeout, for messages.
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
        """Return the response to a request. It may be sent several times, so it must be idempotent.

        :param max_bytes: maximum bytes of the response.
        :param data: form to send.
        :param content: other body to send, with ``content_type``.
        :raises UsageError: no response in time, no connection, a response that is too large, or a redirect that is not
            followed.
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
                    raise UsageError(f"{url} is busy; try again in {pause:.0f} seconds")
                self._wait(pause)
            except httpx.TimeoutException as error:
                longer = f"increase {self._timeout_setting}, or request less data"
                raise UsageError(f"{url} did not answer in time; {longer}") from error
            except httpx.HTTPError as error:
                raise UsageError(
                    f"{url}: {error or type(error).__name__}; is this the address of a SPARQL endpoint?"
                ) from error
        raise UsageError(f"{url} did not answer after {TRIES} requests")


def _login(credentials: Credentials) -> httpx.Auth:
    """Return the authentication that a server requests: Digest (RFC 7616), Basic (RFC 7617) or Bearer."""
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
            challenge = response.headers.get("www-authenticate", "").lower()
            if "digest" in challenge and not credentials.token:
                flow = httpx.DigestAuth(credentials.user, credentials.secret)
                again = flow.auth_flow(request)
                next(again)
                self._known = flow
                yield again.send(response)
                return
            if request.url.scheme != "https" and request.url.host not in HERE:
                raise UsageError(f"{request.url} requests a password over http, where others can read it; use https")
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
        raise UsageError(f"{url} redirects more than {REDIRECTS} times")
    if there.hostname != here.hostname or there.scheme not in ("https", here.scheme) or "@" in there.netloc:
        place = f"{there.scheme}://{there.hostname}{there.path}"
        raise UsageError(f"{url} redirects to {place}, which is another host; use that address if you trust it")
    return to


def _pause(header: str, attempt: int) -> float:
    """Return the seconds in a Retry-After header (RFC 9110 section 10.2.3), or a pause that grows with each attempt."""
    if re.fullmatch(r"\s*[0-9]{1,9}\s*", header):
        return float(header)
    try:
        return max(0.0, parsedate_to_datetime(header).timestamp() - time.time())
    except (ValueError, TypeError, OverflowError):
        return float(2**attempt)


def _body(response: httpx.Response, url: str, max_bytes: int) -> bytes:
    body = b"".join(_first(response, max_bytes + 1))
    if len(body) > max_bytes and response.status_code < 400:
        raise UsageError(f"{url} answered with more than {max_bytes >> 20} MiB; request less data")
    return body


def _first(response: httpx.Response, max_bytes: int) -> Iterator[bytes]:
    size = 0
    for part in response.iter_bytes():
        yield part
        size += len(part)
        if size >= max_bytes:
            return
