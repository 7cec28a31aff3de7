"""Games: boards, tiles, platforms, cards and falling blocks, with the scores and buttons around them."""

# ruff: noqa: E501 - markup stays in one piece

from __future__ import annotations

from rendering.page import POSTER, Page, Source, safe, tone

SPRITES = "🌲🌳🌵🌴🏠🏰⛺🪨🌊🔥💎🪙🗝🚪👾👻🤖🧙🧝🧟🐉🐍🦇🐺🐢🐔🚗🚀🛸⛵🍄🍎🍒🍇⭐💣🗡🏹❤"
FONTS = ("Press Start 2P", "VT323", *POSTER)


def head_up(source: Source) -> str:
    """Return score, lives, bars and buttons over a game."""
    rng, words = source.rng, source.words
    ink = rng.choice(["#fff", "#ff0", "#0f0", "#fda"])
    parts = rng.sample([
        f"{rng.choice(['SCORE', 'Score', 'Punkte'])} {rng.randint(0, 99999):05}", "❤" * rng.randint(1, 6), f"LEVEL {rng.randint(1, 30)}", f"🪙 {rng.randint(0, 999)}",
        f"<span style='display:inline-block;width:160px;height:14px;background:#400'><span style='display:block;height:14px;width:{rng.randint(10, 100)}%;background:#e22'></span></span>",
        f"{rng.randint(0, 9)}:{rng.randint(10, 59)}", f"<span style='background:#0008;padding:6px 10px'>{safe(words.title(1, 3))}</span>",
    ], rng.randint(1, 5))  # fmt: skip
    low = rng.random() < 0.25
    return f"<div style=\"position:absolute;left:0;right:0;{'bottom' if low else 'top'}:0;padding:10px 16px;display:flex;justify-content:space-between;color:{ink};background:{rng.choice(['none', '#0006', '#222'])};font:{rng.randint(14, 26)}px '{rng.choice(FONTS)}'\">{'<span></span>'.join(f'<span>{p}</span>' for p in parts)}</div>"


