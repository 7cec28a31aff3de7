"""Plot of an evaluation: the confusion matrix and a reliability diagram."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

from snapsortd.ctl.evaluation.metrics import BINS, Bin, Evaluation

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

CELL = 64
CHART = 420
MARGIN = 40
WHITE, INK, FAINT, BLUE, GREY = "white", "#222222", "#888888", (37, 99, 175), "#cccccc"


def draw(found: Evaluation, rows: Sequence[str], columns: Sequence[str]) -> Image.Image:
    """Return the plot. `rows`: the true labels, `columns`: the labels that the model could predict."""
    font, small = ImageFont.load_default(16), ImageFont.load_default(13)
    left = MARGIN + int(max(font.getlength(name) for name in rows)) + 30
    names_high = int(max(font.getlength(name) for name in columns)) + 10
    top = 2 * MARGIN + names_high
    matrix_right = left + max(CELL * len(columns), 260)
    size = (matrix_right + 2 * MARGIN + CHART, max(top + CELL * len(rows), 3 * MARGIN + CHART) + MARGIN + 20)
    image = Image.new("RGB", size, WHITE)
    pen = ImageDraw.Draw(image)
    title = f"{found.n} images, {found.accuracy:.1%} right"
    pen.text((MARGIN, 14), title, fill=INK, font=font)
    for column, name in enumerate(columns):
        word = Image.new("RGB", (names_high, 24), WHITE)
        ImageDraw.Draw(word).text((0, 2), name, fill=INK, font=font)
        image.paste(word.rotate(90, expand=True), (left + CELL * column + CELL // 2 - 12, top - names_high - 4))
    for row, name in enumerate(rows):
        total = sum(found.confusion[name, each] for each in columns)
        pen.text((left - 10, top + CELL * row + CELL // 2), name, fill=INK, font=font, anchor="rm")
        for column, predicted in enumerate(columns):
            _cell(pen, (left + CELL * column, top + CELL * row), found.confusion[name, predicted], total, font)
    pen.text((left, top + CELL * len(rows) + 8), "rows: true label; columns: predicted label", fill=FAINT, font=small)
    _reliability(pen, (matrix_right + MARGIN, 2 * MARGIN), found.bins, font, small)
    pen.text((matrix_right + MARGIN, 14), f"calibration error {found.ece:.3f}", fill=INK, font=font)
    return image


def _cell(pen: ImageDraw.ImageDraw, corner: tuple[int, int], number: int, total: int, font: Font) -> None:
    """Draw one number on a background that is darker the larger its share of the row."""
    share = number / total if total else 0.0
    ground = tuple(round(255 + (part - 255) * share) for part in BLUE)
    x, y = corner
    pen.rectangle((x, y, x + CELL - 2, y + CELL - 2), fill=(ground[0], ground[1], ground[2]), outline=GREY)
    ink = WHITE if share > 0.5 else INK if number else GREY
    pen.text((x + CELL // 2, y + CELL // 2), str(number), fill=ink, font=font, anchor="mm")


def _reliability(
    pen: ImageDraw.ImageDraw, corner: tuple[int, int], bins: Sequence[Bin], font: Font, small: Font
) -> None:
    """Draw a bar for the accuracy of each range of confidence; ideally it reaches the diagonal."""
    x, y = corner
    step = CHART // BINS
    for number, each in enumerate(bins):
        left, high = x + number * step, round(each.accuracy * CHART)
        if each.n:
            pen.rectangle((left + 2, y + CHART - high, left + step - 2, y + CHART), fill=BLUE)
            middle = (left + step // 2, y + CHART - high - 8)
            pen.text(middle, str(each.n), fill=INK, font=small, anchor="mm")
        pen.text((left, y + CHART + 10), f"{number / BINS:.1f}", fill=FAINT, font=small, anchor="mm")
    pen.line((x, y + CHART, x + CHART, y), fill=FAINT, width=1)
    pen.rectangle((x, y, x + CHART, y + CHART), outline=FAINT)
    words = "accuracy by confidence"
    pen.text((x + CHART // 2, y + CHART + 32), words, fill=FAINT, font=font, anchor="mm")
