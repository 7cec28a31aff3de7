"""A progress bar for commands that classify many images."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")


def with_progress(results: Iterable[T], total: int, *, quiet: bool) -> Iterator[T]:
    """Yield `results`, showing a progress bar below what is printed if the output is a terminal."""
    if quiet or total < 2 or not sys.stdout.isatty():
        yield from results
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, transient=True) as bar:
        task = bar.add_task("images", total=total)
        for result in results:
            yield result
            bar.advance(task)
