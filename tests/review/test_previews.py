"""Pictures for the page: re-encoded by the real confined process, kept within a limit, and gone when forgotten."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from snapsortd.vision.previews import Previews, forget_previews


@pytest.fixture
def previews(tmp_path: Path) -> Iterator[Previews]:
    one = Previews(str(tmp_path / "kept"), max_bytes=20_000)
    yield one
    one.close()


def test_a_picture_has_pixels_alone_and_is_kept(previews: Previews, tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    exif = Image.Exif()
    exif[0x010F] = "<script>alert(1)</script>"
    Image.new("RGB", (1200, 600), (200, 30, 30)).save(path, exif=exif, comment=b"secret words")
    picture = previews.picture(str(path), 480)
    with Image.open(io.BytesIO(picture)) as found:
        assert (found.format, found.size) == ("JPEG", (480, 240))
        assert not found.getexif()
    assert b"script" not in picture
    assert b"secret" not in picture
    (kept,) = (tmp_path / "kept").iterdir()
    assert kept.read_bytes() == picture
    assert previews.picture(str(path), 480) == picture
    forget_previews(str(tmp_path / "kept"))
    assert list((tmp_path / "kept").iterdir()) == []
    Image.new("RGB", (600, 600)).save(path)
    assert previews.picture(str(path), 480) != picture


def test_what_cannot_be_read_has_no_picture_and_the_next_one_has(previews: Previews, tmp_path: Path) -> None:
    good, cut, link = tmp_path / "good.png", tmp_path / "cut.png", tmp_path / "link.png"
    Image.effect_noise((300, 300), 90).save(good)
    cut.write_bytes(good.read_bytes()[:200])
    (tmp_path / "notes.png").write_text("no image")
    link.symlink_to(good)
    for name in ("cut.png", "notes.png", "link.png", "gone.png"):
        assert previews.picture(str(tmp_path / name), 480) == b""
    assert previews.picture(str(good), 480)
    child = previews._children.get()
    assert child is not None
    child.end()
    previews._children.put(child)
    seen = [previews.picture(str(good), side) for side in (100, 101)]
    assert seen[0] == b""
    assert seen[1] != b""


def test_the_folder_keeps_its_limit(previews: Previews, tmp_path: Path) -> None:
    path = tmp_path / "noise.png"
    Image.effect_noise((300, 300), 90).save(path)
    for side in range(100, 112):
        assert previews.picture(str(path), side)
    assert sum(os.path.getsize(each) for each in (tmp_path / "kept").iterdir()) <= 24_000
