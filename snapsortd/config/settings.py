"""The configuration as the other parts see it: checked, expanded, frozen."""

from __future__ import annotations

from dataclasses import dataclass, field

from snapsortd.rules.rule import Rule

MAX_BYTES = 1 << 20
"""Limit for the size of a configuration file."""


@dataclass(frozen=True, slots=True)
class Label:
    """Something the model may answer. Winning a negative one means: leave the file alone."""

    name: str
    prompts: tuple[str, ...]
    negative: bool = False


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """Which model, after how many idle seconds its memory is freed (None: never), and what may run it.

    `engine` is auto, torch or onnx. `threads` None: one per physical core, at most 4. `nice` is added to the niceness.
    """

    name: str = "embedded"
    unload_after: float | None = None
    engine: str = "auto"
    threads: int | None = None
    nice: int = 0


@dataclass(frozen=True, slots=True)
class WatchFolder:
    """A folder to watch. `path` is absolute, `settle` in seconds, `position` its line:column in the file."""

    path: str
    subfolders: bool = False
    ignore: tuple[str, ...] = ()
    settle: float = 1.0
    position: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Expectation:
    """One of the configuration's own tests. `file` is a path; `rule` the one that takes it ("none": no rule takes it),
    `destination` a folder or a path; None: whatever comes. `position` is its line:column in the file."""

    file: str
    rule: str | None = None
    destination: str | None = None
    position: str = ""


@dataclass(frozen=True, slots=True)
class Config:
    """One configuration file. `path` is the file, `rescan` in seconds."""

    path: str
    model: ModelConfig
    labels: tuple[Label, ...]
    watch: tuple[WatchFolder, ...]
    rules: tuple[Rule, ...]
    tests: tuple[Expectation, ...] = ()
    rescan: float = 300.0
    notify: bool = False
    fingerprint: str = ""
    """SHA-256, hex, of what changes decisions: model, labels and rules."""

    @property
    def negatives(self) -> frozenset[str]:
        """Names of the labels that mean "leave the file alone"."""
        return frozenset(label.name for label in self.labels if label.negative)
