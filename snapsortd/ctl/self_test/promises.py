"""The promises, each tried with a running daemon: a function that returns what was found, and raises Broken."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from snapsortd.ctl.doctor.system import check_confinement, read_confinement
from snapsortd.ctl.self_test.trial import Broken, Trial
from snapsortd.files.tags import ATTRIBUTE, has_tags

TAG = "self-test"


def moves(trial: Trial) -> str:
    """Move an image."""
    source = trial.file("move.png")
    expect(not source.exists(), "the image is still in the watched folder")
    expect(holds(trial, trial.filed / "moved" / "move.png"), "the moved image has another content")
    return "an image was moved, its content unchanged"


def copies(trial: Trial) -> str:
    """Copy an image."""
    source = trial.file("copy.png")
    expect(holds(trial, source), "the original was changed")
    expect(holds(trial, trial.filed / "copied" / "copy.png"), "the copy has another content")
    return "an image was copied, the original left as it was"


def trashes(trial: Trial) -> str:
    """Put an image into the trash."""
    source = trial.file("trash.png")
    expect(not source.exists(), "the image is still in the watched folder")
    found = trial.files(trial.trash)
    expect(trial.dropped["trash.png"] in found.values(), "the image is not in the trash of the home folder")
    return "an image was put into the trash"


def tags(trial: Trial) -> str:
    """Give an image a tag."""
    expect(is_tagged(trial.file("tag.png")), f"the image has no tag in its attribute {ATTRIBUTE}")
    return f"an image was given a tag, in its attribute {ATTRIBUTE}"


def undoes(trial: Trial) -> str:
    """Take back all that was done until now."""
    trial.ctl("undo", "--all")
    expect(trial.files(trial.inbox) == trial.dropped, "the watched folder is not as it was before")
    expect(not trial.files(trial.filed), "files are left in the destinations")
    expect(not trial.files(trial.trash), "files are left in the trash")
    expect(not any(map(is_tagged, trial.inbox.iterdir())), "the tag is still there")
    return f"all {len(trial.dropped)} images are back, byte for byte"


def confines(trial: Trial) -> str:
    """Look at the sandbox of the process that opens images."""
    status = trial.status()
    (found,) = check_confinement(read_confinement(status.get("pid"), status.get("classifier_pid")))
    expect(not found.fix, found.summary)
    return found.summary


def stops(trial: Trial) -> str:
    """Stop the daemon."""
    trial.stop()
    return "the daemon stopped when it was asked to"


PROMISES: Mapping[str, Callable[[Trial], str]] = {
    "move": moves,
    "copy": copies,
    "trash": trashes,
    "tags": tags,
    "undo": undoes,
    "sandbox": confines,
    "stop": stops,
}
"""In the order in which they are tried: those after `undo` file nothing."""


def expect(is_so: bool, otherwise: str) -> None:
    """Raise Broken unless a condition holds."""
    if not is_so:
        raise Broken(otherwise)


def holds(trial: Trial, path: Path) -> bool:
    """Return whether a file has the content of the image that was given to the daemon by its name."""
    return path.exists() and path.read_bytes() == trial.dropped[path.name]


def is_tagged(path: Path) -> bool:
    """Return whether a file has the tag."""
    fd = os.open(path, os.O_RDONLY)
    try:
        return has_tags(fd, [TAG])
    finally:
        os.close(fd)
