"""The routes of the page."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from importlib.resources import files
from typing import Any

from pydantic import ValidationError, validate_call
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from snapsortd.domain.errors import SnapsortError
from snapsortd.review.markup import Html, tag
from snapsortd.review.pages.layout import page
from snapsortd.review.views import Views

TYPES = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
SIDES = (480, 1600)
MAX_BODY_BYTES = 1 << 20
SHOWN_FOR_S = 3600
"""Seconds for which a browser keeps a picture; its address changes with every start."""

Handler = Callable[[Request], Awaitable[Response]]


def build_app(views: Views, actions: Mapping[str, Callable[..., dict[str, Any]]]) -> Starlette:
    """Return the application that answers requests of the one browser that may use it: pages, and `actions` by name."""
    statics = static_files()

    def guarded(handler: Handler) -> Handler:
        async def run(request: Request) -> Response:
            try:
                return await handler(request)
            except ClientDisconnect:
                return Response()
            except ValidationError:
                return JSONResponse({"error": "this is not a valid request"}, 400)
            except SnapsortError as error:
                if request.method == "POST":
                    return JSONResponse({"error": error.message, "hint": error.hint}, 409)
                failed = tag("section", tag("h1", "That did not work"), tag("p", str(error)), class_="empty")
                return HTMLResponse(page(views.base, "status", failed), 409)

        return run

    async def static(request: Request) -> Response:
        found = statics.get(request.path_params["name"])
        return Response(status_code=404) if found is None else Response(found[0], media_type=found[1])

    async def picture(request: Request) -> Response:
        name, side = request.path_params["name"], request.path_params["side"]
        found = await asyncio.to_thread(views.picture, name, side) if side in SIDES else b""
        if not found:
            return Response(status_code=404)
        kept = {"Cache-Control": f"private, max-age={SHOWN_FOR_S}, immutable"}
        return Response(found, media_type="image/jpeg", headers=kept)

    def html(view: Callable[..., Html]) -> Handler:
        checked = validate_call(view)

        async def run(request: Request) -> Response:
            asked = {name: value for name, value in request.query_params.items() if value}
            return HTMLResponse(await asyncio.to_thread(checked, **asked))

        return guarded(run)

    def call(action: Callable[..., dict[str, Any]]) -> Handler:
        checked = validate_call(action)

        async def run(request: Request) -> Response:
            return JSONResponse(await asyncio.to_thread(checked, **await body_of(request)))

        return guarded(run)

    return Starlette(
        routes=[
            Route("/static/{name}", static),
            Route("/picture/{name}/{side:int}", picture),
            *(Route(path, html(view), methods=["GET"]) for path, view in views.pages.items()),
            *(Route(f"/{name}", call(action), methods=["POST"]) for name, action in actions.items()),
        ]
    )


async def body_of(request: Request) -> dict[str, Any]:
    """Return the JSON object that the page sent. Raise SnapsortError if it is too large or none."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MAX_BODY_BYTES:
            raise SnapsortError("the request is too large")
    try:
        found = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise SnapsortError("the request is not a JSON object")
    return found


def static_files() -> dict[str, tuple[bytes, str]]:
    """Return the files of the page with their types, by name: nothing else can be asked for."""
    folder = files("snapsortd.review") / "static"
    return {
        each.name: (each.read_bytes(), TYPES[each.name.rpartition(".")[2]])
        for each in folder.iterdir()
        if each.name.rpartition(".")[2] in TYPES
    }
