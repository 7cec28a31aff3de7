"""Dialogs of old and new desktops, and slides with pictures of programs pasted in, in published style sheets."""

# ruff: noqa: E501 - markup stays in one piece

from __future__ import annotations

from rendering import coding, screens, viewers, web
from rendering.designs import PAGES, SCREENS, button, dashboard, field, link, sheet, sparse
from rendering.page import Page, Source, Theme, safe, tone
from rendering.slides import boxes, bullets, plot
from rendering.text import UI

DESKTOPS = ("98.css/dist/98.css", "xp.css/dist/XP.css", "7.css/dist/7.css")


def window(source: Source) -> Page:
    """Return a dialog of Windows 98, XP or 7, alone or on a desktop."""
    rng, words = source.rng, source.words
    rows = "".join(
        rng.choice([
            f"<div class=field-row><input type=checkbox id=c{k} {rng.choice(['', 'checked'])}><label for=c{k}>{rng.choice(UI)} {safe(words.some(0, 3))}</label></div>",
            f"<div class=field-row><input type=radio name=r id=r{k} checked><label for=r{k}>{rng.choice(UI)}</label></div>",
            f"<div class=field-row-stacked><label>{rng.choice(UI)}</label><input type=text value='{safe(words.some(1, 3))}'></div>",
            f"<div class=field-row><label>{rng.choice(UI)}</label><select><option>{safe(words.some(1, 2))}</select></div>",
            f"<fieldset><legend>{rng.choice(UI)}</legend><div class=field-row><input type=range value={rng.randint(0, 90)}></div></fieldset>",
            f"<p>{safe(words.sentence())}</p>",
        ]) for k in range(rng.randint(1, 9)))  # fmt: skip
    strip = (
        f"<menu role=tablist>{''.join(f'<button role=tab aria-selected={str(k == 0).lower()}>{rng.choice(UI)}</button>' for k in range(rng.randint(2, 5)))}</menu>"
        if rng.random() < 0.4
        else ""
    )
    ends = "".join(
        f"<button>{t}</button> "
        for t in rng.sample(
            ["OK", "Cancel", "Apply", "Next >", "< Back", "Finish", "Help", "Yes", "No"], rng.randint(1, 3)
        )
    )
    wide = rng.randint(260, 560)
    one = f"<div class='window active' style='width:{wide}px'><div class=title-bar><div class=title-bar-text>{safe(words.title(1, 4))}</div><div class=title-bar-controls><button aria-label=Minimize></button><button aria-label=Maximize></button><button aria-label=Close></button></div></div><div class='window-body has-space'>{banner(source) if rng.random() < 0.3 else ''}{strip}{rows}<section style='text-align:right;margin-top:14px'>{ends}</section></div></div>"
    styles = link(sheet(source, DESKTOPS))
    if rng.random() < 0.6:
        return Page(
            "settings_dialog",
            "a dialog window",
            styles + f"<div style='display:inline-block'>{one}</div>",
            wide,
            0,
            "body{margin:0}",
            tall=700,
            side=1280,
        )
    back = rng.choice(["#008080", "#3a6ea5", "#245edb", "#000", f"url({source.photo()}) center/cover"])
    body = f"{styles}<div style='position:fixed;inset:0;background:{back}'></div><div style='position:absolute;left:{rng.randint(10, 300)}px;top:{rng.randint(10, 120)}px'>{one}</div>"
    return Page(
        "settings_dialog",
        "a dialog window on a desktop",
        body,
        wide + 320,
        rng.choice([480, 600, 720]),
        "body{margin:0}",
        side=1280,
    )


def banner(source: Source) -> str:
    """Return the coloured head of a dialog or an assistant."""
    rng, words = source.rng, source.words
    hue = rng.random()
    fill = rng.choice([
        tone(hue, rng.uniform(0.2, 0.6), rng.uniform(0.3, 1)), f"linear-gradient(90deg,{tone(hue, 0.25, 0.8)},{tone(hue + 0.1, 0.55, 0.8)})",
        f"linear-gradient({tone(hue, 0.9, 0.5)},{tone(hue, 0.7, 0.6)})", f"url({source.photo()}) center/cover",
    ])  # fmt: skip
    mark = rng.choice(
        [
            "",
            "<span style='font-size:2em'>⚙</span> ",
            "<span style='font-size:2.4em'>🛡</span> ",
            "<span style='font-size:2.2em'>ⓘ</span> ",
        ]
    )
    sub = f"<div style='opacity:.85;font-size:.8em'>{safe(words.some(2, 8))}</div>" if rng.random() < 0.6 else ""
    return f"<div style='background:{fill};color:{rng.choice(['#fff', '#fff', '#fff', '#012'])};padding:{rng.randint(10, 44)}px 18px;font-size:{rng.uniform(1.1, 2):.1f}em;display:flex;gap:12px;align-items:center'>{mark}<div>{safe(words.title(1, 5))}{sub}</div></div>"


