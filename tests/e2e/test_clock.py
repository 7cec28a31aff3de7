"""The clock is set back and forward under a running daemon."""

from __future__ import annotations

import os
from pathlib import Path

from tests.support.clock import Clock
from tests.support.images import receipt
from tests.support.instance import SHARED, Instance, kept
from tests.support.waiting import wait_for

YEAR_S = 365 * 86_400


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
