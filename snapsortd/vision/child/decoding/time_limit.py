"""Stop decodes that take too long, which a small file can cause, or so long that other images wait for them.

Decoders read the file in small parts, and can be stopped when they do. If a decoder never reads again, the daemon ends
the process.
"""

from __future__ import annotations

import io
import math
import threading
import time
from collections.abc import Callable
from typing import BinaryIO

from snapsortd.domain.errors import ImageError

PATIENCE_S = 1.0
"""Processor time that a decode may take while other images wait, whatever the image's size."""
PATIENCE_PER_PIXEL_S = 25e-9
"""Processor time in addition: about twice that of the slowest common decode, a large PNG with transparency."""

LARGE = 120_000_000
"""Pixels (width × height) from which decoding takes seconds and cannot be stopped in every format."""
_LARGE_BY_FORMAT = {"JPEG": math.inf, "MPO": math.inf, "AVIF": 50_000_000, "HEIF": 50_000_000, "WEBP": 25_000_000}
_LARGE_BY_FORMAT |= {"JPEG2000": 25_000_000, "JXL": 25_000_000}
"""A JPEG is shrunk while it is decoded; the others are slow to decode and cannot be stopped at all."""

SPARSE_PIXELS, SPARSE_RATIO = 64_000_000, 100
"""An image of at least so many pixels, and so many for each byte of its file, may take far longer than a photo."""


class LacksMemory(ImageError):
    """Decoding the image needs more memory than is free, perhaps only because of the others in progress."""


class SlowImage(ImageError):
    """The image is slow to decode, so that it is put after all others."""


def is_slow(image_format: str | None, pixels: int, size: int) -> bool:
    """Return whether an image of a file of `size` bytes is likely to take seconds, going by its header."""
    is_sparse = pixels >= SPARSE_PIXELS and pixels > SPARSE_RATIO * size
    return is_sparse or pixels > _LARGE_BY_FORMAT.get(image_format or "", LARGE)


class LimitedFile(io.BufferedReader):
    """A file that can be read for `seconds` of processor time of the thread that creates this object.

    After that, reading raises ImageError, and SlowImage if other images should wait no longer. Closing it closes
    `file`.
    """

    def __init__(self, file: BinaryIO, seconds: float, others_wait: Callable[[], bool] | None = None) -> None:
        """`others_wait` returns whether other images wait; None if this one is the last, so that it may be slow."""
        super().__init__(file)  # type: ignore[arg-type]  # anything with `readinto` will do
        self._seconds, self._began = seconds, time.thread_time()
        self._others_wait, self._patience_s = others_wait, PATIENCE_S

    def check(self) -> None:
        """Raise ImageError if the time limit is exceeded, SlowImage if other images should wait no longer."""
        spent = time.thread_time() - self._began
        if spent > self._seconds:
            raise ImageError(f"decoding it takes more than {self._seconds:g} seconds of processor time")
        if self._others_wait is not None and spent > self._patience_s and self._others_wait():
            raise SlowImage("other images wait for it")

    def check_turn(self) -> None:
        """Raise SlowImage unless this image is the last."""
        if self._others_wait is not None:
            raise SlowImage("it waits for a slow one")

    def check_header(self, image_format: str | None, pixels: int) -> None:
        """Raise SlowImage if the header shows that the image is slow and it is not decoded last."""
        self._patience_s = PATIENCE_S + PATIENCE_PER_PIXEL_S * pixels
        if self._others_wait is not None and is_slow(image_format, pixels, self.seek(0, io.SEEK_END)):
            raise SlowImage("it is large")

    def read(self, size: int | None = -1, /) -> bytes:
        """Read as from any file. Raise ImageError."""
        self.check()
        return super().read(size)

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Seek as in any file. Raise ImageError."""
        self.check()
        return super().seek(offset, whence)


def check_header(file: BinaryIO, image_format: str | None, pixels: int) -> None:
    """Raise SlowImage if the image is slow and `file` is a LimitedFile of one that is not the last."""
    if isinstance(file, LimitedFile):
        file.check_header(image_format, pixels)


def wait_turn(lock: threading.Lock, file: BinaryIO) -> None:
    """Acquire `lock`. Raise SlowImage if that takes a second, which another file's decode causes, as `check_header`."""
    while not lock.acquire(timeout=PATIENCE_S):
        if isinstance(file, LimitedFile):
            file.check_turn()


def check_time(file: BinaryIO) -> None:
    """Raise ImageError if `file` has a time limit that is exceeded. For decoders that return without reading."""
    if isinstance(file, LimitedFile):
        file.check()
