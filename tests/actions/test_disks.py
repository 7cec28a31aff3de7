"""The mover on other file systems: bind mounts, case-insensitive ones, and ones that preserve less than ours."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from snapsortd.actions.recover import repair
from snapsortd.domain.decision import ActionKind, Destination, MetadataPolicy, OnConflict, PlannedAction
from snapsortd.domain.entry import Entry, EntryKind, Method, State
from snapsortd.domain.errors import LeftAlone, MoveRefused, UndoRefused
from snapsortd.domain.metadata import Metadata
from snapsortd.domain.names import NameSeries
from snapsortd.journal import Selection
from snapsortd.pipeline.replies import entry_to_json
from snapsortd.pipeline.undo import undo
from tests.support.filing import PIXELS, Filing, identity_of, tree
from tests.support.interrupted import begin, state_of
from tests.support.mounting import formatted, mounted
from tests.support.privileges import CHOWN, as_a_normal_user
from tests.support.racing import race
from tests.support.trees import reasons, redo_all, undo_all

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
    """Yield a `sorted` on exFAT through FUSE: no attributes, owners, modes or links, and times to 1 s."""
    with formatted(filing.sorted, tmp_path / "disk", "mkfs.exfat", "-t", "exfat-fuse", "-o", "loop"):
        yield filing


@pytest.fixture
def careless(filing: Filing, tmp_path: Path) -> Iterator[Filing]:
    """Yield a `sorted` on NTFS, which pretends to set mode and owner, and stores attributes but no access lists."""
    with formatted(filing.sorted, tmp_path / "disk", "mkfs.ntfs", "-t", "ntfs-3g"):
        yield filing


@pytest.fixture
def windows(filing: Filing, tmp_path: Path) -> Iterator[Filing]:
    """Yield a `sorted` on NTFS that holds only names that Windows can use, as desktops mount it."""
    with formatted(filing.sorted, tmp_path / "disk", "mkfs.ntfs", "-t", "ntfs-3g", "-o", "windows_names"):
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


def everything(image: Path) -> tuple[object, ...]:
    """Return all metadata of a file that we preserve."""
    found = os.stat(image)
    attributes = {name: os.getxattr(image, name) for name in os.listxattr(image)}
    return found.st_mode, found.st_uid, found.st_gid, found.st_mtime_ns, attributes


def rich(filing: Filing, mode: int = 0o640) -> Path:
    """Create an image with metadata of every kind."""
    image = filing.image()
    os.chown(image, 1000, 1001)
    os.setxattr(image, "user.origin", b"a \xff camera")
    os.setxattr(image, "user.empty", b"")
    os.setxattr(image, "system.posix_acl_access", ACL)
    image.chmod(mode)
    os.utime(image, ns=(1_600_000_000_123_456_789, 1_500_000_000_987_654_321))
    return image


def lost_words(entry: Entry) -> tuple[str, ...]:
    """Return what `log` and `explain` receive."""
    return tuple(entry_to_json(entry, {})["lost"])


@pytest.mark.parametrize(
    ("disk", "lost"),
    [
        pytest.param("plain", ("mode", "access list", "2 attributes"), id="ramfs"),
        pytest.param("careless", ("mode", "owner", "group", "access list"), id="NTFS"),
        pytest.param("poor", ("mode", "owner", "group", "access list", "2 attributes"), id="exFAT"),
    ],
)
def test_metadata_that_a_disk_cannot_keep_is_noted_and_restored_by_undo(
    request: pytest.FixtureRequest, disk: str, lost: tuple[str, ...]
) -> None:
    filing: Filing = request.getfixturevalue(disk)
    image = rich(filing)
    before = everything(image)
    moved = filing.file(image)
    assert (lost_words(moved), tree(filing.sorted)) == (lost, {"a.png": PIXELS})
    for _ in range(2):
        assert reasons(undo_all(filing)) == [""]
        assert everything(image) == before
        assert reasons(redo_all(filing)) == [""]
        assert lost_words(filing.journal.entries(1)[0]) == lost


@pytest.mark.parametrize(
    ("disk", "told"),
    [
        pytest.param("plain", "mode, access list and 2 attributes cannot be preserved", id="ramfs"),
        pytest.param("careless", "mode, owner, group and access list cannot be preserved", id="NTFS"),
    ],
)
def test_metadata_keep_refuses_what_a_disk_cannot_keep(request: pytest.FixtureRequest, disk: str, told: str) -> None:
    filing: Filing = request.getfixturevalue(disk)
    image = rich(filing)
    before = everything(image)
    for kind in (ActionKind.MOVE, ActionKind.COPY):
        with pytest.raises(MoveRefused, match=told):
            filing.file(image, filing.action(image, kind, metadata=MetadataPolicy.KEEP))
    assert (everything(image), names(filing.sorted)) == (before, [])
    assert {entry.state for entry in filing.journal.entries()} == {State.FAILED}


def test_what_the_trash_cannot_keep(filing: Filing) -> None:
    filing.trash.mkdir()
    (filing.sorted / "a.png").write_bytes(PIXELS)
    image = rich(filing)
    before = everything(image)
    duplicate = filing.action(image, on_conflict=OnConflict.DEDUPLICATE)
    with mounted(filing.trash, "-t", "ramfs", "none"):
        with pytest.raises(MoveRefused, match="access list and 2 attributes cannot be preserved"):
            filing.file(image, replace(duplicate, metadata=MetadataPolicy.KEEP))
        assert everything(image) == before
        entry = filing.file(image, duplicate)
        assert (entry.intent.kind, lost_words(entry)) == (EntryKind.TRASH, ("mode", "access list", "2 attributes"))
        assert reasons(undo_all(filing)) == [""]
        assert everything(image) == before


def test_metadata_keep_moves_what_a_disk_can_keep(far_filing: Filing) -> None:
    filing = far_filing
    image = rich(filing)
    before = everything(image)
    entry = filing.file(image, filing.action(image, metadata=MetadataPolicy.KEEP))
    assert (everything(Path(entry.intent.target)), entry.metadata) == (before, "")


def test_nobody_gets_access_to_a_file_whose_access_list_is_lost(plain: Filing) -> None:
    """Beside an access list, the group's bits of the mode are the most that it gives anybody, not the group's own."""
    filing = plain
    entry = filing.file(rich(filing, 0o664))
    assert os.stat(entry.intent.target).st_mode & 0o777 == 0o644


def test_a_file_without_its_owner_is_not_set_user_id(far_filing: Filing) -> None:
    filing = far_filing
    image = filing.image()
    os.chown(image, 1000, 1001)
    image.chmod(0o6755)
    before = everything(image)
    with as_a_normal_user(CHOWN):
        entry = filing.file(image)
    assert lost_words(entry) == ("mode", "owner", "group")
    made = os.stat(entry.intent.target)
    assert (made.st_mode & 0o7777, made.st_uid, made.st_gid) == (0o755, 0, 0)
    with as_a_normal_user(CHOWN):
        assert reasons(undo_all(filing)) == [""]  # the owner is lost still, but noted still
    assert reasons(redo_all(filing)) == [""]
    assert everything(Path(entry.intent.target)) == before


def test_what_was_lost_is_noted_before_the_copy_has_its_name(plain: Filing) -> None:
    """Once it has its name, recovery would remove the original."""
    filing = plain
    image = rich(filing)
    seen: list[tuple[bool, bool]] = []

    def observe(state: State, target: str) -> None:
        if state is State.INTENT:
            seen.append((bool(filing.journal.entries(1)[0].metadata), os.path.exists(target)))

    race(filing, observe)
    filing.file(image)
    assert seen[-1] == (True, False)


def test_an_interrupted_move_to_a_disk_that_kept_no_times_is_finished(filing: Filing) -> None:
    image = filing.image()
    os.utime(image, ns=(10**18, 10**18))
    entry = begin(filing, image, Method.COPY)
    target = Path(entry.intent.target)
    target.write_bytes(PIXELS)
    lost = Metadata(times=(10**18, 10**18)).to_json()
    filing.journal.advance(entry.id, State.INTENT, metadata=lost, target_identity=identity_of(target))
    repair(filing.journal, filing.mover)
    assert (state_of(filing, entry), tree(filing.inbox), tree(filing.sorted)) == (State.DONE, {}, {"a.png": PIXELS})
    assert filing.journal.entries(1)[0].metadata == lost


NAMES = {
    'at 12:30 "what?" <*>|\\.png': "at 12：30 ＂what？＂ ＜＊＞｜＼.png",
    "a\x07b\n.png": "a␇b␊.png",
    os.fsdecode(b"caf\xe9.png"): "caf\ufffd.png",
    "plain.png": "plain.png",
}
"""Names, and those that take their place on exFAT, and on NTFS as Windows has it."""


@pytest.mark.parametrize("disk", ["windows", "poor"])
def test_names_that_a_disk_cannot_hold_are_adapted_and_restored_by_undo(
    request: pytest.FixtureRequest, disk: str
) -> None:
    filing: Filing = request.getfixturevalue(disk)
    folders = ("Tax: 2026?", "plain")
    for name in NAMES:
        entry = filing.file(filing.image(name), filing.action(name, folders=folders))
        assert entry.intent.target == f"{filing.sorted}/Tax： 2026？/plain/{NAMES[name]}"
    assert tree(filing.sorted) == {f"Tax： 2026？/plain/{name}": PIXELS for name in NAMES.values()}
    assert set(reasons(undo_all(filing))) == {""}
    assert (tree(filing.inbox), tree(filing.sorted)) == (dict.fromkeys(NAMES, PIXELS), {})
    assert set(reasons(redo_all(filing))) == {""}
    assert (tree(filing.inbox), len(tree(filing.sorted))) == ({}, len(NAMES))


def test_a_copy_under_an_adapted_name_is_made_once(windows: Filing) -> None:
    filing = windows
    image = filing.image("12:30.png")
    made = [filing.file(image, filing.action(image, ActionKind.COPY, folders=("a:b",))) for _ in range(2)]
    assert (made[0].id, tree(filing.sorted)) == (made[1].id, {"a：b/12：30.png": PIXELS})


def test_adapted_names_that_are_taken(windows: Filing) -> None:
    filing = windows
    filing.file(filing.image("CON.png", b"first"))
    filing.file(filing.image("CON.png", b"second"))
    image = filing.image("CON.png", b"third")
    filing.file(image, filing.action(image, on_conflict=OnConflict.RENAME_EXISTING))
    assert tree(filing.sorted) == {"CON_.png": b"third", "CON 2.png": b"second", "CON 3.png": b"first"}


def test_a_destination_that_is_written_with_a_name_that_its_disk_cannot_hold(windows: Filing) -> None:
    filing = windows
    for name in ("a.png", "b.png"):
        where = Destination(f"{filing.sorted}/Scans: new/", (), NameSeries((name[0],), ".png"))
        filing.file(filing.image(name), PlannedAction(ActionKind.MOVE, "a rule", where))
    assert tree(filing.sorted) == {"Scans： new/a.png": PIXELS, "Scans： new/b.png": PIXELS}


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
