"""What a person tells about images, carried out by a running daemon."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from snapsortd.domain.errors import JournalError
from snapsortd.domain.to_forget import ToForget

if TYPE_CHECKING:
    from snapsortd.daemon.loop import Daemon


class DaemonTeaching:
    """The operations of `teaching_routes.Teaching`."""

    def __init__(self, daemon: Daemon) -> None:
        self._daemon = daemon

    def tell(
        self, source: str, *, path: str = "", number: int | None = None, label: str = "", batch: int | None = None
    ) -> dict[str, Any]:
        """Remember an image as an example, and file it again if it was corrected; see `pipeline.teaching`."""
        daemon = self._daemon

        def work() -> dict[str, Any]:
            if daemon.halt:
                raise JournalError(f"filing is halted: {daemon.halt.reason}")
            return daemon.session.teaching.tell(source, path=path, number=number, label=label, batch=batch)

        reply = daemon.jobs.submit(work, needs_model=True, path=path)
        if reply["outcome"] == "filed" and source == "corrected":
            daemon.announcer.publish("filed", reply)
        return reply

    def learned(self) -> dict[str, Any]:
        """Return what was told and what became of it."""
        session = self._daemon.session
        return self._daemon.jobs.submit(lambda: session.learning.report(session.classifier), needs_model=True)

    def forget(self, what: ToForget, *, dry_run: bool) -> dict[str, Any]:
        """Delete for good what was told about images; most of it in this thread, beside the daemon's loop."""
        forgetting = self._daemon.session.forgetting
        chosen = self._daemon.jobs.submit(lambda: forgetting.begin(what, dry_run=dry_run))
        if not dry_run:
            forgetting.finish(chosen)
        return chosen.reply

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
