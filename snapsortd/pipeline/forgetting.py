"""Forgets for good what was told about images, and what else is known about them."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from snapsortd.domain.errors import JournalError, NotKnown, SnapsortError
from snapsortd.domain.example import Example
from snapsortd.domain.to_forget import ToForget
from snapsortd.pipeline.replies import example_to_json, parse_time

if TYPE_CHECKING:
    from snapsortd.pipeline.session import Session

log = logging.getLogger("snapsortd")


@dataclass(frozen=True, slots=True)
class Forgotten:
    """Images that are to be forgotten, by content, None for all; and the reply."""

    hashes: set[bytes] | None
    reply: dict[str, Any]


class Forgetting:
    """The operations of a session that forget."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._journal = session.journal

    def forget(self, what: ToForget, *, dry_run: bool = False) -> dict[str, Any]:
        """Delete for good what was told about images, and their embeddings; `dry_run` only reports which."""
        chosen = self.begin(what, dry_run=dry_run)
        if not dry_run:
            self.finish(chosen)
        return chosen.reply

    def begin(self, what: ToForget, *, dry_run: bool = False) -> Forgotten:
        """Delete what was told about images, so that nothing is learnt from it any more."""
        examples = self._journal.examples.in_effect()
        hashes = None if what.all else self._chosen(what, examples)
        if not dry_run and (hashes is None or hashes):
            self._session.learning.forget(hashes, self._session.classifier)
            self._journal.unsure.forget(hashes, what.paths)
        chosen = [example_to_json(each) for each in examples if hashes is None or each.sha256 in hashes]
        return Forgotten(hashes, {"forgotten": chosen, "images": None if hashes is None else len(hashes)})

    def finish(self, chosen: Forgotten) -> None:
        """Delete what else is known about the images: in steps, and in any thread."""
        if chosen.hashes is None or chosen.hashes:
            self._journal.erasure.finish(chosen.hashes)

    def resume(self) -> None:
        """Finish what an earlier process has begun and was interrupted in. Callable from any thread."""
        try:
            self._journal.erasure.resume()
        except JournalError as error:
            log.warning("what was to be forgotten is not deleted completely yet: %s", error)

    def _chosen(self, what: ToForget, examples: list[Example]) -> set[bytes]:
        """Return the hashes of the images that are meant. Raise SnapsortError if none are named."""
        label, moment = what.label, parse_time(what.since)
        if what.paths:
            return {each for path in what.paths for each in self.contents(path)}
        if label is None and moment is None:
            raise SnapsortError("nothing is named that is to be forgotten", "name files, or --label, --since or --all")
        return {
            each.sha256
            for each in examples
            if (label is None or each.label == label) and (moment is None or each.at >= moment)
        }

    def contents(self, path: str) -> set[bytes]:
        """Return the hashes of all images that are, or were, at a path. Raise NotKnown if the journal has none."""
        history = self._journal.history_of(path)
        hashes = {each.sha256 for each in self._journal.examples.in_effect() if each.path == path}
        hashes |= {entry.intent.sha256 for entry in history.entries}
        hashes |= {place.sha256 for place in self._journal.search.places_at(path)}
        if history.known is not None and history.known.sha256:
            hashes.add(history.known.sha256)
        if not hashes:
            raise NotKnown(f"nothing is known about {path}", "`snapsortctl learned --list` shows all examples")
        return hashes
