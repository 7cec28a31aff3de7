"""The dates in an image: each source, wherever programs put it, and nothing where it is zero, blank or malformed."""

from __future__ import annotations

import io
import struct
import zlib
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import ExifTags, Image
from PIL.PngImagePlugin import PngInfo
from PIL.TiffImagePlugin import IFDRational

from snapsortd.vision.child.decoding.date_text import parse_date
from snapsortd.vision.child.decoding.decode import decode
from tests.support.crafted_grids import box
from tests.support.crafted_images import chunk, encoded, jpeg_with, segment

pytestmark = pytest.mark.pure

GREY = Image.new("RGB", (16, 12), "grey")
EXIF = ExifTags.Base
DATE, OTHER = "2024:05:17 09:30:12", "2003:06:07 08:09:10"


def dates(data: bytes) -> dict[str, str]:
    return {source: date.isoformat() for source, date in decode(io.BytesIO(data), 64)[1].dates.items()}


def with_exif(main: dict[int, Any], exposure: dict[int, Any], place: dict[int, Any]) -> bytes:
    exif = Image.Exif()
    exif.update(main)
    exif.get_ifd(ExifTags.IFD.Exif).update(exposure)
    exif.get_ifd(ExifTags.IFD.GPSInfo).update(place)
    return encoded(GREY, "JPEG", exif=exif)


NOON = (IFDRational(12), IFDRational(0), IFDRational(5))


@pytest.mark.parametrize(
    ("main", "exposure", "place", "expected"),
    [
        pytest.param({EXIF.DateTimeOriginal: DATE}, {}, {}, {"original": "2024-05-17T09:30:12"}, id="main-table"),
        pytest.param(
            {EXIF.DateTimeOriginal: DATE},
            {EXIF.DateTimeOriginal: "0000:00:00 00:00:00"},
            {},
            {"original": "2024-05-17T09:30:12"},
            id="zeros-in-its-own-table",
        ),
        pytest.param(
            {},
            {
                EXIF.DateTimeOriginal: "    :  :     :  :  ",
                EXIF.DateTimeDigitized: OTHER,
                EXIF.OffsetTimeDigitized: "Z",
            },
            {},
            {"digitized": "2003-06-07T08:09:10+00:00"},
            id="digitized",
        ),
        pytest.param(
            {},
            {EXIF.DateTimeOriginal: DATE, EXIF.OffsetTime: "-0330"},
            {},
            {"original": "2024-05-17T09:30:12-03:30"},
            id="general-offset",
        ),
        pytest.param({}, {}, {7: NOON, 29: "2024:05:17"}, {"gps": "2024-05-17T12:00:05+00:00"}, id="gps"),
        pytest.param({}, {}, {29: "2024:05:17"}, {"gps": "2024-05-17T00:00:00"}, id="gps-without-time"),
        pytest.param({}, {}, {7: NOON}, {}, id="gps-without-date"),
        pytest.param({EXIF.DateTime: DATE}, {}, {}, {}, id="last-change"),
    ],
)
def test_exif(main: dict[int, Any], exposure: dict[int, Any], place: dict[int, Any], expected: dict[str, str]) -> None:
    assert dates(with_exif(main, exposure, place)) == expected


@pytest.mark.parametrize(
    ("xmp", "expected"),
    [
        pytest.param(
            '<x exif:DateTimeOriginal="2024-05-17T09:30:12.5+02:00"/>', "2024-05-17T09:30:12+02:00", id="attribute"
        ),
        pytest.param("<photoshop:DateCreated>2024-05-17</photoshop:DateCreated>", "2024-05-17T00:00:00", id="element"),
        pytest.param(
            "<x xmp:CreateDate='2003-06-07T08:09:10' exif:DateTimeOriginal='2024-05-17T09:30Z'/>",
            "2024-05-17T09:30:00+00:00",
            id="the-better-one",
        ),
        pytest.param(
            "<x exif:DateTimeOriginal='' xmp:CreateDate='2003-06-07T08:09:10'/>", "2003-06-07T08:09:10", id="blank"
        ),
        pytest.param("<x xmp:ModifyDate='2024-05-17T09:30Z'/>", None, id="last-change"),
        pytest.param("<x xmp:CreateDate='1987'/>", "1987-01-01T00:00:00", id="a-year"),
        pytest.param("<photoshop:DateCreated>1987-06</photoshop:DateCreated>", "1987-06-01T00:00:00", id="a-month"),
        pytest.param("<x xmp:CreateDate='0000'/>", None, id="no-year"),
        pytest.param(":CreateDate" * 90_000, None, id="endless"),
    ],
)
@pytest.mark.parametrize("image_format", ["WEBP", "PNG", "TIFF", "AVIF", "HEIF"])
def test_xmp(image_format: str, xmp: str, expected: str | None) -> None:
    if image_format == "PNG":
        data = encoded(GREY, "PNG")
        text = chunk(b"iTXt", b"XML:com.adobe.xmp" + bytes(5) + xmp.encode())
        data = data[:33] + text + data[33:]
    else:
        options = {"tiffinfo": {700: xmp.encode()}} if image_format == "TIFF" else {"xmp": xmp.encode()}
        data = encoded(GREY, image_format, **options)
    assert dates(data).get("xmp") == expected


