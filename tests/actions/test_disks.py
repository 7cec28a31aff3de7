"""The mover on other file systems: bind mounts, case-insensitive ones, and ones that preserve less than ours."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from snapsortd.domain.decision import ActionKind
from snapsortd.domain.entry import Method, State
from snapsortd.domain.errors import LeftAlone, MoveRefused, UndoRefused
from snapsortd.journal import Selection
from snapsortd.pipeline.undo import undo
from tests.support.filing import PIXELS, Filing, tree
from tests.support.mounting import formatted, mounted

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount")

ACL = struct.pack("<I" + "HHI" * 5, 2, 1, 6, 2**32 - 1, 2, 4, 1000, 4, 4, 2**32 - 1, 16, 4, 2**32 - 1, 32, 0, 2**32 - 1)
"""user::rw-, user:1000:r--, group::r--, mask::r--, other::--- (linux/posix_acl_xattr.h)."""


@pytest.fixture
def bound(filing: Filing, tmp_path: Path) -> Iterator[Filing]:
    """Yield a `sorted` that is a bind mount of a folder on the same file system."""
    real = tmp_path / "real"
    real.mkdir()
    with mounted(filing.sorted, "--bind", str(real)):
        yield filing


@pytest.fixture
def folding(filing: Filing, tmp_path: Path) -> Iterator[Filing]:
    """Yield a `sorted` on NTFS, which is case-insensitive."""
    with formatted(filing.sorted, tmp_path / "disk", "mkfs.ntfs", "-t", "lowntfs-3g", "-o", "ignore_case,fmask=133"):
        yield filing


@pytest.fixture
def poor(filing: Filing, tmp_path: Path) -> Iterator[Filing]:
    """Yield a `sorted` on exFAT through FUSE: no attributes, owners, modes or links, and no RENAME_NOREPLACE."""
    with formatted(filing.sorted, tmp_path / "disk", "mkfs.exfat", "-t", "exfat-fuse", "-o", "loop"):
        yield filing


@pytest.fixture
def plain(filing: Filing) -> Iterator[Filing]:
    """Yield a `sorted` on a file system without extended attributes."""
    with mounted(filing.sorted, "-t", "ramfs", "none"):
        yield filing


def names(folder: Path) -> list[str]:
    return sorted(os.listdir(folder))


def test_a_bind_mount_with_the_same_device_number_is_another_disk(bound: Filing) -> None:
    filing = bound
    image = filing.image()
    assert os.stat(filing.sorted).st_dev == os.stat(filing.inbox).st_dev
    with pytest.raises(OSError, match="cross-device"):
        os.rename(image, filing.sorted / "a.png")
    entry = filing.file(image)
    assert (entry.state, entry.intent.method) == (State.DONE, Method.COPY)
    assert tree(filing.inbox, filing.sorted) == {"a.png": PIXELS}
    (back,) = undo(filing.journal, filing.mover, filing.journal.undoable(Selection(all=True)))
    assert (back.done, back.reason) == (True, "")
    assert tree(filing.inbox) == {"a.png": PIXELS}
    assert names(filing.sorted) == []


def test_names_that_differ_in_case_only_get_two_names_where_case_is_folded(folding: Filing) -> None:
    filing = folding
    first, second = (filing.file(filing.image(name, name.encode())) for name in ("Shot.PNG", "shot.png"))
    assert os.path.basename(first.intent.target) == "Shot.PNG"
    assert os.path.basename(second.intent.target) == "shot 2.png"
    assert sorted(tree(filing.sorted).values()) == [b"Shot.PNG", b"shot.png"]
    results = undo(filing.journal, filing.mover, filing.journal.undoable(Selection(all=True)))
    assert [each.reason for each in results] == ["", ""]
    assert tree(filing.inbox) == {"Shot.PNG": b"Shot.PNG", "shot.png": b"shot.png"}


def test_a_file_that_is_there_under_another_spelling_is_never_renamed(folding: Filing) -> None:
    filing = folding
    image = filing.sorted / "shot.png"
    image.write_bytes(PIXELS)
    spelled = names(filing.sorted)
    with pytest.raises(LeftAlone, match="already at its destination"):
        filing.file(image, filing.action("SHOT.png"))
    assert names(filing.sorted) == spelled
    assert filing.journal.entries() == []


def test_an_old_name_that_is_taken_under_another_spelling_is_taken(folding: Filing) -> None:
    filing = folding
    filing.inbox, filing.sorted = filing.sorted, filing.inbox
    entry = filing.file(filing.image("shot.png"))
    (filing.inbox / "SHOT.PNG").write_bytes(b"another")
    with pytest.raises(UndoRefused, match="taken"):
        filing.mover.reverse(entry, 9)
    assert list(tree(filing.inbox).values()) == [b"another"]
    assert tree(filing.sorted) == {"shot.png": PIXELS}


def test_composed_and_decomposed_names_stay_two_and_stay_as_they_are(any_filing: Filing) -> None:
    filing = any_filing
    twins = ["caf\u00e9.png", "cafe\u0301.png"]
    for name in twins:
        filing.file(filing.image(name, name.encode()))
    assert tree(filing.sorted) == {name: name.encode() for name in twins}
    undo(filing.journal, filing.mover, filing.journal.undoable(Selection(all=True)))
    assert tree(filing.inbox) == {name: name.encode() for name in twins}


def spoil_owner(image: Path) -> None:
    os.chown(image, 1000, 1000)


def spoil_mode(image: Path) -> None:
    image.chmod(0o640)


def fit(image: Path) -> None:
    image.chmod(0o777)


@pytest.mark.parametrize(
    ("prepare", "told"),
    [
        pytest.param(spoil_owner, "owner and group cannot be preserved", id="owner"),
        pytest.param(spoil_mode, "permissions cannot be preserved", id="mode"),
        pytest.param(fit, "not permitted", id="no rename that never replaces"),
    ],
)
def test_what_a_poor_disk_cannot_do_is_a_refusal(poor: Filing, prepare: object, told: str) -> None:
    filing = poor
    (filing.sorted / "a.png").write_bytes(b"first")
    image = filing.image()
    assert callable(prepare)
    prepare(image)
    before = os.stat(image)
    for _ in range(2):
        with pytest.raises(MoveRefused, match=told):
            filing.file(image)
    assert tree(filing.sorted) == {"a.png": b"first"}
    assert (os.stat(image).st_mode, os.stat(image).st_uid) == (before.st_mode, before.st_uid)
    assert image.read_bytes() == PIXELS
    assert {entry.state for entry in filing.journal.entries()} == {State.FAILED}


@pytest.mark.parametrize(
    ("name", "value"),
    [pytest.param("user.origin", b"kept", id="attribute"), pytest.param("system.posix_acl_access", ACL, id="ACL")],
)
def test_attributes_that_the_other_disk_has_not_are_a_refusal(plain: Filing, name: str, value: bytes) -> None:
    filing = plain
    image = filing.image()
    os.setxattr(image, name, value)
    with pytest.raises(MoveRefused, match="extended attributes cannot be preserved"):
        filing.file(image)
    assert names(filing.sorted) == []
    assert os.getxattr(image, name) == value
    copied = filing.file(image, filing.action(image, ActionKind.COPY))  # the original keeps them
    assert Path(copied.intent.target).read_bytes() == PIXELS
    os.removexattr(image, name)
    assert filing.file(image).state is State.DONE
    assert tree(filing.sorted) == {"a.png": PIXELS, "a 2.png": PIXELS}


def test_access_lists_owner_mode_and_times_go_along(far_filing: Filing) -> None:
    filing = far_filing
    image = filing.image()
    os.chown(image, 1000, 1001)
    os.setxattr(image, "system.posix_acl_access", ACL)
    os.utime(image, ns=(1_600_000_000_123_456_789, 1_500_000_000_987_654_321))
    before = os.stat(image)
    entry = filing.file(image)
    after = os.stat(entry.intent.target)
    assert entry.intent.method is Method.COPY
    assert os.getxattr(entry.intent.target, "system.posix_acl_access") == ACL
    for field in ("st_mode", "st_uid", "st_gid", "st_mtime_ns", "st_size"):
        assert getattr(after, field) == getattr(before, field), field
