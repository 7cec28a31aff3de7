"""Test that switching models changes one word of the configuration, and keeps every other byte."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from snapsortd.config import load_config
from snapsortd.config.edit.switch_model import switch_model
from snapsortd.domain.errors import ConfigError, SnapsortError

pytestmark = pytest.mark.pure

REST = """
labels: {a: one}    # model: none of it
watch: [/w]
rules: []
"""
NEW = "openai/clip-vit-base-patch32"


def parts(before: str, after: str, name: str = NEW, *, id: str) -> object:
    return pytest.param(before, after, name, id=id)


@pytest.mark.parametrize(
    ("before", "after", "name"),
    [
        parts("model: embedded  # x", f"model: {NEW}  # x", id="short"),
        parts("model: {name: embedded, nice: 3} # y", f"model: {{name: {NEW}, nice: 3}} # y", id="braces"),
        parts("model: {nice: 3}", f"model: {{name: {NEW}, nice: 3}}", id="braces-without"),
        parts("model:\n  # z\n  name: 'embedded' # w", f"model:\n  # z\n  name: {NEW} # w", id="block"),
        parts("model:\n    nice: 3", f"model:\n    name: {NEW}\n    nice: 3", id="block-without"),
        parts('model: "a/b"', "model: embedded", "embedded", id="back"),
        parts("model: a/b", 'model: "/été: a, {b}"', "/été: a, {b}", id="quoted"),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=ascii)
@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["plain", "marked"])
def test_only_the_name_is_changed(tmp_path: Path, before: str, after: str, name: str, end: str, mark: str) -> None:
    path = tmp_path / "config.yaml"
    whole = mark + ("# 💥\nversion: 1\n" + before + REST).replace("\n", end)
    path.write_bytes(whole.encode())
    path.chmod(0o640)
    old = load_config(str(path), {})
    switch_model(str(path), name, {})
    assert path.read_bytes().decode() == mark + ("# 💥\nversion: 1\n" + after + REST).replace("\n", end)
    new = load_config(str(path), {})
    assert new.model.name == name
    assert (new.model.nice, new.labels, new.watch) == (old.model.nice, old.labels, old.watch)
    assert path.stat().st_mode & 0o777 == 0o640
    assert os.listdir(tmp_path) == ["config.yaml"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("version: 1 # c" + REST, f"version: 1 # c\nmodel: {NEW}" + REST, id="below-the-version"),
        pytest.param(REST.lstrip() + "version: 1", REST.lstrip() + f"version: 1\nmodel: {NEW}", id="at-the-end"),
    ],
)
def test_where_there_is_none_it_is_put_in(tmp_path: Path, before: str, after: str) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(before)
    switch_model(str(path), NEW, {})
    assert path.read_text() == after


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("{version: 1, labels: {a: one}, watch: [/w], rules: []}", id="all-in-braces"),
        pytest.param("version: 1\nmodel: {}" + REST, id="an-empty-mapping"),
    ],
)
def test_what_is_not_edited_stays_as_it_is(tmp_path: Path, text: str) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(text)
    with pytest.raises(SnapsortError, match="cannot be edited automatically") as raised:
        switch_model(str(path), NEW, {})
    assert f"write `model: {NEW}` there by hand" in raised.value.hint
    assert path.read_text() == text
    assert os.listdir(tmp_path) == ["config.yaml"]


def test_a_broken_configuration_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("version: 1\nmodle: embedded" + REST)
    with pytest.raises(ConfigError):
        switch_model(str(path), NEW, {})
    assert path.read_text().startswith("version: 1\nmodle")
