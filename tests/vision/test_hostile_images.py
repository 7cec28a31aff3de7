"""Hostile files in a real classifier process: each is classified or rejected with a reason, within the limits."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from snapsortd.domain.errors import ClassifierDied, ImageError
from snapsortd.domain.image import Classification
from snapsortd.vision.child.main import MEMORY_HEADROOM
from snapsortd.vision.classifier import IMAGE_TIMEOUT_S, Classifier
from tests.support import images
from tests.support.crafted_documents import pdf
from tests.support.crafted_images import animated_webp, encoded, gif, gif_frame, scan_bomb, sound
from tests.support.hostile_images import EVERYTHING, FORMATS, NO_IMAGES, Hostile, flipped, truncated

REPOSITORY = Path(__file__).parents[2]
FULL = os.environ.get("SNAPSORTD_FULL") == "1"
FLIPPED = 2000 if FULL else 25
"""Number of variants of each format."""
NAMED = {"DNG": "raw"}
"""Formats that are recognised by the file name only."""

LABELS = {"screenshot": ("a screenshot of a software interface",), "photo": ("a photo",)}
GRACE_S = 15.0
"""Time to notice, on a busy machine, that an image took too long, and to end the process."""


@dataclass
class Watched:
    """A classifier whose process may be replaced, and the resources of the current one after loading."""

    classifier: Classifier
    file: Path
    pid: int | None = None
    resident: int = 0
    descriptors: int = 0

    def look(self, data: bytes, image_format: str | None = None) -> Classification | ImageError | ClassifierDied:
        """Return the result for a file of these bytes, and check that the process stayed within its limits."""
        self.file.write_bytes(data)
        self.classifier.wait_ready(lambda: False)
        if self.pid != self.classifier.pid:
            self.pid = self.classifier.pid
            self.resident, self.descriptors = self.kilobytes("VmHWM"), self.open_descriptors()
        began = time.monotonic()
        found: Classification | ImageError | ClassifierDied
        try:
            with self.file.open("rb") as file:
                found = self.classifier.classify(file.fileno(), lambda: False, image_format)
        except (ImageError, ClassifierDied) as error:
            found = error
        assert time.monotonic() - began < IMAGE_TIMEOUT_S + GRACE_S
        if self.classifier.pid is not None:
            assert self.kilobytes("VmPeak") <= self.address_space()
            assert self.kilobytes("VmHWM") - self.resident <= MEMORY_HEADROOM >> 10
            assert self.open_descriptors() == self.descriptors
        return found

    def kilobytes(self, name: str) -> int:
        """Return a value of /proc/PID/status."""
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(name))

    def address_space(self) -> int:
        """Return the limit in kilobytes. Raise ValueError if there is none."""
        lines = Path(f"/proc/{self.pid}/limits").read_text().splitlines()
        return next(int(line.split()[3]) for line in lines if line.startswith("Max address space")) >> 10

    def open_descriptors(self) -> int:
        return len(os.listdir(f"/proc/{self.pid}/fd"))


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    if sys.platform != "linux":
        pytest.skip("reads /proc; macOS does not enforce RLIMIT_AS")
    folder = tmp_path_factory.mktemp("hostile")
    classifier = Classifier(model="embedded", labels=LABELS, cache_dir=str(folder))
    yield Watched(classifier, folder / "image")
    classifier.stop()


@pytest.mark.parametrize("hostile", EVERYTHING, ids=str)
def test_a_hostile_file_is_answered_or_refused_with_the_reason(watched: Watched, hostile: Hostile) -> None:
    data = hostile.make()
    found = watched.look(data, hostile.image_format)
    if hostile.reason is None:
        assert isinstance(found, Classification), found
        assert found.image.frames == hostile.frames
    else:
        with pytest.raises(ImageError, match=hostile.reason):
            raise found if isinstance(found, Exception) else AssertionError(f"it was read: {found.image}")


@pytest.mark.parametrize("image_format", FORMATS)
def test_a_file_cut_at_every_tenth_is_refused(watched: Watched, image_format: str) -> None:
    for data in truncated(image_format):
        assert isinstance(watched.look(data, NAMED.get(image_format)), ImageError)


@pytest.mark.timeout(3600 if FULL else 300)
@pytest.mark.parametrize("image_format", FORMATS)
def test_flipped_bytes_harm_nobody(watched: Watched, image_format: str) -> None:
    """They may be read, be rejected or crash the classifier; after that, an undamaged image must be classified."""
    for data in flipped(image_format, FLIPPED):
        watched.look(data, NAMED.get(image_format))
    screenshot = watched.look(encoded(images.screenshot(1), "PNG"))
    assert isinstance(screenshot, Classification)
    assert screenshot.label == "screenshot"


def test_what_needs_more_memory_than_is_allowed_says_so(watched: Watched) -> None:
    """The WebP decoder holds its canvas four times. The same process must read the next image."""
    found = watched.look(animated_webp(14_000, 14_000, 2))
    pid = watched.classifier.pid
    assert isinstance(found, ImageError)
    assert "more memory than is allowed" in str(found)
    assert isinstance(watched.look(sound("PNG")), Classification)
    assert watched.classifier.pid == pid


def test_a_file_larger_than_any_image_is_refused_unread(watched: Watched) -> None:
    try:
        with watched.file.open("wb") as file:
            file.write(sound("WEBP"))
            file.truncate(1 << 40)
    except OSError as error:
        pytest.skip(f"no sparse file of a terabyte can be made here: {error.strerror}")
    watched.classifier.wait_ready(lambda: False)
    with watched.file.open("rb") as file, pytest.raises(ImageError, match=r"has 1099\.5 GB; the limit is 4\.3"):
        watched.classifier.classify(file.fileno(), lambda: False)


_DECODE = """
import sys, time
from snapsortd.domain.errors import ImageError
from snapsortd.vision.child.decoding.decode import decode
from snapsortd.vision.child.decoding.time_limit import LimitedFile
began = time.process_time()
with LimitedFile(open(sys.argv[1], "rb", buffering=0), 1) as file:
    try:
        decode(file, 224)
    except ImageError as error:
        print(error)
        print(time.process_time() - began)
