"""Cost of one move with its journal, within a file system and to another, compared with a plain move that is synced.

The plain move does what `mv` does, and syncs the file and both folders, without which a power cut could lose it. Both
alternate on the same folders.
"""

from __future__ import annotations

import os
import shutil
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from world import World

from snapsortd.actions.mover import Mover
from snapsortd.domain.decision import ActionKind, Destination, PlannedAction
from snapsortd.domain.entry import Cause
from snapsortd.domain.names import NameSeries
from snapsortd.files.open_file import open_file
from snapsortd.journal import Journal

MIB = 4
"""Size of the file, about that of a photo of 12 megapixels."""
OTHER = "/dev/shm"
"""A folder on another file system."""


def measure(world: World) -> dict[str, Any]:
    """Return `moving`: medians in ms, and `moving_ratio`: a move by a plain one, both by where the file goes."""
    content = os.urandom(MIB << 20)
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="snapsortd-bench-", dir=OTHER) as other:
        for name, target in (("same_disk", world.folder / "moved"), ("other_disk", Path(other))):
            found[name] = _alternate(world, content, world.folder / name, target)
    return {
        "moving": found,
        "moving_ratio": {name: each["ms"] / each["plain_ms"] for name, each in found.items()},
    }


def _alternate(world: World, content: bytes, inbox: Path, target: Path) -> dict[str, float]:
    inbox.mkdir()
    target.mkdir(exist_ok=True)
    journal = Journal(str(inbox / "journal" / "journal.sqlite3"))
    mover = Mover(journal)
    ours, plain = list[float](), list[float]()
    try:
        for number in range(world.amounts.moves):
            for moves, move in ((ours, _move), (plain, _plain)):
                source = inbox / f"{number} {len(moves)} {move.__name__}.bin"
                source.write_bytes(content)
                began = time.perf_counter()
                move(mover, source, target)
                moves.append(time.perf_counter() - began)
    finally:
        journal.close()
    return {"ms": 1000 * statistics.median(ours), "plain_ms": 1000 * statistics.median(plain)}


def _move(mover: Mover, source: Path, target: Path) -> None:
    action = PlannedAction(ActionKind.MOVE, "bench", Destination(str(target), (), NameSeries((source.stem,), ".bin")))
    with open_file(str(source), str(source.parent)) as file:
        mover.file(file.hashed(), action, Cause("bench", 1))


def _plain(_: Mover, source: Path, target: Path) -> None:
    there = target / source.name
    _sync(source)
    try:
        source.rename(there)
    except OSError:
        shutil.copy2(source, there)
        _sync(there)
        _sync(target)
        source.unlink()
    _sync(target)
    _sync(source.parent)


def _sync(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
