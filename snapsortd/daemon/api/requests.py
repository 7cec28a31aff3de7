"""What a request to the control API may hold: read strictly, refused with the reason."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request

from snapsortd.domain.errors import EXIT_USAGE, SnapsortError


class BadRequest(SnapsortError):
    """The request itself is wrong."""

    exit_code = EXIT_USAGE


class TooLarge(BadRequest):
    """The request's body is larger than any that makes sense."""


def query_of(request: Request) -> dict[str, str]:
    """The query's parameters; a name that is not UTF-8 survives, which starlette's own parsing would not let it."""
    query: bytes = request.scope["query_string"]
    return dict(parse_qsl(query.decode("ascii", "surrogateescape"), errors="surrogateescape"))


async def body_of(request: Request, allowed: Mapping[str, tuple[type, ...]]) -> dict[str, Any]:
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
        check(key, value)
    return found


def check(key: str, value: object) -> None:
    """Refuse what the journal or the file system could not take. Raises BadRequest."""
    if isinstance(value, int) and not isinstance(value, bool) and not 0 < value < 2**63:
        raise BadRequest(f"{key!r} must be a number from 1 on")
    if isinstance(value, list):
        kind, word = (str, "texts") if key in TAGS else (int, "numbers")
        if not value:
            raise BadRequest(f"{key!r} is empty", "leave it out, or name at least one")
        for each in value:
            if type(each) is not kind:
                raise BadRequest(f"{key!r} must be {word}")
            check(key, each)
    if isinstance(value, str):
        try:
            value.encode("utf-8", "surrogateescape" if key == "path" else "strict")
        except UnicodeEncodeError:
            raise BadRequest(f"{key!r} holds what is no character") from None
    if key == "path" and isinstance(value, str) and (not value.startswith("/") or "\0" in value):
        raise BadRequest("'path' must be an absolute path")


TAGS = ("tags", "skip_tags")
IMAGE: dict[str, tuple[type, ...]] = {
    "path": (str,),
    "dry_run": (bool,),
    "batch": (int,),
    "tags": (list,),
    "skip_tags": (list,),
}
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
LOG_QUERY: dict[str, Callable[[str], Any]] = {
    "limit": int,
    "before": int,
    "rule": str,
    "path": str,
    "shadow": lambda text: bool(int(text)),
}
