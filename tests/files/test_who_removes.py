"""A user's name is removed or renamed in one place only: nothing else in the package calls what could do it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import snapsortd

PACKAGE = Path(snapsortd.__file__).parent
OF_OS = {"unlink", "remove", "rmdir", "removedirs", "rename", "renames", "replace"}
OF_SHUTIL = {"rmtree", "move"}

USERS_FILES = {
    "files/remove.py: os.rename",  # into a private folder, where the content is asked
    "files/remove.py: remove()",  # after that
    "files/rename.py: os.rename",  # the third rung
    "files/rename.py: remove()",  # of the old name in a private folder, after a link
    "files/folders.py: os.unlink",  # what `remove()` is
    "files/empty_folder.py: os.rmdir",  # of a user's folder: only what is empty, by its inode number
}
OURS = {
    "files/private.py: os.rmdir",
    "files/private.py: os.rename",  # what a driver has kept of a removed file, out of a private folder
    "files/private.py: remove()",  # what a probe has made
    "files/copy.py: remove()",  # an unfinished copy, as the next three
    "actions/move.py: remove()",
    "actions/resume.py: remove()",  # and what is in a private folder and safe elsewhere
    "pipeline/leftovers.py: remove()",
    "actions/trashinfo.py: remove()",  # an info file that bears our mark
    "files/atomic_write.py: os.replace",
    "files/atomic_write.py: os.unlink",
    "files/claims.py: os.unlink",
    "config/edit/rewrite.py: os.rename",  # our configuration file
    "config/edit/rewrite.py: os.unlink",
    "ctl/commands/init.py: os.rename",
    "ctl/commands/service.py: os.unlink",
    "ctl/service_files/desktop_entry.py: os.unlink",
    "ctl/self_test/as_service.py: unlink()",  # the unit of the trial's service
    "ctl/self_test/run.py: shutil.rmtree",  # the folder that the trial has made
    "daemon/pause.py: os.unlink",
    "daemon/api/server.py: os.unlink",
    "daemon/api/socket.py: os.unlink",
    "vision/child/engines/cache.py: os.replace",
    "vision/child/engines/cache.py: shutil.rmtree",
    "vision/child/engines/labels.py: os.unlink",
    "vision/export_towers.py: os.rename",  # a new folder of ours; one that is not empty is never replaced
    "vision/export_towers.py: shutil.rmtree",
    "vision/learner.py: os.unlink",
    "vision/previews.py: os.unlink",
}


def calls() -> Iterator[str]:
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                owner, name = node.value.id, node.attr
                if (owner == "os" and name in OF_OS) or (owner == "shutil" and name in OF_SHUTIL):
                    yield f"{path.relative_to(PACKAGE)}: {owner}.{name}"
            match node:
                case ast.Call(func=ast.Attribute(attr="remove" | "unlink" | "rmdir" as name), args=[]):
                    yield f"{path.relative_to(PACKAGE)}: {name}()"
            if isinstance(node, ast.ImportFrom) and node.module in ("os", "shutil"):
                names = {each.name for each in node.names} & (OF_OS | OF_SHUTIL)
                yield from (f"{path.relative_to(PACKAGE)}: {name}" for name in names)


def test_nothing_else_removes_or_renames() -> None:
    assert set(calls()) == USERS_FILES | OURS
