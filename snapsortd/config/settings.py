"""The configuration as the other rooms see it: validated, expanded, frozen."""

from __future__ import annotations

from dataclasses import dataclass, field

from snapsortd.domain.date_sources import DATE_SOURCES
from snapsortd.domain.left_out import LEFT_OUT
from snapsortd.domain.names import COMPANION_SUFFIXES
from snapsortd.rules.rule import Rule

MAX_BYTES = 1 << 20
"""Limit for the size of a configuration file."""


@dataclass(frozen=True, slots=True)
class Label:
    """A possible answer of the model. If a negative label wins, the file is left alone."""

    name: str
    prompts: tuple[str, ...]
    negative: bool = False
    examples: str = ""
    """The folder whose images it is learnt from; empty for none."""


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """The model, the idle seconds after which its memory is freed (None: never), and how it is run.

    `engine` is auto, torch or onnx. `threads` is None for one per physical core, at most 4. `nice` is added to the
    niceness of the process.
    """

    name: str = "embedded"
    unload_after: float | None = None
    engine: str = "auto"
    threads: int | None = None
    nice: int = 0


@dataclass(frozen=True, slots=True)
class CaptionerConfig:
    """The model that describes images, of a server if there is one, what it is asked, and its time limit in seconds."""

    model: str
    prompt: str
    server: str = ""
    timeout: float = 60.0


@dataclass(frozen=True, slots=True)
class WatchFolder:
    """A watched folder. `path` is absolute, `settle` in seconds, `position` its line:column in the configuration."""

    path: str
    subfolders: bool = False
    ignore: tuple[str, ...] = ()
    exclude: tuple[str, ...] = LEFT_OUT
    settle: float = 1.0
    prune_empty: bool = False
    """True to remove subfolders that filing has emptied."""
    wait: float = 0.0
    """Seconds that a new image waits before it is filed, unless its rule says otherwise."""
    files_existing: bool = True
    """False to leave alone what was in the folder before it was watched, until a person asks for it."""
    position: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Expectation:
    """One test of the rules, from `tests:`.

    `file` is a path, `rule` the name of the rule that matches it ("none" for no rule), `destination` a folder or a
    path; None accepts anything. `position` is its line:column in the configuration.
    """

    file: str
    rule: str | None = None
    destination: str | None = None
    position: str = ""


@dataclass(frozen=True, slots=True)
class Config:
    """One configuration. `path` is its file, `rescan` in seconds."""

    path: str
    model: ModelConfig
    labels: tuple[Label, ...]
    watch: tuple[WatchFolder, ...]
    rules: tuple[Rule, ...]
    tests: tuple[Expectation, ...] = ()
    rescan: float = 300.0
    notify: bool | str = False
    """True to announce on the desktop what was filed and what could not be; "failures" for only the latter."""
    pauses_on_battery: bool = False
    pauses_if_busy: bool = False
    taken_from: tuple[str, ...] = tuple(DATE_SOURCES)
    """The sources of the date on which an image was taken, in order."""
    companions: tuple[str, ...] = COMPANION_SUFFIXES
    """The suffixes of files that are filed with the image whose name they have."""
    learn_from_moves: bool = True
    """True if images that are moved by hand are examples."""
    describe: CaptionerConfig | None = None
    """What describes images in words; None if nothing does."""
    fingerprint: str = ""
    """SHA-256, hex, of the parts that affect decisions: model, captioner, labels, rules and sources of dates."""

    @property
    def negatives(self) -> frozenset[str]:
        """Return the names of the labels that mean "leave the file alone"."""
        return frozenset(label.name for label in self.labels if label.negative)
