"""Corrections through a running daemon, over its socket: are the next images labelled as the bench says in process?"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import yaml

from snapsortd.ctl.client import Client
from snapsortd.files.locations import find_locations

TIMEOUT_S = 300.0


def labels_after(
    labels: Mapping[str, Sequence[str]],
    corrected: Mapping[Path, str],
    untold: Sequence[Path],
    images: Sequence[Path],
    folder: Path,
) -> list[str]:
    """Return the label that a daemon in `folder` gives each of the images after it was told the `corrected` ones.

    It takes in the `untold` ones beside.
    """
    inbox = folder / "inbox"
    inbox.mkdir()

    def copied(path: Path, number: int) -> str:
        return str(shutil.copy(path, inbox / f"{number}{path.suffix}"))

    with running(folder, labels) as client:
        for number, path in enumerate(untold):
            client.index(copied(path, number))
        for number, (path, label) in enumerate(corrected.items(), start=len(untold)):
            client.tell("corrected", path=copied(path, number), label=label)
        wait_for(lambda: bool(client.learned()["up_to_date"]))
        return [str(client.image(str(path), dry_run=True, batch=None)["label"]) for path in images]


@contextmanager
def running(folder: Path, labels: Mapping[str, Sequence[str]]) -> Iterator[Client]:
    """Yield the API of a daemon that files each label into a folder of its own."""
    config = {
        "version": 1,
        "labels": {name: list(prompts) for name, prompts in labels.items()},
        "watch": [str(folder / "inbox")],
        "rules": [
            {"name": name, "filters": [{"label": name}], "actions": [{"move": f"{folder}/filed/{name}/"}]}
            for name in labels
        ],
    }
    (folder / "config.yaml").write_text(yaml.safe_dump(config, sort_keys=False))
    with tempfile.TemporaryDirectory(prefix="snap") as runtime:  # the path of a socket is limited to 103 bytes
        places = {f"XDG_{name}_HOME": str(folder / name.lower()) for name in ("STATE", "CACHE", "DATA")}
        own = {"HOME": str(folder), "SNAPSORTD_CONFIG": str(folder / "config.yaml"), "XDG_RUNTIME_DIR": runtime}
        env = os.environ | places | own
        with (folder / "daemon.log").open("wb") as log:
            daemon = subprocess.Popen([Path(sys.executable).parent / "snapsortd"], env=env, stderr=log)
        try:
            client = Client(find_locations(env).socket)
            wait_for(client.answers)
            wait_for(lambda: client.status()["state"] == "running")
            yield client
        finally:
            daemon.terminate()
            daemon.wait(TIMEOUT_S)


def wait_for(condition: Callable[[], bool]) -> None:
    """Wait until a condition holds. Raise TimeoutError."""
    deadline = time.monotonic() + TIMEOUT_S
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError("the daemon does not get ready")
        time.sleep(0.2)
