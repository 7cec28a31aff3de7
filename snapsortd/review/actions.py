"""What the page may ask for besides pages: each changes something, or tries what would change."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from snapsortd.domain.errors import SnapsortError
from snapsortd.domain.text import count, escape
from snapsortd.review.desk import Daemon, Desk

Reply = dict[str, Any]
MAX_CHANGES = 60
"""Images of which a page is told that another threshold would change their fate."""


class Actions:
    """The actions of one `snapsortctl review`."""

    def __init__(
        self,
        desk: Desk,
        daemon: Daemon | None,
        open_file: Callable[[str], None],
        reveal_file: Callable[[str], None],
        set_threshold: Callable[[str, float], Callable[[], None]],
        make_label: Callable[[str, str], Callable[[], None]],
    ) -> None:
        """`set_threshold` writes a rule's `min_score`, has it take effect, and returns what takes it back.

        `make_label` does so with a label for the group that an image is the first example of, by its path and a name.
        """
        self._desk = desk
        self._daemon = daemon
        self._open_file = open_file
        self._reveal_file = reveal_file
        self._set_threshold = set_threshold
        self._make_label = make_label

    @property
    def by_name(self) -> dict[str, Callable[..., Reply]]:
        """The actions by their addresses."""
        return {
            "act": self._desk.act,
            "act_on_group": self._desk.act_on_group,
            "undo": self._desk.undo,
            "correct": self._desk.correct,
            "take_back": self._desk.take_back,
            "open": self.open,
            "reveal": self.reveal,
            "replay": self.replay,
            "threshold": self.threshold,
            "label": self.label,
            "pause": self.pause,
            "resume": self.resume,
        }

    def open(self, image: str) -> Reply:
        """Open an image in the program that the desktop has for it."""
        self._open_file(self._path(image))
        return {"said": "Opened"}

    def reveal(self, image: str) -> Reply:
        """Show an image in the file manager."""
        self._reveal_file(self._path(image))
        return {"said": "Shown in its folder"}

    def _path(self, image: str) -> str:
        path = self._desk.path_of(image)
        if path is None or not os.path.lexists(path):
            raise SnapsortError("this image is gone")
        return path

    def replay(self, rule: str, value: float) -> Reply:
        """Return which past images another threshold would change."""
        found = self._desk.backend.replay([f"{rule}.min_score={value:g}"])

        def some(way: str) -> list[Reply]:
            chosen = [each for each in found["changes"] if each[way] == rule]
            return [
                {"image": self._desk.know(each["path"]), "name": escape(os.path.basename(each["path"]))}
                | {"regretted": each["regretted"]}
                for each in chosen[:MAX_CHANGES]
            ]

        counts: Reply = next((each for each in found["rules"] if each["rule"] == rule), {})
        return {"counts": counts, "images": found["images"], "gained": some("after"), "lost": some("before")}

    def threshold(self, step: str, rule: str, value: float) -> Reply:
        """Write a rule's threshold into the configuration, as a step."""
        self._desk.configure(step, lambda: self._set_threshold(rule, value))
        return {"said": f"min_score of {escape(rule)} is {value:g} now"}

    def label(self, step: str, group: str, name: str) -> Reply:
        """Make a label of the group that an image is the first example of, as a step."""
        self._desk.configure(step, lambda: self._make_label(self._desk.path_of(group) or "", name))
        return {"said": f"{escape(name)} is a label now, with a rule in shadow mode"}

    def pause(self, seconds: int | None = None) -> Reply:
        """Stop filing for so many seconds, or until it is resumed."""
        self._send("pause", seconds=seconds)
        return {"said": "Paused" if seconds is None else f"Paused for {count(seconds // 60, 'minute')}"}

    def resume(self) -> Reply:
        """Continue filing."""
        self._send("resume")
        return {"said": "Filing goes on"}

    def _send(self, order: str, **arguments: int | None) -> None:
        if self._daemon is None:
            raise SnapsortError("snapsortd is not running", "start it with `snapsortctl service install`")
        self._daemon.send(order, **arguments)
