"""Strict parsing of requests to the control API; an invalid one is refused with the reason."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request

from snapsortd.domain.errors import EXIT_USAGE, SnapsortError


class BadRequest(SnapsortError):
    """The request is invalid."""

    exit_code = EXIT_USAGE


class TooLarge(BadRequest):
    """The request's body exceeds the limit."""


def query_of(request: Request) -> dict[str, str]:
    """Return the query's parameters. Unlike starlette's own parsing, this preserves names that are not UTF-8."""
    query: bytes = request.scope["query_string"]
    return dict(parse_qsl(query.decode("ascii", "surrogateescape"), errors="surrogateescape"))


def parsed_query(request: Request, known: Mapping[str, Callable[[str], Any]]) -> dict[str, Any]:
    """Return the query's parameters as values. Raises BadRequest on an unknown one or an invalid value."""
    query: dict[str, Any] = {}
    for key, text in query_of(request).items():
        if key not in known:
            raise BadRequest(f"unknown query parameter {key!r}", f"known: {', '.join(known)}")
        try:
            query[key] = known[key](text)
        except ValueError:
            raise BadRequest(f"{key!r} must be a number") from None
        check(key, query[key])
    return query


async def body_of(request: Request, allowed: Mapping[str, tuple[type, ...]]) -> dict[str, Any]:
    """Return the request's JSON object. Raises BadRequest on an unknown key or a value of the wrong type."""
    raw = await request.body()
    try:
        found = json.loads(raw or b"{}")
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"the request is not valid JSON: {error}") from None
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
    """Raise BadRequest if the journal or the file system could not process the value."""
    if isinstance(value, int) and not isinstance(value, bool) and not 0 < value < 2**63:
        raise BadRequest(f"{key!r} must be a number from 1 to 2^63 - 1")
    if isinstance(value, list):
        kind, word = LISTS.get(key, (int, "numbers"))
        if not value:
            raise BadRequest(f"{key!r} is empty", "omit it, or give at least one value")
        for each in value:
            if type(each) is not kind:
                raise BadRequest(f"{key!r} must contain only {word}")
            check("path" if key == "paths" else key, each)
    if isinstance(value, str):
        try:
            value.encode("utf-8", "surrogateescape" if key in PATHS else "strict")
        except UnicodeEncodeError:
            raise BadRequest(f"{key!r} contains an invalid character") from None
    if key in PATHS and isinstance(value, str) and (not value.startswith("/") or "\0" in value):
        raise BadRequest(f"'{key}' must be an absolute path")


TAGS = ("tags", "skip_tags")
PATHS = ("path", "paths")
LISTS: dict[str, tuple[type, str]] = {
    **dict.fromkeys((*TAGS, "paths", "set"), (str, "strings")),
    "examples": (dict, "objects"),
}
"""The kinds of items of lists, where they are not numbers."""
IMAGE: dict[str, tuple[type, ...]] = {
    "path": (str,),
    "dry_run": (bool,),
    "batch": (int,),
    "tags": (list,),
    "skip_tags": (list,),
}
SELECTION = {
    "ids": (list,),
    "paths": (list,),
    "batch": (int,),
    "last": (int,),
    "all": (bool,),
    "rule": (str,),
    "since": (str,),
    "until": (str,),
    "dry_run": (bool,),
    "partly": (bool,),
}
UNDO = {**SELECTION, "burst": (bool,), "changed": (bool,)}
ABANDON: dict[str, tuple[type, ...]] = {"id": (int,), "dry_run": (bool,)}
DISMISS: dict[str, tuple[type, ...]] = {"path": (str,), "all": (bool,)}
STATS_QUERY: dict[str, Callable[[str], Any]] = {"since": str, "until": str}
PAUSE: dict[str, tuple[type, ...]] = {"seconds": (int,)}
LOG_QUERY: dict[str, Callable[[str], Any]] = {
    "limit": int,
    "before": int,
    "after": int,
    "since": str,
    "until": str,
    "rule": str,
    "label": str,
    "path": str,
    "text": str,
    "failed": lambda text: bool(int(text)),
    "shadow": lambda text: bool(int(text)),
}
