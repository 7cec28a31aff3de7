"""Check that watched folders can be read and emptied, and that destinations can be written."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from snapsortd.ctl.doctor.abilities import lacking
from snapsortd.ctl.doctor.advice import creation, elsewhere, is_inside, is_removable, remount
from snapsortd.ctl.doctor.disks import CheckedFolder, not_writable
from snapsortd.ctl.doctor.finding import Finding, ok, problem, quoted, warning
from snapsortd.files.capabilities import Capabilities

WATCHED = "watched folder"
DESTINATION = "destination"

FAT = frozenset({"vfat", "msdos", "exfat"})
WITHOUT_MODES = FAT | {"fuseblk", "ntfs3", "cifs", "smb3", "drvfs"}
"""File systems that store no Unix permissions unless mounted with special options; fuseblk is NTFS or exFAT."""
CASE_INSENSITIVE = FAT | {"fuseblk", "ntfs3", "cifs", "smb3", "drvfs", "apfs", "hfsplus"}
"""File systems on which `A.png` and `a.png` usually name the same file."""


@dataclass(frozen=True, slots=True)
class Runtime:
    """The environment of the checks: `sys.platform`, the interpreter of the service, the user's id and home folder."""

    platform: str
    python: str
    uid: int
    home: str = ""


def check_watched(
    folder: CheckedFolder,
    runtime: Runtime,
    *,
    position: str,
    moved: bool,
    holds_journal: bool,
    able: Capabilities | None = None,
) -> Iterator[Finding]:
    """Check a watched folder. `moved`: a rule moves files out of it; `holds_journal`: our journal is inside it; `able`:
    what its file system can do, if that was tried."""
    if folder.error:
        yield problem(WATCHED, *why_unreadable(folder, runtime, position))
        return
    found = list(_watched_findings(folder, runtime, position, moved, holds_journal))
    yield from found or [ok(WATCHED, folder.path + _in_brackets(lacking(able)))]


def _watched_findings(
    folder: CheckedFolder, runtime: Runtime, position: str, moved: bool, holds_journal: bool
) -> Iterator[Finding]:
    if moved and not folder.writable:
        instead = f"{elsewhere(folder.path, runtime.home, position)}, or use `copy` in its rules"
        sentence, fix = not_writable(folder, runtime.uid, runtime.home, instead)
        yield problem(WATCHED, f"{folder.path} {sentence}: nothing can be moved out of it", fix)
    elif moved and folder.mode & stat.S_ISVTX and runtime.uid not in (0, folder.owner):
        yield warning(
            WATCHED,
            f"{folder.path} is shared (sticky bit): only your own files can be moved out of it",
            "watch a folder of your own, or use `copy` in its rules",
        )
    if folder.remote:
        yield warning(
            WATCHED,
            f"{folder.path} is on a network ({folder.remote}), which does not report changes: it is scanned every 30 s",
            "nothing needs to be done; to file images at once, run snapsortd on the machine that has the disk",
        )
    if holds_journal:
        yield warning(
            WATCHED,
            f"{folder.path} holds snapsortd's own journal, which wakes it at every move",
            "set XDG_STATE_HOME to a folder elsewhere, then `snapsortctl service install`",
        )


