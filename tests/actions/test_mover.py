"""The mover on real files: nothing is lost or overwritten, and no symlink is followed where it must not be."""

from __future__ import annotations

import os
import socket
import threading
from contextlib import AbstractContextManager
from copy import copy
from pathlib import Path

import pytest

from snapsortd.actions.mover import Mover
from snapsortd.domain.decision import ActionKind, OnConflict
from snapsortd.domain.entry import Cause, Entry, EntryKind, Method, State
from snapsortd.domain.errors import FileChanged, LeftAlone, MoveRefused
from snapsortd.domain.names import NameSeries
from snapsortd.domain.result import Outcome
from snapsortd.files.folders import PathInFolder, open_folder
from snapsortd.files.open_file import OpenFile, open_file
from snapsortd.files.rename import rename_noreplace
from snapsortd.files.sync import begin_sync
from tests.support.filing import NAMING, PIXELS, Filing, identity_of, tree
from tests.support.privileges import as_a_normal_user


def test_a_move_leaves_one_intact_file_and_says_so(any_filing: Filing) -> None:
    filing = any_filing
    image = filing.image()
    entry = filing.file(image, filing.action(image, folders=("2026", "receipts")))
    assert tree(filing.inbox) == {}
    assert tree(filing.sorted) == {"2026/receipts/a.png": PIXELS}
    assert entry.state is State.DONE
    assert entry.target_identity == identity_of(entry.intent.target)
    assert filing.journal.open_entries() == []
    assert entry.intent.method is (Method.RENAME if filing.sorted.parent == filing.inbox.parent else Method.COPY)


def test_a_filed_image_is_known_at_its_new_place_only(any_filing: Filing) -> None:
    filing = any_filing
    image = filing.image()
    before = identity_of(image)
    entry = filing.file(image)
    known = filing.journal.recall(entry.intent.target, identity_of(entry.intent.target), "any")
    assert known is not None
    assert known.outcome is Outcome.FILED
    assert filing.journal.history_of(str(image)).known is None
    assert before.size == known.identity.size


def test_taken_names_are_stepped_over(any_filing: Filing) -> None:
    filing = any_filing
    (filing.sorted / "a.png").write_bytes(b"first")
    (filing.sorted / "a 2.png").write_bytes(b"second")
    entry = filing.file(filing.image())
    assert tree(filing.sorted) == {"a.png": b"first", "a 2.png": b"second", "a 3.png": PIXELS}
    assert entry.intent.target.endswith("/a 3.png")


def test_a_name_that_is_taken_by_a_dangling_symlink_is_taken(any_filing: Filing) -> None:
    filing = any_filing
    (filing.sorted / "a.png").symlink_to("nowhere")
    assert filing.file(filing.image()).intent.target.endswith("/a 2.png")
    assert os.readlink(filing.sorted / "a.png") == "nowhere"


def test_skip_leaves_the_file(any_filing: Filing) -> None:
    filing = any_filing
    (filing.sorted / "a.png").write_bytes(b"first")
    image = filing.image()
    with pytest.raises(LeftAlone, match="is taken"):
        filing.file(image, filing.action(image, on_conflict=OnConflict.SKIP))
    assert tree(filing.sorted) == {"a.png": b"first"}
    assert tree(filing.inbox) == {"a.png": PIXELS}
    assert filing.journal.entries() == []


def test_a_file_in_its_destination_is_left_alone(filing: Filing) -> None:
    image = filing.sorted / "a.png"
    image.write_bytes(PIXELS)
    for kind in NAMING:
        with pytest.raises(LeftAlone, match="already at its destination"):
            filing.file(image, filing.action(image, kind))
    assert tree(filing.sorted) == {"a.png": PIXELS}


def test_a_file_that_has_a_later_name_of_its_series_is_left_alone(filing: Filing) -> None:
    (filing.sorted / "a.png").write_bytes(b"first")
    image = filing.sorted / "a 2.png"
    image.write_bytes(PIXELS)
    with pytest.raises(LeftAlone, match="already at its destination"):
        filing.file(image, filing.action("a.png"))
    assert sorted(tree(filing.sorted)) == ["a 2.png", "a.png"]