def dialog(source: Source) -> Page:
    """Return a dialog with a coloured header: alone, or over a dimmed page."""
    rng, words, theme = source.rng, source.words, Theme(source.rng)
    wide = rng.randint(340, 760)
    body = (
        "".join(field(source) for _ in range(rng.randint(1, 6)))
        if rng.random() < 0.6
        else f"<p>{safe(words.paragraph(1, 3))}</p>"
    )
    ends = button(rng.choice(["OK", "Save", "Continue", "Next", "Install", "Weiter"])) + (
        button("Cancel", "secondary") if rng.random() < 0.7 else ""
    )
    strip = (
        f"<div style='background:{theme.panel};color:{theme.ink};padding:6px 12px;display:flex'><span style='flex:1'>{safe(words.title(1, 3))}</span>{rng.choice(['✕', '— ☐ ✕'])}</div>"
        if rng.random() < 0.5
        else ""
    )
    one = f"<div style='width:{wide}px;background:{'#222;color:#ddd' if theme.dark else '#fff;color:#222'};border-radius:{theme.radius}px;overflow:hidden;box-shadow:0 6px 30px #0006'>{strip}{banner(source)}<div style='padding:18px'>{body}<div style='text-align:{rng.choice(['right', 'right', 'center', 'left'])};margin-top:{rng.randint(8, 90)}px'>{ends}</div></div></div>"
    styles = link(sheet(source, PAGES[:1]))
    if rng.random() < 0.5:
        return Page(
            "settings_dialog",
            "a dialog with a coloured header",
            styles + one,
            wide,
            0,
            "body{margin:0}",
            tall=800,
            side=1280,
        )
    width, height = rng.choice(SCREENS)
    behind = web.LAYOUTS[rng.choice(["landing", "mail", "manual"])](source, theme)
    cover = f"<div style='position:fixed;inset:0;background:{rng.choice(['#0008', '#000a', '#fff8'])};display:flex;align-items:center;justify-content:center'>{one}</div>"
    return Page(
        "settings_dialog",
        "a dialog over a dimmed page",
        styles + behind + cover,
        width,
        height,
        "body{margin:0;overflow:hidden;height:100vh}",
        side=1280,
    )


SHOWN = (web.site, screens.settings, coding.editor, coding.terminal, sparse, dashboard, viewers.viewer)


def pasted(source: Source, wide: int, high: int) -> str:
    """Return a picture of a program's window, as it is pasted into slides."""
    page = source.rng.choice(SHOWN)(source)
    while not page.height:
        page = source.rng.choice(SHOWN)(source)
    line = source.rng.choice(["", "border:1px solid #888;", "box-shadow:0 4px 18px #0007;", "transform:rotate(-2deg);"])
    return f"<div style='{line}display:inline-block;vertical-align:middle;font-size:16px;text-align:left'>{viewers.framed(page, wide, high)}</div>"


def deck(source: Source) -> Page:
    """Return a slide in a reveal.js theme, often with a pasted window."""
    rng, words = source.rng, source.words
    width, height = rng.choice([(960, 540), (1280, 720), (960, 700), (1024, 768)])
    title = f"<h2>{safe(words.title(1, 5))}</h2>"
    kind = rng.choice(
        [
            "title",
            "bullets",
            "bullets",
            "window",
            "window",
            "window",
            "both",
            "both",
            "code",
            "chart",
            "boxes",
            "picture",
        ]
    )
    inside = {
        "title": f"<h1>{safe(words.title(1, 5))}</h1><p>{safe(words.name())}, {words.date()}</p>",
        "bullets": title + bullets(source, 2, 6),
        "window": (title if rng.random() < 0.8 else "") + pasted(source, round(width * rng.uniform(0.5, 0.9)), round(height * rng.uniform(0.5, 0.75))),
        "both": f"{title}<div style='display:flex;gap:20px;align-items:center;font-size:.7em'><div style='flex:1'>{bullets(source, 2, 5)}</div>{pasted(source, round(width * 0.5), round(height * 0.55))}</div>",
        "code": f"{title}<pre><code class='hljs python'>{safe(coding.python(source)[: rng.randint(150, 500)])}</code></pre>",
        "chart": f"{title}<div style='width:70%;margin:auto'>{plot(source, '#4a90d9', '#e67', '#888')}</div>",
        "boxes": title + boxes(source, tone(rng.random(), 0.4, 0.6)),
        "picture": f"{title}<img src='{source.photo()}' style='height:{round(height * 0.5)}px'>",
    }[kind]  # fmt: skip
    theme = sheet(source, ("reveal.js/dist/theme/*.css",))
    base = source.styles / "reveal.js" / "dist" / "reveal.css"
    centred = (
        "top:0;height:100%;display:flex!important;flex-direction:column;justify-content:center"
        if rng.random() < 0.6
        else "top:20px"
    )
    number = (
        f"<div style='position:fixed;right:14px;bottom:8px;font:13px sans-serif;opacity:.6;color:#888'>{rng.randint(1, 60)}</div>"
        if rng.random() < 0.5
        else ""
    )
    logo = (
        f"<div style='position:fixed;left:18px;{rng.choice(['top', 'bottom'])}:12px;font:bold 18px sans-serif;color:#888'>{safe(words.company())}</div>"
        if rng.random() < 0.3
        else ""
    )
    body = f"{link(base)}{link(theme)}<div class='reveal-viewport' style='width:{width}px;height:{height}px'><div class='reveal' style='width:{width}px;height:{height}px'><div class=slides style='position:static;width:{width}px;height:{height}px;zoom:1'><section class=present style='display:block;position:relative;width:{width}px;padding:{rng.randint(16, 40)}px 50px;box-sizing:border-box;margin-top:{rng.randint(10, 30)}px;{centred}'>{inside}</section></div></div></div>{number}{logo}"
    caption = (
        "a presentation slide with a picture of a program" if kind in {"window", "both"} else "a presentation slide"
    )
    return Page("slide", caption, body, width, height, f"html,body{{margin:0;overflow:hidden;height:100%}}.reveal .slides section{{visibility:visible!important}}.reveal{{font-size:{rng.randint(22, 36)}px!important}}", 0.06, side=1280)  # fmt: skip


KINDS = {"window": (window, 80), "dialog": (dialog, 120), "deck": (deck, 190)}
