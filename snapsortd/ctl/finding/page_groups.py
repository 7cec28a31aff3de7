"""The groups that the review page shows, and the labels that are made of them there."""

from __future__ import annotations

import os
from typing import Any

from snapsortd.config import load_config
from snapsortd.config.edit.add_labels import add_labels
from snapsortd.ctl.backend import Backend
from snapsortd.ctl.finding.discover import Group, discover_left
from snapsortd.ctl.finding.new_labels import PICTURES, new_labels, renamed
from snapsortd.domain.errors import SnapsortError
from snapsortd.files.locations import Locations


class PageGroups:
    """The groups among the images that were left alone, as they were last found."""

    def __init__(self, here: Locations, backend: Backend) -> None:
        self._here = here
        self._backend = backend
        self._found: dict[str, Group] = {}

    def find(self) -> list[dict[str, Any]]:
        """Return the groups JSON-ready, the largest first. Raise ModelError, JournalError, ConfigError."""
        self._backend.commit()
        groups = discover_left(self._here, load_config(self._here.config_file, os.environ))
        self._found = {group.paths[0]: group for group in groups}
        return [group.to_json() for group in groups]

    def make_label(self, first: str, name: str) -> None:
        """Make a label, and a rule in shadow mode, of the group whose first example is at this path.

        Raise SnapsortError if it has not been found, or the name or the configuration does not allow it.
        """
        group = self._found.get(first)
        if group is None:
            raise SnapsortError("this group is not known", "reload the page")
        chosen = group if name == group.name else renamed(group, name)
        (label,) = new_labels([chosen], load_config(self._here.config_file, os.environ), PICTURES)
        add_labels(self._here.config_file, [label], os.environ)
