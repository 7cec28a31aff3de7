"""Receipts, invoices and bank statements."""

# ruff: noqa: E501 - markup stays in one piece

from __future__ import annotations

from dataclasses import replace

from rendering.page import MONO, SANS, SERIF, Page, Source, safe, tone
from rendering.papers import SHEET, base, height, letterhead, logo
from rendering.text import GOODS

WORDS = {
    "en": ("Subtotal", "Tax", "TOTAL", "Cash", "Change", "Thank you!"),
    "de": ("Zwischensumme", "MwSt 19%", "SUMME", "Bar", "Rückgeld", "Vielen Dank für Ihren Einkauf"),
    "fr": ("Sous-total", "TVA", "TOTAL", "Espèces", "Rendu", "Merci de votre visite"),
    "es": ("Subtotal", "IVA", "TOTAL", "Efectivo", "Cambio", "Gracias por su visita"),
    "it": ("Subtotale", "IVA", "TOTALE", "Contanti", "Resto", "Grazie e arrivederci"),
}


def bars(source: Source, tall: int) -> str:
    """Return a bar code as wide as its box."""
    rng = source.rng
    x, parts = 0, []
    while x < 190:
        wide = rng.randint(1, 4)
        parts.append(f"<rect x={x} width={wide} height={tall} />")
        x += wide + rng.randint(1, 4)
    return f"<svg viewBox='0 0 190 {tall}' width='80%' height={tall}>{''.join(parts)}</svg><br><small>{source.words.number(13)}</small>"


def receipt(source: Source, count: int = 0) -> Page:
    """Return a till receipt, of that many rows if given."""
    rng, words = source.rng, source.words
    width = rng.choice([260, 300, 340, 400])
    font = rng.choice(MONO) if rng.random() < 0.75 else rng.choice(SANS)
    subtotal, tax, total, cash, change, thanks = WORDS.get(words.language, WORDS["en"])
    ink = rng.choice(["#000", "#222", "#333", "#446", "#555"])
    rule = rng.choice(
        ["border-top:1px dashed", "border-top:1px solid", "border-top:2px solid", "border-top:1px dotted"]
    )
    rows = []
    for _ in range(count or rng.randint(2, 16)):
        name = rng.choice(GOODS) if rng.random() < 0.8 else words.title(1, 3)
        rows.append((name.upper() if rng.random() < 0.4 else name, words.money(40)))
        if rng.random() < 0.15:
            rows.append((f"  {rng.randint(2, 9)} x {words.money(9)}", ""))
    lines = "".join(f"<div class=l><span class=n>{safe(a)}</span><span>{b}</span></div>" for a, b in rows)
    sums = [(subtotal, words.money()), (tax, words.money(20)), (cash, words.money()), (change, words.money(10))]
    ends = "".join(
        f"<div class=l><span class=n>{a}</span><span>{b}</span></div>" for a, b in sums if rng.random() < 0.6
    )
    head = f"<div style='font-size:{rng.uniform(1.1, 2.1):.1f}em'><b>{safe(words.company())}</b></div>"
    if rng.random() < 0.3:
        head = logo(source, 46) + head
    address = "<br>".join(
        safe(t) for t in (words.street(), words.city(), words.phone(), f"Nr. {words.number(6)}")[: rng.randint(1, 4)]
    )
    big = f"<div class=l style='font-size:{rng.uniform(1.1, 1.9):.1f}em'><b class=n>{total}</b><b>{words.priced(300)}</b></div>"
    card = (
        f"<p>VISA **** {words.number(4)}<br>{rng.choice(['APPROVED', 'AUTH'])} {words.number(6)}</p>"
        if rng.random() < 0.4
        else ""
    )
    code = f"<p>{bars(source, 40)}</p>" if rng.random() < 0.4 else ""
    body = (
        f"<div class=c>{head}{address}</div><hr><div class=l><span class=n>{words.date()}</span><span>{words.time()}</span></div>"
        f"<hr>{lines}<hr>{ends}{big}<hr><div class=c>{card}<p>{thanks}</p>{code}</div>"
    )
    style = (
        f"body{{margin:0;background:{rng.choice(['#fff', '#fff', '#fdfcf6', '#f4f6fa'])};color:{ink};padding:{rng.randint(10, 40)}px "
        f"{rng.randint(8, 26)}px;font:{rng.choice([12, 13, 14, 16])}px/{rng.uniform(1.1, 1.6):.2f} '{font}',monospace}}"
        f".l{{display:flex;gap:8px}}.n{{flex:1;white-space:pre;overflow:hidden}}.c{{text-align:center}}hr{{border:0;{rule} {ink}}}"
    )
    return Page("receipt", "a receipt from a till", body, width, 0, style, 0.8, 0.12, tall=1500)


