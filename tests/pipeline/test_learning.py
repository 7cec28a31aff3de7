"""What is told changes the scores of the next images, after a restart too, until it is forgotten."""

from __future__ import annotations

import base64
import os
import struct
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from snapsortd.domain.example import Example, Source
from snapsortd.domain.to_forget import ToForget
from snapsortd.pipeline.learning import MAX_PER_LABEL, newest
from snapsortd.pipeline.session import Session
from snapsortd.vision.checkpoint import EMBEDDED, find_checkpoint
from snapsortd.vision.layer_file import layer_from_bytes, layer_to_bytes
from snapsortd.vision.learner import Learner, Model, Told
from tests.support.taught import Taught, scores, tell
from tests.support.waiting import wait_for


@pytest.fixture
def taught(tmp_path: Path) -> Taught:
    return Taught(tmp_path)


def tend(session: Session) -> bool:
    """Do what the daemon's loop does; return True once all that was told is learnt."""
    session.learning.tend(time.monotonic(), session.classifier)
    return bool(session.learning.report(session.classifier)["up_to_date"])


def test_a_layer_belongs_to_the_scores_that_it_was_fitted_to() -> None:
    model = Model("digest", "/model", 2, 100.0, {"a": ["one"], "b": []})
    others = [
        replace(model, checkpoint="other"),
        replace(model, kinds=1),
        replace(model, labels={"a": ["two"], "b": []}),
        replace(model, labels={"b": [], "a": ["one"]}),
    ]
    assert len({each.key for each in (model, *others)}) == 5
    assert replace(model, folder="/moved").key == model.key


@pytest.mark.pure
def test_of_many_examples_the_newest_of_each_label_are_used() -> None:
    labels = ["a"] * 3 + ["b"] * 2 + ["a"] * MAX_PER_LABEL + ["lost"]
    told = [Example(b"", label, Source.TAUGHT, id=number) for number, label in enumerate(labels)]
    told += [replace(told[0], is_not=True, id=1000)]
    found = newest(told, lambda each: None if each.label == "lost" or each.id == 10 else b"%d" % each.id)
    assert Counter((each.label, each.is_not) for each, _ in found) == {
        ("a", False): MAX_PER_LABEL,
        ("a", True): 1,
        ("b", False): 2,
    }
    assert all(embedding == b"%d" % each.id for each, embedding in found)
    assert {each.id for each, _ in found} == set(range(2, 5 + MAX_PER_LABEL)) - {10} | {1000}
    many = [Example(b"", f"{number % 40}", Source.TAUGHT, id=number) for number in range(40 * 60)]
    assert Counter(each.label for each, _ in newest(many, lambda _: b"x")) == {f"{label}": 50 for label in range(40)}


def test_a_layer_that_cannot_be_stored_is_told_in_a_sentence(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    model = Model("digest", find_checkpoint(EMBEDDED), 384, 15.0, {"a": ["a photo of a cat"], "b": []})
    rows = np.eye(2, model.dim)
    told = Told("1", [(label, False, struct.pack("<384e", *row)) for label, row in zip("ab", rows, strict=True)], [])
    learner = Learner(str(tmp_path), str(tmp_path))
    in_its_way = tmp_path / "learnt" / f"{model.key}.json"
    in_its_way.mkdir(parents=True)
    learner.start(time.monotonic(), model, told)
    assert not learner.wait()
    assert capfd.readouterr().err.splitlines()[-1:] == ["what was learnt cannot be stored: Is a directory"]
    assert os.listdir(tmp_path / "learnt") == [in_its_way.name]
    in_its_way.rmdir()
    learner.start(time.monotonic(), model, told)
    assert learner.wait()
    assert in_its_way.is_file()


def test_what_is_told_is_learnt_and_forgotten(taught: Taught) -> None:
    new = taught.receipt(20), taught.screenshot(20)
    layers = Path(taught.locations.state_dir) / "learnt"
    with taught.session() as session:
        before = [scores(session, path) for path in new]
        alien = {"sha256": "ab" * 32, "label": "beta", "is_not": False, "embedding": "ADwAPA=="}  # two numbers
        session.teaching.take_over(session.classifier.checkpoint, [alien])
        assert session.classifier.model_info["kinds"] == 0
        for seed in range(4):
            tell(session, taught.receipt(seed), "alpha")
            tell(session, taught.screenshot(seed), "beta")
        wait_for(lambda: tend(session), what="a layer", seconds=120)
        after = [scores(session, path) for path in new]
        assert [max(each, key=lambda name: each[name]) for each in after] == ["alpha", "beta"]
        assert min(after[0]["alpha"], after[1]["beta"]) > 0.7
        assert max(before[0]["alpha"], before[1]["beta"]) < 0.7
        report = session.learning.report(session.classifier)
        assert {each["label"]: each["verdict"] for each in report["labels"]} == {
            "alpha": "in force",
            "beta": "in force",
        }
        assert report["all"]["after"] > report["all"]["before"]
        with open(new[0], "rb") as file:
            found = session.classifier.classify(file.fileno(), lambda: False)
        assert found.zero_shot == pytest.approx(before[0], abs=1e-6)
    (stored,) = layers.iterdir()
    layer = layer_from_bytes(stored.read_bytes())
    stored.write_bytes(layer_to_bytes(layer | {"weights": layer["weights"][:400]}))
    with taught.session() as session:
        for path, untaught in zip(new, before, strict=True):
            assert scores(session, path) == pytest.approx(untaught, abs=1e-6)
        assert session.learning.report(session.classifier)["damage"]
        wait_for(lambda: tend(session), what="the layer again", seconds=120)
        assert not session.learning.report(session.classifier)["damage"]
        again = [scores(session, path) for path in new]
        for one, two in zip(again, after, strict=True):
            assert one == pytest.approx(two, abs=1e-6)
        session.forgetting.forget(ToForget(all=True))
        assert os.listdir(layers) == []
        for one, two in zip([scores(session, path) for path in new], before, strict=True):
            assert one == pytest.approx(two, abs=1e-6)
        assert tend(session)
        known, checkpoint = session.classifier.model_info["dim"], session.classifier.checkpoint
        session.teaching.take_over(checkpoint, [{**alien, "label": "of an older configuration"}])
        assert tend(session)
        one, other = (base64.b64encode(struct.pack(f"<{known}e", *row)).decode() for row in np.eye(2, known))
        told = [(1, "alpha", one), (2, "beta", one), (3, "beta", other), (4, "alpha", one)]
        session.teaching.take_over(
            checkpoint,
            [{**alien, "sha256": f"{number:064x}", "label": label, "embedding": text} for number, label, text in told],
        )
        pairs = [each["labels"] for each in session.learning.report(session.classifier)["contradictions"]]
        assert pairs == [["alpha", "beta"], ["beta", "alpha"]]
