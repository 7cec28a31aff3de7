"""What is cut off behind its first frame or view is truncated; what others append or omit is no damage."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from snapsortd.domain.errors import ImageError
from snapsortd.vision.child.decoding.decode import decode
from tests.support.crafted_images import encoded

pytestmark = pytest.mark.pure

NOISE = Image.effect_noise((120, 90), 60).convert("RGB")
FRAMES = [NOISE, NOISE.transpose(Image.Transpose.ROTATE_180), NOISE.transpose(Image.Transpose.FLIP_TOP_BOTTOM)]
ANIMATIONS = {
    kind: encoded(FRAMES[0], kind, save_all=True, append_images=FRAMES[1:]) for kind in ("GIF", "PNG", "WEBP", "MPO")
}


@pytest.mark.parametrize("percent", [20, 45, 60, 80, 99])
@pytest.mark.parametrize("kind", ANIMATIONS)
def test_cut_off_anywhere_it_is_truncated(kind: str, percent: int) -> None:
    data = ANIMATIONS[kind]
    with pytest.raises(ImageError, match="truncated"):
        decode(io.BytesIO(data[: len(data) * percent // 100]), 64)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(ANIMATIONS["GIF"], id="gif"),
        pytest.param(ANIMATIONS["GIF"][:-1], id="gif-without-trailer"),
        pytest.param(ANIMATIONS["GIF"] + b"junk!", id="gif-and-junk"),
        pytest.param(ANIMATIONS["MPO"], id="mpo"),
        pytest.param(ANIMATIONS["MPO"] + b"junk", id="mpo-and-junk"),
        pytest.param(ANIMATIONS["MPO"][: ANIMATIONS["MPO"].index(b"\xff\xd9") + 2], id="mpo-whose-views-were-dropped"),
        pytest.param(ANIMATIONS["PNG"], id="png"),
        pytest.param(ANIMATIONS["PNG"] + b"junk", id="png-and-junk"),
    ],
)
def test_a_whole_one_is_read(data: bytes) -> None:
    assert decode(io.BytesIO(data), 64)[1].frames == 3
