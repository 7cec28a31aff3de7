"""`model pull` from a hub on this machine, with the real client library, over HTTP."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import termios
from collections.abc import Iterator
from pathlib import Path

import pytest

from snapsortd.domain.errors import ModelError
from snapsortd.vision.catalog import is_captioner, is_clip_family
from snapsortd.vision.hub import choose_files
from tests.support.ctl import PROGRAM, Ctl
from tests.support.hub_server import COMMIT, Hub, running_hub
from tests.support.tiny_checkpoints import make_checkpoint
from tests.support.without_modules import without_modules

NAME = "nobody/tiny"


@pytest.fixture
def hub(tmp_path: Path, ctl: Ctl) -> Iterator[Hub]:
    """A hub with a usable model and one that is not of the CLIP family."""
    folder = tmp_path / "hub"
    make_checkpoint(folder / NAME, "clip")
    (folder / NAME / "flax_model.msgpack").write_bytes(b"not needed")
    (folder / NAME / "onnx").mkdir()
    (folder / NAME / "onnx" / "model.onnx").write_bytes(b"not needed either")
    (folder / "nobody" / "words").mkdir()
    (folder / "nobody" / "words" / "config.json").write_text('{"model_type": "bert", "text_config": {}}')
    (folder / "nobody" / "words" / "model.safetensors").write_bytes(b"x" * 1000)
    with running_hub(folder) as server:
        ctl.env |= {"HF_ENDPOINT": server.address, "HF_HOME": str(tmp_path / "cache"), "NO_PROXY": "*"}
        ctl.env.pop("HF_HUB_OFFLINE", None)
        yield server


def test_what_is_needed_is_fetched_once(ctl: Ctl, hub: Hub) -> None:
    found = ctl.json("model", "pull", NAME)
    folder = Path(found["folder"])
    assert folder.name == COMMIT
    fetched = sorted(os.listdir(folder))
    assert "model.safetensors" in fetched
    assert "flax_model.msgpack" not in fetched
    assert "onnx" not in fetched
    for name in fetched:
        assert (folder / name).read_bytes() == (hub.folder / NAME / name).read_bytes()
    assert found["bytes"] == sum((folder / name).stat().st_size for name in fetched)
    hub.asked.clear()
    assert "was downloaded to" in ctl.out("model", "pull", NAME)
    assert not [path for method, path in hub.asked if method == "GET" and "/resolve/" in path]


def test_what_was_fetched_is_listed_told_and_used_without_going_online(ctl: Ctl, hub: Hub) -> None:
    config = Path(ctl.env["XDG_CONFIG_HOME"]) / "snapsortd" / "config.yaml"
    config.parent.mkdir(parents=True)
    text = "version: 1  # mine\nlabels: {a: a photo of a cat}\nwatch: [/inbox]\nrules: []\n"
    config.write_text(text)
    assert f"snapsortctl model pull {NAME}" in ctl.run("model", "info", NAME, code=6).stderr
    ctl.run("model", "use", NAME, code=6)
    ctl.out("model", "pull", NAME)
    hub.asked.clear()
    models = {each["name"]: each for each in ctl.json("model", "list")["models"]}
    assert models.keys() == {"embedded", NAME}
    assert (models["embedded"]["in_use"], models[NAME]["in_use"], models[NAME]["kind"]) == (True, False, "clip")
    info = ctl.json("model", "info", NAME)
    assert (info["image_side"], info["faults"], len(info["digest"])) == (32, [], 64)
    assert ctl.json("model", "use", NAME) == {"model": NAME, "before": "embedded", "reloaded": False}
    assert config.read_text() == text.replace("# mine\n", f"# mine\nmodel: {NAME}\n")
    assert ctl.out("model", "list").splitlines()[1].split()[:2] == ["●", NAME]
    assert hub.asked == []


@pytest.mark.parametrize(
    ("name", "code", "words"),
    [
        pytest.param("nobody/none", 1, "there is no model nobody/none on the hub", id="unknown"),
        pytest.param("nobody/words", 6, "not of the CLIP family", id="another-family"),
        pytest.param("no body", 6, "is not a valid model name", id="no-name"),
    ],
)
def test_what_cannot_be_used_is_refused(ctl: Ctl, hub: Hub, name: str, code: int, words: str) -> None:
    assert words in ctl.run("model", "pull", name, code=code).stderr
    assert not [path for _, path in hub.asked if path.endswith("model.safetensors")], "weights were downloaded in vain"


def test_without_the_client_of_the_hub_it_is_said_what_to_install(ctl: Ctl, tmp_path: Path) -> None:
    config = Path(ctl.env["XDG_CONFIG_HOME"]) / "snapsortd" / "config.yaml"
    config.parent.mkdir(parents=True)
    config.write_text(f"version: 1\nmodel: {NAME}\nlabels: {{a: a cat}}\nwatch: [/inbox]\nrules: []\n")
    ctl.env = without_modules(ctl.env, tmp_path / "shim", "huggingface_hub", "tokenizers")
    for words, code in ((("model", "pull", NAME), 6), (("model", "use", NAME), 6), (("check",), 3)):
        said = " ".join((done := ctl.run(*words, code=code)).stderr.split() + done.stdout.split())
        assert "needs huggingface_hub and tokenizers, which are not installed" in said
        assert f"run `{sys.executable} -m pip install 'snapsortd[hub]'`" in said
    assert [each["name"] for each in ctl.json("model", "list")["models"]] == ["embedded"]


def test_terms_that_are_not_accepted(ctl: Ctl, hub: Hub) -> None:
    hub.gated.add(NAME)
    assert f"https://huggingface.co/{NAME}" in ctl.run("model", "pull", NAME, code=1).stderr


def test_without_a_network(ctl: Ctl, hub: Hub) -> None:
    hub.shutdown()
    hub.socket.close()
    assert "is this machine online?" in ctl.run("model", "pull", NAME, code=1).stderr
    ctl.env["HF_HUB_OFFLINE"] = "1"
    assert "HF_HUB_OFFLINE" in ctl.run("model", "pull", NAME, code=1).stderr


def test_progress_is_shown_on_a_terminal(ctl: Ctl, hub: Hub) -> None:
    ours, terminal = pty.openpty()
    termios.tcsetwinsize(terminal, (25, 80))
    with open(ours, "rb", buffering=0) as shown:
        command = [*PROGRAM, "model", "pull", NAME]
        subprocess.run(command, env=ctl.env, stdout=subprocess.PIPE, stderr=terminal, check=True, timeout=120)
        os.close(terminal)
        assert b"%|" in shown.read(4096)
    assert hub.asked


@pytest.mark.parametrize(
    ("there", "wanted"),
    [
        pytest.param(["model.safetensors", "pytorch_model.bin"], ["model.safetensors"], id="one-set"),
        pytest.param(
            ["model.safetensors.index.json", "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"],
            ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors", "model.safetensors.index.json"],
            id="parts",
        ),
        pytest.param(["pytorch_model.bin", "tf_model.h5", "README.md"], ["pytorch_model.bin"], id="old"),
    ],
)
def test_one_set_of_weights_is_chosen(there: list[str], wanted: list[str]) -> None:
    assert choose_files("x", [*there, "vocab.json", "1/vocab.json"]) == [*wanted, "vocab.json"]


GRAPHS = ["onnx/text_model.onnx", "onnx/vision_model.onnx"]


@pytest.mark.parametrize(
    ("there", "has_clip", "wanted"),
    [
        pytest.param([*GRAPHS, "onnx/vision_model_int8.onnx", "onnx/model.onnx"], True, GRAPHS, id="only-graphs"),
        pytest.param([*GRAPHS, "model.safetensors"], True, ["model.safetensors"], id="weights-for-torch"),
        pytest.param([*GRAPHS, "model.safetensors"], False, GRAPHS, id="graphs-without-torch"),
        pytest.param([*GRAPHS, f"{GRAPHS[1]}_data"], False, [*GRAPHS, f"{GRAPHS[1]}_data"], id="weights-beside"),
        pytest.param(["onnx/text_model.onnx", "pytorch_model.bin"], False, ["pytorch_model.bin"], id="one-graph"),
    ],
)
def test_graphs_are_chosen(there: list[str], has_clip: bool, wanted: list[str]) -> None:
    assert choose_files("x", [*there, "vocab.json"], has_clip=has_clip) == sorted([*wanted, "vocab.json"])


def test_no_weights() -> None:
    with pytest.raises(ModelError, match="no weights"):
        choose_files("x", ["tf_model.h5", "config.json"])


@pytest.mark.parametrize(
    ("settings", "captioner", "clip"),
    [
        ({"architectures": ["CLIPModel"], "text_config": {}, "vision_config": {}}, False, True),
        ({"text_config": {}, "vision_config": {}}, False, True),
        ({"architectures": ["BlipForConditionalGeneration"], "text_config": {}, "vision_config": {}}, True, False),
        ({"architectures": ["GitForCausalLM"], "vision_config": {}}, True, False),
        ({"architectures": ["VisionEncoderDecoderModel"], "encoder": {}, "decoder": {}}, True, False),
        ({"architectures": ["LlamaForCausalLM"]}, False, False),
        ({"architectures": [None], "vision_config": {}}, False, False),
    ],
)
def test_what_a_model_is_for(settings: dict[str, object], captioner: bool, clip: bool) -> None:
    assert (is_captioner(settings), is_clip_family(settings)) == (captioner, clip)
