"""Journal entries for tests."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from snapsortd.domain.entry import Cause, Entry, EntryKind, Intent, Method, State
from snapsortd.domain.file import FileIdentity, FolderIdentity
from snapsortd.journal import Journal

INTENT = Intent(
    cause=Cause("a rule", batch=1),
    kind=EntryKind.MOVE,
    action=EntryKind.MOVE,
    source="/inbox/a\udcff.png",
    target="/sorted/a\udcff.png",
    wanted="/sorted/a\udcff.png",
    identity=FileIdentity(2**64 - 1, 2**63, 3, -4),
    sha256=bytes(range(32)),
    method=Method.RENAME,
    keep_source=False,
    source_folder=FolderIdentity(2**64 - 1, 5),
    target_folder=FolderIdentity(6, 2**64 - 2),
    source_root="/inbox",
    target_root="/sorted",
)


IMAGE = FileIdentity(1, 2, 3, 4)


def done(journal: Journal, intent: Intent = INTENT) -> Entry:
    return journal.advance(journal.begin(intent).id, State.DONE, target_identity=IMAGE)


def caused(intent: Intent = INTENT, **changes: Any) -> Intent:
    """The same intent with another cause."""
    return replace(intent, cause=replace(intent.cause, **changes))
