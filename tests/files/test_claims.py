"""Claims: no folder is filed by two daemons of one user."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from snapsortd.files.claims import KEPT_S, Claim, Claims


@pytest.fixture
def one(tmp_path: Path) -> Iterator[Claims]:
    claims = Claims(str(tmp_path / "claims"), "/one.yaml")
    yield claims
    claims.close()


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Claims]:
    claims = Claims(str(tmp_path / "claims"), "/other.yaml")
    yield claims
    claims.close()


def take(claims: Claims, path: Path, *, subfolders: bool = False) -> Claim | None:
    path.mkdir(parents=True, exist_ok=True)
    found = path.stat()
    return claims.take(str(path), (found.st_dev, found.st_ino), subfolders=subfolders)


def test_the_second_learns_who_has_the_folder_and_takes_over(tmp_path: Path, one: Claims, other: Claims) -> None:
    inbox = tmp_path / "inbox"
    assert take(one, inbox) is None
    assert take(one, inbox) is None
    (tmp_path / "link").symlink_to(inbox)
    for path in (inbox, tmp_path / "link"):
        found = take(other, path)
        assert str(found) == f"filed by another snapsortd (process {os.getpid()}, configuration /one.yaml)"
    assert take(other, tmp_path / "second") is None
    one.close()
    assert take(other, inbox) is None
    assert take(one, inbox) is not None


@pytest.mark.parametrize(("first", "second"), [("a", "a/b"), ("a/b", "a")])
@pytest.mark.parametrize("subfolders", [False, True])
def test_a_folder_below_is_the_same_only_if_subfolders_are_watched(
    tmp_path: Path, one: Claims, other: Claims, first: str, second: str, subfolders: bool
) -> None:
    assert take(one, tmp_path / first, subfolders=subfolders and first == "a") is None
    assert (take(other, tmp_path / second, subfolders=subfolders and second == "a") is not None) == subfolders


def test_a_folder_that_was_replaced_is_claimed_again(tmp_path: Path, one: Claims, other: Claims) -> None:
    inbox = tmp_path / "inbox"
    assert take(one, inbox) is None
    inbox.rename(tmp_path / "old")
    assert take(one, inbox) is None
    assert take(other, inbox) is not None
    assert take(other, tmp_path / "old") is None


def test_a_command_learns_who_files_a_folder(tmp_path: Path, one: Claims, other: Claims) -> None:
    assert other.other(str(tmp_path)) is None
    assert take(one, tmp_path / "inbox") is None
    assert one.other(str(tmp_path / "inbox")) is None
    assert other.other(str(tmp_path / "inbox")) is not None
    assert other.other(str(tmp_path / "inbox" / "below")) is None


def test_what_a_killed_daemon_left_is_removed(tmp_path: Path, one: Claims, other: Claims) -> None:
    assert take(one, tmp_path / "inbox") is None
    one.close()
    assert take(other, tmp_path / "second") is None
    assert len([name for name in os.listdir(tmp_path / "claims") if name != ".guard"]) == 1


def test_a_claim_of_an_earlier_start_is_removed_after_a_month(tmp_path: Path, one: Claims) -> None:
    folder = tmp_path / "claims"
    folder.mkdir()
    for name, age in (("recent", 0), ("old", KEPT_S + 9)):
        (folder / f"another-boot-{name}").write_text("{}")
        os.utime(folder / f"another-boot-{name}", (time.time() - age,) * 2)
    assert take(one, tmp_path / "inbox") is None
    assert [name for name in os.listdir(folder) if "another" in name] == ["another-boot-recent"]


def test_a_place_that_cannot_be_used_keeps_nobody_from_filing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").touch()
    claims = Claims(str(tmp_path / "file" / "claims"), "/one.yaml")
    assert take(claims, tmp_path / "inbox") is None
    assert take(claims, tmp_path / "second") is None
    assert len(caplog.records) == 1
    assert claims.other(str(tmp_path / "inbox")) is None


def test_a_place_that_can_be_used_again_is_used(tmp_path: Path, other: Claims) -> None:
    (tmp_path / "claims").touch()
    assert take(other, tmp_path / "inbox") is None
    (tmp_path / "claims").unlink()
    assert take(other, tmp_path / "inbox") is None
    assert len(os.listdir(tmp_path / "claims")) == 2
