"""All generators of browser pages, with the number of images of each."""

from __future__ import annotations

from rendering import (
    apps,
    art,
    cards,
    charts,
    coding,
    consoles,
    designs,
    figures,
    games,
    hand,
    memes,
    money,
    papers,
    pasted,
    screens,
    slides,
    viewers,
    web,
)
from rendering.page import Generator

MODULES = (
    papers,
    money,
    hand,
    slides,
    screens,
    apps,
    web,
    viewers,
    cards,
    memes,
    art,
    charts,
    figures,
    coding,
    designs,
    pasted,
    consoles,
    games,
)
BROWSER: dict[str, tuple[Generator, int]] = {name: entry for module in MODULES for name, entry in module.KINDS.items()}
