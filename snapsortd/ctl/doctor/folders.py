"""Watched folders and destinations: can images be seen, taken away and put there?"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from snapsortd.ctl.doctor.disks import CheckedFolder, not_writable
from snapsortd.ctl.doctor.finding import Finding, ok, problem, quoted, warning

WATCHED = "watched folder"
DESTINATION = "destination"

FAT = frozenset({"vfat", "msdos", "exfat"})
KEEPS_NO_MODES = FAT | {"fuseblk", "ntfs3", "cifs", "smb3", "drvfs"}
"""File systems that keep no Unix permissions unless mounted with special options; fuseblk is NTFS or exFAT."""
FOLDS_CASE = FAT | {"fuseblk", "ntfs3", "cifs", "smb3", "drvfs", "apfs", "hfsplus"}
"""File systems on which `A.png` and `a.png` are mostly one name."""
REMOVABLE = ("/media", "/run/media", "/mnt", "/Volumes")
"""Where disks are mounted that come and go."""


@dataclass(frozen=True, slots=True)
class Seer:
    """Who looks: the platform (`sys.platform`), the interpreter that the service runs, the user's id."""

    platform: str
    python: str
    uid: int


def check_watched(
    folder: CheckedFolder, seer: Seer, *, position: str, moved: bool, holds_journal: bool
) -> Iterator[Finding]:
    """`moved`: does a rule move files away from it? `holds_journal`: would our own journal be looked at there?"""
    if folder.error:
        yield problem(WATCHED, *unseen(folder, seer, position))
        return
    trouble = list(_watched_trouble(folder, seer, moved, holds_journal))
    yield from trouble or [ok(WATCHED, folder.path)]


def _watched_trouble(folder: CheckedFolder, seer: Seer, moved: bool, holds_journal: bool) -> Iterator[Finding]:
    if moved and not folder.writable:
        sentence, fix = not_writable(folder, seer.uid)
        yield problem(WATCHED, f"{folder.path} {sentence}: nothing can be moved out of it", fix)
    elif moved and folder.mode & stat.S_ISVTX and seer.uid not in (0, folder.owner):
        yield warning(
            WATCHED,
            f"{folder.path} is shared (sticky): only files that you own can be moved out of it",
            "watch a folder of your own, or use `copy` in its rules",
        )
    if folder.remote:
        yield warning(
            WATCHED,
            f"{folder.path} is on a network ({folder.remote}), which does not tell of changes: it is looked through "
            "every 30 s",
            "nothing needs doing; to have images filed at once, run snapsortd where the disk is",
        )
    if holds_journal:
        yield warning(
            WATCHED,
            f"{folder.path} holds snapsortd's own journal, which wakes it at every move",
            "set XDG_STATE_HOME to a folder elsewhere, then `snapsortctl service install`",
        )


def unseen(folder: CheckedFolder, seer: Seer, position: str) -> tuple[str, str]:
    """Why a folder can't be listed, and what to do. `position` is where the configuration names it."""
    path, word = folder.path, quoted(folder.path)
    match folder.error:
        case errno.ENOENT if folder.link:
            return f"{path} is a link to {folder.link}, which does not exist", f"correct the link: `ls -l {word}`"
        case errno.ENOENT:
            return f"{path} does not exist", f"`mkdir -p {word}`, plug in its disk, or correct {position}"
        case errno.ENOTDIR:
            return f"{path} is no folder", f"correct {position}"
        case errno.ELOOP:
            return f"{path} is a link that leads back to itself", f"correct the link: `ls -l {word}`"
        case errno.EPERM if seer.platform == "darwin":
            return f"macOS keeps {path} from snapsortd", privacy_fix(seer.python)
        case errno.EACCES | errno.EPERM if folder.owner == seer.uid:
            return f"{path} cannot be read by you", f"`chmod u+rwx {quoted(folder.there)}`"
        case errno.EACCES | errno.EPERM:
            return (
                f"{path} cannot be read by you: {folder.there} belongs to user {folder.owner}",
                f"`sudo setfacl -m u:{seer.uid}:rwx {quoted(folder.there)}`, or correct {position}",
            )
        case errno.ENOTCONN:
            return f"the program that serves {path} has ended", f"`fusermount -u {word}`, then mount it again"
        case errno.ESTALE:
            return f"the server has forgotten {path}", f"`sudo umount -l {word}`, then mount it again"
        case _:
            return f"{path} cannot be read: {os.strerror(folder.error).lower()}", "look at `sudo dmesg`"


