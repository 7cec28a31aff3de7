"""Scenes: an action on one image, the disk it is on, and the invariants that hold whenever everything is at rest."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, replace

from snapsortd.domain.decision import ActionKind, Destination, PlannedAction
from snapsortd.domain.entry import OPEN_STATES, Cause, Entry, EntryKind, Method, State, temporary_name
from snapsortd.domain.names import OWN_PREFIX, NameSeries
from snapsortd.files.open_file import open_file
from snapsortd.journal import Selection
from snapsortd.pipeline.undo import redo, undo
from tests.power_cut.disk import NOW, ROOT, Disk, Facts, Key, Node
from tests.power_cut.life import TRASH, Life

PICTURE = b"every byte of the picture"
EDITED = b"what its owner made of it since"
OTHERS = {"/inbox/b.png": b"another picture", "/sorted/2025/c.png": b"an old one", "/far/2025/c.png": b"a far one"}

INBOX = "/inbox"
SOURCE = f"{INBOX}/new/a.png"
LOOKS = Facts(stat.S_IFREG | 0o640, 0, 0, NOW - 10**16, NOW - 10**15, (("user.origin", b"a camera"),))
TAGGED = replace(LOOKS, attributes=(*LOOKS.attributes, ("user.xdg.tags", b"filed")))
INFO = f"{TRASH}/info/"
NOTE = "the owner has edited it"
"""A name that the owner's program creates then, and that is durable at once."""

PLACELESS = (ActionKind.TAG, ActionKind.TRASH)
"""These actions have no destination."""

ALL = Selection(all=True)


