"""Web pages and dashboards in designs that others published as style sheets (styles.txt)."""

# ruff: noqa: E501 - markup stays in one piece

from __future__ import annotations

from pathlib import Path

from rendering import coding, web
from rendering.page import Page, Source, safe, tone
from rendering.slides import plot
from rendering.text import NAVIGATION, UI

SCREENS = ((1280, 720), (1366, 768), (1440, 900), (1600, 900), (1920, 1080), (1024, 768))
PAGES = (
    "bootswatch/dist/*/bootstrap.min.css", "picocss-pico/css/pico.classless.*.min.css", "sakura.css/css/sakura*.css",
    "water.css/out/*.min.css", "simpledotcss/simple.css", "mvp.css/mvp.css", "milligram/dist/milligram.css",
    "bulma/css/bulma.css", "papercss/dist/paper.css", "terminal.css/dist/terminal.css",
    "github-markdown-css/github-markdown-*.css",
)  # fmt: skip


def sheet(source: Source, patterns: tuple[str, ...]) -> Path:
    """Return a random style sheet; each package is equally likely."""
    found: list[Path] = []
    while not found:
        found = sorted(source.styles.glob(source.rng.choice(patterns)))
    return source.rng.choice(found)


def link(path: Path) -> str:
    return f"<link rel=stylesheet href='{path.resolve().as_uri()}'>"


def field(source: Source) -> str:
    """Return a labelled control of a form."""
    rng, words = source.rng, source.words
    name = rng.choice(UI)
    control = rng.choice([
        f"<input class='form-control input' value='{safe(words.some(1, 2))}'>", "<input class='form-control input' type=password value=abcdefgh>",
        f"<select class='form-select select'><option>{safe(words.some(1, 3))}</select>", f"<input type=range value={rng.randint(0, 100)}>",
        f"<input type=checkbox {rng.choice(['', 'checked'])}> {safe(words.some(2, 6))}", f"<input type=radio checked> {safe(words.word())} <input type=radio> {safe(words.word())}",
        f"<progress class=progress value={rng.randint(5, 95)} max=100></progress>", f"<textarea class='form-control textarea'>{safe(words.sentence())}</textarea>",
    ])  # fmt: skip
    return f"<p><label class='form-label label'>{name}</label> {control}</p>"


def button(text: str, kind: str = "primary") -> str:
    return f"<button class='btn btn-{kind} button is-{kind}'>{safe(text)}</button> "


def message(source: Source) -> str:
    """Return almost nothing: an error page, an empty list, a question."""
    rng, words = source.rng, source.words
    big = rng.choice(
        [
            "404",
            "Not found",
            "403 Forbidden",
            "Nothing here yet",
            "Thank you!",
            "Sign in",
            "It works!",
            words.title(1, 4),
        ]
    )
    size = rng.uniform(1.2, 5)
    more = rng.choice(["", button(rng.choice(NAVIGATION)), f"<p><a href=x>{safe(words.some(1, 4))}</a></p>"])
    return f"<div style='text-align:{rng.choice(['left', 'center', 'center'])};padding:{rng.randint(0, 160)}px 0'><h1 style='font-size:{size:.1f}em'>{safe(big)}</h1><p>{safe(words.sentence())}</p>{more}</div>"


def login(source: Source) -> str:
    fields = "".join(field(source) for _ in range(source.rng.randint(2, 5)))
    return f"<form style='max-width:{source.rng.randint(280, 460)}px;margin:60px auto'><h2>{source.rng.choice(['Sign in', 'Register', 'Anmelden', 'Contact'])}</h2>{fields}{button('OK')}</form>"


def posts(source: Source) -> str:
    rng, words = source.rng, source.words
    rows = "".join(f"<article><h3><a href=x>{safe(words.title(2, 7))}</a></h3><small>{words.date()}</small><p>{safe(words.sentence() if rng.random() < 0.7 else '')}</p></article>"
                   for _ in range(rng.randint(2, 7)))  # fmt: skip
    return f"<h1>{safe(words.title(1, 3))}</h1>{rows}"


def article(source: Source) -> str:
    rng, words = source.rng, source.words
    parts = [f"<h1>{safe(words.title(2, 6))}</h1><p><small>{safe(words.name())}, {words.date()}</small></p>"]
    for _ in range(rng.randint(2, 7)):
        parts.append(rng.choice([
            f"<h2>{safe(words.title(1, 4))}</h2>", f"<p>{safe(words.paragraph(2, 6))}</p>", f"<p>{safe(words.paragraph(2, 6))}</p>",
            f"<blockquote>{safe(words.sentence())}</blockquote>", f"<ul>{''.join(f'<li>{safe(words.some(2, 7))}' for _ in range(4))}</ul>",
            f"<img src='{source.photo()}' style='max-width:100%;height:{rng.randint(120, 320)}px'>", f"<pre><code>{safe(coding.python(source)[:300])}</code></pre>",
        ]))  # fmt: skip
    return "".join(parts)


