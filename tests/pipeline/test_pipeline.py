"""The pipeline for one image: the real journal, mover, rules and embedded model, in temporary folders."""

from __future__ import annotations

import json
import os
import resource
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from PIL import ExifTags, Image

from snapsortd.actions.mover import Mover
from snapsortd.actions.run_and_notify import ExternalActions
from snapsortd.domain.decision import ActionKind, OnConflict
from snapsortd.domain.entry import State
from snapsortd.domain.errors import ClassifierDied, FileChanged, Interrupted
from snapsortd.domain.file import FolderIdentity
from snapsortd.domain.result import Known, Outcome, Result
from snapsortd.files.answering import Answering
from snapsortd.files.folders import Folder, PathInFolder, lstat
from snapsortd.files.open_file import NOT_OPEN, OpenFile, file_facts
from snapsortd.journal import Journal, Selection
from snapsortd.pipeline.asked_facts import AskedFacts
from snapsortd.pipeline.carry_out import Executor
from snapsortd.pipeline.late_companions import GRACE_S
from snapsortd.pipeline.pipeline import Pipeline
from snapsortd.pipeline.setbacks import MAX_DEATHS
from snapsortd.pipeline.terms import Terms
from snapsortd.pipeline.undo import undo
from snapsortd.rules.filters import AgeFilter, Comparison, Facts, LabelFilter
from snapsortd.rules.filters.filter import Verdict
from snapsortd.rules.parse_template import parse_destination, parse_name, parse_words
from snapsortd.rules.rule import Rule, RuleAction
from snapsortd.vision.classifier import Classifier
from snapsortd.vision.formats import is_missing
from snapsortd.vision.reader import Reader
from snapsortd.vision.requests import Request
from tests.support import images
from tests.support.crafted_documents import dng
from tests.support.crafted_images import encoded
from tests.support.file_systems import served
from tests.support.filing import tree
from tests.support.privileges import as_a_normal_user
from tests.support.waiting import wait_for

LABELS = {
    "screenshot": ("a screenshot of a software interface",),
    "receipt": ("a photo of a receipt", "a scanned invoice"),
    "other": ("a photo of a person, an animal or an object",),
}
RECEIPT = LabelFilter(("receipt",))


class Defective(LabelFilter):
    """A filter with a defect that one image triggers."""

    def check(self, facts: Facts) -> Verdict:
        if "odd" in facts.file.path:
            raise OverflowError("Python int too large to convert to SQLite INTEGER")
        return super().check(facts)


class Interrupting(Classifier):
    """The real classifier; `meanwhile` runs while an image is being classified."""

    def __init__(self, cache_dir: str) -> None:
        super().__init__(model="embedded", labels=LABELS, cache_dir=cache_dir)
        self.meanwhile: Callable[[], object] = bool

    def begin(self, fd: int, image_format: str | None = None, **how: bool) -> Request:
        self.meanwhile()
        return super().begin(fd, image_format, **how)


@pytest.fixture(scope="module")
def shared_classifier(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Interrupting]:
    """Start the classifier once, because that takes seconds."""
    one = Interrupting(str(tmp_path_factory.mktemp("cache")))
    yield one
    one.stop()


@pytest.fixture
def classifier(shared_classifier: Interrupting) -> Iterator[Interrupting]:
    yield shared_classifier
    shared_classifier.meanwhile = bool
    shared_classifier.recent.clear()


