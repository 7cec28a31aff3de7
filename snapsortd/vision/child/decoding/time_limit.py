"""An end to decodes that take too long: what is in an image may only look small.

Decoders ask for the file bit by bit, and there they can be stopped. What doesn't come back is ended by the daemon.
"""

from __future__ import annotations

import io
import time
from typing import BinaryIO

from snapsortd.domain.errors import ImageError


class LimitedFile(io.BufferedReader):
    """`file`, to be read in the thread that makes this, for so many `seconds` of that thread's processor time.

    After that reading raises ImageError. Closes `file` when it is closed.
    """

    def __init__(self, file: BinaryIO, seconds: float) -> None:
        super().__init__(file)  # type: ignore[arg-type]  # it reads from whatever has `readinto`
        self._seconds, self._end = seconds, time.thread_time() + seconds

    def check(self) -> None:
        """Raise ImageError if the time is over."""
        if time.thread_time() > self._end:
            raise ImageError(f"decoding it takes more than {self._seconds:g} seconds of processor time")

    def read(self, size: int | None = -1, /) -> bytes:
        """As of any file; raises ImageError."""
        self.check()
        return super().read(size)

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """As of any file; raises ImageError."""
        self.check()
        return super().seek(offset, whence)


def check_time(file: BinaryIO) -> None:
    """Raise ImageError if `file` is limited and its time is over: where a decoder comes back without reading."""
    if isinstance(file, LimitedFile):
        file.check()
