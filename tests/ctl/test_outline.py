"""The outline of sim and sort: groups, folding, near misses, and lines that fit the terminal."""

from __future__ import annotations

from typing import Any

import pytest
from click import unstyle
from rich.cells import cell_len

from snapsortd.ctl.output.columns import fit
from snapsortd.ctl.output.outline import is_unreadable, outline

pytestmark = pytest.mark.pure

SHORTFALL = {"measure": "score", "value": 0.9496, "limit": 0.95}
REASON = "it looks like 'photo' (0.98), which is left alone"


def result(name: str, outcome: str, **facts: Any) -> dict[str, Any]:
    return {"path": f"/in/{name}", "outcome": outcome, "reason": "", "rules": [], "actions": [], **facts}


def filed(name: str, target: str, kind: str = "move", rule: str = "R", **facts: Any) -> dict[str, Any]:
    action = {"kind": kind, "rule": rule, "source": f"/in/{name}", "target": target, "words": ["x"], "shadow": False}
    seen = {"label": "receipt", "score": 0.999, "rule": rule, "target": target, "actions": [action]}
    return result(name, "filed") | seen | facts


def left(name: str, reason: str = REASON, near: Any = None) -> dict[str, Any]:
    rules = [{"rule": "R", "matched": False, "reasons": []} | ({"near": near} if near else {})]
    return result(name, "left", reason=reason, label="receipt", score=0.9496, rules=rules)


def drawn(*results: dict[str, Any], width: int = 1000, everything: bool = False) -> list[str]:
    return [unstyle(line) for line in outline(results, "/in", width, everything=everything)]


@pytest.mark.parametrize(
    ("results", "lines"),
    [
        pytest.param(
            [
                filed("a.png", "/out/2026/a.png"),
                filed("b.png", "/out/2025/new.png"),
                filed("sub/c.png", "/out/2026/c.png"),
            ],
            [
                "R  3 images",
                "├─ /out/2025/  1",
                "│  └─ b.png → new.png  receipt 0.99",
                "└─ /out/2026/  2",
                "   ├─ a.png      receipt 0.99",
                "   └─ sub/c.png  receipt 0.99",
            ],
            id="by rule and destination",
        ),
        pytest.param(
            [filed("a.png", "", "trash")], ["R  1 image", "└─ the trash  1", "   └─ a.png  receipt 0.99"], id="trash"
        ),
        pytest.param(
            [filed("a.png", "", "tag", outcome="done")],
            ["R  1 image", "└─ tag x  1", "   └─ a.png  receipt 0.99"],
            id="an action in place",
        ),
        pytest.param(
            [filed("a.png", "/o/a.png", "copy", outcome="shadow")],
            ["R  1 image, only recorded: shadow mode", "└─ copied to /o/  1", "   └─ a.png  receipt 0.99"],
            id="shadow mode",
        ),
        pytest.param(
            [
                left("a.png"),
                left("b.png", REASON.replace("0.98", "0.75")),
                left("c.png", "no rule matched 'receipt' (0.50)"),
            ],
            [
                "Stays  3 images",
                "├─ 2 × it looks like 'photo', which is left alone",
                "└─ 1 × no rule matched 'receipt'",
            ],
            id="what stays, counted",
        ),
        pytest.param(
            [left("a.png", near=SHORTFALL | {"limit": 0.995}), left("b.png", near=SHORTFALL)],
            [
                "Not sure enough  2 images",
                "├─ b.png  receipt 0.94, needs 0.95 (R)",
                "└─ a.png  receipt 0.949, needs 0.995 (R)",
            ],
            id="near misses, the nearest first",
        ),
        pytest.param(
            [result("a.png", "quarantined", reason="truncated"), result("b.png", "failed", reason="disk full")],
            ["Cannot be read  1 image", "└─ a.png  truncated", "Failed  1 image", "└─ b.png  disk full"],
            id="what cannot be read is no failure",
        ),
        pytest.param(
            [result(f"{n}.png", "quarantined", reason="truncated") for n in range(5)]
            + [result("a.jpg", "quarantined", reason="a web page")],
            ["Cannot be read  6 images", "├─ 5 × truncated: 0.png, 1.png, 2.png, …", "└─ 1 × a web page: a.jpg"],
            id="what cannot be read for the same reason",
        ),
    ],
)
def test_the_outline(results: list[dict[str, Any]], lines: list[str]) -> None:
    assert drawn(*results) == lines


def test_long_lists_are_folded_unless_all_is_asked_for() -> None:
    many = [filed(f"{n}.png", f"/out/{n}.png") for n in range(20)] + [left(f"l{n}.png") for n in range(20)]
    many += [filed(f"f{n}.png", f"/by name/{n}/f.png", rule="Each") for n in range(20)]
    many += [result(f"b{n}.png", "quarantined", reason="truncated") for n in range(20)]
    folded, full = drawn(*many), drawn(*many, everything=True)
    assert "   └─ … and 15 more; --all lists every image" in folded
    assert "└─ … 12 more destinations, 12 images; --all lists every image" in folded
    assert {
        n: any(f" {n}" in line for line in full) for n in ("19.png", "l19.png", "f19.png", "b19.png")
    } == dict.fromkeys(("19.png", "l19.png", "f19.png", "b19.png"), True)


@pytest.mark.parametrize("width", [40, 80])
def test_every_line_fits_the_terminal(width: int) -> None:
    names = ("写真" * 30 + ".png", "a" * 200 + ".png", "b.png")
    results = [each for name in names for each in (filed(name, f"/out/{name}"), left(name, near=SHORTFALL))]
    results.append(result("x.png", "quarantined", reason="long " * 30))
    results.append(filed("y.png", f"/{'o' * 100}/y.png", rule="A long name of a rule" * 9))
    lines = drawn(*results, width=width)
    assert max(map(cell_len, lines)) <= width
    assert any(line.endswith("a.png  receipt 0.99") for line in lines), "the end of a name is kept"


def test_names_cannot_steer_the_terminal() -> None:
    odd = "a\n\x1b[31m\udcff.png"
    (line,) = drawn(filed(odd, f"/out/{odd}"))[2:]
    assert "a\\n\\x1b[31m\\xff.png" in line


@pytest.mark.parametrize(
    ("text", "columns", "expected"),
    [("abcdefghij", 10, "abcdefghij"), ("abcdefghij", 7, "abcd…ij"), ("写真写真", 5, "写真…")],
)
def test_fit(text: str, columns: int, expected: str) -> None:
    assert fit(text, columns) == expected


def test_an_image_over_which_a_command_failed_is_readable() -> None:
    assert not is_unreadable(result("a.png", "quarantined", label="receipt"))
    assert is_unreadable(result("a.png", "quarantined"))