"""


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda: scan_bomb(14_900, 14_900, 1000), id="a JPEG of a thousand scans"),
        pytest.param(
            lambda: gif(1, 1, b"!\xfe" + b"\1x" * 20_000_000 + b"\0", gif_frame()), id="a GIF of small blocks"
        ),
        pytest.param(lambda: b"\xff\xd8" + b"\xff" * 20_000_000, id="a JPEG of fillers"),
        pytest.param(lambda: pdf(b"0 0 m 600 700 l S " * 300_000), id="a PDF of many lines"),
    ],
)
def test_what_takes_too_long_to_decode_is_given_up_and_the_process_lives(
    make: Callable[[], bytes], tmp_path: Path
) -> None:
    """The limit here is one second; without it, each of these takes ten seconds or more."""
    (tmp_path / "image").write_bytes(make())
    done = run(_DECODE, str(tmp_path / "image"))
    message, seconds = done.stdout.splitlines()
    assert "more than 1 seconds of processor time" in message
    assert float(seconds) < 10, "a decoder returned too late"


_DECODE_ALL = """
import pathlib, sys
from PIL import Image
from snapsortd.domain.errors import ImageError
from snapsortd.vision.child.decoding.decode import decode
for path in pathlib.Path(sys.argv[1]).iterdir():
    with path.open("rb") as file:
        try:
            decode(file, 224)
            print("read", path.name)
        except ImageError:
            print("refused", path.name)
print("plugins", *(name[4:-11] for name in sys.modules if name.startswith("PIL.") and name.endswith("ImagePlugin")))
"""


def test_only_the_plugins_of_known_formats_are_ever_loaded(tmp_path: Path) -> None:
    for image_format in FORMATS:
        (tmp_path / image_format).write_bytes(sound(image_format))
    for hostile in NO_IMAGES:
        (tmp_path / f"{hostile}.png").write_bytes(hostile.make())
    lines = [line.split() for line in run(_DECODE_ALL, str(tmp_path)).stdout.splitlines()]
    assert {name for verdict, name, *_ in lines if verdict == "read"} == set(FORMATS)
    assert {name for verdict, name, *_ in lines if verdict == "refused"} == {f"{each}.png" for each in NO_IMAGES}
    loaded = {name for verdict, *names in lines if verdict == "plugins" for name in names}
    assert loaded <= {"Avif", "Bmp", "Gif", "Jpeg", "Jpeg2K", "Mpo", "Png", "Ppm", "Tiff", "WebP"}


def run(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a program in a new process."""
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
