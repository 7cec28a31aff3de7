"""Companion files of an image, recognised by name."""

from __future__ import annotations

import pytest

from snapsortd.pipeline.companions import companion_names, main_photo_names, series_beside

pytestmark = pytest.mark.pure


@pytest.mark.parametrize(
    ("image", "companion"),
    [
        pytest.param("IMG_1.jpg", "IMG_1.xmp", id="xmp"),
        pytest.param("IMG_1.jpg", "IMG_1.XMP", id="xmp-upper-case"),
        pytest.param("IMG_1.jpg", "IMG_1.jpg.xmp", id="xmp-after-the-suffix"),
        pytest.param("IMG_1.HEIC", "IMG_1.AAE", id="aae"),
        pytest.param("IMG_1.HEIC", "IMG_1.MOV", id="live-photo"),
        pytest.param("IMG_1.JPG", "IMG_1.mov", id="live-photo-exported"),
        pytest.param("IMG_1.JPG", "IMG_1.CR2", id="raw"),
        pytest.param("IMG_1.JPG", "IMG_1.dng", id="raw-lower-case"),
        pytest.param("IMG_1.HIF", "IMG_1.CR3", id="raw-beside-a-heif-of-a-camera"),
        pytest.param("IMG_1.png", "._IMG_1.png", id="apple-double"),
        pytest.param("IMG_1.png", "._IMG_1.xmp", id="apple-double-of-a-sidecar"),
        pytest.param("a.b.png", "a.b.xmp", id="dots-in-the-name"),
        pytest.param("scan", "scan.xmp", id="no-suffix"),
        pytest.param("IMG_1.jpg", "IMG_1.jpg.json", id="takeout-once"),
        pytest.param("IMG_1.jpg", "IMG_1.jpg.supplemental-metadata.json", id="takeout"),
        pytest.param("IMG_1.jpg", "IMG_1.jpg.supplemental-me.json", id="takeout-cut"),
        pytest.param("IMG_1(2).jpg", "IMG_1.jpg(2).json", id="takeout-numbered-once"),
        pytest.param("IMG_1(2).jpg", "IMG_1.jpg.supplemental-metadata(2).json", id="takeout-numbered"),
        pytest.param(f"{'n' * 60}.jpg", f"{'n' * 46}.json", id="takeout-long"),
        pytest.param("IMG_1.CR2", "IMG_1.CR2.pp3", id="rawtherapee"),
        pytest.param("IMG_1.jpg", "IMG_1.jpg.dop", id="photolab"),
        pytest.param("00012-7.png", "00012-7.txt", id="prompt"),
        pytest.param("DSC_1.JPG", "DSC_1.WAV", id="voice-memo"),
        pytest.param("PXL_1.MP.jpg", "PXL_1.MP.mp4", id="motion-photo"),
        pytest.param("PXL_1.MP.jpg", "PXL_1.MP", id="motion-photo-of-takeout"),
    ],
)
def test_a_companion(image: str, companion: str) -> None:
    assert companion in companion_names(image)


@pytest.mark.parametrize(
    ("image", "stranger"),
    [
        pytest.param("IMG_1.png", "IMG_1.mov", id="a-film-beside-a-screenshot"),
        pytest.param("IMG_1.png", "IMG_1.CR2", id="raw-beside-a-screenshot"),
        pytest.param("plot.png", "plot.json", id="the-data-of-a-plot"),
        pytest.param("clip.png", "clip.mp4", id="another-film"),
        pytest.param("IMG_1(2).jpg", "IMG_1.jpg.json", id="takeout-of-another-number"),
        pytest.param("IMG_1.jpg", "IMG_1.png", id="another-image"),
        pytest.param("IMG_1.jpg", "IMG_10.xmp", id="a-longer-name"),
        pytest.param("IMG_1.jpg", "IMG_1.jpg", id="itself"),
    ],
)
def test_a_stranger(image: str, stranger: str) -> None:
    assert stranger not in companion_names(image)


def test_only_those_that_the_configuration_lists() -> None:
    assert {"a.png.xyz", "a.xyz"} <= set(companion_names("a.png", ["xyz"]))
    assert not {"a.png.xmp", "a.xmp", "a.png.json"} & set(companion_names("a.png", ["xyz"]))


@pytest.mark.parametrize(
    ("raw", "photos"),
    [
        pytest.param("IMG_1.CR2", {"IMG_1.JPG", "IMG_1.heic"}, id="raw"),
        pytest.param("IMG_1.dng", {"IMG_1.jpeg"}, id="lower-case"),
        pytest.param("IMG_1.JPG", set(), id="no-raw"),
    ],
)
def test_what_a_raw_file_goes_along_with(raw: str, photos: set[str]) -> None:
    assert photos <= set(main_photo_names(raw))
    assert bool(main_photo_names(raw)) == bool(photos)


@pytest.mark.parametrize(
    ("companion", "new", "beside"),
    [
        pytest.param("IMG_1.xmp", "2026 beach.jpg", "2026 beach.xmp", id="stem"),
        pytest.param("IMG_1.jpg.XMP", "2026 beach.jpg", "2026 beach.jpg.XMP", id="whole-name"),
        pytest.param("._IMG_1.jpg", "IMG_1 2.jpg", "._IMG_1 2.jpg", id="apple-double"),
        pytest.param("._IMG_1.xmp", "b.jpg", "._b.xmp", id="apple-double-of-a-sidecar"),
        pytest.param("IMG_1.MOV", "IMG_1.jpg", "IMG_1.MOV", id="same-name"),
        pytest.param("IMG_1.jpg.supplem.json", "b.jpg", "b.jpg.supplem.json", id="takeout"),
        pytest.param("IMG_1_01.jpg.xmp", "b.jpg", "b_01.jpg.xmp", id="darktable"),
        pytest.param("IMG_1", "b.jpg", "b", id="motion-photo-of-takeout"),
    ],
)
def test_the_name_it_gets(companion: str, new: str, beside: str) -> None:
    assert series_beside(companion, "IMG_1.jpg", new).nth(1) == beside


def test_a_name_that_takeout_has_numbered_follows_the_new_one() -> None:
    assert series_beside("IMG_1.jpg(2).json", "IMG_1(2).jpg", "b.jpg").nth(1) == "b.jpg.json"
    assert series_beside("IMG_1.jpg(2).json", "IMG_1(2).jpg", "IMG_1(2).jpg").nth(1) == "IMG_1.jpg(2).json"
