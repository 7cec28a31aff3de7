"""The pages, with what they show: each is answered from the journal."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from snapsortd.config import Config
from snapsortd.review.desk import PAGE, Desk
from snapsortd.review.markup import Html
from snapsortd.review.pages.discover import discover_page, groups_found
from snapsortd.review.pages.history import history_page
from snapsortd.review.pages.rules import rules_page
from snapsortd.review.pages.status import status_page
from snapsortd.review.pages.unsure import cards, sorted_groups, unsure_page
from snapsortd.vision.previews import Previews

LATELY = 8
"""Images that are shown for each rule."""


class Views:
    """The pages of one `snapsortctl review`."""

    def __init__(
        self,
        base: str,
        desk: Desk,
        previews: Previews,
        config: Callable[[], Config],
        status: Callable[[], Mapping[str, Any]],
        groups: Callable[[], Sequence[Mapping[str, Any]]],
    ) -> None:
        """`config` reads the configuration anew, `status` asks the daemon, or the journal where none runs.

        `groups` finds the groups of images that look alike.
        """
        self.base = base
        self._desk = desk
        self._previews = previews
        self._config = config
        self._status = status
        self._groups = groups
        self._home = os.path.expanduser("~")

    @property
    def pages(self) -> dict[str, Callable[..., Html]]:
        """The pages by their addresses."""
        return {
            "/": self.review,
            "/cards": self.cards,
            "/history": self.history,
            "/rules": self.rules,
            "/discover": self.discover,
            "/groups": self.groups,
            "/status": self.status,
        }

    def review(self) -> Html:
        """Return the unsure images in groups."""
        found = sorted_groups(self._desk.backend.unsure()["groups"])
        groups = [(group, self._desk.group(group["kind"], group["rule"])) for group in found]
        return unsure_page(self.base, groups, self._labels(), self._home)

    def cards(self, kind: str, rule: str = "", before: int | None = None) -> Html:
        """Return the next images of a group."""
        return cards(self.base, self._desk.group(kind, rule, before), self._home)

    def history(
        self,
        rule: str | None = None,
        label: str | None = None,
        day: str | None = None,
        text: str | None = None,
        before: int | None = None,
    ) -> Html:
        """Return what was done, newest first."""
        times = {"since": f"{day}T00:00:00", "until": f"{day}T23:59:59.999999"} if day else {}
        chosen = {"rule": rule, "label": label, "text": text, **times}
        asked = {name: value for name, value in chosen.items() if value is not None}
        found = self._desk.backend.log(PAGE, before=before, **asked)
        entries = [{**each, "image": self._know(each)} for each in found["entries"]]
        rules = [each.name for each in self._config().rules]
        shown = {"rule": rule or "", "label": label or "", "day": day or "", "text": text or ""}
        return history_page(self.base, entries, found["total"], shown, rules, self._labels(), self._home)

    def _know(self, entry: Mapping[str, Any]) -> str:
        """Return the name of the image of an entry, where it is now, or else where it was."""
        places = (entry["target"], entry["source"])
        return self._desk.know(next((each for each in places if os.path.lexists(each)), places[0]))

    def rules(self) -> Html:
        """Return the rules, with what each took lately."""
        taken = {each["name"]: each for each in self._desk.backend.stats(None, None)["rules"]}
        rows = []
        for rule in self._config().rules:
            entries = self._desk.backend.log(LATELY, rule=rule.name)["entries"] if rule.name in taken else []
            lately = [{**each, "image": self._know(each)} for each in entries if each["kind"] != "undo"]
            rows.append((rule, taken.get(rule.name, {"filed": 0, "undone": 0}), lately))
        return rules_page(self.base, rows)

    def discover(self) -> Html:
        """Return the page of groups, which are found when it asks for them."""
        return discover_page(self.base)

    def groups(self) -> Html:
        """Return the groups of images that look alike."""
        return groups_found(
            self.base, [(group, [self._desk.know(path) for path in group["examples"]]) for group in self._groups()]
        )

    def status(self) -> Html:
        """Return what the daemon does, and what waits."""
        return status_page(self.base, self._status(), self._home)

    def picture(self, name: str, side: int) -> bytes:
        """Return an image that a page was told of, as JPEG; empty for any other one, or if it can't be read."""
        path = self._desk.path_of(name)
        return self._previews.picture(path, side) if path is not None else b""

    def _labels(self) -> list[str]:
        return [label.name for label in self._config().labels]
