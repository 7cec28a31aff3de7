"""Logging: one plain-English line per image, to the systemd journal with fields, or to stderr and a file."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator, Mapping
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from typing import Any

from snapsortd.daemon.foreground import TerminalLine
from snapsortd.domain.errors import ConfigError, SnapsortError
from snapsortd.domain.text import escape, score_text
from snapsortd.files.locations import Locations, make_private

log = logging.getLogger("snapsortd")

MAX_FILE_BYTES = 1_000_000
OLD_FILES_KEPT = 3
FIELDS = (
    "event",
    "path",
    "target",
    "label",
    "score",
    "margin",
    "rule",
    "milliseconds",
    "reason",
    "id",
    "state",
)
"""Keys of an event that become fields in the systemd journal: SNAPSORT_PATH and so on."""

STAYS = frozenset({"left", "offered", "waiting"})
"""Events of images that stay where they are; most images of a folder do."""


def set_up_logs(locations: Locations, env: Mapping[str, str] = os.environ, *, verbose: bool = False) -> None:
    """Add the log handlers that fit the environment. Called once, when the daemon starts.

    With `verbose`, images that stay where they are are logged, too.
    """
    root = logging.getLogger()
    root.setLevel(logging.WARNING)
    log.setLevel(logging.DEBUG if verbose else logging.INFO)
    logging.captureWarnings(True)
    stamped = stderr_is_journal(env)
    if stamped and (journal := journal_handler()):
        root.addHandler(with_format(journal, "%(message)s"))
        return
    stderr = logging.StreamHandler()
    if sys.stderr.isatty():
        stderr.setFormatter(TerminalLine())
        root.addHandler(stderr)
    else:
        root.addHandler(with_format(stderr, "%(message)s" if stamped else "%(asctime)s %(levelname)s %(message)s"))
    try:
        make_private(locations.log_dir)
        file = PrivateFile(
            os.path.join(locations.log_dir, "snapsortd.log"),
            maxBytes=MAX_FILE_BYTES,
            backupCount=OLD_FILES_KEPT,
            encoding="utf-8",
        )
    except (OSError, SnapsortError) as error:
        log.warning("no log file is kept: %s", error)
        return
    root.addHandler(with_format(file, "%(asctime)s %(levelname)s %(message)s"))


class PrivateFile(RotatingFileHandler):
    """A log file that only this user can read, whatever the umask."""

    _failed = False

    def handleError(self, record: logging.LogRecord) -> None:
        """Report a full or missing disk once and without a traceback, because every line is on stderr as well."""
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):
            super().handleError(record)
        elif not self._failed:
            self._failed = True
            sys.stderr.write(f"snapsortd: the log file cannot be written: {error.strerror}\n")

    def _open(self) -> TextIOWrapper:
        return open(self.baseFilename, "a", encoding=self.encoding, opener=_private)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_CLOEXEC, 0o600)


def stderr_is_journal(env: Mapping[str, str]) -> bool:
    """Return True if stderr goes to the systemd journal, which adds timestamps itself (systemd.exec(5))."""
    found = os.fstat(sys.stderr.fileno())
    return env.get("JOURNAL_STREAM") == f"{found.st_dev}:{found.st_ino}"


def journal_handler() -> logging.Handler | None:
    """Return systemd-python's handler; None if that package is not installed."""
    try:
        from systemd.journal import JournalHandler
    except ImportError:
        return None
    handler: logging.Handler = JournalHandler(SYSLOG_IDENTIFIER="snapsortd")
    return handler


class OneLine(logging.Formatter):
    """Escapes control characters, so that no file name can break a line or control a terminal.

    Only a traceback takes more than one line.
    """

    def formatMessage(self, record: logging.LogRecord) -> str:
        """Return the record's line with its message escaped."""
        record.message = escape(record.message)
        return super().formatMessage(record)


def with_format(handler: logging.Handler, line: str) -> logging.Handler:
    """Set the format of `handler` to `line`, and return it."""
    handler.setFormatter(OneLine(line))
    return handler


def log_event(event: Mapping[str, Any]) -> None:
    """Log an event as a sentence and as fields."""
    failures = ("failed", "quarantined", "incomplete", "conflict")
    level = logging.DEBUG if event["event"] in STAYS else logging.INFO
    level = logging.WARNING if event["event"] in failures else level
    log.log(level, "%s", sentence(event), extra={**dict(fields(event)), "event": event})


def log_refused_config(error: ConfigError) -> None:
    """Log that a reload was refused, with every problem of the new configuration."""
    log.error("the new configuration is not used; the last valid one stays in effect: %s", error)
    for problem in error.problems:
        log.error("%s", problem)


def sentence(event: Mapping[str, Any]) -> str:
    """Return an event in plain English: `filed a.png → b.png: receipt 0.93, rule Receipts, 84 ms`."""
    target = event.get("target") if event["event"] != "left" else None
    words = [str(event["event"])]
    words += [str(event[key]) for key in ("path", "state") if event.get(key)]
    line = " ".join(words) + (f" → {target}" if target else "")
    return f"{line}: {details}" if (details := ", ".join(details_of(event))) else line


def details_of(event: Mapping[str, Any]) -> Iterator[str]:
    """Yield the label with its score, the rule, the reason and the duration, each only if it is known."""
    if event.get("label"):
        yield f"{event['label']} {score_text(event['score'])}"
    if event.get("rule"):
        yield f"rule {event['rule']}"
    if event.get("reason"):
        yield str(event["reason"])
    if event.get("milliseconds"):
        yield f"{event['milliseconds']:.0f} ms"


def fields(event: Mapping[str, Any]) -> Iterator[tuple[str, bytes]]:
    """Yield an event's fields for the systemd journal, as bytes, because a path need not be UTF-8."""
    for name in FIELDS:
        if event.get(name) is not None:
            yield f"SNAPSORT_{name.upper()}", os.fsencode(str(event[name]))
