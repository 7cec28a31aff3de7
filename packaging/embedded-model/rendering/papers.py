"""Letters, printed pages, forms and prescriptions."""

# ruff: noqa: E501 - markup stays in one piece

from __future__ import annotations

from rendering.page import HAND, MONO, SANS, SERIF, Page, Source, safe, tone

SHEET = 760  # CSS pixels; a page's width


def face(source: Source) -> str:
    """Return a font for paper: usually with serifs, sometimes a typewriter font."""
    rng = source.rng
    return rng.choice(rng.choices([SERIF, SANS, (*MONO, "GNUTypewriter", "Special Elite")], [5, 4, 2])[0])


def base(source: Source) -> str:
    """Return the CSS of a sheet: font, size, margins."""
    rng = source.rng
    return (
        f"*{{box-sizing:border-box}}body{{margin:0;background:#fff;color:{rng.choice(['#000', '#111', '#222', '#335'])};"
        f"font:{rng.choice([13, 14, 15, 16, 18])}px/{rng.uniform(1.2, 1.8):.2f} '{face(source)}',serif;"
        f"padding:{rng.randint(30, 90)}px {rng.randint(36, 110)}px}}p{{margin:0 0 .8em}}"
        "td,th{padding:4px 6px;text-align:left;vertical-align:top}table{border-collapse:collapse;width:100%}"
    )


def height(source: Source) -> int:
    """Return the size of a sheet: usually A4 or US letter, sometimes cut."""
    return round(SHEET * source.rng.choice([1.414, 1.414, 1.414, 1.294, 1.294, 1.0, 0.7]))


def logo(source: Source, size: int) -> str:
    """Return a simple company logo."""
    rng = source.rng
    ink = tone(rng.random(), rng.uniform(0.25, 0.5), rng.uniform(0.2, 0.9))
    shape = rng.choice([f"<circle cx=12 cy=12 r=11 fill='{ink}'/>", f"<path d='M12 1l11 20H1z' fill='{ink}'/>",
                        f"<rect x=1 y=1 width=22 height=22 rx=5 fill='{ink}'/>",
                        f"<path d='M2 22V2h10a6 6 0 010 12H7' fill='none' stroke='{ink}' stroke-width=4 />"])  # fmt: skip
    return f"<svg width={size} height={size} viewBox='0 0 24 24'>{shape}</svg>"


def letterhead(source: Source) -> str:
    """Return the sender at the top of a letter, in one of a few arrangements."""
    rng, words = source.rng, source.words
    side = rng.choice(["left", "center", "right"])
    mark = logo(source, rng.randint(24, 60)) if rng.random() < 0.5 else ""
    ink = rng.choice(["inherit", tone(rng.random(), 0.3, 0.7)])
    lines = "<br>".join(
        safe(t) for t in (words.street(), words.city(), words.phone(), words.mail())[: rng.randint(1, 4)]
    )
    rule = "border-bottom:2px solid;" if rng.random() < 0.4 else ""
    return (
        f"<div style='text-align:{side};color:{ink};margin-bottom:30px;{rule}'>{mark}<div style='font-size:"
        f"{rng.uniform(1.1, 2):.1f}em'><b>{safe(words.company())}</b></div><small>{lines}</small></div>"
    )


