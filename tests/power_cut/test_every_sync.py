"""Every fsync of a move, and the commit before it, is necessary.

Without it, there is a power cut after which something is wrong. This also shows that the search finds such losses.
"""

from __future__ import annotations

import ast
import inspect

import pytest

from snapsortd.domain.entry import State
from tests.power_cut.exploring import LONG, searching
from tests.power_cut.scenes import SCENES, Scene
from tests.power_cut.system import PARTS, SYNCING, Site

NEEDED = {
    "mover._carry_out": "move of an unsynced image",
    "folders._make": "move into a folder just made",
    "folders._sync_found": "trash",
    "copy._fill": "move far",
    "copy.copy_file": "move far, disk full",
    "rename.rename_by_link": "move by link",
    "remove._make_aside": "move by link",
    "remove._publish_by_link": "move by link, original stays",
    "remove._publish_over_placeholder": "move over a placeholder",
    "remove._publish_over_placeholder 2": "move over a placeholder",
    "remove._is_marked": "move over a placeholder",
    "remove.return_name": "move by link",
    "remove.return_name 2": "move far, edited",
    "remove.each_aside": "move far, edited",
    "move._conclude_rename 2": "undo by link",
    "move._copy": "move far, not renamed",
    "move._sync_copy": "move far",
    "move._withdraw_copy": "move far, original stays",
    "remove_copy._conclude": "undo of a copy",
    "remove_copy._sync_target": "undo of a copy, saved again",
    "remove_copy._sync_target 2": "copy of an unsynced image",
    "link._act": "hardlink",
    "tag._act": "tag",
    "resume._finish_tagging": "tag",
    "trashinfo.write_info": "trash, no note",
    "trashinfo.write_info 2": "trash",
    "trashinfo.discard_info": "undo of trash",
    "trashinfo._write": "trash",
    "move.release_source": "move far",
    "reverse._sync_name": "undo, folder gone",
    "resume._release": "move far, name taken by a twin",
    "resume._remove_leftover": "move far",
}
"""Function (and which of its fsyncs) → a scene that goes wrong without it."""

SPARE = {
    "move._conclude_rename",  # where a rename is atomic, the fsync of the other folder makes it sure too
    "link._symlink",  # only where a driver makes links that it cannot read
    "remove.publish",  # only where a driver writes late
    "rename._save",  # another program writes into a placeholder
    "resume.restore_name",  # `_finish` is there just after
    "resume._is_safe_at",  # another program takes the name of a file in a private folder
    "resume._is_safe_at 2",
    "resume._finish",  # `restore_name` was there just before, and made sure what is seen
    "resume._finish 2",
    "resume._release 2",
}
"""Without one of these, nothing goes wrong that the model covers."""


def fsyncs() -> dict[str, Site]:
    """Return every call of `sync` and `sync_folder` in the code that moves files."""
    found = {}
    for part in PARTS:
        module = part.__name__.rpartition(".")[2]
        tree = ast.parse(inspect.getsource(part))
        for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
            if function.name in SYNCING:
                continue
            calls = [node for node in ast.walk(function) if isinstance(node, ast.Call)]
            lines = sorted(c.lineno for c in calls if isinstance(c.func, ast.Name) and c.func.id in SYNCING)
            for number, line in enumerate(lines, start=1):
                name = f"{module}.{function.name}" + (f" {number}" if number > 1 else "")
                found[name] = (module, function.name, line)
    return found


def fault_without(fsync: str, scene: Scene) -> bool:
    with searching(scene) as search:
        search.system.idle = {fsyncs()[fsync]}
        return bool(search.run(until_fault=True).faults)


def test_every_fsync_is_accounted_for() -> None:
    assert fsyncs().keys() == NEEDED.keys() | SPARE


@pytest.mark.parametrize("fsync", NEEDED)
def test_without_it_something_goes_wrong(fsync: str) -> None:
    (scene,) = (scene for scene in SCENES if scene.name == NEEDED[fsync])
    assert fault_without(fsync, scene)


@pytest.mark.skipif(not LONG, reason="SNAPSORTD_FULL=1 runs it")
@pytest.mark.parametrize("fsync", sorted(SPARE))
def test_without_it_nothing_goes_wrong(fsync: str) -> None:
    assert not [scene.name for scene in SCENES if fault_without(fsync, scene)]


@pytest.mark.parametrize("name", ["move", "move by link", "move far", "copy", "undo", "undo of a copy"])
def test_without_a_durable_intent_something_goes_wrong(name: str) -> None:
    (scene,) = (scene for scene in SCENES if scene.name == name)
    with searching(scene) as search:
        search.unsure = State.INTENT
        assert search.run(until_fault=True).faults
