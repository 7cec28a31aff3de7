"""The daemon's replies as lines for people; click drops the colours if the output is not a terminal."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from click import style

from snapsortd.ctl.output.console import short
from snapsortd.ctl.output.tables import table
from snapsortd.domain.text import count, escape, listed, score_text

Reply = Mapping[str, Any]

STATES = {
    "running": ("green", "is running"),
    "loading": ("yellow", "is loading its model; new images wait"),
    "paused": ("yellow", "is paused; new images wait until `snapsortctl resume`"),
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


def status_lines(status: Reply) -> Iterator[str]:
    """Yield the state, the facts line by line, and the images that need attention."""
    colour, sentence = STATES.get(status["state"], ("white", status["state"]))
    yield f"{style('●', fg=colour)} snapsortd {style(sentence, bold=True)}"
    if status.get("reason"):
        yield f"  {style(escape(status['reason']), fg='red')}"
    for name, value in status_facts(status):
        yield f"  {style(f'{name:9}', dim=True)} {value}"
    if status.get("problems"):
        yield ""
        yield style("Needs attention", bold=True) + " (see `snapsortctl explain FILE`)"
        for each in status["problems"]:
            way_out = f"; if its disk never comes back: `snapsortctl abandon {each['id']}`" if each.get("id") else ""
            yield f"  {outcome(each['outcome'], 10)}  {short(each['path'])}: {escape(each['reason'])}{way_out}"


def status_facts(status: Reply) -> Iterator[tuple[str, str]]:
    """Yield names and values; an empty name continues the one before."""
    model = status["model"]
    yield "model", f"{escape(model['name'])}, {model['state']}"
    if model.get("error"):
        yield "", style(escape(model["error"]), fg="red")
    for number, folder in enumerate(status["folders"]):
        state = "" if folder["state"] == "watching" else style(f"  ({escape(folder['state'])})", fg="yellow")
        yield "" if number else "watching", short(folder["path"]) + state
    yield "queued", count(status["queued"], "image")
    for number, held in enumerate(status.get("held_back") or ()):
        waits = f"{short(held['path'])}, for {duration(held['seconds'])}: {escape(held['reason'])}"
        yield "" if number else "waiting", waits
    for number, each in enumerate(status.get("waits") or ()):
        yield "" if number else "waits", f"until {moment(each['until'])}: {short(each['path'])}"
    for number, task in enumerate(status.get("working") or ()):
        yield "" if number else "working", working(task)
    yield "filed", f"{status['filed']}, undone {status.get('undone', 0)}"
    yield from left_facts(status.get("left") or {})
    if last := status.get("last"):
        yield "last", event_line(last)
    yield "config", short(status["config"]["path"])
    if status["config"].get("error"):
        yield "", style(f"not in effect: {escape(status['config']['error'])}", fg="red")
    yield "process", f"{status['pid']}, version {status['version']}, up {duration(status['uptime_s'])}"


def left_facts(left: Mapping[str, int]) -> Iterator[tuple[str, str]]:
    """Yield what is left alone until a person asks for it."""
    facts = []
    if left.get("existing"):
        facts.append(f"{count(left['existing'], 'image')} from before the folders were watched")
    if left.get("offered"):
        facts.append(f"{count(left['offered'], 'image')} that your rules match since you changed them")
    for number, fact in enumerate(facts):
        yield "" if number else "left", f"{fact}; file with `snapsortctl sort --left`"


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


def log_lines(entries: Sequence[Reply], indent: int = 0) -> Iterator[str]:
    """Yield a table of journal entries."""
    from rich.text import Text

    rows = [
        (
            str(entry["id"]),
            moment(entry["at"]),
            entry_word(entry),
            escape(entry.get("label") or ""),
            "" if entry.get("score") is None else score_text(entry["score"]),
            Text.assemble(format_entry(entry), (entry_note(entry), "dim")),
        )
        for entry in entries
    ]
    yield from table(("ID", "WHEN", "WHAT", "LABEL", "SCORE", "FROM → TO"), rows, indent=indent)


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
    source, target, action = result["from"], result["to"], result["action"]
    verb = VERBS.get(action, "moved") if result["kind"] == "undo" else REVERSED.get(action, "moved")
    head = style("would be " if dry_run else f"{verb:9}", fg="cyan" if dry_run else "green")
    place = short(source) if verb == "removed" else format_move(source, target, result["tags"])
    return f"{head} {result['id']:>5}  {place}"


def arrow(source: str, target: str) -> str:
    """Return source → target; only the target's folder if the file keeps its name."""
    folder, name = os.path.split(target)
    kept = name == os.path.basename(source) and folder != os.path.dirname(source)
    return f"{short(source)} → {short(folder).rstrip('/') + '/' if kept else short(target)}"


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
