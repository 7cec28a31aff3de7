"""The tables in tests/README.md: every number has a row, every row names tests, and every test named exists."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

pytestmark = pytest.mark.pure

TESTS = Path(__file__).parent
PROMISES = [*map(str, range(1, 29)), *(f"D{number}" for number in range(1, 27))]
ROW = re.compile(r"^\| (D?\d+) \| (.+?) \| (.+) \|$", re.MULTILINE)
NAME = re.compile(r"`([\w/]+\.py)::(\w+)`")


def rows() -> list[tuple[str, str, str]]:
    """Return each row's number, description and cell of tests."""
    text = (TESTS / "README.md").read_text("utf-8")
    return ROW.findall(text)


@cache
def functions_of(file: Path) -> frozenset[str]:
    """Return the test functions of a file, by parsing its text without importing it."""
    tree = ast.parse(file.read_text("utf-8"))
    return frozenset(
        node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    )


def test_every_promise_has_a_line() -> None:
    assert {number for number, _, _ in rows()} == set(PROMISES)


@pytest.mark.parametrize("number", PROMISES)
def test_every_line_names_tests_that_exist(number: str) -> None:
    for _, what, tests in (row for row in rows() if row[0] == number):
        named = NAME.findall(tests)
        assert named, what
        assert ", ".join(f"`{file}::{name}`" for file, name in named) == tests, f"{what}: only tests stand there"
        for file, name in named:
            assert (TESTS / file).is_file(), f"{what}: there is no {file}"
            assert name in functions_of(TESTS / file), f"{what}: {file} has no {name}"


def test_no_two_lines_are_the_same() -> None:
    told = [what for _, what, _ in rows()]
    assert len(told) == len(set(told))
