"""Remove a copy or a link, provided that the original still exists."""

from __future__ import annotations

from contextlib import suppress

from snapsortd.actions.step import Step
from snapsortd.domain.entry import Entry, EntryKind, State, temporary_name
from snapsortd.domain.errors import FileChanged
from snapsortd.files.copy import hash_file
from snapsortd.files.folders import PathInFolder, close
from snapsortd.files.remove import has_content, is_same_file, remove_exactly
from snapsortd.files.sync import sync, sync_folder


class RemoveCopy(Step):
    """Removes the source of the plan; its target is the original, and stays."""

    def _first_name(self) -> str:
        return self._plan.names(1)

    def _act(self) -> Entry:
        if self._plan.action is EntryKind.SYMLINK:
            return self._remove_symlink()
        with suppress(FileNotFoundError):
            self._sync_target()  # it may have just been saved
        original, sha256 = self._target.look(), self._plan.source.sha256
        if original is None or original.identity != self._plan.original:
            raise FileChanged("the original is missing or was changed")

        def is_meant(copy: PathInFolder) -> bool:
            return is_same_file(copy, self._target) or (has_content(copy, sha256) and hash_file(self._target) == sha256)

        if not remove_exactly(self._plan.source.place, temporary_name(self.entry), is_meant):
            return self._advance(
                State.CONFLICT, reason="the copy or its original was changed meanwhile; the copy stays"
            )
        return self._conclude()

    def _remove_symlink(self) -> Entry:
        """Remove the symlink. Nothing is lost with it, so its target need not exist."""
        path = self._target.path

        def is_meant(place: PathInFolder) -> bool:
            return place.symlink_target() == path

        if not remove_exactly(self._plan.source.place, temporary_name(self.entry), is_meant):
            return self._advance(State.CONFLICT, reason="the link was changed meanwhile; it stays")
        return self._conclude()

    def _conclude(self) -> Entry:
        self._acted = True
        sync_folder(self._plan.source.place.folder.fd)
        return self._advance(State.DONE, target_identity=self._plan.original)

    def _sync_target(self) -> None:
        fd = self._target.open()
        try:
            sync(fd)
        finally:
            close(fd)
        sync_folder(self._plan.folder.fd)
