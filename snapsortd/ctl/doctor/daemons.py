"""Check that the daemon answers, is healthy, and is the only one."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psutil

from snapsortd.ctl.doctor.finding import Finding, ok, problem, quoted, warning
from snapsortd.ctl.doctor.folders import Runtime, privacy_fix
from snapsortd.ctl.doctor.limits import Watch, processes_of, watched_by
from snapsortd.domain.errors import SnapsortError, Unavailable
from snapsortd.domain.text import count

NAME = "daemon"
START = "`snapsortctl service install`, or run `snapsortd`"
RAISE = "; ".join(
    f"sudo sysctl {name}=$((2 * $(sysctl -n {name})))"
    for name in ("fs.inotify.max_user_watches", "fs.inotify.max_user_instances")
)
"""Doubles both limits, so that none that is higher already is lowered."""
RESTART = f"`snapsortctl stop`, then {START}"


@dataclass(frozen=True, slots=True)
class Answer:
    """The status of the daemon, or the reason why there is none. `listening`: a process listens on the socket."""

    status: Mapping[str, Any] | None
    fault: str = ""
    listening: bool = False

    @property
    def pid(self) -> int | None:
        """The id of the process that answered."""
        return self.status["pid"] if self.status else None


@dataclass(frozen=True, slots=True)
class Holder:
    """The process that holds the lock of this instance."""

    pid: int
    command: str
    """Its command line: `snapsortd`, `snapsortctl sort …`; empty if unknown."""


def query_daemon(daemon: Callable[[], Mapping[str, Any]], is_listening: Callable[[], bool]) -> Answer:
    """Query the status of the daemon."""
    try:
        return Answer(daemon(), listening=True)
    except Unavailable as error:
        return Answer(None, error.message, is_listening())
    except SnapsortError as error:
        return Answer(None, str(error), True)


def lock_holder(lock: str) -> Holder | None:
    """Return the process that is named in the lock file and has it open. The lock is read, never taken.

    A process that does not have it open was given the id of one that has ended.
    """
    try:
        with open(lock, encoding="ascii", errors="replace") as file:
            process = psutil.Process(int(file.read(32)))
        is_open = os.path.realpath(lock) in {each.path for each in process.open_files()}
        return Holder(process.pid, " ".join(_command(process))) if is_open else None
    except (OSError, ValueError, OverflowError, psutil.Error):
        return None


def _command(process: psutil.Process) -> list[str]:
    """Return the command line without the interpreter, the program by its base name; [] if it has ended."""
    try:
        words = [word for word in process.cmdline() if word]
    except psutil.Error:
        return []
    if words and os.path.basename(words[0]).startswith("python"):
        words = [word for word in words[1:] if not word.startswith("-")] or words
    return [os.path.basename(words[0]), *words[1:]] if words else []


def other_daemons(uid: int, ours: Sequence[int]) -> dict[int, list[Watch]]:
    """Return the other daemons of this user with the folders that each watches; these are known on Linux only."""
    return {
        process.pid: watched_by(process.pid)
        for process in processes_of(uid)
        if process.pid not in ours and _command(process)[:1] in (["snapsortd"], ["snapsortd.daemon.main"])
    }


def check_daemon(answer: Answer, holder: Holder | None, version: str, runtime: Runtime) -> Iterator[Finding]:
    """Report the health of the daemon. `version` is that of this client."""
    if answer.status is not None:
        found = list(_state_findings(answer.status, version, runtime))
        pid = answer.status["pid"]
        yield from found or [ok(NAME, f"running: process {pid}, version {answer.status['version']}")]
    elif answer.listening:
        kill = f"`kill -9 {holder.pid}` (this is safe), then " if holder else ""
        yield problem(NAME, f"it hangs: {answer.fault}", kill + START)
    elif holder is None:
        yield warning(NAME, answer.fault or "snapsortd is not running", START)
    elif holder.command.startswith("snapsortctl"):
        yield ok(NAME, f"not running, because `{holder.command}` is (process {holder.pid})")
    else:
        yield problem(
            NAME,
            f"process {holder.pid} ({holder.command or 'unknown'}) holds the journal but does not answer on the socket",
            f"`kill {holder.pid}`, then {START}",
        )


def check_lock(answer: Answer, holder: Holder | None) -> Iterator[Finding]:
    """Report an answer from a daemon with another journal: its XDG variables differ from those of this shell."""
    pid = answer.pid
    if pid is not None and holder is not None and holder.pid != pid:
        yield problem(
            NAME,
            f"process {pid} answers, but process {holder.pid} holds the journal",
            f"`kill {pid}`, then `snapsortctl status` again",
        )
    elif pid is not None and holder is None:
        yield problem(
            NAME,
            f"process {pid} answers, but it uses another journal than this shell",
            "set XDG_STATE_HOME to the value with which the daemon was started, or restart the daemon from here",
        )


def check_alone(others: Mapping[int, Sequence[Watch]], folders: Mapping[Watch, str]) -> Iterator[Finding]:
    """Report every other daemon in `others` that watches one of our folders."""
    for pid, watches in others.items():
        if shared := sorted(folders[watch] for watch in watches if watch in folders):
            yield problem(
                NAME,
                f"another snapsortd (process {pid}) also watches {shared[0]}",
                f"`kill {pid}`, or configure different folders; is there a second service? "
                "`systemctl --user list-units '*snapsort*'`",
            )


def _state_findings(status: Mapping[str, Any], version: str, runtime: Runtime) -> Iterator[Finding]:
    model, config = status.get("model", {}), status.get("config", {})
    if status["state"] == "halted":
        yield problem(NAME, f"it has halted filing: {status.get('reason')}", f"fix that, then {RESTART}")
    if status["state"] == "paused":
        yield warning(NAME, "it is paused: new images wait", "`snapsortctl resume`")
    if model.get("state") == "failed":
        yield problem(
            NAME, f"it cannot load its model: {model.get('error')}", "fix that; the daemon retries every minute"
        )
    if config.get("error"):
        yield problem(
            NAME,
            f"it uses an older configuration because the new one has faults: {config['error']}",
            "`snapsortctl check` lists them; then `snapsortctl reload`",
        )
    if status["version"] != version:
        yield warning(NAME, f"it is version {status['version']}, this is {version}", RESTART)
    if failed := status.get("failed", 0):
        yield warning(NAME, f"{count(failed, 'image')} could not be filed and will be retried", "`snapsortctl status`")
    for folder in status.get("folders", ()):
        yield from _folder_findings(folder["path"], folder["state"], runtime)


def _folder_findings(path: str, state: str, runtime: Runtime) -> Iterator[Finding]:
    """Report what only the daemon notices, as it may have fewer rights than this shell."""
    if state.startswith("unreadable"):
        denied = runtime.platform == "darwin" and "not permitted" in state
        fix = (
            privacy_fix(runtime.python) if denied else f"`ls -ld {quoted(path)}`, as the user that the service runs as"
        )
        yield problem(NAME, f"it cannot read {path}: {state}", fix)
    elif state.startswith("filed by another"):
        yield problem(
            NAME, f"{path} is {state}, not by this one", "end that process, or remove the folder from one configuration"
        )
    elif state.startswith("scanning: the system"):
        yield warning(NAME, f"it is not notified of changes in {path}: {state}", f"`{RAISE}`, then {RESTART}")
