"""Long copies: they report how far they have come, and end when whoever listens has them end."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from snapsortd.domain.entry import State
from snapsortd.domain.errors import Interrupted
from snapsortd.files.copy import copy_file, hash_fd
from snapsortd.files.folders import PathInFolder, open_folder
from snapsortd.files.progress import reported_to
from tests.support.filing import Filing

MIB = 1 << 20
CONTENT = bytes(range(256)) * (5 * MIB // 256)


@pytest.fixture
def original(tmp_path: Path) -> Iterator[int]:
    path = tmp_path / "a.png"
    path.write_bytes(CONTENT)
    fd = os.open(path, os.O_RDONLY)
    yield fd
    os.close(fd)


def test_copying_and_reading_back_report_every_piece(tmp_path: Path, original: int) -> None:
    heard: list[tuple[str, int, int]] = []
    sha256 = hash_fd(original)
    with reported_to(lambda *each: heard.append(each)), open_folder(str(tmp_path)) as folder:
        copy_file(original, PathInFolder(folder, "b.png"), sha256, keep_all=True)
    assert hash_fd(original) == sha256, "nobody listens any more"
    pieces = range(MIB, 6 * MIB, MIB)
    doing = ("copying", "checking the copy of")
    assert heard == [(each, done, 5 * MIB) for each in doing for done in pieces]
    assert (tmp_path / "b.png").read_bytes() == CONTENT


@pytest.mark.parametrize("when", ["copying", "checking the copy of"])
def test_a_move_that_is_to_end_leaves_everything_as_it_was(far_filing: Filing, when: str) -> None:
    image = far_filing.image(content=CONTENT)

    def listen(doing: str, done: int, _total: int) -> None:
        if (doing, done) == (when, 3 * MIB):
            raise Interrupted("snapsortd was asked to stop")

    with reported_to(listen), pytest.raises(Interrupted):
        far_filing.file(image)
    assert image.read_bytes() == CONTENT
    assert os.listdir(far_filing.sorted) == []
    (entry,) = far_filing.journal.entries()
    assert (entry.state, entry.reason) == (State.FAILED, "snapsortd was asked to stop")
    assert far_filing.file(image).state is State.DONE
    assert (far_filing.sorted / "a.png").read_bytes() == CONTENT
