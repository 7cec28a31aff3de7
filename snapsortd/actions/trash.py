"""Move a file to the trash: first its info file, then the file itself, so that no file is there without its origin."""

from __future__ import annotations

from snapsortd.actions.move import Move
from snapsortd.actions.trashinfo import discard_info, info_path, write_info
from snapsortd.domain.entry import Entry
from snapsortd.domain.errors import DurabilityError, LeftAlone
from snapsortd.domain.file import FileIdentity
from snapsortd.files.folders import PathInFolder, lstat
from snapsortd.files.os_errors import in_words


class MoveToTrash(Move):
    """A move into the trash."""

    _info_name = ""
    """The name that the info file was created for."""

    def _act(self) -> Entry:
        try:
            return super()._act()
        except BaseException:
            if not self._acted:
                self._leave_name()
            raise

    def _rename(self, start: PathInFolder, identity: FileIdentity) -> None:
        if info_path(self._target.path) and self._info_name != self._target.name:
            write_info(self.entry)
            self._info_name = self._target.name
        super()._rename(start, identity)

    def _leave_name(self) -> None:
        if not self._info_name:
            return
        try:
            discard_info(self.entry)
        except OSError as error:
            raise DurabilityError(
                f"{info_path(self.entry.intent.target)} cannot be removed: {in_words(error)}", "check the disk"
            ) from error
        self._info_name = ""

    def _is_taken(self, place: PathInFolder) -> bool:
        try:
            if super()._is_taken(place):
                return True
        except LeftAlone:
            # A hard link of the file, trashed before, has the name; unless the file itself is in the trash already.
            if place.folder.identity == self._plan.source.place.folder.identity:
                raise
            return True
        path = info_path(place.path)
        return bool(path) and lstat(path, place.folder.root) is not None
