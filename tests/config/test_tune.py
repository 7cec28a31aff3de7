"""Test that tuning a rule changes its threshold in the configuration, and keeps every other byte."""

from __future__ import annotations

from pathlib import Path

import pytest

from snapsortd.config import load_config
from snapsortd.config.edit.take_back import edited
from snapsortd.config.edit.tune import tune
from snapsortd.domain.errors import SnapsortError
from snapsortd.pipeline.tuning import label_filter

pytestmark = pytest.mark.pure

TEXT = """\
version: 1
labels: {receipt: a receipt, photo: a photo}
watch: [/w]
rules:
  - name: Score  # été
    filters:
      - name: "min_score: 0.6*"
      - label: {is: receipt, min_score: 0.6}  # as measured
    actions: [trash]
  - name: Word
    filters: [label: receipt]
    actions: [trash]
  - name: Precision
    filters:
      - label:
          is: receipt
          precision: 97%  # careful
    actions: [trash]
  - name: Block
    filters:
      - label:
          is: receipt
          min_margin: 0.1
    actions: [trash]
  - name: List
    filters:
      - label: [receipt, photo]
    actions: [trash]
"""


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        pytest.param("Score", "receipt, min_score: 0.6}", "receipt, min_score: 0.88}", id="in-braces"),
        pytest.param("Word", "[label: receipt]", "[label: {is: receipt, min_score: 0.88}]", id="a-word"),
        pytest.param("Precision", "precision: 97%", "min_score: 0.88", id="in-place-of-a-precision"),
        pytest.param(
            "Block",
            "is: receipt\n          min_m",
            "min_score: 0.88\n          is: receipt\n          min_m",
            id="block",
        ),
    ],
)
def test_one_value_is_changed(tmp_path: Path, name: str, old: str, new: str) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(TEXT, "utf-8")
    assert TEXT.count(old) == 1
    tune(str(path), name, 0.88, {})
    assert path.read_text("utf-8") == TEXT.replace(old, new)
    (rule,) = (each for each in load_config(str(path), {}).rules if each.name == name)
    asked = label_filter(rule)
    assert asked is not None
    assert (asked.min_score, asked.precision) == (0.88, None)


def test_a_form_that_cannot_be_edited_is_left(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(TEXT, "utf-8")
    with pytest.raises(SnapsortError, match="cannot be edited automatically") as caught:
        tune(str(path), "List", 0.88, {})
    assert "min_score: 0.88" in caught.value.hint
    assert path.read_text("utf-8") == TEXT


def test_an_edit_is_taken_back_to_the_byte_unless_the_file_was_changed_since(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    before = b"\xef\xbb\xbf" + TEXT.replace("\n", "\r\n").encode()
    config.write_bytes(before)
    restore = edited(str(config), lambda: tune(str(config), "Score", 0.7, {}), {})
    after = config.read_bytes()
    assert after == before.replace(b"min_score: 0.6}", b"min_score: 0.7}")
    config.write_bytes(after + b"# mine\r\n")
    with pytest.raises(SnapsortError, match="changed since"):
        restore()
    assert config.read_bytes() == after + b"# mine\r\n"
    config.write_bytes(after)
    restore()
    assert config.read_bytes() == before
