"""Which files are complete: names, control files and writers, with the system calls that real programs make."""

from __future__ import annotations

import math
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from snapsortd.config.settings import WatchFolder
from snapsortd.watch.completeness import TEMPORARY_S, is_unfinished_image, unready, unready_name
from snapsortd.watch.scan import scan
from snapsortd.watch.unfinished import unfinished_in
from tests.support.watched import Folder

CONTENT = b"\x89PNG\r\n\x1a\n" + bytes(5000)


@pytest.mark.pure
@pytest.mark.parametrize(
    "name",
    [
        *("x.jpg", "X.JPG", "no suffix", "x.pjpeg", "a.part.png", "~.png", "# 1.png", "#1", "-rf", "\udcff.png"),
        *("x.jpg.1", "x.jpg (copy)", "x.jpg_large", "x.jpg:orig", "x.png.jpg", "x.jpg.K3J9QZ", "my.old", "original"),
        *("x.jpg.12", "x_tmp.jpg", "x.jpg-large", "x.part1.jpg", "x.backup.jpg", "my.tmp.png", "2.5"),
        *("x_original.jpg", "trashed-x.jpg", "Screenshot 2026-11-28 at 09.15.04.png", "x.partial.tiff"),
    ],
)
def test_names_of_complete_files(name: str) -> None:
    assert unready_name(name) == ""


@pytest.mark.pure
@pytest.mark.parametrize(
    ("name", "why"),
    [
        *((name, "hidden") for name in (".x.png", ".trashed-1700000000-x.jpg", ".pending-1700000000-x.jpg")),
        *((name, "hidden") for name in (".Screenshot 2026-11-28 at 09.15.04.png-Qb2x", "._x.png", ".~lock.x.png#")),
        *(
            (name, "hidden")
            for name in (".goutputstream-A1B2C3", ".syncthing.x.jpg.tmp", ".x.png.Xa81bc", ".in.x.jpg.")
        ),
        *((name, "unfinished") for name in ("x.jpg.crdownload", "Unconfirmed 12.CRDOWNLOAD", "x.jpg.part", "x.tmp")),
        *((name, "unfinished") for name in ("x.jpg.wkdownload", "x.jpg.fdmdownload", "x.jpg.dtapart", "x.jpg.lftp")),
        *((name, "unfinished") for name in ("x.jpg.bts", "x.jpg.!ut", "x.jpg.!qB", "x.jpg.aria2", "x.jpg.partial~")),
        *(
            (name, "unfinished")
            for name in ("x.jpg.opdownload", "x.jpg.crswap", "x.jpg.az!", "x.jpg.baiduyun.p.downloading")
        ),
        *((name, "unfinished") for name in ("x.jpg.ocTransferId17.part", "x.jpg.8f2b1a0c.partial", "x.jpg.part.met")),
        *((name, "unfinished") for name in ("x.jpg.tmp.4711", "x.jpg.aria2__temp", "x.jpg.xltd", "x.jpg.filepart")),
        *((name, "hidden") for name in (".5", ".x.jpg.~1a2b", ".com.google.Chrome.Qb2xK0", ".x.jpg.icloud")),
        *((name, "backup") for name in ("x.jpg_tmp", "x.JPG-backup", "x.png.bak.1", "~$x.jpg", "x.jpg.~1~")),
        *((name, "backup") for name in ("x.jpg~", "x.jpg.bak", "x.jpg_original", "x.JPG_exiftool_tmp", "#x.jpg#")),
        *((name, "backup") for name in ("x.jpg.orig", "x.png.old", "~$x.jpg", "~syncthing~x.jpg.tmp.jpg", "x.png.swp")),
    ],
)
def test_names_that_promise_no_complete_image(name: str, why: str) -> None:
    assert why in unready_name(name)


