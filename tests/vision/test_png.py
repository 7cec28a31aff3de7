"""Compare plain PNG files decoded by Wuffs and by kornia-rs with the results of Pillow."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
import pytest
from PIL import Image

from snapsortd.domain.errors import ImageError
from snapsortd.vision.child.decoding import png
from snapsortd.vision.child.decoding.decode import decode
from snapsortd.vision.child.decoding.png import load_png

pytestmark = pytest.mark.pure

DECODERS = {"pywuffs": "_wuffs", "kornia_rs": "_kornia"}


@pytest.fixture(params=DECODERS, autouse=True)
def decoder(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run each test with each installed decoder alone."""
    pytest.importorskip(request.param)
    for package, name in DECODERS.items():
        if package != request.param:
            monkeypatch.setattr(png, name, None)


def _noise(width: int, height: int, mode: str = "RGB") -> Image.Image:
    noise = np.random.default_rng(0)
    return Image.fromarray(noise.integers(0, 256, (height, width, len(mode)), dtype=np.uint8))


def _png(image: Image.Image, **options: Any) -> io.BytesIO:
    file = io.BytesIO()
    image.save(file, "PNG", **options)
    return file


def _load(file: io.BytesIO, factor: int = 1, *, alone: bool = True) -> Image.Image | None:
    file.seek(0)
    with Image.open(file) as image:
        return load_png(image, file, factor, alone=alone)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
@pytest.mark.parametrize("size", [(640, 480), (1001, 777), (77, 3000), (897, 899), (1, 1)])
@pytest.mark.parametrize("factor", [1, 2, 7, 100])
@pytest.mark.parametrize("alone", [True, False])
def test_the_pixels_are_those_of_pillow(mode: str, size: tuple[int, int], factor: int, alone: bool) -> None:
    image = _noise(*size, mode)
    loaded = _load(_png(image), factor, alone=alone)
    assert loaded is not None
    expected = image.reduce(factor) if factor > 1 else image
    assert loaded.mode == mode
    np.testing.assert_array_equal(np.asarray(loaded), np.asarray(expected))


@pytest.mark.parametrize("decoder", ["pywuffs"], indirect=True)
def test_kornia_decodes_what_is_alone_and_wuffs_what_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_data: bytes, _image: Image.Image) -> np.ndarray:
        raise ValueError("the other decoder must be used")

    file = _png(_noise(40, 30))
    monkeypatch.setattr(png, "_kornia", png.with_kornia())
    monkeypatch.setattr(png, "_wuffs", refuse)
    assert _load(file, alone=True) is not None
    assert _load(file, alone=False) is None


@pytest.mark.parametrize(
    "file",
    [
        pytest.param(_png(_noise(9, 9).convert("L")), id="grey"),
        pytest.param(_png(_noise(9, 9).convert("P")), id="palette"),
        pytest.param(_png(_noise(9, 9).convert("1")), id="one-bit"),
        pytest.param(_png(Image.new("I;16", (9, 9))), id="sixteen-bits"),
        pytest.param(_png(_noise(9, 9), transparency=(1, 2, 3)), id="transparent-colour"),
        pytest.param(_png(_noise(9, 9), save_all=True, append_images=[_noise(9, 9)]), id="animated"),
    ],
)
def test_others_are_left_to_pillow(file: io.BytesIO) -> None:
    assert _load(file) is None
    assert decode(file, 9)[0].size == (9, 9)


def test_what_is_too_large_is_left_to_pillow(monkeypatch: pytest.MonkeyPatch) -> None:
    file = _png(_noise(40, 30))
    monkeypatch.setattr(png, "_MAX_PIXELS", 40 * 30 - 1)
    assert _load(file) is None
    monkeypatch.setattr(png, "_MAX_PIXELS", 40 * 30)
    assert _load(file) is not None
    monkeypatch.setattr(png, "_MAX_BYTES", 100)
    assert _load(file) is None


def test_without_it_pillow_does_it_all(monkeypatch: pytest.MonkeyPatch) -> None:
    file = _png(_noise(400, 300, "RGBA"))
    with_it = decode(file, 32)
    for name in DECODERS.values():
        monkeypatch.setattr(png, name, None)
    without = decode(file, 32)
    np.testing.assert_array_equal(np.asarray(with_it[0]), np.asarray(without[0]))
    assert with_it[1] == without[1]


@pytest.mark.parametrize("behind", [False, True], ids=["before-the-pixels", "behind-the-pixels"])
def test_exif_data_count_wherever_they_stand(behind: bool) -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "Fine Cameras"
    data = _png(_noise(40, 30)).getvalue()
    place = len(data) - 12 if behind else 33  # before IEND, after IHDR
    written = data[:place] + _chunk(b"eXIf", exif.tobytes()[6:]) + data[place:]
    image, facts = decode(io.BytesIO(written), 64)
    assert image.size == (30, 40)
    assert facts.exif["Make"] == "Fine Cameras"


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
def test_a_file_cut_off_is_refused_in_pillows_words(share: float) -> None:
    data = _png(_noise(400, 300)).getvalue()
    with pytest.raises(ImageError, match="truncated"):
        decode(io.BytesIO(data[: int(len(data) * share)]), 32)


def test_a_wrong_checksum_is_as_bad_as_pillow_finds_it(monkeypatch: pytest.MonkeyPatch) -> None:
    data = bytearray(_png(_noise(40, 30)).getvalue())
    data[-13] ^= 1  # checksum of the pixels' chunk
    found = np.asarray(decode(io.BytesIO(bytes(data)), 64)[0])
    for name in DECODERS.values():
        monkeypatch.setattr(png, name, None)
    np.testing.assert_array_equal(found, np.asarray(decode(io.BytesIO(bytes(data)), 64)[0]))
