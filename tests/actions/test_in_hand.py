"""Threads that move files at the same time: each file is in the hands of one, and nobody repairs what is not broken."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from snapsortd.actions.recover import repair
from snapsortd.domain.entry import Entry, State
from snapsortd.domain.errors import FileChanged
from snapsortd.files.progress import reported_to
from tests.support.filing import PIXELS, Filing
from tests.support.interrupted import begin, state_of


@contextmanager
def being_copied(filing: Filing, image: Path) -> Iterator[Future[Entry]]:
    """Have another thread copy a file to the other disk; it goes on when the block has ended."""
    reached, go_on = threading.Event(), threading.Event()

    def listen(doing: str, _done: int, _total: int) -> None:
        if doing == "copying":
            reached.set()
            assert go_on.wait(60)

    def move() -> Entry:
        with reported_to(listen):
            return filing.file(image)

    with ThreadPoolExecutor(1) as other:
        moved = other.submit(move)
        try:
            assert reached.wait(60)
            yield moved
        finally:
            go_on.set()
            moved.exception(60)


def test_an_entry_in_hand_is_not_repaired(far_filing: Filing) -> None:
    with being_copied(far_filing, far_filing.image()) as moved:
        assert repair(far_filing.journal, far_filing.mover) == []
    assert moved.result().state is State.DONE
    assert (far_filing.sorted / "a.png").read_bytes() == PIXELS
    assert repair(far_filing.journal, far_filing.mover) == []


def test_a_file_is_in_the_hands_of_one_thread(far_filing: Filing) -> None:
    image = far_filing.image()
    with being_copied(far_filing, image) as moved:
        assert far_filing.mover.in_hand.paths() == {str(image), str(far_filing.sorted / "a.png")}
        with pytest.raises(FileChanged, match="just now"):
            far_filing.file(image)
        (entry,) = far_filing.journal.open_entries()
        onwards = replace(entry.intent, source=entry.intent.target, target=str(image.parent / "onwards.png"))
        with pytest.raises(FileChanged, match="just now"), far_filing.mover.in_hand.begin(onwards):
            pass
        other = far_filing.file(far_filing.image("b.png"))
        undone = far_filing.mover.reverse(other, 9)
        assert undone is not None
        assert undone.state is State.DONE
    assert moved.result().state is State.DONE
    assert far_filing.mover.in_hand.paths() == frozenset()
    assert [entry.state for entry in far_filing.journal.entries()] == [State.DONE] * 3


def test_an_entry_that_was_closed_meanwhile_is_not_repaired(filing: Filing) -> None:
    entry = begin(filing, filing.image())
    with filing.mover.in_hand.claim(entry) as first, filing.mover.in_hand.claim(entry) as second:
        assert (first, second) == (entry, None)
    filing.journal.advance(entry.id, State.FAILED)
    with filing.mover.in_hand.claim(entry) as claimed:
        assert claimed is None
    assert state_of(filing, entry) is State.FAILED
