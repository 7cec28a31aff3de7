"""Diagrams, tables, maps, QR and bar codes as SVG or HTML."""

# ruff: noqa: E501 - markup stays in one piece

from __future__ import annotations

import io
import random

import numpy as np
import segno

from rendering.apps import streets
from rendering.money import bars
from rendering.page import HAND, MONO, SANS, SERIF, Page, Source, safe, tone


def diagram(source: Source) -> Page:
    """Return boxes and arrows: flow charts, trees, networks, sequences."""
    rng, words = source.rng, source.latin()
    width, height = rng.choice([(760, 520), (640, 640), (520, 760)])
    font = rng.choice(SANS + SERIF[:3] + HAND[:4])
    dark = rng.random() < 0.15
    line = "#ddd" if dark else rng.choice(["#000", "#444", tone(rng.random(), 0.4, 0.6)])
    kind = rng.choice(["flow", "flow", "tree", "ring", "sequence"])
    hue, filled = rng.random(), rng.random() < 0.7
    many = rng.random() < 0.4
    spots: list[tuple[float, float]] = []
    links: list[tuple[int, int]] = []
    if kind == "tree":
        level = [(width / 2, 50.0)]
        spots, start = list(level), 0
        for depth in range(1, rng.randint(3, 4)):
            count = min(6, len(level) * rng.randint(2, 3))
            below = [(width * (k + 0.5) / count, 50 + depth * 130.0) for k in range(count)]
            links += [(start + k * len(level) // count, len(spots) + k) for k in range(count)]
            start, level = len(spots), below
            spots += below
    elif kind == "ring":
        count = rng.randint(4, 8)
        spots = [
            (
                width / 2 + width * 0.36 * np.cos(2 * np.pi * k / count),
                height / 2 + height * 0.36 * np.sin(2 * np.pi * k / count),
            )
            for k in range(count)
        ]
        links = [(k, (k + 1) % count) for k in range(count)] + [
            (rng.randrange(count), rng.randrange(count)) for _ in range(rng.randint(0, 6))
        ]
    else:
        columns, rows = rng.randint(2, 4), rng.randint(2, 5)
        spots = [
            (width * (c + 0.5) / columns, height * (r + 0.5) / rows)
            for r in range(rows)
            for c in range(columns)
            if rng.random() < 0.85
        ] or [(width / 2, height / 2)]
        links = [(k, k + 1) for k in range(len(spots) - 1)] + [
            (rng.randrange(len(spots)), rng.randrange(len(spots))) for _ in range(3)
        ]
    arrow = f"<defs><marker id=a markerWidth=9 markerHeight=9 refX=8 refY=4 orient=auto><path d='M0 0L9 4L0 8z' fill='{line}'/></marker></defs>"
    parts = []
    for a, b in links:
        (x, y), (u, v) = spots[a], spots[b]
        far = max(1.0, float(np.hypot(u - x, v - y)))
        u, v = u - (u - x) / far * 42, v - (v - y) / far * 34
        parts.append(
            f"<path d='M{x:.0f} {y:.0f}L{u:.0f} {v:.0f}' stroke='{line}' stroke-width={rng.choice([1.5, 2, 3])} marker-end='url(#a)'/>"
        )
    if kind == "sequence":
        parts = [
            f"<path d='M{x:.0f} {y:.0f}V{height}' stroke='{line}' stroke-dasharray='6 4'/>" for x, y in spots[:4]
        ] + parts[:8]
    for x, y in spots:
        fill = (
            tone(hue + (rng.random() if many else 0), 0.3 if dark else 0.85, 0.6)
            if filled
            else ("#222" if dark else "#fff")
        )
        shape = rng.choice(
            [
                f"<rect x=-52 y=-24 width=104 height=48 rx={rng.choice([0, 6, 22])} ",
                "<ellipse rx=58 ry=30 ",
                "<path d='M0-36L64 0L0 36L-64 0z' ",
                "<rect x=-52 y=-24 width=104 height=48 ",
                "<rect x=-52 y=-24 width=104 height=48 ",
            ]
        )
        parts.append(
            f"<g transform='translate({x:.0f},{y:.0f})'>{shape} fill='{fill}' stroke='{line}' stroke-width=2 /><text y=5 text-anchor=middle font-size=14 fill='{'#fff' if dark else '#111'}'>{safe(words.title(1, 2)[:14])}</text></g>"
        )
    body = f"<svg width={width} height={height} font-family=\"'{font}'\" style='display:block'>{arrow}{''.join(parts)}</svg>"
    return Page(
        "diagram",
        "a diagram of boxes and arrows",
        body,
        width,
        height,
        f"body{{margin:0;background:{'#1b1d22' if dark else '#fff'}}}",
        0.05,
        0.05,
    )


def table(source: Source) -> Page:
    rng, words = source.rng, source.words
    columns, rows = rng.randint(3, 9), rng.randint(5, 26)
    accent = tone(rng.random(), rng.uniform(0.25, 0.9), rng.uniform(0.2, 0.8))
    line = rng.choice(
        [
            "border:1px solid #999",
            "border-bottom:1px solid #ccc",
            "border:1px solid #ddd",
            "",
            "border:2px solid #fff;background:#0001",
        ]
    )
    stripes = "tr:nth-child(even){background:#0000000c}" if rng.random() < 0.5 else ""

    def cell(column: int) -> str:
        return (
            safe(words.title(1, 3))
            if column == 0
            else rng.choice([words.money(), str(rng.randint(0, 9999)), f"{rng.random():.3f}"])
        )

    head = "".join(f"<th>{safe(words.word())}</th>" for _ in range(columns))
    body = "".join("<tr>" + "".join(f"<td>{cell(c)}</td>" for c in range(columns)) + "</tr>" for _ in range(rows))
    sheet = rng.random() < 0.25
    if sheet:
        head = "".join(f"<th>{'ABCDEFGHI'[c]}</th>" for c in range(columns))
        accent, line = "#e6e6e6", "border:1px solid #ccc"
    title = (
        f"<caption style='padding:8px'><b>Table {rng.randint(1, 9)}.</b> {safe(words.sentence())}</caption>"
        if rng.random() < 0.5
        else ""
    )
    style = f"body{{margin:{rng.choice([0, 16, 40])}px;background:#fff;font:{rng.randint(12, 17)}px '{rng.choice(SANS + SERIF + MONO[:3])}'}}table{{border-collapse:collapse;width:100%}}td,th{{{line};padding:{rng.randint(3, 10)}px 8px;text-align:{rng.choice(['left', 'right', 'center'])}}}th{{background:{accent}}}{stripes}"
    return Page(
        "table",
        "a table of numbers",
        f"<table>{title}<tr>{head}</tr>{body}</table>",
        rng.choice([480, 640, 820]),
        0,
        style,
        0.12,
        0.15,
        tall=1000,
    )


def plan(source: Source) -> Page:
    """Return a street map, or a map of made-up countries."""
    rng, words = source.rng, source.words
    width, height = rng.choice([(640, 480), (600, 600), (480, 640)])
    if rng.random() < 0.55:
        return Page(
            "map",
            "a street map",
            streets(source, width, height, rng.random() < 0.2),
            width,
            height,
            "body{margin:0}",
            0.12,
            0.05,
        )
    sea, many = rng.choice(["#a8d0e6", "#dbe9f4", "#fff", "#1d3a57", "#e8ddc0"]), rng.random() < 0.7
    hue = rng.random()
    blots = "".join(
        f"<circle cx={rng.randint(60, width - 60)} cy={rng.randint(60, height - 60)} r={rng.randint(40, 120)} fill='{tone(hue + (rng.random() if many else rng.uniform(0, 0.1)), rng.uniform(0.55, 0.85), 0.5)}' stroke='#555' stroke-width=1.5 />"
        for _ in range(rng.randint(8, 24))
    )
    grid = (
        "".join(f"<path d='M{x} 0V{height}M0 {x}H{width}' stroke='#0003'/>" for x in range(0, 700, 80))
        if rng.random() < 0.5
        else ""
    )
    names = "".join(
        f"<text x={rng.randint(20, width - 90)} y={rng.randint(20, height)} font-size={rng.choice([11, 14, 20])} fill='#222'>• {safe(words.title(1, 1))}</text>"
        for _ in range(rng.randint(5, 16))
    )
    body = f"<svg width={width} height={height} style='display:block;background:{sea}'><filter id=f><feTurbulence baseFrequency=.018 numOctaves=4 seed={rng.randint(0, 999)} /><feDisplacementMap in=SourceGraphic scale={rng.randint(60, 130)} /></filter><g filter='url(#f)'>{blots}</g>{grid}{names}</svg>"
    return Page(
        "map",
        "a map of countries",
        body,
        width,
        height,
        f"body{{margin:0;font-family:'{rng.choice(SERIF)}'}}",
        0.12,
        0.05,
    )


def square(rng: random.Random, text: str) -> str:
    dark, light = rng.choice([("#000", "#fff")] * 4 + [(tone(rng.random(), 0.25, 0.8), "#fff"), ("#fff", "#111")])
    buffer = io.BytesIO()
    segno.make(text, error=rng.choice("LMQH"), micro=False).save(
        buffer, kind="svg", scale=rng.randint(4, 9), dark=dark, light=light, xmldecl=False, border=rng.randint(2, 5)
    )
    return buffer.getvalue().decode()


def code(source: Source) -> Page:
    """Return a QR or bar code: alone, on a label, a poster, a package."""
    rng, words = source.rng, source.latin()
    text = f"https://example.com/{words.word()}/{words.number(rng.randint(2, 60))}"
    made = square(rng, text) if rng.random() < 0.72 else bars(source, rng.randint(60, 140))
    around = [
        f"<div style='font-size:{rng.randint(14, 36)}px'>{safe(words.title(1, 5))}</div>" if rng.random() < 0.35 else ""
        for _ in range(2)
    ]
    style = f"body{{margin:{rng.choice([0, 0, 10, 40])}px;text-align:center;background:{rng.choice(['#fff', '#fff', tone(rng.random(), 0.85, 0.6)])};font-family:'{rng.choice(SANS)}'}}"
    return Page(
        "qr_code",
        "a QR code or bar code",
        around[0] + made + around[1],
        rng.choice([320, 400, 520]),
        0,
        style,
        0.4,
        0.08,
        tall=700,
    )


KINDS = {
    "diagram": (diagram, 120),
    "table": (table, 110),
    "plan": (plan, 80),
    "code": (code, 70),
}
