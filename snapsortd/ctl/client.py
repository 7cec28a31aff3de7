"""The daemon's API over its Unix socket.

Uses `http.client` because importing httpx alone takes 0.3 s, and `status` must be faster than that.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from typing import Any
from urllib.parse import urlencode

from snapsortd.domain.errors import (
    EXIT_CONFIG,
    EXIT_JOURNAL,
    EXIT_MODEL,
    EXIT_UNAVAILABLE,
    ConfigError,
    JournalError,
    ModelError,
    NotKnown,
    SnapsortError,
    Unavailable,
)
from snapsortd.domain.to_forget import ToForget
from snapsortd.files.locations import socket_address

TIMEOUT_S = 10.0
"""Timeout of the calls that the daemon answers from memory."""

Reply = dict[str, Any]


class Client:
    """A client that connects once per call. Calls raise Unavailable if no daemon answers, and the errors it reports."""

    def __init__(self, path: str) -> None:
        self._path = path

    def answers(self) -> bool:
        """Return whether a daemon is listening."""
        connection = _Connection(self._path, TIMEOUT_S)
        try:
            connection.connect()
        except Unavailable:
            return False
        finally:
            connection.close()
        return True

    def status(self) -> Reply:
        """Return the state of the daemon, its model, its folders and its queue."""
        return self._call("GET", "/v1/status", timeout=TIMEOUT_S)

    def log(self, limit: int = 50, **query: Any) -> Reply:
        """Return journal entries, newest first; the filters are those of `LogQuery`, with times in ISO 8601."""
        chosen = {name: 1 if value is True else value or None for name, value in query.items()}
        return self._call("GET", "/v1/log", body=None, timeout=None, limit=limit, **chosen)

    def stats(self, since: str | None, until: str | None) -> Reply:
        """Return how many images were filed and taken back; times in ISO 8601."""
        return self._call("GET", "/v1/stats", since=since, until=until)

    def dismiss(self, path: str | None) -> Reply:
        """Take the problem at a path, or all of them, off the list of `status`."""
        return self._call("POST", "/v1/dismiss", {"all": True} if path is None else {"path": path})

    def explain(self, path: str) -> Reply:
        """Return the decision about one image, the reasons for it, and its journal entries."""
        return self._call("GET", "/v1/explain", path=path)

    def image(
        self, path: str, *, dry_run: bool, batch: int | None, tags: Sequence[str] = (), skip_tags: Sequence[str] = ()
    ) -> Reply:
        """Classify one image now, and file it unless `dry_run`; the tags select the rules."""
        chosen = {"tags": list(tags) or None, "skip_tags": list(skip_tags) or None}
        return self._call("POST", "/v1/images", {"path": path, "dry_run": dry_run, "batch": batch, **chosen})

    def undo(self, *, dry_run: bool, **selection: Any) -> Reply:
        """Undo moves; an empty selection means the last batch."""
        return self._call("POST", "/v1/undo", {**selection, "dry_run": dry_run})

    def redo(self, *, dry_run: bool, **selection: Any) -> Reply:
        """Redo what was undone; an empty selection means the last batch."""
        return self._call("POST", "/v1/redo", {**selection, "dry_run": dry_run})

    def abandon(self, number: int, *, dry_run: bool) -> Reply:
        """Give up an unfinished entry, or only explain what that means."""
        return self._call("POST", "/v1/abandon", {"id": number, "dry_run": dry_run})

    def tell(
        self, source: str, *, path: str = "", number: int | None = None, label: str = "", batch: int | None = None
    ) -> Reply:
        """Tell about one image; see `pipeline.teaching`."""
        body = {"source": source, "path": path or None, "id": number, "label": label, "batch": batch}
        return self._call("POST", "/v1/tell", body)

    def learned(self) -> Reply:
        """Return what was told, and what became of it."""
        return self._call("GET", "/v1/learned")

    def forget(self, what: ToForget, *, dry_run: bool) -> Reply:
        """Delete for good what was told about images; see `pipeline.forgetting`."""
        body = asdict(what) | {"paths": list(what.paths) or None, "dry_run": dry_run}
        return self._call("POST", "/v1/forget", body)

    def examples(self) -> Reply:
        """Return all examples with their embeddings."""
        return self._call("GET", "/v1/examples")

    def take_over(self, checkpoint: str, examples: Sequence[Mapping[str, Any]]) -> Reply:
        """Add examples of another computer."""
        return self._call("POST", "/v1/examples", {"checkpoint": checkpoint, "examples": list(examples)})

    def replay(self, settings: Sequence[str], *, untaught: bool = False) -> Reply:
        """Return which past decisions would be different with other thresholds, or without what was learnt."""
        return self._call("POST", "/v1/replay", {"set": list(settings) or None, "untaught": untaught})

    def unsure(
        self, kind: str | None = None, rule: str | None = None, before: int | None = None, limit: int = 50
    ) -> Reply:
        """Return the groups of unsure images, and the images of one; see `pipeline.reviewing`."""
        return self._call("GET", "/v1/unsure", kind=kind, rule=rule, before=before, limit=limit)

    def accept(self, path: str, label: str = "", batch: int | None = None) -> Reply:
        """File an image as a person who looked at it says."""
        return self._call("POST", "/v1/accept", {"path": path, "label": label or None, "batch": batch})

    def review(self, paths: Sequence[str], *, reviewed: bool = True) -> Reply:
        """Mark images as reviewed, or take that back."""
        return self._call("POST", "/v1/reviewed", {"paths": list(paths), "reviewed": reviewed})

    def reload(self) -> Reply:
        """Use the configuration as it is in its file now. Raise ConfigError; the last valid one stays in effect."""
        return self.send("reload")

    def index(self, path: str, *, text: bool = False) -> Reply:
        """Take an image into the search, with `text` also its text."""
        return self._call("POST", "/v1/index", {"path": path, "text": text})

    def describe(self, path: str) -> Reply:
        """Return an image in words."""
        return self._call("POST", "/v1/describe", {"path": path})

    def commit(self) -> Reply:
        """Have all that is known written to the journal, where other programs can read it."""
        return self._call("POST", "/v1/commit")

    def send(self, order: str, **arguments: int | None) -> Reply:
        """Send an order: pause, resume, reload or stop."""
        return self._call("POST", f"/v1/{order}", arguments)

    def events(self) -> Iterator[Reply]:
        """Yield events from now on, until the daemon ends or the caller closes the generator."""
        with _answer(self._path, None, "GET", "/v1/events") as response:
            while line := response.readline():
                if line.strip():
                    yield json.loads(line)

    def _call(
        self,
        method: str,
        address: str,
        body: Mapping[str, Any] | None = None,
        *,
        timeout: float | None = None,
        **query: str | int | None,
    ) -> Reply:
        arguments = {key: _bytes(value) for key, value in query.items() if value is not None}
        if arguments:
            address += "?" + urlencode(arguments)
        with _answer(self._path, timeout, method, address, body) as response:
            reply: Reply = json.loads(response.read())
        return reply


def _bytes(value: str | int) -> bytes:
    """Return the bytes to be quoted in the address: a path need not be UTF-8."""
    return os.fsencode(str(value))


@contextmanager
def _answer(
    path: str, timeout: float | None, method: str, address: str, body: Mapping[str, Any] | None = None
) -> Iterator[http.client.HTTPResponse]:
    """Yield the response to one request. Raises the error that the daemon reports."""
    connection = _Connection(path, timeout)
    try:
        text = None if body is None else json.dumps(body)  # ASCII, so that undecodable bytes in names survive
        with suppress(
            BrokenPipeError, ConnectionResetError
        ):  # it may have responded and exited before it read everything
            connection.request(method, address, text, {"Content-Type": "application/json"} if text else {})
        response = connection.getresponse()
        if response.status >= 400:
            raise _reported(response)
        yield response
    except TimeoutError:
        raise Unavailable(
            f"the daemon did not answer within {timeout:g} s", "see `snapsortctl service status`"
        ) from None
    except (http.client.HTTPException, ConnectionError, ValueError) as error:
        raise Unavailable(
            f"the daemon closed the connection before its response was complete: {error or type(error).__name__}"
        ) from None
    finally:
        connection.close()


def _reported(response: http.client.HTTPResponse) -> SnapsortError:
    """Return the error that the daemon reports, as the class that it raised."""
    found = json.loads(response.read() or b"{}")
    message, hint = found.get("error") or f"HTTP {response.status}", found.get("hint") or ""
    code = found.get("exit_code", SnapsortError.exit_code)
    if code == EXIT_CONFIG:
        return ConfigError(message, hint, tuple(found.get("problems", ())))
    if response.status == http.HTTPStatus.NOT_FOUND:
        return NotKnown(message, hint)
    known = {EXIT_UNAVAILABLE: Unavailable, EXIT_JOURNAL: JournalError, EXIT_MODEL: ModelError}
    error = known.get(code, SnapsortError)(message, hint)
    error.exit_code = code
    return error


class _Connection(http.client.HTTPConnection):
    """An HTTP connection over a Unix socket."""

    def __init__(self, path: str, timeout: float | None) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        """Connect to the socket. Raises Unavailable if nothing is listening."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        try:
            with socket_address(self._path) as address:
                self.sock.connect(address)
        except (FileNotFoundError, ConnectionRefusedError, NotADirectoryError):
            raise Unavailable(
                "snapsortd is not running", "start it with `snapsortctl service install`, or run `snapsortd`"
            ) from None
        except OSError as error:
            raise Unavailable(f"the control socket {self._path} cannot be used: {error}") from None