def test_many_movers_never_overwrite_each_other(any_filing: Filing) -> None:
    filing = any_filing
    images = []
    for number in range(24):
        folder = filing.inbox / str(number)
        folder.mkdir()
        image = folder / "same.png"
        image.write_bytes(b"%d" % number)
        images.append(image)

    def file_some(start: int) -> None:
        rival = copy(filing)
        rival.mover = Mover(filing.journal)
        for image in images[start::4]:
            rival.file(image)

    threads = [threading.Thread(target=file_some, args=(start,)) for start in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(tree(filing.sorted).values()) == sorted(b"%d" % number for number in range(24))
    assert tree(filing.inbox) == {}


def test_names_appearing_all_the_time_are_never_overwritten(filing: Filing) -> None:
    """Another program takes names in the same series meanwhile: every content exists at the end."""
    folder = os.open(filing.sorted, os.O_RDONLY | os.O_DIRECTORY)
    rival_done = threading.Event()

    def rival() -> None:
        for number in range(200):
            name = NameSeries(("a",), ".png").nth(number + 1)
            try:
                fd = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600, dir_fd=folder)
            except FileExistsError:
                continue
            os.write(fd, b"rival")
            os.close(fd)
        rival_done.set()

    thread = threading.Thread(target=rival)
    thread.start()
    ours = 0
    while not rival_done.is_set() or ours < 5:
        filing.file(filing.image(content=b"ours %d" % ours), filing.action("a.png"))
        ours += 1
    thread.join()
    os.close(folder)
    contents = list(tree(filing.sorted).values())
    assert {content for content in contents if content != b"rival"} == {b"ours %d" % n for n in range(ours)}
    assert len(contents) == ours + contents.count(b"rival")


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(b"caf\xe9 \xff.png", id="not UTF-8"),
        pytest.param(b"n" * 251 + b".png", id="255 bytes"),
        pytest.param(b"line\nbreak\x1b[31m.png", id="control characters"),
        pytest.param(b"{label} $HOME ~ ...png", id="looks like a template"),
        pytest.param(b"-rf", id="leading dash"),
        pytest.param(b".hidden.png", id="leading dot"),
        pytest.param("e\u0301.png".encode(), id="NFD"),
    ],
)
def test_any_name_survives_the_way_there_and_back(any_filing: Filing, name: bytes) -> None:
    filing = any_filing
    path = os.path.join(str(filing.inbox), os.fsdecode(name))
    Path(path).write_bytes(PIXELS)
    entry = filing.file(path)
    assert os.listdir(os.fsencode(filing.sorted)) == [name]
    assert filing.journal.entry(entry.id) == entry
    filing.mover.reverse(entry, filing.journal.new_batch())
    assert os.listdir(os.fsencode(filing.inbox)) == [name]
    assert os.listdir(filing.sorted) == []


def test_a_255_byte_name_that_is_taken_keeps_its_suffix(filing: Filing) -> None:
    name = "n" * 251 + ".png"
    (filing.sorted / name).write_bytes(b"first")
    entry = filing.file(filing.image(name))
    assert os.path.basename(entry.intent.target) == "n" * 249 + " 2.png"


def opened(filing: Filing, image: Path) -> AbstractContextManager[OpenFile]:
    """Open an image as the pipeline does."""
    return open_file(str(image), str(filing.inbox))


def file_opened(filing: Filing, file: OpenFile) -> Entry:
    """File what was opened before something happened to it."""
    action = filing.action(file.path)
    return filing.mover.file(file, action, Cause(action.rule, batch=1))


def test_a_changed_file_is_not_moved(any_filing: Filing) -> None:
    filing = any_filing
    image = filing.image()
    with opened(filing, image) as file:
        file = file.hashed()
        image.write_bytes(b"changed since")
        with pytest.raises(FileChanged):
            file_opened(filing, file)
    assert tree(filing.inbox) == {"a.png": b"changed since"}
    assert tree(filing.sorted) == {}
    assert [entry.state for entry in filing.journal.entries()] == [State.FAILED]


