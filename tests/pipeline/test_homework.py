"""A label that has a folder of examples and no prompts, and what is learnt again after a change of model."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from snapsortd.pipeline.teaching import Task
from tests.support.taught import CONFIG, Taught, scores

ONLY_EXAMPLES = CONFIG.replace("beta: a bicycle", 'beta: {{examples: "{filed}/slips"}}')


@pytest.mark.parametrize("count", [2, 4])
def test_a_label_is_learnt_from_a_folder_alone(tmp_path: Path, count: int) -> None:
    """Two images make a prototype, four a regression."""
    taught = Taught(tmp_path, ONLY_EXAMPLES)
    folder = taught.filed / "slips" / "2025"
    folder.mkdir(parents=True)
    for seed in range(count):
        os.rename(taught.receipt(seed), folder / f"{seed}.png")
    (folder / ".hidden.png").symlink_to("0.png")
    new, other = taught.receipt(20), taught.screenshot(20)
    with taught.session() as session:
        assert scores(session, new)["beta"] == 0
        for path in (taught.screenshot(seed) for seed in range(3)):
            session.image(path)
        tasks = session.teaching.homework()
        assert tasks == [Task(str(folder / f"{seed}.png"), "beta") for seed in range(count)]
        for task in tasks:
            session.teaching.do(task)
        assert session.teaching.homework() == []
        session.undoing.undo()  # they belong to no batch
        assert len(session.journal.examples.in_effect()) == count
        session.learning.learn_now(session.classifier)
        session.classifier.use_learnt()  # and at once, without a pause, the next image
        found = scores(session, new)
        assert max(found, key=lambda name: found[name]) == "beta"
        assert scores(session, other)["beta"] < 0.2
        assert sum(found.values()) == pytest.approx(1)


def test_an_example_without_an_embedding_is_embedded_where_it_is_now(tmp_path: Path) -> None:
    taught = Taught(tmp_path)
    with taught.session() as session:
        reply = session.teaching.tell("corrected", path=taught.receipt(0), label="beta")
        (example,) = session.journal.examples.in_effect()
        checkpoint = session.classifier.checkpoint
        before = session.journal.embeddings.of(example.sha256, checkpoint)
        with session.journal.examples._file.writing() as db:
            db.execute("UPDATE embeddings SET checkpoint = 'an earlier model'")
        (task,) = session.teaching.homework()
        assert task == Task(reply["target"], "")
        session.teaching.do(task)
        assert session.journal.embeddings.of(example.sha256, checkpoint) == before
        assert session.teaching.homework() == []
