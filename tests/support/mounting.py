"""File systems of all kinds, mounted for the duration of a block; tests are skipped where that is not possible."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

IMAGE_BYTES = 8 << 20


@contextmanager
def mounted(where: Path, *words: str) -> Iterator[Path]:
    """Run `mount WORDS where`, and unmount at the end of the block."""
    run("mount", *words, str(where))
    try:
        yield where
    finally:
        subprocess.run(["umount", where], capture_output=True, timeout=60, check=True)


@contextmanager
def formatted(where: Path, image: Path, make: str, *words: str, size: int = IMAGE_BYTES) -> Iterator[Path]:
    """Create a file system in the file `image` with the program `make`, and mount it with `mount WORDS`."""
    if shutil.which(make) is None:
        pytest.skip(f"{make} is not installed")
    with image.open("wb") as file:
        file.truncate(size)
    run(make, *(("-F", "-q") if make == "mkfs.ntfs" else ()), str(image))
    with mounted(where, *words, str(image)):
        yield where


@dataclass(frozen=True)
class Stick:
    """A memory stick with exFAT, which has no inode numbers: they are given anew at every mount, in order of use."""

    where: Path
    image: Path

    def format(self) -> None:
        """Make an empty file system."""
        with self.image.open("wb") as file:
            file.truncate(IMAGE_BYTES)
        run("mkfs.exfat", str(self.image))

    def plug(self) -> None:
        """Mount it."""
        run("mount", "-t", "exfat-fuse", "-o", "loop", str(self.image), str(self.where))

    def unplug(self) -> None:
        """Unmount it, unless it is not mounted."""
        subprocess.run(["umount", self.where], capture_output=True, timeout=60, check=False)


def run(*words: str) -> None:
    """Run a program that requires root, or that not every system has."""
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode:
        pytest.skip(f"`{' '.join(words[:4])} …` is not possible here: {done.stderr.strip()}")
