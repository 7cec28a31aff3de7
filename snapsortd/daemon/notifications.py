"""Desktop notifications: those of a burst as one, with buttons that undo or review it where the desktop has buttons.

A thread of its own shows them, so that no desktop can hold up filing; it is started by the first one.
"""

from __future__ import annotations

import logging
import math
import os
import select
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from snapsortd.actions.desktop_notification import notify_desktop
from snapsortd.daemon.open_review import open_review
from snapsortd.domain.errors import SnapsortError
from snapsortd.domain.text import count, display_path, escape

if TYPE_CHECKING:
    from snapsortd.daemon.desktop import Desktop, Signal

log = logging.getLogger("snapsortd")

QUIET_S = 1.5
"""A burst is shown when no image was filed for this long."""
MAX_WAIT_S = 10.0
"""A burst that goes on is shown in parts of this length."""
SHOWN_S = 10.0
"""A rule's action waits for its notification so long; then it counts as not shown."""
MAX_SHOWN = 50
"""Notifications whose buttons work."""


@dataclass(frozen=True, slots=True)
class Note:
    """One image that was filed, or that could not be; `ids` are the entries of the journal that undo takes."""

    path: str
    target: str = ""
    label: str = ""
    rule: str = ""
    failure: str = ""
    ids: tuple[int, ...] = ()


@dataclass(slots=True)
class Burst:
    """Notes that are shown together. Times are monotonic seconds."""

    notes: list[Note] = field(default_factory=list)
    due: float = math.inf
    _began: float = 0.0

    def add(self, note: Note, now: float) -> None:
        """Add a note, which may defer the others."""
        if not self.notes:
            self._began = now
        self.notes.append(note)
        self.due = min(now + QUIET_S, self._began + MAX_WAIT_S)

    def take(self, now: float) -> list[Note]:
        """Return the notes that are due, which are none or all."""
        if now < self.due:
            return []
        taken, self.notes, self.due = self.notes, [], math.inf
        return taken


def words(notes: Sequence[Note], home: str) -> tuple[str, str]:
    """Return title and body for notes that are all of filed images, or all of failures."""
    first = notes[0]
    if first.failure:
        title = f"{count(len(notes), 'image')} could not be filed"
        lines = [f"{os.path.basename(each.path)}: {each.failure}" for each in notes[:3]]
        return title, "\n".join(map(escape, [*lines, "`snapsortctl status` says what to do"]))
    if len(notes) == 1:
        folder = display_path(os.path.dirname(first.target), home).rstrip("/") + "/"
        wrong = f"\nWrong? snapsortctl correct {first.ids[-1]} LABEL" if first.label and first.ids else ""
        return (
            f"Filed as {escape(first.label or first.rule)}",
            f"{escape(os.path.basename(first.path))} → {folder}{wrong}",
        )
    rules = Counter(each.rule for each in notes).most_common()
    return f"Filed {len(notes)} images", "\n".join(f"{number} × {escape(rule)}" for rule, number in rules)


class Notifications:
    """Shows notes. `add` may be called from any thread and returns at once."""

    def __init__(
        self,
        undo: Callable[[list[int]], dict[str, Any]],
        env: Mapping[str, str] = os.environ,
        review: Callable[[], object] = open_review,
    ) -> None:
        """`undo` is called, in the thread of this object, with the entries of one whose button was pressed, `review`
        when the page is to be opened."""
        self._undo = undo
        self._review = review
        self._env = env
        self._lock = threading.Lock()
        self._filed, self._failed = Burst(), Burst()
        self._texts: list[tuple[str, str, Future[bool]]] = []
        self._shown: dict[int, list[int]] = {}
        self._desktop: Desktop | None = None
        self._wake_reader, self._wake_writer = -1, -1
        self._thread: threading.Thread | None = None

    def add(self, note: Note) -> None:
        """Have a note shown, with others of its kind that follow soon."""
        with self._lock:
            (self._failed if note.failure else self._filed).add(note, time.monotonic())
            self._wake()

    def add_text(self, title: str, body: str) -> Future[bool]:
        """Have a text shown at once that is not one of a burst; return whether it was, once that is known."""
        shown: Future[bool] = Future()
        with self._lock:
            self._texts.append((title, body, shown))
            self._wake()
        return shown

    def show(self, title: str, body: str) -> bool:
        """Show a text, and return whether it was shown; raise nothing."""
        with suppress(TimeoutError):
            return self.add_text(escape(title), body).result(SHOWN_S)
        return False

    def _wake(self) -> None:
        if self._thread is None:
            self._wake_reader, self._wake_writer = os.pipe()
            self._thread = threading.Thread(target=self._run, name="notifications", daemon=True)
            self._thread.start()
        os.write(self._wake_writer, b"x")

    def _run(self) -> None:
        while True:
            with self._lock:
                due = min(self._filed.due, self._failed.due)
            watched = [self._wake_reader, *([self._desktop.fileno()] if self._desktop else [])]
            timeout = None if due == math.inf else max(0.0, due - time.monotonic())
            readable, _, _ = select.select(watched, [], [], timeout)
            if self._wake_reader in readable:
                os.read(self._wake_reader, 4096)
            with self._lock:
                texts, self._texts = self._texts, []
            for title, body, shown in texts:
                shown.set_result(self._show(title, escape(body), []))
            for burst in (self._filed, self._failed):
                with self._lock:
                    notes = burst.take(time.monotonic())
                if notes:
                    ids = [number for note in notes for number in note.ids]
                    self._show(*words(notes, os.path.expanduser("~")), ids)
            self._answer()

    def _show(self, title: str, body: str, ids: list[int]) -> bool:
        try:
            self._show_on_bus(title, body, ids)
        except (OSError, ImportError) as error:
            self._close()
            if not notify_desktop(title, body):
                log.debug("no notification could be shown: %s", error)
                return False
        return True

    def _show_on_bus(self, title: str, body: str, ids: list[int]) -> None:
        if self._desktop is None:
            from snapsortd.daemon.desktop import Desktop  # loaded only where a notification is shown

            self._desktop = Desktop(self._env)
        buttons = {"undo": "Undo", "review": "Review"} if ids and self._desktop.has_buttons else {}
        number = self._desktop.show(title, body, buttons)
        if buttons:
            self._shown[number] = ids
            while len(self._shown) > MAX_SHOWN:
                del self._shown[next(iter(self._shown))]

    def _answer(self) -> None:
        """Handle the buttons that were pressed."""
        try:
            for signal in self._desktop.signals() if self._desktop else ():
                self._handle(signal)
        except OSError:
            self._close()

    def _handle(self, signal: Signal) -> None:
        if signal.name == "ActionInvoked" and signal.body[1:] == ("undo",):
            self._undo_shown(signal.body[0])
        elif signal.name == "ActionInvoked" and signal.body[1:] == ("review",) and signal.body[0] in self._shown:
            self._review()
        elif signal.name == "NotificationClosed":
            self._shown.pop(signal.body[0], None)

    def _undo_shown(self, number: int) -> None:
        ids = self._shown.pop(number, None)
        if ids is None:
            return
        try:
            refused = [each["reason"] for each in self._undo(ids)["results"] if not each["done"]]
        except SnapsortError as error:
            refused = [str(error)]
        if refused:
            self._show(f"{count(len(refused), 'image')} could not be moved back", escape(refused[0]), [])

    def _close(self) -> None:
        if self._desktop is not None:
            with suppress(OSError):
                self._desktop.close()
        self._desktop = None
