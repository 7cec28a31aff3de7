"""Chats, social posts, phone apps and settings, as pages of many designs."""

# ruff: noqa: E501 - markup stays in one piece

from __future__ import annotations

from rendering.page import Page, Source, Theme, avatar, icon, safe, tone
from rendering.text import CHAT, UI

PHONES = ((360, 640), (360, 740), (375, 812), (390, 844), (412, 915), (768, 1024))


def status_bar(source: Source, theme: Theme, ink: str = "") -> str:
    """Return the clock, signal and battery at the top of a phone."""
    rng = source.rng
    level = rng.randint(5, 100)
    battery = f"<span style='display:inline-block;width:22px;height:10px;border:1px solid;border-radius:3px'><span style='display:block;height:8px;background:currentColor;width:{level}%'></span></span>"
    signs = rng.choice(["▂▄▆█ ", "◢ ", "4G ◢ ", "5G ▂▄▆ ", "📶 "])
    return (
        f"<div style='display:flex;padding:6px {rng.choice([10, 16, 24])}px;font-size:13px;color:{ink or theme.ink}'>"
        f"<b style='flex:1'>{source.words.time()}</b><span>{signs}{f'{level}% ' if rng.random() < 0.5 else ''}{battery}</span></div>"
    )


def tabs(source: Source, theme: Theme) -> str:
    """Return a phone app's bar at the bottom."""
    rng, words = source.rng, source.words
    cells = "".join(
        f"<div style='flex:1;text-align:center;font-size:11px'>{icon(theme, rng, 24)}<br>{safe(words.word()[:10])}</div>"
        for _ in range(rng.randint(3, 5))
    )
    return f"<div style='position:fixed;bottom:0;left:0;right:0;display:flex;padding:8px 4px;background:{theme.panel};border-top:1px solid {theme.line}'>{cells}</div>"


def bubble(source: Source, theme: Theme, own: bool, group: bool) -> str:
    rng, words = source.rng, source.words
    text = rng.choice(CHAT) if rng.random() < 0.5 else words.sentence(2, 22)
    fill = theme.accent if own else theme.raised if theme.dark else rng.choice(["#fff", "#e9e9eb", theme.raised])
    ink = "#fff" if own else theme.ink
    who = f"<b style='color:{theme.second};font-size:.85em'>{safe(words.name())}</b><br>" if group and not own else ""
    picture = (
        f"<img src='{source.photo()}' style='width:100%;max-width:230px;height:150px;border-radius:8px;display:block'>"
        if rng.random() < 0.1
        else ""
    )
    corner = max(theme.radius, 4)
    stamp = f"<span style='font-size:.7em;opacity:.65;margin-left:8px'>{words.time()}{' ✓✓' if own else ''}</span>"
    return (
        f"<div style='display:flex;justify-content:{'flex-end' if own else 'flex-start'};margin:{rng.choice([2, 4, 8, 12])}px 10px;gap:6px'>"
        f"{avatar(source, 30) if group and not own else ''}<div style='max-width:76%;background:{fill};color:{ink};padding:7px 11px;"
        f"border-radius:{corner}px;overflow-wrap:anywhere'>{who}{picture}{safe(text)}{stamp}</div></div>"
    )


def thread(source: Source, theme: Theme, count: int) -> str:
    rng, group = source.rng, source.rng.random() < 0.3
    parts, own = [], rng.random() < 0.5
    for _ in range(count):
        own = not own if rng.random() < 0.6 else own
        parts.append(bubble(source, theme, own, group))
        if rng.random() < 0.08:
            parts.append(f"<div class=dim style='text-align:center;margin:8px'>{source.words.date()}</div>")
    return "".join(parts)


