"""A session with the embedded model and labels that say nothing about its images, to be taught better."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from snapsortd.config import load_config
from snapsortd.files.locations import find_locations
from snapsortd.pipeline.session import Session
from tests.support import images
from tests.support.exported import fill_cache

CONFIG = """\
version: 1
labels:
  alpha: a trumpet
  beta: a bicycle
  rest: {{negative: true, prompts: [a photo of a person]}}
watch: ["{inbox}"]
rules:
  - name: Alphas
    locations: "{inbox}"
    filters: [label: alpha]
    actions: [move: "{filed}/alpha/"]
  - name: Betas
    filters: [label: {{is: beta, min_score: 0.9}}]
    actions: [move: "{filed}/beta/"]
"""


class Taught:
    """Folders of one instance, and what is done with it between two starts."""

    def __init__(self, folder: Path, config: str = CONFIG) -> None:
        self.inbox, self.filed = folder / "inbox", folder / "filed"
        self.inbox.mkdir()
        self.config = folder / "config.yaml"
        self.config.write_text(config.format(inbox=self.inbox, filed=self.filed))
        names = ("HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR")
        env = {"SNAPSORTD_CONFIG": str(self.config)} | {name: str(folder / name.lower()) for name in names}
        self.locations = find_locations(env)
        fill_cache(Path(self.locations.cache_dir))

    @contextmanager
    def session(self) -> Iterator[Session]:
        """Yield a running session."""
        with Session.open(self.locations, load_config(str(self.config), os.environ)) as one:
            yield one

    def receipt(self, seed: int) -> str:
        """Put a receipt into the inbox."""
        return self._put(f"r{seed}.png", images.receipt(seed))

    def screenshot(self, seed: int) -> str:
        """Put a screenshot into the inbox."""
        return self._put(f"s{seed}.png", images.screenshot(seed))

    def _put(self, name: str, image: Any) -> str:
        path = self.inbox / name
        image.resize((image.width // 2, image.height // 2)).save(path, "PNG")
        return str(path)


def tell(session: Session, path: str, label: str) -> None:
    """Tell the label of an image that stays where it is."""
    session.teaching.tell("taught", path=path, label=label)


def scores(session: Session, path: str) -> dict[str, float]:
    """Return the score of each label for an image."""
    with open(path, "rb") as file:
        found = session.classifier.classify(file.fileno(), lambda: False)
    return dict(found.scores)
