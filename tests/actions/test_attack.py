"""Thousands of moves against a program that attacks them."""

from __future__ import annotations

import os
from pathlib import Path

from snapsortd.actions.recover import repair
from snapsortd.domain.entry import Cause, State
from snapsortd.domain.errors import DurabilityError, FileChanged, LeftAlone, MoveRefused
from snapsortd.files.open_file import open_file
from tests.support.attack import Attack
from tests.support.filing import PIXELS, Filing


def image(number: int) -> bytes:
    return b"%d" % number + PIXELS[: number % 5000]


def test_an_attack_on_the_mover_touches_and_loses_nothing(any_filing: Filing, tmp_path: Path) -> None:
    filing = any_filing
    filed = 0
    with Attack(filing.inbox, filing.sorted / "2026", tmp_path / "outside", image) as attack:
        while attack.continues:
            for folder in (filing.inbox, filing.inbox / "sub"):
                filed += sum(file(filing, folder / name) for name in os.listdir(folder) if name.endswith(".png"))
    repair(filing.journal, filing.mover)
    assert filing.journal.open_entries() == []
    assert filed > 10, "it was not attacked while it worked"
    attack.check(filing.sorted, filing.journal.counts().conflicts)


def file(filing: Filing, path: Path) -> bool:
    """File one image as the pipeline does. Return True if it was moved."""
    try:
        with open_file(str(path), str(filing.inbox)) as opened:
            action = filing.action(path, folders=("2026",))
            entry = filing.mover.file(opened.hashed(), action, Cause(action.rule, batch=1))
            return entry.state is State.DONE
    except (FileChanged, MoveRefused, LeftAlone):
        return False
    except DurabilityError as error:
        raise AssertionError("a race was taken for a failing disk, and moving would have stopped") from error
