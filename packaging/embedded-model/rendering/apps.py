"""Phone apps and phone home screens; paper documents shown on a phone's screen."""

# ruff: noqa: E501 - markup stays in one piece

from __future__ import annotations

from rendering.page import Page, Source, Theme, icon, safe, tone
from rendering.screens import PHONES, status_bar, tabs


def listing(source: Source, theme: Theme) -> str:
    rng, words = source.rng, source.words
    rows = ""
    for _ in range(12):
        end = rng.choice([words.time(), words.priced(), "›", "★ 4.5", "✓"])
        picture = (
            f"<img src='{source.photo()}' style='width:54px;height:54px;border-radius:{theme.radius}px'>"
            if rng.random() < 0.6
            else icon(theme, rng, 28)
        )
        rows += f"<div class='row card' style='margin:6px 10px'>{picture}<div class=grow><b class=cut>{safe(words.title(1, 4))}</b><div class='dim cut'>{safe(words.sentence())}</div></div><small>{end}</small></div>"
    return rows


def grid(source: Source, theme: Theme) -> str:
    del theme
    rng, words = source.rng, source.words
    cells = "".join(
        f"<div class=card style='padding:6px'><img src='{source.photo()}' style='width:100%;height:110px'><div class=cut>{safe(words.title(1, 3))}</div><b>{words.priced()}</b></div>"
        for _ in range(10)
    )
    return f"<div style='display:grid;grid-template-columns:repeat({rng.choice([2, 2, 3])},1fr);gap:8px;padding:10px'>{cells}</div>"


def player(source: Source, theme: Theme) -> str:
    words = source.words
    return (
        f"<div style='text-align:center;padding:24px'><img src='{source.photo()}' style='width:88%;aspect-ratio:1;border-radius:{theme.radius}px'>"
        f"<h2 style='margin-top:20px'>{safe(words.title(1, 4))}</h2><p class=dim>{safe(words.name())}</p><div style='height:4px;background:{theme.line};margin:20px'>"
        f"<div style='height:4px;width:{source.rng.randint(5, 90)}%;background:{theme.accent}'></div></div><div style='font-size:38px'>⏮ ⏯ ⏭</div></div>"
    )


def weather(source: Source, theme: Theme) -> str:
    del theme
    rng, words = source.rng, source.words
    days = "".join(
        f"<div class=row style='padding:8px 20px'><span class=grow>{safe(words.word())}</span>{rng.choice('☀⛅☁🌧⛈❄')} {rng.randint(-5, 30)}°</div>"
        for _ in range(8)
    )
    return f"<div style='text-align:center;padding:30px'><h2>{rng.choice(['Lisbon', 'Oslo', 'Graz'])}</h2><div style='font-size:84px'>{rng.randint(-9, 35)}°</div>{rng.choice('☀⛅☁🌧')}</div>{days}"


def login(source: Source, theme: Theme) -> str:
    words = source.words
    field = f"<div style='border:1px solid {theme.line};border-radius:{theme.radius}px;padding:12px;margin:10px 0' class=dim>"
    return f"<div style='padding:90px 30px 0;text-align:center'><h1 style='color:{theme.accent}'>{safe(words.title(1, 2))}</h1><p>{safe(words.some(3, 8))}</p>{field}{words.mail()}</div>{field}••••••••</div><div class=button style='width:100%;padding:12px'>{safe(words.title(1, 2))}</div></div>"


def figures(source: Source, theme: Theme) -> str:
    rng, words = source.rng, source.words
    points = " ".join(f"{x},{rng.randint(10, 90)}" for x in range(0, 301, 25))
    cards = "".join(
        f"<div class=card style='flex:1;min-width:40%'><span class=dim>{safe(words.word())}</span><h2>{rng.randint(1, 9000)}</h2></div>"
        for _ in range(4)
    )
    return f"<div class=card style='margin:10px'><h1>{words.priced(9000)}</h1><svg viewBox='0 0 300 100' width='100%'><polyline points='{points}' fill=none stroke='{theme.accent}' stroke-width=3 /></svg></div><div style='display:flex;flex-wrap:wrap;gap:8px;padding:10px'>{cards}</div>{listing(source, theme)}"