def invoice(source: Source) -> Page:
    rng, words = source.rng, source.words
    name = {"de": "Rechnung", "fr": "Facture", "es": "Factura", "it": "Fattura", "pt": "Fatura", "nl": "Factuur"}
    accent = tone(rng.random(), rng.uniform(0.2, 0.6), rng.uniform(0.2, 0.9))
    grid = rng.choice(["border-bottom:1px solid #ccc", "border:1px solid #999", "", "border-bottom:1px dotted #777"])
    heads = (
        "#",
        rng.choice(["Description", "Item", "Artikel"]),
        rng.choice(["Qty", "Menge", "Qté"]),
        "Price",
        "Amount",
    )
    picked = sorted(rng.sample(range(5), rng.randint(3, 5)) if rng.random() < 0.4 else range(5))
    head = "".join(f"<th>{heads[k]}</th>" for k in picked)
    rows = ""
    for number in range(1, rng.randint(2, 14)):
        cells = (str(number), safe(words.title(1, 5)), str(rng.randint(1, 20)), words.money(), words.money(900))
        rows += "<tr>" + "".join(f"<td>{cells[k]}</td>" for k in picked) + "</tr>"
    title = f"<h1 style='color:{accent}'>{name.get(words.language, rng.choice(['Invoice', 'INVOICE', 'Bill', 'Tax invoice']))}</h1>"
    facts = (
        f"No. {words.number(6)}<br>{words.date()}<br>{rng.choice(['Customer', 'Account', 'Ref.'])} {words.number(5)}"
    )
    sums = "".join(f"<tr><td>{a}</td><td style='text-align:right'>{words.priced(2000)}</td></tr>"
                   for a in ("Net", "VAT 20%", "<b>Total due</b>"))  # fmt: skip
    bank = f"<p><small>IBAN XX{words.number(2)} {words.number(4)} {words.number(4)} {words.number(4)} · {safe(words.sentence())}</small></p>"
    style = base(source) + f"th{{background:{accent if rng.random() < 0.5 else '#eee'}}}table.g td{{{grid}}}"
    body = (
        f"{letterhead(source)}<div style='display:flex'><div style='flex:1'>{safe(words.name())}<br>{safe(words.street())}<br>"
        f"{safe(words.city())}</div><div>{title}{facts}</div></div><br><table class=g><tr>{head}</tr>{rows}</table>"
        f"<table style='width:45%;margin:20px 0 20px 55%'>{sums}</table>{bank}"
    )
    return Page("invoice", "an invoice with a total", body, SHEET, height(source), style, 0.4, 0.3)


def statement(source: Source) -> Page:
    """Return a bank statement: a document, though full of amounts."""
    rng, words = source.rng, source.words
    rows = "".join(
        f"<tr style='background:{'#f3f3f3' if k % 2 else '#fff'}'><td>{words.date()}<td>{safe(words.title(1, 5))}"
        f"<td style='text-align:right'>{rng.choice(['-', '', '-'])}{words.money(900)}<td style='text-align:right'>{words.money(9000)}"
        for k in range(rng.randint(10, 26))
    )
    body = (
        f"{letterhead(source)}<h2>{rng.choice(['Account statement', 'Bank statement', 'Kontoauszug', 'Relevé de compte'])}</h2>"
        f"<p>{safe(words.name())} · IBAN XX{words.number(2)} {words.number(4)} {words.number(4)}</p>"
        f"<table><tr><th>Date<th>Details<th>Amount<th>Balance</tr>{rows}</table>"
    )
    font = f"body{{font-family:'{rng.choice(SANS + SERIF)}'}}"
    return Page("bank_statement", "a bank statement", body, SHEET, height(source), base(source) + font, 0.4, 0.3)


def roll(source: Source) -> Page:
    """Return a till receipt of any length, from a stub to a roll, on narrow paper."""
    rng = source.rng
    page = receipt(source, rng.choice([1, 3, rng.randint(4, 20), rng.randint(20, 60), rng.randint(60, 130)]))
    caption = "a long receipt from a till" if page.body.count("class=l") > 40 else page.caption
    shot = rng.choice([(0.75, 0.15), (0.0, 0.4)])  # many are cut out, as by a scanning program
    return replace(page, caption=caption, photographed=shot[0], scanned=shot[1], tall=6000, side=1280)


KINDS = {"roll": (roll, 150), "receipt": (receipt, 170), "invoice": (invoice, 110), "statement": (statement, 40)}
