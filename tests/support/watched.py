"""A watched folder in the form that the watcher expects."""

from __future__ import annotations

from dataclasses import dataclass

SETTLE = 0.2


@dataclass(frozen=True)
class Folder:
    path: str
    subfolders: bool = False
    ignore: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    settle: float = SETTLE
