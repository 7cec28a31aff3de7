"""A cache as it is after snapsortd has run for a while: the exports of a model, and embedded labels."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import snapsortd.vision
from snapsortd.vision.child.engines.cache import machine
from snapsortd.vision.child.engines.labels import FOLDER as LABELS
from snapsortd.vision.cores import default_threads

REPOSITORY = Path(__file__).resolve().parents[2]
BUILD = REPOSITORY / "build" / "tests"
SOURCES = [
    *sorted(Path(snapsortd.vision.__file__ or "").parent.rglob("*.py")),
    Path(snapsortd.vision.__file__ or "").parent / "embedded" / "kinds.safetensors",  # made anew with the weights
    Path(__file__),
    Path(__file__).with_name("tiny_checkpoints.py"),
]
TINY = "tiny"
EXPORT = """\
import sys
from pathlib import Path
from snapsortd.vision.child.engines.export import export
from tests.support.tiny_checkpoints import make_checkpoint
home, tiny, threads = sys.argv[1:]
facts = export(str(make_checkpoint(Path(tiny), "clip")), home, int(threads))
assert not facts.failed, facts.failed
"""


@cache
def _exported() -> Path:
    """Return a cache folder, created once, by the first test process that needs it."""
    made_by = hashlib.sha256(f"{machine()} {default_threads()}".encode())
    for path in SOURCES:
        made_by.update(path.read_bytes())
    home = BUILD / made_by.hexdigest()[:16]
    home.mkdir(parents=True, exist_ok=True)
    with (home / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (home / "exported").exists():
            # Not at low priority as in the daemon, because every test waits for it.
            words = (str(home), str(home / TINY), str(default_threads()))
            subprocess.run([sys.executable, "-c", EXPORT, *words], cwd=REPOSITORY, check=True, timeout=600)
            (home / "exported").touch()
        (home / LABELS).mkdir(exist_ok=True)
    return home


def tiny_checkpoint() -> Path:
    """Return a CLIP checkpoint that classifies hundreds of images in a second, and is exported in every such cache."""
    return _exported() / TINY


def fill_cache(folder: Path) -> None:
    """Turn `folder` into such a cache. Labels that are embedded in it are available to later users of the cache too."""
    folder.mkdir(parents=True, mode=0o700)
    shutil.copytree(_exported() / "engines", folder / "engines", copy_function=os.symlink)
    (folder / LABELS).symlink_to(_exported() / LABELS)
