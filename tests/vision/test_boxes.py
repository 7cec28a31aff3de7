"""container_is_complete: the outermost boxes must fill the file."""

from __future__ import annotations

import io

import pytest

from snapsortd.vision.child.decoding.boxes import container_is_complete

pytestmark = pytest.mark.pure

FTYP = b"\0\0\0\x10ftypheic\0\0\0\0"
LARGE = b"\0\0\0\x01mdat" + (24).to_bytes(8, "big") + bytes(8)


@pytest.mark.parametrize(
    ("data", "whole"),
    [
        pytest.param(FTYP, True, id="one"),
        pytest.param(FTYP + LARGE + FTYP, True, id="large"),
        pytest.param(FTYP[:-1], False, id="cut"),
        pytest.param(FTYP + LARGE[:-1], False, id="large-cut"),
        pytest.param(FTYP + LARGE[:12], False, id="head-cut"),
        pytest.param(FTYP + b"\0\0\0\0mdat1234", False, id="to-the-end"),
        pytest.param(FTYP + b"\0\0\0\x07mdat", False, id="smaller-than-its-head"),
        pytest.param(FTYP + b"\0\0\0\x01mdat" + bytes(8), False, id="large-of-nothing"),
        pytest.param(FTYP + b"junk", False, id="junk-behind"),
        pytest.param(b"\0\0\0\x08free" * 2000, False, id="thousands"),
        pytest.param(b"", False, id="empty"),
    ],
)
def test_boxes(data: bytes, whole: bool) -> None:
    assert container_is_complete(io.BytesIO(data)) is whole
