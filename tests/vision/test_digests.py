"""The cached digest of a checkpoint is used only while none of its files changes."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from snapsortd.vision.checkpoint import digest_checkpoint
from snapsortd.vision.child.engines.digests import cached_digest

WRONG = "0" * 64


def in_an_hour() -> float:
    return time.time() + 3600


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "model"
    path.mkdir()
    (path / "config.json").write_text("{}")
    (path / "model.safetensors").write_bytes(bytes(range(256)) * 400)
    return path


@pytest.fixture
def cache(tmp_path: Path, folder: Path) -> Path:
    """A cache with a wrong digest of the folder, which shows whether a digest came from the cache."""
    path = tmp_path / "cache"
    right = cached_digest(str(folder), str(path), in_an_hour)
    assert right == digest_checkpoint(str(folder))
    (kept,) = path.rglob("*.json")
    kept.write_text(kept.read_text().replace(right, WRONG))
    assert cached_digest(str(folder), str(path), in_an_hour) == WRONG
    return path


def test_same_size_and_time_with_other_bytes_is_another_model(folder: Path, cache: Path) -> None:
    weights = folder / "model.safetensors"
    times = weights.stat()
    weights.write_bytes(bytes(range(255, -1, -1)) * 400)
    os.utime(weights, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert cached_digest(str(folder), str(cache), in_an_hour) == digest_checkpoint(str(folder))


def test_a_file_put_in_anothers_place_is_another_model(folder: Path, cache: Path) -> None:
    (folder / "fresh").write_bytes(bytes(256 * 400))
    (folder / "fresh").replace(folder / "model.safetensors")
    assert cached_digest(str(folder), str(cache), in_an_hour) == digest_checkpoint(str(folder))


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        *((name, True) for name in ("tokenizer.json", "merges.txt", "spiece.model", "model.bin.index.json", "code.py")),
        *((name, False) for name in ("MODEL_CARD.md", "README", "LICENSE.txt", "NOTICE", "CLIP.png", ".gitattributes")),
    ],
)
def test_one_file_more_is_another_model_unless_it_is_about_it(
    folder: Path, cache: Path, name: str, *, counts: bool
) -> None:
    before = digest_checkpoint(str(folder))
    (folder / name).write_text("{}")
    assert (digest_checkpoint(str(folder)) != before) == counts
    assert cached_digest(str(folder), str(cache), in_an_hour) == (digest_checkpoint(str(folder)) if counts else WRONG)


def test_another_folder_is_not_taken_for_it(folder: Path, cache: Path) -> None:
    moved = folder.rename(folder.with_name("other"))
    assert cached_digest(str(moved), str(cache), in_an_hour) == digest_checkpoint(str(moved))


@pytest.mark.parametrize("text", ["", "{", "[]", '{"state": []}', "\xff"])
def test_a_damaged_memory_is_none(folder: Path, cache: Path, text: str) -> None:
    (kept,) = cache.rglob("*.json")
    kept.write_text(text, encoding="latin-1")
    assert cached_digest(str(folder), str(cache), in_an_hour) == digest_checkpoint(str(folder))


def test_what_was_written_just_now_is_read_again(folder: Path, tmp_path: Path) -> None:
    cache = tmp_path / "fresh"
    changed = max(path.stat().st_ctime for path in folder.iterdir())
    assert cached_digest(str(folder), str(cache), lambda: changed) == digest_checkpoint(str(folder))
    assert not [*cache.rglob("*.json")]


def test_a_cache_that_cannot_be_written_is_no_error(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert cached_digest(str(folder), str(tmp_path / "file"), in_an_hour) == digest_checkpoint(str(folder))