def tiles(source: Source, width: int, height: int) -> str:
    """Return a map seen from above, straight or isometric."""
    rng = source.rng
    side = rng.choice([24, 32, 48, 64])
    hue = rng.random()
    grounds = [tone(hue + rng.uniform(-0.08, 0.08), rng.uniform(0.15, 0.6), rng.uniform(0.2, 0.7)) for _ in range(3)]
    things = rng.sample(SPRITES.replace("\ufe0f", ""), 7)
    water = tone(rng.uniform(0.5, 0.65), 0.4, 0.6)
    cells = []
    for y in range(height // side + 2):
        for x in range(width // side + 2):
            wet = (x * 7 + y * 3 + rng.randint(0, 6)) % 19 < 3
            cells.append(
                f"<rect x={x * side} y={y * side} width={side} height={side} fill='{water if wet else rng.choice(grounds)}' stroke='#0002'/>"
            )
            if rng.random() < 0.14:
                cells.append(
                    f"<text x={x * side} y={(y + 0.85) * side} font-size={side * 0.85}>{rng.choice(things)}</text>"
                )
    turn = "rotateX(55deg) rotateZ(45deg) scale(1.6)" if rng.random() < 0.35 else "none"
    return f"<svg width={width} height={height} style='position:absolute;transform:{turn}'>{''.join(cells)}</svg>"


def platforms(source: Source, width: int, height: int) -> str:
    """Return a landscape from the side, with hills, platforms and figures."""
    rng = source.rng
    hue = rng.random()
    parts = [f"<rect width={width} height={height} fill='{tone(hue, rng.uniform(0.1, 0.75), 0.6)}'/>"]
    for layer in range(rng.randint(1, 4)):
        points = " ".join(
            f"{x},{height * (0.35 + 0.13 * layer) + rng.uniform(-60, 60):.0f}" for x in range(0, width + 90, 90)
        )
        parts.append(
            f"<polygon points='0,{height} {points} {width},{height}' fill='{tone(hue + 0.05 * layer, 0.55 - 0.12 * layer, 0.4)}'/>"
        )
    ground, top = tone(hue + 0.4, 0.3, 0.4), tone(hue + 0.3, 0.5, 0.6)
    for _ in range(rng.randint(4, 14)):
        x, y, wide = rng.randint(0, width), rng.randint(height // 4, height), rng.randint(80, 400)
        parts.append(
            f"<rect x={x} y={y} width={wide} height=40 fill='{ground}'/><rect x={x} y={y} width={wide} height=9 fill='{top}'/>"
        )
        parts.append(
            f"<text x={x + rng.randint(0, wide)} y={y - 4} font-size={rng.randint(26, 60)}>{rng.choice(SPRITES)}</text>"
        )
    return f"<svg width={width} height={height} style='position:absolute'>{''.join(parts)}</svg>"


def space(source: Source, width: int, height: int) -> str:
    """Return ships, shots and stars."""
    rng = source.rng
    parts = [f"<rect width={width} height={height} fill='{rng.choice(['#000', '#012', '#102', '#021'])}'/>"]
    parts += [
        f"<circle cx={rng.randint(0, width)} cy={rng.randint(0, height)} r={rng.uniform(0.5, 2):.1f} fill='#fff' />"
        for _ in range(90)
    ]
    things = rng.sample("🚀🛸👾👻🤖💥🪐🌍☄", 4)
    parts += [
        f"<text x={rng.randint(0, width)} y={rng.randint(40, height)} font-size={rng.randint(22, 70)}>{rng.choice(things)}</text>"
        for _ in range(rng.randint(5, 40))
    ]
    parts += [
        f"<path d='M{rng.randint(0, width)} {rng.randint(0, height)}v18' stroke='{rng.choice(['#ff0', '#0ff', '#f55'])}' stroke-width=4 />"
        for _ in range(12)
    ]
    return f"<svg width={width} height={height} style='position:absolute'>{''.join(parts)}</svg>"


def board(source: Source, width: int, height: int) -> str:
    """Return chess, draughts, match-three, 2048, sudoku, mines or falling blocks."""
    rng = source.rng
    kind = rng.choice(["chess", "draughts", "match", "2048", "sudoku", "mines", "blocks"])
    rows, columns = {"2048": (4, 4), "sudoku": (9, 9), "blocks": (20, 10), "mines": (12, 16)}.get(kind, (8, 8))
    side = min((height - 90) // rows, (width - 40) // columns)
    hue, gems = rng.random(), rng.sample("🍎🍒🍇🍋🍏🫐🔷🔶🟣🟢⭐", 5)
    light, dark = tone(hue, 0.85, 0.4), tone(hue, rng.uniform(0.3, 0.5), 0.5)
    cells = []
    for y in range(rows):
        for x in range(columns):
            fill, text = (light, dark)[(x + y) % 2], ""
            if kind == "chess":
                text = rng.choice("♜♞♝♛♚♟♙♖♘♗♕♔") if rng.random() < 0.4 else ""
            elif kind == "draughts":
                text = rng.choice("⚫🔴") if (x + y) % 2 and rng.random() < 0.5 else ""
            elif kind == "match":
                fill, text = tone(hue, 0.2, 0.3), rng.choice(gems)
            elif kind == "2048":
                power = rng.choice([0, 0, 1, 2, 3, 4, 5, 6, 7])
                fill, text = tone(hue + power / 25, 0.8 - power * 0.05, 0.6), str(2**power) if power else ""
            elif kind == "sudoku":
                fill, text = "#fff", str(rng.randint(1, 9)) if rng.random() < 0.45 else ""
            elif kind == "mines":
                open_ = rng.random() < 0.5
                fill, text = (
                    ("#ddd", rng.choice(["", "", "1", "2", "3"]))
                    if open_
                    else ("#aab", rng.choice(["", "", "", "", "🚩"]))
                )
            else:
                fill = tone(rng.random(), 0.5, 0.8) if y > rng.randint(8, 19) or rng.random() < 0.03 else "#111"
            cells.append(
                f"<div style='background:{fill};display:flex;align-items:center;justify-content:center;font-size:{side * 0.6:.0f}px;outline:1px solid #0003'>{text}</div>"
            )
    return f"<div style='position:absolute;inset:0;background:{rng.choice(['#222', '#fff', tone(hue, 0.9, 0.3), tone(hue, 0.2, 0.5)])}'></div><div style=\"position:absolute;left:{(width - side * columns) // 2}px;top:60px;display:grid;grid-template-columns:repeat({columns},{side}px);grid-auto-rows:{side}px;color:#111;font-family:'DejaVu Sans'\">{''.join(cells)}</div>"


def cards(source: Source, width: int, height: int) -> str:
    """Return a table of playing cards."""
    rng = source.rng
    parts = [
        f"<div style='position:absolute;inset:0;background:{tone(rng.choice([0.36, 0.38, 0.6, 0.02]), rng.uniform(0.15, 0.4), 0.6)}'></div>"
    ]
    for column in range(rng.randint(4, 8)):
        for row in range(rng.randint(1, 8)):
            red = rng.random() < 0.5
            face = (
                f"<b style='color:{'#c00' if red else '#000'}'>{rng.choice('A23456789JQK')}{rng.choice('♥♦' if red else '♠♣')}</b>"
                if row > 1 or rng.random() < 0.4
                else ""
            )
            parts.append(
                f"<div style='position:absolute;left:{30 + column * width // 8}px;top:{70 + row * height // 18}px;width:90px;height:126px;border-radius:7px;border:1px solid #444;background:{'#fff' if face else '#36a'};font:26px DejaVu Sans;padding:4px'>{face}</div>"
            )
    return "".join(parts)


def menu(source: Source) -> str:
    """Return the title of a game and its menu."""
    rng, words = source.rng, source.words
    rows = "".join(
        f"<p style='{'background:#fff3' if k == 1 else ''}'>{t}</p>"
        for k, t in enumerate(
            rng.sample(
                ["New game", "Continue", "Options", "Quit", "Multiplayer", "High scores", "Credits", "Load"],
                rng.randint(2, 6),
            )
        )
    )
    return f"<div style=\"position:absolute;inset:0;display:flex;flex-direction:column;align-items:center;justify-content:center;color:#fff;text-shadow:0 3px 8px #000;font:{rng.randint(18, 30)}px '{rng.choice(FONTS)}'\"><div style='font-size:2.6em'>{safe(words.title(1, 3))}</div>{rows}</div>"


def game(source: Source) -> Page:
    rng = source.rng
    width, height = rng.choice([(640, 480), (800, 600), (1280, 720), (1366, 768), (1920, 1080), (390, 844)])
    scene = rng.choice([tiles, tiles, platforms, platforms, space, board, board, cards])(source, width, height)
    over = menu(source) if rng.random() < 0.15 else head_up(source) if rng.random() < 0.85 else ""
    sharp = f"image-rendering:pixelated;filter:contrast({rng.uniform(0.9, 1.4):.1f})"
    return Page(
        "game_screenshot",
        "a screenshot of a computer game",
        scene + over,
        width,
        height,
        f"body{{margin:0;overflow:hidden;position:relative;height:100vh;{sharp}}}",
        side=1280,
    )


KINDS = {"game": (game, 150)}
