"""The rooms of the design: what may import what."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import snapsortd

PACKAGE = Path(snapsortd.__file__).parent

PURE = (
    "errors",
    "models",
    "entries",
    "settle",
    "candidates",
    "exif_names",
    "companions",
    "rules",
    "filters",
    "template",
    "placeholders",
    "placeholder_values",
    "transliterate",
    "foretold",
    "recovery",
    "nearest",
    "sketches",
    "shown",
)
"""Decisions and values. `shown` and `candidates` look at names as text, never at files."""

OUTSIDE = frozenset(
    {"os", "time", "logging", "pathlib", "io", "socket", "subprocess", "threading", "sqlite3", "random"}
)

EDGES = {
    "config": {"config"},
    "watcher": {"watcher", "native", "mounts", "scan"},
    "workqueue": {"workqueue"},
    "journal": {"journal"},
    "mover": {
        "mover",
        "attributes",
        "copying",
        "displacing",
        "folders",
        "linking",
        "plan",
        "planning",
        "removal",
        "renames",
        "reversal",
        "settling",
        "step",
        "tagging",
        "transfer",
        "trash",
        "trashinfo",
        "trashing",
        "withdrawal",
    },
    "notify": {"notify"},
    "vision": {"vision"},
    "logs": {"logs"},
}
"""Each edge with its own parts: one outside thing."""

SHARED = {"paths"}
"""Where everything lies: a value that every room may know."""

HEAVY = "{'torch', 'PIL', 'numpy', 'transformers'}"


def part_of(file: Path) -> str:
    """The name right below the package: a module or a package."""
    return file.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(file: Path) -> Iterator[str]:
    """Every module that `file` imports, also inside functions; not what only the type checker sees."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file} imports relatively"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def own_parts(file: Path) -> set[str]:
    """The parts of snapsortd that `file` imports."""
    names = (name.split(".") for name in imported(file))
    known = {part_of(each) for each in PACKAGE.rglob("*.py")}
    return {name[1] for name in names if name[0] == "snapsortd" and len(name) > 1} & known


def files_of(part: str) -> list[Path]:
    file, folder = PACKAGE / f"{part}.py", PACKAGE / part
    found = [file] if file.exists() else sorted(folder.rglob("*.py"))
    assert found, f"there is no {part}"
    return found


@pytest.mark.parametrize("part", PURE)
def test_a_pure_module_touches_nothing_outside(part: str) -> None:
    for file in files_of(part):
        assert {name.split(".")[0] for name in imported(file)} & OUTSIDE == set()


@pytest.mark.parametrize("part", PURE)
def test_a_pure_module_imports_pure_ones_alone(part: str) -> None:
    for file in files_of(part):
        assert own_parts(file) <= set(PURE)


@pytest.mark.parametrize("edge", EDGES)
def test_an_edge_imports_no_other_edge(edge: str) -> None:
    for part in EDGES[edge]:
        for file in files_of(part):
            assert own_parts(file) <= EDGES[edge] | set(PURE) | SHARED, file.name


@pytest.mark.parametrize("edge", EDGES)
def test_an_edge_knows_nothing_of_those_who_use_it(edge: str) -> None:
    users = {"pipeline", "session", "daemon", "control", "api", "desk", "local", "ctl", "undo", "repair", "doctor"}
    assert not users & EDGES[edge]
    for part in EDGES[edge]:
        for file in files_of(part):
            assert own_parts(file) & users == set(), file.name


def test_the_client_imports_nothing_of_the_daemon() -> None:
    """But for `local`, which does the daemon's work where none runs, and what works without one."""
    allowed = set(PURE) | SHARED | {"ctl", "local", "doctor", "evaluation", "hub", "config", "journal"}
    for file in files_of("ctl"):
        assert own_parts(file) <= allowed, file.name


def loaded_by(statement: str, sought: str = HEAVY) -> str:
    code = f"import sys; {statement}; print({{name.partition('.')[0] for name in sys.modules}} & {sought})"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PACKAGE.parent, capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout.strip()


@pytest.mark.parametrize(
    "module", [f"snapsortd.{name}" for name in ("daemon", "ctl.main", "ctl.model", "local", "doctor")]
)
def test_what_stays_small_loads_no_heavy_library(module: str) -> None:
    assert loaded_by(f"import {module}") == "set()"


def test_the_test_above_would_notice() -> None:
    assert "numpy" in loaded_by("import snapsortd.daemon, numpy")


def test_a_start_loads_neither_what_answers_nor_what_checks_a_configuration() -> None:
    """READY waits for none of these: a web server is loaded behind it, the configuration is remembered."""
    late = "{'uvicorn', 'starlette', 'h11', 'asyncio', 'pydantic', 'yaml'}"
    assert loaded_by("import snapsortd.daemon", late) == "set()"
    assert "pydantic" in loaded_by("import snapsortd.daemon, pydantic", late)


def test_only_one_command_goes_online() -> None:
    """`hub` is known to it alone, and nothing else asks the hub for more than what its cache holds."""
    assert [file.name for file in sorted(PACKAGE.rglob("*.py")) if "hub" in own_parts(file)] == ["model.py"]
    asking = {
        file.name: {name for name in imported(file) if "huggingface_hub." in name} for file in PACKAGE.rglob("*.py")
    }
    offline = {"try_to_load_from_cache", "scan_cache_dir", "errors"}
    found = {name for name, asked in asking.items() if {each.split(".")[1] for each in asked} - offline}
    assert found == {"hub.py"}


def test_what_measures_a_model_acts_on_nothing() -> None:
    acting = {
        "mover",
        "transfer",
        "copying",
        "renames",
        "lock",
        "session",
        "local",
        "repair",
        "undo",
        "loop",
        "journal",
    }
    for file in files_of("evaluation"):
        assert own_parts(file) & acting == set(), file.name


def test_the_doctor_acts_on_nothing() -> None:
    """It knows none of the parts that move, write, lock or load."""
    acting = {"mover", "transfer", "copying", "renames", "lock", "session", "local", "repair", "undo", "loop"}
    for file in files_of("doctor"):
        assert own_parts(file) & acting == set(), file.name
        assert "snapsortd.journal.book" not in imported(file), file.name
