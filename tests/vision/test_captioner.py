"""Captioners: checkpoints of several architectures and a real server, in the real confined processes."""

from __future__ import annotations

import io
import json
import os
import platform
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from transformers import AutoModelForImageTextToText, AutoProcessor, AutoTokenizer, CLIPImageProcessorPil

from snapsortd.domain.caption import Caption, clean_caption
from snapsortd.domain.errors import Interrupted, ModelError
from snapsortd.domain.model_server import parse_model_server
from snapsortd.vision.captioner import MAX_FAILURES, Captioner, Described
from snapsortd.vision.child.describing.chat import NoAnswer, ask
from snapsortd.vision.child.describing.model import MAX_TOKENS
from snapsortd.vision.child.describing.model import Captioner as Model
from snapsortd.vision.wire import Channel
from tests.support.chat_server import BLUE, RED, ChatServer, chat_server
from tests.support.hostile_child import attempts, calls
from tests.support.tiny_captioners import CAPTIONERS, make_captioner
from tests.support.waiting import wait_for

linux = pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() not in ("x86_64", "aarch64"), reason="seccomp is Linux's"
)
PROMPT = "Describe a cat"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("images")
    for colour in ("red", "blue"):
        Image.new("RGB", (1600, 900), colour).save(found / f"{colour}.png")
    (found / "broken.png").write_bytes((found / "red.png").read_bytes()[:200])
    return found


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChatServer]:
    with chat_server(tmp_path_factory.mktemp("server")) as found:
        yield found


@contextmanager
def captioner(model: str, server: str = "", timeout_s: float = 30.0, **options: float) -> Iterator[Captioner]:
    found = Captioner(Described(model, PROMPT, server, timeout_s), **options)  # type: ignore[arg-type]
    try:
        yield found
    finally:
        found.stop()


def caption(of: Captioner, image: Path) -> Caption:
    """Return what it says of an image, whose descriptor is closed before that."""
    with image.open("rb") as file:
        request = of.ask(file.fileno(), "png")
    return of.finish(request, lambda: False)


@pytest.mark.parametrize("kind", CAPTIONERS)
def test_a_checkpoint_of_any_architecture_says_what_transformers_makes_it_say(kind: str, tmp_path: Path) -> None:
    checkpoint = make_captioner(tmp_path, kind)
    image = Image.effect_noise((120, 80), 90).convert("RGB")
    said = Model(str(checkpoint), PROMPT, 1).describe(image)
    assert said == _by_hand(checkpoint, kind, image)
    assert clean_caption(said)


def _by_hand(checkpoint: Path, kind: str, image: Image.Image) -> str:
    model = AutoModelForImageTextToText.from_pretrained(checkpoint).eval()
    words = AutoTokenizer.from_pretrained(checkpoint)
    start: dict[str, Any] = {}
    if kind == "vit-gpt2":
        pixels = CLIPImageProcessorPil.from_pretrained(checkpoint)(images=image, return_tensors="pt").pixel_values
    else:
        pixels = AutoProcessor.from_pretrained(checkpoint).image_processor(image, return_tensors="pt").pixel_values
    if kind == "llava":
        patches = (32 // 8) ** 2
        start["input_ids"] = words(" <image>" * patches + f" {PROMPT} ASSISTANT :", return_tensors="pt").input_ids
    with torch.inference_mode():
        tokens = model.generate(pixel_values=pixels, **start, max_new_tokens=MAX_TOKENS, do_sample=False)[0]
    return str(words.decode(tokens[start["input_ids"].shape[1] if start else 0 :], skip_special_tokens=True))


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        pytest.param(lambda each: (each / "config.json").write_text("{}"), "cannot be loaded", id="no architecture"),
        pytest.param(lambda each: (each / "model.safetensors").write_bytes(b"x"), "cannot be loaded", id="damaged"),
        pytest.param(lambda each: (each / "tokenizer.json").unlink(), "cannot be loaded", id="without tokenizer"),
    ],
)
def test_a_checkpoint_that_is_none_is_refused(spoil: Any, message: str, tmp_path: Path) -> None:
    spoil(make_captioner(tmp_path, "blip"))
    with pytest.raises(ModelError, match=message):
        Model(str(tmp_path), PROMPT, 1)


