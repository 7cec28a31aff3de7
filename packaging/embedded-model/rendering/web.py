"""Web sites in a browser or without its frame: shops, news, mail, dashboards, documentation, search, maps, videos."""

# ruff: noqa: E501 - markup stays in one piece

from __future__ import annotations

from rendering.apps import streets
from rendering.page import MONO, Page, Source, Theme, avatar, icon, safe, tone
from rendering.text import NAVIGATION


def navigation(source: Source, theme: Theme) -> str:
    rng = source.rng
    links = "".join(
        f"<span style='margin-left:22px'>{text}</span>" for text in rng.sample(NAVIGATION, rng.randint(2, 6))
    )
    back = rng.choice([theme.panel, theme.back, theme.accent])
    ink = "#fff" if back == theme.accent else theme.ink
    return f"<div class=row style='background:{back};color:{ink};padding:{rng.randint(8, 22)}px 28px'><b style='font-size:1.3em'>{safe(source.words.company())}</b><span class=grow></span>{links}</div>"


def landing(source: Source, theme: Theme) -> str:
    rng, words = source.rng, source.words
    cells = "".join(
        f"<div class=card style='flex:1'>{icon(theme, rng, 34)}<h3>{safe(words.title(1, 3))}</h3><p class=dim>{safe(words.paragraph(1, 2))}</p></div>"
        for _ in range(rng.randint(2, 4))
    )
    back = rng.choice(
        [
            f"linear-gradient(120deg,{theme.accent},{theme.second});color:#fff",
            f"url({source.photo()}) center/cover;color:#fff;text-shadow:0 1px 6px #000",
            theme.panel,
        ]
    )
    return f"<div style='background:{back};padding:{rng.randint(40, 110)}px 60px;text-align:{rng.choice(['left', 'center'])}'><h1 style='font-size:{rng.uniform(2, 3.6):.1f}em'>{safe(words.title(3, 7))}</h1><p>{safe(words.sentence())}</p><span class=button>{rng.choice(NAVIGATION)}</span></div><div style='display:flex;gap:20px;padding:34px'>{cells}</div>"


def shop(source: Source, theme: Theme) -> str:
    del theme
    rng, words = source.rng, source.words
    cells = "".join(
        f"<div class=card><img src='{source.photo()}' style='width:100%;height:150px'><div>{safe(words.title(2, 5))}</div><span style='color:#e90'>{'★' * rng.randint(2, 5)}</span><br><b>{words.priced()}</b><br><span class=button>{rng.choice(['Add to cart', 'Kaufen', '🛒'])}</span></div>"
        for _ in range(12)
    )
    side = "".join(f"<p>☐ {safe(words.some(1, 2))}</p>" for _ in range(14))
    return f"<div style='display:flex;padding:20px;gap:20px'><div style='width:150px'>{side}</div><div class=grow style='display:grid;grid-template-columns:repeat({rng.choice([3, 4, 5])},1fr);gap:14px'>{cells}</div></div>"


def news(source: Source, theme: Theme) -> str:
    del theme
    rng, words = source.rng, source.words
    small = "".join(
        f"<div class=row style='margin-bottom:14px'><img src='{source.photo()}' style='width:110px;height:74px'><div><b>{safe(words.title(4, 9))}</b><div class=dim>{words.date()}</div></div></div>"
        for _ in range(6)
    )
    text = "".join(f"<p>{safe(words.paragraph(3, 7))}</p>" for _ in range(5))
    return f"<div style='display:flex;gap:30px;padding:24px;max-width:1100px;margin:auto'><div style='flex:2'><h1>{safe(words.title(5, 10))}</h1><p class=dim>{safe(words.name())} · {words.date()}</p><img src='{source.photo()}' style='width:100%;height:{rng.randint(200, 380)}px'>{text}</div><div style='flex:1'>{small}</div></div>"