@pytest.mark.pure
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        *((name, True) for name in ("x.JPG.part", "x.png.!ut", ".pending-1700000000-x.jpg")),
        *((name, False) for name in ("x.png.aria2", "x.iso.part", ".x.png.part", ".pending-1700000000-x.mp4")),
    ],
)
def test_unfinished_downloads_of_images(name: str, expected: bool) -> None:
    assert is_unfinished_image(name) is expected


def test_unfinished_downloads_are_found_wherever_images_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("snapsortd.watch.unfinished.SLICE_S", math.inf)
    for name in ("x.jpg.part", "2026/trip/y.png.crdownload", "2026/z.jpg.download/z.jpg", "node_modules/n.jpg.part"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    for subfolders, more in ((False, set()), (True, {"2026/trip/y.png.crdownload", "2026/z.jpg.download"})):
        folder = WatchFolder(str(tmp_path), subfolders=subfolders)
        found = {os.path.relpath(path, tmp_path) for path, _, _ in unfinished_in(folder)}
        assert found == {"x.jpg.part", *more}


def complete(folder: Path) -> set[str]:
    """Return the names of the files that would be filed, if they did not change any more."""
    found = scan(Folder(str(folder)))
    return {os.path.basename(path) for path in found if os.path.getsize(path) and not unready(path, str(folder))}


def aria2(image: Path) -> Iterator[None]:
    control = Path(f"{image}.aria2")
    fd = os.open(image, os.O_RDWR | os.O_CREAT, 0o666)
    yield
    os.posix_fallocate(fd, 0, len(CONTENT)) if sys.platform == "linux" else os.ftruncate(fd, len(CONTENT))
    control.write_bytes(b"\0\1")
    os.pwrite(fd, CONTENT[2000:], 2000)
    yield
    os.close(fd)  # paused, and continued days later
    yield
    fd = os.open(image, os.O_RDWR)
    os.pwrite(fd, CONTENT[:2000], 0)
    os.close(fd)
    yield
    control.unlink()


def firefox(image: Path) -> Iterator[None]:
    os.close(os.open(image, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))  # takes the name
    part = image.with_name("Qb2xK0.jpg.part")
    with part.open("wb") as file:
        file.write(CONTENT[:100])
        yield
        file.write(CONTENT[100:])
    yield
    part.rename(image)


def gnome_screenshot(image: Path) -> Iterator[None]:
    temporary = image.with_name(".goutputstream-QB2XK0")
    with temporary.open("wb") as file:
        file.write(CONTENT[:100])
        yield
        file.write(CONTENT[100:])
        os.fsync(file.fileno())
    yield
    temporary.rename(image)


def rsync_inplace(image: Path) -> Iterator[None]:
    fd = os.open(image, os.O_WRONLY | os.O_CREAT, 0o600)
    for start in range(0, len(CONTENT), 2000):
        os.write(fd, CONTENT[start : start + 2000])
        yield
    os.ftruncate(fd, len(CONTENT))
    os.close(fd)
    os.utime(image, (1.7e9, 1.7e9))


def unzip(image: Path) -> Iterator[None]:
    with image.open("w+b", buffering=0) as file:
        file.write(CONTENT[:3000])
        yield
        file.write(CONTENT[3000:])
        yield
    os.utime(image, (1.7e9, 1.7e9))
    image.chmod(0o644)


def empty_part_beside(image: Path) -> Iterator[None]:
    note = Path(f"{image}.part")
    note.touch()
    image.write_bytes(CONTENT[:100])
    yield
    image.write_bytes(CONTENT)
    yield
    note.unlink()


WRITERS = [aria2, firefox, gnome_screenshot, rsync_inplace, unzip, empty_part_beside]
KNOWN_BY_LEASE = {rsync_inplace, unzip}


@pytest.mark.parametrize("write", WRITERS, ids=lambda write: write.__name__)
def test_what_a_program_writes_is_complete_when_it_has_ended(
    tmp_path: Path, write: Callable[[Path], Iterator[None]]
) -> None:
    if write in KNOWN_BY_LEASE and sys.platform != "linux":
        pytest.skip("only Linux says which files are open for writing")
    for _ in write(tmp_path / "x.jpg"):
        assert complete(tmp_path) == set()
    assert complete(tmp_path) == {"x.jpg"}


@pytest.mark.parametrize("folder", ["album", "album/disc 1/scans"])
def test_a_download_of_several_files_is_not_complete_while_its_control_file_is_beside_the_folder(
    tmp_path: Path, folder: str
) -> None:
    (tmp_path / folder).mkdir(parents=True)
    image, control = tmp_path / folder / "x.jpg", tmp_path / "album.aria2"
    image.write_bytes(CONTENT)
    control.touch()
    assert "album.aria2" in unready(str(image), str(tmp_path))
    control.unlink()
    assert unready(str(image), str(tmp_path)) == ""


def test_a_pipe_is_never_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.jpg")
    opened = threading.Thread(target=lambda: os.close(os.open(tmp_path / "x.jpg", os.O_WRONLY)))
    opened.start()
    assert unready(str(tmp_path / "x.jpg"), str(tmp_path)) == ""
    opened.join(0.2)
    assert opened.is_alive()
    os.close(os.open(tmp_path / "x.jpg", os.O_RDONLY))
    opened.join(20)


def test_a_name_of_the_greatest_length_is_complete(tmp_path: Path) -> None:
    image = tmp_path / f"{'x' * 251}.jpg"
    image.write_bytes(CONTENT)
    assert unready(str(image), str(tmp_path)) == ""


def test_an_unfinished_file_beside_a_complete_one_holds_nothing_back(tmp_path: Path) -> None:
    (tmp_path / "x.jpg").write_bytes(CONTENT)
    (tmp_path / "x.jpg.part").write_bytes(CONTENT[:100])
    assert complete(tmp_path) == {"x.jpg"}


def test_an_unknown_suffix_behind_that_of_an_image_is_temporary_for_an_hour_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = tmp_path / "x.jpg.K3J9QZ"
    image.write_bytes(CONTENT)
    assert "an hour" in unready(str(image), str(tmp_path))
    assert "an hour" in unready(str(image.rename(tmp_path / "x.jpg.3194824719")), str(tmp_path))
    (tmp_path / "x.jpg.3194824719").rename(image)
    companion = tmp_path / "x.jpg.json"
    companion.write_bytes(b"{}")
    assert unready(str(companion), str(tmp_path)) == ""
    monkeypatch.setattr("snapsortd.watch.completeness.TEMPORARY_S", TEMPORARY_S * 0)
    assert unready(str(image), str(tmp_path)) == ""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux says which files are open for writing")
def test_a_program_that_only_reads_holds_nothing_back_and_one_that_writes_does(tmp_path: Path) -> None:
    image = tmp_path / "x.jpg"
    image.write_bytes(CONTENT)
    with image.open("rb") as file, subprocess.Popen(["sleep", "60"], stdin=file) as reader:
        file.close()
        assert unready(str(image), str(tmp_path)) == ""
        reader.terminate()
    with image.open("ab") as file, subprocess.Popen(["sleep", "60"], stdout=file) as writer:
        file.close()
        assert "open for writing" in unready(str(image), str(tmp_path))
        writer.terminate()
    assert unready(str(image), str(tmp_path)) == ""


def test_asking_disturbs_no_program_that_opens_the_file_for_writing(tmp_path: Path) -> None:
    image, done = tmp_path / "x.jpg", threading.Event()
    image.write_bytes(b"")

    def ask() -> None:
        while not done.is_set():
            unready(str(image), str(tmp_path))

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        for _ in range(500):
            with image.open("ab", buffering=0) as file:
                file.write(b"x")
            os.truncate(image, os.path.getsize(image))
    finally:
        done.set()
        asking.join()
    assert image.read_bytes() == b"x" * 500
