"""For any rules and files, the tree after a run and `undo --all` is byte for byte what it was before."""

from __future__ import annotations

import operator
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from snapsortd.actions.run_and_notify import ExternalActions
from snapsortd.domain.decision import ActionKind, OnConflict
from snapsortd.domain.entry import OPEN_STATES, State
from snapsortd.domain.errors import FileChanged
from snapsortd.domain.image import Classification, ImageFacts
from snapsortd.domain.names import OWN_PREFIX
from snapsortd.files.answering import Answering
from snapsortd.files.open_file import file_facts, open_file
from snapsortd.journal import Selection
from snapsortd.pipeline.carry_out import Executor
from snapsortd.pipeline.undo import undo
from snapsortd.rules.evaluate import evaluate
from snapsortd.rules.filters import Facts, LabelFilter
from snapsortd.rules.parse_template import parse_destination, parse_name, parse_words
from snapsortd.rules.rule import Rule, RuleAction
from tests.support.filing import SHARED_MEMORY
from tests.support.filing import Filing as Room

LABELS = ("cat", "receipt")
NAMES = ("a.png", "b.jpg", "a b.gif", "ä.png", "a 2.png")
COMPANIONS = ("a.xmp", "b.mov", "b.jpg.xmp", "b.CR2")
CONTENTS = st.sampled_from([b"one", b"two", b"three"])
NOW = datetime(2026, 11, 23, tzinfo=UTC)

Files = dict[str, bytes]

folders_of_files = st.dictionaries(st.sampled_from(NAMES), CONTENTS, max_size=4)
inboxes = st.tuples(
    st.dictionaries(st.sampled_from(NAMES), CONTENTS, min_size=1, max_size=4),
    st.dictionaries(st.sampled_from(COMPANIONS), CONTENTS, max_size=2),
).map(lambda both: both[0] | both[1])

THROWN_AWAY = (OnConflict.TRASH, OnConflict.DEDUPLICATE)


