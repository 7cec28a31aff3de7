"""Hard links and symlinks: created once, never over an existing file, removed only while they are that link."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from snapsortd.domain.decision import ActionKind
from snapsortd.domain.errors import MoveRefused
from snapsortd.domain.result import Outcome
from tests.support.filing import PIXELS, Filing, identity_of
from tests.support.trees import look, reasons, redo_all, undo_all

HARDLINK = ActionKind.HARDLINK
SYMLINK = ActionKind.SYMLINK


def test_a_hard_link_cannot_lead_to_another_disk(far_filing: Filing) -> None:
    filing = far_filing
    image = filing.image()
    with pytest.raises(MoveRefused, match="cannot cross file systems"):
        filing.file(image, filing.action(image, HARDLINK))
    assert look(filing) == {"inbox/a.png": PIXELS}


def test_a_hard_link_and_then_a_move(filing: Filing) -> None:
    """After a kill between the two, the image does not count as processed, but its link does."""
    image = filing.image()
    link = filing.file(image, filing.action(image, HARDLINK, folders=("links",)))
    filing.restart()
    assert filing.journal.recall(str(image), identity_of(image), "any") is None
    known = filing.journal.recall(link.intent.target, identity_of(link.intent.target), "any")
    assert known is not None
    assert known.outcome is Outcome.COPIED
    filing.file(image)
    assert set(reasons(undo_all(filing))) == {""}
    assert look(filing) == {"inbox/a.png": PIXELS}
    undone = filing.journal.recall(str(image), identity_of(image), "any", link.intent.sha256)
    assert undone is not None
    assert undone.outcome is Outcome.UNDONE


@pytest.mark.parametrize(
    ("kind", "meddle", "reason"),
    [
        pytest.param(HARDLINK, lambda image, _: image.unlink(), "is gone", id="original gone"),
        pytest.param(HARDLINK, lambda image, _: image.write_bytes(b"!"), "changed since", id="both changed"),
        pytest.param(HARDLINK, lambda _, link: link.unlink(), "is gone", id="hard link gone"),
        pytest.param(SYMLINK, lambda _, link: link.unlink(), "is gone", id="symlink gone"),
        pytest.param(SYMLINK, lambda _, link: replace_by(link, "elsewhere"), "changed since", id="another symlink"),
        pytest.param(SYMLINK, lambda _, link: replace_by(link, None), "changed since", id="a file in its place"),
    ],
)
def test_a_link_is_only_removed_while_it_is_that(
    filing: Filing, kind: ActionKind, meddle: Callable[[Path, Path], object], reason: str
) -> None:
    image = filing.image()
    entry = filing.file(image, filing.action(image, kind))
    meddle(image, Path(entry.intent.target))
    before = look(filing)
    for dry_run in (True, False):
        assert reason in reasons(undo_all(filing, dry_run))[0]
    assert look(filing) == before


def replace_by(link: Path, to: str | None) -> None:
    link.unlink()
    if to is None:
        link.write_bytes(PIXELS)
    else:
        link.symlink_to(to)


def test_a_symlink_goes_also_where_what_it_leads_to_is_gone(filing: Filing) -> None:
    image = filing.image()
    filing.file(image, filing.action(image, SYMLINK))
    image.unlink()
    assert reasons(undo_all(filing)) == [""]
    assert look(filing) == {}
    assert "is gone" in reasons(redo_all(filing))[0]
