"""CONTRIBUTING.md: every file that it names exists, and every room has its row."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import snapsortd

pytestmark = pytest.mark.pure

REPOSITORY = Path(__file__).parents[1]
TEXT = (REPOSITORY / "CONTRIBUTING.md").read_text("utf-8")
PACKAGE = Path(snapsortd.__file__).parent
ROOMS = sorted(folder.name for folder in PACKAGE.iterdir() if (folder / "__init__.py").exists())
PATHS = sorted(
    {
        path
        for path in re.findall(r"[`(]([\w./-]+\.(?:py|md|yaml|toml|json|txt)|[\w.-]+/[\w./-]*)[`)]", TEXT)
        if not path.startswith("<")
    }
)


@pytest.mark.parametrize("path", PATHS)
def test_what_it_names_exists(path: str) -> None:
    roots = [REPOSITORY, PACKAGE, *(PACKAGE / room for room in (*ROOMS, "vision/child"))]
    assert any((root / path).exists() for root in roots)


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_has_its_row(room: str) -> None:
    assert f"\n| `{room}` | " in TEXT


def test_no_module_is_outside_a_room() -> None:
    assert [file.name for file in PACKAGE.glob("*.py")] == ["__init__.py"]
