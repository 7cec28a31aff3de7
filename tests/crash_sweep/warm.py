"""A process that has already loaded torch, and forks into the classifiers that the daemons request.

python -m tests.crash_sweep.warm SOCKET MODEL

It also creates a very small model in the folder MODEL, because recognition is not tested here.

Loading torch and transformers takes most of a daemon's start. With `environment` set, the classifier process (see
`warmed/sitecustomize.py`) passes its socket to this process, which forks; the fork runs the classifier's own `main`,
with its own model and its own limits, and exits like any other.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.waiting import wait_for

VARIABLE = "SNAPSORT_WARM_CLASSIFIER"
MODEL = "SNAPSORT_SMALL_MODEL"
"""The model's location, for the configuration."""


@contextmanager
def environment() -> Iterator[dict[str, str]]:
    """Provide the environment with which a daemon's classifiers start warm, until the end of the block."""
    with tempfile.TemporaryDirectory(prefix="warm") as folder:
        address, model = Path(folder) / "socket", Path(folder) / "model"
        command = [sys.executable, "-m", "tests.crash_sweep.warm", str(address), str(model)]
        env = os.environ | {"HF_HUB_DISABLE_PROGRESS_BARS": "1"}
        with subprocess.Popen(command, env=env, start_new_session=True) as process:
            try:
                wait_for(address.exists, seconds=300, what="torch loaded")
                paths = (str(Path(__file__).parent / "warmed"), os.environ.get("PYTHONPATH"))
                yield {VARIABLE: str(address), MODEL: str(model), "PYTHONPATH": os.pathsep.join(filter(None, paths))}
            finally:
                process.terminate()


def main(address: str, model: str) -> None:
    """Load what a classifier needs, then fork for every connection."""
    import torch
    from PIL import Image

    from snapsortd.vision.child.engines.torch_engine import TorchEngine
    from tests.support.tiny_checkpoints import make_checkpoint

    torch.set_num_threads(1)  # a thread would not survive the fork
    Image.init()
    TorchEngine(str(make_checkpoint(Path(model), "clip")))  # many modules are imported on first use
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with listening(address) as server:
        while True:
            connection, _ = server.accept()
            _, (theirs,), _, _ = socket.recv_fds(connection, 1, 1)
            if os.fork() == 0:
                server.close()
                become_classifier(theirs)
            os.close(theirs)
            connection.close()  # the fork's copy stays open until it exits


@contextmanager
def listening(address: str) -> Iterator[socket.socket]:
    """Create a server socket that exists under its name only once it accepts connections."""
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(address + ".new")
        server.listen()
        os.rename(address + ".new", address)
        yield server


def become_classifier(fd: int) -> None:
    """Do what `python -m snapsortd.vision.child.main FD` does."""
    from snapsortd.vision.child.main import main

    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    code = 1
    try:
        code = main(fd)
    finally:
        os._exit(code)


if __name__ == "__main__":
    main(*sys.argv[1:])
