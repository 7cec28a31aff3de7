"""A classifier process that was taken over: the daemon rejects whatever is invalid, and survives."""

from __future__ import annotations

import json
import math
import socket
import struct
import subprocess
import sys
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from snapsortd.domain.date_sources import IN_IMAGE
from snapsortd.domain.exif_tags import EXIF_NAMES
from snapsortd.domain.image import Classification
from snapsortd.vision.messages import classification_from_json, text_from_json
from snapsortd.vision.wire import MAX_MESSAGE, BadMessage, Channel
from tests.support.fuzzing import spoiled, tries
from tests.support.hostile_answers import ANSWERS, GOOD, message

LABELS = ("a", "b")
TEXTS = st.text(st.characters(), max_size=6)
ANY = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.sampled_from([10**400, -1, 0]), st.floats(), TEXTS),
    lambda deeper: st.one_of(st.lists(deeper, max_size=4), st.dictionaries(TEXTS, deeper, max_size=3)),
    max_leaves=5,
)
SCORES = st.lists(st.one_of(st.floats(), st.floats(0, 1), st.integers(-1, 2), ANY), min_size=1, max_size=3)
DATES = st.one_of(st.datetimes().map(datetime.isoformat), st.sampled_from(["2024-05-17T09:30:01+23:59", "0001-01-01"]))
FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "scores": st.one_of(SCORES, ANY),
        "by_prompts": st.one_of(SCORES, ANY),
        "embedding": st.one_of(st.sampled_from(["AAAAAA==", "AAAA", "AAAAAAA=", "é"]), ANY),
        "width": ANY,
        "height": ANY,
        "frames": ANY,
        "dates": st.one_of(st.dictionaries(st.sampled_from(["xmp", "gps", "name"]), st.one_of(DATES, ANY)), ANY),
        "has_alpha": ANY,
        "exif": st.one_of(st.dictionaries(st.sampled_from(["Make", "Model", "make"]), TEXTS, max_size=3), ANY),
    },
)


def assert_possible(classification: Classification) -> None:
    assert tuple(classification.scores) == LABELS
    assert all(
        type(score) is float and math.isfinite(score) and 0 <= score <= 1 for score in classification.scores.values()
    )
    assert type(classification.embedding) is bytes
    assert len(classification.embedding) == 4
    assert all(
        1 <= each <= 2**31
        for each in (classification.image.width, classification.image.height, classification.image.frames)
    )
    assert all(isinstance(date, datetime) for date in classification.image.dates.values())
    assert classification.image.dates.keys() <= IN_IMAGE
    assert type(classification.image.has_alpha) is bool
    assert all(name in EXIF_NAMES and text.isprintable() for name, text in classification.image.exif.items())
    assert all(map(math.isfinite, struct.unpack("<2e", classification.embedding)))


@tries(300)
@given(st.one_of(FIELDS.map(lambda fields: GOOD | fields), ANY))
@example(GOOD | {"scores": [10**400, 0]})
@example(GOOD | {"width": 10**400})
def test_an_answer_is_possible_or_refused(value: Any) -> None:
    with suppress(BadMessage):
        assert_possible(classification_from_json(value, labels=LABELS, dim=2, model="m", milliseconds=1.0))


def test_a_possible_answer_is_taken() -> None:
    assert_possible(classification_from_json(GOOD, labels=LABELS, dim=2, model="m", milliseconds=1.0))


@tries(100)
@given(ANY)
def test_words_are_short_and_can_be_written(value: Any) -> None:
    words = text_from_json(value)
    assert len(words.encode("utf-8")) < 10_000


WHOLE = [
    message({"scores": [1, 2], "x": ["é", None]}),
    message({}) * 3,
    message(b'{"a":1}') + message(b"[]"),
    message(b""),
]
TOKENS = [struct.pack(">I", each) for each in (0, 1, 2, 7, MAX_MESSAGE, MAX_MESSAGE + 1, 2**31, 2**32 - 1)] + [
    b"{}",
    b"[",
    b"\xff",
]


@tries(200)
@given(st.one_of(spoiled(WHOLE, TOKENS), st.binary(max_size=200)), st.integers(1, 50))
def test_any_bytes_are_messages_or_nonsense_or_the_end(data: bytes, at_once: int) -> None:
    bare, other = socket.socketpair()
    received = 0
    with bare, Channel(other) as channel, suppress(BadMessage, EOFError):
        for start in range(0, len(data), at_once):
            bare.sendall(data[start : start + at_once])
            while (found := channel.receive(0)) is not None:
                assert isinstance(found[0], dict)
                received += 1
        bare.close()
        while channel.receive(0) is not None:
            received += 1
    assert 4 * received <= len(data)


DAEMON = """
import json, os, resource, sys
from pathlib import Path
from snapsortd.domain.errors import ClassifierDied, ImageError
from snapsortd.vision.classifier import Classifier
from tests.support.hostile_answers import ANSWERS, as_classifier
outcomes, descriptors = {}, len(os.listdir("/proc/self/fd"))
used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + int(sys.argv[2]), resource.RLIM_INFINITY))
for what in ANSWERS:
    classifier = Classifier(model="m", labels={"a": ("a",), "b": ("b",)}, cache_dir="/nowhere", image_timeout_s=2)
    with as_classifier(Path(sys.argv[1]), what), open("/dev/null", "rb") as image:
        classifier.wait_ready(lambda: False)
        try:
            outcomes[what] = ["accepted", str(classifier.classify(image.fileno(), lambda: False))]
        except (ClassifierDied, ImageError) as error:
            outcomes[what] = [type(error).__name__, str(error)]
    classifier.stop()
assert len(os.listdir("/proc/self/fd")) == descriptors
json.dump(outcomes, sys.stdout)
"""
ROOM = 256 << 20
"""Bytes that the daemon may allocate for the worst possible message."""


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[str, str]]:
    """The name and text of the error that each answer causes in a daemon with little memory."""
    if sys.platform != "linux":
        pytest.skip("memory can be limited and measured on Linux only")
    done = subprocess.run(
        [sys.executable, "-c", DAEMON, str(tmp_path_factory.mktemp("hostile")), str(ROOM)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, tuple[str, str]] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("what", ANSWERS)
def test_no_answer_harms_the_daemon(outcomes: dict[str, tuple[str, str]], what: str) -> None:
    kind, text = outcomes[what]
    assert kind == ("ImageError" if "reason" in what else "ClassifierDied")
    assert 0 < len(text.encode("utf-8")) < 4000
