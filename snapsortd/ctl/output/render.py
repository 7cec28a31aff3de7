"""The daemon's replies as lines for people; click drops the colours if the output is not a terminal."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from click import style

from snapsortd.ctl.output.columns import Row
from snapsortd.ctl.output.console import short
from snapsortd.domain.text import escape, listed, score_text

Reply = Mapping[str, Any]

STATES = {
    "running": ("green", "is running"),
    "loading": ("yellow", "is loading its model; new images wait"),
    "paused": ("yellow", "is paused: new images wait; `snapsortctl resume` goes on"),
    "halted": ("red", "has halted filing"),
    "stopping": ("yellow", "is stopping"),
}
OUTCOMES = {
    "filed": ("green", "filed"),
    "incomplete": ("red", "incomplete"),
    "copied": ("green", "copied"),
    "done": ("green", "done"),
    "left": ("white", "left"),
    "waits": ("yellow", "waits"),
    "existing": ("white", "there before"),
    "offered": ("cyan", "offered"),
    "shadow": ("cyan", "shadow"),
    "ignored": ("bright_black", "ignored"),
    "undone": ("cyan", "undone"),
    "redone": ("cyan", "redone"),
    "waiting": ("yellow", "waiting"),
    "failed": ("red", "failed"),
    "quarantined": ("red", "given up"),
    "grown": ("yellow", "grown"),
    "conflict": ("red", "conflict"),
    "open": ("yellow", "unfinished"),
}
VERBS = {
    "move": "moved",
    "copy": "copied",
    "rename": "renamed",
    "trash": "trashed",
    "hardlink": "linked",
    "symlink": "linked",
    "tag": "tagged",
    "run": "ran",
    "notify": "notified",
    "undo": "undone",
    "redo": "redone",
}
REVERSED = {"copy": "removed", "hardlink": "removed", "symlink": "removed", "tag": "untagged"}
"""The verb for undoing an action that left the original in place."""
STATES_OF_ENTRIES = {"intent": "unfinished", "moved": "unfinished"}


def working(task: Reply) -> str:
    """Return what takes long: `copying ~/a.png: 42 %`."""
    path = short(task["path"]) if task["path"] else "an undo"
    if task["silent_s"] is not None:
        return style(f"{path}: its file system has not answered for {duration(task['silent_s'])}", fg="yellow")
    if task["percent"] is not None:
        return f"{task['doing']} {path}: {task['percent']} %"
    return f"{task['doing'] or 'working on'} {path}, for {duration(task['seconds'])}"


def event_line(event: Reply) -> str:
    """Return an event as one line."""
    kind = event["event"]
    if kind == "lost":
        return style(f"({event['count']} events were dropped because they came too fast)", fg="yellow")
    if kind == "state":
        _, sentence = STATES.get(event["state"], ("", event["state"]))
        return f"snapsortd {sentence}" + (f": {escape(event['reason'])}" if event.get("reason") else "")
    if "path" not in event:
        return escape(kind)
    return image_line({**event, "outcome": kind})


def image_line(result: Reply) -> str:
    """Return one image as a line: outcome, label and score, source and target, rule and reason."""
    what, target = result["outcome"], result.get("target")
    seen = f"{escape(result['label'])} {score_text(result['score'])}" if result.get("label") else ""
    line = f"{outcome(what, 8)}  {pad(seen, 16)}  "
    goes = str(target or "").startswith("/") and target != result["path"] and what != "left"
    line += arrow(result["path"], str(target)) if goes else short(result["path"])
    notes = [escape(str(result[key])) for key in ("rule", "reason") if result.get(key)]
    if result.get("due"):
        notes.append(f"{'until' if what == 'waits' else 'again on'} {moment(result['due'])}")
    if result.get("milliseconds"):
        notes.append(f"{result['milliseconds']:.0f} ms")
    return line + (style(f"  ({', '.join(notes)})", dim=True) if notes else "")


def entry_word(entry: Reply) -> str:
    """Return the verb of a finished entry, or the state of an unfinished one."""
    state = entry["state"]
    return str(VERBS.get(entry["kind"], entry["kind"]) if state == "done" else STATES_OF_ENTRIES.get(state, state))


def entry_note(entry: Reply) -> str:
    """Return what the columns do not show: the reversal, what was lost and the reason."""
    notes = []
    if entry.get("reverses"):
        notes.append(f"reverses {entry['reverses']}")
    if entry.get("reversed_by"):
        notes.append(f"reversed by {entry['reversed_by']}")
    if entry.get("lost"):
        notes.append(loss_words(entry))
    if entry.get("reason"):
        notes.append(escape(entry["reason"]))
    return f"  ({', '.join(notes)})" if notes else ""


def loss_words(entry: Reply) -> str:
    """Return which metadata the target's file system could not keep, and whether undo restores it."""
    lost = entry["lost"]
    sentence = f"{listed(lost)} could not be kept there"
    if entry["kind"] in ("copy", "undo") or entry.get("reversed_by"):
        return sentence
    return f"{sentence}; undo restores {'it' if len(lost) == 1 and lost[0][-1] != 's' else 'them'}"