def why_unreadable(folder: CheckedFolder, runtime: Runtime, position: str) -> tuple[str, str]:
    """Return why a folder can't be listed, and the fix. `position` is its place in the configuration."""
    path, word = folder.path, quoted(folder.path)
    match folder.error:
        case errno.ENOENT if folder.link:
            return f"{path} is a link to {folder.link}, which does not exist", f"correct the link: `ls -l {word}`"
        case errno.ENOENT:
            return f"{path} does not exist", creation(path, runtime.home, position)
        case errno.ENOTDIR:
            return f"{path} is not a folder", f"correct {position}"
        case errno.ELOOP:
            return f"{path} is a link that points back to itself", f"correct the link: `ls -l {word}`"
        case errno.EPERM if runtime.platform == "darwin":
            return f"macOS denies snapsortd access to {path}", privacy_fix(runtime.python)
        case errno.EACCES | errno.EPERM if folder.owner == runtime.uid:
            return f"{path} is not readable for you", f"`chmod u+rwx {quoted(folder.nearest)}`"
        case errno.EACCES | errno.EPERM:
            sentence = f"{path} is not readable for you: {folder.nearest} belongs to user {folder.owner}"
            if is_inside(folder.nearest, runtime.home):
                return sentence, f"`sudo chown {runtime.uid} {quoted(folder.nearest)}`, or correct {position}"
            return sentence, elsewhere(path, runtime.home, position)
        case errno.ENOTCONN:
            unmount = "fusermount -u" if runtime.platform == "linux" else "umount"
            return f"the program that serves {path} has ended", remount(unmount, folder.mount)
        case errno.ESTALE:
            return f"the server no longer knows {path} (stale handle)", remount("sudo umount -l", folder.mount)
        case _:
            return f"{path} cannot be read: {os.strerror(folder.error).lower()}", "see `sudo dmesg`"


def privacy_fix(python: str) -> str:
    """Return the macOS setting that grants access. It applies to one interpreter, so a new one needs it again."""
    return f"System Settings → Privacy & Security → Full Disk Access: add {python}, then `snapsortctl service install`"


def check_destination(
    folder: CheckedFolder,
    sources: Sequence[CheckedFolder],
    runtime: Runtime,
    position: str,
    able: Capabilities | None = None,
) -> Iterator[Finding]:
    """Check a destination. `sources` are the watched folders from which a rule moves files there; `able` is what its
    file system can do, if that was tried."""
    path, exists = folder.path, folder.path == folder.nearest
    if folder.error not in (0, errno.ENOENT, errno.ENOTDIR):
        yield problem(DESTINATION, *why_unreadable(folder, runtime, position))
    elif not folder.is_folder:
        what = f"a link to {folder.link}, which does not exist" if folder.link else "not a folder"
        yield problem(DESTINATION, f"{path} cannot be used: {folder.nearest} is {what}", f"correct it, or {position}")
    elif not folder.writable:
        instead = elsewhere(path, runtime.home, position)
        sentence, fix = not_writable(folder, runtime.uid, runtime.home, instead)
        yield problem(DESTINATION, f"{path} {sentence}", _with_disk(folder, fix))
    elif not exists and is_removable(folder.nearest):
        yield warning(
            DESTINATION,
            f"{path} does not exist and would be created on the system disk",
            "plug in and mount its disk before the next image arrives",
        )
    else:
        far = [each for each in sources if each.dev != folder.dev]
        yield ok(DESTINATION, path + _in_brackets([*_remarks(folder, far), *lacking(able)]))


def _with_disk(folder: CheckedFolder, fix: str) -> str:
    return f"plug in its disk if it has one, else {fix}" if is_removable(folder.nearest) else fix


def _remarks(folder: CheckedFolder, far: Sequence[CheckedFolder]) -> list[str]:
    notes = []
    if folder.path != folder.nearest:
        notes.append("will be created")
    if far:
        notes.append("on another file system: files are copied, compared, and then removed from the source")
    if folder.remote:
        notes.append(f"on a network: {folder.remote}")
    if folder.kind in CASE_INSENSITIVE:
        notes.append(f"{folder.kind} treats `A.png` and `a.png` as one name")
    if folder.kind in FAT:
        notes.append(f'{folder.kind} allows no names with : * ? " < > |, so look-alikes are used')
    if far and (folder.kind in WITHOUT_MODES or not folder.attributes):
        lost = "permissions" if folder.kind in WITHOUT_MODES else "extended attributes"
        notes.append(f"it stores no {lost}: `undo` restores them from the journal, `metadata: keep` refuses such moves")
    return notes


def _in_brackets(notes: Iterable[str]) -> str:
    text = "; ".join(notes)
    return f" ({text})" if text else ""
