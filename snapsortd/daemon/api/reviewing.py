"""What a person who looks at unsure images does with them, carried out by a running daemon."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from snapsortd.domain.errors import JournalError

if TYPE_CHECKING:
    from snapsortd.daemon.loop import Daemon


class DaemonReviewing:
    """The operations of `reviewing_routes.Reviewing`."""

    def __init__(self, daemon: Daemon) -> None:
        self._daemon = daemon

    def unsure(self, **query: Any) -> dict[str, Any]:
        """Return the groups of unsure images, and the images of one; answered from the journal."""
        return self._daemon.session.reviewing.unsure(**query)

    def accept(self, path: str, label: str = "", batch: int | None = None) -> dict[str, Any]:
        """File an image as a person who looked at it says."""
        daemon = self._daemon

        def work() -> dict[str, Any]:
            if daemon.halt:
                raise JournalError(f"filing is halted: {daemon.halt.reason}")
            return daemon.session.reviewing.accept(path, label, batch)

        reply = daemon.jobs.submit(work, needs_model=True, path=path)
        if reply["outcome"] == "filed":
            daemon.announcer.publish("filed", reply)
        return reply

    def review(self, paths: Sequence[str], *, reviewed: bool = True) -> dict[str, Any]:
        """Mark images as reviewed, or take that back."""
        reviewing = self._daemon.session.reviewing
        return self._daemon.jobs.submit(lambda: reviewing.review(paths, reviewed=reviewed))
