"""Check snapsortd's own folders: state (journal, lock), cache, runtime (socket)."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass

from snapsortd.ctl.doctor.advice import is_inside
from snapsortd.ctl.doctor.disks import CheckedFolder, not_writable
from snapsortd.ctl.doctor.finding import Finding, ok, problem, quoted, warning


@dataclass(frozen=True, slots=True)
class Exposure:
    """The other users who could tamper with one of our folders. If any could, the daemon refuses to start."""

    parent: str
    parent_owner: int
    parent_open: bool
    """True if every user may replace the contents of the parent folder."""
    foreign: tuple[str, int] | None
    """The path and owner of an entry of our folder that belongs to another user."""


def read_exposure(folder: CheckedFolder, uid: int) -> Exposure:
    """Inspect the nearest existing parent and the entries of our folder."""
    parent = os.path.dirname(folder.path) if folder.path == folder.nearest else folder.nearest
    found = os.stat(parent)
    foreign = None
    for path in _entries(folder):
        owner = os.lstat(path).st_uid
        if owner not in (uid, 0):
            foreign = path, owner
    is_open = found.st_mode & (stat.S_IWOTH | stat.S_ISVTX) == stat.S_IWOTH
    return Exposure(parent, found.st_uid, is_open, foreign)


def _entries(folder: CheckedFolder) -> Iterator[str]:
    if folder.link:
        yield folder.path
    if folder.path == folder.nearest and not folder.error:
        yield from (os.path.join(folder.path, name) for name in sorted(os.listdir(folder.path)))


def check_own_folder(
    use: str, variable: str, folder: CheckedFolder, exposure: Exposure, uid: int, home: str = ""
) -> Iterator[Finding]:
    """Check one folder. `use`: state, cache or runtime; `variable`: the XDG variable that sets its path."""
    name, elsewhere = f"{use} folder", f"set {variable} to a folder of your own on a local disk"
    exists = folder.path == folder.nearest
    if not folder.is_folder:
        yield problem(name, f"{folder.path} cannot be used: {folder.nearest} is not a folder", elsewhere)
    elif exists and folder.owner != uid:
        yield problem(name, f"{folder.path} belongs to user {folder.owner}, not to you", elsewhere)
    elif exposure.foreign:
        path, owner = exposure.foreign
        yield problem(name, f"{path} belongs to user {owner}, not to you", f"move it out of there, or {elsewhere}")
    elif exposure.parent_owner not in (uid, 0):
        yield problem(name, f"{exposure.parent} belongs to user {exposure.parent_owner}, not to you", elsewhere)
    elif exposure.parent_open:
        yield problem(
            name,
            f"every user can replace the contents of {exposure.parent}",
            f"`chmod o-w {quoted(exposure.parent)}`, or {elsewhere}" if is_inside(folder.path, home) else elsewhere,
        )
    elif not folder.writable:
        sentence, fix = not_writable(folder, uid, home, elsewhere)
        yield problem(name, f"{folder.path} {sentence}", fix if fix.endswith(elsewhere) else f"{fix}; or {elsewhere}")
    elif exists and stat.S_IMODE(folder.mode) & 0o077:
        yield warning(
            name,
            f"{folder.path} is accessible to other users until snapsortd starts",
            f"`chmod 700 {quoted(folder.path)}`",
        )
    elif folder.remote:
        yield warning(
            name,
            f"{folder.path} is on a network ({folder.remote}), where locks and databases are unreliable",
            f"{elsewhere}, then `snapsortctl service install`",
        )
    else:
        yield ok(name, folder.path + ("" if exists else " (will be created)"))
