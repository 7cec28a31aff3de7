"""Replace a whole file at once: readers see the old content or the new, never a part of either."""

from __future__ import annotations

import os
from contextlib import suppress


def write_atomically(path: str, data: bytes) -> None:
    """Write `data` to a private file (mode 0600) in the same folder and rename it to `path`. Raise OSError.

    Nothing is left behind on failure. Nothing is synced: after a power cut the content may be missing or damaged, so
    this is for caches, whose readers check what they read.
    """
    temporary = f"{path}.{os.getpid()}"
    try:
        with open(temporary, "wb", opener=_open_private) as file:
            file.write(data)
        os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise


def _open_private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