@pytest.mark.parametrize("by", ["another file", "a symlink", "nothing", "another folder"])
def test_a_replaced_file_is_not_moved(any_filing: Filing, by: str, tmp_path: Path) -> None:
    filing = any_filing
    folder = filing.inbox / "folder"
    folder.mkdir()
    image = folder / "a.png"
    image.write_bytes(PIXELS)
    with opened(filing, image) as file:
        file = file.hashed()
        if by == "another folder":
            folder.rename(tmp_path / "kept")
            (tmp_path / "secret").mkdir()
            (tmp_path / "secret" / "a.png").write_bytes(b"not to be moved")
            folder.symlink_to(tmp_path / "secret")
        else:
            image.rename(tmp_path / "kept.png")
            if by == "another file":
                image.write_bytes(PIXELS)
            elif by == "a symlink":
                image.symlink_to(tmp_path / "kept.png")
        with pytest.raises(FileChanged):
            file_opened(filing, file)
    assert tree(filing.sorted) == {}
    if by == "another folder":
        assert tree(tmp_path / "secret") == {"a.png": b"not to be moved"}


def test_below_the_root_no_symlink_is_followed(any_filing: Filing, tmp_path: Path) -> None:
    filing = any_filing
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (filing.sorted / "2026").symlink_to(elsewhere)
    image = filing.image()
    with pytest.raises(MoveRefused, match="symlink"):
        filing.file(image, filing.action(image, folders=("2026",)))
    assert tree(elsewhere) == {}
    assert image.read_bytes() == PIXELS


def test_the_root_itself_may_be_a_symlink_and_is_made_if_missing(filing: Filing, tmp_path: Path) -> None:
    real = tmp_path / "real"
    real.mkdir()
    filing.sorted.rmdir()
    filing.sorted.symlink_to(real)
    filing.sorted = filing.sorted / "deep" / "inside"
    filing.file(filing.image())
    assert tree(real) == {"deep/inside/a.png": PIXELS}


def test_a_hard_linked_file_may_be_renamed(filing: Filing) -> None:
    image = filing.image()
    os.link(image, filing.inbox / "twin.png")
    filing.file(image)
    assert tree(filing.inbox, filing.sorted) == {"twin.png": PIXELS, "a.png": PIXELS}


def test_a_hard_linked_file_is_not_torn_off_to_another_disk(far_filing: Filing) -> None:
    filing = far_filing
    image = filing.image()
    os.link(image, filing.inbox / "twin.png")
    with pytest.raises(MoveRefused, match="hard link"):
        filing.file(image)
    assert tree(filing.inbox) == {"a.png": PIXELS, "twin.png": PIXELS}
    assert list(filing.sorted.iterdir()) == []


def test_a_hard_link_in_the_destination_is_the_file_itself(filing: Filing) -> None:
    image = filing.image()
    os.link(image, filing.sorted / "a.png")
    with pytest.raises(LeftAlone):
        filing.file(image)
    assert image.exists()


def test_the_copy_path_keeps_times_mode_and_attributes(far_filing: Filing) -> None:
    filing = far_filing
    image = filing.image()
    os.setxattr(image, "user.origin", b"https://example.org/\xff")
    image.chmod(0o440)
    os.utime(image, ns=(1_600_000_000_123_456_789, 1_500_000_000_987_654_321))
    before = os.stat(image)
    after = os.stat(filing.file(image).intent.target)
    assert (after.st_mode, after.st_mtime_ns) == (before.st_mode, before.st_mtime_ns)
    assert (after.st_uid, after.st_gid) == (before.st_uid, before.st_gid)
    assert os.getxattr(filing.sorted / "a.png", "user.origin") == b"https://example.org/\xff"


def test_a_sparse_file_stays_correct(far_filing: Filing) -> None:
    filing = far_filing
    image = filing.inbox / "a.png"
    with open(image, "wb") as file:
        file.seek(3 << 20)
        file.write(b"after a hole")
        file.truncate(7 << 20)
    content = image.read_bytes()
    entry = filing.file(image)
    assert Path(entry.intent.target).read_bytes() == content
    assert os.stat(entry.intent.target).st_blocks * 512 < 3 << 20


