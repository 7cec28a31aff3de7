"""to_rgb and fold: what a person sees of a transparent or very long image, a model sees, too."""

from __future__ import annotations

import io

import pytest
from PIL import Image, ImageStat

from snapsortd.vision.child.decoding.decode import decode
from snapsortd.vision.child.decoding.to_rgb import MAX_ASPECT, fold, to_rgb
from tests.support.crafted_images import encoded

pytestmark = pytest.mark.pure


def _on_nothing(colour: tuple[int, ...], mode: str = "RGBA") -> Image.Image:
    image = Image.new(mode, (90, 90), (*colour[:-1], 0))
    image.paste(colour, (20, 40, 70, 50))
    return image


@pytest.mark.parametrize(
    ("image", "back", "front"),
    [
        pytest.param(_on_nothing((255, 255, 255, 255)), 0, 255, id="white"),
        pytest.param(_on_nothing((240, 245, 240, 255)), 0, 243, id="nearly-white"),
        pytest.param(_on_nothing((255, 255, 255, 128)), 0, 128, id="half-transparent-white"),
        pytest.param(_on_nothing((255, 255), "LA"), 0, 255, id="white-of-grey"),
        pytest.param(_on_nothing((0, 0, 0, 255)), 255, 0, id="black"),
        pytest.param(_on_nothing((128, 128, 128, 255)), 255, 128, id="grey"),
        pytest.param(_on_nothing((255, 255, 255, 0)), 255, 255, id="nothing"),
    ],
)
def test_what_is_on_nothing_is_seen(image: Image.Image, back: int, front: int) -> None:
    pixels = to_rgb(image).convert("L")
    assert pixels.getpixel((5, 5)) == back
    assert pixels.getpixel((45, 45)) == pytest.approx(front, abs=3)


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_a_very_tall_image_is_seen_whole(orientation: int) -> None:
    """Its ten parts are ten shades of grey, and the central square of what a model gets has the mean of all of them."""
    upright = Image.new("L", (108, 3000))
    for number in range(10):
        upright.paste(25 * number, (0, 300 * number, 108, 300 * (number + 1)))
    exif = Image.Exif()
    exif[0x0112] = orientation
    turned = {
        1: upright,
        3: upright.transpose(Image.Transpose.ROTATE_180),
        6: upright.transpose(Image.Transpose.ROTATE_90),
        8: upright.transpose(Image.Transpose.ROTATE_270),
    }
    pixels, facts = decode(io.BytesIO(encoded(turned[orientation], "PNG", exif=exif)), 32)
    assert (facts.width, facts.height) == (108, 3000)
    assert max(pixels.size) < 1.3 * min(pixels.size)
    assert ImageStat.Stat(pixels).mean[0] == pytest.approx(112.5, abs=4)
    assert pixels.getpixel((2, 2)) == (0, 0, 0)
    assert len({pixels.getpixel((pixels.width // 10, y)) for y in range(pixels.height)}) > 1


@pytest.mark.parametrize("size", [(1, 30_000), (30_000, 1), (7, 29), (29, 7), (100, 401), (5000, 40)])
def test_any_long_image_is_folded_to_nearly_a_square(size: tuple[int, int]) -> None:
    folded = fold(Image.new("RGB", size))
    assert max(folded.size) <= 1.7 * min(folded.size)


@pytest.mark.parametrize("size", [(100, 400), (400, 100), (1080, 2400), (1, 1)])
def test_other_images_stay_as_they_are(size: tuple[int, int]) -> None:
    image = Image.new("RGB", size)
    assert fold(image) is image
    assert max(size) <= MAX_ASPECT * min(size)
