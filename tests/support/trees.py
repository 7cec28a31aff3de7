"""The contents of a Filing's folders, and undo of everything in them."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import unquote

from snapsortd.journal import Selection
from snapsortd.pipeline.undo import UndoResult, redo, undo
from tests.support.filing import Filing

ALL = Selection(all=True)
TAGS = "user.xdg.tags"

Tree = dict[str, object]


def look(filing: Filing) -> Tree:
    """Return all contents, symlink targets and tags below the three folders; for a trash note, the original path."""
    found: Tree = {}
    for label, root in (("inbox", filing.inbox), ("sorted", filing.sorted), ("trash", filing.trash)):
        for path in sorted(root.rglob("*")):
            name = f"{label}/{path.relative_to(root)}"
            if path.is_symlink():
                found[name] = ("leads to", os.path.relpath(os.readlink(path), filing.inbox.parent))
            elif path.suffix == ".trashinfo":
                found[name] = origin(filing, path)
            elif path.is_file():
                tags = os.getxattr(path, TAGS) if TAGS in os.listxattr(path) else b""
                found[name] = (path.read_bytes(), tags) if tags else path.read_bytes()
    return found


def origin(filing: Filing, info: Path) -> str:
    """Return the original path that a trash note gives."""
    first, path, date, *_ = info.read_text().splitlines()
    assert first == "[Trash Info]"
    assert len(date.removeprefix("DeletionDate=")) == len("2026-11-23T23:59:59")
    return "from " + os.path.relpath(unquote(path.removeprefix("Path=")), filing.inbox.parent)


def undo_all(filing: Filing, dry_run: bool = False) -> list[UndoResult]:
    return undo(filing.journal, filing.mover, filing.journal.undoable(ALL), dry_run)


def redo_all(filing: Filing) -> list[UndoResult]:
    return redo(filing.journal, filing.mover, filing.journal.redoable(ALL))


def reasons(results: list[UndoResult]) -> list[str]:
    return [result.reason for result in results]
