"""Files that are not complete yet, and images that change while they are classified."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import pytest

from tests.support.observed import Observed, png
from tests.support.waiting import wait_for


def test_a_file_that_grows_with_pauses_longer_than_its_settle_time(daemon: Observed) -> None:
    path, content = daemon.inbox / "slow" / "growing.png", png(11)
    cuts = (0, 20, 50, len(content))
    with path.open("wb", buffering=0) as file:
        for start, end in pairwise(cuts):
            file.write(content[start:end])
            if end < len(content):
                # There is no event for a write before the file is closed, so a rescan finds it.
                daemon.client.send("reload")
                wait_for(lambda: daemon.outcome(path) == "waiting", what="held back, half written")
                assert path.read_bytes() == content[:end]
    wait_for(lambda: daemon.filed_once(path, content), what="filed whole")


def test_a_file_that_grows_between_the_times_that_it_is_open(daemon: Observed) -> None:
    path, content = daemon.inbox / "slow" / "reopened.png", png(14)
    path.write_bytes(content[:50])
    wait_for(lambda: daemon.outcome(path) == "quarantined", what="quarantined, half written")
    with path.open("ab") as file:
        file.write(content[50:])
    wait_for(lambda: daemon.filed_once(path, content), what="filed whole")


def test_a_download_that_is_renamed_when_it_is_whole(daemon: Observed) -> None:
    partial, path = daemon.inbox / "slow" / "done.png.crdownload", daemon.inbox / "slow" / "done.png"
    partial.write_bytes(png(12)[:40])
    daemon.settled()
    assert daemon.outcome(partial) == "waiting"
    partial.write_bytes(png(12))
    partial.rename(path)
    wait_for(lambda: daemon.filed_once(path, png(12)), what="filed")
    assert not daemon.entries(partial)


@contextmanager
def in_hand(daemon: Observed, path: Path) -> Iterator[None]:
    """Yield a new image that the daemon has open and has passed to the classifier, which is suspended meanwhile."""
    classifier = daemon.status()["classifier_pid"]
    os.kill(classifier, signal.SIGSTOP)
    try:
        path.write_bytes(png(20))
        wait_for(lambda: daemon.holds_open(path), what="the image in flight")
        yield
    finally:
        os.kill(classifier, signal.SIGCONT)


def test_an_image_that_is_deleted_while_it_is_classified(daemon: Observed) -> None:
    path = daemon.inbox / "meanwhile" / "deleted.png"
    with in_hand(daemon, path):
        path.unlink()
    daemon.settled()
    assert daemon.outcome(path) is None
    assert all(entry["state"] != "done" for entry in daemon.entries(path))


def replace(path: Path) -> None:
    new = path.with_name("new.tmp")
    new.write_bytes(png(21))
    new.rename(path)


def rewrite(path: Path) -> None:
    path.write_bytes(png(21))


@pytest.mark.parametrize("change", [replace, rewrite])
def test_an_image_that_changes_while_it_is_classified_is_filed_as_it_is_then(
    daemon: Observed, change: Callable[[Path], None]
) -> None:
    path = daemon.inbox / "meanwhile" / f"{change.__name__}.png"
    with in_hand(daemon, path):
        change(path)
    wait_for(lambda: daemon.filed_once(path, png(21)), what="filed as it is now")
    daemon.settled()
    assert daemon.filed_once(path, png(21))


def test_an_image_that_is_renamed_while_it_is_classified_is_filed_under_its_new_name(daemon: Observed) -> None:
    path, new = daemon.inbox / "meanwhile" / "old name.png", daemon.inbox / "meanwhile" / "new name.png"
    with in_hand(daemon, path):
        path.rename(new)
    wait_for(lambda: daemon.filed_once(new, png(20)), what="filed")
    daemon.settled()
    assert all(entry["state"] != "done" for entry in daemon.entries(path))


def test_images_that_are_moved_in_with_their_folder(daemon: Observed) -> None:
    holiday = daemon.folder / "holiday"
    images = {f"{day}/{number}.png": png(100 * day + number) for day in (1, 2) for number in range(3)}
    for name, content in images.items():
        (holiday / name).parent.mkdir(parents=True, exist_ok=True)
        (holiday / name).write_bytes(content)
    came = daemon.inbox / "tree" / "holiday"
    holiday.rename(came)
    (came / "2" / "later.png").write_bytes(png(1000))
    images["2/later.png"] = png(1000)
    for name, content in images.items():
        wait_for(lambda name=name, content=content: daemon.filed_once(came / name, content), what=f"{name} filed")
    daemon.settled()
    assert all(daemon.filed_once(came / name, content) for name, content in images.items())
