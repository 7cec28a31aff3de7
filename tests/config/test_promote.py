"""Test that promoting a rule changes one word of the configuration, and keeps every other byte."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from snapsortd.config import load_config
from snapsortd.config.edit.promote import promote
from snapsortd.domain.errors import SnapsortError

pytestmark = pytest.mark.pure

TEXT = """\
# été: a comment
version: 1
labels: {a: one}
watch: [/w]
rules:
  - name: First
    mode: shadow        # until it is trusted
    actions: [trash]
  - {name: "Se cond", mode: "shadow", actions: [skip]} # 💥
  - mode:   'shadow'
    name: Third
    actions:
      - tag: "mode: shadow"
  - name: Live
    actions: [trash]
  - {name: Escaped, mode: "sh\\x61dow", actions: [trash]}
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config.yaml"
    path.write_text(TEXT, "utf-8")
    path.chmod(0o640)
    return path


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        pytest.param("First", "mode: shadow  ", "mode: live  ", id="plain"),
        pytest.param("Se cond", 'mode: "shadow"', 'mode: "live"', id="flow"),
        pytest.param("Third", "'shadow'", "'live'", id="before-its-name"),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\u2028"], ids=ascii)
@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["plain", "marked"])
def test_one_word_is_changed(config: Path, name: str, old: str, new: str, end: str, mark: str) -> None:
    text = mark + TEXT.replace("\n", end)
    config.write_bytes(text.encode())
    promote(str(config), name, {})
    assert config.read_bytes().decode() == text.replace(old, new)
    assert not next(rule.shadow for rule in load_config(str(config), {}).rules if rule.name == name)
    assert config.stat().st_mode & 0o777 == 0o640
    assert os.listdir(config.parent) == ["config.yaml"]


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        pytest.param("Frist", "there is no rule 'Frist'; did you mean 'First'?", id="unknown"),
        pytest.param("Live", "the rule 'Live' is not in shadow mode", id="live"),
        pytest.param("Escaped", "written in a form that cannot be edited automatically", id="odd-form"),
    ],
)
def test_what_is_refused_changes_nothing(config: Path, name: str, problem: str) -> None:
    before, text = config.stat(), config.read_bytes()
    with pytest.raises(SnapsortError) as caught:
        promote(str(config), name, {})
    assert problem in str(caught.value)
    after = config.stat()
    assert (after.st_ino, after.st_mtime_ns, config.read_bytes()) == (before.st_ino, before.st_mtime_ns, text)
    assert os.listdir(config.parent) == ["config.yaml"]


def test_a_symlink_stays_one(config: Path, tmp_path: Path) -> None:
    link = tmp_path / "links" / "config.yaml"
    link.parent.mkdir()
    link.symlink_to("../config.yaml")
    promote(str(link), "First", {})
    assert link.is_symlink()
    assert config.read_text("utf-8") == TEXT.replace("mode: shadow  ", "mode: live  ")


def test_what_somebody_else_is_writing_is_not_touched(config: Path) -> None:
    beside = config.with_name("config.yaml.snapsort-new")
    beside.write_text("another")
    with pytest.raises(SnapsortError, match="cannot be written"):
        promote(str(config), "First", {})
    assert (beside.read_text(), config.read_text("utf-8")) == ("another", TEXT)
