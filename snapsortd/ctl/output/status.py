"""The state of the daemon on one screen: facts, then what needs attention, with the reason and what to do."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from click import style, unstyle

from snapsortd.ctl.output.columns import fit, wrapped
from snapsortd.ctl.output.console import short
from snapsortd.ctl.output.render import STATES, duration, event_line, moment, outcome, working
from snapsortd.domain.text import count, escape

Reply = Mapping[str, Any]

FEW = 4
"""Folders, waiting files and problems of one kind that are listed, unless all are asked for."""
WAYS_OUT = {
    "open": "it is finished when its disk is back; if that never comes back: `snapsortctl abandon {id}`",
    "conflict": "nothing was deleted: keep the one of both files that you want",
    "quarantined": "tried again when the file changes, or by `snapsortctl sort FILE`",
    "failed": "tried again by itself",
    "incomplete": "the image is filed; do the rest by hand, or `snapsortctl undo FILE` and sort it again",
    "grown": "open the file: it may have been filed before it was complete",
}
"""What to do about a problem, by its kind."""


def status_lines(status: Reply, width: int = 100_000, *, everything: bool = False) -> Iterator[str]:
    """Yield the state, the facts, and the images that need attention, for a terminal of `width` columns."""
    colour, sentence = STATES.get(status["state"], ("white", status["state"]))
    yield f"{style('●', fg=colour)} snapsortd {style(sentence, bold=True)}"
    if status.get("reason"):
        yield f"  {style(escape(status['reason']), fg='red')}"
    for name, value in status_facts(status, width - 12, everything=everything):
        yield f"  {style(f'{name:9}', dim=True)} {value}"
    if problems := status.get("problems"):
        yield ""
        yield from attention_lines(problems, width, everything=everything)
    if advice := status.get("thresholds"):
        yield from ("", style("Thresholds", bold=True))
        for each in advice:
            yield f"  {escape(each['rule'])}: {escape(each['why'])}"
        yield style("  set it: `snapsortctl rules tune RULE`", dim=True)


def attention_lines(problems: Sequence[Reply], width: int, *, everything: bool) -> Iterator[str]:
    """Yield what needs a person's attention, by kind."""
    yield style("Needs attention", bold=True)
    for kind in dict.fromkeys(each["outcome"] for each in problems):
        same = [each for each in problems if each["outcome"] == kind]
        yield from problem_lines(kind, same, width, everything=everything)
    yield style("  more: `snapsortctl explain FILE`; off this list: `snapsortctl dismiss FILE`", dim=True)


def problem_lines(kind: str, problems: Sequence[Reply], width: int, *, everything: bool) -> Iterator[str]:
    """Yield the problems of one kind, and what to do about them."""
    shown = problems if everything else problems[:FEW]
    for number, line in enumerate(by_reason([(short(each["path"]), each["reason"]) for each in shown], width - 14)):
        yield f"  {' ' * 10 if number else outcome(kind, 10)}  {line}"
    if hidden := len(problems) - len(shown):
        yield f"  {'':10}  … and {hidden} more (--all)"
    if way_out := WAYS_OUT.get(kind):
        for line in wrapped(way_out.format(id=problems[0].get("id")), width - 14, most=2):
            yield style(f"  {'':10}  {line}", dim=True)


def status_facts(status: Reply, width: int, *, everything: bool) -> Iterator[tuple[str, str]]:
    """Yield names and values; an empty name continues the one before."""
    model = status["model"]
    yield "model", f"{escape(model['name'])}, {model['state']}"
    if model.get("error"):
        yield "", style(escape(model["error"]), fg="red")
    folders = [fit(short(folder["path"]), width) + folder_note(folder) for folder in status["folders"]]
    yield from first_of("watching", folders, everything=everything)
    yield "queued", count(status["queued"], "image")
    held = status.get("held_back") or ()
    few = held if everything or len(held) <= FEW + 1 else held[:FEW]
    waiting = [(f"{short(each['path'])}, for {duration(each['seconds'])}", each["reason"]) for each in few]
    more = [f"… and {len(held) - len(few)} more (--all)"] if len(few) < len(held) else []
    yield from first_of("waiting", [*by_reason(waiting, width), *more], everything=True)
    waits = [fit(f"until {moment(each['until'])}: {short(each['path'])}", width) for each in status.get("waits") or ()]
    yield from first_of("waits", waits, everything=everything)
    yield from first_of("working", [working(task) for task in status.get("working") or ()], everything=everything)
    yield "filed", f"{status['filed']}, undone {status.get('undone', 0)}"
    left = [line for fact in left_facts(status.get("left") or {}) for line in wrapped(fact, width, most=2)]
    yield from first_of("left", left, everything=True)
    if last := status.get("last"):
        words = re.sub("  +", "  ", unstyle(event_line(last)))
        yield from first_of("last", wrapped(words, width, most=2), everything=True)
    yield "config", short(status["config"]["path"])
    if status["config"].get("error"):
        yield "", style(f"not in effect: {escape(status['config']['error'])}", fg="red")
    yield "process", f"{status['pid']}, version {status['version']}, up {duration(status['uptime_s'])}"


def by_reason(files: Sequence[tuple[str, str]], width: int) -> Iterator[str]:
    """Yield files with their reasons; those that have the same are listed above it."""
    groups: dict[str, list[str]] = {}
    for file, reason in files:
        groups.setdefault(reason, []).append(file)
    for reason, same in groups.items():
        if len(same) == 1:
            yield fit(f"{same[0]}: {escape(reason)}", width)
        else:
            yield from (fit(file, width) for file in same)
            reason = f"{'all' if len(same) > 2 else 'both'}: {escape(reason)}"
            yield from (style(line, dim=True) for line in wrapped(reason, width, most=2))


def left_facts(left: Mapping[str, int]) -> list[str]:
    """Return what is left alone until a person asks for it."""
    facts = []
    if left.get("existing"):
        facts.append(f"{count(left['existing'], 'image')} from before the folders were watched")
    if left.get("offered"):
        facts.append(f"{count(left['offered'], 'image')} that your rules match since you changed them")
    return [f"{fact}; file with `snapsortctl sort --left`" for fact in facts]


def first_of(name: str, values: Sequence[str], *, everything: bool) -> Iterator[tuple[str, str]]:
    """Yield the first values under one name, and how many more there are."""
    shown = values if everything or len(values) <= FEW + 1 else values[:FEW]
    yield from (("" if number else name, value) for number, value in enumerate(shown))
    if hidden := len(values) - len(shown):
        yield "", f"… and {hidden} more (--all)"


def folder_note(folder: Reply) -> str:
    """Return the state of a folder that is not simply watched."""
    return "" if folder["state"] == "watching" else style(f"  ({escape(folder['state'])})", fg="yellow")
