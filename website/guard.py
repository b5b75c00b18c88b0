"""The middleware around everything: request id, headers, same-origin check, one log line and one count a request."""

from __future__ import annotations

import re
import time
import uuid
from typing import Any
from urllib.parse import urlsplit

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from website.metrics import Metrics
from website.problems import Problem

ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
QUIET = {"/static/", "/gowns/", "/healthz", "/readyz", "/metrics"}  # of these, only failures are worth a line
FOLDERS = ("/static/", "/gowns/")
SAFE = {"GET", "HEAD", "OPTIONS"}
REASONS = {
    "TooManyRequests": "rate",
    "Busy": "queue",
    "Timeout": "deadline",
    "SlowUpload": "slow",
    "ImageTooLarge": "size",
}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=(), payment=()",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "X-Robots-Tag": "noai, noimageai",
}


class Guard:
    """Pure ASGI, so that a stream stays a stream."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        state = scope.setdefault("state", {})
        state["request_id"] = request_id(headers)
        state["error"] = ""
        structlog.contextvars.bind_contextvars(request_id=state["request_id"])
        status, start = 500, time.monotonic()

        async def with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                _complete(MutableHeaders(scope=message), scope, state["request_id"])
            await send(message)

        try:
            if is_foreign(scope["method"], headers):
                state["error"] = "ForeignRequest"
                problem = Problem("ForeignRequest", "Requests from other websites are not accepted.")
                await problem.response(state["request_id"])(scope, receive, with_headers)
            else:
                await self._app(scope, receive, with_headers)
        finally:
            self._note(scope, status, state["error"], time.monotonic() - start)
            structlog.contextvars.clear_contextvars()

    def _note(self, scope: Scope, status: int, error: str, seconds: float) -> None:
        route = route_of(scope)
        self._metrics.requests.labels(route, str(status), error).inc()
        if error in REASONS:
            self._metrics.rejected.labels(REASONS[error]).inc()
        if route in QUIET and status < 400:
            return
        about: dict[str, Any] = {"error": error} if error else {}
        structlog.get_logger().info(
            "request", method=scope["method"], route=route, status=status, ms=round(1e3 * seconds), **about
        )


def request_id(headers: Headers) -> str:
    """The caller's own id where it is a sane one, so that it can be followed through several services."""
    given = headers.get("x-request-id", "")
    return given if ID.fullmatch(given) else uuid.uuid4().hex


def is_foreign(method: str, headers: Headers) -> bool:
    """Whether another website's page makes the browser send this. There are no cookies; this is a second wall."""
    if method in SAFE:
        return False
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site not in {"same-origin", "none"}
    origin = headers.get("origin")
    return origin is not None and urlsplit(origin).netloc != headers.get("host")


def route_of(scope: Scope) -> str:
    """The route's pattern, never the path: that of a share link is a secret."""
    for folder in FOLDERS:
        if scope["path"].startswith(folder):
            return folder
    return getattr(scope.get("route"), "path", None) or "unknown"


def _complete(headers: MutableHeaders, scope: Scope, request_id: str) -> None:
    for name, value in HEADERS.items():
        headers.setdefault(name, value)
    if not scope["path"].startswith(FOLDERS):
        headers["Cache-Control"] = "no-store"
    else:
        headers.setdefault("Cache-Control", "public, max-age=300")
    headers["X-Request-ID"] = request_id
