"""Commands and notifications requested by a rule: real programs, a real journal."""

from __future__ import annotations

import errno
import os
import shutil
import stat
import time
from collections.abc import Callable
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from snapsortd.actions import command as commands
from snapsortd.actions.command import MAX_OUTPUT, run
from snapsortd.actions.recover import repair
from snapsortd.actions.run_and_notify import ExternalActions
from snapsortd.domain.decision import PATH_MARK, ActionKind, PlannedAction
from snapsortd.domain.entry import Cause, Entry, EntryKind, Method, State
from snapsortd.domain.errors import CommandFailed, FileChanged, Interrupted, MoveRefused
from snapsortd.domain.result import Known, Outcome
from snapsortd.files.open_file import open_file
from tests.support.filing import Filing, identity_of
from tests.support.waiting import wait_for

HOUR = 3600.0


def program(folder: Path, script: str, name: str = "program") -> str:
    """Return a program run by `sh`."""
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def never() -> bool:
    return False


@pytest.fixture(params=["told when it ends", "not told"], autouse=True)
def telling(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run with and without notification of a process's end, which only Linux gives; polling is frequent here."""
    monkeypatch.setattr(commands, "POLL_INTERVAL_S", 0.02)

    def unknown(_pid: int, _flags: int = 0) -> int:
        raise OSError

    if request.param == "not told":
        monkeypatch.setattr(os, "pidfd_open", unknown, raising=False)


@pytest.mark.parametrize(
    "word",
    [
        pytest.param("plain.png", id="plain"),
        pytest.param("", id="empty"),
        pytest.param("-rf --help", id="looks like an option"),
        pytest.param("$(touch gone); `id` && echo $HOME | cat > x", id="shell"),
        pytest.param("two\nlines\t'\"\\ *?~", id="newline and quotes"),
        pytest.param("no utf-8 \udcff", id="undecodable"),
    ],
)
def test_words_are_arguments_whatever_they_hold(tmp_path: Path, word: str) -> None:
    tell = program(tmp_path, f"printf '%s\\0' \"$@\" > '{tmp_path}/told'")
    run([tell, word, "{path}", word], HOUR, never)
    assert (tmp_path / "told").read_bytes().split(b"\0")[:-1] == [os.fsencode(word), b"{path}", os.fsencode(word)]


def test_where_it_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", "/run/ours")
    monkeypatch.setenv("ANYTHING", "else")
    tell = program(tmp_path, f"(pwd; cat; ps -o sid= -p $$; echo $$; env) > '{tmp_path}/told'")
    run([tell], HOUR, never)
    folder, session, pid, *environment = (tmp_path / "told").read_text().splitlines()
    assert folder == "/"
    assert session.strip() == pid
    assert "ANYTHING=else" in environment
    assert not any(line.startswith("NOTIFY_SOCKET") for line in environment)


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        pytest.param("exit 3", "failed with exit code 3$", id="silent"),
        pytest.param("echo no such colour; echo; echo why >&2; exit 1", "code 1: no such colour | why$", id="both"),
        pytest.param("printf 'a\\033[2Jb\\377\\n'; exit 1", r"code 1: a\x1b[2Jb\xff$", id="control characters"),
        pytest.param("seq 9; exit 1", "code 1: 5 | 6 | 7 | 8 | 9$", id="many lines"),
        pytest.param("kill -9 $$", "was killed (SIGKILL)$", id="signal"),
        pytest.param("yes | head -c 5000000; echo last words; exit 1", "| y | last words$", id="flood"),
        pytest.param("exec >&- 2>&-; exit 4", "failed with exit code 4$", id="closes its output"),
    ],
)
def test_a_command_that_fails_says_why(tmp_path: Path, script: str, reason: str) -> None:
    with pytest.raises(CommandFailed) as failed:
        run([program(tmp_path, script)], HOUR, never)
    assert failed.value.message.startswith(f"the command {tmp_path}/program ")
    assert f"{failed.value.message}$".endswith(reason)
    assert failed.value.message.isprintable()


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        pytest.param("/none", "No such file or directory", id="missing"),
        pytest.param("/dev", "Permission denied", id="folder"),
    ],
)
def test_a_command_that_cannot_be_started_says_why(name: str, reason: str) -> None:
    with pytest.raises(CommandFailed, match=f"cannot be started: {reason} .*full path"):
        run([name], HOUR, never)


