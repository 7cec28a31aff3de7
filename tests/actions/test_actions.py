"""Every action and conflict mode: a tree in, a tree out, and undo restores the original tree."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from snapsortd.actions.recover import repair
from snapsortd.domain.decision import ActionKind, OnConflict
from snapsortd.domain.entry import EntryKind, State
from snapsortd.domain.errors import FileChanged, LeftAlone
from tests.support.filing import NAMING, PIXELS, Filing, identity_of
from tests.support.interrupted import begin
from tests.support.privileges import as_a_normal_user
from tests.support.racing import race
from tests.support.trees import ALL, Tree, look, reasons, redo_all, undo_all

OTHER = b"another picture"
MOVE = ActionKind.MOVE
COPY = ActionKind.COPY
RENAME = ActionKind.RENAME
TRASH = ActionKind.TRASH
HARDLINK = ActionKind.HARDLINK
SYMLINK = ActionKind.SYMLINK
TAG = ActionKind.TAG
NEW = OnConflict.RENAME_NEW
EXISTING = OnConflict.RENAME_EXISTING
DROP = OnConflict.TRASH
SAME = OnConflict.DEDUPLICATE


@dataclass(frozen=True)
class Case:
    """One case: `there` is the content of `sorted` before; `after` is expected afterwards, in addition to `there`."""

    kind: ActionKind
    after: Tree
    there: dict[str, bytes] = field(default_factory=dict)
    on_conflict: OnConflict = NEW
    words: tuple[str, ...] = ()
    in_place: bool = False
    """The image is in `sorted`, as x.png."""


def info(name: str, path: str) -> Tree:
    return {f"trash/info/{name}.trashinfo": f"from {path}"}


THERE = {"a.png": OTHER}
TWIN = {"a.png": OTHER, "a 2.png": PIXELS}
LINKED = ("leads to", "inbox/a.png")
CASES = [
    pytest.param(Case(MOVE, {"sorted/a.png": PIXELS}), id="move"),
    pytest.param(Case(COPY, {"inbox/a.png": PIXELS, "sorted/a.png": PIXELS}), id="copy"),
    pytest.param(Case(RENAME, {"sorted/a.png": PIXELS}, in_place=True), id="rename"),
    pytest.param(Case(HARDLINK, {"inbox/a.png": PIXELS, "sorted/a.png": PIXELS}), id="hardlink"),
    pytest.param(Case(SYMLINK, {"inbox/a.png": PIXELS, "sorted/a.png": LINKED}), id="symlink"),
    pytest.param(Case(TAG, {"inbox/a.png": (PIXELS, b"a,\xc3\xa4 b")}, words=("a", "ä b")), id="tag"),
    pytest.param(Case(TRASH, {"trash/files/a.png": PIXELS, **info("a.png", "inbox/a.png")}), id="trash"),
    pytest.param(
        Case(MOVE, {"sorted/a.png": OTHER, "sorted/a 2.png": PIXELS}, THERE),
        id="move, rename_new",
    ),
    pytest.param(
        Case(RENAME, {"sorted/a.png": OTHER, "sorted/a 2.png": PIXELS}, THERE, in_place=True),
        id="rename, rename_new",
    ),
    pytest.param(
        Case(MOVE, {"sorted/a.png": PIXELS, "sorted/a 2.png": OTHER}, THERE, EXISTING),
        id="move, rename_existing",
    ),
    pytest.param(
        Case(MOVE, {"sorted/a.png": PIXELS, "sorted/a 3.png": OTHER, "sorted/a 2.png": PIXELS}, TWIN, EXISTING),
        id="move, rename_existing, next name taken",
    ),
    pytest.param(
        Case(RENAME, {"sorted/a.png": PIXELS, "sorted/a 2.png": OTHER}, THERE, EXISTING, in_place=True),
        id="rename, rename_existing",
    ),
    pytest.param(
        Case(COPY, {"inbox/a.png": PIXELS, "sorted/a.png": PIXELS, "sorted/a 2.png": OTHER}, THERE, EXISTING),
        id="copy, rename_existing",
    ),
    pytest.param(
        Case(HARDLINK, {"inbox/a.png": PIXELS, "sorted/a.png": PIXELS, "sorted/a 2.png": OTHER}, THERE, EXISTING),
        id="hardlink, rename_existing",
    ),
    pytest.param(
        Case(SYMLINK, {"inbox/a.png": PIXELS, "sorted/a.png": LINKED, "sorted/a 2.png": OTHER}, THERE, EXISTING),
        id="symlink, rename_existing",
    ),
    pytest.param(
        Case(
            MOVE,
            {"sorted/a.png": PIXELS, "trash/files/a.png": OTHER, **info("a.png", "sorted/a.png")},
            THERE,
            DROP,
        ),
        id="move, trash",
    ),
    pytest.param(
        Case(
            HARDLINK,
            {
                "inbox/a.png": PIXELS,
                "sorted/a.png": PIXELS,
                "trash/files/a.png": OTHER,
                **info("a.png", "sorted/a.png"),
            },
            THERE,
            DROP,
        ),
        id="hardlink, trash",
    ),
    pytest.param(
        Case(MOVE, {"sorted/a.png": OTHER, "sorted/a 2.png": PIXELS}, THERE, SAME),
        id="move, deduplicate, none the same",
    ),
    pytest.param(
        Case(
            MOVE,
            {
                "sorted/a.png": OTHER,
                "sorted/a 2.png": PIXELS,
                "trash/files/a.png": PIXELS,
                **info("a.png", "inbox/a.png"),
            },
            TWIN,
            SAME,
        ),
        id="move, deduplicate",
    ),
    pytest.param(
        Case(
            RENAME,
            {
                "sorted/a.png": OTHER,
                "sorted/a 2.png": PIXELS,
                "trash/files/x.png": PIXELS,
                **info("x.png", "sorted/x.png"),
            },
            TWIN,
            SAME,
            in_place=True,
        ),
        id="rename, deduplicate",
    ),
]


@pytest.mark.parametrize("case", CASES)
def test_a_tree_in_a_tree_out_and_undo_gives_the_first_again(filing: Filing, case: Case) -> None:
    for name, content in case.there.items():
        (filing.sorted / name).write_bytes(content)
    image = filing.image()
    if case.in_place:
        image = image.rename(filing.sorted / "x.png")
    before, stood = look(filing), identity_of(image)
    action = filing.action("a.png", case.kind, case.on_conflict, words=case.words)
    entry = filing.file(image, action, batch=7)
    assert (entry.state, entry.intent.cause.batch) == (State.DONE, 7)
    assert look(filing) == case.after
    for results in (undo_all(filing, dry_run=True), undo_all(filing)):
        assert set(reasons(results)) == {""}
    assert {name: each for name, each in look(filing).items() if not name.startswith("trash/info")} == before
    assert look(filing) == before
    assert identity_of(image).same_version(stood)
    assert set(reasons(redo_all(filing))) == {""}
    assert look(filing) == case.after
    assert set(reasons(undo_all(filing))) == {""}
    assert look(filing) == before
    assert filing.journal.open_entries() == []
    filing.restart()
    assert repair(filing.journal, filing.mover) == []


@pytest.mark.parametrize("kind", [*NAMING, RENAME])
@pytest.mark.parametrize("on_conflict", OnConflict)
def test_what_is_filed_already_is_left_alone(filing: Filing, kind: ActionKind, on_conflict: OnConflict) -> None:
    """This also holds under a later name of its series: otherwise each repetition would displace a file again."""
    (filing.sorted / "a.png").write_bytes(OTHER)
    image = filing.image().rename(filing.sorted / "a 2.png")
    if on_conflict is OnConflict.SKIP:
        image = image.rename(filing.sorted / "a.png")
    before = look(filing)
    with pytest.raises(LeftAlone, match="already at its destination"):
        filing.file(image, filing.action("a.png", kind, on_conflict))
    assert look(filing) == before
    assert filing.journal.entries() == []


@pytest.mark.parametrize("kind", [COPY, HARDLINK, SYMLINK])
def test_no_original_goes_to_the_trash_because_its_copy_is_there(filing: Filing, kind: ActionKind) -> None:
    (filing.sorted / "a.png").write_bytes(PIXELS)
    image = filing.image()
    before = look(filing)
    with pytest.raises(LeftAlone, match="has the same content"):
        filing.file(image, filing.action(image, kind, SAME))
    assert look(filing) == before


@pytest.mark.parametrize("kind", [COPY, HARDLINK, SYMLINK])
def test_a_copy_or_link_is_made_once(filing: Filing, kind: ActionKind) -> None:
    image = filing.image()
    (filing.sorted / "a.png").write_bytes(OTHER)
    first = filing.file(image, filing.action(image, kind))
    filing.restart()
    before = look(filing)
    assert filing.file(image, filing.action(image, kind)) == first
    assert look(filing) == before
    assert first.intent.keep_source


@pytest.mark.parametrize("kind", [HARDLINK, SYMLINK])
def test_a_link_that_a_person_made_is_left_alone(filing: Filing, kind: ActionKind) -> None:
    image = filing.image()
    (os.link if kind is HARDLINK else os.symlink)(image, filing.sorted / "a.png")
    with pytest.raises(LeftAlone, match="already"):
        filing.file(image, filing.action(image, kind))
    assert filing.journal.entries() == []


def make_folder(path: Path) -> None:
    path.mkdir()


def make_symlink(path: Path) -> None:
    path.symlink_to("nowhere")


def make_fifo(path: Path) -> None:
    os.mkfifo(path)


@pytest.mark.parametrize("on_conflict", [EXISTING, DROP, SAME])
@pytest.mark.parametrize("make", [make_folder, make_symlink, make_fifo])
def test_only_a_regular_file_is_displaced(
    filing: Filing, make: Callable[[Path], None], on_conflict: OnConflict
) -> None:
    in_the_way = filing.sorted / "a.png"
    make(in_the_way)
    kind = os.lstat(in_the_way).st_mode
    image = filing.image()
    assert filing.file(image, filing.action(image, on_conflict=on_conflict)).intent.target.endswith("/a 2.png")
    assert os.lstat(in_the_way).st_mode == kind
    assert len(filing.journal.entries()) == 1


@pytest.mark.parametrize("on_conflict", [EXISTING, DROP])
def test_what_cannot_be_read_is_not_displaced(filing: Filing, on_conflict: OnConflict) -> None:
    (filing.sorted / "a.png").write_bytes(OTHER)
    (filing.sorted / "a.png").chmod(0)
    image = filing.image()
    for folder in (filing.inbox, filing.sorted):
        folder.chmod(0o777)
    with as_a_normal_user():
        target = filing.file(image, filing.action(image, on_conflict=on_conflict)).intent.target
    assert target.endswith("/a 2.png")


def test_the_freed_name_may_go_to_somebody_else(filing: Filing) -> None:
    (filing.sorted / "a.png").write_bytes(OTHER)
    image = filing.image()

    def take_it(state: State, target: str) -> None:
        if state is State.DONE and target.endswith("/a 2.png"):
            (filing.sorted / "a.png").write_bytes(b"rival")

    race(filing, take_it)
    entry = filing.file(image, filing.action(image, on_conflict=EXISTING))
    assert entry.intent.target.endswith("/a 3.png")
    assert look(filing) == {"sorted/a.png": b"rival", "sorted/a 2.png": OTHER, "sorted/a 3.png": PIXELS}


@pytest.mark.parametrize("on_conflict", [EXISTING, DROP])
def test_where_the_new_one_does_not_come_the_old_one_gets_its_name_back(
    filing: Filing, on_conflict: OnConflict
) -> None:
    (filing.sorted / "a.png").write_bytes(OTHER)
    image = filing.image()
    race(filing, lambda state, _: state is State.DONE and image.write_bytes(b"new") and None)
    with pytest.raises(FileChanged):
        filing.file(image, filing.action(image, on_conflict=on_conflict))
    assert look(filing) == {"inbox/a.png": b"new", "sorted/a.png": OTHER}
    assert filing.journal.undoable(ALL) == []
    assert filing.journal.redoable(ALL) == []  # it was not an undo by a person


def test_what_has_an_unfinished_move_is_not_displaced(filing: Filing) -> None:
    entry = begin(filing, filing.image())
    os.rename(entry.intent.source, entry.intent.target)
    image = filing.image(content=OTHER)
    newer = image.rename(filing.inbox / "b.png")
    assert filing.file(newer, filing.action("a.png", on_conflict=EXISTING)).intent.target.endswith("/a 2.png")
    assert filing.journal.open_entries() == [entry]


@pytest.mark.parametrize("kind", [*NAMING, RENAME, TRASH, TAG])
def test_shadow_touches_nothing(filing: Filing, kind: ActionKind) -> None:
    image = filing.image("x.png")
    before = look(filing)
    entry = filing.file(image, filing.action("a.png", kind, shadow=True, words=("t",) * (kind is TAG)))
    assert (entry.state, entry.intent.kind) == (State.SHADOW, EntryKind(kind))
    folder = filing.sorted if kind in NAMING else filing.inbox
    assert entry.intent.target == str(image if kind in (TRASH, TAG) else folder / "a.png")
    assert entry.intent.tags == (("t",) if kind is TAG else ())
    assert look(filing) == before
