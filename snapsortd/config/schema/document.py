"""The shape of the configuration file. Every key is known; a JSON Schema for editors is made from this."""

from __future__ import annotations

from functools import cache
from typing import Any, Literal, cast

from pydantic import ConfigDict, Field, ValidationInfo, field_validator, model_validator

from snapsortd.config.schema.actions import WORDS, ActionEntry, Actions, check_order, kind_of
from snapsortd.config.schema.base import Short, Strict
from snapsortd.config.schema.filters import FilterBody, FilterEntry, Filters
from snapsortd.config.schema.regexes import named_groups
from snapsortd.config.schema.values import (
    NO_RULE,
    Duration,
    ExpectedRule,
    Folders,
    Line,
    Lines,
    ModelName,
    Path,
    RuleName,
    RuleTags,
    Threads,
    UnloadAfter,
    WatchedPath,
    context_of,
)


def group_names(filters: list[Filters]) -> tuple[str, ...]:
    """The named groups that these filters' regexes can catch; a `not` catches nothing."""
    patterns = [
        getattr(cast(FilterBody, body).build(), "pattern", "")
        for entry in filters
        for key, body in entry.items()
        if key == "regex"
    ]
    return tuple(dict.fromkeys(name for pattern in patterns for name in named_groups(pattern)))


class ModelEntry(Short):
    short = "name"
    name: ModelName = "embedded"
    """embedded, a CLIP-family model on the Hugging Face Hub (owner/model), or an absolute folder."""
    unload_after: UnloadAfter = None
    """Free the model's memory after this idle time."""
    engine: Literal["auto", "torch", "onnx"] = "auto"
    """auto: the fastest of those that see the same, measured on this machine."""
    threads: Threads = None
    """Processors that look at images; auto: one per physical core, at most 4."""
    nice: int = Field(default=0, ge=0, le=19, strict=True)
    """How much other programs go first, from 0 to 19 (nice(1))."""


class LabelEntry(Short):
    short = "prompts"
    prompts: Lines
    """What an image with this label looks like, one or more descriptions."""
    negative: bool = False
    """Winning this label means: leave the file alone."""


class WatchEntry(Short):
    short = "path"
    path: WatchedPath
    subfolders: bool = False
    ignore: Lines = Field(default_factory=list)
    """File names to pass over, as shell patterns."""
    settle: Duration = 1.0
    """A file is complete when nothing changed for this long."""


class RuleEntry(Strict):
    name: RuleName
    filters: list[FilterEntry] = Field(default_factory=list)
    """What an image must pass; none: every image."""
    filter_mode: Literal["all", "any", "none"] = "all"
    actions: list[ActionEntry] = Field(min_length=1)
    """What is done, one after the other, each where the file lies by then."""
    locations: Folders = Field(default_factory=list)
    """Only files from these folders."""
    subfolders: bool = True
    """Do the locations include their subfolders?"""
    tags: RuleTags = Field(default_factory=list)
    """For --tags and --skip-tags; always and never have a meaning of their own."""
    enabled: bool = True
    mode: Literal["live", "shadow"] = "live"
    """shadow: journal what the rule would do, move nothing."""
    continue_: bool = Field(False, alias="continue")
    """Ask the next rules too."""

    @field_validator("actions", mode="before")
    @classmethod
    def _know_groups(cls, actions: object, info: ValidationInfo) -> object:
        """For the templates of these actions: the groups that the filters, which were read before, may catch."""
        filters = info.data.get("filters")
        context_of(info).groups = None if filters is None else group_names(filters)
        return actions

    @field_validator("actions")
    @classmethod
    def _in_order(cls, actions: list[Actions]) -> list[Actions]:
        check_order(actions)
        return actions

    @field_validator("continue_")
    @classmethod
    def _file_is_there(cls, continues: bool, info: ValidationInfo) -> bool:
        last = kind_of(info.data["actions"][-1]) if info.data.get("actions") else ""
        if continues and last in WORDS:
            raise ValueError(f"after '{last}' no further rule is evaluated; remove one of the two")
        return continues


class TestEntry(Strict):
    """An image, and what the rules must make of it; see `snapsortctl rules test`."""

    file: Path
    """An image, below the folder of this file or absolute."""
    rule: ExpectedRule | None = None
    """The name of the rule that takes it, or none."""
    destination: Path | None = None
    """Where it goes: a folder, or a path."""

    @model_validator(mode="after")
    def _expects_something(self) -> TestEntry:
        if self.rule is None and self.destination is None:
            raise ValueError("expects nothing; give rule, destination or both")
        if self.rule == NO_RULE and self.destination is not None:
            raise ValueError("a file that no rule matches goes nowhere; remove 'destination'")
        return self


class Document(Strict):
    """The whole file."""

    model_config = ConfigDict(title="snapsortd configuration")

    version: Literal[1]
    model: ModelEntry = ModelEntry()
    labels: dict[Line, LabelEntry] = Field(min_length=1)
    """What the model may answer: a prompt, a list of prompts, or a mapping."""
    watch: list[WatchEntry] = Field(min_length=1)
    """The folders in which new images are filed."""
    rules: list[RuleEntry]
    """The first that matches wins."""
    tests: list[TestEntry] = Field(default_factory=list)
    """What `snapsortctl rules test` compares with what the rules do."""
    rescan: Duration = 300.0
    """Look through the watched folders this often, for what the system did not report."""
    notify: bool = False
    """Show a desktop notification for every image that is filed."""


@cache
def json_schema() -> dict[str, Any]:
    """The JSON Schema of the configuration file, for editors."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Document.model_json_schema()}
