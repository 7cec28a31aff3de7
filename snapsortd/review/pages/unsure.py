"""The review: unsure images in groups, by what snapsortd would do with them."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from typing import Any

from snapsortd.domain.text import display_path, escape, score_text
from snapsortd.review.desk import PAGE
from snapsortd.review.markup import Html, Part, tag
from snapsortd.review.pages.layout import keys, page, picture

Reply = Mapping[str, Any]

SHOWN_FOLDERS = 2
ORDER = ("left", "shadow", "filed", "undone", "offered", "quarantined")
KEYS = (
    ("Enter", "file as suggested"),
    ("1 – 9", "file as that label"),
    ("l", "leave it where it is"),
    ("c", "choose another label"),
    ("z", "undo"),
    ("← ↑ ↓ →", "go to another image"),
    ("Space", "select; with Shift and arrows, several"),
    ("a", "select all of this group"),
    ("Esc", "select none"),
    ("f", "show it large"),
    ("o", "open it"),
    ("r", "show it in its folder"),
    ("?", "these keys"),
)


def titles(kind: str, rule: str) -> tuple[str, str, str]:
    """Return the title of a group, why its images are here, and the words of what Enter does."""
    if kind == "left" and rule:
        return (
            f"{rule}?",
            "they just missed the threshold of this rule, and stayed where they were",
            "File as suggested",
        )
    return {
        "left": ("Between two labels", "no rule matched, and the two best labels are close", "Label as suggested"),
        "shadow": (f"{rule}, on trial", "the rule is in shadow mode: nothing was moved yet", "File as suggested"),
        "filed": (f"Filed by {rule}", "they were filed, but another label was close", "It is right"),
        "undone": ("Taken back", "they were filed, and that was undone", "File again as suggested"),
        "offered": ("Your rules have changed", "the rules of now would file these", "File by the rules of now"),
        "quarantined": ("Not readable", "they were tried, and are left alone until they change", "Try again"),
    }[kind]


def sorted_groups(groups: Sequence[Reply]) -> list[Reply]:
    """Return the groups in the order of the page: what is to be decided first, what needs only a look last."""
    return sorted(groups, key=lambda group: (ORDER.index(group["kind"]), not group["rule"], group["rule"]))


def unsure_page(base: str, groups: Sequence[tuple[Reply, Sequence[Reply]]], labels: Sequence[str], home: str) -> Html:
    """Return the page with the first images of each group."""
    total = sum(group["count"] for group, _ in groups)
    sections = [section(base, group, images, home) for group, images in groups]
    nothing = tag(
        "section",
        tag("h1", "Nothing to review"),
        tag("p", "snapsortd is sure about everything it has seen. New doubts will be listed here."),
        id="nothing",
        class_="empty",
        hidden=total > 0,
    )
    grids = tag("div", tag("h1", "Review", class_="hidden"), sections, nothing, id="groups")
    content: list[Part] = [tag("div", grids, side_panel(labels) if total else None, class_="desk"), help_dialog()]
    return page(base, "", *content, script="review", unsure=total)


def section(base: str, group: Reply, images: Sequence[Reply], home: str) -> Html:
    """Return one group."""
    kind, rule = group["kind"], group["rule"]
    title, why, what = titles(kind, rule)
    head = tag(
        "div",
        tag("h2", title, " ", tag("span", group["count"], class_="badge")),
        tag("p", why),
        tag(
            "button", what, ", all ", tag("span", group["count"], class_="number"), type="button", data_do="accept-all"
        ),
        tag("button", "Leave all", type="button", class_="quiet", data_do="leave-all"),
        class_="head",
    )
    grid = tag(
        "ul",
        cards(base, images, home),
        role="listbox",
        aria_multiselectable="true",
        aria_label=title,
        class_="grid",
    )
    return tag("section", head, grid, class_="group", data_kind=kind, data_rule=rule, data_what=what)


def cards(base: str, images: Sequence[Reply], home: str) -> Html:
    """Return the images of a group, and a mark from where on more are fetched, if there may be more."""
    found = [card(base, image, home) for image in images]
    more = (
        tag("li", class_="more", role="presentation", data_before=images[-1]["number"]) if len(images) == PAGE else None
    )
    return Html("".join([*found, more or ""]))


def card(base: str, image: Reply, home: str) -> Html:
    """Return one image with what the keys and the panel need to know about it."""
    name = os.path.basename(image["path"])
    best = image["labels"][0] if image["labels"] else None
    label = f"{best['label']} {score_text(best['score'])}" if best else image["outcome"]
    where = whereto(best, image) if best else ""
    facts = {
        "name": escape(name),
        "path": display_path(image["path"], home),
        "why": reason(image),
        "labels": [
            {
                "label": each["label"],
                "share": each["score"],
                "score": score_text(each["score"]),
                "target": whereto(each, image),
                "folder": display_path(os.path.dirname(each["target"]), home),
            }
            for each in image["labels"]
        ],
    }
    return tag(
        "li",
        picture(base, image["id"]),
        tag("span", name, class_="name"),
        tag("span", tag("b", label), class_="guess"),
        tag("span", where, class_="guess") if where else None,
        role="option",
        tabindex="-1",
        aria_selected="false",
        aria_label=f"{name}: {label} {where}".strip(),
        class_="card",
        data_id=image["id"],
        data_image=json.dumps(facts),
    )


def whereto(label: Reply, image: Reply) -> str:
    """Return where an image with this label would go: the end of the folder's path."""
    if not label["target"]:
        return "stays" if not label["rule"] else f"→ {escape(label['rule'])}"
    folder = os.path.dirname(label["target"])
    end = "/".join(folder.split("/")[-SHOWN_FOLDERS:])
    return "stays" if folder == os.path.dirname(image["path"]) else f"→ {escape(end)}"


