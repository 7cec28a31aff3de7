"""Rendered images for the classes whose photos all come from one source: papers, slides, memes, windows, charts.

Every image is drawn from a seeded generator with Pillow and fonts from PyPI (`font-*`), then, if it is paper, often
photographed: put at an angle on a background, shaded, blurred. Nothing here is a real document.
"""

from __future__ import annotations

import importlib.util
import itertools
from collections.abc import Callable
from functools import cache
from pathlib import Path

import data
import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

Rng = np.random.Generator
Colour = tuple[int, int, int]

FONTS = {
    "sans": ("font_roboto/files/Roboto-Regular.ttf", "font_manrope/files/Manrope-Regular.ttf"),
    "bold": ("font_roboto/files/Roboto-Bold.ttf", "font_manrope/files/Manrope-Bold.ttf"),
    "serif": ("font_source_serif_pro/files/SourceSerifPro-Regular.ttf", "font_caladea/files/Caladea-Regular.ttf"),
    "hand": ("font_amatic_sc/files/AmaticSC-Bold.ttf", "font_intuitive/files/Intuitive.ttf"),
    "poster": ("font_roboto/files/Roboto-Black.ttf", "font_fjallaone/files/FjallaOne-Regular.ttf"),
}
SYLLABLES = [
    "ba",
    "co",
    "di",
    "fe",
    "gu",
    "ha",
    "ki",
    "lo",
    "mu",
    "ne",
    "pa",
    "ri",
    "so",
    "ta",
    "ve",
    "wo",
    "an",
    "er",
    "in",
    "on",
    "st",
    "th",
    "al",
    "en",
    "or",
    "es",
]
INK: Colour = (25, 25, 30)


@cache
def font(kind: str, which: int, size: int) -> ImageFont.FreeTypeFont:
    """A font file of an installed font package at a size in pixels."""
    package, _, rest = FONTS[kind][which % len(FONTS[kind])].partition("/")
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"{package}: install the packages of requirements.txt")
    return ImageFont.truetype(Path(spec.origin).parent / rest, size)


def words(rng: Rng, count: int) -> str:
    """Made-up words."""
    return " ".join("".join(rng.choice(SYLLABLES, rng.integers(1, 5))) for _ in range(count))


def price(rng: Rng) -> str:
    return f"{rng.gamma(1.5, 12):.2f}"


def colour(rng: Rng, low: int = 0, high: int = 256) -> Colour:
    red, green, blue = (int(v) for v in rng.integers(low, high, 3))
    return red, green, blue


def paper(rng: Rng, low: int) -> Colour:
    """A pale colour, nearly grey."""
    tone = rng.integers(low, 250) + rng.integers(-8, 6, 3) + (4, 2, -4)
    red, green, blue = (int(v) for v in np.clip(tone, 0, 255))
    return red, green, blue


