"""One journal with its mover, model and rules, and the operations on them.

The daemon holds a session as long as it runs; when none is running, snapsortctl opens one for a single command.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from typing import Any

from snapsortd.actions.mover import Mover
from snapsortd.actions.run_and_notify import ExternalActions
from snapsortd.actions.trash_folder import Trash
from snapsortd.config import Config
from snapsortd.domain.errors import FileChanged, Interrupted, MoveRefused, SnapsortError
from snapsortd.domain.result import Outcome, Result
from snapsortd.files.answering import Answering, NotAnswering
from snapsortd.files.claims import Claims
from snapsortd.files.locations import Locations
from snapsortd.files.lock import Lock
from snapsortd.files.mounts import mount_of
from snapsortd.journal import Journal
from snapsortd.pipeline.after_filing import growth
from snapsortd.pipeline.asked_facts import AskedFacts
from snapsortd.pipeline.by_hand import moved_by_hand
from snapsortd.pipeline.carry_out import Executor
from snapsortd.pipeline.companions import moved_with_image
from snapsortd.pipeline.describing import Describing
from snapsortd.pipeline.forgetting import Forgetting
from snapsortd.pipeline.history import History
from snapsortd.pipeline.indexing import Indexing
from snapsortd.pipeline.learning import Learning
from snapsortd.pipeline.leftovers import Leftovers
from snapsortd.pipeline.pipeline import Pipeline
from snapsortd.pipeline.prune import EmptiedFolders
from snapsortd.pipeline.repairs import Repairs
from snapsortd.pipeline.replies import result_to_json
from snapsortd.pipeline.reviewing import Reviewing
from snapsortd.pipeline.teaching import Teaching
from snapsortd.pipeline.terms import Terms
from snapsortd.pipeline.undoing import Undoing
from snapsortd.rules.rule import select
from snapsortd.vision.captioner import Captioner, Described
from snapsortd.vision.classifier import Classifier
from snapsortd.vision.exporter import Exporter
from snapsortd.vision.fit_kinds import fitted_at
from snapsortd.vision.formats import installed
from snapsortd.vision.learner import Learner
from snapsortd.vision.reader import Reader


class Session:
    """A session. Threads may file and undo at the same time; only one may `use` another configuration."""

    def __init__(
        self,
        locations: Locations,
        config: Config,
        journal: Journal,
        *,
        should_stop: Callable[[], bool] = lambda: False,
        clock: Callable[[], float] = time.time,
        in_turn: bool = False,
    ) -> None:
        """Call `should_stop` during long operations; they end as soon as it returns True.

        `clock` returns the wall clock's time, in seconds since 1970. `in_turn`: images are processed one after the
        other, as by a command, with a classifier that starts faster.
        """
        self._in_turn = in_turn
        self.locations = locations
        self.clock = clock
        self.journal = journal
        self.mover = Mover(journal, Trash(locations.trash_dir))
        self.history = History(
            journal,
            self._is_watched,
            lambda: (rule.name for rule in self.config.rules),
            lambda: (label.name for label in self.config.labels),
        )
        self.answering = Answering()
        self.may_stop = should_stop
        leftovers = Leftovers(journal)
        self.repairs = Repairs(self, leftovers)
        self.external = ExternalActions(journal, should_stop, self.mover.in_hand)
        self._executor = Executor(self.mover, self.external, self.answering, leftovers)
        self.emptied = self._executor.emptied = EmptiedFolders(journal)
        self.learning = Learning(journal, Learner(locations.state_dir, locations.cache_dir))
        self.teaching = Teaching(self)
        self.forgetting = Forgetting(self)
        self.undoing = Undoing(self)
        self.reviewing = Reviewing(self)
        self.indexing = Indexing(self)
        self.describing = Describing(self)
        self.config = config
        self.claims = Claims(locations.claims_dir, config.path)
        self.keep_lock: Callable[[], None] = lambda: None
        """Makes the lock's file again if it was deleted; see `Lock.renew`. Callable from any thread."""
        self.wake: Callable[[], object] = lambda: None
        """Called, from any thread, when a fact that a rule asked for was found out."""
        self.classifier = self._classifier(config)
        self.reader = Reader()
        self.reader.on_answer = lambda: self.wake()
        self.captioner = self._captioner(config)
        self.exporter = Exporter(locations.cache_dir)
        self._fitted = fitted_at(locations.state_dir)
        self.pipeline = self._pipeline()

    @classmethod
    @contextmanager
    def open(
        cls,
        locations: Locations,
        config: Config,
        *,
        should_stop: Callable[[], bool] = lambda: False,
        clock: Callable[[], float] = time.time,
        in_turn: bool = False,
    ) -> Iterator[Session]:
        """Take the lock, open the journal, finish or drop interrupted moves. Raise Busy, JournalError."""
        locations.make_private()
        with Lock(locations.lock) as lock:
            journal = Journal(locations.journal, clock, background_check=True)
            try:
                session = cls(locations, config, journal, should_stop=should_stop, clock=clock, in_turn=in_turn)
                session.keep_lock = lock.renew
                session.repairs.repair_at_start()
                try:
                    yield session
                finally:
                    session.exporter.stop()
                    session.learning.stop()
                    session.classifier.stop()
                    session.reader.stop()
                    session._stop_captioner()
                    session.claims.close()
                    session.answering.close()
            finally:
                journal.close()

    def use(self, config: Config) -> None:
        """Use `config` from now on; the model is loaded again only if it, its kinds or the labels have changed."""
        fitted = fitted_at(self.locations.state_dir)
        if (self._loaded_by(self.config), self._fitted) != (self._loaded_by(config), fitted):
            self._fitted = fitted
            self.classifier.retire()
            self.classifier = self._classifier(config)
        if self._describes(self.config) != self._describes(config):
            self._stop_captioner()
            self.captioner = self._captioner(config)
        self.config = config
        self.pipeline = self._pipeline()

    def _classifier(self, config: Config) -> Classifier:
        labels = {label.name: label.prompts for label in config.labels}
        return Classifier(
            model=config.model.name,
            labels=labels,
            learnt=partial(self.learning.layer, labels),
            cache_dir=self.locations.cache_dir,
            state_dir=self.locations.state_dir,
            threads=config.model.threads,
            engine=config.model.engine,
            nice=config.model.nice,
            in_turn=self._in_turn,
        )

    def _captioner(self, config: Config) -> Captioner | None:
        asked = config.describe
        if asked is None:
            return None
        described = Described(asked.model, asked.prompt, asked.server, asked.timeout)
        found = Captioner(described, threads=config.model.threads, nice=config.model.nice)
        found.on_answer = lambda: self.wake()
        return found

    def _stop_captioner(self) -> None:
        if self.captioner is not None:
            self.captioner.stop()

    @staticmethod
    def _describes(config: Config) -> tuple[object, ...]:
        """Return the settings that a captioner is started with."""
        return config.describe, config.model.threads, config.model.nice

    @staticmethod
    def _loaded_by(config: Config) -> tuple[object, object]:
        """Return the settings that a classifier is started with: all of the model's except how long it stays loaded."""
        return replace(config.model, unload_after=None), config.labels

    def _pipeline(self, tags: Sequence[str] = (), skip_tags: Sequence[str] = ()) -> Pipeline:
        """Return the pipeline with the rules that these tags select. Raise NoSuchTag for an unknown tag."""
        self._executor.companions = self.config.companions
        self.emptied.watch = self.config.watch
        fingerprint = f"{self.config.fingerprint} {installed()}"
        if tags or skip_tags:  # an image that some rules left alone is classified again for all of them
            fingerprint += f" {sorted(tags)} {sorted(skip_tags)}"
        return Pipeline(
            journal=self.journal,
            executor=self._executor,
            answering=self.answering,
            classifier=self.classifier,
            asked=AskedFacts(self.journal, self.reader, self.captioner),
            rules=select(self.config.rules, tags, skip_tags),
            negatives=self.config.negatives,
            taken_from=self.config.taken_from,
            fingerprint=fingerprint,
            clock=self.clock,
            watched=[(folder.path, folder.subfolders) for folder in self.config.watch],
            waits={folder.path: folder.wait for folder in self.config.watch},
        )

    def end_if_stopping(self, _doing: str, _done: int, _total: int) -> None:
        """Listen to the progress of a thread, and raise Interrupted on shutdown."""
        if self.may_stop():
            raise Interrupted("snapsortd was asked to stop")

    def root_of(self, path: str) -> str:
        """Return the innermost watched folder that `path` is in, or its own folder."""
        inside = [folder.path for folder in self.config.watch if path.startswith(folder.path.rstrip("/") + "/")]
        return max(inside, key=len, default=os.path.dirname(path))

    def _is_watched(self, path: str) -> bool:
        """True if the path is in a watched folder, or below one whose subfolders are watched.

        Only there are the rules applied again by themselves. Callable from any thread.
        """
        root, folder = self.root_of(path), os.path.dirname(path)
        return any(each.path == root and (each.subfolders or folder == root) for each in self.config.watch)

    def image(
        self,
        path: str,
        *,
        dry_run: bool = False,
        batch: int | None = None,
        tags: Sequence[str] = (),
        skip_tags: Sequence[str] = (),
        reviewed: bool = False,
    ) -> dict[str, Any]:
        """Classify one image now, at a person's request, and file it by the rules, or only report that with `dry_run`.

        `tags` and `skip_tags` select the rules; see `rules.rule.select`. `reviewed` is as in `Terms`.
        """
        path = os.path.abspath(path)
        if not dry_run and (claim := self.claims.other(os.path.dirname(path))) is not None:
            raise MoveRefused(f"{path}: its folder is {claim}", f"stop that one first: `kill {claim.pid}`")
        pipeline = self._pipeline(tags, skip_tags) if tags or skip_tags else self.pipeline
        if batch is not None and not self.journal.has_begun(batch):
            raise SnapsortError(f"there is no batch {batch}", "leave it out, and a new one begins")
        if not dry_run and batch is None:
            batch = self.journal.new_batch()
        try:
            terms = Terms(requested=True, dry_run=dry_run, urgent=True, batch=batch, reviewed=reviewed)
            result = pipeline.process(path, self.root_of(path), self.may_stop, terms)
        except FileChanged as error:
            made = moved_with_image(self.journal, path)
            if made is None:
                raise FileChanged(f"{path}: {error.message}") from None
            result = Result(path, Outcome.FILED, "it was filed with its image", entries=(made,))
        if not self._is_watched(path):
            result = replace(result, due=None)
        return {**result_to_json(result), "batch": batch}

    def explain(self, path: str, waits: str = "", seconds: float | None = None) -> dict[str, Any]:
        """Return all that is known about one image, as `History.explain` does, and what became of it since.

        Raise NotKnown if nothing is known.
        """
        story = self.history.explain(path, waits, seconds) | self.learning.about(path, self.classifier.checkpoint)
        newest = next(iter(self.journal.entries(1, path=path)), None)
        if newest is not None and not waits:
            target = newest.intent.target
            with suppress(NotAnswering):
                mount = mount_of(target)[0] or target
                story["reason"] = self.answering.ask(mount, partial(growth, newest)) or story["reason"]
                found = self.answering.ask(mount, partial(moved_by_hand, self.journal, newest, path))
                story["by_hand"] = found or story["by_hand"]
        return story
