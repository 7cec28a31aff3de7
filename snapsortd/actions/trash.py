"""Throwing a file away: its note first, then the file itself, so that the trash never has one without the other."""

from __future__ import annotations

from snapsortd.actions.move import Move
from snapsortd.actions.trashinfo import discard_info, info_of, write_info
from snapsortd.domain.entry import Entry
from snapsortd.domain.errors import DurabilityError, LeftAlone
from snapsortd.domain.file import FileIdentity
from snapsortd.files.folders import PathInFolder, lstat
from snapsortd.files.os_errors import in_words


class MoveToTrash(Move):
    """A move into the trash."""

    _noted = ""
    """The name that its note was made for."""

    def _act(self) -> Entry:
        try:
            return super()._act()
        except BaseException:
            if not self._acted:
                self._leave_name()
            raise

    def _rename(self, start: PathInFolder, identity: FileIdentity) -> None:
        if info_of(self._target.path) and self._noted != self._target.name:
            write_info(self.entry)
            self._noted = self._target.name
        super()._rename(start, identity)

    def _leave_name(self) -> None:
        if not self._noted:
            return
        try:
            discard_info(self.entry)
        except OSError as error:
            raise DurabilityError(
                f"{info_of(self.entry.intent.target)} cannot be removed: {in_words(error)}", "check the disk"
            ) from error
        self._noted = ""

    def _is_taken(self, place: PathInFolder) -> bool:
        try:
            if super()._is_taken(place):
                return True
        except LeftAlone:
            # A hard link of it that was thrown away before has the name; unless it lies in the trash itself.
            if place.folder.identity == self._plan.source.place.folder.identity:
                raise
            return True
        path = info_of(place.path)
        return bool(path) and lstat(path, place.folder.root) is not None
