"""Comics, illustrations, paintings, logos: drawn from shapes, or painted from photos."""

# ruff: noqa: E501 - markup stays in one piece

from __future__ import annotations

import math
import random

from rendering.page import POSTER, Page, Source, safe, tone
from rendering.painted import STYLES, painted
from rendering.text import CHAT, JOKES

LETTERED = ("Comic Neue", "Tomson Talks", "Humor Sans", "Bangers", "Patrick Hand")


def wobble(rng: random.Random, dots: list[tuple[float, float]], by: float) -> str:
    """Return a path through the points, not quite straight."""
    moved = [(x + rng.uniform(-by, by), y + rng.uniform(-by, by)) for x, y in dots]
    return "M" + " Q".join(
        f"{x:.0f} {y:.0f} {(x + u) / 2:.0f} {(y + v) / 2:.0f}" if k else f"{x:.0f} {y:.0f}"
        for k, ((x, y), (u, v)) in enumerate(zip(moved, [*moved[1:], moved[0]], strict=True))
    )


def person(rng: random.Random, ink: str, colour: bool) -> str:
    """Return a cartoon figure in a 100 by 200 box, feet at the bottom."""
    skin = tone(0.07, rng.uniform(0.3, 0.85), 0.5) if colour else "#fff"
    shirt, legs, hair = (
        tone(rng.random(), rng.uniform(0.25, 0.7), 0.7) if colour else rng.choice(["#fff", "#111", "#bbb"])
        for _ in range(3)
    )
    mood = rng.choice(["M38 52q12 12 24 0", "M38 58q12-12 24 0", "M40 54h20", "M44 50a6 8 0 1012 0a6 8 0 10-12 0"])
    left, right = rng.uniform(-40, 40), rng.uniform(-40, 40)
    kind = rng.random()
    if kind < 0.25:  # a stick figure
        return f"<g stroke='{ink}' stroke-width=4 fill=none><circle cx=50 cy=35 r=24 fill='#fff'/><path d='M50 60V130M50 80L{20 + left / 4:.0f} {105 + left:.0f}M50 80L{80 + right / 4:.0f} {105 + right:.0f}M50 130L26 196M50 130L74 196'/><path d='{mood}' transform='translate(10,6) scale(.8)'/></g>"
    if kind < 0.45:  # an animal
        ears = rng.choice(
            [
                "M24 22L20-8L42 10zM76 22L80-8L58 10z",
                "M30 10q-14-40 4-40q8 12 4 38zM70 10q14-40-4-40q-8 12-4 38z",
                "M22 20a14 14 0 1114-16zM78 20a14 14 0 10-14-16z",
            ]
        )
        return f"<g stroke='{ink}' stroke-width=3 fill='{shirt}'><path d='{ears}'/><ellipse cx=50 cy=150 rx=36 ry=46 /><circle cx=50 cy=45 r=38 /><circle cx=36 cy=38 r=7 fill='#fff'/><circle cx=64 cy=38 r=7 fill='#fff'/><circle cx=37 cy=39 r=3 fill='#000'/><circle cx=65 cy=39 r=3 fill='#000'/><path d='{mood}' fill=none /></g>"
    locks = rng.choice(
        [
            "M20 40c-4-50 64-50 60 0q-30-24-60 0z",
            "M20 44c-10-60 70-60 60 0v36q4-50-30-56q-34 6-30 56z",
            "M24 30l8-26 10 16 10-22 8 22 12-14 4 26z",
            "",
        ]
    )
    return (
        f"<g stroke='{ink}' stroke-width=3 stroke-linejoin=round><path d='M34 130L28 196H44L50 140L56 196H72L66 130z' fill='{legs}'/><path d='M30 84L{10 + left / 3:.0f} {120 + left:.0f}M70 84L{90 + right / 3:.0f} {120 + right:.0f}' stroke-width=12 stroke='{skin}'/>"
        f"<path d='M28 78q22-12 44 0l-2 58H30z' fill='{shirt}'/><ellipse cx=50 cy=42 rx=28 ry=32 fill='{skin}'/><path d='{locks}' fill='{hair}'/>"
        f"<circle cx=40 cy=40 r=4 fill='#000'/><circle cx=60 cy=40 r=4 fill='#000'/><path d='{mood}' fill=none /></g>"
    )


