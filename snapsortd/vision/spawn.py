"""Runs a module of this package as a process of its own, offline."""

from __future__ import annotations

import os
import subprocess
import sys

import snapsortd

_ENVIRONMENT = {
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "TRANSFORMERS_VERBOSITY": "error",
    "TOKENIZERS_PARALLELISM": "false",
    "OPENBLAS_NUM_THREADS": "1",  # numpy's own are of no use here
    "MALLOC_ARENA_MAX": "2",  # each thread's arena would keep what its largest image took
    # What a large image took goes back as soon as it is free; glibc would raise both, and keep up to 64 MiB an arena.
    "MALLOC_MMAP_THRESHOLD_": str(8 << 20),
    "MALLOC_TRIM_THRESHOLD_": str(8 << 20),
    "OMP_WAIT_POLICY": "PASSIVE",  # spinning threads cost many times more where other programs are busy too
}


def spawn(
    module: str, *arguments: str, stdin: int = subprocess.DEVNULL, keep: tuple[int, ...] = ()
) -> subprocess.Popen[bytes]:
    """Start `python -m module arguments…`; it has our error output, and the descriptors `keep`. Raises OSError."""
    package_home = os.path.dirname(os.path.dirname(os.path.abspath(snapsortd.__file__)))
    path = os.pathsep.join(filter(None, (package_home, os.environ.get("PYTHONPATH"))))
    return subprocess.Popen(
        # -P: nothing is imported from the current folder, which may be one that is watched.
        [sys.executable, "-P", "-m", module, *arguments],
        pass_fds=keep,
        stdin=stdin,
        stdout=subprocess.DEVNULL,
        cwd="/",
        env=os.environ | _ENVIRONMENT | {"PYTHONPATH": path},
    )
