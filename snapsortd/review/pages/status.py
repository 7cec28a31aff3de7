"""What snapsortd does, what waits, and what needs attention."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from snapsortd.domain.text import count, display_path
from snapsortd.review.markup import Html, Part, tag
from snapsortd.review.pages.layout import page

Reply = Mapping[str, Any]

STATES = {
    "running": "Filing new images",
    "paused": "Paused: new images wait",
    "stopped": "Not running: new images wait in their folders",
    "starting": "Loading the model",
    "halted": "Halted",
}


def status_page(base: str, status: Reply, home: str) -> Html:
    """Return the state of the daemon, or of the journal where none runs."""
    state = status["state"]
    title = tag("h1", STATES.get(state, state))
    why = tag("p", status["reason"]) if status.get("reason") else None
    return page(
        base,
        "status",
        title,
        why,
        buttons(state),
        numbers(status),
        folders(status, home),
        problems(status, home),
        script="status",
    )


def buttons(state: str) -> Html | None:
    """Return what can be done about the state."""
    if state == "paused":
        return tag("p", tag("button", "Go on", type="button", class_="main", data_do="resume"), class_="row")
    if state == "stopped":
        return None
    return tag(
        "p",
        tag("button", "Pause for an hour", type="button", data_do="pause", data_seconds=3600),
        tag("button", "Pause", type="button", class_="quiet", data_do="pause"),
        class_="row",
    )


def numbers(status: Reply) -> Html:
    """Return the counts of the journal."""
    counted = (
        ("filed", "filed"),
        ("undone", "taken back"),
        ("queued", "waiting now"),
        ("quarantined", "not readable"),
        ("failed", "to be tried again"),
    )
    return tag(
        "dl",
        [tag("div", tag("dt", word), tag("dd", status.get(key, 0))) for key, word in counted],
        class_="numbers",
    )


def folders(status: Reply, home: str) -> Part:
    """Return the watched folders."""
    if not status.get("folders"):
        return None
    rows = [
        tag("li", tag("b", display_path(each["path"], home)), " ", tag("span", each["state"]))
        for each in status["folders"]
    ]
    return tag("h2", "Folders"), tag("ul", rows, class_="plain")


def problems(status: Reply, home: str) -> Part:
    """Return what needs attention."""
    found = status.get("problems") or ()
    if not found:
        return None
    rows = [
        tag("li", tag("b", display_path(each["path"], home)), tag("span", f" {each['outcome']}: {each['reason']}"))
        for each in found
    ]
    return tag("h2", count(len(found), "problem")), tag("ul", rows, class_="plain")
