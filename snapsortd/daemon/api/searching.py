"""Taking images into the search and putting them into words, carried out by a running daemon."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from snapsortd.domain.errors import JournalError

if TYPE_CHECKING:
    from snapsortd.daemon.loop import Daemon


class DaemonSearching:
    """The operations of `searching_routes.Searching`."""

    def __init__(self, daemon: Daemon) -> None:
        self._daemon = daemon

    def index(self, path: str, *, text: bool = False) -> dict[str, Any]:
        """Take an image into the search, with `text` also its text."""
        return self._submit(path, lambda: self._daemon.session.indexing.index(path, text=text))

    def describe(self, path: str) -> dict[str, Any]:
        """Return an image in words."""
        return self._submit(path, lambda: self._daemon.session.describing.describe(path))

    def _submit(self, path: str, operation: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Return the result of an operation on an image that writes to the journal."""
        daemon = self._daemon

        def work() -> dict[str, Any]:
            if daemon.halt:
                raise JournalError(f"filing is halted: {daemon.halt.reason}")
            return operation()

        return daemon.jobs.submit(work, needs_model=True, path=path)

    def commit(self) -> dict[str, Any]:
        """Make all that is known readable for other programs."""
        return self._daemon.session.indexing.commit()
