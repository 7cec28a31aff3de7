"""Compare the cost of snapsortd with the main loop of the script that it grew out of, in one run on this machine.

Prints tables, writes the figures as JSON and a chart as PNG, and ends with exit code 1 if one falls short of its limit.
Nothing goes online. Linux only: memory and wake-ups are read from /proc. Absolute times vary; compare ratios of one
run.

usage: bench.py [--only PART] [--small] [--out build/bench.json]
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import backlog
import finding
import latency
import memory
import moving
import newcomers
import reviewing
import scaling
import stages
import start
import tower
from chart import draw_chart
from floors import judge, read_expected
from world import World, machine, new_world

REPOSITORY = Path(__file__).resolve().parents[2]
BUILD = REPOSITORY / "build"

PARTS: dict[str, Callable[[World], dict[str, Any]]] = {
    "start": start.measure,  # first, because it needs the empty cache
    "latency": latency.measure,
    "backlog": backlog.measure,
    "newcomers": newcomers.measure,
    "tower": tower.measure,
    "stages": stages.measure,
    "memory": memory.measure,
    "moving": moving.measure,
    "scaling": scaling.measure,
    "reviewing": reviewing.measure,
    "finding": finding.measure,
}


def rounded(value: Any) -> Any:
    """Round to four significant digits, at every depth."""
    if isinstance(value, float):
        return float(f"{value:.4g}")
    if isinstance(value, dict):
        return {name: rounded(each) for name, each in value.items()}
    return [rounded(each) for each in value] if isinstance(value, list) else value


def lines(value: Any, name: str = "") -> list[str]:
    """Format each figure on a line."""
    if isinstance(value, dict):
        return [line for key, each in value.items() for line in lines(each, f"{name}.{key}" if name else key)]
    if isinstance(value, list):
        return [line for number, each in enumerate(value) for line in lines(each, f"{name}[{number}]")]
    return [f"  {name:56} {value}"]


def run(world: World, parts: list[str]) -> dict[str, Any]:
    """Return the figures of these parts."""
    figures: dict[str, Any] = {"machine": machine(), "small": world.small, "seconds": {}}
    for name in parts:
        began = time.perf_counter()
        found = rounded(PARTS[name](world))
        figures |= found
        figures["seconds"][name] = round(time.perf_counter() - began)
        print(f"\n{name}\n" + "\n".join(lines(found)), flush=True)
    return figures


def main() -> None:
    """Measure, print, write, judge."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("--only", action="append", choices=PARTS, help="run only this part; may be repeated")
    parser.add_argument("--small", action="store_true", help="few and small images, to test the bench itself")
    parser.add_argument("--out", type=Path, default=BUILD / "bench.json", help="the chart is written next to it")
    parser.add_argument(
        "--kept", type=Path, default=BUILD / "bench", help="folder for images and checkpoints, created once"
    )
    chosen = parser.parse_args()
    began = time.perf_counter()
    with new_world(chosen.kept, small=chosen.small) as world:
        figures = run(world, chosen.only or list(PARTS))
    figures["seconds"]["all"] = round(time.perf_counter() - began)
    judged = list(judge(figures, read_expected()))
    figures["missed"] = [each.name for each in judged if not each.reached]
    figures["fell_behind"] = [each.name for each in judged if each.fell_behind]
    chosen.out.parent.mkdir(parents=True, exist_ok=True)
    chosen.out.write_text(json.dumps(figures, indent=2) + "\n")
    draw_chart(figures, chosen.out.with_suffix(".png"))
    print()
    for each in judged:
        goal = "" if each.target is None else f"target {each.target:g}"
        verdict = "FELL BEHIND" if each.fell_behind else "" if each.reached else "missed"
        print(f"  {each.name:36} {each.value:10.4g}   {goal:14} {verdict}")
    print(f"\n{chosen.out}, {figures['seconds']['all']} s")
    # The figures of a small run mean nothing; they only show that the bench works.
    sys.exit(1 if figures["fell_behind"] and not chosen.small else 0)


if __name__ == "__main__":
    main()
