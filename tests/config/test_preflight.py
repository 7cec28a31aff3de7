"""Test the problems with folders that `check` reports."""

from __future__ import annotations

import os
from pathlib import Path

from snapsortd.config import check_folders, load_config
from tests.support.privileges import as_a_normal_user

TEXT = """\
version: 1
labels: {a: one}
watch: [$TOP/in]
rules:
  - name: r
    actions: [move: "$TOP/out/deep/{label}/"]
"""


def check(top: Path) -> list[str]:
    path = top / "config.yaml"
    path.write_text(TEXT, "utf-8")
    return [each.replace(str(top), "TOP") for each in check_folders(load_config(str(path), {"TOP": str(top)}))]


def test_a_destination_that_can_be_made_is_no_problem_and_is_not_made(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    assert check(tmp_path) == []
    assert sorted(os.listdir(tmp_path)) == ["config.yaml", "in"]


def test_a_watched_folder_that_is_missing(tmp_path: Path) -> None:
    assert check(tmp_path) == [
        "TOP/config.yaml:3:9: the watched folder TOP/in does not exist; it will be watched once it exists"
    ]


def test_a_watched_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "in").touch()
    assert check(tmp_path) == ["TOP/config.yaml:3:9: TOP/in is watched, but is not a folder"]


def test_a_destination_below_a_file(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "out").touch()
    assert check(tmp_path) == [
        "TOP/config.yaml:6:21: the destination TOP/out/deep cannot be created: TOP/out is not a folder"
    ]


def test_a_link_to_nowhere(tmp_path: Path) -> None:
    (tmp_path / "in").symlink_to(tmp_path / "none")
    (tmp_path / "out").symlink_to(tmp_path / "none")
    assert [problem.partition(": ")[2] for problem in check(tmp_path)] == [
        "the watched folder TOP/in does not exist; it will be watched once it exists",
        "the destination TOP/out/deep cannot be created: TOP/out is not a folder",
    ]


def test_folders_that_one_may_not_use(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir(mode=0)
    (tmp_path / "out").mkdir(mode=0o555)
    with as_a_normal_user():
        problems = check(tmp_path)
    assert [problem.partition(": ")[2] for problem in problems] == [
        "the watched folder TOP/in cannot be read; check its permissions",
        "the destination TOP/out/deep is not writable: you have no write permission for TOP/out",
    ]