def letter(source: Source) -> Page:
    rng, words = source.rng, source.words
    hello = {
        "de": "Sehr geehrte Damen und Herren,",
        "fr": "Madame, Monsieur,",
        "es": "Estimados señores:",
        "it": "Gentili signori,",
    }
    bye = {"de": "Mit freundlichen Grüßen", "fr": "Cordialement", "es": "Atentamente", "it": "Cordiali saluti"}
    opening = hello.get(
        words.language, rng.choice(["Dear Sir or Madam,", f"Dear {words.name()},", "To whom it may concern,"])
    )
    body = "".join(f"<p>{safe(words.paragraph(1, 5))}</p>" for _ in range(rng.randint(2, 5)))
    signed = (
        f"<div style=\"font:{rng.randint(26, 44)}px '{rng.choice(HAND)}';color:{rng.choice(['#114', '#222', '#13a'])}\">"
        f"{safe(words.name())}</div>"
    )
    subject = f"<p><b>{safe(words.title(3, 8))}</b></p>" if rng.random() < 0.7 else ""
    at = rng.choice(["left", "right"])
    text = (
        f"{letterhead(source) if rng.random() < 0.8 else ''}<p>{safe(words.name())}<br>{safe(words.street())}<br>"
        f"{safe(words.city())}</p><p style='text-align:{at}'>{words.date()}</p>{subject}<p>{safe(opening)}</p>{body}"
        f"<p>{bye.get(words.language, rng.choice(['Yours sincerely,', 'Kind regards,', 'Best wishes,']))}</p>{signed}"
        f"<p>{safe(words.name())}</p>"
    )
    return Page("letter_document", "a letter with a signature", text, SHEET, height(source), base(source), 0.5, 0.25)


def printed(source: Source) -> Page:
    """Return a page of running text: a paper, a book, a report, a contract, a newsletter."""
    rng, words = source.rng, source.words
    columns = rng.choice([1, 1, 1, 2, 2, 3])
    parts = [f"<h{rng.randint(1, 2)} style='column-span:all;text-align:{rng.choice(['left', 'center'])}'>"
             f"{safe(words.title(3, 9))}</h1>"] if rng.random() < 0.6 else []  # fmt: skip
    if parts and rng.random() < 0.5:
        parts.append(f"<p style='text-align:center;column-span:all'>{safe(words.name())}, {safe(words.name())}</p>")
    while sum(map(len, parts)) < 5000:
        if rng.random() < 0.15:
            parts.append(f"<h3>{rng.randint(1, 9)}.{rng.randint(1, 9)} {safe(words.title())}</h3>")
        elif rng.random() < 0.06:
            parts.append(f"<ul>{''.join(f'<li>{safe(words.sentence())}' for _ in range(rng.randint(3, 6)))}</ul>")
        elif rng.random() < 0.05:
            parts.append(f"<p style='text-align:center'><img src='{source.photo()}' style='width:80%;filter:"
                         f"grayscale({rng.choice([0, 1])})'><br><small>Fig. {rng.randint(1, 9)}: {safe(words.title())}</small></p>")  # fmt: skip
        elif rng.random() < 0.05:
            cells = "".join("<tr>" + "".join(f"<td style='border:1px solid #888'>{words.money()}</td>" for _ in range(4)) + "</tr>"
                            for _ in range(rng.randint(3, 7)))  # fmt: skip
            parts.append(f"<table>{cells}</table><br>")
        else:
            parts.append(f"<p style='text-indent:{rng.choice([0, 0, 1.5])}em'>{safe(words.paragraph(2, 9))}</p>")
    align = rng.choice(["justify", "justify", "left"])
    style = (
        base(source) + f"body{{column-count:{columns};column-gap:26px;text-align:{align};overflow:hidden;height:100vh}}"
    )
    foot = f"<div style='position:fixed;bottom:12px;left:0;right:0;text-align:center'>{rng.randint(1, 400)}</div>"
    caption = rng.choice(["a printed page of text", "a page of text in columns" if columns > 1 else "a typed page"])
    return Page("document_page", caption, "".join(parts) + foot, SHEET, height(source), style, 0.4, 0.35)


def typed(source: Source) -> Page:
    """Return a typed page with little text: a memo, a list, minutes, a recipe."""
    rng, words = source.rng, source.words
    font = rng.choice(("GNUTypewriter", "Special Elite", "Courier Prime", "Liberation Mono", "DejaVu Sans Mono"))
    parts = [f"<p>{safe(words.title(1, 5).upper())}</p>"]
    for _ in range(rng.randint(3, 9)):
        mark = rng.choice(["", "", "- ", "* ", f"{rng.randint(1, 9)}. ", f"{words.title(1, 1)}: "])
        parts.append(f"<p>{safe(mark + words.paragraph(1, 3))}</p>")
    style = base(source) + f"body{{font-family:'{font}'}}"
    return Page(
        "document_page", "a page typed on a typewriter", "".join(parts), SHEET, height(source), style, 0.5, 0.35
    )


