"""Folders that hold no pictures of a person's own are not searched, and cost no watch."""

from __future__ import annotations

import os
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest

from snapsortd.config.settings import WatchFolder
from snapsortd.files.answering import Answering
from snapsortd.watch.candidates import is_candidate, is_searched, why_not_filed
from snapsortd.watch.scan import scan
from snapsortd.watch.watcher import Watcher

LEFT = [
    *("@eaDir/x.png", "#recycle/x.png", "$RECYCLE.BIN/x.png", "$Recycle.Bin/S-1/x.png", ".Trash-1000/files/x.png"),
    *("Fotos.photoslibrary/originals/x.png", "Shotwell.app/Contents/x.png", "deep/node_modules/p/x.png"),
    *("A page_files/x.png", "Eine Seite-Dateien/x.png", "En side-filer/x.png", "Windows.utm/Data/x.png"),
    *("checkout/img/x.png", "worktree/x.png", "py/lib/x.png"),
    *("x.png.download/x.png", "album/.thumbnails/x.png", "cached/x.png"),
]
SEARCHED = [
    *("x.png", "2026/11/x.png", "scanned_files/x.png", "apps/x.png", "A page/x.png", "recycle/x.png", "@home/x.png"),
    *("Photos library/x.png", "app/x.png"),
]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    for name in (*LEFT, *SEARCHED, "checkout/.git/HEAD", "worktree/.git", "py/pyvenv.cfg", "cached/CACHEDIR.TAG"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"x")
    for page in ("A page.html", "Eine Seite.htm", "En side.php"):
        (root / page).touch()
    return root


def found(folder: WatchFolder) -> set[str]:
    return {os.path.relpath(path, folder.path) for path in scan(folder)}


def test_what_is_not_a_persons_own_is_left_out(root: Path) -> None:
    folder = WatchFolder(str(root), subfolders=True)
    assert found(folder) == {*SEARCHED, "A page.html", "Eine Seite.htm", "En side.php"}
    for name in LEFT:
        assert "left out" in why_not_filed(str(root / name), (folder,)), name


def test_the_configuration_decides_what_is_left_out(root: Path) -> None:
    folder = WatchFolder(str(root), subfolders=True, exclude=("RECYCLE", "*/.git"))
    visible = {name for name in LEFT if "/." not in f"/{name}"}
    assert found(folder) == {
        *visible - {"checkout/img/x.png", "worktree/x.png"},
        *("py/pyvenv.cfg", "cached/CACHEDIR.TAG", "A page.html", "Eine Seite.htm", "En side.php"),
        *{*SEARCHED} - {"recycle/x.png"},
    }


def test_a_watched_folder_is_searched_whatever_it_is_called_and_holds(tmp_path: Path) -> None:
    root = tmp_path / ".hidden" / "Pictures.app"
    (root / ".git").mkdir(parents=True)
    (root / "2026").mkdir()
    (root / "2026" / "x.png").touch()
    assert found(WatchFolder(str(root), subfolders=True)) == {"2026/x.png"}


@pytest.mark.pure
@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("other", ["NFC", "NFD"])
def test_names_are_compared_whatever_form_their_accents_have(form: str, other: str) -> None:
    name = unicodedata.normalize(form, "Café-Ähre.PNG")  # type: ignore[arg-type]
    glob = unicodedata.normalize(other, "CAFÉ-ä*")  # type: ignore[arg-type]
    assert not is_candidate(name, (glob,))
    folder = WatchFolder("/w", subfolders=True, ignore=(), exclude=(glob,))
    assert not is_searched(f"/w/{name}", folder)


@pytest.fixture
def answering() -> Iterator[Answering]:
    one = Answering()
    yield one
    one.close()


def watches() -> int:
    """Return the number of inotify watches of this process."""
    texts = [Path(f"/proc/self/fdinfo/{fd}") for fd in os.listdir("/proc/self/fdinfo")]
    return sum(text.read_text().count("inotify wd:") for text in texts if text.exists())


@pytest.mark.skipif(sys.platform != "linux", reason="tests inotify, which exists on Linux only")
def test_folders_that_are_not_searched_cost_no_watch(root: Path, answering: Answering) -> None:
    searched = {str(Path(name).parent) for name in SEARCHED} | {"2026", "deep", "album"}
    before = watches()
    folder = WatchFolder(str(root), subfolders=True, ignore=("scanned*",))
    watcher = Watcher([folder], lambda *_: None, lambda _: None, lambda: None, answering)
    watcher.start()
    try:
        assert watcher.states() == {str(root): "watching"}
        assert watches() - before == len(searched - {"scanned_files"})
    finally:
        watcher.stop()