def scenery(rng: random.Random, width: int, height: int, colour: bool) -> str:
    """Return a backdrop of shapes: hills, houses, trees, a sun."""
    hue = rng.random()
    sky = tone(hue, rng.uniform(0.6, 0.95), 0.6) if colour else "#fff"
    parts = [f"<rect width={width} height={height} fill='{sky}'/>"]
    if rng.random() < 0.6:
        parts.append(
            f"<circle cx={rng.randint(0, width)} cy={rng.randint(0, height // 3)} r={rng.randint(20, 60)} fill='{tone(0.14, 0.65, 1) if colour else '#eee'}'/>"
        )
    for k in range(rng.randint(1, 5)):
        top = height * (0.35 + 0.14 * k)
        fill = (
            tone(hue + rng.uniform(0.1, 0.6), 0.65 - 0.1 * k, rng.uniform(0.3, 0.8))
            if colour
            else rng.choice(["#ddd", "#fff", "#999"])
        )
        line = " ".join(f"L{x} {top + rng.uniform(-0.14, 0.14) * height:.0f}" for x in range(0, width + 80, 80))
        parts.append(
            f"<path d='M0 {height} {line} L{width} {height}z' fill='{fill}' stroke='{'none' if colour else '#000'}'/>"
        )
    for _ in range(rng.randint(0, 7)):
        x, y, s = rng.randint(0, width), rng.uniform(0.55, 0.9) * height, rng.uniform(0.5, 1.8)
        fill = tone(rng.random(), 0.45, 0.6) if colour else "#fff"
        shape = rng.choice([f"<path d='M0 0v-50h40V0z' fill='{fill}'/><path d='M-6-50L20-78L46-50z' fill='{tone(0.02, 0.4, 0.6) if colour else '#555'}'/>",
                            f"<path d='M-4 0h8v-30h-8z' fill='#753'/><circle cy=-44 r=24 fill='{tone(0.33, 0.4, 0.6) if colour else '#ccc'}'/>",
                            f"<path d='M0 0l-22 0 22-60 22 60z' fill='{tone(0.38, 0.3, 0.6) if colour else '#777'}'/>"])  # fmt: skip
        parts.append(f"<g transform='translate({x},{y:.0f}) scale({s:.1f})'>{shape}</g>")
    return "".join(parts)


def panel(source: Source, colour: bool, font: str) -> str:
    """Return one panel of a comic."""
    rng = source.rng
    width, height = 420, rng.choice([300, 380, 420])
    if rng.random() < 0.15:
        back = f"<image href='{painted(rng.choice(source.photos), rng, 'a cartoon drawing')}' width={width} height={height} preserveAspectRatio='xMidYMid slice'/>"
    else:
        back = (
            scenery(rng, width, height, colour)
            if rng.random() < 0.6
            else f"<rect width={width} height={height} fill='{tone(rng.random(), 0.85, 0.6) if colour else '#fff'}'/>"
        )
    if rng.random() < 0.25:
        back += "".join(
            f"<path d='M{width / 2} {height / 2}L{width / 2 + 500 * math.cos(a / 8)} {height / 2 + 500 * math.sin(a / 8)}' stroke='{'#fff9' if colour else '#000'}' stroke-width=3 />"
            for a in range(50)
        )
    people = "".join(
        f"<g transform='translate({60 + k * 180 + rng.randint(-30, 30)},{height - rng.randint(150, 230)}) scale({rng.uniform(0.8, 1.6):.2f})'>{person(rng, '#111', colour)}</g>"
        for k in range(rng.randint(1, 2))
    )
    words = ""
    for k in range(rng.choice([0, 1, 1, 2])):
        text = safe(rng.choice([rng.choice(CHAT), rng.choice(JOKES), source.latin().some(2, 8)])).upper()
        shape = rng.choice(["50%", "24px", "50%", "4px"])
        words += f"<div style=\"position:absolute;{'left' if k == 0 else 'right'}:8px;top:{8 + 70 * k}px;max-width:60%;background:#fff;color:#000;border:3px solid #000;border-radius:{shape};padding:10px 16px;font:{rng.randint(15, 22)}px '{font}';text-align:center\">{text}</div>"
    if rng.random() < 0.12:
        words += f'<div style="position:absolute;left:30%;top:40%;font:70px Bangers;color:{tone(rng.random(), 0.5, 1)};-webkit-text-stroke:2px #000;transform:rotate({rng.randint(-20, 20)}deg)">{rng.choice(["POW!", "BOOM", "ZAP!", "SPLASH", "WHAM!"])}</div>'
    return f"<div style='position:relative;border:3px solid #000;overflow:hidden;flex:1;min-width:0'><svg viewBox='0 0 {width} {height}' style='display:block;width:100%;height:100%' preserveAspectRatio='xMidYMid slice'>{back}{people}</svg>{words}</div>"


