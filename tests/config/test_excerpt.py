"""Test what a person sees of the faults of a configuration: the path once, each line with a caret below the fault."""

from __future__ import annotations

from pathlib import Path

import pytest

from snapsortd.config import load_config
from snapsortd.config.excerpt import error_lines, problem_lines
from snapsortd.domain.errors import ConfigError

pytestmark = pytest.mark.pure


@pytest.mark.parametrize(
    ("line", "column", "shown"),
    [
        pytest.param("lables: {a: b}", 1, ["     1 | lables: {a: b}", "       | ^"], id="first column"),
        pytest.param("  - 領収: x", 9, ["     1 |   - 領収: x", "       |           ^"], id="wide characters"),
        pytest.param("e\u0301: x", 5, ["     1 | e\u0301: x", "       |    ^"], id="combining characters"),
        pytest.param("\ta: b", 2, ["     1 |  a: b", "       |  ^"], id="tab"),
        pytest.param("a\u202eb: x", 3, ["     1 | a\\u202eb: x", "       |        ^"], id="direction mark"),
        pytest.param(
            "x" * 200 + "!" + "y" * 200,
            201,
            [f"     1 | …{'x' * 50}!{'y' * 49}…", f"       | {' ' * 51}^"],
            id="long line",
        ),
    ],
)
def test_the_caret_is_below_the_fault(tmp_path: Path, line: str, column: int, shown: list[str]) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(line + "\n", "utf-8")
    found = list(problem_lines([f"{path}:1:{column}: wrong"], str(path)))
    assert found == [f"  1:{column}: wrong", *shown]


def test_the_path_is_named_once_and_two_faults_of_one_place_share_their_line(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(
        "version: 1\nlables: {a: b}\nwatch: /w\nrules: [{name: a, actions: [move: '/r/{yaer}/{create:%Y}']}]\n"
    )
    with pytest.raises(ConfigError) as caught:
        load_config(str(path), {"HOME": "/home/ann"})
    lines = [caught.value.message, *error_lines(caught.value)]
    assert "\n".join(lines).count(str(path)) == 1
    assert lines[1:4] == [
        "  2:1: unknown key 'lables'; did you mean 'labels'?",
        "     2 | lables: {a: b}",
        "       | ^",
    ]
    assert lines[4:6] == [
        "  4:35: 'move': unknown placeholder {yaer}; did you mean {taken:%Y}?",
        "        'move': unknown placeholder {create}; did you mean {created}?",
    ]
    assert (len(lines), lines[-1]) == (8, f"       | {' ' * 34}^")


def test_another_file_is_named_and_what_cannot_be_read_is_told_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "labels.yaml"
    path.write_text("a: b\n")
    problems = (f"{path}:1:2: wrong", f"{tmp_path}/gone.yaml:1:2: wrong", "neither")
    assert list(problem_lines(problems)) == [
        f"  {path}:",
        "  1:2: wrong",
        "     1 | a: b",
        "       |  ^",
        f"  {tmp_path}/gone.yaml:1:2: wrong",
        "  neither",
    ]


def test_a_missing_file_is_named_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(str(tmp_path / "none.yaml"), {})
    assert list(error_lines(caught.value)) == []