@pytest.mark.parametrize("image_format", ["GIF", "JPEG2000"])
def test_what_pillow_does_not_look_for(image_format: str) -> None:
    xmp = f'<x:xmpmeta><x xmp:CreateDate="{DATE}"/></x:xmpmeta>'.encode()
    exif = Image.Exif()
    exif[EXIF.Orientation] = 6
    exif[EXIF.DateTimeOriginal] = OTHER
    plain = encoded(GREY, image_format)
    if image_format == "GIF":
        place = 13 + 3 * (2 << (plain[10] & 7))  # behind the palette
        data = (
            plain[:place] + b"\x21\xff\x0bXMP DataXMP" + xmp + b"\1" + bytes(range(255, -1, -1)) + b"\0" + plain[place:]
        )
    else:
        adobe = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
        place = plain.index(b"jp2c") - 4
        boxes = box(b"uuid", adobe + xmp), box(b"uuid", b"JpgTiffExif->JP2" + exif.tobytes().removeprefix(b"Exif\0\0"))
        data = plain[:place] + b"".join(boxes) + plain[place:]
    facts = decode(io.BytesIO(data), 64)[1]
    assert facts.dates["xmp"] == datetime.fromisoformat("2024-05-17T09:30:12")
    if image_format == "JPEG2000":
        assert (facts.height, facts.dates["original"]) == (16, datetime.fromisoformat("2003-06-07T08:09:10"))
    assert "xmp" not in dates(data.replace(b"</x:", b"<//:"))


def iptc(**values: bytes) -> bytes:
    data = b"\x1c\x01\x5a\0\3\x1b%G"
    for number, value in values.items():
        data += b"\x1c\2" + struct.pack(">BH", int(number.removeprefix("_")), len(value)) + value
    return data


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        pytest.param(iptc(_5=b"title", _55=b"20240517", _60=b"093012+0200"), "2024-05-17T09:30:12+02:00", id="created"),
        pytest.param(iptc(_55=b"20240517", _60=b"whenever"), "2024-05-17T00:00:00", id="no-time"),
        pytest.param(iptc(_55=b"20240000", _62=b"20030607", _63=b"080910"), "2003-06-07T08:09:10", id="digitized"),
        pytest.param(iptc(_55=b"20240517")[:-3], None, id="cut"),
    ],
)
def test_iptc(block: bytes, expected: str | None) -> None:
    resource = b"Photoshop 3.0\x008BIM\x04\x04\0\0" + struct.pack(">I", len(block)) + block + bytes(len(block) % 2)
    assert dates(jpeg_with(segment(0xED, resource))).get("iptc") == expected
    assert dates(encoded(GREY, "TIFF", tiffinfo={33723: block})).get("iptc") == expected
    profile = f"\nIPTC profile\n{len(block):8}\n{block.hex()}\n"
    text = chunk(b"zTXt", b"Raw profile type iptc\0\0" + zlib.compress(profile.encode()))
    png = encoded(GREY, "PNG")
    assert dates(png[:33] + text + png[33:]).get("iptc") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("Fri, 17 May 2024 09:30:12 +0200", "2024-05-17T09:30:12+02:00", id="rfc-2822"),
        pytest.param("2024-05-17T09:30:12Z", "2024-05-17T09:30:12+00:00", id="iso-8601"),
        pytest.param("Fri May 17 09:30:12 2024", "2024-05-17T09:30:12", id="asctime"),
        pytest.param("Fri 17 May 2024 09:30:12 PM CEST", "2024-05-17T21:30:12", id="gnome-screenshot"),
        pytest.param("Fri May 17 09:30:12 CEST 2024", "2024-05-17T09:30:12", id="date-of-unix"),
        pytest.param("Ven 17 Foo 2024 09:30:12", None, id="no-such-month"),
        pytest.param("", None, id="empty"),
    ],
)
def test_the_creation_time_of_a_png(text: str, expected: str | None) -> None:
    info = PngInfo()
    info.add_text("Creation Time", text)
    assert dates(encoded(GREY, "PNG", pnginfo=info)).get("png") == expected


