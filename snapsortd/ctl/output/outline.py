"""The results of sim and sort as an outline: what goes where by rule and destination, then what stays, by reason."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from click import style

from snapsortd.ctl.output.columns import Row, aligned, fit
from snapsortd.ctl.output.console import short
from snapsortd.domain.text import count, escape, score_digits, score_text

Reply = Mapping[str, Any]

MAX_ROWS = 5
"""Images that are listed below one destination or reason, unless everything is asked for."""
MAX_PLACES = 8
"""Destinations that are listed below one rule, unless everything is asked for."""
MAX_NAMES = 3
"""Images that are named beside a reason why they could not be read, unless everything is asked for."""
ACTED = frozenset({"filed", "incomplete", "copied", "done", "shadow"})
PLACES = {"move": "", "copy": "copied to ", "hardlink": "linked in ", "symlink": "linked in "}
"""The words before the folder that an action leads to."""
FOLD = "--all lists every image"


def outline(
    results: Sequence[Reply],
    base: str,
    width: int,
    *,
    everything: bool,
    picture: Callable[[Sequence[str]], str] = lambda _paths: "",
) -> Iterator[str]:
    """Yield the lines, at most `width` columns each; paths are relative to the folder `base`.

    `picture` returns what shows these images in the terminal, or nothing.
    """
    lists = _Lists(base, width, everything, picture)
    acted = [each for each in results if each["outcome"] in ACTED]
    for rule, images in grouped(acted, lambda each: str(each.get("rule") or "With the image it belongs to")):
        yield lists.heading(rule, images, "only recorded: shadow mode" if images[0]["outcome"] == "shadow" else "")
        yield from lists.places(images)
    near = [(missed, each) for each in results if (missed := near_miss(each))]
    if near:
        near.sort(key=lambda pair: pair[0]["limit"] - pair[0]["value"])
        yield lists.heading("Not sure enough", [each for _, each in near])
        yield from lists.rows([Row(lists.name(each), near_words(missed, each)) for missed, each in near])
    unsure = {id(each) for _, each in near}
    yield from lists.reasons(
        "Stays", [x for x in results if x["outcome"] in ("left", "ignored") and id(x) not in unsure]
    )
    yield from lists.reasons("Waits", [each for each in results if each["outcome"] == "waiting"])
    yield from lists.unreadable([each for each in results if is_unreadable(each)])
    others = {*ACTED, "left", "ignored", "waiting"}
    yield from lists.each("Failed", [x for x in results if x["outcome"] not in others and not is_unreadable(x)])


def is_unreadable(result: Reply) -> bool:
    """Return whether an image could not be read, as a broken download can't: that is no failure of sorting."""
    return result["outcome"] == "quarantined" and not result.get("label")


def near_miss(result: Reply) -> dict[str, Any] | None:
    """Return the first rule that lacked nothing but certainty, with the `measure`, its `value` and the `limit`."""
    if result["outcome"] != "left":
        return None
    rules = (each | each["near"] for each in result.get("rules") or () if each.get("near"))
    return next(rules, None)


def near_words(missed: Reply, result: Reply) -> str:
    """Return what an image lacked: `receipt 0.94, needs 0.95 (Receipts by month)`."""
    measure, limit = "" if missed["measure"] == "score" else "margin ", missed["limit"]
    digits = score_digits(limit)
    found = f"{escape(result['label'])} {measure}{score_text(missed['value'], digits)}"
    return f"{found}, needs {score_text(limit, digits)} ({escape(missed['rule'])})"


def grouped(results: Iterable[Reply], key: Callable[[Reply], str]) -> list[tuple[str, list[Reply]]]:
    """Return the results by key, in order of first appearance."""
    groups: dict[str, list[Reply]] = {}
    for each in results:
        groups.setdefault(key(each), []).append(each)
    return list(groups.items())


def place_of(result: Reply) -> str:
    """Return where the first action puts an image, or what it does to it."""
    action = next(iter(result.get("actions") or ()), None)
    if action is None:
        return folder_of(result.get("target") or result["path"])
    if action["kind"] in PLACES:
        return PLACES[action["kind"]] + folder_of(action["target"])
    fixed = {"rename": "renamed, in its folder", "trash": "the trash"}
    return fixed.get(action["kind"]) or action_words(action)


def place_now(result: Reply) -> str:
    """Return the path at which an image is now."""
    path = str(result["path"])
    return path if os.path.lexists(path) else str(result.get("target") or path)


def folder_of(path: str) -> str:
    """Return the folder of a path for display, with a slash at its end."""
    return short(os.path.dirname(path)).rstrip("/") + "/"


def action_words(action: Reply) -> str:
    """Return one action: `tag receipt`, `copy → ~/Pictures/`, `trash`."""
    if action["target"]:
        return f"{action['kind']} → {folder_of(action['target'])}"
    return f"{action['kind']} {escape(' '.join(action['words']))}".rstrip()


def score_words(result: Reply) -> str:
    """Return label and score, never rounded up; empty if the image was not classified."""
    return f"{escape(result['label'])} {score_text(result['score'])}" if result.get("label") else ""


