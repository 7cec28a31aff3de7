"""Draw the demo's own images: a screenshot of a settings window and a photographed till receipt."""

from __future__ import annotations

import random

from PIL import Image, ImageDraw, ImageFilter, ImageFont

SHOP = [
    ("Oat milk 1 l", 2.19),
    ("Sourdough bread", 4.30),
    ("Tomatoes 0.62 kg", 2.47),
    ("Olive oil 0.5 l", 8.95),
    ("Coffee beans 250 g", 6.80),
    ("Bananas 1.1 kg", 1.97),
    ("Notebook A5", 3.50),
]


def _font(size: int) -> ImageFont.ImageFont | ImageFont.FreeTypeFont:
    return ImageFont.load_default(size)


def screenshot(seed: int = 0, size: tuple[int, int] = (1280, 800)) -> Image.Image:
    """Return a desktop window with a side bar, switches and text; RGB, `size` pixels. Equal seeds give equal images."""
    chance = random.Random(seed)
    dark = chance.random() < 0.5
    ground, panel, text, faint = (
        ((32, 33, 36), (45, 46, 50), (235, 235, 235), (150, 152, 158))
        if dark
        else ((246, 246, 248), (255, 255, 255), (30, 30, 34), (120, 122, 130))
    )
    accent = chance.choice([(53, 132, 228), (46, 160, 67), (145, 65, 172)])
    width, height = size
    image = Image.new("RGB", size, ground)
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, width, 44), fill=panel)
    for i, colour in enumerate([(237, 106, 94), (245, 191, 79), (97, 197, 84)]):
        draw.ellipse((18 + 24 * i, 15, 32 + 24 * i, 29), fill=colour)
    draw.text((width // 2 - 40, 11), "Settings", font=_font(18), fill=text)
    draw.rectangle((0, 44, 240, height), fill=panel)
    for i, name in enumerate(
        [
            "Wi-Fi",
            "Bluetooth",
            "Network",
            "Displays",
            "Sound",
            "Power",
            "Keyboard",
            "Printers",
            "Privacy",
            "About",
        ]
    ):
        top = 64 + 44 * i
        if i == seed % 10:
            draw.rounded_rectangle((10, top - 8, 230, top + 30), 8, fill=accent)
        draw.ellipse((24, top + 2, 42, top + 20), fill=faint)
        draw.text((56, top), name, font=_font(17), fill=text)
    draw.text((290, 76), "Power", font=_font(30), fill=text)
    for i, name in enumerate(
        [
            "Automatic brightness",
            "Dim the screen when idle",
            "Show battery percentage",
            "Power saver",
            "Airplane mode",
        ]
    ):
        top = 140 + 84 * i
        draw.rounded_rectangle((286, top, width - 60, top + 68), 10, fill=panel)
        draw.text((310, top + 12), name, font=_font(18), fill=text)
        draw.text((310, top + 38), "Applies to this computer only", font=_font(14), fill=faint)
        on = chance.random() < 0.5
        draw.rounded_rectangle((width - 140, top + 20, width - 88, top + 48), 14, fill=accent if on else faint)
        knob = width - 114 if on else width - 138
        draw.ellipse((knob, top + 22, knob + 24, top + 46), fill=(255, 255, 255))
    return image


def receipt(seed: int = 0, height: int = 1100) -> Image.Image:
    """Return a till receipt on a table, slightly turned, with shadow and noise; RGB, 3:4, `height` pixels high."""
    chance = random.Random(seed)
    paper = Image.new("RGB", (460, 960), (250, 249, 245))
    draw = ImageDraw.Draw(paper)
    draw.text((110, 30), "CORNER MARKET", font=_font(30), fill=(40, 40, 40))
    draw.text((130, 72), "12 Station Road", font=_font(20), fill=(60, 60, 60))
    draw.text((100, 100), "VAT No. 204 5531 09", font=_font(20), fill=(60, 60, 60))
    draw.text(
        (40, 150),
        f"2026-0{chance.randint(1, 9)}-1{chance.randint(0, 9)}  1{chance.randint(0, 9)}:42",
        font=_font(20),
        fill=(60, 60, 60),
    )
    draw.line((30, 190, 430, 190), fill=(90, 90, 90), width=2)
    total, top = 0.0, 210
    for name, price in chance.sample(SHOP, 6):
        draw.text((40, top), name, font=_font(22), fill=(45, 45, 45))
        draw.text((350, top), f"{price:6.2f}", font=_font(22), fill=(45, 45, 45))
        total, top = total + price, top + 40
    draw.line((30, top + 8, 430, top + 8), fill=(90, 90, 90), width=2)
    draw.text((40, top + 24), "TOTAL", font=_font(34), fill=(20, 20, 20))
    draw.text((310, top + 24), f"{total:6.2f}", font=_font(34), fill=(20, 20, 20))
    draw.text((40, top + 84), "CARD  ****  4821", font=_font(22), fill=(60, 60, 60))
    draw.text((40, top + 118), f"incl. VAT 19%   {total * 0.19 / 1.19:.2f}", font=_font(22), fill=(60, 60, 60))
    left = 60
    while left < 400:
        bar = chance.choice([2, 3, 5])
        draw.rectangle((left, top + 180, left + bar, top + 250), fill=(30, 30, 30))
        left += bar + chance.choice([2, 3, 4])
    draw.text((90, top + 270), "Thank you for shopping!", font=_font(22), fill=(60, 60, 60))

    grain = Image.frombytes("L", (840, 1120), chance.randbytes(840 * 1120))
    wood = grain.filter(ImageFilter.BoxBlur(3)).point(lambda v: 128 + (v - 128) // 3)
    table = Image.merge("RGB", [wood.point(lambda v, k=k: min(255, int(v * k))) for k in (1.05, 0.82, 0.6)])
    shadow = Image.new("L", (500, 1000), 0)
    shadow.paste(150, (20, 20, 480, 980))
    angle = chance.uniform(-4, 4)
    shadow = shadow.rotate(angle, expand=True).filter(ImageFilter.GaussianBlur(14))
    table.paste((20, 15, 10), (176, 66), shadow)
    mask = Image.new("L", paper.size, 255).rotate(angle, expand=True, resample=Image.Resampling.BICUBIC)
    table.paste(paper.rotate(angle, expand=True, resample=Image.Resampling.BICUBIC), (180, 70), mask)
    return table.resize((height * 3 // 4, height), Image.Resampling.LANCZOS).filter(ImageFilter.GaussianBlur(0.6))
