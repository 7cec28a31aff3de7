"""Handwriting: notes, whiteboards and blackboards, sticky notes."""

# ruff: noqa: E501 - markup stays in one piece

from __future__ import annotations

from rendering.page import HAND, Page, Source, safe

INKS = ("#13a", "#124", "#111", "#222", "#334", "#444", "#a22", "#165")


def ruled(source: Source, step: int) -> str:
    """Return the CSS of paper: blank, ruled, squared, yellow pad, dotted."""
    rng = source.rng
    line = rng.choice(["#9bd", "#bcd", "#cbb", "#abc8"])
    back = rng.choice(["#fff", "#fdfdf6", "#fffbd8", "#f6f1e4", "#fff", "#fde9f0"])
    pattern = rng.choice([
        "", "", f"background-image:linear-gradient(transparent {step - 1}px,{line} 1px);background-size:100% {step}px",
        f"background-image:linear-gradient(transparent {step - 1}px,{line} 1px);background-size:100% {step}px;"
        f"border-left:{rng.randint(30, 70)}px solid #fff;outline:1px solid #e99",
        f"background-image:linear-gradient({line} 1px,transparent 1px),linear-gradient(90deg,{line} 1px,transparent 1px);"
        f"background-size:{step / 2}px {step / 2}px",
        f"background-image:radial-gradient({line} 1.5px,transparent 2px);background-size:{step / 2}px {step / 2}px",
    ])  # fmt: skip
    return f"background-color:{back};{pattern}"


def scribble(source: Source, text: str, size: int) -> str:
    """Return words one by one, each slightly displaced, some struck out or underlined."""
    rng, parts = source.rng, []
    for word in text.split(" "):
        mark = rng.choice(["line-through", "underline"]) if rng.random() < 0.03 else "none"
        parts.append(
            f"<span style='display:inline-block;transform:translateY({rng.gauss(0, size * 0.04):.1f}px) "
            f"rotate({rng.gauss(0, 1.6):.1f}deg) scale({rng.uniform(0.94, 1.06):.2f});text-decoration:{mark}'>{safe(word)}</span>"
        )
    return " ".join(parts)


def sketch(source: Source, ink: str) -> str:
    """Return a small drawing: an arrow, a box, a graph, a star."""
    rng = source.rng
    wavy = " ".join(f"{x},{50 + rng.uniform(-30, 30):.0f}" for x in range(0, 160, 16))
    shapes = (f"<polyline points='{wavy}'/><path d='M2 2V98H158'/>", "<path d='M4 50q60-40 140 0m-14-12l14 12-18 8'/>",
              "<path d='M8 12l130-6 8 80-134 6z'/>", "<ellipse cx=80 cy=50 rx=70 ry=38 />", "<path d='M80 6l18 84-70-52h94l-74 52z'/>",
              "<circle cx=80 cy=50 r=42 /><path d='M60 62q20 20 40 0M64 36v8M96 36v8'/>")  # fmt: skip
    return (
        f"<svg width={rng.randint(90, 220)} viewBox='0 0 160 100' fill=none stroke='{ink}' stroke-width={rng.uniform(2, 4):.1f}>"
        f"{rng.choice(shapes)}</svg>"
    )


def note(source: Source) -> Page:
    """Return a handwritten page: letter, shopping list, lecture notes, sums."""
    rng, words = source.rng, source.latin()
    size = rng.randint(24, 54)
    step = round(size * rng.uniform(1.1, 1.6))
    ink, font = rng.choice(INKS), rng.choice(HAND)
    kind = rng.choice(["letter", "letter", "list", "notes", "sums"])
    parts = []
    for _ in range(rng.randint(3, 9) if kind == "letter" else rng.randint(4, 16)):
        if kind == "letter":
            parts.append(f"<p>{scribble(source, words.paragraph(1, 4), size)}</p>")
        elif kind == "list":
            mark = rng.choice(["- ", "• ", "☐ ", "✓ ", f"{rng.randint(1, 12)}) "])
            parts.append(f"<div>{scribble(source, mark + words.some(1, 4), size)}</div>")
        elif kind == "notes":
            text = scribble(source, words.some(2, 9), size)
            box = f"border:2px solid {ink};" if rng.random() < 0.15 else ""
            parts.append(
                f"<div style='margin-left:{rng.choice([0, 0, 30, 60])}px;{box}'>{rng.choice(['', '→ ', '* '])}{text}</div>"
            )
            if rng.random() < 0.15:
                parts.append(sketch(source, ink))
        else:
            a, b = rng.randint(2, 900), rng.randint(2, 90)
            sums = (
                f"{a} + {b} = {a + b}",
                f"x² + {b}x = {a}",
                f"{a} · {b} = {a * b}",
                f"f(x) = {b}x³ − {a}",
                "∫ x dx = ½x² + c",
                f"√{a} ≈ {a**0.5:.2f}",
            )
            parts.append(f"<div>{scribble(source, rng.choice(sums), size)}</div>")
    head = (
        f"<div style='font-size:1.3em;text-decoration:underline'>{scribble(source, words.some(1, 4), size)}</div>"
        if rng.random() < 0.4
        else ""
    )
    style = (
        f"body{{margin:0;padding:{rng.randint(10, 70)}px {rng.randint(10, 80)}px;color:{ink};{ruled(source, step)};"
        f"font:{size}px/{step}px '{font}',cursive;overflow:hidden}}p{{margin:0 0 {step}px}}"
    )
    width = rng.choice([420, 640, 800, 900])
    tall = round(width * rng.choice([1.41, 1.3, 1.0, 0.75, 1.41]))
    caption = {
        "letter": "a handwritten letter",
        "list": "a handwritten list",
        "notes": "handwritten notes",
        "sums": "handwritten maths",
    }[kind]
    return Page("handwritten_note", caption, head + "".join(parts), width, tall, style, 0.6, 0.2)