@dataclass(frozen=True)
class Scene:
    """A step whose every moment is a possible end, and the world in which it is done."""

    name: str
    step: str = "move"
    """An action, undo or redo."""
    after: tuple[str, ...] = ()
    """Earlier steps, done long ago, and synced to the disk."""
    far: bool = False
    """The destination is on another disk."""
    has_rename: bool = True
    has_links: bool = True
    atomic_rename: bool = True
    unsynced: bool = False
    """The program that wrote the image has synced nothing."""
    saved_again: bool = False
    """Just before the step, its program has saved the same image again, and synced nothing."""
    folder_gone: bool = False
    """Just before the step, the folder that the image came from is removed."""
    poor: bool = False
    """The image's disk supports neither links nor a rename that never replaces."""
    plain: bool = False
    """The other disk stores no extended attributes."""
    taken: bytes | None = None
    """The file that has the wanted name."""
    folder_made: bool = False
    """Another program has just created the destination, and synced nothing."""
    refuses: tuple[str, int, int] | None = None
    """A call that the system refuses in the step (System.refuses)."""
    twin: bool = False
    """Another program copies the image to the wanted name just before we do, and syncs nothing."""
    wide: bool = False
    """Searched only in the long form: there are too many worlds."""
    edited: bool = False
    """The owner changes the image as soon as its copy is durable."""
    note_taken: bool = False
    """Another program takes the name in the trash just before we do."""

    @property
    def uses_placeholders(self) -> bool:
        """True if a disk has neither a rename that never replaces nor links."""
        return self.poor or not (self.has_rename or self.has_links)

    @property
    def root(self) -> str:
        return "/far" if self.far else "/sorted"

    @property
    def wanted(self) -> str:
        return f"{self.root}/2026/07/a.png"

    def disk(self) -> Disk:
        """Return the world before the first step."""
        disk = Disk(atomic_rename=self.atomic_rename)
        disk.mount(ROOT, "far", device=2)
        for path, content in OTHERS.items():
            put(disk, path, content, Facts(stat.S_IFREG | 0o644))
        if self.taken is not None:
            put(disk, self.wanted, self.taken, Facts(stat.S_IFREG | 0o644, mtime_ns=LOOKS.mtime_ns))
        make_folder(disk, os.path.dirname(SOURCE))
        disk.sync_all()
        put(disk, SOURCE, PICTURE, LOOKS)
        if not self.unsynced:
            disk.sync_all()
        if self.folder_made:
            make_folder(disk, os.path.dirname(self.wanted))
        return disk

    def just_before(self, disk: Disk) -> None:
        """Do what another program does before the step."""
        if self.saved_again:
            key = disk.make(make_folder(disk, os.path.dirname(SOURCE)), "a.png", LOOKS.mode, PICTURE)
            disk.nodes[key] = Node(LOOKS, PICTURE)
        if self.folder_gone:
            disk.change(((make_folder(disk, INBOX), "new"), None))
            disk.sync_all()

    def do(self, life: Life, step: str) -> None:
        """Do one step, if there is anything to do."""
        if step == "undo":
            undo(life.journal, life.mover, life.journal.undoable(ALL))
        elif step == "redo":
            redo(life.journal, life.mover, life.journal.redoable(ALL))
        elif content_of(life.system.disk, SOURCE) == PICTURE:
            self._file(life, ActionKind(step))

    def _file(self, life: Life, kind: ActionKind) -> None:
        destination = Destination(self.root, ("2026", "07"), NameSeries(("a",), ".png"))
        action = PlannedAction(kind, "a rule", None if kind in PLACELESS else destination, words=("filed",))
        with open_file(SOURCE, INBOX) as file:
            life.mover.file(file.hashed(), action, Cause(action.rule, life.journal.new_batch()))

    def committed(self, life: Life, entry: Entry) -> None:
        """Do what other programs do just after a commit."""
        disk = life.system.disk
        if self.edited and (entry.state, entry.intent.source) == (State.MOVED, SOURCE) and SOURCE in disk.files():
            key = disk.files()[SOURCE]
            disk.nodes[key] = Node(Facts(LOOKS.mode), EDITED).synced
            disk.mount(ROOT, NOTE, device=3)
            life.system.changed()
        if self.note_taken and entry.state is State.INTENT and entry.intent.target == f"{TRASH}/files/a.png":
            put(disk, f"{INFO}a.png.trashinfo", b"of another program", Facts(stat.S_IFREG | 0o600))
            disk.sync_all()
            life.system.changed()
        if self.twin and entry.intent.method is Method.COPY and entry.intent.target == self.wanted not in disk.files():
            put(disk, self.wanted, b"", LOOKS)
            disk.sync_all()
            key = disk.files()[self.wanted]
            disk.nodes[key] = replace(disk.nodes[key], content=PICTURE)
            life.system.changed()

    def faults(self, disk: Disk, entries: tuple[Entry, ...]) -> Iterator[str]:
        """Return what is wrong at rest: the journal must say exactly where the picture is."""
        files = {path: disk.nodes[key] for path, key in disk.files().items()}
        kept = dict(OTHERS) | ({self.wanted: self.taken} if self.taken is not None else {})
        for path, content in kept.items():
            if path not in files or files.pop(path).content != content:
                yield f"{path}, which was there before, is changed"
        for entry in entries:
            if entry.state in OPEN_STATES:
                yield f"entry {entry.id} is open: {entry.reason}"
        yield from self._leftovers(files, entries)
        yield from self._notes(files)
        looks = TAGGED if _is_tagged(entries) else LOOKS
        right = {
            path
            for path, node in files.items()
            if node.content == PICTURE and (node.facts == self._looks_at(path, looks, entries) or self.unsynced)
        }
        told, either = self._told(entries)
        if self.twin:
            either |= {self.wanted}
        if not self._may_lose(right, entries):
            yield from (f"the picture is not at {path}, where the journal says" for path in sorted(told - right))
            if not right:
                yield "the picture is nowhere"
        for path in sorted(right - told - either):
            yield f"the picture is at {path}, which the journal does not mention"
        edited = [path for path, node in files.items() if node.content == EDITED]
        if len(edited) != ((ROOT, NOTE) in disk.names):
            yield f"the owner's changes are at {edited}"
        for path in sorted(files.keys() - right - set(edited)):
            if not ((self.unsynced and path == SOURCE) or (self.twin and path == self.wanted and path not in told)):
                yield f"{path} is not a picture"

    def _looks_at(self, path: str, looks: Facts, entries: tuple[Entry, ...]) -> Facts:
        """Return the facts that a file should have there: none may be lost that the journal has not recorded."""
        noted = [entry for entry in entries if entry.metadata and entry.intent.target == path]
        return replace(looks, attributes=()) if self.plain and noted else looks

    def _leftovers(self, files: dict[str, Node], entries: tuple[Entry, ...]) -> Iterator[str]:
        """Remove temporary names of our own from `files`, and return them.

        After a conflict, a partial copy may be left too.
        """
        conflicts = {temporary_name(entry) for entry in entries if entry.state is State.CONFLICT}
        for path in [path for path in files if os.path.basename(path).startswith(OWN_PREFIX)]:
            del files[path]
            if os.path.basename(path) not in conflicts:
                yield f"{path} is left behind"

    def _notes(self, files: dict[str, Node]) -> Iterator[str]:
        """Check the notes in the trash and remove them from `files`: one for each file there, and no others."""
        thrown = [path for path in files if path.startswith(f"{TRASH}/files/")]
        wanted = {f"{INFO}{os.path.basename(path)}.trashinfo" for path in thrown}
        notes = {path: files.pop(path).content for path in list(files) if path.startswith(INFO)}
        ours = {path: content for path, content in notes.items() if content != b"of another program"}
        if ours.keys() != wanted:
            yield f"the trash contains the files {thrown} and the notes {sorted(ours)}"
        for path, content in ours.items():
            if not content.startswith(f"[Trash Info]\nPath={SOURCE}\nDeletionDate=".encode()):
                yield f"{path} is {content!r}"

    def _told(self, entries: tuple[Entry, ...]) -> tuple[set[str], set[str]]:
        """Return where the picture is, and where else it may be, according to the journal."""
        told, either = {SOURCE}, set[str]()
        for entry in entries:
            if entry.state is State.CONFLICT:
                either |= {entry.intent.source, entry.intent.target}
                told -= either
            elif entry.state is State.DONE and entry.intent.method is Method.REMOVE:
                told -= {entry.intent.source}
            elif entry.state is State.DONE:
                told |= {entry.intent.target}
                told -= set() if entry.intent.keep_source else {entry.intent.source}
        return told, either

    def _may_lose(self, right: set[str], entries: tuple[Entry, ...]) -> bool:
        """Return whether an original may be missing because its own program never synced its name.

        Nobody has guaranteed such a file until the journal says `done`.
        """
        done = [entry for entry in entries if entry.state is State.DONE]
        return self.unsynced and (not done or (done[-1].intent.keep_source and done[-1].intent.target in right))


