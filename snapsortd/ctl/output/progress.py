"""A progress bar for commands that classify many images."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from rich.progress import Progress

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


class Steps:
    """The steps of a long command, of which the current one is shown on stderr if that is a terminal."""

    def __init__(self, bar: Progress | None) -> None:
        self._bar = bar
        self._task = bar.add_task("starting", total=None) if bar else None

    def begin(self, doing: str, total: int | None = None) -> None:
        """Show the next step; `total` is its number of images, if it is known."""
        if self._bar and self._task is not None:
            self._bar.reset(self._task, description=doing, total=total)

    def advance(self, doing: str) -> None:
        """Count one image as done, and show what is done with the next."""
        if self._bar and self._task is not None:
            self._bar.update(self._task, description=doing, advance=1)


@contextmanager
def steps(*, quiet: bool) -> Iterator[Steps]:
    """Show the steps of a command until the block ends; nothing of them remains on the screen."""
    if quiet or not sys.stderr.isatty():
        yield Steps(None)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True), transient=True) as bar:
        yield Steps(bar)
