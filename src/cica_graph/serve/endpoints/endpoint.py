"""What everything that is only read has in common: the methods it takes, and how what went wrong is told."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from cica_graph.serve.executor import Asking, Gone, NotAnswered
from cica_graph.serve.http.problem import Problem, problem
from cica_graph.serve.state import Site

_ALLOW: Final = {"Allow": "GET, HEAD, OPTIONS"}


class Reader(ABC):
    """An ASGI application that answers GET and HEAD. Whoever derives from it says how in ``_answer``."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._asking = Asking(site)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        try:
            if request.method == "OPTIONS":
                await Response(None, 204, _ALLOW)(scope, receive, send)
            elif request.method not in ("GET", "HEAD"):
                raise Problem(405, f"This address takes {_ALLOW['Allow']}.", _ALLOW)
            else:
                await self._answer(request, send)
        except Gone:
            return
        except NotAnswered as error:
            await problem(request, error.status, error.detail, error.headers)(scope, receive, send)
        except Problem as error:
            await self._problem(request, error)(scope, receive, send)

    @abstractmethod
    async def _answer(self, request: Request, send: Send) -> None: ...

    def _problem(self, request: Request, error: Problem) -> Response:
        return problem(request, error.status_code, error.detail, error.headers)
