"""Read a whole page: turned upright, its lines in the order in which they are read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import cv2
import numpy as np

from snapsortd.domain.image_text import ImageText, TextLine
from snapsortd.vision.child.reading.find_lines import boxes_in, text_map
from snapsortd.vision.child.reading.read_lines import MIN_SCORE, ReadLine, Recogniser, size_of
from snapsortd.vision.child.reading.weights import Network

TALL = 1.5
"""A box so many times higher than wide is a line of text that was turned."""
SAMPLE = 6
"""Lines, the longest ones, by which it is decided which side is up."""
CERTAIN = 0.9
"""Mean score of these lines above which the other side is not tried."""


def read_page(detector: Network, recogniser: Recogniser, image: Any, may_continue: Callable[[], bool]) -> ImageText:
    """Return the text of an RGB image (h × w × 3, uint8), turned by any multiple of 90 degrees.

    When `may_continue` returns False, the lines that were read by then are returned.
    """
    found = text_map(detector, image)
    boxes = boxes_in(found, image.shape[1], image.shape[0])
    if not len(boxes):
        return ImageText()
    if _is_turned(boxes):
        image, found = np.rot90(image), np.rot90(found)
        image = np.ascontiguousarray(image)
        boxes = boxes_in(found, image.shape[1], image.shape[0])
    longest = np.argsort([-size_of(box)[0] for box in boxes])
    sample, others = boxes[longest[:SAMPLE]], boxes[longest[SAMPLE:]]
    lines = recogniser.read(image, sample, may_continue)
    if (upright := _certainty(lines)) < CERTAIN:
        turned = recogniser.read(image, np.roll(sample, 2, axis=1), may_continue)
        if _certainty(turned) > upright:
            lines, others = turned, np.roll(others, 2, axis=1)
    lines += recogniser.read(image, others, may_continue)
    return ImageText(tuple(in_reading_order([line for line in lines if line.score >= MIN_SCORE])))


def _is_turned(boxes: Any) -> bool:
    """True if most of the text runs up or down."""
    sizes = [size_of(box) for box in boxes]
    tall = sum(width * height for width, height in sizes if height > TALL * width)
    wide = sum(width * height for width, height in sizes if width > TALL * height)
    return tall > wide


def _certainty(lines: Sequence[ReadLine]) -> float:
    return float(np.mean([line.score for line in lines])) if lines else 0.0


def in_reading_order(lines: Sequence[ReadLine]) -> list[TextLine]:
    """Return the lines from top to bottom; what stands at the same height is one line, from left to right."""
    if not lines:
        return []
    turned = _straightened(np.array([line.box for line in lines], np.float32))
    centres = turned.mean(axis=1)
    heights = np.array([size_of(box)[1] for box in turned], np.float32)
    rows: list[list[int]] = []
    for index in np.argsort(centres[:, 1]):
        if rows and _same_row(rows[-1], int(index), centres, heights):
            rows[-1].append(int(index))
        else:
            rows.append([int(index)])
    return [
        TextLine(" ".join(lines[each].text for each in sorted(row, key=lambda at: centres[at, 0])), height)
        for row in rows
        if (height := float(max(heights[row])))
    ]


def _same_row(row: Sequence[int], index: int, centres: Any, heights: Any) -> bool:
    """True if the centre of a line is within the middle of the row's last one, and their heights are similar."""
    last = row[-1]
    low, high = sorted((heights[last], heights[index]))
    return bool(abs(centres[index, 1] - centres[last, 1]) < 0.5 * low and high < 3 * low)


def _straightened(boxes: Any) -> Any:
    """Return the boxes turned by the angle that most lines have, so that a slanted line is at one height."""
    along = boxes[:, 1] - boxes[:, 0]
    weights = np.linalg.norm(along, axis=1)
    angles = np.degrees(np.arctan2(along[:, 1], along[:, 0]))
    order = np.argsort(angles)
    middle = np.searchsorted(np.cumsum(weights[order]), weights.sum() / 2)
    matrix = cv2.getRotationMatrix2D((0, 0), float(angles[order][min(middle, len(order) - 1)]), 1.0)
    return cv2.transform(boxes, matrix)
