"""Invariants that hold after every run, once recovery has run after a restart and nothing is queued."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping

from snapsortd.domain.names import OWN_PREFIX
from tests.crash_sweep.points import Locations
from tests.crash_sweep.world import Seen, World

Files = Mapping[str, Seen]


class Violation(AssertionError):
    """A guarantee that was violated."""


def demand(problems: Iterable[str]) -> None:
    """Raise Violation with all of them, if there are any."""
    if found := list(problems):
        raise Violation("\n".join(found))


def check_kept(world: World, before: Files, images: Files) -> None:
    """Check, before any recovery, that every earlier file still exists and every image is whole at least once."""
    demand(_kept(world, before, images))


def check_whole(world: World, before: Files, images: Files, since: Locations) -> None:
    """Check the state at the end. `images` are the originals by their first path, `before` is everything else."""
    demand(_whole(world, before, images, since.last_entry))


def conflicts(world: World, since: Locations) -> bool:
    """Return whether a move of this run ended in a conflict."""
    return bool(world.query(f"SELECT 1 FROM entries WHERE state = 'conflict' AND id > {since.last_entry}"))


def _kept(world: World, before: Files, images: Files) -> Iterator[str]:
    files = world.files()
    for path, seen in before.items():
        if files.get(path) != seen:
            yield f"{path} existed before, and is now {files.get(path, 'gone')}"
    for path, seen in images.items():
        if not _exists(world, seen, files):
            yield f"no complete copy of {path} exists any more"


def _exists(world: World, seen: Seen, files: Files) -> bool:
    noted = noted_metadata(world)
    return any(is_kept(seen, each, path in noted) for path, each in files.items())


def is_kept(wanted: Seen | None, found: Seen | None, is_noted: bool) -> bool:
    """Return whether a file is as it was, or `is_noted`, and lacks only metadata."""
    if wanted is None or found is None or not is_noted:
        return found == wanted
    return found.sha256 == wanted.sha256


def noted_metadata(world: World) -> set[str]:
    """Return where files lack metadata according to the journal."""
    return set(_names(world.query("SELECT target FROM entries WHERE metadata != ''")))


def _whole(world: World, before: Files, images: Files, last_entry: int) -> Iterator[str]:
    files = world.files()
    yield from _kept(world, before, images)
    yield from (f"{path} was left behind" for path in files if OWN_PREFIX in path)
    contents = {seen.sha256 for seen in images.values()}  # a copy action may drop what its target cannot preserve
    for path, seen in files.items():
        if path not in before and seen.sha256 not in contents:
            yield f"{path} is not an image and did not exist before: {seen}"

    yield from _unsound(world)
    standing = "state = 'done' AND reversed_by IS NULL AND kind != 'undo'"
    targets = world.query(f"SELECT target FROM entries WHERE {standing}")
    yield from (
        f"{path} is filed according to the journal, but does not exist" for path in _names(targets) if path not in files
    )
    copies = len(world.query(f"SELECT 1 FROM entries WHERE {standing} AND keep_source"))
    conflicting = len(world.query(f"SELECT 1 FROM entries WHERE state = 'conflict' AND id > {last_entry}"))
    expected = len(images) + copies
    there = sum(path not in before and OWN_PREFIX not in path for path in files)
    if not expected <= there <= expected + conflicting:
        also = f" and {conflicting} conflicts" if conflicting else ""
        yield f"{len(images)} images with {copies} copies{also} exist {there} times"


def _unsound(world: World) -> Iterator[str]:
    for (found,) in world.query("PRAGMA integrity_check"):
        if found != "ok":
            yield f"the journal: {found}"
    for number, state in world.query("SELECT id, state FROM entries WHERE state IN ('intent', 'moved')"):
        yield f"entry {number} of the journal is still {state}"


def _names(rows: Iterable[tuple[bytes]]) -> list[str]:
    return [os.fsdecode(path) for (path,) in rows]


def check_kept_somewhere(world: World, before: Files, images: Files) -> None:
    """Like `check_kept`, for steps in which earlier files may be renamed or trashed."""
    files, wanted = world.files(), {**before, **images}
    demand(f"no complete {path} exists any more" for path, seen in wanted.items() if not _exists(world, seen, files))


def check_whole_with_links(world: World, before: Files, images: Files) -> None:
    """Like `check_whole`, for steps in which files are linked, tagged, renamed twice, and trashed."""
    check_kept_somewhere(world, before, images)
    demand(_whole_with_links(world, before, images))


def _whole_with_links(world: World, before: Files, images: Files) -> Iterator[str]:
    files = world.files()
    notes = {path for path in files if path.startswith(f"{world.trash}/info/")}
    thrown = {path for path in files if path.startswith(f"{world.trash}/files/")}
    if notes != {f"{world.trash}/info/{os.path.basename(path)}.trashinfo" for path in thrown}:
        yield f"the trash contains the files {sorted(thrown)} and the notes {sorted(notes)}"
    yield from (f"{path} was left behind" for path in files if OWN_PREFIX in path)
    yield from _unsound(world)
    standing = "state = 'done' AND reversed_by IS NULL AND kind != 'undo'"
    later = "SELECT 1 FROM entries AS later WHERE later.source = entries.target AND later.id > entries.id"
    gone_on = f"EXISTS ({later} AND NOT later.keep_source AND later.{standing.replace(' AND ', ' AND later.')})"
    targets = world.query(f"SELECT target FROM entries WHERE {standing} AND NOT {gone_on}")
    yield from (
        f"{path} is filed according to the journal, but does not exist" for path in _names(targets) if path not in files
    )
    links = len(world.query(f"SELECT 1 FROM entries WHERE {standing} AND method = 'link'"))
    there, expected = len(files.keys() - notes), len(before) + len(images) + links
    if there != expected:
        yield f"there are {there} files instead of {expected}, {links} of which are links"
    tagged = set(_names(world.query(f"SELECT source FROM entries WHERE {standing} AND kind = 'tag'")))
    with_tags = {path for path in files.keys() - notes if "user.xdg.tags" in os.listxattr(path)}
    if bool(tagged) != bool(with_tags):
        yield f"according to the journal {sorted(tagged)} were tagged, but {sorted(with_tags)} have tags"
