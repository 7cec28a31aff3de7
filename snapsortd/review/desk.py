"""What the page may show and has done: the images that it knows, and its steps, which can be taken back."""

from __future__ import annotations

import hashlib
import os
import secrets
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from snapsortd.domain.errors import EXIT_REFUSED, SnapsortError
from snapsortd.domain.text import count

CHUNK = 8
"""Images that are filed before the page hears of it."""
PAGE = 60
"""Images of a group that are sent to the page at a time."""
MAX_STEPS = 1000

Reply = dict[str, Any]


class Backend(Protocol):
    """What is asked of the daemon, or of a session in this process."""

    def unsure(
        self, kind: str | None = None, rule: str | None = None, before: int | None = None, limit: int = 50
    ) -> Reply: ...
    def accept(self, path: str, label: str = "", batch: int | None = None) -> Reply: ...
    def review(self, paths: Sequence[str], *, reviewed: bool = True) -> Reply: ...
    def tell(
        self, source: str, *, path: str = "", number: int | None = None, label: str = "", batch: int | None = None
    ) -> Reply: ...
    def undo(self, *, dry_run: bool, **selection: Any) -> Reply: ...
    def redo(self, *, dry_run: bool, **selection: Any) -> Reply: ...
    def log(self, limit: int, **query: Any) -> Reply: ...
    def stats(self, since: str | None, until: str | None) -> Reply: ...
    def replay(self, settings: Sequence[str], *, untaught: bool = False) -> Reply: ...


class Daemon(Protocol):
    """What is asked of the daemon alone."""

    def status(self) -> Reply: ...
    def send(self, order: str, **arguments: int | None) -> Reply: ...


@dataclass
class Step:
    """What one key or click did: the batch of what was filed, the images that were left where they are, and so on."""

    name: str
    batch: int | None = None
    left: list[str] = field(default_factory=list)
    undone: list[int] = field(default_factory=list)
    """Entries that were taken back."""
    restore: Callable[[], None] | None = None
    """Takes back what it wrote into the configuration."""


class Desk:
    """May be used from any thread; what changes something is done one after the other."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self._key = secrets.token_bytes(16)
        self._paths: dict[str, str] = {}
        self._steps: list[Step] = []
        self._acting = threading.Lock()

    def know(self, path: str) -> str:
        """Return the name of an image on the page, by which it may be asked for from now on."""
        name = hashlib.blake2b(os.fsencode(path), digest_size=12, key=self._key).hexdigest()
        self._paths[name] = path
        return name

    def path_of(self, name: str) -> str | None:
        """Return the path of an image that the page was told of; None for any other name."""
        return self._paths.get(name)

    def group(self, kind: str, rule: str, before: int | None = None, limit: int = PAGE) -> list[Reply]:
        """Return images of a group, each with its `id`."""
        found = self.backend.unsure(kind, rule, before, limit)["images"]
        return [{**each, "id": self.know(each["path"])} for each in found]

    def act(
        self,
        step: str,
        images: list[str],
        *,
        label: str = "",
        leave: bool = False,
    ) -> Reply:
        """File images, by a label or as the rules suggest, or leave them where they are, as a part of a step.

        Return the names of those that were done, and the reasons of those that were not.
        """
        paths = {name: path for name in images if (path := self.path_of(name)) is not None}
        with self._acting:
            current = self._step(step)
            if leave:
                self.backend.review(list(paths.values()))
                current.left += paths.values()
                return {"done": list(paths), "failed": {}, "targets": {}}
            return self._accept(current, paths, label)

    def act_on_group(self, step: str, kind: str, rule: str, before: int | None = None, *, leave: bool = False) -> Reply:
        """Do the next images of a group as `act` does; `before` in the reply is to be passed on, None at its end."""
        images = self.group(kind, rule, before, PAGE if leave else CHUNK)
        done = self.act(step, [each["id"] for each in images], leave=leave)
        return {**done, "before": images[-1]["number"] if images else None}

    def _accept(self, step: Step, paths: Mapping[str, str], label: str) -> Reply:
        done, failed, targets = list[str](), dict[str, str](), dict[str, str]()
        for name, path in paths.items():
            try:
                reply = self.backend.accept(path, label, step.batch)
            except SnapsortError as error:
                if error.exit_code != EXIT_REFUSED:
                    raise
                failed[name] = str(error)
                continue
            step.batch = step.batch or reply.get("batch")
            if reply["outcome"] in ("failed", "quarantined"):
                failed[name] = reply["reason"]
            else:
                done.append(name)
                targets[name] = reply.get("target") or ""
        return {"done": done, "failed": failed, "targets": targets}

    def correct(self, step: str, entry: int, label: str) -> Reply:
        """Give the image of an entry another label."""
        with self._acting:
            reply = self.backend.tell("corrected", number=entry, label=label)
            self._step(step).batch = reply.get("batch")
        return {"said": f"{label}, and filed by it"}

    def take_back(self, step: str, entry: int) -> Reply:
        """Undo one entry. Raise SnapsortError if it is refused."""
        with self._acting:
            found = self.backend.undo(dry_run=False, ids=[entry])
            _check(found)
            self._step(step).undone.append(entry)
        return {"said": "Back where it was"}

    def configure(self, step: str, edit: Callable[[], Callable[[], None]]) -> None:
        """Edit the configuration by calling `edit`, which returns what takes it back."""
        with self._acting:
            restore = edit()
            self._step(step).restore = restore

    def undo(self) -> Reply:
        """Take back the last step. Raise SnapsortError if a part of it is refused; it is then still the last step."""
        with self._acting:
            if not self._steps:
                return {"step": None, "said": "Nothing to undo on this page"}
            last = self._steps[-1]
            if last.batch is not None:
                _check(self.backend.undo(dry_run=False, batch=last.batch))
                last.batch = None
            if last.undone:
                _check(self.backend.redo(dry_run=False, ids=last.undone))
            if last.restore is not None:
                last.restore()
            if last.left:
                self.backend.review(last.left, reviewed=False)
            self._steps.pop()
        return {"step": last.name, "said": "Undone"}

    def _step(self, name: str) -> Step:
        """Return the step of this name, which is the last one, or a new one."""
        if not self._steps or self._steps[-1].name != name:
            self._steps = [*self._steps, Step(name)][-MAX_STEPS:]
        return self._steps[-1]


def _check(reversed_: Reply) -> None:
    """Raise SnapsortError with the first reason if something was refused."""
    refused = [each for each in reversed_["results"] if not each["done"]]
    if refused:
        raise SnapsortError(f"{count(len(refused), 'image')} cannot be taken back: {refused[0]['reason']}")
