"""The output of `explain`: the history of one image and the reasons for it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from click import style

from snapsortd.ctl.output.columns import terminal_width, wrapped
from snapsortd.ctl.output.console import quoted, short
from snapsortd.ctl.output.log import log_lines
from snapsortd.ctl.output.render import duration, moment
from snapsortd.ctl.output.tables import draw, grid
from snapsortd.domain.date_sources import DATE_SOURCES
from snapsortd.domain.text import count, escape, score_text, size_words

Reply = Mapping[str, Any]

OUTCOME_SENTENCES = {
    "filed": "It was filed",
    "incomplete": "It was filed, but not all actions of its rules were carried out",
    "copied": "It was copied, and the original stays where it is",
    "done": "It stays where it is; all actions of its rules were carried out",
    "left": "It was left where it is",
    "existing": "It is left alone",
    "offered": "It is left alone",
    "waits": "It waits",
    "shadow": "Nothing was moved",
    "ignored": "It was ignored",
    "undone": "It was moved back, and is left alone until it changes",
    "waiting": "It is not filed as it is",
    "failed": "It could not be filed yet and will be retried",
    "quarantined": "It was given up on, and is retried only when it changes",
}
TOLD = {
    "corrected": "You corrected it",
    "confirmed": "You confirmed it",
    "moved": "You moved it",
    "taught": "It is in a folder that you taught",
    "imported": "Told on another computer",
}
MOVED = {"move": "moved", "rename": "renamed", "copy": "copied", "undo": "moved back", "redo": "moved again"}
BAR_WIDTH = 24
"""Width of the bar of a score of 1, in columns."""


def story_lines(story: Reply) -> Iterator[str]:
    """Yield the outcome, the scores, the rules with their reasons, the image's properties and its journal entries."""
    yield style(short(story["path"]), bold=True)
    yield outcome_sentence(story)
    if due := story.get("due"):
        yield due_sentence(due, time.time())
    if scores := story.get("scores"):
        yield from ("", heading(f"Scores of the model {escape(story.get('model') or 'unknown')}"))
        yield from score_lines(scores, story.get("zero_shot") or {})
        if alone := story.get("scores_by_prompts"):
            yield by_prompts(scores, alone)
        yield from lesson_lines(story)
    if rules := story.get("rules"):
        yield from ("", heading("Rules"))
        yield from rule_lines(rules)
    if facts := story.get("facts"):
        yield from ("", heading("Image"))
        yield from wrapped(", ".join(fact_words(facts)), terminal_width(), indent=2)
        yield from (f"  it shows: {escape(each)}" for each in [story.get("caption")] if each)
        yield from (f"  from {escape(url)}" for url in facts.get("urls") or ())
        if exif := facts.get("exif"):
            yield from ("", heading("EXIF"))
            yield from grid([(escape(tag), escape(text)) for tag, text in sorted(exif.items())], indent=2)
    if text := story.get("text"):
        yield from ("", heading("Text"))
        yield f"  {', '.join(text_words(text))}"
    if entries := story.get("entries"):
        yield from ("", heading("Journal"))
        yield from log_lines(entries, indent=2)


def outcome_sentence(story: Reply) -> str:
    """Return one sentence: the outcome for the image, its time and its reason."""
    if by_hand := story.get("by_hand"):
        return f"{by_hand[0].upper()}{in_home(by_hand[1:])}."
    sentence = OUTCOME_SENTENCES.get(story.get("outcome") or "") or latest_sentence(story.get("entries") or ())
    reason = f": {in_home(story['reason'])}" if story.get("reason") else ""
    at = f" ({moment(story['at'])})" if story.get("at") else ""
    waited = f"; it has waited for {duration(story['seconds'])}" if story.get("seconds") is not None else ""
    return f"{sentence}{reason}{waited}{at}."


def latest_sentence(entries: Sequence[Reply]) -> str:
    """Return what the newest journal entry did to the image: `It was moved to ~/Pictures/a.png`."""
    for entry in entries:
        if entry["state"] == "done" and entry["kind"] in MOVED:
            return f"It was {MOVED[entry['kind']]} to {short(entry['target'])}"
    return "It is known from the journal only"


def due_sentence(due: str, now: float) -> str:
    """Return one sentence on when the rules are applied to an image again.

    `due` is a time of the API (ISO 8601), `now` the wall clock's time in seconds since 1970.
    """
    if now < datetime.fromisoformat(due).timestamp():
        return f"The rules will be applied to it again on {moment(due)}."
    return f"The rules have been due again since {moment(due)}; that waits until snapsortd runs and is not paused."


