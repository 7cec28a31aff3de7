"""Stop decodes that take too long, which a small file can cause.

Decoders read the file in small parts, and can be stopped when they do. If a decoder never reads again, the daemon ends
the process.
"""

from __future__ import annotations

import io
import time
from typing import BinaryIO

from snapsortd.domain.errors import ImageError


class LimitedFile(io.BufferedReader):
    """A file that can be read for `seconds` of processor time of the thread that creates this object.

    After that, reading raises ImageError. Closing it closes `file`.
    """

    def __init__(self, file: BinaryIO, seconds: float) -> None:
        super().__init__(file)  # type: ignore[arg-type]  # anything with `readinto` will do
        self._seconds, self._end = seconds, time.thread_time() + seconds

    def check(self) -> None:
        """Raise ImageError if the time limit is exceeded."""
        if time.thread_time() > self._end:
            raise ImageError(f"decoding it takes more than {self._seconds:g} seconds of processor time")

    def read(self, size: int | None = -1, /) -> bytes:
        """Read as from any file. Raise ImageError."""
        self.check()
        return super().read(size)

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Seek as in any file. Raise ImageError."""
        self.check()
        return super().seek(offset, whence)


def check_time(file: BinaryIO) -> None:
    """Raise ImageError if `file` has a time limit that is exceeded. For decoders that return without reading."""
    if isinstance(file, LimitedFile):
        file.check()
