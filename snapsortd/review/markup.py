"""HTML as a value: whatever is not HTML already is escaped, so that no name of a file can become a part of a page."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from snapsortd.domain import text

VOID = frozenset({"input", "img", "link", "meta"})


class Html(str):
    """Text that is HTML."""

    __slots__ = ()


Part = str | int | None | Iterable["Part"]
"""What an element may contain: HTML, text that is escaped, None for nothing, or several of these."""


def tag(name: str, /, *parts: Part, **attributes: str | int | bool | None) -> Html:
    """Return an element. `class_` is the attribute `class`, `data_id` is `data-id`; None and False leave it out."""
    head = "".join(
        f" {key.rstrip('_').replace('_', '-')}" + ("" if value is True else f'="{_plain(str(value))}"')
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    return Html(f"<{name}{head}>" if name in VOID else f"<{name}{head}>{join(*parts)}</{name}>")


def join(*parts: Part) -> Html:
    """Return several parts as one."""
    return Html("".join(_html(each) for each in parts))


def _html(part: Part) -> str:
    if part is None:
        return ""
    if isinstance(part, Html):
        return part
    if isinstance(part, (str, int)):
        return _plain(str(part))
    return "".join(map(_html, part))


def _plain(value: str) -> str:
    return escape(text.escape(value))
