"""Load a file that contains only labels, in the form of `labels:` in a configuration."""

from __future__ import annotations

import os
from dataclasses import replace

from pydantic import Field, ValidationError

from snapsortd.config.build import build_labels
from snapsortd.config.faults import faults_of
from snapsortd.config.load import read_file, refusal
from snapsortd.config.schema.base import Strict
from snapsortd.config.schema.context import ValidationContext
from snapsortd.config.schema.document import LabelEntry
from snapsortd.config.schema.texts import Line
from snapsortd.config.settings import Label


class _Labels(Strict):
    labels: dict[Line, LabelEntry] = Field(min_length=1)


def load_labels(path: str) -> tuple[Label, ...]:
    """Return the labels of a file: a mapping of names to prompts, alone or under `labels:`, or a whole configuration.

    Raises ConfigError with every fault.
    """
    root, faults = read_file(path)
    keys = root.value.keys() if isinstance(root.value, dict) else set()
    below = root.child("labels") if keys == {"labels"} or "version" in keys else None
    root = replace(root, value={"labels": below or root})
    try:
        document = _Labels.model_validate(root.plain(), context=ValidationContext(os.environ, None))
    except ValidationError as error:
        raise refusal(path, [*faults, *faults_of(error.errors(include_url=False), root)]) from None
    if faults:
        raise refusal(path, faults)
    return build_labels(document.labels)