def grid(source: Source) -> str:
    rng, words = source.rng, source.words
    rows = "".join(
        "<tr>"
        + "".join(f"<td>{safe(words.some(1, 3)) if c == 0 else words.money(900)}</td>" for c in range(4))
        + "</tr>"
        for _ in range(rng.randint(3, 14))
    )
    return f"<h2>{safe(words.title(1, 3))}</h2><table class='table table-striped is-fullwidth'><thead><tr><th>Name<th>A<th>B<th>C</thead>{rows}</table>{button('New')}{button('Export', 'secondary')}"


def sparse(source: Source) -> Page:
    """Return a web page with little on it."""
    rng, words = source.rng, source.words
    width, height = rng.choice(SCREENS) if rng.random() < 0.8 else rng.choice([(390, 844), (360, 740), (820, 1180)])
    inside = rng.choice([message, message, login, posts, posts, article, article, grid])(source)
    links = "".join(f" <a href=x style='margin:0 .6em'>{t}</a>" for t in rng.sample(NAVIGATION, rng.randint(2, 5)))
    hue = tone(rng.random(), rng.uniform(0.2, 0.6), rng.uniform(0.2, 0.9))
    colours = rng.choice(["", "", f"background:{hue};color:#fff"])
    head = (
        f"<header style='padding:12px 24px;{colours}'><b>{safe(words.company())}</b>{links}</header>"
        if rng.random() < 0.7
        else ""
    )
    foot = (
        f"<footer style='padding:20px'><small>© {safe(words.company())}</small></footer>" if rng.random() < 0.5 else ""
    )
    body = f"{head}<main class='container markdown-body' style='max-width:{rng.choice([600, 720, 900, 1100])}px;margin:0 auto;padding:24px'>{inside}</main>{foot}"
    if width > 900 and rng.random() < 0.5:
        body = web.browser_frame(source, body)
    style = f"html,body{{margin:0;padding:0;max-width:none;height:100vh;overflow:hidden}}:root{{color-scheme:{rng.choice(['light', 'light', 'dark'])}}}"
    return Page(
        "web_page_screenshot",
        "a screenshot of a simple web page",
        link(sheet(source, PAGES)) + body,
        width,
        height,
        style,
        side=1280,
    )


def dashboard(source: Source) -> Page:
    """Return a page of figures, charts, tables or tiles."""
    rng, words = source.rng, source.words
    width, height = rng.choice(SCREENS)
    ink, second = (tone(rng.random(), 0.5, 0.7) for _ in range(2))
    dark = rng.random() < 0.4
    kinds = rng.choice([("number", "chart", "chart"), ("tile",), ("number", "chart", "list", "tile"), ("chart",)])

    def cell() -> str:
        kind = rng.choice(kinds)
        inner = {
            "number": f"<small>{safe(words.some(1, 2))}</small><h2>{rng.choice([words.money(9000), f'{rng.randint(1, 99)} %', str(rng.randint(1, 9999))])}</h2><span style='color:{rng.choice(['#2a6', '#c33'])}'>{rng.choice('▲▼')} {rng.randint(1, 30)} %</span>",
            "chart": f"<small>{safe(words.some(1, 3))}</small>{plot(source, ink, second, '#8888')}",
            "tile": f"<div style='display:flex;gap:10px;align-items:center'><span style='font-size:2em'>{rng.choice('📁📷🎵🏠🔒📊🌍⚙🎬📡☁🔥')}</span><div><b>{safe(words.title(1, 2))}</b><br><small>{safe(words.some(1, 4))}</small></div></div>",
            "list": "".join(
                f"<div style='display:flex;justify-content:space-between'><span>{safe(words.some(1, 2))}</span><b>{rng.randint(1, 999)}</b></div>"
                for _ in range(6)
            ),
        }[kind]
        return f"<div class='card box' style='padding:14px'>{inner}</div>"

    cells = "".join(cell() for _ in range(rng.randint(6, 18)))
    side = "".join(f"<p>{rng.choice('▤▦◧◎⚙☰')} {t}</p>" for t in rng.sample(UI, 8)) if rng.random() < 0.6 else ""
    bar = (
        f"<div style='width:190px;padding:18px;background:{tone(rng.random(), 0.2, 0.4)};color:#fff'>{side}</div>"
        if side
        else ""
    )
    body = f"{bar}<div style='flex:1;padding:20px;min-width:0'><h3>{safe(words.title(1, 3))}</h3><div style='display:grid;gap:14px;grid-template-columns:repeat({rng.randint(2, 5)},1fr)'>{cells}</div></div>"
    body = f"<div data-bs-theme={'dark' if dark else 'light'} data-theme={'dark' if dark else 'light'} style='display:flex;min-height:100vh'>{body}</div>"
    back = tone(rng.random(), 0.12, 0.3) if dark else tone(rng.random(), 0.96, 0.2)
    style = f"html,body{{margin:0;padding:0;max-width:none!important;overflow:hidden}}body{{background:{back}!important;color:{'#ddd' if dark else '#222'}!important}}"
    if dark:
        style += ".card{background:#fff1!important;color:#ddd!important}"
    if rng.random() < 0.35:
        body = web.browser_frame(source, body)
    return Page(
        "web_page_screenshot",
        "a screenshot of a dashboard",
        link(sheet(source, PAGES[:2] + PAGES[7:8])) + body,
        width,
        height,
        style,
        side=1280,
    )


KINDS = {"sparse": (sparse, 190), "board": (dashboard, 90)}
