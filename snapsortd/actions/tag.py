"""Tags on a file: added beside those that are there, and exactly those taken away again."""

from __future__ import annotations

from snapsortd.actions.step import Step
from snapsortd.domain.entry import Entry, EntryKind, State
from snapsortd.files.attributes import read_attribute, write_attribute
from snapsortd.files.sync import sync
from snapsortd.files.tags import (
    ATTRIBUTE,
    _refused,
    with_tags,
    without_tags,
)


class Tag(Step):
    """Sets the tags on the open file, or takes them away where the plan is to undo that."""

    def _first_name(self) -> str:
        return self._plan.names(1)

    def _act(self) -> Entry:
        fd, tags = self._plan.fd, self._plan.detail
        assert fd is not None
        change = without_tags if self._plan.kind is EntryKind.UNDO else with_tags
        try:
            raw = read_attribute(fd, ATTRIBUTE)
            write_attribute(fd, ATTRIBUTE, change(raw, tags))
        except (OSError, ValueError) as error:
            raise _refused(error) from error
        self._acted = True
        sync(fd)
        found = self._plan.source.look()
        if found is None or found.identity != self._plan.identity:
            return self._advance(State.CONFLICT, reason="it was changed or replaced just when its tags were set")
        return self._advance(State.DONE, target_identity=found.identity)
