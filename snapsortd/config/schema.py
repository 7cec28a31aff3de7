"""The shape of the configuration file. Every key is known; a JSON Schema for editors is made from this."""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, field_validator
from typing_extensions import TypedDict

from snapsortd.config.entry import ONE_KEY, Short, Strict
from snapsortd.config.filter_entries import FilterEntry
from snapsortd.config.values import (
    Dest,
    Duration,
    Folders,
    Line,
    Lines,
    ModelName,
    RuleName,
    UnloadAfter,
    WatchedPath,
)


class ModelEntry(Short):
    short = "name"
    name: ModelName = "embedded"
    """embedded, a CLIP-family model on the Hugging Face Hub (owner/model), or an absolute folder."""
    unload_after: UnloadAfter = None
    """Free the model's memory after this idle time."""


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


class MoveEntry(Short):
    short = "dest"
    dest: Dest
    """A folder, or a file name that ends with .{ext}; ~, $VAR and {placeholders} are filled in."""
    on_conflict: Literal["rename_new", "skip"] = "rename_new"
    """What to do where the name is taken. Nothing is ever overwritten."""


class Actions(TypedDict, total=False):
    move: MoveEntry
    copy: MoveEntry


ActionEntry = Annotated[Actions, *ONE_KEY]


class RuleEntry(Strict):
    name: RuleName
    actions: list[ActionEntry] = Field(min_length=1)
    filters: list[FilterEntry] = Field(default_factory=list)
    """What an image must pass; none: every image."""
    filter_mode: Literal["all", "any", "none"] = "all"
    locations: Folders = Field(default_factory=list)
    """Only files from these folders."""
    subfolders: bool = True
    """Do the locations include their subfolders?"""
    enabled: bool = True
    mode: Literal["live", "shadow"] = "live"
    """shadow: journal what the rule would do, move nothing."""
    continue_: bool = Field(False, alias="continue")
    """Ask the next rules too."""

    @field_validator("actions")
    @classmethod
    def _move_comes_last(cls, actions: list[Actions]) -> list[Actions]:
        if any("move" in action for action in actions[:-1]):
            raise ValueError("a move must be the last action: the file is gone from its place afterwards")
        return actions


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
    rescan: Duration = 300.0
    """Look through the watched folders this often, for what the system did not report."""
    notify: bool = False
    """Show a desktop notification for every image that is filed."""


@cache
def json_schema() -> dict[str, Any]:
    """The JSON Schema of the configuration file, for editors."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Document.model_json_schema()}