def privacy_fix(python: str) -> str:
    """Where macOS lets a person allow it. The permission is the interpreter's, so a new one needs it again."""
    return f"System Settings → Privacy & Security → Full Disk Access: add {python}, then `snapsortctl service install`"


def check_destination(
    folder: CheckedFolder, sources: Sequence[CheckedFolder], seer: Seer, position: str
) -> Iterator[Finding]:
    """`sources` are the watched folders from which a rule moves files there."""
    path, standing = folder.path, folder.path == folder.there
    if folder.error not in (0, errno.ENOENT, errno.ENOTDIR):
        yield problem(DESTINATION, *unseen(folder, seer, position))
    elif not folder.is_folder:
        what = f"a link to {folder.link}, which does not exist" if folder.link else "no folder"
        yield problem(DESTINATION, f"{path} cannot be used: {folder.there} is {what}", f"correct it, or {position}")
    elif not folder.writable:
        sentence, fix = not_writable(folder, seer.uid)
        yield problem(DESTINATION, f"{path} {sentence}", _with_disk(folder, fix))
    elif not standing and _removable(folder.there):
        yield warning(
            DESTINATION,
            f"{path} does not exist and would be made on the system's own disk",
            "plug in and mount its disk before the next image comes",
        )
    else:
        far = [each for each in sources if each.dev != folder.dev]
        trouble = list(_far_trouble(folder, far))
        yield from trouble or [ok(DESTINATION, path + _how(folder, far))]


def _removable(path: str) -> bool:
    return path in REMOVABLE or os.path.dirname(path) in REMOVABLE[:2]


def _with_disk(folder: CheckedFolder, fix: str) -> str:
    return f"plug in its disk, if it has one; else {fix}" if _removable(folder.there) else fix


def _how(folder: CheckedFolder, far: Sequence[CheckedFolder]) -> str:
    notes = []
    if folder.path != folder.there:
        notes.append("will be made")
    if far:
        notes.append("on another disk: files are copied, compared, and then removed from where they were")
    if folder.remote:
        notes.append(f"on a network: {folder.remote}")
    if folder.kind in FOLDS_CASE:
        notes.append(f"{folder.kind} takes `A.png` and `a.png` for one name")
    return f" ({'; '.join(notes)})" if notes else ""


def _far_trouble(folder: CheckedFolder, far: Sequence[CheckedFolder]) -> Iterator[Finding]:
    """What a copy there would lose. A move that would lose something is refused, so the file would stay."""
    fix = "use `copy` in its rules, or a destination on a disk with ext4, xfs, btrfs or APFS"
    if folder.kind in FAT:
        yield warning(
            DESTINATION,
            f'{folder.path} is on {folder.kind}, which takes no names with : * ? " < > | in them; such images stay',
            "leave such characters out of the rules' names, or use another disk",
        )
    if far and folder.kind in KEEPS_NO_MODES:
        yield warning(
            DESTINATION,
            f"{folder.path} is on {folder.kind}, which keeps no permissions: most moves there will be refused",
            fix,
        )
    elif far and not folder.attributes:
        yield warning(
            DESTINATION,
            f"{folder.path} is on a file system ({folder.kind or 'of another kind'}) without extended attributes: "
            "images that have some will not be moved there",
            fix,
        )