class Sheet:
    """A canvas with a pen that moves down the page."""

    def __init__(self, rng: Rng, width: int, height: int, back: Colour = (255, 255, 255)) -> None:
        self.rng, self.width, self.height = rng, width, height
        self.image = Image.new("RGB", (width, height), back)
        self.pen = ImageDraw.Draw(self.image)
        self.which, self.y = int(rng.integers(2)), int(height * rng.uniform(0.03, 0.1))
        self.left, self.right = int(width * rng.uniform(0.05, 0.12)), int(width * rng.uniform(0.86, 0.95))

    def write(self, text: str, size: int, kind: str = "sans", x: int | None = None, ink: Colour = INK) -> None:
        """One line at the pen; `x` defaults to the left margin."""
        self.pen.text((self.left if x is None else x, self.y), text, ink, font(kind, self.which, size))
        self.y += int(size * 1.35)

    def typed(self, text: str, size: int, ink: Colour = INK) -> None:
        """One line in fixed steps, like a till printer or a terminal."""
        step = size * 0.6
        for i, letter in enumerate(text[: int((self.width - self.left) / step)]):
            self.pen.text((self.left + i * step, self.y), letter, ink, font("sans", 0, size))
        self.y += int(size * 1.3)

    def paragraph(
        self,
        lines: int,
        size: int,
        kind: str = "serif",
        left: int | None = None,
        right: int | None = None,
        ink: Colour = INK,
    ) -> None:
        """Lines of made-up words between two margins, the last one short."""
        start, end = self.left if left is None else left, self.right if right is None else right
        face = font(kind, self.which, size)
        for i in range(lines):
            room = (end - start) * (self.rng.uniform(0.3, 0.8) if i == lines - 1 else 1)
            text = words(self.rng, 30)
            self.pen.text(
                (start, self.y), text[: max(3, int(len(text) * room / max(face.getlength(text), 1)))], ink, face
            )
            self.y += int(size * 1.45)

    def rows(self, count: int, columns: int, size: int, ruled: bool) -> None:
        """A table of words and numbers."""
        step = (self.right - self.left) // columns
        for _ in range(count):
            for column in range(columns):
                text = words(self.rng, 2)[:14] if column == 0 else price(self.rng)
                self.pen.text((self.left + column * step + 3, self.y), text, INK, font("sans", self.which, size))
                if ruled:
                    box = (
                        self.left + column * step,
                        self.y - 2,
                        self.left + (column + 1) * step,
                        self.y + int(size * 1.6),
                    )
                    self.pen.rectangle(box, outline=(150, 150, 150))
            self.y += int(size * 1.7)


def page(rng: Rng, back: Colour | None = None) -> Sheet:
    """An upright sheet of off-white paper."""
    width = int(rng.integers(420, 560))
    return Sheet(rng, width, int(width * rng.uniform(1.25, 1.5)), back or paper(rng, 225))


def receipt(rng: Rng) -> Sheet:
    sheet = Sheet(rng, int(rng.integers(230, 330)), int(rng.integers(400, 900)), paper(rng, 215))
    size = int(rng.integers(12, 17))
    sheet.write(words(rng, 2).upper(), size + int(rng.integers(2, 12)), "bold", int(sheet.width * 0.25))
    for _ in range(rng.integers(1, 4)):
        sheet.typed(words(rng, 3).title().center(26), size)
    sheet.typed(
        f"{rng.integers(1, 28):02}/{rng.integers(1, 13):02}/20{rng.integers(10, 27)} "
        f"{rng.integers(8, 22)}:{rng.integers(10, 60)}",
        size,
    )
    sheet.typed("-" * 30, size)
    while sheet.y < sheet.height * rng.uniform(0.55, 0.75):
        sheet.typed(
            f"{words(rng, 2)[:16].title() if rng.random() < 0.5 else words(rng, 2)[:16].upper():<18}{price(rng):>9}",
            size,
        )
    sheet.typed("-" * 30, size)
    for name in ("SUBTOTAL", "TAX", "TOTAL", "CASH", "CHANGE")[: rng.integers(2, 6)]:
        sheet.typed(f"{name:<18}{price(rng):>9}", size + (3 if name == "TOTAL" else 0))
    sheet.typed(
        rng.choice(["THANK YOU", "Thank you for your visit", "PLEASE COME AGAIN", "VIELEN DANK"]).center(26), size
    )
    if rng.random() < 0.4:
        for x in range(sheet.left, sheet.right, 3):
            sheet.pen.line((x, sheet.y + 5, x, sheet.y + 45), INK, int(rng.integers(1, 3)))
    return sheet


