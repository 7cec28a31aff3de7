"""Test the filters on format, dimensions, animation, transparency and EXIF: the match, and the reason shown."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from snapsortd.config.schema.filter_values import aspects
from snapsortd.config.schema.quantities import comparisons, megapixels
from snapsortd.domain.caption import Caption
from snapsortd.domain.decision import Ask
from snapsortd.rules.filters import (
    AlphaFilter,
    AnimatedFilter,
    CameraFilter,
    DescriptionFilter,
    DimensionsFilter,
    ExifFilter,
    Filter,
    FormatFilter,
    GpsFilter,
    Not,
    Words,
)
from tests.support.images_seen import seen

pytestmark = pytest.mark.pure


@pytest.mark.parametrize(
    ("aspect", "size", "matched"),
    [
        pytest.param("16:9", (1920, 1080), True, id="ratio"),
        pytest.param("16:9", (1366, 768), True, id="nearly"),
        pytest.param("== 16:9", (1600, 1000), False, id="another-ratio"),
        pytest.param("!= 16:9", (1366, 768), False, id="not-even-nearly"),
        pytest.param("!= 16:9", (1600, 1000), True, id="unequal"),
        pytest.param("> 1.5", (1600, 1000), True, id="wider"),
        pytest.param("> 1.5", (1000, 1600), False, id="upright"),
        pytest.param(">= 16:10", (2560, 1600), True, id="exactly"),
        pytest.param("< 1", (1000, 1600), True, id="below-1"),
        pytest.param("1", (500, 500), True, id="square"),
        pytest.param(">= 1:1, < 3:2", (1300, 1000), True, id="range"),
    ],
)
def test_aspect(aspect: str, size: tuple[int, int], matched: bool) -> None:
    asked = DimensionsFilter(aspect=aspects(aspect))
    facts = seen(width=size[0], height=size[1])
    assert asked.check(facts).matched is matched
    assert Not(asked).check(facts).matched is not matched


def test_the_reason_tells_the_shape_that_was_asked_for() -> None:
    asked = DimensionsFilter(aspect=aspects("> 2"), megapixels=comparisons("> 8", megapixels, ""))
    assert asked.check(seen()).reason == (
        "image is 1920 × 1080 (width : height = 1.778), 2.07 megapixels, wanted aspect > 2 and megapixels > 8"
    )


@pytest.mark.parametrize(
    ("bounds", "matched"), [("> 2", True), ("> 2.1", False), ("<= 2.0736 MP", True), ("< 0.5mp", False)]
)
def test_megapixels(bounds: str, matched: bool) -> None:
    asked = DimensionsFilter(megapixels=comparisons(bounds, megapixels, ""))
    assert asked.check(seen()).matched is matched


@pytest.mark.parametrize(
    ("asked", "matched", "reason"),
    [
        pytest.param(FormatFilter(("png", "gif")), True, "format is png", id="format"),
        pytest.param(FormatFilter(("jpeg", "gif")), False, "format is png, wanted jpeg or gif", id="other-format"),
        pytest.param(AlphaFilter(), False, "it has no alpha channel, wanted one", id="opaque"),
        pytest.param(AnimatedFilter(), False, "it has a single frame, wanted an animation", id="still"),
        pytest.param(GpsFilter(), False, "it has no GPS position", id="no-place"),
        pytest.param(CameraFilter(("*",)), False, "the image does not name a camera, wanted *", id="no-camera"),
        pytest.param(ExifFilter((("Model", ("*",)),)), False, "Model is missing, wanted Model *", id="no-exif"),
    ],
)
def test_a_plain_png(asked: Filter, matched: bool, reason: str) -> None:
    assert (asked.check(seen()).matched, asked.check(seen()).reason) == (matched, reason)
    assert Not(asked).check(seen()).matched is not matched


@pytest.mark.parametrize(
    ("image_format", "frames", "matched", "reason"),
    [
        pytest.param("gif", 3, True, "it is an animation of 3 frames", id="gif"),
        pytest.param("webp", 2, True, "it is an animation of 2 frames", id="webp"),
        pytest.param(
            "tiff",
            3,
            False,
            "it contains 3 images, but tiff is not an animated format, wanted an animation",
            id="pages",
        ),
        pytest.param(
            "jpeg", 2, False, "it contains 2 images, but jpeg is not an animated format, wanted an animation", id="mpo"
        ),
    ],
)
def test_animated(image_format: str, frames: int, matched: bool, reason: str) -> None:
    facts = seen(image_format=image_format, frames=frames)
    verdict = AnimatedFilter().check(facts)
    assert (verdict.matched, verdict.reason) == (matched, reason)
    assert Not(AnimatedFilter()).check(facts).matched is not matched


def test_alpha() -> None:
    facts = seen(has_alpha=True)
    assert (AlphaFilter().check(facts).matched, AlphaFilter().check(facts).reason) == (True, "it has an alpha channel")
    assert Not(AlphaFilter()).check(facts).reason == "it has an alpha channel, wanted the opposite"


PHONE = {"Make": "Apple", "Model": "iPhone 15", "ISOSpeedRatings": "64", "FNumber": "1.78"}
PLACE = {"GPSLatitude": "52 30 0", "GPSLongitude": "13 24 0"}


@pytest.mark.parametrize(
    ("tags", "matched", "reason"),
    [
        pytest.param({"Model": ("iphone*",)}, True, "Model is iPhone 15", id="pattern"),
        pytest.param({"Model": ("X*", "*15")}, True, "Model is iPhone 15", id="one-of-the-patterns"),
        pytest.param({"model": ("*",)}, True, "model is iPhone 15", id="name-in-any-case"),
        pytest.param(
            {"Model": ("*",), "FNumber": ("1.*",)}, True, "Model is iPhone 15, FNumber is 1.78", id="all-must-fit"
        ),
        pytest.param(
            {"Model": ("*",), "FNumber": ("2.8",)},
            False,
            "Model is iPhone 15, FNumber is 1.78, wanted Model * and FNumber 2.8",
            id="one-does-not",
        ),
        pytest.param(
            {"Model": ("*",), "Flash": ("*",)},
            False,
            "Model is iPhone 15, Flash is missing, wanted Model * and Flash *",
            id="one-is-missing",
        ),
    ],
)
def test_exif(tags: Mapping[str, tuple[str, ...]], matched: bool, reason: str) -> None:
    asked = ExifFilter(tuple(tags.items()))
    verdict = asked.check(seen(exif=PHONE))
    assert (verdict.matched, verdict.reason) == (matched, reason)
    assert Not(asked).check(seen(exif=PHONE)).matched is not matched


@pytest.mark.parametrize(
    ("pattern", "exif", "matched"),
    [
        pytest.param("apple*", PHONE, True, id="maker"),
        pytest.param("*iPhone*", PHONE, True, id="model"),
        pytest.param("iPhone*", PHONE, False, id="maker-comes-first"),
        pytest.param("Canon EOS R6", {"Make": "Canon", "Model": "Canon EOS R6"}, True, id="maker-once"),
        pytest.param("Leica", {"Make": "Leica"}, True, id="maker-alone"),
        pytest.param("*", {}, False, id="none"),
    ],
)
def test_camera(pattern: str, exif: Mapping[str, str], matched: bool) -> None:
    assert CameraFilter((pattern,)).check(seen(exif=exif)).matched is matched
    assert Not(CameraFilter((pattern,))).check(seen(exif=exif)).matched is not matched


@pytest.mark.parametrize(
    ("exif", "matched"),
    [(PLACE, True), ({"GPSLatitude": "52 30 0"}, False), ({"GPSDateStamp": "2024:05:17"}, False), (PHONE, False)],
)
def test_gps(exif: Mapping[str, str], matched: bool) -> None:
    assert GpsFilter().check(seen(exif=exif)).matched is matched
    assert Not(GpsFilter()).check(seen(exif=exif)).matched is not matched


@pytest.mark.parametrize(
    ("words", "matched"),
    [
        pytest.param(Words(all=("red CAR",)), True, id="contains"),
        pytest.param(Words(all=("blue",)), False, id="lacks"),
        pytest.param(Words(any=("dog", "car")), True, id="one-of"),
        pytest.param(Words(any=("dog", "cat")), False, id="none-of"),
        pytest.param(Words(all=("car", "ＣＡＦÉ")), True, id="all-of"),
        pytest.param(Words(all=("car", "dog")), False, id="not-all-of"),
        pytest.param(Words(any=("dog",), all=("car",)), False, id="both-conditions"),
        pytest.param(Words(pattern=r"\bcar\b"), True, id="pattern"),
        pytest.param(Words(pattern=r"\bca\b"), False, id="not-the-pattern"),
        pytest.param(Words(all=("STRASSE",)), True, id="other-letters-of-a-language"),
        pytest.param(Words(pattern="(a|aa)+b"), None, id="pattern-that-takes-too-long"),
    ],
)
def test_description(words: Words, matched: bool | None) -> None:
    facts = seen(caption=Caption(f"A red car at a café in a Straße {'a' * 251 if matched is None else ''}!"))
    assert DescriptionFilter(words).check(facts).matched is matched
    assert Not(DescriptionFilter(words)).check(facts).matched is (None if matched is None else not matched)


def test_a_group_of_a_description_goes_to_the_templates() -> None:
    asked = DescriptionFilter(Words(all=("car",), pattern=r"(?P<colour>red|blue) car"))
    verdict = asked.check(seen(caption=Caption("a red car")))
    assert verdict.groups == {"colour": "red"}
    assert verdict.reason == "it has a description"
    assert asked.check(seen(caption=Caption("a dog"))).reason == (
        "it has a description, wanted a description with 'car' and a match of (?P<colour>red|blue) car"
    )


@pytest.mark.parametrize(
    ("caption", "asks", "reason"),
    [
        (None, Ask.CAPTION, "it was not described, wanted a description with 'car'"),
        (
            Caption(why_not="the server is down"),
            None,
            "it has no description: the server is down, wanted a description with 'car'",
        ),
    ],
)
def test_without_a_description_neither_the_filter_nor_its_opposite_matches(
    caption: Caption | None, asks: Ask | None, reason: str
) -> None:
    for asked in (DescriptionFilter(Words(all=("car",))), Not(DescriptionFilter(Words(all=("car",))))):
        verdict = asked.check(seen(caption=caption))
        assert (verdict.matched, verdict.asks, verdict.reason) == (None, asks, reason)