def reason_of(result: Reply) -> str:
    """Return why an image stays, without its score, so that equal reasons can be counted."""
    return re.sub(r" \(\d\.\d+\)", "", str(result.get("reason") or "nothing to do"))


class _Lists:
    """Draws the lists below headings."""

    def __init__(self, base: str, width: int, everything: bool, picture: Callable[[Sequence[str]], str]) -> None:
        self._picture = picture
        self._base = base
        self._width = width
        self._everything = everything

    def heading(self, title: str, images: Sequence[Reply], note: str = "") -> str:
        """Return the heading of a group with the number of its images."""
        words = ", ".join(filter(None, (count(len(images), "image"), note)))
        return style(fit(escape(title), self._width - len(words) - 2), bold=True) + style(f"  {words}", dim=True)

    def name(self, result: Reply) -> str:
        """Return the name of an image, with its path below the base folder, and its new name if that is another."""
        path, target = str(result["path"]), str(result.get("target") or "")
        inside = os.path.relpath(path, self._base) if path.startswith(self._base.rstrip("/") + "/") else ""
        name = escape(inside) or short(path)
        new = os.path.basename(target) if target.startswith("/") and result["outcome"] in ACTED else ""
        return f"{name} → {escape(new)}" if new and new != os.path.basename(path) else name

    def places(self, images: Sequence[Reply]) -> Iterator[str]:
        """Yield the destinations of one rule, with the images that go there."""
        groups = sorted(grouped(images, place_of))
        shown = groups if self._everything or len(groups) <= MAX_PLACES + 1 else groups[:MAX_PLACES]
        hidden = groups[len(shown) :]
        for number, (place, here) in enumerate(shown):
            last = number == len(shown) - 1 and not hidden
            where = style(fit(place, self._width - len(f"├─   {len(here)}")), fg="cyan")
            yield f"{'└─' if last else '├─'} {where}" + style(f"  {len(here)}", dim=True)
            indent = "   " if last else "│  "
            if picture := self._picture([place_now(each) for each in here[:MAX_ROWS]]):
                yield indent + picture
            yield from self.rows([self._row(each) for each in here], indent)
        if hidden:
            images_there = count(sum(len(here) for _, here in hidden), "image")
            yield style(f"└─ … {count(len(hidden), 'more destination')}, {images_there}; {FOLD}", dim=True)

    def _row(self, result: Reply) -> Row:
        notes = [score_words(result), *(f"+ {action_words(each)}" for each in (result.get("actions") or ())[1:])]
        notes += [escape(str(result["reason"]))] if result.get("reason") and result["outcome"] != "shadow" else []
        return Row(self.name(result), "  ".join(filter(None, notes)))

    def rows(self, rows: Sequence[Row], indent: str = "") -> Iterator[str]:
        """Yield aligned lines, only the first ones unless everything is asked for."""
        shown = rows if self._everything or len(rows) <= MAX_ROWS + 1 else rows[:MAX_ROWS]
        hidden = len(rows) - len(shown)
        lines = list(aligned(shown, self._width - len(indent) - 3))
        lines += [style(f"… and {hidden} more; {FOLD}", dim=True)] if hidden else []
        for number, line in enumerate(lines):
            yield f"{indent}{'└─' if number == len(lines) - 1 else '├─'} {line}"

    def each(self, title: str, images: Sequence[Reply]) -> Iterator[str]:
        """Yield every image of a section with its own reason."""
        if images:
            yield self.heading(title, images)
            yield from self.rows([Row(self.name(each), escape(str(each.get("reason") or ""))) for each in images])

    def unreadable(self, images: Sequence[Reply]) -> Iterator[str]:
        """Yield the images that could not be read: each with its reason, or the reasons if many have the same."""
        groups = grouped(images, reason_of)
        if len(groups) == len(images):
            yield from self.each("Cannot be read", images)
        elif self._everything:
            yield from self.reasons("Cannot be read", images)
        else:
            yield self.heading("Cannot be read", images)
            names = [", ".join(map(self.name, here[:MAX_NAMES])) for _, here in groups]
            more = [", …" if len(here) > MAX_NAMES else "" for _, here in groups]
            sums = [f"{len(here)} × {escape(reason)}: " for reason, here in groups]
            sentences = ("".join(parts) for parts in zip(sums, names, more, strict=True))
            yield from self.rows([Row(fit(sentence, self._width - 3, tail=0)) for sentence in sentences])

    def reasons(self, title: str, images: Sequence[Reply]) -> Iterator[str]:
        """Yield the reasons why images stay, each with its number of images, the most frequent first."""
        if not images:
            return
        yield self.heading(title, images)
        groups = sorted(grouped(images, reason_of), key=lambda group: -len(group[1]))
        if not self._everything:
            yield from self.rows([Row(f"{len(here)} × {escape(reason)}") for reason, here in groups])
            return
        for number, (reason, here) in enumerate(groups, 1):
            last = number == len(groups)
            yield f"{'└─' if last else '├─'} {len(here)} × {escape(reason)}"
            rows = [Row(self.name(each), score_words(each)) for each in here]
            yield from self.rows(rows, "   " if last else "│  ")
