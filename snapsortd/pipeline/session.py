"""One journal with its mover, model and rules, and the calls that people make on them.

The daemon holds a session all its life; while none runs, snapsortctl opens one for a single command.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from snapsortd.actions.mover import Mover
from snapsortd.actions.recover import repair
from snapsortd.actions.run_and_notify import ExternalActions
from snapsortd.actions.trash_folder import Trash
from snapsortd.config import Config
from snapsortd.domain.entry import Entry, State
from snapsortd.domain.errors import FileChanged, Interrupted, NotKnown
from snapsortd.domain.result import Outcome, Result
from snapsortd.files.folders import lstat
from snapsortd.files.locations import Locations
from snapsortd.files.lock import Lock
from snapsortd.journal import Journal
from snapsortd.pipeline.carry_out import Filing
from snapsortd.pipeline.companions import went_along
from snapsortd.pipeline.pipeline import Pipeline
from snapsortd.pipeline.replies import iso, result_to_json, selected, standing
from snapsortd.pipeline.undo import UndoResult, redo, undo
from snapsortd.rules.rule import select
from snapsortd.vision.classifier import Classifier
from snapsortd.vision.exporter import Exporter
from snapsortd.vision.formats import installed

log = logging.getLogger("snapsortd")

SHOWN_PROBLEMS = 20


class Session:
    """Not thread-safe but for `counts`, `log` and `explain`: one thread files and undoes."""

    def __init__(self, locations: Locations, config: Config, journal: Journal) -> None:
        self.locations = locations
        self.journal = journal
        self.mover = Mover(journal, Trash(locations.trash_dir))
        self.should_stop: Callable[[], bool] = lambda: False
        self.progressed: Callable[[], None] = lambda: None
        """Called for every item of a long undo: there is progress."""
        self.config = config
        self.classifier = self._classifier(config)
        self.exporter = Exporter(locations.cache_dir)
        self.pipeline = self._pipeline()
        self._repaired: frozenset[str] = frozenset()

    @classmethod
    @contextmanager
    def open(cls, locations: Locations, config: Config) -> Iterator[Session]:
        """Take the lock, open the journal, finish or drop what a crash left open. Raises Busy, JournalError."""
        locations.make_private()
        with Lock(locations.lock):
            journal = Journal.open(locations.journal, soon=True)
            try:
                session = cls(locations, config, journal)
                for sentence in session.repair():
                    log.warning("%s", sentence)
                try:
                    yield session
                finally:
                    session.exporter.stop()
                    session.classifier.stop()
            finally:
                journal.close()

    def use(self, config: Config) -> None:
        """Work by `config` from now on; the model is loaded anew only where it or the labels changed."""
        if self._loaded_by(self.config) != self._loaded_by(config):
            self.classifier.stop()
            self.classifier = self._classifier(config)
        self.config = config
        self.pipeline = self._pipeline()

    def _classifier(self, config: Config) -> Classifier:
        return Classifier(
            model=config.model.name,
            labels={label.name: label.prompts for label in config.labels},
            cache_dir=self.locations.cache_dir,
            threads=config.model.threads,
            engine=config.model.engine,
            nice=config.model.nice,
        )

    @staticmethod
    def _loaded_by(config: Config) -> tuple[object, object]:
        """What a classifier was started with: all about the model but how long it stays."""
        return replace(config.model, unload_after=None), config.labels

    def _pipeline(self, tags: Sequence[str] = (), skip_tags: Sequence[str] = ()) -> Pipeline:
        """The life of an image under the rules that these tags choose. Raises NoSuchTag."""
        fingerprint = f"{self.config.fingerprint} {installed()}"
        if tags or skip_tags:  # what fewer rules left alone is looked at again by all of them
            fingerprint += f" {sorted(tags)} {sorted(skip_tags)}"
        return Pipeline(
            journal=self.journal,
            filing=Filing(self.mover, ExternalActions(self.journal, self._waiting)),
            classifier=self.classifier,
            rules=select(self.config.rules, tags, skip_tags),
            negatives=self.config.negatives,
            fingerprint=fingerprint,
        )

    def _waiting(self) -> bool:
        """Called while another program is waited for: there is progress; True if the end has come."""
        self.progressed()
        return self.should_stop()

    def repair(self) -> list[str]:
        """Finish or drop what a crash or a missing disk left open; a sentence for each that was not said last time."""
        told = repair(self.journal, self.mover)
        before, self._repaired = self._repaired, frozenset(told)
        return [sentence for sentence in told if sentence not in before]

    def forget_gone(self) -> None:
        """Forget the images that could not be filed and are not there any more: nobody need look at them."""
        for each in self.journal.problems(SHOWN_PROBLEMS):
            if each.outcome in (Outcome.FAILED, Outcome.QUARANTINED) and self._is_gone(each.path):
                self.journal.forget(each.path)

    def _is_gone(self, path: str) -> bool:
        """True if nothing is there, and its disk is: a missing folder or an empty mount point tells nothing."""
        known = self.journal.story(path).known
        try:
            folder = os.stat(os.path.dirname(path))
        except OSError:
            return False
        return known is not None and folder.st_dev == known.identity.dev and lstat(path) is None

    def root_of(self, path: str) -> str:
        """The watched folder that `path` lies in (the innermost), or its own folder."""
        inside = [folder.path for folder in self.config.watch if path.startswith(folder.path.rstrip("/") + "/")]
        return max(inside, key=len, default=os.path.dirname(path))

    def status(self) -> dict[str, Any]:
        """What the journal counts, and what a person should look at."""
        return standing(self.journal.counts(), self.journal.problems(SHOWN_PROBLEMS))

    def log(
        self,
        limit: int = 50,
        before: int | None = None,
        rule: str | None = None,
        path: str | None = None,
        shadow: bool = False,
    ) -> dict[str, Any]:
        """Journal entries, newest first; `shadow`: only what rules in shadow mode would have done."""
        state = State.SHADOW if shadow else None
        found = self.journal.entries(limit=max(1, min(limit, 1000)), before=before, rule=rule, path=path, state=state)
        return {"entries": [self.told(entry) for entry in found]}

    def explain(self, path: str) -> dict[str, Any]:
        """All that is known of the image that is, or was, at `path`. Raises NotKnown."""
        story = self.journal.story(path)
        if story.known is None and not story.entries:
            raise NotKnown(f"nothing is known of {path}", "it was not seen yet, or is no image; try `snapsortctl sim`")
        known = story.known
        decided = json.loads(story.decision) if story.decision else {}
        return {
            "path": path,
            "outcome": known.outcome if known else None,
            "reason": known.reason if known else "",
            "at": iso(known.at if known else story.entries[0].at),
            **decided,
            "entries": [self.told(entry) for entry in story.entries],
        }

    def image(
        self,
        path: str,
        *,
        dry_run: bool = False,
        batch: int | None = None,
        tags: Sequence[str] = (),
        skip_tags: Sequence[str] = (),
    ) -> dict[str, Any]:
        """Classify one image now and file it by the rules (or only say so); a person asked for it.

        `tags` and `skip_tags` choose the rules; see `rules.select`.
        """
        path = os.path.abspath(path)
        pipeline = self._pipeline(tags, skip_tags) if tags or skip_tags else self.pipeline
        if not dry_run and batch is None:
            batch = self.journal.new_batch()
        try:
            result = pipeline.process(
                path, self.root_of(path), self.should_stop, asked=True, dry_run=dry_run, batch=batch
            )
        except FileChanged as error:
            made = went_along(self.journal, path)
            if made is None:
                raise FileChanged(f"{path}: {error.message}") from None
            result = Result(path, Outcome.FILED, "it went along with its image", entries=(made,))
        return {**result_to_json(result), "batch": batch}

    def undo(self, *, dry_run: bool = False, **selection: Any) -> dict[str, Any]:
        """Take moves back, newest first; see Selection."""
        if not dry_run:
            self.repair()
        entries = self.journal.undoable(selected(**selection))
        return self._reversed(undo(self.journal, self, entries, dry_run))

    def redo(self, *, dry_run: bool = False, **selection: Any) -> dict[str, Any]:
        """Take undos back."""
        entries = self.journal.redoable(selected(**selection))
        return self._reversed(redo(self.journal, self, entries, dry_run))

    def take_back(self, entry: Entry, batch: int, *, dry_run: bool = False) -> Entry | None:
        """Reverse one entry, unless the end has come: thousands of them take minutes."""
        if self.should_stop():
            raise Interrupted("snapsortd was asked to stop before this one")
        self.progressed()
        return self.mover.take_back(entry, batch, dry_run=dry_run)

    def _reversed(self, results: Sequence[UndoResult]) -> dict[str, Any]:
        told = [
            {
                "id": each.entry.id,
                "kind": each.entry.kind,
                "done": each.done,
                "from": each.source,
                "to": each.target,
                "detail": list(each.entry.detail),
                "reason": each.reason,
            }
            for each in results
        ]
        done = sum(each.done for each in results)
        return {"results": told, "done": done, "refused": len(told) - done}

    def told(self, entry: Entry) -> dict[str, Any]:
        """One entry, JSON-ready, with the decision that led to it."""
        text = self.journal.decision(entry.decision) if entry.decision is not None else None
        decided = json.loads(text) if text else {}
        return {
            "id": entry.id,
            "batch": entry.batch,
            "kind": entry.kind,
            "rule": entry.rule,
            "source": entry.source,
            "target": entry.target,
            "state": entry.state,
            "method": entry.method,
            "reason": entry.reason,
            "at": iso(entry.at),
            "detail": list(entry.detail),
            "follows": entry.follows,
            "reverses": entry.reverses,
            "reversed_by": entry.reversed_by,
            **{key: decided.get(key) for key in ("label", "score", "margin", "milliseconds")},
        }
