"""Test loading a file that contains only labels."""

from __future__ import annotations

from pathlib import Path

import pytest

from snapsortd.config import Label
from snapsortd.config.labels_file import load_labels
from snapsortd.domain.errors import ConfigError

pytestmark = pytest.mark.pure

BARE = "shot: a screenshot\nother:\n  negative: true\n  prompts: [a cat, a dog]\n"
FOUND = (Label("shot", ("a screenshot",)), Label("other", ("a cat", "a dog"), True))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(BARE, id="alone"),
        pytest.param("labels:\n" + "".join(f"  {line}\n" for line in BARE.splitlines()), id="below-its-key"),
        pytest.param(
            "version: 1\nlabels: {shot: a screenshot, other: {negative: true, prompts: [a cat, a dog]}}\nrules: []\n",
            id="a-configuration",
        ),
    ],
)
def test_the_shape_of_the_configuration(tmp_path: Path, text: str) -> None:
    path = tmp_path / "labels.yaml"
    path.write_text(text)
    assert load_labels(str(path)) == FOUND


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        pytest.param("a: b\nc: {prompt: x}\n", ":2:5: unknown key 'prompt'; did you mean 'prompts'?", id="key"),
        pytest.param("a: 3\n", ":1:4: 'a': must be text or a list of texts, not the number 3", id="value"),
        pytest.param("a: b\na: c\n", ":2:1: key 'a' appears twice", id="twice"),
        pytest.param("[a, b]\n", ":1:1: 'labels': must be a mapping", id="list"),
        pytest.param("a: [\n", ":", id="no-yaml"),
    ],
)
def test_every_fault_is_told(tmp_path: Path, text: str, problem: str) -> None:
    path = tmp_path / "labels.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError) as raised:
        load_labels(str(path))
    assert any(f"{path}{problem}" in each for each in raised.value.problems), raised.value.problems