def comic(source: Source) -> Page:
    rng = source.rng
    colour, font = rng.random() < 0.65, rng.choice(LETTERED)
    rows = rng.choice([1, 1, 2, 2, 3, 4])
    body = "".join(
        f"<div style='display:flex;gap:8px;flex:1;min-height:0'>{''.join(panel(source, colour, font) for _ in range(rng.randint(2, 4) if rows == 1 else rng.randint(1, 3)))}</div>"
        for _ in range(rows)
    )
    title = (
        f"<div style=\"font:34px '{rng.choice(LETTERED)}'\">{safe(source.latin().title(1, 4))}</div>"
        if rng.random() < 0.25
        else ""
    )
    dots = (
        "body:after{content:'';position:fixed;inset:0;background:radial-gradient(#0003 1px,#0000 1.5px) 0 0/5px 5px}"
        if rng.random() < 0.25
        else ""
    )
    style = f"*{{box-sizing:border-box}}body{{margin:0;padding:{rng.choice([6, 14, 24])}px;height:100vh;display:flex;flex-direction:column;gap:8px;background:{rng.choice(['#fff', '#fff', '#f5ecd5', '#111'])}}}{dots}"
    size = (1000, rng.choice([320, 380])) if rows == 1 else (720, rng.choice([720, 960, 1040]))
    return Page(
        "comic",
        "a comic strip with speech bubbles" if rows == 1 else "a comic page",
        title + body,
        *size,
        style,
        0.04,
        0.04,
    )


def illustration(source: Source) -> Page:
    """Return a painting from a photo, or a flat drawing of shapes."""
    rng = source.rng
    if rng.random() < 0.72:
        style = rng.choices(list(STYLES), [5, 3, 3, 3, 1, 1])[0]
        frame = (
            f"border:{rng.randint(14, 40)}px {rng.choice(['solid #5a3d1c', 'ridge #b08d3c', 'solid #fff'])};"
            if rng.random() < 0.12
            else ""
        )
        body = f"<img src='{painted(rng.choice(source.photos), rng, style)}' style='display:block;width:100%;box-sizing:border-box;{frame}'>"
        return Page("illustration_or_painting", style, body, rng.choice([480, 640]), 0, "body{margin:0}", 0.03)
    width, height = rng.choice([(640, 480), (480, 640), (600, 600)])
    rough = f"<filter id=r><feTurbulence baseFrequency={rng.uniform(0.01, 0.05):.3f} numOctaves=2 seed={rng.randint(0, 99)} /><feDisplacementMap in=SourceGraphic scale={rng.randint(0, 16)} /></filter>"
    if rng.random() < 0.25:  # abstract
        shapes = "".join(
            f"<path d='{wobble(rng, [(rng.randint(0, width), rng.randint(0, height)) for _ in range(rng.randint(3, 7))], 9)}z' fill='{tone(rng.random(), rng.uniform(0.2, 0.85), rng.uniform(0.3, 1))}' stroke='#222' stroke-width={rng.choice([0, 0, 4])} />"
            for _ in range(rng.randint(5, 40))
        )
        inside = f"<rect width={width} height={height} fill='#f3ead8'/>{shapes}"
    else:
        people = "".join(
            f"<g transform='translate({rng.randint(0, width - 150)},{height - rng.randint(200, 380)}) scale({rng.uniform(0.8, 1.9):.2f})'>{person(rng, rng.choice(['#111', '#0000']), True)}</g>"
            for _ in range(rng.randint(0, 3))
        )
        inside = scenery(rng, width, height, True) + people
    return Page(
        "illustration_or_painting",
        "a drawn illustration",
        f"<svg width={width} height={height} style='display:block'>{rough}<g filter='url(#r)'>{inside}</g></svg>",
        width,
        height,
        "body{margin:0}",
        0.03,
    )


