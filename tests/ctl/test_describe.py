"""describe: what it asks of the daemon, and what it prints."""

from __future__ import annotations

from pathlib import Path

from tests.support.ctl import Ctl
from tests.support.fake_control import DESCRIBED, FakeControl


def test_an_image_in_words_with_what_it_is_composed_of(ctl: Ctl, daemon: FakeControl, images: Path) -> None:
    path = str(images / "b.png")
    lines = [line.split(maxsplit=1) for line in ctl.run("describe", path).stdout.splitlines()[1:]]
    assert daemon.asked == [("describe", {"path": path})]
    assert lines == [
        ["description", "receipt REWE\\x1b[31m 23.40"],
        ["name", "receipt-rewe-23.40.png"],
        ["label", "receipt 0.93"],
        ["noun", "sheet\\x1b[31m"],
        ["text", "11 lines, title “REWE\\x1b[31m”, amount 23.40"],
        ["caption", "none: there is no captioner"],
    ]
    assert ctl.json("describe", path) == {"images": [DESCRIBED | {"path": path}], "refused": {}}


def test_what_cannot_be_described_is_named(ctl: Ctl, daemon: FakeControl, images: Path) -> None:
    daemon.refused = str(images / "b.png")
    found = ctl.run("describe", str(images))
    assert "a.JPG" in found.stdout
    assert "b.png: it is not an image" in found.stderr
    ctl.run("describe", daemon.refused, code=1)
