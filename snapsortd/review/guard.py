"""Who may use the page: the browser that was opened with the one-time address, and nobody else."""

from __future__ import annotations

import hmac
import os
import secrets
from collections.abc import Callable
from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from snapsortd.review.markup import join, tag
from snapsortd.review.peer import user_of

COOKIE = "snapsort-review"
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
        " form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
AGAIN = "run `snapsortctl review` for a new address"


class Guard:
    """Passes on requests of the one browser to `app`, with the path below `base`, and refuses all others.

    The cookie is limited to a path that nobody can guess: a browser sends cookies to all ports of a host, and another
    user may serve one of them.
    """

    def __init__(self, app: ASGIApp, port: int, seen: Callable[[], object] = bool) -> None:
        """`seen` is called at every request that is let in."""
        self._app = app
        self._hosts = {f"{host}:{port}" for host in ("127.0.0.1", "[::1]", "localhost")}
        self._seen = seen
        self.base = f"/{secrets.token_hex(16)}"
        self._session = secrets.token_urlsafe(32)
        self._once: str | None = secrets.token_urlsafe(32)
        self.address = f"http://127.0.0.1:{port}/open/{self._once}"
        """The address that lets a browser in, once."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        request = Request(scope)
        why = self._refusal(request)
        if why:
            await _hardened(PlainTextResponse(f"snapsortctl review: {why}\n", 403))(scope, receive, send)
        elif request.url.path.startswith("/open/"):
            await self._let_in()(scope, receive, send)
        else:
            self._seen()
            inner = {**scope, "path": scope["path"][len(self.base) :], "root_path": ""}
            await self._app(inner, receive, _hardening(send))

    def _refusal(self, request: Request) -> str:
        """Return why a request is refused; empty if it is not."""
        headers, path = request.headers, request.scope["path"]
        host = headers.get("host", "")
        if host not in self._hosts:
            return "this host name is not mine"
        if request.client is None or not is_own_user(request.client.host, request.client.port):
            return "you are another user"
        if request.method not in ("GET", "HEAD", "POST"):
            return "unknown method"
        if path.startswith("/open/"):
            is_right = self._once is not None and _same(path.removeprefix("/open/"), self._once)
            return "" if is_right and request.method == "GET" else f"this address was used already; {AGAIN}"
        if not path.startswith(f"{self.base}/") or not _same(_cookie(headers), self._session):
            return f"this browser was not let in; {AGAIN}"
        if request.method == "POST" and not _is_from_the_page(headers, host):
            return "the request comes from another site"
        return ""

    def _let_in(self) -> Response:
        """Return the page that sends the browser on, as a link from another program does not bring a strict cookie."""
        self._once = None
        target = f"{self.base}/"
        page = tag("meta", http_equiv="refresh", content=f"0;url={target}"), tag("a", "Review", href=target)
        answer = HTMLResponse("<!doctype html>" + join(tag("title", "snapsortd"), *page))
        answer.set_cookie(COOKIE, self._session, path=self.base, httponly=True, samesite="strict")
        return _hardened(answer)


def is_own_user(host: str, port: int) -> bool:
    """True unless the system says that another user is at this address."""
    return user_of(host, port) in (None, 0, os.getuid())


def _is_from_the_page(headers: Headers, host: str) -> bool:
    is_same = headers.get("sec-fetch-site", "same-origin") == "same-origin"
    is_json = headers.get("content-type", "").partition(";")[0] == "application/json"
    return headers.get("origin") == f"http://{host}" and is_same and is_json


def _cookie(headers: Headers) -> str:
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return ""
    return found.value if found is not None else ""


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode("utf-8", "surrogateescape"), other.encode())


def _hardened(answer: Response) -> Response:
    answer.headers.update(HEADERS | {"Cache-Control": "no-store"})
    return answer


def _hardening(send: Send) -> Send:
    """Add the headers to whatever the application answers."""

    async def hardened(message: Message) -> None:
        if message["type"] == "http.response.start":
            own = {name.lower() for name, _ in message["headers"]}
            extra = {"Cache-Control": "no-store", **HEADERS}
            message["headers"] = [
                *message["headers"],
                *((k.lower().encode(), v.encode()) for k, v in extra.items() if k.lower().encode() not in own),
            ]
        await send(message)

    return hardened