def mail(source: Source, theme: Theme) -> str:
    rng, words = source.rng, source.words
    folders = "".join(
        f"<div class=row style='padding:6px 14px'>{icon(theme, rng, 16)}{t}</div>"
        for t in ("Inbox", "Starred", "Sent", "Drafts", "Spam", "Trash", "Archive")
    )
    rows = "".join(
        f"<div class=row style='padding:8px 10px;border-bottom:1px solid {theme.line};font-weight:{rng.choice([400, 400, 700])}'>☐ ☆ <span style='width:150px' class=cut>{safe(words.name())}</span><span class='grow cut'>{safe(words.title(2, 6))} <span class=dim>– {safe(words.sentence())}</span></span><span>{words.time()}</span></div>"
        for _ in range(22)
    )
    reading = (
        f"<div style='flex:1.4;padding:16px;border-left:1px solid {theme.line}'><h2>{safe(words.title(2, 6))}</h2><div class=row>{avatar(source, 40)}{safe(words.name())}</div><p>{safe(words.paragraph(4, 9))}</p><p>{safe(words.paragraph(2, 6))}</p></div>"
        if rng.random() < 0.4
        else ""
    )
    return f"<div style='display:flex'><div style='width:170px'><p style='padding:12px'><span class=button>+ New</span></p>{folders}</div><div class=grow>{rows}</div>{reading}</div>"


def dashboard(source: Source, theme: Theme) -> str:
    rng, words = source.rng, source.words

    def plot() -> str:
        if rng.random() < 0.5:
            bars = "".join(
                f"<rect x={x} y={100 - v} width=14 height={v} fill='{theme.accent}'/>"
                for x in range(4, 290, 22)
                for v in [rng.randint(8, 95)]
            )
            return f"<svg viewBox='0 0 300 100' width='100%'>{bars}</svg>"
        points = " ".join(f"{x},{rng.randint(15, 85)}" for x in range(0, 301, 20))
        return f"<svg viewBox='0 0 300 100' width='100%'><polyline points='{points} 300,100 0,100' fill='{theme.second}44'/><polyline points='{points}' fill=none stroke='{theme.second}' stroke-width=2 /></svg>"

    tiles = "".join(
        f"<div class=card style='flex:1'><span class=dim>{safe(words.title(1, 2))}</span><h2>{rng.choice([words.priced(9000), str(rng.randint(1, 99999)), f'{rng.randint(1, 99)} %'])}</h2><small style='color:{rng.choice(['#2a2', '#d33'])}'>{rng.choice('▲▼')} {rng.randint(1, 40)} %</small></div>"
        for _ in range(4)
    )
    plots = "".join(
        f"<div class=card><b>{safe(words.title(1, 3))}</b>{plot()}</div>" for _ in range(rng.choice([2, 3, 4, 6]))
    )
    rows = "".join(
        "<tr>"
        + "".join(
            f"<td style='padding:6px;border-bottom:1px solid {theme.line}'>{safe(words.word()) if c < 2 else words.money()}</td>"
            for c in range(5)
        )
        + "</tr>"
        for _ in range(7)
    )
    side = "".join(
        f"<div class=row style='padding:9px 16px'>{icon(theme, rng)}{safe(words.title(1, 1))}</div>" for _ in range(9)
    )
    return f"<div style='display:flex'><div style='width:180px;background:{theme.panel};height:100vh'>{side}</div><div class=grow style='padding:16px'><div style='display:flex;gap:14px'>{tiles}</div><div style='display:grid;grid-template-columns:repeat({rng.choice([2, 3])},1fr);gap:14px;margin:14px 0'>{plots}</div><table class=card style='width:100%;border-collapse:collapse'>{rows}</table></div></div>"


def manual(source: Source, theme: Theme) -> str:
    rng, words = source.rng, source.words
    side = "".join(
        f"<div style='padding:3px 14px 3px {rng.choice([14, 30])}px;color:{rng.choice([theme.ink, theme.accent])}'>{safe(words.title(1, 3))}</div>"
        for _ in range(24)
    )
    code = "<br>".join(safe(f"{words.word()} --{words.word()}={rng.randint(0, 99)}") for _ in range(rng.randint(1, 5)))
    block = f"<pre style=\"background:{theme.panel};padding:12px;border-radius:{theme.radius}px;font:13px '{rng.choice(MONO[:5])}'\">{code}</pre>"
    text = "".join(
        rng.choice([f"<p>{safe(words.paragraph(1, 4))}</p>", f"<h2>{safe(words.title(2, 4))}</h2>", block])
        for _ in range(11)
    )
    return f"<div style='display:flex'><div style='width:220px;border-right:1px solid {theme.line};padding:14px 0'>{side}</div><div class=grow style='padding:20px 40px;max-width:820px'><h1>{safe(words.title(1, 4))}</h1>{text}</div></div>"