def invoice(rng: Rng) -> Sheet:
    sheet = page(rng, (255, 255, 255) if rng.random() < 0.6 else None)
    size = int(rng.integers(10, 14))
    sheet.write(words(rng, 2).title(), size + 10, "bold", ink=colour(rng, 0, 160))
    sheet.write(
        rng.choice(["INVOICE", "Invoice", "RECHNUNG", "Tax invoice", "Bill"]), size + 14, "bold", int(sheet.width * 0.6)
    )
    for _ in range(4):
        sheet.write(words(rng, 3).title(), size)
    sheet.write(
        f"No. {rng.integers(1000, 99999)}   Date {rng.integers(1, 28)}.{rng.integers(1, 13)}.20{rng.integers(10, 27)}",
        size,
    )
    sheet.y += size * 2
    sheet.rows(int(rng.integers(4, 12)), int(rng.integers(3, 6)), size, bool(rng.random() < 0.6))
    for name in ("Subtotal", "VAT", "Total due"):
        sheet.write(f"{name}   {price(rng)}", size + (2 if name == "Total due" else 0), "bold", int(sheet.width * 0.62))
    sheet.y += size
    sheet.paragraph(2, size - 2, "sans")
    return sheet


def document_page(rng: Rng) -> Sheet:
    sheet = page(rng, (255, 255, 255) if rng.random() < 0.5 else None)
    size, kind = int(rng.integers(8, 13)), str(rng.choice(["serif", "serif", "sans"]))
    if rng.random() < 0.6:
        sheet.write(words(rng, 4).capitalize(), size + 8, "bold")
    middle, top = (sheet.left + sheet.right) // 2, sheet.y
    for left, right in (
        ((sheet.left, middle - 8), (middle + 8, sheet.right)) if rng.random() < 0.35 else ((sheet.left, sheet.right),)
    ):
        sheet.y = top
        while sheet.y < sheet.height * 0.9:
            sheet.paragraph(int(rng.integers(2, 9)), size, kind, left, right)
            sheet.y += size
            if rng.random() < 0.2:
                sheet.write(words(rng, 3).title(), size + 3, "bold", left)
    return sheet


def letter_document(rng: Rng) -> Sheet:
    sheet = page(rng)
    size, kind = int(rng.integers(10, 14)), str(rng.choice(["serif", "sans"]))
    sheet.write(words(rng, 2).title(), size + 6, "bold", int(sheet.width * rng.choice([0.1, 0.6])), colour(rng, 0, 140))
    for _ in range(3):
        sheet.write(words(rng, 2).title(), size, kind)
    sheet.write(
        f"{rng.integers(1, 28)} {words(rng, 1).title()} 20{rng.integers(10, 27)}", size, kind, int(sheet.width * 0.65)
    )
    sheet.y += size * 2
    sheet.write(
        rng.choice(
            ["Dear Sir or Madam,", "Dear customer,", "To whom it may concern", "Sehr geehrte Damen und Herren,"]
        ),
        size,
        kind,
    )
    for _ in range(rng.integers(2, 4)):
        sheet.paragraph(int(rng.integers(2, 6)), size, kind)
        sheet.y += size
    sheet.write(rng.choice(["Yours sincerely", "Kind regards", "Best wishes"]), size, kind)
    sheet.write(words(rng, 2).title(), size * 2, "hand", ink=(20, 30, 110))
    return sheet


def form_document(rng: Rng) -> Sheet:
    sheet = page(rng)
    size = int(rng.integers(9, 13))
    sheet.write(words(rng, 3).upper(), size + 6, "bold")
    while sheet.y < sheet.height * 0.9:
        sheet.write(words(rng, 2).capitalize() + ":", size)
        if rng.random() < 0.6:
            sheet.pen.rectangle((sheet.left, sheet.y, sheet.right, sheet.y + size * 2), outline=(90, 90, 90))
        else:
            for x in range(sheet.left, sheet.right, size * 8):
                sheet.pen.rectangle((x, sheet.y + 3, x + size, sheet.y + 3 + size), outline=INK)
        if rng.random() < 0.6:
            sheet.pen.text((sheet.left + 6, sheet.y), words(rng, 2), (30, 30, 120), font("hand", sheet.which, size * 2))
        sheet.y += int(size * 2.6)
    return sheet


