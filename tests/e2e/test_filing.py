"""The whole process with installed programs: 200 images, a kill in the middle, and everything undone."""

from __future__ import annotations

import hashlib
import io
import os
import random
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from PIL import Image

from snapsortd.ctl.client import Client
from snapsortd.domain.errors import SnapsortError
from tests.support.images import photo, receipt, screenshot
from tests.support.instance import Instance, tree
from tests.support.waiting import wait_for

FORMATS = ["png", "jpeg", "webp", "gif", "bmp", "tiff", "avif"]
SIZE = 200


def encoded(image: Image.Image, image_format: str) -> bytes:
    memory = io.BytesIO()
    image.save(memory, image_format)
    return memory.getvalue()


Unfinished = list[tuple[BinaryIO, bytes]]


def drop(folder: Path, files: Iterable[tuple[str, bytes]]) -> Unfinished:
    """Drop files in three ways, in turn: whole; renamed into place; the first half only. Return those to `finish`."""
    unfinished: Unfinished = []
    for i, (name, data) in enumerate(files):
        path = folder / name
        if i % 3 == 0:
            path.write_bytes(data)
        elif i % 3 == 1:
            partial = path.with_name(path.name + ".part")
            partial.write_bytes(data)
            partial.rename(path)
        else:
            slow = path.open("wb", buffering=0)
            slow.write(data[: len(data) // 2])
            unfinished.append((slow, data[len(data) // 2 :]))
    return unfinished


def finish(unfinished: Unfinished) -> None:
    """Write the second halves, after a pause longer than the settle time."""
    for slow, rest in unfinished:
        slow.write(rest)
        slow.close()


def make_files(count: int) -> list[tuple[str, bytes]]:
    """Return `count` images of every format, every tenth corrupt, with difficult names."""
    chance = random.Random(7)
    names = ["plain", "with space", "{label}", "$HOME", "-rf", "ünï", "new\nline", "dot.ted", "a" * 240, "~"]
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
    """Check that every image is filed, or left in place with an explanation."""
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
    instance.start()
    unfinished = drop(instance.inbox, files[:120])
    wait_for(lambda: instance.status()["filed"] >= 10, seconds=120, what="ten images filed")
    finish(unfinished)
    instance.kill()
    unfinished = drop(instance.inbox, files[120:])
    before = {str(instance.inbox / name): data for name, data in files}
    instance.start()
    finish(unfinished)
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
