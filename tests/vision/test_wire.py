"""The messages between daemon and classifier, over real socket pairs."""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from snapsortd.domain.exif_tags import EXIF_NAMES
from snapsortd.domain.image import ImageFacts
from snapsortd.vision.messages import classification_from_json, classification_to_json
from snapsortd.vision.wire import MAX_MESSAGE, BadMessage, Channel


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, Channel]]:
    """A bare socket and the channel at the other end."""
    bare, other = socket.socketpair()
    with bare, Channel(other, takes_descriptors=True) as channel:
        yield bare, channel


def _framed(body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + body


def test_messages_come_one_by_one(pair: tuple[socket.socket, Channel]) -> None:
    bare, channel = pair
    bare.sendall(_framed(b'{"a": 1}') + _framed(b'{"b": "\\udcff"}'))
    assert channel.receive() == ({"a": 1}, None)
    assert channel.receive() == ({"b": "\udcff"}, None)
    assert channel.receive(timeout=0) is None


def test_a_message_in_pieces_is_put_together(pair: tuple[socket.socket, Channel]) -> None:
    bare, channel = pair
    whole = _framed(b'{"a": 1}')
    for byte in whole[:-1]:
        bare.sendall(bytes([byte]))
        assert channel.receive(timeout=0) is None
    bare.sendall(whole[-1:])
    assert channel.receive(timeout=0) == ({"a": 1}, None)


def test_a_descriptor_travels_with_its_message(pair: tuple[socket.socket, Channel], tmp_path: Path) -> None:
    bare, channel = pair
    (tmp_path / "file").write_bytes(b"content")
    with Channel(bare.dup()) as sender, (tmp_path / "file").open("rb") as file:
        sender.send({"image": 1}, file.fileno())
    received = channel.receive()
    assert received is not None
    message, fd = received
    assert message == {"image": 1}
    assert fd is not None
    assert os.pread(fd, 100, 0) == b"content"
    os.close(fd)


def test_the_daemon_takes_no_descriptor(tmp_path: Path) -> None:
    bare, other = socket.socketpair()
    (tmp_path / "file").touch()
    before = len(os.listdir("/dev/fd"))
    with bare, Channel(other) as channel, (tmp_path / "file").open("rb") as file:
        socket.send_fds(bare, [_framed(b"{}")], [file.fileno()])
        assert channel.receive() == ({}, None)
        assert len(os.listdir("/dev/fd")) == before + 1  # the open file itself; the socket pair was there before
    assert len(os.listdir("/dev/fd")) == before - 2


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(struct.pack(">I", MAX_MESSAGE + 1), id="too-long"),
        pytest.param(_framed(b"no json"), id="no-json"),
        pytest.param(_framed(b"\xff\xfe"), id="no-utf-8"),
        pytest.param(_framed(b"[1]"), id="no-object"),
        pytest.param(_framed(b"[" * 100_000), id="too-deep"),
    ],
)
def test_nonsense_is_refused(pair: tuple[socket.socket, Channel], data: bytes) -> None:
    bare, channel = pair
    bare.sendall(data)
    with pytest.raises(BadMessage):
        channel.receive()


def test_the_end_is_told(pair: tuple[socket.socket, Channel]) -> None:
    bare, channel = pair
    bare.close()
    with pytest.raises(EOFError):
        channel.receive()


FACTS = ImageFacts(
    4,
    3,
    frames=2,
    has_alpha=True,
    exif={"Make": "Leica", "FNumber": "2.8", "Artist": "Zoë"},
    dates={"original": datetime.fromisoformat("2024-05-17T09:30:01+02:00")},
)
ANSWER = classification_to_json([0.75, 0.25], b"\0\x3c\0\0", FACTS, [0.5, 0.5], noun="tabby cat")


def test_an_answer_arrives_as_it_was_meant() -> None:
    classification = classification_from_json(ANSWER, labels=("a", "b"), dim=2, model="m", milliseconds=7.0)
    assert classification.scores == {"a": 0.75, "b": 0.25}
    assert classification.scores_by_prompts == {"a": 0.5, "b": 0.5}
    assert classification.noun == "tabby cat"
    assert (classification.embedding, classification.image, classification.model, classification.milliseconds) == (
        b"\0\x3c\0\0",
        FACTS,
        "m",
        7.0,
    )


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"scores": [0.75]}, id="a-score-short"),
        pytest.param({"scores": [0.75, float("nan")]}, id="not-a-number"),
        pytest.param({"scores": [0.75, "high"]}, id="a-word"),
        pytest.param({"scores": [0.75, 10**400]}, id="a-score-beyond-all-numbers"),
        pytest.param({"scores": None}, id="no-scores"),
        pytest.param({"by_prompts": [0.5]}, id="a-score-by-prompts-short"),
        pytest.param({"by_prompts": [0.5, 7]}, id="a-score-by-prompts-beyond-1"),
        pytest.param({"noun": ["cat"]}, id="a-list-as-noun"),
        pytest.param({"noun": "cat\x1b[31m"}, id="a-noun-that-is-not-printable"),
        pytest.param({"noun": "cat " * 20}, id="a-noun-of-many-words"),
        pytest.param({"embedding": "AAAA"}, id="embedding-of-another-length"),
        pytest.param({"embedding": "?"}, id="no-base64"),
        pytest.param({"width": -1}, id="negative-width"),
        pytest.param({"height": 2.5}, id="half-a-pixel"),
        pytest.param({"frames": True}, id="no-count"),
        pytest.param({"frames": 10**4000}, id="more-frames-than-any-file-holds"),
        pytest.param({"dates": {"xmp": "yesterday"}}, id="no-time"),
        pytest.param({"dates": {"xmp": 12}}, id="a-number-as-time"),
        pytest.param({"dates": {"name": "2024-05-17"}}, id="a-date-that-no-image-has"),
        pytest.param({"embedding": "AHwAfA=="}, id="an-infinite-embedding"),
        pytest.param({"has_alpha": 1}, id="a-number-as-truth"),
        pytest.param({"exif": None}, id="no-exif"),
        pytest.param({"exif": [["Make", "Leica"]]}, id="exif-in-a-list"),
        pytest.param({"exif": {"Maker": "Leica"}}, id="a-tag-that-there-is-not"),
        pytest.param({"exif": {"make": "Leica"}}, id="a-tag-in-small-letters"),
        pytest.param({"exif": {"Make": 5}}, id="a-number-as-text"),
        pytest.param({"exif": {"Make": "x" * 201}}, id="a-long-text"),
        pytest.param({"exif": {"Make": "Lei\nca"}}, id="two-lines"),
        pytest.param({"exif": {"Make": "\ud800"}}, id="half-a-character"),
        pytest.param({"exif": dict.fromkeys(EXIF_NAMES, "x")}, id="too-many-tags"),
    ],
)
def test_a_false_answer_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(BadMessage):
        classification_from_json(ANSWER | change, labels=("a", "b"), dim=2, model="m", milliseconds=7.0)
