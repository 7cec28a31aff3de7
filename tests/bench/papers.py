"""Receipts, screenshots and documents with known text, seeded: clean, and as cameras and scanners see them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from io import BytesIO
from random import Random
from types import MappingProxyType

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont
TYPEFACES = ("DejaVuSans.ttf", "DejaVuSansMono.ttf", "LiberationSerif-Regular.ttf", "LiberationSans-Regular.ttf")
"""Drawn with in turn, as far as they are installed."""
SHOPS = {
    "de": ("REWE", "EDEKA Nord", "Bäckerei Grünwald", "Buchhandlung Löwe"),
    "en": ("TESCO Express", "Green Grocer", "Harbour Books", "City Hardware"),
    "fr": ("Carrefour City", "Boulangerie Dupré", "Pharmacie du Marché", "Monoprix"),
}
GOODS = {
    "de": ("Vollmilch", "Bananen", "Kaffee Crema", "Schokolade", "Käse", "Äpfel", "Brötchen", "Spülmittel"),
    "en": ("Whole milk", "Bananas", "Ground coffee", "Chocolate", "Cheddar", "Apples", "Bread rolls", "Washing up"),
    "fr": ("Lait entier", "Bananes", "Café moulu", "Chocolat", "Fromage", "Pommes", "Pain complet", "Crème fraîche"),
}
TOTAL = {"de": "SUMME EUR", "en": "TOTAL", "fr": "TOTAL TTC"}
PAID = {"de": "Gegeben BAR", "en": "CASH", "fr": "Espèces"}
SENTENCES = {
    "de": (
        "Vielen Dank für Ihren Auftrag, den wir gern ausgeführt haben.",
        "Bitte überweisen Sie den Betrag innerhalb von vierzehn Tagen.",
        "Die Ware bleibt bis zur vollständigen Bezahlung unser Eigentum.",
        "Bei Fragen erreichen Sie uns werktags von neun bis siebzehn Uhr.",
    ),
    "en": (
        "Thank you for your order, which we were glad to carry out.",
        "Please transfer the amount within fourteen days of this date.",
        "The goods remain our property until they are paid in full.",
        "If you have questions, call us on weekdays between nine and five.",
    ),
    "fr": (
        "Nous vous remercions de votre commande, exécutée avec soin.",
        "Veuillez régler le montant dans un délai de quatorze jours.",
        "La marchandise reste notre propriété jusqu'au paiement complet.",
        "Pour toute question, appelez-nous en semaine de neuf à dix-sept heures.",
    ),
}
DUE = {"de": "Gesamtbetrag", "en": "Total due", "fr": "Montant total"}
WINDOWS = {
    "de": ("Einstellungen", "Helligkeit", "Töne und Vibration", "Bildschirmsperre", "Speicher", "Über das Gerät"),
    "en": ("Settings", "Brightness", "Sounds and vibration", "Screen lock", "Storage", "About this device"),
    "fr": ("Paramètres", "Luminosité", "Sons et vibrations", "Écran verrouillé", "Stockage", "À propos de l'appareil"),
}


@dataclass(frozen=True)
class Paper:
    """An image and the truth about it: its lines, its title, its date and its amount, where it has them."""

    image: Image.Image
    lines: tuple[str, ...]
    title: str
    date: str = ""
    amount: str = ""


class Sheet:
    """Draws lines from top to bottom and remembers them."""

    def __init__(self, width: int, margin: int, ink: str, paper: str, font: Callable[[int], Font]) -> None:
        self._image = Image.new("RGB", (width, 4000), paper)
        self._draw = ImageDraw.Draw(self._image)
        self._margin, self._ink, self._font = margin, ink, font
        self._top: float = margin
        self.lines: list[str] = []

    def line(self, left: str, size: int, right: str = "") -> None:
        """Draw a line, of which `right` ends at the margin."""
        font = self._font(size)
        self._draw.text((self._margin, self._top), left, self._ink, font)
        if right:
            at = self._image.width - self._margin - self._draw.textlength(right, font)
            self._draw.text((at, self._top), right, self._ink, font)
        self._top += 1.6 * size
        self.lines.append(f"{left} {right}".strip())

    def gap(self, height: int) -> None:
        """Leave space."""
        self._top += height

    def image(self) -> Image.Image:
        """Return the part that was drawn on."""
        return self._image.crop((0, 0, self._image.width, round(self._top + self._margin)))


def receipt(chance: Random, font: Callable[[int], Font]) -> Paper:
    """Return a till receipt: a shop, goods with prices, a total, cash and a date."""
    language = chance.choice(tuple(SHOPS))
    size, shop, day = chance.randint(20, 30), chance.choice(SHOPS[language]), some_day(chance)
    sheet = Sheet(size * 24, size, "#2b2b2b", "#f6f4ee", font)
    sheet.line(shop, round(size * 1.6))
    sheet.line(f"{chance.choice(('Domstr.', 'High Street', 'Rue Haute'))} {chance.randint(1, 99)}", size)
    sheet.gap(size)
    cents = [chance.randint(25, 1999) for _ in range(chance.randint(3, 9))]
    for price in cents:
        sheet.line(chance.choice(GOODS[language]), size, money(price, language))
    total = sum(cents)
    sheet.line(TOTAL[language], size, money(total, language))
    sheet.line(PAID[language], size, money((total // 5000 + 1) * 5000, language))
    sheet.gap(size)
    sheet.line(f"{written_day(day, language)} {chance.randint(8, 21):02}:{chance.randint(0, 59):02}", size)
    return Paper(sheet.image(), tuple(sheet.lines), shop, day.isoformat(), f"{total / 100:.2f}")


def document(chance: Random, font: Callable[[int], Font]) -> Paper:
    """Return an invoice on a page of paper: a letterhead, a date, sentences and an amount."""
    language = chance.choice(tuple(SHOPS))
    size, shop, day, due = (
        chance.randint(18, 26),
        chance.choice(SHOPS[language]),
        some_day(chance),
        chance.randint(2000, 99999),
    )
    sheet = Sheet(size * 48, size * 4, "#111111", "#ffffff", font)
    sheet.line(shop, round(size * 1.8))
    sheet.gap(size)
    sheet.line(written_day(day, language), size)
    sheet.gap(size)
    for sentence in chance.sample(SENTENCES[language], 4):
        sheet.line(sentence, size)
    sheet.gap(size)
    sheet.line(DUE[language], size, f"{money(due, language)} EUR")
    return Paper(sheet.image(), tuple(sheet.lines), shop, day.isoformat(), f"{due / 100:.2f}")


def screenshot(chance: Random, font: Callable[[int], Font]) -> Paper:
    """Return a window of settings, light or dark: a title and rows of small letters."""
    language = chance.choice(tuple(WINDOWS))
    size, dark = chance.randint(13, 22), chance.random() < 0.5
    sheet = Sheet(size * 40, size * 2, *(("#dddddd", "#151515") if dark else ("#202020", "#fafafa")), font)
    title, *rows = WINDOWS[language]
    sheet.line(title, round(size * 1.7))
    for row in chance.sample(rows, len(rows)):
        sheet.gap(size // 2)
        sheet.line(row, size, f"{chance.randint(1, 100)} %")
    return Paper(sheet.image(), tuple(sheet.lines), title)


def some_day(chance: Random) -> date:
    """Return a day of the last ten years."""
    return date(2016, 1, 1) + timedelta(days=chance.randrange(3650))


def written_day(day: date, language: str) -> str:
    """Return a day as it is written in the language; in English with the month's name."""
    return f"{day:%d %B %Y}" if language == "en" else f"{day:%d.%m.%Y}" if language == "de" else f"{day:%d/%m/%Y}"


