"""`explain`: the whole story of one image in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from click import style

from snapsortd.ctl.output.console import short
from snapsortd.ctl.output.render import log_lines, moment, pad, width
from snapsortd.domain.text import escape, size_words

Reply = Mapping[str, Any]

BECAME = {
    "filed": "It was filed",
    "copied": "It was copied, and stays where it is",
    "done": "It stays where it is, and all that its rules wanted was done",
    "left": "It was left where it is",
    "shadow": "Nothing was moved",
    "ignored": "It was passed over",
    "undone": "It was taken back, and is left alone until it changes",
    "failed": "It could not be filed yet and will be tried again",
    "quarantined": "It was given up, and is tried again only when it changes",
}
BAR = 24
"""Length of the bar of a score of 1, in characters."""


def story_lines(story: Reply) -> Iterator[str]:
    """The outcome first, then what the model saw, what each rule said, the facts, and the journal."""
    yield style(short(story["path"]), bold=True)
    yield became(story)
    if scores := story.get("scores"):
        yield from ("", heading(f"What the model saw ({escape(story.get('model') or 'unknown')})"))
        yield from score_lines(scores)
    if rules := story.get("rules"):
        yield from ("", heading("What the rules said"))
        for rule in rules:
            mark = style("✓", fg="green") if rule["matched"] else style("✗", fg="red")
            yield f"  {mark} {escape(rule['rule'])}: {escape('; '.join(rule['reasons']) or 'no conditions')}"
    if facts := story.get("facts"):
        yield from ("", heading("The image"))
        yield "  " + ", ".join(fact_words(facts))
        yield from (f"  from {escape(url)}" for url in facts.get("urls") or ())
        if exif := facts.get("exif"):
            room = max(map(len, exif))
            yield from ("", heading("What the camera wrote (EXIF)"))
            yield from (f"  {pad(escape(tag), room)}  {escape(text)}" for tag, text in sorted(exif.items()))
    if entries := story.get("entries"):
        yield from ("", heading("The journal"))
        yield from (f"  {line}" for line in log_lines(entries))


def became(story: Reply) -> str:
    """One sentence: what became of the image, when and why."""
    known = BECAME.get(story.get("outcome") or "")
    sentence = known or "It is known from the journal only"
    reason = f": {escape(story['reason'])}" if story.get("reason") else ""
    at = f" ({moment(story['at'])})" if story.get("at") else ""
    return f"{sentence}{reason}{at}."


def score_lines(scores: Mapping[str, float]) -> Iterator[str]:
    """A bar per label, best first."""
    room = max(width(escape(label)) for label in scores)
    for label, score in sorted(scores.items(), key=lambda pair: -pair[1]):
        bar = style("█" * round(score * BAR), fg="green")
        yield f"  {pad(escape(label), room)}  {score:.2f}  {bar}"


def fact_words(facts: Reply) -> Iterator[str]:
    """The facts that are known, in words."""
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
    for name in ("taken", "created", "modified"):
        if facts.get(name):
            yield f"{name} {moment(facts[name])}"


def heading(text: str) -> str:
    """A heading."""
    return style(text, bold=True)