@pytest.mark.parametrize(
    "text",
    [
        *("2024:05:17  9:30:12", "2024:05:17 09:30:12 AM", "2024: 5:17 9:30:12", "2024-5-17 09:30:12.50"),
        *("2024:05:17:09:30:12", "20240517T093012", "2024.05.17, 09:30:12"),
    ],
)
def test_a_date_is_read_however_it_is_punctuated_and_padded(text: str) -> None:
    assert parse_date(text) == datetime.fromisoformat("2024-05-17T09:30:12")
    assert parse_date("2024:05:17 24:30: 2") == datetime.fromisoformat("2024-05-17T00:30:02")


@pytest.mark.parametrize(
    "zero", ["0000:00:00 00:00:00", "1970-01-01T00:00:00Z", "1904:01:01 00:00:00", "   ", "\0", "x"]
)
def test_a_date_that_was_not_set_is_none(zero: str) -> None:
    assert parse_date(zero) is None


@given(st.text(st.sampled_from("0129:-+.T Z/AMPay,"), max_size=30), st.text(st.sampled_from("+-0129:Z "), max_size=7))
def test_whatever_the_text_is(text: str, offset: str) -> None:
    assert parse_date(text, offset) is None or isinstance(parse_date(text, offset), datetime)


def profile_png(name: str, text: str) -> bytes:
    data = encoded(GREY, "PNG")
    return data[:33] + chunk(b"zTXt", name.encode() + b"\0\0" + zlib.compress(text.encode())) + data[33:]


@pytest.mark.parametrize("name", ["exif", "APP1"])
@pytest.mark.parametrize(
    "form",
    [
        "\nexif\n{size:8}\n{digits}\n\0",
        "\nexif\n{size:8}\n{digits}00\0\0\n",
        "\r\nexif\r\n{size}\r\n{digits}",
        "\nexif\n9\n1",
        "\nexif\n" + "9" * 5000,
    ],
    ids=["trailing-nul", "trailing-bytes", "carriage-returns", "too-short", "endless-size"],
)
def test_the_exif_data_that_imagemagick_writes_into_a_png(name: str, form: str) -> None:
    exif = Image.Exif()
    exif[EXIF.Orientation] = 6
    exif[EXIF.DateTimeOriginal] = DATE
    block = exif.tobytes()
    wrapped = "\n".join(block.hex()[place : place + 72] for place in range(0, 2 * len(block), 72))
    data = profile_png(f"Raw profile type {name}", form.format(size=len(block), digits=wrapped))
    facts = decode(io.BytesIO(data), 64)[1]
    if "9" in form:
        assert (facts.width, facts.dates) == (16, {})
    else:
        assert (facts.width, facts.height, facts.dates) == (
            12,
            16,
            {"original": datetime.fromisoformat("2024-05-17T09:30:12")},
        )


@pytest.mark.parametrize("image_format", ["WEBP", "PNG", "JPEG"])
@pytest.mark.parametrize("order", ["<", ">"])
def test_megabytes_of_notes_do_not_hide_the_rest(image_format: str, order: str) -> None:
    exif = Image.Exif()
    exif.endian = order
    exif[EXIF.Orientation] = 6
    exif.get_ifd(ExifTags.IFD.Exif).update({EXIF.MakerNote: bytes(2 << 20), EXIF.DateTimeOriginal: DATE})
    if image_format == "JPEG":
        block = b"Exif\0\0" + exif.tobytes().removeprefix(b"Exif\0\0")
        data = jpeg_with(
            *(segment(0xE1, b"Exif\0\0" + block[6 + place :][:60_000]) for place in range(0, len(block), 60_000))
        )
    else:
        data = encoded(GREY, image_format, exif=exif)
    facts = decode(io.BytesIO(data), 64)[1]
    assert facts.width < facts.height
    assert facts.dates.keys() == {"original"}


def test_a_place_whose_seconds_are_unknown_is_a_place() -> None:
    unknown = IFDRational(0, 0)
    place = {1: "N", 2: (48.0, IFDRational(533236, 10000), unknown), 3: "E", 4: (21.0, unknown, unknown), 6: unknown}
    tags = decode(io.BytesIO(with_exif({}, {}, place)), 64)[1].exif
    assert tags == {
        "GPSLatitude": "48 53.3236 0",
        "GPSLatitudeRef": "N",
        "GPSLongitude": "21 0 0",
        "GPSLongitudeRef": "E",
    }