def money(cents: int, language: str) -> str:
    """Return an amount with the decimal sign of the language."""
    return f"{cents / 100:.2f}".replace(".", "." if language == "en" else ",")


def photographed(image: Image.Image, chance: Random) -> Image.Image:
    """Return the image as a phone sees it on a table: slanted, in perspective, blurred, unevenly lit, with noise."""
    seen = on_a_table(image, chance, degrees=6, perspective=0.03)
    return noisy(lit(seen, chance).filter(ImageFilter.GaussianBlur(chance.uniform(0.5, 1.1))), chance, 6)


def badly_photographed(image: Image.Image, chance: Random) -> Image.Image:
    """Return the image, small and faded, as a shaking hand sees it from the side, saved as a small JPEG."""
    faded = Image.blend(image, Image.new("RGB", image.size, "#f6f4ee"), chance.uniform(0.3, 0.55))
    small = faded.resize((image.width * 3 // 5, image.height * 3 // 5), Image.Resampling.LANCZOS)
    seen = on_a_table(curled(small, chance), chance, degrees=12, perspective=0.08)
    blurred = lit(seen, chance).filter(ImageFilter.GaussianBlur(chance.uniform(0.8, 1.3)))
    file = BytesIO()
    noisy(blurred, chance, 9).save(file, "JPEG", quality=40)
    return Image.open(file)


def on_a_table(image: Image.Image, chance: Random, *, degrees: float, perspective: float) -> Image.Image:
    """Return the image slanted by at most `degrees`, its sides foreshortened by at most this share."""
    table = Image.new("RGB", (image.width + 200, image.height + 200), "#5a4634")
    table.paste(image, (100, 100))
    angle = chance.uniform(-degrees, degrees)
    turned = table.rotate(angle, Image.Resampling.BICUBIC, expand=True, fillcolor="#5a4634")
    w, h = turned.size
    by = [chance.uniform(0, perspective) for _ in range(4)]
    corners = (by[0] * w, 0, -by[1] * w, h, w * (1 + by[2]), h, w * (1 - by[3]), 0)
    return turned.transform((w, h), Image.Transform.QUAD, corners, Image.Resampling.BICUBIC)


def curled(image: Image.Image, chance: Random) -> Image.Image:
    """Return the image with its rows in waves, as paper that was in a pocket."""
    pixels, height = np.asarray(image), chance.uniform(2, 4)
    waves = height * np.sin(np.linspace(0, chance.uniform(3, 9), image.width))
    rows = np.arange(image.height)[:, None] + np.round(waves)[None, :].astype(int)
    return Image.fromarray(pixels[np.clip(rows, 0, image.height - 1), np.arange(image.width)[None, :]])


def lit(image: Image.Image, chance: Random) -> Image.Image:
    """Return the image with the light from one side."""
    light = Image.linear_gradient("L").rotate(chance.choice((0, 90, 180, 270))).resize(image.size)
    return Image.composite(image, Image.new("RGB", image.size), light.point(lambda value: 140 + value * 110 // 255))


def scanned(image: Image.Image, chance: Random) -> Image.Image:
    """Return the image as a scanner sees it: grey, a little slanted, with noise, perhaps fed in sideways."""
    slanted = image.convert("L").rotate(chance.uniform(-1.5, 1.5), Image.Resampling.BICUBIC, fillcolor=255)
    return noisy(slanted.convert("RGB").rotate(chance.choice((0, 0, 90, 180, 270)), expand=True), chance, 4)


def coarsely_scanned(image: Image.Image, chance: Random) -> Image.Image:
    """Return the image as an old scanner sees it: letters of seven to ten pixels, with noise."""
    seen = scanned(image, chance)
    return noisy(seen.resize((seen.width * 2 // 5, seen.height * 2 // 5), Image.Resampling.LANCZOS), chance, 10)


def halved(image: Image.Image, _: Random) -> Image.Image:
    """Return the image at half its size, as messengers send screenshots."""
    return image.resize((image.width // 2, image.height // 2), Image.Resampling.LANCZOS)


def noisy(image: Image.Image, chance: Random, deviation: float) -> Image.Image:
    """Return the image with normally distributed noise of this standard deviation, out of 255."""
    pixels = np.asarray(image, np.float32)
    grain = np.random.default_rng(chance.randrange(1 << 30)).normal(0, deviation, pixels.shape)
    return Image.fromarray(np.clip(pixels + grain, 0, 255).astype(np.uint8))


Draw = Callable[[Random, Callable[[int], Font]], Paper]
Worsen = Callable[[Image.Image, Random], Image.Image]
KINDS: Mapping[str, tuple[Draw, Worsen | None]] = MappingProxyType(
    {
        "receipts": (receipt, None),
        "receipts, photographed": (receipt, photographed),
        "receipts, photographed badly": (receipt, badly_photographed),
        "documents, scanned": (document, scanned),
        "documents, scanned coarsely": (document, coarsely_scanned),
        "screenshots": (screenshot, None),
        "screenshots, halved": (screenshot, halved),
    }
)
"""How the images of each kind are drawn, and what was done to them afterwards."""


def installed_fonts() -> list[str]:
    """Return those of TYPEFACES that Pillow finds on this computer."""
    found = []
    for name in TYPEFACES:
        with suppress(OSError):
            ImageFont.truetype(name)
            found.append(name)
    return found


def typefaces(files: Sequence[str]) -> list[Callable[[int], Font]]:
    """Return the typefaces in these files, by size; without any, the one of Pillow, which has no accented letters."""
    return [partial(ImageFont.truetype, file) for file in files] or [ImageFont.load_default]
