"""The date on which an image was taken: the first of its sources, in order, that is not in the future."""

from __future__ import annotations

import struct
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryFile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snapsortd.domain.date_sources import DATE_SOURCES
from snapsortd.domain.image import ImageFacts
from snapsortd.files.open_file import open_file
from snapsortd.pipeline.date_taken import with_date_taken
from snapsortd.vision.film_date import film_date

NOW = datetime(2025, 6, 15, 12, tzinfo=UTC)
FILMED = datetime(2024, 5, 17, 9, 30, 12, tzinfo=UTC)
ORIGINAL, GPS = datetime.fromisoformat("2024-01-02T03:04:05"), datetime(2024, 2, 3, 4, 5, 6, tzinfo=UTC)


def box(kind: bytes, *parts: bytes) -> bytes:
    return struct.pack(">I", 8 + sum(map(len, parts))) + kind + b"".join(parts)


def named(text: bytes, head: bytes = b"") -> bytes:
    keys = box(
        b"keys", bytes(4), struct.pack(">I", 2), box(b"mdta", b"x"), box(b"mdta", b"com.apple.quicktime.creationdate")
    )
    data = box(b"data", struct.pack(">II", 1, 0), text)
    return box(b"meta", head, box(b"hdlr", bytes(24)), keys, box(b"ilst", box(struct.pack(">I", 2), data)))


def header(seconds: int, version: int = 0) -> bytes:
    return box(b"mvhd", bytes([version, 0, 0, 0]), struct.pack(">Q" if version else ">I", seconds), bytes(90))


def film(*parts: bytes, before: bytes = box(b"mdat", bytes(99))) -> bytes:
    return box(b"ftyp", b"qt  ") + before + box(b"moov", *parts)


SECONDS = int((FILMED - datetime(1904, 1, 1, tzinfo=UTC)).total_seconds())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.jpg").write_bytes(b"image")
    return tmp_path


@pytest.mark.parametrize(
    ("data", "date"),
    [
        pytest.param(film(header(SECONDS), named(b"2024-05-17T11:30:12+0200")), FILMED, id="with-its-time-zone"),
        pytest.param(film(named(b"2024-05-17T11:30:12+02:00", bytes(4))), FILMED, id="mp4"),
        pytest.param(film(header(SECONDS)), FILMED, id="header"),
        pytest.param(film(header(SECONDS, version=1)), FILMED, id="header-of-64-bits"),
        pytest.param(
            film(header(SECONDS), before=struct.pack(">I4sQ", 1, b"mdat", 116) + bytes(100)),
            FILMED,
            id="large-box-before",
        ),
        pytest.param(film(header(SECONDS), named(b"yesterday")), FILMED, id="malformed"),
        pytest.param(film(header(0)), None, id="zero"),
        pytest.param(film(header(2**63, version=1)), None, id="beyond-the-calendar"),
        pytest.param(film(header(SECONDS))[:60], None, id="cut"),
        pytest.param(b"text", None, id="no-film"),
    ],
)
def test_the_date_of_a_film(data: bytes, date: datetime | None, folder: Path) -> None:
    (folder / "a.MOV").write_bytes(data)
    with open_file(str(folder / "a.MOV"), str(folder)) as opened:
        assert film_date(opened.fd) == date
    with open_file(str(folder / "a.jpg"), str(folder)) as image:
        assert with_date_taken(ImageFacts(1, 1), image, "jpeg", ("film",), NOW).taken == date
        assert with_date_taken(ImageFacts(1, 1), image, "png", ("film",), NOW).taken is None


@given(st.integers(0, 200), st.binary(max_size=20))
def test_whatever_the_film_is(place: int, junk: bytes) -> None:
    data = bytearray(film(header(SECONDS), named(b"2024-05-17T11:30:12+0200")))
    data[place : place + len(junk)] = junk
    with TemporaryFile() as file:
        file.write(data)
        file.flush()
        found = film_date(file.fileno())
    assert found is None or found.tzinfo is not None


@pytest.mark.parametrize(
    ("order", "taken", "source"),
    [
        pytest.param(tuple(DATE_SOURCES), ORIGINAL, "original", id="usual"),
        pytest.param(("name", "original"), datetime.fromisoformat("2023-03-04"), "name", id="configured"),
        pytest.param(("gps",), GPS, "gps", id="in-local-time"),
        pytest.param(("xmp", "iptc"), None, "", id="none"),
        pytest.param(("digitized", "gps"), GPS, "gps", id="not-from-the-future"),
    ],
)
def test_the_first_in_order(order: tuple[str, ...], taken: datetime | None, source: str, tmp_path: Path) -> None:
    (tmp_path / "IMG-20230304-WA0001.jpg").write_bytes(b"image")
    facts = ImageFacts(
        1, 1, dates={"original": ORIGINAL, "gps": GPS, "digitized": (NOW + timedelta(days=2)).replace(tzinfo=None)}
    )
    with open_file(str(tmp_path / "IMG-20230304-WA0001.jpg"), str(tmp_path)) as image:
        found = with_date_taken(facts, image, "jpeg", order, NOW)
    assert (found.taken, found.taken_from) == (taken, source)
    assert source != "gps" or (found.taken is not None and found.taken.utcoffset() == GPS.astimezone().utcoffset())
