"""The clock is set back and forward under a running daemon, and moves on while none is running."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from snapsortd.ctl.client import Client
from snapsortd.domain.errors import SnapsortError
from tests.support.clock import Clock
from tests.support.images import receipt
from tests.support.instance import SHARED, Instance, kept
from tests.support.waiting import wait_for

DAY_S = 86_400
YEAR_S = 365 * DAY_S
COOKBOOK = Path(__file__).parents[2] / "snapsortd" / "config" / "recipes"


def test_files_are_filed_and_taken_back_in_order_whatever_the_clock_says(tmp_path: Path) -> None:
    clock = Clock(tmp_path / "clock")
    with kept(Instance(tmp_path, SHARED)) as one:
        one.env |= clock.env
        one.start()
        paths = []
        for name, years in (("now", 0), ("back", -9), ("forward", 9), ("back again", -20)):
            path = one.inbox / f"{name}.png"
            receipt(3).resize((90, 90)).save(path)
            clock.set(years * YEAR_S)  # it has most likely not settled yet
            wait_for(lambda path=path: not path.exists(), seconds=120, what=f"{name} filed")
            paths.append(str(path))
        wait_for(lambda: not one.status()["unfinished"], what="all finished")
        entries = one.json("log")["entries"]
        assert [entry["source"] for entry in entries] == paths[::-1]
        years_told = [int(entry["at"][:4]) for entry in entries]
        assert years_told[3] > years_told[2] < years_told[1] > years_told[0], "its clock did go back and forth"
        assert one.json("undo", "--last", "1")["results"][0]["to"] == paths[-1]
        clock.set(30 * YEAR_S)
        assert one.json("undo")["results"][0]["to"] == paths[-2]
        one.ctl("reload")
        wait_for(lambda: one.is_idle() and one.is_running(), what="scanned again")
        assert sorted(os.listdir(one.inbox)) == ["back again.png", "forward.png"]
        assert 0 <= one.status()["uptime_s"] < 3600
        assert one.end() == 0


def test_a_desktop_is_tidied_when_its_images_are_old_enough_also_across_restarts(tmp_path: Path) -> None:
    """The recipe of the cookbook, by the programs, while time passes with and without the daemon."""
    clock = Clock(tmp_path / "clock")
    with kept(Instance(tmp_path)) as one:
        one.config.write_text((COOKBOOK / "tidy-desktop.yaml").read_text())
        one.env |= clock.env
        home = Path(one.env["HOME"])
        desktop, tidied = home / "Desktop", home / "Pictures" / "From the desktop"
        (desktop / "trip").mkdir(parents=True)
        one.start()
        left = [drop(desktop / name) for name in ("a.png", "trip/b.png", "KEEP c.png")]
        wait_for(lambda: known(one) == dict.fromkeys(map(str, left), "left"), what="all are left")
        due = datetime.fromtimestamp(os.stat(left[0]).st_mtime + 30 * DAY_S, UTC)
        told = datetime.fromisoformat(one.json("explain", str(left[0]))["due"])
        assert timedelta() <= told - due <= timedelta(seconds=1.1)
        assert "The rules will be applied to it again on " in one.ctl("explain", str(left[1])).stdout
        assert "The rules" not in one.ctl("explain", str(left[2])).stdout
        assert one.end() == 0

        clock.set(31 * DAY_S)
        assert "The rules have been due again since " in one.ctl("explain", str(left[0])).stdout
        one.start()
        wait_for(lambda: names(desktop) == ["KEEP c.png"], seconds=60, what="tidied after the start")
        assert names(tidied) == ["a.png", "trip/b.png"]

        later = drop(desktop / "d.png", age=-20 * DAY_S)
        wait_for(lambda: known(one).get(str(later)) == "left", what="the next one is left")
        clock.set(51 * DAY_S)
        wait_for(lambda: not later.exists(), seconds=60, what="tidied while it runs")
        one.ctl("undo", "--all")
        one.ctl("reload")
        clock.set(80 * DAY_S)
        wait_for(one.is_idle, what="scanned again")
        assert names(desktop) == ["KEEP c.png", "a.png", "d.png", "trip/b.png"]
        assert one.end() == 0


def drop(path: Path, age: float = 0.0) -> Path:
    """Put an image there, modified so many seconds ago."""
    receipt(len(path.name)).resize((90, 90)).save(path)
    os.utime(path, (time.time() - age,) * 2)
    return path


def known(one: Instance) -> dict[str, str]:
    """Return the outcomes of what is on the desktop, as far as the daemon knows them."""
    client, found = Client(str(one.runtime / "snapsortd" / "control.sock")), {}
    for path in (Path(one.env["HOME"]) / "Desktop").rglob("*.png"):
        with suppress(SnapsortError):
            found[str(path)] = client.explain(str(path))["outcome"]
    return found


def names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*.png"))
