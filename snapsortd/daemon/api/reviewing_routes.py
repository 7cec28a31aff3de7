"""The routes of the control API for a person who looks at unsure images."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from snapsortd.daemon.api.requests import BadRequest, body_of, parsed_query
from snapsortd.daemon.api.teaching_routes import Call, Handler

UNSURE_QUERY: dict[str, Callable[[str], Any]] = {"kind": str, "rule": str, "before": int, "limit": int}
ACCEPT: dict[str, tuple[type, ...]] = {"path": (str,), "label": (str,), "batch": (int,)}
REVIEWED: dict[str, tuple[type, ...]] = {"paths": (list,), "reviewed": (bool,)}


class Reviewing(Protocol):
    """The operations that these routes need; each may be called from any thread."""

    def unsure(self, **query: Any) -> dict[str, Any]: ...
    def accept(self, path: str, label: str = "", batch: int | None = None) -> dict[str, Any]: ...
    def review(self, paths: Sequence[str], *, reviewed: bool = True) -> dict[str, Any]: ...


def reviewing_routes(
    reviewing: Reviewing, call: Call, get: Callable[[str, Handler], Route], post: Callable[[str, Handler], Route]
) -> list[Route]:
    """Return the routes; `call` answers with what an operation returns."""

    async def unsure(request: Request) -> Response:
        return await call(reviewing.unsure, **parsed_query(request, UNSURE_QUERY))

    async def accept(request: Request) -> Response:
        body = await body_of(request, ACCEPT)
        if not body.get("path"):
            raise BadRequest("'path' is missing")
        return await call(reviewing.accept, body["path"], body.get("label") or "", body.get("batch"))

    async def reviewed(request: Request) -> Response:
        body = await body_of(request, REVIEWED)
        if not body.get("paths"):
            raise BadRequest("'paths' is missing")
        return await call(reviewing.review, body["paths"], reviewed=body.get("reviewed") is not False)

    return [get("/v1/unsure", unsure), post("/v1/accept", accept), post("/v1/reviewed", reviewed)]
