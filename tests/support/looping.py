"""A daemon in this process, taken turn by turn, with a classifier that does what its images say."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from snapsortd.config import load_config
from snapsortd.files.locations import find_locations
from snapsortd.pipeline.session import Session
from tests.support.mortal_child import as_classifier, image
from tests.support.turns import make_daemon
from tests.support.waiting import wait_for


class Loop:
    """A daemon in this process, taken turn by turn."""

    def __init__(self, folder: Path, session: Session) -> None:
        self.inbox, self.filed = folder / "inbox", folder / "filed"
        self.config = folder / "config.yaml"
        self.session = session
        self.daemon = make_daemon(session)
        session.classifier.start()

    def put(self, name: str, word: bytes = b"good") -> str:
        """Put an image into the watched folder and queue it at once; return its path."""
        path = Path(os.path.normpath(self.inbox / name))
        path.write_bytes(image(b"good " + name.encode() if word == b"good" else word))
        self.daemon.queue.offer(str(path), 0.01)
        return str(path)

    def turn(self) -> None:
        """One turn; the wait at its end is cut short."""
        awake = threading.Timer(0.05, self.daemon.queue.wake)
        awake.start()
        self.daemon.step(time.monotonic())
        awake.join()

    def until(self, probe: object, what: str) -> None:
        """Turn after turn, until `probe` returns something true."""
        assert callable(probe)
        wait_for(lambda: [self.turn(), probe()][1], what=what, seconds=60)

    def ready(self) -> int:
        """Wait for the model; the classifier's process id."""
        self.until(lambda: self.session.classifier.state == "ready", "the model is loaded")
        assert self.session.classifier.pid is not None
        return self.session.classifier.pid

    def held(self) -> set[str]:
        """The images that are held open."""
        found = {os.path.realpath(f"/dev/fd/{fd}") for fd in os.listdir("/dev/fd")}
        return {os.path.basename(path) for path in found if path.startswith(os.path.realpath(self.inbox) + "/")}

    def order(self) -> list[str]:
        """The names of what was filed, in order."""
        return [os.path.basename(os.fsdecode(each.intent.source)) for each in reversed(self.session.journal.entries())]

    def close(self) -> None:
        """Let go of everything."""
        self.daemon.pause(True)
        self.turn()
        self.daemon.pause(False)  # or the next daemon here would begin with it
        self.daemon.watcher.stop()


L = TypeVar("L", bound=Loop)


@contextmanager
def looping(
    tmp_path: Path,
    config: str,
    kind: type[L] = Loop,
    clock: Callable[[], float] = time.time,
    folder: Path | None = None,
) -> Iterator[L]:
    """Yield a daemon with this configuration, in which {folder} is the folder with `inbox` and `filed`.

    It is a new one that is removed at the end, unless `folder` is given.
    """
    is_given, folder = folder is not None, folder or Path(tempfile.mkdtemp(prefix="snap"))
    for name in ("inbox", "filed"):
        (folder / name).mkdir(exist_ok=True)
    (folder / "config.yaml").write_text(config.format(folder=folder))
    names = ("HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR")
    locations = find_locations(
        {"SNAPSORTD_CONFIG": str(folder / "config.yaml")} | {name: str(folder) for name in names}
    )
    config_now = load_config(locations.config_file, os.environ)
    with as_classifier(tmp_path), Session.open(locations, config_now, clock=clock) as session:
        one = kind(folder, session)
        yield one
        one.close()
    if not is_given:
        shutil.rmtree(folder)
