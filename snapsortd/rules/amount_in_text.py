"""Find the amount of money in the text of an image: that of the total, not the largest number. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from snapsortd.domain.image_text import fold

_CURRENCY = r"[€$£¥₹₽₩₺₴₪฿₫]|\b(?:eur|usd|gbp|chf|jpy|cny|inr|pln|czk|sek|nok|dkk|huf|cad|aud|brl|kr|zł|kč|ft|fr)\b"
_NUMBER = r"(?P<whole>\d{1,3}(?:[., '’]\d{3})+|\d{1,7})"
_AMOUNT = re.compile(
    rf"(?P<before>(?:{_CURRENCY}) ?)?(?<![\w.,:/-]){_NUMBER}(?P<cents>[.,]\d\d)?(?![\d:/%]|[.,-]\d| ?%)"
    rf"(?P<after> ?(?:{_CURRENCY}|円|元))?"
)
"""A number with two decimals, or a whole one with a currency; not a date, a time or a percentage."""
_TOTAL = re.compile(
    r"\b(?:total\w*|totaal|totale|summe|gesamt\w*|endbetrag|rechnungsbetrag|betrag|zu zahlen|zahlbetrag|amount|balance"
    r"|to pay|importe|montant|somme|suma|razem|do zaplaty|do zapłaty|a payer|à payer|net a payer|att betala|summa|i alt"
    r"|sum|celkem|yhteensä|összesen|toplam|итого|всего|сумма|σύνολο)\b|合計|合计|総額|总计|總計|应付|應付|お会計|합계"
)
"""The word for the total in many languages; without one, the largest amount counts."""
_PART = re.compile(
    r"sub.?tota|sous.?total|zwischensumme|小計|小计|\b(?:tax|vat|mwst|ust|iva|tva|btw|moms|net|netto|rabatt|discount"
    r"|saved|savings|points|items|change|cash|bar|gegeben|rückgeld|zurück|wechselgeld|rendu|cambio|resto|tip)\b"
)
"""What is not the total although it is near one: parts of it, and what was given and returned."""


def amount_in_text(lines: Sequence[str]) -> str:
    """Return the amount as a number with a dot and its decimals, such as 1234.50; empty if there is none.

    Amounts in lines with a word for the total come first; of several, the largest counts, because the others are parts.
    """
    folded = [fold(line) for line in lines]
    totals = [each for number in range(len(folded)) for each in _of_total(folded, number)]
    whole = [each for line in folded if not _PART.search(line) for each in _amounts(line)]
    found = totals or whole or [each for line in folded for each in _amounts(line)]
    return max(found, key=float, default="")


def _of_total(lines: Sequence[str], number: int) -> list[str]:
    """Return the amounts of a line with a word for the total, or of the next one if that is nothing but an amount."""
    line = lines[number]
    if not _TOTAL.search(line) or _PART.search(line):
        return []
    if not (found := list(_amounts(line))) and number + 1 < len(lines):
        following = _AMOUNT.fullmatch(lines[number + 1])
        found = list(_amounts(lines[number + 1])) if following else []
    return found


def _amounts(line: str) -> Iterator[str]:
    for match in _AMOUNT.finditer(line):
        whole = re.sub(r"\D", "", match["whole"])
        if match["cents"]:
            yield f"{int(whole)}.{match['cents'][1:]}"
        elif match["before"] or match["after"]:
            yield str(int(whole))