def _is_tagged(entries: tuple[Entry, ...]) -> bool:
    kinds = [entry.intent.kind for entry in entries if entry.intent.method is Method.TAG and entry.state is State.DONE]
    return bool(kinds) and kinds[-1] is not EntryKind.UNDO


def content_of(disk: Disk, path: str) -> bytes | None:
    """Return the file's content, or None."""
    key = disk.files().get(path)
    return None if key is None else disk.nodes[key].content


def make_folder(disk: Disk, path: str) -> Key:
    """Create a folder and those above it, without syncing."""
    folder = ROOT
    for name in filter(None, path.split("/")):
        folder = disk.names.get((folder, name)) or disk.make(folder, name, stat.S_IFDIR | 0o755)
    return folder


def put(disk: Disk, path: str, content: bytes, facts: Facts) -> None:
    """Create a file of another program, without syncing."""
    key = disk.make(make_folder(disk, os.path.dirname(path)), os.path.basename(path), facts.mode, content)
    disk.nodes[key] = Node(facts, content)


SCENES = [
    Scene("move"),
    Scene("move of an unsynced image", unsynced=True),
    Scene("move into a folder just made", folder_made=True),
    Scene("move, name taken", taken=b"someone else's"),
    Scene("move by link", has_rename=False),
    Scene("move by link, unsynced", has_rename=False, unsynced=True),
    Scene("move over a placeholder", has_rename=False, has_links=False, wide=True),
    Scene("copy over a placeholder", step="copy", has_rename=False, has_links=False),
    Scene("move far", far=True),
    Scene("move far, unsynced", far=True, unsynced=True),
    Scene("move far by link", far=True, has_rename=False),
    Scene("move far from a poor disk", far=True, poor=True),
    Scene("move far, name taken", far=True, taken=b"someone else's", wide=True),
    Scene("move far, edited", far=True, edited=True),
    Scene("move far, name taken by a twin", far=True, twin=True, wide=True),
    Scene("move far, no attributes", far=True, plain=True),
    Scene("move far, disk full", far=True, refuses=("pwrite", 0, errno.ENOSPC)),
    Scene("move far, not renamed", far=True, refuses=("renameat2", 1, errno.EACCES)),
    Scene("move far, original stays", far=True, refuses=("rename", 0, errno.EACCES)),
    Scene("move far, original back", far=True, refuses=("unlink", 0, errno.EACCES), wide=True),
    Scene("move by link, original stays", has_rename=False, refuses=("unlink", 0, errno.EACCES)),
    Scene("copy", step="copy"),
    Scene("copy of an unsynced image", step="copy", unsynced=True),
    Scene("copy by link", step="copy", has_rename=False),
    Scene("undo", step="undo", after=("move",)),
    Scene("undo, folder gone", step="undo", after=("move",), folder_gone=True),
    Scene("undo by link", step="undo", after=("move",), has_rename=False),
    Scene("undo far", step="undo", after=("move",), far=True),
    Scene("undo far, no attributes", step="undo", after=("move",), far=True, plain=True, wide=True),
    Scene("undo of a copy", step="undo", after=("copy",)),
    Scene("undo of a copy, saved again", step="undo", after=("copy",), unsynced=True, saved_again=True),
    Scene("undo of a copy by link", step="undo", after=("copy",), has_rename=False),
    Scene("hardlink", step="hardlink"),
    Scene("undo of a hardlink", step="undo", after=("hardlink",)),
    Scene("tag", step="tag"),
    Scene("undo of tags", step="undo", after=("tag",)),
    Scene("trash", step="trash"),
    Scene("trash, name taken just then", step="trash", note_taken=True),
    Scene("trash, no note", step="trash", refuses=("renameat2", 0, errno.EACCES)),
    Scene("trash, not renamed", step="trash", refuses=("renameat2", 1, errno.EACCES)),
    Scene("trash by link", step="trash", has_rename=False, wide=True),
    Scene("undo of trash", step="undo", after=("trash",)),
    Scene("redo", step="redo", after=("move", "undo")),
    Scene("redo of a copy", step="redo", after=("copy", "undo")),
]
