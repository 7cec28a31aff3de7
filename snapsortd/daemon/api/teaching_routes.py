"""The routes of the control API by which a person tells the daemon about images."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from snapsortd.daemon.api.requests import BadRequest, body_of
from snapsortd.domain.to_forget import ToForget

SOURCES = ("corrected", "confirmed", "taught")

TELL: dict[str, tuple[type, ...]] = {
    "source": (str,),
    "path": (str,),
    "id": (int,),
    "label": (str,),
    "batch": (int,),
}
FORGET: dict[str, tuple[type, ...]] = {
    "paths": (list,),
    "label": (str,),
    "since": (str,),
    "all": (bool,),
    "dry_run": (bool,),
}
REPLAY: dict[str, tuple[type, ...]] = {"set": (list,), "untaught": (bool,)}
TAKE_OVER: dict[str, tuple[type, ...]] = {"checkpoint": (str,), "examples": (list,)}

Handler = Callable[[Request], Awaitable[Response]]
Call = Callable[..., Awaitable[Response]]


class Teaching(Protocol):
    """The operations that these routes need; each may be called from any thread."""

    def tell(
        self, source: str, *, path: str = "", number: int | None = None, label: str = "", batch: int | None = None
    ) -> dict[str, Any]: ...
    def learned(self) -> dict[str, Any]: ...
    def forget(self, what: ToForget, *, dry_run: bool) -> dict[str, Any]: ...
    def examples(self) -> dict[str, Any]: ...
    def take_over(self, checkpoint: str, examples: Sequence[Mapping[str, Any]]) -> dict[str, Any]: ...
    def replay(self, settings: Sequence[str], *, untaught: bool = False) -> dict[str, Any]: ...


def teaching_routes(
    teaching: Teaching, call: Call, get: Callable[[str, Handler], Route], post: Callable[[str, Handler], Route]
) -> list[Route]:
    """Return the routes; `call` answers with what an operation returns."""

    async def tell(request: Request) -> Response:
        body = await body_of(request, TELL)
        if body.get("source") not in SOURCES:
            raise BadRequest("'source' is missing or unknown", f"one of {', '.join(SOURCES)}")
        if not body.get("path") and body.get("id") is None:
            raise BadRequest("'path' or 'id' is missing")
        how = {"path": body.get("path") or "", "number": body.get("id"), "label": body.get("label") or ""}
        return await call(teaching.tell, body["source"], **how, batch=body.get("batch"))

    async def learned(_: Request) -> Response:
        return await call(teaching.learned)

    async def forget(request: Request) -> Response:
        body = await body_of(request, FORGET)
        chosen = {key: value for key, value in body.items() if value is not None}
        dry_run, paths = bool(chosen.pop("dry_run", False)), tuple(chosen.pop("paths", ()))
        return await call(teaching.forget, ToForget(paths, **chosen), dry_run=dry_run)

    async def examples(_: Request) -> Response:
        return await call(teaching.examples)

    async def take_over(request: Request) -> Response:
        body = await body_of(request, TAKE_OVER)
        return await call(teaching.take_over, body.get("checkpoint") or "", body.get("examples") or [])

    async def replay(request: Request) -> Response:
        body = await body_of(request, REPLAY)
        return await call(teaching.replay, body.get("set") or [], untaught=bool(body.get("untaught")))

    return [
        post("/v1/tell", tell),
        post("/v1/replay", replay),
        get("/v1/learned", learned),
        post("/v1/forget", forget),
        get("/v1/examples", examples),
        post("/v1/examples", take_over),
    ]