def lined(source: Source) -> Page:
    """Return a sheet of a lined or squared pad, written all over in pencil or pen, photographed close."""
    rng, words = source.rng, source.latin()
    step, ink, font = rng.randint(26, 60), rng.choice((*INKS, "#777", "#889", "#99a")), rng.choice(HAND)
    size = round(step * rng.uniform(0.6, 1.05))
    line, back = (
        rng.choice(["#9bd", "#8ac", "#bbb", "#cab", "#9c9"]),
        rng.choice(["#fff", "#fdfcf4", "#fff7c0", "#eef3f6", "#f3e9d8"]),
    )
    across = f",linear-gradient(90deg,{line} 1px,transparent 1px)" if rng.random() < 0.3 else ""
    margin = (
        f"<div style='position:fixed;top:0;bottom:0;left:{rng.randint(30, 90)}px;border-left:2px solid #e88'></div>"
        if rng.random() < 0.5
        else ""
    )
    holes = "".join(
        f"<div style='position:fixed;left:8px;top:{t}%;width:18px;height:18px;border-radius:50%;background:#444'></div>"
        for t in rng.choice([(), (12, 50, 88), range(2, 100, 5)])
    )
    rows = "".join(
        f"<div style='padding-left:{rng.choice([0, 0, 0, 24])}px'>{scribble(source, words.some(3, 9) if rng.random() < 0.9 else ' ', size)}</div>"
        for _ in range(rng.randint(5, 26))
    )
    wide = rng.choice([380, 520, 700, 900])
    style = (
        f"body{{margin:0;padding:{step}px {rng.randint(10, 40)}px 0 {rng.randint(20, 110)}px;color:{ink};background:{back};overflow:hidden;"
        f"background-image:linear-gradient(transparent {step - 1}px,{line} 1px){across};background-size:{step if across else wide}px {step}px;"
        f"font:{size}px/{step}px '{font}',cursive;white-space:nowrap}}"
    )
    tall = round(wide * rng.choice([1.41, 1.3, 0.75, 2.2, 0.5]))
    return Page(
        "handwritten_note",
        "handwriting on lined paper",
        margin + holes + rows,
        wide,
        tall,
        style,
        0.75,
        0.15,
        side=1280,
    )


def whiteboard(source: Source) -> Page:
    rng, words = source.rng, source.latin()
    kind = rng.choice(["white", "white", "white", "black", "green", "flip"])
    back = {"white": "#f2f5f6", "black": "#22262a", "green": "#1f4a3a", "flip": "#fcfcf8"}[kind]
    inks = ["#111", "#c22", "#15a", "#184"] if kind in {"white", "flip"} else ["#eee", "#eee", "#fd8", "#9df"]
    fonts = rng.sample((*HAND, "Permanent Marker"), 2)
    parts = []
    for _ in range(rng.randint(5, 14)):
        ink = rng.choice(inks)
        x, y = rng.uniform(2, 75), rng.uniform(3, 85)
        size = rng.randint(22, 52)
        text = scribble(
            source, rng.choice([words.some(1, 4), words.some(1, 2), f"{words.word()} → {words.word()}"]), size
        )
        box = rng.choice(
            ["", "", "", f"border:3px solid {ink};border-radius:{rng.choice([0, 8, 60])}px;padding:6px 14px"]
        )
        parts.append(
            f"<div style=\"position:absolute;left:{x:.0f}%;top:{y:.0f}%;color:{ink};font:{size}px '{rng.choice(fonts)}';"
            f'transform:rotate({rng.gauss(0, 2):.1f}deg);{box}">{text}</div>'
        )
    for _ in range(rng.randint(1, 6)):
        parts.append(
            f"<div style='position:absolute;left:{rng.uniform(5, 70):.0f}%;top:{rng.uniform(5, 75):.0f}%'>{sketch(source, rng.choice(inks))}</div>"
        )
    if rng.random() < 0.3:
        for _ in range(rng.randint(2, 8)):
            parts.append(
                f'<div style="position:absolute;left:{rng.uniform(5, 85):.0f}%;top:{rng.uniform(5, 80):.0f}%;width:110px;height:105px;'
                f"background:{rng.choice(['#fe7', '#f9c', '#9ef', '#bf9'])};color:#222;font:22px '{fonts[0]}';padding:8px;box-shadow:2px 4px 6px #0004;"
                f'transform:rotate({rng.gauss(0, 4):.1f}deg)">{safe(words.some(1, 3))}</div>'
            )
    frame = rng.choice(["14px solid #b8bcc0", "10px solid #888", "18px solid #7a5534", "0"])
    gloss = f"linear-gradient({rng.randint(0, 180)}deg,#fff0,#fff6 {rng.randint(20, 80)}%,#fff0),"
    style = f"body{{margin:0;border:{frame};position:relative;overflow:hidden;height:100vh;box-sizing:border-box;background:{gloss if rng.random() < 0.5 else ''}{back}}}"
    size = (620, 860) if kind == "flip" else (960, rng.choice([540, 640, 720]))
    caption = {"white": "a whiteboard with notes", "flip": "a flip chart with writing"}.get(
        kind, "a blackboard with writing in chalk"
    )
    return Page("whiteboard", caption, "".join(parts), *size, style, 0.75, wall=True)


KINDS = {"note": (note, 190), "lined": (lined, 100), "whiteboard": (whiteboard, 80)}
