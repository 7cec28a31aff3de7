"""The control API: HTTP with JSON over a Unix socket that only this user can open."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from snapsortd.daemon.api.requests import (
    ABANDON,
    DISMISS,
    IMAGE,
    LOG_QUERY,
    PAUSE,
    SELECTION,
    STATS_QUERY,
    TAGS,
    UNDO,
    BadRequest,
    TooLarge,
    body_of,
    check,
    parsed_query,
    query_of,
)
from snapsortd.daemon.api.reviewing_routes import Reviewing, reviewing_routes
from snapsortd.daemon.api.searching_routes import Searching, searching_routes
from snapsortd.daemon.api.teaching_routes import Teaching, teaching_routes
from snapsortd.daemon.events import Broadcast, Event
from snapsortd.domain.errors import ConfigError, NotKnown, SnapsortError, Unavailable

_log = logging.getLogger("snapsortd")

MAX_BODY_BYTES = 1 << 20
"""Maximum size of a request body; a path is at most 4 KiB, a list of entry ids a few KiB."""
MAX_LISTENERS = 16
"""Maximum number of event streams; they are long-lived and must leave room for other requests."""
HEARTBEAT_S = 15.0
"""Interval of empty lines on an idle event stream, by which a disconnected subscriber is noticed."""


class Control(Protocol):
    """The operations that the API needs from the daemon; each may be called from any thread."""

    @property
    def events(self) -> Broadcast: ...
    @property
    def teaching(self) -> Teaching: ...
    @property
    def reviewing(self) -> Reviewing: ...
    @property
    def searching(self) -> Searching: ...

    def status(self) -> dict[str, Any]: ...
    def log(self, **query: Any) -> dict[str, Any]: ...
    def stats(self, **query: Any) -> dict[str, Any]: ...
    def dismiss(self, path: str | None = None) -> dict[str, Any]: ...
    def explain(self, path: str) -> dict[str, Any]: ...
    def image(
        self,
        path: str,
        *,
        dry_run: bool,
        batch: int | None,
        tags: Sequence[str] = (),
        skip_tags: Sequence[str] = (),
    ) -> dict[str, Any]: ...
    def undo(self, **selection: Any) -> dict[str, Any]: ...
    def redo(self, **selection: Any) -> dict[str, Any]: ...
    def abandon(self, number: int, *, dry_run: bool) -> dict[str, Any]: ...
    def pause(self, seconds: int | None = None) -> dict[str, Any]: ...
    def resume(self) -> dict[str, Any]: ...
    def reload(self) -> dict[str, Any]: ...
    def stop(self) -> dict[str, Any]: ...


STATUSES: tuple[tuple[type[SnapsortError], int], ...] = (
    (ConfigError, 422),
    (TooLarge, 413),
    (BadRequest, 400),
    (NotKnown, 404),
    (Unavailable, 503),
    (SnapsortError, 409),
)


def respond(body: Mapping[str, Any], status: int = 200) -> Response:
    """Return a JSON response in ASCII, which preserves names that are not UTF-8 (lone surrogates)."""
    return Response(json.dumps(body).encode("ascii"), status, media_type="application/json")


def _error(error: SnapsortError) -> Response:
    status = next(number for kind, number in STATUSES if isinstance(error, kind))
    body: dict[str, Any] = {"error": error.message, "hint": error.hint, "exit_code": error.exit_code}
    if isinstance(error, ConfigError):
        body["problems"] = list(error.problems)
    return respond(body, status)


def _failed(message: str, status: int, hint: str = "") -> Response:
    return respond({"error": message, "hint": hint, "exit_code": SnapsortError.exit_code}, status)


async def _unknown_endpoint(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return _failed(f"unknown endpoint: {error.detail}", error.status_code)


Handler = Callable[[Request], Awaitable[Response]]


def build_app(control: Control) -> ASGIApp:
    """Return the API's application, whose routes call `control`."""

    def guarded(handler: Handler) -> Handler:
        async def run(request: Request) -> Response:
            try:
                return await handler(request)
            except SnapsortError as error:
                return _error(error)
            except ClientDisconnect:
                return Response()  # there is no reader
            except Exception:
                _log.exception("the control API failed to handle %s", request.url.path)
                return _failed("snapsortd failed to handle this request", 500, "see the log for details")

        return run

    async def call(operation: Callable[..., dict[str, Any]], *args: Any, **kwargs: Any) -> Response:
        return respond(await asyncio.to_thread(operation, *args, **kwargs))

    async def status(_: Request) -> Response:
        return await call(control.status)

    async def log(request: Request) -> Response:
        return await call(control.log, **parsed_query(request, LOG_QUERY))

    async def stats(request: Request) -> Response:
        return await call(control.stats, **parsed_query(request, STATS_QUERY))

    async def dismiss(request: Request) -> Response:
        body = await body_of(request, DISMISS)
        if bool(body.get("path")) == bool(body.get("all")):
            raise BadRequest("give either 'path' or 'all'")
        return await call(control.dismiss, body.get("path"))

    async def explain(request: Request) -> Response:
        path = query_of(request).get("path")
        if not path:
            raise BadRequest("the query parameter 'path' is missing")
        check("path", path)
        return await call(control.explain, path)

    async def image(request: Request) -> Response:
        body = await body_of(request, IMAGE)
        if not body.get("path"):
            raise BadRequest("'path' is missing")
        chosen = {key: body[key] for key in TAGS if body.get(key)}
        dry_run, batch = bool(body.get("dry_run")), body.get("batch")
        return await call(control.image, body["path"], dry_run=dry_run, batch=batch, **chosen)

    async def undo(request: Request) -> Response:
        return await call(control.undo, **await body_of(request, UNDO))

    async def redo(request: Request) -> Response:
        return await call(control.redo, **await body_of(request, SELECTION))

    async def abandon(request: Request) -> Response:
        body = await body_of(request, ABANDON)
        if body.get("id") is None:
            raise BadRequest("'id' is missing")
        return await call(control.abandon, body["id"], dry_run=bool(body.get("dry_run")))

    async def pause(request: Request) -> Response:
        return await call(control.pause, **await body_of(request, PAUSE))

    def simple(operation: Callable[[], dict[str, Any]]) -> Handler:
        async def run(_: Request) -> Response:
            return await call(operation)

        return run

    async def events(request: Request) -> Response:
        hello = {"event": "state", "state": (await asyncio.to_thread(control.status))["state"]}
        if control.events.listeners >= MAX_LISTENERS:
            raise Unavailable(
                f"{MAX_LISTENERS} programs are already subscribed to the events", "end one that is not needed"
            )
        request.state.streaming = True  # a slow reader is not disconnected: its events are dropped and counted
        return StreamingResponse(_stream(control.events, hello), media_type="application/x-ndjson")

    def get(path: str, handler: Handler) -> Route:
        return Route(path, guarded(handler), methods=["GET"])

    def post(path: str, handler: Handler) -> Route:
        return Route(path, guarded(handler), methods=["POST"])

    app = Starlette(
        routes=[
            get("/v1/status", status),
            get("/v1/log", log),
            get("/v1/stats", stats),
            get("/v1/explain", explain),
            get("/v1/events", events),
            post("/v1/images", image),
            post("/v1/undo", undo),
            post("/v1/redo", redo),
            post("/v1/abandon", abandon),
            post("/v1/dismiss", dismiss),
            post("/v1/pause", pause),
            post("/v1/resume", simple(control.resume)),
            post("/v1/reload", simple(control.reload)),
            post("/v1/stop", simple(control.stop)),
            *teaching_routes(control.teaching, call, get, post),
            *reviewing_routes(control.reviewing, call, get, post),
            *searching_routes(control.searching, call, post),
        ],
        exception_handlers={HTTPException: _unknown_endpoint},
    )
    return limit_body(app)


async def _stream(events: Broadcast, hello: Event) -> AsyncIterator[bytes]:
    """Yield `hello` once subscribed, so that no later event is missed, then every event as one line of JSON."""
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    with events.listen(lambda: loop.call_soon_threadsafe(ready.set)) as subscription:
        yield json.dumps(hello).encode("ascii") + b"\n"
        while not events.closed:
            ready.clear()
            for event in subscription.take():
                yield json.dumps(event).encode("ascii") + b"\n"
            try:
                await asyncio.wait_for(ready.wait(), HEARTBEAT_S)
            except TimeoutError:
                yield b"\n"


def limit_body(app: ASGIApp) -> ASGIApp:
    """Wrap `app` so that bodies larger than MAX_BODY_BYTES raise TooLarge, whatever length they declare."""

    async def limited(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        got = 0

        async def counted() -> Message:
            nonlocal got
            message = await receive()
            got += len(message.get("body", b""))
            if got > MAX_BODY_BYTES:
                raise TooLarge(f"the request is larger than {MAX_BODY_BYTES} bytes")
            return message

        await app(scope, counted, send)

    return limited
