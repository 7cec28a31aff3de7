"""Scans of real folders."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from pathlib import Path

import pytest

from snapsortd.watch.scan import scan


@dataclass(frozen=True)
class Folder:
    path: str
    subfolders: bool = False
    ignore: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    settle: float = 1.0


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in (
        "a.png",
        "b.gif",
        ".hidden.png",
        ".hidden",
        "c.png.part",
        ".snapsort.7",
        "sub/d.png",
        "sub/deeper/e.png",
        "skip/f.png",
        ".git/g.png",
    ):
        path = tmp_path / "root" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    return tmp_path / "root"


def found(folder: Folder, *others: str) -> set[str]:
    return {os.path.relpath(path, folder.path) for path in scan(folder, others)}


def test_a_flat_folder(tree: Path) -> None:
    assert found(Folder(str(tree))) == {"a.png", "b.gif"}


def test_with_subfolders_and_globs(tree: Path) -> None:
    folder = Folder(str(tree), subfolders=True, ignore=("*.GIF", "skip"))
    assert found(folder) == {"a.png", "sub/d.png", "sub/deeper/e.png"}


def test_watched_folders_inside_are_left_to_themselves(tree: Path) -> None:
    folder = Folder(str(tree), subfolders=True, ignore=("skip",))
    assert found(folder, str(tree), str(tree / "sub/deeper")) == {"a.png", "b.gif", "sub/d.png"}


def test_only_regular_files_and_no_symlink_is_followed(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.png").write_bytes(b"x")
    (tree / "link.png").symlink_to(outside / "secret.png")
    (tree / "dangling.png").symlink_to("nowhere")
    (tree / "linked").symlink_to(outside)
    (tree / "loop").symlink_to(".")
    (tree / "folder.png").mkdir()
    os.mkfifo(tree / "fifo.png")
    with socket.socket(socket.AF_UNIX) as listener:
        monkeypatch.chdir(tree)  # the path of a socket must be short
        listener.bind("socket.png")
    folder = Folder(str(tree), subfolders=True, ignore=("skip", "sub"))
    assert found(folder) == {"a.png", "b.gif"}


def test_a_watched_folder_may_be_a_symlink_itself(tree: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tree)
    assert str(tmp_path / "link" / "a.png") in scan(Folder(str(tmp_path / "link")))


def test_names_that_are_not_utf8(tmp_path: Path) -> None:
    raw = os.fsencode(tmp_path) + b"/\xff\xfe\n.png"
    with open(raw, "wb"):
        pass
    assert [os.fsencode(path) for path in scan(Folder(str(tmp_path)))] == [raw]


def test_a_missing_folder_has_nothing(tmp_path: Path) -> None:
    assert found(Folder(str(tmp_path / "missing"))) == set()


def test_what_vanishes_meanwhile_is_passed_over(tree: Path) -> None:
    paths = scan(Folder(str(tree), subfolders=True))
    first = next(paths)
    for path in sorted(tree.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    tree.rmdir()
    assert all(os.path.dirname(path) == str(tree) for path in [first, *paths])


def test_a_scan_given_up_leaves_no_folder_open(tree: Path) -> None:
    before = len(os.listdir("/dev/fd"))
    paths = scan(Folder(str(tree), subfolders=True))
    next(paths)
    assert len(os.listdir("/dev/fd")) == before + 1
    paths.close()
    assert len(os.listdir("/dev/fd")) == before


def test_many_files_one_by_one(tmp_path: Path) -> None:
    for number in range(2_000):
        (tmp_path / f"{number}.png").touch()
    assert len(set(scan(Folder(str(tmp_path))))) == 2_000