@dataclass
class Room:
    """A pipeline with an inbox as its source and a folder as its destination."""

    journal_path: str
    journal: Journal
    classifier: Interrupting
    inbox: Path
    filed: Path
    rules: tuple[Rule, ...] = ()
    fingerprint: str = "1"

    def process(self, path: Path | str, **how: Any) -> Result:
        pipeline = Pipeline(
            journal=self.journal,
            executor=Executor(Mover(self.journal), ExternalActions(self.journal, lambda: False), Answering()),
            answering=Answering(),
            classifier=self.classifier,
            asked=AskedFacts(self.journal, Reader(), None),
            rules=self.rules,
            negatives=frozenset({"other"}),
            fingerprint=self.fingerprint,
        )
        root = self.inbox if Path(path).is_relative_to(self.inbox) else Path(path).parent
        return pipeline.process(os.fspath(path), str(root), lambda: False, Terms(**how, urgent=True))

    def receipt(self, name: str = "a.png", seed: int = 3) -> Path:
        return self.put(name, images.receipt(seed))

    def put(self, name: str, image: Image.Image) -> Path:
        image.resize((image.width // 2, image.height // 2)).save(self.inbox / name, "PNG")
        return self.inbox / name

    def to(self, folder: str = "", kind: ActionKind = ActionKind.MOVE, **action: Any) -> RuleAction:
        return RuleAction(kind, parse_destination(f"{self.filed}/{folder}"), **action)

    def known(self, path: Path | str) -> Known | None:
        found = lstat(os.fspath(path))
        assert found is not None
        return self.journal.recall(os.fspath(path), found.identity, self.fingerprint)


@pytest.fixture
def room(tmp_path: Path, classifier: Interrupting) -> Iterator[Room]:
    path = str(tmp_path / "state" / "journal.sqlite3")
    journal = Journal(path)
    one = Room(path, journal, classifier, tmp_path / "inbox", tmp_path / "filed")
    one.inbox.mkdir()
    one.filed.mkdir()
    one.rules = (Rule("Receipts", (one.to("Receipts/"),), (RECEIPT,)),)
    yield one
    one.journal.close()


def rule_actions(*actions: RuleAction, name: str = "Receipts", **how: Any) -> Rule:
    return Rule(name, actions, (RECEIPT,), **how)


def test_a_receipt_is_filed_and_explained(room: Room) -> None:
    path = room.receipt()
    content = path.read_bytes()
    result = room.process(path)
    target = room.filed / "Receipts" / "a.png"
    assert (result.outcome, result.reason, result.classification and result.classification.label) == (
        Outcome.FILED,
        "",
        "receipt",
    )
    assert tree(room.inbox, room.filed) == {"Receipts/a.png": content}
    known = room.known(target)
    assert known is not None
    assert known.outcome is Outcome.FILED
    told = json.loads(room.journal.history_of(str(target)).decision or "")
    assert (told["label"], told["facts"]["format"], told["rules"][0]["matched"]) == ("receipt", "png", True)


def test_what_is_filed_is_left_alone_in_a_watched_folder(room: Room) -> None:
    room.process(room.receipt())
    again = room.process(room.filed / "Receipts" / "a.png")
    assert (again.known, again.outcome) == (True, Outcome.FILED)
    assert len(room.journal.entries()) == 1


def test_a_negative_label_leaves_the_image(room: Room) -> None:
    room.rules = (Rule("All", (room.to("All/"),), (LabelFilter(("screenshot", "receipt")),)),)
    path = room.put("cat.png", images.photo(1))
    result = room.process(path)
    assert result.outcome is Outcome.LEFT
    assert result.reason.startswith("it looks like 'other'")
    assert room.process(path).known
    room.fingerprint = "another configuration"
    assert not room.process(path).known


def test_a_text_file_is_passed_over_in_silence(room: Room) -> None:
    path = room.inbox / "notes.txt"
    path.write_text("no image")
    assert room.process(path).outcome is Outcome.IGNORED
    assert room.process(path).known


def put_later(room: Room, name: str) -> Path:
    path = room.inbox / name
    path.write_bytes(b"of the image")
    return path


def test_a_companion_that_comes_later_follows_its_image_and_comes_back_with_it(room: Room) -> None:
    renamed = RuleAction(ActionKind.RENAME, name=parse_name("{name} renamed.{ext}"))
    room.rules = (rule_actions(room.to("Receipts/"), renamed),)
    image = room.receipt("a.jpg")
    assert room.process(image).outcome is Outcome.FILED
    late = [put_later(room, name) for name in ("a.mov", "a.jpg.supplemental-meta.json", "a_01.jpg.xmp")]
    for path in late:
        result = room.process(path)
        assert (result.outcome, result.reason) == (Outcome.FILED, "it was filed with a.jpg")
    filed = {"a renamed.jpg", "a renamed.mov", "a renamed.jpg.supplemental-meta.json", "a renamed_01.jpg.xmp"}
    assert set(tree(room.filed / "Receipts")) == filed
    chosen = room.journal.undoable(Selection())
    assert all(each.done for each in undo(room.journal, Mover(room.journal), chosen))
    assert set(tree(room.inbox)) == {"a.jpg", *(path.name for path in late)}


def test_a_sidecar_of_a_raw_file_that_comes_later_follows_both(room: Room) -> None:
    put_later(room, "a.CR2")
    room.process(room.receipt("a.jpg"))
    for name, outcome in (
        ("a.CR2.xmp", Outcome.FILED),
        ("a_01.CR2.xmp", Outcome.FILED),
        ("a.CR3.xmp", Outcome.IGNORED),
    ):
        assert room.process(put_later(room, name)).outcome is outcome, name
    assert set(tree(room.filed / "Receipts")) == {"a.jpg", "a.CR2", "a.CR2.xmp", "a_01.CR2.xmp"}
    assert all(each.done for each in undo(room.journal, Mover(room.journal), room.journal.undoable(Selection())))
    assert tree(room.filed) == {}


def test_a_companion_that_was_written_again_is_taken_back_with_the_group_or_not_at_all(room: Room) -> None:
    put_later(room, "a.xmp")
    room.process(room.receipt("a.jpg"))
    assert room.process(put_later(room, "a.xmp")).outcome is Outcome.FILED
    filed = tree(room.filed)
    chosen = room.journal.undoable(Selection())
    for dry_run in (True, False):
        done = undo(room.journal, Mover(room.journal), chosen, dry_run)
        assert [each.done for each in done] == [False] * 3
        assert any("is the old name of another of these files" in each.reason for each in done)
    assert tree(room.filed) == filed
    assert [each.done for each in undo(room.journal, Mover(room.journal), chosen, partly=True)].count(True) == 2
    assert set(tree(room.inbox)) == {"a.jpg", "a.xmp"}


def test_what_only_looks_like_a_late_companion_stays(room: Room) -> None:
    room.process(room.receipt("a.jpg"))
    for name in ("b.mov", "a2.mov", "a.doc", "a.json"):
        assert room.process(put_later(room, name)).outcome is Outcome.IGNORED, name
    undo(room.journal, Mover(room.journal), room.journal.undoable(Selection()))
    assert room.process(put_later(room, "a.mov")).outcome is Outcome.IGNORED, "the image was taken back"


def test_a_companion_that_comes_much_later_stays(room: Room) -> None:
    room.journal.close()
    room.journal = Journal(room.journal_path, clock=lambda: time.time() - GRACE_S - 60)
    room.process(room.receipt("a.jpg"))
    assert room.process(put_later(room, "a.mov")).outcome is Outcome.IGNORED


def test_a_companion_that_comes_later_waits_until_it_is_written(room: Room) -> None:
    room.process(room.receipt("a.jpg"))
    with (room.inbox / "a.mov").open("wb") as film:
        film.write(b"the first half")
        film.flush()
        result = room.process(room.inbox / "a.mov")
    assert (result.outcome, "is still being written" in result.reason) == (Outcome.FAILED, True)
    assert room.process(room.inbox / "a.mov").outcome is Outcome.FILED
    assert set(tree(room.filed / "Receipts")) == {"a.jpg", "a.mov"}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        pytest.param(b"no image", "its content is not an image", id="text named .png"),
        pytest.param(None, "truncated", id="cut off"),
    ],
)
def test_what_promises_an_image_and_is_none_is_quarantined(room: Room, content: bytes | None, told: str) -> None:
    path = room.receipt()
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2] if content is None else content)
    result = room.process(path)
    assert result.outcome is Outcome.QUARANTINED
    assert told in result.reason
    assert room.process(path).known
    assert [each.path for each in room.journal.problems()] == [str(path)]
    path.write_bytes(whole)  # a changed file is a new file
    assert room.process(path).outcome is Outcome.FILED