def test_no_permission_in_the_destination_keeps_the_file(any_filing: Filing) -> None:
    filing = any_filing
    filing.sorted.chmod(0o555)
    with as_a_normal_user(), pytest.raises(MoveRefused, match="no permission"):
        filing.file(filing.image())
    assert tree(filing.inbox) == {"a.png": PIXELS}


def test_a_source_that_cannot_be_deleted_leaves_no_second_copy(far_filing: Filing) -> None:
    filing = far_filing
    image = filing.image()
    filing.inbox.chmod(0o555)
    try:
        with as_a_normal_user(), pytest.raises(MoveRefused, match="cannot be removed"):
            filing.file(image)
    finally:
        filing.inbox.chmod(0o755)
    assert tree(filing.inbox, filing.sorted) == {"a.png": PIXELS}
    assert tree(filing.sorted) == {}


def test_a_file_in_the_way_of_a_folder_is_a_refusal(any_filing: Filing) -> None:
    filing = any_filing
    (filing.sorted / "2026").write_bytes(b"no folder")
    image = filing.image()
    with pytest.raises(MoveRefused, match="not a folder"):
        filing.file(image, filing.action(image, folders=("2026",)))
    assert image.exists()


def test_a_copy_keeps_the_source_and_is_not_made_twice(any_filing: Filing) -> None:
    filing = any_filing
    image = filing.image()
    action = filing.action(image, ActionKind.COPY)
    first = filing.file(image, action)
    filing.restart()
    assert filing.file(image, action) == first
    assert tree(filing.inbox) == tree(filing.sorted) == {"a.png": PIXELS}
    assert first.intent.kind is EntryKind.COPY
    known = filing.journal.recall(first.intent.target, identity_of(first.intent.target), "any")
    assert known is not None
    assert known.outcome is Outcome.COPIED


def test_a_copy_is_made_anew_where_the_image_or_the_copy_changed(filing: Filing) -> None:
    image = filing.image()
    action = filing.action(image, ActionKind.COPY)
    first = filing.file(image, action)
    os.unlink(first.intent.target)
    assert filing.file(image, action).id != first.id
    image.write_bytes(b"a new version")
    filing.file(image, action)
    assert sorted(tree(filing.sorted).values()) == sorted([PIXELS, b"a new version"])


def test_shadow_touches_nothing(filing: Filing) -> None:
    image = filing.image()
    entry = filing.file(image, filing.action(image, folders=("2026",), shadow=True))
    assert entry.state is State.SHADOW
    assert entry.intent.target == str(filing.sorted / "2026" / "a.png")
    assert tree(filing.inbox) == {"a.png": PIXELS}
    assert list(filing.sorted.iterdir()) == []


@pytest.mark.parametrize("thing", ["fifo", "socket", "folder", "dangling symlink"])
def test_what_is_no_regular_file_is_never_overwritten(filing: Filing, thing: str) -> None:
    in_the_way = filing.sorted / "a.png"
    with socket.socket(socket.AF_UNIX) as plug:
        if thing == "fifo":
            os.mkfifo(in_the_way)
        elif thing == "socket":
            folder = os.open(filing.sorted, os.O_RDONLY)
            plug.bind(f"/proc/self/fd/{folder}/a.png")
            os.close(folder)
        elif thing == "folder":
            in_the_way.mkdir()
        else:
            in_the_way.symlink_to("nowhere")
        kind = os.lstat(in_the_way).st_mode
        assert filing.file(filing.image()).intent.target.endswith("/a 2.png")
        assert os.lstat(in_the_way).st_mode == kind


def test_rename_noreplace_never_replaces(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"a")
    (tmp_path / "b").write_bytes(b"b")
    with open_folder(str(tmp_path)) as folder:
        with pytest.raises(FileExistsError):
            rename_noreplace(PathInFolder(folder, "a"), PathInFolder(folder, "b"))
        rename_noreplace(PathInFolder(folder, "a"), PathInFolder(folder, "c"))
    assert tree(tmp_path) == {"b": b"b", "c": b"a"}


def test_begin_sync_is_only_a_hint() -> None:
    """It precedes every classification of an image, so nothing may fail because of it."""
    reading, writing = os.pipe()
    begin_sync(reading)  # pipes have nothing to write
    os.close(writing)
    os.close(reading)
    begin_sync(reading)
