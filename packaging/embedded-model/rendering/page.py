"""The output of a generator: a page for the browser, its class, and the processing of the picture afterwards."""

# ruff: noqa: E501 - markup stays in one piece

from __future__ import annotations

import colorsys
import html
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from rendering.text import Words


@dataclass(frozen=True)
class Page:
    """One image to be rendered: `width` by `height` are CSS pixels, 0 for as high as the content."""

    fine: str
    caption: str
    body: str
    width: int
    height: int = 0
    style: str = ""
    photographed: float = 0.0  # probability of being printed and photographed
    scanned: float = 0.0  # probability of being printed and scanned
    wall: bool = False  # photographed on a wall, not on a table
    tall: int = 3000  # maximum height in pixels
    side: int = 384  # longest side of the picture; about half of those with more keep it


@dataclass(frozen=True)
class Source:
    """The input of a generator: a random generator, words, and photos that may be used."""

    rng: random.Random
    words: Words
    photos: list[Path]
    styles: Path = Path()  # folder of published style sheets

    def latin(self) -> Words:
        """Return the words, or English ones if handwriting and display fonts lack the letters."""
        return Words(self.rng, "en") if self.words.language in {"ru", "el", "zh", "ja"} else self.words

    def photo(self) -> str:
        """Return the address of a random photo."""
        return self.rng.choice(self.photos).as_uri()


Generator = Callable[[Source], Page]


def tone(hue: float, light: float, saturation: float) -> str:
    """Return an HSL colour in CSS's hex form; all arguments are 0 to 1."""
    red, green, blue = colorsys.hls_to_rgb(hue % 1, min(max(light, 0), 1), min(max(saturation, 0), 1))
    return f"#{round(red * 255):02x}{round(green * 255):02x}{round(blue * 255):02x}"


@dataclass
class Theme:
    """Colours, fonts and shapes of one screen design, drawn once per page."""

    rng: random.Random
    dark: bool = field(init=False)

    def __post_init__(self) -> None:
        rng = self.rng
        self.dark = rng.random() < 0.4
        hue, cast = rng.random(), rng.choice([0, 0, 0.06, 0.15, 0.3])
        base = rng.uniform(0.03, 0.17) if self.dark else rng.choice([1.0, 1.0, 0.98, 0.96, 0.93])
        step = rng.uniform(0.03, 0.09)
        self.back = tone(hue, base, cast)
        self.panel = tone(hue, base + step if self.dark else base - step, cast)
        self.raised = tone(hue, base + 2 * step if self.dark else min(1.0, base + step), cast)
        self.ink = tone(hue, 0.92, cast) if self.dark else tone(hue, rng.uniform(0.02, 0.2), cast)
        self.dim = tone(hue, 0.6, cast / 2) if self.dark else tone(hue, rng.uniform(0.4, 0.55), cast / 2)
        self.line = tone(hue, base + 0.12 if self.dark else base - 0.12, cast)
        self.accent_hue = rng.random()
        self.accent = tone(self.accent_hue, rng.uniform(0.35, 0.6), rng.uniform(0.4, 1))
        self.second = tone(self.accent_hue + rng.choice([0.1, 0.33, 0.5]), rng.uniform(0.4, 0.6), rng.uniform(0.4, 1))
        self.radius = rng.choice([0, 2, 4, 6, 8, 12, 18])
        self.font = rng.choice(SANS) if rng.random() < 0.85 else rng.choice(SERIF)
        self.size = rng.choice([12, 13, 14, 15, 16])
        self.shadow = rng.choice(["none", "0 1px 3px #0004", "0 4px 14px #0003"])
        self.border = f"1px solid {self.line}" if rng.random() < 0.6 else "none"

    def css(self) -> str:
        """Return the CSS rules that every page of this design starts with."""
        return (
            f"*{{box-sizing:border-box}}body{{margin:0;background:{self.back};color:{self.ink};"
            f"font:{self.size}px/1.45 '{self.font}',sans-serif}}"
            f".dim{{color:{self.dim};font-size:.85em}}.card{{background:{self.raised};border:{self.border};"
            f"border-radius:{self.radius}px;box-shadow:{self.shadow};padding:12px}}"
            f".button{{display:inline-block;background:{self.accent};color:#fff;border-radius:{self.radius}px;"
            f"padding:.4em 1em}}.plain{{background:{self.panel};color:{self.ink}}}"
            f".row{{display:flex;align-items:center;gap:10px}}.grow{{flex:1;min-width:0}}img{{object-fit:cover}}"
            f"h1,h2,h3,p{{margin:0 0 .5em}}.cut{{white-space:nowrap;overflow:hidden;text-overflow:ellipsis}}"
        )


