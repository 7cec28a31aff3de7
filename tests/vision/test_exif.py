"""EXIF tags of real files as short texts, whatever they contain; and transparency."""

from __future__ import annotations

import io
import struct
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import ExifTags, Image
from PIL.TiffImagePlugin import IFDRational

from snapsortd.domain.exif_tags import EXIF_NAMES, MAX_TAGS, MAX_VALUE, exif_name, select_tags
from snapsortd.domain.image import ImageFacts
from snapsortd.vision.child.decoding.decode import decode
from tests.support.crafted_images import encoded, exif_bomb, exif_loop, exif_of, tagged
from tests.support.fuzzing import tries

pytestmark = pytest.mark.pure

BASE, GPS = ExifTags.Base, ExifTags.GPS
GREY = Image.new("RGB", (16, 12), "grey")
CARRIES_EXIF = ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"]


def facts(data: bytes) -> ImageFacts:
    return decode(io.BytesIO(data), 64)[1]


def exif_with(
    main: dict[int, Any] | None = None, photo: dict[int, Any] | None = None, place: dict[int, Any] | None = None
) -> Image.Exif:
    exif = Image.Exif()
    exif.update(main or {})
    exif.get_ifd(ExifTags.IFD.Exif).update(photo or {})
    exif.get_ifd(ExifTags.IFD.GPSInfo).update(place or {})
    return exif


@pytest.mark.parametrize("image_format", CARRIES_EXIF)
def test_what_a_camera_writes_is_read_from_every_format(image_format: str) -> None:
    exif = exif_with(
        {BASE.Make: "Canon", BASE.Model: "EOS R6"},
        {BASE.FNumber: IFDRational(28, 10), BASE.ExposureTime: IFDRational(1, 250), BASE.ISOSpeedRatings: 400},
        {GPS.GPSLatitudeRef: "N", GPS.GPSLatitude: (52.0, 30.0, 15.5), GPS.GPSAltitude: IFDRational(341, 10)},
    )
    found = facts(
        encoded(GREY, image_format, exif=exif.tobytes())
    )  # from an object, TIFF would write only a part of it
    expected = {
        "Make": "Canon",
        "Model": "EOS R6",
        "FNumber": "2.8",
        "ExposureTime": "0.004",
        "ISOSpeedRatings": "400",
        "GPSLatitudeRef": "N",
        "GPSLatitude": "52 30 15.5",
        "GPSAltitude": "34.1",
    }
    assert {name: found.exif.get(name) for name in expected} == expected
    assert set(found.exif) <= set(EXIF_NAMES)
    assert found.camera == "Canon EOS R6"


@pytest.mark.parametrize(
    ("tag", "value", "text"),
    [
        pytest.param(BASE.Artist, "  Ann \0 hidden", "Ann", id="blanks-and-nul"),
        pytest.param(BASE.Artist, "Zoë".encode(), "Zoë", id="utf-8"),
        pytest.param(BASE.Artist, "Zoë".encode("latin-1"), "Zoë", id="latin-1"),
        pytest.param(BASE.Artist, "two\nlines\x1b[31m", "two lines [31m", id="control-characters"),
        pytest.param(BASE.Artist, "x" * 999, "x" * MAX_VALUE, id="long"),
        pytest.param(BASE.Artist, "   ", None, id="nothing"),
        pytest.param(BASE.XPTitle, "Küste\0".encode("utf-16-le"), "Küste", id="windows"),
        pytest.param(BASE.XResolution, IFDRational(72, 1), "72", id="whole-fraction"),
        pytest.param(BASE.XResolution, IFDRational(1, 0), None, id="fraction-of-nothing"),
        pytest.param(BASE.XResolution, IFDRational(4_000_000_000, 1), "4000000000", id="large"),
    ],
)
def test_a_value_as_text(tag: int, value: Any, text: str | None) -> None:
    found = facts(encoded(GREY, "JPEG", exif=exif_with({tag: value})))
    assert found.exif.get(BASE(tag).name) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        pytest.param(b"ASCII\0\0\0a note", "a note", id="ascii"),
        pytest.param(bytes(8) + "für".encode(), "für", id="undefined"),
        pytest.param(b"a note", "a note", id="without-its-charset"),
        pytest.param(b"\x01\x02\x03", None, id="no-text"),
    ],
)
def test_a_comment(value: bytes, text: str | None) -> None:
    found = facts(encoded(GREY, "JPEG", exif=exif_with(photo={BASE.UserComment: value})))
    assert found.exif.get("UserComment") == text


