"""Cards and tickets."""

# ruff: noqa: E501 - markup stays in one piece

from __future__ import annotations

from rendering.money import bars
from rendering.page import HAND, POSTER, SANS, SERIF, Page, Source, safe, tone
from rendering.papers import logo


def cover(source: Source, dark: bool) -> str:
    """Return a card's background: plain, shaded, or with fine waves."""
    rng, hue = source.rng, source.rng.random()
    first, second = (
        tone(hue + k * 0.06, rng.uniform(0.1, 0.3) if dark else rng.uniform(0.82, 0.97), 0.5) for k in (0, 1)
    )
    waves = f"repeating-radial-gradient(circle at {rng.randint(0, 100)}% {rng.randint(0, 100)}%,#0000 0 5px,{tone(hue, 0.6, 0.5)}44 6px 7px),"
    return f"background:{waves if rng.random() < 0.4 else ''}linear-gradient({rng.randint(0, 180)}deg,{first},{second})"


def business(source: Source) -> Page:
    rng, words = source.rng, source.words
    dark = rng.random() < 0.3
    at = rng.choice(["left", "center", "right"])
    lines = "<br>".join(
        safe(t)
        for t in rng.sample(
            [words.phone(), words.mail(), words.street(), words.city(), "www.example.com"], rng.randint(2, 5)
        )
    )
    body = f"{logo(source, rng.randint(30, 80)) if rng.random() < 0.7 else ''}<div style='font-size:1.7em'>{safe(words.name())}</div><i>{safe(words.title(1, 3))}</i><p>{safe(words.company())}</p><small>{lines}</small>"
    ground = cover(source, dark) if rng.random() < 0.4 or dark else "background:#fff"
    style = f"body{{margin:0;height:100vh;box-sizing:border-box;padding:30px;{ground};color:{'#fff' if dark else '#222'};text-align:{at};font:{rng.randint(15, 19)}px '{rng.choice(SANS + SERIF)}';overflow:hidden}}"
    size = rng.choice([(540, 320), (540, 320), (340, 540)])
    return Page("business_card", "a business card", body, *size, style, 0.7, 0.1)


def identity(source: Source) -> Page:
    """Return a made-up card of no real country, club or school."""
    rng, words = source.rng, source.words
    title = rng.choice(
        [
            "IDENTITY CARD",
            "Ausweis",
            "MEMBER",
            "STUDENT ID",
            "DRIVING LICENCE",
            "Library card",
            "STAFF",
            "CARTE D'IDENTITÉ",
        ]
    )
    facts = "".join(
        f"<div><small style='opacity:.6'>{safe(k)}</small><br><b>{safe(v)}</b></div>"
        for k, v in (
            ("Name", words.name()),
            ("Date of birth", words.date()),
            ("No.", words.number(9)),
            ("Valid until", words.date()),
            ("Place", words.city()),
        )[: rng.randint(3, 5)]
    )
    hue = rng.random()
    face = (
        f"<svg width=130 height=165 viewBox='0 0 100 127' style='background:{tone(hue, 0.85, 0.2)}'><path d='M5 127c0-45 90-45 90 0z' fill='{tone(hue + 0.4, 0.35, 0.4)}'/>"
        f"<ellipse cx=50 cy=55 rx=24 ry=30 fill='{tone(0.07, rng.uniform(0.3, 0.8), 0.45)}'/><path d='M24 52c0-40 52-40 52 0q-26-20-52 0z' fill='{tone(0.08, rng.uniform(0.1, 0.5), 0.4)}'/></svg>"
    )
    if rng.random() < 0.5:
        face = f"<img src='{source.photo()}' style='width:130px;height:165px;object-fit:cover'>"
    parts = [face, f"<div style='flex:1;display:grid;gap:4px'>{facts}</div>"]
    if rng.random() < 0.4:
        parts.reverse()
    zone = (
        f"<div style=\"font:20px 'OCRA','DejaVu Sans Mono'\">{'<br>'.join(safe(words.number(9) + '<' * 6 + words.name().upper().replace(' ', '<<') + '<' * 6)[:90] for _ in range(2))}</div>"
        if rng.random() < 0.3
        else ""
    )
    body = f"<b style='font-size:1.2em;color:{tone(hue, 0.3, 0.8)}'>{logo(source, 26)} {title}</b><div style='display:flex;gap:20px;margin:12px 0'>{''.join(parts)}</div><span style=\"font:26px '{rng.choice(HAND)}'\">{safe(words.name())}</span>{zone}"
    style = f"body{{margin:0;height:100vh;box-sizing:border-box;padding:20px;{cover(source, False)};color:#222;font:15px '{rng.choice(SANS)}';overflow:hidden}}"
    return Page("id_card", "an identity card with a portrait", body, 540, 350, style, 0.7, 0.1)


def ticket(source: Source) -> Page:
    """Return a boarding pass, or a train, concert, cinema or parking ticket."""
    rng, words = source.rng, source.words
    kind = rng.choice(["boarding", "train", "concert", "parking"])
    title = {
        "boarding": "BOARDING PASS",
        "train": rng.choice(["TRAIN TICKET", "FAHRKARTE", "BILLET"]),
        "concert": safe(words.title(1, 4)).upper(),
        "parking": rng.choice(["PARKING", "PARKSCHEIN"]),
    }[kind]
    names = {
        "boarding": ("Flight", "Gate", "Seat", "Boarding"),
        "train": ("From", "To", "Class", "Platform"),
        "concert": ("Row", "Seat", "Doors", "Price"),
        "parking": ("Entry", "Until", "Zone", "Paid"),
    }[kind]
    cells = "".join(
        f"<div><small>{n}</small><br><b style='font-size:1.4em'>{rng.choice([words.time(), rng.choice('ABCD') + str(rng.randint(1, 80)), words.priced(90)])}</b></div>"
        for n in names
    )
    cities = (
        f"<div style='font-size:2em'>{safe(words.city().split()[1])} → {safe(words.city().split()[1])}</div>"
        if kind in {"boarding", "train"}
        else f"<p>{safe(words.street())}, {words.date()}</p>"
    )
    accent = tone(rng.random(), 0.35, 0.7)
    narrow = kind == "parking" or rng.random() < 0.2
    code = f"<div style='text-align:center;{'' if narrow else 'writing-mode:horizontal-tb;width:170px;border-left:3px dashed #999;padding:10px'}'>{bars(source, 70)}<br>{words.date()}</div>"
    body = f"<div style='flex:1'><div style=\"background:{accent};color:#fff;padding:10px 16px;font:30px '{rng.choice(POSTER)}'\">{title}</div><div style='padding:14px'>{cities}<div style='display:flex;gap:{12 if narrow else 28}px;margin-top:10px;flex-wrap:wrap'>{cells}</div><p>{safe(words.name())} · {words.number(10)}</p></div></div>{code}"
    style = f"body{{margin:0;display:flex;flex-direction:{'column' if narrow else 'row'};{cover(source, False)};font:16px '{rng.choice(SANS)}';height:100vh;overflow:hidden}}"
    return Page(
        "ticket",
        f"a {kind if kind != 'boarding' else 'flight'} ticket",
        body,
        *((340, 560) if narrow else (760, 300)),
        style,
        0.6,
        0.1,
    )


KINDS = {"business": (business, 70), "identity": (identity, 80), "ticket": (ticket, 80)}
