"""The control API: HTTP with JSON on a Unix socket that only this user can open."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, Protocol
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from snapsortd.errors import EXIT_USAGE, ConfigError, NotKnown, SnapsortError, Unavailable
from snapsortd.events import Broadcast, Event

_log = logging.getLogger("snapsortd")

MAX_BODY_BYTES = 1 << 20
"""Largest request body: a path is at most 4 KiB, a list of entry ids some KiB."""
MAX_CONNECTIONS = 64
MAX_LISTENERS = 16
"""Event streams at a time: they last, and must leave room for other requests."""
HEARTBEAT_S = 15.0
"""An empty line on an idle event stream, so that a listener that went away is noticed."""


class Control(Protocol):
    """What the API can ask of the daemon; every call may come from another thread than the daemon's own."""

    @property
    def events(self) -> Broadcast: ...

    def status(self) -> dict[str, Any]: ...
    def log(self, **query: Any) -> dict[str, Any]: ...
    def explain(self, path: str) -> dict[str, Any]: ...
    def image(self, path: str, *, dry_run: bool, batch: int | None) -> dict[str, Any]: ...
    def undo(self, **selection: Any) -> dict[str, Any]: ...
    def redo(self, **selection: Any) -> dict[str, Any]: ...
    def pause(self) -> dict[str, Any]: ...
    def resume(self) -> dict[str, Any]: ...
    def reload(self) -> dict[str, Any]: ...
    def stop(self) -> dict[str, Any]: ...


class BadRequest(SnapsortError):
    """The request itself is wrong."""

    exit_code = EXIT_USAGE


class TooLarge(BadRequest):
    """The request's body is larger than any that makes sense."""


STATUSES: tuple[tuple[type[SnapsortError], int], ...] = (
    (ConfigError, 422),
    (TooLarge, 413),
    (BadRequest, 400),
    (NotKnown, 404),
    (Unavailable, 503),
    (SnapsortError, 409),
)


def answer(body: Mapping[str, Any], status: int = 200) -> Response:
    """JSON in ASCII, so that names that are not UTF-8 (lone surrogates) survive."""
    return Response(json.dumps(body).encode("ascii"), status, media_type="application/json")


def _error(error: SnapsortError) -> Response:
    status = next(number for kind, number in STATUSES if isinstance(error, kind))
    body: dict[str, Any] = {"error": error.message, "hint": error.hint, "exit_code": error.exit_code}
    if isinstance(error, ConfigError):
        body["problems"] = list(error.problems)
    return answer(body, status)


def _failed(message: str, status: int, hint: str = "") -> Response:
    return answer({"error": message, "hint": hint, "exit_code": SnapsortError.exit_code}, status)


async def _no_such_route(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return _failed(f"there is no such call: {error.detail}", error.status_code)


def _query(request: Request) -> dict[str, str]:
    """The query's parameters; a name that is not UTF-8 survives, which starlette's own parsing would not let it."""
    query: bytes = request.scope["query_string"]
    return dict(parse_qsl(query.decode("ascii", "surrogateescape"), errors="surrogateescape"))


async def _body(request: Request, allowed: Mapping[str, tuple[type, ...]]) -> dict[str, Any]:
    """The JSON object of the request, with only known keys of the right types. Raises BadRequest."""
    raw = await request.body()
    try:
        found = json.loads(raw or b"{}")
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"the request is not JSON: {error}") from None
    if not isinstance(found, dict):
        raise BadRequest("the request must be a JSON object")
    for key, value in found.items():
        if key not in allowed:
            raise BadRequest(f"unknown key {key!r}", f"known: {', '.join(allowed)}")
        if value is not None and (
            not isinstance(value, allowed[key]) or (isinstance(value, bool) and bool not in allowed[key])
        ):
            raise BadRequest(f"{key!r} has the wrong type")
        _check(key, value)
    return found


def _check(key: str, value: object) -> None:
    """Refuse what the journal or the file system could not take. Raises BadRequest."""
    if isinstance(value, int) and not isinstance(value, bool) and not 0 < value < 2**63:
        raise BadRequest(f"{key!r} must be a number from 1 on")
    if isinstance(value, list):
        if not value:
            raise BadRequest(f"{key!r} is empty", "leave it out, or name at least one")
        for each in value:
            if type(each) is not int:
                raise BadRequest(f"{key!r} must be numbers")
            _check(key, each)
    if isinstance(value, str):
        try:
            value.encode("utf-8", "surrogateescape" if key == "path" else "strict")
        except UnicodeEncodeError:
            raise BadRequest(f"{key!r} holds what is no character") from None
    if key == "path" and isinstance(value, str) and (not value.startswith("/") or "\0" in value):
        raise BadRequest("'path' must be an absolute path")


