"""The whole way with installed programs: 200 images, a kill in the middle, and everything taken back."""

from __future__ import annotations

import hashlib
import io
import itertools
import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from snapsortd.ctl.client import Client
from snapsortd.errors import SnapsortError
from tests.e2e.instance import Instance, tree
from tests.images import photo, receipt, screenshot
from tests.waiting import wait_for

FORMATS = ["png", "jpeg", "webp", "gif", "bmp", "tiff", "avif"]
SIZE = 200


def encoded(image: Image.Image, image_format: str) -> bytes:
    memory = io.BytesIO()
    image.save(memory, image_format)
    return memory.getvalue()


def drop_slowly(path: Path, data: bytes) -> None:
    """Two pieces, the first on disk before the second is written."""
    with path.open("wb") as file:
        file.write(data[: len(data) // 2])
        file.flush()
        os.fsync(file.fileno())
        file.write(data[len(data) // 2 :])


def drop_renamed(path: Path, data: bytes) -> None:
    """As a browser does: a partial name first."""
    partial = path.with_name(path.name + ".part")
    partial.write_bytes(data)
    partial.rename(path)


def drop_whole(path: Path, data: bytes) -> None:
    path.write_bytes(data)


def make_files(count: int) -> list[tuple[str, bytes]]:
    """`count` images of every format, every tenth broken, with names that hurt."""
    chance = random.Random(7)
    names = ["plain", "with space", "{label}", "$HOME", "-rf", "ünï", "new\nline", ".hidden", "a" * 240, "~"]
    files = []
    for i in range(count):
        image_format = FORMATS[i % len(FORMATS)]
        image = [screenshot, receipt, photo][i % 3](i)
        data = encoded(image.resize((SIZE, SIZE)), image_format)
        if i % 10 == 9:
            data = chance.choice([data[: len(data) // 2], b"this is text", b""])
        files.append((f"{names[i % len(names)]}{i:03}.{image_format}"[-250:], data))
    return files


def dealt_with(instance: Instance, names: set[str]) -> Callable[[], bool]:
    """Every image named is filed, or explained where it stays."""
    daemon = Client(str(instance.runtime / "snapsortd" / "control.sock"))
    waiting = {str(instance.inbox / name) for name in names}

    def is_explained(path: str) -> bool:
        try:
            return daemon.explain(path)["outcome"] in ("left", "quarantined")
        except SnapsortError:
            return False

    def probe() -> bool:
        for path in sorted(waiting):
            if os.path.lexists(path) and not is_explained(path):
                return False
            waiting.discard(path)
        return daemon.status()["queued"] == 0

    return probe


@pytest.mark.timeout(600)
def test_two_hundred_images_a_kill_and_everything_back(instance: Instance) -> None:
    files = make_files(200)
    drops = itertools.cycle([drop_slowly, drop_renamed, drop_whole])
    instance.start()
    for (name, data), drop in zip(files[:120], drops, strict=False):
        drop(instance.inbox / name, data)
    wait_for(lambda: instance.status()["filed"] >= 10, seconds=120, what="ten images filed")
    instance.kill()
    for (name, data), drop in zip(files[120:], drops, strict=False):
        drop(instance.inbox / name, data)
    before = {str(instance.inbox / name): data for name, data in files}
    instance.start()
    not_empty = {name for name, data in files if data}
    wait_for(dealt_with(instance, not_empty), seconds=240, what="all images dealt with")

    after = tree(instance.inbox, instance.filed)
    assert sorted(after.values()) == sorted(tree_of(before).values()), "every image is in exactly one place"
    entries: list[dict[str, Any]] = instance.json("log", "--limit", "1000")["entries"]
    done = [entry for entry in entries if entry["state"] == "done"]
    assert len(done) == sum(path.startswith(str(instance.filed)) for path in after)
    for entry in done:
        assert entry["label"], "the journal explains each"
    assert instance.json("explain", done[0]["target"])["rules"]

    taken_back = instance.json("undo", "--all")
    assert taken_back["refused"] == 0
    assert tree(instance.inbox, instance.filed) == tree_of(before), "byte for byte the tree that was"


def tree_of(files: dict[str, bytes]) -> dict[str, str]:
    return {path: hashlib.sha256(data).hexdigest() for path, data in files.items()}
