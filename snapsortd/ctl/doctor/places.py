"""The folders that are snapsortd's own: state (journal, lock), cache, runtime (socket)."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass

from snapsortd.ctl.doctor.disks import CheckedFolder, not_writable
from snapsortd.ctl.doctor.finding import Finding, ok, problem, quoted, warning


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Who else could get at one of our folders. The daemon doesn't start where somebody could."""

    above: str
    above_owner: int
    above_open: bool
    """May every user replace what lies in the folder above?"""
    foreign: tuple[str, int] | None
    """Something right in our folder that belongs to another user, and to whom."""


def read_neighbours(folder: CheckedFolder, uid: int) -> Neighbours:
    """Look at the folder above, as far as it is there, and at what lies in ours."""
    above = os.path.dirname(folder.path) if folder.path == folder.there else folder.there
    found = os.stat(above)
    foreign = None
    for path in _inside(folder):
        owner = os.lstat(path).st_uid
        if owner not in (uid, 0):
            foreign = path, owner
    is_open = found.st_mode & (stat.S_IWOTH | stat.S_ISVTX) == stat.S_IWOTH
    return Neighbours(above, found.st_uid, is_open, foreign)


def _inside(folder: CheckedFolder) -> Iterator[str]:
    if folder.link:
        yield folder.path
    if folder.path == folder.there and not folder.error:
        yield from (os.path.join(folder.path, name) for name in sorted(os.listdir(folder.path)))


def check_own_folder(use: str, variable: str, folder: CheckedFolder, near: Neighbours, uid: int) -> Iterator[Finding]:
    """`use` is state, cache or runtime; `variable` the XDG variable that places it."""
    name, elsewhere = f"{use} folder", f"set {variable} to a folder of your own on a local disk"
    standing = folder.path == folder.there
    if not folder.is_folder:
        yield problem(name, f"{folder.path} cannot be used: {folder.there} is no folder", elsewhere)
    elif standing and folder.owner != uid:
        yield problem(name, f"{folder.path} belongs to user {folder.owner}, not to you", f"remove it, or {elsewhere}")
    elif near.foreign:
        path, owner = near.foreign
        yield problem(name, f"{path} belongs to user {owner}, not to you", f"`sudo rm -r {quoted(path)}`")
    elif near.above_owner not in (uid, 0):
        yield problem(name, f"{near.above} belongs to user {near.above_owner}, not to you", elsewhere)
    elif near.above_open:
        yield problem(
            name,
            f"every user can replace what lies in {near.above}",
            f"`chmod o-w {quoted(near.above)}`, or {elsewhere}",
        )
    elif not folder.writable:
        sentence, fix = not_writable(folder, uid)
        yield problem(name, f"{folder.path} {sentence}", f"{fix}; or {elsewhere}")
    elif standing and stat.S_IMODE(folder.mode) & 0o077:
        yield warning(
            name, f"{folder.path} can be entered by others until snapsortd starts", f"`chmod 700 {quoted(folder.path)}`"
        )
    elif folder.remote:
        yield warning(
            name,
            f"{folder.path} is on a network ({folder.remote}), where locks and databases are not reliable",
            f"{elsewhere}, then `snapsortctl service install`",
        )
    else:
        yield ok(name, folder.path + ("" if standing else " (will be made)"))
