"""Memes: photos and drawings with large text, in well-known formats."""

# ruff: noqa: E501 - markup stays in one piece

from __future__ import annotations

from rendering.art import person
from rendering.page import Page, Source, safe, tone
from rendering.painted import painted
from rendering.text import JOKES


def joke(source: Source) -> str:
    rng = source.rng
    return rng.choice(JOKES) if rng.random() < 0.6 else source.latin().some(2, 8)


def shown(source: Source, height: int) -> str:
    """Return a picture to caption: usually a photo, sometimes a drawing."""
    rng, kind = source.rng, source.rng.random()
    box = f"width:100%;height:{height}px;display:block;object-fit:cover"
    if kind < 0.75:
        effect = rng.choice(
            [
                "",
                "",
                "",
                "filter:contrast(1.6) saturate(2.2)",
                "filter:grayscale(1)",
                "filter:blur(1px) brightness(1.1)",
            ]
        )
        return f"<img src='{source.photo()}' style='{box};object-position:{rng.randint(0, 100)}% {rng.randint(0, 100)}%;{effect}'>"
    if kind < 0.88:
        return f"<img src='{painted(rng.choice(source.photos), rng, 'a cartoon drawing')}' style='{box}'>"
    back = tone(rng.random(), 0.8, 0.7)
    return f"<svg viewBox='0 -20 240 220' style='{box};background:{back}' preserveAspectRatio='xMidYMid slice'><g transform='translate(70,0)'>{person(rng, '#111', rng.random() < 0.6)}</g></svg>"


def shout(source: Source, size: int, place: str) -> str:
    """Return white capitals with a black outline."""
    rng = source.rng
    font = rng.choice(["Anton", "Anton", "Oswald", "Bebas Neue", "Poppins", "Roboto"])
    text = safe(joke(source))
    text = text.upper() if rng.random() < 0.85 else text
    edge = size / 14
    shadow = ",".join(f"{x * edge:.1f}px {y * edge:.1f}px 0 #000" for x in (-1, 0, 1) for y in (-1, 0, 1))
    return f"<div style=\"position:absolute;left:0;right:0;{place};padding:0 3%;text-align:center;color:{rng.choice(['#fff', '#fff', '#fff', '#ff0'])};font:bold {size}px/1.12 '{font}';text-shadow:{shadow}\">{text}</div>"


def meme(source: Source) -> Page:
    rng = source.rng
    width = rng.choice([480, 560, 640])
    kind = rng.choice(
        ["macro"] * 5
        + ["header"] * 4
        + ["grid"] * 2
        + ["choice"] * 2
        + ["poster", "labels", "labels", "talk", "panels"]
    )
    tall = round(width * rng.uniform(0.55, 1.2))
    size = rng.randint(width // 16, width // 8)
    font = rng.choice(["Roboto", "Liberation Sans", "Inter", "Comic Neue", "DejaVu Sans", "Liberation Serif"])
    dark = rng.random() < 0.2
    plain = f"background:{'#111' if dark else '#fff'};color:{'#fff' if dark else '#000'}"
    if kind == "macro":
        parts = [shout(source, size, "top:2%"), shout(source, size, "bottom:2%")]
        body = f"<div style='position:relative'>{shown(source, tall)}{''.join(parts if rng.random() < 0.7 else parts[rng.randint(0, 1) :][:1])}</div>"
    elif kind == "header":
        lines = "<br>".join(safe(joke(source)) for _ in range(rng.randint(1, 3)))
        head = f"<div style=\"padding:16px 18px;font:{rng.choice(['400', 'bold'])} {rng.randint(22, 38)}px/1.25 '{font}';text-align:{rng.choice(['left', 'center'])}\">{lines}</div>"
        pair = [head, shown(source, tall)]
        body = "".join(pair if rng.random() < 0.85 else pair[::-1])
    elif kind == "grid":
        cells = "".join(
            f"<div style='position:relative'>{shown(source, 240)}{shout(source, 28, 'bottom:3%') if rng.random() < 0.8 else ''}</div>"
            for _ in range(rng.choice([2, 4, 4, 6]))
        )
        body = f"<div style='display:grid;grid-template-columns:1fr 1fr;gap:{rng.choice([0, 4])}px;background:#000'>{cells}</div>"
    elif kind == "choice":
        body = "".join(
            f"<div style='display:flex;border-bottom:3px solid #000'><div style='flex:1'>{shown(source, 230)}</div><div style=\"flex:1;display:flex;align-items:center;justify-content:center;text-align:center;padding:10px;font:30px '{font}'\">{safe(joke(source))}</div></div>"
            for _ in range(rng.randint(2, 4))
        )
    elif kind == "poster":
        body = f"<div style='background:#000;color:#fff;padding:40px;text-align:center'><div style='border:3px double #fff'>{shown(source, tall)}</div><div style=\"font:46px 'Liberation Serif';letter-spacing:3px;margin-top:14px\">{safe(joke(source)).upper()}</div>{safe(joke(source))}</div>"
    elif kind == "labels":
        parts = [
            f"<div style='position:absolute;left:{rng.randint(2, 55)}%;top:{rng.randint(5, 80)}%;width:42%'>{shout(source, size * 3 // 5, 'top:0')}</div>"
            for _ in range(rng.randint(2, 4))
        ]
        body = f"<div style='position:relative'>{shown(source, tall)}{''.join(parts)}</div>"
    elif kind == "talk":
        lines = "".join(
            f"<p><b>{rng.choice(['me', 'my brain', 'nobody', 'the cat', 'boss', 'mum', 'also me'])}:</b> {safe(joke(source))}</p>"
            for _ in range(rng.randint(2, 4))
        )
        body = (
            f"<div style=\"padding:14px 20px;font:{rng.randint(20, 28)}px '{font}'\">{lines}</div>{shown(source, tall)}"
        )
    else:
        body = "".join(
            f"<div style='position:relative;border-bottom:4px solid #fff'>{shown(source, 190)}{shout(source, 30, 'bottom:4%')}</div>"
            for _ in range(rng.randint(3, 4))
        )
    if rng.random() < 0.2:
        body += f"<div style='position:absolute;right:6px;bottom:3px;font:11px Roboto;color:#fffb'>{safe(source.latin().word())}.example</div>"
    captions = {
        "grid": "a meme of several pictures with captions",
        "choice": "a meme that compares two things",
        "labels": "a meme with labels on a picture",
        "header": "a meme with a caption above the picture",
    }
    return Page(
        "meme",
        captions.get(kind, "a meme with big letters over a picture"),
        body,
        width,
        0,
        f"*{{box-sizing:border-box}}body{{margin:0;{plain};position:relative}}",
        tall=1100,
    )


KINDS = {"meme": (meme, 250)}