def test_who_asks_sets_aside_what_is_known(room: Room) -> None:
    path = room.receipt()
    rules, room.rules = room.rules, ()
    assert room.process(path).outcome is Outcome.LEFT
    room.rules = rules
    assert room.process(path).known
    assert room.process(path, requested=True).outcome is Outcome.FILED


@pytest.mark.parametrize("name", ["a.png", "notes.txt", "broken.png"])
def test_a_dry_run_writes_nothing(room: Room, name: str) -> None:
    path = room.receipt() if name == "a.png" else room.inbox / name
    if name != "a.png":
        path.write_text("no image")
    before = tree(room.inbox, room.filed)
    result = room.process(path, requested=True, dry_run=True)
    assert bool(result.decision and result.decision.actions) == (name == "a.png")
    assert tree(room.inbox, room.filed) == before
    assert list(room.filed.iterdir()) == []
    assert room.known(path) is None
    assert room.journal.entries() == []
    assert room.journal.history_of(str(path)).decision is None


def replace(path: Path) -> None:
    path.with_name("new").write_bytes(b"another file")
    path.with_name("new").rename(path)


def write(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"more")


@pytest.mark.parametrize("change", [replace, write, Path.unlink], ids=["replaced", "written to", "deleted"])
def test_a_file_that_changes_while_it_is_looked_at_stays(
    room: Room, classifier: Interrupting, change: Callable[[Path], None]
) -> None:
    path = room.receipt()
    classifier.meanwhile = lambda: change(path)
    with pytest.raises(FileChanged):
        room.process(path)
    assert list(room.filed.rglob("*.png")) == []
    assert room.journal.open_entries() == []
    assert not path.exists() or room.known(path) is None