def handwritten_note(rng: Rng) -> Sheet:
    sheet = page(rng, paper(rng, 205))
    size = int(rng.integers(22, 36))
    ink = (20, 30, 110) if rng.random() < 0.6 else INK
    if rng.random() < 0.6:
        for y in range(sheet.y, sheet.height, int(size * 1.45)):
            sheet.pen.line((0, y + size * 1.2, sheet.width, y + size * 1.2), (150, 170, 210))
    while sheet.y < sheet.height * rng.uniform(0.6, 1.0):
        sheet.left = int(sheet.width * rng.uniform(0.05, 0.1))
        sheet.paragraph(1, size, "hand", right=int(sheet.width * rng.uniform(0.5, 0.98)), ink=ink)
    return sheet


def whiteboard(rng: Rng) -> Sheet:
    dark = rng.random() < 0.25
    sheet = Sheet(rng, 560, int(rng.integers(320, 440)), colour(rng, 20, 60) if dark else colour(rng, 222, 246))
    for _ in range(rng.integers(4, 10)):
        ink = (235, 235, 230) if dark else ((20, 20, 20), (190, 20, 30), (20, 60, 170), (20, 120, 50))[rng.integers(4)]
        x, y = int(rng.integers(10, 380)), int(rng.integers(10, sheet.height - 60))
        sheet.pen.text(
            (x, y), words(rng, int(rng.integers(1, 4))), ink, font("hand", sheet.which, int(rng.integers(24, 46)))
        )
        if rng.random() < 0.6:
            sheet.pen.line((x, y + 40, x + int(rng.integers(-80, 160)), y + int(rng.integers(20, 120))), ink, 3)
        if rng.random() < 0.3:
            sheet.pen.ellipse((x - 10, y - 5, x + 130, y + 55), outline=ink, width=3)
    sheet.pen.rectangle((0, 0, sheet.width - 1, sheet.height - 1), outline=(140, 140, 145), width=8)
    return sheet


def card(rng: Rng) -> Sheet:
    sheet = Sheet(rng, 420, 250, colour(rng, 180, 256))
    sheet.pen.rectangle((0, 0, 420, int(rng.integers(10, 70))), fill=colour(rng))
    sheet.y = 80
    sheet.write(words(rng, 2).title(), int(rng.integers(20, 30)), "bold")
    for _ in range(rng.integers(2, 6)):
        sheet.write(words(rng, 2), 14)
    return sheet


def id_card(rng: Rng) -> Sheet:
    sheet = card(rng)
    sheet.pen.rectangle((300, 85, 395, 205), fill=colour(rng, 120, 220), outline=INK)
    sheet.pen.ellipse((325, 105, 370, 155), fill=colour(rng, 100, 230))
    sheet.pen.pieslice((310, 155, 385, 250), 180, 360, fill=colour(rng))
    return sheet


def ticket(rng: Rng) -> Sheet:
    sheet = Sheet(rng, 520, int(rng.integers(180, 260)), colour(rng, 190, 256))
    sheet.write(
        rng.choice(["ADMIT ONE", "BOARDING PASS", "TICKET", "CONCERT", "FAHRKARTE"]),
        30,
        "poster",
        ink=colour(rng, 0, 150),
    )
    for _ in range(3):
        sheet.write(
            f"{words(rng, 1).title()}  {rng.integers(1, 99)}   {words(rng, 1).upper()}  "
            f"{rng.integers(1, 60)}{rng.choice(list('ABC'))}",
            17,
        )
    sheet.pen.line((390, 0, 390, sheet.height), (120, 120, 120), 2)
    for y in range(20, sheet.height - 20, 3):
        sheet.pen.line((430, y, 490, y), INK, int(rng.integers(1, 3)))
    return sheet


