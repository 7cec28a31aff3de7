"""The part of the control API by which a person tells the daemon about images."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from snapsortd.daemon.api.requests import BadRequest, body_of
from snapsortd.domain.errors import JournalError

if TYPE_CHECKING:
    from snapsortd.daemon.loop import Daemon

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
    def forget(self, **selection: Any) -> dict[str, Any]: ...
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
        return await call(teaching.forget, **{key: value for key, value in body.items() if value is not None})

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


class DaemonTeaching:
    """These operations in a running daemon."""

    def __init__(self, daemon: Daemon) -> None:
        self._daemon = daemon

    def tell(
        self, source: str, *, path: str = "", number: int | None = None, label: str = "", batch: int | None = None
    ) -> dict[str, Any]:
        """Remember an image as an example, and file it again if it was corrected; see `pipeline.teaching`."""
        daemon = self._daemon

        def work() -> dict[str, Any]:
            if daemon.halted:
                raise JournalError(f"filing is halted: {daemon.halted}")
            return daemon.session.teaching.tell(source, path=path, number=number, label=label, batch=batch)

        reply = daemon.jobs.submit(work, needs_model=True, path=path)
        if reply["outcome"] == "filed" and source == "corrected":
            daemon.announcer.publish("filed", reply)
        return reply

    def learned(self) -> dict[str, Any]:
        """Return what was told and what became of it."""
        session = self._daemon.session
        return self._daemon.jobs.submit(lambda: session.learning.report(session.classifier), needs_model=True)

    def forget(self, **selection: Any) -> dict[str, Any]:
        """Delete for good what was told about images."""
        teaching = self._daemon.session.teaching
        return self._daemon.jobs.submit(lambda: teaching.forget(**selection))

    def examples(self) -> dict[str, Any]:
        """Return all examples with their embeddings."""
        teaching = self._daemon.session.teaching
        return self._daemon.jobs.submit(teaching.examples, needs_model=True)

    def take_over(self, checkpoint: str, examples: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Add examples of another computer."""
        teaching = self._daemon.session.teaching
        return self._daemon.jobs.submit(lambda: teaching.take_over(checkpoint, examples))

    def replay(self, settings: Sequence[str], *, untaught: bool = False) -> dict[str, Any]:
        """Return which past decisions would be different; answered from the journal."""
        return self._daemon.session.teaching.replay(settings, untaught=untaught)
