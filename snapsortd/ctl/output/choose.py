"""Let a person choose from a numbered list: `1 3-5`."""

from __future__ import annotations

from collections.abc import Sequence

import click

from snapsortd.ctl.output.columns import Row, aligned, fit, terminal_width
from snapsortd.ctl.output.console import say


def choose(lines: Sequence[str], rows: Sequence[Row], question: str) -> list[int]:
    """Show numbered lines, or `rows` if one is too long, and return the indices of those that were chosen.

    Abort if that is none.
    """
    size = len(str(len(lines)))
    width = terminal_width() - size - 2
    plain = [click.unstyle(line) for line in lines]
    if any(fit(line, width) != line for line in plain):
        plain = list(aligned(rows, width, least=width * 3 // 5))
    say(f"{number:>{size}}  {line}" for number, line in enumerate(plain, 1))
    text = click.prompt(f"{question}? (such as 1 3-5; nothing: none)", default="", show_default=False)
    while (chosen := parse_numbers(text, len(lines))) is None:
        text = click.prompt(f"Write numbers from 1 to {len(lines)}", default="", show_default=False)
    if not chosen:
        raise click.Abort
    return [number - 1 for number in chosen]


def parse_numbers(text: str, most: int) -> list[int] | None:
    """Return the numbers of `1 3-5` or `1,3-5`, each once and in order; None if one is not from 1 to `most`."""
    chosen: set[int] = set()
    for word in text.replace(",", " ").split():
        first, dash, last = word.partition("-")
        if not first.isdecimal() or (dash and not last.isdecimal()):
            return None
        chosen |= set(range(int(first), min(int(last or first), most + 1) + 1)) or {0}
    return sorted(chosen) if chosen <= set(range(1, most + 1)) else None