def plotted(sheet: Sheet, box: tuple[int, int, int, int]) -> None:
    """A bar, line, scatter or pie chart inside `box`."""
    rng, (left, top, right, bottom) = sheet.rng, box
    kind, count = rng.integers(4), int(rng.integers(4, 12))
    if kind == 3:
        angle, side = 0.0, min(right - left, bottom - top)
        for share in rng.dirichlet(np.ones(count) * 2) * 360:
            sheet.pen.pieslice((left, top, left + side, top + side), angle, angle + share, fill=colour(rng, 40, 240))
            angle += share
        return
    sheet.pen.line((left, top, left, bottom, right, bottom), (60, 60, 60), 2)
    for i in range(1, 5):
        y = bottom - (bottom - top) * i // 5
        sheet.pen.line((left, y, right, y), (200, 200, 200))
        sheet.pen.text((left - 26, y - 6), str(i * 20), (80, 80, 80), font("sans", 0, 11))
    step = (right - left) / count
    for series in range(rng.integers(1, 4)):
        ink = colour(rng, 20, 220)
        heights = bottom - rng.uniform(0.1, 0.95, count) * (bottom - top)
        points = [(left + step * (i + 0.5), float(h)) for i, h in enumerate(heights)]
        if kind == 0 and series == 0:
            for across, up in points:
                sheet.pen.rectangle((across - step * 0.35, up, across + step * 0.35, bottom), fill=ink)
        elif kind == 1:
            sheet.pen.line(points, ink, 3)
        elif kind == 2:
            for across, up in points:
                sheet.pen.ellipse((across - 4, up - 4, across + 4, up + 4), fill=ink)


def chart(rng: Rng) -> Sheet:
    sheet = Sheet(rng, 520, int(rng.integers(320, 520)), colour(rng, 240, 256))
    sheet.write(words(rng, 3).capitalize(), 20, "bold")
    plotted(sheet, (60, 60, 490, sheet.height - 40))
    return sheet


def slide(rng: Rng) -> Sheet:
    dark = rng.random() < 0.3
    sheet = Sheet(rng, 560, int(rng.choice([315, 420])), colour(rng, 0, 70) if dark else colour(rng, 225, 256))
    ink = (240, 240, 240) if dark else colour(rng, 0, 110)
    if rng.random() < 0.5:
        sheet.pen.rectangle((0, 0, 560, int(rng.integers(8, 70))), fill=colour(rng, 20, 200))
    sheet.write(words(rng, int(rng.integers(2, 5))).title(), int(rng.integers(28, 40)), "bold", ink=ink)
    sheet.y += 20
    half = rng.random() < 0.4
    for _ in range(rng.integers(2, 6)):
        sheet.write(
            "•  " + words(rng, int(rng.integers(1, 3) if half else rng.integers(2, 6))),
            int(rng.integers(17, 22)),
            ink=ink,
        )
    if half:
        plotted(sheet, (320, 110, 530, sheet.height - 40))
    sheet.pen.text((525, sheet.height - 24), str(rng.integers(1, 60)), ink, font("sans", 0, 14))
    return sheet


