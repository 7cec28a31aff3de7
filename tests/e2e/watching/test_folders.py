"""Watched folders that are removed, renamed or unmounted, or that the system no longer watches."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.instance import kept
from tests.support.observed import Observed, a_disk, png
from tests.support.waiting import wait_for


def test_a_folder_that_is_removed_and_made_again(daemon: Observed) -> None:
    folder = daemon.inbox / "removed"
    (folder / "bad.png").write_bytes(b"no image")
    wait_for(lambda: daemon.outcome(folder / "bad.png") == "quarantined", what="quarantined")
    before = daemon.known(folder)
    shutil.rmtree(folder)
    wait_for(lambda: daemon.state_of(folder) == "missing", what="missed")
    daemon.settled()
    assert daemon.known(folder) == before, "nothing is forgotten while the state is unknown"
    folder.mkdir()
    wait_for(lambda: daemon.state_of(folder) == "watching", what="watched again")
    (folder / "new.png").write_bytes(png(1))
    wait_for(lambda: daemon.filed_once(folder / "new.png", png(1)), what="filed")


def test_a_folder_that_is_renamed_and_renamed_back(daemon: Observed) -> None:
    folder, away = daemon.inbox / "renamed", daemon.folder / "away"
    (folder / "bad.png").write_bytes(b"no image")
    wait_for(lambda: daemon.outcome(folder / "bad.png") == "quarantined", what="quarantined")
    before = daemon.known(folder)
    folder.rename(away)
    wait_for(lambda: daemon.state_of(folder) == "missing", what="missed")
    (away / "elsewhere.png").write_bytes(png(1))
    daemon.settled()
    assert (away / "elsewhere.png").exists(), "what is not in a watched folder is not filed"
    away.rename(folder)
    wait_for(lambda: daemon.filed_once(folder / "elsewhere.png", png(1)), what="filed")
    daemon.settled()
    assert daemon.known(folder) == before, "known images stay known, and were not processed again"


def test_a_disk_that_is_unmounted_and_mounted_again(daemon: Observed) -> None:
    image, folder = a_disk(daemon, "disk.img"), daemon.inbox / "disk"
    there = daemon.seen(folder)
    assert daemon.state_of(folder) == "watching", "it was empty at the start"
    daemon.mount("mount", "-o", "loop", str(image), str(folder))
    (there / "bad.png").write_bytes(b"no image")
    (there / "left.png").write_bytes(png(1) + b"trailing" * 200)
    (there / "filed.png").write_bytes(png(2))
    wait_for(lambda: daemon.filed_once(folder / "filed.png", png(2)), what="filed from the disk")
    daemon.settled()
    before = daemon.known(folder)
    assert len(before) == 2, "the others were dealt with"

    daemon.mount("umount", str(folder))
    wait_for(lambda: daemon.state_of(folder) == "missing: its disk is not mounted", what="missed")
    daemon.client.send("reload")
    assert daemon.state_of(folder) == "missing: its disk is not mounted"
    daemon.settled()
    assert daemon.known(folder) == before, "nothing is concluded from an empty mount point"

    daemon.mount("mount", "-o", "loop", str(image), str(folder))
    wait_for(lambda: daemon.state_of(folder) == "watching", what="watched again")
    (there / "new.png").write_bytes(png(3))
    wait_for(lambda: daemon.filed_once(folder / "new.png", png(3)), what="filed from the disk")
    daemon.settled()
    assert daemon.known(folder) == before, "nothing was processed again"
    assert {path.name for path in there.iterdir()} == {"bad.png", "left.png", "lost+found"}
    assert daemon.filed_once(folder / "filed.png", png(2))


def test_a_paused_daemon_lets_a_disk_be_unmounted_in_the_middle_of_a_backlog(daemon: Observed) -> None:
    image, folder = a_disk(daemon, "paused.img"), daemon.inbox / "paused"
    there = daemon.seen(folder)
    daemon.mount("mount", "-o", "loop", str(image), str(folder))
    for number in range(1_500):  # more than are taken from the folder at once
        (there / f"{number}.png").write_bytes(png(number))
    daemon.client.send("reload")
    wait_for(lambda: daemon.status()["queued"] > 500, what="the backlog begun")
    daemon.client.send("pause")
    try:
        daemon.mount("umount", str(folder))
    finally:
        daemon.client.send("resume")
    daemon.settled()
    assert not daemon.status()["problems"] or all("paused" not in each["path"] for each in daemon.status()["problems"])


def test_an_image_waits_for_the_disk_of_its_destination(daemon: Observed) -> None:
    image, point, path = a_disk(daemon, "far.img"), daemon.folder / "filed-far", daemon.inbox / "far" / "a.png"
    fstab = daemon.folder / "fstab"
    fstab.write_text(f"{image} {point} ext4 loop,noauto 0 0\n")
    point.mkdir()
    daemon.mount("mount", "--bind", str(fstab), "/etc/fstab")
    path.write_bytes(png(51))
    wait_for(lambda: daemon.outcome(path) == "failed", what="refused")
    assert f"the disk at {point} is not mounted" in daemon.client.explain(str(path))["reason"]
    daemon.settled()
    assert path.exists()
    assert not list(point.iterdir())

    daemon.mount("mount", "-o", "loop", str(image), str(point))
    daemon.client.send("reload")
    wait_for(lambda: not path.exists(), what="filed")
    assert (daemon.seen(point) / "sub" / "a.png").read_bytes() == png(51)


LIMITED = """\
version: 1
existing: file
labels: {{picture: a picture}}
rescan: 1s
watch:
  - {{path: "{inbox}/told", settle: 300ms}}
  - {{path: "{inbox}/scanned", settle: 300ms, subfolders: true}}
rules:
  - name: All
    actions: [move: "{filed}/"]
"""


def test_a_limit_of_watches_is_named_and_files_are_found_by_scanning(tmp_path: Path) -> None:
    namespace = ("unshare", "--user", "--map-root-user")
    limit = "echo {} > /proc/sys/user/max_inotify_watches"
    if subprocess.run([*namespace, "sh", "-c", limit.format(1)], capture_output=True, check=False).returncode:
        pytest.skip("no user namespaces here, so the limit cannot be lowered for one process")
    one = Observed(tmp_path, LIMITED, (*namespace, "sh", "-c", f'{limit.format(1)}; exec "$@"', "sh"))
    told, scanned = one.inbox / "told", one.inbox / "scanned"
    (scanned / "deep").mkdir()
    with kept(one):
        one.start()
        # Whichever of the two gets the only watch, the other one has a subfolder for which none is left.
        assert "fs.inotify.max_user_watches" in one.state_of(scanned)
        assert "fs.inotify.max_user_watches" in one.ctl("status").stdout
        (scanned / "deep" / "a.png").write_bytes(png(1))
        wait_for(lambda: (one.filed / "a.png").exists(), what="filed by scanning")
        inside = ("nsenter", f"--user=/proc/{one.pid}/ns/user", "--preserve-credentials")
        subprocess.run([*inside, "sh", "-c", limit.format(100)], check=True, timeout=60)
        one.client.send("reload")
        assert one.state_of(told) == one.state_of(scanned) == "watching"
