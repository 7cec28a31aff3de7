"""Add tags to a file, beside existing ones; an undo removes exactly those that were added."""

from __future__ import annotations

from snapsortd.actions.step import Step
from snapsortd.domain.entry import Entry, EntryKind, State
from snapsortd.files.sync import sync
from snapsortd.files.tags import add_tags, remove_tags


class Tag(Step):
    """Adds the tags to the open file, or removes them if the plan is an undo."""

    def _first_name(self) -> str:
        return self._plan.names(1)

    def _act(self) -> Entry:
        change = remove_tags if self._plan.kind is EntryKind.UNDO else add_tags
        change(self._plan.source.fd, self._plan.tags)
        self._acted = True
        sync(self._plan.source.fd)
        found = self._plan.source.place.look()
        if found is None or found.identity != self._plan.source.identity:
            return self._advance(State.CONFLICT, reason="it was changed or replaced while its tags were set")
        return self._advance(State.DONE, target_identity=found.identity)
