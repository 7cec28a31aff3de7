"""Taking images into the search, carried out by a running daemon."""

from __future__ import annotations

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
        daemon = self._daemon

        def work() -> dict[str, Any]:
            if daemon.halted:
                raise JournalError(f"filing is halted: {daemon.halted}")
            return daemon.session.indexing.index(path, text=text)

        return daemon.jobs.submit(work, needs_model=True, path=path)

    def commit(self) -> dict[str, Any]:
        """Make all that is known readable for other programs."""
        return self._daemon.session.indexing.commit()
