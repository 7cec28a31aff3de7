"""The daemon's loop in this process, one iteration at a time: what halts filing must not end the daemon."""

from __future__ import annotations

import os
import sqlite3
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from snapsortd.config import WatchFolder
from snapsortd.daemon.api.control import DaemonControl
from snapsortd.daemon.halt import JOURNAL_RETRY_S
from snapsortd.daemon.loop import Daemon
from snapsortd.daemon.signals import Signals
from snapsortd.daemon.systemd import ServiceNotifier
from snapsortd.domain.errors import ConfigError, JournalError, MoveRefused, Unavailable
from snapsortd.domain.result import Known, Outcome
from snapsortd.files.folders import lstat
from snapsortd.pipeline.session import Session
from snapsortd.watch.queue import WorkQueue
from snapsortd.watch.watcher import MISSING_INTERVAL_S
from tests.support.filing import Filing, identity_of
from tests.support.turns import make_daemon, turn
from tests.support.waiting import wait_for

TIMEOUT_S = 60.0


@pytest.fixture
def daemon(session: Session) -> Daemon:
    return make_daemon(session)


def test_a_journal_that_was_deleted_stops_filing_and_says_so(folder: Path, daemon: Daemon) -> None:
    notes = folder / "inbox" / "notes.txt"
    notes.write_text("a file that needs no model")
    os.unlink(daemon.session.locations.journal)
    wait_for(lambda: turn(daemon), what="filing stopped")
    assert "deleted or replaced" in daemon.halt.reason
    turn(daemon)
    status = DaemonControl(daemon).status()
    assert (status["state"], status["reason"]) == ("halted", daemon.halt.reason)
    assert notes.exists()


def test_a_journal_that_cannot_be_read_stops_filing_and_says_so(daemon: Daemon) -> None:
    daemon.session.journal.close()
    wait_for(lambda: turn(daemon), what="filing stopped")
    turn(daemon)
    status = DaemonControl(daemon).status()
    assert (status["state"], status["reason"]) == ("halted", daemon.halt.reason)