def table(rng: Rng) -> Sheet:
    sheet = Sheet(rng, 520, int(rng.integers(300, 520)), (255, 255, 255))
    size, columns = int(rng.integers(11, 16)), int(rng.integers(3, 7))
    sheet.pen.rectangle((sheet.left, sheet.y - 2, sheet.right, sheet.y + int(size * 1.6)), fill=colour(rng, 150, 240))
    sheet.rows((sheet.height - sheet.y) // int(size * 1.7), columns, size, bool(rng.random() < 0.7))
    return sheet


def diagram(rng: Rng) -> Sheet:
    sheet = Sheet(rng, 520, int(rng.integers(320, 520)), colour(rng, 242, 256))
    spots = [(int(x), int(y)) for x in (30, 200, 370) for y in range(30, sheet.height - 80, 100) if rng.random() < 0.7]
    fill = colour(rng, 170, 256)
    for (x, y), (u, v) in itertools.pairwise(spots):
        sheet.pen.line((x + 60, y + 25, u + 60, v + 25), (70, 70, 70), 2)
        sheet.pen.polygon([(u + 60, v), (u + 54, v - 10), (u + 66, v - 10)], fill=(70, 70, 70))
    for x, y in spots:
        shape = sheet.pen.ellipse if rng.random() < 0.25 else sheet.pen.rectangle
        shape((x, y, x + 120, y + 50), fill=fill, outline=(60, 60, 60), width=2)
        sheet.pen.text((x + 12, y + 16), words(rng, 1)[:12], INK, font("sans", sheet.which, 15))
    return sheet


def window(sheet: Sheet, box: tuple[int, int, int, int], dark: bool) -> None:
    """A program window: title bar, buttons, fields or text."""
    rng, (left, top, right, bottom) = sheet.rng, box
    back, ink = ((45, 46, 52), (220, 220, 220)) if dark else (colour(rng, 235, 256), (40, 40, 40))
    sheet.pen.rectangle(box, fill=back, outline=(120, 120, 120))
    sheet.pen.rectangle((left, top, right, top + 24), fill=(60, 62, 70) if dark else colour(rng, 190, 245))
    sheet.pen.text((left + 10, top + 4), words(rng, 2).title(), ink, font("sans", sheet.which, 13))
    for i in range(3):
        sheet.pen.ellipse((right - 18 - i * 18, top + 7, right - 8 - i * 18, top + 17), fill=colour(rng, 90, 240))
    y = top + 36
    while y < bottom - 45:
        text = words(rng, 2).capitalize()
        sheet.pen.text((left + 36, y), text, ink, font("sans", sheet.which, 13))
        kind = rng.integers(4)
        if kind == 0:
            sheet.pen.rectangle((left + 14, y + 1, left + 27, y + 14), outline=ink)
        elif kind == 1:
            sheet.pen.rectangle((right - 130, y - 2, right - 16, y + 18), outline=(140, 140, 140))
        elif kind == 2:
            sheet.pen.rounded_rectangle((right - 60, y, right - 20, y + 16), 8, fill=colour(rng, 60, 220))
        y += int(rng.integers(22, 34))
    for i in range(2):
        sheet.pen.rectangle(
            (right - 90 - i * 90, bottom - 32, right - 14 - i * 90, bottom - 10), outline=(120, 120, 120)
        )
        sheet.pen.text((right - 72 - i * 90, bottom - 29), ("OK", "Cancel")[i], ink, font("sans", sheet.which, 13))


def settings_dialog(rng: Rng) -> Sheet:
    sheet = Sheet(rng, int(rng.integers(380, 640)), int(rng.integers(260, 480)))
    window(sheet, (0, 0, sheet.width - 1, sheet.height - 1), bool(rng.random() < 0.4))
    return sheet


def desktop(rng: Rng, wallpaper: Image.Image) -> Sheet:
    sheet = Sheet(rng, 720, int(rng.choice([405, 450, 540])))
    sheet.image.paste(
        wallpaper.resize(sheet.image.size)
        if rng.random() < 0.7
        else Image.new("RGB", sheet.image.size, colour(rng, 20, 160))
    )
    for i in range(rng.integers(0, 7)):
        sheet.pen.rounded_rectangle((16, 16 + i * 58, 48, 48 + i * 58), 6, fill=colour(rng, 60, 250))
        sheet.pen.text((12, 50 + i * 58), words(rng, 1)[:8], (255, 255, 255), font("sans", 0, 10))
    for _ in range(rng.integers(1, 4)):
        x, y = int(rng.integers(60, 300)), int(rng.integers(10, 120))
        window(
            sheet, (x, y, x + int(rng.integers(260, 400)), y + int(rng.integers(180, 260))), bool(rng.random() < 0.4)
        )
    bar = (0, sheet.height - 28, 720, sheet.height) if rng.random() < 0.7 else (0, 0, 720, 22)
    sheet.pen.rectangle(bar, fill=colour(rng, 10, 60) if rng.random() < 0.6 else colour(rng, 215, 250))
    for i in range(rng.integers(3, 9)):
        sheet.pen.rounded_rectangle((8 + i * 34, bar[1] + 3, 30 + i * 34, bar[3] - 3), 4, fill=colour(rng, 60, 250))
    return sheet


def chat_screenshot(rng: Rng) -> Sheet:
    dark = rng.random() < 0.4
    sheet = Sheet(rng, 360, int(rng.integers(560, 780)), colour(rng, 10, 40) if dark else colour(rng, 225, 256))
    mine, theirs = colour(rng, 60, 220), (60, 62, 68) if dark else (255, 255, 255)
    sheet.pen.rectangle((0, 0, 360, 56), fill=colour(rng, 30, 200))
    sheet.pen.text((60, 20), words(rng, 2).title(), (255, 255, 255), font("bold", sheet.which, 17))
    y = 70
    while y < sheet.height - 90:
        height, own = int(rng.integers(1, 4)) * 20 + 14, rng.random() < 0.5
        left = int(rng.integers(70, 150)) if own else 12
        box = (left, y, 348 if own else int(rng.integers(210, 300)), y + height)
        sheet.pen.rounded_rectangle(box, 12, fill=mine if own else theirs)
        sheet.y = y + 6
        sheet.paragraph((height - 14) // 20, 14, "sans", left + 10, box[2] - 8, (240, 240, 240) if dark or own else INK)
        y += height + int(rng.integers(8, 20))
    sheet.pen.rounded_rectangle(
        (10, sheet.height - 50, 300, sheet.height - 12), 18, fill=theirs, outline=(150, 150, 150)
    )
    return sheet


def meme(rng: Rng, photo: Image.Image) -> Sheet:
    width = int(rng.integers(380, 520))
    height = int(width * rng.uniform(0.6, 1.2))
    photo = photo.resize((width, height))
    if rng.random() < 0.35:  # caption above the picture
        head = int(rng.integers(60, 120))
        sheet = Sheet(rng, width, height + head)
        sheet.image.paste(photo, (0, head))
        sheet.y = 10
        sheet.paragraph(head // 34, 23, str(rng.choice(["bold", "sans"])), 12, width - 12)
        return sheet
    sheet = Sheet(rng, width, height)
    sheet.image.paste(photo)
    size = int(rng.integers(28, 50))
    for y in (6, height - size * 1.4)[: 1 if rng.random() < 0.2 else 2]:
        text = words(rng, int(rng.integers(2, 5))).upper()
        face = font("poster", sheet.which, size)
        while face.getlength(text) > width * 0.96 and " " in text:
            text = text.rsplit(" ", 1)[0]
        x = (width - face.getlength(text)) / 2
        sheet.pen.text((x, y), text, (255, 255, 255), face, stroke_width=3, stroke_fill=(0, 0, 0))
    return sheet


def photographed(sheet: Image.Image, rng: Rng, background: Image.Image) -> Image.Image:
    """The sheet as a phone would see it: turned and tilted on a background, unevenly lit, a little blurred."""
    width, height = sheet.size
    margin = int(max(sheet.size) * rng.uniform(0.02, 0.3))
    full = (width + 2 * margin, height + 2 * margin)
    desk = paper(rng, 20)
    plain = (
        Image.new("RGB", full, desk if rng.random() < 0.7 else colour(rng, 30, 200))
        if rng.random() < 0.6
        else background.resize(full)
    )
    jitter = rng.uniform(-0.07, 0.07, 8) * min(sheet.size)
    corners = (
        np.array([margin, margin, margin + width, margin, margin + width, margin + height, margin, margin + height])
        + jitter
    )
    rows, wanted = [], np.array([0, 0, width, 0, width, height, 0, height], float)
    for (x, y), (u, v) in zip(corners.reshape(4, 2), wanted.reshape(4, 2), strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
    warp = np.linalg.solve(np.array(rows), wanted).tolist()
    mask = Image.new("L", sheet.size, 255).transform(full, Image.Transform.PERSPECTIVE, warp)
    plain.paste(sheet.transform(full, Image.Transform.PERSPECTIVE, warp, Image.Resampling.BILINEAR), (0, 0), mask)
    plain = plain.rotate(float(rng.normal(0, 6)), Image.Resampling.BILINEAR, fillcolor=desk)
    light = Image.fromarray(rng.uniform(110, 255, (3, 3)).astype(np.uint8)).resize(full, Image.Resampling.BICUBIC)
    lit = np.asarray(plain, np.float32) * (np.asarray(light, np.float32)[..., None] / 255) + rng.normal(
        0, rng.uniform(1, 9), (*full[::-1], 3)
    )
    return Image.fromarray(np.clip(lit, 0, 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(rng.uniform(0, 1.3)))


PAPER: dict[str, tuple[Callable[[Rng], Sheet], float]] = {  # how to draw it, and how often it is photographed
    "receipt": (receipt, 0.7),
    "invoice": (invoice, 0.3),
    "document_page": (document_page, 0.35),
    "letter_document": (letter_document, 0.45),
    "form_document": (form_document, 0.35),
    "handwritten_note": (handwritten_note, 0.6),
    "whiteboard": (whiteboard, 0.4),
    "business_card": (card, 0.6),
    "id_card": (id_card, 0.6),
    "ticket": (ticket, 0.5),
    "slide": (slide, 0.08),
    "table": (table, 0.15),
    "chart": (chart, 0.03),
    "diagram": (diagram, 0.05),
    "settings_dialog": (settings_dialog, 0.0),
    "chat_screenshot": (chat_screenshot, 0.0),
}
WITH_PHOTO: dict[str, Callable[[Rng, Image.Image], Sheet]] = {"meme": meme, "desktop_screenshot": desktop}
SHARES = {
    "receipt": 1.5,
    "meme": 2.5,
    "slide": 1.5,
    "desktop_screenshot": 1.5,
    "document_page": 1.3,
    "business_card": 0.4,
    "id_card": 0.4,
    "ticket": 0.5,
    "whiteboard": 0.8,
    "chart": 0.6,
}
COARSE = {
    "receipt": "receipt",
    "meme": "meme",
    "table": "graphic",
    "chart": "graphic",
    "diagram": "graphic",
    "settings_dialog": "screenshot",
    "chat_screenshot": "screenshot",
    "desktop_screenshot": "screenshot",
}


def render_items(count: int, photos: list[data.Pixels], seed: int) -> tuple[list[data.Item], data.Pixels]:
    """About `count` images with their items; `photos` serve as wallpapers, backgrounds and under memes."""
    rng = np.random.default_rng(seed)
    kinds = [*PAPER, *WITH_PHOTO]
    total = sum(SHARES.get(kind, 1.0) for kind in kinds)
    items: list[data.Item] = []
    pixels = np.zeros((0, data.SIDE, data.SIDE, 3), np.uint8)
    drawn: list[data.Pixels] = []
    for kind in kinds:
        for number in range(round(count * SHARES.get(kind, 1.0) / total)):
            photo = Image.fromarray(np.asarray(photos[int(rng.integers(len(photos)))]))
            if kind in WITH_PHOTO:
                image = WITH_PHOTO[kind](rng, photo).image
            else:
                draw, chance = PAPER[kind]
                image = draw(rng).image
                if rng.random() < chance:
                    image = photographed(image, rng, photo)
            drawn.append(np.asarray(image.resize((data.SIDE, data.SIDE), Image.Resampling.BICUBIC)))
            items.append(
                data.Item(
                    Path(f"rendered/{kind}-{number}"), kind, COARSE.get(kind, "document"), "train", "rendered", "", ""
                )
            )
    return items, np.stack(drawn) if drawn else pixels