def test_a_checkpoint_in_its_process(folder: Path, tmp_path: Path) -> None:
    checkpoint = make_captioner(tmp_path, "llava")
    with captioner(str(checkpoint), timeout_s=120.0) as one:
        assert one.pid is None
        said = caption(one, folder / "red.png")
        assert said.text, said
        broken = caption(one, folder / "broken.png")
        assert not broken.text
        assert "truncated or damaged" in broken.why_not
        assert caption(one, folder / "red.png") == said
        pid = one.pid
        assert pid is not None
        os.kill(pid, 9)
        assert not caption(one, folder / "red.png").text
        assert one.trouble


def test_a_model_that_is_not_there(folder: Path) -> None:
    with captioner("nobody/has-this") as one:
        said = caption(one, folder / "red.png")
        assert not said.text
        assert "nobody/has-this is not on this machine; download it once with" in said.why_not
        assert one.pid is None
        assert caption(one, folder / "red.png") == said  # without trying again at once


def test_a_server_is_sent_a_small_picture_and_the_question(server: ChatServer, folder: Path) -> None:
    with captioner("llava", server.url) as one:
        assert caption(one, folder / "red.png") == Caption(RED.rstrip("."))
        assert caption(one, folder / "blue.png") == Caption(BLUE.rstrip("."))
        assert not caption(one, folder / "broken.png").text
    asked = [each for each in server.asked() if each["model"] == "llava"][-2:]
    assert (
        asked
        == [
            {
                "path": "/v1/chat/completions",
                "host": f"127.0.0.1:{server.port}",
                "size": [1024, 576],
                "model": "llava",
                "text": PROMPT,
            }
        ]
        * 2
    )


def test_a_server_at_a_unix_socket(server: ChatServer, folder: Path) -> None:
    with captioner("llava", f"unix:{server.socket_path}") as one:
        assert caption(one, folder / "red.png") == Caption(RED.rstrip("."))


@pytest.mark.parametrize(
    ("model", "why_not"),
    [
        ("binary", "not that of a chat model"),
        ("html", "not that of a chat model"),
        ("empty", "not that of a chat model"),
        ("list", "not that of a chat model"),
        ("deep", "not that of a chat model"),
        ("null", "not that of a chat model"),
        ("huge", "more than 1 MB"),
        ("closes", "closed the connection without an answer"),
        ("no http", "not valid HTTP"),
        ("fails", "the error 404: model not found, try pulling it first"),
        ("redirects", "redirects to another address, which is not followed"),
    ],
)
def test_an_answer_that_is_none_is_refused_with_the_reason(
    server: ChatServer, jpeg: bytes, model: str, why_not: str
) -> None:
    with connected(server) as connection, pytest.raises(NoAnswer, match=why_not):
        ask(connection, parse_model_server(server.url), jpeg, model=model, prompt=PROMPT)
    assert server.asked(server.elsewhere) == []


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("says nothing", ""),
        ("says markup", ""),
        ("says binary", ""),
        ("says a novel", ""),
        ("says controls", "a red car at night"),
        ("says too much", ("A red car at night. " * 15).rstrip(". ")),
        ("thinks", "A red car"),
    ],
)
def test_what_it_says_is_cleaned(server: ChatServer, jpeg: bytes, model: str, said: str) -> None:
    with connected(server) as connection:
        raw = ask(connection, parse_model_server(server.url), jpeg, model=model, prompt=PROMPT)
    assert clean_caption(raw) == said


@pytest.fixture(scope="module")
def jpeg() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 48), "red").save(out, "JPEG")
    return out.getvalue()


def connected(server: ChatServer) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port))