def test_a_journal_that_is_only_blocked_is_tried_again(folder: Path, daemon: Daemon) -> None:
    (folder / "inbox" / "notes.txt").write_text("a file that needs no model")
    with closing(sqlite3.connect(daemon.session.locations.journal, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        wait_for(lambda: turn(daemon), what="filing stopped")
        assert "locked by another program" in daemon.halt.reason
        assert turn(daemon)

    def is_known() -> bool:
        turn(daemon, ahead=JOURNAL_RETRY_S)
        return daemon.session.journal.history_of(str(folder / "inbox" / "notes.txt")).known is not None

    wait_for(is_known, what="the loop went on")
    assert not daemon.halt.reason


def test_a_problem_whose_file_is_gone_is_forgotten(folder: Path, daemon: Daemon) -> None:
    session = daemon.session
    gone, there = folder / "inbox" / "a.png", folder / "inbox" / "b.png"
    for path in (gone, there):
        path.write_bytes(b"no image")
        session.journal.remember(Known(str(path), identity_of(path), Outcome.QUARANTINED, "no image"))
    gone.unlink()
    daemon.folders.rescan()
    assert [each.path for each in session.journal.problems()] == [str(there)]


def test_a_deletion_that_was_interrupted_is_finished_at_the_start(daemon: Daemon) -> None:
    daemon.session.journal.erasure.begin(None)
    daemon.run(daemon.stop)
    with closing(sqlite3.connect(daemon.session.locations.journal)) as db:
        assert db.execute("SELECT count(*) FROM erasures").fetchone() == (0,)


@pytest.mark.parametrize("flag", ["stop", "reload"])
def test_a_signal_in_the_middle_of_a_turn_is_not_slept_over(daemon: Daemon, flag: str) -> None:
    turn(daemon)
    turn(daemon)

    class Late(WorkQueue):
        """A queue at whose update a signal arrives first, so that the update consumes the signal's wake-up."""

        def update(self, now: float) -> None:
            setattr(daemon.signals, flag, True)
            self.wake()
            super().update(now)

    daemon.queue = daemon.folders.queue = Late(lstat)
    began = time.monotonic()
    daemon.step(began)
    assert time.monotonic() - began < 3


def test_a_halted_daemon_files_nothing_on_request(folder: Path, daemon: Daemon) -> None:
    daemon.halt.reason = "the journal is damaged"
    control = DaemonControl(daemon)
    with ThreadPoolExecutor(1) as client:
        asked = client.submit(control.image, str(folder / "inbox" / "a.png"), dry_run=False, batch=None)
        wait_for(lambda: daemon.jobs.wants_model)
        daemon.jobs.run_next(model_ready=True)
        assert isinstance(asked.exception(TIMEOUT_S), JournalError)


def test_a_file_that_is_no_image_does_not_load_the_model(folder: Path, daemon: Daemon) -> None:
    notes = folder / "inbox" / "notes.txt"
    notes.write_text("a file that needs no model")
    identity = os.stat(notes)

    def is_known() -> bool:
        turn(daemon)
        story = daemon.session.journal.history_of(str(notes))
        return story.known is not None and story.known.outcome is Outcome.IGNORED

    wait_for(is_known, what="passed over")
    assert daemon.session.classifier.state == "stopped"
    assert os.stat(notes).st_mtime_ns == identity.st_mtime_ns


def test_a_long_undo_ends_when_it_must(folder: Path, session: Session) -> None:
    filing = Filing(str(folder / "other" / "journal.sqlite3"), folder / "inbox", folder / "filed")
    filing.journal.close()
    filing.journal, filing.mover = session.journal, session.mover
    for number in range(3):
        filing.file(filing.image(f"{number}.png"), batch=7)
    items: list[int] = []
    hurried = Session(
        session.locations,
        session.config,
        session.journal,
        should_stop=lambda: [items.append(0), len(items) == 3][1],
    )
    found = hurried.undoing.undo(batch=7)
    assert (found["done"], found["refused"]) == (2, 1)
    assert "asked to stop" in found["results"][-1]["reason"]
    assert session.undoing.undo(batch=7)["done"] == 1
    assert sorted(path.name for path in (folder / "inbox").iterdir()) == ["0.png", "1.png", "2.png"]


def test_a_dry_undo_touches_nothing(folder: Path, session: Session) -> None:
    filing = Filing(str(folder / "other" / "journal.sqlite3"), folder / "inbox", folder / "filed")
    filing.journal.close()
    filing.journal, filing.mover = session.journal, session.mover
    filing.file(filing.image("a.png"), batch=7)
    before = session.journal.entries()
    assert session.undoing.undo(batch=7, dry_run=True)["done"] == 1
    assert session.journal.entries() == before
    assert (folder / "filed" / "a.png").exists()


def test_a_broken_configuration_leaves_the_last_good_one_in_force(folder: Path, daemon: Daemon) -> None:
    before = daemon.session.config
    (folder / "config.yaml").write_text("lables: {}")
    with pytest.raises(ConfigError):
        daemon.reload()
    assert daemon.session.config is before
    assert DaemonControl(daemon).status()["config"]["error"] == daemon.reload_error != ""


def test_a_file_of_a_folder_that_is_no_longer_watched_is_let_go(folder: Path, daemon: Daemon) -> None:
    (folder / "filed" / "notes.txt").write_text("a file that needs no model")
    daemon.queue.offer(str(folder / "filed" / "notes.txt"), 0.0)
    wait_for(lambda: [turn(daemon), len(daemon.queue)][1] == 0)
    turn(daemon)
    assert daemon.session.journal.history_of(str(folder / "filed" / "notes.txt")).known is None


def test_orders_are_carried_out_and_the_end_keeps_nobody_waiting(folder: Path, daemon: Daemon) -> None:
    """The model is loading meanwhile, and only images wait for it."""
    control = DaemonControl(daemon)

    def give_orders() -> tuple[list[str], Future[object]]:
        states = [control.pause()["state"], control.status()["state"], control.resume()["state"]]
        image: Future[object] = client.submit(control.image, str(folder / "inbox" / "a.png"), dry_run=True, batch=None)
        wait_for(lambda: daemon.jobs.wants_model)
        assert control.undo(all=True) == {"results": [], "done": 0, "refused": 0, "burst": 0}
        states.append(control.stop()["state"])
        return states, image

    with ThreadPoolExecutor(2) as client:
        orders = client.submit(give_orders)
        daemon.run()
        states, image = orders.result(TIMEOUT_S)
        assert states == ["paused", "paused", "loading", "stopping"]
        assert isinstance(image.exception(TIMEOUT_S), Unavailable)
    with pytest.raises(Unavailable):
        control.pause()


class Defective(Daemon):
    """A daemon whose loop ends with a defect."""

    def step(self, now: float) -> None:
        raise RuntimeError(f"a defect at {now}")


def test_a_defect_in_the_loop_keeps_nobody_waiting(session: Session) -> None:
    """The process can end although a client is waiting for an answer."""
    daemon = Defective(session, Signals(), ServiceNotifier())
    control = DaemonControl(daemon)
    with ThreadPoolExecutor(1) as client:
        asked = client.submit(control.pause)
        wait_for(lambda: len(daemon.queue))
        with pytest.raises(RuntimeError, match="a defect"):
            daemon.run()
        assert isinstance(asked.exception(TIMEOUT_S), Unavailable)


def test_a_file_to_which_only_a_symlink_leads_is_let_go(folder: Path, daemon: Daemon) -> None:
    """It was offered while its folder was real; now a symlink leads out of the watched folder."""
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "a.png").write_bytes(b"not ours")
    (folder / "inbox" / "sub").symlink_to(elsewhere)
    daemon.session.use(replace(daemon.session.config, watch=(WatchFolder(str(folder / "inbox"), subfolders=True),)))
    path = str(folder / "inbox" / "sub" / "a.png")
    assert lstat(path) is not None
    daemon.queue.offer(path, 0.0)
    wait_for(lambda: turn(daemon) or not len(daemon.queue), what="the file let go")
    assert daemon.session.journal.history_of(path).known is None


def test_a_folder_that_another_daemon_files_is_left_to_it_until_that_ends(folder: Path, daemon: Daemon) -> None:
    (folder / "second").mkdir()
    (folder / "inbox" / "notes.txt").write_text("in the folder of both")
    (folder / "second" / "notes.txt").write_text("in a folder of its own")
    session = daemon.session
    inbox, second = session.config.watch[0], replace(session.config.watch[0], path=str(folder / "second"))
    state = folder / "other state"
    locations = replace(session.locations, state_dir=str(state), cache_dir=str(state), runtime_dir=str(state))
    daemon.watcher.start()
    with Session.open(locations, replace(session.config, path="/other.yaml", watch=(inbox, second))) as another:
        late = make_daemon(another)
        late.watcher.start()

        def known(name: str) -> bool:
            turn(late, ahead=MISSING_INTERVAL_S)
            return another.journal.history_of(str(folder / name / "notes.txt")).known is not None

        wait_for(lambda: known("second"), what="its other folder is filed")
        assert not known("inbox")
        owner = f"filed by another snapsortd (process {os.getpid()}, configuration {session.config.path})"
        assert DaemonControl(late).status()["folders"][0]["state"] == owner
        with pytest.raises(MoveRefused, match="its folder is filed by another snapsortd"):
            another.image(str(folder / "inbox" / "notes.txt"))
        daemon.watcher.stop()
        session.claims.close()
        wait_for(lambda: known("inbox"), what="it has taken over")
        assert DaemonControl(late).status()["folders"][0]["state"] == "watching"
        late.watcher.stop()