def search(source: Source, theme: Theme) -> str:
    words = source.words
    hits = "".join(
        f"<div style='margin-bottom:20px'><small>{safe(words.word())}.example › {safe(words.word())}</small><div style='font-size:1.25em;color:{'#8ab4f8' if theme.dark else '#1a0dab'}'>{safe(words.title(3, 8))}</div><span class=dim>{safe(words.paragraph(1, 2))}</span></div>"
        for _ in range(8)
    )
    return f"<div style='padding:20px 12%'><div style='border:1px solid {theme.line};border-radius:24px;padding:9px 20px;width:560px;max-width:100%;margin-bottom:24px'>🔍 {safe(words.some(1, 4))}</div>{hits}</div>"


def videos(source: Source, theme: Theme) -> str:
    rng, words = source.rng, source.words
    cells = "".join(
        f"<div><div style='position:relative'><img src='{source.photo()}' style='width:100%;aspect-ratio:16/9;border-radius:{theme.radius}px'><span style='position:absolute;right:6px;bottom:8px;background:#000c;color:#fff;padding:0 4px;font-size:12px'>{words.time()}</span></div><b>{safe(words.title(3, 8))}</b><div class=dim>{safe(words.name())} · {rng.randint(1, 900)}K</div></div>"
        for _ in range(12)
    )
    return f"<div style='display:grid;grid-template-columns:repeat({rng.choice([3, 4])},1fr);gap:16px;padding:20px'>{cells}</div>"


def plain(source: Source, theme: Theme) -> str:
    """Return a page in the style of the web's first years."""
    del theme
    words = source.words
    text = "".join(f"<p>{safe(words.paragraph(2, 5))} <a href=x>{safe(words.some(1, 3))}</a></p>" for _ in range(5))
    items = "".join(f"<li><a href=x>{safe(words.title(1, 4))}</a>" for _ in range(6))
    return f"<div style=\"font:16px 'Liberation Serif';padding:10px\"><h1>{safe(words.title(2, 5))}</h1><hr>{text}<ul>{items}</ul></div>"


LAYOUTS = {
    "landing": landing,
    "shop": shop,
    "news": news,
    "mail": mail,
    "dashboard": dashboard,
    "manual": manual,
    "search": search,
    "videos": videos,
    "plain": plain,
}


def browser_frame(source: Source, inside: str) -> str:
    """Return a browser's tabs and address bar around a page."""
    rng, words, look = source.rng, source.words, Theme(source.rng)
    tabs = "".join(
        f"<div class=cut style='width:170px;padding:8px 12px;background:{look.back if k == 0 else look.panel};border-radius:8px 8px 0 0'>{icon(look, rng, 12)} {safe(words.title(1, 4))} ×</div>"
        for k in range(rng.randint(1, 6))
    )
    bar = f"<div class=row style='background:{look.back};padding:6px 12px'>← → ⟳ <div class=grow style='background:{look.panel};border-radius:{rng.choice([3, 14])}px;padding:4px 14px'>🔒 {safe(words.word())}.example/{safe(words.word())}</div>☆ ⋮</div>"
    return f"<div style='color:{look.ink};font:13px Roboto'><div style='display:flex;background:{look.line};padding:6px 8px 0'>{tabs}</div>{bar}</div>{inside}"


def site(source: Source) -> Page:
    rng, theme = source.rng, Theme(source.rng)
    kind = rng.choice([*LAYOUTS, "map"])
    width, height = rng.choice([(1280, 720), (1366, 768), (1440, 900), (1024, 768), (1920, 1080), (1100, 1100)])
    phone = rng.random() < 0.2 and kind not in {"mail", "dashboard", "manual", "shop"}
    if phone:
        width, height = rng.choice([(360, 740), (390, 844), (412, 915)])
    inside = streets(source, width, height, theme.dark) if kind == "map" else LAYOUTS[kind](source, theme)
    body = navigation(source, theme) + inside if kind not in {"plain", "search", "map"} and not phone else inside
    if not phone and rng.random() < 0.45:
        body = browser_frame(source, body)
    if rng.random() < 0.12:
        body += f"<div style='position:fixed;left:0;right:0;bottom:0;background:{theme.raised};padding:18px;box-shadow:0 0 12px #0006'>🍪 {safe(source.words.sentence(8, 20))} <span class=button>OK</span></div>"
    scale = rng.choice([1, 1, 1.25])
    style = (
        theme.css()
        + f"body{{overflow:hidden;height:100vh;zoom:{scale}}}a{{color:{tone(0.61, 0.65 if theme.dark else 0.45, 1)}}}"
    )
    caption = f"a screenshot of a {'dark' if theme.dark else 'light'} web page: {kind}"
    return Page("web_page_screenshot", caption, body, width, height, style)


KINDS = {"site": (site, 260)}