SANS = ("Inter", "Roboto", "Open Sans", "Lato", "Cantarell", "DejaVu Sans", "Liberation Sans", "Noto Sans", "Quicksand",
        "Carlito", "Poppins")  # fmt: skip
SERIF = ("EB Garamond", "Liberation Serif", "Noto Serif", "Caladea", "Playfair Display", "Merriweather", "P052", "C059")
MONO = ("DejaVu Sans Mono", "Liberation Mono", "Fira Code", "JetBrains Mono", "Hack", "Courier Prime",
        "VT323", "OCRA")  # fmt: skip
HAND = ("Caveat", "Patrick Hand", "Indie Flower", "Kalam", "Shadows Into Light", "Homemade Apple", "Reenie Beanie",
        "Gloria Hallelujah", "Nothing You Could Do", "Architects Daughter", "Covered By Your Grace",
        "Sue Ellen Francisco", "La Belle Aurore", "Cedarville Cursive", "Breip", "Kristi", "Femkeklaver",
        "Rufscript", "DkgHandwriting", "Dancing Script", "Steve", "Delphine", "Klee")  # fmt: skip
POSTER = (
    "Anton",
    "Oswald",
    "Bebas Neue",
    "Bangers",
    "Lobster",
    "Poppins",
    "Permanent Marker",
    "Roboto",
    "Playfair Display",
)


def safe(text: str) -> str:
    """Return the text as HTML."""
    return html.escape(text, quote=True)


def avatar(source: Source, size: int) -> str:
    """Return a round portrait: a photo or initials."""
    box = f"width:{size}px;height:{size}px;border-radius:{source.rng.choice([50, 50, 50, 20])}%;flex:none"
    if source.rng.random() < 0.5:
        return f"<img src='{source.photo()}' style='{box}'>"
    hue = tone(source.rng.random(), 0.5, 0.5)
    letter = safe(source.words.name()[0])
    return (
        f"<div style='{box};background:{hue};color:#fff;text-align:center;line-height:{size}px;"
        f"font-size:{size * 0.45}px'>{letter}</div>"
    )


def icon(theme: Theme, rng: random.Random, size: int = 18) -> str:
    """Return a small line drawing in the style of program icons."""
    paths = ("M3 12h18M3 6h18M3 18h18", "M12 3l9 8h-3v9h-5v-6h-2v6H6v-9H3z", "M4 4h16v12H8l-4 4z", "M5 12l5 5 9-11",
             "M12 21s-8-5-8-11a4 4 0 018-2 4 4 0 018 2c0 6-8 11-8 11z", "M3 6h7l2 2h9v11H3z", "M12 5v14M5 12h14",
             "M11 4a7 7 0 100 14 7 7 0 000-14zm5 12l5 5", "M6 3h9l4 4v14H6zM9 12h7M9 16h7",
             "M12 8a4 4 0 100 8 4 4 0 000-8zM12 2v3M12 19v3M2 12h3M19 12h3M5 5l2 2M17 17l2 2M5 19l2-2M17 7l2-2")  # fmt: skip
    ink = rng.choice([theme.dim, theme.ink, theme.accent])
    fill = ink if rng.random() < 0.3 else "none"
    return (
        f"<svg width={size} height={size} viewBox='0 0 24 24' fill='{fill}' stroke='{ink}' stroke-width=2 "
        f"style='flex:none'><path d='{rng.choice(paths)}'/></svg>"
    )
