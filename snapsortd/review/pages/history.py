"""What was done, newest first, with pictures."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from snapsortd.domain.text import display_path, score_text
from snapsortd.review.desk import PAGE
from snapsortd.review.markup import Html, tag
from snapsortd.review.pages.layout import page, picture

Reply = Mapping[str, Any]

DONE = {
    "move": "filed",
    "copy": "copied",
    "rename": "renamed",
    "trash": "put into the trash",
    "hardlink": "linked",
    "symlink": "linked",
    "tag": "tagged",
    "undo": "taken back",
    "redo": "filed again",
    "run": "handed to a command",
    "notify": "announced",
}
NOT_DONE = {"shadow": "would be filed, in shadow mode", "intent": "under way", "moved": "under way"}
UNDONE_BY_CLICK = frozenset({"move", "copy", "rename", "trash", "hardlink", "symlink", "tag", "redo"})


def history_page(
    base: str,
    entries: Sequence[Reply],
    total: int,
    shown: Mapping[str, str],
    rules: Sequence[str],
    labels: Sequence[str],
    home: str,
) -> Html:
    """Return the entries that the filters in `shown` let through."""
    heading = tag("h1", "History ", tag("span", total, class_="badge"))
    rows = tag("ul", [row(base, each, labels, home) for each in entries], class_="rows")
    older = None
    if len(entries) == PAGE:
        older = tag("button", "Older", type="button", data_do="older", data_before=entries[-1]["id"])
    nothing = None if entries else tag("p", "Nothing was done that fits.", class_="empty")
    return page(base, "history", heading, filters(shown, rules, labels), rows, nothing, older, script="history")


def filters(shown: Mapping[str, str], rules: Sequence[str], labels: Sequence[str]) -> Html:
    """Return the fields that choose what is listed."""

    def choice(name: str, title: str, values: Sequence[str]) -> Html:
        options = [tag("option", title, value="")]
        options += [tag("option", each, value=each, selected=shown[name] == each) for each in values]
        return tag("select", options, name=name, aria_label=title)

    return tag(
        "div",
        tag("input", name="text", type="search", placeholder="Name or folder", value=shown["text"], aria_label="Name"),
        choice("rule", "Any rule", rules),
        choice("label", "Any label", labels),
        tag("input", name="day", type="date", value=shown["day"], aria_label="Day"),
        class_="filters",
    )


def row(base: str, entry: Reply, labels: Sequence[str], home: str) -> Html:
    """Return one entry."""
    name = os.path.basename(entry["target"])
    is_done = entry["state"] == "done"
    what = DONE.get(entry["kind"], entry["kind"]) if is_done else NOT_DONE.get(entry["state"], entry["state"])
    score = f" {score_text(entry['score'])}" if entry["score"] is not None else ""
    facts = [tag("b", entry["label"], score)] if entry["label"] else []
    facts += [tag("span", entry["rule"])] if entry["rule"] else []
    can_undo = is_done and not entry["reversed_by"] and entry["kind"] in UNDONE_BY_CLICK and not entry["follows"]
    buttons = []
    if can_undo:
        buttons.append(tag("button", "Take back", type="button", data_do="take-back", aria_label=f"Take back {name}"))
        if entry["label"]:
            options = [tag("option", "Correct…", value="")]
            options += [tag("option", each, value=each) for each in labels if each != entry["label"]]
            buttons.append(tag("select", options, data_do="correct", aria_label=f"Correct the label of {name}"))
    return tag(
        "li",
        picture(base, entry["image"]),
        tag(
            "div",
            tag("span", name, class_="name"),
            tag("span", facts, class_="facts"),
            tag("span", f"{what} · {display_path(os.path.dirname(entry['target']), home)}", class_="where"),
            tag("time", when(entry["at"]), datetime=entry["at"]),
            " – taken back since" if entry["reversed_by"] else None,
            class_="about",
        ),
        tag("div", buttons, class_="actions"),
        class_="row",
        data_entry=entry["id"],
    )


def when(moment: str) -> str:
    """Return a time in ISO 8601 for display, to the minute."""
    return moment[:16].replace("T", " ")