@pytest.mark.parametrize(
    ("make", "told"),
    [
        pytest.param(lambda path: path.symlink_to("/etc/passwd"), "not a regular file", id="symlink"),
        pytest.param(os.mkfifo, "not a regular file", id="FIFO"),
        pytest.param(Path.mkdir, "not a regular file", id="folder"),
        pytest.param(Path.exists, "gone", id="nothing"),
        pytest.param(lambda path: path.parent.rmdir(), "gone", id="no folder"),
    ],
)
def test_what_is_no_file_is_not_opened(room: Room, make: Callable[[Path], object], told: str) -> None:
    make(room.inbox / "x.png")
    with pytest.raises(FileChanged, match=told):
        room.process(room.inbox / "x.png")


def test_a_shadow_rule_only_says_what_it_would_do(room: Room) -> None:
    room.rules = (rule_actions(room.to("Receipts/"), shadow=True),)
    path = room.receipt()
    result = room.process(path)
    assert result.outcome is Outcome.SHADOW
    assert "shadow mode" in result.reason
    assert [entry.state for entry in result.entries] == [State.SHADOW]
    assert path.exists()
    assert list(room.filed.iterdir()) == []
    assert room.process(path).known


def test_copy_go_on_and_move_are_one_batch_that_is_taken_back_as_one(room: Room) -> None:
    room.rules = (
        rule_actions(room.to("Copies/", ActionKind.COPY), name="Copy", continues=True),
        rule_actions(room.to("First/"), name="First", continues=True),
        rule_actions(room.to("Last/"), name="Last"),
    )
    path = room.receipt()
    content = path.read_bytes()
    result = room.process(path)
    assert result.outcome is Outcome.FILED
    assert [entry.intent.cause.rule for entry in result.entries] == ["Copy", "First", "Last"]
    assert len({entry.intent.cause.batch for entry in result.entries}) == 1
    assert tree(room.inbox, room.filed) == {"Copies/a.png": content, "Last/a.png": content}

    taken_back = undo(room.journal, Mover(room.journal), room.journal.undoable(Selection()))
    assert [(each.done, each.reason) for each in taken_back] == [(True, "")] * 3
    assert tree(room.inbox, room.filed) == {"a.png": content}
    known = room.process(path)
    assert (known.known, known.outcome) == (True, Outcome.UNDONE)


def test_a_copy_leaves_the_image_and_is_made_once(room: Room) -> None:
    room.rules = (rule_actions(room.to("Copies/", ActionKind.COPY)),)
    path = room.receipt()
    assert room.process(path).outcome is Outcome.COPIED
    assert room.process(path).known
    assert room.process(path, requested=True).outcome is Outcome.COPIED
    assert len(tree(room.filed)) == 1


def test_a_copy_that_a_person_takes_away_before_the_next_action_succeeds_is_not_made_again(room: Room) -> None:
    room.rules = (rule_actions(room.to("Copies/", ActionKind.COPY), room.to("Last/")),)
    (room.filed / "Last").write_bytes(b"a file where the folder should be")
    path = room.receipt()
    content = path.read_bytes()
    assert room.process(path).outcome is Outcome.FAILED
    (room.filed / "Copies" / "a.png").rename(room.filed / "mine.png")
    assert room.process(path).outcome is Outcome.FAILED
    (room.filed / "Last").unlink()
    assert room.process(path).outcome is Outcome.FILED
    assert tree(room.inbox, room.filed) == {"mine.png": content, "Last/a.png": content}