class Held:
    """A FIFO that a program and its children hold open as descriptor 3, which shows whether any of them is alive."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "held"
        os.mkfifo(self.path)
        self._fd = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK)
        self.opening = f"exec 3> '{self.path}'; echo up >&3"
        self.said = b""

    def is_free(self) -> bool:
        """Return True if a process had it open, and none has it now."""
        while True:
            try:
                data = os.read(self._fd, 100)
            except BlockingIOError:
                return False
            if not data:
                return bool(self.said)
            self.said += data

    def close(self) -> None:
        os.close(self._fd)


@pytest.mark.parametrize(
    "script",
    [
        pytest.param("sleep 1000 & sleep 1000", id="with a child"),
        pytest.param("exec >&- 2>&-; sleep 1000", id="closed its output"),
        pytest.param("trap '' TERM; sleep 1000 & while true; do sleep 1000; done", id="does not want to end"),
        pytest.param("yes", id="floods"),
    ],
)
@pytest.mark.parametrize("why", ["late", "asked"])
def test_what_takes_too_long_or_is_not_wanted_any_more_is_ended_with_all_that_it_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, why: str
) -> None:
    monkeypatch.setattr(commands, "GRACE_S", 0.05)
    held = Held(tmp_path)

    def waiting() -> bool:
        held.is_free()
        return why == "asked" and held.said == b"up\n"

    error, seconds = (Interrupted, HOUR) if why == "asked" else (CommandFailed, 0.3)
    with pytest.raises(error, match="asked to stop" if why == "asked" else r"more than 0\.3 seconds and was ended"):
        run([program(tmp_path, f"{held.opening}\n{script}")], seconds, waiting)
    wait_for(held.is_free)
    held.close()


def test_a_program_that_is_asked_to_end_may_say_something(tmp_path: Path) -> None:
    tidy = program(tmp_path, "trap 'echo tidied up; exit 0' TERM; while true; do sleep 0.05; done")
    with pytest.raises(CommandFailed, match=r"was ended: .*tidied up$"):
        run([tidy], 0.2, never)


def test_what_a_command_leaves_running_is_not_waited_for(tmp_path: Path) -> None:
    began = time.monotonic()
    run([program(tmp_path, f"sleep 100 & echo $! > '{tmp_path}/pid'")], HOUR, never)
    assert time.monotonic() - began < 50
    os.kill(int((tmp_path / "pid").read_text()), 9)


def test_waiting_is_called_again_and_again(tmp_path: Path) -> None:
    times: list[float] = []
    with pytest.raises(Interrupted):
        run([program(tmp_path, "sleep 1000")], HOUR, lambda: times.append(time.monotonic()) or len(times) > 5)
    assert max(after - before for before, after in pairwise(times)) < 1


def test_no_more_output_than_needed_is_kept(tmp_path: Path) -> None:
    command = commands._Command([program(tmp_path, "yes | head -c 1000000")])
    while not command.has_ended(1):
        assert len(command._output) <= MAX_OUTPUT
    command.close()
    assert len(command._output) == MAX_OUTPUT


# The journal


def ask(filing: Filing, path: Path, action: PlannedAction, waiting: Callable[[], bool] = never) -> Entry:
    """Carry out the action as the pipeline does."""
    cause = Cause(action.rule, filing.journal.new_batch())
    with open_file(str(path), str(filing.inbox)) as file:
        return ExternalActions(filing.journal, waiting).run(file.hashed(), action, cause)


def command(*words: str, seconds: float = HOUR, shadow: bool = False) -> PlannedAction:
    return PlannedAction(ActionKind.RUN, "a rule", shadow=shadow, words=words, seconds=seconds)


def test_a_command_is_journalled_before_it_starts_and_when_it_is_done(filing: Filing, tmp_path: Path) -> None:
    image = filing.image("-a $(b).png")
    held = Held(tmp_path)
    wait_for_word = program(tmp_path, f"{held.opening}; read go < '{tmp_path}/go'; test \"$2\" = '{image}'")
    os.mkfifo(tmp_path / "go")
    found: list[Entry] = []

    def waiting() -> bool:
        held.is_free()
        if held.said and not found:
            found.extend(filing.journal.open_entries())
            (tmp_path / "go").write_text("go\n")
        return False

    entry = ask(filing, image, command(wait_for_word, "--x", PATH_MARK), waiting)
    held.close()
    (open_entry,) = found
    assert (open_entry.id, open_entry.state) == (entry.id, State.INTENT)
    assert (entry.intent.kind, entry.intent.method, entry.state) == (EntryKind.RUN, Method.CALL, State.DONE)
    assert entry.intent.source == entry.intent.target == str(image)
    assert entry.intent.arguments == (wait_for_word, "--x", str(image))
    assert entry.intent.keep_source
    assert image.exists()


@pytest.mark.parametrize(
    ("script", "seconds", "asked", "error", "reason"),
    [
        pytest.param("echo why; exit 2", HOUR, False, CommandFailed, "failed with exit code 2: why", id="failure"),
        pytest.param("sleep 1000", 0.1, False, CommandFailed, "took more than 0.1 seconds", id="time"),
        pytest.param("sleep 1000", HOUR, True, Interrupted, "asked to stop", id="stop"),
    ],
)
def test_a_command_that_did_not_do_its_work_is_journalled_with_the_reason(
    filing: Filing, tmp_path: Path, script: str, seconds: float, asked: bool, error: type[Exception], reason: str
) -> None:
    with pytest.raises(error):
        ask(filing, filing.image(), command(program(tmp_path, script), seconds=seconds), lambda: asked)
    (entry,) = filing.journal.entries()
    assert entry.state is State.FAILED
    assert reason in entry.reason


def test_a_command_is_not_run_for_a_file_that_the_disk_cannot_show_now(
    filing: Filing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is refused like any other action, so that an image that was moved before counts as filed."""
    image, really_stat = filing.image(), os.stat

    def fail(path: Any, **options: Any) -> os.stat_result:
        if path == image.name and "dir_fd" in options:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return really_stat(path, **options)

    monkeypatch.setattr(os, "stat", fail)
    with pytest.raises(MoveRefused, match="the disk reports an error"):
        ask(filing, image, command(program(tmp_path, "exit 0")))
    assert filing.journal.entries() == []


