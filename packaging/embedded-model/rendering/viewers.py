"""Hard pairs: papers, slides and photos as shown by programs, so that they are screenshots."""

# ruff: noqa: E501 - markup stays in one piece

from __future__ import annotations

from rendering import cards, hand, money, papers, slides
from rendering.page import Generator, Page, Source, Theme, icon, safe
from rendering.screens import PHONES, status_bar
from rendering.web import browser_frame

SHOWN: tuple[Generator, ...] = (papers.letter, papers.printed, papers.form, money.receipt, money.invoice, money.statement,
                                slides.slide, hand.note, cards.ticket)  # fmt: skip


def framed(page: Page, width: int, height: int) -> str:
    """Return the page in a frame of that many pixels."""
    tall = page.height or 900
    scale = min(width / page.width, height / tall) if height else width / page.width
    document = safe(f"<meta charset=utf-8><style>{page.style}</style>{page.body}")
    return (
        f"<div style='width:{page.width * scale:.0f}px;height:{tall * scale:.0f}px;overflow:hidden;margin:auto;background:#fff;box-shadow:0 1px 8px #0006;flex:none'>"
        f"<iframe srcdoc=\"{document}\" style='border:0;width:{page.width}px;height:{tall}px;transform:scale({scale:.3f});transform-origin:0 0'></iframe></div>"
    )


def bar(source: Source, theme: Theme, title: str) -> str:
    rng = source.rng
    marks = "".join(icon(theme, rng, 18) for _ in range(rng.randint(3, 12)))
    menus = "".join(
        f"<span style='margin-right:16px'>{m}</span>"
        for m in ("File", "Edit", "View", "Insert", "Format", "Tools", "Help")[: rng.randint(3, 7)]
    )
    return (
        f"<div style='display:flex;padding:6px 12px;background:{theme.line}'><span class=grow style='text-align:center'>{title}</span>— ☐ ✕</div>"
        f"<div style='padding:4px 12px;background:{theme.panel}'>{menus if rng.random() < 0.6 else ''}</div><div class=row style='padding:5px 12px;background:{theme.panel}'>{marks}<span class=grow></span>{rng.randint(1, 9)} / {rng.randint(9, 90)} &nbsp; {rng.choice([75, 100, 120])} %</div>"
    )


def viewer(source: Source) -> Page:
    """Return a document viewer, word processor, slide editor or image viewer on a computer."""
    rng, words, theme = source.rng, source.words, Theme(source.rng)
    width, height = rng.choice([(1280, 720), (1366, 768), (1440, 900), (1100, 800)])
    if rng.random() < 0.2:
        inside = (
            f"<img src='{source.photo()}' style='max-width:86%;height:{height - 140}px;object-fit:contain;margin:auto'>"
        )
    else:
        page = rng.choice(SHOWN)(source)
        zoom = rng.choice([0.35, 0.5, 0.6, 0.75])
        inside = framed(page, round(width * zoom), height - 130 if rng.random() < 0.5 else 0)
    thumbs = (
        "".join(
            f"<div style='background:#fff;width:90px;height:{rng.choice([64, 120])}px;margin:10px;border:1px solid #888;color:#999;font-size:5px;overflow:hidden'>{safe(words.paragraph(4, 9))}</div>"
            for _ in range(8)
        )
        if rng.random() < 0.5
        else ""
    )
    title = f"{safe(words.word())}.{rng.choice(['pdf', 'odt', 'docx', 'pptx', 'jpg'])}"
    area = f"<div style='display:flex;flex:1;min-height:0;background:{theme.line}'>{f'<div style=overflow:hidden>{thumbs}</div>' if thumbs else ''}<div class=grow style='padding:16px;display:flex;overflow:hidden'>{inside}</div></div>"
    head = bar(source, theme, title) if rng.random() < 0.6 else browser_frame(source, "")
    style = (
        theme.css() + "body{height:100vh;overflow:hidden;display:flex;flex-direction:column}iframe{color-scheme:light}"
    )
    return Page(
        "desktop_screenshot", "a screenshot of a program that shows a document", head + area, width, height, style
    )


def phone_viewer(source: Source) -> Page:
    """Return a paper on a phone's screen: in a viewer, a scan app, a chat."""
    rng, words, theme = source.rng, source.words, Theme(source.rng)
    width, height = rng.choice(PHONES[:5])
    inside = (
        f"<img src='{source.photo()}' style='width:100%'>"
        if rng.random() < 0.25
        else framed(rng.choice(SHOWN)(source), width - rng.choice([0, 20, 60]), height - 170)
    )
    head = f"<div class=row style='padding:10px 14px'>← <span class='grow cut'>{safe(words.word())}.{rng.choice(['pdf', 'jpg'])}</span>{icon(theme, rng)} ⋮</div>"
    foot = f"<div style='position:fixed;bottom:0;left:0;right:0;display:flex;justify-content:space-around;padding:14px;background:{theme.panel}'>{icon(theme, rng, 24)}{icon(theme, rng, 24)}{icon(theme, rng, 24)}{icon(theme, rng, 24)}</div>"
    style = theme.css() + "body{height:100vh;overflow:hidden}"
    body = f"{status_bar(source, theme)}{head}<div style='display:flex;height:{height - 150}px;align-items:center'>{inside}</div>{foot}"
    return Page("phone_screenshot", "a screenshot of a phone that shows a document", body, width, height, style)


KINDS = {"viewer": (viewer, 130), "phone_viewer": (phone_viewer, 70)}
