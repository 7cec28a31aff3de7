"""The daemon's work, done in this process while no daemon runs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from snapsortd.config import load_config
from snapsortd.domain.errors import NotKnown
from snapsortd.files.locations import Locations
from snapsortd.pipeline.session import Session
from snapsortd.watch.unfinished import why_and_how_long


class LocalBackend:
    """The same calls as the daemon's API."""

    def __init__(self, session: Session) -> None:
        self.log = session.history.log
        self.stats = session.history.stats
        self.dismiss = session.history.dismiss
        self.image = session.image
        self.undo = session.undoing.undo
        self.redo = session.undoing.redo
        self.abandon = session.undoing.abandon
        self.tell = session.teaching.tell
        self.forget = session.forgetting.forget
        self.take_over = session.teaching.take_over
        self.replay = session.teaching.replay
        self.unsure = session.reviewing.unsure
        self.accept = session.reviewing.accept
        self.review = session.reviewing.review
        self.index = session.indexing.index
        self.commit = session.indexing.commit
        self.describe = session.describing.describe
        self._session = session

    def learned(self) -> dict[str, Any]:
        """Return what was told, and what became of it."""
        self._session.classifier.wait_ready(lambda: False)
        return self._session.learning.report(self._session.classifier)

    def examples(self) -> dict[str, Any]:
        """Return all examples with their embeddings."""
        self._session.classifier.wait_ready(lambda: False)
        return self._session.teaching.examples()

    def reload(self) -> dict[str, Any]:
        """Use the configuration as it is in its file now. Raise ConfigError."""
        locations = self._session.locations
        self._session.use(load_config(locations.config_file, os.environ, locations.config_cache))
        return {}

    def explain(self, path: str) -> dict[str, Any]:
        """Return what is known about one image, and why; or else why it would not be filed as it is."""
        try:
            return self._session.explain(path)
        except NotKnown:
            return self._session.explain(path, *why_and_how_long(path, self._session.config.watch))


@contextmanager
def open_local(locations: Locations) -> Iterator[LocalBackend]:
    """Hold the daemon's lock, recover what a crash left, and work here until the block ends.

    Raise Busy if a daemon or another command holds the lock, ConfigError, JournalError.
    """
    config = load_config(locations.config_file, os.environ, locations.config_cache)
    with Session.open(locations, config, in_turn=True) as session:
        yield LocalBackend(session)
        session.learning.learn_now(session.classifier)
        session.emptied.prune(quiet=0.0)