def chat(source: Source) -> Page:
    """Return a messenger on a phone."""
    rng, theme = source.rng, Theme(source.rng)
    width, height = rng.choice(PHONES[:5])
    bar = rng.choice([theme.accent, theme.panel, theme.panel])
    ink = "#fff" if bar == theme.accent else theme.ink
    back = theme.back
    if rng.random() < 0.35:
        back = f"linear-gradient({rng.randint(0, 180)}deg,{tone(theme.accent_hue, 0.12 if theme.dark else 0.9, 0.4)},{tone(theme.accent_hue + 0.1, 0.08 if theme.dark else 0.84, 0.4)})"
    head = (
        f"<div style='background:{bar};color:{ink}'>{status_bar(source, theme, ink)}<div class=row style='padding:8px 12px'>‹ {avatar(source, 38)}"
        f"<div class=grow><b>{safe(source.words.name())}</b><br><small>{rng.choice(['online', 'last seen today', 'typing…', ''])}</small></div>{icon(theme, rng, 22)}</div></div>"
    )
    field = (
        f"<div style='position:fixed;bottom:0;left:0;right:0;background:{theme.panel};padding:10px;display:flex;gap:8px'>{icon(theme, rng, 24)}"
        f"<div class=grow style='background:{theme.raised};border-radius:20px;padding:5px 14px;border:1px solid {theme.line}'><span class=dim>{rng.choice(['Message', 'Nachricht', 'Aa', 'Mensaje'])}</span></div>{icon(theme, rng, 24)}</div>"
    )
    keys = ""
    if rng.random() < 0.2:  # the keyboard is open
        rows = "".join(
            "<div style='display:flex;justify-content:center;gap:4px;margin:5px'>"
            + "".join(
                f"<span style='flex:1;max-width:34px;background:{theme.raised};border-radius:5px;text-align:center;padding:9px 0'>{c}</span>"
                for c in line
            )
            + "</div>"
            for line in ("qwertyuiop", "asdfghjkl", "zxcvbnm")
        )
        keys = f"<div style='position:fixed;bottom:0;left:0;right:0;height:190px;background:{theme.panel}'>{rows}</div>"
        field = field.replace("bottom:0", "bottom:190px", 1)
    body = head + thread(source, theme, 26) + field + keys
    style = theme.css() + f"body{{background:{back};height:100vh;overflow:hidden}}"
    return Page("chat_screenshot", f"a {'dark' if theme.dark else 'light'} chat on a phone", body, width, height, style)


def desk_chat(source: Source) -> Page:
    """Return a messenger or team chat on a computer."""
    rng, words, theme = source.rng, source.words, Theme(source.rng)
    names = "".join(
        f"<div class=row style='padding:8px 12px'>{avatar(source, 34)}<div class=grow><b>{safe(words.name())}</b><div class='dim cut'>{safe(words.sentence())}</div></div></div>"
        for _ in range(14)
    )
    if rng.random() < 0.5:
        lines = "".join(
            f"<div class=row style='padding:7px 16px;align-items:flex-start'>{avatar(source, 36)}<div class=grow><b>{safe(words.name())}</b> <span class=dim>{words.time()}</span><br>{safe(words.sentence(2, 30))}</div></div>"
            for _ in range(13)
        )
        names = "".join(f"<div style='padding:4px 14px'># {safe(words.word())}</div>" for _ in range(20))
    else:
        lines = thread(source, theme, 16)
    body = (
        f"<div style='display:flex;height:100vh'><div style='width:{rng.randint(180, 320)}px;background:{theme.panel};overflow:hidden'>"
        f"<h3 style='padding:12px'>{safe(words.company())}</h3>{names}</div><div class=grow style='overflow:hidden;position:relative'>"
        f"<div style='padding:12px 16px;border-bottom:1px solid {theme.line}'><b>{safe(words.title(1, 2))}</b></div>{lines}</div></div>"
    )
    return Page(
        "chat_screenshot",
        "a chat window on a computer",
        body,
        rng.choice([900, 1100, 1280]),
        rng.choice([600, 720]),
        theme.css(),
    )


def post(source: Source) -> Page:
    """Return one social post or a short feed."""
    rng, words, theme = source.rng, source.words, Theme(source.rng)
    phone = rng.random() < 0.5
    single = rng.random() < 0.4

    def one() -> str:
        picture = (
            f"<img src='{source.photo()}' style='width:100%;height:{rng.randint(180, 340)}px;border-radius:{theme.radius}px;margin-top:8px'>"
            if rng.random() < 0.5
            else ""
        )
        signs = rng.choice([("💬", "🔁", "♡", "📤"), ("👍", "💬", "↗"), ("▲", "▼", "💬"), ("♥", "💬", "✈", "🔖")])
        counts = "".join(
            f"<span style='margin-right:{rng.choice([20, 40])}px'>{s} {rng.choice([rng.randint(1, 900), f'{rng.randint(1, 90)}K'])}</span>"
            for s in signs
        )
        tags = (
            f" <span style='color:{theme.accent}'>#{safe(words.word())} #{safe(words.word())}</span>"
            if rng.random() < 0.4
            else ""
        )
        return (
            f"<div class=card style='margin:8px'><div class=row>{avatar(source, 44)}<div class=grow><b>{safe(words.name())}</b>"
            f"{' ✔' if rng.random() < 0.3 else ''}<br><span class=dim>@{safe(words.word())} · {rng.randint(1, 23)}h</span></div>⋯</div>"
            f"<p style='font-size:{rng.choice([1, 1, 1.15, 1.4])}em;margin:8px 0'>{safe(words.paragraph(1, 3))}{tags}</p>{picture}"
            f"<div class=dim style='margin-top:8px'>{counts}</div></div>"
        )

    top = status_bar(source, theme) if phone and not single else ""
    body = (
        top + "".join(one() for _ in range(1 if single else 5)) + (tabs(source, theme) if phone and not single else "")
    )
    width, height = rng.choice(PHONES[:5]) if phone else (rng.choice([520, 600, 680]), rng.choice([600, 800]))
    return Page(
        "social_post_screenshot",
        "a social media post" if single else "a social media feed",
        body,
        width,
        0 if single else height,
        theme.css(),
    )


