"""Run a module of this package in a separate process, offline."""

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
    "OPENBLAS_NUM_THREADS": "1",  # numpy's own threads are of no use here
    "MALLOC_ARENA_MAX": "2",  # each thread's arena would keep the memory of its largest image
    # Return a large image's memory as soon as it is freed; glibc would raise both and keep up to 64 MiB per arena.
    "MALLOC_MMAP_THRESHOLD_": str(8 << 20),
    "MALLOC_TRIM_THRESHOLD_": str(8 << 20),
    "OMP_WAIT_POLICY": "PASSIVE",  # spinning threads cost many times more while other programs are busy
}


def spawn(
    module: str,
    *arguments: str,
    stdin: int = subprocess.DEVNULL,
    stdout: int = subprocess.DEVNULL,
    keep: tuple[int, ...] = (),
) -> subprocess.Popen[bytes]:
    """Start `python -m module arguments…`, which inherits stderr and the descriptors `keep`. Raise OSError."""
    package_home = os.path.dirname(os.path.dirname(os.path.abspath(snapsortd.__file__)))
    path = os.pathsep.join(filter(None, (package_home, os.environ.get("PYTHONPATH"))))
    return subprocess.Popen(
        # -P: import nothing from the current folder, which may be a watched one.
        [sys.executable, "-P", "-m", module, *arguments],
        pass_fds=keep,
        stdin=stdin,
        stdout=stdout,
        cwd="/",
        env=os.environ | _ENVIRONMENT | {"PYTHONPATH": path},
    )
