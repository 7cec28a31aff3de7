"""Test that what is valid in a configuration, but cannot be meant, is told where it stands."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from snapsortd.config import load_config
from snapsortd.config.load import default_config_text, read_file
from snapsortd.config.oversights import oversights

pytestmark = pytest.mark.pure

RECIPES = sorted((Path(__file__).parents[2] / "snapsortd" / "config" / "recipes").glob("*.yaml"))
TOP = """\
version: 1
labels: {a: one, b: two}
watch: [/in, {path: /deep, subfolders: true}]
rules:
"""
LABEL = "filters: [label: a]"
MOVE = "actions: [move: '/out/{label}/']"


def found(tmp_path: Path, rules: str) -> list[str]:
    path = tmp_path / "config.yaml"
    path.write_text(TOP + rules)
    return told(path)


def told(path: Path) -> list[str]:
    config = load_config(str(path), {"HOME": "/home/ann"})
    return [each.removeprefix(f"{path}:") for each in oversights(config, read_file(str(path))[0])]


@pytest.mark.parametrize(
    ("rules", "warning"),
    [
        pytest.param(
            f"- {{name: All, {MOVE}}}\n- {{name: A, {LABEL}, {MOVE}}}\n- {{name: B, {LABEL}, {MOVE}}}",
            "5:10: 'All' matches every image, so 'A' and 1 rule more below it never applies; put it last, "
            "or give it filters",
            id="a rule for everything first",
        ),
        pytest.param(
            f"- {{name: All, locations: /deep, {MOVE}}}\n- {{name: A, locations: /deep/x, {LABEL}, {MOVE}}}",
            "5:10: 'All' matches every image, so 'A' below it never applies; put it last, or give it filters",
            id="in the same folder",
        ),
        pytest.param(
            f"- {{name: None, actions: [skip]}}\n- {{name: A, {LABEL}, {MOVE}}}",
            "5:10: 'None' matches every image, so 'A' below it never applies; put it last, or give it filters",
            id="everything is left alone first",
        ),
        pytest.param(
            f"- {{name: A, filters: [not description: car], {MOVE}}}",
            "5:3: no image has a description, because there is no captioner: set 'describe' at the top",
            id="description without captioner",
        ),
        pytest.param(
            f"- {{name: A, {LABEL}, actions: [move: '/out/{{caption}}/']}}",
            "5:3: no image has a description, because there is no captioner: set 'describe' at the top",
            id="caption without captioner",
        ),
        pytest.param(
            f"- {{name: A, {LABEL}, actions: [move: /in/]}}",
            "5:50: images in /in are there already, so they stay where they are; name another folder",
            id="destination is the source",
        ),
        pytest.param(
            f"- {{name: A, locations: /elsewhere, {LABEL}, {MOVE}}}",
            "5:24: no watched folder is in these locations: only `snapsortctl sort` applies this rule",
            id="locations that are not watched",
        ),
        pytest.param(
            f"- {{name: A, filters: [label: a, label: b], {MOVE}}}",
            "5:22: an image has one label only, so this rule never matches; write one filter with a list",
            id="two labels at once",
        ),
        pytest.param(
            f"- {{name: A, {LABEL}, actions: [move: '/out/%Y/%m/']}}",
            "5:50: '%Y' outside of a placeholder is only text; write for example {taken:%Y}",
            id="a date code without a placeholder",
        ),
        pytest.param(
            f"- {{name: A, {LABEL}, actions: [move: '/out/{{{{taken:%Y}}}}/']}}",
            "5:50: '{{taken:%Y}}' is only text; write {taken:%Y}",
            id="a placeholder in double braces",
        ),
        pytest.param(
            f"- {{name: A, {LABEL}, actions: [move: /out/<label>/]}}",
            "5:50: '<label>' is only text; write {label}",
            id="a placeholder of another program",
        ),
        pytest.param("  []", "5:3: no rule is in effect, so no image is ever filed", id="no rule"),
        pytest.param(
            f"- {{name: A, enabled: false, {MOVE}}}",
            "5:1: no rule is in effect, so no image is ever filed",
            id="all off",
        ),
    ],
)
def test_what_cannot_be_meant(tmp_path: Path, rules: str, warning: str) -> None:
    assert found(tmp_path, rules) == [warning]


@pytest.mark.parametrize(
    "rules",
    [
        pytest.param(f"- {{name: A, {LABEL}, {MOVE}}}\n- {{name: All, {MOVE}}}", id="a rule for everything last"),
        pytest.param(f"- {{name: All, continue: true, {MOVE}}}\n- {{name: A, {LABEL}, {MOVE}}}", id="continues"),
        pytest.param(
            f"- {{name: All, locations: /deep, {MOVE}}}\n- {{name: A, {LABEL}, {MOVE}}}", id="in one folder of two"
        ),
        pytest.param(f"- {{name: A, {LABEL}, actions: [move: /deep/]}}", id="subfolders are flattened"),
        pytest.param(f"- {{name: A, {LABEL}, actions: [move: '/in/{{label}}-{{name}}.{{ext}}']}}", id="a new name"),
        pytest.param(f"- {{name: A, locations: /deep/x, {LABEL}, {MOVE}}}", id="below a watched folder"),
        pytest.param(f"- {{name: A, locations: /, {LABEL}, {MOVE}}}", id="above a watched folder"),
        pytest.param(f"- {{name: A, filters: [label: a, not label: b], {MOVE}}}", id="a label and not another"),
        pytest.param(f"- {{name: A, {LABEL}, actions: [move: '/out/100%/{{taken:%Y}}/']}}", id="a percent sign"),
    ],
)
def test_what_can_be_meant(tmp_path: Path, rules: str) -> None:
    assert found(tmp_path, rules) == []


def test_a_name_that_is_composed_of_nothing_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = f"- {{name: A, {LABEL}, actions: [rename: '{{slug|name}}.{{ext}}']}}"
    assert found(tmp_path, rules) == []
    monkeypatch.setitem(sys.modules, "rapidocr", None)  # as if it were not installed
    (only,) = found(tmp_path, rules)
    assert only == "5:3: little is known for names: set 'describe' at the top, or pip install 'snapsortd[text]'"


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_no_recipe_holds_any(path: Path) -> None:
    assert told(path) == []


def test_the_starter_configuration_holds_none(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(default_config_text())
    assert told(path) == []
