"""A new user's first minutes on a home with 120 messy files: `init --yes`, `sort`, `undo`."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

from tests.support.ctl import Ctl
from tests.support.exported import fill_cache
from tests.support.instance import tree
from tests.support.messy_home import RECEIPT, SCREENSHOT, STAYS, write

FILED = {"Documents/Receipts": RECEIPT, "Pictures/Screenshots": SCREENSHOT, "Downloads": STAYS}


def test_the_starter_configuration_files_much_and_nothing_wrongly(tmp_path: Path) -> None:
    xdg = {f"XDG_{each}_HOME": str(tmp_path / f".{each.lower()}") for each in ("CONFIG", "STATE", "CACHE")}
    newcomer = Ctl({"HOME": str(tmp_path), "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", **xdg})
    fill_cache(tmp_path / ".cache" / "snapsortd")
    truth = write(tmp_path / "Downloads")
    assert len(truth) == 120
    before = tree(tmp_path / "Downloads")

    newcomer.run("init", "--yes")
    newcomer.run("sort", str(tmp_path / "Downloads"))
    labels = Counter((truth[path.name], label) for folder, label in FILED.items() for path in files(tmp_path / folder))
    filed_wrongly = {pair: number for pair, number in labels.items() if pair[1] not in (pair[0], STAYS)}
    filed_rightly = labels[SCREENSHOT, SCREENSHOT] + labels[RECEIPT, RECEIPT]
    assert (filed_wrongly, labels.total()) == ({}, 120)
    assert filed_rightly >= 52  # of 54

    newcomer.run("undo")
    assert tree(tmp_path / "Downloads") == before
    assert not (tmp_path / "Documents").exists()


def files(folder: Path) -> list[Path]:
    """Return all files and links below."""
    return [path for path in folder.rglob("*") if path.is_symlink() or path.is_file()]
