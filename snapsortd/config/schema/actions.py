"""The schema of actions: `- move: ~/Pictures/`, most also as a mapping; `trash` and `skip` are single words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Literal, Protocol, cast

from pydantic import BeforeValidator, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema
from typing_extensions import TypedDict

from snapsortd.config.meant import as_entry
from snapsortd.config.schema.base import ONE_KEY, Short, Strict
from snapsortd.config.schema.templates import Command, Dest, FileName, Notice, Tags
from snapsortd.config.schema.texts import describe
from snapsortd.config.schema.values import TimeLimit
from snapsortd.domain.decision import ActionKind, MetadataPolicy, OnConflict
from snapsortd.domain.text import suggestion
from snapsortd.rules.rule import RuleAction

SKIP = "skip"
WORDS = ("trash", SKIP)
"""Actions without options, for which the word alone is enough."""

Conflict = Literal["rename_new", "rename_existing", "skip", "trash", "deduplicate"]


class ActionBody(Protocol):
    """The value of an action's key."""

    def build(self, kind: ActionKind, position: str) -> RuleAction: ...


class PlaceEntry(Short):
    short = "dest"
    dest: Dest
    """A folder, or a file name that ends with .{ext}; ~, $VAR and {placeholders} are filled in."""
    on_conflict: Conflict = "rename_new"
    """What to do if the name is taken. No file is ever overwritten."""

    def build(self, kind: ActionKind, position: str) -> RuleAction:
        return RuleAction(kind, self.dest, OnConflict(self.on_conflict), position)


class FileEntry(PlaceEntry):
    metadata: Literal["note", "keep"] = "note"
    """What to do if the destination's file system can't keep the file's mode, owner, times or attributes: note them in
    the journal, for undo to restore, or keep the file where it is."""

    def build(self, kind: ActionKind, position: str) -> RuleAction:
        return replace(super().build(kind, position), metadata=MetadataPolicy(self.metadata))


class RenameEntry(Short):
    short = "name"
    name: FileName
    """A file name that ends with .{ext}; the file stays in its folder."""
    on_conflict: Conflict = "rename_new"
    """What to do if the name is taken. No file is ever overwritten."""

    def build(self, kind: ActionKind, position: str) -> RuleAction:
        return RuleAction(kind, None, OnConflict(self.on_conflict), position, name=self.name)


class TagEntry(Short):
    short = "tags"
    tags: Tags
    """One or more tags for the file manager; {placeholders} are filled in."""

    def build(self, kind: ActionKind, position: str) -> RuleAction:
        return RuleAction(kind, position=position, words=self.tags)


class RunEntry(Short):
    short = "command"
    command: Command
    """A program and its arguments, filled in one by one; no shell is involved."""
    timeout: TimeLimit = 30.0
    """The program is terminated after this time."""

    def build(self, kind: ActionKind, position: str) -> RuleAction:
        return RuleAction(kind, position=position, words=self.command, seconds=self.timeout)


class NotifyEntry(Short):
    short = "text"
    text: Notice
    """The text of the desktop notification."""

    def build(self, kind: ActionKind, position: str) -> RuleAction:
        return RuleAction(kind, position=position, words=(self.text,))


class BareEntry(Strict):
    """An action without options."""

    @model_validator(mode="before")
    @classmethod
    def _takes_no_value(cls, value: object) -> object:
        if value is not None and not isinstance(value, dict):
            raise ValueError(f"takes no value, but has {describe(value)}; write the word alone")
        return value or {}

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        schema = super().__get_pydantic_json_schema__(core, handler)
        handler.resolve_ref_schema(schema)["type"] = ["object", "null"]
        return schema

    def build(self, kind: ActionKind, position: str) -> RuleAction:
        return RuleAction(kind, position=position)


class Actions(TypedDict, total=False):
    move: FileEntry
    copy: FileEntry
    rename: RenameEntry
    trash: BareEntry
    hardlink: PlaceEntry
    symlink: PlaceEntry
    tag: TagEntry
    run: RunEntry
    notify: NotifyEntry
    skip: BareEntry


def _lengthen(value: object) -> object:
    if not isinstance(value, str):
        return value
    if value in WORDS:
        return {value: {}}
    if value in Actions.__annotations__:
        raise ValueError(f"'{value}' needs a value; write for example {EXAMPLES[value]}")
    if value in ("delete", "remove"):
        raise ValueError(f"there is no action '{value}', because no file is ever deleted; write 'trash'")
    known = list(Actions.__annotations__)
    raise ValueError(f"there is no action '{value}'{as_entry(value, known) or suggestion(value, known)}")


EXAMPLES = {
    "move": "move: ~/Pictures/{label}/",
    "copy": "copy: ~/Pictures/{label}/",
    "rename": 'rename: "{taken:%Y-%m-%d} {name}.{ext}"',
    "hardlink": "hardlink: ~/Pictures/{label}/",
    "symlink": "symlink: ~/Pictures/{label}/",
    "tag": 'tag: "{label}"',
    "run": 'run: [optipng, "{path}"]',
    "notify": 'notify: "Filed {name}"',
}


class _OrWord:
    """Allow one of WORDS beside the mapping in the JSON Schema."""

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"anyOf": [{"enum": list(WORDS)}, handler(core)]}


ActionEntry = Annotated[Actions, *ONE_KEY, BeforeValidator(_lengthen), _OrWord()]


def kind_of(entry: Actions) -> str:
    """Return the one key of the entry."""
    (kind,) = entry
    return kind


def check_order(actions: list[Actions]) -> None:
    """Raise ValueError if an action follows `trash` or accompanies `skip`: there is no file left to act on."""
    kinds = [kind_of(each) for each in actions]
    if SKIP in kinds and len(kinds) > 1:
        raise ValueError("'skip' leaves the file alone, so it must be the only action; remove it or the others")
    if "trash" in kinds[:-1]:
        raise ValueError("'trash' must be the last action: afterwards the file is no longer there")


def build_action(entry: Actions, position: str) -> RuleAction:
    """Return the action of an entry other than `skip`; `position` is its line:column."""
    ((kind, body),) = cast(Mapping[str, ActionBody], entry).items()
    return body.build(ActionKind(kind), position)
