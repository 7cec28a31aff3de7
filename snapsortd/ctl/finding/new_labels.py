"""Make labels, each with a rule, of groups that have none yet."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from snapsortd.ctl.finding.discover import Group
from snapsortd.domain.errors import SnapsortError
from snapsortd.domain.text import count

if TYPE_CHECKING:
    from snapsortd.config import Config
    from snapsortd.config.edit.add_labels import NewLabel

PICTURES = "~/Pictures"
"""The folder in which the rules of new labels make theirs."""
_UNFIT = re.compile(r"^[.~]|[/{}]")
"""What cannot be in the name of a folder, or means something else there."""


def renamed(group: Group, name: str) -> Group:
    """Return the group under a name that a person gave it, which describes it besides the phrases of its kind."""
    return replace(group, name=name, prompts=tuple(dict.fromkeys((name, *group.prompts, group.name))))


def new_labels(groups: Sequence[Group], config: Config, folder: str) -> list[NewLabel]:
    """Return a label for each name of a group; its images would go to a folder of this name in `folder`.

    A phrase that describes another label, such as one for what is left alone, describes no second one. Raise
    SnapsortError if a name cannot be that of a label and a folder.
    """
    from snapsortd.config.edit.add_labels import NewLabel

    taken = {prompt for label in config.labels for prompt in label.prompts}
    rules = {rule.name for rule in config.rules}
    sizes: dict[str, int] = {}
    for group in groups:
        _check(group.name, config)
        sizes[group.name] = sizes.get(group.name, 0) + len(group.paths)
    found = []
    for name, prompts in {group.name: group.prompts for group in groups}.items():
        title = name[0].upper() + name[1:]
        found.append(
            NewLabel(
                name,
                tuple(each for each in prompts if each not in taken) or (name,),
                title if title not in rules else f"{title} (discovered)",
                os.path.join(folder if folder.startswith("~") else os.path.abspath(folder), title, ""),
                f"found by `snapsortctl discover`: {count(sizes[name], 'image')}",
            )
        )
    return found


def _check(name: str, config: Config) -> None:
    if not name.strip() or name != name.strip() or not name.isprintable() or _UNFIT.search(name):
        raise SnapsortError("this cannot be the name of a label and a folder", "use letters, digits and spaces")
    if any(label.name == name for label in config.labels):
        raise SnapsortError(f"there is a label '{name}' already", "choose another name")