SELECTION = {
    "ids": (list,),
    "batch": (int,),
    "last": (int,),
    "all": (bool,),
    "rule": (str,),
    "since": (str,),
    "until": (str,),
    "dry_run": (bool,),
}
LOG_QUERY = {"limit": int, "before": int, "rule": str, "path": str}

Handler = Callable[[Request], Awaitable[Response]]


def build_app(control: Control) -> ASGIApp:
    """The routes of the API over `control`."""

    def guarded(handler: Handler) -> Handler:
        async def run(request: Request) -> Response:
            try:
                return await handler(request)
            except SnapsortError as error:
                return _error(error)
            except ClientDisconnect:
                return Response()  # nobody is there to read it
            except Exception:
                _log.exception("the control API failed over %s", request.url.path)
                return _failed("snapsortd failed over this request", 500, "its log says more")

        return run

    async def ask(call: Callable[..., dict[str, Any]], *args: Any, **kwargs: Any) -> Response:
        return answer(await asyncio.to_thread(call, *args, **kwargs))

    async def status(_: Request) -> Response:
        return await ask(control.status)

    async def log(request: Request) -> Response:
        query: dict[str, Any] = {}
        for key, text in _query(request).items():
            if key not in LOG_QUERY:
                raise BadRequest(f"unknown query parameter {key!r}", f"known: {', '.join(LOG_QUERY)}")
            try:
                query[key] = LOG_QUERY[key](text)
            except ValueError:
                raise BadRequest(f"{key!r} must be a number") from None
            _check(key, query[key])
        return await ask(control.log, **query)

    async def explain(request: Request) -> Response:
        path = _query(request).get("path")
        if not path:
            raise BadRequest("the query parameter 'path' is missing")
        _check("path", path)
        return await ask(control.explain, path)

    async def image(request: Request) -> Response:
        body = await _body(request, {"path": (str,), "dry_run": (bool,), "batch": (int,)})
        if not body.get("path"):
            raise BadRequest("'path' is missing")
        return await ask(control.image, body["path"], dry_run=bool(body.get("dry_run")), batch=body.get("batch"))

    async def undo(request: Request) -> Response:
        return await ask(control.undo, **await _body(request, SELECTION))

    async def redo(request: Request) -> Response:
        return await ask(control.redo, **await _body(request, SELECTION))

    def simple(call: Callable[[], dict[str, Any]]) -> Handler:
        async def run(_: Request) -> Response:
            return await ask(call)

        return run

    async def events(request: Request) -> Response:
        hello = {"event": "state", "state": (await asyncio.to_thread(control.status))["state"]}
        if control.events.listeners >= MAX_LISTENERS:
            raise Unavailable(f"{MAX_LISTENERS} programs follow the events already", "end one that is not needed")
        request.state.streaming = True  # read as slowly as it may be: events are dropped, and counted
        return StreamingResponse(_stream(control.events, hello), media_type="application/x-ndjson")

    def get(path: str, handler: Handler) -> Route:
        return Route(path, guarded(handler), methods=["GET"])

    def post(path: str, handler: Handler) -> Route:
        return Route(path, guarded(handler), methods=["POST"])

    app = Starlette(
        routes=[
            get("/v1/status", status),
            get("/v1/log", log),
            get("/v1/explain", explain),
            get("/v1/events", events),
            post("/v1/images", image),
            post("/v1/undo", undo),
            post("/v1/redo", redo),
            post("/v1/pause", simple(control.pause)),
            post("/v1/resume", simple(control.resume)),
            post("/v1/reload", simple(control.reload)),
            post("/v1/stop", simple(control.stop)),
        ],
        exception_handlers={HTTPException: _no_such_route},
    )
    return limit_body(app)


async def _stream(events: Broadcast, hello: Event) -> AsyncIterator[bytes]:
    """`hello` as soon as nothing more can be missed, then every event as one line of JSON."""
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
    """Refuse requests whose body is larger than MAX_BODY_BYTES, whatever they announce."""

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