def test_an_image_that_a_person_puts_back_is_left_alone_until_it_is_asked_for(room: Room) -> None:
    path = room.receipt()
    filed = Path(room.process(path).entries[0].intent.target)
    filed.rename(path)
    for _ in range(2):
        result = room.process(path)
        assert (result.known, result.outcome) == (True, Outcome.FILED)
        assert f"moved here by hand from {filed}" in result.reason
    assert not room.process(path, requested=True).known
    assert list(tree(room.inbox, room.filed)) == ["Receipts/a.png"]


def test_our_own_tags_and_links_do_not_make_an_image_a_new_one(room: Room) -> None:
    tag, link = (
        RuleAction(ActionKind.TAG, words=(parse_words("filed", path=False),)),
        room.to("Links/", ActionKind.HARDLINK),
    )
    room.rules = (rule_actions(tag, link),)
    path = room.receipt()
    assert room.process(path).outcome is Outcome.DONE
    known = room.known(path)
    assert known is not None
    assert known.outcome is Outcome.DONE


def test_a_taken_name_is_respected(room: Room) -> None:
    room.rules = (rule_actions(room.to("Receipts/", on_conflict=OnConflict.SKIP)),)
    path = room.receipt("\udcff.png")
    (room.filed / "Receipts").mkdir()
    (room.filed / "Receipts" / path.name).write_bytes(b"first come")
    result = room.process(path)
    assert result.outcome is Outcome.LEFT
    assert "is taken" in result.reason
    assert path.exists()
    assert room.process(path).known


def test_a_move_that_is_refused_is_tried_again_and_explained(room: Room) -> None:
    path = room.receipt()
    (room.filed / "Receipts").write_bytes(b"a file where the folder should be")
    for attempts in (1, 2):
        result = room.process(path)
        assert (result.outcome, result.attempts) == (Outcome.FAILED, attempts)
    assert json.loads(room.journal.history_of(str(path)).decision or "")["label"] == "receipt"
    (room.filed / "Receipts").unlink()
    assert room.process(path).outcome is Outcome.FILED
    assert room.journal.problems() == []


def test_what_was_moved_is_filed_though_the_next_action_fails(room: Room) -> None:
    room.rules = (
        rule_actions(room.to("First/"), name="First", continues=True),
        rule_actions(room.to("Last/"), name="Last"),
    )
    (room.filed / "Last").write_bytes(b"a file where the folder should be")
    path = room.receipt()
    result = room.process(path)
    assert result.outcome is Outcome.INCOMPLETE
    assert "an action after the move was not carried out" in result.reason
    filed = room.filed / "First" / "a.png"
    assert [(each.path, each.outcome) for each in room.journal.problems()] == [(str(filed), "incomplete")]
    assert room.process(filed).known

    undo(room.journal, Mover(room.journal), room.journal.undoable(Selection()))
    assert (path.exists(), room.journal.problems()) == (True, [])


@pytest.mark.parametrize(
    ("command", "why"),
    [
        pytest.param(["/bin/sh", "-c", "echo no such colour; exit 3"], "exit code 3: no such colour", id="fails"),
        pytest.param(["/nonexistent/optipng"], "cannot be started: No such file or directory", id="is missing"),
    ],
)
def test_a_command_that_fails_after_the_move_needs_attention(room: Room, command: list[str], why: str) -> None:
    run = RuleAction(ActionKind.RUN, words=tuple(parse_words(each, path=True) for each in command), seconds=60)
    room.rules = (rule_actions(room.to("Receipts/"), run),)
    result = room.process(room.receipt())
    filed = str(room.filed / "Receipts" / "a.png")
    assert (result.outcome, why in result.reason) == (Outcome.INCOMPLETE, True)
    (problem,) = room.journal.problems()
    assert (problem.path, problem.outcome, why in problem.reason) == (filed, "incomplete", True)
    assert room.journal.counts().incomplete == 1
    assert why in room.journal.entries()[0].reason

    room.rules = (rule_actions(room.to("Receipts/")),)
    assert room.process(filed, requested=True).outcome is Outcome.LEFT
    assert room.journal.problems() == []


def kill(classifier: Classifier) -> None:
    assert classifier.pid is not None
    os.kill(classifier.pid, 9)


