"""The installed daemon among malicious files: it survives, and every good image is filed."""

from __future__ import annotations

import json
import os
import re
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.crafted_images import encoded, scan_bomb, sound
from tests.support.hostile_images import EVERYTHING, FORMATS, NO_IMAGES, flipped, truncated
from tests.support.images import screenshot
from tests.support.instance import Instance, kept
from tests.support.waiting import wait_for

NASTIEST = {
    "png-1-by-2-billion",
    "png-300-megapixels",
    "png-text-bomb",
    "png-100,000-frames",
    "png-says-2-billion-frames",
    "jpeg-65500-by-65500",
    "jpeg-a-thousand-scans",
    "jpeg-of-junk",
    "jpeg-exif-loop",
    "tiff-100,000-pages",
    "tiff-loop-of-three-pages",
    "tiff-more-pixels-than-it-says",
    "tiff-huge-tiles",
    "gif-100,000-frames",
    "gif-frame-larger-than-all",
    "webp-canvas-of-16383-by-16383",
    "bmp-that-is-all-jumps",
    "avif-65535-by-65535",
}
TIMEOUT_S = 240.0
FILED_S = 90.0
"""Time to reload the model and file an image on a busy machine; an idle one with two cores needs a tenth of it."""


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """Yield a running daemon shared by all tests here; its classifier may be killed."""
    with kept(Instance(tmp_path_factory.mktemp("attacked"))) as one:
        one.start()
        yield one


def good(number: int) -> bytes:
    """Return a screenshot that a rule files."""
    return encoded(screenshot(number), "PNG")


def why_quarantined(instance: Instance, path: Path) -> str:
    """Return the reason; empty while the file is not quarantined."""
    explained = json.loads(instance.ctl("explain", str(path), "--json", ok=(0, 1)).stdout or "{}")
    return str(explained["reason"]) if explained.get("outcome") == "quarantined" else ""


@pytest.mark.timeout(600)
def test_every_good_image_among_hostile_ones_is_filed(attacked: Instance) -> None:
    pid = attacked.status()["pid"]
    bad = {f"{each}.png": each for each in EVERYTHING if each.name in NASTIEST}
    assert len(bad) == len(NASTIEST)
    unknown = {f"{each}.png": each.make() for each in NO_IMAGES}
    # Each has a stem of its own: otherwise a raw file would be a companion of a JPEG.
    cut = {f"cut {each}.{each.lower()}": list(truncated(each))[6] for each in FORMATS}
    flips = {f"flipped {each}.{each.lower()}": next(flipped(each, 1)) for each in FORMATS}
    expected = set()
    for number, (name, data) in enumerate(({n: b.make() for n, b in bad.items()} | unknown | cut | flips).items()):
        (attacked.inbox / name).write_bytes(data)
        if number % 10 == 0:
            expected.add(f"good{number}.jpg")  # a PNG: the content decides
            (attacked.inbox / f"good{number}.jpg").write_bytes(good(number))

    def is_filed() -> bool:
        return {path.name for path in attacked.filed.rglob("good*.jpg")} == expected

    wait_for(is_filed, seconds=TIMEOUT_S, what="every good image filed")
    wait_for(attacked.is_idle, seconds=TIMEOUT_S, what="everything processed")
    reasons = {name: each.reason for name, each in bad.items() if each.reason}
    reasons |= dict.fromkeys(unknown, "its content is not an image") | dict.fromkeys(cut, "truncated or damaged")
    reasons["jpeg-2000.png"] = "truncated or damaged"
    del reasons["cut PDF.pdf"]  # a document is left alone in silence
    del reasons["empty.png"]  # it is left alone until something is written to it
    del reasons["jpeg-xl.png"]  # it is passed over in silence where its plug-in is not installed
    for name, reason in reasons.items():
        assert re.search(reason, why_quarantined(attacked, attacked.inbox / name)), name
    for name, data in (unknown | cut | flips).items():
        if (attacked.inbox / name).exists():
            assert (attacked.inbox / name).read_bytes() == data
    status = attacked.status()
    assert (status["pid"], status["state"]) == (pid, "running")


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.timeout(600)
def test_a_killer_is_given_up_after_three_deaths_and_the_next_good_image_filed_soon(attacked: Instance) -> None:
    """Crash the classifier with SIGSEGV on behalf of the image, in the seconds that this JPEG takes to decode."""
    pid = attacked.status()["pid"]
    killer = attacked.inbox / "killer.jpg"
    killer.write_bytes(scan_bomb(14_900, 14_900, 2000))
    seconds = []
    for death in range(1, 4):
        dead = wait_for(lambda: pid_classifying(attacked, killer), seconds=FILED_S, what="the killer is classified")
        os.kill(dead, signal.SIGSEGV)
        seconds.append(seconds_to_next(attacked, killer, dead, f"after death {death}.png"))
        if death == 2:  # its next attempt is in two minutes, or when somebody has the folders scanned again
            attacked.ctl("reload")
    why = "the classifier crashed (SIGSEGV) while it classified the image, 3 times"
    assert why in why_quarantined(attacked, killer)
    status = attacked.status()
    assert (status["pid"], status["state"]) == (pid, "running"), f"filed {seconds} seconds after each death"
    assert str(killer) in [each["path"] for each in status["problems"]]
    assert killer.exists()


def pid_classifying(instance: Instance, image: Path) -> int:
    """Return the classifier's process id while it has the image open, else 0."""
    child = instance.status()["classifier_pid"]
    return int(child) if child and str(image) in open_files(child) else 0


def seconds_to_next(instance: Instance, killer: Path, dead: int, name: str) -> float:
    """Drop a good image and wait until it is filed, before the retry of the file that killed process `dead` ends."""
    began = time.monotonic()
    (instance.inbox / name).write_bytes(good(1))
    target = instance.filed / "Screenshots" / "screenshot" / name

    def has_turn() -> bool:
        return pid_classifying(instance, killer) not in (0, dead)

    wait_for(lambda: target.exists() or has_turn(), seconds=FILED_S, what=f"{name} filed")
    wait_for(lambda: target.exists() or not has_turn(), seconds=FILED_S, what=f"{name} filed")  # it is being moved
    assert target.exists(), "the killer is retried while a good image waits"
    return round(time.monotonic() - began, 1)


def open_files(pid: int) -> list[str]:
    """Return the files that a process has open; none if it has just ended."""
    try:
        return [os.readlink(each) for each in Path(f"/proc/{pid}/fd").iterdir()]
    except OSError:
        return []


def test_a_file_of_a_terabyte_keeps_nobody_waiting(attacked: Instance) -> None:
    """The daemon would take ten minutes to read it."""
    huge = attacked.inbox / "huge.png"
    try:
        with huge.open("wb") as file:
            file.write(sound("PNG"))
            file.truncate(1 << 40)
    except OSError as error:
        huge.unlink(missing_ok=True)
        pytest.skip(f"no sparse file of a terabyte can be made here: {error.strerror}")
    wait_for(lambda: why_quarantined(attacked, huge), seconds=FILED_S, what="the huge file given up unread")
    assert "the limit is 4.3" in why_quarantined(attacked, huge)
    (attacked.inbox / "after the huge one.png").write_bytes(good(9))
    filed = attacked.filed / "Screenshots" / "screenshot" / "after the huge one.png"
    wait_for(filed.exists, seconds=FILED_S, what="the next image filed")
