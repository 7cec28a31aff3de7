"""A correction files an image as the rules say for its label, and an undo takes back both: in a real session."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from snapsortd.config import load_config
from snapsortd.ctl.looking_back import replay_with
from snapsortd.domain.errors import NotKnown, SnapsortError
from snapsortd.domain.to_forget import ToForget
from snapsortd.pipeline.session import Session
from tests.support.taught import Taught


@pytest.fixture(scope="module")
def taught(tmp_path_factory: pytest.TempPathFactory) -> Taught:
    return Taught(tmp_path_factory.mktemp("taught"))


@pytest.fixture(scope="module")
def session(taught: Taught) -> Iterator[Session]:
    with taught.session() as one:
        yield one


def examples(session: Session) -> dict[str, str]:
    return {os.path.basename(each.path): each.label for each in session.journal.examples.in_effect()}


def test_a_correction_follows_the_image_and_is_undone_with_its_move(taught: Taught, session: Session) -> None:
    path = taught.receipt(0)
    places = {label: taught.filed / label / "r0.png" for label in ("alpha", "beta")} | {"rest": Path(path)}

    def is_at(label: str) -> bool:
        return [name for name, place in places.items() if place.exists()] == [label]

    one = session.teaching.tell("corrected", path=path, label="beta")
    assert is_at("beta")
    assert (one["outcome"], one["label"], one["target"]) == ("filed", "beta", str(places["beta"]))
    session.teaching.tell("corrected", path=path, label="alpha")  # by its old path; the rule is limited to the inbox
    assert is_at("alpha")
    number = session.journal.entries(limit=1)[0].id
    session.teaching.tell("corrected", number=number, label="rest")
    assert is_at("rest")
    assert examples(session)["r0.png"] == "rest"
    assert session.explain(path)["told"] == "rest"
    for label in ("alpha", "beta"):
        assert session.undoing.undo()["done"] == 1
        assert is_at(label)
        assert examples(session)["r0.png"] == label
    assert session.undoing.undo()["done"] == 1
    assert is_at("rest")
    assert "r0.png" not in examples(session)
    session.undoing.redo()
    assert is_at("beta")
    assert examples(session)["r0.png"] == "beta"
    again = session.teaching.tell("corrected", path=str(places["beta"]), label="beta")  # it is right where it is
    assert is_at("beta")
    assert again["outcome"] == "left"


def test_what_stays_in_its_place_is_taken_back_alone(taught: Taught, session: Session) -> None:
    path = taught.screenshot(0)
    with pytest.raises(NotKnown, match="not classified yet"):
        session.teaching.tell("confirmed", path=path)
    session.image(path)
    before = examples(session)
    found = session.teaching.tell("confirmed", path=path)
    also = session.teaching.tell("taught", path=taught.screenshot(1), label="alpha", batch=found["batch"])
    assert found["batch"] == also["batch"]
    assert examples(session) == before | {"s0.png": session.explain(path)["label"], "s1.png": "alpha"}
    assert Path(taught.inbox / "s1.png").exists()
    for dry_run in (True, False):
        undone = session.undoing.undo(dry_run=dry_run)
        assert [(each["kind"], each["to"]) for each in undone["results"]] == [
            ("example", session.explain(path)["label"]),
            ("example", "alpha"),
        ]
        assert (examples(session) == before) is not dry_run


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ({"path": "/nowhere.png", "label": "alpha"}, "does not exist"),
        ({"number": 4711, "label": "alpha"}, "no entry 4711"),
        ({"label": "alhpa"}, "did you mean"),
        ({"label": "alpha", "batch": 4711}, "no batch"),
    ],
)
def test_what_cannot_be_told(taught: Taught, session: Session, how: dict[str, Any], told: str) -> None:
    path = taught.receipt(9)
    before = session.journal.examples.version("")
    with pytest.raises(SnapsortError) as refused:
        session.teaching.tell("corrected", **({"path": path} if "number" not in how else {}) | how)
    assert told in f"{refused.value.message} {refused.value.hint}"
    assert session.journal.examples.version("") == before


def test_past_decisions_are_asked_again(taught: Taught, session: Session) -> None:
    path = taught.screenshot(7)
    reply = session.image(path)
    label, score = reply["label"], reply["score"]
    found = session.teaching.replay(["Alphas.min_score=1", "Betas.min_score=1"])
    assert found["images"] >= 1
    mine = [each for each in found["changes"] if each["path"] == path]
    filed = (label == "alpha" and score >= 0.5) or (label == "beta" and score >= 0.9)
    assert len(mine) == filed
    session.teaching.tell("corrected", path=path, label="alpha")
    found = session.teaching.replay(["Alphas.min_score=0", "Betas.min_score=0"])
    assert all(each["regretted"] for each in found["changes"] if each["path"] == path)


def test_past_decisions_by_another_configuration(tmp_path: Path) -> None:
    taught = Taught(tmp_path)
    path, here = taught.screenshot(7), taught.locations
    with taught.session() as session:
        session.image(path)
    config = load_config(str(taught.config), os.environ)
    written = taught.config.read_text()

    def by(changed: str, *settings: str) -> dict[str, Any]:
        other = tmp_path / "other.yaml"
        other.write_text(changed)
        return replay_with(here, config, load_config(str(other), os.environ), settings, untaught=False)

    assert by(written)["changes"] == []
    told = written.replace("a bicycle", "a screenshot of a computer")
    (change,) = by(told)["changes"]
    assert change == {"path": path, "before": "Alphas", "after": "Betas", "regretted": False}
    assert by(told, "Betas.min_score=1")["changes"] == [{**change, "after": ""}]
    with pytest.raises(SnapsortError, match="another model"):
        by(written.replace("version: 1", "version: 1\nmodel: openai/clip-vit-base-patch32"))


def test_what_is_no_image_teaches_nothing(taught: Taught, session: Session) -> None:
    broken = taught.inbox / "broken.png"
    broken.write_bytes(Path(taught.receipt(8)).read_bytes()[:2000])
    before = session.journal.examples.version("")
    with pytest.raises(SnapsortError, match=r"broken\.png"):
        session.teaching.tell("corrected", path=str(broken), label="alpha")
    assert session.journal.examples.version("") == before


def test_examples_are_chosen_and_forgotten(taught: Taught, session: Session) -> None:
    for seed, label in ((2, "alpha"), (3, "beta"), (4, "beta")):
        session.teaching.tell("taught", path=taught.receipt(seed), label=label)
    path, checkpoint = str(taught.inbox / "r2.png"), session.classifier.checkpoint
    (content,) = session.forgetting.contents(path)
    told = session.journal.examples.about(content)
    assert told is not None
    for dry_run in (True, False):
        found = session.forgetting.forget(ToForget((path,)), dry_run=dry_run)
        assert [each["path"] for each in found["forgotten"]] == [path]
        assert (session.journal.embeddings.of(told.sha256, checkpoint) is None) is not dry_run
    assert {"r3.png", "r4.png"} <= examples(session).keys()
    assert len(session.forgetting.forget(ToForget(label="beta", since="2001-01-01"))["forgotten"]) >= 2
    assert "beta" not in examples(session).values()
    assert session.forgetting.forget(ToForget(since="2999-01-01"))["images"] == 0
    for nothing, fault in ((ToForget(), "nothing is named"), (ToForget(("/never/seen.png",)), "nothing is known")):
        with pytest.raises(SnapsortError, match=fault):
            session.forgetting.forget(nothing)


def test_examples_travel_to_another_computer(taught: Taught, session: Session, tmp_path: Path) -> None:
    session.teaching.tell("taught", path=taught.receipt(5), label="alpha")
    exported = session.teaching.examples()
    assert all(each["embedding"] for each in exported["examples"])
    with Taught(tmp_path).session() as other:
        count = len(exported["examples"])
        assert other.teaching.take_over(**exported) == {"imported": count, "known": 0}
        assert other.teaching.take_over(**exported) == {"imported": 0, "known": count}
        taken = other.journal.examples.in_effect()
        assert [each.label for each in taken] == [each["label"] for each in exported["examples"]]
        assert all(other.journal.embeddings.of(each.sha256, exported["checkpoint"]) for each in taken)
        with pytest.raises(SnapsortError, match="not exported examples"):
            other.teaching.take_over("x", [{"label": "alpha"}])
