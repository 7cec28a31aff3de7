"""The commands that tell snapsortd about images: what they ask of the daemon, and what they print."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from snapsortd.ctl.commands.learned import forgotten_words, interval, learned_lines, verdict
from snapsortd.ctl.commands.teaching import told_line
from snapsortd.ctl.output.explain import story_lines
from snapsortd.domain.errors import NotKnown
from tests.support.ctl import Ctl
from tests.support.fake_control import EXAMPLE, LEARNED, FakeControl


def told(path: str | None, label: str, source: str, number: int | None = None, batch: int | None = None) -> Any:
    return "tell", {"source": source, "path": path or "", "number": number, "label": label, "batch": batch}


def test_one_batch_for_files_and_numbers(ctl: Ctl, daemon: FakeControl, tmp_path: Path) -> None:
    words = ctl.out("correct", str(tmp_path / "a.png"), "12", "bill")
    assert daemon.asked == [
        told(str(tmp_path / "a.png"), "bill", "corrected"),
        told(None, "bill", "corrected", number=12, batch=7),
    ]
    assert "/filed/Receipts/" in words
    assert "as bill" in words
    assert "2 examples remembered. A label is learnt from 3 on" in words


def test_a_folder_is_taught_and_a_label_confirmed(ctl: Ctl, daemon: FakeControl, images: Path) -> None:
    ctl.out("teach", str(images), "receipt")
    ctl.out("confirm", str(images / "b.png"))
    batches = [None, 7, 7]
    assert daemon.asked[:3] == [
        told(str(images / name), "receipt", "taught", batch=batch)
        for name, batch in zip(("a.JPG", "b.png", "below/c.webp"), batches, strict=True)
    ]
    assert daemon.asked[3:] == [told(str(images / "b.png"), "", "confirmed")]


def test_what_was_learnt(ctl: Ctl, daemon: FakeControl) -> None:
    words = ctl.out("learned")
    assert daemon.asked == [("learned", {})]
    for part in ("8 corrected, 2 moved", "40 %", "90 %", "in force", "not in the configuration", "look alike"):
        assert part in words
    assert "before 45 % (21–72), after 91 % (62–98)" in words
    assert "\x1b[31m" not in words
    assert "2026-11-23 16:42" in ctl.out("learned", "--list")


def test_export_and_import(ctl: Ctl, daemon: FakeControl, tmp_path: Path) -> None:
    assert "1 example written" in ctl.out("learned", "export", str(tmp_path / "new"))
    content = json.loads((tmp_path / "new" / "examples.json").read_text())
    assert content["examples"][0]["label"] == "receipt"
    assert "1 example imported" in ctl.out("learned", "import", str(tmp_path / "new"))
    assert daemon.asked[-1] == ("take_over", {"checkpoint": "abc", "examples": content["examples"]})
    (tmp_path / "new" / "examples.json").write_text("{}")
    ctl.run("learned", "import", str(tmp_path / "new"), code=1)


@pytest.mark.parametrize(
    ("words", "dry_runs"),
    [
        (("--all", "--yes"), [True, False]),
        (("--all", "--json"), [True]),
        (("--label", "receipt", "--json", "--yes"), [True, False]),
        (("a.png", "--yes"), [True, False]),
    ],
)
def test_nothing_is_forgotten_unasked(
    ctl: Ctl, daemon: FakeControl, words: tuple[str, ...], dry_runs: list[bool]
) -> None:
    ctl.out("forget", *words)
    assert [how["dry_run"] for _, how in daemon.asked] == dry_runs


@pytest.mark.parametrize("words", [(), ("a.png", "--all"), ("--all", "--label", "x")])
def test_what_is_to_be_forgotten_is_said_in_one_way(ctl: Ctl, daemon: FakeControl, words: tuple[str, ...]) -> None:
    ctl.run("forget", *words, "--yes", code=2)
    assert daemon.asked == []


def test_a_label_with_many_examples_is_learnt_from_the_newest() -> None:
    label = LEARNED["labels"][0]
    assert "newest" not in verdict(label)
    assert "in force, by the newest 200" in verdict(label | {"sources": {"taught": 190, "moved": 11}})


def test_intervals() -> None:
    assert [interval(right, total) for right, total in ((0, 0), (8, 10), (10, 10))] == [
        "none",
        "80 % (49–94)",
        "100 % (72–100)",
    ]


def test_explain_says_what_was_learnt_and_how_to_correct() -> None:
    story: dict[str, Any] = {
        "path": "/in/a b.png",
        "scores": {"receipt": 0.9, "meme": 0.1},
        "zero_shot": {"receipt": 0.55, "meme": 0.45},
        "nearest": [{"path": "/in/c.png", "label": "receipt", "is_not": False, "cosine": 0.93}],
    }
    words = "\n".join(story_lines(story))
    assert "0.55, +0.35 learnt" in words
    assert "0.93 like /in/c.png, which you said is receipt" in words
    assert "snapsortctl correct '/in/a b.png' LABEL" in words
    corrected = "\n".join(story_lines(story | {"example": EXAMPLE | {"is_not": True}}))
    assert "You corrected it: not receipt (2026-11-23 16:42:10)" in corrected
    assert "Wrong?" not in corrected


def test_replay(ctl: Ctl, daemon: FakeControl) -> None:
    words = ctl.out("replay", "--set", "Receipts.min_score=0.8", "--list")
    assert daemon.asked == [("replay", {"settings": ["Receipts.min_score=0.8"], "untaught": False})]
    assert "3 (1)" in words
    assert "Of 40 images" in words
    assert "\x1b[31m" not in words
    ctl.run("replay", code=2)


def test_a_layer_that_cannot_be_used_is_said_to_be_learnt_again() -> None:
    words = "\n".join(learned_lines(LEARNED | {"damage": "the layer\x1b[0m is damaged", "up_to_date": False}))
    assert r"could not be used (the layer\x1b[0m is damaged); it is learnt again" in words
    assert "told last" not in words


def test_what_else_is_forgotten_is_said() -> None:
    assert forgotten_words(1, 1) == "1 example forgotten, with the embedding, text and description of 1 image."
    assert "0 examples forgotten, with" in forgotten_words(0, None)


def test_the_path_of_a_refused_image_is_said_once() -> None:
    words = told_line({"path": "/in/x.png", "error": "/in/x.png does not exist"})
    assert words.endswith("/in/x.png: does not exist")


def test_what_to_do_about_refused_images_is_said_once(ctl: Ctl, daemon: FakeControl, images: Path) -> None:
    hint = "name its label: `snapsortctl correct FILE LABEL`"
    daemon.fault = NotKnown("it was not classified yet", hint)
    words = ctl.run("confirm", str(images / "a.JPG"), str(images / "b.png"), code=1).stdout
    assert words.count("it was not classified yet") == 2
    assert words.count(hint) == 1
    assert words.endswith(f"{hint}\n")
