"""The daemon does not react to its own operations, and leaves everything alone that is not a regular file."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from watchdog.events import FileOpenedEvent, FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer

from tests.support.observed import Observed, png
from tests.support.waiting import wait_for


def entries_after_rescan(daemon: Observed) -> int:
    """Trigger every event and scan once more; return the number of journal entries, without those of final images."""
    daemon.client.send("reload")
    daemon.settled()
    return sum("/last-" not in entry["source"] for entry in daemon.entries())


def test_what_is_filed_into_a_watched_folder_stays_there(daemon: Observed) -> None:
    path, target = daemon.inbox / "inside" / "a.png", daemon.inbox / "inside" / "filed" / "picture" / "a.png"
    path.write_bytes(png(31))
    wait_for(target.exists, what="filed")
    count = entries_after_rescan(daemon)
    assert entries_after_rescan(daemon) == count
    assert daemon.filed_once(path, png(31))
    assert daemon.outcome(target) == "filed"


@pytest.mark.parametrize(("here", "there"), [("left", "right"), ("right", "left")])
def test_two_rules_that_feed_each_other_file_an_image_once(daemon: Observed, here: str, there: str) -> None:
    path, target = (daemon.inbox / name / f"from {here}.png" for name in (here, there))
    path.write_bytes(png(32))
    wait_for(target.exists, what="filed")
    count = entries_after_rescan(daemon)
    assert entries_after_rescan(daemon) == count
    assert daemon.filed_once(path, png(32))
    assert len(daemon.entries(target)) == 1


def test_copies_into_each_others_watched_folders_are_made_once(daemon: Observed) -> None:
    path, copy = daemon.inbox / "copied" / "a.png", daemon.inbox / "copies" / "a.png"
    path.write_bytes(png(33))
    wait_for(copy.exists, what="copied")
    count = entries_after_rescan(daemon)
    assert entries_after_rescan(daemon) == count
    assert path.read_bytes() == copy.read_bytes() == png(33)
    assert [each.name for folder in (path.parent, copy.parent) for each in folder.iterdir()] == ["a.png", "a.png"]
    assert len(daemon.entries(path)) == len(daemon.entries(copy)) == 1


class Openings(FileSystemEventHandler):
    """Record every file that any process opens in some folders."""

    def __init__(self) -> None:
        self.paths: set[str] = set()

    def dispatch(self, event: FileSystemEvent) -> None:
        self.paths.add(os.fsdecode(event.src_path))


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """Return an image outside of all watched folders."""
    path = tmp_path / "target.png"
    path.write_bytes(png(41))
    return path


@pytest.fixture
def opened(daemon: Observed, target: Path) -> Iterator[set[str]]:
    heard, observer = Openings(), Observer()
    for folder in (daemon.inbox / "special", target.parent):
        observer.schedule(heard, str(folder), event_filter=[FileOpenedEvent])
    observer.start()
    yield heard.paths
    observer.stop()
    observer.join()


def test_what_is_no_regular_file_is_never_opened(
    daemon: Observed, target: Path, opened: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = daemon.inbox / "special"
    os.mkfifo(folder / "fifo.png")
    (folder / "folder.png").mkdir()
    (folder / "link.png").symlink_to(target)
    (folder / "dangling.png").symlink_to(target.parent / "nowhere")
    if os.geteuid() == 0:
        os.mknod(folder / "zero.png", 0o600 | 0o020000, os.makedev(1, 5))
        os.mknod(folder / "loop.png", 0o600 | 0o060000, os.makedev(7, 0))
    monkeypatch.chdir(folder)  # the path of a socket must be short
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket.png")
        listener.listen()
        listener.setblocking(False)
        came = threading.Event()
        writer = threading.Thread(target=lambda: (os.close(os.open("fifo.png", os.O_WRONLY)), came.set()), daemon=True)
        writer.start()
        (folder / "image.png").write_bytes(png(42))
        specials = {str(path) for path in folder.iterdir()} - {str(folder / "image.png")}
        wait_for(lambda: daemon.filed_once(folder / "image.png", png(42)), what="the image beside them filed")
        entries_after_rescan(daemon)
        assert not came.is_set(), "nobody opened the pipe"
        with pytest.raises(BlockingIOError):
            listener.accept()
        wait_for(lambda: str(folder / "image.png") in opened, what="word of a file that was opened")
        assert not opened & (specials | {str(target)})
        assert all(daemon.outcome(Path(path)) is None for path in specials)
        os.close(os.open("fifo.png", os.O_RDONLY))
        assert came.wait(20)
    writer.join(20)
    assert target.read_bytes() == png(41)
