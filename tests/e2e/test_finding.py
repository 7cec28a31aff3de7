"""Images are taken in without being moved, found again by what they show, and forgotten, with a real daemon."""

from __future__ import annotations

from pathlib import Path

from tests.support import images
from tests.support.instance import Instance
from tests.support.waiting import wait_for
from tests.support.written import RECEIPT, photographed, written


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
    found = instance.json("discover", str(old))
    assert (found["images"], found["groups"]) == (4, [])  # too few
    (old / "r0.png").rename(old / "renamed.png")
    assert instance.json("index", str(old / "renamed.png"))["known"] == 1
    instance.ctl("forget", str(old / "renamed.png"), "--yes")
    assert instance.json("index", str(old))["new"] == 1


def test_images_are_found_by_what_they_show_their_text_and_their_like(instance: Instance, tmp_path: Path) -> None:
    old = tmp_path / "old"
    old.mkdir()
    receipt = old / "a receipt.jpg"
    photographed(written(RECEIPT)).save(receipt)
    for seed in range(3):
        images.screenshot(seed).save(old / f"s{seed}.png")
    instance.start()
    assert instance.json("index", "--text", str(old))["new"] == 4

    def found(*words: str) -> list[str]:
        return [each["path"] for each in instance.json("find", *words)["images"]]

    assert found("a", "till", "receipt")[0] == str(receipt)
    (by_text,) = instance.json("find", "--text", "Rewe summe")["images"]
    assert (by_text["path"], by_text["line"], by_text["similarity"]) == (str(receipt), "REWE", None)
    assert found("a screenshot", "--text", "rewe") == [str(receipt)]
    assert "No known image has this text" in instance.ctl("find", "--text", "nowhere").stdout
    like = instance.json("similar", str(old / "s0.png"))["images"]
    assert {each["path"] for each in like[:2]} == {str(old / "s1.png"), str(old / "s2.png")}
    unknown = tmp_path / "new.png"
    images.screenshot(1).save(unknown)
    assert instance.json("similar", str(unknown))["images"][0] == {
        "path": str(old / "s1.png"),
        "similarity": 1.0,
        "line": None,
    }
    receipt.unlink()
    assert found("--text", "rewe") == []


def test_groups_are_found_among_what_was_left_alone_and_in_folders(instance: Instance, tmp_path: Path) -> None:
    old = tmp_path / "old"
    old.mkdir()
    for seed in range(6):
        images.receipt(seed).resize((300, 500)).save(old / f"r{seed}.png")
        images.screenshot(seed).resize((640, 400)).save(old / f"s{seed}.png")
    instance.config.write_text(instance.config.read_text().replace("label: receipt", "name: never"))
    instance.start()
    found = instance.json("discover", str(old))["groups"]
    assert sorted(each["size"] for each in found) == [6, 6]
    for each in found:
        assert len({Path(path).name[0] for path in each["examples"]}) == 1
    (receipts,) = [each for each in found if each["examples"][0].startswith(str(old / "r"))]
    assert (receipts["name"], receipts["label"]) == ("receipt", "receipt")
    for path in sorted(old.iterdir()):
        path.rename(instance.inbox / path.name)
    wait_for(lambda: len(list(instance.filed.rglob("*.png"))) == 6, what="screenshots filed")
    wait_for(lambda: instance.json("discover")["groups"] != [], what="a group among what was left")
    (left,) = instance.json("discover")["groups"]
    assert (left["name"], left["size"]) == ("receipt", 6)
    assert "0 new groups. Those of receipt have a label already." in instance.ctl("discover").stdout
    config = instance.config.read_text()
    instance.config.write_text(config.replace("receipt: [a photo of a receipt, a scanned invoice]", "book: [a novel]"))
    instance.ctl("reload")
    added = instance.json("discover", "--write", "--to", str(instance.filed))["added"]
    assert [(each["label"], each["rule"]) for each in added] == [("receipt", "Receipt")]
    states = {each["name"]: each["state"] for each in instance.json("rules", "list")["rules"]}
    assert states["Receipt"] == "shadow"
    assert "0 new groups. Those of receipt have a label already." in instance.ctl("discover", "--write").stdout
