"""The state after a crash: open entries of the journal, created through the journal itself."""

from __future__ import annotations

import os
from pathlib import Path

from snapsortd.domain.entry import Cause, Entry, EntryKind, Intent, Method, State
from snapsortd.domain.file import FolderIdentity
from snapsortd.files.copy import hash_fd
from snapsortd.files.folders import open_folder
from tests.support.filing import Filing, identity_of


def folder_identity(path: Path) -> FolderIdentity:
    with open_folder(str(path)) as folder:
        return folder.identity


def begin(
    filing: Filing, image: Path, method: Method = Method.RENAME, keep_source: bool = False, folder: str = ""
) -> Entry:
    """Record an intent for `image` → sorted/a.png (or in a folder there), as left by a crash right after its commit."""
    target = filing.sorted / folder / "a.png"
    fd = os.open(image, os.O_RDONLY)
    sha256 = hash_fd(fd)
    os.close(fd)
    kind = EntryKind.COPY if keep_source else EntryKind.MOVE
    return filing.journal.begin(
        Intent(
            cause=Cause("a rule", batch=1),
            kind=kind,
            action=kind,
            source=str(image),
            target=str(target),
            wanted=str(target),
            identity=identity_of(image),
            sha256=sha256,
            method=method,
            keep_source=keep_source,
            source_folder=folder_identity(image.parent),
            target_folder=folder_identity(target.parent),
            source_root=str(filing.inbox),
            target_root=str(filing.sorted),
        )
    )


def state_of(filing: Filing, entry: Entry) -> State:
    found = filing.journal.entry(entry.id)
    assert found is not None
    return found.state


def copy_of(image: Path, target: Path) -> None:
    target.write_bytes(image.read_bytes())
    times = os.stat(image)
    os.utime(target, ns=(times.st_atime_ns, times.st_mtime_ns))
