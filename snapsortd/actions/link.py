"""Make a hard link or a symlink to a file. The file itself does not change."""

from __future__ import annotations

import errno
import os
import stat

from snapsortd.actions.step import Step
from snapsortd.domain.entry import Entry, Method, State, temporary_name
from snapsortd.domain.errors import LeftAlone, MoveRefused
from snapsortd.files.folders import PathInFolder
from snapsortd.files.os_errors import in_words
from snapsortd.files.remove import remove_exactly
from snapsortd.files.sync import sync_folder

_NO_LINKS = frozenset({errno.EPERM, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP})
"""Errors of link(2) and symlink(2) on a file system without links; EPERM also if the kernel forbids this link."""


class Link(Step):
    """Makes the link; link(2) and symlink(2) never replace an existing file."""

    def _act(self) -> Entry:
        self._take_name(self._link if self._plan.method is Method.LINK else self._symlink)
        found = self._target.look()
        if found is None or not self._is_link(self._target):
            return self._advance(State.CONFLICT, reason="another file replaced the link meanwhile; it stays")
        sync_folder(self._plan.folder.fd)
        return self._advance(State.DONE, target_identity=found.identity)

    def _link(self) -> None:
        start = self._plan.source
        try:
            os.link(
                start.place.name,
                self._target.name,
                src_dir_fd=start.place.folder.fd,
                dst_dir_fd=self._plan.folder.fd,
                follow_symlinks=False,
            )
        except OSError as error:
            if error.errno == errno.EEXIST:
                raise
            if error.errno == errno.EXDEV:
                raise MoveRefused(
                    "hard links cannot cross file systems",
                    "use symlink or copy, or a destination on the same file system",
                ) from error
            raise _refused(error, "hard link") from error

    def _symlink(self) -> None:
        try:
            os.symlink(self._plan.source.path, self._target.name, dir_fd=self._plan.folder.fd)
        except OSError as error:
            if error.errno == errno.EEXIST:
                raise
            raise _refused(error, "symlink") from error
        if _cannot_be_read(self._target):
            remove_exactly(self._target, temporary_name(self.entry), _cannot_be_read)
            sync_folder(self._plan.folder.fd)
            raise _refused(PermissionError(errno.EPERM, os.strerror(errno.EPERM)), "symlink")

    def _is_taken(self, place: PathInFolder) -> bool:
        if self._plan.method is Method.SYMLINK and self._is_link(place):
            raise LeftAlone("the link already exists")
        return super()._is_taken(place)

    def _is_link(self, place: PathInFolder) -> bool:
        if self._plan.method is Method.SYMLINK:
            return place.symlink_target() == self._plan.source.path
        return self._is_file(place, self._plan.source.identity)


def _cannot_be_read(place: PathInFolder) -> bool:
    """True for a symlink that leads nowhere, because its file system shows no absolute ones (sshfs)."""
    try:
        found = os.stat(place.name, dir_fd=place.folder.fd, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return stat.S_ISLNK(found.st_mode) and place.symlink_target() is None


def _refused(error: OSError, what: str) -> MoveRefused:
    if error.errno in _NO_LINKS:
        return MoveRefused(
            f"the file system or the kernel does not allow a {what} there",
            "use copy, or a destination on another file system",
        )
    return MoveRefused(f"the {what} cannot be made: {in_words(error)}")