def sign(source: Source) -> Page:
    """Return a logo or an icon."""
    rng, words = source.rng, source.latin()
    hue = rng.random()
    ink, other = (
        tone(hue, rng.uniform(0.25, 0.6), rng.uniform(0.3, 1)),
        tone(hue + rng.choice([0.08, 0.3, 0.5]), 0.55, 0.8),
    )
    turns = rng.choice([1, 3, 4, 5, 6, 8])
    piece = rng.choice(
        [
            "<path d='M50 50L50 8A20 20 0 0180 30z'/>",
            "<ellipse cx=50 cy=26 rx=12 ry=24 />",
            "<path d='M50 10L66 42H34z'/>",
            "<rect x=36 y=8 width=28 height=28 rx=6 />",
            "<circle cx=50 cy=26 r=16 />",
            "<path d='M20 80V20L50 56L80 20V80' fill=none stroke='currentColor' stroke-width=12 />",
        ]
    )
    mark = "".join(
        f"<g transform='rotate({360 / turns * k} 50 50)' fill='{ink if k % 2 == 0 else other}' color='{ink}'>{piece}</g>"
        for k in range(turns)
    )
    if turns == 1:
        mark = f"<g transform='translate(-10,{rng.choice([0, 10])}) scale(1.2)'>{mark}</g>"
    back = rng.choice(["#fff", "#fff", "#eee", "#111", tone(hue, 0.93, 0.5)])
    tile = (
        f"<rect width=100 height=100 rx={rng.choice([0, 12, 24, 50])} fill='{tone(hue, 0.9, 0.4) if rng.random() < 0.6 else '#223'}'/>"
        if rng.random() < 0.5
        else ""
    )
    letter = (
        f"<text x=50 y=66 text-anchor=middle font-size=46 font-family='{rng.choice(POSTER)}' fill='#fff' stroke='{ink}'>{words.word()[0].upper()}</text>"
        if rng.random() < 0.3
        else ""
    )
    name = (
        f"<div style=\"font:{rng.choice(['bold', '400'])} {rng.randint(40, 80)}px '{rng.choice(POSTER)}';color:{rng.choice([ink, '#222']) if back != '#111' else '#eee'}\">{safe(words.company().split()[0])}</div>"
        if rng.random() < 0.6
        else ""
    )
    turn = rng.choice(["row", "column"])
    body = f"<svg viewBox='0 0 100 100' width={rng.randint(130, 260)}>{tile}{mark}{letter}</svg>{name}"
    style = f"body{{margin:0;height:100vh;display:flex;flex-direction:{turn};gap:20px;align-items:center;justify-content:center;background:{back}}}"
    return Page(
        "logo_or_icon", "a logo" if name else "an icon", body, rng.choice([420, 640]), rng.choice([300, 420]), style
    )


KINDS = {"comic": (comic, 170), "illustration": (illustration, 210), "sign": (sign, 90)}
