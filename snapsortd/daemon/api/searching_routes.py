"""The routes of the control API by which images are taken into the search, which reads the journal itself, and put
into words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from snapsortd.daemon.api.requests import BadRequest, body_of
from snapsortd.daemon.api.teaching_routes import Call, Handler

INDEX: dict[str, tuple[type, ...]] = {"path": (str,), "text": (bool,)}
DESCRIBE: dict[str, tuple[type, ...]] = {"path": (str,)}


class Searching(Protocol):
    """The operations that these routes need; each may be called from any thread."""

    def index(self, path: str, *, text: bool = False) -> dict[str, Any]: ...
    def describe(self, path: str) -> dict[str, Any]: ...
    def commit(self) -> dict[str, Any]: ...


def searching_routes(searching: Searching, call: Call, post: Callable[[str, Handler], Route]) -> list[Route]:
    """Return the routes; `call` answers with what an operation returns."""

    async def index(request: Request) -> Response:
        body = await body_of(request, INDEX)
        if not body.get("path"):
            raise BadRequest("'path' is missing")
        return await call(searching.index, body["path"], text=body.get("text") or False)

    async def describe(request: Request) -> Response:
        body = await body_of(request, DESCRIBE)
        if not body.get("path"):
            raise BadRequest("'path' is missing")
        return await call(searching.describe, body["path"])

    async def commit(_: Request) -> Response:
        return await call(searching.commit)

    return [post("/v1/index", index), post("/v1/describe", describe), post("/v1/commit", commit)]
