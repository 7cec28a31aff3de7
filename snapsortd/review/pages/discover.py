"""The groups of images that look alike among those that were left alone, each of which can become a label."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from snapsortd.domain.text import count, escape, listed
from snapsortd.review.markup import Html, join, tag
from snapsortd.review.pages.layout import page, picture

Reply = Mapping[str, Any]


def discover_page(base: str) -> Html:
    """Return the page without the groups, which it asks for: to find them takes a while."""
    about = (
        "Images that were left alone and look alike. A label made of a group gets a rule in shadow mode,"
        " which moves nothing until you make it live."
    )
    found = tag(
        "div", tag("p", "Looking for groups…", class_="empty"), id="found", aria_busy="true", aria_live="polite"
    )
    zoom = tag("dialog", tag("img", alt="", id="full"), id="zoom", aria_label="The image, large")
    return page(base, "discover", tag("h1", "Discover"), tag("p", about), found, zoom, script="discover")


def groups_found(base: str, groups: Sequence[tuple[Reply, Sequence[str]]]) -> Html:
    """Return the groups that are new, each with the names by which its examples are asked for."""
    new = [group_section(base, *each) for each in groups if not each[0]["label"]]
    known = list(dict.fromkeys(escape(group["label"]) for group, _ in groups if group["label"]))
    nothing = tag(
        "p",
        "No new groups: five images or more that look alike become one. ",
        tag("code", "snapsortctl discover FOLDER"),
        " looks among those of a folder.",
        class_="empty",
    )
    others = tag("p", f"Groups of {listed(known)} have a label already.") if known else None
    return join(tag("div", new, class_="groups") if new else nothing, others or "")


def group_section(base: str, group: Reply, images: Sequence[str]) -> Html:
    """Return one group: its examples, its name, and the button that makes a label of it."""
    name, size = group["name"], count(group["size"], "image")
    pictures = [
        tag(
            "li",
            tag(
                "button",
                picture(base, image),
                type="button",
                data_do="zoom",
                data_image=image,
                aria_label=f"Show {os.path.basename(path)} large",
            ),
        )
        for image, path in zip(images, group["examples"], strict=True)
    ]
    form = tag(
        "p",
        tag(
            "input",
            value=name,
            data_found=name,
            aria_label=f"Name of the group of {size}",
            autocomplete="off",
            maxlength=80,
        ),
        tag("button", "Make a label", type="button", class_="main", data_do="label"),
        class_="row",
    )
    return tag(
        "section",
        tag("h2", name, " ", tag("span", group["size"], class_="badge")),
        tag("p", f"the name is {group['certainty']}", class_="sure"),
        tag("ul", pictures, class_="examples", aria_label=f"Examples of {name}"),
        form,
        class_="rule",
        data_group=images[0],
    )
