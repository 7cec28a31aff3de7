"""Undo with the installed programs: the plan first, every refusal with its reason, everything else undone."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.images import receipt
from tests.support.instance import Instance, tree
from tests.support.mounting import mounted
from tests.support.waiting import wait_for

Results = dict[str, dict[str, Any]]


def sort(instance: Instance, *names: str) -> int:
    """File new images as one batch, by hand, through the running daemon; return the batch number."""
    instance.ctl("pause")
    paths = [instance.inbox / name for name in names]
    for number, path in enumerate(paths):
        receipt(number).resize((90 + number, 120)).save(path)
    batch: int = instance.json("sort", *map(str, paths))["batch"]
    instance.ctl("resume")
    assert not any(path.exists() for path in paths)
    return batch


def journal_bytes(instance: Instance) -> list[bytes]:
    """Return the journal's files, except for the third, `-shm`, which is only an index that readers write to."""
    state = instance.folder / "state" / "snapsortd"
    return [(state / name).read_bytes() for name in ("journal.sqlite3", "journal.sqlite3-wal")]


def by_name(reply: dict[str, Any]) -> Results:
    """Return the reported result of undo for each file, by its original name."""
    return {os.path.basename(each["to"]): each for each in reply["results"]}


def take(old: Path, _: Path) -> None:
    old.write_bytes(b"another file")


def take_by_link(old: Path, _: Path) -> None:
    old.symlink_to("nowhere")


def change(_: Path, new: Path) -> None:
    new.write_bytes(b"edited by hand")


def delete(_: Path, new: Path) -> None:
    new.unlink()


def rename(_: Path, new: Path) -> None:
    new.rename(new.with_name(f"mine {new.name}"))


def move(_: Path, new: Path) -> None:
    (new.parent / "elsewhere").mkdir()
    new.rename(new.parent / "elsewhere" / new.name)


REFUSED: dict[str, tuple[Callable[[Path, Path], None], str]] = {
    "taken.png": (take, "is taken by another file"),
    "link.png": (take_by_link, "is taken by another file"),
    "changed.png": (change, "was changed since"),
    "deleted.png": (delete, "is gone: it was moved, renamed or deleted since"),
    "renamed.png": (rename, "is gone: it was moved, renamed or deleted since"),
    "moved.png": (move, "is gone: it was moved, renamed or deleted since"),
}


def test_the_plan_then_every_refusal_and_everything_else_done(shared: Instance) -> None:
    batch = sort(shared, "good 1.png", *REFUSED, "good 2.png")
    for name, (meddle, _) in REFUSED.items():
        meddle(shared.inbox / name, shared.filed / name)
    wait_for(lambda: shared.json("explain", str(shared.inbox / "taken.png"))["outcome"] == "quarantined", what="quiet")
    before, journal = tree(shared.inbox, shared.filed), journal_bytes(shared)

    words = ("undo", "--batch", str(batch))
    plan = by_name(shared.json(*words, "--dry-run", ok=(1,)))
    output = shared.ctl(*words, "--dry-run", ok=(1,)).stdout
    assert tree(shared.inbox, shared.filed) == before, "a dry run touches nothing"
    assert journal_bytes(shared) == journal
    assert output.endswith("2 files would be undone, 6 refused.\n")
    assert {name for name, each in plan.items() if each["done"]} == {"good 1.png", "good 2.png"}
    for name, (_, reason) in REFUSED.items():
        assert reason in plan[name]["reason"], name
        assert plan[name]["reason"] in output

    done = by_name(shared.json(*words, ok=(1,)))
    assert {name: (each["done"], each["reason"]) for name, each in done.items()} == {
        name: (each["done"], each["reason"]) for name, each in plan.items()
    }, "what was planned is what was done"
    good = {str(shared.inbox / name): before[str(shared.filed / name)] for name in ("good 1.png", "good 2.png")}
    gone = {str(shared.filed / name) for name in ("good 1.png", "good 2.png")}
    assert tree(shared.inbox, shared.filed) == {k: v for k, v in before.items() if k not in gone} | good

    again = by_name(shared.json(*words, ok=(1,)))
    assert set(again) == set(REFUSED), "what was refused stays undoable"
    (shared.inbox / "taken.png").unlink()
    taken = str(done["taken.png"]["id"])
    assert shared.json("undo", taken)["done"] == 1
    assert "already undone" in shared.ctl("undo", taken, ok=(1,)).stdout


