"""A journal, a mover and two folders to move between, shared by the tests of both."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from snapsortd.actions.mover import Mover
from snapsortd.actions.trash_folder import Trash
from snapsortd.domain.decision import ActionKind, Destination, MetadataPolicy, OnConflict, PlannedAction
from snapsortd.domain.entry import Cause, Entry
from snapsortd.domain.file import FileIdentity
from snapsortd.domain.names import NameSeries
from snapsortd.files.folders import to_stat
from snapsortd.files.open_file import open_file
from snapsortd.journal import Journal

NAMING = (ActionKind.MOVE, ActionKind.COPY, ActionKind.HARDLINK, ActionKind.SYMLINK)
"""Actions that give a file a name in a destination."""

PIXELS = bytes(range(256)) * 1000
SHARED_MEMORY = "/dev/shm"


@dataclass
class Filing:
    """A journal and a mover; `inbox` and `sorted` are folders, possibly on two file systems."""

    journal_path: str
    inbox: Path
    sorted: Path
    trash: Path = field(init=False)
    """The home trash."""
    journal: Journal = field(init=False)
    mover: Mover = field(init=False)

    def __post_init__(self) -> None:
        self.trash = Path(self.journal_path).parent.parent / "Trash"
        self.open()

    def open(self) -> None:
        """As a daemon would after a (re)start."""
        self.journal = Journal(self.journal_path)
        self.mover = Mover(self.journal, Trash(str(self.trash), only_home=True))

    def restart(self) -> None:
        """Close and open again: the mover's state is lost, the journal's is not."""
        self.journal.close()
        self.open()

    def image(self, name: str = "a.png", content: bytes = PIXELS) -> Path:
        """Create a new file in the inbox."""
        path = self.inbox / name
        path.write_bytes(content)
        return path

    def action(
        self,
        path: str | os.PathLike[str],
        kind: ActionKind = ActionKind.MOVE,
        on_conflict: OnConflict = OnConflict.RENAME_NEW,
        folders: tuple[str, ...] = (),
        shadow: bool = False,
        rule: str = "a rule",
        words: tuple[str, ...] = (),
        metadata: MetadataPolicy = MetadataPolicy.NOTE,
    ) -> PlannedAction:
        """Plan an action: into `sorted` under its own name, renamed in place to `name`, or with `words` as tags."""
        if kind in (ActionKind.TRASH, ActionKind.TAG):
            return PlannedAction(kind, rule, None, on_conflict, shadow, words)
        stem, suffix = os.path.splitext(os.path.basename(os.fspath(path)))
        destination = Destination(str(self.sorted), folders, NameSeries((stem,), suffix))
        return PlannedAction(kind, rule, destination, on_conflict, shadow, metadata=metadata)

    def file(
        self,
        path: str | os.PathLike[str],
        action: PlannedAction | None = None,
        batch: int = 0,
        root: str | os.PathLike[str] = "",
        follows: int | None = None,
    ) -> Entry:
        """What the pipeline does with a settled, classified image."""
        action = action or self.action(path)
        cause = Cause(action.rule, batch or self.journal.new_batch(), follows=follows)
        with open_file(os.fspath(path), os.fspath(root or os.path.dirname(path))) as file:
            return self.mover.file(file.hashed(), action, cause)


def identity_of(path: str | os.PathLike[str]) -> FileIdentity:
    return to_stat(os.lstat(path)).identity


def edit_unseen(path: Path, content: bytes) -> None:
    """Write other content of the same size and restore the times, as `exiftool -P -overwrite_original_in_place` does.

    Only the time of change differs, once the kernel's clock has ticked.
    """
    before = os.stat(path)
    assert before.st_size == len(content)
    while os.stat(path).st_ctime_ns == before.st_ctime_ns:
        with path.open("r+b") as file:
            file.write(content)
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def tree(*roots: Path) -> dict[str, bytes]:
    """Return every file below the roots: name → content."""
    return {
        str(path.relative_to(root)): path.read_bytes()
        for root in roots
        for path in sorted(root.rglob("*"))
        if path.is_file() and not path.is_symlink()
    }
