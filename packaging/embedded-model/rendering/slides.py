"""Presentation slides in many designs."""

# ruff: noqa: E501 - markup stays in one piece

from __future__ import annotations

import random

from rendering.page import HAND, POSTER, SANS, SERIF, Page, Source, safe, tone
from rendering.papers import logo


def plot(source: Source, ink: str, second: str, line: str) -> str:
    """Return a bar, line or ring chart in the style of slides."""
    rng = source.rng
    kind, count = rng.choice(["bars", "lines", "ring", "rows"]), rng.randint(3, 8)
    values = [rng.uniform(10, 95) for _ in range(count)]
    if kind == "bars":
        shape = "".join(f"<rect x={10 + k * 190 / count} y={100 - v} width={130 / count} height={v} fill='{rng.choice([ink, ink, second])}'/>"
                        for k, v in enumerate(values))  # fmt: skip
    elif kind == "rows":
        shape = "".join(
            f"<rect x=30 y={8 + k * 90 / count} width={v * 1.6} height={60 / count} fill='{ink}'/>"
            for k, v in enumerate(values)
        )
    elif kind == "lines":
        shape = "".join("<polyline fill=none stroke-width=2.5 stroke='" + colour + "' points='" +
                        " ".join(f"{10 + k * 190 / count:.0f},{rng.uniform(10, 90):.0f}" for k in range(count)) + "'/>"
                        for colour in (ink, second)[: rng.randint(1, 2)])  # fmt: skip
    else:
        dash = rng.uniform(30, 200)
        shape = (f"<circle cx=100 cy=52 r=38 fill=none stroke='{second}' stroke-width={rng.choice([18, 70])} />"
                 f"<circle cx=100 cy=52 r=38 fill=none stroke='{ink}' stroke-width=18 stroke-dasharray='{dash:.0f} 400'/>")  # fmt: skip
    axes = "" if kind == "ring" else f"<path d='M6 4V100H206' stroke='{line}' fill=none />"
    return f"<svg viewBox='0 0 210 105' width='100%'>{axes}{shape}</svg>"


def boxes(source: Source, ink: str) -> str:
    """Return boxes joined with arrows."""
    rng, words = source.rng, source.words
    shape = rng.choice(["0", "8px", "50px"])
    parts = [f"<div style='background:{ink};color:#fff;padding:.7em 1em;border-radius:{shape};text-align:center'>{safe(words.title(1, 2))}</div>"
             for _ in range(rng.randint(2, 4))]  # fmt: skip
    turn = rng.choice(["row", "row", "column"])
    return f"<div style='display:flex;flex-direction:{turn};align-items:center;gap:.5em;justify-content:center'>{'<b>→</b>'.join(parts)}</div>"


def bullets(source: Source, low: int, high: int) -> str:
    rng, words = source.rng, source.words
    deep = rng.random() < 0.3
    rows = ""
    for _ in range(rng.randint(low, high)):
        sub = (
            f"<ul style='font-size:.8em'><li>{safe(words.some(2, 6))}<li>{safe(words.some(2, 6))}</ul>"
            if deep and rng.random() < 0.4
            else ""
        )
        bold = f"<b>{safe(words.title(1, 2))}:</b> " if rng.random() < 0.2 else ""
        rows += f"<li>{bold}{safe(words.title(2, 9))}{sub}"
    return f"<{'ol' if rng.random() < 0.15 else 'ul'} style='padding-left:1.2em;margin:.2em 0'>{rows}</ul>"


def backdrop(rng: random.Random, source: Source, hue: float, dark: bool) -> str:
    """Return the CSS background of the whole slide."""
    plain = (
        tone(hue, rng.uniform(0.05, 0.25), rng.uniform(0, 0.6))
        if dark
        else rng.choice(["#fff", "#fff", "#fff", tone(hue, 0.95, 0.4), "#f6f3ea"])
    )
    other = tone(hue + 0.08, rng.uniform(0.1, 0.35) if dark else rng.uniform(0.8, 0.95), 0.5)
    kind = rng.random()
    if kind < 0.6:
        return f"background:{plain}"
    if kind < 0.85:
        return f"background:linear-gradient({rng.randint(0, 180)}deg,{plain},{other})"
    cover = "#000b" if dark else "#fffd"
    return f"background:linear-gradient({cover},{cover}),url({source.photo()}) center/cover"