def undo_line(result: Reply, *, dry_run: bool) -> str:
    """Return one result of undo or redo as a line."""
    if not result["done"]:
        head = style("refused  ", fg="red")
        return f"{head} {result['id']:>5}  {short(result['from'])}: {escape(result['reason'])}"
    source, target = result["from"], result["to"]
    if result["kind"] == "example":
        head = style("would be untold" if dry_run else "untold   ", fg="cyan" if dry_run else "green")
        return f"{head}        {short(source)} is no example of {escape(target)} any more"
    verb = _verb(result)
    head = style(f"would be {verb}" if dry_run else f"{verb:9}", fg="cyan" if dry_run else "green")
    place = short(source) if verb == "removed" else format_move(source, target, result["tags"])
    return f"{head} {result['id']:>5}  {place}"


def undo_row(result: Reply) -> Row:
    """Return what undo would do in fewer columns: the file's name, and what becomes of it."""
    source, target = result["from"], result["to"]
    if result["kind"] == "example":
        note = f"no example of {escape(target)} any more"
    elif _verb(result) != "removed" and target not in ("", source):
        note = f"→ {_place(source, target)}"
    else:
        note = " ".join((_verb(result), *map(escape, result["tags"])))
    return Row(escape(os.path.basename(source)), note)


def _verb(result: Reply) -> str:
    action = result["action"]
    return VERBS.get(action, "moved") if result["kind"] == "undo" else REVERSED.get(action, "moved")


def arrow(source: str, target: str) -> str:
    """Return source → target; only the target's folder if the file keeps its name."""
    return f"{short(source)} → {_place(source, target)}"


def _place(source: str, target: str) -> str:
    folder, name = os.path.split(target)
    kept = name == os.path.basename(source) and folder != os.path.dirname(source)
    return short(folder).rstrip("/") + "/" if kept else short(target)


def format_entry(entry: Reply) -> str:
    """Return source → target of an entry, or the file with its tags or arguments."""
    return format_move(entry["source"], entry["target"], [*entry["tags"], *entry["arguments"]])


def format_move(source: str, target: str, words: Sequence[str]) -> str:
    """Return source → target; for an action that moves nothing, the file and its tags, message or command."""
    if target and target != source:
        return arrow(source, target)
    return f"{short(source)}  {escape(' '.join(words))}".rstrip()


def outcome(what: str, size: int) -> str:
    """Return an outcome in its colour, padded."""
    colour, word = OUTCOMES.get(what, ("white", what))
    return style(pad(word, size), fg=colour)


def pad(text: str, size: int) -> str:
    """Return `text` followed by blanks up to `size` columns of a terminal, of which wide characters (CJK) take two."""
    if text.isascii():
        return text.ljust(size)
    from rich.cells import cell_len

    return text + " " * (size - cell_len(text))


def moment(at: str) -> str:
    """Return a time of the API (ISO 8601) to the second, without its offset."""
    return at[:19].replace("T", " ")


def duration(seconds: float) -> str:
    """Return a duration in its two largest units: `3 h 12 min`."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    units = [(days, "d"), (hours, "h"), (minutes, "min"), (rest, "s")]
    while len(units) > 1 and not units[0][0]:
        units.pop(0)
    return " ".join(f"{number} {unit}" for number, unit in units[:2])
