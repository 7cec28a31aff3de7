"""model eval, model use and the warnings of `check`, with the installed commands and real models."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from PIL import Image

from tests.support.exported import tiny_checkpoint
from tests.support.images import photo, receipt, screenshot
from tests.support.instance import Instance
from tests.support.waiting import wait_for

LABELS = """\
shot: a photo of a screenshot
other: {negative: true, prompts: [a cat]}
"""


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Return six images in a folder per label, one of whose labels, "cat", is not in the configuration."""
    folder = tmp_path / "pictures"
    for seed in range(2):
        for label, image in (("screenshot", screenshot(seed)), ("receipt", receipt(seed)), ("cat", photo(1))):
            (folder / label / "deep").mkdir(parents=True, exist_ok=True)
            image.save(folder / label / "deep" / f"{seed}.png")
    return folder


def table_of(pictures: Path) -> Path:
    """Return the same as a CSV file next to the images."""
    path = pictures / "labels.csv"
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["label", "path", "remark"])
        rows.writerows([each.parts[-3], each.relative_to(pictures), ""] for each in sorted(pictures.rglob("*.png")))
    return path


def test_eval_with_the_model_in_use(instance: Instance, pictures: Path, tmp_path: Path) -> None:
    found = instance.json("model", "eval", str(pictures))
    assert found.keys() == {"n", "accuracy", "accuracy_interval", "ece", "labels", "moved"}
    assert (found["n"], found["accuracy"]) == (6, 1.0)
    assert found["moved"] == {"n": 4, "predicted": 4, "precision": 1.0, "recall": 1.0}
    assert found["labels"].keys() == {"screenshot", "receipt", "photo", "document", "picture"}
    assert found["labels"]["screenshot"] == {"n": 2, "predicted": 2, "precision": 1.0, "recall": 1.0}
    assert found["labels"]["photo"]["n"] == 2, "a cat counts as a negative label"
    assert found["labels"]["document"] == {"n": 0, "predicted": 0, "precision": None, "recall": None}
    assert 0 <= found["ece"] < 0.5

    drawn = tmp_path / "drawn.png"
    (pictures / "cat" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nno")
    done = instance.ctl("model", "eval", str(table_of(pictures)), "--picture", str(drawn), "--fit", ok=(1,))
    assert "broken.png: " in done.stderr
    assert done.stdout.startswith("6 images, 100.0% right")
    for words in (
        "TRUE ↓ PREDICTED →",
        "Slowest",
        "screenshot: too few images: 2, of 20",
        "'cat' is not a label",
        "PRECISION",
    ):
        assert words in done.stdout
    with Image.open(drawn) as picture:
        assert picture.format == "PNG"
        assert len(picture.getcolors(1 << 24) or ()) > 10


def test_eval_with_other_labels_and_another_model(instance: Instance, pictures: Path, tmp_path: Path) -> None:
    model = tiny_checkpoint()
    labels = tmp_path / "labels.yaml"
    labels.write_text(LABELS)
    words = ("model", "eval", str(pictures), "--labels", str(labels), "--model", str(model))
    found = instance.json(*words)
    assert (found["n"], set(found["labels"])) == (6, {"shot", "other"})
    assert found["labels"]["other"]["n"] == 6, "none of the labels given is in the set"
    labels.write_text("shot: a cat")
    assert "none of the set: cat, receipt, screenshot" in instance.ctl(*words, ok=(1,)).stderr
    labels.write_text("shot: {prompt: a cat}")
    assert "unknown key 'prompt'; did you mean 'prompts'?" in instance.ctl(*words, ok=(3,)).stderr


def test_use_has_the_daemon_load_another_model(instance: Instance, pictures: Path, tmp_path: Path) -> None:
    model = tiny_checkpoint()
    before = instance.config.read_text()
    instance.ctl("sort", *map(str, sorted((pictures / "receipt" / "deep").iterdir())))
    undone = instance.json("log")["entries"][0]["id"]
    instance.ctl("undo", str(undone))
    assert "there is no model" in instance.ctl("model", "use", str(tmp_path / "none"), ok=(6,)).stderr
    assert instance.config.read_text() == before
    instance.start()
    done = instance.ctl("model", "use", str(model))
    assert instance.config.read_text() == before.replace("version: 1\n", f"version: 1\nmodel: {model}\n")
    assert "It classified 1 image filed so far and not taken back" in done.stdout
    assert "receipt: too few images: 1, of 20" in done.stdout
    wait_for(lambda: instance.status()["model"]["name"] == str(model), what="the daemon has the new model")
    wait_for(instance.is_running, seconds=120, what="loaded")
    found = instance.json("model", "use", "embedded", "--fit", str(pictures))
    assert (found["before"], found["reloaded"]) == (str(model), True)
    assert found["fit"]["labels"] == {"screenshot": None, "receipt": None}, "too few images for a suggestion"
    assert instance.config.read_text() == before.replace("version: 1\n", "version: 1\nmodel: embedded\n")


def test_fit_teaches_a_model_the_kinds_of_images(instance: Instance, pictures: Path) -> None:
    """A running daemon takes them, and scores by them the labels about which they say something."""
    model = tiny_checkpoint()
    words = ("model", "fit", str(pictures), "--model", str(model))
    assert "the embedded model knows its kinds already" in instance.ctl(*words[:3], ok=(1,)).stderr
    assert "0 kinds in " in instance.ctl(*words, ok=(1,)).stderr
    for seed in range(20):
        screenshot(seed).save(pictures / "screenshot" / f"{seed}.png")
        photo(seed).save(pictures / "cat" / f"{seed}.png")
    instance.ctl("model", "use", str(model))
    instance.start()
    done = instance.ctl(*words[:3])
    assert "knows 2 kinds now, from 44 images" in done.stdout
    assert "too few images: receipt." in done.stdout
    instance.json("model", "fit", str(pictures))
    (kinds,) = (Path(instance.env["XDG_STATE_HOME"]) / "snapsortd" / "kinds").iterdir()
    assert kinds.stat().st_mode & 0o077 == 0


def test_check_warns_of_labels_that_will_not_do(instance: Instance, pictures: Path) -> None:
    assert instance.json("check")["warnings"] == []
    text = instance.config.read_text()
    extra = "labels:\n  cat: a photo of a cat\n  kitten: [a picture of a cat, a photo]\n"
    instance.config.write_text(text.replace("labels:\n", extra))
    warned = instance.json("check", "--model", "--sample", str(pictures / "receipt"))["warnings"]
    assert "'photo' and 'kitten' have a prompt in common: a photo" in warned
    assert any("'a photo of a cat' (cat) and 'a picture of a cat' (kitten)" in each for each in warned)
    assert any(each.startswith("none of 2 images was classified as 'screenshot'") for each in warned)
    assert not any("as 'receipt'" in each for each in warned)
    instance.config.write_text(text.replace("negative: true, ", ""))
    assert "warning: no label is negative" in instance.ctl("check").stderr
