"""Files that go on growing after they were filed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from snapsortd.pipeline.after_filing import FIRST_CHECK_S, LAST_CHECK_S, FiledLately, find_grown, growth
from tests.support.filing import PIXELS, Filing


@pytest.fixture
def filing(tmp_path: Path) -> Iterator[Filing]:
    for name in ("inbox", "sorted"):
        (tmp_path / name).mkdir()
    one = Filing(str(tmp_path / "state" / "journal.sqlite3"), tmp_path / "inbox", tmp_path / "sorted")
    yield one
    one.journal.close()


def test_a_scanner_adds_a_page_to_a_file_that_was_filed(filing: Filing) -> None:
    path = filing.image("scan.tif")
    with path.open("ab", buffering=0) as scanner:
        entry = filing.file(path)
        assert growth(entry) == ""
        scanner.write(PIXELS)
        assert "from 256.0 kB to 512.0 kB" in growth(entry)
    assert [each.entry for each in find_grown([entry])] == [entry]


def shorten(target: Path) -> None:
    target.write_bytes(PIXELS[:10])


def remove(target: Path) -> None:
    target.unlink()


def replace(target: Path) -> None:
    other = target.with_name("other.png")
    other.write_bytes(PIXELS * 2)
    other.rename(target)


@pytest.mark.parametrize("change", [shorten, remove, replace])
def test_no_other_change_is_growth(filing: Filing, change: Callable[[Path], None]) -> None:
    entry = filing.file(filing.image())
    change(filing.sorted / "a.png")
    assert growth(entry) == ""


def test_a_file_is_checked_for_an_hour_less_and_less_often(filing: Filing) -> None:
    entry, lately = filing.file(filing.image()), FiledLately()
    lately.add([entry], 100.0)
    times = []
    while (due := lately.next_due) is not None:
        assert lately.take_due(due - 0.1) == []
        assert lately.take_due(due) == [entry]
        times.append(due - 100.0)
    assert times[0] == FIRST_CHECK_S
    assert times[-1] >= LAST_CHECK_S
    assert len(times) < 15


def test_what_has_grown_is_remembered_and_not_checked_again(filing: Filing) -> None:
    entry, lately = filing.file(filing.image()), FiledLately()
    lately.add([entry], 0.0)
    with (filing.sorted / "a.png").open("ab") as file:
        file.write(PIXELS)
    lately.note(find_grown(lately.take_due(FIRST_CHECK_S)))
    assert [each.entry for each in lately.grown] == [entry]
    assert lately.next_due is None