def test_an_image_over_which_the_classifier_dies_is_given_up_in_the_end(room: Room, classifier: Interrupting) -> None:
    def die() -> None:
        raise ClassifierDied("the classifier crashed (SIGSEGV) while it classified the image")

    path, other = room.receipt(), room.receipt("b.png", 4)
    classifier.meanwhile = die
    for attempts in range(1, MAX_DEATHS):
        result = room.process(path)
        assert (result.outcome, result.attempts) == (Outcome.FAILED, attempts)
    result = room.process(path)
    assert result.outcome is Outcome.QUARANTINED
    assert f"{MAX_DEATHS} times" in result.reason
    classifier.meanwhile = bool
    assert room.process(other).outcome is Outcome.FILED


def test_a_classifier_that_is_killed_over_an_image_costs_nothing(room: Room, classifier: Interrupting) -> None:
    path = room.receipt()
    classifier.meanwhile = lambda: kill(classifier)
    assert room.process(path).outcome is Outcome.FAILED
    classifier.meanwhile = bool
    assert room.process(path).outcome is Outcome.FILED


def test_being_told_to_stop_while_the_model_loads_leaves_everything_as_it_is(room: Room, tmp_path: Path) -> None:
    path = room.receipt()
    fresh = Interrupting(str(tmp_path / "cache"))
    pipeline = Pipeline(
        journal=room.journal,
        executor=Executor(Mover(room.journal), ExternalActions(room.journal, lambda: False), Answering()),
        answering=Answering(),
        classifier=fresh,
        asked=AskedFacts(room.journal, Reader(), None),
        rules=room.rules,
        negatives=frozenset(),
        fingerprint="1",
    )
    try:
        with pytest.raises(Interrupted):
            pipeline.process(str(path), str(room.inbox), lambda: fresh.state == "loading", Terms())
    finally:
        fresh.stop()
    assert room.known(path) is None


