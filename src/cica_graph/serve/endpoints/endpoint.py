"""Base class of endpoints that are read with GET."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from cica_graph.serve.executor import ClientDisconnected, ExecutionFailed, Executor
from cica_graph.serve.http.problem import Problem, method_not_allowed, problem
from cica_graph.serve.state import AppState

_ALLOW: Final = "GET, HEAD, OPTIONS"


class HttpEndpoint(ABC):
    """ASGI application that answers GET and HEAD; a subclass implements ``_answer``."""

    def __init__(self, state: AppState) -> None:
        self._state = state
        self._executor = Executor(state)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        try:
            if request.method == "OPTIONS":
                await Response(None, 204, {"Allow": _ALLOW})(scope, receive, send)
            elif request.method not in ("GET", "HEAD"):
                raise method_not_allowed(_ALLOW)
            else:
                await self._answer(request, send)
        except ClientDisconnected:
            return
        except ExecutionFailed as error:
            await problem(request, error.status, error.detail, error.headers)(scope, receive, send)
        except Problem as error:
            await self._problem(request, error)(scope, receive, send)

    @abstractmethod
    async def _answer(self, request: Request, send: Send) -> None: ...

    def _problem(self, request: Request, error: Problem) -> Response:
        return problem(request, error.status_code, error.detail, error.headers)
