"""Files that stop a decode that takes too long."""

from __future__ import annotations

import io
import time
from pathlib import Path

import pytest
from PIL import Image

from snapsortd.domain.errors import ImageError
from snapsortd.vision.child.decoding.decode import decode
from snapsortd.vision.child.decoding.time_limit import LimitedFile, check_time

pytestmark = pytest.mark.pure

OVER = "takes more than"


def _spend(seconds: float) -> None:
    """Use up `seconds` of this thread's processor time."""
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass


def test_in_time_it_is_the_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"0123456789")
    with (tmp_path / "file").open("rb") as file, LimitedFile(file, 60) as limited:
        assert limited.read(3) == b"012"
        assert limited.seek(-2, io.SEEK_END) == 8
        assert limited.read() == b"89"
        assert limited.fileno() == file.fileno()
        check_time(limited)
    assert file.closed


def test_over_time_every_way_to_go_on_raises() -> None:
    limited = LimitedFile(io.BytesIO(b"0123456789"), 0.001)
    _spend(0.002)
    for go_on in (limited.read, lambda: limited.read(1), lambda: limited.seek(0), lambda: check_time(limited)):
        with pytest.raises(ImageError, match=OVER):
            go_on()


def test_a_file_without_limit_has_none() -> None:
    check_time(io.BytesIO())


@pytest.mark.parametrize("image_format", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "HEIF"])
def test_decoding_stays_within_it(image_format: str) -> None:
    """A limited file must not change the result of any decoder."""
    file = io.BytesIO()
    Image.effect_noise((400, 300), 50).convert("RGB").save(file, image_format)
    assert decode(LimitedFile(file, 60), 32)[0].mode == "RGB"


class _SlowFile(io.BytesIO):
    """A file that is slow to read beyond `start`."""

    start = 1 << 30

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        if self.tell() >= self.start:
            _spend(0.02)
        return super().readinto(buffer)


@pytest.mark.parametrize(
    ("image_format", "start"),
    [(image_format, 0) for image_format in ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "HEIF")]
    + [
        (image_format, 20_000) for image_format in ("PNG", "JPEG", "GIF", "BMP", "TIFF")
    ],  # these are read in small parts
)
def test_a_decode_over_time_is_given_up_with_the_reason(image_format: str, start: int) -> None:
    """The reason must pass through the decoders, which turn other errors into their own."""
    file = _SlowFile()
    Image.effect_noise((400, 300), 50).convert("RGB").save(file, image_format)
    file.start = start
    with pytest.raises(ImageError, match=OVER):
        decode(LimitedFile(file, 0.01), 32)