@contextmanager
def no_descriptors_left() -> Iterator[None]:
    """Make every attempt to open a file in this block fail."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    lowest = os.dup(0)
    os.close(lowest)
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.mark.parametrize("name", ["a.png", "a.txt"])
def test_what_cannot_be_opened_now_is_tried_again(room: Room, name: str) -> None:
    path = room.receipt(name)
    promised = name == "a.png"
    for attempts in (1, 2):
        with no_descriptors_left():
            result = room.process(path)
        expected = (Outcome.FAILED, attempts) if promised else (Outcome.IGNORED, 0)
        assert (result.outcome, result.attempts) == expected
        assert "cannot be opened" in result.reason
    assert room.process(path).outcome is Outcome.FILED


def test_what_may_not_be_read_is_tried_again(room: Room) -> None:
    path = room.receipt()
    path.chmod(0)
    with as_a_normal_user():
        result = room.process(path)
    assert (result.outcome, result.attempts) == (Outcome.FAILED, 1)
    path.chmod(0o600)
    assert room.process(path).outcome is Outcome.FILED


@pytest.mark.skipif(not os.path.exists("/proc/self/mem"), reason="the file whose first bytes can't be read is Linux's")
def test_an_error_of_the_disk_is_a_failure_of_that_image_alone(room: Room) -> None:
    result = room.process("/proc/self/mem")  # pread of its first bytes returns EIO
    assert (result.outcome, result.reason) == (Outcome.FAILED, "the disk reports an error")


def test_when_it_was_added_stays_known_although_its_inode_changes(room: Room) -> None:
    room.rules = (Rule("Old ones", (room.to("Old/"),), (AgeFilter((Comparison(">", 9e9, "> 9e9"),), "added"),)),)
    image = room.receipt()
    assert room.process(image).outcome is Outcome.LEFT
    first = room.known(image)
    assert first is not None
    assert first.identity.ctime_ns / 1e9 - first.added < 1

    def changes_it() -> bool:
        image.chmod(0o640)
        return image.stat().st_ctime > first.at

    wait_for(changes_it, what="a later time of change")
    room.fingerprint = "2"
    assert room.process(image).outcome is Outcome.LEFT
    second = room.known(image)
    assert second is not None
    assert second.identity.ctime_ns / 1e9 > first.at
    assert second.added == first.added


def test_the_date_taken_is_that_of_the_first_source(room: Room) -> None:
    room.rules = (Rule("By date", (room.to("{taken:%Y-%m}/"),), (RECEIPT,)),)
    shot = room.receipt("Screenshot 2024-05-17 093012.png")
    result = room.process(shot)
    assert result.classification is not None
    image = result.classification.image
    assert (image.taken, image.taken_from) == (datetime.fromisoformat("2024-05-17T09:30:12"), "name")
    decided = json.loads(room.journal.decision(1) or "")["facts"]
    assert (decided["taken"], decided["taken_from"]) == ("2024-05-17T09:30:12", "name")
    assert set(tree(room.filed)) == {"2024-05/Screenshot 2024-05-17 093012.png"}
    facts = json.loads(room.journal.history_of(str(shot)).decision or "")["facts"]
    assert (facts["taken"], facts["taken_from"]) == ("2024-05-17T09:30:12", "name")


def test_what_rules_left_is_not_classified_again_for_others(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    room.classifier.meanwhile = lambda: asked.append(room.fingerprint)
    taken, camera = {ExifTags.Base.DateTimeOriginal: "2024:05:17 09:30:12"}, {ExifTags.Base.Model: "EOS R6"}
    exif, path = Image.Exif(), room.inbox / "a.jpg"
    exif.update(camera)
    exif.get_ifd(ExifTags.IFD.Exif).update(taken)
    images.receipt(3).save(path, exif=exif)
    room.rules = ()
    first = room.process(path)
    assert first.classification is not None

    room.rules, room.fingerprint = (Rule("All", (room.to("{taken:%Y}/{exif.Model}/"),), (RECEIPT,)),), "2"
    second = room.process(path)
    assert (second.outcome, asked) == (Outcome.OFFERED, ["1"])
    assert second.classification is not None
    assert second.classification.image == first.classification.image
    assert second.classification.scores == pytest.approx(first.classification.scores, abs=1e-4)

    with monkeypatch.context() as patch:
        patch.setattr(room.classifier, "answered_by", "other labels")
        room.fingerprint = "other labels"
        room.process(path, requested=True, dry_run=True)
    room.classifier.recent.clear()
    before = path.read_bytes()
    path.write_bytes(before[:-1] + b"!")
    room.fingerprint = "other content"
    room.process(path, requested=True, dry_run=True)
    room.classifier.recent.clear()
    path.write_bytes(before)
    room.process(path, requested=True)
    assert asked == ["1", "other labels", "other content"]
    assert set(tree(room.filed)) == {"2024/EOS R6/a.jpg"}


@pytest.mark.parametrize(
    ("seconds", "year"), [pytest.param(-(10**11), 5, id="before all years"), pytest.param(10**12, 9987, id="after")]
)
def test_a_time_that_no_calendar_holds_is_no_obstacle(seconds: int, year: int) -> None:
    """Not every file system can be given such a time, so the numbers are made up."""
    place = PathInFolder(Folder(-1, "/in", "/in", FolderIdentity(1, 2)), "a.png")
    whole, exact = (seconds,) * 3, (seconds * 10**9,) * 3
    found = os.stat_result((0o100644, 2, 1, 1, 0, 0, 10, *whole, *map(float, whole), *exact))
    facts = file_facts(OpenFile(place, NOT_OPEN, found), "png")
    assert (facts.created.year, facts.modified.year) == (year, year)


def outcomes(results: Sequence[Result]) -> list[Outcome]:
    return [result.outcome for result in results]


def test_twins_both_keep_their_place(room: Room) -> None:
    (room.inbox / "sub").mkdir()
    first, second = room.receipt("a.png"), room.receipt("sub/a.png")
    assert outcomes([room.process(first), room.process(second)]) == [Outcome.FILED] * 2
    assert set(tree(room.filed)) == {"Receipts/a.png", "Receipts/a 2.png"}


def test_no_symlink_below_the_watched_folder_leads_to_an_image(room: Room, tmp_path: Path) -> None:
    """For example, a file that replaced a subfolder after the image in it had settled."""
    image = room.receipt()
    outside = tmp_path / "outside"
    outside.mkdir()
    image.rename(outside / "a.png")
    (room.inbox / "sub").symlink_to(outside)
    with pytest.raises(FileChanged):
        room.process(room.inbox / "sub" / "a.png")
    assert (outside / "a.png").exists()
    assert room.journal.entries() == []


def test_a_refused_move_is_no_death_of_the_classifier(room: Room, classifier: Interrupting) -> None:
    (room.filed / "Receipts").write_bytes(b"a file where the folder should be")
    path = room.receipt()
    for _ in range(MAX_DEATHS + 1):
        assert room.process(path).outcome is Outcome.FAILED
    classifier.meanwhile = lambda: kill(classifier)
    result = room.process(path)
    assert (result.outcome, result.attempts) == (Outcome.FAILED, MAX_DEATHS + 2)
    classifier.meanwhile = bool
    (room.filed / "Receipts").unlink()
    assert room.process(path).outcome is Outcome.FILED


RECEIPTS: dict[str, Callable[[Image.Image], bytes]] = {
    "a.heic": lambda image: encoded(image, "HEIF"),
    "a.avif": lambda image: encoded(image, "AVIF"),
    "a.dng": lambda image: dng(preview=encoded(image, "JPEG"), preview_size=image.size),
    "a.pdf": lambda image: encoded(image, "PDF"),
}
"""For the formats that Pillow alone does not read, or tries last."""


@pytest.mark.parametrize("name", RECEIPTS)
def test_a_receipt_of_every_format_is_filed(room: Room, name: str) -> None:
    path = room.inbox / name
    path.write_bytes(content := RECEIPTS[name](images.receipt(3).resize((412, 550))))
    result = room.process(path)
    assert (result.outcome, result.reason) == (Outcome.FILED, "")
    assert tree(room.inbox, room.filed) == {f"Receipts/{name}": content}


@pytest.mark.parametrize("name", ["a.dng", "a.pdf"])
def test_what_cannot_be_read_here_is_nobodys_problem_until_it_can(
    room: Room, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    path = room.inbox / name
    path.write_bytes(RECEIPTS[name](images.receipt(3).resize((412, 550))))
    with monkeypatch.context() as without:
        without.setattr("snapsortd.vision.formats.find_spec", lambda _name: None)
        is_missing.cache_clear()
        result = room.process(path)
        assert result.outcome is Outcome.IGNORED
        assert "need one more package: pip install 'snapsortd[" in result.reason
        assert room.journal.problems(9) == []
        assert room.process(path).known
    is_missing.cache_clear()
    room.fingerprint = "1 raw+pdf"
    assert room.process(path).outcome is Outcome.FILED


def test_a_broken_pdf_is_no_problem_and_a_broken_image_is_one(room: Room) -> None:
    for name, content in (("a.pdf", b"%PDF-1.4\n"), ("b.pdf", b"<!doctype html>"), ("c.png", b"<!doctype html>")):
        (room.inbox / name).write_bytes(content)
        room.process(room.inbox / name)
    assert [os.path.basename(each.path) for each in room.journal.problems()] == ["c.png"]
    known = room.known(room.inbox / "a.pdf")
    assert known is not None
    assert (known.outcome, known.reason[:26]) == (Outcome.IGNORED, "a PDF that can't be read: ")


def test_an_image_that_trips_a_defect_is_left_with_a_sentence_and_the_next_one_is_filed(
    room: Room, caplog: pytest.LogCaptureFixture
) -> None:
    room.rules = (Rule("Receipts", (room.to("receipts/"),), (Defective(("receipt",)),)),)
    odd, next_one = room.receipt("odd.png"), room.receipt("next.png", seed=4)
    result = room.process(odd)
    assert result.outcome is Outcome.QUARANTINED
    assert "snapsortd failed over it: OverflowError" in result.reason
    assert [record.exc_info is not None for record in caplog.records] == [True]
    assert room.process(odd).known
    assert room.process(next_one).outcome is Outcome.FILED
    assert odd.exists()


def test_an_image_waits_for_a_destination_that_does_not_answer(
    room: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("snapsortd.pipeline.carry_out.DESTINATION_PATIENCE_S", 0.5)
    path = room.receipt()
    with served("bindfs", tmp_path, room.filed) as disk:
        disk.freeze()
        result = room.process(path)
        assert (result.outcome, result.attempts) == (Outcome.FAILED, 1)
        assert f"the disk at {room.filed}/Receipts does not answer" in result.reason
        disk.thaw()
        assert room.process(path).outcome is Outcome.FILED
    assert not path.exists()
