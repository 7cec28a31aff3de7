"""The frame of every page: the head, the tabs, and what is said after an action."""

from __future__ import annotations

from snapsortd.review.markup import Html, Part, join, tag

TABS = (("", "Review"), ("history", "History"), ("rules", "Rules"), ("discover", "Discover"), ("status", "Status"))


def page(base: str, here: str, *content: Part, script: str = "", unsure: int | None = None) -> Html:
    """Return a whole page; `here` is the tab that is shown, `script` what runs it besides what all pages share."""
    title = next(name for address, name in TABS if address == here)
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", f"{title} – snapsortd"),
        tag("link", rel="stylesheet", href=f"{base}/static/review.css"),
        tag("link", rel="icon", href=f"{base}/static/icon.svg", type="image/svg+xml"),
        [tag("script", src=f"{base}/static/{name}.js", type="module") for name in ("common", script) if name],
    )
    tabs = [
        tag(
            "a",
            name,
            tag("span", unsure, class_="badge", data_unsure=unsure) if address == "" and unsure is not None else None,
            href=f"{base}/{address}",
            aria_current="page" if address == here else None,
        )
        for address, name in TABS
    ]
    header = tag(
        "header",
        tag("img", src=f"{base}/static/icon.svg", alt="", width=24, height=24),
        tag("nav", tabs, aria_label="Pages"),
        tag("button", "Undo ", tag("kbd", "z"), type="button", class_="quiet", data_do="undo"),
    )
    said = tag("div", role="status", aria_live="polite", id="said")
    body = tag("body", header, tag("main", *content, id="main", tabindex="-1"), said, data_base=base)
    return join(Html("<!doctype html>"), tag("html", head, body, lang="en"))


def picture(base: str, name: str, side: int = 480) -> Html:
    """Return an image's thumbnail, which is loaded when it comes into view; what it shows is said beside it."""
    return tag("img", src=f"{base}/picture/{name}/{side}", alt="", loading="lazy", decoding="async", draggable="false")


def keys(*pairs: tuple[str, str]) -> Html:
    """Return a list of keys and what they do."""
    return tag("dl", [(tag("dt", tag("kbd", key)), tag("dd", text)) for key, text in pairs], class_="keys")