def chains(*, far: bool) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Draw the actions of one rule, but not both to another disk and to the trash: that disk has its own trash."""
    locations = ["{sorted}/", "{sorted}/{{label}}/", "{sorted}/{{name}} {{counter}}.{{ext}}", "{inbox}/x/", "{inbox}/"]
    on_conflict = st.sampled_from([each for each in OnConflict if not far or each not in THROWN_AWAY])
    naming = st.fixed_dictionaries(
        {
            "kind": st.sampled_from([ActionKind.MOVE, ActionKind.COPY, ActionKind.HARDLINK, ActionKind.SYMLINK]),
            "destination": st.sampled_from(["{far}/", *locations] if far else locations),
            "on_conflict": on_conflict,
        }
    )
    renaming = st.fixed_dictionaries(
        {
            "kind": st.just(ActionKind.RENAME),
            "name": st.sampled_from(["{label}.{ext}", "{label} {counter}.{ext}", "a.{ext}"]),
            "on_conflict": on_conflict,
        }
    )
    tagging = st.fixed_dictionaries(
        {"kind": st.just(ActionKind.TAG), "words": st.sampled_from([("x",), ("x", "{label}")])}
    )
    some = st.lists(st.one_of(naming, renaming, tagging), min_size=1, max_size=3)
    if far:
        return some
    trashing: st.SearchStrategy[list[dict[str, Any]]] = st.just([{"kind": ActionKind.TRASH}])
    return st.one_of(some, trashing, st.builds(operator.add, some, trashing))


def rules(*, far: bool) -> st.SearchStrategy[list[dict[str, Any]]]:
    each = st.fixed_dictionaries(
        {
            "actions": chains(far=far),
            "label": st.sampled_from([None, *LABELS]),
            "goes_on": st.booleans(),
            "skips": st.sampled_from([False, False, False, True]),
        }
    )
    return st.lists(each, min_size=1, max_size=3)


def snapshot(*roots: Path) -> dict[str, object]:
    """Return everything that a person would miss: content, mode, time and attributes of files, and symlink targets."""
    found: dict[str, object] = {}
    for path in (path for root in roots for path in root.rglob("*")):
        facts = path.lstat()
        if stat.S_ISLNK(facts.st_mode):
            found[str(path)] = os.readlink(path)
        elif stat.S_ISREG(facts.st_mode):
            attributes = {name: os.getxattr(path, name) for name in os.listxattr(path)}
            found[str(path)] = (path.read_bytes(), stat.S_IMODE(facts.st_mode), facts.st_mtime_ns, attributes)
    return found


@pytest.fixture(scope="module")
def disks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Path]]:
    """Yield two folders, on two disks if available."""
    if not Path(SHARED_MEMORY).is_dir():
        yield tmp_path_factory.mktemp("near"), tmp_path_factory.mktemp("far")
        return
    with tempfile.TemporaryDirectory(dir=SHARED_MEMORY) as near:
        yield Path(near), tmp_path_factory.mktemp("far")


def build(wanted: list[dict[str, Any]], room: Room, far: Path) -> list[Rule]:
    locations = {"inbox": room.inbox, "sorted": room.sorted, "far": far}

    def action(parts: dict[str, Any]) -> RuleAction:
        parts = dict(parts)
        if "destination" in parts:
            parts["destination"] = parse_destination(parts["destination"].format(**locations))
        if "name" in parts:
            parts["name"] = parse_name(parts["name"])
        if "words" in parts:
            parts["words"] = tuple(parse_words(word, path=False) for word in parts["words"])
        return RuleAction(**parts)

    return [
        Rule(
            f"rule {number}",
            () if each["skips"] else tuple(map(action, each["actions"])),
            (LabelFilter((each["label"],)),) if each["label"] else (),
            continues=each["goes_on"],
            leaves_alone=each["skips"],
        )
        for number, each in enumerate(wanted)
    ]


def file_all(room: Room, asked: list[Rule]) -> None:
    """File every image in the inbox once, as the pipeline does."""
    filing = Executor(room.mover, ExternalActions(room.journal, lambda: False), Answering())
    for number, path in enumerate(sorted(room.inbox.iterdir())):
        if path.suffix not in (".png", ".jpg", ".gif"):
            continue
        try:
            with open_file(str(path), str(room.inbox)) as image:
                scores = {label: 0.9 if number % 2 == index else 0.1 for index, label in enumerate(LABELS)}
                classification = Classification(scores, b"", ImageFacts(100, 100), "a model")
                decision = evaluate(asked, Facts(file_facts(image, "png"), classification, frozenset(), NOW))
                batch, told = room.journal.new_batch(), room.journal.decide(str(path), "{}")
                filing.carry_out(image.hashed(), decision.actions, batch, told)
        except FileChanged:
            assert not path.exists()  # another image displaced it


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None)
@given(inbox=inboxes, there=folders_of_files, wanted=st.one_of(rules(far=False), rules(far=True)))
def test_undo_gives_the_first_tree_again(
    disks: tuple[Path, Path], inbox: Files, there: Files, wanted: list[dict[str, Any]]
) -> None:
    near, far = (Path(tempfile.mkdtemp(dir=disk)) for disk in disks)
    for name in ("inbox", "sorted"):
        (near / name).mkdir()
    room = Room(str(near / "state" / "journal.sqlite3"), near / "inbox", near / "sorted")
    try:
        for folder, files in ((room.inbox, inbox), (room.sorted, there), (far, there)):
            for name, content in files.items():
                (folder / name).write_bytes(content)
        roots = (room.inbox, room.sorted, room.trash, far)
        before = snapshot(*roots)
        file_all(room, build(wanted, room, far))

        during = snapshot(*roots)
        kept = {seen[0] for seen in during.values() if isinstance(seen, tuple)}
        assert {*inbox.values(), *there.values()} <= kept, "no content is lost"
        assert not [path for path in during if OWN_PREFIX in path]
        entries = room.journal.entries(1000)
        assert not [entry for entry in entries if entry.state in (*OPEN_STATES, State.CONFLICT)]
        for entry in entries:
            event(f"{entry.intent.kind} by {entry.intent.method}")

        results = undo(room.journal, room.mover, room.journal.undoable(Selection(all=True)))
        assert [each.reason for each in results if not each.done] == []
        assert snapshot(*roots) == before
    finally:
        room.journal.close()
        shutil.rmtree(near)
        shutil.rmtree(far)