def toggle(theme: Theme, on: bool) -> str:
    place = "right" if on else "left"
    return f"<span style='display:inline-block;width:40px;height:22px;border-radius:11px;background:{theme.accent if on else theme.line};position:relative'><span style='position:absolute;top:2px;{place}:2px;width:18px;height:18px;border-radius:9px;background:#fff'></span></span>"


def settings(source: Source) -> Page:
    """Return settings of a phone or a computer, and dialogs."""
    rng, words, theme = source.rng, source.words, Theme(source.rng)
    phone = rng.random() < 0.4

    def line() -> str:
        kinds = [toggle(theme, rng.random() < 0.5), "›", f"<span class=dim>{safe(words.word())} ›</span>", "<input type=checkbox checked>",
                 f"<select><option>{safe(words.word())}</select>", f"<input type=range value={rng.randint(0, 100)} style='width:90px'>",
                 f"<input value='{safe(words.word())}' style='width:110px'>"]  # fmt: skip
        hint = f"<div class=dim>{safe(words.some(2, 8))}</div>" if rng.random() < 0.4 else ""
        mark = icon(theme, rng, 22) if rng.random() < 0.6 else ""
        return f"<div class=row style='padding:10px 12px;border-bottom:1px solid {theme.line}'>{mark}<div class=grow>{rng.choice(UI)}{hint}</div>{rng.choice(kinds[:3] if phone else kinds)}</div>"

    lines = "".join(line() for _ in range(16 if phone else rng.randint(4, 11)))
    scheme = f"body{{color-scheme:{'dark' if theme.dark else 'light'};overflow:hidden}}"
    if phone:
        width, height = rng.choice(PHONES[:5])
        head = f"{status_bar(source, theme)}<h2 style='padding:14px'>{rng.choice(['Settings', 'Einstellungen', 'Réglages', rng.choice(UI)])}</h2>"
        return Page(
            "settings_dialog",
            "the settings of a phone",
            f"{head}<div class=card style='margin:8px;padding:0'>{lines}</div>",
            width,
            height,
            theme.css() + scheme,
        )
    side = "".join(
        f"<div class=row style='padding:8px 14px;{'background:' + theme.accent + ';color:#fff' if k == 2 else ''}'>{icon(theme, rng)}{rng.choice(UI)}</div>"
        for k in range(rng.randint(5, 11))
    )
    left = f"<div style='width:200px;background:{theme.panel}'>{side}</div>" if rng.random() < 0.6 else ""
    strip = (
        "".join(
            f"<span style='padding:6px 12px;border-bottom:2px solid {theme.accent if k == 0 else 'transparent'}'>{rng.choice(UI)}</span>"
            for k in range(4)
        )
        if not left
        else ""
    )
    buttons = f"<div style='text-align:right;padding:12px'><span class='button plain'>{rng.choice(['Cancel', 'Abbrechen', 'Annuler'])}</span> <span class=button>{rng.choice(['OK', 'Save', 'Apply'])}</span></div>"
    bar = f"<div style='background:{theme.panel};padding:7px 12px;display:flex'><span style='flex:1;text-align:center'>{rng.choice(['Preferences', 'Settings', 'Options', safe(words.title(1, 3))])}</span>{rng.choice(['✕', '— ☐ ✕', '● ● ●'])}</div>"
    body = f"{bar}<div style='display:flex'>{left}<div class=grow>{strip}{lines}{buttons}</div></div>"
    return Page(
        "settings_dialog",
        "a settings window",
        body,
        rng.choice([420, 560, 700, 860]),
        0,
        theme.css() + scheme,
        tall=760,
    )


KINDS = {"chat": (chat, 120), "desk_chat": (desk_chat, 50), "post": (post, 110), "settings": (settings, 130)}
