"""Images are taken in without being moved, found again by what they show, and forgotten, with a real daemon."""

from __future__ import annotations

from pathlib import Path

from tests.support import images
from tests.support.instance import Instance


def test_older_folders_are_taken_in_and_forgotten(instance: Instance, tmp_path: Path) -> None:
    old = tmp_path / "old"
    (old / "below").mkdir(parents=True)
    for seed in range(2):
        images.receipt(seed).save(old / f"r{seed}.png")
        images.screenshot(seed).save(old / "below" / f"s{seed}.png")
    (old / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n broken")
    before = sorted(each.stat().st_mtime_ns for each in old.rglob("*"))
    instance.start()
    found = instance.json("index", str(old))
    assert (found["images"], found["new"], found["known"]) == (5, 4, 0)
    assert list(found["refused"]) == [str(old / "broken.png")]
    again = instance.json("index", str(old))
    assert (again["new"], again["known"]) == (0, 4)
    assert sorted(each.stat().st_mtime_ns for each in old.rglob("*")) == before
    (old / "r0.png").rename(old / "renamed.png")
    assert instance.json("index", str(old / "renamed.png"))["known"] == 1
    instance.ctl("forget", str(old / "renamed.png"), "--yes")
    assert instance.json("index", str(old))["new"] == 1