def form(source: Source) -> Page:
    """Return a form, blank or filled in by hand."""
    rng, words = source.rng, source.words
    hand, filled = rng.choice(HAND), rng.random() < 0.65
    ink = rng.choice(["#13a", "#114", "#222"])
    boxed = rng.choice(
        ["border:1px solid #555", "border-bottom:1px solid #555", "background:#eef", "border-bottom:1px dotted #333"]
    )

    def answer() -> str:
        text = safe(rng.choice([words.name(), words.date(), words.street(), words.number(7), words.some(1, 4)]))
        shown = text if filled and rng.random() < 0.85 else "&nbsp;"
        return f"<div style=\"{boxed};min-height:1.8em;padding:0 6px;font:{rng.randint(17, 26)}px '{hand}';color:{ink}\">{shown}</div>"

    def boxes() -> str:
        marks = ("☒" if filled and rng.random() < 0.4 else "☐" for _ in range(rng.randint(2, 5)))
        return " &nbsp; ".join(f"{mark} {safe(words.some(1, 2))}" for mark in marks)

    rows = []
    for number in range(rng.randint(7, 16)):
        label = f"{number + 1}. {safe(words.title(1, 4))}" if rng.random() < 0.5 else safe(words.title(1, 4))
        if rng.random() < 0.15:
            rows.append(f"<h3 style='background:#ddd;padding:3px 6px;margin:8px 0'>{safe(words.title())}</h3>")
        elif rng.random() < 0.3:
            rows.append(f"<p>{label}<br>{boxes()}</p>")
        else:
            cells = "".join(f"<div style='flex:1'><small>{label if k == 0 else safe(words.title(1, 2))}</small>{answer()}</div>"
                            for k in range(rng.randint(1, 3)))  # fmt: skip
            rows.append(f"<div style='display:flex;gap:14px;margin-bottom:8px'>{cells}</div>")
    title = f"<h2>{logo(source, 34) if rng.random() < 0.5 else ''} {safe(words.title(2, 5))}</h2>"
    return Page("form_document", "a filled-in form" if filled else "a blank form", title + "".join(rows), SHEET,
                height(source), base(source), 0.4, 0.35)  # fmt: skip


def prescription(source: Source) -> Page:
    """Return a doctor's prescription, printed or handwritten."""
    rng, words = source.rng, source.words
    hand = rng.choice(HAND)
    written = rng.random() < 0.6
    lines = "".join(f"<p>{safe(words.some(1, 2))} {rng.randint(1, 80) * 5} mg &nbsp; {rng.randint(1, 3)}x{rng.randint(1, 3)}</p>"
                    for _ in range(rng.randint(1, 4)))  # fmt: skip
    style = base(source) + f"body{{background:{rng.choice(['#fff', '#fdeef0', '#eef6ff', '#f1fff1'])};padding:40px}}"
    font = f"font:{rng.randint(26, 40)}px '{hand}';color:#124" if written else "font-size:1.2em"
    body = (
        f"<b>Dr. {safe(words.name())}</b><br><small>{safe(words.street())}, {safe(words.city())} · {words.phone()}</small><hr>"
        f"<p>{rng.choice(['Patient', 'Name', 'Versicherter'])}: {safe(words.name())} &nbsp; {words.date()}</p>"
        f"<div style='font-size:40px'>{rng.choice(['℞', 'Rp.', 'Rx'])}</div><div style=\"{font}\">{lines}</div>"
        f"<div style=\"font:34px '{rng.choice(HAND)}';text-align:right;color:#124\">{safe(words.name())}</div>"
    )
    return Page(
        "prescription", "a prescription from a doctor", body, 560, rng.choice([400, 560, 760]), style, 0.6, 0.25
    )


KINDS = {
    "letter": (letter, 130),
    "printed": (printed, 170),
    "typed": (typed, 90),
    "form": (form, 80),
    "prescription": (prescription, 40),
}