@pytest.mark.parametrize(
    ("model", "why_not"),
    [
        ("slow", "no answer within 1 seconds"),
        ("trickles", "no answer within 1 seconds"),
        ("redirects", "not followed"),
        ("says markup", "is not a description"),
    ],
)
def test_whatever_a_server_does_there_is_an_answer(server: ChatServer, folder: Path, model: str, why_not: str) -> None:
    with captioner(model, server.url, timeout_s=1.0 if model in ("slow", "trickles") else 30.0) as one:
        said = caption(one, folder / "red.png")
    assert not said.text
    assert why_not in said.why_not
    assert server.asked(server.elsewhere) == []


def test_a_server_that_is_down_is_left_alone_for_a_while_and_then_asked_again(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "chat.sock"
    with captioner("llava", f"unix:{path}", retry_s=0.5) as one:
        for _ in range(MAX_FAILURES):
            assert "cannot be reached" in caption(one, folder / "red.png").why_not
        with chat_server(tmp_path):
            assert "cannot be reached" in caption(one, folder / "red.png").why_not  # at once
            assert wait_for(lambda: caption(one, folder / "red.png").text) == RED.rstrip(".")
        assert one.trouble == ""


def test_the_process_ends_after_a_while_and_is_started_again(server: ChatServer, folder: Path) -> None:
    with captioner("llava", server.url, release_after_s=0.05) as one:
        assert caption(one, folder / "red.png").text
        wait_for(lambda: one.pid is None)
        assert caption(one, folder / "red.png").text


def test_stopped_it_waits_for_nobody(server: ChatServer, folder: Path) -> None:
    with captioner("slow", server.url, timeout_s=600.0) as one, (folder / "red.png").open("rb") as file:
        requests = [one.ask(file.fileno(), "png") for _ in range(2)]
        wait_for(lambda: one.pid)
        with pytest.raises(Interrupted):
            one.finish(requests[0], lambda: True)
        one.stop()
        with pytest.raises(Interrupted):
            one.finish(requests[1], lambda: False)


@linux
@pytest.mark.parametrize("process", ["main", "ask_server"])
def test_taken_over_it_reaches_nothing_else(process: str, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("the user's")
    (tmp_path / "place").mkdir()
    with socket.create_server(("127.0.0.1", 0)) as here, socket.create_server(("127.0.0.1", 0)) as other:
        outside = {
            "secret": str(tmp_path / "secret"),
            "folder": str(tmp_path / "place"),
            "socket_path": str(tmp_path / "none"),
            "port": other.getsockname()[1],
        }
        asked: dict[str, Any] = {"model": "embedded", "prompt": "", "nice": 0}
        if process == "main":
            asked |= {"threads": 1, "cpu_limit_s": 60}
        else:
            asked |= {"server": f"http://127.0.0.1:{here.getsockname()[1]}/v1", "timeout_s": 60.0}
        found = _results(process, outside, asked, folder / "red.png")
        other.setblocking(False)
        with pytest.raises(BlockingIOError):
            other.accept()
    found.pop("send elsewhere", None)  # either refused, or sent to the server that it is connected to
    by_connection = {"connect it elsewhere": "EPERM", "disconnect it": "EPERM"}
    names = {*attempts(0, "", "", "", 0), *calls()}
    assert found == dict.fromkeys(names, "EPERM") | (by_connection if process == "ask_server" else {})
    assert os.listdir(tmp_path / "place") == []


def _results(process: str, outside: dict[str, Any], asked: dict[str, Any], image: Path) -> dict[str, str]:
    """Return the results of the attempts that a captioner makes when it was taken over."""
    ours, theirs = socket.socketpair()
    with theirs:
        command = [sys.executable, "-m", "tests.support.hostile_captioner", process, json.dumps(outside)]
        one = subprocess.Popen(
            [*command, str(theirs.fileno())],
            cwd=Path(__file__).parents[2],
            pass_fds=(theirs.fileno(),),
            stdin=subprocess.DEVNULL,
        )
    with one, Channel(ours) as channel, image.open("rb") as file:
        channel.send(asked)
        assert channel.receive(60) == ({}, None)
        channel.send({"id": "1", "format": "png"}, file.fileno())
        answer, _ = channel.receive(60) or ({}, None)
        one.kill()
    assert answer["id"] == "1"
    found: dict[str, str] = json.loads(answer["caption"])
    return found
