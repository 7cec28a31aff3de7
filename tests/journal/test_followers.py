"""What goes along with an image is taken back along; what cannot be taken back is passed over."""

from __future__ import annotations

import os

import pytest

from snapsortd.domain.decision import ActionKind
from snapsortd.domain.entry import Entry, EntryKind, Intent, Method, State
from snapsortd.domain.errors import MoveRefused
from snapsortd.journal import Selection
from snapsortd.pipeline.undo import redo, undo
from tests.support.filing import PIXELS, Filing
from tests.support.trees import ALL, look, reasons


def group(filing: Filing, name: str, batch: int) -> tuple[Entry, Entry]:
    image = filing.file(filing.image(f"{name}.png"), batch=batch)
    sidecar = filing.image(f"{name}.xmp", b"<x/>")
    return image, filing.file(sidecar, batch=batch, follows=image.id)


def names(entries: list[Entry]) -> list[str]:
    return [os.path.basename(entry.intent.source) for entry in entries]


def test_what_goes_along_is_taken_back_along(filing: Filing) -> None:
    (a, xmp), (_, _) = group(filing, "a", 1), group(filing, "b", 2)
    choose = filing.journal.undoable
    assert names(choose(Selection(ids=(a.id,)))) == ["a.xmp", "a.png"]
    assert names(choose(Selection(ids=(xmp.id,)))) == ["a.xmp"]
    assert names(choose(Selection(last=1))) == ["b.xmp", "b.png"]
    assert names(choose(Selection(last=2))) == ["b.xmp", "b.png", "a.xmp", "a.png"]
    assert names(choose(Selection())) == ["b.xmp", "b.png"]
    assert names(choose(Selection(since=0.0))) == ["b.xmp", "b.png", "a.xmp", "a.png"]
    assert filing.journal.counts().filed == 2


def test_there_and_back_with_what_goes_along(filing: Filing) -> None:
    image, _ = group(filing, "a", 1)
    before = look(filing)
    for _ in range(2):
        back = undo(filing.journal, filing.mover, filing.journal.undoable(Selection(ids=(image.id,))))
        assert reasons(back) == ["", ""]
        assert look(filing) == {"inbox/a.png": PIXELS, "inbox/a.xmp": b"<x/>"}
        again = redo(filing.journal, filing.mover, filing.journal.redoable(Selection(last=1)))
        assert reasons(again) == ["", ""]
        assert look(filing) == before
    assert names(filing.journal.undoable(Selection(last=1))) == ["a.xmp", "a.png"]


def test_what_is_left_of_a_group_counts_by_itself(filing: Filing) -> None:
    (image, _), _ = group(filing, "a", 1), filing.file(filing.image("z.png"), batch=2)
    filing.mover.reverse(image, 3)
    assert names(filing.journal.undoable(Selection(last=2))) == ["z.png", "a.xmp"]


@pytest.mark.parametrize(("kind", "what"), [(ActionKind.RUN, "command"), (ActionKind.NOTIFY, "notification")])
def test_a_command_is_refused_by_id_and_else_passed_over(filing: Filing, kind: ActionKind, what: str) -> None:
    image = filing.file(filing.image(), batch=1)
    with pytest.raises(MoveRefused, match="changes no file"):
        filing.file(image.intent.target, filing.action("a.png", kind), batch=1)
    called = call(filing, image, EntryKind(kind))
    assert names(filing.journal.undoable(Selection())) == ["a.png"]
    assert filing.journal.undoable(ALL) == [image]
    asked = undo(filing.journal, filing.mover, filing.journal.undoable(Selection(ids=(called.id,))))
    assert reasons(asked) == [f"a {what} cannot be undone"]


def call(filing: Filing, image: Entry, kind: EntryKind) -> Entry:
    """Record a command or notification as `run_and_notify` does."""
    intent = Intent(
        cause=image.intent.cause,
        kind=kind,
        action=kind,
        source=image.intent.target,
        target=image.intent.target,
        wanted=image.intent.target,
        identity=image.intent.identity,
        sha256=image.intent.sha256,
        method=Method.CALL,
        keep_source=True,
        source_folder=image.intent.target_folder,
        target_folder=image.intent.target_folder,
        arguments=("true",),
    )
    return filing.journal.advance(filing.journal.begin(intent).id, State.DONE)
