"""Tags on a file: added beside those that are there, and exactly those taken away again."""

from __future__ import annotations

from snapsortd.actions.step import Step
from snapsortd.domain.entry import Entry, EntryKind, State
from snapsortd.files.sync import sync
from snapsortd.files.tags import add_tags, remove_tags


class Tag(Step):
    """Sets the tags on the open file, or takes them away where the plan is to undo that."""

    def _first_name(self) -> str:
        return self._plan.names(1)

    def _act(self) -> Entry:
        change = remove_tags if self._plan.kind is EntryKind.UNDO else add_tags
        change(self._plan.source.fd, self._plan.tags)
        self._acted = True
        sync(self._plan.source.fd)
        found = self._plan.source.place.look()
        if found is None or found.identity != self._plan.source.identity:
            return self._advance(State.CONFLICT, reason="it was changed or replaced just when its tags were set")
        return self._advance(State.DONE, target_identity=found.identity)
