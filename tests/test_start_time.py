"""Modules that must never be loaded because of start time or memory, and the one command that goes online."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import snapsortd

pytestmark = pytest.mark.pure

PACKAGE = Path(snapsortd.__file__).parent

HEAVY = "{'torch', 'PIL', 'numpy', 'transformers'}"


def imported(file: Path) -> Iterator[str]:
    """Return every module that `file` imports, including inside functions, but not those for the type checker only."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file} imports relatively"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def loaded_by(statement: str, sought: str = HEAVY) -> str:
    code = f"import sys; {statement}; print({{name.partition('.')[0] for name in sys.modules}} & {sought})"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PACKAGE.parent, capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout.strip()


@pytest.mark.parametrize("module", ["daemon.main", "ctl.main", "ctl.commands.model", "ctl.local", "ctl.doctor"])
def test_what_stays_small_loads_no_heavy_library(module: str) -> None:
    assert loaded_by(f"import snapsortd.{module}") == "set()"


def test_the_test_above_would_notice() -> None:
    assert "numpy" in loaded_by("import snapsortd.daemon.main, numpy")


def test_a_start_loads_neither_what_answers_nor_what_checks_a_configuration() -> None:
    """READY waits for none of these: a web server is loaded behind it, the configuration is remembered."""
    late = "{'uvicorn', 'starlette', 'h11', 'asyncio', 'pydantic', 'yaml', 'anyascii', 'regex', 'jeepney'}"
    assert loaded_by("import snapsortd.daemon.main", late) == "set()"
    assert "pydantic" in loaded_by("import snapsortd.daemon.main, pydantic", late)


def test_only_one_command_goes_online() -> None:
    """Only this command imports `vision.hub`, and nothing else queries the hub beyond its local cache."""
    importing = {file.name for file in PACKAGE.rglob("*.py") if "snapsortd.vision.hub" in imported(file)}
    assert importing == {"model.py"}
    asking = {
        file.name: {name for name in imported(file) if "huggingface_hub." in name} for file in PACKAGE.rglob("*.py")
    }
    offline = {"try_to_load_from_cache", "scan_cache_dir", "errors"}
    found = {name for name, asked in asking.items() if {each.split(".")[1] for each in asked} - offline}
    assert found == {"hub.py"}
