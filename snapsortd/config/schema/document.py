"""The schema of the configuration file. Unknown keys are rejected; the JSON Schema for editors is generated from it."""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any, Literal, cast

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from snapsortd.config.schema.actions import WORDS, ActionEntry, Actions, check_order, kind_of
from snapsortd.config.schema.base import Short, Strict
from snapsortd.config.schema.context import context_of
from snapsortd.config.schema.filters import FilterBody, FilterEntry, Filters
from snapsortd.config.schema.regexes import named_groups
from snapsortd.config.schema.texts import Line, Lines, Patterns
from snapsortd.config.schema.values import (
    NO_RULE,
    Announced,
    Captioner,
    CompanionSuffixes,
    DateSources,
    Duration,
    ExpectedRule,
    Folder,
    Folders,
    ModelName,
    ModelServerAddress,
    Path,
    RuleName,
    RuleTags,
    Threads,
    UnloadAfter,
    Wait,
    WatchedPath,
)
from snapsortd.domain.date_sources import DATE_SOURCES
from snapsortd.domain.left_out import DEFAULT
from snapsortd.domain.names import COMPANION_SUFFIXES

NOT_YOURS = frozenset(
    [
        "/",
        "/Applications",
        "/Library",
        "/System",
        "/Users",
        "/bin",
        "/boot",
        "/dev",
        "/etc",
        "/home",
        "/lib",
        "/opt",
        "/proc",
        "/run",
        "/sbin",
        "/sys",
        "/usr",
        "/var",
    ]
)
"""Folders of the system, which are not searched with their subfolders."""


def group_names(filters: list[Filters]) -> tuple[str, ...]:
    """Return the named groups of the patterns among these filters; `not regex` provides none."""
    patterns = [
        getattr(cast(FilterBody, body).build(), "pattern", "")
        for entry in filters
        for key, body in entry.items()
        if key in ("regex", "text", "description")
    ]
    return tuple(dict.fromkeys(name for pattern in patterns if pattern for name in named_groups(pattern)))


class ModelEntry(Short):
    short = "name"
    name: ModelName = "embedded"
    """embedded, a CLIP-family model on the Hugging Face Hub (owner/model), or an absolute folder."""
    unload_after: UnloadAfter = None
    """Free the memory of the model after this idle time."""
    engine: Literal["auto", "torch", "onnx"] = "auto"
    """auto: the fastest of those with the same results, measured on this machine."""
    threads: Threads = None
    """Images that are classified at the same time; auto: one per physical core, at most 4."""
    nice: int = Field(default=0, ge=0, le=19, strict=True)
    """Niceness added to the process, 0 to 19: a higher value gives way to other programs (nice(1))."""


class DescribeEntry(Short):
    short = "model"
    server: ModelServerAddress | None = None
    """A server of this machine with the OpenAI-compatible calls: http://127.0.0.1:11434/v1 or unix:/run/llama.sock."""
    model: Captioner
    """An image-to-text model: on the Hugging Face Hub (owner/model), an absolute folder, or one of the server."""
    prompt: Line = "Describe this image in one short sentence."
    """The question to a model that follows instructions; others describe every image in their own way."""
    timeout: Duration = 60.0
    """The time for one image, after which it is filed without a description."""


class LabelEntry(Short):
    short = "prompts"
    prompts: Lines = Field(default_factory=list)
    """One or more descriptions of an image with this label."""
    negative: bool = False
    """If this label wins, the file is left alone."""
    examples: Folder | None = None
    """A folder with images of this label, from which it is learnt; then it needs no prompts."""

    @model_validator(mode="after")
    def _check_known(self) -> LabelEntry:
        if not self.prompts and self.examples is None:
            raise ValueError("says nothing about its images; give prompts, examples or both")
        return self


class LearnEntry(Strict):
    from_moves: bool = True
    """A filed image that you move by hand to where another label belongs, or back, is an example."""


class WatchEntry(Short):
    short = "path"
    path: WatchedPath
    subfolders: bool = False
    ignore: Lines = Field(default_factory=list)
    """File and folder names to ignore, as shell patterns."""
    exclude: Patterns = Field(default_factory=lambda: [DEFAULT])
    """Subfolders that are not searched, as shell patterns; default stands for those that hold no pictures of yours."""
    settle: Duration = 1.0
    """A file is complete when it has not changed for this long."""
    prune_empty: bool = False
    """Remove subfolders that are empty after their last image was filed."""
    wait: Wait = 0.0
    """A new image stays this long before it is filed, because you may still need it where it is."""
    existing: Literal["leave", "file"] | None = None
    """As the key of the same name at the top, for this folder."""

    @model_validator(mode="after")
    def _check_whole_system(self) -> WatchEntry:
        if self.subfolders and self.path in NOT_YOURS:
            raise ValueError(
                f"{self.path} with its subfolders holds files of the system and of other people; "
                "watch folders of your own"
            )
        return self