def streets(source: Source, width: int, height: int, dark: bool) -> str:
    """Return a street map as SVG."""
    rng = source.rng
    land, road, water, park = (
        ("#242f3e", "#4a5a70", "#17263c", "#263c3f")
        if dark
        else rng.choice(
            [
                ("#f2efe9", "#fff", "#aad3df", "#c8facc"),
                ("#e8eaed", "#fff", "#9cc0f9", "#c5e8c5"),
                ("#fbf8f0", "#f0c060", "#b5d8e8", "#d8e8c0"),
            ]
        )
    )
    parts = [f"<rect width={width} height={height} fill='{land}'/>"]
    for fill in [park] * rng.randint(1, 6) + [water] * rng.randint(0, 2):
        x, y = rng.randint(0, width), rng.randint(0, height)
        dots = " ".join(f"{x + rng.randint(-160, 160)},{y + rng.randint(-120, 120)}" for _ in range(7))
        parts.append(f"<polygon points='{dots}' fill='{fill}' stroke='{fill}' stroke-width=30 stroke-linejoin=round />")
    tilt = rng.uniform(-0.5, 0.5)
    for way in range(rng.randint(16, 44)):
        at, wide = rng.uniform(-0.4, 1.4), rng.choice([3, 4, 6, 6, 12])
        ink = "#f7c95c" if wide == 12 else road
        bend = rng.uniform(-60, 60)
        line = (
            f"M{at * width:.0f} -20 Q{at * width + tilt * 200 + bend:.0f} {height / 2} {at * width + tilt * 400:.0f} {height + 20}"
            if way % 2
            else f"M-20 {at * height:.0f} Q{width / 2} {at * height - tilt * 200 + bend:.0f} {width + 20} {at * height - tilt * 400:.0f}"
        )
        parts.append(
            f"<path d='{line}' stroke='#9996' stroke-width={wide + 2} fill=none /><path d='{line}' stroke='{ink}' stroke-width={wide} fill=none />"
        )
    names = "".join(
        f"<text x={rng.randint(0, width)} y={rng.randint(10, height)} font-size={rng.choice([10, 12, 15, 20])} fill='{'#bbb' if dark else '#555'}'>{safe(source.words.title(1, 2))}</text>"
        for _ in range(rng.randint(8, 24))
    )
    route = (
        f"<path d='M{rng.randint(0, width)} {rng.randint(0, height)} L{width // 2} {height // 2} L{rng.randint(0, width)} {rng.randint(0, height)}' stroke='#1a73e8' stroke-width=6 fill=none stroke-linejoin=round />"
        if rng.random() < 0.4
        else ""
    )
    pin = (
        f"<path transform='translate({rng.randint(40, width - 40)},{rng.randint(40, height - 40)})' d='M0 0s-14-18-14-28a14 14 0 0128 0c0 10-14 28-14 28z' fill='#e33'/>"
        if rng.random() < 0.5
        else ""
    )
    return f"<svg width={width} height={height} style='display:block'>{''.join(parts)}{names}{route}{pin}</svg>"


def app(source: Source) -> Page:
    rng, words, theme = source.rng, source.words, Theme(source.rng)
    width, height = rng.choice(PHONES)
    kind = rng.choice(["listing", "listing", "grid", "player", "weather", "login", "figures", "map"])
    made = {"listing": listing, "grid": grid, "player": player, "weather": weather, "login": login, "figures": figures}
    inside = streets(source, width, height, theme.dark) if kind == "map" else made[kind](source, theme)
    head = f"<div class=row style='padding:10px 14px'>☰ <b class=grow style='font-size:1.25em'>{safe(words.title(1, 2))}</b>{icon(theme, rng, 22)}</div>"
    back = (
        ""
        if rng.random() < 0.8 or kind not in {"weather", "player", "login"}
        else f"body{{background:linear-gradient({theme.accent},{theme.second});color:#fff}}"
    )
    body = status_bar(source, theme) + head + inside + (tabs(source, theme) if rng.random() < 0.6 else "")
    return Page(
        "phone_screenshot",
        f"a screenshot of a phone app with a {kind}",
        body,
        width,
        height,
        theme.css() + f"body{{overflow:hidden;height:100vh}}{back}",
    )


def home(source: Source) -> Page:
    """Return a phone's home or lock screen."""
    rng, words, theme = source.rng, source.words, Theme(source.rng)
    width, height = rng.choice(PHONES)
    lock = rng.random() < 0.3
    icons = "".join(
        f"<div style='text-align:center;font-size:11px;color:#fff'><div style='width:54px;height:54px;margin:0 auto 4px;border-radius:{rng.choice([12, 14, 27])}px;"
        f"background:linear-gradient({tone(rng.random(), 0.6, 0.8)},{tone(rng.random(), 0.4, 0.8)});font-size:30px;line-height:54px'>{rng.choice('📷🎵📞✉🗺⚙📅🌤💬🎮📚🛒🏠▶🔍')}</div>{safe(words.word()[:9])}</div>"
        for _ in range(rng.randint(8, 24))
    )
    clock = (
        f"<div style='text-align:center;color:#fff;font-size:76px;padding:{60 if lock else 20}px 0 10px;text-shadow:0 2px 8px #0008'>{words.time()}<div style='font-size:17px'>{words.date()}</div></div>"
        if lock or rng.random() < 0.5
        else ""
    )
    notes = "".join(
        f"<div style='margin:8px 14px;background:#fffc;color:#222;border-radius:14px;padding:10px'><b>{safe(words.name())}</b><br>{safe(words.sentence())}</div>"
        for _ in range(rng.randint(1, 4))
    )
    inside = (
        notes
        if lock
        else f"<div style='display:grid;grid-template-columns:repeat(4,1fr);gap:20px 6px;padding:20px'>{icons}</div>"
    )
    back = (
        f"url({source.photo()}) center/cover"
        if rng.random() < 0.6
        else f"linear-gradient({theme.accent},{theme.second})"
    )
    return Page(
        "phone_screenshot",
        "a phone's lock screen" if lock else "a phone's home screen",
        status_bar(source, theme, "#fff") + clock + inside,
        width,
        height,
        theme.css() + f"body{{background:{back};overflow:hidden;height:100vh}}",
    )


KINDS = {"app": (app, 150), "home": (home, 50)}
