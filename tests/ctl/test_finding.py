"""The commands that find images: what they ask of the daemon, and what they print."""

from __future__ import annotations

from pathlib import Path

from tests.support.ctl import Ctl
from tests.support.fake_control import FakeControl


def test_folders_are_taken_in_with_their_subfolders(ctl: Ctl, daemon: FakeControl, images: Path) -> None:
    found = ctl.run("index", str(images))
    names = ("a.JPG", "b.png", "below/c.webp")
    assert daemon.asked == [("index", {"path": str(images / name), "text": False}) for name in names]
    assert "3 images taken in, 0 known already" in found.stdout
    assert ctl.json("index", str(images)) == {"images": 3, "new": 3, "known": 0, "refused": {}}


def test_what_cannot_be_taken_in_is_named_and_the_others_are_taken_in(
    ctl: Ctl, daemon: FakeControl, images: Path
) -> None:
    daemon.refused = str(images / "b.png")
    found = ctl.run("index", str(images))
    assert "2 images taken in" in found.stdout
    assert "b.png: it is not an image" in found.stderr
    ctl.run("index", str(images / "b.png"), code=1)
