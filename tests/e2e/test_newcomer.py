"""A new user's first minutes on a home with 120 messy files: `init --yes`, `sort`, `undo`, a rule of one's own."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import snapsortd
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

    label, rules = own_rules()
    config = tmp_path / ".config" / "snapsortd" / "config.yaml"
    text = config.read_text()
    config.write_text(text.replace("\nlabels:\n", f"\nlabels:\n{label}\n").replace("\nrules:\n", f"\nrules:\n{rules}"))
    newcomer.run("check")
    names = ("photo 2.png", "DSC00001.jpg", "photo 8.png")
    newcomer.run("sort", *(str(tmp_path / "Downloads" / name) for name in names))
    pictures = tmp_path / "Pictures"
    filed = {path.name: path.relative_to(pictures).parts[0] for path in files(pictures)}
    assert filed == {"photo 2.png": "Food", "DSC00001.jpg": "Camera"}


def own_rules() -> tuple[str, str]:
    """Return the line of a label and the rules that the cookbook tells how to add."""
    page = (Path(snapsortd.__file__).parent / "docs" / "cookbook.md").read_text()
    example = page.partition("## A rule of your own")[2].partition("```yaml\n")[2].partition("```")[0]
    label = next(line for line in example.splitlines() if line.startswith("  food: "))
    return label, example.partition("\nrules:")[2].partition("\n")[2]


def files(folder: Path) -> list[Path]:
    """Return all files and links below."""
    return [path for path in folder.rglob("*") if path.is_symlink() or path.is_file()]