def score_lines(scores: Mapping[str, float], zero_shot: Mapping[str, float]) -> Iterator[str]:
    """Yield each label with its score and a bar, best first; `zero_shot` are the scores without what was learnt."""
    from rich.bar import Bar

    best_first = sorted(scores.items(), key=lambda pair: -pair[1])
    yield from grid(
        [
            (
                escape(label),
                score_text(score),
                Bar(1, 0, score, width=BAR_WIDTH, color="green"),
                *([learnt_part(score, zero_shot[label]) if label in zero_shot else ""] if zero_shot else []),
            )
            for label, score in best_first
        ],
        indent=2,
    )


def learnt_part(score: float, before: float) -> str:
    """Return the score without what was learnt, and what that added."""
    return f"{score_text(before)}, {score - before:+.2f} learnt"


def by_prompts(scores: Mapping[str, float], alone: Mapping[str, float]) -> str:
    """Return one line: the scores by the prompts alone, of the best label with and without the prior of kinds."""
    best = sorted(alone, key=lambda label: -alone[label])
    label = max(scores, key=lambda each: scores[each])
    named = dict.fromkeys((label, *best[:2]))
    words = ", ".join(f"{escape(each)} {score_text(alone[each])}" for each in named)
    return f"  by your prompts alone, without the known kinds of images: {words}"


def lesson_lines(story: Reply) -> Iterator[str]:
    """Yield what was told about the image, the examples that it is most like, and how to correct its label."""
    if told := story.get("example"):
        yield f"  {TOLD.get(told['source'], 'You told')}: {example_words(told)} ({moment(told['at'])})"
    for each in story.get("nearest") or ():
        name = short(each["path"]) or "an image"
        yield f"  {each['cosine']:.2f} like {name}, which you said is {example_words(each)}"
    if not told:
        yield style(f"  Wrong? `snapsortctl correct {quoted(story['path'])} LABEL`", dim=True)


def example_words(example: Reply) -> str:
    """Return the label of an example: `receipt` or `not receipt`."""
    return ("not " if example["is_not"] else "") + escape(example["label"])


def rule_lines(rules: Sequence[Reply]) -> Iterator[str]:
    """Yield a tree of the rules and, below each, the reasons why it matched or not."""
    from rich.text import Text
    from rich.tree import Tree

    tree = Tree("", hide_root=True, guide_style="dim")
    for rule in rules:
        mark = ("✓", "green") if rule["matched"] else ("✗", "red")
        branch = tree.add(Text.assemble(mark, " ", escape(rule["rule"])))
        for reason in rule["reasons"] or ("no conditions",):
            branch.add(Text(in_home(reason)))
    yield from draw(tree, indent=2)


def text_words(text: Reply) -> Iterator[str]:
    """Yield what was found in the text of the image, in words."""
    yield count(text["lines"], "line")
    if text.get("line"):
        yield f"title “{escape(text['line'])}”"
    for name in ("date", "amount"):
        if text.get(name):
            yield f"{name} {text[name]}"


def fact_words(facts: Reply) -> Iterator[str]:
    """Yield the known properties of the image in words."""
    if facts.get("format"):
        yield str(facts["format"]).upper()
    if facts.get("width"):
        yield f"{facts['width']} × {facts['height']}"
    if (facts.get("frames") or 1) > 1:
        yield f"{facts['frames']} frames"
    if facts.get("alpha"):
        yield "with an alpha channel"
    if facts.get("size") is not None:
        yield size_words(facts["size"])
    if facts.get("taken_from") == "":
        yield "no date taken, so that {taken} is the earlier date of the file"
    for name in ("taken", "added", "created", "modified"):
        if facts.get(name):
            yield f"{name} {moment(facts[name])}{_source(name, facts)}"


def _source(name: str, facts: Reply) -> str:
    """Return where a date comes from, if that needs to be said."""
    if name == "taken" and (source := DATE_SOURCES.get(facts.get("taken_from") or "")):
        return f" (by {source})"
    if name == "created" and facts.get("birth_known") is False:
        return " (when it was modified: its file system records no creation)"
    return ""


def in_home(sentence: str) -> str:
    """Return a sentence for display, with the home folder as `~`."""
    return escape(sentence.replace(os.path.expanduser("~/"), "~/"))


def heading(text: str) -> str:
    """Return a section heading."""
    return style(text, bold=True)