def test_after_a_crash_it_is_not_known_whether_a_command_ended(filing: Filing, tmp_path: Path) -> None:
    held, image = Held(tmp_path), filing.image()
    filing.journal.remember(Known(str(image), identity_of(image), Outcome.FILED, ""))

    def crash() -> bool:
        if held.is_free() or held.said:
            raise KeyboardInterrupt
        return False

    with pytest.raises(KeyboardInterrupt):
        ask(filing, image, command(program(tmp_path, f"{held.opening}; sleep 1000")), crash)
    wait_for(held.is_free)
    held.close()
    filing.restart()
    (told,) = repair(filing.journal, filing.mover)
    (entry,) = filing.journal.entries()
    assert entry.state is State.FAILED
    assert entry.reason == "interrupted: it is not known whether it ended"
    (problem,) = filing.journal.problems()
    assert (problem.path, problem.outcome, problem.reason) == (entry.intent.source, "incomplete", entry.reason)
    assert entry.reason in told


def test_a_file_that_changed_is_told_of_to_nobody(filing: Filing, tmp_path: Path) -> None:
    (filing.inbox / "sub").mkdir()
    changed, gone, folder_gone = (filing.image(name) for name in ("a.png", "b.png", "sub/c.png"))
    action = command(program(tmp_path, f"touch '{tmp_path}/ran'"))
    with ExitStack() as opened:
        files = [opened.enter_context(open_file(str(path), str(filing.inbox))) for path in (changed, gone, folder_gone)]
        changed.write_bytes(b"another")
        gone.unlink()
        shutil.rmtree(folder_gone.parent)
        for file in files:
            with pytest.raises(FileChanged):
                ExternalActions(filing.journal, never).run(file, action, Cause(action.rule, batch=1))
    assert not (tmp_path / "ran").exists()
    assert filing.journal.entries() == []


def test_a_shadow_rule_runs_nothing(filing: Filing, tmp_path: Path) -> None:
    touch = program(tmp_path, f"touch '{tmp_path}/ran'")
    entry = ask(filing, filing.image(), command(touch, PATH_MARK, shadow=True))
    assert (entry.state, entry.intent.arguments) == (State.SHADOW, (touch, str(filing.inbox / "a.png")))
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("script", "state", "reason"),
    [
        pytest.param("exit 0", State.DONE, "", id="shown"),
        pytest.param("exit 1", State.FAILED, "no desktop notification could be shown", id="no desktop"),
    ],
)
def test_a_notification_names_the_rule_and_is_no_fault_of_the_image(
    filing: Filing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, state: State, reason: str
) -> None:
    program(tmp_path, f"printf '%s\\n' \"$@\" > '{tmp_path}/told'; {script}", "notify-send")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    action = PlannedAction(ActionKind.NOTIFY, "a rule", words=(f"Filed {PATH_MARK}",))
    image = filing.image()
    entry = ask(filing, image, action)
    assert (entry.intent.kind, entry.state, entry.reason) == (EntryKind.NOTIFY, state, reason)
    assert (tmp_path / "told").read_text().splitlines()[-2:] == ["a rule", f"Filed {image}"]
