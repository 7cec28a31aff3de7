"""The abilities of the file systems that files are moved from and to, which are tried in a private folder there."""

from __future__ import annotations

from collections.abc import Iterator

from snapsortd.ctl.doctor.disks import CheckedFolder
from snapsortd.files.capabilities import Capabilities, capabilities
from snapsortd.files.folders import open_folder
from snapsortd.files.probe import LASTING_INODES

_SECOND_NS = 1_000_000_000


def read_abilities(folder: CheckedFolder) -> Capabilities | None:
    """Return what the file system of the folder can do, None if nothing need be tried there, or nothing can."""
    if folder.kind in LASTING_INODES or folder.error or not folder.writable:
        return None
    try:
        with open_folder(folder.path) as opened:
            return capabilities(opened)
    except OSError:
        return None


def lacking(able: Capabilities | None) -> Iterator[str]:
    """Yield what the file system lacks, and what that means; nothing for one that is unknown or lacks nothing."""
    if able is None:
        return
    if not able.noreplace_rename and able.hard_links:
        yield "files get their names by hard links there"
    elif not able.noreplace_rename and able.placeholders:
        yield "files get their names over a placeholder there, which protects a file that appears just then less"
    elif not able.noreplace_rename:
        yield "a name is only checked before a file gets it: let no other program create files there"
    if not able.lasting_inodes:
        yield "files are recognised by their content, because their numbers may change"
    if able.folds_case or able.folds_unicode:
        yield f"names that differ in {'case' if able.folds_case else 'Unicode form'} alone are one name there"
    if able.forbidden or able.trims_dots or able.reserved_names:
        yield "names that it cannot hold are adapted"
    kept = {"permissions": able.modes, "owners": able.owners, "attributes": able.xattrs}
    if lost := [what for what, is_kept in kept.items() if not is_kept]:
        yield f"{', '.join(lost)}: not kept there, and restored by undo"
    if not able.trash:
        yield "there is no trash folder"
    if able.time_step_ns >= _SECOND_NS:
        yield f"times are kept to {able.time_step_ns // _SECOND_NS} s"