def test_what_was_undone_stays_put_and_can_be_redone_and_undone_again(shared: Instance) -> None:
    batch = sort(shared, "there.png", "back.png")
    before = tree(shared.filed)
    undone = shared.json("undo", "--batch", str(batch))["results"]
    for name in ("there.png", "back.png"):
        assert (shared.inbox / name).exists()
    shared.ctl("reload")  # and with it a scan of everything in the folders
    wait_for(lambda: shared.is_idle() and shared.status()["state"] == "running", what="scanned")
    marker = shared.inbox / "marker.png"
    receipt(9).resize((80, 80)).save(marker)
    wait_for(lambda: not marker.exists(), what="what is new is filed")
    assert (shared.inbox / "there.png").exists()
    assert shared.json("explain", str(shared.inbox / "there.png"))["outcome"] == "undone"

    (entry,) = shared.json("log", str(shared.inbox / "there.png"), "-n", "1")["entries"]
    assert (entry["kind"], entry["reverses"] in [each["id"] for each in undone]) == ("undo", True)
    plan = shared.json("redo", "--last", "2", "--dry-run")
    assert [each["done"] for each in plan["results"]] == [True, True]
    assert (shared.inbox / "there.png").exists()
    (shared.filed / "back.png").write_bytes(b"came in between")
    found = by_name(shared.json("redo", "--last", "2", ok=(1,)))
    assert {name: each["done"] for name, each in found.items()} == {"there.png": True, "back.png": False}
    assert "is taken" in found["back.png"]["reason"]
    (shared.filed / "back.png").unlink()
    assert shared.json("redo")["done"] == 1
    assert {**tree(shared.filed), str(shared.filed / "marker.png"): ""} == {
        **before,
        str(shared.filed / "marker.png"): "",
    }
    assert shared.json("undo", "--last", "2")["done"] == 2


def test_by_id_last_rule_and_time(shared: Instance) -> None:
    sort(shared, "disk/by rule.png")
    first = sort(shared, "by id.png", "by batch.png")
    sort(shared, "by last.png")
    entries = {os.path.basename(each["source"]): each for each in shared.json("log", "-n", "4")["entries"]}
    moment = entries["by id.png"]["at"]

    def names(*words: str) -> set[str]:
        return {name for name in by_name(shared.json("undo", "--dry-run", *words, ok=(0, 1))) if name.startswith("by ")}

    assert names("--last", "1") == {"by last.png"} == names()
    assert names(str(entries["by id.png"]["id"])) == {"by id.png"}
    assert names("--batch", str(first)) == {"by id.png", "by batch.png"}
    assert names("--rule", "Disk") == {"by rule.png"}
    assert names("--since", "1h") == names("--all") == set(entries) == names("--since", "today", "--last", "4")
    assert names("--until", "2000-01-01") == names("--since", moment, "--until", moment) == set()
    assert names("--since", "2000-01-01", "--until", "2100-01-01", "--rule", "Disk", "--last", "1") == {"by rule.png"}
    assert names(str(shared.filed / "by id.png"), str(shared.inbox / "by last.png")) == {"by id.png", "by last.png"}
    for words, said in {
        "undo 99999": "no entry 99999",
        "undo --batch 99999": "no batch 99999",
        "undo --rule Nope": "no rule 'Nope'",
        "undo /nope.png": "nothing in effect was done with /nope.png",
        "log --rule Nope": "no rule 'Nope'",
        "log /nope.png": "no file /nope.png",
    }.items():
        assert said in shared.ctl(*words.split(), ok=(1,)).stderr
    assert shared.json("undo", "--last", "4")["done"] == 4
    assert shared.json("undo", "--since", "2100-01-01") == {"results": [], "done": 0, "refused": 0, "burst": 0}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount")
def test_a_disk_that_is_away_or_another_one_is_named_and_the_rest_done(shared: Instance) -> None:
    disk = shared.filed / "disk"
    shutil.rmtree(disk, ignore_errors=True)  # of another test: the mount point of an absent disk is empty
    disk.mkdir(parents=True)
    with mounted(disk, "-t", "tmpfs", "none"):
        batch = str(sort(shared, "here.png", "disk/there.png"))
    away = by_name(shared.json("undo", "--batch", batch, ok=(1,)))
    assert {name: each["done"] for name, each in away.items()} == {"here.png": True, "there.png": False}
    assert "cannot be opened" in away["there.png"]["reason"]
    with mounted(disk, "-t", "tmpfs", "none"):
        (disk / "sub").mkdir()
        (disk / "sub" / "there.png").write_bytes(b"a file on another disk")
        other = by_name(shared.json("undo", "--batch", batch, ok=(1,)))
        assert not other["there.png"]["done"]
        assert other["there.png"]["reason"]
        assert (disk / "sub" / "there.png").read_bytes() == b"a file on another disk"
    assert not (shared.inbox / "disk" / "there.png").exists()
