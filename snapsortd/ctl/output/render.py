"""The daemon's answers as lines for people; click drops the colours where no terminal shows them."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from click import style

from snapsortd.ctl.output.console import short
from snapsortd.domain.text import count, escape

Reply = Mapping[str, Any]

STATES = {
    "running": ("green", "is running"),
    "loading": ("yellow", "is loading its model; new images wait"),
    "paused": ("yellow", "is paused; new images wait until `snapsortctl resume`"),
    "halted": ("red", "has stopped filing"),
    "stopping": ("yellow", "is stopping"),
}
OUTCOMES = {
    "filed": ("green", "filed"),
    "copied": ("green", "copied"),
    "done": ("green", "done"),
    "left": ("white", "left"),
    "shadow": ("cyan", "shadow"),
    "ignored": ("bright_black", "ignored"),
    "undone": ("cyan", "undone"),
    "redone": ("cyan", "redone"),
    "failed": ("red", "failed"),
    "quarantined": ("red", "given up"),
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
"""What an undo does to what such an action made."""
STANDING = {"intent": "unfinished", "moved": "unfinished"}


def status_lines(status: Reply) -> Iterator[str]:
    """`status`: the state first, then what a person looks for, then what needs a look."""
    colour, sentence = STATES.get(status["state"], ("white", status["state"]))
    yield f"{style('●', fg=colour)} snapsortd {style(sentence, bold=True)}"
    if status.get("reason"):
        yield f"  {style(escape(status['reason']), fg='red')}"
    yield from pairs(status_facts(status))
    if status.get("problems"):
        yield ""
        yield style("Needs a look", bold=True) + " (`snapsortctl explain FILE` tells more)"
        for each in status["problems"]:
            yield f"  {outcome(each['outcome'], 10)}  {short(each['path'])}: {escape(each['reason'])}"


def status_facts(status: Reply) -> Iterator[tuple[str, str]]:
    """What `status` says line by line: name, value; an empty name goes on with the one before."""
    model = status["model"]
    yield "model", f"{escape(model['name'])}, {model['state']}"
    if model.get("error"):
        yield "", style(escape(model["error"]), fg="red")
    for number, folder in enumerate(status["folders"]):
        state = "" if folder["state"] == "watching" else style(f"  ({folder['state']})", fg="yellow")
        yield "" if number else "watching", short(folder["path"]) + state
    yield "waiting", count(status["queued"], "image")
    yield "filed", f"{status['filed']}, taken back {status.get('undone', 0)}"
    if last := status.get("last"):
        yield "last", event_line(last)
    yield "config", short(status["config"]["path"])
    if status["config"].get("error"):
        yield "", style(f"not in force: {escape(status['config']['error'])}", fg="red")
    yield "process", f"{status['pid']}, version {status['version']}, up {duration(status['uptime_s'])}"


def event_line(event: Reply) -> str:
    """One thing that happened."""
    kind = event["event"]
    if kind == "lost":
        return style(f"({event['count']} events came too fast to be shown)", fg="yellow")
    if kind == "state":
        _, sentence = STATES.get(event["state"], ("", event["state"]))
        return f"snapsortd {sentence}" + (f": {escape(event['reason'])}" if event.get("reason") else "")
    if "path" not in event:
        return escape(kind)
    return image_line({**event, "outcome": kind})


def image_line(result: Reply, *, dry_run: bool = False) -> str:
    """One image: what became of it, what the model saw, from where to where, why."""
    what, target = result["outcome"], result.get("target")
    if dry_run and target and what == "left":
        what, word = "shadow", "would go"
    else:
        word = OUTCOMES.get(what, ("", what))[1]
    seen = f"{escape(result['label'])} {result['score']:.2f}" if result.get("label") else ""
    line = f"{outcome(what, 8, word)}  {pad(seen, 16)}  "
    goes = str(target or "").startswith("/") and target != result["path"] and what != "left"
    line += arrow(result["path"], str(target)) if goes else short(result["path"])
    if dry_run:
        line += "".join(style(f"  + {action_words(each)}", fg="cyan") for each in others(result, goes))
    notes = [escape(str(result[key])) for key in ("rule", "reason") if result.get(key)]
    if result.get("milliseconds"):
        notes.append(f"{result['milliseconds']:.0f} ms")
    return line + (style(f"  ({', '.join(notes)})", dim=True) if notes else "")


def others(result: Reply, goes: bool) -> Sequence[Reply]:
    """The actions of a dry run that the line does not show yet."""
    actions: Sequence[Reply] = result.get("actions") or ()
    return actions[1:] if goes else actions


def action_words(action: Reply) -> str:
    """One action that would be done: `tag receipt`, `copy → ~/Pictures/`, `trash`."""
    if action["target"]:
        return f"{action['kind']} {arrow(action['source'], action['target']).partition(' → ')[2]}"
    return f"{action['kind']} {escape(' '.join(action['words']))}".rstrip()


def log_lines(entries: Sequence[Reply]) -> Iterator[str]:
    """`log`: a table of journal entries."""
    rows = [
        (
            str(entry["id"]),
            moment(entry["at"]),
            standing(entry),
            escape(entry.get("label") or ""),
            "" if entry.get("score") is None else f"{entry['score']:.2f}",
            format_move(entry["source"], entry["target"], entry.get("detail") or ()) + note(entry),
        )
        for entry in entries
    ]
    yield from table(("ID", "WHEN", "WHAT", "LABEL", "SCORE", "FROM → TO"), rows)


def standing(entry: Reply) -> str:
    """What an entry amounts to, in a word."""
    state = entry["state"]
    return str(VERBS.get(entry["kind"], entry["kind"]) if state == "done" else STANDING.get(state, state))


def note(entry: Reply) -> str:
    """What more there is to say of an entry."""
    notes = []
    if entry.get("reverses"):
        notes.append(f"takes back {entry['reverses']}")
    if entry.get("reversed_by"):
        notes.append(f"taken back by {entry['reversed_by']}")
    if entry.get("reason"):
        notes.append(escape(entry["reason"]))
    return style(f"  ({', '.join(notes)})", dim=True) if notes else ""


def undo_line(result: Reply, *, dry_run: bool) -> str:
    """One item of undo or redo."""
    if not result["done"]:
        head = style("refused  ", fg="red")
        return f"{head} {result['id']:>5}  {short(result['from'])}: {escape(result['reason'])}"
    source, target, words = result["from"], result["to"], result.get("detail") or [""]
    kind = what = result.get("kind", "move")
    if kind in ("undo", "redo"):  # of which action: the tags stand there, or its name
        what = "tag" if source == target else words[0]
    verb = VERBS.get(what, "moved") if kind == "undo" else REVERSED.get(what, "moved")
    head = style("would be " if dry_run else f"{verb:9}", fg="cyan" if dry_run else "green")
    return f"{head} {result['id']:>5}  {short(source) if verb == 'removed' else format_move(source, target, words)}"


def arrow(source: str, target: str) -> str:
    """From → to; only the folder where the file keeps its name."""
    folder, name = os.path.split(target)
    kept = name == os.path.basename(source) and folder != os.path.dirname(source)
    return f"{short(source)} → {short(folder).rstrip('/') + '/' if kept else short(target)}"


def format_move(source: str, target: str, words: Sequence[str]) -> str:
    """From → to, or the file and what was put on it, told of it or run over it."""
    if target and target != source:
        return arrow(source, target)
    return f"{short(source)}  {escape(' '.join(words))}".rstrip()


def outcome(what: str, size: int, word: str = "") -> str:
    """An outcome in its colour, padded."""
    colour, custom = OUTCOMES.get(what, ("white", what))
    return style(pad(word or custom, size), fg=colour)


def pairs(facts: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Names and values, the values in line."""
    for name, value in facts:
        yield f"  {style(pad(name, 9), dim=True)} {value}"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Columns as wide as their widest cell; the last one runs free."""
    if not rows:
        return
    sizes = [max(width(row[column]) for row in (head, *rows)) for column in range(len(head) - 1)]
    for number, row in enumerate((head, *rows)):
        cells = [pad(cell, size) for cell, size in zip(row, sizes, strict=False)]
        line = "  ".join([*cells, row[-1]])
        yield style(line, bold=True) if number == 0 else line


def width(text: str) -> int:
    """Cells that `text` takes on a terminal; wide characters (CJK) take two."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def pad(text: str, size: int) -> str:
    """`text` followed by blanks up to `size` cells."""
    return text + " " * (size - width(text))


def moment(at: str) -> str:
    """A time as the API gives it (ISO 8601), to the second, without its offset."""
    return at[:19].replace("T", " ")


def duration(seconds: float) -> str:
    """The two largest units: `3 h 12 min`."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    units = [(days, "d"), (hours, "h"), (minutes, "min"), (rest, "s")]
    while len(units) > 1 and not units[0][0]:
        units.pop(0)
    return " ".join(f"{number} {unit}" for number, unit in units[:2])