class RuleEntry(Strict):
    name: RuleName
    filters: list[FilterEntry] = Field(default_factory=list)
    """Conditions that an image must meet; without any, every image matches."""
    filter_mode: Literal["all", "any", "none"] = "all"
    actions: list[ActionEntry] = Field(min_length=1)
    """Actions, carried out one after the other, each on the file where the one before left it."""
    locations: Folders = Field(default_factory=list)
    """Folders that the rule is limited to."""
    subfolders: bool = True
    """Whether the locations include their subfolders."""
    tags: RuleTags = Field(default_factory=list)
    """Tags for --tags and --skip-tags; always and never have a special meaning."""
    wait: Wait | None = None
    """As that of the watched folder, which it replaces: 0s files at once."""
    enabled: bool = True
    mode: Literal["live", "shadow"] = "live"
    """shadow: record in the journal what the rule would do, change nothing."""
    notify: bool | None = None
    """Whether to show a desktop notification for images that this rule files, whatever notify says for all rules."""
    continue_: bool = Field(False, alias="continue")
    """Evaluate the next rules as well."""

    @field_validator("actions", mode="before")
    @classmethod
    def _set_groups(cls, actions: object, info: ValidationInfo) -> object:
        """Make the groups of the filters, which were validated before, known to the templates of these actions."""
        filters = info.data.get("filters")
        context_of(info).groups = None if filters is None else group_names(filters)
        return actions

    @field_validator("actions")
    @classmethod
    def _check_order(cls, actions: list[Actions]) -> list[Actions]:
        check_order(actions)
        return actions

    @field_validator("continue_")
    @classmethod
    def _check_continue(cls, continues: bool, info: ValidationInfo) -> bool:
        last = kind_of(info.data["actions"][-1]) if info.data.get("actions") else ""
        if continues and last in WORDS:
            raise ValueError(f"after '{last}' no further rule is evaluated; remove one of the two")
        return continues


class TestEntry(Strict):
    """An image and the expected result of the rules; see `snapsortctl rules test`."""

    file: Path
    """Path of an image, absolute or relative to the folder of this file."""
    rule: ExpectedRule | None = None
    """The name of the rule that must match it, or none."""
    destination: Path | None = None
    """The folder or path that it must be moved to."""

    @model_validator(mode="after")
    def _check_expectation(self) -> TestEntry:
        if self.rule is None and self.destination is None:
            raise ValueError("expects nothing; give rule, destination or both")
        if self.rule == NO_RULE and self.destination is not None:
            raise ValueError("a file that no rule matches goes nowhere; remove 'destination'")
        return self


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


class _OrText:
    """Allow a single text beside the list in the JSON Schema."""

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"anyOf": [{"type": "string"}, handler(core)]}


class Document(Strict):
    """The whole configuration file."""

    model_config = ConfigDict(title="snapsortd configuration")

    version: Literal[1]
    model: ModelEntry = ModelEntry()
    describe: DescribeEntry | None = None
    """The model that describes images in words, for the filter description and {caption}."""
    labels: dict[Line, LabelEntry] = Field(min_length=1)
    """The possible answers of the model: each a prompt, a list of prompts, or a mapping."""
    watch: Annotated[list[WatchEntry], BeforeValidator(_as_list), _OrText()] = Field(min_length=1)
    """The folders in which new images are filed: a folder, or a list of folders and mappings."""
    rules: list[RuleEntry]
    """The rules, in order; the first that matches wins."""
    tests: list[TestEntry] = Field(default_factory=list)
    """Expected results that `snapsortctl rules test` compares with those of the rules."""
    rescan: Duration = 300.0
    """Scan the watched folders this often, for files that the system did not report."""
    taken_from: DateSources = Field(default_factory=lambda: list(DATE_SOURCES))
    """The places where the date on which an image was taken is looked for, in this order; others are not."""
    existing: Literal["leave", "file"] = "leave"
    """leave: an image that is in a folder when it is watched for the first time stays there until you ask for it."""
    on_battery: Literal["file", "pause"] = "file"
    """pause: file nothing while the computer is on battery; new images wait."""
    busy: Literal["file", "pause"] = "file"
    """pause: file nothing while other programs keep the processor busy or the screen on; new images wait."""
    notify: Announced = False
    """Show a desktop notification for images that are filed and those that could not be, or only for the latter."""
    learn: LearnEntry = LearnEntry()
    """What snapsortd learns from, besides `snapsortctl correct`, `confirm` and `teach`."""
    companions: CompanionSuffixes = Field(default_factory=lambda: list(COMPANION_SUFFIXES))
    """Suffixes of files that are filed with the image whose name they have; an empty list for none."""

    @field_validator("labels")
    @classmethod
    def _check_prompts(cls, labels: dict[str, LabelEntry]) -> dict[str, LabelEntry]:
        if not any(label.prompts for label in labels.values()):
            raise ValueError("at least one label needs prompts, to compare the others with")
        return labels


@cache
def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of the configuration file, for editors."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Document.model_json_schema()}