def test_how_the_pixels_are_stored_is_no_fact() -> None:
    found = facts(encoded(GREY, "TIFF"))
    assert not {"StripOffsets", "Compression", "BitsPerSample"} & set(found.exif)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(exif_bomb(), id="bomb"),
        pytest.param(exif_loop(), id="loop"),
        pytest.param(exif_of(200, 5, 50, 8), id="fractions-everywhere"),
        pytest.param(exif_of(200, 2, 1 << 30, 8), id="a-text-beyond-the-end"),
        pytest.param(b"", id="nothing"),
        pytest.param(b"MM\0*\0\0\0\x08" + struct.pack(">HHHIL", 1, 0x8769, 4, 1, 1 << 31), id="a-place-far-away"),
    ],
)
def test_broken_exif_leaves_the_image_readable(data: bytes) -> None:
    found = facts(encoded(GREY, "PNG", exif=b"Exif\0\0" + data))
    assert (found.width, found.height) == (16, 12)
    assert_short(found)


@pytest.mark.parametrize("tag", [BASE.Artist, BASE.Copyright])
def test_a_tiff_with_millions_of_numbers_in_one_tag_is_read_at_once(tag: int) -> None:
    fractions = 1_000_000  # if they were a resolution, Pillow itself would read them all
    data = tagged(tag, 5, fractions, 200).ljust(200, b"\0") + struct.pack("<II", 1, 3) * fractions
    began = time.process_time()
    assert BASE(tag).name not in facts(data).exif
    assert time.process_time() - began < 2  # reading them all would take five times as long


@tries(60)
@given(st.binary(max_size=120))
def test_whatever_the_exif_data_is(data: bytes) -> None:
    good = exif_with({BASE.Make: "Canon"}, {BASE.FNumber: IFDRational(28, 10)}).tobytes()
    assert_short(facts(encoded(GREY, "PNG", exif=good[: len(good) - len(data)] + data)))


def assert_short(found: ImageFacts) -> None:
    assert len(found.exif) <= MAX_TAGS
    assert all(text.isprintable() and 0 < len(text) <= MAX_VALUE for text in found.exif.values())


def test_of_very_many_tags_the_ones_most_asked_for_are_kept() -> None:
    kept = select_tags((name, "x") for name in reversed(EXIF_NAMES))
    assert len(kept) == MAX_TAGS
    assert {"Make", "Model", "DateTimeOriginal", "LensModel", "GPSLatitude", "GPSLongitude"} <= set(kept)


def test_pillow_knows_every_name_that_is_asked_for() -> None:
    assert set(EXIF_NAMES) <= {*ExifTags.TAGS.values(), *ExifTags.GPSTAGS.values()}
    assert len(set(EXIF_NAMES)) == len(EXIF_NAMES)
    assert (exif_name("gpslatitude"), exif_name("Maker")) == ("GPSLatitude", None)


@pytest.mark.parametrize(
    ("image", "image_format", "has_alpha"),
    [
        pytest.param(GREY, "PNG", False, id="rgb-png"),
        pytest.param(GREY, "JPEG", False, id="jpeg"),
        pytest.param(GREY.convert("L"), "PNG", False, id="grey-png"),
        pytest.param(GREY.quantize(4), "PNG", False, id="palette-png"),
        pytest.param(Image.new("RGBA", (9, 9), (0, 0, 0, 255)), "PNG", True, id="opaque-channel"),
        pytest.param(Image.new("RGBA", (9, 9)), "PNG", True, id="rgba-png"),
        pytest.param(Image.new("LA", (9, 9)), "PNG", True, id="grey-alpha-png"),
        pytest.param(Image.new("RGBA", (9, 9)), "WEBP", True, id="webp"),
        pytest.param(Image.new("RGBA", (9, 9)), "AVIF", True, id="avif"),
        pytest.param(Image.new("RGBA", (9, 9)), "TIFF", True, id="tiff"),
        pytest.param(Image.new("RGBA", (9, 9)), "GIF", True, id="gif-of-a-transparent-colour"),
        pytest.param(GREY, "GIF", False, id="gif"),
    ],
)
def test_alpha(image: Image.Image, image_format: str, has_alpha: bool) -> None:
    assert facts(encoded(image, image_format)).has_alpha is has_alpha
