"""Show the faults of a configuration with the line of the file, and a caret below the fault."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import groupby

from snapsortd.config.settings import MAX_BYTES
from snapsortd.domain.errors import ConfigError
from snapsortd.domain.text import escape, width

MAX_COLUMNS = 100
"""Columns of a line that are shown at most."""
_LINE_END = re.compile(r"\r\n|[\n\r\x85\u2028\u2029]")
_PROBLEM = re.compile(r"(?P<path>.+?):(?P<line>\d+):(?P<column>\d+): (?P<message>.*)", re.DOTALL)


def error_lines(error: ConfigError) -> Iterator[str]:
    """Yield the problems of an error: those at a position with their source, each path only once."""
    yield from problem_lines((each for each in error.problems if not _is_said(each, error.message)), error.message)


def problem_lines(problems: Iterable[str], heading: str = "") -> Iterator[str]:
    """Yield problems such as `file:2:1: …` with the line of the file; a path that `heading` names is not repeated."""
    for path, listed in groupby(problems, key=lambda each: found["path"] if (found := _PROBLEM.match(each)) else ""):
        together = list(listed)
        source = _source(path) if path else ()
        if not source:
            yield from (f"  {escape(each)}" for each in together)
            continue
        if path not in heading:
            yield f"  {escape(path)}:"
        yield from _in_one_file(together, source)


def _is_said(problem: str, message: str) -> bool:
    path, _, reason = problem.partition(": ")
    return path in message and bool(reason) and message.endswith(reason)


def _in_one_file(problems: list[str], source: tuple[str, ...]) -> Iterator[str]:
    found = [match.groups()[1:] for each in problems if (match := _PROBLEM.match(each))]
    for (line, column), same in groupby(found, key=lambda each: each[:2]):
        place = f"{line}:{column}: "
        for number, (_, _, message) in enumerate(same):
            yield f"  {'' if number else place:{len(place)}}{escape(message)}"
        if int(line) <= len(source):
            yield from _marked(source[int(line) - 1], int(line), int(column) - 1)


def _marked(text: str, number: int, column: int) -> Iterator[str]:
    """Yield a line of the file, cut to what is near the column, and a caret below that."""
    start = max(0, column - MAX_COLUMNS // 2) if column > MAX_COLUMNS * 3 // 4 else 0
    shown = text[start : start + MAX_COLUMNS].replace("\t", " ")
    before, after = "…" if start else "", "…" if len(text) > start + MAX_COLUMNS else ""
    margin = f"{number:6} | "
    yield f"{margin}{before}{escape(shown.rstrip())}{after}"
    yield f"{'| ':>{len(margin)}}{' ' * (len(before) + width(escape(shown[: column - start])))}^"


@cache
def _source(path: str) -> tuple[str, ...]:
    """Return the lines of the file; empty if it cannot be read."""
    try:
        with open(path, "rb") as file:
            return tuple(_LINE_END.split(file.read(MAX_BYTES).decode("utf-8-sig", "replace")))
    except OSError:
        return ()