def reason(image: Reply) -> str:
    """Return why an image is here, in words: that of the rule which came closest, or else of the outcome."""
    rules = image["rules"]
    near = next((each for each in rules if each.get("near")), None) or next((e for e in rules if e["matched"]), None)
    if near is not None:
        return escape(f"{near['rule']}: {'; '.join(near['reasons'])}")
    return escape(image["reason"])


def side_panel(labels: Sequence[str]) -> Html:
    """Return the panel that shows the image which the keys are about."""
    buttons = [
        tag("button", tag("span", text), " ", tag("kbd", key), type="button", data_do=what, class_=style)
        for text, key, what, style in (
            ("File as suggested", "Enter", "accept", "main"),
            ("Leave", "l", "leave", None),
            ("Other label…", "c", "correct", None),
            ("Open", "o", "open", "quiet"),
            ("Folder", "r", "reveal", "quiet"),
            ("Keys", "?", "help", "quiet"),
        )
    ]
    chooser = tag(
        "dialog",
        tag("h2", "Which label is right?"),
        tag("input", id="label", list="labels", autocomplete="off", aria_label="Label"),
        tag("datalist", [tag("option", value=label) for label in labels], id="labels"),
        tag("p", tag("button", "File", type="button", class_="main", data_do="chosen"), class_="row"),
        id="chooser",
        aria_label="Which label is right?",
    )
    return tag(
        "aside",
        tag("button", tag("img", alt="", id="large"), type="button", data_do="zoom", aria_label="Show it large"),
        tag("div", tag("h2", id="name"), tag("p", id="why"), class_="about"),
        tag("div", id="bars"),
        tag("div", buttons, class_="actions"),
        chooser,
        tag("dialog", tag("img", alt="", id="full"), id="zoom", aria_label="The image, large"),
        id="panel",
        aria_label="The image",
    )


def help_dialog() -> Html:
    """Return the list of keys."""
    return tag("dialog", tag("h2", "Keys"), keys(*KEYS), id="help", aria_label="Keys")