def slide(source: Source) -> Page:
    rng, words = source.rng, source.words
    hue, dark = rng.random(), rng.random() < 0.35
    ink = "#fff" if dark else rng.choice(["#111", "#222", tone(hue, 0.15, 0.5)])
    accent = tone(hue, 0.65 if dark else rng.uniform(0.25, 0.5), rng.uniform(0.4, 1))
    second = tone(hue + rng.choice([0.1, 0.4, 0.5]), 0.6, 0.6)
    line = "#888"
    font = rng.choice(SANS) if rng.random() < 0.75 else rng.choice(SERIF + HAND[:4])
    big = rng.choice([font, rng.choice(POSTER), rng.choice(SERIF)])
    width, tall = 960, rng.choice([540, 540, 540, 720])
    title = safe(words.title(2, 6))
    head = f"<h1 style=\"font:{rng.choice(['bold', '400'])} {rng.randint(34, 58)}px/1.15 '{big}';margin:0;color:{rng.choice([ink, accent])}\">{title}</h1>"
    kind = rng.choice(
        ["bullets"] * 6
        + ["title", "title", "two", "two", "chart", "chart", "picture", "quote", "boxes", "table", "code", "figures"]
    )
    centred = "flex:1;display:flex;flex-direction:column;justify-content:center"
    sub = f"<p style='opacity:.7'>{safe(words.some(3, 9))}</p>"
    if kind == "title":
        at = rng.choice(["left", "center", "center"])
        content = f"<div style='{centred};text-align:{at}'><div style='zoom:1.35'>{head}</div>{sub}<small>{safe(words.name())} · {words.date()}</small></div>"
    elif kind == "two":
        right = rng.choice([bullets(source, 2, 5), f"<img src='{source.photo()}' style='width:100%;height:320px;object-fit:cover'>",
                            plot(source, accent, second, line)])  # fmt: skip
        pair = [bullets(source, 2, 5), right]
        rng.shuffle(pair)
        content = f"{head}<div style='display:flex;gap:30px;flex:1;align-items:center'><div style='flex:1'>{pair[0]}</div><div style='flex:1'>{pair[1]}</div></div>"
    elif kind == "chart":
        content = f"{head}<div style='{centred};padding:0 {rng.randint(0, 120)}px'>{plot(source, accent, second, line)}</div>{sub if rng.random() < 0.4 else ''}"
    elif kind == "picture":
        content = f"{head}<img src='{source.photo()}' style='flex:1;min-height:0;width:{rng.choice([60, 80, 100])}%;margin:14px auto;object-fit:cover'>"
    elif kind == "quote":
        content = f"<div style='{centred};text-align:center;font-size:1.5em'><i>“{safe(words.sentence(6, 14))}”</i><small>— {safe(words.name())}</small></div>"
    elif kind == "boxes":
        content = f"{head}<div style='{centred}'>{boxes(source, accent)}</div>{bullets(source, 1, 2) if rng.random() < 0.4 else ''}"
    elif kind == "table":
        columns = rng.randint(2, 5)
        rows = "".join("<tr>" + "".join(f"<td style='border:1px solid {line};padding:6px 10px'>{safe(words.title(1, 2)) if c == 0 else words.money()}</td>" for c in range(columns)) + "</tr>"
                       for _ in range(rng.randint(3, 6)))  # fmt: skip
        content = f"{head}<div style='{centred}'><table style='border-collapse:collapse;width:100%;font-size:.9em'>{rows}</table></div>"
    elif kind == "code":
        lines = "\n".join(
            "  " * rng.randint(0, 2) + f"{words.word()}({words.word()}={rng.randint(0, 99)})"
            for _ in range(rng.randint(3, 7))
        )
        content = f"{head}{bullets(source, 1, 3)}<pre style=\"background:#0002;padding:16px;font:20px 'Fira Code'\">{safe(lines)}</pre>"
    elif kind == "figures":
        cells = "".join(
            f"<div style='flex:1;text-align:center'><div style='font-size:2.6em;color:{accent}'>{rng.randint(2, 98)}%</div>{safe(words.some(1, 4))}</div>"
            for _ in range(rng.randint(2, 4))
        )
        content = f"{head}<div style='flex:1;display:flex;align-items:center'>{cells}</div>"
    else:
        align = rng.choice([centred, "flex:1;padding-top:20px"])
        content = f"{head}<div style='{align}'>{bullets(source, 2, 7)}</div>"
    band = rng.choice(["", "", f"border-top:{rng.randint(8, 40)}px solid {accent};", f"border-left:{rng.randint(10, 90)}px solid {accent};",
                       f"border-bottom:{rng.randint(6, 40)}px solid {accent};"])  # fmt: skip
    foot = (
        f"<div style='display:flex;font-size:14px;opacity:.7'><span style='flex:1'>{safe(words.company()) if rng.random() < 0.6 else ''}</span>{rng.randint(1, 60)}</div>"
        if rng.random() < 0.65
        else ""
    )
    mark = (
        f"<div style='position:absolute;right:24px;{rng.choice(['top', 'bottom'])}:16px'>{logo(source, 40)}</div>"
        if rng.random() < 0.3
        else ""
    )
    style = (
        f"*{{box-sizing:border-box}}body{{margin:0;height:100vh;{backdrop(rng, source, hue, dark)};color:{ink};{band}"
        f"padding:{rng.randint(24, 60)}px {rng.randint(30, 90)}px;display:flex;flex-direction:column;position:relative;overflow:hidden;"
        f"font:{rng.randint(20, 32)}px/1.4 '{font}',sans-serif}}li{{margin:.3em 0}}h1{{flex:none}}"
    )
    caption = {"bullets": "a presentation slide with bullet points", "title": "the title slide of a talk", "chart": "a presentation slide with a chart",
               "picture": "a presentation slide with a picture"}.get(kind, "a presentation slide")  # fmt: skip
    return Page("slide", caption, content + foot + mark, width, tall, style, 0.08)


KINDS = {"slide": (slide, 270)}
